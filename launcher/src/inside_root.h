/*
 * Paths of the container, resolved in its root whatever its symbolic links say (openat2, RESOLVE_IN_ROOT): an image, and with
 * shared volumes another container at the same moment, decides what is there.
 */
#pragma once

#include "run.h"

/* Opens a path in the root; flags as O_PATH | O_NOFOLLOW. -1 with errno. */
int root_open(struct run *run, const char *path, int flags);

/* Opens, as O_PATH, the directory that a path is in, making it and those above where they are missing; *name is the path's
   last part. -1 after fail(). */
int root_parent(struct run *run, const char *path, const char **name);

/* Opens a path as O_PATH, making it where it is missing: a directory or an empty file. -1 after fail(). */
int root_make(struct run *run, const char *path, bool directory);

/* run->root, or "/" for plans that change no root; -1 after fail(). */
int root_of(struct run *run);
