/* Cgroups of all versions, and resctrl groups: directories, files, members. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "sys.h"

#define CGROUP1_MAGIC 0x27e0eb

enum { MUST_BE_EMPTY = 1, IS_CPUSET = 2, END_MILLISECONDS = 10000 };

static int write_text(const char *path, const char *text, size_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t written = write(fd, text, length);
    int error = written < 0 ? errno : EIO;
    close(fd);
    errno = error;
    return written == (ssize_t)length ? 0 : -1;
}

static int write_in(const char *directory, const char *file, const char *text) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", directory, file) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return write_text(path, text, strlen(text));
}

/* The beginning of a file; its length, 0 if there is no such file. */
static size_t read_in(const char *directory, const char *file, char *out, size_t size) {
    char path[PATH_MAX + 64];
    int fd = snprintf(path, sizeof path, "%s/%s", directory, file) < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t got = fd < 0 ? 0 : read(fd, out, size - 1);
    if (fd >= 0) {
        close(fd);
    }
    out[got < 0 ? 0 : got] = 0;
    return got < 0 ? 0 : (size_t)got;
}

static bool is_cgroup(const char *path) {
    struct statfs kind;
    return statfs(path, &kind) == 0 && (kind.f_type == CARAFE_CGROUP2_MAGIC || kind.f_type == CGROUP1_MAGIC);
}

/* Who finds processes in what it takes for its own cgroup would limit, and in the end kill, somebody else's. */
static int check_unused(struct run *run, const char *path) {
    char text[256];
    if (read_in(path, "cgroup.procs", text, sizeof text) > 0
        || (read_in(path, "cgroup.events", text, sizeof text) > 0 && strstr(text, "populated 1") != NULL)) {
        return refuse(run, "container's cgroup %s is not empty", path);
    }
    if ((read_in(path, "cgroup.freeze", text, sizeof text) > 0 && text[0] == '1')
        || (read_in(path, "freezer.state", text, sizeof text) > 0 && strncmp(text, "THAWED", 6) != 0)) {
        return refuse(run, "container's cgroup %s is unexpectedly frozen", path);
    }
    return 0;
}

int execute_check(const struct plan *plan, struct failure *failure) {
    struct run run = {.failure = failure};
    struct step step = {0};
    while (plan_next(plan, OP_CGROUP, &step)) {
        run.step = &step;
        if (step.args[1].u & MUST_BE_EMPTY && check_unused(&run, step.args[0].s) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A cpuset without CPUs or memory nodes takes no process, and version 1 makes them that way. */
static int inherit_cpuset(struct run *run, const char *directory) {
    static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
    char parent[PATH_MAX + 4], text[4096];
    snprintf(parent, sizeof parent, "%s/..", directory);
    for (int i = 0; i < 2; i++) {
        size_t length = read_in(directory, files[i], text, sizeof text);
        if (length == 0 || *text != '\n') {
            continue;
        }
        if (read_in(parent, files[i], text, sizeof text) == 0 || write_in(directory, files[i], text) < 0) {
            return fail(run, "inherit %s in %s", files[i], directory);
        }
    }
    return 0;
}

/* Calls for each directory on the way to path, path included, that exists on a cgroup file system. */
static int inherit_on_the_way(struct run *run, const char *path) {
    char part[PATH_MAX];
    for (size_t i = 1;; i++) {
        if (path[i] == '/' || path[i] == 0) {
            memcpy(part, path, i);
            part[i] = 0;
            if (is_cgroup(part) && inherit_cpuset(run, part) < 0) {
                return -1;
            }
        }
        if (path[i] == 0) {
            return 0;
        }
    }
}

static int make_with_parents(const char *path) {
    char part[PATH_MAX];
    if (mkdir(path, 0755) == 0 || errno != ENOENT) {
        return errno == EEXIST ? 0 : access(path, F_OK);
    }
    for (size_t i = 1;; i++) {
        if (path[i] == '/' || path[i] == 0) {
            memcpy(part, path, i);
            part[i] = 0;
            if (mkdir(part, 0755) < 0 && errno != EEXIST) {
                return -1;
            }
        }
        if (path[i] == 0) {
            return 0;
        }
    }
}

/* directory, bits: 1 it must be without processes and not frozen, 2 it is a cpuset of version 1 */
int op_cgroup(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    uint64_t bits = step->args[1].u;
    if (*path != '/' || step->args[0].length >= PATH_MAX) {
        return refuse(run, "cgroup %.200s: no absolute path", path);
    }
    if (bits & MUST_BE_EMPTY && check_unused(run, path) < 0) {
        return -1;
    }
    if (make_with_parents(path) < 0) {
        return fail(run, "make cgroup %s", path);
    }
    if (!is_cgroup(path)) {
        return refuse(run, "cgroup %s: this is no cgroup file system; is the controller mounted?", path);
    }
    return bits & IS_CPUSET ? inherit_on_the_way(run, path) : 0;
}

/* file, text, 0: errors count, 1: what the kernel does not have is fine, 2: every error is */
int op_write(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    uint64_t lenient = step->args[2].u;
    if (write_text(path, step->args[1].s, step->args[1].length) == 0 || lenient == 2
        || (lenient == 1 && (errno == ENOENT || errno == EOPNOTSUPP || errno == ENODEV))) {
        return 0;
    }
    return fail(run, "write %.64s to %s", step->args[1].s, path);
}

int op_controllers(struct run *run, const struct step *step) {
    char all[1024] = "", one[64];
    const unsigned char *at = step->args[1].list;
    for (uint32_t i = 0; i < step->args[1].count; i++) {
        const char *name = list_next(&at);
        size_t length = strlen(all);
        snprintf(all + length, sizeof all - length, "%s+%s", length == 0 ? "" : " ", name);
    }
    if (write_in(step->args[0].s, "cgroup.subtree_control", all) == 0) {
        return 0;
    }
    at = step->args[1].list;
    for (uint32_t i = 0; i < step->args[1].count; i++) {
        snprintf(one, sizeof one, "+%s", list_next(&at));
        /* what can't be had here is told by the file that needs it */
        if (write_in(step->args[0].s, "cgroup.subtree_control", one) < 0) {
            continue;
        }
    }
    (void)run;
    return 0;
}

/* The cgroup on version 2 of the process that an exec goes to: nested cgroups of systemd or docker in the container leave
   the container's own without processes, and the kernel lets none in. */
static int enter_where_it_is(struct run *run, const char *directory, const char *pid) {
    char path[PATH_MAX], root[PATH_MAX], text[PATH_MAX];
    snprintf(path, sizeof path, "%d", run->execution->join);
    if (read_in("/proc/self/fdinfo", path, text, sizeof text) == 0) {
        return -1;
    }
    const char *line = strstr(text, "\nPid:");
    snprintf(path, sizeof path, "/proc/%d", line == NULL ? -1 : atoi(line + 5));
    read_in(path, "cgroup", text, sizeof text);
    char *own = strncmp(text, "0::/", 4) == 0 ? text + 3 : strstr(text, "\n0::/");
    if (own == NULL) {
        errno = EBUSY;
        return -1;
    }
    own += *own == '\n' ? 4 : 0;
    own[strcspn(own, "\n")] = 0;
    snprintf(root, sizeof root, "%s", directory);
    for (char *slash = strrchr(root, '/'); slash != NULL && slash != root; slash = strrchr(root, '/')) {
        *slash = 0;
        if (!is_cgroup(root)) {
            *slash = '/'; /* this one is where it is mounted */
            break;
        }
    }
    if (snprintf(path, sizeof path, "%s%s", root, own) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return write_in(path, "cgroup.procs", pid);
}

/*
 * A process that is moved by another one keeps every fork and exit of the machine waiting meanwhile, and the mover waits for them:
 * some ten milliseconds. Since Linux 5.7 a thread that moves itself, which only version 1 has a file for, takes no such lock.
 */
void entries_open(struct run *run) {
    struct step step = {0};
    while (run->entry_count < RUN_MAX_TASKS && plan_next(run->plan, OP_ENTER, &step)) {
        char path[PATH_MAX];
        int tasks = step.phase == PHASE_OUTSIDE && snprintf(path, sizeof path, "%s/tasks", step.args[0].s) < (int)sizeof path
                        ? open(path, O_WRONLY | O_CLOEXEC)
                        : -1;
        if (tasks >= 0) {
            run->entries[run->entry_count++] = (struct entry){.step = step, .tasks = tasks};
        }
    }
}

void entries_close(struct run *run) {
    for (unsigned i = 0; i < run->entry_count; i++) {
        if (run->entries[i].tasks >= 0) {
            close(run->entries[i].tasks);
            run->entries[i].tasks = -1;
        }
    }
}

int entries_enter(struct run *run) {
    for (unsigned i = 0; i < run->entry_count; i++) {
        run->step = &run->entries[i].step;
        if (write(run->entries[i].tasks, "0", 1) != 1) {
            return fail(run, "enter cgroup %s", run->step->args[0].s);
        }
    }
    run->step = NULL;
    entries_close(run);
    return 0;
}

static bool entered_by_itself(const struct run *run, const struct step *step) {
    for (unsigned i = 0; i < run->entry_count; i++) {
        if (run->entries[i].step.index == step->index) {
            return true;
        }
    }
    return run->born_in != NULL && strcmp(run->born_in, step->args[0].s) == 0;
}

int op_enter(struct run *run, const struct step *step) {
    const char *directory = step->args[0].s;
    char pid[16];
    if (entered_by_itself(run, step)) {
        return 0;
    }
    snprintf(pid, sizeof pid, "%d", (int)run->pid);
    if (write_in(directory, "cgroup.procs", pid) == 0
        || (errno == EBUSY && run->execution->join >= 0 && enter_where_it_is(run, directory, pid) == 0)) {
        return 0;
    }
    return fail(run, "enter cgroup %s", directory);
}

/* On version 1 a frozen process does not die, and the freezer is but one of the cgroups that wait for its end. */
static void thaw(const struct plan *plan) {
    struct step step = {0};
    while (plan_next(plan, OP_CGROUP_REMOVE, &step)) {
        write_in(step.args[0].s, "freezer.state", "THAWED");
    }
}

static void kill_in(const char *directory) {
    char path[PATH_MAX], line[32];
    if (write_in(directory, "cgroup.kill", "1") == 0) {
        return;
    }
    snprintf(path, sizeof path, "%s/cgroup.procs", directory);
    FILE *processes = fopen(path, "re");
    while (processes != NULL && fgets(line, sizeof line, processes) != NULL) {
        pid_t pid = (pid_t)atoi(line);
        if (pid > 1 && pid != getpid()) {
            kill(pid, SIGKILL);
        }
    }
    if (processes != NULL) {
        fclose(processes);
    }
}

/* Removes a cgroup with those below it; EBUSY while processes are on their way out. */
static int remove_tree(const char *path, unsigned depth) {
    if (rmdir(path) == 0 || errno == ENOENT) {
        return 0;
    }
    DIR *directory = depth > 64 ? NULL : opendir(path);
    if (directory == NULL) {
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char below[PATH_MAX];
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.'
            && snprintf(below, sizeof below, "%s/%s", path, entry->d_name) < (int)sizeof below) {
            remove_tree(below, depth + 1);
        }
    }
    closedir(directory);
    kill_in(path);
    return rmdir(path) == 0 || errno == ENOENT ? 0 : -1;
}

int op_cgroup_remove(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    if (rmdir(path) == 0 || errno == ENOENT) {
        return 0;
    }
    if (!is_cgroup(path)) {
        /* or systemd was faster */
        return access(path, F_OK) < 0 && errno == ENOENT ? 0 : refuse(run, "remove cgroup %s: this is no cgroup", path);
    }
    thaw(run->plan);
    /* a killed process is gone when the kernel has cleaned up after it; no descriptor tells of that for a whole cgroup v1 */
    struct timespec pause = {.tv_nsec = 500000};
    for (long waited = 0; remove_tree(path, 0) < 0; waited += pause.tv_nsec) {
        if (errno != EBUSY || waited / 1000000 > END_MILLISECONDS) {
            return fail(run, "remove cgroup %s", path);
        }
        nanosleep(&pause, NULL);
        pause.tv_nsec += pause.tv_nsec < 50000000 ? pause.tv_nsec : 0;
    }
    return 0;
}

int op_rmdir(struct run *run, const struct step *step) {
    return rmdir(step->args[0].s) == 0 || errno == ENOENT ? 0 : fail(run, "remove %s", step->args[0].s);
}

/* group, schemata, 0: made where it is missing, 1: must be there, 2: made, or there with this very schemata */
int op_rdt(struct run *run, const struct step *step) {
    const char *group = step->args[0].s;
    uint64_t way = step->args[2].u;
    char pid[16], have[4096];
    bool made = way != 1 && mkdir(group, 0755) == 0;
    if (!made && access(group, F_OK) < 0) {
        return fail(run, "resctrl group %s", group);
    }
    const unsigned char *at = step->args[1].list;
    read_in(group, "schemata", have, sizeof have);
    for (uint32_t i = 0; i < step->args[1].count; i++) {
        const char *line = list_next(&at);
        if (!made && way == 2) {
            if (strstr(have, line) == NULL) {
                return refuse(run, "resctrl group %s is there with another schemata than %s", group, line);
            }
            continue;
        }
        char text[1024];
        if (way != 1 && (snprintf(text, sizeof text, "%s\n", line) >= (int)sizeof text || write_in(group, "schemata", text) < 0)) {
            return fail(run, "write %s to the schemata of %s", line, group);
        }
    }
    snprintf(pid, sizeof pid, "%d", (int)run->pid);
    return write_in(group, "tasks", pid) < 0 ? fail(run, "enter resctrl group %s", group) : 0;
}
