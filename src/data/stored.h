/*
 * Values as a file has them: a type and a byte order. They stay that way in memory until a batch is
 * gathered, which makes floats of them.
 */
#ifndef NNFS_DATA_STORED_H
#define NNFS_DATA_STORED_H

#include <stdbool.h>
#include <stddef.h>

typedef enum stored_type {
    STORED_U8,
    STORED_I8,
    STORED_I16,
    STORED_I32,
    STORED_I64,
    STORED_F16,
    STORED_F32,
    STORED_F64,
} stored_type;

/* Bytes of one value. */
size_t stored_bytes(stored_type type);

/*
 * Makes `count` floats of values at any address; `swapped` where their bytes are in the other order
 * than this machine's.
 */
void stored_to_floats(stored_type type, bool swapped, const void *values, size_t count, float *x);

#endif
