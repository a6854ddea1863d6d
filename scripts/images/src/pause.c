// The pause program of the peers: holds a pod's namespaces, reaps what is left to it, ends on SIGTERM or SIGINT.
// Carafe needs no such image; the suites pull one as a plain image, and containerd runs one in each pod.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void finish(int signal_number) {
    (void)signal_number;
    _exit(0);
}

static void reap(int signal_number) {
    (void)signal_number;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

int main(void) {
    signal(SIGINT, finish);
    signal(SIGTERM, finish);
    signal(SIGCHLD, reap);
    for (;;) {
        pause();
    }
}
