/* A mount namespace in which there is nothing. */
#pragma once

/*
 * Makes an empty, read-only root for this process, which is in a mount namespace of its own. Somebody who may look into
 * /proc/1/root of a shared pid namespace (a container with CAP_SYS_PTRACE) must not find the host there.
 */
int empty_root(void);
