/* The tools' own ways with jansson. */
#include "common/json.h"

#include "common/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Larger numbers would be rounded up to infinity by the 15 digits of JSON_LINE. */
#define LARGEST_REAL 1.79769313486231e308

static bool lacked_memory;

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    lacked_memory = lacked_memory || !memory;
    return memory;
}

void json_watch(void)
{
    json_set_alloc_funcs(allocate, free);
    lacked_memory = false;
}

bool json_had_memory(void)
{
    return !lacked_memory;
}

void json_set_real(json_t *object, const char *key, double value)
{
    bool sayable = fabs(value) <= LARGEST_REAL; /* and no NaN */
    (void)json_object_set_new(object, key, sayable ? json_real(value) : json_null());
}

void json_set_float(json_t *object, const char *key, float value)
{
    json_set_real(object, key, strtod(text_shortest(value).text, NULL));
}

void json_set_integer(json_t *object, const char *key, int64_t value)
{
    (void)json_object_set_new(object, key, json_integer(value));
}

void json_set_string(json_t *object, const char *key, const char *value)
{
    json_t *string = NULL;
    if (value) {
        string = json_string(value);
    } /* NULL also if it is not UTF-8 */
    (void)json_object_set_new(object, key, string ? string : json_null());
}

void json_set_hash(json_t *object, const char *key, uint64_t hash)
{
    json_set_string(object, key, text_hash(hash).text);
}
