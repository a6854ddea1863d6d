/* Programs that a step runs. */
#pragma once

#include <sys/types.h>

#include "run.h"

/* Runs a program found in PATH, without input; 0 if its code is 0, otherwise -1 with what it wrote to standard error. */
int spawn_and_wait(struct run *run, const char *const *argv);

/* Waits for a process until milliseconds are over (0: for ever): its status, or -1 with ETIMEDOUT. */
int spawn_wait(pid_t pid, long milliseconds, int *status);
