/* Phases of work that a few threads share. */
#include "base/phases.h"

#include "base/pause.h"

void phases_init(phases *p, atomic_uint_fast64_t *claimed, int tiles)
{
    p->tiles = tiles;
    p->claimed = claimed;
}

void phases_begin(phases *p)
{
    atomic_init(&p->current, 0);
    atomic_init(&p->finished, 0);
    for (int i = 0; i < p->tiles; i++) {
        atomic_init(&p->claimed[i], 0);
    }
}

/* Whether the tile was free in this phase, and is the caller's now. */
static bool claim(phases *p, uint64_t phase, int tile)
{
    uint_fast64_t last = atomic_load_explicit(&p->claimed[tile], memory_order_relaxed);
    while (last <= phase) {
        if (atomic_compare_exchange_weak_explicit(&p->claimed[tile], &last, phase + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

int phases_claim(phases *p, uint64_t phase, int tiles, int thread, int threads, int *from)
{
    /* Own tiles first (thread, thread + threads, ...), then those of the next thread, and so on. */
    int rounds = (tiles + threads - 1) / threads;
    while (*from < rounds * threads) {
        int owner = (thread + *from / rounds) % threads;
        int tile = owner + threads * (*from % rounds);
        ++*from;
        if (tile < tiles && claim(p, phase, tile)) {
            return tile;
        }
    }
    return -1;
}

bool phases_finish(phases *p, int tiles)
{
    return atomic_fetch_add_explicit(&p->finished, 1, memory_order_acq_rel) + 1 == tiles;
}

void phases_advance(phases *p, uint64_t next)
{
    atomic_store_explicit(&p->finished, 0, memory_order_relaxed);
    atomic_store_explicit(&p->current, next, memory_order_release);
}

uint64_t phases_current(const phases *p)
{
    return atomic_load_explicit(&p->current, memory_order_acquire);
}

uint64_t phases_wait(const phases *p, uint64_t phase)
{
    uint64_t current = phases_current(p);
    for (int turns = 0; current == phase; turns = pause_once(turns)) {
        current = phases_current(p);
    }
    return current;
}
