/* JSON as compact text, without jansson's json_dumps. */
#ifndef NNFS_FORMATS_JSON_TEXT_H
#define NNFS_FORMATS_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

/*
 * The text in memory_alloc'ed memory, ended by a NUL and *length bytes long (may be NULL); NULL
 * where there is no memory, or no JSON.
 */
char *json_text(const json_t *json, size_t *length);

#endif
