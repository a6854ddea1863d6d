/* What went wrong, for the program that started us. */
#pragma once

/*
 * Writes one line of JSON to standard error and returns -1, so that a function can end with it:
 *
 *   {"step":"pin","subject":"/run/carafe/ns/1/net","errno":17,"message":"File exists"}
 *
 * Only the first report of a process is written: what fails while undoing is not the cause.
 */
int report(const char *step, const char *subject, int error, const char *message);

/* As report(), with errno and its text. */
int report_errno(const char *step, const char *subject);

/* Writes text as a JSON string with its quotes, cut to fit; returns its length without the final zero. */
unsigned json_string(char *out, unsigned size, const char *text);
