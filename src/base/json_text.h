/* JSON as compact text and back, past what jansson does not notice where memory is short. */
#ifndef NNFS_BASE_JSON_TEXT_H
#define NNFS_BASE_JSON_TEXT_H

#include "base/status.h"

#include <jansson.h>
#include <stddef.h>

/*
 * The text in memory_alloc'ed memory, ended by a NUL and *length bytes long (may be NULL); NULL
 * where there is no memory, or no JSON.
 */
char *json_text(const json_t *json, size_t *length);

/*
 * The JSON of a text, without repeated keys, into *json (NULL on failure). OK, MEMORY, or DATA with
 * *reason (may be NULL).
 */
nnfs_status json_parse(const char *text, size_t length, json_t **json, json_error_t *reason);

#endif
