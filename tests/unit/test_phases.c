/*
 * Phases: every tile of every phase is done exactly once, in order, by however many threads, also
 * when one of them is late; and what a phase wrote is seen in the next.
 */
#include "base/phases.h"

#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { most_tiles = 37, phase_count = 400 };

typedef struct work {
    phases shared;
    int done[most_tiles]; /* how often in the current phase; written by whoever claims it */
    int64_t total;
    bool wrong;
    int late; /* the thread that naps before each of its claims; -1: none */
} work;

/* Phase p has a varying number of tiles, as stages have. */
static int tiles_of(uint64_t phase)
{
    return 1 + (int)(phase * 7 % most_tiles);
}

static void close_phase(work *w, uint64_t phase)
{
    for (int i = 0; i < most_tiles; i++) {
        w->wrong = w->wrong || w->done[i] != (i < tiles_of(phase) ? 1 : 0);
        w->done[i] = 0;
    }
    w->total += tiles_of(phase);
    /* Numbers may be left out. */
    uint64_t next = phase + 1 + phase % 2;
    phases_advance(&w->shared, next < phase_count ? next : PHASES_OVER);
}

static void nap(void)
{
    const struct timespec spell = {.tv_nsec = 100000};
    (void)nanosleep(&spell, NULL);
}

static void run_thread(work *w)
{
    int me = omp_get_thread_num();
    for (uint64_t phase = 0; phase != PHASES_OVER; phase = phases_wait(&w->shared, phase)) {
        int tiles = tiles_of(phase);
        int from = 0;
        for (;;) {
            if (me == w->late) {
                nap();
            }
            int tile = phases_claim(&w->shared, phase, tiles, me, omp_get_num_threads(), &from);
            if (tile < 0) {
                break;
            }
            w->done[tile]++;
            if (phases_finish(&w->shared, tiles)) {
                close_phase(w, phase);
            }
        }
    }
}

static void check(int threads, int late)
{
    work w = {.late = late};
    int64_t wanted = 0;
    for (uint64_t phase = 0; phase < phase_count; phase += 1 + phase % 2) {
        wanted += tiles_of(phase);
    }
    static atomic_uint_fast64_t claimed[most_tiles];
    phases_init(&w.shared, claimed, most_tiles);
    for (int again = 0; again < 2; again++) {
        w.total = 0;
        phases_begin(&w.shared);
#pragma omp parallel num_threads(threads)
        run_thread(&w);
        assert_false(w.wrong);
        assert_int_equal(w.total, wanted);
    }
}

static void each_tile_is_done_once(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 8, 50};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        check(threads[i], -1);
    }
}

static void a_late_thread_is_not_waited_for(void **state)
{
    (void)state;
    check(3, 1);
    check(2, 0);
}

/* Own tiles come first, in order; then the others'. */
static void own_tiles_come_first(void **state)
{
    (void)state;
    phases shared;
    atomic_uint_fast64_t claimed[7];
    phases_init(&shared, claimed, 7);
    phases_begin(&shared);
    const int wanted[] = {1, 4, 2, 5, 0, 3, 6, -1};
    int from = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_int_equal(phases_claim(&shared, 0, 7, 1, 3, &from), wanted[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tile_is_done_once),
        cmocka_unit_test(a_late_thread_is_not_waited_for),
        cmocka_unit_test(own_tiles_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
