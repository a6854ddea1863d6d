/* Where plans come from when nobody has left one: the compiler, a JVM. */
#pragma once

#include "oci.h"

/*
 * Asks carafe-oci-compile, which stands beside this program, for a plan and reads it. The arguments are NULL-terminated and
 * begin with what is to be compiled: "create", "exec", "update". 0, or -1 after complaining with the compiler's own words.
 */
int compile(struct plan *plan, const struct globals *globals, const char *const *arguments);

/* Reads and checks the plan in an open file that people know as name; 0, or -1 after a complaint. */
int plan_from(struct plan *plan, int fd, const char *name);

/* Becomes carafe-oci-java with the command line as it was given; returns, after a complaint, only if that cannot be. */
int become_java(const struct globals *globals);
