/* Strict command lines: every argument is --name=value, every name is known, and only some may be repeated. */
#pragma once

#include <stdbool.h>

enum { ARGS_MAX_VALUES = 128 };

struct option {
    const char *name;     /* without the dashes */
    bool path;            /* an absolute path without "." and ".." parts */
    bool repeatable;
    const char **values;  /* room for 1, or for ARGS_MAX_VALUES if repeatable */
    unsigned count;       /* how many were given */
};

/* Fills the options, whose list ends with a null name; 0, or -1 after a report of step "arguments". */
int args_parse(int argc, char **argv, struct option *options);

/* How many arguments there are before "--": our own, while those behind it are another program's. */
int args_own(int argc, char **argv);

/* Whether text is an absolute path in its simplest form. */
bool args_is_path(const char *text);
