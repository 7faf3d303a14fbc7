/* Whether text is UTF-8, which JSON and so a model file's notes must be. */
#ifndef NNFS_BASE_UTF8_H
#define NNFS_BASE_UTF8_H

#include <stdbool.h>

/* Neither overlong forms nor surrogates nor code points past U+10FFFF (RFC 3629). */
bool utf8_is_valid(const char *text);

#endif
