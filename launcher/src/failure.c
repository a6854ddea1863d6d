#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int failure_set(struct failure *failure, int error, const char *format, ...) {
    memset(failure, 0, sizeof *failure);
    failure->step = FAILURE_NO_STEP;
    failure->error = error;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    if (error != 0 && length >= 0 && (size_t)length < sizeof failure->text) {
        snprintf(failure->text + length, sizeof failure->text - (size_t)length, ": %s", strerror(error));
    }
    return -1;
}
