/*
 * usage: make_plan OPS CONFIG ID BUNDLE <STEPS >PLAN
 *
 * Makes a plan without a compiler, for tests. OPS is what `carafe-launcher ops` prints, CONFIG the file that the plan is of, ID and
 * BUNDLE are "" for any. STEPS has a line for each step: phase, op, origin, and the arguments that the op's signature names, by
 * blanks; in them %XX is a byte, "%" alone is empty, and a list's strings have commas between them. "#" begins a comment.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sha256.h"

enum { LINE_MAX_BYTES = 1 << 16, OUT_MAX = 1 << 20 };

static unsigned char out[OUT_MAX];
static size_t length;
static const char *const PHASES[] = {"host", "outside", "inside", "gate", "started", "deleted"};

static void number(uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++) {
        out[length++] = (unsigned char)(value >> (8 * i));
    }
}

static void put(size_t at, uint32_t value) {
    size_t end = length;
    length = at;
    number(value, 4);
    length = end;
}

/* Decodes %XX in place; returns the length. */
static uint32_t decode(char *text) {
    char *to = text;
    for (const char *from = text; *from != 0; from++) {
        if (*from == '%' && from[1] != 0 && from[2] != 0) {
            char digits[3] = {from[1], from[2], 0};
            *to++ = (char)strtoul(digits, NULL, 16);
            from += 2;
        } else if (*from != '%') {
            *to++ = *from;
        }
    }
    *to = 0;
    return (uint32_t)(to - text);
}

static void string(char *text, int zero) {
    uint32_t size = decode(text);
    number(size, 4);
    memcpy(out + length, text, size);
    length += size;
    if (zero) {
        out[length++] = 0;
    }
}

static void list(char *text) {
    size_t at = length;
    uint32_t count = 0;
    number(0, 4);
    char *rest = text;
    for (char *part; strcmp(text, "%") != 0 && (part = strsep(&rest, ",")) != NULL; count++) {
        string(part, 1);
    }
    put(at, count);
}

/* The op's number and signature, from a line such as "51 oom-score s outside". */
static int find(const char *ops, const char *name, unsigned *op, char *signature) {
    FILE *file = fopen(ops, "r");
    char line[256], known[64];
    int found = 0;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = sscanf(line, "%u %63s %31s", op, known, signature) == 3 && strcmp(known, name) == 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

static int step(const char *ops, char *line) {
    char *phase = strtok(line, " "), *name = strtok(NULL, " "), *origin = strtok(NULL, " "), signature[32];
    unsigned op, at_phase = 0;
    if (origin == NULL || !find(ops, name, &op, signature)) {
        fprintf(stderr, "make_plan: no op %s\n", name == NULL ? line : name);
        return -1;
    }
    while (at_phase < 5 && strcmp(PHASES[at_phase], phase) != 0) {
        at_phase++;
    }
    if (signature[0] == '-') {
        signature[0] = 0;
    }
    number(op, 2);
    number(at_phase, 1);
    number(strlen(signature), 1);
    size_t at = length;
    number(0, 4);
    string(origin, 1);
    for (const char *kind = signature; *kind != 0; kind++) {
        char *argument = strtok(NULL, " ");
        if (argument == NULL) {
            fprintf(stderr, "make_plan: %s wants %s\n", name, signature);
            return -1;
        }
        if (*kind == 'u') {
            number(strtoull(argument, NULL, 0), 8);
        } else if (*kind == 'l') {
            list(argument);
        } else {
            string(argument, *kind == 's');
        }
    }
    put(at, (uint32_t)(length - at - 4));
    return 0;
}

static int header(const char *config, char *id, char *bundle) {
    struct stat stat_of;
    int fd = open(config, O_RDONLY);
    if (fd < 0 || fstat(fd, &stat_of) < 0) {
        perror(config);
        return -1;
    }
    memcpy(out, "CARAFPLN", 8);
    length = 8;
    number(1, 4);
    number(0, 4); /* the length, */
    number(0, 4); /* the count of steps, */
    number(64, 4); /* more slots than any test needs */
    number((uint64_t)stat_of.st_size, 8);
    number((uint64_t)stat_of.st_mtim.tv_sec, 8);
    number((uint64_t)stat_of.st_mtim.tv_nsec, 8);
    number(stat_of.st_ino, 8);
    int result = sha256_file(fd, out + length);
    close(fd);
    length += 32;
    string(id, 1);
    string(bundle, 1);
    return result;
}

int main(int argc, char **argv) {
    static char line[LINE_MAX_BYTES];
    uint32_t steps = 0;
    if (argc != 5 || header(argv[2], argv[3], argv[4]) < 0) {
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] == 0 || line[0] == '#') {
            continue;
        }
        if (step(argv[1], line) < 0) {
            return 1;
        }
        steps++;
    }
    put(12, (uint32_t)length);
    put(16, steps);
    return fwrite(out, 1, length, stdout) == length ? 0 : 1;
}
