#include "oci_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"
#include "oci_json.h"

enum { MESSAGE_MAX = 4096 };

static int log_file = -1;
static bool log_is_json, log_is_debug;
static char first_error[MESSAGE_MAX];

int log_open(const char *path, bool json) {
    log_is_json = json;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    if (fd < 0) {
        return complain_errno("open log file %s", path);
    }
    log_file = fd;
    return 0;
}

static void write_line(int fd, bool json, const char *level, const char *message) {
    char at[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL) {
        strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    struct json line;
    if (!json_start(&line)) {
        return;
    }
    if (json) {
        json_member(&line, "level", level);
        json_member(&line, "msg", message);
        json_member(&line, "time", at);
        json_raw(&line, "}\n");
    } else {
        json_raw(&line, "time=");
        json_text(&line, at);
        json_raw(&line, " level=");
        json_raw(&line, level);
        json_raw(&line, " msg=");
        json_text(&line, message);
        json_raw(&line, "\n");
    }
    size_t length;
    char *text = json_end(&line, &length);
    if (text != NULL && write(fd, text, length) < 0) {
        log_file = -1; /* nothing more can be said there */
    }
    json_free(text);
}

static void say(const char *level, const char *message) {
    bool error = strcmp(level, "error") == 0;
    bool first = error && first_error[0] == 0;
    if (first) {
        snprintf(first_error, sizeof first_error, "%s", message);
    }
    if (error && log_file >= 0) {
        if (first) {
            write_line(log_file, log_is_json, level, message);
        }
        dprintf(STDERR_FILENO, "%s\n", message);
    } else {
        write_line(STDERR_FILENO, log_is_json && log_file < 0, level, message);
    }
}

const char *log_first_error(void) {
    return first_error;
}

int complain(const char *format, ...) {
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    say("error", message);
    return -1;
}

int complain_errno(const char *format, ...) {
    int error = errno;
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    char reason[128];
    failure_reason(reason, sizeof reason, error);
    return complain("%s: %s", message, reason);
}

void warn(const char *format, ...) {
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    say("warning", message);
}

void log_debug(bool on) {
    log_is_debug = on;
}

void remark(const char *format, ...) {
    char message[MESSAGE_MAX];
    va_list arguments;
    if (log_is_debug) {
        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        say("debug", message);
    }
}
