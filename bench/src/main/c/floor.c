/*
 * floor run bare|kubernetes HOME PROGRAM [FILTER]
 * floor exec HOME PID PROGRAM
 *
 * The least that a container costs: the system calls that the kernel demands for the benchmark's two configurations, with nothing
 * parsed, checked, kept or reported. No runtime can be faster; how near one comes is the measure. HOME has the directories rootfs,
 * share and ns of the benchmark.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static char hierarchies[32][300];
static unsigned hierarchy_count;
static const char *home;

static void need(int result, const char *what) {
    if (result < 0) {
        perror(what);
        _exit(1);
    }
}

static int put(const char *directory, const char *file, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int result = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
    close(fd);
    return result;
}

static void find_hierarchies(void) {
    DIR *all = opendir("/sys/fs/cgroup");
    for (struct dirent *one; all != NULL && (one = readdir(all)) != NULL;) {
        if (one->d_name[0] != '.' && one->d_type == DT_DIR && strcmp(one->d_name, "unified") != 0) {
            snprintf(hierarchies[hierarchy_count++], sizeof hierarchies[0], "/sys/fs/cgroup/%.200s/carafe-floor-%d", one->d_name, (int)getpid());
        }
    }
    closedir(all);
}

static void make_cgroups(void) {
    for (unsigned i = 0; i < hierarchy_count; i++) {
        need(mkdir(hierarchies[i], 0755), hierarchies[i]);
        if (strstr(hierarchies[i], "/cpuset/") != NULL) {
            need(put(hierarchies[i], "cpuset.cpus", "0"), "cpuset.cpus");
            need(put(hierarchies[i], "cpuset.mems", "0"), "cpuset.mems");
        }
    }
}

static void limit(void) {
    static const char *const rules[] = {"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm",
                                        "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};
    for (unsigned i = 0; i < hierarchy_count; i++) {
        const char *at = hierarchies[i];
        if (strstr(at, "/memory/") != NULL) {
            need(put(at, "memory.limit_in_bytes", "134217728"), "memory");
            put(at, "memory.memsw.limit_in_bytes", "134217728");
        } else if (strstr(at, "/cpu/") != NULL) {
            need(put(at, "cpu.shares", "512"), "shares");
            need(put(at, "cpu.cfs_period_us", "100000"), "period");
            need(put(at, "cpu.cfs_quota_us", "50000"), "quota");
        } else if (strstr(at, "/pids/") != NULL) {
            need(put(at, "pids.max", "1000"), "pids");
        } else if (strstr(at, "/devices/") != NULL) {
            need(put(at, "devices.deny", "a"), "devices");
            for (unsigned rule = 0; rule < sizeof rules / sizeof *rules; rule++) {
                need(put(at, "devices.allow", rules[rule]), "devices");
            }
        }
    }
}

static void attach(const char *type, const char *target, unsigned long flags, const char *data) {
    char path[300];
    snprintf(path, sizeof path, "%s/rootfs%s", home, target);
    mkdir(path, 0755);
    need(mount(type, path, type, flags, data), path);
}

static void bind(const char *source, const char *target, unsigned long flags) {
    char from[300], to[300];
    struct stat stat_of;
    snprintf(from, sizeof from, "%s/share/%s", home, source);
    snprintf(to, sizeof to, "%s/rootfs%s", home, target);
    if (stat(from, &stat_of) == 0 && S_ISREG(stat_of.st_mode)) {
        close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    } else {
        mkdir(to, 0755);
    }
    need(mount(from, to, NULL, MS_BIND | MS_REC, NULL), to);
    need(mount(NULL, to, NULL, MS_PRIVATE | MS_REC, NULL), to);
    need(mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | flags, NULL), to);
}

static void make_devices(void) {
    static const struct {
        const char *name;
        unsigned minor;
    } nodes[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};
    char path[300];
    for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        snprintf(path, sizeof path, "%s/rootfs/dev/%s", home, nodes[i].name);
        if (mknod(path, S_IFCHR | 0666, makedev(1, nodes[i].minor)) < 0 && errno != EEXIST) {
            need(-1, path);
        }
    }
}

static void mount_like_kubernetes(void) {
    unsigned long usual = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    attach("proc", "/proc", usual, NULL);
    attach("tmpfs", "/dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
    attach("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
    attach("mqueue", "/dev/mqueue", usual, NULL);
    attach("sysfs", "/sys", usual | MS_RDONLY, NULL);
    attach("tmpfs", "/sys/fs/cgroup", usual, "mode=755");
    for (unsigned i = 0; i < hierarchy_count; i++) {
        char name[64], target[128];
        const char *begin = hierarchies[i] + strlen("/sys/fs/cgroup/");
        snprintf(name, sizeof name, "%.*s", (int)strcspn(begin, "/"), begin);
        snprintf(target, sizeof target, "/sys/fs/cgroup/%s", name);
        attach("cgroup", target, usual | MS_RDONLY, strcmp(name, "systemd") == 0 ? "none,name=systemd" : name);
    }
    bind("a", "/dev/shm", usual);
    bind("resolv.conf", "/etc/resolv.conf", usual | MS_RDONLY);
    bind("hostname", "/etc/hostname", usual | MS_RDONLY);
    bind("a", "/data", MS_NOEXEC);
    bind("hosts", "/etc/hosts", 0);
    bind("a", "/var/deep", MS_RDONLY);
    bind("b", "/var/secret", MS_RDONLY);
    bind("b", "/var/token", MS_RDONLY);
    bind("b", "/var/config", MS_RDONLY);
}

static void hide(void) {
    static const char *const files[] = {"/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/timer_list"};
    static const char *const directories[] = {"/proc/acpi", "/proc/scsi", "/sys/firmware"};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        mount("/dev/null", files[i], NULL, MS_BIND, NULL);
    }
    for (unsigned i = 0; i < sizeof directories / sizeof *directories; i++) {
        mount("tmpfs", directories[i], "tmpfs", MS_RDONLY, NULL);
    }
    need(mount("/proc/sys", "/proc/sys", NULL, MS_BIND | MS_REC, NULL), "/proc/sys");
    need(mount(NULL, "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), "/proc/sys");
}

static struct sock_filter instructions[4096];
static struct sock_fprog filter = {.filter = instructions};

/* On the host, whose paths the container does not see. */
static void read_filter(const char *file) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, instructions, sizeof instructions);
    need(length > 0 ? 0 : -1, file);
    filter.len = (unsigned short)(length / (ssize_t)sizeof *instructions);
    close(fd);
}

static void inside(int kubernetes, char *const *program) {
    char root[300];
    for (unsigned i = 0; i < hierarchy_count; i++) {
        need(put(hierarchies[i], "tasks", "0"), hierarchies[i]); /* who is moved by another waits for all of the machine's forks */
    }
    if (kubernetes) {
        need(unshare(CLONE_NEWCGROUP), "cgroup namespace");
    }
    setsid();
    need(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "slave");
    snprintf(root, sizeof root, "%s/rootfs", home);
    need(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
    if (kubernetes) {
        mount_like_kubernetes();
    } else {
        attach("proc", "/proc", 0, NULL);
    }
    make_devices();
    need(chdir(root), root);
    need((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
    need(umount2(".", MNT_DETACH), "umount");
    need(chdir("/"), "/");
    if (kubernetes) {
        struct rlimit files = {1024, 1024};
        hide();
        setrlimit(RLIMIT_NOFILE, &files);
        for (int capability = 0; capability < 41; capability++) {
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
        need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges");
        need((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
    }
    execv(program[0], program);
    need(-1, program[0]);
}

static void join(const char *name, int kind) {
    char path[300];
    snprintf(path, sizeof path, "%s/ns/%s", home, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    need(setns(fd, kind), path);
    close(fd);
}

static int run(int kubernetes, const char *filter_file, char *const *program) {
    int status = 1;
    find_hierarchies();
    make_cgroups();
    if (kubernetes) {
        read_filter(filter_file);
        limit();
    }
    unsigned long others = kubernetes ? 0 : CLONE_NEWIPC | CLONE_NEWUTS;
    pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | others | SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) {
        if (kubernetes) {
            join("net", CLONE_NEWNET);
            join("ipc", CLONE_NEWIPC);
            join("uts", CLONE_NEWUTS);
        }
        inside(kubernetes, program);
    }
    need(child, "clone");
    need(waitpid(child, &status, 0), "wait");
    for (unsigned i = 0; i < hierarchy_count; i++) {
        while (rmdir(hierarchies[i]) < 0 && errno == EBUSY) {
            usleep(200);
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Joins the namespaces and, line by line of its cgroup file, the cgroups of a process. */
static int enter(pid_t pid, char *const *program) {
    char path[512], line[512], own[16];
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status = 1;
    pid_t child;
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    FILE *cgroups = fopen(path, "re");
    snprintf(own, sizeof own, "%d", (int)getpid());
    while (cgroups != NULL && fgets(line, sizeof line, cgroups) != NULL) {
        line[strcspn(line, "\n")] = 0;
        char *name = strchr(line, ':') + 1, *at = strchr(name, ':');
        *at++ = 0;
        name = strncmp(name, "name=", 5) == 0 ? name + 5 : name;
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s", *name == 0 ? "unified" : name, at);
        if (strcmp(at, "/") != 0) {
            need(*name == 0 ? put(path, "cgroup.procs", own) : put(path, "tasks", "0"), path);
        }
    }
    need(setns(pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS), "setns");
    child = fork();
    if (child == 0) {
        execv(program[0], program);
        need(-1, program[0]);
    }
    need(child, "fork");
    need(waitpid(child, &status, 0), "wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv) {
    if (argc >= 5 && strcmp(argv[1], "run") == 0) {
        home = argv[3];
        char *program[] = {argv[4], NULL};
        return run(strcmp(argv[2], "kubernetes") == 0, argc > 5 ? argv[5] : "", program);
    }
    if (argc >= 5 && strcmp(argv[1], "exec") == 0) {
        home = argv[2];
        char *program[] = {argv[4], NULL};
        return enter(atoi(argv[3]), program);
    }
    fprintf(stderr, "usage: floor run bare|kubernetes HOME PROGRAM [FILTER]\n       floor exec HOME PID PROGRAM\n");
    return 2;
}
