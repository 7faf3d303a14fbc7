/* The governor: trials of fewer threads, and of more. */
#include "program/governor.h"
#include "base/minmax.h"

/* A window has many turns of the scheduler, one of which alone says little, and a few steps. */
#define WINDOW_SECONDS 0.1
#define WINDOW_STEPS   4

/* Thread 0 is off its CPU for such a share of the time: it is put aside, or waits for
 * one that is. */
#define AWAY 0.2

/* What makes a trial a success. */
#define GAIN 1.05

/* From one trial to the next, at first; twice as long after each that changed nothing. */
#define HOLD_SECONDS      0.5
#define HOLD_SECONDS_MOST 4.0

/* In a longer region threads that rest may be wanted back before its end. */
#define SHORT_REGION HOLD_SECONDS

void governor_create(governor *c, int threads)
{
    *c = (governor){
        .threads = threads, .team = threads, .window = WINDOW_SECONDS, .hold = HOLD_SECONDS};
    atomic_init(&c->working, threads);
}

int governor_open(governor *c)
{
    int working = atomic_load(&c->working);
    if (working > c->team) { /* a trial of more begins with this region */
        c->seen = (governor_count){0};
    }
    c->team = c->region < SHORT_REGION ? working : c->threads;
    return c->team;
}

void governor_close(governor *c, double seconds)
{
    c->region = seconds;
}

/* What has been in the window, up to `now`. */
static governor_count window_until(const governor *c, governor_count now)
{
    return (governor_count){c->seen.seconds + now.seconds - c->at_start.seconds,
                            c->seen.busy + now.busy - c->at_start.busy,
                            c->seen.steps + now.steps - c->at_start.steps};
}

void governor_begin(governor *c, governor_count now)
{
    c->at_start = now;
}

void governor_end(governor *c, governor_count now)
{
    c->seen = window_until(c, now);
}

static void try(governor *c, int working, double rate)
{
    c->trying = true;
    c->before = atomic_load(&c->working);
    c->rate_before = rate;
    atomic_store(&c->working, working);
}

/* A trial that changes nothing makes the next one later, and go the other way. */
static void judge(governor *c, double rate)
{
    bool went_up = atomic_load(&c->working) > c->before;
    bool better = rate > GAIN * c->rate_before;
    c->up = better ? went_up : !went_up;
    if (!better) {
        atomic_store(&c->working, c->before);
    }
    c->hold = better ? HOLD_SECONDS : 2.0 * c->hold;
    c->hold = MIN(c->hold, HOLD_SECONDS_MOST);
    c->until = c->ran + c->hold;
    c->trying = false;
}

bool governor_is_due(const governor *c, double seconds, int64_t steps)
{
    governor_count window = window_until(c, (governor_count){.seconds = seconds, .steps = steps});
    bool has_all = atomic_load(&c->working) <= c->team;
    return has_all && window.seconds >= c->window && window.steps >= WINDOW_STEPS;
}

void governor_look(governor *c, governor_count now)
{
    governor_count window = window_until(c, now);
    int working = atomic_load(&c->working);
    double rate = (double)window.steps / window.seconds;
    c->ran += window.seconds;
    bool away = window.seconds - window.busy > AWAY * window.seconds;
    bool more = working < c->threads && (!away || c->up);
    if (c->trying) {
        judge(c, rate);
    } else if (c->ran >= c->until && more) {
        try(c, working + 1, rate);
    } else if (c->ran >= c->until && away && working > 1) {
        try(c, working - 1, rate);
    }
    c->seen = (governor_count){0};
    c->at_start = now;
}
