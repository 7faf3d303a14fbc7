/* Hashes by xxHash's XXH3. */
#include "base/hash.h"

#include <xxhash.h>

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t count)
{
    return XXH3_64bits_withSeed(bytes, count, seed);
}
