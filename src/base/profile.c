/*
 * Laps of each thread, in cells on cache lines of its own. The time stamp counter is read where
 * there is one, as the clock takes several times as long; what a tick lasts is found by comparing
 * the two over the life of the profile.
 */
#include "base/profile.h"

#include "base/clock.h"
#include "base/memory.h"

#include <omp.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

typedef struct cell {
    uint64_t ticks;
    int64_t laps;
    int64_t multiply_adds;
    int64_t floats;
} cell;

/* A thread's cells: PROFILE_PRODUCTS a layer, then the parts. */
typedef struct thread_laps {
    _Alignas(MEMORY_ALIGNMENT) uint64_t last; /* when it was done with something */
    cell *cells;
} thread_laps;

struct profile {
    int layers;
    int threads;
    size_t stride; /* cells from thread to thread */
    uint64_t began_ticks;
    double began_seconds;
    double tick;         /* seconds */
    thread_laps *thread; /* [threads] */
    cell *cells;
};

static uint64_t ticks_now(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return (uint64_t)(clock_seconds() * 1e9);
#endif
}

profile *profile_create(int layers, int threads)
{
    profile *p = memory_alloc_zeroed(1, sizeof *p);
    if (!p) {
        return NULL;
    }
    p->layers = layers;
    p->threads = threads;
    size_t cells = size_add(size_mul((size_t)layers, PROFILE_PRODUCTS), PROFILE_PARTS);
    p->stride = size_round_up(cells, MEMORY_ALIGNMENT / sizeof(cell));
    p->thread = memory_alloc_zeroed((size_t)threads, sizeof *p->thread);
    p->cells = memory_alloc_zeroed(size_mul(p->stride, (size_t)threads), sizeof *p->cells);
    if (!p->thread || !p->cells) {
        profile_free(p);
        return NULL;
    }
    for (int i = 0; i < threads; i++) {
        p->thread[i].cells = p->cells + p->stride * (size_t)i;
    }
    p->began_ticks = ticks_now();
    p->began_seconds = clock_seconds();
    return p;
}

void profile_free(profile *p)
{
    if (p) {
        memory_free(p->thread);
        memory_free(p->cells);
        memory_free(p);
    }
}

/* ---- While a region runs ---- */

void profile_enter_on(profile *p)
{
    uint64_t now = ticks_now();
    for (int i = 0; i < p->threads; i++) {
        p->thread[i].last = now;
    }
}

static cell *end_lap(profile *p, size_t at)
{
    thread_laps *me = &p->thread[omp_get_thread_num()];
    uint64_t now = ticks_now();
    cell *done = &me->cells[at];
    done->ticks += now - me->last;
    done->laps++;
    me->last = now;
    return done;
}

static size_t part_cell(const profile *p, profile_part part)
{
    return (size_t)p->layers * PROFILE_PRODUCTS + part;
}

static size_t product_cell(int layer, profile_product kind)
{
    return (size_t)layer * PROFILE_PRODUCTS + kind;
}

void profile_lap_on(profile *p, profile_part part)
{
    (void)end_lap(p, part_cell(p, part));
}

void profile_lap_product_on(profile *p, int layer, profile_product kind, int m, int n, int k)
{
    cell *done = end_lap(p, product_cell(layer, kind));
    done->multiply_adds += (int64_t)m * n * k;
    done->floats += (int64_t)m * k + (int64_t)k * n + (int64_t)m * n;
}

/* ---- Afterwards ---- */

void profile_leave_on(profile *p)
{
    uint64_t now = ticks_now();
    for (int i = 0; i < p->threads; i++) {
        cell *waiting = &p->thread[i].cells[part_cell(p, PROFILE_WAITING)];
        waiting->ticks += now - p->thread[i].last;
    }
    uint64_t ticks = now - p->began_ticks;
    p->tick = ticks > 0 ? (clock_seconds() - p->began_seconds) / (double)ticks : 0.0;
}

static profile_sum sum_of(const profile *p, size_t at)
{
    cell sum = {0};
    for (int i = 0; i < p->threads; i++) {
        const cell *one = &p->thread[i].cells[at];
        sum.ticks += one->ticks;
        sum.laps += one->laps;
        sum.multiply_adds += one->multiply_adds;
        sum.floats += one->floats;
    }
    return (profile_sum){
        .seconds = (double)sum.ticks * p->tick,
        .laps = sum.laps,
        .flops = 2.0 * (double)sum.multiply_adds,
        .bytes = sizeof(float) * (double)sum.floats,
    };
}

profile_sum profile_of_part(const profile *p, profile_part part)
{
    return sum_of(p, part_cell(p, part));
}

profile_sum profile_of_product(const profile *p, int layer, profile_product kind)
{
    return sum_of(p, product_cell(layer, kind));
}
