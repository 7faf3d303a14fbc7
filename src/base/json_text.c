/*
 * JSON as compact text and back. jansson's json_dumps grows its buffer as it goes and does not
 * notice (in 2.14) when that fails within the key of an object: the text comes out with a piece
 * missing. json_dumpb writes into a buffer of ours, which it is asked for the size of first.
 *
 * When the buffer of a token cannot grow, jansson's parser drops characters of it without an error.
 * So the buffer grows before the text is read: see parse.
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

/* What is still to be read: ["a long text", the JSON]; see parse. */
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
 * NULL for what is no JSON, and for lack of memory. A string as long as the text stands in front of
 * it, so that the buffer of tokens has grown to what the longest token can need. If it could not
 * grow, the string lacks letters. (Later, for a digit or for what follows a backslash, jansson
 * would abort the process.)
 */
static json_t *parse(const char *text, size_t length)
{
    pieces from = {{"[\"", NULL, "\",", text, "]"}, {2, length, 2, length, 1}};
    json_t *list = json_load_callback(next_piece, &from, JSON_REJECT_DUPLICATES, NULL);
    json_t *json = NULL;
    if (json_array_size(list) == 2 && json_string_length(json_array_get(list, 0)) == length) {
        json = json_incref(json_array_get(list, 1));
    }
    json_decref(list);
    return json;
}

/* Why there is no JSON: DATA with jansson's reason, or MEMORY if that is no reason or there
 * is none now. */
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
    *json = parse(text, length);
    if (*json) {
        return NNFS_OK;
    }
    return explain(text, length, reason ? reason : &unwanted);
}
