/* The pure parts of carafe-oci: flags as Go reads them, and the little JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci_flags.h"
#include "oci_json.h"

static int failures;

static void check(int good, const char *what) {
    if (!good) {
        printf("FAILED: %s\n", what);
        failures++;
    }
}

static int parse(struct flag *flags, enum words words, char **argv) {
    int argc = 0;
    while (argv[argc] != NULL) {
        argc++;
    }
    for (struct flag *flag = flags; flag->name != NULL; flag++) {
        flag->value = NULL;
    }
    return flags_parse(flags, words, argc, argv);
}

static void flags(void) {
    struct flag list[] = {{"pid-file", 0, true, NULL}, {"force", 'f', false, NULL}, {"env", 'e', true, NULL}, {NULL, 0, false, NULL}};
    char *two[] = {"--pid-file", "/a", "--pid-file=/b", "-f", "id", NULL};
    check(parse(list, WORDS_ANYWHERE, two) == 1 && strcmp(flag_value(list, "pid-file"), "/b") == 0 && flag_on(list, "force")
                    && strcmp(two[0], "id") == 0,
            "given twice, the last counts");
    char *single[] = {"-pid-file", "/a", "id", "-force=false", NULL};
    check(parse(list, WORDS_ANYWHERE, single) == 1 && strcmp(flag_value(list, "pid-file"), "/a") == 0 && !flag_on(list, "force"),
            "one dash, and flags behind the words");
    char *program[] = {"-e", "A=b", "id", "sh", "-c", "--force", NULL};
    check(parse(list, WORDS_END_FLAGS, program) == 4 && !flag_on(list, "force") && strcmp(program[3], "--force") == 0,
            "what follows the first word is the program's");
    char *dashes[] = {"--force", "--", "--pid-file", NULL};
    check(parse(list, WORDS_ANYWHERE, dashes) == 1 && strcmp(dashes[0], "--pid-file") == 0, "two dashes end the flags");
    char *empty[] = {"--pid-file=", "id", NULL};
    check(parse(list, WORDS_ANYWHERE, empty) == 1 && flag_value(list, "pid-file")[0] == 0, "an empty value is one");
    char *stdin_word[] = {"--env", "-", "-", NULL};
    check(parse(list, WORDS_ANYWHERE, stdin_word) == 1 && strcmp(flag_value(list, "env"), "-") == 0, "one dash alone is a word");
    char *unknown[] = {"--nothing", NULL}, *lacking[] = {"--env", NULL}, *wrong[] = {"--force=perhaps", NULL};
    check(parse(list, WORDS_ANYWHERE, unknown) < 0 && parse(list, WORDS_ANYWHERE, lacking) < 0 && parse(list, WORDS_ANYWHERE, wrong) < 0,
            "what is no flag is refused");
}

static void count(void *context, const char *value) {
    (void)value;
    ++*(int *)context;
}

static void json(void) {
    struct json out;
    check(json_start(&out), "memory");
    json_member(&out, "a", "q\" b\\ \n \x01 \xc3\xa4 \xff");
    json_key(&out, "list");
    json_raw(&out, "[\"x\",{\"y\":[1,2]},3]");
    json_key(&out, "last");
    json_number(&out, 18446744073709551615ULL);
    json_raw(&out, "}");
    char *text = json_end(&out, NULL);
    check(strstr(text, "\\\" b\\\\ \\n \\u0001 \xc3\xa4 \\u00ff") != NULL, "what is special is escaped, UTF-8 stays");
    char *a = json_string_at(json_find(text, "a"));
    check(strcmp(a, "q\" b\\ \n \x01 \xc3\xa4 \xff") == 0, "a string comes back as it was, byte by byte");
    free(a);
    int values = 0;
    check(json_each(json_find(text, "list"), count, &values) && values == 3, "an array's values");
    check(strtoull(json_find(text, "last"), NULL, 10) == 18446744073709551615ULL, "the last of an object");
    check(json_find(text, "y") == NULL, "names of inner objects are not found");
    json_free(text);
    static const char *const broken[] = {"", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":[1", "{\"a\":\"\\", "[1]", "{,}", "nothing"};
    for (unsigned i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        const char *value = json_find(broken[i], "b");
        check(value == NULL, broken[i]);
        value = json_find(broken[i], "a");
        check(value == NULL || json_skip(value) == NULL, broken[i]);
    }
    char deep[4096];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    check(json_skip(deep) == NULL, "no deeper than the stack allows");
}

int main(void) {
    fclose(stderr); /* complaints are expected */
    flags();
    json();
    if (failures == 0) {
        printf("launcher: flags and JSON checked\n");
    }
    return failures == 0 ? 0 : 1;
}
