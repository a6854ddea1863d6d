#include "user_namespace.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

bool id_map_lines(char *out, const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length >= ID_MAP_MAX) {
        return false;
    }
    unsigned numbers = 0;
    const char *at = text;
    while (1) {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 10) {
            return false;
        }
        numbers++;
        at += digits;
        if (*at == 0) {
            break;
        }
        if (*at != (numbers % 3 == 0 ? ',' : ':')) {
            return false;
        }
        at++;
    }
    for (size_t i = 0; i <= length; i++) {
        out[i] = text[i] == ':' ? ' ' : text[i] == ',' ? '\n' : text[i];
    }
    return numbers % 3 == 0;
}

static int write_map(pid_t pid, const char *file, const char *text) {
    char path[64], lines[ID_MAP_MAX];
    id_map_lines(lines, text);
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(lines);
    int result = fd < 0 || write(fd, lines, length) != (ssize_t)length ? report_errno(file, text) : 0;
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

int id_maps_write(pid_t pid, const char *uid_map, const char *gid_map) {
    return write_map(pid, "gid_map", gid_map) < 0 ? -1 : write_map(pid, "uid_map", uid_map);
}

int become_root(void) {
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
        return report_errno("user", "become root of the user namespace");
    }
    return 0;
}
