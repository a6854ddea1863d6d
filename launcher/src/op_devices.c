/* Device nodes and links in /dev. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "inside_root.h"
#include "run.h"
#include "sys.h"

enum { REPLACE_TRIES = 64 };

struct device {
    const char *path;
    mode_t type, mode;
    dev_t number;
    uid_t uid;
    gid_t gid;
};

static bool is(const struct device *device, const struct stat *stat) {
    return (stat->st_mode & S_IFMT) == device->type && (device->type == S_IFIFO || stat->st_rdev == device->number);
}

/* Where none may be made, in a user namespace, the host's node of that name comes in. */
static int bind_from_host(struct run *run, const struct device *device, int parent, const char *name) {
    char path[4096];
    struct stat stat;
    snprintf(path, sizeof path, "/%s", device->path + (*device->path == '/'));
    int host = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (host < 0 || fstat(host, &stat) < 0) {
        fail(run, "device %s: it can't be made here, and the host has none", path);
    } else if (!is(device, &stat)) {
        refuse(run, "device %s: it can't be made here, and the host's is another one", path);
    } else {
        int file = openat(parent, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
        int target = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        int tree = sys_open_tree(host, "", CARAFE_OPEN_TREE_CLONE | AT_EMPTY_PATH);
        int result = target < 0 || tree < 0 || sys_move_mount(tree, target) < 0 ? fail(run, "bind device %s", path) : 0;
        int all[] = {file, target, tree, host};
        for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
            if (all[i] >= 0) {
                close(all[i]);
            }
        }
        return result;
    }
    if (host >= 0) {
        close(host);
    }
    return -1;
}

/*
 * Before its owner changes it is certain that it is the device, and not something that came there meanwhile. One that was
 * there before stays as it is: it may be the host's own, in a /dev that is bound from there.
 */
static int set_up(struct run *run, const struct device *device, int parent, const char *name, bool made) {
    struct stat stat;
    int node = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int result = 0;
    if (node < 0 || fstat(node, &stat) < 0) {
        result = fail(run, "stat device %s", device->path);
    } else if (!is(device, &stat)) {
        result = refuse(run, "device %s: there is something else at its path", device->path);
    } else if (made && (stat.st_uid != device->uid || stat.st_gid != device->gid)
               && fchownat(node, "", device->uid, device->gid, AT_EMPTY_PATH) < 0) {
        result = fail(run, "chown device %s", device->path);
    } else if (made && (stat.st_mode & 07777) != device->mode && syscall(SYS_NR_fchmodat2, node, "", device->mode, AT_EMPTY_PATH) < 0) {
        /* kernels before 6.6 chmod no O_PATH descriptor; a node is not followed anywhere */
        result = errno == ENOSYS && fchmodat(parent, name, device->mode, 0) == 0 ? 0 : fail(run, "chmod device %s", device->path);
    }
    if (node >= 0) {
        close(node);
    }
    return result;
}

/* path, type as S_IF…, major, minor, mode, uid, gid */
int op_device(struct run *run, const struct step *step) {
    struct device device = {
        .path = step->args[0].s,
        .type = (mode_t)step->args[1].u & S_IFMT,
        .mode = (mode_t)step->args[4].u & 07777,
        .number = makedev((unsigned)step->args[2].u, (unsigned)step->args[3].u),
        .uid = (uid_t)step->args[5].u,
        .gid = (gid_t)step->args[6].u,
    };
    const char *name;
    if (device.type != S_IFCHR && device.type != S_IFBLK && device.type != S_IFIFO) {
        return refuse(run, "device %s: bad type", device.path);
    }
    int parent = root_parent(run, device.path, &name);
    if (parent < 0) {
        return -1;
    }
    int result;
    if (mknodat(parent, name, device.type | device.mode, device.type == S_IFIFO ? 0 : device.number) == 0) {
        result = set_up(run, &device, parent, name, true);
    } else if (errno == EEXIST) {
        result = set_up(run, &device, parent, name, false);
    } else if (errno == EPERM) {
        result = bind_from_host(run, &device, parent, name);
    } else {
        result = fail(run, "make device %s", device.path);
    }
    close(parent);
    return result;
}

/* Whether it is there as it should be: containers that share a root file system make the same one at the same time. */
static bool is_link(const char *target, int parent, const char *name) {
    char there[PATH_MAX];
    ssize_t length = readlinkat(parent, name, there, sizeof there);
    return length >= 0 && (size_t)length == strlen(target) && memcmp(there, target, (size_t)length) == 0;
}

static int replace_by_link(const char *target, int parent, const char *name) {
    for (int tries = 0; tries < REPLACE_TRIES; tries++) {
        if (is_link(target, parent, name)) {
            return 0;
        }
        if (unlinkat(parent, name, 0) < 0 && errno != ENOENT) {
            return -1;
        }
        if (symlinkat(target, parent, name) == 0) {
            return 0;
        }
    }
    errno = EBUSY;
    return -1;
}

/* target, path, 1: in place of what is there */
int op_symlink(struct run *run, const struct step *step) {
    const char *name;
    int parent = root_parent(run, step->args[1].s, &name);
    if (parent < 0) {
        return -1;
    }
    int result = symlinkat(step->args[0].s, parent, name);
    if (result < 0 && errno == EEXIST) {
        result = step->args[2].u == 0 ? 0 : replace_by_link(step->args[0].s, parent, name);
    }
    if (result < 0) {
        fail(run, "link %s", step->args[1].s);
    }
    close(parent);
    return result;
}
