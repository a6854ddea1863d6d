/* Device rules of cgroup v2: a program that the kernel asks at each open and mknod. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run.h"

enum { PROG_LOAD = 5, PROG_ATTACH = 8, PROG_DETACH = 9, PROG_GET_FD_BY_ID = 13, PROG_QUERY = 16 };
enum { TYPE_CGROUP_DEVICE = 15, ATTACH_CGROUP_DEVICE = 6, ALLOW_MULTI = 2, REPLACE = 4 };
enum { INSTRUCTION = 8, MAX_INSTRUCTIONS = 4096, MAX_ATTACHED = 64 };

static long bpf(int command, void *attributes, unsigned size) {
    return syscall(SYS_bpf, command, attributes, size);
}

static int load(const struct arg *program) {
    struct {
        uint32_t type, count;
        uint64_t instructions, license;
        uint32_t log_level, log_size;
        uint64_t log;
        uint32_t kernel_version, flags;
        char name[16];
    } attributes = {
        .type = TYPE_CGROUP_DEVICE,
        .count = program->length / INSTRUCTION,
        .instructions = (uint64_t)(uintptr_t)program->s,
        .license = (uint64_t)(uintptr_t) "Apache",
        .name = "carafe_devices",
    };
    return (int)bpf(PROG_LOAD, &attributes, sizeof attributes);
}

struct attachment {
    uint32_t target, program, type, flags, replaced;
};

static int attach(int cgroup, int program, uint32_t flags, int replaced) {
    struct attachment attributes = {(uint32_t)cgroup, (uint32_t)program, ATTACH_CGROUP_DEVICE, flags,
                                    replaced < 0 ? 0 : (uint32_t)replaced};
    return (int)bpf(PROG_ATTACH, &attributes, sizeof attributes);
}

static int detach(int cgroup, int program) {
    struct attachment attributes = {(uint32_t)cgroup, (uint32_t)program, ATTACH_CGROUP_DEVICE, 0, 0};
    return (int)bpf(PROG_DETACH, &attributes, sizeof attributes);
}

/* Descriptors of the programs that are attached to this very cgroup; how many, or -1 with errno. */
static int attached(int cgroup, int programs[MAX_ATTACHED]) {
    uint32_t ids[MAX_ATTACHED];
    struct {
        uint32_t target, type, query_flags, attach_flags;
        uint64_t ids;
        uint32_t count;
    } query = {.target = (uint32_t)cgroup, .type = ATTACH_CGROUP_DEVICE, .ids = (uint64_t)(uintptr_t)ids, .count = MAX_ATTACHED};
    if (bpf(PROG_QUERY, &query, sizeof query) < 0) {
        return -1;
    }
    int count = 0;
    for (uint32_t i = 0; i < query.count; i++) {
        struct {
            uint32_t id, next, flags;
        } by_id = {.id = ids[i]};
        int fd = (int)bpf(PROG_GET_FD_BY_ID, &by_id, sizeof by_id);
        if (fd >= 0) {
            programs[count++] = fd;
        } else if (errno != EPERM && errno != EACCES && errno != ENOENT) {
            return -1; /* a foreign one that we may not touch stays, and can only forbid more */
        }
    }
    return count;
}

/* Exactly one is replaced without a moment in between; of more, the new one comes before the old ones go. */
static int exchange(struct run *run, int cgroup, int program, const char *path) {
    int old[MAX_ATTACHED];
    int count = attached(cgroup, old);
    if (count < 0) {
        return fail(run, "query device rules of %s", path);
    }
    int result = attach(cgroup, program, count == 1 ? ALLOW_MULTI | REPLACE : ALLOW_MULTI, count == 1 ? old[0] : -1);
    bool replaced = result == 0 && count == 1;
    if (result < 0 && count == 1) {
        result = attach(cgroup, program, ALLOW_MULTI, -1); /* kernels before 5.6, or a program attached alone */
    }
    if (result < 0) {
        fail(run, "attach device rules to %s", path);
    }
    for (int i = 0; i < count; i++) {
        if (result == 0 && !replaced && detach(cgroup, old[i]) < 0 && errno != EPERM) {
            result = fail(run, "detach the old device rules of %s", path);
        }
        close(old[i]);
    }
    return result;
}

int op_device_rules(struct run *run, const struct step *step) {
    const char *path = step->args[0].s;
    if (step->args[1].length == 0 || step->args[1].length % INSTRUCTION != 0
        || step->args[1].length / INSTRUCTION > MAX_INSTRUCTIONS) {
        return refuse(run, "device rules of %s: no program", path);
    }
    int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0) {
        return fail(run, "open cgroup %s", path);
    }
    int program = load(&step->args[1]);
    int result = program < 0 ? fail(run, "load device rules of %s", path) : exchange(run, cgroup, program, path);
    if (program >= 0) {
        close(program);
    }
    close(cgroup);
    return result;
}
