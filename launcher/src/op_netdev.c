/* A network device of the host that moves into the container, with its addresses: over netlink (rtnetlink(7)). */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run.h"

enum { NETLINK_ROUTE = 0, NLMSG_ERROR = 2, NLMSG_DONE = 3, RTM_NEWLINK = 16, RTM_GETLINK = 18, RTM_NEWADDR = 20, RTM_GETADDR = 22 };
enum { F_REQUEST = 1, F_ACK = 4, F_DUMP = 0x300, F_CREATE = 0x400, F_EXCL = 0x200 };
enum { IFLA_IFNAME = 3, IFLA_NET_NS_FD = 28, IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_BROADCAST = 4, IFA_FLAGS = 8 };
enum { PERMANENT = 0x80, SCOPE_GLOBAL = 0, MAX_ADDRESSES = 64 };

struct header {
    uint32_t length;
    uint16_t type, flags;
    uint32_t sequence, port;
};

struct link {
    uint8_t family, padding;
    uint16_t type;
    int32_t index;
    uint32_t flags, change;
};

struct address {
    uint8_t family, prefix, flags, scope;
    uint32_t index;
};

struct attribute {
    uint16_t length, type;
};

struct message {
    struct header header;
    union {
        struct link link;
        struct address address;
        unsigned char rest[1024];
    } body;
};

struct addresses {
    struct message all[MAX_ADDRESSES];
    unsigned count;
};

static uint32_t aligned(uint32_t length) {
    return (length + 3) & ~3U;
}

static void start(struct message *message, uint16_t type, uint16_t flags, uint32_t body) {
    memset(message, 0, sizeof *message);
    message->header = (struct header){.length = (uint32_t)sizeof message->header + body, .type = type, .flags = flags, .sequence = 1};
}

static void add(struct message *message, uint16_t type, const void *data, uint16_t length) {
    uint32_t at = aligned(message->header.length);
    struct attribute attribute = {(uint16_t)(sizeof attribute + length), type};
    if (at + sizeof attribute + length > sizeof *message) {
        return;
    }
    memcpy((unsigned char *)message + at, &attribute, sizeof attribute);
    memcpy((unsigned char *)message + at + sizeof attribute, data, length);
    message->header.length = at + attribute.length;
}

static int netlink(void) {
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

/* Keeps an address that an administrator has given, as a request to make it again. */
static void collect(struct addresses *addresses, const unsigned char *bytes, uint32_t length, int index) {
    struct address found;
    if (addresses == NULL || length < sizeof found || addresses->count == MAX_ADDRESSES) {
        return;
    }
    memcpy(&found, bytes, sizeof found);
    if (found.index != (uint32_t)index || found.scope != SCOPE_GLOBAL || !(found.flags & PERMANENT)) {
        return;
    }
    struct message *message = &addresses->all[addresses->count++];
    start(message, RTM_NEWADDR, F_REQUEST | F_ACK | F_CREATE | F_EXCL, sizeof found);
    message->body.address = (struct address){.family = found.family, .prefix = found.prefix, .scope = found.scope};
    for (uint32_t at = aligned(sizeof found); at + sizeof(struct attribute) <= length;) {
        struct attribute attribute;
        memcpy(&attribute, bytes + at, sizeof attribute);
        if (attribute.length < sizeof attribute || attribute.length > length - at) {
            return;
        }
        if (attribute.type == IFA_ADDRESS || attribute.type == IFA_LOCAL || attribute.type == IFA_BROADCAST
            || (attribute.type == IFA_FLAGS && found.family == AF_INET6)) {
            add(message, attribute.type, bytes + at + sizeof attribute, (uint16_t)(attribute.length - sizeof attribute));
        }
        at += aligned(attribute.length);
    }
}

/* Sends, and takes answers until the kernel has said how it went; addresses of a dump go to the collection. */
static int ask(int socket, struct message *message, int index, struct addresses *collected) {
    unsigned char buffer[16384] __attribute__((aligned(8)));
    if (send(socket, message, message->header.length, 0) < 0) {
        return -1;
    }
    while (1) {
        ssize_t got = recv(socket, buffer, sizeof buffer, 0);
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        for (uint32_t at = 0; got > 0 && at + sizeof(struct header) <= (uint32_t)got;) {
            struct header header;
            memcpy(&header, buffer + at, sizeof header);
            if (header.length < sizeof header || header.length > (uint32_t)got - at) {
                errno = EPROTO;
                return -1;
            }
            if (header.type == NLMSG_DONE) {
                return 0;
            }
            if (header.type == NLMSG_ERROR) {
                int error = 0;
                memcpy(&error, buffer + at + sizeof header, header.length >= sizeof header + sizeof error ? sizeof error : 0);
                errno = -error;
                return error == 0 ? 0 : -1;
            }
            if (header.type == RTM_NEWADDR) {
                collect(collected, buffer + at + sizeof header, header.length - (uint32_t)sizeof header, index);
            }
            at += aligned(header.length);
        }
    }
}

/* A netlink socket of the namespace, where we are only as long as it takes to open one. */
static int netlink_in(int namespace) {
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (home < 0 || setns(namespace, CLONE_NEWNET) < 0) {
        if (home >= 0) {
            close(home);
        }
        return -1;
    }
    int inside = netlink();
    int error = errno;
    if (setns(home, CLONE_NEWNET) < 0) {
        _exit(125); /* nothing that follows may happen in a container's network */
    }
    close(home);
    errno = error;
    return inside;
}

static int set_up(struct run *run, int inside, int index, const char *name, struct addresses *addresses) {
    for (unsigned i = 0; i < addresses->count; i++) {
        addresses->all[i].body.address.index = (uint32_t)index;
        if (ask(inside, &addresses->all[i], 0, NULL) < 0 && errno != EEXIST) {
            return fail(run, "give network device %s its address again", name);
        }
    }
    struct message message;
    start(&message, RTM_NEWLINK, F_REQUEST | F_ACK, sizeof message.body.link);
    message.body.link = (struct link){.index = index, .flags = IFF_UP, .change = IFF_UP};
    return ask(inside, &message, 0, NULL) < 0 ? fail(run, "set network device %s up", name) : 0;
}

/* The index may be another one there, so it is asked by name; a socket's requests are about the namespace it was made in. */
static int index_of(int inside, const char *name) {
    struct message message;
    start(&message, RTM_GETLINK, F_REQUEST | F_ACK, sizeof message.body.link);
    add(&message, IFLA_IFNAME, name, (uint16_t)(strlen(name) + 1));
    unsigned char buffer[16384] __attribute__((aligned(8)));
    if (send(inside, &message, message.header.length, 0) < 0) {
        return -1;
    }
    ssize_t got = recv(inside, buffer, sizeof buffer, 0);
    struct header header;
    struct link link;
    if (got < (ssize_t)(sizeof header + sizeof link)) {
        return -1;
    }
    memcpy(&header, buffer, sizeof header);
    memcpy(&link, buffer + sizeof header, sizeof link);
    if (header.type != RTM_NEWLINK) {
        errno = ENODEV;
        return -1;
    }
    recv(inside, buffer, sizeof buffer, 0); /* the acknowledgement */
    return link.index;
}

static int move(struct run *run, int outside, int namespace, int index, const char *name, const char *inside_name) {
    struct addresses addresses = {.count = 0};
    struct message message;
    start(&message, RTM_GETADDR, F_REQUEST | F_DUMP, sizeof message.body.address);
    if (ask(outside, &message, index, &addresses) < 0) {
        return fail(run, "read the addresses of network device %s", name);
    }
    start(&message, RTM_NEWLINK, F_REQUEST | F_ACK, sizeof message.body.link);
    message.body.link = (struct link){.index = index};
    add(&message, IFLA_NET_NS_FD, &namespace, sizeof namespace);
    add(&message, IFLA_IFNAME, inside_name, (uint16_t)(strlen(inside_name) + 1));
    if (ask(outside, &message, 0, NULL) < 0) {
        return fail(run, "move network device %s into the container as %s", name, inside_name);
    }
    int inside = netlink_in(namespace);
    int there = inside < 0 ? -1 : index_of(inside, inside_name);
    int result = there < 0 ? fail(run, "find network device %s in the container", inside_name)
                           : set_up(run, inside, there, inside_name, &addresses);
    if (inside >= 0) {
        close(inside);
    }
    return result;
}

/* name on the host, name in the container */
int op_netdev(struct run *run, const struct step *step) {
    const char *name = step->args[0].s, *inside = *step->args[1].s == 0 ? name : step->args[1].s;
    char path[64];
    if (strlen(name) >= IFNAMSIZ || strlen(inside) >= IFNAMSIZ) {
        return refuse(run, "network device %.64s: too long a name", name);
    }
    int index = (int)if_nametoindex(name);
    if (index == 0) {
        return fail(run, "network device %s", name);
    }
    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)run->pid);
    int namespace = open(path, O_RDONLY | O_CLOEXEC), outside = netlink();
    int result = namespace < 0 || outside < 0 ? fail(run, "network device %s", name) : move(run, outside, namespace, index, name, inside);
    if (namespace >= 0) {
        close(namespace);
    }
    if (outside >= 0) {
        close(outside);
    }
    return result;
}
