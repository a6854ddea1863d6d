/* The last steps: what is checked while the launcher still listens, and what is closed before the program is there. */
#pragma once

#include "run.h"

/* That the plan's program and working directory are there; as said by the texts that callers know. -1 after fail(). */
int exec_check(struct run *run);

/* Enters the working directory, once nothing of the host is open that it could lead to (CVE-2024-21626). -1 after fail(). */
int exec_leave_host(struct run *run);

/*
 * Does what is left to do before execve, if the plan has nothing else between this filter and it: a filter need only allow
 * execve then. close_all: descriptors too. -1 after fail().
 */
int exec_before_filter(struct run *run, const struct step *filter, bool close_all);
