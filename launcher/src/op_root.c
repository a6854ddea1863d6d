/* The root file system: entered once, known from then on by its descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside_root.h"
#include "run.h"
#include "sys.h"

/*
 * Nothing that happens below may reach the host, so "/" is never left shared: volumes that are to propagate are trees taken
 * in phase host, which keep their peers. pivot_root would refuse a shared root, too.
 */
int op_rootfs(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    unsigned long propagation = step->args[1].u;
    run->rootfs = path;
    if (propagation != 0) {
        unsigned long kind = propagation & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
        if (mount(NULL, "/", NULL, kind | MS_REC, NULL) < 0) {
            return fail(run, "propagation of /");
        }
        if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) {
            return fail(run, "bind root file system %s", path);
        }
        if (mount(NULL, path, NULL, MS_PRIVATE, NULL) < 0) {
            return fail(run, "propagation of root file system %s", path);
        }
    }
    run->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return run->root < 0 ? fail(run, "open root file system %s", path) : 0;
}

/* A path as mountinfo writes it, with \\040 for a blank, as it is. */
static void unescape(char *path) {
    char *to = path;
    for (const char *from = path; *from != 0; to++) {
        unsigned code;
        if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
            *to = (char)code;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = 0;
}

/*
 * Where "/" can't be pivoted away (an initramfs) the host's mounts stay below, reachable for whoever makes a mount namespace
 * of its own. At least no second procfs or sysfs, without the container's masks, is left there (CVE-2019-19921's like).
 */
static int hide_host_mounts(struct run *run) {
    size_t size = 1 << 20, have = 0;
    char *all = malloc(size);
    int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (all == NULL || fd < 0) {
        return fail(run, "read mountinfo");
    }
    for (ssize_t got; have < size - 1 && (got = read(fd, all + have, size - 1 - have)) > 0;) {
        have += (size_t)got;
    }
    close(fd);
    all[have] = 0;
    size_t length = strlen(run->rootfs);
    for (char *save = NULL, *line = strtok_r(all, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char point[4096], type[64];
        const char *end = strstr(line, " - ");
        if (end == NULL || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 || sscanf(end + 3, "%63s", type) != 1) {
            continue;
        }
        unescape(point);
        if ((strcmp(type, "proc") != 0 && strcmp(type, "sysfs") != 0)
            || (strncmp(point, run->rootfs, length) == 0 && (point[length] == '/' || point[length] == 0))) {
            continue;
        }
        mount(NULL, point, NULL, MS_SLAVE | MS_REC, NULL);
        if (umount2(point, MNT_DETACH) < 0 && mount("tmpfs", point, "tmpfs", 0, NULL) < 0 && errno != ENOENT) {
            return fail(run, "hide %s", point);
        }
    }
    free(all);
    return 0;
}

int op_pivot(struct run *run, const struct step *step) {
    uint64_t way = step->args[0].u;
    if (way == 1 && run->execution->no_pivot) {
        way = 2;
    }
    if (way == 2 && hide_host_mounts(run) < 0) {
        return -1;
    }
    if (root_of(run) < 0 || fchdir(run->root) < 0) {
        return fail(run, "enter root file system");
    }
    if (way == 1) {
        /* the old root comes to lie over the new one at the same place, from where it is taken away */
        if (syscall(SYS_pivot_root, ".", ".") < 0) {
            return fail(run, "pivot_root");
        }
        if (umount2(".", MNT_DETACH) < 0) {
            return fail(run, "leave the host's root");
        }
    } else if ((way == 2 && mount(".", "/", NULL, MS_MOVE, NULL) < 0) || chroot(".") < 0) {
        return fail(run, "enter root file system");
    }
    return chdir("/") < 0 ? fail(run, "chdir /") : 0;
}

int op_root_propagation(struct run *run, const struct step *step) {
    return mount(NULL, "/", NULL, (unsigned long)step->args[0].u, NULL) < 0 ? fail(run, "propagation of the container's /") : 0;
}

int op_remount_root_readonly(struct run *run, const struct step *step) {
    (void)step;
    struct carafe_mount_attr attributes = {.set = CARAFE_MOUNT_ATTR_RDONLY};
    return sys_mount_setattr(run->root, 0, &attributes) < 0 ? fail(run, "make the root file system read-only") : 0;
}

/* Takes away what is mounted at these paths of a root on the host, in this order; the container may have left something else there. */
int op_unmount(struct run *run, const struct step *step) {
    const unsigned char *at = step->args[1].list;
    char link[64];
    int result = 0;
    run->root = open(step->args[0].s, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (run->root < 0) {
        return errno == ENOENT ? 0 : fail(run, "open root file system %s", step->args[0].s);
    }
    for (uint32_t i = 0; i < step->args[1].count; i++) {
        const char *path = list_next(&at);
        int fd = root_open(run, path, O_PATH);
        if (fd < 0) {
            continue;
        }
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (umount2(link, MNT_DETACH) < 0 && errno != EINVAL) { /* EINVAL: nothing is mounted there */
            result = fail(run, "unmount %s", path);
        }
        close(fd);
    }
    close(run->root);
    run->root = -1;
    return result;
}
