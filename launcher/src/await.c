/*
 * carafe-launcher await --pid-file=FILE -- PROGRAM ARGUMENT…
 *
 * Runs a program that starts another process and leaves it, as "runc exec --detach" does, and ends with that process and
 * its exit code (128 and the signal, if one killed it). FILE is where the program writes the process's pid. Should the
 * program fail, its own exit code is the answer.
 *
 * The process would be left to pid 1, and its exit code lost, were this not a subreaper. "runc exec" without --detach tells
 * the code too, but copies the output, so that it stays for as long as any grandchild holds the pipe open; and it is 200
 * times as big.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "process.h"
#include "report.h"

/* Waits for one child among all that this process may have been given. */
static int wait_for(pid_t wanted) {
    while (1) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid == wanted) {
            return process_code(status);
        }
        if (pid < 0 && errno != EINTR) {
            return -1;
        }
    }
}

int await_command(int argc, char **argv) {
    const char *pid_file = NULL;
    struct option options[] = {
        {.name = "pid-file", .path = true, .values = &pid_file},
        {.name = NULL},
    };
    int own = args_own(argc, argv);
    if (args_parse(own, argv, options) < 0) {
        return CANNOT_RUN;
    }
    if (pid_file == NULL || own + 1 >= argc || !args_is_path(argv[own + 1])) {
        report("arguments", "await", 0, "expected --pid-file=FILE -- PROGRAM, an absolute path, and its arguments");
        return CANNOT_RUN;
    }
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
        report_errno("subreaper", "process");
        return CANNOT_RUN;
    }
    pid_t program = fork();
    if (program < 0) {
        report_errno("fork", argv[own + 1]);
        return CANNOT_RUN;
    }
    if (program == 0) {
        execv(argv[own + 1], argv + own + 1);
        report_errno("execute", argv[own + 1]);
        _exit(CANNOT_RUN);
    }
    if (process_let_go_of_streams() < 0) {
        return CANNOT_RUN;
    }
    int ended = process_wait(program); /* it alone: the process it leaves may end before it */
    pid_t process = ended == 0 ? process_read_pid(pid_file) : -1;
    if (process < 0) {
        return ended;
    }
    int code = wait_for(process);
    return code < 0 ? CANNOT_RUN : code;
}
