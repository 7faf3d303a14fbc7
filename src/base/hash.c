/* Hashes by xxHash's XXH3, and those of version 0.1. */
#include "base/hash.h"

#include <string.h>
#include <xxhash.h>

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t count)
{
    return XXH3_64bits_withSeed(bytes, count, seed);
}

static uint64_t fold(uint64_t hash, uint64_t word)
{
    const uint64_t multiplier = UINT64_C(0xd6e8feb86659fd93);
    hash = (hash ^ word) * multiplier;
    return hash ^ (hash >> 32);
}

uint64_t hash_bytes_0_1(uint64_t seed, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    size_t left = count;
    uint64_t hash = seed;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word = 0;
        memcpy(&word, at, 8);
        hash = fold(hash, word);
    }
    uint64_t tail = 0;
    if (left > 0) { /* no bytes may be NULL, which memcpy does not take */
        memcpy(&tail, at, left);
    }
    return fold(fold(hash, tail), count);
}
