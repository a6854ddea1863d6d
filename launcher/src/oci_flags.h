/*
 * runc's way with flags, which is Go's: --name VALUE, --name=VALUE, and one dash instead of two for any name; a letter
 * where there is one; a switch may say --name=false; what is given twice counts as given last; "--" ends them.
 */
#pragma once

#include <stdbool.h>

struct flag {
    const char *name;  /* without dashes; NULL ends a list */
    char letter;       /* short for it, or 0 */
    bool takes_value;  /* otherwise it is a switch, whose value is "true" or "false" */
    const char *value; /* NULL if it was not given */
};

enum words { WORDS_ANYWHERE, WORDS_END_FLAGS };

/*
 * Fills values and moves the words that are no flags to the front of argv, in their order. Returns how many words there are,
 * or -1 after a complaint. WORDS_END_FLAGS: what follows the first word is words, whatever it looks like.
 */
int flags_parse(struct flag *flags, enum words words, int argc, char **argv);

/* The value of a flag that is in the list; NULL if it was not given. */
const char *flag_value(const struct flag *flags, const char *name);

/* Whether a switch is on. */
bool flag_on(const struct flag *flags, const char *name);
