/* create: everything up to the gate; run: that, start, and unless detached waiting for the end. */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oci_life.h"
#include "oci_log.h"
#include "oci_relay.h"

int create_command(const struct call *call) {
    struct life life;
    int result = life_create(&life, call, -1) < 0 ? 1 : 0;
    life_close(&life);
    return result;
}

/* Its terminal came over the pair of sockets before its process was at the gate. */
static int wait_for_end(struct life *life, pid_t pid, int socket) {
    int terminal = life->container.terminal ? relay_terminal(socket) : -1;
    if ((life->container.terminal && terminal < 0) || life_start(life) < 0) {
        if (life->container.directory >= 0) {
            life_end(life);
            life_remove(life);
        }
        return 1;
    }
    container_unlock(&life->container);
    int code = relay(pid, terminal);
    if (terminal >= 0) {
        close(terminal);
    }
    if (flag_on(life->call->flags, "keep")) {
        return code;
    }
    int seized = container_seize(&life->container, "delete");
    bool removed = seized == 1 /* by somebody else */ || (seized == 0 && life_end(life) == 0 && life_remove(life) == 0);
    return removed || code != 0 ? code : 1;
}

static int run_detached(const struct call *call) {
    struct life life;
    int result = life_create(&life, call, -1) < 0 ? 1 : 0;
    if (result == 0 && life_start(&life) < 0) {
        if (life.container.directory >= 0) {
            life_end(&life);
            life_remove(&life);
        }
        result = 1;
    }
    life_close(&life);
    return result;
}

int run_command(const struct call *call) {
    if (flag_on(call->flags, "detach")) {
        return run_detached(call);
    }
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
        complain_errno("make a pair of sockets");
        return 1;
    }
    if (!flag_on(call->flags, "no-subreaper")) {
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
    struct life life;
    pid_t pid = life_create(&life, call, sockets[1]);
    close(sockets[1]);
    int code = pid < 0 ? 1 : wait_for_end(&life, pid, sockets[0]);
    close(sockets[0]);
    life_close(&life);
    return code;
}
