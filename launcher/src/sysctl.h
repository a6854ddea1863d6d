/* Kernel parameters of network and IPC namespaces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SYSCTL_PATH_MAX = 256 };

/*
 * Turns a name into its path under /proc/sys. As in sysctl.d(5) the first separator decides: in net.ipv4.ip_forward dots
 * become slashes and slashes dots; net/ipv4/conf/eth0.1/forwarding is taken as it is. False if it is no clean name.
 */
bool sysctl_path(char *path, size_t size, const char *name, size_t name_length);

/* Whether a path belongs to the namespaces that were made: net/ to the one, the System V and mqueue ones to the other. */
bool sysctl_allowed(const char *path, bool net, bool ipc);

/* Writes NAME=VALUE assignments in the namespaces this process is in; 0, or -1 after a report. */
int sysctl_write(const char **assignments, unsigned count, bool net, bool ipc);
