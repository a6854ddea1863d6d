/*
 * Plans by hand, for tests.
 *
 *   planned assemble [CONFIG] < TEXT > PLAN
 *                                        a step a line: PHASE OP [@ORIGIN] ARGUMENT…; a list is [a,b,c], bytes are xHEX, words
 *                                        with blanks stand in "quotes"; # begins a comment. CONFIG is the file it is of
 *   planned create PLAN DIRECTORY        executes it; prints the pid, which waits at DIRECTORY/exec.fifo
 *   planned start DIRECTORY
 *   planned run PLAN DIRECTORY           both, and waits; its exit code
 *   planned exec PLAN PID                as `exec` does, and waits; its exit code
 *   planned phase PLAN NAME [PID]
 *   planned check PLAN
 *
 * PLANNED_CONSOLE is a socket's path, PLANNED_PRESERVE a number, PLANNED_NO_PIVOT anything.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute.h"
#include "ops.h"
#include "sha256.h"

static unsigned char out[PLAN_MAX];
static size_t length;

static void put(const void *bytes, size_t count) {
    if (length + count > sizeof out) {
        fputs("too long\n", stderr);
        exit(2);
    }
    memcpy(out + length, bytes, count);
    length += count;
}

static void put_number(uint64_t number, unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)(i < 8 ? number >> 8 * i : 0);
        put(&byte, 1);
    }
}

static void put_string(const char *text, size_t size) {
    put_number(size, 4);
    put(text, size);
    put("", 1);
}

static void set_u32(size_t at, uint64_t number) {
    size_t now = length;
    length = at;
    put_number(number, 4);
    length = now;
}

static void put_list(char *word) {
    size_t at = length, count = 0;
    put_number(0, 4);
    for (char *item = word + 1, *end; *item != 0 && *item != ']'; item = end + 1, count++) {
        end = item + strcspn(item, ",]");
        put_string(item, (size_t)(end - item));
        if (*end == ']') {
            count++;
            break;
        }
    }
    set_u32(at, count);
}

static void put_bytes(const char *hex) {
    size_t count = strlen(hex) / 2;
    put_number(count, 4);
    for (size_t i = 0; i < count; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * i, "%2x", &byte);
        put_number(byte, 1);
    }
}

/* The next word of a line, which is cut there; NULL at its end. */
static char *word(char **line) {
    static char empty[] = "";
    while (isspace((unsigned char)**line)) {
        (*line)++;
    }
    if (**line == 0 || **line == '#') {
        return NULL;
    }
    char *start = *line, stop = *start == '"' ? '"' : *start == '[' ? ']' : 0;
    if (stop == '"') {
        start++;
    }
    char *end = start;
    while (*end != 0 && (stop == 0 ? !isspace((unsigned char)*end) : *end != stop)) {
        end++;
    }
    if (stop == ']' && *end != 0) {
        end++;
    }
    *line = *end == 0 ? end : end + 1;
    *end = 0;
    return start == end ? empty : start;
}

static const struct operation *named(const char *name, unsigned *number) {
    for (*number = 0; *number < 200; (*number)++) {
        const struct operation *operation = op_find(*number);
        if (operation != NULL && strcmp(operation->name, name) == 0) {
            return operation;
        }
    }
    return NULL;
}

/* Which config.json it is of: none is all zeros. */
static int put_source(const char *config) {
    unsigned char digest[32] = {0};
    struct stat stat_of = {0};
    int fd = config == NULL ? -1 : open(config, O_RDONLY | O_CLOEXEC);
    if (config != NULL && (fd < 0 || fstat(fd, &stat_of) < 0 || sha256_file(fd, digest) < 0)) {
        perror(config);
        return -1;
    }
    if (fd >= 0) {
        close(fd);
    }
    put_number((uint64_t)stat_of.st_size, 8);
    put_number((uint64_t)stat_of.st_mtim.tv_sec, 8);
    put_number((uint64_t)stat_of.st_mtim.tv_nsec, 8);
    put_number(stat_of.st_ino, 8);
    put(digest, sizeof digest);
    return 0;
}

static unsigned phase_named(const char *name) {
    unsigned phase = 0;
    while (phase < PHASES && strcmp(phase_name(phase), name) != 0) {
        phase++;
    }
    return phase;
}

static int assemble(const char *config) {
    static char line[1 << 20];
    unsigned steps = 0, slots = 0;
    put("CARAFPLN", 8);
    put_number(1, 4);
    put_number(0, 8);
    put_number(0, 4);
    if (put_source(config) < 0) {
        return 2;
    }
    put_string("", 0);
    put_string("", 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *at = line, *phase = word(&at), *name = phase == NULL ? NULL : word(&at), *argument;
        unsigned number = 0;
        if (phase == NULL) {
            continue;
        }
        unsigned p = phase_named(phase);
        const struct operation *operation = name == NULL ? NULL : named(name, &number);
        if (operation == NULL || p == PHASES) {
            fprintf(stderr, "no such step: %s %s\n", phase, name);
            return 2;
        }
        put_number(number, 2);
        put_number(p, 1);
        size_t count_at = length;
        put_number(0, 5);
        const char *kind = operation->signature;
        argument = word(&at);
        if (argument != NULL && *argument == '@') {
            put_string(argument + 1, strlen(argument + 1));
            argument = word(&at);
        } else {
            put_string("", 0);
        }
        for (; argument != NULL; argument = word(&at), kind += *kind != 0) {
            if (*kind == 's') {
                put_string(argument, strlen(argument));
            } else if (*kind == 'l') {
                put_list(argument);
            } else if (*kind == 'b') {
                put_bytes(argument + 1);
            } else {
                uint64_t value = strtoull(argument, NULL, 0);
                put_number(value, 8);
                if (*kind == 'd' && value >= slots) {
                    slots = (unsigned)value + 1;
                }
            }
            out[count_at]++;
        }
        set_u32(count_at + 1, length - count_at - 5);
        steps++;
    }
    set_u32(12, length);
    set_u32(16, steps);
    set_u32(20, slots);
    return fwrite(out, 1, length, stdout) == length ? 0 : 2;
}

static int state(void *context, const char *status, pid_t pid, char *text, size_t size) {
    (void)context;
    return snprintf(text, size, "{\"ociVersion\":\"1.2.0\",\"id\":\"planned\",\"status\":\"%s\",\"pid\":%d,\"bundle\":\"/\"}", status, pid);
}

static int created(void *context, pid_t pid, int pidfd, struct failure *failure) {
    (void)context;
    if (pidfd < 0 || fcntl(pidfd, F_GETFD) < 0) {
        return failure_set(failure, errno, "no pidfd of %d", pid);
    }
    return getenv("PLANNED_REFUSE") == NULL ? 0 : failure_set(failure, 0, "refused");
}

static int say(const struct failure *failure) {
    fprintf(stderr, "step %d op %s errno %d origin \"%s\": %s\n", failure->step, op_name(failure->op), failure->error, failure->origin,
            failure->text);
    return 125;
}

static int code_of(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return 124;
        }
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int console(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("PLANNED_CONSOLE");
    if (path == NULL) {
        return -1;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : fd;
}

int main(int argc, char **argv) {
    struct failure failure;
    struct plan plan;
    if (argc >= 2 && strcmp(argv[1], "assemble") == 0) {
        return assemble(argv[2]);
    }
    if (argc == 3 && strcmp(argv[1], "start") == 0) {
        int directory = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
        return gate_open(directory, &failure) < 0 ? say(&failure) : 0;
    }
    if (argc < 3) {
        return 2;
    }
    int file = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (plan_load(&plan, file, &failure) < 0) {
        return say(&failure);
    }
    close(file);
    const char *preserve = getenv("PLANNED_PRESERVE");
    struct execution execution = {
        .plan = &plan,
        .id = "planned",
        .console_socket = console(),
        .gate = -1,
        .join = -1,
        .preserve_fds = preserve == NULL ? 0 : (unsigned)atoi(preserve),
        .no_pivot = getenv("PLANNED_NO_PIVOT") != NULL,
        .state = state,
        .created = created,
    };
    int code = 0;
    if (strcmp(argv[1], "check") == 0) {
        printf("%u steps\n", plan.steps);
        code = execute_check(&plan, &failure) < 0 ? say(&failure) : 0;
    } else if (strcmp(argv[1], "phase") == 0 && argc >= 4) {
        code = execute_phase(&execution, phase_named(argv[3]), argc > 4 ? atoi(argv[4]) : 0, &failure) < 0 ? say(&failure) : 0;
    } else if (strcmp(argv[1], "exec") == 0 && argc == 4) {
        execution.join = (int)syscall(SYS_pidfd_open, atoi(argv[3]), 0);
        pid_t pid = execute(&execution, &failure);
        code = pid < 0 ? say(&failure) : code_of(pid);
    } else if (argc == 4) {
        int directory = open(argv[3], O_PATH | O_DIRECTORY | O_CLOEXEC);
        execution.gate = gate_make(directory, &failure);
        pid_t pid = execution.gate < 0 ? -1 : execute(&execution, &failure);
        if (pid < 0) {
            code = say(&failure);
        } else if (strcmp(argv[1], "create") == 0) {
            printf("%d\n", (int)pid);
        } else {
            code = gate_open(directory, &failure) < 0 ? say(&failure) : code_of(pid);
        }
    }
    plan_free(&plan);
    return code;
}
