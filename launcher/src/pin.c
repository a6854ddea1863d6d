/*
 * carafe-launcher pin [--net=FILE] [--ipc=FILE] [--uts=FILE] [--hostname=NAME] [--sysctl=NAME=VALUE]…
 *
 * One short-lived process makes the namespaces, sets them up from inside, and leaves them pinned. A pin appears only when
 * its namespace is ready; after a failure there is none.
 */
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "namespace.h"
#include "report.h"
#include "sysctl.h"

enum { HOSTNAME_MAX = 64 };

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

static int set_up(bool net, bool ipc, const char *hostname, const char **sysctls, unsigned sysctl_count) {
    if (hostname != NULL && sethostname(hostname, strlen(hostname)) < 0) {
        return report_errno("hostname", hostname);
    }
    if (net && loopback_up() < 0) {
        return -1;
    }
    return sysctl_write(sysctls, sysctl_count, net, ipc);
}

int pin_command(int argc, char **argv) {
    struct pin net = {0}, ipc = {0}, uts = {0};
    const char *hostname = NULL;
    const char *sysctls[ARGS_MAX_VALUES];
    struct option options[] = {
        {.name = "net", .path = true, .values = &net.path},
        {.name = "ipc", .path = true, .values = &ipc.path},
        {.name = "uts", .path = true, .values = &uts.path},
        {.name = "hostname", .values = &hostname},
        {.name = "sysctl", .repeatable = true, .values = sysctls},
        {.name = NULL},
    };
    if (args_parse(argc, argv, options) < 0) {
        return 1;
    }
    int flags = (net.path ? CLONE_NEWNET : 0) | (ipc.path ? CLONE_NEWIPC : 0) | (uts.path ? CLONE_NEWUTS : 0);
    if (flags == 0) {
        report("arguments", "pin", 0, "no namespace was asked for");
        return 1;
    }
    if (hostname != NULL && (uts.path == NULL || hostname[0] == 0 || strlen(hostname) > HOSTNAME_MAX)) {
        report("arguments", hostname, 0, "a hostname has 1 to 64 bytes and needs --uts");
        return 1;
    }
    if (pin_create(&net) < 0 || pin_create(&ipc) < 0 || pin_create(&uts) < 0
        || (unshare(flags) < 0 && report_errno("unshare", "namespaces") < 0)
        || set_up(net.path != NULL, ipc.path != NULL, hostname, sysctls, options[4].count) < 0
        || pin_mount(&net, "/proc/self/ns/net") < 0 || pin_mount(&ipc, "/proc/self/ns/ipc") < 0
        || pin_mount(&uts, "/proc/self/ns/uts") < 0) {
        pin_undo(&net);
        pin_undo(&ipc);
        pin_undo(&uts);
        return 1;
    }
    return 0;
}
