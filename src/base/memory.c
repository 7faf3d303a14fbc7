/* Checked sizes and aligned memory. */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

size_t size_mul(size_t a, size_t b)
{
    size_t product = 0;
    if (a == SIZE_MAX || b == SIZE_MAX || __builtin_mul_overflow(a, b, &product)) {
        return SIZE_MAX;
    }
    return product;
}

size_t size_add(size_t a, size_t b)
{
    size_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return SIZE_MAX;
    }
    return sum;
}

size_t size_round_up(size_t a, size_t multiple)
{
    size_t rest = a % multiple;
    return rest == 0 ? a : size_add(a, multiple - rest);
}

void *memory_alloc(size_t count, size_t size)
{
    size_t bytes = size_round_up(size_mul(count, size), MEMORY_ALIGNMENT);
    if (bytes > PTRDIFF_MAX) {
        return NULL;
    }
    return aligned_alloc(MEMORY_ALIGNMENT, bytes == 0 ? MEMORY_ALIGNMENT : bytes);
}

void *memory_alloc_zeroed(size_t count, size_t size)
{
    void *memory = memory_alloc(count, size);
    if (memory) {
        memset(memory, 0, count * size);
    }
    return memory;
}

void memory_free(void *memory)
{
    free(memory);
}
