/* The kinds of steps. A new one is a line in ops_table.h, and a function. */
#pragma once

#include "plan.h"

struct run; /* run.h: a plan that is being executed */

enum op {
#define OP(number, name, word, signature, phases, function) OP_##name = (number),
#include "ops_table.h"
#undef OP
};

struct operation {
    const char *name;
    /*
     * What its arguments are: u number, s string, b bytes, l list of strings. A number that is a slot is written here as
     * d (the step fills it), r (it reads it; filled before) or o (0, or 1 and more: the slot of that number less 1).
     */
    const char *signature;
    unsigned phases; /* bits 1 << PHASE_… */
    int (*execute)(struct run *run, const struct step *step); /* 0, or -1 after fail() */
};

/* NULL if there is none with this number. */
const struct operation *op_find(unsigned number);

const char *op_name(unsigned number);

/* As plans are printed: "inside". */
const char *phase_name(unsigned phase);

/* Prints the table, a line each: number, name, signature in u, s, b and l, phases. For the test that compares it with Java's. */
int ops_command(void);
