/* delete: removes a container that has ended, or was never started; by force whatever there is of it. */
#include "oci_life.h"
#include "oci_log.h"

static int remove_ended(struct life *life, const char *root, const char *id) {
    if (container_open(&life->container, root, id) < 0 || container_lock(&life->container, "delete") < 0) {
        return -1;
    }
    enum status status = container_status(&life->container);
    if (status != STOPPED && status != CREATED) {
        return complain("cannot delete container %s that is not stopped: %s", id, status_name(status));
    }
    return life_end(life) < 0 ? -1 : life_remove(life);
}

static int remove_by_force(struct life *life, const char *root, const char *id) {
    if (id_check(id) < 0) {
        return -1;
    }
    if (container_look(&life->container, root, id) < 0) {
        return 0; /* what was wanted */
    }
    int seized = container_seize(&life->container, "delete");
    if (seized != 0) {
        return seized < 0 ? -1 : 0;
    }
    /* without state.json its process ended with the one that made it, and the plan says what else there is */
    if (container_status(&life->container) != CREATING && life_end(life) < 0) {
        return -1;
    }
    return life_remove(life);
}

static int delete(struct life *life) {
    const char *root = life->call->globals->root, *id = life->call->words[0];
    return flag_on(life->call->flags, "force") ? remove_by_force(life, root, id) : remove_ended(life, root, id);
}

int delete_command(const struct call *call) {
    return life_do(call, delete);
}
