/* What carafe-oci says when it cannot: to its callers' log file and to people. */
#pragma once

#include <stdbool.h>

/*
 * The first error goes to the file too, in one line: {"level":"error","msg":…,"time":…}, or the same as key=value text. Podman
 * reads the whole log as one object, so nothing else is ever written there; what fails while undoing is not the cause anyway.
 * 0, or -1 after an error on standard error.
 */
int log_open(const char *path, bool json);

/* Says what went wrong, lower case and without a full stop; returns -1, so that a function can end with it. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What was complained of first; "" as long as nothing was. */
const char *log_first_error(void);

/* As complain(), with ": " and the text of errno. */
int complain_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether remark() says anything. */
void log_debug(bool on);

/* For people who debug: what is being done. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For people only: something that does not keep the command from succeeding. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
