#include "args.h"

#include <limits.h>
#include <string.h>

#include "report.h"

bool args_is_path(const char *text) {
    size_t length = strlen(text);
    if (text[0] != '/' || length < 2 || length >= PATH_MAX || text[length - 1] == '/') {
        return false;
    }
    for (const char *part = text; part != NULL; part = strchr(part + 1, '/')) {
        size_t size = strcspn(part + 1, "/");
        if (size == 0 || (size == 1 && part[1] == '.') || (size == 2 && part[1] == '.' && part[2] == '.')) {
            return false;
        }
    }
    return true;
}

static struct option *find(struct option *options, const char *name, size_t length) {
    for (struct option *option = options; option->name != NULL; option++) {
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0) {
            return option;
        }
    }
    return NULL;
}

int args_parse(int argc, char **argv, struct option *options) {
    for (int i = 0; i < argc; i++) {
        const char *argument = argv[i];
        const char *equals = strchr(argument, '=');
        if (strncmp(argument, "--", 2) != 0 || equals == NULL) {
            return report("arguments", argument, 0, "expected --name=value");
        }
        struct option *option = find(options, argument + 2, (size_t)(equals - argument - 2));
        if (option == NULL) {
            return report("arguments", argument, 0, "no such option");
        }
        if (option->count >= (option->repeatable ? ARGS_MAX_VALUES : 1)) {
            return report("arguments", argument, 0, "given too often");
        }
        if (option->path && !args_is_path(equals + 1)) {
            return report("arguments", argument, 0, "expected an absolute path without . and ..");
        }
        option->values[option->count++] = equals + 1;
    }
    return 0;
}

int args_own(int argc, char **argv) {
    int own = 0;
    while (own < argc && strcmp(argv[own], "--") != 0) {
        own++;
    }
    return own;
}
