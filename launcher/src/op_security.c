/* What the program may do: labels, ids, capabilities, seccomp. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "exec.h"
#include "private_proc.h"
#include "report.h"
#include "run.h"

#ifndef SYS_seccomp
#error "this kernel's headers have no seccomp"
#endif

static int write_label(struct run *run, int fd, const char *what, const char *text) {
    size_t length = strlen(text);
    return fd >= 0 && write(fd, text, length) == (ssize_t)length ? 0 : fail(run, "%s %s", what, text);
}

int label_open(struct run *run, unsigned op) {
    char path[64];
    int fd = -1;
    if (private_proc_of(run) < 0) {
        return -1;
    }
    if (op == OP_APPARMOR) {
        snprintf(path, sizeof path, "%d/attr/apparmor/exec", (int)getpid());
        fd = private_proc_file(run->proc, path);
    }
    if (fd < 0) { /* before 5.8 AppArmor has none of its own */
        snprintf(path, sizeof path, "%d/attr/exec", (int)getpid());
        fd = private_proc_file(run->proc, path);
    }
    return fd;
}

int op_apparmor(struct run *run, const struct step *step) {
    char text[1024];
    if (snprintf(text, sizeof text, "exec %s", step->args[0].s) >= (int)sizeof text) {
        return refuse(run, "AppArmor profile: too long a name");
    }
    return write_label(run, run->label, "AppArmor", text);
}

int op_selinux(struct run *run, const struct step *step) {
    return write_label(run, run->label, "SELinux label", step->args[0].s);
}

/* A session keyring of its own, so that the host's keys are not found from inside. */
int op_keyring(struct run *run, const struct step *step) {
    enum { JOIN_SESSION = 1, SET_PERMISSIONS = 5, DESCRIBE = 6, USER_SEARCH = 0x80000 };
    char name[256], text[64], description[256];
    if (run->execution->no_new_keyring) {
        return 0;
    }
    if (*step->args[0].s != 0) {
        snprintf(text, sizeof text, "%d/attr/keycreate", (int)getpid());
        int fd = private_proc_of(run) < 0 ? -1 : private_proc_file(run->proc, text);
        int labelled = write_label(run, fd, "SELinux label of the keyring", step->args[0].s);
        if (fd >= 0) {
            close(fd);
        }
        if (labelled < 0) {
            return -1;
        }
    }
    snprintf(name, sizeof name, "_ses.%s", run->execution->id);
    long ring = syscall(SYS_keyctl, JOIN_SESSION, name, 0, 0, 0);
    if (ring < 0) {
        return errno == ENOSYS ? 0 : fail(run, "join session keyring %s", name);
    }
    /* a program that is no longer root must find it too; "type;uid;gid;permissions;name" */
    long length = syscall(SYS_keyctl, DESCRIBE, ring, description, sizeof description - 1, 0);
    unsigned permissions;
    if (length < 0) {
        return fail(run, "describe session keyring %s", name);
    }
    description[sizeof description - 1] = 0;
    if (sscanf(description, "%*[^;];%*[^;];%*[^;];%x;", &permissions) != 1
        || syscall(SYS_keyctl, SET_PERMISSIONS, ring, permissions | USER_SEARCH, 0, 0) < 0) {
        return fail(run, "permissions of session keyring %s", name);
    }
    return 0;
}

int op_no_new_privs(struct run *run, const struct step *step) {
    (void)step;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(run, "set no_new_privs") : 0;
}

/* Programs open /dev/stdout again, as the user they run as. Of files that can't be given away that is not our business. */
static int give_streams(struct run *run, uid_t uid) {
    for (int stream = 0; stream <= 2; stream++) {
        struct stat stat;
        if (fstat(stream, &stat) < 0) {
            if (errno == EBADF) {
                continue;
            }
            return fail(run, "stat stream %d", stream);
        }
        if (stat.st_uid == uid || (S_ISCHR(stat.st_mode) && stat.st_rdev == makedev(1, 3))) {
            continue;
        }
        if (fchown(stream, uid, (gid_t)-1) < 0 && errno != EINVAL && errno != EPERM && errno != EROFS && errno != ENOSYS) {
            return fail(run, "chown stream %d", stream);
        }
    }
    return 0;
}

/* uid, gid, additional gids, umask, 1: these are all the groups */
int op_user(struct run *run, const struct step *step) {
    uid_t uid = (uid_t)step->args[0].u;
    gid_t gid = (gid_t)step->args[1].u;
    uint32_t count = step->args[2].count;
    if (give_streams(run, uid) < 0) {
        return -1;
    }
    if (step->args[4].u != 0) {
        gid_t *groups = malloc((count + 1) * sizeof *groups);
        const unsigned char *at = step->args[2].list;
        for (uint32_t i = 0; groups != NULL && i < count; i++) {
            groups[i] = (gid_t)strtoul(list_next(&at), NULL, 10);
        }
        int result = groups == NULL ? -1 : setgroups(count, groups);
        free(groups);
        if (result < 0) {
            return fail(run, "set additional groups");
        }
    }
    umask((mode_t)step->args[3].u & 0777);
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) {
        return fail(run, "keep capabilities");
    }
    if (syscall(SYS_setresgid, gid, gid, gid) < 0) {
        return fail(run, "set gid %u", gid);
    }
    return syscall(SYS_setresuid, uid, uid, uid) < 0 ? fail(run, "set uid %u", uid) : 0;
}

struct capabilities {
    struct {
        uint32_t effective, permitted, inheritable;
    } half[2];
};

static int capability_call(long call, struct capabilities *capabilities) {
    struct {
        uint32_t version;
        int pid;
    } header = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
    return (int)syscall(call, &header, capabilities);
}

static int drop_bounding(struct run *run, uint64_t kept) {
    for (unsigned long capability = 0; capability < 64; capability++) {
        if (kept & 1ULL << capability || prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) {
            continue;
        }
        if (errno == EINVAL) {
            return 0; /* the kernel has no more */
        }
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0) {
            errno = EPERM;
            return fail(run, "drop capability %lu from the bounding set", capability);
        }
    }
    return 0;
}

/* bounding, effective, inheritable, permitted, ambient */
int op_capabilities(struct run *run, const struct step *step) {
    struct capabilities now, wanted;
    for (int i = 0; i < 2; i++) {
        wanted.half[i].effective = (uint32_t)(step->args[1].u >> 32 * i);
        wanted.half[i].inheritable = (uint32_t)(step->args[2].u >> 32 * i);
        wanted.half[i].permitted = (uint32_t)(step->args[3].u >> 32 * i);
    }
    /* having become another user it has capabilities, but none in effect, and the bounding set needs one */
    if (capability_call(SYS_capget, &now) < 0) {
        return fail(run, "get capabilities");
    }
    for (int i = 0; i < 2; i++) {
        now.half[i].effective = now.half[i].permitted;
    }
    if (capability_call(SYS_capset, &now) < 0) {
        return fail(run, "raise capabilities");
    }
    if (drop_bounding(run, step->args[0].u) < 0) {
        return -1;
    }
    if (capability_call(SYS_capset, &wanted) < 0) {
        return fail(run, "set capabilities");
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
        return fail(run, "clear ambient capabilities");
    }
    for (unsigned long capability = 0; capability < 64; capability++) {
        if (step->args[4].u & 1ULL << capability && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) {
            return fail(run, "raise ambient capability %lu", capability);
        }
    }
    return 0;
}

/* What the runtime spec calls container process state, for a seccomp agent: whole before the filter is there, which may stop
   every call but the one that sends it. */
static char *listener_message(struct run *run, const char *metadata, size_t *size) {
    enum { STATE = 65536, MESSAGE = STATE + 8192, METADATA = 4096 };
    char *state = malloc(STATE), *message = malloc(MESSAGE), *quoted = malloc(METADATA);
    struct execution *execution = run->execution;
    int length = state == NULL || message == NULL || quoted == NULL
                     ? -1
                     : execution->state(execution->context, execution->gate >= 0 ? "creating" : "running", run->pid, state, STATE);
    if (length < 0 || length >= STATE) {
        free(message);
        message = NULL;
        fail(run, "state for the seccomp agent");
    } else {
        json_string(quoted, METADATA, metadata);
        *size = (size_t)snprintf(message, MESSAGE,
                                 "{\"ociVersion\":\"1.2.0\",\"fds\":[\"seccompFd\"],\"pid\":%d,\"metadata\":%s,\"state\":%.*s}",
                                 (int)run->pid, quoted, length, state);
    }
    free(state);
    free(quoted);
    return message;
}

/* One system call, which is why no profile may ask about sendmsg: nobody could answer yet. */
static int send_listener(struct run *run, int connection, int listener, char *message, size_t size) {
    struct iovec data = {.iov_base = message, .iov_len = size};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct msghdr sent = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *part = CMSG_FIRSTHDR(&sent);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &listener, sizeof listener);
    return sendmsg(connection, &sent, MSG_NOSIGNAL) == (ssize_t)size ? 0 : fail(run, "send the seccomp listener to its agent");
}

/* program as struct sock_filter[], flags, connection to the agent, its metadata */
int op_seccomp(struct run *run, const struct step *step) {
    enum { SET_MODE_FILTER = 1, FILTER = 8, MAX_FILTERS = 4096, NEW_LISTENER = 8 };
    const struct arg *program = &step->args[0];
    struct {
        unsigned short count;
        const void *filters;
    } filter = {.count = (unsigned short)(program->length / FILTER), .filters = program->s};
    if (program->length == 0 || program->length % FILTER != 0 || program->length / FILTER > MAX_FILTERS) {
        return refuse(run, "seccomp: no program");
    }
    unsigned long flags = (unsigned long)step->args[1].u;
    int connection = step->args[2].u == 0 ? -1 : run->slots[step->args[2].u - 1];
    size_t size = 0;
    char *message = (flags & NEW_LISTENER) == 0 ? NULL : listener_message(run, step->args[3].s, &size);
    if ((flags & NEW_LISTENER) != 0 && message == NULL) {
        return -1;
    }
    /* what the filter may forbid is done before; a listener's descriptor is still to be sent */
    if (exec_before_filter(run, step, (flags & NEW_LISTENER) == 0) < 0) {
        return -1;
    }
    long got = syscall(SYS_seccomp, SET_MODE_FILTER, flags, &filter);
    if (got < 0) {
        return fail(run, "load the seccomp filter");
    }
    if (flags & NEW_LISTENER) {
        int result = send_listener(run, connection, (int)got, message, size);
        free(message);
        close((int)got);
        return result;
    }
    return 0;
}
