#include "inside_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

enum { RETRIES = 128, MAX_DEPTH = 200, MAX_LINKS = 40 };

int root_of(struct run *run) {
    if (run->root < 0) {
        run->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    return run->root < 0 ? fail(run, "open /") : run->root;
}

static int open_in(int root, const char *path, int flags) {
    while (*path == '/') {
        path++;
    }
    int fd = -1;
    /* EAGAIN: something was renamed meanwhile, and the kernel can't be sure */
    for (int i = 0; i < RETRIES; i++) {
        fd = sys_openat2(root, *path == 0 ? "." : path, (uint64_t)(unsigned)flags | O_CLOEXEC, 0,
                         CARAFE_RESOLVE_IN_ROOT | CARAFE_RESOLVE_NO_MAGICLINKS);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
    return fd;
}

int root_open(struct run *run, const char *path, int flags) {
    return root_of(run) < 0 ? -1 : open_in(run->root, path, flags);
}

/* Where the link name, in the directory at the first length bytes of path, points to, as a path in the root; false if it is
   none. Images link to directories that they do not have, such as /var/run to /run. */
static bool follow(int parent, const char *name, const char *path, size_t length, char out[PATH_MAX]) {
    char target[PATH_MAX];
    ssize_t size = readlinkat(parent, name, target, sizeof target - 1);
    if (size <= 0) {
        return false;
    }
    target[size] = 0;
    return (*target == '/' ? snprintf(out, PATH_MAX, "%s", target) : snprintf(out, PATH_MAX, "%.*s/%s", (int)length, path, target))
           < PATH_MAX;
}

/* Opens the directory at the first length bytes of path, making what is missing. */
static int make_directories(struct run *run, const char *path, size_t length, unsigned depth) {
    char part[PATH_MAX], other[PATH_MAX];
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    if (length >= sizeof part || depth > MAX_DEPTH) {
        errno = ELOOP;
        return -1;
    }
    memcpy(part, path, length);
    part[length] = 0;
    int fd = open_in(run->root, part, O_PATH | O_DIRECTORY);
    if (fd >= 0 || errno != ENOENT || length == 0) {
        return fd;
    }
    char *slash = strrchr(part, '/');
    const char *name = slash == NULL ? part : slash + 1;
    if (strcmp(name, "..") == 0 || strcmp(name, ".") == 0) {
        errno = EINVAL; /* of what is not there yet there is nothing above */
        return -1;
    }
    size_t above = slash == NULL ? 0 : (size_t)(slash - part);
    int parent = make_directories(run, path, above, depth + 1);
    if (parent < 0) {
        return -1;
    }
    int made = mkdirat(parent, name, 0755);
    int error = errno;
    bool link = made < 0 && error == EEXIST && follow(parent, name, path, above, other);
    close(parent);
    if (link) {
        return make_directories(run, other, strlen(other), depth + 1);
    }
    if (made < 0 && error != EEXIST) {
        errno = error;
        return -1;
    }
    return open_in(run->root, part, O_PATH | O_DIRECTORY);
}

int root_parent(struct run *run, const char *path, const char **name) {
    const char *slash = strrchr(path, '/');
    *name = slash == NULL ? path : slash + 1;
    if (**name == 0 || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) {
        return refuse(run, "%s: no path to make something at", path);
    }
    if (root_of(run) < 0) {
        return -1;
    }
    int fd = make_directories(run, path, slash == NULL ? 0 : (size_t)(slash - path), 0);
    return fd < 0 ? fail(run, "make the directory of %s", path) : fd;
}

static int make_file(struct run *run, const char *path, unsigned links) {
    const char *name;
    char other[PATH_MAX];
    int parent = root_parent(run, path, &name);
    if (parent < 0) {
        return -1;
    }
    int made = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
    int error = errno;
    bool link = made < 0 && error == EEXIST && links < MAX_LINKS && follow(parent, name, path, (size_t)(name - path), other);
    close(parent);
    if (made >= 0) {
        close(made);
    } else if (link) {
        return make_file(run, other, links + 1);
    } else if (error != EEXIST) {
        errno = error;
        return fail(run, "make file %s", path);
    }
    return 0;
}

int root_make(struct run *run, const char *path, bool directory) {
    int fd = root_open(run, path, O_PATH);
    if (fd >= 0 || errno != ENOENT) {
        return fd < 0 ? fail(run, "open %s in the root file system", path) : fd;
    }
    if (directory) {
        fd = make_directories(run, path, strlen(path), 0);
        return fd < 0 ? fail(run, "make directory %s", path) : fd;
    }
    if (make_file(run, path, 0) < 0) {
        return -1;
    }
    fd = root_open(run, path, O_PATH);
    return fd < 0 ? fail(run, "open %s in the root file system", path) : fd;
}
