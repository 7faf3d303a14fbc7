/* How fast this machine reads what a computation works on: the other side of its peak. */
#ifndef NNFS_PLATFORM_BANDWIDTH_H
#define NNFS_PLATFORM_BANDWIDTH_H

#include <stddef.h>

/*
 * Measures the bytes a second that `threads` threads together read from a working set of `bytes`
 * bytes (128 MiB stand for more), each its own share over and over: from the caches if it fits
 * there. In about 20 ms. 0 where there is no memory.
 */
double bandwidth_measure(int threads, size_t bytes);

#endif
