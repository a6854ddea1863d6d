#include "oci_compile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "oci_log.h"
#include "process.h"

enum { ARGUMENTS_MAX = 32, WORDS_MAX = 8192 };

static int beside(char *path, const struct globals *globals, const char *name) {
    const char *slash = strrchr(globals->self, '/');
    int length = slash == NULL ? 0 : (int)(slash - globals->self);
    return snprintf(path, PATH_MAX, "%.*s/%s", length, globals->self, name) < PATH_MAX ? 0 : -1;
}

int plan_from(struct plan *plan, int fd, const char *name) {
    struct failure failure;
    return plan_load(plan, fd, &failure) == 0 ? 0 : complain("plan %s: %s", name, failure.text);
}

/* In the child: the compiler with its streams; it may read ours, for --process=- */
static void become_compiler(const char *path, const char *const *arguments, int out, int err) {
    char *argv[ARGUMENTS_MAX + 2] = {(char *)path};
    for (unsigned i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++) {
        argv[i + 1] = (char *)arguments[i];
    }
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(path, argv);
    dprintf(STDERR_FILENO, errno == ENOENT ? "there is no compiler %s" : "the compiler %s cannot be run", path);
    _exit(CANNOT_RUN);
}

/* The last line of what the compiler said, without its end. */
static const char *last_line(char *words, ssize_t length) {
    while (length > 0 && (words[length - 1] == '\n' || words[length - 1] == ' ')) {
        length--;
    }
    words[length] = 0;
    const char *end = strrchr(words, '\n');
    return end == NULL ? words : end + 1;
}

int compile(struct plan *plan, const struct globals *globals, const char *const *arguments) {
    char path[PATH_MAX];
    int out = memfd_create("plan", MFD_CLOEXEC);
    int err = memfd_create("words", MFD_CLOEXEC);
    pid_t child = out < 0 || err < 0 || beside(path, globals, "carafe-oci-compile") < 0 ? -1 : fork();
    if (child == 0) {
        become_compiler(path, arguments, out, err);
    }
    int result = -1;
    if (child < 0) {
        complain_errno("run the compiler");
    } else if (process_wait(child) == 0) {
        lseek(out, 0, SEEK_SET);
        result = plan_from(plan, out, "of the compiler");
    } else {
        char words[WORDS_MAX];
        ssize_t length = pread(err, words, sizeof words - 1, 0);
        const char *reason = last_line(words, length < 0 ? 0 : length);
        complain("%s", reason[0] == 0 ? "the compiler ended without a word" : reason);
    }
    close(out);
    close(err);
    return result;
}

int become_java(const struct globals *globals) {
    char path[PATH_MAX];
    char **argv = calloc((size_t)globals->line_count + 2, sizeof *argv);
    if (argv == NULL || beside(path, globals, "carafe-oci-java") < 0) {
        return complain("out of memory");
    }
    argv[0] = path;
    memcpy(argv + 1, globals->line, (size_t)globals->line_count * sizeof *argv);
    execv(path, argv);
    complain_errno("run %s", path);
    free(argv);
    return -1;
}
