/* Scopes of systemd, by its own program for calls over D-Bus. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "spawn.h"

enum { MAX_WORDS = 512, WAIT_MILLISECONDS = 30000 };

struct call {
    const char *words[MAX_WORDS + 32];
    unsigned count;
};

static void add(struct call *call, const char *word) {
    call->words[call->count++] = word;
}

static void begin(struct call *call, const char *bus, const char *method, const char *signature) {
    static const char *const frame[] = {"call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                        "org.freedesktop.systemd1.Manager"};
    memset(call, 0, sizeof *call);
    add(call, "busctl");
    add(call, strcmp(bus, "user") == 0 ? "--user" : "--system");
    add(call, "--quiet");
    for (unsigned i = 0; i < sizeof frame / sizeof *frame; i++) {
        add(call, frame[i]);
    }
    add(call, method);
    add(call, signature);
    add(call, "--"); /* what follows may begin with a dash */
}

static void add_properties(struct call *call, const struct arg *words) {
    const unsigned char *at = words->list;
    for (uint32_t i = 0; i < words->count && i < MAX_WORDS; i++) {
        add(call, list_next(&at));
    }
}

/* The call is answered when the job is queued; it is done when the process is where the unit has it. */
static int wait_until_in(struct run *run, const char *unit) {
    char path[64], text[8192], wanted[300];
    struct timespec pause = {.tv_nsec = 1000000};
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)run->pid);
    snprintf(wanted, sizeof wanted, "/%s\n", unit);
    for (long waited = 0; waited < WAIT_MILLISECONDS; waited += pause.tv_nsec / 1000000) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
        if (fd >= 0) {
            close(fd);
        }
        if (length < 0) {
            return fail(run, "read %s", path);
        }
        text[length] = 0;
        if (strstr(text, wanted) != NULL) {
            return 0;
        }
        nanosleep(&pause, NULL);
        pause.tv_nsec += pause.tv_nsec < 32000000 ? pause.tv_nsec : 0;
    }
    return refuse(run, "systemd did not put the process into %s within %d ms", unit, WAIT_MILLISECONDS);
}

static int call_unit(struct run *run, const char *bus, const char *method, const char *unit, const char *mode) {
    struct call call;
    begin(&call, bus, method, mode == NULL ? "s" : "ss");
    add(&call, unit);
    if (mode != NULL) {
        add(&call, mode);
    }
    return spawn_and_wait(run, call.words);
}

/* A unit of that name which failed is in the way until it is forgotten; one that is in use stays there. */
static int start_scope(struct run *run, const struct call *call, const char *bus, const char *unit) {
    if (spawn_and_wait(run, call->words) == 0) {
        return 0;
    }
    struct failure first = *run->failure;
    bool taken = strstr(first.text, "already loaded") != NULL;
    if (taken && call_unit(run, bus, "ResetFailedUnit", unit, NULL) == 0 && spawn_and_wait(run, call->words) == 0) {
        return 0;
    }
    *run->failure = first;
    return -1;
}

/* unit, slice, bus, how many properties, their words as busctl takes them */
int op_scope(struct run *run, const struct step *step) {
    struct call call;
    const char *unit = step->args[0].s, *bus = step->args[2].s;
    char count[24], pid[16];
    if (step->args[4].count > MAX_WORDS) {
        return refuse(run, "scope: too many properties");
    }
    bool slice = *step->args[1].s != 0;
    snprintf(count, sizeof count, "%llu", (unsigned long long)step->args[3].u + 1 + slice);
    snprintf(pid, sizeof pid, "%d", (int)run->pid);
    begin(&call, bus, "StartTransientUnit", "ssa(sv)a(sa(sv))");
    add(&call, unit);
    add(&call, "replace");
    add(&call, count);
    add(&call, "PIDs");
    add(&call, "au");
    add(&call, "1");
    add(&call, pid);
    if (slice) {
        add(&call, "Slice");
        add(&call, "s");
        add(&call, step->args[1].s);
    }
    add_properties(&call, &step->args[4]);
    add(&call, "0");
    return start_scope(run, &call, bus, unit) < 0 ? -1 : wait_until_in(run, unit);
}

/* unit, bus, how many properties, their words */
int op_scope_set(struct run *run, const struct step *step) {
    struct call call;
    char count[24];
    if (step->args[3].count > MAX_WORDS) {
        return refuse(run, "scope: too many properties");
    }
    snprintf(count, sizeof count, "%llu", (unsigned long long)step->args[2].u);
    begin(&call, step->args[1].s, "SetUnitProperties", "sba(sv)");
    add(&call, step->args[0].s);
    add(&call, "true");
    add(&call, count);
    add_properties(&call, &step->args[3]);
    return spawn_and_wait(run, call.words);
}

/* unit, bus */
int op_scope_idle(struct run *run, const struct step *step) {
    struct call call;
    begin(&call, step->args[1].s, "SetUnitProperties", "sba(sv)");
    add(&call, step->args[0].s);
    add(&call, "true");
    add(&call, "1");
    add(&call, "CPUWeight");
    add(&call, "t");
    add(&call, "0");
    if (spawn_and_wait(run, call.words) == 0 || strstr(run->failure->text, "out of range") != NULL) {
        return 0; /* before systemd 252, 1 is the least */
    }
    return -1;
}

/* unit, bus */
int op_scope_stop(struct run *run, const struct step *step) {
    const char *unit = step->args[0].s, *bus = step->args[1].s;
    if (call_unit(run, bus, "StopUnit", unit, "replace") == 0 || strstr(run->failure->text, "not loaded") != NULL) {
        return 0;
    }
    struct failure first = *run->failure;
    int result = call_unit(run, bus, "ResetFailedUnit", unit, NULL);
    *run->failure = first;
    return result;
}
