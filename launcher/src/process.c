#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int process_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_wait(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return CANNOT_RUN;
        }
    }
    return process_code(status);
}

pid_t process_read_pid(const char *path) {
    char text[32] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    char *end;
    long pid = strtol(text, &end, 10);
    return length > 0 && end != text && pid > 1 && pid < 1L << 30 ? (pid_t)pid : -1;
}

int process_let_go_of_streams(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) {
        return -1;
    }
    close(null);
    return 0;
}

void process_reap_until_told(void) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    while (1) {
        int got = sigwaitinfo(&wanted, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        if (got == SIGTERM || got == SIGINT) {
            _exit(0);
        }
    }
}
