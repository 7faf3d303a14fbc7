/* The smaller and the larger of two values without side effects: each is evaluated twice. */
#ifndef NNFS_BASE_MINMAX_H
#define NNFS_BASE_MINMAX_H

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
