/* System calls and constants that not every C library and header has. Numbers from 424 up are the same everywhere. */
#pragma once

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYS_NR_open_tree 428
#define SYS_NR_move_mount 429
#define SYS_NR_fsopen 430
#define SYS_NR_fsconfig 431
#define SYS_NR_fsmount 432
#define SYS_NR_pidfd_send_signal 424
#define SYS_NR_pidfd_open 434
#define SYS_NR_clone3 435
#define SYS_NR_close_range 436
#define SYS_NR_openat2 437
#define SYS_NR_mount_setattr 442
#define SYS_NR_fchmodat2 452

#define CARAFE_FSOPEN_CLOEXEC 1
#define CARAFE_FSCONFIG_SET_FLAG 0
#define CARAFE_FSCONFIG_SET_STRING 1
#define CARAFE_FSCONFIG_CMD_CREATE 6
#define CARAFE_FSMOUNT_CLOEXEC 1

#define CARAFE_OPEN_TREE_CLONE 1
#define CARAFE_OPEN_TREE_CLOEXEC 02000000
#define CARAFE_AT_RECURSIVE 0x8000
#define CARAFE_MOVE_MOUNT_FD_TO_FD (0x00000004 | 0x00000040) /* both paths are empty */
#define CARAFE_MOUNT_ATTR_RDONLY 0x00000001
#define CARAFE_MOUNT_ATTR_NOSUID 0x00000002
#define CARAFE_MOUNT_ATTR_NODEV 0x00000004
#define CARAFE_MOUNT_ATTR_NOEXEC 0x00000008
#define CARAFE_MOUNT_ATTR_IDMAP 0x00100000

#define CARAFE_RESOLVE_NO_XDEV 0x01
#define CARAFE_RESOLVE_NO_MAGICLINKS 0x02
#define CARAFE_RESOLVE_NO_SYMLINKS 0x04
#define CARAFE_RESOLVE_BENEATH 0x08
#define CARAFE_RESOLVE_IN_ROOT 0x10

#define CARAFE_CLONE_NEWTIME 0x00000080
#define CARAFE_CLONE_INTO_CGROUP 0x200000000ULL
#define CARAFE_CLOSE_RANGE_CLOEXEC 4U

#define CARAFE_PROC_MAGIC 0x9fa0
#define CARAFE_DEVPTS_MAGIC 0x1cd1
#define CARAFE_CGROUP2_MAGIC 0x63677270

struct carafe_open_how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

struct carafe_mount_attr {
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    uint64_t user_namespace;
};

struct carafe_clone_args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static inline int sys_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct carafe_open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_NR_openat2, directory, path, &how, sizeof how);
}

static inline int sys_open_tree(int directory, const char *path, unsigned flags) {
    return (int)syscall(SYS_NR_open_tree, directory, path, flags | CARAFE_OPEN_TREE_CLOEXEC);
}

/* Attaches a detached mount to what fd to is open on. */
static inline int sys_move_mount(int from, int to) {
    return (int)syscall(SYS_NR_move_mount, from, "", to, "", CARAFE_MOVE_MOUNT_FD_TO_FD);
}

static inline int sys_mount_setattr(int fd, unsigned flags, const struct carafe_mount_attr *attributes) {
    return (int)syscall(SYS_NR_mount_setattr, fd, "", flags | 0x1000 /* AT_EMPTY_PATH */, attributes, sizeof *attributes);
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_NR_close_range, first, last, flags);
}
