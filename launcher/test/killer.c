/*
 * usage: killer main|child N PROGRAM ARGUMENT...
 *
 * Runs a program and kills it, or the first process that it makes, with SIGKILL before its Nth system call of those that change
 * anything, from 1: what only reads changes no state, so each state that a kill could leave behind is met once. The exit code
 * is 0 if it was killed, 3 if it ended before, and 2 if this can't be tried here. Others that the program makes are left alone.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED = 0, UNFIT = 2, ENDED = 3 };

/* The kernel's struct ptrace_syscall_info, of which an entry needs no more. */
struct info {
    unsigned char op, pad[3];
    unsigned arch;
    unsigned long long instruction, stack, number, args[6];
};

static int harmless(unsigned long long number) {
    static const long calls[] = {
        SYS_read, SYS_pread64, SYS_close, SYS_fstat, SYS_lseek, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_brk, SYS_rt_sigaction,
        SYS_rt_sigprocmask, SYS_fcntl, SYS_getpid, SYS_geteuid, SYS_getuid, SYS_gettid, SYS_getcwd, SYS_newfstatat, SYS_statfs, SYS_fstatfs,
        SYS_ppoll, SYS_recvfrom, SYS_recvmsg, SYS_wait4, SYS_getdents64, SYS_readlinkat, SYS_faccessat, SYS_set_tid_address, SYS_madvise,
        SYS_clock_gettime, SYS_ioctl, SYS_umask, SYS_prctl, SYS_dup3, SYS_futex,
#ifdef SYS_open
        SYS_poll, SYS_stat, SYS_lstat, SYS_readlink, SYS_access, SYS_arch_prctl, SYS_dup2,
#endif
    };
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        if ((unsigned long long)calls[i] == number) {
            return 1;
        }
    }
    return 0;
}

static int is_entry(pid_t pid, int *counts) {
    struct info info;
    memset(&info, 0, sizeof info);
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0 || info.op != 1 /* PTRACE_SYSCALL_INFO_ENTRY */) {
        return 0;
    }
    *counts = !harmless(info.number);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fputs("usage: killer main|child N PROGRAM ARGUMENT...\n", stderr);
        return UNFIT;
    }
    int of_child = strcmp(argv[1], "child") == 0, left = atoi(argv[2]), status;
    /* a child that is traced begins stopped, and would stay so if its parent were killed */
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | (of_child ? PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE : 0);
    pid_t first = fork(), victim = of_child ? 0 : first;
    if (first == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execv(argv[3], argv + 3);
        _exit(127);
    }
    if (first < 0 || waitpid(first, &status, 0) != first || !WIFSTOPPED(status)
        || ptrace(PTRACE_SETOPTIONS, first, NULL, (void *)options) < 0 || ptrace(PTRACE_SYSCALL, first, NULL, NULL) < 0) {
        perror("killer: ptrace");
        return UNFIT;
    }
    for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (pid < 0) {
            continue;
        }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (pid == first) {
                return of_child && left <= 0 ? KILLED : ENDED;
            }
            continue;
        }
        int counts = 0, signal = WSTOPSIG(status);
        if (pid != first && victim == 0) {
            victim = pid;
        }
        if (pid != first && pid != victim) {
            ptrace(PTRACE_DETACH, pid, NULL, NULL);
            continue;
        }
        if (signal == (SIGTRAP | 0x80)) {
            if (pid == victim && is_entry(pid, &counts) && counts && --left == 0) {
                kill(victim, SIGKILL);
                if (!of_child) {
                    while (waitpid(first, &status, __WALL) == first && !WIFSIGNALED(status) && !WIFEXITED(status)) {
                    }
                    return KILLED;
                }
                continue;
            }
            signal = 0;
        } else if (status >> 16 != 0 || signal == SIGSTOP || signal == SIGTRAP) {
            signal = 0; /* a new process, or one that has executed something */
        }
        ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal);
    }
    return ENDED;
}
