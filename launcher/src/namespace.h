/* Namespaces kept alive by a bind mount on a file. */
#pragma once

#include <stdbool.h>

struct pin {
    const char *path;   /* null: not wanted */
    bool created;
    bool mounted;
};

/* Makes the empty file that a namespace will be pinned on; it must not be there yet. */
int pin_create(struct pin *pin);

/* Mounts the namespace at source, such as /proc/self/ns/net, on it. */
int pin_mount(struct pin *pin, const char *source);

/* Takes back what the two above did. */
void pin_undo(struct pin *pin);

/* Enters the namespace pinned at path; flag is its CLONE_NEW* and must fit. A null path is fine. */
int namespace_join(const char *path, int flag);
