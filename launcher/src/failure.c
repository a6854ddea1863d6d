#include "failure.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void failure_reason(char *out, size_t size, int error) {
    snprintf(out, size, "%s", strerror(error));
    *out = (char)tolower((unsigned char)*out);
}

int failure_set(struct failure *failure, int error, const char *format, ...) {
    memset(failure, 0, sizeof *failure);
    failure->step = FAILURE_NO_STEP;
    failure->error = error;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    if (error != 0 && length >= 0 && (size_t)length < sizeof failure->text) {
        char reason[128];
        failure_reason(reason, sizeof reason, error);
        snprintf(failure->text + length, sizeof failure->text - (size_t)length, ": %s", reason);
    }
    return -1;
}
