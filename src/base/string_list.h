/* Lists of strings that end with NULL, where NULL is an empty one. */
#ifndef NNFS_BASE_STRING_LIST_H
#define NNFS_BASE_STRING_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef const char *const *string_list_view;

/* Allocates a list of `count` NULL strings. List and strings are from calloc or malloc. */
char **string_list_create(size_t count);
/* NULL: no memory. */
char **string_list_copy(string_list_view from);
void string_list_free(char **list);

int string_list_count(string_list_view list);
bool string_list_contains(string_list_view list, const char *text);

/*
 * Where each of `count` names stands among those `known`, which differ; -1: nowhere. Neither list
 * needs a NULL at its end. From memory_alloc; NULL: no memory.
 */
int *string_list_positions(string_list_view known, int known_count, string_list_view names,
                           int count);

/* A read-only view of a list. */
static inline string_list_view string_list_view_of(char **list)
{
    return (string_list_view)list;
}

#endif
