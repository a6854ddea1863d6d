#include "ops.h"

#include <stdio.h>

#include "run.h"

enum {
    HOST = 1 << PHASE_HOST,
    OUTSIDE = 1 << PHASE_OUTSIDE,
    INSIDE = 1 << PHASE_INSIDE,
    GATE = 1 << PHASE_GATE,
    STARTED = 1 << PHASE_STARTED,
    DELETED = 1 << PHASE_DELETED,
};

static const struct operation OPERATIONS[] = {
#define OP(number, name, word, signature, phases, function) [number] = {word, signature, phases, function},
#include "ops_table.h"
#undef OP
};

enum { NUMBERS = sizeof OPERATIONS / sizeof *OPERATIONS };

const struct operation *op_find(unsigned number) {
    return number < NUMBERS && OPERATIONS[number].name != NULL ? &OPERATIONS[number] : NULL;
}

const char *op_name(unsigned number) {
    const struct operation *operation = op_find(number);
    return operation == NULL ? "unknown" : operation->name;
}

const char *phase_name(unsigned phase) {
    static const char *const names[PHASES] = {"host", "outside", "inside", "gate", "started", "deleted"};
    return phase < PHASES ? names[phase] : "unknown";
}

int op_nothing(struct run *run, const struct step *step) {
    (void)run;
    (void)step;
    return 0;
}

int ops_command(void) {
    for (unsigned number = 0; number < NUMBERS; number++) {
        const struct operation *operation = op_find(number);
        if (operation == NULL) {
            continue;
        }
        printf("%u %s ", number, operation->name);
        for (const char *kind = operation->signature; *kind != 0; kind++) {
            putchar(*kind == 's' || *kind == 'b' || *kind == 'l' ? *kind : 'u');
        }
        fputs(*operation->signature == 0 ? "-" : "", stdout);
        const char *before = " ";
        for (unsigned phase = 0; phase < PHASES; phase++) {
            if (operation->phases & 1U << phase) {
                printf("%s%s", before, phase_name(phase));
                before = ",";
            }
        }
        putchar('\n');
    }
    return 0;
}
