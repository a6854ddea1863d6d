/* Steps of phase host that get hold of things: namespaces, files, sockets. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "spawn.h"
#include "sys.h"

#define NS_GET_NSTYPE _IO(0xb7, 0x3)

enum { MAP_SIZE = 4096 }; /* the kernel takes less than a page at once */

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(text);
    int result = fd >= 0 && write(fd, text, length) == (ssize_t)length ? 0 : -1;
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return result;
}

/* newuidmap PID INSIDE OUTSIDE LENGTH…: what users without privileges have for it. */
static int map_by_program(struct run *run, const char *program, pid_t pid, const struct arg *lines) {
    enum { MAX_LINES = 340 };
    static char words[MAP_SIZE + 2 * MAX_LINES];
    char number[16];
    const char *argv[3 * MAX_LINES + 3] = {program, number};
    unsigned count = 2;
    size_t at = 0;
    snprintf(number, sizeof number, "%d", (int)pid);
    const unsigned char *list = lines->list;
    for (uint32_t i = 0; i < lines->count; i++) {
        const char *line = list_next(&list);
        size_t length = strlen(line);
        if (i == MAX_LINES || at + length + 1 > sizeof words) {
            return refuse(run, "%s: too many ranges", program);
        }
        memcpy(words + at, line, length + 1);
        for (char *save = NULL, *word = strtok_r(words + at, " ", &save); word != NULL && count < 3 * MAX_LINES + 2;
             word = strtok_r(NULL, " ", &save)) {
            argv[count++] = word;
        }
        at += length + 1;
    }
    argv[count] = NULL;
    return spawn_and_wait(run, argv);
}

static int write_map(struct run *run, const char *file, const char *program, pid_t pid, const struct arg *lines) {
    char path[64], text[MAP_SIZE];
    size_t at = 0;
    const unsigned char *list = lines->list;
    for (uint32_t i = 0; i < lines->count; i++) {
        int length = snprintf(text + at, sizeof text - at, "%s\n", list_next(&list));
        if (length < 0 || (size_t)length >= sizeof text - at) {
            return refuse(run, "%s: its lines are longer than the kernel's %d bytes", file, MAP_SIZE);
        }
        at += (size_t)length;
    }
    text[at] = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    if (at == 0 || write_file(path, text) == 0) {
        return 0;
    }
    return errno == EPERM && geteuid() != 0 ? map_by_program(run, program, pid, lines) : fail(run, "write %s", file);
}

static int set_up_userns(struct run *run, const struct step *step, pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/setgroups", (int)pid);
    if (step->args[3].u == 0 && write_file(path, "deny") < 0) {
        return fail(run, "deny setgroups");
    }
    if (write_map(run, "gid_map", "newgidmap", pid, &step->args[2]) < 0
        || write_map(run, "uid_map", "newuidmap", pid, &step->args[1]) < 0) {
        return -1;
    }
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(run, "open %s", path);
    }
    run->slots[step->args[0].u] = fd;
    return 0;
}

/* A process that only is there makes the namespace, which lives on by its descriptor. */
int op_userns(struct run *run, const struct step *step) {
    struct carafe_clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_NR_clone3, &arguments, sizeof arguments);
    if (pid < 0) {
        return fail(run, "new user namespace");
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        while (1) {
            pause();
        }
    }
    int result = set_up_userns(run, step, pid);
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return result;
}

int op_open(struct run *run, const struct step *step) {
    int fd = open(step->args[1].s, (int)step->args[2].u | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        return fail(run, "open %s", step->args[1].s);
    }
    run->slots[step->args[0].u] = fd;
    return 0;
}

/* Flag, slot and one, path. Without both it means those of the process that an exec goes to. */
int op_join(struct run *run, const struct step *step) {
    int flags = (int)step->args[0].u;
    const char *path = step->args[2].s;
    struct join *join = &run->joins[run->join_count];
    if (run->join_count == RUN_MAX_JOINS) {
        return refuse(run, "join: too many namespaces");
    }
    if (step->args[1].u == 0 && *path == 0) {
        if (run->execution->join < 0) {
            return refuse(run, "join: there is no process to join");
        }
        *join = (struct join){.fd = fcntl(run->execution->join, F_DUPFD_CLOEXEC, 3), .flags = flags};
    } else {
        int fd = step->args[1].u != 0 ? fcntl(run->slots[step->args[1].u - 1], F_DUPFD_CLOEXEC, 3)
                                      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0) {
            return fail(run, "open namespace %s", path);
        }
        int type = ioctl(fd, NS_GET_NSTYPE);
        if (type != flags) {
            close(fd);
            return refuse(run, "%s is not a namespace of the type that is expected", path);
        }
        *join = (struct join){.fd = fd, .flags = flags};
    }
    run->join_count++;
    return 0;
}

int op_unshare(struct run *run, const struct step *step) {
    run->unshare |= (unsigned)step->args[0].u;
    return 0;
}

int op_timens(struct run *run, const struct step *step) {
    run->timens = step->args[0].s;
    return 0;
}

int op_connect(struct run *run, const struct step *step) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = step->args[1].s;
    if (step->args[1].length >= sizeof address.sun_path) {
        return refuse(run, "connect to %s: the path is longer than a socket's may be", path);
    }
    memcpy(address.sun_path, path, step->args[1].length + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        fail(run, "connect to %s", path);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    run->slots[step->args[0].u] = fd;
    return 0;
}
