/* libFuzzer on the decoder: whatever the bytes are, either they are refused, or every step and list can be read. */
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "plan.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct plan plan;
    struct failure failure;
    unsigned char *bytes = malloc(size + (size == 0)); /* exactly as long, so that the sanitizer sees one byte too much */
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data, size);
    if (plan_check(&plan, bytes, size, &failure) == 0) {
        struct step step = {0};
        size_t read = strlen(plan.id) + strlen(plan.bundle);
        unsigned steps = 0;
        while (plan_next(&plan, 0, &step)) {
            read += strlen(step.origin);
            const char *signature = op_find(step.op)->signature;
            for (unsigned i = 0; i < step.count; i++) {
                const unsigned char *at = step.args[i].list;
                for (uint32_t item = 0; signature[i] == 'l' && item < step.args[i].count; item++) {
                    read += strlen(list_next(&at));
                }
                if (signature[i] == 's' && strlen(step.args[i].s) != step.args[i].length) {
                    abort();
                }
                if (signature[i] == 'b' && step.args[i].length > 0) {
                    read += (size_t)step.args[i].s[step.args[i].length - 1];
                }
                if (strchr("dr", signature[i]) != NULL && step.args[i].u >= plan.slots) {
                    abort();
                }
            }
            steps++;
        }
        if (steps != plan.steps || read == (size_t)-1) {
            abort();
        }
    } else if (failure.text[0] == 0) {
        abort(); /* a refusal says why */
    }
    free(bytes);
    return 0;
}
