/*
 * Executing plans: the part of a container's life in which steps are executed. Commands stand on this; the state directory,
 * its lock, state.json and pid files are theirs.
 *
 *   launcher                                         container's process
 *   steps of phase host
 *   clone                                       →
 *   outside, up to its sync                          joins namespaces, inside as far as cgroups don't matter
 *   go                                          →    inside, up to its sync
 *                                               ←    at sync
 *   outside, the rest (hooks)
 *   go                                          →    inside, the rest
 *                                               ←    ready
 *   created(): state.json, pid file
 *   go                                          →    waits at the gate, or without one goes on at once:
 *   gate_open() of `start`                      →    phase gate, execve
 *
 * A failure of the child comes in place of its next word. If either side dies, the other reads the end of the socket and ends
 * too. Rounds for which the plan has nothing are left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "failure.h"
#include "plan.h"

/* What the caller says, beside the plan. */
struct execution {
    const struct plan *plan;
    const char *id;        /* of the container, for the session keyring's name */
    int console_socket;    /* connected, or -1 */
    int gate;              /* of gate_make, closed by execute(); -1: an exec, which goes on at once */
    int join;              /* pidfd of the process whose namespaces a join without path means; -1 for create */
    unsigned listen_fds;   /* LISTEN_FDS of ours; so many from 3 on are left to the program, */
    unsigned preserve_fds; /* and so many after them */
    bool no_pivot;
    bool no_new_keyring;
    void *context;
    /* Writes the OCI state that a hook gets on stdin, without final zero; its length, or -1. Called on both sides. */
    int (*state)(void *context, const char *status, pid_t pid, char *out, size_t size);
    /* The process is complete but for its last phase, and goes on only after this returned 0: its state must be on disk then.
       -1 with the failure: it is killed. */
    int (*created)(void *context, pid_t pid, int pidfd, struct failure *failure);
};

/*
 * Executes host, outside and inside. With a gate it returns the pid of the process that waits there, without one that of the
 * process that has executed its program; a child of ours either way. -1 with the failure: there is no process any more; what
 * phase host made (cgroups) is left to execute_phase(PHASE_DELETED).
 */
pid_t execute(struct execution *execution, struct failure *failure);

/*
 * Executes PHASE_HOST of an update, PHASE_STARTED or PHASE_DELETED; pid 0: there is none. Only DELETED goes on after a
 * failure. -1 with the first one; that of a hook of DELETED (failure.op == OP_HOOK) is worth no more than a warning.
 */
int execute_phase(struct execution *execution, enum phase phase, pid_t pid, struct failure *failure);

/* Makes exec.fifo in a directory and returns its descriptor for `execution.gate`, or -1 with the failure. While the file is
   there, the container is "created". */
int gate_make(int state_dir, struct failure *failure);

/*
 * `start`: lets the process go that waits at exec.fifo, and returns 0 once it executes its program, with exec.fifo removed. -1
 * with the failure: what its last phase failed with, or ENXIO if nobody waits there (it is dead).
 */
int gate_open(int state_dir, struct failure *failure);

/* Whether phase host would be refused before it did anything: a cgroup that must be empty is not, or is frozen. To be asked
   before the state directory says that the plan's cgroups are ours to remove. */
int execute_check(const struct plan *plan, struct failure *failure);
