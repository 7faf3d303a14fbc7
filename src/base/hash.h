/* 64-bit hashes (XXH3) that tell data apart; the same on every machine, and not for security. */
#ifndef NNFS_BASE_HASH_H
#define NNFS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0)

/*
 * Hashes `count` bytes; NULL is accepted if count is 0. The hash of one part as the seed of the
 * next chains parts; HASH_START is the seed of the first.
 */
uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t count);

/* The same by the hash of version 0.1, for what it wrote into checkpoints. */
#define HASH_START_0_1 UINT64_C(0x9e3779b97f4a7c15)
uint64_t hash_bytes_0_1(uint64_t seed, const void *bytes, size_t count);

#endif
