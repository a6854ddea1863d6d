/*
 * carafe-launcher place --cgroup=DIRECTORY… -- PROGRAM ARGUMENT…
 *
 * Executes a program in cgroups. To start it and move it then would be simpler, but makes every fork of the machine wait (see
 * entries_open). A thread can enter cgroups of version 1 itself; in one of version 2 it has to be born, so the program is a child
 * then: this process ends when it does, with its code, and takes it along if it is killed.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "process.h"
#include "report.h"
#include "sys.h"

static bool is_version_2(const char *directory) {
    struct statfs kind;
    return statfs(directory, &kind) == 0 && kind.f_type == CARAFE_CGROUP2_MAGIC;
}

static int enter(const char *directory) {
    char path[PATH_MAX];
    int fd = snprintf(path, sizeof path, "%s/tasks", directory) < (int)sizeof path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd < 0 || write(fd, "0", 1) != 1) {
        return report_errno("cgroup", directory);
    }
    close(fd);
    return 0;
}

static pid_t born_in(const char *directory) {
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct carafe_clone_args arguments = {.flags = CARAFE_CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)fd};
    pid_t parent = getpid(), pid = fd < 0 ? -1 : (pid_t)syscall(SYS_NR_clone3, &arguments, sizeof arguments);
    if (pid < 0) {
        report_errno("cgroup", directory);
    }
    if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)) {
        _exit(CANNOT_RUN);
    }
    return pid;
}

int place_command(int argc, char **argv) {
    const char *directories[ARGS_MAX_VALUES], *unified = NULL;
    struct option options[] = {
        {.name = "cgroup", .path = true, .repeatable = true, .values = directories},
        {.name = NULL},
    };
    int own = args_own(argc, argv);
    if (args_parse(own, argv, options) < 0) {
        return CANNOT_RUN;
    }
    if (own + 1 >= argc || !args_is_path(argv[own + 1])) {
        report("arguments", "place", 0, "expected --cgroup=DIRECTORY -- PROGRAM, an absolute path, and its arguments");
        return CANNOT_RUN;
    }
    for (unsigned i = 0; i < options[0].count; i++) {
        if (is_version_2(directories[i])) {
            unified = directories[i];
        }
    }
    pid_t pid = unified == NULL ? 0 : born_in(unified);
    if (pid != 0) {
        return pid < 0 ? CANNOT_RUN : process_wait(pid);
    }
    for (unsigned i = 0; i < options[0].count; i++) {
        if (directories[i] != unified && enter(directories[i]) < 0) {
            return CANNOT_RUN;
        }
    }
    execv(argv[own + 1], argv + own + 1);
    report_errno("execute", argv[own + 1]);
    return CANNOT_RUN;
}
