#include "sysctl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "private_proc.h"
#include "report.h"

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

static int write_one(int proc, const char *assignment, bool net, bool ipc) {
    const char *equals = strchr(assignment, '=');
    char path[SYSCTL_PATH_MAX] = "sys/";
    if (equals == NULL || !sysctl_path(path + 4, sizeof path - 4, assignment, (size_t)(equals - assignment))) {
        return report("arguments", assignment, 0, "expected a sysctl as name=value");
    }
    if (!sysctl_allowed(path + 4, net, ipc)) {
        return report("arguments", assignment, 0, "this sysctl does not belong to a namespace that is made here");
    }
    int fd = private_proc_file(proc, path);
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
    int proc = private_proc_open();
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
