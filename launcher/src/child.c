#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "gate.h"
#include "sys.h"

/*
 * Who joins a pid or user namespace, or sets the clock of a time namespace, is not in it; only its children are. Then a
 * process goes ahead and clones the container's process as the launcher's child (CLONE_PARENT). It shares the table of
 * descriptors with the launcher, and this page, so that pid and pidfd need not be sent.
 */
struct ahead {
    pid_t pid;
    int pidfd;
    struct failure failure;
};

/* Tells what failed, by the socket or after that is closed by the gate, and ends. */
static void give_up(struct run *run) __attribute__((noreturn));

static void give_up(struct run *run) {
    if (run->socket >= 0) {
        send(run->socket, run->failure, sizeof *run->failure, MSG_NOSIGNAL);
    } else if (write(run->execution->gate, run->failure, sizeof *run->failure) < 0) {
        _exit(125);
    }
    _exit(125);
}

static void tell(struct run *run, char word) {
    if (send(run->socket, &word, 1, MSG_NOSIGNAL) != 1) {
        _exit(125); /* without a launcher there is no container */
    }
}

static void wait_for_go(struct run *run) {
    ssize_t got;
    do {
        got = recv(run->socket, &run->pid, sizeof run->pid, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof run->pid) {
        _exit(125);
    }
}

/* What the launcher was started with is not the container's: ignored and blocked signals. */
static void reset_signals(void) {
    static const struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        unsigned long mask;
    } by_default; /* the kernel's sigaction, whose handler is SIG_DFL */
    unsigned long none = 0;
    for (int signal = 1; signal <= 64; signal++) {
        syscall(SYS_rt_sigaction, signal, &by_default, NULL, 8);
    }
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

/* Joins one entry. In an exec its flags are many, and the descriptor is a pidfd. */
static int join_one(struct run *run, const struct join *join, int flags) {
    return flags == 0 || setns(join->fd, flags) == 0 ? 0 : fail(run, "join namespaces 0x%x", (unsigned)flags);
}

/*
 * Namespaces that belong to the host are joined with the host's rights, before the user namespace; those which belong to the
 * user namespace can be joined before or after it by root of the host, but only after it by anybody else. A mount namespace
 * comes last, as it takes away the paths of the host.
 */
static int join_all(struct run *run) {
    int later[RUN_MAX_JOINS] = {0};
    for (unsigned i = 0; i < run->join_count; i++) {
        const struct join *join = &run->joins[i];
        int others = join->flags & ~(CLONE_NEWUSER | CLONE_NEWNS);
        later[i] = join->flags & CLONE_NEWNS;
        for (int bit = 1; bit != 0 && bit <= others; bit = (int)((unsigned)bit << 1)) {
            if (!(others & bit) || setns(join->fd, bit) == 0) {
                continue;
            }
            if (errno != EPERM) {
                return fail(run, "join namespace 0x%x", (unsigned)bit);
            }
            later[i] |= bit;
        }
    }
    for (unsigned i = 0; i < run->join_count; i++) {
        if (run->joins[i].flags & CLONE_NEWUSER) {
            if (join_one(run, &run->joins[i], CLONE_NEWUSER) < 0) {
                return -1;
            }
            /* root of it, so that files made are root's; where it maps no id 0 the capabilities alone must do */
            if ((setgroups(0, NULL) < 0 && errno != EPERM) || (setresgid(0, 0, 0) < 0 && errno != EINVAL)
                || (setresuid(0, 0, 0) < 0 && errno != EINVAL)) {
                return fail(run, "become root of the user namespace");
            }
        }
    }
    for (unsigned i = 0; i < run->join_count; i++) {
        if (join_one(run, &run->joins[i], later[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static pid_t clone3(uint64_t flags, int *pidfd, int signal, int cgroup) {
    struct carafe_clone_args arguments = {
        .flags = flags | (pidfd == NULL ? 0 : CLONE_PIDFD) | (cgroup < 0 ? 0 : CARAFE_CLONE_INTO_CGROUP),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = (uint64_t)signal,
        .cgroup = cgroup < 0 ? 0 : (uint64_t)cgroup,
    };
    return (pid_t)syscall(SYS_NR_clone3, &arguments, sizeof arguments);
}

/* A cgroup namespace begins where its maker is, and a time namespace holds only children: both are not for clone3. */
static uint64_t clone_flags(const struct run *run) {
    return run->unshare & ~(uint64_t)(CLONE_NEWCGROUP | CARAFE_CLONE_NEWTIME);
}

/* Without root's rights nobody may write this of a process that is not dumpable, so it is inherited; see op_oom_score. */
static void take_oom_score(const struct run *run) {
    struct step step = {0};
    int fd = geteuid() != 0 && plan_next(run->plan, OP_OOM_SCORE, &step) ? open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        ssize_t ignored = write(fd, step.args[0].s, step.args[0].length);
        (void)ignored;
        close(fd);
    }
}

static void go_ahead(struct run *run, struct ahead *ahead) {
    run->failure = &ahead->failure;
    int offsets = -1;
    take_oom_score(run);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* nobody inside may trace who comes in with the host's descriptors (CVE-2016-9962) */
    if (run->timens != NULL) {
        offsets = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC); /* as the host's root, whom its owner does not bind */
        if (offsets < 0) {
            fail(run, "open timens_offsets");
            _exit(125);
        }
    }
    if (join_all(run) < 0) {
        _exit(125);
    }
    if (run->unshare & CARAFE_CLONE_NEWTIME) {
        if (unshare(CARAFE_CLONE_NEWTIME) < 0
            || (offsets >= 0 && write(offsets, run->timens, strlen(run->timens)) < 0)) {
            fail(run, "linux.timeOffsets: new time namespace");
            _exit(125);
        }
        close(offsets);
    }
    pid_t pid = clone3(clone_flags(run) | CLONE_PARENT, &ahead->pidfd, 0, -1);
    if (pid == 0) {
        run->join_count = 0; /* done */
        return;
    }
    ahead->pid = pid;
    if (pid < 0) {
        fail(run, "clone the container's process");
    }
    _exit(0);
}

/* The directory on cgroup v2 that the process shall be in: to be born there is cheaper than to be moved. */
static int cgroup_to_be_born_in(struct run *run) {
    struct step step = {0};
    while (plan_next(run->plan, OP_ENTER, &step)) {
        struct statfs kind;
        if (statfs(step.args[0].s, &kind) == 0 && kind.f_type == CARAFE_CGROUP2_MAGIC) {
            run->born_in = step.args[0].s;
            return open(step.args[0].s, O_PATH | O_DIRECTORY | O_CLOEXEC);
        }
    }
    return -1;
}

/* Clones into the cgroup on version 2, or beside it where that is threaded, or has children of its own: op_enter has better errors
   and another way. */
static pid_t clone_into(struct run *run, uint64_t flags, int *pidfd) {
    run->cgroup = cgroup_to_be_born_in(run);
    pid_t pid = clone3(flags, pidfd, SIGCHLD, run->cgroup);
    if (pid < 0 && run->cgroup >= 0) {
        close(run->cgroup);
        run->cgroup = -1;
        run->born_in = NULL;
        pid = clone3(flags, pidfd, SIGCHLD, -1);
    }
    return pid;
}

static pid_t clone_by_one_ahead(struct run *run, int other, int *pidfd) {
    struct ahead *ahead = mmap(NULL, sizeof *ahead, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ahead == MAP_FAILED) {
        return fail(run, "memory");
    }
    ahead->pid = ahead->pidfd = -1;
    pid_t first = clone_into(run, CLONE_FILES, NULL);
    if (first == 0) {
        go_ahead(run, ahead);
        struct failure failure;
        run->failure = &failure;
        munmap(ahead, sizeof *ahead);
        close(other);
        run_child(run);
    }
    if (first < 0) {
        fail(run, "clone");
    } else {
        while (waitpid(first, NULL, __WALL) < 0 && errno == EINTR) {
        }
        if (ahead->pid < 0) {
            *run->failure = ahead->failure;
            if (*run->failure->text == 0) {
                refuse(run, "the process that joins namespaces was killed");
            }
        }
    }
    pid_t pid = ahead->pid;
    *pidfd = ahead->pidfd;
    munmap(ahead, sizeof *ahead);
    return pid < 0 ? -1 : pid;
}

pid_t child_clone(struct run *run, int other, int *pidfd) {
    int joined = 0;
    for (unsigned i = 0; i < run->join_count; i++) {
        joined |= run->joins[i].flags;
    }
    if (joined & (CLONE_NEWUSER | CLONE_NEWPID) || (run->unshare | (unsigned)joined) & CARAFE_CLONE_NEWTIME) {
        return clone_by_one_ahead(run, other, pidfd);
    }
    pid_t pid = clone_into(run, clone_flags(run), pidfd);
    if (pid == 0) {
        struct failure failure;
        run->failure = &failure;
        close(other);
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        if (join_all(run) < 0) {
            give_up(run);
        }
        run_child(run);
    }
    return pid < 0 ? fail(run, "clone the container's process") : pid;
}

void child_place(struct run *run) {
    if (run->pid != 0) {
        return;
    }
    wait_for_go(run);
    if (run->unshare & CLONE_NEWCGROUP && unshare(CLONE_NEWCGROUP) < 0) {
        fail(run, "new cgroup namespace");
        give_up(run);
    }
}

/* Later /proc may be hidden, and then a user namespace gets no other; where none is to be had now, it is tried again then. */
static void open_proc_early(struct run *run) {
    static const unsigned ops[] = {OP_SYSCTL, OP_APPARMOR, OP_SELINUX, OP_KEYRING};
    for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct step step = {0};
        if (plan_next(run->plan, ops[i], &step)) {
            private_proc_of(run);
            return;
        }
    }
}

void run_child(struct run *run) {
    struct execution *execution = run->execution;
    unsigned kept = 3 + execution->listen_fds + execution->preserve_fds;
    if (sys_close_range(kept, ~0U, CARAFE_CLOSE_RANGE_CLOEXEC) < 0) {
        fail(run, "mark descriptors");
        give_up(run);
    }
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    umask(0);
    setsid();
    if (run->entry_count > 0) {
        if (entries_enter(run) < 0) {
            give_up(run);
        }
        tell(run, WORD_ENTERED);
    }
    open_proc_early(run);
    if (run_steps(run, PHASE_INSIDE, BEFORE_SYNC) < 0) {
        give_up(run);
    }
    child_place(run);
    if (run_has(run->plan, PHASE_INSIDE, OP_SYNC)) {
        tell(run, WORD_SYNC);
        wait_for_go(run);
        if (run_steps(run, PHASE_INSIDE, AFTER_SYNC) < 0) {
            give_up(run);
        }
    }
    if (exec_check(run) < 0) {
        give_up(run);
    }
    tell(run, WORD_READY);
    wait_for_go(run);
    if (execution->gate >= 0) {
        close(run->socket);
        run->socket = -1;
        if (gate_wait(execution->gate) < 0) {
            _exit(125);
        }
    }
    reset_signals();
    if (exec_leave_host(run) == 0 && run_steps(run, PHASE_GATE, ALL) == 0) {
        refuse(run, "no process is configured");
    }
    give_up(run);
}
