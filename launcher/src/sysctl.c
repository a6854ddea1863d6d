#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>

#include "report.h"
#include "sys.h"

#define PROC_SUPER_MAGIC 0x9fa0

static bool clean(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'
           || c == '/' || c == ':' || c == '@';
}

bool sysctl_path(char *path, size_t size, const char *name, size_t name_length) {
    if (name_length == 0 || name_length >= size) {
        return false;
    }
    memcpy(path, name, name_length);
    path[name_length] = 0;
    size_t first = strcspn(path, "./");
    bool dotted = path[first] == '.';
    for (char *c = path; *c != 0; c++) {
        if (!clean(*c)) {
            return false;
        }
        if (dotted) {
            *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
        }
    }
    for (const char *part = path; part != NULL;) {
        size_t length = strcspn(part, "/");
        if (length == 0 || (length <= 2 && strspn(part, ".") == length)) {
            return false;
        }
        part = part[length] == 0 ? NULL : part + length + 1;
    }
    return true;
}

bool sysctl_allowed(const char *path, bool net, bool ipc) {
    static const char *const of_ipc[] = {"kernel/shm", "kernel/msg", "kernel/sem", "fs/mqueue/", NULL};
    if (strncmp(path, "net/", 4) == 0) {
        return net;
    }
    for (const char *const *prefix = of_ipc; *prefix != NULL; prefix++) {
        if (strncmp(path, *prefix, strlen(*prefix)) == 0) {
            return ipc;
        }
    }
    return false;
}

/*
 * A /proc of our own, mounted nowhere: on the host's one somebody may have mounted something else over the files that are
 * about to be written (CVE-2025-52881). Kernels before 5.2 can't do that; there /proc must at least be a proc.
 */
static int open_proc(void) {
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
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct statfs kind;
    if (proc >= 0 && (fstatfs(proc, &kind) < 0 || kind.f_type != PROC_SUPER_MAGIC)) {
        close(proc);
        errno = ENODEV;
        return -1;
    }
    return proc;
}

static int open_below(int directory, const char *path) {
    struct carafe_open_how how = {
        .flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW,
        .resolve = CARAFE_RESOLVE_BENEATH | CARAFE_RESOLVE_NO_SYMLINKS | CARAFE_RESOLVE_NO_XDEV,
    };
    int fd = (int)syscall(SYS_NR_openat2, directory, path, &how, sizeof how);
    return fd < 0 && errno == ENOSYS ? openat(directory, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : fd;
}

static int write_one(int proc, const char *assignment, bool net, bool ipc) {
    const char *equals = strchr(assignment, '=');
    char path[SYSCTL_PATH_MAX] = "sys/";
    if (equals == NULL || !sysctl_path(path + 4, sizeof path - 4, assignment, (size_t)(equals - assignment))) {
        return report("arguments", assignment, 0, "expected a sysctl as name=value");
    }
    if (!sysctl_allowed(path + 4, net, ipc)) {
        return report("arguments", assignment, 0, "this sysctl does not belong to a namespace that is made here");
    }
    int fd = open_below(proc, path);
    if (fd < 0) {
        return report_errno("sysctl", assignment);
    }
    size_t length = strlen(equals + 1);
    ssize_t written = write(fd, equals + 1, length);
    int error = written < 0 ? errno : (size_t)written == length ? 0 : EIO;
    close(fd);
    errno = error;
    return error == 0 ? 0 : report_errno("sysctl", assignment);
}

int sysctl_write(const char **assignments, unsigned count, bool net, bool ipc) {
    if (count == 0) {
        return 0;
    }
    int proc = open_proc();
    if (proc < 0) {
        return report_errno("sysctl", "/proc");
    }
    int result = 0;
    for (unsigned i = 0; i < count && result == 0; i++) {
        result = write_one(proc, assignments[i], net, ipc);
    }
    close(proc);
    return result;
}
