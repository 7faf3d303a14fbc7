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
 * a wide W would otherwise cost a TLB miss each. It is not aligned to such a page: malloc keeps a
 * block of up to 32 MiB for the next call only where little is asked for beyond its size, and the
 * system zeroes what it does not keep.
 */
#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_FROM (2 * HUGE_PAGE)

static void wish_huge(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    size_t lead = -(uintptr_t)memory % HUGE_PAGE;
    size_t pages = (bytes - lead) / HUGE_PAGE;
    (void)madvise((unsigned char *)memory + lead, pages * HUGE_PAGE, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}

void *memory_alloc(size_t count, size_t size)
{
    size_t bytes = size_round_up(size_mul(count, size), MEMORY_ALIGNMENT);
    if (bytes > PTRDIFF_MAX) {
        return NULL;
    }
    void *memory = aligned_alloc(MEMORY_ALIGNMENT, bytes == 0 ? MEMORY_ALIGNMENT : bytes);
    if (memory && bytes >= HUGE_FROM) {
        wish_huge(memory, bytes);
    }
    return memory;
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
