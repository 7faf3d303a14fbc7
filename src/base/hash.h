/* 64-bit hashes (XXH3) that tell data apart; the same on every machine, and not for security. */
#ifndef NNFS_BASE_HASH_H
#define NNFS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0)

/*
 * Hashes `count` bytes; NULL is accepted if count is 0. The hash of one part as the seed of the next
 * chains parts; HASH_START is the seed of the first.
 */
uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t count);

#endif
