#include "oci_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "oci_log.h"

int socket_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int place = open(path, O_PATH | O_CLOEXEC);
    int socket_fd = place < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* an address has 108 bytes, and callers have longer paths */
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", place);
    int result = socket_fd < 0 ? -1 : connect(socket_fd, (struct sockaddr *)&address, sizeof address);
    if (result < 0) {
        complain_errno("connect to socket %s", path);
        if (socket_fd >= 0) {
            close(socket_fd);
        }
    }
    if (place >= 0) {
        close(place);
    }
    return result < 0 ? -1 : socket_fd;
}

int socket_send(int socket_fd, const char *name, int fd) {
    char control[CMSG_SPACE(sizeof fd)];
    memset(control, 0, sizeof control);
    struct iovec text = {.iov_base = (char *)name, .iov_len = strlen(name)};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
