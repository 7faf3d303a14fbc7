/* Checked sizes and aligned memory. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
    if (rest == 0) {
        return a;
    }
    return size_add(a, multiple - rest);
}

size_t size_matrix_floats(int rows, int columns)
{
    return size_round_up(size_mul((size_t)rows, (size_t)columns), MEMORY_LINE_FLOATS);
}

/*
 * A large buffer in pages of 2 MiB, where the system has them: shuffled samples and the columns of
 * a wide W would otherwise cost a TLB miss each.
 */
#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_FROM (2 * HUGE_PAGE)

static void *alloc_huge(size_t bytes)
{
    size_t whole = size_round_up(bytes, HUGE_PAGE);
    void *memory = whole > PTRDIFF_MAX ? NULL : aligned_alloc(HUGE_PAGE, whole);
#ifdef MADV_HUGEPAGE
    if (memory) {
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* a wish: small pages do as well */
    }
#endif
    return memory;
}

void *memory_alloc(size_t count, size_t size)
{
    size_t bytes = size_round_up(size_mul(count, size), MEMORY_ALIGNMENT);
    if (bytes > PTRDIFF_MAX) {
        return NULL;
    }
    if (bytes >= HUGE_FROM) {
        return alloc_huge(bytes);
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

void *memory_take(memory_slab *slab, size_t count, size_t size)
{
    size_t at = slab->taken;
    slab->taken = size_add(at, size_round_up(size_mul(count, size), MEMORY_ALIGNMENT));
    return slab->bytes ? slab->bytes + at : NULL;
}

bool memory_slab_allocate(memory_slab *slab)
{
    *slab = (memory_slab){.bytes = memory_alloc(slab->taken, 1)};
    return slab->bytes != NULL;
}
