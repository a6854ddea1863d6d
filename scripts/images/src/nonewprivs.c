// Installed setuid root: prints the effective user id, which stays the caller's where no_new_privs is set.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    printf("Effective uid: %d\n", (int)geteuid());
    return 0;
}
