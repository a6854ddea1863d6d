/* System calls and constants that not every C library and header has. Numbers from 424 up are the same everywhere. */
#pragma once

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYS_NR_move_mount 429
#define SYS_NR_fsopen 430
#define SYS_NR_fsconfig 431
#define SYS_NR_fsmount 432
#define SYS_NR_pidfd_open 434
#define SYS_NR_close_range 436
#define SYS_NR_openat2 437

#define CARAFE_FSOPEN_CLOEXEC 1
#define CARAFE_FSCONFIG_CMD_CREATE 6
#define CARAFE_FSMOUNT_CLOEXEC 1

#define CARAFE_RESOLVE_NO_XDEV 0x01
#define CARAFE_RESOLVE_NO_SYMLINKS 0x04
#define CARAFE_RESOLVE_BENEATH 0x08

struct carafe_open_how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};
