/* kill: a signal for the first process of a container, or for all. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oci.h"
#include "oci_cgroup.h"
#include "oci_log.h"
#include "sys.h"

static const struct {
    const char *name;
    int number;
} SIGNALS[] = {
    {"HUP", SIGHUP}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"ILL", SIGILL}, {"TRAP", SIGTRAP}, {"ABRT", SIGABRT}, {"IOT", SIGIOT},
    {"BUS", SIGBUS}, {"FPE", SIGFPE}, {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},
    {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"STKFLT", 16}, {"CHLD", SIGCHLD}, {"CLD", SIGCHLD}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},
    {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU}, {"URG", SIGURG}, {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
    {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO}, {"POLL", SIGPOLL}, {"PWR", SIGPWR}, {"SYS", SIGSYS},
};

/* The kernel's, not the C library's, which keeps the first of them for itself. */
enum { FIRST_REAL_TIME = 34, LAST_SIGNAL = 64 };

static int number_in(const char *text, int base, int last) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    return *text == 0 || *end != 0 || errno != 0 || base + number < 0 || base + number > last ? -1 : (int)(base + number);
}

static int signal_named(const char *text) {
    if (text[0] >= '0' && text[0] <= '9') {
        return number_in(text, 0, LAST_SIGNAL);
    }
    const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (unsigned i = 0; i < sizeof SIGNALS / sizeof SIGNALS[0]; i++) {
        if (strcasecmp(name, SIGNALS[i].name) == 0) {
            return SIGNALS[i].number;
        }
    }
    if (strncasecmp(name, "RTMIN", 5) == 0) {
        return name[5] == 0 ? FIRST_REAL_TIME : number_in(name + 5, FIRST_REAL_TIME, LAST_SIGNAL);
    }
    if (strncasecmp(name, "RTMAX", 5) == 0) {
        return name[5] == 0 ? LAST_SIGNAL : number_in(name + 5, LAST_SIGNAL, LAST_SIGNAL);
    }
    return -1;
}

static int send_to_first(const struct container *container, int signal) {
    int pidfd = container_pidfd(container);
    if (pidfd < 0) {
        return complain("container not running: %s", container->id);
    }
    int result = (int)syscall(SYS_NR_pidfd_send_signal, pidfd, signal, NULL, 0);
    if (result < 0) {
        result = errno == ESRCH ? complain("container not running: %s", container->id)
                                : complain_errno("signal container %s", container->id);
    }
    close(pidfd);
    return result;
}

static int send(const struct container *container, int signal, bool all) {
    if (all && container->cgroup_count > 0) {
        cgroup_signal(container, signal);
        return 0;
    }
    if (send_to_first(container, signal) < 0) {
        return -1;
    }
    /* without a pid namespace of its own the rest would go on; on v1 a paused container dies only once it goes on */
    if (signal == SIGKILL && (!container->private_pids || cgroup_is_frozen(container))) {
        cgroup_signal(container, SIGKILL);
    }
    return 0;
}

int kill_command(const struct call *call) {
    struct container container;
    if (container_open(&container, call->globals->root, call->words[0]) < 0) {
        container_close(&container);
        return 1;
    }
    const char *text = call->word_count > 1 ? call->words[1] : "TERM";
    int signal = signal_named(text);
    int result = signal < 0 ? complain("unknown signal \"%s\"", text) : send(&container, signal, flag_on(call->flags, "all"));
    container_close(&container);
    return result < 0 ? 1 : 0;
}
