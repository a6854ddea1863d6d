/* The processes of a container by its cgroups: who they are, freezing and killing them. v1, hybrid and v2. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct container;

/* All processes in its cgroup and below, to be freed; NULL with count 0 if there are none, or none can be known. */
pid_t *cgroup_pids(const struct container *container, unsigned *count);

bool cgroup_is_frozen(const struct container *container);

/* Freezes or thaws it and waits until that is so; 0, or -1 after a complaint. */
int cgroup_freeze(const struct container *container, bool freeze);

/* Sends a signal to all of them, those that are forked meanwhile too. SIGKILL ends frozen ones as well. */
void cgroup_signal(const struct container *container, int signal);

/* Kills all and waits until they are gone; 0, or -1 after a complaint if some are there after timeout_ms. */
int cgroup_end(const struct container *container, unsigned timeout_ms);

/* Whether a directory may become a container's cgroup: not there, or empty and not frozen; 0, or -1 after a complaint. */
int cgroup_check(const char *directory);
