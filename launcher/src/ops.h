/* The kinds of steps. A new one is a number here, a row in ops.c's table, and a function. */
#pragma once

#include "plan.h"

struct run; /* run.h: a plan that is being executed */

enum op {
    OP_USERNS = 1,
    OP_OPEN,
    OP_JOIN,
    OP_UNSHARE,
    OP_TIMENS,
    OP_CONNECT,
    OP_ROOTFS = 10,
    OP_TREE,
    OP_IDMAP,
    OP_FILESYSTEM,
    OP_ATTRIBUTES,
    OP_ATTACH,
    OP_TMPCOPYUP = 17,
    OP_PROPAGATION,
    OP_PIVOT,
    OP_ROOT_PROPAGATION,
    OP_REMOUNT_ROOT_READONLY,
    OP_MASK,
    OP_READONLY,
    OP_DEVICE = 30,
    OP_SYMLINK,
    OP_DEV_CONSOLE,
    OP_CGROUP = 40,
    OP_WRITE,
    OP_ENTER,
    OP_DEVICE_RULES,
    OP_SCOPE,
    OP_CGROUP_REMOVE,
    OP_RDT,
    OP_NETDEV,
    OP_CONTROLLERS,
    OP_RLIMIT = 50,
    OP_OOM_SCORE,
    OP_HOOK,
    OP_SYNC,
    OP_AFFINITY,
    OP_SCHEDULER,
    OP_IOPRIO,
    OP_MEMPOLICY,
    OP_PERSONALITY,
    OP_HOSTNAME = 60,
    OP_DOMAINNAME,
    OP_SYSCTL,
    OP_KEYRING,
    OP_SCOPE_SET = 65,
    OP_SCOPE_STOP,
    OP_RMDIR,
    OP_UNMOUNT,
    OP_SCOPE_IDLE,
    OP_APPARMOR = 70,
    OP_SELINUX,
    OP_NO_NEW_PRIVS,
    OP_USER,
    OP_CAPABILITIES,
    OP_SECCOMP,
    OP_EXEC,
    OP_TERMINAL,
    OP_STATE = 80,
};

struct operation {
    const char *name;
    /*
     * What its arguments are: u number, s string, b bytes, l list of strings. A number that is a slot is written here as
     * d (the step fills it), r (it reads it; filled before) or o (0, or 1 and more: the slot of that number less 1).
     */
    const char *signature;
    unsigned phases; /* bits 1 << PHASE_… */
    int (*execute)(struct run *run, const struct step *step); /* 0, or -1 after fail() */
};

/* NULL if there is none with this number. */
const struct operation *op_find(unsigned number);

const char *op_name(unsigned number);

/* As plans are printed: "inside". */
const char *phase_name(unsigned phase);

/* Prints the table, a line each: number, name, signature in u, s, b and l, phases. For the test that compares it with Java's. */
int ops_command(void);
