/*
 * A plan: what `runtime`'s compiler made of a config.json, as a flat list of steps of one kernel action each.
 *
 *   header  "CARAFPLN", u32 version, u32 total length, u32 steps, u32 slots, then whose plan it is: u64 size, i64 and u64
 *           seconds and nanoseconds of mtime, u64 inode, 32 bytes SHA-256 of config.json, s id, s bundle
 *   step    u16 op, u8 phase, u8 arguments, u32 length of what follows, s origin, the arguments as the op's signature says
 *   u       u64                      s   u32 length, bytes without zero, 0
 *   b       u32 length, bytes        l   u32 count, that many s
 *
 * Little endian, unaligned. The steps of one phase are executed in their order in the file, whatever stands between them.
 * All is checked before anything is executed, so that what executes steps need not look.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

enum phase { PHASE_HOST, PHASE_OUTSIDE, PHASE_INSIDE, PHASE_GATE, PHASE_STARTED, PHASE_DELETED, PHASES };

enum {
    PLAN_VERSION = 1,
    PLAN_MAX = 4 << 20,
    PLAN_MAX_STEPS = 4096,
    PLAN_MAX_STRING = 128 << 10,
    PLAN_MAX_LIST = 32768,
    PLAN_MAX_SLOTS = 1024,
    STEP_MAX_ARGS = 8,
};

/* An argument: of u only u; of s its text, which ends with a zero, and its length; of b the same without the zero; of l how
   many there are, and where the first is, for list_next. */
struct arg {
    uint64_t u;
    const char *s;
    uint32_t length;
    uint32_t count;
    const unsigned char *list;
};

struct step {
    unsigned index; /* from 0, in the whole plan */
    unsigned op;    /* see ops.h */
    enum phase phase;
    unsigned count;
    const char *origin; /* "mounts[3]", or "" for what the runtime itself needs */
    struct arg args[STEP_MAX_ARGS];
    uint32_t next; /* where the following step is; 0: the first */
};

/* A config.json as it was when its plan was made. */
struct source {
    uint64_t size;
    int64_t seconds;
    uint64_t nanoseconds;
    uint64_t inode;
    unsigned char digest[32];
};

struct plan {
    unsigned char *bytes;
    uint32_t length;
    uint32_t steps;
    uint32_t slots;
    uint32_t start; /* offset of the first step */
    struct source source;
    const char *id;     /* "": for any */
    const char *bundle; /* "": for any */
};

/* Reads and checks the plan that is open as fd, which stays open; 0, or -1 with the failure. */
int plan_load(struct plan *plan, int fd, struct failure *failure);

/* Checks bytes, which the plan goes on using and plan_free frees. */
int plan_check(struct plan *plan, unsigned char *bytes, size_t length, struct failure *failure);

void plan_free(struct plan *plan);

/* 1 if the plan was made of this file: size, mtime and inode are the same, or the digest is; 0 if not (such a plan must never
   be used); -1 with the failure if the file can't be read. */
int plan_fresh(const struct plan *plan, const char *config_path, struct failure *failure);

/* The next step with this op (0: any) in a plan that was checked; begin with a step that is all zeros. */
bool plan_next(const struct plan *plan, unsigned op, struct step *step);

/* The strings of an l: begin with at = arg.list and call it arg.count times. */
const char *list_next(const unsigned char **at);
