/* What a process has besides namespaces: limits, scheduling, names. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "private_proc.h"
#include "run.h"

/* Whom a step is about that may stand on both sides: 0 is the caller itself. */
static pid_t subject(const struct run *run, const struct step *step) {
    return step->phase == PHASE_OUTSIDE ? run->pid : 0;
}

/* From outside, as rights inside a user namespace do not reach so far. */
int op_rlimit(struct run *run, const struct step *step) {
    struct rlimit limit = {.rlim_cur = step->args[1].u, .rlim_max = step->args[2].u};
    return prlimit(run->pid, (int)step->args[0].u, &limit, NULL) < 0
               ? fail(run, "set resource limit %d to %llu/%llu", (int)step->args[0].u, (unsigned long long)step->args[1].u,
                      (unsigned long long)step->args[2].u)
               : 0;
}

int op_oom_score(struct run *run, const struct step *step) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)run->pid);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t written = fd < 0 ? -1 : write(fd, step->args[0].s, step->args[0].length);
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    if (written >= 0 || (geteuid() != 0 && (error == EACCES || error == EPERM))) {
        return 0; /* it has inherited it, if a user without privileges may set it at all; other runtimes let that pass too */
    }
    return fail(run, "write %s to oom_score_adj", step->args[0].s);
}

/* "0-3,7" as bits. */
static bool parse_cpus(const char *text, unsigned char *bits, size_t size) {
    while (*text != 0) {
        char *end;
        unsigned long first = strtoul(text, &end, 10), last = first;
        if (end == text) {
            return false;
        }
        if (*end == '-') {
            text = end + 1;
            last = strtoul(text, &end, 10);
            if (end == text) {
                return false;
            }
        }
        if (first > last || last >= size * 8) {
            return false;
        }
        for (unsigned long cpu = first; cpu <= last; cpu++) {
            bits[cpu / 8] |= (unsigned char)(1U << cpu % 8);
        }
        if (*end != 0 && *end != ',') {
            return false;
        }
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}

int op_affinity(struct run *run, const struct step *step) {
    unsigned long bits[1024 / sizeof(unsigned long)] = {0};
    if (!parse_cpus(step->args[0].s, (unsigned char *)bits, sizeof bits)) {
        return refuse(run, "CPU affinity: no list of CPUs: %.200s", step->args[0].s);
    }
    return syscall(SYS_sched_setaffinity, subject(run, step), sizeof bits, bits) < 0
               ? fail(run, "set CPU affinity %.200s", step->args[0].s)
               : 0;
}

/* policy, nice, priority, flags, runtime, deadline, period */
int op_scheduler(struct run *run, const struct step *step) {
    const struct arg *args = step->args;
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {
        .size = 48,
        .policy = (uint32_t)args[0].u,
        .flags = args[3].u,
        .nice = (int32_t)args[1].u,
        .priority = (uint32_t)args[2].u,
        .runtime = args[4].u,
        .deadline = args[5].u,
        .period = args[6].u,
    };
    return syscall(SYS_sched_setattr, subject(run, step), &attributes, 0) < 0 ? fail(run, "set scheduler") : 0;
}

int op_ioprio(struct run *run, const struct step *step) {
    enum { WHO_PROCESS = 1 };
    return syscall(SYS_ioprio_set, WHO_PROCESS, 0, (int)step->args[0].u) < 0 ? fail(run, "set I/O priority") : 0;
}

/* mode and flags, highest node, mask of nodes */
int op_mempolicy(struct run *run, const struct step *step) {
    unsigned long mask[1024 / sizeof(unsigned long)] = {0};
    const struct arg *bytes = &step->args[2];
    if (bytes->length > sizeof mask || step->args[1].u > sizeof mask * 8) {
        return refuse(run, "memory policy: too many nodes");
    }
    memcpy(mask, bytes->s, bytes->length);
    return syscall(SYS_set_mempolicy, (int)step->args[0].u, bytes->length == 0 ? NULL : mask, (unsigned long)step->args[1].u) < 0
               ? fail(run, "set memory policy")
               : 0;
}

int op_personality(struct run *run, const struct step *step) {
    return personality((unsigned long)step->args[0].u) < 0 ? fail(run, "set personality") : 0;
}

int op_hostname(struct run *run, const struct step *step) {
    return sethostname(step->args[0].s, step->args[0].length) < 0 ? fail(run, "set hostname %s", step->args[0].s) : 0;
}

int op_domainname(struct run *run, const struct step *step) {
    return setdomainname(step->args[0].s, step->args[0].length) < 0 ? fail(run, "set domainname %s", step->args[0].s) : 0;
}

int op_sysctl(struct run *run, const struct step *step) {
    char path[512];
    if (snprintf(path, sizeof path, "sys/%s", step->args[0].s) >= (int)sizeof path) {
        return refuse(run, "sysctl %.100s…: too long a name", step->args[0].s);
    }
    int fd = private_proc_of(run) < 0 ? -1 : private_proc_file(run->proc, path);
    if (fd < 0) {
        return fail(run, "open sysctl %s", step->args[0].s);
    }
    ssize_t written = write(fd, step->args[1].s, step->args[1].length);
    int result = written == (ssize_t)step->args[1].length ? 0 : fail(run, "write %s to sysctl %s", step->args[1].s, step->args[0].s);
    close(fd);
    return result;
}
