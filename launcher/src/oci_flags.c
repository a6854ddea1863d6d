#include "oci_flags.h"

#include <stddef.h>
#include <string.h>

#include "oci_log.h"

static struct flag *find(struct flag *flags, const char *name, size_t length) {
    for (struct flag *flag = flags; flag->name != NULL; flag++) {
        if ((strlen(flag->name) == length && memcmp(flag->name, name, length) == 0) || (length == 1 && flag->letter == name[0])) {
            return flag;
        }
    }
    return NULL;
}

/* Go's strconv.ParseBool. */
static const char *truth(const char *text) {
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (unsigned i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(text, yes[i]) == 0) {
            return "true";
        }
        if (strcmp(text, no[i]) == 0) {
            return "false";
        }
    }
    return NULL;
}

int flags_parse(struct flag *flags, enum words words, int argc, char **argv) {
    int count = 0;
    for (int i = 0; i < argc; i++) {
        char *argument = argv[i];
        bool end = strcmp(argument, "--") == 0;
        if (argument[0] != '-' || argument[1] == 0 || end) {
            if (end || words == WORDS_END_FLAGS) {
                for (i += end ? 1 : 0; i < argc; i++) {
                    argv[count++] = argv[i];
                }
                break;
            }
            argv[count++] = argument;
            continue;
        }
        const char *name = argument + (argument[1] == '-' ? 2 : 1);
        size_t length = strcspn(name, "=");
        struct flag *flag = find(flags, name, length);
        if (flag == NULL) {
            return complain("flag provided but not defined: -%.*s", (int)length, name);
        }
        const char *value = name[length] == '=' ? name + length + 1 : NULL;
        if (flag->takes_value) {
            if (value == NULL && i + 1 == argc) {
                return complain("flag needs an argument: -%s", flag->name);
            }
            flag->value = value != NULL ? value : argv[++i];
        } else if ((flag->value = value == NULL ? "true" : truth(value)) == NULL) {
            return complain("invalid boolean value \"%s\" for -%s", value, flag->name);
        }
    }
    return count;
}

const char *flag_value(const struct flag *flags, const char *name) {
    for (const struct flag *flag = flags; flag->name != NULL; flag++) {
        if (strcmp(flag->name, name) == 0) {
            return flag->value;
        }
    }
    return NULL;
}

bool flag_on(const struct flag *flags, const char *name) {
    const char *value = flag_value(flags, name);
    return value != NULL && strcmp(value, "true") == 0;
}
