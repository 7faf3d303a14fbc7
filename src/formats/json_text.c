/*
 * JSON as compact text. jansson's json_dumps grows its buffer as it goes and does not notice (in
 * 2.14) when that fails within the key of an object: the text comes out with a piece missing.
 * json_dumpb writes into a buffer of ours, which it is asked for the size of first.
 */
#include "formats/json_text.h"

#include "base/memory.h"

char *json_text(const json_t *json, size_t *length)
{
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT); /* 0 also for NULL */
    char *text = size > 0 ? memory_alloc(size_add(size, 1), 1) : NULL;
    if (text && json_dumpb(json, text, size, JSON_COMPACT) != size) {
        memory_free(text);
        text = NULL;
    }
    if (text) {
        text[size] = '\0';
    }
    if (length) {
        *length = size;
    }
    return text;
}
