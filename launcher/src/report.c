#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PART = 900 }; /* three parts and the frame stay under PIPE_BUF, so that the line is written in one piece */

unsigned json_string(char *out, unsigned size, const char *text) {
    static const char hex[] = "0123456789abcdef";
    unsigned at = 0;
    out[at++] = '"';
    for (const unsigned char *c = (const unsigned char *)text; *c != 0 && at + 8 < size; c++) {
        if (*c == '"' || *c == '\\') {
            out[at++] = '\\';
            out[at++] = (char)*c;
        } else if (*c < 0x20 || *c >= 0x7f) {
            /* a byte is not a character, but as Latin-1 it can at least be read back */
            memcpy(out + at, "\\u00", 4);
            out[at + 4] = hex[*c >> 4];
            out[at + 5] = hex[*c & 15];
            at += 6;
        } else {
            out[at++] = (char)*c;
        }
    }
    out[at++] = '"';
    out[at] = 0;
    return at;
}

int report(const char *step, const char *subject, int error, const char *message) {
    static bool done;
    if (done) {
        return -1;
    }
    done = true;
    char s[PART], p[PART], m[PART], line[4096];
    json_string(s, sizeof s, step);
    json_string(p, sizeof p, subject);
    json_string(m, sizeof m, message);
    int length = snprintf(line, sizeof line, "{\"step\":%s,\"subject\":%s,\"errno\":%d,\"message\":%s}\n", s, p, error, m);
    if (write(STDERR_FILENO, line, (size_t)length) < 0) {
        return -1; /* nobody listens */
    }
    return -1;
}

int report_errno(const char *step, const char *subject) {
    int error = errno;
    return report(step, subject, error, strerror(error));
}
