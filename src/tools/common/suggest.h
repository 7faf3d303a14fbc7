/* "did you mean": the nearest of many names to a misspelt one. */
#ifndef NNFS_TOOLS_COMMON_SUGGEST_H
#define NNFS_TOOLS_COMMON_SUGGEST_H

#include <stddef.h>

/* Begin with `suggestion nearest = {.text = misspelt}`, then consider every name there is. */
typedef struct suggestion {
    const char *text;
    const char *name; /* the nearest that is near enough, else NULL */
    int distance;
} suggestion;

void suggestion_consider(suggestion *nearest, const char *name);

#endif
