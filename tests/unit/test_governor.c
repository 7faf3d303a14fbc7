/*
 * The governor on machines that are played: each has a rate for every number of threads, and
 * thread 0 is on its CPU for some of the time. How many take part in the end, and how seldom
 * it tries otherwise.
 */
#include "program/governor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THREADS = 4 };

/* Steps a second of a number of threads, and the share of its time that thread 0 is then
 * on a CPU. */
typedef struct machine {
    double rate[THREADS + 1];
    double busy[THREADS + 1];
} machine;

static const machine quiet = {{0, 1000, 1990, 2970, 3900}, {0, 1, 1, 0.99, 0.97}};
/* Another program has half of one CPU, or of two. */
static const machine shared_by_one = {{0, 1000, 1990, 2970, 2100}, {0, 1, 1, 0.97, 0.6}};
static const machine shared_by_two = {{0, 1000, 1990, 1500, 1400}, {0, 1, 1, 0.6, 0.5}};
/* Threads wait much, as there are few tiles, but fewer threads are slower still. */
static const machine idle = {{0, 1000, 1500, 1900, 2100}, {0, 1, 0.8, 0.7, 0.6}};

typedef struct play {
    governor c;
    double now, cpu, steps;
    double seconds_with[THREADS + 1]; /* by the number of threads */
} play;

static governor_count count_of(const play *p)
{
    return (governor_count){p->now, p->cpu, (int64_t)p->steps};
}

static void begin_region(play *p)
{
    p->steps = 0.0;
    governor_begin(&p->c, count_of(p));
}

static void begin(play *p, int threads)
{
    *p = (play){.now = 100.0, .cpu = 3.0};
    governor_create(&p->c, threads);
    begin_region(p);
}

static void run(play *p, const machine *m, double seconds)
{
    for (double end = p->now + seconds; p->now < end;) {
        int working = atomic_load(&p->c.working);
        assert_in_range(working, 1, p->c.threads);
        p->now += 0.001;
        p->cpu += 0.001 * m->busy[working];
        p->steps += 0.001 * m->rate[working];
        p->seconds_with[working] += 0.001;
        if (governor_is_due(&p->c, p->now, (int64_t)p->steps)) {
            governor_look(&p->c, count_of(p));
        }
    }
}

static void all_work_on_a_quiet_machine(void **state)
{
    (void)state;
    play p;
    begin(&p, THREADS);
    run(&p, &quiet, 20.0);
    assert_true(p.seconds_with[THREADS] > 19.99);
}

static void fewer_work_where_they_are_faster(void **state)
{
    (void)state;
    play p;
    begin(&p, THREADS);
    run(&p, &shared_by_one, 20.0);
    assert_true(p.seconds_with[3] > 18.0);
    begin(&p, THREADS);
    run(&p, &shared_by_two, 20.0);
    assert_true(p.seconds_with[2] > 16.0);
    /* When the others are gone all work again, and soon. */
    double before = p.seconds_with[THREADS];
    run(&p, &quiet, 10.0);
    assert_true(p.seconds_with[THREADS] - before > 5.0);
}

/* Waiting alone is no reason, and trying costs little. */
static void all_work_where_fewer_are_slower(void **state)
{
    (void)state;
    play p;
    begin(&p, THREADS);
    run(&p, &idle, 60.0);
    assert_int_equal(atomic_load(&p.c.working), THREADS);
    assert_true(p.seconds_with[THREADS] > 58.0);
}

/* Nor do fewer stay for ever where all of them wait: they did, when another program was there. */
static void all_come_back_where_threads_wait(void **state)
{
    (void)state;
    /* Four equal tiles: two threads and three both take two turns. */
    static const machine four_tiles = {{0, 1000, 2000, 2000, 4000}, {0, 1, 1, 0.7, 0.97}};
    const machine *const later[] = {&idle, &four_tiles};
    for (int i = 0; i < 2; i++) {
        play p;
        begin(&p, THREADS);
        run(&p, &shared_by_one, 20.0);
        assert_int_equal(atomic_load(&p.c.working), 3);
        double before = p.seconds_with[THREADS];
        run(&p, later[i], 40.0);
        assert_int_equal(atomic_load(&p.c.working), THREADS);
        assert_true(p.seconds_with[THREADS] - before > 25.0);
    }
}

static void one_thread_stays(void **state)
{
    (void)state;
    play p;
    begin(&p, 1);
    run(&p, &shared_by_two, 5.0);
    assert_true(p.seconds_with[1] > 4.99);
}

/* Regions shorter than a window make one together, and the time between them does not count. */
static void a_window_spans_regions(void **state)
{
    (void)state;
    play p;
    begin(&p, THREADS);
    for (int i = 0; i < 2000; i++) {
        run(&p, &shared_by_one, 0.004);
        governor_end(&p.c, count_of(&p));
        p.now += 0.1;
        p.cpu += 0.05;
        begin_region(&p);
    }
    assert_true(p.seconds_with[3] > 6.0);
}

/* Short regions one after the other; those of several threads end late, while thread 0 waits. */
static void run_short_regions(play *p, double late, double seconds)
{
    for (double end = p->now + seconds; p->now < end;) {
        double opened = p->now;
        int team = governor_open(&p->c);
        assert_in_range(team, 1, p->c.threads);
        begin_region(p);
        run(p, &quiet, 0.004);
        if (team > 1) {
            p->now += late;
        }
        governor_end(&p->c, count_of(p));
        governor_close(&p->c, p->now - opened);
    }
}

/* A thread that comes late to the end of each short region is left out of them, and
 * taken in again. */
static void late_threads_are_left_out_of_short_regions(void **state)
{
    (void)state;
    play p;
    begin(&p, 2);
    run_short_regions(&p, 0.03, 20.0);
    assert_int_equal(atomic_load(&p.c.working), 1);
    double alone = p.seconds_with[1];
    assert_true(alone > 16.0);
    run_short_regions(&p, 0.0, 20.0);
    assert_int_equal(atomic_load(&p.c.working), 2);
    assert_true(p.seconds_with[1] - alone < 6.0);
    /* A long region has all threads, whoever works. */
    atomic_store(&p.c.working, 1);
    governor_close(&p.c, 10.0);
    assert_int_equal(governor_open(&p.c), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_work_on_a_quiet_machine),
        cmocka_unit_test(fewer_work_where_they_are_faster),
        cmocka_unit_test(all_work_where_fewer_are_slower),
        cmocka_unit_test(all_come_back_where_threads_wait),
        cmocka_unit_test(one_thread_stays),
        cmocka_unit_test(a_window_spans_regions),
        cmocka_unit_test(late_threads_are_left_out_of_short_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
