/* The little JSON that is needed without a library: writing it, and finding values in an object that we wrote. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json {
    FILE *stream;
    char *text;
    size_t length;
    bool begun; /* the object that json_key() writes */
};

/* Starts a document in memory; false if there is none. What is written after a failure is lost, and json_end() says so. */
bool json_start(struct json *json);
void json_raw(struct json *json, const char *text);
void json_number(struct json *json, unsigned long long number);

/* A string with its quotes. Bytes that are no UTF-8 are taken for Latin-1. */
void json_text(struct json *json, const char *text);

/* "name": before a value of an object; the first begins it, and json_raw("}") ends it. */
void json_key(struct json *json, const char *name);

/* A name with a string. */
void json_member(struct json *json, const char *name, const char *text);

/* The document, to be given to json_free(); NULL if memory did not suffice. */
char *json_end(struct json *json, size_t *length);
void json_free(char *text);

/* Where the value of a name in the object at text begins; NULL if it is not there, or before it the text is no JSON. */
const char *json_find(const char *object, const char *name);

/* The end of the value that begins at text; NULL if it is none. */
const char *json_skip(const char *text);

/* A copy of the string at text, decoded; NULL if it is none. */
char *json_string_at(const char *text);

/* Calls each with every value of the array at text; false if it is no array. */
bool json_each(const char *array, void (*each)(void *context, const char *value), void *context);
