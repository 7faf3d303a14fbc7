/* A barrier that spins briefly and then gives way. */
#include "base/barrier.h"

#include <sched.h>

/* About as long as a phase: some ten microseconds. */
#define SPINS 1000

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void barrier_init(barrier *meeting)
{
    atomic_init(&meeting->arrived, 0);
    atomic_init(&meeting->generation, 0);
}

void barrier_wait(barrier *meeting, int threads)
{
    unsigned generation = atomic_load_explicit(&meeting->generation, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&meeting->arrived, 1, memory_order_acq_rel) + 1 == threads) {
        atomic_store_explicit(&meeting->arrived, 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&meeting->generation, 1, memory_order_release);
        return;
    }
    int spins = 0;
    while (atomic_load_explicit(&meeting->generation, memory_order_acquire) == generation) {
        if (spins < SPINS) {
            spins++;
            pause_briefly();
        } else {
            (void)sched_yield();
        }
    }
}
