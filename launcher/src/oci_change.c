/* pause, resume and update: a running container's freezer and limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <limits.h>
#include <sys/syscall.h>

#include "oci_cgroup.h"
#include "oci_compile.h"
#include "oci_life.h"
#include "oci_log.h"

static int open_locked(struct life *life) {
    return container_open(&life->container, life->call->globals->root, life->call->words[0]) < 0
            ? -1
            : container_lock(&life->container, life->call->command);
}

static int pause_or_resume(struct life *life, bool pause) {
    if (open_locked(life) < 0) {
        return -1;
    }
    enum status status = container_status(&life->container);
    if (status == STOPPED) {
        return complain("container not running: %s", life->container.id);
    }
    if (!pause && status != PAUSED) {
        return complain("container not paused: %s", life->container.id);
    }
    return cgroup_freeze(&life->container, pause);
}

/* The compiler knows update's flags; what it makes of them is only writes. */
static int update(struct life *life) {
    if (open_locked(life) < 0) {
        return -1;
    }
    struct container *container = &life->container;
    if (container_status(container) == STOPPED) {
        return complain("container not running: %s", container->id);
    }
    const char **arguments = calloc((size_t)life->call->line_count + 8, sizeof *arguments);
    char state_dir[PATH_MAX];
    if (arguments == NULL || snprintf(state_dir, sizeof state_dir, "%s/%s", life->call->globals->root, container->id) >= PATH_MAX) {
        free(arguments);
        return complain("out of memory");
    }
    unsigned count = 0;
    const char *const first[] = {"update", "--state-dir", state_dir, "--bundle", container->bundle, "--"};
    for (; count < sizeof first / sizeof first[0]; count++) {
        arguments[count] = first[count];
    }
    for (int i = 0; i < life->call->line_count; i++) {
        arguments[count++] = life->call->line[i];
    }
    int result = compile(&life->plan, life->call->globals, arguments);
    free(arguments);
    struct failure failure;
    struct execution execution = life_execution(life);
    return result < 0 ? -1 : execute_phase(&execution, PHASE_HOST, container->pid, &failure) < 0 ? complain_of(&failure) : 0;
}

static int pause_it(struct life *life) {
    return pause_or_resume(life, true);
}

static int resume_it(struct life *life) {
    return pause_or_resume(life, false);
}

int pause_container_command(const struct call *call) {
    return life_do(call, pause_it);
}

int resume_command(const struct call *call) {
    return life_do(call, resume_it);
}

int update_command(const struct call *call) {
    return life_do(call, update);
}
