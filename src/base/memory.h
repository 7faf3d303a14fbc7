/*
 * Checked sizes and aligned memory. Sizes are multiplied and added only here: a size that overflows
 * becomes SIZE_MAX, stays SIZE_MAX through further arithmetic, and no allocation grants it.
 */
#ifndef NNFS_BASE_MEMORY_H
#define NNFS_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Buffers begin on a cache line, which is also the width of the widest vector register. */
#define MEMORY_ALIGNMENT 64
/* Floats a cache line. */
#define MEMORY_LINE_FLOATS 16

/* a * b and a + b, or SIZE_MAX if that overflows or one of them is SIZE_MAX already. */
size_t size_mul(size_t a, size_t b);
size_t size_add(size_t a, size_t b);

/* The smallest multiple of `multiple` that is at least a; SIZE_MAX on overflow. */
size_t size_round_up(size_t a, size_t multiple);

/* Floats of a [rows x columns] matrix, rounded up so that what follows begins on a cache line. */
size_t size_matrix_floats(int rows, int columns);

/*
 * Aligned memory of count * size bytes, zeroed or not; NULL if that overflows or there is none.
 * A count of 0 gives a pointer that may be freed. Freed by memory_free, which accepts NULL.
 */
void *memory_alloc(size_t count, size_t size);
void *memory_alloc_zeroed(size_t count, size_t size);
void memory_free(void *memory);

/*
 * Many buffers in one block. They are laid out twice by the same calls: a slab that is all
 * 0 counts and gives NULL, memory_slab_allocate gets what was counted (false: there is
 * none), and then it gives the buffers, which begin on cache lines and are not zeroed.
 * Freed as a whole: memory_free(slab.bytes).
 */
typedef struct memory_slab {
    unsigned char *bytes;
    size_t taken;
} memory_slab;

void *memory_take(memory_slab *slab, size_t count, size_t size);
bool memory_slab_allocate(memory_slab *slab);

#endif
