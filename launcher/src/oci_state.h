/*
 * What is on disk of a container: the directory ROOT/ID.
 *
 *   state.json  what `state` tells besides the status, and what is needed to find its processes; there before the process may
 *               run on, by rename
 *   plan        a copy of its plan, by rename, before the first step of it: what must be undone, and hooks that are to come
 *   exec.fifo   its process waits at this gate: the container is "created"
 *   lock        held (fcntl) by a command that changes the container; says which command
 *
 * A container whose `create` was killed has no state.json: it is "creating", and `delete --force` removes it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum status { CREATING, CREATED, RUNNING, PAUSED, STOPPED };

enum { ID_MAX = 1024 };

struct container {
    const char *id;
    int directory; /* -1: there is none */
    int lock;
    pid_t pid;
    unsigned long long start; /* of pid, in ticks since the boot: the same pid with another one is another process */
    bool private_pids;        /* it has a pid namespace of its own: all of it ends with its first process */
    bool terminal;
    char *version, *bundle, *rootfs, *created;
    char *annotations; /* the text of an object */
    char **cgroups;    /* directories of its own, one in each hierarchy */
    unsigned cgroup_count;
};

/* Letters, digits and _ + - . but no path's own names; 0, or -1 after a complaint. */
int id_check(const char *id);

/* Makes ROOT/ID, and ROOT if there is none, and locks it; 0, or -1 after a complaint. */
int container_make(struct container *container, const char *root, const char *id, const char *command);

/*
 * Opens ROOT/ID and reads what is there. 0; -1 after a complaint: "container does not exist", also if it is CREATING, for which
 * container->directory is a directory all the same.
 */
int container_open(struct container *container, const char *root, const char *id);

/* The same without a complaint: -1 if there is no directory, 1 if there is no state.json, 0 if all is read. */
int container_look(struct container *container, const char *root, const char *id);

/* Waits until no other command changes it and reads it again; -1 after a complaint if it is gone meanwhile. */
int container_lock(struct container *container, const char *command);

/*
 * For `delete --force`: waits as container_lock() does, but kills who holds the lock, unless that deletes the container itself.
 * 0, also if nothing can be read; 1 if it is gone meanwhile; -1 after a complaint.
 */
int container_seize(struct container *container, const char *command);

/* Lets other commands change it; what is done to it after that needs the lock anew. */
void container_unlock(struct container *container);

/* Writes state.json; -1 with errno. */
int container_save(const struct container *container);

enum status container_status(const struct container *container);
const char *status_name(enum status status);

/*
 * What the specification calls the state, as an object's text to be given to json_free(), NULL without memory; pid 0 means that
 * there is no process. Whole as `state` prints it, otherwise as hooks read it.
 */
char *container_tell(const struct container *container, const char *status, pid_t pid, bool whole, size_t *length);

/* A descriptor of its first process; -1 with ESRCH if that has ended. */
int container_pidfd(const struct container *container);

/* Removes ROOT/ID and lets go of the lock; -1 with errno. */
int container_remove(struct container *container, const char *root);

void container_close(struct container *container);

/* When a process was started, in ticks since the boot; 0 if it is not there, or has ended and was not yet waited for. */
unsigned long long process_start(pid_t pid);

/* Adds one that it has, which is freed with it; false without memory, or if it has too many. */
bool container_add_cgroup(struct container *container, const char *path);

/* Writes a file under another name and renames it, so that nobody reads half of it; -1 with errno, when neither is there. */
int file_write(int directory, const char *temporary, const char *name, mode_t mode, const void *bytes, size_t length);

/* Writes a pid likewise. */
int pid_file_write(const char *path, pid_t pid);
