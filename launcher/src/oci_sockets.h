/* Sockets that callers name on the command line: for terminals and for pidfds. */
#pragma once

/* Connects to a Unix stream socket, however long its path is; -1 after a complaint. */
int socket_connect(const char *path);

/* Sends a descriptor under a name; -1 with errno. */
int socket_send(int socket, const char *name, int fd);
