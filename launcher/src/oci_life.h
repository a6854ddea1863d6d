/* What several commands do with a container: making its process, letting it go, ending it, removing what is left. */
#pragma once

#include "execute.h"
#include "oci.h"

/* A container that is being made or changed, with its plan. */
struct life {
    const struct call *call;
    struct container container;
    struct plan plan;
    const char *pid_file;
    int pidfd_socket;
    bool pid_file_written;
    struct failure failure; /* of its plan; without a step, and without a text, if something else failed */
};

/*
 * Makes ID of the bundle that the call's flags name, and leaves its process at the gate. Returns its pid, 0 if it has none to
 * run (a configuration without process still has one that waits), or -1 after a complaint, when nothing is left of it.
 */
pid_t life_create(struct life *life, const struct call *call, int console_socket);

/* Lets the process go and runs the hooks that follow; -1 after a complaint. If a hook failed, nothing is left of the container. */
int life_start(struct life *life);

/* Kills what there is of it and waits for its end; -1 after a complaint. */
int life_end(struct life *life);

/* Executes what its plan has for the end, and removes ROOT/ID; -1 after a complaint, when it is still there. */
int life_remove(struct life *life);

/* Reads the copy of its plan; false if it has none, or none that can be read. */
bool life_read_plan(struct life *life);

void life_close(struct life *life);

/* One of which nothing is known yet. */
struct life life_of(const struct call *call);

/* A command that is work with a life: its exit code, 1 if work returned -1. */
int life_do(const struct call *call, int (*work)(struct life *life));

/* Now, as Go writes RFC 3339, with nanoseconds; to be freed, NULL without memory. */
char *time_text(void);

/* The execution of its plan: no sockets, no gate, hooks that are told its state. */
struct execution life_execution(struct life *life);

/* The flags --preserve-fds, --no-pivot, --no-new-keyring and the environment's LISTEN_FDS; -1 after a complaint. */
int life_flags(const struct call *call, struct execution *execution);
