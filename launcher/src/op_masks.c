/* Paths that the container must not read, or not write. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "inside_root.h"
#include "run.h"
#include "sys.h"

static bool is_missing(int error) {
    return error == ENOENT || error == ENOTDIR;
}

/* A mount of /dev/null: by descriptor, of what is known to be it. An image may have anything at that name (CVE-2025-31133). */
static int null_tree(struct run *run) {
    struct stat stat;
    if (run->null_mask < 0) {
        int fd = root_open(run, "dev/null", O_PATH | O_NOFOLLOW);
        if (fd < 0) {
            return fail(run, "open /dev/null");
        }
        if (fstat(fd, &stat) < 0 || !S_ISCHR(stat.st_mode) || stat.st_rdev != makedev(1, 3)) {
            close(fd);
            return refuse(run, "/dev/null of the container is not the null device; masking with it would reveal what it is instead");
        }
        run->null_mask = fd;
    }
    int tree = sys_open_tree(run->null_mask, "", CARAFE_OPEN_TREE_CLONE | AT_EMPTY_PATH);
    return tree < 0 ? fail(run, "bind /dev/null") : tree;
}

static int new_empty_tree(struct run *run, const char *context) {
    int fs = (int)syscall(SYS_NR_fsopen, "tmpfs", CARAFE_FSOPEN_CLOEXEC), tree = -1;
    if (fs < 0) {
        return fail(run, "mount tmpfs");
    }
    if ((*context == 0 || syscall(SYS_NR_fsconfig, fs, CARAFE_FSCONFIG_SET_STRING, "context", context, 0) == 0)
        && syscall(SYS_NR_fsconfig, fs, CARAFE_FSCONFIG_SET_FLAG, "ro", NULL, 0) == 0
        && syscall(SYS_NR_fsconfig, fs, CARAFE_FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
        tree = (int)syscall(SYS_NR_fsmount, fs, CARAFE_FSMOUNT_CLOEXEC, CARAFE_MOUNT_ATTR_RDONLY);
    }
    int error = errno;
    close(fs);
    errno = error;
    return tree < 0 ? fail(run, "mount an empty tmpfs") : tree;
}

/*
 * An empty read-only directory; one file system serves all. The first mask is that mount, and the others are copies of it once
 * it is in its place: before Linux 6.15 a mount that is in no place cannot be copied.
 */
static int empty_tree(struct run *run, const char *context) {
    if (run->empty_mask >= 0) {
        int copy = sys_open_tree(run->empty_mask, "", CARAFE_OPEN_TREE_CLONE | AT_EMPTY_PATH);
        return copy < 0 ? fail(run, "bind an empty directory") : copy;
    }
    int tree = new_empty_tree(run, context);
    if (tree >= 0 && (run->empty_mask = fcntl(tree, F_DUPFD_CLOEXEC, 0)) < 0) {
        fail(run, "keep an empty directory");
        close(tree);
        return -1;
    }
    return tree;
}

int op_mask(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    int target = root_open(run, path, O_PATH);
    struct stat stat;
    if (target < 0) {
        return is_missing(errno) ? 0 : fail(run, "mask %s", path);
    }
    int result = -1;
    int tree = fstat(target, &stat) < 0        ? fail(run, "mask %s", path)
               : S_ISDIR(stat.st_mode) ? empty_tree(run, step->args[1].s)
                                       : null_tree(run);
    if (tree >= 0) {
        result = sys_move_mount(tree, target) < 0 ? fail(run, "mask %s", path) : 0;
        close(tree);
    }
    close(target);
    return result;
}

int op_readonly(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    int target = root_open(run, path, O_PATH);
    if (target < 0) {
        return is_missing(errno) ? 0 : fail(run, "make %s read-only", path);
    }
    struct carafe_mount_attr attributes = {.set = CARAFE_MOUNT_ATTR_RDONLY};
    /* a copy keeps the flags that are locked, as it only gets one more */
    int tree = sys_open_tree(target, "", CARAFE_OPEN_TREE_CLONE | CARAFE_AT_RECURSIVE | AT_EMPTY_PATH);
    int result = tree < 0 || sys_mount_setattr(tree, 0, &attributes) < 0 || sys_move_mount(tree, target) < 0
                     ? fail(run, "make %s read-only", path)
                     : 0;
    if (tree >= 0) {
        close(tree);
    }
    close(target);
    return result;
}
