#include "execute.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "private_proc.h"
#include "run.h"
#include "sys.h"

static void describe(struct run *run, int error, const char *format, va_list arguments) {
    struct failure *failure = run->failure;
    const char *origin = run->step == NULL ? "" : run->step->origin;
    memset(failure, 0, sizeof *failure);
    failure->step = run->step == NULL ? FAILURE_NO_STEP : (int)run->step->index;
    failure->op = run->step == NULL ? 0 : run->step->op;
    failure->phase = run->step == NULL ? 0 : run->step->phase;
    failure->error = error;
    snprintf(failure->origin, sizeof failure->origin, "%s", origin);
    size_t at = 0, size = sizeof failure->text;
    if (*origin != 0) {
        at = (size_t)snprintf(failure->text, size, "%s: ", failure->origin);
    }
    int length = vsnprintf(failure->text + at, size - at, format, arguments);
    at = length < 0 ? at : at + (size_t)length;
    if (error != 0 && at + 3 < size) {
        char reason[128];
        failure_reason(reason, sizeof reason, error);
        snprintf(failure->text + at, size - at, ": %s", reason);
    }
}

int fail(struct run *run, const char *format, ...) {
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    describe(run, error, format, arguments);
    va_end(arguments);
    return -1;
}

int refuse(struct run *run, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    describe(run, 0, format, arguments);
    va_end(arguments);
    return -1;
}

int private_proc_of(struct run *run) {
    if (run->proc < 0) {
        run->proc = private_proc_open();
    }
    return run->proc;
}

int run_step(struct run *run, const struct step *step) {
    bool of_cgroup = step->op == OP_FILESYSTEM && strncmp(step->args[1].s, "cgroup", 6) == 0;
    if (step->phase == PHASE_INSIDE && (step->op == OP_HOOK || of_cgroup)) {
        child_place(run);
    }
    run->step = step;
    int result = op_find(step->op)->execute(run, step);
    run->step = NULL;
    return result;
}

int run_steps(struct run *run, enum phase phase, enum part part) {
    struct step step = {0};
    bool after = false;
    while (plan_next(run->plan, 0, &step)) {
        if (step.phase != phase) {
            continue;
        }
        after |= step.op == OP_SYNC;
        if ((part == ALL || after == (part == AFTER_SYNC)) && run_step(run, &step) < 0) {
            return -1;
        }
    }
    return 0;
}

static int begin(struct run *run, struct execution *execution, struct failure *failure) {
    memset(run, 0, sizeof *run);
    run->execution = execution;
    run->plan = execution->plan;
    run->failure = failure;
    run->cgroup = run->socket = run->root = run->proc = run->slave = run->label = run->null_mask = run->empty_mask = -1;
    run->slots = malloc((run->plan->slots + 1) * sizeof *run->slots);
    if (run->slots == NULL) {
        return fail(run, "begin");
    }
    for (uint32_t i = 0; i < run->plan->slots; i++) {
        run->slots[i] = -1;
    }
    return 0;
}

static void end(struct run *run) {
    for (uint32_t i = 0; run->slots != NULL && i < run->plan->slots; i++) {
        if (run->slots[i] >= 0) {
            close(run->slots[i]);
        }
    }
    for (unsigned i = 0; i < run->join_count; i++) {
        if (run->joins[i].fd >= 0) {
            close(run->joins[i].fd);
        }
    }
    if (run->cgroup >= 0) {
        close(run->cgroup);
    }
    free(run->slots);
}

bool run_has(const struct plan *plan, enum phase phase, unsigned op) {
    struct step step = {0};
    while (plan_next(plan, op, &step)) {
        if (step.phase == phase) {
            return true;
        }
    }
    return false;
}

/* Tells the child its pid, which means go. A child that is gone has left its failure behind, or is about to be heard. */
static void go(int socket, pid_t pid) {
    while (send(socket, &pid, sizeof pid, MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

/* As recv(). A child that ends without having read our last word resets the connection, but what it said before is there. */
static ssize_t receive(int socket, struct failure *heard, int flags) {
    ssize_t got;
    do {
        got = recv(socket, heard, sizeof *heard, flags);
    } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
    return got;
}

/* Waits for the child's word, or for its end if the word is 0. */
static int hear(struct run *run, int socket, char word) {
    struct failure heard;
    ssize_t got = receive(socket, &heard, 0);
    if (got == (ssize_t)sizeof heard) {
        heard.text[sizeof heard.text - 1] = heard.origin[sizeof heard.origin - 1] = 0;
        *run->failure = heard;
        return -1;
    }
    if ((got == 1 && *(const char *)&heard == word) || (got == 0 && word == 0)) {
        return 0;
    }
    return refuse(run, "container process ended before it was ready; it may have been killed, or had no memory");
}

/* The launcher's side of the table in execute.h. */
static int attend(struct run *run, int socket, int pidfd) {
    struct execution *execution = run->execution;
    if (run->entry_count > 0 && hear(run, socket, WORD_ENTERED) < 0) {
        return -1;
    }
    if (run_steps(run, PHASE_OUTSIDE, BEFORE_SYNC) < 0) {
        /* "no such process" is no reason if it is gone because something failed there */
        struct failure heard;
        if (receive(socket, &heard, MSG_DONTWAIT) == (ssize_t)sizeof heard) {
            *run->failure = heard;
        }
        return -1;
    }
    go(socket, run->pid);
    if (run_has(run->plan, PHASE_INSIDE, OP_SYNC)) {
        if (hear(run, socket, WORD_SYNC) < 0 || run_steps(run, PHASE_OUTSIDE, AFTER_SYNC) < 0) {
            return -1;
        }
        go(socket, run->pid);
    }
    if (hear(run, socket, WORD_READY) < 0 || execution->created(execution->context, run->pid, pidfd, run->failure) < 0) {
        return -1;
    }
    go(socket, run->pid);
    return execution->gate >= 0 ? 0 : hear(run, socket, 0);
}

static pid_t start(struct run *run) {
    int ends[2], pidfd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return fail(run, "socketpair");
    }
    run->socket = ends[1];
    entries_open(run);
    run->pid = child_clone(run, ends[0], &pidfd);
    entries_close(run);
    close(ends[1]);
    int result = run->pid < 0 ? -1 : attend(run, ends[0], pidfd);
    if (result < 0 && run->pid > 0) {
        kill(run->pid, SIGKILL);
        while (waitpid(run->pid, NULL, __WALL) < 0 && errno == EINTR) {
        }
    }
    close(ends[0]);
    if (pidfd >= 0) {
        close(pidfd);
    }
    return result < 0 ? -1 : run->pid;
}

pid_t execute(struct execution *execution, struct failure *failure) {
    struct run run;
    pid_t pid = -1;
    if (begin(&run, execution, failure) == 0 && run_steps(&run, PHASE_HOST, ALL) == 0) {
        pid = start(&run);
    }
    end(&run);
    if (execution->gate >= 0) {
        close(execution->gate); /* of those who wait there we are none */
        execution->gate = -1;
    }
    return pid;
}

int execute_phase(struct execution *execution, enum phase phase, pid_t pid, struct failure *failure) {
    struct run run;
    int result = begin(&run, execution, failure);
    run.pid = pid;
    struct step step = {0};
    struct failure later;
    while (run.slots != NULL && (result == 0 || phase == PHASE_DELETED) && plan_next(run.plan, 0, &step)) {
        if (step.phase == phase && run_step(&run, &step) < 0) {
            result = -1;
            run.failure = &later; /* the first one counts */
        }
    }
    end(&run);
    return result;
}
