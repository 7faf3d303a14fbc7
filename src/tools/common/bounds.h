/* The smaller and the larger of two values without side effects: each is evaluated twice. */
#ifndef NNFS_TOOLS_COMMON_BOUNDS_H
#define NNFS_TOOLS_COMMON_BOUNDS_H

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
