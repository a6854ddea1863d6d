/* A terminal of the container's own devpts; its master goes to whoever listens at --console-socket. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "inside_root.h"
#include "run.h"
#include "sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int send_master(struct run *run, int master) {
    char name[] = "/dev/ptmx"; /* runc sends its path along, and receivers expect some bytes */
    struct iovec data = {.iov_base = name, .iov_len = sizeof name - 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &master, sizeof master);
    return sendmsg(run->execution->console_socket, &message, MSG_NOSIGNAL) < 0 ? fail(run, "send the terminal to the console socket") : 0;
}

/* The multiplexer of the container's devpts, and nothing else that an image has put there (CVE-2025-52565). */
static int open_multiplexer(struct run *run) {
    struct stat stat;
    struct statfs kind;
    int fd = root_open(run, "dev/pts/ptmx", O_RDWR | O_NOFOLLOW | O_NOCTTY);
    if (fd < 0) {
        return fail(run, "open /dev/pts/ptmx");
    }
    if (fstat(fd, &stat) < 0 || fstatfs(fd, &kind) < 0 || !S_ISCHR(stat.st_mode) || stat.st_rdev != makedev(5, 2)
        || kind.f_type != CARAFE_DEVPTS_MAGIC) {
        close(fd);
        return refuse(run, "/dev/pts/ptmx is not a terminal multiplexer");
    }
    return fd;
}

static int set_up(struct run *run, const struct step *step, int master) {
    int unlocked = 0;
    struct winsize size = {.ws_col = (unsigned short)step->args[0].u, .ws_row = (unsigned short)step->args[1].u};
    if (ioctl(master, TIOCSPTLCK, &unlocked) < 0) {
        return fail(run, "unlock the terminal");
    }
    run->slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (run->slave < 0) {
        return fail(run, "open the terminal");
    }
    if ((size.ws_col != 0 || size.ws_row != 0) && ioctl(run->slave, TIOCSWINSZ, &size) < 0) {
        return fail(run, "set the size of the terminal");
    }
    if (send_master(run, master) < 0) {
        return -1;
    }
    for (int stream = 0; stream <= 2; stream++) {
        if (dup2(run->slave, stream) < 0) {
            return fail(run, "make the terminal a standard stream");
        }
    }
    return ioctl(0, TIOCSCTTY, 0) < 0 ? fail(run, "make the terminal the controlling one") : 0;
}

int op_terminal(struct run *run, const struct step *step) {
    if (run->execution->console_socket < 0) {
        return refuse(run, "the process has a terminal, but no --console-socket is given to send it to");
    }
    int master = open_multiplexer(run);
    if (master < 0) {
        return -1;
    }
    int result = set_up(run, step, master);
    close(master);
    return result;
}

int op_dev_console(struct run *run, const struct step *step) {
    (void)step;
    if (run->slave < 0) {
        return refuse(run, "/dev/console needs a terminal");
    }
    const char *name;
    int parent = root_parent(run, "dev/console", &name);
    if (parent < 0) {
        return -1;
    }
    int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    int target = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int tree = sys_open_tree(run->slave, "", CARAFE_OPEN_TREE_CLONE | AT_EMPTY_PATH);
    struct stat stat;
    int result = target < 0 || tree < 0 || fstat(target, &stat) < 0         ? fail(run, "bind /dev/console")
                 : !S_ISREG(stat.st_mode) && !S_ISCHR(stat.st_mode) ? refuse(run, "/dev/console is no file to put the terminal over")
                 : sys_move_mount(tree, target) < 0                         ? fail(run, "bind /dev/console")
                                                                            : 0;
    int all[] = {file, target, tree, parent};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] >= 0) {
            close(all[i]);
        }
    }
    return result;
}
