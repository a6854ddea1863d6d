/* A plan that is being executed: what its steps' functions share. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "execute.h"
#include "failure.h"
#include "ops.h"
#include "plan.h"

enum { RUN_MAX_JOINS = 16, RUN_MAX_TASKS = 24 };

struct run {
    struct execution *execution;
    const struct plan *plan;
    struct failure *failure;
    const struct step *step; /* the one that is being executed, or NULL */
    int *slots;              /* descriptors, -1 while empty */
    pid_t pid;               /* the container's process as the host sees it; 0 while there is none */

    /* what phase host collects for the clone */
    struct join {
        int fd;
        int flags;
    } joins[RUN_MAX_JOINS];
    unsigned join_count;
    unsigned unshare;    /* CLONE_NEW… */
    const char *timens;  /* what goes into timens_offsets, or NULL */
    int cgroup;          /* directory on cgroup v2 that the process is cloned into, or -1, */
    const char *born_in; /* and its path once that is done */

    /* cgroups of version 1, in the order of their steps: who enters by itself needs not wait for all of the machine's forks */
    struct entry {
        struct step step;
        int tasks;
    } entries[RUN_MAX_TASKS];
    unsigned entry_count;

    /* in the child */
    int socket;          /* to the launcher; -1 once it is closed */
    int root;            /* O_PATH of the root file system, or of "/" where the plan does not change it */
    const char *rootfs;  /* its path on the host */
    int proc;            /* a private /proc, or -1: see private_proc.h */
    int slave;           /* terminal, or -1 */
    int label;           /* attribute file of the security module, or -1 */
    bool in_cwd;         /* the working directory is entered */
    int null_mask;       /* detached tree of /dev/null, or -1 */
    int empty_mask;      /* tmpfs that is in its place, or -1 */
};

/* Fills run->failure for the step that is executed, "ORIGIN: what: errno's text", and returns -1. */
int fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for what is no failed system call. */
int refuse(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Executes one step. */
int run_step(struct run *run, const struct step *step);

/* run->proc, opened if it is not yet; -1 with errno. */
int private_proc_of(struct run *run);

/* The file that takes the label of op (OP_APPARMOR, OP_SELINUX) for the next execve; -1 with errno. */
int label_open(struct run *run, unsigned op);

/* Opens what the child enters by itself, and closes it again. */
void entries_open(struct run *run);
void entries_close(struct run *run);

/* In the child: enters them; -1 with run->failure. */
int entries_enter(struct run *run);

/* The child's part of execute(), from the clone to execve. */
void run_child(struct run *run) __attribute__((noreturn));

/* The functions of all ops. */
#define OP(number, name, word, signature, phases, function) int function(struct run *run, const struct step *step);
#include "ops_table.h"
#undef OP
