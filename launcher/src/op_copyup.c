/* tmpcopyup: what the image has at a tmpfs's place is copied into it first. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inside_root.h"
#include "run.h"

enum { MAX_DEPTH = 128 };

static int copy_data(int from, int to) {
    ssize_t count;
    do {
        count = sendfile(to, from, NULL, 1 << 20);
    } while (count > 0 || (count < 0 && errno == EINTR));
    return count < 0 ? -1 : 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *stat) {
    int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int copy = source < 0 ? -1 : openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result = copy < 0 || copy_data(source, copy) < 0 || fchown(copy, stat->st_uid, stat->st_gid) < 0
                         || fchmod(copy, stat->st_mode & 07777) < 0
                     ? -1
                     : 0;
    int error = errno;
    if (source >= 0) {
        close(source);
    }
    if (copy >= 0) {
        close(copy);
    }
    errno = error;
    return result;
}

static int copy_link(int from, int to, const char *name, const struct stat *stat) {
    char target[PATH_MAX];
    ssize_t length = readlinkat(from, name, target, sizeof target - 1);
    if (length < 0) {
        return -1;
    }
    target[length] = 0;
    return symlinkat(target, to, name) < 0 || fchownat(to, name, stat->st_uid, stat->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -1 : 0;
}

static int copy_directory(int from, int to, unsigned depth);

static int copy_entry(int from, int to, const char *name, unsigned depth) {
    struct stat stat;
    if (fstatat(from, name, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    if (S_ISREG(stat.st_mode)) {
        return copy_file(from, to, name, &stat);
    }
    if (S_ISLNK(stat.st_mode)) {
        return copy_link(from, to, name, &stat);
    }
    if (!S_ISDIR(stat.st_mode)) {
        return 0; /* devices, sockets and pipes have no content */
    }
    int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int copy = source < 0 || mkdirat(to, name, 0700) < 0 ? -1 : openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int result = copy < 0 || copy_directory(source, copy, depth + 1) < 0 || fchown(copy, stat.st_uid, stat.st_gid) < 0
                         || fchmod(copy, stat.st_mode & 07777) < 0
                     ? -1
                     : 0;
    int error = errno;
    if (source >= 0) {
        close(source);
    }
    if (copy >= 0) {
        close(copy);
    }
    errno = error;
    return result;
}

static int copy_directory(int from, int to, unsigned depth) {
    DIR *directory = depth > MAX_DEPTH ? NULL : fdopendir(fcntl(from, F_DUPFD_CLOEXEC, 3));
    if (directory == NULL) {
        errno = depth > MAX_DEPTH ? ELOOP : errno;
        return -1;
    }
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            result = copy_entry(from, to, entry->d_name, depth);
        }
    }
    int error = errno;
    closedir(directory);
    errno = error;
    return result;
}

/* The mount is not attached yet: nobody sees it half filled. */
int op_tmpcopyup(struct run *run, const struct step *step) {
    const char *path = step->args[1].s;
    int from = root_open(run, path, O_RDONLY | O_DIRECTORY);
    if (from < 0) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : fail(run, "copy up %s", path);
    }
    struct stat stat;
    int mount = run->slots[step->args[0].u];
    int result = fstat(from, &stat) < 0 || copy_directory(from, mount, 0) < 0
                         || fchownat(mount, "", stat.st_uid, stat.st_gid, AT_EMPTY_PATH) < 0
                     ? fail(run, "copy up %s", path)
                     : 0;
    close(from);
    return result;
}
