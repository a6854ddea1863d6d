/* Hooks, and the few programs that steps need. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "spawn.h"
#include "sys.h"

/* of a hook's output: what is kept at all, and what of it an error tells */
enum { STATE_MAX = 1 << 20, OUTPUT_ROOM = 16 << 20, OUTPUT_MAX = 600 };

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int spawn_wait(pid_t pid, long milliseconds, int *status) {
    if (milliseconds > 0) {
        int pidfd = (int)syscall(SYS_NR_pidfd_open, pid, 0);
        struct pollfd ended = {.fd = pidfd, .events = POLLIN};
        long end = now() + milliseconds;
        int got = pidfd < 0 ? -1 : 0;
        while (pidfd >= 0 && got == 0) {
            long left = end - now();
            if (left <= 0) {
                break;
            }
            got = poll(&ended, 1, left > INT_MAX ? INT_MAX : (int)left);
            got = got < 0 && errno == EINTR ? 0 : got;
        }
        if (pidfd >= 0) {
            close(pidfd);
        }
        if (got <= 0) {
            errno = got == 0 ? ETIMEDOUT : errno;
            return -1;
        }
    }
    while (waitpid(pid, status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

/* In the new process: descriptors other than the standard ones are not for it. */
static void become(int input, int output, const char *path, char *const *argv, char *const *env) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || sys_close_range(3, ~0U, 0) < 0) {
        _exit(127);
    }
    if (env == NULL) {
        execvp(path, argv);
    } else {
        execve(path, argv, env);
    }
    dprintf(2, "%s", strerror(errno));
    _exit(127);
}

/* A file in memory, for what goes in and what comes out: unlike pipes it makes nobody wait. */
static int memory(const char *text, size_t length) {
    int fd = memfd_create("carafe-hook", MFD_CLOEXEC);
    if (fd >= 0 && length > 0 && (write(fd, text, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* For what comes out. It cannot grow, so a hook that says too much is told EPERM, and the node's memory is its own. */
static int room(void) {
    int fd = memfd_create("carafe-hook", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, OUTPUT_ROOM) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int judge(struct run *run, const char *what, const char *path, int status, int output) {
    char said[OUTPUT_MAX];
    ssize_t length = pread(output, said, sizeof said - 1, 0);
    said[length < 0 ? 0 : length] = 0;
    for (length = (ssize_t)strlen(said); length > 0 && said[length - 1] == '\n'; length--) {
        said[length - 1] = 0;
    }
    if (WIFSIGNALED(status)) {
        return refuse(run, "%s %s was killed by signal %d: %s", what, path, WTERMSIG(status), said);
    }
    if (WEXITSTATUS(status) != 0) {
        return refuse(run, "%s %s ended with exit status %d: %s", what, path, WEXITSTATUS(status), said);
    }
    return 0;
}

/* Runs a program to its end; what is left of it and of its process group after a timeout is killed. */
static int spawn(struct run *run, const char *what, int input, const char *path, char *const *argv, char *const *env, long timeout) {
    int status = 0, output = room();
    if (output < 0) {
        return fail(run, "%s %s: memory file", what, path);
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        setpgid(0, 0);
        become(input, output, path, argv, env);
    }
    int result;
    if (pid < 0) {
        result = fail(run, "%s %s: fork", what, path);
    } else if (spawn_wait(pid, timeout, &status) < 0) {
        int error = errno;
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        errno = error;
        result = error == ETIMEDOUT ? refuse(run, "%s %s did not end within %ld ms", what, path, timeout)
                                    : fail(run, "%s %s: wait", what, path);
    } else {
        result = judge(run, what, path, status, output);
    }
    close(output);
    return result;
}

int spawn_and_wait(struct run *run, const char *const *argv) {
    int input = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (input < 0) {
        return fail(run, "open /dev/null");
    }
    int result = spawn(run, "program", input, argv[0], (char *const *)argv, NULL, 0);
    close(input);
    return result;
}

static char **pointers(const struct arg *list, const char *first) {
    char **all = calloc(list->count + 2, sizeof *all);
    const unsigned char *at = list->list;
    for (uint32_t i = 0; all != NULL && i < list->count; i++) {
        all[i] = (char *)list_next(&at);
    }
    if (all != NULL && list->count == 0 && first != NULL) {
        all[0] = (char *)first;
    }
    return all;
}

static const char *status_at(const char *point) {
    return strcmp(point, "poststart") == 0      ? "running"
           : strcmp(point, "poststop") == 0     ? "stopped"
           : strcmp(point, "startContainer") == 0 ? "created"
           : strcmp(point, "prestart") == 0       ? "created" /* by its definition it is run at start */
                                                : "creating";
}

/* point, path, args, env, timeout in ms; the state of the container comes on standard input. */
int op_hook(struct run *run, const struct step *step) {
    const char *point = step->args[0].s, *path = step->args[1].s;
    char what[64];
    snprintf(what, sizeof what, "%.40s hook", point);
    char *state = malloc(STATE_MAX);
    int length = state == NULL ? -1 : run->execution->state(run->execution->context, status_at(point), run->pid, state, STATE_MAX);
    int input = length < 0 ? -1 : memory(state, (size_t)length);
    free(state);
    if (input < 0) {
        return fail(run, "%s %s: state", what, path);
    }
    char **argv = pointers(&step->args[2], path), **env = pointers(&step->args[3], NULL);
    int result = argv == NULL || env == NULL
                     ? fail(run, "%s %s: memory", what, path)
                     : spawn(run, what, input, path, argv, env, step->args[4].u > LONG_MAX ? LONG_MAX : (long)step->args[4].u);
    free(argv);
    free(env);
    close(input);
    return result;
}
