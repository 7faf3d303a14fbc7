/* Words of messages. */
#ifndef NNFS_BASE_WORDS_H
#define NNFS_BASE_WORDS_H

#include <stdint.h>

/* The ending of a noun after `count`: "" for 1, else "s". */
static inline const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* A text, or `otherwise` instead of NULL. */
static inline const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

#endif
