/* The program itself. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "exec.h"
#include "inside_root.h"
#include "sys.h"

static char program[PATH_MAX]; /* what execve gets, once it is found */

static bool find(const struct plan *plan, unsigned op, struct step *step) {
    memset(step, 0, sizeof *step);
    while (plan_next(plan, op, step)) {
        if (step->phase == PHASE_GATE) {
            return true;
        }
    }
    return false;
}

static bool is_null(const struct stat *stat) {
    return S_ISCHR(stat->st_mode) && stat->st_rdev == makedev(1, 3);
}

static const char *env_of(const struct arg *env, const char *name) {
    size_t length = strlen(name);
    const unsigned char *at = env->list;
    for (uint32_t i = 0; i < env->count; i++) {
        const char *entry = list_next(&at);
        if (strncmp(entry, name, length) == 0 && entry[length] == '=') {
            return entry + length + 1;
        }
    }
    return NULL;
}

/* 0 if the file is a program, else errno. */
static int judge(const char *path) {
    struct stat stat_of;
    if (stat(path, &stat_of) < 0) {
        return errno;
    }
    return S_ISDIR(stat_of.st_mode) ? EISDIR : stat_of.st_mode & 0111 ? 0 : EACCES;
}

static int look_up(struct run *run, const char *name, const char *cwd, const char *path) {
    int error;
    if (strchr(name, '/') != NULL) {
        int length = *name == '/' ? snprintf(program, sizeof program, "%s", name)
                                  : snprintf(program, sizeof program, "%s/%s", cwd, name);
        error = length < 0 || (size_t)length >= sizeof program ? ENAMETOOLONG : judge(program);
        if (error == EISDIR) {
            return refuse(run, "exec: \"%s\": is a directory: permission denied", name);
        }
        errno = error;
        /* another user may be allowed to what root is not (NFS): execve will tell */
        return error == 0 || (error == EACCES && access(program, X_OK) == 0) ? 0
               : error == ENOENT ? refuse(run, "exec: \"%s\": stat %s: no such file or directory", name, name)
                                 : fail(run, "exec: \"%s\"", name);
    }
    bool forbidden = false;
    for (const char *at = path; at != NULL && *name != 0;) {
        size_t length = strcspn(at, ":");
        int written = *at == '/' ? snprintf(program, sizeof program, "%.*s/%s", (int)length, at, name)
                                 : snprintf(program, sizeof program, "%s/%.*s/%s", cwd, (int)length, at, name);
        error = written < 0 || (size_t)written >= sizeof program ? ENAMETOOLONG : judge(program);
        if (error == 0) {
            return 0;
        }
        forbidden |= error == EACCES;
        at = at[length] == 0 ? NULL : at + length + 1;
    }
    return forbidden ? refuse(run, "exec: \"%s\": permission denied", name)
                     : refuse(run, "exec: \"%s\": executable file not found in $PATH", name);
}

/* A stream that is the host's null device becomes the container's, so that /dev/stdin there is what it seems. */
static int reopen_null(struct run *run) {
    struct stat stat;
    int null = -1, result = 0;
    for (int stream = 0; stream <= 2 && result == 0; stream++) {
        if (fstat(stream, &stat) < 0 || !is_null(&stat)) {
            continue;
        }
        if (null < 0) {
            null = root_open(run, "dev/null", O_RDWR | O_NOFOLLOW);
            if (null < 0 || fstat(null, &stat) < 0 || !is_null(&stat)) {
                break; /* a container without /dev/null keeps the host's */
            }
        }
        result = dup2(null, stream) < 0 ? fail(run, "reopen /dev/null") : 0;
    }
    if (null >= 0) {
        close(null);
    }
    return result;
}

int exec_check(struct run *run) {
    struct step step;
    if (!find(run->plan, OP_EXEC, &step)) {
        return 0;
    }
    run->step = &step;
    if (reopen_null(run) < 0) {
        return -1;
    }
    const char *cwd = step.args[0].s;
    const unsigned char *args = step.args[1].list;
    if (step.args[1].count == 0) {
        return refuse(run, "process.args is empty");
    }
    if (run->execution->gate >= 0 && *cwd == '/') {
        /* images name working directories that they do not have; where none can be made, chdir will tell */
        struct failure ignored, *real = run->failure;
        run->failure = &ignored;
        int fd = root_make(run, cwd, true);
        run->failure = real;
        if (fd >= 0) {
            close(fd);
        }
    }
    int result = look_up(run, list_next(&args), cwd, env_of(&step.args[2], "PATH"));
    run->step = NULL;
    return result;
}

/* A working directory outside of the root has no path in it. */
static int check_inside(struct run *run, const char *cwd) {
    char path[PATH_MAX];
    return syscall(SYS_getcwd, path, sizeof path) < 0 || *path != '/'
               ? refuse(run, "current working directory %s is outside of container mount namespace root", cwd)
               : 0;
}

static void close_and_forget(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

int exec_leave_host(struct run *run) {
    struct step step;
    uint64_t kept = find(run->plan, OP_SECCOMP, &step) ? step.args[2].u : 0;
    if (find(run->plan, OP_APPARMOR, &step) || find(run->plan, OP_SELINUX, &step)) {
        run->label = label_open(run, step.op);
        if (run->label < 0) {
            run->step = &step;
            return fail(run, "open the attribute for %s %s", op_name(step.op), step.args[0].s);
        }
    }
    for (uint32_t i = 0; i < run->plan->slots; i++) {
        if (i + 1 != kept) {
            close_and_forget(&run->slots[i]);
        }
    }
    int *others[] = {&run->root, &run->proc, &run->slave, &run->null_mask, &run->empty_mask};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        close_and_forget(others[i]);
    }
    if (!find(run->plan, OP_EXEC, &step)) {
        return 0;
    }
    run->step = &step;
    const char *cwd = step.args[0].s;
    run->in_cwd = chdir(cwd) == 0; /* root first: the user's own rights are asked in op_exec, if these do not reach */
    if (!run->in_cwd && errno != EACCES) {
        return fail(run, "chdir to cwd (\"%s\") set in config.json failed", cwd);
    }
    int result = run->in_cwd ? check_inside(run, cwd) : 0;
    run->step = NULL;
    return result;
}

/* The image's /etc/passwd, which may be a pipe that nobody writes to, or a device that never ends. */
static FILE *open_users(void) {
    struct stat stat;
    int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    FILE *users = fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? fdopen(fd, "r") : NULL;
    if (users == NULL && fd >= 0) {
        close(fd);
    }
    return users;
}

/* The home directory of the user in the container's /etc/passwd; "/" if it has none. out keeps "HOME=" before it. */
static void find_home(char *out, size_t size) {
    char line[1024];
    FILE *users = open_users();
    snprintf(out, size, "HOME=/");
    while (users != NULL && fgets(line, sizeof line, users) != NULL) {
        char *field[7] = {line};
        unsigned count = 1;
        for (char *c = line; *c != 0 && count < 7; c++) {
            if (*c == ':' || *c == '\n') {
                *c = 0;
                field[count++] = c + 1;
            }
        }
        char *end;
        if (count == 7 && strtoul(field[2], &end, 10) == getuid() && end != field[2] && *end == 0) {
            if (*field[5] != 0) {
                snprintf(out, size, "HOME=%s", field[5]);
            }
            break;
        }
    }
    if (users != NULL) {
        fclose(users);
    }
}

/* Closes what is not the program's: all but its streams, those it is to have, and the way to tell of a failure. */
static int close_rest(struct run *run) {
    unsigned kept = 3 + run->execution->listen_fds + run->execution->preserve_fds;
    int report = run->socket >= 0 ? run->socket : run->execution->gate;
    for (unsigned fd = 3; fd < kept; fd++) {
        int flags = fcntl((int)fd, F_GETFD);
        if (flags >= 0 && flags & FD_CLOEXEC && (int)fd != report) {
            close((int)fd); /* ours, at a number where the caller had nothing */
        }
    }
    if ((unsigned)report < kept) {
        return sys_close_range(kept, ~0U, 0);
    }
    return ((unsigned)report > kept && sys_close_range(kept, (unsigned)report - 1, 0) < 0)
                   || sys_close_range((unsigned)report + 1, ~0U, 0) < 0
               ? -1
               : 0;
}

/* The environment that says which descriptors a service manager has handed over; how many entries. */
static unsigned listen_env(const struct execution *execution, char out[3][256], char **env) {
    unsigned count = 0;
    if (execution->listen_fds > 0) {
        const char *names = getenv("LISTEN_FDNAMES");
        snprintf(env[count] = out[count], 256, "LISTEN_FDS=%u", execution->listen_fds);
        count++;
        snprintf(env[count] = out[count], 256, "LISTEN_PID=%d", (int)getpid());
        count++;
        if (names != NULL && snprintf(env[count] = out[count], 256, "LISTEN_FDNAMES=%s", names) < 256) {
            count++;
        }
    }
    return count;
}

/* What execve takes, once it is put together. */
static struct {
    char **argv, **envp;
    bool closed;
} ready;

static int put_together(struct run *run, const struct step *step) {
    static char home[1024 + 8], listen[3][256];
    const struct arg *args = &step->args[1], *env = &step->args[2];
    char **argv = calloc(args->count + 1, sizeof *argv), **envp = calloc(env->count + 5, sizeof *envp);
    if (argv == NULL || envp == NULL) {
        return fail(run, "memory for the arguments");
    }
    const unsigned char *at = args->list;
    for (uint32_t i = 0; i < args->count; i++) {
        argv[i] = (char *)list_next(&at);
    }
    at = env->list;
    for (uint32_t i = 0; i < env->count; i++) {
        envp[i] = (char *)list_next(&at);
    }
    unsigned count = env->count;
    count += listen_env(run->execution, listen, envp + count);
    if (env_of(env, "HOME") == NULL) {
        find_home(home, sizeof home);
        envp[count] = home;
    }
    ready.argv = argv;
    ready.envp = envp;
    return 0;
}

int exec_before_filter(struct run *run, const struct step *filter, bool close_all) {
    struct step step = *filter;
    while (plan_next(run->plan, 0, &step)) {
        if (step.phase == PHASE_GATE) {
            break;
        }
    }
    if (step.op != OP_EXEC || step.phase != PHASE_GATE) {
        return 0; /* steps follow that have a say in it: the user, capabilities */
    }
    if (put_together(run, &step) < 0) {
        return -1;
    }
    if (close_all) {
        ready.closed = close_rest(run) == 0;
    }
    return 0;
}

/* cwd, args, env */
int op_exec(struct run *run, const struct step *step) {
    const char *cwd = step->args[0].s;
    if (!run->in_cwd && chdir(cwd) < 0) {
        return fail(run, "chdir to cwd (\"%s\") set in config.json failed", cwd);
    }
    if (!run->in_cwd && check_inside(run, cwd) < 0) {
        return -1;
    }
    if (ready.argv == NULL && put_together(run, step) < 0) {
        return -1;
    }
    /* a filter may forbid it; then close-on-exec, which all have had since the clone, must do */
    if (!ready.closed && close_rest(run) < 0 && errno != EPERM && errno != EACCES && errno != ENOSYS) {
        return fail(run, "close descriptors");
    }
    execve(program, ready.argv, ready.envp);
    return fail(run, "exec %s", program);
}
