#include "empty_root.h"

#include <stddef.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

int empty_root(void) {
    /* any directory serves as the place, and every host has this one */
    static const char place[] = "/proc";
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        return report_errno("root", "make mounts private");
    }
    if (mount("carafe-init", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,nr_inodes=2,mode=0555") < 0
        || chdir(place) < 0) {
        return report_errno("root", "mount a tmpfs");
    }
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        /* the old root now lies over the new one at the same place */
        if (umount2(".", MNT_DETACH) < 0) {
            return report_errno("root", "leave the host's");
        }
    } else if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) {
        return report_errno("root", "enter the tmpfs"); /* an initramfs can't be pivoted, but covered */
    }
    if (chdir("/") < 0
        || mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
        return report_errno("root", "make it read-only");
    }
    return 0;
}
