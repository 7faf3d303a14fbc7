/*
 * Values as a file has them: a type and a byte order. They stay that way in memory until a batch is
 * gathered, which makes floats of them.
 */
#ifndef NNFS_BASE_DTYPE_H
#define NNFS_BASE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum dtype {
    DTYPE_U8,
    DTYPE_I8,
    DTYPE_I16,
    DTYPE_I32,
    DTYPE_I64,
    DTYPE_F16,
    DTYPE_F32,
    DTYPE_F64,
} dtype;

/* Bytes of one value. */
size_t dtype_bytes(dtype type);

/*
 * Makes `count` floats of values at any address; `swapped` where their bytes are in the other order
 * than this machine's.
 */
void dtype_to_floats(dtype type, bool swapped, const void *values, size_t count, float *x);

#endif
