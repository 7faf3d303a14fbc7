/* A barrier that spins briefly and then gives way. */
#include "base/barrier.h"

#include "base/pause.h"

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
    for (int turns = 0;
         atomic_load_explicit(&meeting->generation, memory_order_acquire) == generation;
         turns = pause_once(turns)) {
    }
}
