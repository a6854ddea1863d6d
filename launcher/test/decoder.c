/*
 * usage: decoder PLAN…: of a good plan every beginning is refused, and any changed byte is either refused or leaves a plan
 * that can be read to its end; fuzz_plan.c goes further.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan.h"

static int failures;

static int check(const unsigned char *bytes, size_t length) {
    struct plan plan;
    struct failure failure = {.text = ""};
    unsigned char *copy = malloc(length + (length == 0));
    memcpy(copy, bytes, length);
    int result = plan_check(&plan, copy, length, &failure);
    struct step step = {0};
    unsigned steps = 0;
    while (result == 0 && plan_next(&plan, 0, &step)) {
        steps++;
    }
    if ((result == 0 && steps != plan.steps) || (result < 0 && failure.text[0] == 0)) {
        printf("FAILED: a plan of %zu bytes: %d, %u steps, %s\n", length, result, steps, failure.text);
        failures++;
    }
    free(copy);
    return result;
}

static void expect(const char *what, unsigned char *bytes, size_t length, size_t at, unsigned char value, const char *text) {
    struct plan plan;
    struct failure failure = {.text = ""};
    unsigned char *copy = malloc(length);
    memcpy(copy, bytes, length);
    copy[at] = value;
    if (plan_check(&plan, copy, length, &failure) == 0 || strstr(failure.text, text) == NULL) {
        printf("FAILED: %s: '%s' is not in '%s'\n", what, text, failure.text);
        failures++;
    }
    free(copy);
}

int main(int argc, char **argv) {
    static unsigned char bytes[PLAN_MAX];
    enum { FIRST_STEP = 8 + 4 * 4 + 8 * 4 + 32 + 5 + 5 };
    for (int i = 1; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);
        ssize_t length = read(fd, bytes, sizeof bytes);
        close(fd);
        if (length < FIRST_STEP || check(bytes, (size_t)length) < 0) {
            printf("FAILED: %s is no good plan\n", argv[i]);
            return 1;
        }
        for (size_t size = 0; size < (size_t)length; size++) {
            if (check(bytes, size) == 0) {
                printf("FAILED: the first %zu bytes of %s pass for a plan\n", size, argv[i]);
                failures++;
            }
        }
        for (size_t at = 0; at < (size_t)length; at++) {
            static const unsigned char changes[] = {0x01, 0x80, 0xff};
            for (unsigned change = 0; change < sizeof changes; change++) {
                bytes[at] ^= changes[change];
                check(bytes, (size_t)length);
                bytes[at] ^= changes[change];
            }
        }
        expect("magic", bytes, (size_t)length, 0, 'X', "this is no plan");
        expect("version", bytes, (size_t)length, 8, 2, "version 2, expected 1");
        expect("length", bytes, (size_t)length, 12, (unsigned char)(bytes[12] + 1), "its header is damaged");
        expect("steps", bytes, (size_t)length, 16, (unsigned char)(bytes[16] - 1), "something follows its last step");
        expect("more steps", bytes, (size_t)length, 16, (unsigned char)(bytes[16] + 1), "it is damaged");
        expect("no slots", bytes, (size_t)length, 20, 0, "of 0");
        expect("unknown op", bytes, (size_t)length, FIRST_STEP, 199, "no op has the number 199");
        expect("wrong phase", bytes, (size_t)length, FIRST_STEP + 2, 3, "can't be in phase 3");
        expect("no phase", bytes, (size_t)length, FIRST_STEP + 2, 200, "can't be in phase 200");
        expect("arguments", bytes, (size_t)length, FIRST_STEP + 3, 2, "2 arguments, expected 3");
        expect("length of a step", bytes, (size_t)length, FIRST_STEP + 4, (unsigned char)(bytes[FIRST_STEP + 4] - 1), "it is damaged");
        expect("zero in a string", bytes, (size_t)length, FIRST_STEP + 8 + 5 + 4, 0, "it is damaged");
    }
    if (failures == 0) {
        puts("launcher: decoder checks passed");
    }
    return failures == 0 ? 0 : 1;
}
