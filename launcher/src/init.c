/*
 * carafe-launcher init --pid=FILE [--join-user=FILE] [--join-net=FILE] [--join-ipc=FILE] [--join-uts=FILE]
 *                      [--gate=FILE]
 *
 * Starts the first process of a pod that shares its pid namespace, pins that namespace, prints the process's pid and ends.
 *
 *   launcher                                   pod init, pid 1 of the new namespace
 *   clone(NEWPID, NEWNS)                  →    empty root, no capabilities
 *                                         ←    'r' ready
 *   pin /proc/PID/ns/pid, print PID
 *   'g' go, exit                          →    close the socket, reap until told to end
 *
 * If either side dies on the way the other reads the end of the socket and ends too: no init is left that nobody knows.
 *
 * With --join-user the pid namespace belongs to that user namespace, and pid 1 is its root. As the launcher could pin
 * nothing from there, it sends a process ahead, which clones pid 1 as the launcher's child and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "empty_root.h"
#include "namespace.h"
#include "process.h"
#include "report.h"
#include "sys.h"
#include "user_namespace.h"

/* Its caller has a pid now and puts it into a cgroup, where all that it starts will be; a caller that dies opens no gate. */
static int wait_at_gate(const char *path) {
    char go;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, &go, 1);
    if (got < 0) {
        return report_errno("gate", path);
    }
    close(fd);
    return got == 1 ? 0 : report("gate", path, 0, "its other side was closed");
}

/* The last to be killed when memory is short, as without it the whole pod ends. Not permitted everywhere, so only tried. */
static void shield_from_oom(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "-998", 4) < 0) {
            errno = 0;
        }
        close(fd);
    }
}

static int drop_privileges(void) {
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            return report_errno("privileges", "bounding set");
        }
    }
    struct {
        uint32_t version;
        int pid;
    } header = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
    struct {
        uint32_t effective, permitted, inheritable;
    } none[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capset, &header, none) < 0) {
        return report_errno("privileges", "capabilities");
    }
    /* not dumpable: its /proc entries are closed to all who lack CAP_SYS_PTRACE */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
        return report_errno("privileges", "process flags");
    }
    return 0;
}

/* Nothing of the daemon's stays open; 0, 1 and 2 are /dev/null so that no later file takes their place. */
static int close_all_but(int keep, int null) {
    if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(keep, 3) < 0) {
        return report_errno("close", "standard streams");
    }
    if (syscall(SYS_NR_close_range, 4U, ~0U, 0U) < 0) {
        if (errno != ENOSYS) {
            return report_errno("close", "descriptors");
        }
        for (int fd = (int)sysconf(_SC_OPEN_MAX); fd > 3; fd--) {
            close(fd);
        }
    }
    return 0;
}

/* The options name paths of the host, and every process of the pod can read /proc/1/cmdline. */
static void hide_options(int count, char **options) {
    for (int i = 0; i < count; i++) {
        memset(options[i], 0, strlen(options[i]));
    }
}

static void be_init(int socket) {
    char go = 0;
    sigset_t all;
    sigfillset(&all);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) {
        report_errno("close", "/dev/null");
        _exit(1);
    }
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0 || setsid() < 0) {
        report_errno("session", "new session");
        _exit(1);
    }
    prctl(PR_SET_NAME, "carafe-init", 0, 0, 0);
    /* the number of null survives: it is above 3 or closed by then */
    if (empty_root() < 0 || drop_privileges() < 0 || close_all_but(socket, null) < 0 || send(3, "r", 1, MSG_NOSIGNAL) != 1
        || recv(3, &go, 1, 0) != 1 || go != 'g') {
        _exit(1);
    }
    dup2(0, 2);
    close(3);
    process_reap_until_told(); /* as pid 1 it gets no other signal, but KILL and STOP from outside */
}

/* What clone(2) returns; -1 after a report. */
static long clone_init(int flags) {
    long pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD | flags, NULL, NULL, NULL, NULL);
    return pid < 0 ? report_errno("start", "clone") : pid;
}

/* The same from inside a user namespace. */
static long clone_init_in(const char *user) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return report_errno("start", "pipe");
    }
    pid_t ahead = fork();
    if (ahead < 0) {
        return report_errno("start", "fork");
    }
    if (ahead == 0) {
        if (namespace_join(user, CLONE_NEWUSER) < 0 || become_root() < 0) {
            _exit(1);
        }
        long pid = clone_init(CLONE_PARENT);
        if (pid == 0) {
            return 0;
        }
        _exit(write(ends[1], &pid, sizeof pid) == sizeof pid ? 0 : 1);
    }
    close(ends[1]);
    long pid = -1;
    if (read(ends[0], &pid, sizeof pid) != sizeof pid) {
        pid = -1;
    }
    close(ends[0]);
    waitpid(ahead, NULL, 0);
    return pid;
}

static int start(struct pin *pin, const char *user, int argc, char **argv) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return report_errno("start", "socketpair");
    }
    shield_from_oom(); /* inherited; in a user namespace it would not be permitted */
    long pid = user == NULL ? clone_init(0) : clone_init_in(user);
    if (pid < 0) {
        return -1;
    }
    if (pid == 0) {
        close(ends[0]);
        hide_options(argc, argv);
        be_init(ends[1]);
    }
    close(ends[1]);
    char ready, source[64], line[32];
    snprintf(source, sizeof source, "/proc/%ld/ns/pid", pid);
    int length = snprintf(line, sizeof line, "%ld\n", pid);
    if (recv(ends[0], &ready, 1, 0) != 1) {
        waitpid((pid_t)pid, NULL, 0); /* it has reported why */
        return report("start", "pod init", 0, "it ended at once");
    }
    if (pin_mount(pin, source) < 0) {
        return -1; /* our end of the socket closes with us, and init ends */
    }
    if (write(STDOUT_FILENO, line, (size_t)length) != length || send(ends[0], "g", 1, MSG_NOSIGNAL) != 1) {
        return report_errno("start", "tell the pid");
    }
    return 0;
}

int init_command(int argc, char **argv) {
    struct pin pid = {0};
    const char *user = NULL, *net = NULL, *ipc = NULL, *uts = NULL, *gate = NULL;
    struct option options[] = {
        {.name = "gate", .path = true, .values = &gate},
        {.name = "pid", .path = true, .values = &pid.path},
        {.name = "join-net", .path = true, .values = &net},
        {.name = "join-ipc", .path = true, .values = &ipc},
        {.name = "join-uts", .path = true, .values = &uts},
        {.name = "join-user", .path = true, .values = &user},
        {.name = NULL},
    };
    if (args_parse(argc, argv, options) < 0) {
        return 1;
    }
    if (pid.path == NULL) {
        report("arguments", "init", 0, "--pid=FILE is missing");
        return 1;
    }
    if ((gate != NULL && wait_at_gate(gate) < 0) || pin_create(&pid) < 0) {
        return 1;
    }
    if (namespace_join(net, CLONE_NEWNET) < 0 || namespace_join(ipc, CLONE_NEWIPC) < 0
        || namespace_join(uts, CLONE_NEWUTS) < 0 || start(&pid, user, argc, argv) < 0) {
        pin_undo(&pid);
        return 1;
    }
    return 0;
}
