/*
 * The gate between create and start is the named pipe exec.fifo:
 *
 *   create                          process                               start
 *   gate_make, opened for both  →   holds it open: a read waits
 *                                   gate_wait: read                  ←    open for writing (ENXIO: nobody is there), 'g'
 *                                   execve closes it                 →    POLLERR: no reader is left
 *                                   or writes its failure, and ends  →    POLLERR, and something is to be read
 *
 * The process needs no /proc to open it, and no descriptor of a host's directory while it waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "execute.h"
#include "gate.h"

static const char NAME[] = "exec.fifo";

int gate_make(int state_dir, struct failure *failure) {
    if (mkfifoat(state_dir, NAME, 0600) < 0) {
        return failure_set(failure, errno, "make %s", NAME);
    }
    int fd = openat(state_dir, NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? failure_set(failure, errno, "open %s", NAME) : fd;
}

int gate_wait(int gate) {
    char go;
    ssize_t got;
    do {
        got = read(gate, &go, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1 && go == 'g' ? 0 : -1;
}

/* What the process left in the pipe that we hold open for writing. */
static int outcome(int writer, struct failure *failure) {
    char path[64];
    struct failure left;
    snprintf(path, sizeof path, "/proc/self/fd/%d", writer);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (reader < 0) {
        return failure_set(failure, errno, "open %s", NAME);
    }
    ssize_t got = read(reader, &left, sizeof left);
    close(reader);
    if (got == (ssize_t)sizeof left) {
        left.origin[sizeof left.origin - 1] = left.text[sizeof left.text - 1] = 0;
        *failure = left;
        return -1;
    }
    return got == 1 ? failure_set(failure, ENXIO, "container process is dead") : 0;
}

int gate_open(int state_dir, struct failure *failure) {
    int writer = openat(state_dir, NAME, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (writer < 0) {
        return errno == ENXIO ? failure_set(failure, ENXIO, "container process is dead") : failure_set(failure, errno, "open %s", NAME);
    }
    struct pollfd readers = {.fd = writer};
    int result = write(writer, "g", 1) == 1 ? 0 : failure_set(failure, errno, "write %s", NAME);
    while (result == 0 && !(readers.revents & POLLERR)) {
        if (poll(&readers, 1, -1) < 0 && errno != EINTR) {
            result = failure_set(failure, errno, "wait at %s", NAME);
        }
    }
    result = result == 0 ? outcome(writer, failure) : result;
    close(writer);
    if (result == 0 && unlinkat(state_dir, NAME, 0) < 0 && errno != ENOENT) {
        return failure_set(failure, errno, "remove %s", NAME);
    }
    return result;
}
