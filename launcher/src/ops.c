#include "ops.h"

#include <stdio.h>

#include "run.h"

enum {
    HOST = 1 << PHASE_HOST,
    OUTSIDE = 1 << PHASE_OUTSIDE,
    INSIDE = 1 << PHASE_INSIDE,
    GATE = 1 << PHASE_GATE,
    STARTED = 1 << PHASE_STARTED,
    DELETED = 1 << PHASE_DELETED,
};

static const struct operation OPERATIONS[] = {
    [OP_USERNS] = {"userns", "dllu", HOST, op_userns},
    [OP_OPEN] = {"open", "dsu", HOST, op_open},
    [OP_JOIN] = {"join", "uos", HOST, op_join},
    [OP_UNSHARE] = {"unshare", "u", HOST, op_unshare},
    [OP_TIMENS] = {"timens", "s", HOST, op_timens},
    [OP_CONNECT] = {"connect", "ds", HOST, op_connect},
    [OP_ROOTFS] = {"rootfs", "su", INSIDE, op_rootfs},
    [OP_TREE] = {"tree", "dsu", HOST | INSIDE, op_tree},
    [OP_IDMAP] = {"idmap", "rru", HOST | INSIDE, op_idmap},
    [OP_FILESYSTEM] = {"filesystem", "dssul", HOST | INSIDE, op_filesystem},
    [OP_ATTRIBUTES] = {"attributes", "ruuuu", HOST | INSIDE, op_attributes},
    [OP_ATTACH] = {"attach", "rsu", INSIDE, op_attach},
    [OP_TMPCOPYUP] = {"tmpcopyup", "rs", INSIDE, op_tmpcopyup},
    [OP_PROPAGATION] = {"propagation", "su", INSIDE, op_propagation},
    [OP_PIVOT] = {"pivot", "u", INSIDE, op_pivot},
    [OP_ROOT_PROPAGATION] = {"root-propagation", "u", INSIDE, op_root_propagation},
    [OP_REMOUNT_ROOT_READONLY] = {"remount-root-readonly", "", INSIDE, op_remount_root_readonly},
    [OP_MASK] = {"mask", "ss", INSIDE, op_mask},
    [OP_READONLY] = {"readonly", "s", INSIDE, op_readonly},
    [OP_DEVICE] = {"device", "suuuuuu", INSIDE, op_device},
    [OP_SYMLINK] = {"symlink", "ssu", INSIDE, op_symlink},
    [OP_DEV_CONSOLE] = {"dev-console", "", INSIDE, op_dev_console},
    [OP_CGROUP] = {"cgroup", "su", HOST | OUTSIDE, op_cgroup},
    [OP_WRITE] = {"write", "ssu", HOST | OUTSIDE | DELETED, op_write},
    [OP_ENTER] = {"enter", "s", OUTSIDE, op_enter},
    [OP_DEVICE_RULES] = {"device-rules", "sb", HOST | OUTSIDE, op_device_rules},
    [OP_SCOPE] = {"scope", "sssul", OUTSIDE, op_scope},
    [OP_CGROUP_REMOVE] = {"cgroup-remove", "s", DELETED, op_cgroup_remove},
    [OP_RDT] = {"rdt", "slu", OUTSIDE, op_rdt},
    [OP_NETDEV] = {"netdev", "ss", OUTSIDE, op_netdev},
    [OP_CONTROLLERS] = {"controllers", "sl", HOST | OUTSIDE, op_controllers},
    [OP_RLIMIT] = {"rlimit", "uuu", OUTSIDE, op_rlimit},
    [OP_OOM_SCORE] = {"oom-score", "s", OUTSIDE, op_oom_score},
    [OP_HOOK] = {"hook", "ssllu", OUTSIDE | INSIDE | GATE | STARTED | DELETED, op_hook},
    [OP_SYNC] = {"sync", "", OUTSIDE | INSIDE, op_nothing},
    [OP_AFFINITY] = {"affinity", "s", OUTSIDE | GATE, op_affinity},
    [OP_SCHEDULER] = {"scheduler", "uuuuuuu", OUTSIDE | GATE, op_scheduler},
    [OP_IOPRIO] = {"ioprio", "u", GATE, op_ioprio},
    [OP_MEMPOLICY] = {"mempolicy", "uub", GATE, op_mempolicy},
    [OP_PERSONALITY] = {"personality", "u", INSIDE, op_personality},
    [OP_HOSTNAME] = {"hostname", "s", INSIDE, op_hostname},
    [OP_DOMAINNAME] = {"domainname", "s", INSIDE, op_domainname},
    [OP_SYSCTL] = {"sysctl", "ss", INSIDE, op_sysctl},
    [OP_KEYRING] = {"keyring", "s", INSIDE, op_keyring},
    [OP_SCOPE_SET] = {"scope-set", "ssul", HOST, op_scope_set},
    [OP_SCOPE_STOP] = {"scope-stop", "ss", DELETED, op_scope_stop},
    [OP_RMDIR] = {"rmdir", "s", DELETED, op_rmdir},
    [OP_UNMOUNT] = {"unmount", "sl", DELETED, op_unmount},
    [OP_SCOPE_IDLE] = {"scope-idle", "ss", HOST | OUTSIDE, op_scope_idle},
    [OP_APPARMOR] = {"apparmor", "s", GATE, op_apparmor},
    [OP_SELINUX] = {"selinux", "s", GATE, op_selinux},
    [OP_NO_NEW_PRIVS] = {"no-new-privs", "", GATE, op_no_new_privs},
    [OP_USER] = {"user", "uuluu", GATE, op_user},
    [OP_CAPABILITIES] = {"capabilities", "uuuuu", GATE, op_capabilities},
    [OP_SECCOMP] = {"seccomp", "buos", GATE, op_seccomp},
    [OP_EXEC] = {"exec", "sll", GATE, op_exec},
    [OP_TERMINAL] = {"terminal", "uu", INSIDE, op_terminal},
    [OP_STATE] = {"state", "sss", HOST, op_nothing},
};

enum { NUMBERS = sizeof OPERATIONS / sizeof *OPERATIONS };

const struct operation *op_find(unsigned number) {
    return number < NUMBERS && OPERATIONS[number].name != NULL ? &OPERATIONS[number] : NULL;
}

const char *op_name(unsigned number) {
    const struct operation *operation = op_find(number);
    return operation == NULL ? "unknown" : operation->name;
}

const char *phase_name(unsigned phase) {
    static const char *const names[PHASES] = {"host", "outside", "inside", "gate", "started", "deleted"};
    return phase < PHASES ? names[phase] : "unknown";
}

int op_nothing(struct run *run, const struct step *step) {
    (void)run;
    (void)step;
    return 0;
}

int ops_command(void) {
    for (unsigned number = 0; number < NUMBERS; number++) {
        const struct operation *operation = op_find(number);
        if (operation == NULL) {
            continue;
        }
        printf("%u %s ", number, operation->name);
        for (const char *kind = operation->signature; *kind != 0; kind++) {
            putchar(*kind == 's' || *kind == 'b' || *kind == 'l' ? *kind : 'u');
        }
        fputs(*operation->signature == 0 ? "-" : "", stdout);
        const char *before = " ";
        for (unsigned phase = 0; phase < PHASES; phase++) {
            if (operation->phases & 1U << phase) {
                printf("%s%s", before, phase_name(phase));
                before = ",";
            }
        }
        putchar('\n');
    }
    return 0;
}
