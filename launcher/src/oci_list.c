/* state, list and ps: what containers there are, and their processes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oci.h"
#include "oci_cgroup.h"
#include "oci_json.h"
#include "oci_log.h"
#include "process.h"

static char *tell(const struct container *container) {
    enum status status = container_status(container);
    return container_tell(container, status_name(status), status == STOPPED ? 0 : container->pid, true, NULL);
}

int state_command(const struct call *call) {
    struct container container;
    int result = container_open(&container, call->globals->root, call->words[0]);
    char *text = result < 0 ? NULL : tell(&container);
    if (text != NULL) {
        printf("%s\n", text);
        json_free(text);
    }
    container_close(&container);
    return text == NULL ? 1 : 0;
}

enum list_form { TABLE, JSON, QUIET };

static void print_one(const struct container *container, enum list_form form, bool first) {
    enum status status = container_status(container);
    if (form == QUIET) {
        printf("%s\n", container->id);
    } else if (form == TABLE) {
        printf("%-20s %-10d %-10s %-40s %-32s\n", container->id, status == STOPPED ? 0 : (int)container->pid, status_name(status), container->bundle,
                container->created);
    } else {
        char *text = tell(container);
        printf("%s%s", first ? "" : ",", text == NULL ? "{}" : text);
        json_free(text);
    }
}

int list_command(const struct call *call) {
    const char *format = flag_value(call->flags, "format");
    if (format != NULL && strcmp(format, "table") != 0 && strcmp(format, "json") != 0) {
        complain("invalid format option: %s", format);
        return 1;
    }
    enum list_form form = flag_on(call->flags, "quiet") ? QUIET : format != NULL && strcmp(format, "json") == 0 ? JSON : TABLE;
    DIR *entries = opendir(call->globals->root);
    if (entries == NULL && errno != ENOENT) {
        complain_errno("read %s", call->globals->root);
        return 1;
    }
    if (form == TABLE) {
        printf("%-20s %-10s %-10s %-40s %-32s\n", "ID", "PID", "STATUS", "BUNDLE", "CREATED");
    } else if (form == JSON) {
        printf("[");
    }
    bool first = true;
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        struct container container;
        if (entry->d_name[0] == '.' && (entry->d_name[1] == 0 || strcmp(entry->d_name, "..") == 0)) {
            continue;
        }
        if (container_look(&container, call->globals->root, entry->d_name) == 0) {
            print_one(&container, form, first);
            first = false;
        }
        container_close(&container);
    }
    if (entries != NULL) {
        closedir(entries);
    }
    if (form == JSON) {
        printf("]\n");
    }
    return 0;
}

static bool among(const pid_t *pids, unsigned count, long pid) {
    for (unsigned i = 0; i < count; i++) {
        if (pids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* Column in a heading's words, from 0; -1 if there is none. */
static int pid_column(const char *heading) {
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", heading);
    int column = 0;
    for (char *word = strtok(copy, " \t\n"); word != NULL; word = strtok(NULL, " \t\n"), column++) {
        if (strcmp(word, "PID") == 0) {
            return column;
        }
    }
    return -1;
}

static long number_in_column(const char *line, int column) {
    line += strspn(line, " \t");
    for (; column > 0; column--) {
        line += strcspn(line, " \t");
        line += strspn(line, " \t");
    }
    return strtol(line, NULL, 10);
}

/* What ps prints of everybody, without the others. */
static int filter(FILE *from, const pid_t *pids, unsigned count) {
    char *line = NULL;
    size_t room = 0;
    int column = getline(&line, &room, from) < 0 ? -1 : pid_column(line);
    if (column < 0) {
        free(line);
        return complain("ps prints no column PID: leave out the options that take it away");
    }
    fputs(line, stdout);
    while (getline(&line, &room, from) >= 0) {
        if (among(pids, count, number_in_column(line, column))) {
            fputs(line, stdout);
        }
    }
    free(line);
    return 0;
}

static int print_table(const struct call *call, const pid_t *pids, unsigned count) {
    int pipe_fds[2];
    char **argv = calloc((size_t)call->word_count + 3, sizeof *argv);
    if (argv == NULL || pipe2(pipe_fds, 0x80000 /* O_CLOEXEC */) < 0) {
        free(argv);
        return complain_errno("run ps");
    }
    argv[0] = "ps";
    argv[1] = "-ef";
    for (int i = 1; i < call->word_count; i++) {
        argv[i] = call->words[i];
    }
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        execvp("ps", argv);
        _exit(CANNOT_RUN);
    }
    free(argv);
    close(pipe_fds[1]);
    FILE *from = child < 0 ? NULL : fdopen(pipe_fds[0], "r");
    int result = from == NULL ? -1 : filter(from, pids, count);
    if (from != NULL) {
        fclose(from);
    } else {
        close(pipe_fds[0]);
    }
    return child < 0 ? complain_errno("run ps") : process_wait(child) != 0 && result == 0 ? complain("ps failed") : result;
}

static void print_json(const pid_t *pids, unsigned count) {
    printf("[");
    for (unsigned i = 0; i < count; i++) {
        printf(i == 0 ? "%d" : ",%d", (int)pids[i]);
    }
    printf("]\n");
}

int ps_command(const struct call *call) {
    const char *format = flag_value(call->flags, "format");
    bool json = format != NULL && strcmp(format, "json") == 0;
    if (format != NULL && !json && strcmp(format, "table") != 0) {
        complain("invalid format option: %s", format);
        return 1;
    }
    struct container container;
    int result = container_open(&container, call->globals->root, call->words[0]);
    if (result == 0) {
        unsigned count;
        pid_t *pids = cgroup_pids(&container, &count);
        if (json) {
            print_json(pids, count);
        } else {
            result = print_table(call, pids, count);
        }
        free(pids);
    }
    container_close(&container);
    return result < 0 ? 1 : 0;
}
