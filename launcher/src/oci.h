/*
 * carafe-oci: runc's command line over plans. oci.c finds the command; each command is a file, gets its own flags and words
 * parsed, and returns the exit code.
 */
#pragma once

#include <stdbool.h>

#include "failure.h"
#include "oci_flags.h"
#include "oci_state.h"
#include "plan.h"

/* What stands before the command. */
struct globals {
    const char *root;
    const char *self;      /* path of this program, beside which the Java ones are */
    char **line;           /* the whole command line from the first flag on, as given, for those */
    int line_count;
    bool systemd_cgroup;
    const char *rootless;  /* "true", "false", "auto", or NULL */
    bool no_cgroups;
};

/* A command's own line. */
struct call {
    const struct globals *globals;
    const char *command;
    struct flag *flags;
    char **words;   /* the container's id first */
    int word_count;
    char **line;    /* everything behind the command, as given */
    int line_count;
};

int create_command(const struct call *call);
int run_command(const struct call *call);
int start_command(const struct call *call);
int state_command(const struct call *call);
int kill_command(const struct call *call);
int delete_command(const struct call *call);
int exec_command(const struct call *call);
int pause_container_command(const struct call *call);
int resume_command(const struct call *call);
int ps_command(const struct call *call);
int list_command(const struct call *call);
int update_command(const struct call *call);

/* Complains of what went wrong in a plan; returns -1. */
int complain_of(const struct failure *failure);
