/* UTF-8: validation, and cutting text between characters. */
#ifndef NNFS_BASE_UTF8_H
#define NNFS_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a byte continues the character before it. */
static inline bool utf8_continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Returns the largest length, at most `length`, at which no character of the text is cut. */
static inline size_t utf8_cut(const char *text, size_t length)
{
    while (length > 0 && utf8_continues(text[length])) {
        length--;
    }
    return length;
}

/* Returns whether text is UTF-8, as JSON and the notes of a model file require: no overlong
 * forms, surrogates or code points past U+10FFFF (RFC 3629). */
bool utf8_is_valid(const char *text);

#endif
