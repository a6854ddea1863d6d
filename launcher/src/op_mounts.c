/* Mounts: made detached, then set up, then attached by descriptor, so that no path is looked up twice. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "inside_root.h"
#include "run.h"
#include "sys.h"

static unsigned recursive(uint64_t wanted) {
    return wanted != 0 ? CARAFE_AT_RECURSIVE : 0;
}

int op_tree(struct run *run, const struct step *step) {
    const char *path = step->args[1].s;
    int fd = sys_open_tree(AT_FDCWD, path, CARAFE_OPEN_TREE_CLONE | recursive(step->args[2].u));
    if (fd < 0) {
        return fail(run, "bind %s", path);
    }
    run->slots[step->args[0].u] = fd;
    return 0;
}

int op_idmap(struct run *run, const struct step *step) {
    struct carafe_mount_attr attributes = {
        .set = CARAFE_MOUNT_ATTR_IDMAP,
        .user_namespace = (uint64_t)run->slots[step->args[1].u],
    };
    if (sys_mount_setattr(run->slots[step->args[0].u], recursive(step->args[2].u), &attributes) < 0) {
        return fail(run, "map ids of the mount; its file system may not be able to");
    }
    return 0;
}

/* The file system's own words are better than an errno: "e tmpfs: Bad value for 'size'". */
static int fail_in_words(struct run *run, int context, const char *type, const char *option) {
    char words[256];
    int error = errno;
    ssize_t length = read(context, words, sizeof words - 1);
    errno = error;
    if (length <= 0) {
        return fail(run, "mount %s%s%s", type, *option == 0 ? "" : ", option ", option);
    }
    while (length > 0 && words[length - 1] == '\n') {
        length--;
    }
    words[length] = 0;
    return fail(run, "mount %s%s%s (%s)", type, *option == 0 ? "" : ", option ", option, length > 2 ? words + 2 : words);
}

static int configure(struct run *run, int context, const char *type, const char *option) {
    const char *equals = strchr(option, '=');
    char key[256];
    size_t length = equals == NULL ? strlen(option) : (size_t)(equals - option);
    if (length == 0 || length >= sizeof key) {
        return refuse(run, "mount %s: bad option %.64s", type, option);
    }
    memcpy(key, option, length);
    key[length] = 0;
    unsigned command = equals == NULL ? CARAFE_FSCONFIG_SET_FLAG : CARAFE_FSCONFIG_SET_STRING;
    return syscall(SYS_NR_fsconfig, context, command, key, equals == NULL ? NULL : equals + 1, 0) < 0
               ? fail_in_words(run, context, type, option)
               : 0;
}

static int make_filesystem(struct run *run, const struct step *step, int context) {
    const char *type = step->args[1].s, *source = step->args[2].s;
    if (*source != 0 && syscall(SYS_NR_fsconfig, context, CARAFE_FSCONFIG_SET_STRING, "source", source, 0) < 0) {
        return fail_in_words(run, context, type, source);
    }
    const unsigned char *at = step->args[4].list;
    for (uint32_t i = 0; i < step->args[4].count; i++) {
        if (configure(run, context, type, list_next(&at)) < 0) {
            return -1;
        }
    }
    if (syscall(SYS_NR_fsconfig, context, CARAFE_FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
        return fail_in_words(run, context, type, "");
    }
    int fd = (int)syscall(SYS_NR_fsmount, context, CARAFE_FSMOUNT_CLOEXEC, (unsigned)step->args[3].u);
    return fd < 0 ? fail_in_words(run, context, type, "") : fd;
}

int op_filesystem(struct run *run, const struct step *step) {
    int context = (int)syscall(SYS_NR_fsopen, step->args[1].s, CARAFE_FSOPEN_CLOEXEC);
    if (context < 0) {
        return fail(run, "mount: file system %s", step->args[1].s);
    }
    int fd = make_filesystem(run, step, context);
    close(context);
    run->slots[step->args[0].u] = fd;
    return fd < 0 ? -1 : 0;
}

int op_attributes(struct run *run, const struct step *step) {
    struct carafe_mount_attr attributes = {
        .set = step->args[1].u,
        .clear = step->args[2].u,
        .propagation = step->args[3].u,
    };
    if (sys_mount_setattr(run->slots[step->args[0].u], recursive(step->args[4].u), &attributes) < 0) {
        return fail(run, "set mount attributes");
    }
    return 0;
}

/* Whether the kernel's own files may be covered there: only what lxcfs and its like make per container (as runc has it). */
static bool may_cover(const char *path) {
    static const char *const known[] = {
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg",
        "/proc/slabinfo", "/proc/net/dev", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled", NULL};
    for (const char *const *one = known; *one != NULL; one++) {
        if (strcmp(*one + (*path == '/' ? 0 : 1), path) == 0) {
            return true;
        }
    }
    return false;
}

/* Where the kernel's file systems are looked for by these names (CVE-2019-19921). */
static bool is_at(const char *name, const char *path) {
    path += *path == '/';
    return strcmp(path, name) == 0;
}

static int check_target(struct run *run, int mount, int target, const char *path) {
    struct statfs kind;
    if (is_at("proc", path)) {
        /* what looks like /proc would be believed to be it (CVE-2019-16884) */
        return fstatfs(mount, &kind) < 0 ? fail(run, "stat the source of %s", path)
               : kind.f_type == CARAFE_PROC_MAGIC
                   ? 0
                   : refuse(run, "%s cannot be mounted because it is not of type proc", path);
    }
    if (fstatfs(target, &kind) < 0) {
        return fail(run, "stat %s", path);
    }
    if (kind.f_type == CARAFE_PROC_MAGIC && !may_cover(path)) {
        return refuse(run, "%s cannot be mounted because it is inside /proc", path);
    }
    return 0;
}

int op_attach(struct run *run, const struct step *step) {
    int mount = run->slots[step->args[0].u];
    const char *path = step->args[1].s;
    bool directory = step->args[2].u == 1;
    struct stat stat;
    if (step->args[2].u == 0) {
        if (fstat(mount, &stat) < 0) {
            return fail(run, "stat the source of %s", path);
        }
        directory = S_ISDIR(stat.st_mode);
    }
    int target = root_make(run, path, directory);
    if (target < 0) {
        return -1;
    }
    int result = check_target(run, mount, target, path);
    if (result == 0 && (is_at("proc", path) || is_at("sys", path))) { /* a link would lead whoever looks there */
        int plain = root_open(run, path, O_PATH | O_NOFOLLOW | O_DIRECTORY);
        result = plain < 0 ? refuse(run, "%s must be a real directory, not a symbolic link", path) : 0;
        if (plain >= 0) {
            close(target);
            target = plain;
        }
    }
    if (result == 0 && sys_move_mount(mount, target) < 0) {
        result = fail(run, "attach %s", path);
    }
    close(target);
    return result;
}

int op_propagation(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    int target = root_open(run, path, O_PATH);
    if (target < 0) {
        return fail(run, "open %s", path);
    }
    struct carafe_mount_attr attributes = {.propagation = step->args[1].u & ~(uint64_t)MS_REC};
    int result = sys_mount_setattr(target, recursive(step->args[1].u & MS_REC), &attributes);
    if (result < 0) {
        fail(run, "set propagation of %s", path);
    }
    close(target);
    return result;
}
