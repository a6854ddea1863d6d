/* carafe-launcher: what must be done between a JVM and the kernel, where no JVM can be. See README.md. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "ops.h"
#include "report.h"
#include "seal.h"

/* As carafe-oci the program is known by its own path, which a sealed copy of it has only as its name. */
static int as_oci(int argc, char **argv, int skip) {
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    char **line = calloc((size_t)argc + 3, sizeof *line);
    if (length < 0 || line == NULL) {
        return report_errno("arguments", "/proc/self/exe");
    }
    self[length] = 0;
    line[0] = strncmp(self, "/memfd:", 7) == 0 ? argv[0] : self;
    line[1] = "oci";
    memcpy(line + 2, argv + skip, (size_t)(argc - skip) * sizeof *line);
    int code = oci_command(argc - skip, line + 2);
    free(line);
    return code;
}

int main(int argc, char **argv) {
    static char name[] = "carafe-launcher";
    const char *slash = argc == 0 ? NULL : strrchr(argv[0], '/');
    if (argc > 0 && strcmp(slash == NULL ? argv[0] : slash + 1, name) != 0) {
        return as_oci(argc, argv, 1); /* carafe-oci, or what it stands in for */
    }
    if (argc >= 2 && strcmp(argv[1], "oci") == 0) {
        return as_oci(argc, argv, 2);
    }
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
    if (argc >= 2 && strcmp(argv[1], "place") == 0) {
        return place_command(argc - 2, argv + 2);
    }
    report("arguments", argc < 2 ? "" : argv[1], 0, "expected pin, init, await, pause, stand-in, start-in, place or oci");
    return 1;
}
