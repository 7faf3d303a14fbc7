/*
 * JSON as compact text and back. jansson's json_dumps grows its buffer as it goes and does not notice (in
 * 2.14) when that fails within the key of an object: the text comes out with a piece missing.
 * json_dumpb writes into a buffer of ours, which it is asked for the size of first.
 *
 * When an allocation fails, jansson's parser drops characters of a string or number without an error and
 * returns another value or a false syntax error. A result is accepted if two passes agree on it.
 */
#include "base/json_text.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <stdbool.h>
#include <string.h>

char *json_text(const json_t *json, size_t *length)
{
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT); /* 0 also for NULL */
    char *text = NULL;
    if (size > 0) {
        text = memory_alloc(size_add(size, 1), 1);
    }
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

/* What is still to be read: ["a long text", the JSON]; see parse_once. */
enum { PIECES = 5 };

typedef struct pieces {
    const char *at[PIECES]; /* NULL: letters, whichever */
    size_t left[PIECES];
} pieces;

static size_t next_piece(void *buffer, size_t room, void *user)
{
    pieces *from = user;
    int i = 0;
    while (i < PIECES - 1 && from->left[i] == 0) {
        i++;
    }
    size_t count = MIN(from->left[i], room);
    if (from->at[i]) {
        memcpy(buffer, from->at[i], count);
        from->at[i] += count;
    } else {
        memset(buffer, 'x', count);
    }
    from->left[i] -= count;
    return count;
}

/*
 * NULL for what is no JSON, and for lack of memory. Where the buffer of a token cannot grow for a digit,
 * or for what follows a backslash, jansson aborts the process; the text in front lets it grow before, to
 * what the longest token can need.
 */
static json_t *parse_once(const char *text, size_t length)
{
    pieces from = {{"[\"", NULL, "\",", text, "]"}, {2, length, 2, length, 1}};
    json_t *list = json_load_callback(next_piece, &from, JSON_REJECT_DUPLICATES, NULL);
    json_t *json = NULL;
    if (json_array_size(list) == 2) {
        json = json_incref(json_array_get(list, 1));
    }
    json_decref(list);
    return json;
}

/* DATA with jansson's reason, unless there is none that does not come from a lack of memory. */
static nnfs_status explain(const char *text, size_t length, json_error_t *reason)
{
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, reason);
    bool refused =
        !json && reason->text[0] != '\0' && json_error_code(reason) != json_error_out_of_memory;
    json_decref(json);
    if (!refused) {
        return NNFS_ERROR_MEMORY;
    }
    return NNFS_ERROR_DATA;
}

nnfs_status json_parse(const char *text, size_t length, json_t **json, json_error_t *reason)
{
    json_error_t unwanted;
    json_t *first = parse_once(text, length);
    json_t *second = parse_once(text, length);
    bool same = first && second && json_equal(first, second);
    bool refused = !first && !second;
    json_decref(second);
    *json = same ? first : NULL;
    if (same) {
        return NNFS_OK;
    }
    json_decref(first);
    if (!refused) {
        return NNFS_ERROR_MEMORY;
    }
    return explain(text, length, reason ? reason : &unwanted);
}
