#include "oci_failed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oci_json.h"
#include "oci_log.h"
#include "ops.h"

enum { KEPT = 64, DIGEST = sizeof((struct source *)0)->digest };

/* -1 if there is none, or one that others can write to: the root may be in a directory that is everybody's. */
static int open_directory(const char *root, bool make) {
    char path[PATH_MAX];
    int length = (int)strlen(root);
    while (length > 1 && root[length - 1] == '/') {
        length--;
    }
    if (snprintf(path, sizeof path, "%.*s.failures", length, root) >= (int)sizeof path
            || (make && mkdir(path, 0700) < 0 && errno != EEXIST)) {
        return -1;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct stat stat;
    if (fd >= 0 && (fstat(fd, &stat) < 0 || stat.st_uid != geteuid() || (stat.st_mode & 022) != 0)) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

/* Removes the oldest one if there are more than are kept; false if nothing was to be removed. */
static bool thin(int directory) {
    char oldest[NAME_MAX + 1] = "";
    struct timespec since = {0};
    unsigned count = 0;
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        struct stat stat;
        if (fstatat(directory, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(stat.st_mode)) {
            continue;
        }
        if (count++ == 0 || stat.st_mtim.tv_sec < since.tv_sec
                || (stat.st_mtim.tv_sec == since.tv_sec && stat.st_mtim.tv_nsec < since.tv_nsec)) {
            since = stat.st_mtim;
            snprintf(oldest, sizeof oldest, "%s", entry->d_name);
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
    return count > KEPT && unlinkat(directory, oldest, 0) == 0;
}

static void add_step(struct json *json, const struct failure *failure) {
    json_key(json, "step");
    json_number(json, (unsigned long long)failure->step);
    json_member(json, "phase", phase_name(failure->phase));
    json_member(json, "op", op_name(failure->op));
    json_member(json, "origin", failure->origin);
}

static void add_digest(struct json *json, const unsigned char *digest) {
    char hex[2 * DIGEST + 1];
    for (unsigned i = 0; i < DIGEST; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    json_member(json, "sha256", hex);
}

/* NULL without memory. */
static char *describe(const struct life *life, size_t *length) {
    struct json json;
    char *now = time_text();
    if (now == NULL || !json_start(&json)) {
        free(now);
        return NULL;
    }
    json_member(&json, "id", life->container.id);
    json_member(&json, "command", life->call->command);
    json_member(&json, "time", now);
    json_member(&json, "bundle", life->container.bundle);
    if (life->plan.bytes != NULL) {
        add_digest(&json, life->plan.source.digest);
    }
    if (life->failure.op != 0) {
        add_step(&json, &life->failure);
    }
    json_key(&json, "errno");
    json_number(&json, (unsigned long long)life->failure.error);
    json_member(&json, "message", log_first_error());
    json_raw(&json, "}\n");
    free(now);
    return json_end(&json, length);
}

void failed_keep(const struct life *life) {
    if (log_first_error()[0] == 0) {
        return;
    }
    size_t length = 0;
    int directory = open_directory(life->call->globals->root, true);
    char *text = directory < 0 ? NULL : describe(life, &length);
    char temporary[32]; /* no id */
    snprintf(temporary, sizeof temporary, ":%d", (int)getpid());
    if (text == NULL || file_write(directory, temporary, life->container.id, 0600, text, length) < 0) {
        remark("container %s: its failure is not kept for \"carafe oci explain\": %m", life->container.id);
    }
    json_free(text);
    if (directory >= 0) {
        while (thin(directory)) {
        }
        close(directory);
    }
}

void failed_forget(const char *root, const char *id) {
    int directory = open_directory(root, false);
    if (directory >= 0) {
        unlinkat(directory, id, 0);
        close(directory);
    }
}
