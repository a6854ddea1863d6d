#include "private_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sys.h"

enum { ROOT_INODE = 1 }; /* PROC_ROOT_INO of the kernel */

int private_proc_open(void) {
    int context = (int)syscall(SYS_NR_fsopen, "proc", CARAFE_FSOPEN_CLOEXEC);
    if (context >= 0) {
        int mount = -1;
        if (syscall(SYS_NR_fsconfig, context, CARAFE_FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
            mount = (int)syscall(SYS_NR_fsmount, context, CARAFE_FSMOUNT_CLOEXEC, 0);
        }
        close(context);
        if (mount >= 0) {
            return mount;
        }
    }
    /* the whole of a procfs, not a part of it that was bound there, in which names mean something else (CVE-2025-52881) */
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct statfs kind;
    struct stat root;
    if (proc >= 0
        && (fstatfs(proc, &kind) < 0 || kind.f_type != CARAFE_PROC_MAGIC || fstat(proc, &root) < 0 || root.st_ino != ROOT_INODE)) {
        close(proc);
        errno = ENODEV;
        return -1;
    }
    return proc;
}

int private_proc_file(int proc, const char *path) {
    int fd = sys_openat2(proc, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0,
                         CARAFE_RESOLVE_BENEATH | CARAFE_RESOLVE_NO_SYMLINKS | CARAFE_RESOLVE_NO_XDEV);
    return fd < 0 && errno == ENOSYS ? openat(proc, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : fd;
}
