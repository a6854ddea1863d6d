/* carafe-launcher: what must be done between a JVM and the kernel, where no JVM can be. See README.md. */
#include <string.h>

#include "commands.h"
#include "ops.h"
#include "report.h"
#include "seal.h"

int main(int argc, char **argv) {
    static char name[] = "carafe-launcher";
    if (argc == 2 && strcmp(argv[1], "ops") == 0) {
        return ops_command();
    }
    if (argc >= 2 && strcmp(argv[1], "pin") == 0) {
        return pin_command(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "init") == 0) {
        argv[0] = name; /* the sealed copy is seen by the pod: where the host keeps it is none of the pod's business */
        return seal_self(argv) < 0 ? 1 : init_command(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "await") == 0) {
        return await_command(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "pause") == 0) {
        return pause_command(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "stand-in") == 0) {
        return stand_in_command(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "start-in") == 0) {
        return start_in_command(argc - 2, argv + 2);
    }
    report("arguments", argc < 2 ? "" : argv[1], 0, "expected pin, init, await, pause, stand-in or start-in");
    return 1;
}
