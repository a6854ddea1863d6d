/* Finds the command in runc's command line. */
#include "oci.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "oci_compile.h"
#include "oci_log.h"
#include "seal.h"

#ifndef CARAFE_VERSION
#define CARAFE_VERSION "unknown"
#endif

enum { SEALED = 1, FLAGS_FIRST = 2 };

#define MAKING \
    {"bundle", 'b', true, NULL}, {"console-socket", 0, true, NULL}, {"pidfd-socket", 0, true, NULL}, {"pid-file", 0, true, NULL}, \
    {"no-pivot", 0, false, NULL}, {"no-new-keyring", 0, false, NULL}, {"preserve-fds", 0, true, NULL}

static struct flag create_flags[] = {MAKING, {0}};
static struct flag run_flags[] = {MAKING, {"detach", 'd', false, NULL}, {"keep", 0, false, NULL}, {"no-subreaper", 0, false, NULL}, {0}};
static struct flag exec_flags[] = {
    {"console-socket", 0, true, NULL}, {"pidfd-socket", 0, true, NULL}, {"cwd", 0, true, NULL}, {"env", 'e', true, NULL},
    {"tty", 't', false, NULL}, {"user", 'u', true, NULL}, {"additional-gids", 'g', true, NULL}, {"process", 'p', true, NULL},
    {"detach", 'd', false, NULL}, {"pid-file", 0, true, NULL}, {"process-label", 0, true, NULL}, {"apparmor", 0, true, NULL},
    {"no-new-privs", 0, false, NULL}, {"cap", 'c', true, NULL}, {"preserve-fds", 0, true, NULL}, {"cgroup", 0, true, NULL},
    {"ignore-paused", 0, false, NULL}, {"no-subreaper", 0, false, NULL}, {"plan", 0, true, NULL}, {0}};
static struct flag kill_flags[] = {{"all", 'a', false, NULL}, {0}};
static struct flag delete_flags[] = {{"force", 'f', false, NULL}, {0}};
static struct flag list_flags[] = {{"format", 'f', true, NULL}, {"quiet", 'q', false, NULL}, {0}};
static struct flag ps_flags[] = {{"format", 'f', true, NULL}, {0}};
static struct flag update_flags[] = {
    {"resources", 'r', true, NULL}, {"blkio-weight", 0, true, NULL}, {"cpu-period", 0, true, NULL}, {"cpu-quota", 0, true, NULL},
    {"cpu-burst", 0, true, NULL}, {"cpu-share", 0, true, NULL}, {"cpu-rt-period", 0, true, NULL}, {"cpu-rt-runtime", 0, true, NULL},
    {"cpu-idle", 0, true, NULL}, {"cpuset-cpus", 0, true, NULL}, {"cpuset-mems", 0, true, NULL}, {"kernel-memory", 0, true, NULL},
    {"kernel-memory-tcp", 0, true, NULL}, {"memory", 0, true, NULL}, {"memory-reservation", 0, true, NULL},
    {"memory-swap", 0, true, NULL}, {"pids-limit", 0, true, NULL}, {"l3-cache-schema", 0, true, NULL},
    {"mem-bw-schema", 0, true, NULL}, {0}};
static struct flag spec_flags[] = {{"bundle", 'b', true, NULL}, {"rootless", 0, false, NULL}, {0}};
static struct flag events_flags[] = {{"interval", 0, true, NULL}, {"stats", 0, false, NULL}, {0}};
static struct flag no_flags[] = {{0}};

static const struct {
    const char *name;
    int (*run)(const struct call *call); /* NULL: Java's */
    struct flag *flags;
    int least, most; /* words */
    unsigned how;
} COMMANDS[] = {
    {"create", create_command, create_flags, 1, 1, SEALED},
    {"run", run_command, run_flags, 1, 1, SEALED},
    {"exec", exec_command, exec_flags, 1, INT_MAX, SEALED | FLAGS_FIRST},
    {"start", start_command, no_flags, 1, 1, 0},
    {"state", state_command, no_flags, 1, 1, 0},
    {"kill", kill_command, kill_flags, 1, 2, 0},
    {"delete", delete_command, delete_flags, 1, 1, 0},
    {"pause", pause_container_command, no_flags, 1, 1, 0},
    {"resume", resume_command, no_flags, 1, 1, 0},
    {"ps", ps_command, ps_flags, 1, INT_MAX, FLAGS_FIRST},
    {"list", list_command, list_flags, 0, 0, 0},
    {"update", update_command, update_flags, 1, 1, 0},
    {"features", NULL, no_flags, 0, 0, 0},
    {"spec", NULL, spec_flags, 0, 0, 0},
    {"events", NULL, events_flags, 1, 1, 0},
    {"checkpoint", NULL, NULL, 1, 1, 0},
    {"restore", NULL, NULL, 1, 1, 0},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static struct flag global_flags[] = {
    {"root", 0, true, NULL}, {"log", 0, true, NULL}, {"log-format", 0, true, NULL}, {"debug", 0, false, NULL},
    {"systemd-cgroup", 0, false, NULL}, {"rootless", 0, true, NULL}, {"cgroup-manager", 0, true, NULL}, {"criu", 0, true, NULL},
    {"help", 'h', false, NULL}, {"version", 'v', false, NULL}, {0}};

static void print_version(void) {
    /* the first words are what some callers look for before they use a runtime at all */
    printf("runc version 1.3.0+carafe.%s\ncommit: carafe-oci %s\nspec: 1.3.0\n", CARAFE_VERSION, CARAFE_VERSION);
}

static void print_flags(const struct flag *flags, const char *indent) {
    for (const struct flag *flag = flags; flag != NULL && flag->name != NULL; flag++) {
        char letter[8] = "";
        if (flag->letter != 0) {
            snprintf(letter, sizeof letter, ", -%c", flag->letter);
        }
        printf("%s--%s%s%s\n", indent, flag->name, flag->takes_value ? " VALUE" : "", letter);
    }
}

static void print_help(void) {
    printf("carafe-oci: runs containers of the Open Container Initiative, with runc's command line\n\n"
           "usage: carafe-oci [GLOBAL FLAG...] COMMAND [FLAG...] [ID] [ARGUMENT...]\n\ncommands:\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        printf("  %s\n", COMMANDS[i].name);
        print_flags(COMMANDS[i].flags, "      ");
    }
    printf("\nglobal flags:\n");
    print_flags(global_flags, "  ");
}

static bool asks_for_help(const char *argument) {
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-help") == 0 || strcmp(argument, "-h") == 0;
}

static void print_help_of(unsigned command) {
    printf("usage: carafe-oci [GLOBAL FLAG...] %s [FLAG...]%s\n", COMMANDS[command].name, COMMANDS[command].most > 0 ? " ID [ARGUMENT...]" : "");
    if (COMMANDS[command].flags != NULL && COMMANDS[command].flags != no_flags) {
        printf("\nflags:\n");
        print_flags(COMMANDS[command].flags, "  ");
    }
}

/* Where state is, if the caller does not say: a user without privileges has a place of its own. */
static const char *default_root(void) {
    static char root[PATH_MAX];
    const char *runtime = geteuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");
    snprintf(root, sizeof root, "%s/carafe-oci", runtime != NULL && runtime[0] == '/' ? runtime : "/run");
    return root;
}

static int use_globals(struct globals *globals) {
    const char *format = flag_value(global_flags, "log-format"), *log = flag_value(global_flags, "log");
    const char *driver = flag_value(global_flags, "cgroup-manager"), *rootless = flag_value(global_flags, "rootless");
    const char *root = flag_value(global_flags, "root");
    bool json = format != NULL && strcmp(format, "json") == 0;
    if (log != NULL && log[0] != 0 && log_open(log, json) < 0) {
        return -1;
    }
    if (format != NULL && !json && strcmp(format, "text") != 0) {
        return complain("invalid log-format: %s", format);
    }
    if (driver != NULL && strcmp(driver, "systemd") != 0 && strcmp(driver, "cgroupfs") != 0 && strcmp(driver, "disabled") != 0) {
        return complain("unknown cgroup manager: %s", driver);
    }
    if (rootless != NULL && strcmp(rootless, "true") != 0 && strcmp(rootless, "false") != 0 && strcmp(rootless, "auto") != 0) {
        return complain("invalid value \"%s\" for flag -rootless", rootless);
    }
    log_debug(flag_on(global_flags, "debug"));
    globals->systemd_cgroup = flag_on(global_flags, "systemd-cgroup") || (driver != NULL && strcmp(driver, "systemd") == 0);
    globals->no_cgroups = driver != NULL && strcmp(driver, "disabled") == 0;
    globals->rootless = rootless;
    globals->root = root == NULL || root[0] == 0 ? default_root() : root;
    static char absolute[PATH_MAX * 2], here[PATH_MAX];
    if (globals->root[0] != '/' && getcwd(here, sizeof here) != NULL) {
        snprintf(absolute, sizeof absolute, "%s/%s", here, globals->root);
        globals->root = absolute;
    }
    return 0;
}

static int dispatch(struct globals *globals, unsigned command, int argc, char **argv) {
    if (COMMANDS[command].run == NULL) {
        return become_java(globals) < 0 ? 1 : 0;
    }
    struct call call = {.globals = globals, .command = COMMANDS[command].name, .flags = COMMANDS[command].flags};
    call.line_count = argc;
    call.line = calloc((size_t)argc + 1, sizeof *call.line);
    if (call.line == NULL) {
        complain("out of memory");
        return 1;
    }
    memcpy(call.line, argv, (size_t)argc * sizeof *argv);
    call.words = argv;
    call.word_count = flags_parse(call.flags, (COMMANDS[command].how & FLAGS_FIRST) != 0 ? WORDS_END_FLAGS : WORDS_ANYWHERE, argc, argv);
    int code = 1;
    if (call.word_count >= 0 && (call.word_count < COMMANDS[command].least || call.word_count > COMMANDS[command].most)) {
        complain("carafe-oci: \"%s\" requires %s %d argument(s)", call.command,
                COMMANDS[command].least == COMMANDS[command].most ? "exactly" : "a minimum of", COMMANDS[command].least);
    } else if (call.word_count >= 0) {
        code = COMMANDS[command].run(&call);
    }
    free(call.line);
    return code;
}

/* How many of the arguments come before the command: flags and their values. */
static int before_command(int argc, char **argv) {
    int at = 0;
    while (at < argc && argv[at][0] == '-' && argv[at][1] != 0) {
        const char *name = argv[at] + (argv[at][1] == '-' ? 2 : 1);
        bool takes_value = false;
        for (const struct flag *flag = global_flags; flag->name != NULL; flag++) {
            takes_value |= flag->takes_value && strcmp(flag->name, name) == 0;
        }
        at += takes_value ? 2 : 1;
    }
    return at < argc ? at : argc;
}

int oci_command(int argc, char **argv) {
    int at = before_command(argc, argv);
    char **line = calloc((size_t)argc + 1, sizeof *line);
    if (line == NULL) {
        return 1;
    }
    memcpy(line, argv, (size_t)argc * sizeof *line);
    struct globals globals = {.self = argv[-2], .line = line, .line_count = argc};
    int code = 1;
    if (flags_parse(global_flags, WORDS_ANYWHERE, at, argv) < 0 || use_globals(&globals) < 0) {
        code = 1;
    } else if (flag_on(global_flags, "version")) {
        print_version();
        code = 0;
    } else if (at == argc || flag_on(global_flags, "help") || strcmp(argv[at], "help") == 0) {
        print_help();
        code = 0;
    } else {
        unsigned command = 0;
        while (command < COMMAND_COUNT && strcmp(COMMANDS[command].name, argv[at]) != 0) {
            command++;
        }
        if (command == COMMAND_COUNT) {
            complain("no such command: %s", argv[at]);
        } else if (at + 1 < argc && asks_for_help(argv[at + 1])) {
            print_help_of(command);
            code = 0;
        } else if ((COMMANDS[command].how & SEALED) == 0 || seal_self(argv - 2) == 0) {
            code = dispatch(&globals, command, argc - at - 1, argv + at + 1);
        }
    }
    free(line);
    return code;
}
