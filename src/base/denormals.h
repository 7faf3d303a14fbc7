/*
 * Denormal floats, below 1.2e-38, where a CPU needs many times as long for them: the second moments
 * of Adam and the gradients of a network that has learned its samples get there. PyTorch's
 * torch.set_flush_denormal does the same.
 */
#ifndef NNFS_BASE_DENORMALS_H
#define NNFS_BASE_DENORMALS_H

#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* From here on the calling thread reads and writes denormals as 0, where its CPU can. Returns what
 * denormals_restore takes. */
static inline uint64_t denormals_flush(void)
{
#if defined(__SSE2__)
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040); /* flush to zero, denormals are zero */
    return before;
#elif defined(__aarch64__)
    uint64_t before = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | (uint64_t)1 << 24)); /* FZ */
    return before;
#else
    return 0;
#endif
}

static inline void denormals_restore(uint64_t before)
{
#if defined(__SSE2__)
    _mm_setcsr((unsigned)before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
    (void)before;
#endif
}

#endif
