#include "oci_json.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

bool json_start(struct json *json) {
    json->text = NULL;
    json->length = 0;
    json->begun = false;
    json->stream = open_memstream(&json->text, &json->length);
    return json->stream != NULL;
}

void json_raw(struct json *json, const char *text) {
    fputs(text, json->stream);
}

void json_number(struct json *json, unsigned long long number) {
    fprintf(json->stream, "%llu", number);
}

/* How many bytes of well-formed UTF-8 begin here; 0 if it is none. */
static unsigned utf8_length(const unsigned char *c) {
    unsigned length = c[0] < 0x80 ? 1 : c[0] >= 0xc2 && c[0] < 0xe0 ? 2 : (c[0] & 0xf0) == 0xe0 ? 3 : c[0] >= 0xf0 && c[0] < 0xf5 ? 4 : 0;
    for (unsigned i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((length == 3 && ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f)))
            || (length == 4 && ((c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)))) {
        return 0;
    }
    return length;
}

void json_text(struct json *json, const char *text) {
    putc('"', json->stream);
    for (const unsigned char *c = (const unsigned char *)text; *c != 0;) {
        unsigned length = utf8_length(c);
        if (*c == '"' || *c == '\\') {
            fprintf(json->stream, "\\%c", *c);
        } else if (*c < 0x20 || *c == 0x7f || length == 0) {
            fprintf(json->stream, *c == '\n' ? "\\n" : "\\u%04x", *c);
        } else {
            fwrite(c, 1, length, json->stream);
        }
        c += length == 0 ? 1 : length;
    }
    putc('"', json->stream);
}

void json_key(struct json *json, const char *name) {
    fprintf(json->stream, "%c\"%s\":", json->begun ? ',' : '{', name);
    json->begun = true;
}

void json_member(struct json *json, const char *name, const char *text) {
    json_key(json, name);
    json_text(json, text);
}

char *json_end(struct json *json, size_t *length) {
    bool whole = ferror(json->stream) == 0;
    if (fclose(json->stream) != 0 || !whole) {
        free(json->text);
        return NULL;
    }
    if (length != NULL) {
        *length = json->length;
    }
    return json->text;
}

void json_free(char *text) {
    free(text);
}

static const char *blank(const char *text) {
    return text + strspn(text, " \t\r\n");
}

static const char *skip_string(const char *text) {
    for (text++; *text != '"'; text++) {
        if (*text == '\\') {
            text++;
        }
        if (*text == 0) {
            return NULL;
        }
    }
    return text + 1;
}

static const char *skip(const char *text, unsigned depth) {
    text = blank(text);
    if (*text == '"') {
        return skip_string(text);
    }
    if (*text != '{' && *text != '[') {
        size_t length = strcspn(text, ",]} \t\r\n");
        return length == 0 ? NULL : text + length;
    }
    bool object = *text == '{';
    char close = object ? '}' : ']';
    text = blank(text + 1);
    if (*text == close) {
        return text + 1;
    }
    while (depth < DEPTH_MAX) {
        if (object) {
            text = *text == '"' ? skip_string(text) : NULL;
            text = text == NULL ? NULL : blank(text);
            text = text == NULL || *text != ':' ? NULL : text + 1;
        }
        text = text == NULL ? NULL : skip(text, depth + 1);
        if (text == NULL) {
            return NULL;
        }
        text = blank(text);
        if (*text == close) {
            return text + 1;
        }
        if (*text != ',') {
            return NULL;
        }
        text = blank(text + 1);
    }
    return NULL;
}

const char *json_skip(const char *text) {
    return skip(text, 0);
}

const char *json_find(const char *object, const char *name) {
    size_t length = strlen(name);
    const char *at = blank(object);
    if (*at != '{') {
        return NULL;
    }
    do {
        at = blank(at + 1);
        const char *key = at;
        at = *at == '"' ? skip_string(at) : NULL;
        at = at == NULL ? NULL : blank(at);
        if (at == NULL || *at != ':') {
            return NULL;
        }
        at = blank(at + 1);
        if (strncmp(key + 1, name, length) == 0 && key[length + 1] == '"') {
            return at;
        }
        at = json_skip(at);
        at = at == NULL ? NULL : blank(at);
    } while (at != NULL && *at == ',');
    return NULL;
}

bool json_each(const char *array, void (*each)(void *context, const char *value), void *context) {
    const char *at = blank(array);
    if (*at != '[' || json_skip(at) == NULL) {
        return false;
    }
    for (at = blank(at + 1); *at != ']'; at = *at == ',' ? blank(at + 1) : at) {
        each(context, at);
        at = blank(json_skip(at)); /* the whole was skipped above, so each part can be */
    }
    return true;
}

char *json_string_at(const char *text) {
    text = blank(text);
    const char *end = *text == '"' ? skip_string(text) : NULL;
    char *copy = end == NULL ? NULL : malloc((size_t)(end - text));
    if (copy == NULL) {
        return NULL;
    }
    char *out = copy;
    for (text++; text < end - 1; text++) {
        if (*text != '\\') {
            *out++ = *text;
            continue;
        }
        text++;
        static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
        const char *letter = strchr(letters, *text);
        if (*text == 'u' && end - text > 5) { /* a byte, as json_text() writes those that are no UTF-8 */
            char digits[5] = {text[1], text[2], text[3], text[4], 0};
            *out++ = (char)strtoul(digits, NULL, 16);
            text += 4;
        } else {
            *out++ = letter != NULL && *letter != 0 ? meant[letter - letters] : *text;
        }
    }
    *out = 0;
    return copy;
}
