#include "oci_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oci_cgroup.h"
#include "oci_json.h"
#include "oci_log.h"
#include "sys.h"

enum { STATE_MAX = 1 << 20, CGROUPS_MAX = 64, REMOVE_TRIES = 10 };

static const char *const NAMES[] = {"creating", "created", "running", "paused", "stopped"};

const char *status_name(enum status status) {
    return NAMES[status];
}

int id_check(const char *id) {
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.");
    if (length == 0 || id[length] != 0 || length > ID_MAX || strcmp(id, ".") == 0 || strcmp(id, "..") == 0) {
        return complain("invalid container ID format: \"%.200s\": only letters, digits and _ + - . are allowed", id);
    }
    return 0;
}

static void nothing(struct container *container, const char *id) {
    *container = (struct container){.id = id, .directory = -1, .lock = -1};
}

static int path_of(char *path, const char *root, const char *id) {
    if (snprintf(path, PATH_MAX, "%s/%s", root, id) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

static int make_root(const char *root) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s", root) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0711) < 0 && errno != EEXIST) {
            return -1;
        }
        *slash = '/';
    }
    return mkdir(path, 0711) < 0 && errno != EEXIST ? -1 : 0;
}

/* The lock is of the process, not of the descriptor: the container's first process does not inherit it. */
static int lock(struct container *container, const char *command, bool wait) {
    if (container->lock < 0) {
        container->lock = openat(container->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (container->lock < 0) {
            return -1;
        }
    }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(container->lock, wait ? F_SETLKW : F_SETLK, &whole) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    struct stat stat;
    if (fstat(container->lock, &stat) < 0 || stat.st_nlink == 0) {
        errno = ENOENT; /* who had it has removed the container */
        return -1;
    }
    if (ftruncate(container->lock, 0) < 0 || pwrite(container->lock, command, strlen(command), 0) < 0) {
        return -1;
    }
    return 0;
}

int container_make(struct container *container, const char *root, const char *id, const char *command) {
    nothing(container, id);
    char path[PATH_MAX];
    if (make_root(root) < 0 || path_of(path, root, id) < 0) {
        return complain_errno("make state directory %s", root);
    }
    if (mkdir(path, 0700) < 0) {
        return errno == EEXIST ? complain("container with given ID already exists: %s", id) : complain_errno("make state directory %s", path);
    }
    container->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (container->directory < 0 || lock(container, command, false) < 0) {
        complain_errno("lock state directory %s", path);
        container_remove(container, root);
        return -1;
    }
    return 0;
}

char *container_tell(const struct container *container, const char *status, pid_t pid, bool whole, size_t *length) {
    struct json json;
    if (!json_start(&json)) {
        return NULL;
    }
    json_member(&json, "ociVersion", container->version);
    json_member(&json, "id", container->id);
    json_key(&json, "pid");
    json_number(&json, (unsigned long long)pid);
    json_member(&json, "status", status);
    json_member(&json, "bundle", container->bundle);
    if (whole) {
        json_member(&json, "rootfs", container->rootfs);
        json_member(&json, "created", container->created);
    }
    json_key(&json, "annotations");
    json_raw(&json, container->annotations);
    struct stat stat;
    if (whole) {
        char owner[16] = "root";
        if (fstat(container->directory, &stat) == 0 && stat.st_uid != 0) {
            snprintf(owner, sizeof owner, "%u", (unsigned)stat.st_uid);
        }
        json_member(&json, "owner", owner);
    }
    json_raw(&json, "}");
    return json_end(&json, length);
}

static char *read_file(int directory, const char *name) {
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat stat;
    char *text = NULL;
    if (fd >= 0 && fstat(fd, &stat) == 0 && stat.st_size < STATE_MAX && (text = malloc((size_t)stat.st_size + 1)) != NULL) {
        ssize_t length = read(fd, text, (size_t)stat.st_size);
        text[length < 0 ? 0 : length] = 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return text;
}

static char *string_of(const char *object, const char *name) {
    const char *value = json_find(object, name);
    return value == NULL ? NULL : json_string_at(value);
}

static unsigned long long number_of(const char *object, const char *name) {
    const char *value = json_find(object, name);
    return value == NULL ? 0 : strtoull(value, NULL, 10);
}

static bool truth_of(const char *object, const char *name) {
    const char *value = json_find(object, name);
    return value != NULL && strncmp(value, "true", 4) == 0;
}

bool container_add_cgroup(struct container *container, const char *path) {
    unsigned count = container->cgroup_count;
    char **grown = count >= CGROUPS_MAX ? NULL : realloc(container->cgroups, (count + 1) * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    container->cgroups = grown;
    if ((grown[count] = strdup(path)) == NULL) {
        return false;
    }
    container->cgroup_count++;
    return true;
}

static void add_cgroup(void *context, const char *value) {
    char *path = json_string_at(value);
    if (path != NULL) {
        container_add_cgroup(context, path);
    }
    free(path);
}

static void forget(struct container *container) {
    free(container->version);
    free(container->bundle);
    free(container->rootfs);
    free(container->created);
    free(container->annotations);
    for (unsigned i = 0; i < container->cgroup_count; i++) {
        free(container->cgroups[i]);
    }
    free(container->cgroups);
    *container = (struct container){.id = container->id, .directory = container->directory, .lock = container->lock};
}

static int load(struct container *container) {
    forget(container);
    char *text = read_file(container->directory, "state.json");
    if (text == NULL) {
        return 1;
    }
    container->version = string_of(text, "ociVersion");
    container->bundle = string_of(text, "bundle");
    container->rootfs = string_of(text, "rootfs");
    container->created = string_of(text, "created");
    container->pid = (pid_t)number_of(text, "pid");
    container->start = number_of(text, "startTime");
    container->private_pids = truth_of(text, "privatePids");
    container->terminal = truth_of(text, "terminal");
    const char *annotations = json_find(text, "annotations"), *end = annotations == NULL ? NULL : json_skip(annotations);
    container->annotations = end == NULL ? strdup("{}") : strndup(annotations, (size_t)(end - annotations));
    const char *cgroups = json_find(text, "cgroups");
    if (cgroups != NULL) {
        json_each(cgroups, add_cgroup, container);
    }
    free(text);
    return container->version != NULL && container->bundle != NULL && container->rootfs != NULL && container->created != NULL
            && container->annotations != NULL && container->pid > 0 ? 0 : 1;
}

int container_look(struct container *container, const char *root, const char *id) {
    nothing(container, id);
    char path[PATH_MAX];
    if (path_of(path, root, id) < 0) {
        return -1;
    }
    container->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return container->directory < 0 ? -1 : load(container);
}

int container_open(struct container *container, const char *root, const char *id) {
    nothing(container, id);
    if (id_check(id) < 0) {
        return -1;
    }
    if (container_look(container, root, id) != 0) {
        return complain("container does not exist: %s", id);
    }
    return 0;
}

int container_lock(struct container *container, const char *command) {
    if (lock(container, command, true) < 0) {
        return errno == ENOENT ? complain("container does not exist: %s", container->id)
                               : complain_errno("lock container %s", container->id);
    }
    return load(container) == 0 ? 0 : complain("container does not exist: %s", container->id);
}

/* Ends the command that holds the lock, whose pid the kernel knows. */
static void end_holder(struct container *container) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char command[16] = {0};
    if (fcntl(container->lock, F_GETLK, &whole) < 0 || whole.l_type == F_UNLCK || whole.l_pid <= 0
            || pread(container->lock, command, sizeof command - 1, 0) < 0 || strcmp(command, "delete") == 0) {
        return;
    }
    int pidfd = (int)syscall(SYS_NR_pidfd_open, whole.l_pid, 0);
    struct flock again = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    /* it still has the lock now that the descriptor means it, so the pid was not used again */
    if (pidfd >= 0 && fcntl(container->lock, F_GETLK, &again) == 0 && again.l_type != F_UNLCK && again.l_pid == whole.l_pid) {
        syscall(SYS_NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    }
    if (pidfd >= 0) {
        close(pidfd);
    }
}

int container_seize(struct container *container, const char *command) {
    if (lock(container, command, false) < 0) {
        if (errno == EAGAIN || errno == EACCES) {
            end_holder(container);
        }
        if (lock(container, command, true) < 0) {
            return errno == ENOENT ? 1 : complain_errno("lock container %s", container->id);
        }
    }
    load(container);
    return 0;
}

void container_unlock(struct container *container) {
    if (container->lock >= 0) {
        close(container->lock);
        container->lock = -1;
    }
}

int container_save(const struct container *container) {
    struct json json;
    if (!json_start(&json)) {
        return -1;
    }
    json_member(&json, "ociVersion", container->version);
    json_member(&json, "id", container->id);
    json_key(&json, "pid");
    json_number(&json, (unsigned long long)container->pid);
    json_key(&json, "startTime");
    json_number(&json, container->start);
    json_member(&json, "bundle", container->bundle);
    json_member(&json, "rootfs", container->rootfs);
    json_member(&json, "created", container->created);
    json_key(&json, "privatePids");
    json_raw(&json, container->private_pids ? "true" : "false");
    json_key(&json, "terminal");
    json_raw(&json, container->terminal ? "true" : "false");
    json_key(&json, "cgroups");
    for (unsigned i = 0; i < container->cgroup_count; i++) {
        json_raw(&json, i == 0 ? "[" : ",");
        json_text(&json, container->cgroups[i]);
    }
    json_raw(&json, container->cgroup_count == 0 ? "[]" : "]");
    json_key(&json, "annotations");
    json_raw(&json, container->annotations);
    json_raw(&json, "}\n");
    size_t length;
    char *text = json_end(&json, &length);
    if (text == NULL) {
        errno = ENOMEM;
        return -1;
    }
    int result = file_write(container->directory, ".state.json", "state.json", 0600, text, length);
    json_free(text);
    return result;
}

unsigned long long process_start(pid_t pid) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) {
        close(fd);
    }
    if (length <= 0) {
        return 0;
    }
    text[length] = 0;
    /* the name in brackets may hold anything, so what follows the last bracket counts: field 3 is the state, 22 the start */
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X') {
        return 0;
    }
    at += 2;
    for (int field = 3; field < 22; field++) {
        at = strchr(at, ' ');
        if (at == NULL) {
            return 0;
        }
        at++;
    }
    return strtoull(at, NULL, 10);
}

int container_pidfd(const struct container *container) {
    int pidfd = container->pid > 0 ? (int)syscall(SYS_NR_pidfd_open, container->pid, 0) : -1;
    if (pidfd >= 0 && process_start(container->pid) == container->start) {
        return pidfd;
    }
    if (pidfd >= 0) {
        close(pidfd);
    }
    errno = ESRCH;
    return -1;
}

enum status container_status(const struct container *container) {
    if (container->version == NULL) {
        return CREATING;
    }
    unsigned long long start = process_start(container->pid);
    if (start == 0 || start != container->start) {
        return STOPPED;
    }
    if (cgroup_is_frozen(container)) {
        return PAUSED;
    }
    return faccessat(container->directory, "exec.fifo", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? CREATED : RUNNING;
}

static void remove_files(int directory) {
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        unlinkat(directory, entry->d_name, 0);
    }
    closedir(entries);
}

int container_remove(struct container *container, const char *root) {
    char path[PATH_MAX];
    int result = path_of(path, root, container->id);
    for (int tries = 0; result == 0 && tries < REMOVE_TRIES; tries++) {
        remove_files(container->directory);
        if (rmdir(path) == 0 || errno == ENOENT) {
            break;
        }
        /* a command that waited for the lock may have made the file anew; it will find that there is nothing to be read */
        result = errno == ENOTEMPTY && tries + 1 < REMOVE_TRIES ? 0 : -1;
    }
    int error = errno;
    container_close(container);
    errno = error;
    return result;
}

void container_close(struct container *container) {
    forget(container);
    if (container->lock >= 0) {
        close(container->lock);
    }
    if (container->directory >= 0) {
        close(container->directory);
    }
    container->lock = container->directory = -1;
}

int file_write(int directory, const char *temporary, const char *name, mode_t mode, const void *bytes, size_t length) {
    int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    bool written = fd >= 0 && write(fd, bytes, length) == (ssize_t)length;
    if (fd >= 0) {
        close(fd);
    }
    if (written && renameat(directory, temporary, directory, name) == 0) {
        return 0;
    }
    int error = errno;
    unlinkat(directory, temporary, 0);
    errno = error;
    return -1;
}

int pid_file_write(const char *path, pid_t pid) {
    char temporary[PATH_MAX], text[16];
    const char *slash = strrchr(path, '/');
    int before = slash == NULL ? 0 : (int)(slash - path) + 1;
    if (snprintf(temporary, sizeof temporary, "%.*s.%s", before, path, path + before) >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int length = snprintf(text, sizeof text, "%d", (int)pid);
    return file_write(AT_FDCWD, temporary, path, 0644, text, (size_t)length);
}
