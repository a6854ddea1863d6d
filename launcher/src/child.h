/* The container's process, from its clone to execve. */
#pragma once

#include "run.h"

enum { WORD_ENTERED = 'E', WORD_SYNC = 'S', WORD_READY = 'R' };

enum part { ALL, BEFORE_SYNC, AFTER_SYNC };

/*
 * Clones the process, which never returns from here; its pid, with its pidfd, as a child of ours, or -1 with the failure. Of
 * the sockets run->socket is its, other is ours.
 */
pid_t child_clone(struct run *run, int other, int *pidfd);

/* The steps of a phase, all or those on one side of its sync; without a sync all are before it. */
int run_steps(struct run *run, enum phase phase, enum part part);

bool run_has(const struct plan *plan, enum phase phase, unsigned op);

/*
 * Waits until the process is in its cgroups and has its limits. To be moved takes the kernel milliseconds, so it makes its
 * mounts meanwhile, and waits before the first step for which it matters where it is: a cgroup mount, a hook.
 */
void child_place(struct run *run);
