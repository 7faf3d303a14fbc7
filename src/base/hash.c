/* A multiply-and-fold hash of bytes. */
#include "base/hash.h"

#include <string.h>

static uint64_t fold(uint64_t hash, uint64_t word)
{
    /* An odd constant without pattern in its bits. */
    const uint64_t multiplier = UINT64_C(0xd6e8feb86659fd93);
    hash = (hash ^ word) * multiplier;
    return hash ^ (hash >> 32);
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    size_t left = count;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word = 0;
        memcpy(&word, at, 8);
        hash = fold(hash, word);
    }
    uint64_t tail = 0;
    if (left > 0) { /* the bytes of nothing may be NULL, which memcpy may not be given */
        memcpy(&tail, at, left);
    }
    return fold(fold(hash, tail), count);
}
