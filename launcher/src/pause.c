/*
 * carafe-launcher pause
 *
 * The first process of a pod whose runtime has a kernel of its own: the program of the container that the pod is there.
 * It collects what its pod leaves and ends at TERM.
 */
#include <signal.h>
#include <stddef.h>

#include "commands.h"
#include "process.h"
#include "report.h"

int pause_command(int argc, char **argv) {
    if (argc > 0) {
        report("arguments", argv[0], 0, "pause takes none");
        return 1;
    }
    sigset_t all;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0) {
        report_errno("signals", "mask");
        return 1;
    }
    process_reap_until_told();
}
