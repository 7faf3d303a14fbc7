/* The memory this process may use. */
#ifndef NNFS_PLATFORM_MEMORY_LIMIT_H
#define NNFS_PLATFORM_MEMORY_LIMIT_H

#include <stddef.h>

/*
 * Returns the bytes of memory that this process may use: the machine's, within the limits of its
 * control groups (memory.max, memory.limit_in_bytes) and its own (ulimit -d); SIZE_MAX if unknown.
 * `root` is put before /proc and /sys; "" for this machine.
 */
size_t memory_limit(const char *root);

#endif
