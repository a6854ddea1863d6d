#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops.h"
#include "sha256.h"

static const char MAGIC[8] = "CARAFPLN";

/* What is left to be read; bad is set by the first thing that is not there, and everything read after that is empty. */
struct reader {
    const unsigned char *bytes;
    uint32_t at, end;
    bool bad;
};

static const unsigned char *take(struct reader *reader, uint32_t length) {
    if (reader->bad || length > reader->end - reader->at) {
        reader->bad = true;
        return NULL;
    }
    const unsigned char *bytes = reader->bytes + reader->at;
    reader->at += length;
    return bytes;
}

static uint64_t number(struct reader *reader, uint32_t length) {
    const unsigned char *bytes = take(reader, length);
    uint64_t value = 0;
    for (uint32_t i = 0; bytes != NULL && i < length; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

static uint32_t u32(struct reader *reader) {
    return (uint32_t)number(reader, 4);
}

static const char *bytes_of(struct reader *reader, uint32_t *length, uint32_t zero) {
    *length = u32(reader);
    if (*length > PLAN_MAX_STRING) {
        reader->bad = true;
    }
    return (const char *)take(reader, *length + zero);
}

static const char *string(struct reader *reader, uint32_t *length) {
    const char *text = bytes_of(reader, length, 1);
    if (text == NULL || memchr(text, 0, *length + 1) != text + *length) {
        reader->bad = true;
        return "";
    }
    return text;
}

static void list(struct reader *reader, struct arg *arg) {
    arg->count = u32(reader);
    arg->list = reader->bytes + reader->at;
    if (arg->count > PLAN_MAX_LIST) {
        reader->bad = true;
    }
    uint32_t length;
    for (uint32_t i = 0; i < arg->count && !reader->bad; i++) {
        string(reader, &length);
    }
}

static void argument(struct reader *reader, char kind, struct arg *arg) {
    switch (kind) {
        case 's': arg->s = string(reader, &arg->length); break;
        case 'b': arg->s = bytes_of(reader, &arg->length, 0); break;
        case 'l': list(reader, arg); break;
        default: arg->u = number(reader, 8);
    }
}

/* Reads a step, of which nothing is known yet if the reader is bad then; NULL if there is no such op. */
static const struct operation *read_step(struct reader *reader, struct step *step) {
    uint32_t length;
    step->op = (unsigned)number(reader, 2);
    step->phase = (enum phase)number(reader, 1);
    step->count = (unsigned)number(reader, 1);
    uint32_t size = u32(reader);
    if (reader->bad || size > reader->end - reader->at) {
        reader->bad = true;
        return NULL;
    }
    step->next = reader->at + size;
    struct reader inner = {.bytes = reader->bytes, .at = reader->at, .end = step->next};
    step->origin = string(&inner, &length);
    const struct operation *operation = op_find(step->op);
    if (operation != NULL && step->count == strlen(operation->signature)) {
        for (unsigned i = 0; i < step->count; i++) {
            argument(&inner, operation->signature[i], &step->args[i]);
        }
        inner.bad |= inner.at != inner.end;
    }
    reader->bad |= inner.bad;
    reader->at = step->next;
    return operation;
}

static int refuse(struct failure *failure, const struct step *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct failure *failure, const struct step *step, const char *format, ...) {
    char why[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    failure_set(failure, 0, "plan: step %u (%s): %s", step->index, op_name(step->op), why);
    failure->step = (int)step->index;
    failure->op = step->op;
    return -1;
}

static int check_step(const struct plan *plan, struct step *step, const struct operation *operation, struct failure *failure) {
    if (operation == NULL) {
        return refuse(failure, step, "no op has the number %u; plan and launcher are of different versions", step->op);
    }
    if ((unsigned)step->phase >= PHASES || !(operation->phases & 1U << step->phase)) {
        return refuse(failure, step, "it can't be in phase %u", (unsigned)step->phase);
    }
    if (step->count != strlen(operation->signature)) {
        return refuse(failure, step, "%u arguments, expected %zu", step->count, strlen(operation->signature));
    }
    for (unsigned i = 0; i < step->count; i++) {
        char kind = operation->signature[i];
        uint64_t slot = step->args[i].u;
        if (kind == 'b' && step->args[i].s == NULL) {
            step->args[i].s = "";
        }
        if (((kind == 'd' || kind == 'r') && slot >= plan->slots) || (kind == 'o' && slot > plan->slots)) {
            return refuse(failure, step, "it uses slot %llu of %u", (unsigned long long)slot, plan->slots);
        }
    }
    return 0;
}

/* Slots are filled once and before they are read, in the order in which phases are executed. */
static int check_slots(const struct plan *plan, struct failure *failure) {
    static const enum phase order[] = {PHASE_HOST, PHASE_OUTSIDE, PHASE_INSIDE, PHASE_GATE, PHASE_STARTED, PHASE_DELETED};
    bool filled[PLAN_MAX_SLOTS] = {false};
    for (unsigned p = 0; p < PHASES; p++) {
        struct step step = {0};
        while (plan_next(plan, 0, &step)) {
            const char *signature = op_find(step.op)->signature;
            for (unsigned i = 0; step.phase == order[p] && i < step.count; i++) {
                uint64_t slot = step.args[i].u - (signature[i] == 'o');
                if (signature[i] == 'd' && filled[slot]) {
                    return refuse(failure, &step, "slot %u is filled twice", (unsigned)slot);
                }
                if (signature[i] == 'd') {
                    filled[slot] = true;
                } else if ((signature[i] == 'r' || (signature[i] == 'o' && step.args[i].u != 0)) && !filled[slot]) {
                    return refuse(failure, &step, "slot %u is used before it is filled", (unsigned)slot);
                }
            }
        }
    }
    return 0;
}

int plan_check(struct plan *plan, unsigned char *bytes, size_t length, struct failure *failure) {
    memset(plan, 0, sizeof *plan);
    plan->bytes = bytes;
    if (length > PLAN_MAX) {
        return failure_set(failure, 0, "plan: longer than %d bytes", PLAN_MAX);
    }
    struct reader reader = {.bytes = bytes, .end = (uint32_t)length};
    const unsigned char *magic = take(&reader, sizeof MAGIC);
    if (magic == NULL || memcmp(magic, MAGIC, sizeof MAGIC) != 0) {
        return failure_set(failure, 0, "plan: this is no plan");
    }
    uint32_t version = u32(&reader);
    if (version != PLAN_VERSION) {
        return failure_set(failure, 0, "plan: version %u, expected %d", version, PLAN_VERSION);
    }
    plan->length = u32(&reader);
    plan->steps = u32(&reader);
    plan->slots = u32(&reader);
    plan->source.size = number(&reader, 8);
    plan->source.seconds = (int64_t)number(&reader, 8);
    plan->source.nanoseconds = number(&reader, 8);
    plan->source.inode = number(&reader, 8);
    const unsigned char *digest = take(&reader, sizeof plan->source.digest);
    uint32_t ignored;
    plan->id = string(&reader, &ignored);
    plan->bundle = string(&reader, &ignored);
    if (reader.bad || plan->length != length || plan->steps > PLAN_MAX_STEPS || plan->slots > PLAN_MAX_SLOTS) {
        return failure_set(failure, 0, "plan: its header is damaged");
    }
    memcpy(plan->source.digest, digest, sizeof plan->source.digest);
    plan->start = reader.at;
    for (unsigned i = 0; i < plan->steps; i++) {
        struct step step = {.index = i};
        const struct operation *operation = read_step(&reader, &step);
        if (reader.bad) {
            return refuse(failure, &step, "it is damaged");
        }
        if (check_step(plan, &step, operation, failure) < 0) {
            return -1;
        }
    }
    if (reader.at != reader.end) {
        return failure_set(failure, 0, "plan: something follows its last step");
    }
    return check_slots(plan, failure);
}

bool plan_next(const struct plan *plan, unsigned op, struct step *step) {
    struct reader reader = {.bytes = plan->bytes, .at = step->next == 0 ? plan->start : step->next, .end = plan->length};
    unsigned index = step->next == 0 ? 0 : step->index + 1;
    while (reader.at < reader.end) {
        memset(step, 0, sizeof *step);
        step->index = index++;
        read_step(&reader, step);
        if (op == 0 || step->op == op) {
            return true;
        }
    }
    return false;
}

const char *list_next(const unsigned char **at) {
    struct reader reader = {.bytes = *at, .end = PLAN_MAX_STRING + 5};
    uint32_t length;
    const char *text = string(&reader, &length);
    *at += reader.at;
    return text;
}

int plan_load(struct plan *plan, int fd, struct failure *failure) {
    memset(plan, 0, sizeof *plan);
    size_t have = 0, room = 16384;
    unsigned char *bytes = malloc(room);
    while (bytes != NULL) {
        ssize_t got = read(fd, bytes + have, room - have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            int error = errno;
            free(bytes);
            return failure_set(failure, error, "plan: read");
        }
        if (got == 0 || have + (size_t)got > PLAN_MAX) {
            have += (size_t)got;
            break;
        }
        have += (size_t)got;
        if (have == room) {
            unsigned char *more = realloc(bytes, room *= 4);
            if (more == NULL) {
                free(bytes);
            }
            bytes = more;
        }
    }
    if (bytes == NULL) {
        return failure_set(failure, ENOMEM, "plan: read");
    }
    int result = plan_check(plan, bytes, have, failure);
    if (result < 0) {
        plan_free(plan);
    }
    return result;
}

void plan_free(struct plan *plan) {
    free(plan->bytes);
    memset(plan, 0, sizeof *plan);
}

int plan_fresh(const struct plan *plan, const char *config_path, struct failure *failure) {
    const struct source *source = &plan->source;
    struct stat stat;
    int fd = open(config_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) < 0) {
        failure_set(failure, errno, "open %s", config_path);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    unsigned char digest[32];
    int fresh = (uint64_t)stat.st_size == source->size;
    if (fresh
        && (stat.st_mtim.tv_sec != source->seconds || (uint64_t)stat.st_mtim.tv_nsec != source->nanoseconds
            || stat.st_ino != source->inode)) {
        if (sha256_file(fd, digest) < 0) {
            fresh = failure_set(failure, errno, "read %s", config_path);
        } else {
            fresh = memcmp(digest, source->digest, sizeof digest) == 0;
        }
    }
    close(fd);
    return fresh;
}
