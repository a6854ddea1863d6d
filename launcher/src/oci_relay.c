#include "oci_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "oci_log.h"
#include "process.h"

enum { CHUNK = 4096, FAILED = 255 };

static struct termios before;
static bool changed;

static void make_raw(void) {
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &before) < 0) {
        return; /* no terminal on our side: bytes are copied as they come */
    }
    raw = before;
    cfmakeraw(&raw);
    changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void make_as_before(void) {
    if (changed) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    }
}

static void take_over_size(int terminal) {
    struct winsize size;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
        ioctl(terminal, TIOCSWINSZ, &size);
    }
}

static bool write_all(int fd, const char *at, size_t length) {
    while (length > 0) {
        ssize_t count = write(fd, at, length);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        at += count;
        length -= (size_t)count;
    }
    return true;
}

static bool copy(int from, int to) {
    char chunk[CHUNK];
    ssize_t count = read(from, chunk, sizeof chunk);
    return count > 0 ? write_all(to, chunk, (size_t)count) : count < 0 && errno == EINTR;
}

/* Whether pid has ended, whose status is then filled. */
static bool collect(pid_t pid, int *status) {
    bool ended = false;
    int other;
    for (pid_t child; (child = waitpid(-1, &other, WNOHANG)) > 0;) {
        if (child == pid) {
            *status = other;
            ended = true;
        }
    }
    return ended;
}

/* What was still in the terminal when its last user went. */
static void drain(int terminal) {
    struct pollfd poll_for = {.fd = terminal, .events = POLLIN};
    while (poll(&poll_for, 1, 0) == 1 && (poll_for.revents & POLLIN) != 0 && copy(terminal, STDOUT_FILENO)) {
    }
}

static int follow(pid_t pid, int terminal, int signals) {
    int status = 0;
    struct pollfd fds[3] = {{.fd = signals, .events = POLLIN}, {.fd = terminal, .events = POLLIN}, {.fd = terminal < 0 ? -1 : 0, .events = POLLIN}};
    while (!collect(pid, &status)) {
        if (poll(fds, 3, -1) < 0 && errno != EINTR) {
            return FAILED;
        }
        struct signalfd_siginfo got;
        if ((fds[0].revents & POLLIN) != 0 && read(signals, &got, sizeof got) == sizeof got) {
            if (got.ssi_signo == SIGWINCH && terminal >= 0) {
                take_over_size(terminal);
            } else if (got.ssi_signo != SIGCHLD && got.ssi_signo != SIGPIPE && got.ssi_signo != SIGURG) {
                kill(pid, (int)got.ssi_signo);
            }
        }
        if (fds[1].revents != 0 && !copy(terminal, STDOUT_FILENO)) {
            fds[1].fd = -1; /* nobody has the terminal open any more */
        }
        if (fds[2].revents != 0 && !copy(STDIN_FILENO, terminal)) {
            fds[2].fd = -1;
        }
    }
    if (terminal >= 0) {
        drain(terminal);
    }
    return process_code(status);
}

int relay(pid_t pid, int terminal) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    int signals = signalfd(-1, &all, SFD_CLOEXEC);
    if (signals < 0) {
        complain_errno("wait for process %d", (int)pid);
        return FAILED;
    }
    if (terminal >= 0) {
        take_over_size(terminal);
        make_raw();
    }
    int code = follow(pid, terminal, signals);
    make_as_before();
    close(signals);
    return code;
}

int relay_terminal(int socket) {
    char byte[256], control[CMSG_SPACE(sizeof(int))];
    struct iovec into = {.iov_base = byte, .iov_len = sizeof byte};
    struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = length < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS) {
        return complain("the container's process has sent no terminal");
    }
    int terminal;
    memcpy(&terminal, CMSG_DATA(header), sizeof terminal);
    return terminal;
}
