/* start: opens the gate of a created container. */
#include "oci_life.h"
#include "oci_log.h"

static int start(struct life *life) {
    const char *id = life->call->words[0];
    if (container_open(&life->container, life->call->globals->root, id) < 0
            || container_lock(&life->container, life->call->command) < 0) {
        return -1;
    }
    enum status status = container_status(&life->container);
    if (status != CREATED) {
        return status == STOPPED   ? complain("cannot start a container that has stopped: %s", id)
                : status == RUNNING ? complain("cannot start an already running container: %s", id)
                                    : complain("cannot start a container in the %s state: %s", status_name(status), id);
    }
    if (!life_read_plan(life)) {
        return complain("container %s: its plan cannot be read", id);
    }
    return life_start(life);
}

int start_command(const struct call *call) {
    return life_do(call, start);
}
