/*
 * Reads a run log and shows what is in it, a name a line: so that a test sees that every line is an
 * object of strict JSON, and which fields it has. Values are shown where they are the same on every
 * machine; elsewhere their kind is.
 *
 * Usage: check_log FILE
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *kind(const json_t *value)
{
    return json_is_string(value) ? "string" : json_is_integer(value) ? "integer" : "number";
}

static void show_value(const char *name, const json_t *value, bool exact)
{
    bool hash = strstr(name, "hash") != NULL;
    if (json_is_null(value)) {
        (void)printf("%s null\n", name);
    } else if (json_is_string(value) && exact && !hash) {
        (void)printf("%s %s\n", name, json_string_value(value));
    } else if (json_is_integer(value) && exact) {
        (void)printf("%s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
    } else if (json_is_real(value) && strncmp(name, "settings.", 9) == 0) {
        (void)printf("%s %.15g\n", name, json_real_value(value));
    } else {
        (void)printf("%s (%s%s)\n", name,
                     hash && strlen(json_string_value(value)) == 16 ? "hex " : "", kind(value));
    }
}

static void show(const char *prefix, const json_t *value)
{
    char name[128];
    const char *key;
    json_t *member;
    size_t index;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, member)
        {
            (void)snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "." : "", key);
            show(name, member);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, member)
        {
            (void)snprintf(name, sizeof name, "%s.%zu", prefix, index);
            show(name, member);
        }
    } else {
        show_value(prefix, value, strncmp(prefix, "machine.", 8) != 0);
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    char *line = NULL;
    size_t size = 0;
    int status = file ? 0 : 1;
    while (status == 0 && getline(&line, &size, file) > 0) {
        json_error_t error;
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        if (json_is_object(object) && line[strlen(line) - 1] == '\n') {
            show("", object);
        } else {
            (void)fprintf(stderr, "not a line of JSON (%s): %s\n", error.text, line);
            status = 1;
        }
        json_decref(object);
        (void)puts("");
    }
    free(line);
    if (file) {
        (void)fclose(file);
    }
    return status;
}
