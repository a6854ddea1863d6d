/* Children, and what is known of other processes. */
#pragma once

#include <sys/types.h>

enum { CANNOT_RUN = 127 };

/* The exit code as shells tell it: 128 and the signal, if one killed it. */
int process_code(int status);

/* Waits for this child alone and returns its code, or CANNOT_RUN. */
int process_wait(pid_t child);

/* The pid in a file that a runtime wrote; -1 if there is none. */
pid_t process_read_pid(const char *path);

/* Makes the standard streams /dev/null: held open here they would never end for the other side. 0 or -1. */
int process_let_go_of_streams(void);

/* As a pid 1: collects what ends, and itself ends at TERM or INT, which must be blocked as CHLD is. */
void process_reap_until_told(void) __attribute__((noreturn));
