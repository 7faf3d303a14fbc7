/*
 * Spans of each thread, in cells on cache lines of its own. The time stamp counter is read if there
 * is one, as the clock takes several times as long; the length of a tick is found by comparing the
 * two over the life of the profile.
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
    int64_t calls;
    int64_t multiply_adds;
    int64_t elements;
} cell;

/* A thread's cells: one an op, then that of waiting. */
typedef struct thread_spans {
    _Alignas(MEMORY_ALIGNMENT) uint64_t last; /* when it finished something */
    cell *cells;
} thread_spans;

struct profile {
    int ops;
    int threads;
    size_t stride; /* cells from thread to thread */
    uint64_t began_ticks;
    double began_seconds;
    double tick;          /* seconds */
    thread_spans *thread; /* [threads] */
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

profile *profile_create(int ops, int threads)
{
    profile *p = memory_alloc_zeroed(1, sizeof *p);
    if (!p) {
        return NULL;
    }
    p->ops = ops;
    p->threads = threads;
    p->stride = size_round_up((size_t)ops + 1, MEMORY_ALIGNMENT / sizeof(cell));
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

static cell *end_span(profile *p, int at)
{
    thread_spans *me = &p->thread[omp_get_thread_num()];
    uint64_t now = ticks_now();
    cell *done = &me->cells[at];
    done->ticks += now - me->last;
    done->calls++;
    me->last = now;
    return done;
}

void profile_span(profile *p, int op, int64_t multiply_adds, int64_t elements)
{
    cell *done = end_span(p, op);
    done->multiply_adds += multiply_adds;
    done->elements += elements;
}

void profile_wait_on(profile *p)
{
    (void)end_span(p, p->ops);
}

/* ---- Afterwards ---- */

void profile_leave_on(profile *p)
{
    uint64_t now = ticks_now();
    for (int i = 0; i < p->threads; i++) {
        cell *waiting = &p->thread[i].cells[p->ops];
        waiting->ticks += now - p->thread[i].last;
    }
    uint64_t ticks = now - p->began_ticks;
    p->tick = ticks > 0 ? (clock_seconds() - p->began_seconds) / (double)ticks : 0.0;
}

static profile_sum sum_of(const profile *p, int at)
{
    cell sum = {0};
    for (int i = 0; i < p->threads; i++) {
        const cell *one = &p->thread[i].cells[at];
        sum.ticks += one->ticks;
        sum.calls += one->calls;
        sum.multiply_adds += one->multiply_adds;
        sum.elements += one->elements;
    }
    return (profile_sum){
        .seconds = (double)sum.ticks * p->tick,
        .calls = sum.calls,
        .flops = 2.0 * (double)sum.multiply_adds,
        .bytes = sizeof(float) * (double)sum.elements,
    };
}

profile_sum profile_of_op(const profile *p, int op)
{
    return sum_of(p, op);
}

profile_sum profile_of_waiting(const profile *p)
{
    return sum_of(p, p->ops);
}
