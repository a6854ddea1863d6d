/* A /proc that nobody can put anything over: for sysctls and security labels. */
#pragma once

/*
 * A procfs of our own, mounted nowhere: on one that others see somebody may have mounted something else over the files that
 * are about to be written (CVE-2025-52881). Where the kernel gives none, the /proc that there is, if it is one; -1 with errno.
 */
int private_proc_open(void);

/* Opens a file of it for writing, over no symbolic link and no other mount; -1 with errno. */
int private_proc_file(int proc, const char *path);
