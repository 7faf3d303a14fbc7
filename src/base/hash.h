/*
 * A 64-bit hash of bytes for telling data apart (not for security): eight bytes a step, each folded
 * in by a multiplication whose halves are mixed. The same on every machine of either byte order is
 * not promised; the same for the same bytes is.
 */
#ifndef NNFS_BASE_HASH_H
#define NNFS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0x9e3779b97f4a7c15)

/* Continues `hash` (HASH_START at first) over the bytes. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count);

#endif
