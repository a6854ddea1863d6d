/*
 * carafe-launcher pin [--net=FILE] [--ipc=FILE] [--uts=FILE] [--hostname=NAME] [--sysctl=NAME=VALUE]…
 *                     [--user=FILE --uid-map=MAP --gid-map=MAP]
 *
 * One short-lived process makes the namespaces, sets them up from inside, and leaves them pinned. A pin appears only when
 * its namespace is ready; after a failure there is none.
 *
 * With --user the other namespaces belong to the new user namespace, so that its root may do in them what root of the node
 * may in its own. Who is in it cannot pin: that takes rights in the node's mount namespace. So there are two processes:
 *
 *   launcher                                   holder
 *   clone(NEWUSER, NEWNET, …)             →
 *   write its id maps
 *   'g' go                                →    become root, set the namespaces up
 *                                         ←    'r' ready
 *   pin /proc/PID/ns/…, close the socket  →    exit
 *
 * MAP is INSIDE:OUTSIDE:LENGTH[,INSIDE:OUTSIDE:LENGTH]….
 */
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "namespace.h"
#include "report.h"
#include "sysctl.h"
#include "user_namespace.h"

enum { HOSTNAME_MAX = 64 };

/* What was asked for. */
struct order {
    struct pin user, net, ipc, uts;
    const char *uid_map, *gid_map;
    const char *hostname;
    const char *sysctls[ARGS_MAX_VALUES];
    unsigned sysctl_count;
};

static int loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return report_errno("loopback", "socket");
    }
    struct ifreq request = {.ifr_name = "lo"};
    int result = ioctl(fd, SIOCGIFFLAGS, &request);
    if (result == 0) {
        request.ifr_flags |= IFF_UP;
        result = ioctl(fd, SIOCSIFFLAGS, &request);
    }
    if (result < 0) {
        report_errno("loopback", "lo");
    }
    close(fd);
    return result;
}

static int set_up(struct order *order) {
    const char *hostname = order->hostname;
    if (hostname != NULL && sethostname(hostname, strlen(hostname)) < 0) {
        return report_errno("hostname", hostname);
    }
    if (order->net.path != NULL && loopback_up() < 0) {
        return -1;
    }
    return sysctl_write(order->sysctls, order->sysctl_count, order->net.path != NULL, order->ipc.path != NULL);
}

/* Pins the namespaces of the process that /proc has as name. */
static int pin_all(struct order *order, const char *name) {
    struct {
        struct pin *pin;
        const char *kind;
    } all[] = {{&order->user, "user"}, {&order->net, "net"}, {&order->ipc, "ipc"}, {&order->uts, "uts"}};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        char source[64];
        snprintf(source, sizeof source, "/proc/%s/ns/%s", name, all[i].kind);
        if (pin_mount(all[i].pin, source) < 0) {
            return -1;
        }
    }
    return 0;
}

static int make_here(struct order *order, int flags) {
    if (unshare(flags) < 0) {
        return report_errno("unshare", "namespaces");
    }
    return set_up(order) < 0 ? -1 : pin_all(order, "self");
}

static void hold(struct order *order, int socket) {
    char go;
    if (recv(socket, &go, 1, 0) == 1 && become_root() == 0 && set_up(order) == 0) {
        send(socket, "r", 1, MSG_NOSIGNAL);
        while (recv(socket, &go, 1, 0) > 0) {
        }
    }
    _exit(0);
}

/* The holder has reported why, if it was not this side. */
static int pin_from_holder(struct order *order, pid_t holder, int socket) {
    char ready, name[16];
    snprintf(name, sizeof name, "%d", holder);
    if (id_maps_write(holder, order->uid_map, order->gid_map) < 0 || send(socket, "g", 1, MSG_NOSIGNAL) != 1
        || recv(socket, &ready, 1, 0) != 1) {
        return -1;
    }
    return pin_all(order, name);
}

static int make_owned(struct order *order, int flags) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return report_errno("unshare", "socketpair");
    }
    long holder = syscall(SYS_clone, CLONE_NEWUSER | flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (holder < 0) {
        return report_errno("unshare", "user namespace");
    }
    if (holder == 0) {
        close(ends[0]);
        hold(order, ends[1]);
    }
    close(ends[1]);
    int result = pin_from_holder(order, (pid_t)holder, ends[0]);
    close(ends[0]);
    waitpid((pid_t)holder, NULL, 0);
    return result;
}

static int check(const struct order *order, int flags) {
    if (flags == 0 && order->user.path == NULL) {
        return report("arguments", "pin", 0, "no namespace was asked for");
    }
    const char *hostname = order->hostname;
    if (hostname != NULL && (order->uts.path == NULL || hostname[0] == 0 || strlen(hostname) > HOSTNAME_MAX)) {
        return report("arguments", hostname, 0, "a hostname has 1 to 64 bytes and needs --uts");
    }
    if ((order->user.path == NULL) != (order->uid_map == NULL) || (order->user.path == NULL) != (order->gid_map == NULL)) {
        return report("arguments", "pin", 0, "--user, --uid-map and --gid-map need each other");
    }
    const char *maps[] = {order->uid_map, order->gid_map};
    for (unsigned i = 0; order->user.path != NULL && i < 2; i++) {
        char lines[ID_MAP_MAX];
        if (!id_map_lines(lines, maps[i])) {
            return report("arguments", maps[i], 0, "expected id mappings as INSIDE:OUTSIDE:LENGTH,...");
        }
    }
    return 0;
}

int pin_command(int argc, char **argv) {
    struct order order = {0};
    struct option options[] = {
        {.name = "sysctl", .repeatable = true, .values = order.sysctls},
        {.name = "net", .path = true, .values = &order.net.path},
        {.name = "ipc", .path = true, .values = &order.ipc.path},
        {.name = "uts", .path = true, .values = &order.uts.path},
        {.name = "user", .path = true, .values = &order.user.path},
        {.name = "uid-map", .values = &order.uid_map},
        {.name = "gid-map", .values = &order.gid_map},
        {.name = "hostname", .values = &order.hostname},
        {.name = NULL},
    };
    if (args_parse(argc, argv, options) < 0) {
        return 1;
    }
    order.sysctl_count = options[0].count;
    int flags = (order.net.path ? CLONE_NEWNET : 0) | (order.ipc.path ? CLONE_NEWIPC : 0) | (order.uts.path ? CLONE_NEWUTS : 0);
    if (check(&order, flags) < 0) {
        return 1;
    }
    if (pin_create(&order.user) < 0 || pin_create(&order.net) < 0 || pin_create(&order.ipc) < 0 || pin_create(&order.uts) < 0
        || (order.user.path == NULL ? make_here(&order, flags) : make_owned(&order, flags)) < 0) {
        pin_undo(&order.user);
        pin_undo(&order.net);
        pin_undo(&order.ipc);
        pin_undo(&order.uts);
        return 1;
    }
    return 0;
}
