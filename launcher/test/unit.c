/* The parts that need no kernel: argument parsing, sysctl names, JSON. Each check names what it expects. */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "report.h"
#include "sysctl.h"
#include "user_namespace.h"

static int failures;

static void check(bool true_as_it_should, const char *what, const char *input) {
    if (!true_as_it_should) {
        fprintf(stderr, "FAILED: %s: %s\n", what, input);
        failures++;
    }
}

static void sysctl_is(const char *name, const char *expected) {
    char path[SYSCTL_PATH_MAX];
    bool clean = sysctl_path(path, sizeof path, name, strlen(name));
    check(expected == NULL ? !clean : clean && strcmp(path, expected) == 0, "path of sysctl", name);
}

static void json_is(const char *text, const char *expected) {
    char out[64];
    json_string(out, sizeof out, text);
    check(strcmp(out, expected) == 0, "JSON of", text);
}

static void sysctls(void) {
    sysctl_is("net.ipv4.ip_forward", "net/ipv4/ip_forward");
    sysctl_is("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding");
    sysctl_is("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding");
    sysctl_is("", NULL);
    sysctl_is("net..ipv4", NULL);
    sysctl_is("net/../kernel/core_pattern", NULL);
    sysctl_is("net.//.kernel", NULL);
    sysctl_is("/net/ipv4", NULL);
    sysctl_is("net.ipv4.", NULL);
    sysctl_is("net ipv4", NULL);
    char longer[2 * SYSCTL_PATH_MAX];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    sysctl_is(longer, NULL);

    check(sysctl_allowed("net/core/somaxconn", true, false), "allowed", "net with net");
    check(!sysctl_allowed("net/core/somaxconn", false, true), "refused", "net without net");
    check(sysctl_allowed("kernel/shm_rmid_forced", false, true), "allowed", "shm with ipc");
    check(sysctl_allowed("kernel/sem", false, true), "allowed", "sem with ipc");
    check(sysctl_allowed("fs/mqueue/msg_max", false, true), "allowed", "mqueue with ipc");
    check(!sysctl_allowed("kernel/shmmax", true, false), "refused", "shm without ipc");
    check(!sysctl_allowed("kernel/core_pattern", true, true), "refused", "core_pattern");
    check(!sysctl_allowed("netx/a", true, true), "refused", "netx");
}

static void paths(void) {
    static const char *const good[] = {"/a", "/a/b", "/a/.b", "/a/..b", "/a/b..", NULL};
    static const char *const bad[] = {"", "/", "a", "a/b", "//a", "/a/", "/a//b", "/./a", "/a/.", "/a/..", "/../a", NULL};
    for (const char *const *path = good; *path != NULL; path++) {
        check(args_is_path(*path), "is a path", *path);
    }
    for (const char *const *path = bad; *path != NULL; path++) {
        check(!args_is_path(*path), "is no path", *path);
    }
}

static void id_maps(void) {
    char lines[ID_MAP_MAX];
    check(id_map_lines(lines, "0:1000:65536") && strcmp(lines, "0 1000 65536") == 0, "id map", "one");
    check(id_map_lines(lines, "0:1:2,3:4:4294967290") && strcmp(lines, "0 1 2\n3 4 4294967290") == 0, "id map", "two");
    static const char *const bad[] = {"", "0", "0:1", "0:1:", "0:1:2,", "0:1:2,3", "0,1,2", "0:1:2:3:4:5", ":1:2", "0:-1:2", "0 1 2",
                                      "0:1:12345678901", NULL};
    for (const char *const *map = bad; *map != NULL; map++) {
        check(!id_map_lines(lines, *map), "is no id map", *map);
    }
    char longer[2 * ID_MAP_MAX];
    for (size_t i = 0; i < sizeof longer; i += 6) {
        memcpy(longer + i, "0:1:2,", sizeof longer - i < 6 ? sizeof longer - i : 6);
    }
    longer[5 + 6 * 700] = 0;
    check(!id_map_lines(lines, longer), "is no id map", "too long");
}

static void arguments(void) {
    const char *one = NULL, *many[ARGS_MAX_VALUES];
    struct option options[] = {
        {.name = "one", .path = true, .values = &one},
        {.name = "many", .repeatable = true, .values = many},
        {.name = NULL},
    };
    char *good[] = {"--many=a=b", "--one=/x", "--many="};
    check(args_parse(3, good, options) == 0 && strcmp(one, "/x") == 0 && options[1].count == 2 && strcmp(many[0], "a=b") == 0
              && strcmp(many[1], "") == 0,
          "arguments", "well formed");
}

int main(void) {
    sysctls();
    paths();
    id_maps();
    arguments();
    json_is("plain", "\"plain\"");
    json_is("a\"b\\c\n", "\"a\\\"b\\\\c\\u000a\"");
    json_is("\xc3\xbc", "\"\\u00c3\\u00bc\"");
    json_is("0123456789012345678901234567890123456789012345678901234567890123456789",
            "\"0123456789012345678901234567890123456789012345678901234\"");
    if (failures == 0) {
        puts("launcher: unit checks passed");
    }
    return failures != 0;
}
