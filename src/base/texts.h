/* Lists of texts that end with NULL, where NULL is an empty one. */
#ifndef NNFS_BASE_TEXTS_H
#define NNFS_BASE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

typedef const char *const *const_texts;

/* Room for so many texts, and all of them NULL; from calloc, like what is put there. */
char **texts_create(size_t count);
/* NULL: no memory. */
char **texts_copy(const_texts from);
void texts_free(char **list);

int texts_count(const_texts list);
bool texts_hold(const_texts list, const char *text);

/*
 * Where each of `count` names stands among those `known`, which differ; -1: nowhere. Neither list needs a
 * NULL at its end. From memory_alloc; NULL: no memory.
 */
int *texts_places(const_texts known, int known_count, const_texts names, int count);

/* A list that nobody will write to. */
static inline const_texts texts_of(char **list)
{
    return (const_texts)list;
}

#endif
