#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

static const int SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

static bool is_sealed(int fd) {
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & SEALS) == SEALS;
}

static int memory_file(void) {
    /* kernels before 6.3 do not know MFD_EXEC; later ones may be told to refuse a memfd without it */
    int fd = memfd_create("carafe-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    return fd < 0 && errno == EINVAL ? memfd_create("carafe-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

static int copy(int from, int to) {
    struct stat stat;
    if (fstat(from, &stat) < 0) {
        return -1;
    }
    for (off_t done = 0; done < stat.st_size;) {
        ssize_t count = sendfile(to, from, NULL, (size_t)(stat.st_size - done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return -1;
        }
        done += count;
    }
    return 0;
}

int seal_self(char **argv) {
    extern char **environ;
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (self < 0) {
        return report_errno("seal", "/proc/self/exe");
    }
    if (is_sealed(self)) {
        close(self);
        return 0;
    }
    int memory = memory_file();
    if (memory < 0 || copy(self, memory) < 0 || fcntl(memory, F_ADD_SEALS, SEALS) < 0) {
        return report_errno("seal", "memory file");
    }
    syscall(SYS_execveat, memory, "", argv, environ, AT_EMPTY_PATH);
    return report_errno("seal", "execute the sealed copy");
}
