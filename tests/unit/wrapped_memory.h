/*
 * memory_alloc, watched and made to fail: for a test that is linked with -Wl,--wrap=memory_alloc.
 */
#ifndef NNFS_TESTS_WRAPPED_MEMORY_H
#define NNFS_TESTS_WRAPPED_MEMORY_H

#include "base/memory.h"

static size_t memory_asked;     /* since it was last set to 0 */
static long memory_grants = -1; /* allocations that still succeed; < 0: all */

void *__real_memory_alloc(size_t count, size_t size);
void *__wrap_memory_alloc(size_t count, size_t size);

void *__wrap_memory_alloc(size_t count, size_t size)
{
    memory_asked = size_add(memory_asked, size_mul(count, size));
    if (memory_grants == 0) {
        return NULL;
    }
    memory_grants -= memory_grants > 0;
    return __real_memory_alloc(count, size);
}

#endif
