/*
 * carafe-launcher stand-in --root=DIRECTORY -- RUNTIME OPTION… create --pid-file FILE … ID
 *
 * Called as a monitor calls a runtime's "create", for a runtime whose containers are no processes of the host (gVisor's
 * runsc): it makes the container and puts a process in its place that the monitor can wait for. That process is the pid in
 * FILE, lives as long as the container's first process and ends with its exit code.
 *
 *   monitor            stand-in              the process in place
 *   runs it        →   RUNTIME create
 *                      fork             →    keeps the container's streams for "start-in"
 *                  ←   pid to FILE and to DIRECTORY/ID.stand-in, exit
 *   (adopts)                                 RUNTIME wait ID, which fails before the start, and so again
 *                                            whenever a file of the container changes in DIRECTORY
 *                  ←                         exit with the code that it tells
 *
 * FILE gets the sandbox's pid from the runtime first. When the sandbox itself dies nobody knows a code any more: 137.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "process.h"
#include "report.h"
#include "sys.h"

enum { KILLED = 137, LONGEST_ANSWER = 512 };

struct creation {
    const char *root;     /* where the runtime keeps its state */
    char **argv;          /* the runtime and its arguments, ended by NULL */
    int options;          /* how many stand before "create" */
    const char *pid_file;
    char *id;
};

static int parse(struct creation *c, int argc, char **argv) {
    c->argv = argv;
    for (int i = 0; i < argc && c->options == 0; i++) {
        c->options = strcmp(argv[i], "create") == 0 ? i : 0;
    }
    for (int i = c->options; i + 1 < argc; i++) {
        c->pid_file = strcmp(argv[i], "--pid-file") == 0 ? argv[i + 1] : c->pid_file;
    }
    if (argc < 1 || !args_is_path(argv[0]) || c->options == 0 || c->pid_file == NULL) {
        return report("arguments", "stand-in", 0,
                      "expected --root=DIRECTORY -- RUNTIME, an absolute path, OPTION… create --pid-file FILE … ID");
    }
    c->id = argv[argc - 1];
    return 0;
}

/* A question, whose answer goes to "output", complains to nobody: the streams here are the container's. */
static pid_t run(char **argv, int output) {
    pid_t child = fork();
    if (child == 0) {
        int nowhere = output < 0 ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
        if (output >= 0 && (dup2(output, 1) < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 2) < 0)) {
            _exit(CANNOT_RUN);
        }
        execv(argv[0], argv);
        report_errno("execute", argv[0]);
        _exit(CANNOT_RUN);
    }
    return child;
}

static int read_answer(int fd) {
    static const char key[] = "\"exitStatus\":";
    char text[LONGEST_ANSWER + 1];
    size_t length = 0;
    ssize_t got;
    while (length < LONGEST_ANSWER && (got = read(fd, text + length, LONGEST_ANSWER - length)) != 0) {
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        length += got < 0 ? 0 : (size_t)got;
    }
    text[length] = 0;
    char *found = strstr(text, key), *end;
    if (found == NULL) {
        return -1;
    }
    long code = strtol(found + sizeof key - 1, &end, 10);
    return end != found + sizeof key - 1 && code >= 0 && code <= 255 ? (int)code : -1;
}

/* The container's exit code once it has ended; -1 if it was not started, or cannot be asked. */
static int ask(const struct creation *c) {
    char *argv[ARGS_MAX_VALUES];
    int ends[2];
    if (c->options + 3 > ARGS_MAX_VALUES || pipe2(ends, O_CLOEXEC) < 0) {
        return -1;
    }
    memcpy(argv, c->argv, (size_t)c->options * sizeof *argv);
    argv[c->options] = "wait";
    argv[c->options + 1] = c->id;
    argv[c->options + 2] = NULL;
    pid_t child = run(argv, ends[1]);
    close(ends[1]);
    int code = child < 0 ? -1 : read_answer(ends[0]);
    close(ends[0]);
    return child >= 0 && process_wait(child) == 0 ? code : -1;
}

/* Takes in the events that are there; whether one is about a file of the container. */
static int concerns(int notify, const char *id) {
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    int found = 0;
    ssize_t length;
    while ((length = read(notify, buffer, sizeof buffer)) > 0) {
        const struct inotify_event *event;
        for (char *at = buffer; at < buffer + length; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)at;
            found |= event->mask & IN_Q_OVERFLOW || (event->len > 0 && strncmp(event->name, id, strlen(id)) == 0);
        }
    }
    return found;
}

/* Whether the container may have been started; 0 once the sandbox has died. */
static int await_change(int notify, int sandbox, const char *id) {
    struct pollfd fds[] = {{.fd = notify, .events = POLLIN}, {.fd = sandbox, .events = POLLIN}};
    do {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return 0;
        }
        if (fds[1].revents != 0) {
            return 0;
        }
    } while (!concerns(notify, id));
    return 1;
}

static int stand_in(const struct creation *c, int notify, int sandbox) {
    int code;
    while ((code = ask(c)) < 0) {
        if (!await_change(notify, sandbox, c->id)) {
            return KILLED;
        }
    }
    return code;
}

/* As runtimes write it: whoever sees the file sees all of it. */
static int tell_pid(const char *path, pid_t pid) {
    char temporary[4096], text[32];
    int length = snprintf(text, sizeof text, "%d", (int)pid);
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return -1;
    }
    ssize_t written = write(fd, text, (size_t)length);
    close(fd);
    return written == length ? rename(temporary, path) : -1;
}

static int put_in_place(const struct creation *c, int notify) {
    pid_t sandbox = process_read_pid(c->pid_file);
    int handle = sandbox < 0 ? -1 : (int)syscall(SYS_NR_pidfd_open, sandbox, 0U);
    if (handle < 0) {
        report_errno("sandbox", c->id);
        return 1;
    }
    char known[4096];
    if (snprintf(known, sizeof known, "%s/%s.stand-in", c->root, c->id) >= (int)sizeof known) {
        report("arguments", c->id, 0, "its name is too long");
        return 1;
    }
    pid_t process = fork();
    if (process == 0) {
        _exit(stand_in(c, notify, handle));
    }
    if (process < 0 || tell_pid(known, process) < 0 || tell_pid(c->pid_file, process) < 0) {
        report_errno("pid file", c->pid_file);
        return 1;
    }
    return 0;
}

int stand_in_command(int argc, char **argv) {
    const char *root = NULL;
    struct option options[] = {
        {.name = "root", .path = true, .values = &root},
        {.name = NULL},
    };
    struct creation creation = {0};
    int own = args_own(argc, argv);
    int behind = own < argc ? own + 1 : argc;
    if (args_parse(own, argv, options) < 0 || parse(&creation, argc - behind, argv + behind) < 0) {
        return 1;
    }
    if (root == NULL) {
        report("arguments", "stand-in", 0, "--root=DIRECTORY is missing");
        return 1;
    }
    creation.root = root;
    pid_t child = run(creation.argv, -1);
    int code = child < 0 ? CANNOT_RUN : process_wait(child);
    if (code != 0) {
        return code;
    }
    int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (notify < 0 || inotify_add_watch(notify, root, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        report_errno("watch", root);
        return 1;
    }
    return put_in_place(&creation, notify);
}
