#include "oci_cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "oci_log.h"
#include "oci_state.h"

enum { FREEZE_TRIES = 1000, PAUSE_NS = 5 * 1000 * 1000, DEPTH_MAX = 32 };

static void pause_shortly(void) {
    struct timespec time = {.tv_nsec = PAUSE_NS};
    nanosleep(&time, NULL);
}

struct pids {
    pid_t *at;
    unsigned count, room;
};

static void add(struct pids *pids, pid_t pid) {
    for (unsigned i = 0; i < pids->count; i++) {
        if (pids->at[i] == pid) {
            return;
        }
    }
    if (pids->count == pids->room) {
        unsigned room = pids->room == 0 ? 64 : pids->room * 2;
        pid_t *grown = realloc(pids->at, room * sizeof *grown);
        if (grown == NULL) {
            return;
        }
        pids->at = grown;
        pids->room = room;
    }
    pids->at[pids->count++] = pid;
}

static void collect(struct pids *pids, int directory, unsigned depth) {
    int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file != NULL) {
        for (int pid; fscanf(file, "%d", &pid) == 1;) {
            if (pid > 0) {
                add(pids, pid);
            }
        }
        fclose(file);
    } else if (fd >= 0) {
        close(fd);
    }
    int copy = depth == DEPTH_MAX ? -1 : openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            int child = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
            if (child >= 0) {
                collect(pids, child, depth + 1);
                close(child);
            }
        }
    }
    closedir(entries);
}

pid_t *cgroup_pids(const struct container *container, unsigned *count) {
    struct pids pids = {0};
    for (unsigned i = 0; i < container->cgroup_count; i++) {
        int directory = open(container->cgroups[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory >= 0) {
            collect(&pids, directory, 0);
            close(directory);
        }
    }
    *count = pids.count;
    return pids.at;
}

static int open_in(const char *directory, const char *name, int flags) {
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path ? open(path, flags | O_CLOEXEC) : -1;
}

static bool holds(const char *directory, const char *name, const char *words) {
    char text[256] = {0};
    int fd = open_in(directory, name, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) {
        close(fd);
    }
    return length > 0 && strstr(text, words) != NULL;
}

/* v1: the state is FREEZING until the last is frozen; a container that is being paused counts as paused, as with runc. */
static bool frozen_in(const char *directory, bool wholly) {
    return holds(directory, "freezer.state", wholly ? "FROZEN" : "FR") || holds(directory, "cgroup.events", "frozen 1");
}

bool cgroup_is_frozen(const struct container *container) {
    for (unsigned i = 0; i < container->cgroup_count; i++) {
        if (frozen_in(container->cgroups[i], false)) {
            return true;
        }
    }
    return false;
}

/* v1's file if there is one, so that a hybrid host is frozen once; 1 if this directory can freeze nothing. */
static int freeze_in(const char *directory, bool freeze) {
    bool v1 = true;
    int fd = open_in(directory, "freezer.state", O_WRONLY);
    if (fd < 0) {
        v1 = false;
        fd = open_in(directory, "cgroup.freeze", O_WRONLY);
    }
    if (fd < 0) {
        return 1;
    }
    const char *text = v1 ? (freeze ? "FROZEN" : "THAWED") : (freeze ? "1" : "0");
    int result = -1;
    for (int tries = 0; tries < FREEZE_TRIES; tries++) {
        /* on v1 a process that is forked meanwhile can keep it FREEZING until it is told again */
        if ((tries == 0 || v1) && pwrite(fd, text, strlen(text), 0) < 0) {
            break;
        }
        if (freeze ? frozen_in(directory, true) : !frozen_in(directory, false)) {
            result = 0;
            break;
        }
        errno = EBUSY;
        pause_shortly();
    }
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

int cgroup_freeze(const struct container *container, bool freeze) {
    const char *verb = freeze ? "pause" : "resume";
    for (unsigned i = 0; i < container->cgroup_count; i++) {
        int result = freeze_in(container->cgroups[i], freeze);
        if (result == 1) {
            continue;
        }
        if (result < 0) {
            complain_errno("%s container %s: freezer of %s", verb, container->id, container->cgroups[i]);
            if (freeze) {
                freeze_in(container->cgroups[i], false);
            }
        }
        return result;
    }
    return complain("%s container %s: it has no cgroup that can be frozen", verb, container->id);
}

static void thaw(const struct container *container) {
    for (unsigned i = 0; i < container->cgroup_count; i++) {
        if (frozen_in(container->cgroups[i], false)) {
            freeze_in(container->cgroups[i], false);
        }
    }
}

static bool kill_file(const struct container *container) {
    for (unsigned i = 0; i < container->cgroup_count; i++) {
        int fd = open_in(container->cgroups[i], "cgroup.kill", O_WRONLY);
        if (fd >= 0) {
            bool killed = write(fd, "1", 1) == 1;
            close(fd);
            return killed;
        }
    }
    return false;
}

void cgroup_signal(const struct container *container, int signal) {
    bool paused = cgroup_is_frozen(container);
    if (signal == SIGKILL) {
        kill_file(container); /* v2, since 5.14: with all that is forked meanwhile; what is only in v1 hierarchies follows */
    }
    /* frozen, nobody forks while the list is read; a hierarchy that cannot be frozen is signalled as it is */
    for (unsigned i = 0; !paused && i < container->cgroup_count; i++) {
        freeze_in(container->cgroups[i], true);
    }
    unsigned count;
    pid_t *pids = cgroup_pids(container, &count);
    for (unsigned i = 0; i < count; i++) {
        kill(pids[i], signal);
    }
    free(pids);
    if (!paused || signal == SIGKILL) {
        thaw(container); /* v1: a frozen process does not even die */
    }
}

int cgroup_end(const struct container *container, unsigned timeout_ms) {
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    while (1) {
        unsigned count;
        free(cgroup_pids(container, &count));
        if (count == 0) {
            return 0;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        long waited = (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000;
        if (waited > (long)timeout_ms) {
            return complain("container %s: %u processes are still there after %u ms", container->id, count, timeout_ms);
        }
        cgroup_signal(container, SIGKILL);
        pause_shortly();
    }
}

int cgroup_check(const char *directory) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    struct pids pids = {0};
    collect(&pids, fd, 0);
    close(fd);
    free(pids.at);
    if (pids.count > 0) {
        return complain("container's cgroup is not empty: %u process(es) found in %s", pids.count, directory);
    }
    return frozen_in(directory, false) ? complain("container's cgroup unexpectedly frozen: %s", directory) : 0;
}
