/* What went wrong with a plan: one shape on both sides of the clone, and it travels between them as it is. */
#pragma once

#include <stddef.h>

enum { FAILURE_NO_STEP = -1 };

struct failure {
    int step;         /* index in the plan, or FAILURE_NO_STEP */
    int error;        /* errno, or 0 if it was no system call that failed */
    unsigned op;      /* its number, 0 without a step */
    unsigned phase;   /* its PHASE_… */
    char origin[256]; /* the step's, cut to fit */
    char text[1024];  /* what a user reads, lower case: "mounts[3]: attach /data: no such file or directory" */
};

/* What an errno means, beginning with a small letter: as Go's runtimes write it, and their callers look for it. */
void failure_reason(char *out, size_t size, int error);

/* Fills a failure without a step; error != 0 appends its text. Returns -1, so that a function can end with it. */
int failure_set(struct failure *failure, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
