#include "namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <unistd.h>

#include "report.h"

int pin_create(struct pin *pin) {
    if (pin->path == NULL) {
        return 0;
    }
    int fd = open(pin->path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) {
        return report_errno("create", pin->path);
    }
    close(fd);
    pin->created = true;
    return 0;
}

int pin_mount(struct pin *pin, const char *source) {
    if (pin->path == NULL) {
        return 0;
    }
    if (mount(source, pin->path, NULL, MS_BIND, NULL) < 0) {
        return report_errno("pin", pin->path);
    }
    pin->mounted = true;
    return 0;
}

void pin_undo(struct pin *pin) {
    if (pin->mounted) {
        umount2(pin->path, MNT_DETACH | UMOUNT_NOFOLLOW);
    }
    if (pin->created) {
        unlink(pin->path);
    }
    pin->mounted = pin->created = false;
}

int namespace_join(const char *path, int flag) {
    if (path == NULL) {
        return 0;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return report_errno("join", path);
    }
    if (setns(fd, flag) < 0) {
        close(fd);
        return report_errno("join", path);
    }
    close(fd);
    return 0;
}
