/* exec: one more process in a running container. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "oci_compile.h"
#include "oci_failed.h"
#include "oci_life.h"
#include "oci_log.h"
#include "oci_relay.h"
#include "oci_sockets.h"
#include "ops.h"

enum { FAILED = 255 };

/* The process is there; is the one whose namespaces it joined still the container's? */
static int placed(void *context, pid_t pid, int pidfd, struct failure *failure) {
    struct life *life = context;
    if (process_start(life->container.pid) != life->container.start) {
        return failure_set(failure, 0, "cannot exec in a stopped container: container not running: %s", life->container.id);
    }
    if (life->pidfd_socket >= 0 && socket_send(life->pidfd_socket, "pidfd", pidfd) < 0) {
        return failure_set(failure, errno, "send pidfd");
    }
    if (life->pid_file != NULL && pid_file_write(life->pid_file, pid) < 0) {
        return failure_set(failure, errno, "write pid file %s", life->pid_file);
    }
    return 0;
}

static int open_running(struct life *life) {
    const struct call *call = life->call;
    if (container_open(&life->container, call->globals->root, call->words[0]) < 0) {
        return -1;
    }
    enum status status = container_status(&life->container);
    if (status == STOPPED) {
        return complain("cannot exec in a stopped container: container not running: %s", life->container.id);
    }
    if (status == PAUSED && !flag_on(call->flags, "ignore-paused")) {
        return complain("cannot exec in a paused container (use --ignore-paused to override): %s", life->container.id);
    }
    return 0;
}

static int find_plan(struct life *life) {
    const struct call *call = life->call;
    const char *file = flag_value(call->flags, "plan");
    if (file != NULL) {
        int fd = open(file, O_RDONLY | O_CLOEXEC);
        int result = fd < 0 ? complain_errno("open plan %s", file) : plan_from(&life->plan, fd, file);
        if (fd >= 0) {
            close(fd);
        }
        return result;
    }
    if (flag_value(call->flags, "process") == NULL && call->word_count < 2) {
        return complain("process args cannot be empty");
    }
    char state_dir[PATH_MAX], pid[16];
    const char **arguments = calloc((size_t)call->line_count + 12, sizeof *arguments);
    if (arguments == NULL || snprintf(state_dir, sizeof state_dir, "%s/%s", call->globals->root, life->container.id) >= PATH_MAX) {
        free(arguments);
        return complain("out of memory");
    }
    snprintf(pid, sizeof pid, "%d", (int)life->container.pid);
    const char *const first[] = {"exec", "--state-dir", state_dir, "--bundle", life->container.bundle, "--pid", pid, "--"};
    unsigned count = 0;
    for (; count < sizeof first / sizeof first[0]; count++) {
        arguments[count] = first[count];
    }
    for (int i = 0; i < call->line_count; i++) {
        arguments[count++] = call->line[i];
    }
    int result = compile(&life->plan, call->globals, arguments);
    free(arguments);
    return result;
}

/* Its terminal's other side: the caller's socket, or ours when we stay. */
static int prepare(struct life *life, struct execution *execution, bool detach, int ours) {
    const char *console = flag_value(life->call->flags, "console-socket"), *pidfd_socket = flag_value(life->call->flags, "pidfd-socket");
    struct step step = {0};
    bool terminal = plan_next(&life->plan, OP_TERMINAL, &step);
    if (detach && terminal && console == NULL) {
        return complain("cannot allocate tty if carafe-oci will detach without setting console socket");
    }
    if (console != NULL && (!detach || !terminal)) {
        return complain("cannot use console socket if carafe-oci will not detach or allocate tty");
    }
    life->container.terminal = terminal;
    execution->console_socket = !terminal ? -1 : console != NULL ? socket_connect(console) : ours;
    life->pidfd_socket = pidfd_socket == NULL ? -1 : socket_connect(pidfd_socket);
    execution->join = container_pidfd(&life->container);
    if (execution->join < 0) {
        return complain("cannot exec in a stopped container: container not running: %s", life->container.id);
    }
    return (terminal && execution->console_socket < 0) || (pidfd_socket != NULL && life->pidfd_socket < 0) ? -1 : 0;
}

static int exec_in(struct life *life) {
    const struct call *call = life->call;
    bool detach = flag_on(call->flags, "detach");
    struct execution execution = life_execution(life);
    execution.created = placed;
    int sockets[2];
    if (life_flags(call, &execution) < 0 || find_plan(life) < 0) {
        return FAILED;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
        complain_errno("make a pair of sockets");
        return FAILED;
    }
    execution.plan = &life->plan;
    if (prepare(life, &execution, detach, sockets[1]) < 0) {
        return FAILED;
    }
    if (!detach && !flag_on(call->flags, "no-subreaper")) {
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
    pid_t pid = execute(&execution, &life->failure);
    if (pid < 0) {
        complain("exec failed: %s", life->failure.text);
        return FAILED;
    }
    close(sockets[1]);
    if (detach) {
        return 0;
    }
    int terminal = life->container.terminal ? relay_terminal(sockets[0]) : -1;
    if (life->container.terminal && terminal < 0) {
        kill(pid, SIGKILL);
    }
    return relay(pid, terminal);
}

int exec_command(const struct call *call) {
    struct life life = life_of(call);
    life.pid_file = flag_value(call->flags, "pid-file");
    int code = FAILED;
    if (open_running(&life) == 0 && (code = exec_in(&life)) == FAILED) {
        failed_keep(&life);
    }
    life_close(&life);
    return code;
}
