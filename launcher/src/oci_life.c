#include "oci_life.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "oci_cgroup.h"
#include "oci_compile.h"
#include "oci_failed.h"
#include "oci_json.h"
#include "oci_log.h"
#include "oci_sockets.h"
#include "ops.h"
#include "sys.h"

enum { END_MS = 10 * 1000 };

static int tell(void *context, const char *status, pid_t pid, char *out, size_t size) {
    const struct life *life = context;
    size_t length;
    char *text = container_tell(&life->container, status, pid, false, &length);
    if (text == NULL || length > size) {
        json_free(text);
        return -1;
    }
    memcpy(out, text, length);
    json_free(text);
    return (int)length;
}

struct execution life_execution(struct life *life) {
    return (struct execution){
        .plan = &life->plan, .id = life->container.id, .console_socket = -1, .gate = -1, .join = -1, .context = life, .state = tell};
}

/* Both counts begin at 3, so each descriptor up to their sum has to be there. */
static bool all_open(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (fcntl((int)(3 + i), F_GETFD) < 0) {
            return false;
        }
    }
    return true;
}

int life_flags(const struct call *call, struct execution *execution) {
    const char *preserve = flag_value(call->flags, "preserve-fds");
    char *end = NULL;
    unsigned long wanted = preserve == NULL ? 0 : strtoul(preserve, &end, 10);
    if (preserve != NULL && (*preserve == 0 || *end != 0 || wanted > 4096)) {
        return complain("invalid value \"%s\" for flag -preserve-fds", preserve);
    }
    const char *listen = getenv("LISTEN_FDS");
    unsigned long sockets = listen == NULL ? 0 : strtoul(listen, NULL, 10);
    if (sockets > 4096 || !all_open((unsigned)sockets)) {
        sockets = 0; /* they were meant for a process before us */
    }
    if (!all_open((unsigned)(sockets + wanted))) {
        return complain("--preserve-fds %lu: not that many descriptors are open", wanted);
    }
    execution->listen_fds = (unsigned)sockets;
    execution->preserve_fds = (unsigned)wanted;
    execution->no_pivot = flag_on(call->flags, "no-pivot");
    execution->no_new_keyring = flag_on(call->flags, "no-new-keyring");
    return 0;
}

int complain_of(const struct failure *failure) {
    return complain("%s", failure->text);
}

/* What state.json and hooks tell of it, from the plan. */
static int learn(struct life *life) {
    struct container *container = &life->container;
    struct step step = {0};
    if (!plan_next(&life->plan, OP_STATE, &step)) {
        return complain("the plan of container %s does not say what its state is", container->id);
    }
    container->version = strdup(step.args[0].s);
    container->rootfs = strdup(step.args[1].s);
    container->annotations = strdup(step.args[2].length == 0 ? "{}" : step.args[2].s);
    container->private_pids = false;
    step = (struct step){0};
    while (plan_next(&life->plan, OP_UNSHARE, &step)) {
        container->private_pids |= (step.args[0].u & 0x20000000 /* CLONE_NEWPID */) != 0;
    }
    step = (struct step){0};
    container->terminal = plan_next(&life->plan, OP_TERMINAL, &step);
    step = (struct step){0};
    while (plan_next(&life->plan, OP_ENTER, &step)) {
        if (!container_add_cgroup(container, step.args[0].s)) {
            return complain("container %s: no memory for its cgroups, or too many of them", container->id);
        }
    }
    return container->version == NULL || container->rootfs == NULL || container->annotations == NULL ? complain("out of memory") : 0;
}

char *time_text(void) {
    struct timespec now;
    struct tm utc;
    char second[32], text[64];
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) == NULL || strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        return NULL;
    }
    snprintf(text, sizeof text, "%s.%09ldZ", second, now.tv_nsec);
    return strdup(text);
}

/* The plan that the engine has left in the bundle, if it is for this container; 1 if there is none. */
static int plan_in_bundle(struct life *life) {
    int fd = open("plan", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? 1 : complain_errno("open %s/plan", life->container.bundle);
    }
    struct failure failure;
    int result = plan_load(&life->plan, fd, &failure);
    close(fd);
    if (result < 0) {
        return complain("plan in bundle %s: %s; remove it to have it made again", life->container.bundle, failure.text);
    }
    if ((life->plan.id[0] != 0 && strcmp(life->plan.id, life->container.id) != 0)
            || (life->plan.bundle[0] != 0 && strcmp(life->plan.bundle, life->container.bundle) != 0)) {
        plan_free(&life->plan);
        return 1;
    }
    int fresh = plan_fresh(&life->plan, "config.json", &failure);
    return fresh == 1  ? 0
            : fresh < 0 ? complain_of(&failure)
                        : complain("plan in bundle %s is of another config.json; remove it to have it made again", life->container.bundle);
}

static int find_plan(struct life *life) {
    if (access("config.json", F_OK) < 0) {
        return errno == ENOENT ? complain("JSON specification file config.json not found in bundle %s", life->container.bundle)
                               : complain_errno("read %s/config.json", life->container.bundle);
    }
    int found = plan_in_bundle(life);
    if (found <= 0) {
        return found;
    }
    remark("container %s: no plan for it in bundle %s, compiling one", life->container.id, life->container.bundle);
    const struct globals *globals = life->call->globals;
    const char *arguments[12] = {"create", "--bundle", life->container.bundle, "--id", life->container.id};
    unsigned count = 5;
    if (globals->systemd_cgroup) {
        arguments[count++] = "--systemd-cgroup";
    }
    if (globals->rootless != NULL) {
        arguments[count++] = "--rootless";
        arguments[count++] = globals->rootless;
    }
    if (globals->no_cgroups) {
        arguments[count++] = "--cgroup-manager";
        arguments[count++] = "disabled";
    }
    return compile(&life->plan, globals, arguments);
}

/* In place before the first step: what is made from here on can be found and undone. */
static int keep_plan(struct life *life) {
    return file_write(life->container.directory, ".plan", "plan", 0600, life->plan.bytes, life->plan.length) == 0
            ? 0
            : complain_errno("keep the plan of container %s", life->container.id);
}

/*
 * A cgroup that is somebody else's would be emptied when the container is removed, so it is refused before there is anything
 * to remove.
 */
static int refuse_used_cgroups(const struct life *life) {
    struct step step = {0};
    while (plan_next(&life->plan, OP_CGROUP, &step)) {
        if ((step.args[1].u & 1) != 0 && cgroup_check(step.args[0].s) < 0) {
            return -1;
        }
    }
    return 0;
}

static int created(void *context, pid_t pid, int pidfd, struct failure *failure) {
    struct life *life = context;
    life->container.pid = pid;
    life->container.start = process_start(pid);
    if (container_save(&life->container) < 0) {
        return failure_set(failure, errno, "write state of container %s", life->container.id);
    }
    if (life->pidfd_socket >= 0 && socket_send(life->pidfd_socket, "pidfd", pidfd) < 0) {
        return failure_set(failure, errno, "send pidfd of container %s", life->container.id);
    }
    if (life->pid_file != NULL && pid_file_write(life->pid_file, pid) < 0) {
        return failure_set(failure, errno, "write pid file %s", life->pid_file);
    }
    life->pid_file_written = life->pid_file != NULL;
    return 0;
}

static int check_terminal(const struct life *life, const char *console, bool detached) {
    if (detached && life->container.terminal && console == NULL) {
        return complain("cannot allocate tty if carafe-oci will detach without setting console socket");
    }
    if (console != NULL && (!detached || !life->container.terminal)) {
        return complain("cannot use console socket if carafe-oci will not detach or allocate tty");
    }
    return 0;
}

/* After a race for a cgroup or a unit's name that was lost: only what is empty goes, nobody is killed. */
static void leave_cgroups(const struct life *life) {
    struct step step = {0};
    while (plan_next(&life->plan, OP_CGROUP, &step)) {
        rmdir(step.args[0].s);
    }
    unlinkat(life->container.directory, "plan", 0);
}

/* Everything up to the waiting process; what it leaves after a failure is for the caller to remove. */
static pid_t make(struct life *life, int console_socket) {
    const struct call *call = life->call;
    const char *console = flag_value(call->flags, "console-socket"), *pidfd_socket = flag_value(call->flags, "pidfd-socket");
    struct execution execution = life_execution(life);
    execution.created = created;
    if (life_flags(call, &execution) < 0 || find_plan(life) < 0 || learn(life) < 0
            || check_terminal(life, console, console_socket < 0) < 0 || refuse_used_cgroups(life) < 0) {
        return -1;
    }
    execution.console_socket = console == NULL ? console_socket : socket_connect(console);
    life->pidfd_socket = pidfd_socket == NULL ? -1 : socket_connect(pidfd_socket);
    pid_t pid = -1;
    if ((console == NULL || execution.console_socket >= 0) && (pidfd_socket == NULL || life->pidfd_socket >= 0)
            && keep_plan(life) == 0) {
        remark("container %s: executing a plan of %u steps", life->container.id, life->plan.steps);
        execution.gate = gate_make(life->container.directory, &life->failure);
        pid = execution.gate < 0 ? -1 : execute(&execution, &life->failure);
        if (pid < 0) {
            complain_of(&life->failure);
            if (life->failure.op == OP_CGROUP || life->failure.op == OP_SCOPE) {
                leave_cgroups(life);
            }
        }
    }
    if (execution.gate >= 0) {
        close(execution.gate);
    }
    if (console != NULL && execution.console_socket >= 0) {
        close(execution.console_socket);
    }
    if (life->pidfd_socket >= 0) {
        close(life->pidfd_socket);
    }
    return pid;
}

/* As an absolute path, before the working directory is the bundle; NULL after a complaint. */
static char *absolute(const char *path) {
    char directory[PATH_MAX], whole[PATH_MAX * 2];
    if (path[0] == '/') {
        return strdup(path);
    }
    if (getcwd(directory, sizeof directory) == NULL) {
        complain_errno("find the working directory");
        return NULL;
    }
    bool here = path[0] == 0 || strcmp(path, ".") == 0;
    snprintf(whole, sizeof whole, here ? "%s" : "%s/%s", directory, path);
    return strdup(whole);
}

/* The bundle, where the flag says or here, becomes the working directory: hooks run there. */
static char *enter_bundle(const struct call *call) {
    const char *flag = flag_value(call->flags, "bundle");
    char *bundle = absolute(flag == NULL ? "" : flag);
    if (bundle == NULL) {
        return NULL;
    }
    for (size_t length = strlen(bundle); length > 1 && bundle[length - 1] == '/'; length--) {
        bundle[length - 1] = 0;
    }
    if (chdir(bundle) < 0) {
        complain_errno("chdir to bundle %s", bundle);
        free(bundle);
        return NULL;
    }
    return bundle;
}

/* Paths of the command line that would mean something else in the bundle. */
static int make_absolute(const struct call *call) {
    static const char *const paths[] = {"pid-file", "console-socket", "pidfd-socket"};
    for (unsigned i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        for (struct flag *flag = call->flags; flag->name != NULL; flag++) {
            if (strcmp(flag->name, paths[i]) == 0 && flag->value != NULL && (flag->value = absolute(flag->value)) == NULL) {
                return -1;
            }
        }
    }
    return 0;
}

pid_t life_create(struct life *life, const struct call *call, int console_socket) {
    *life = life_of(call);
    const char *id = call->words[0];
    char *bundle = id_check(id) < 0 || make_absolute(call) < 0 ? NULL : enter_bundle(call);
    if (bundle == NULL || container_make(&life->container, call->globals->root, id, call->command) < 0) {
        free(bundle);
        return -1;
    }
    life->container.bundle = bundle;
    life->container.created = time_text();
    life->container.pid = 0;
    life->pid_file = flag_value(call->flags, "pid-file");
    pid_t pid = life->container.created == NULL ? complain("out of memory") : make(life, console_socket);
    if (pid < 0) {
        failed_keep(life);
        if (life->pid_file_written) {
            unlink(life->pid_file);
        }
        life_remove(life);
    } else {
        failed_forget(call->globals->root, id);
    }
    return pid;
}

int life_start(struct life *life) {
    struct failure *failure = &life->failure;
    if (gate_open(life->container.directory, failure) < 0) {
        if (failure->error == ENXIO) {
            complain("cannot start a container that has stopped: %s", life->container.id);
        } else {
            complain_of(failure);
        }
        failed_keep(life);
        return -1;
    }
    struct execution execution = life_execution(life);
    if (execute_phase(&execution, PHASE_STARTED, life->container.pid, failure) < 0) {
        complain_of(failure); /* since 1.3 a container whose poststart hook fails is stopped and destroyed */
        failed_keep(life);
        life_end(life);
        life_remove(life);
        return -1;
    }
    return 0;
}

int life_end(struct life *life) {
    int pidfd = container_pidfd(&life->container);
    if (pidfd >= 0) {
        syscall(SYS_NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    }
    /* without a pid namespace of its own the others go on, and v1's frozen processes don't die */
    if (!life->container.private_pids || cgroup_is_frozen(&life->container)) {
        cgroup_signal(&life->container, SIGKILL);
    }
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    int ended = pidfd < 0 ? 1 : poll(&end, 1, END_MS);
    if (pidfd >= 0) {
        close(pidfd);
    }
    if (ended != 1) {
        return complain("container %s: process %d does not end", life->container.id, (int)life->container.pid);
    }
    return cgroup_end(&life->container, END_MS);
}

bool life_read_plan(struct life *life) {
    int fd = openat(life->container.directory, "plan", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct failure failure;
    bool read = fd >= 0 && plan_load(&life->plan, fd, &failure) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return read;
}

/* What a `create` that was killed before it wrote state.json knew; hooks are told of it. */
static int recall(struct life *life) {
    if (life->container.version != NULL) {
        return 0;
    }
    if (life->container.bundle == NULL && (life->container.bundle = strdup(life->plan.bundle)) == NULL) {
        return complain("out of memory");
    }
    return learn(life);
}

int life_remove(struct life *life) {
    struct failure failure;
    struct stat stat;
    bool begun = fstatat(life->container.directory, "plan", &stat, AT_SYMLINK_NOFOLLOW) == 0;
    if (begun && (life->plan.bytes != NULL || life_read_plan(life))) {
        if (recall(life) < 0) {
            return -1;
        }
        struct execution execution = life_execution(life);
        if (execute_phase(&execution, PHASE_DELETED, 0, &failure) < 0) {
            if (failure.op != OP_HOOK) {
                return complain_of(&failure);
            }
            warn("%s", failure.text);
        }
    }
    const char *id = life->container.id;
    return container_remove(&life->container, life->call->globals->root) < 0 ? complain_errno("remove state of container %s", id) : 0;
}

struct life life_of(const struct call *call) {
    return (struct life){.call = call, .container = {.directory = -1, .lock = -1}, .pidfd_socket = -1};
}

int life_do(const struct call *call, int (*work)(struct life *life)) {
    struct life life = life_of(call);
    int result = work(&life) < 0 ? 1 : 0;
    life_close(&life);
    return result;
}

void life_close(struct life *life) {
    if (life->plan.bytes != NULL) {
        plan_free(&life->plan);
    }
    container_close(&life->container);
}
