/*
 * carafe-launcher start-in --stand-in=FILE -- PROGRAM ARGUMENT…
 *
 * Executes a program with the standard streams of the process whose pid is in FILE, as "stand-in" wrote it: a sandboxed
 * runtime gives a container the streams that its "start" has. The caller's standard error is the program's descriptor 3.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "process.h"
#include "report.h"

enum { CALLERS_ERROR = 3 };

static int take_streams(pid_t owner) {
    for (int stream = 0; stream <= 2; stream++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)owner, stream);
        int fd = open(path, (stream == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
        if (fd < 0 || dup2(fd, stream) < 0) {
            dup2(CALLERS_ERROR, 2);
            return report_errno("streams", path);
        }
        close(fd);
    }
    return 0;
}

int start_in_command(int argc, char **argv) {
    const char *stand_in = NULL;
    struct option options[] = {
        {.name = "stand-in", .path = true, .values = &stand_in},
        {.name = NULL},
    };
    int own = args_own(argc, argv);
    if (args_parse(own, argv, options) < 0) {
        return CANNOT_RUN;
    }
    if (stand_in == NULL || own + 1 >= argc || !args_is_path(argv[own + 1])) {
        report("arguments", "start-in", 0, "expected --stand-in=FILE -- PROGRAM, an absolute path, and its arguments");
        return CANNOT_RUN;
    }
    pid_t owner = process_read_pid(stand_in);
    if (owner < 0) {
        report("stand-in", stand_in, 0, "no such process");
        return CANNOT_RUN;
    }
    if (dup2(2, CALLERS_ERROR) < 0 || take_streams(owner) < 0) {
        return CANNOT_RUN;
    }
    execv(argv[own + 1], argv + own + 1);
    dup2(CALLERS_ERROR, 2);
    report_errno("execute", argv[own + 1]);
    return CANNOT_RUN;
}
