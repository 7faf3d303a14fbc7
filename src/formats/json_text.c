/*
 * JSON as compact text and back. jansson's json_dumps grows its buffer as it goes and does not notice (in
 * 2.14) when that fails within the key of an object: the text comes out with a piece missing.
 * json_dumpb writes into a buffer of ours, which it is asked for the size of first.
 *
 * Reading, jansson drops the letters of a text or number that it has no memory for, and finds another
 * value than is there or a mistake where there is none. What two readings agree on is there.
 */
#include "formats/json_text.h"

#include "base/memory.h"

#include <string.h>

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

/* A refusal that says nothing is one, too. */
static bool is_of_memory(const json_error_t *reason)
{
    return reason->text[0] == '\0' || json_error_code(reason) == json_error_out_of_memory;
}

static bool is_same_refusal(const json_error_t *a, const json_error_t *b)
{
    return !is_of_memory(a) && !is_of_memory(b) && a->position == b->position &&
           strcmp(a->text, b->text) == 0;
}

nnfs_status json_parse(const char *text, size_t length, json_t **json, json_error_t *reason)
{
    json_error_t reasons[2];
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_t *first = json_loadb(text, length, flags, &reasons[0]);
    json_t *second = json_loadb(text, length, flags, &reasons[1]);
    bool same = first && second && json_equal(first, second);
    json_decref(second);
    *json = same ? first : NULL;
    if (same) {
        return NNFS_OK;
    }
    bool refused = !first && !second && is_same_refusal(&reasons[0], &reasons[1]);
    json_decref(first);
    if (refused && reason) {
        *reason = reasons[0];
    }
    return refused ? NNFS_ERROR_DATA : NNFS_ERROR_MEMORY;
}
