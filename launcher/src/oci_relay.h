/* Standing between a terminal or a shell and a container's process, for commands that are not told to detach. */
#pragma once

#include <sys/types.h>

/*
 * Sends it the signals that we get, copies between our standard streams and its terminal, if it has one (-1: it has not), takes
 * over the size of our terminal, and collects what the container leaves to us. Returns its exit code, 128 and the signal if one
 * killed it; without a descriptor for signals, after a complaint, 255.
 */
int relay(pid_t pid, int terminal);

/* Gets the terminal that a container's process has sent to the other side of the socket; -1 after a complaint. */
int relay_terminal(int socket);
