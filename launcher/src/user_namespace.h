/* User namespaces: whose ids they map, and being root of one. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum { ID_MAP_MAX = 4000 }; /* the kernel takes less than a page at once */

/*
 * Turns INSIDE:OUTSIDE:LENGTH[,INSIDE:OUTSIDE:LENGTH]… into the lines of /proc/PID/uid_map; out has ID_MAP_MAX bytes. False
 * if it is no such list. What the numbers mean is for the kernel to judge.
 */
bool id_map_lines(char *out, const char *text);

/* Says once and for all whose ids the user namespace of a process maps, by good lists; 0, or -1 after a report. */
int id_maps_write(pid_t pid, const char *uid_map, const char *gid_map);

/* Makes this process, which is in a user namespace that maps id 0, its root, with no further groups; 0, or -1 after a report. */
int become_root(void);
