/* The crew: trials of fewer threads, and of more. */
#include "training/crew.h"

/* A window has a few turns of the scheduler, and a few steps. */
#define WINDOW_SECONDS 0.02
#define WINDOW_STEPS   4

/* Thread 0 is off its CPU for such a share of the time: it is put aside, or waits for one that is. */
#define AWAY 0.15

/* What makes a trial a success. */
#define GAIN 1.05

/* From one trial to the next, at first; twice as long after each that changed nothing. */
#define HOLD_SECONDS      0.25
#define HOLD_SECONDS_MOST 4.0

void crew_create(crew *c, int threads)
{
    *c = (crew){.threads = threads, .window = WINDOW_SECONDS, .hold = HOLD_SECONDS};
    atomic_init(&c->working, threads);
}

static void begin_window(crew *c, double now, double busy, int64_t steps)
{
    c->began = now;
    c->busy = busy;
    c->steps = steps;
}

void crew_begin(crew *c, double now, double busy)
{
    begin_window(c, now, busy, 0);
    if (c->trying) {
        atomic_store(&c->working, c->before);
        c->trying = false;
    }
}

static void try(crew *c, int working, double rate)
{
    c->trying = true;
    c->before = atomic_load(&c->working);
    c->rate_before = rate;
    atomic_store(&c->working, working);
}

/* A trial that changes nothing makes the next one later. */
static void judge(crew *c, double now, double rate)
{
    bool better = rate > GAIN * c->rate_before;
    if (!better) {
        atomic_store(&c->working, c->before);
    }
    c->hold = better ? HOLD_SECONDS : 2.0 * c->hold;
    c->hold = c->hold < HOLD_SECONDS_MOST ? c->hold : HOLD_SECONDS_MOST;
    c->until = now + c->hold;
    c->trying = false;
}

bool crew_is_due(const crew *c, double now, int64_t steps)
{
    return now - c->began >= c->window && steps >= c->steps + WINDOW_STEPS;
}

void crew_look(crew *c, double now, double busy, int64_t steps)
{
    double seconds = now - c->began;
    int working = atomic_load(&c->working);
    double rate = (double)(steps - c->steps) / seconds;
    bool away = seconds - (busy - c->busy) > AWAY * seconds;
    if (c->trying) {
        judge(c, now, rate);
    } else if (now >= c->until && away && working > 1) {
        try(c, working - 1, rate);
    } else if (now >= c->until && !away && working < c->threads) {
        try(c, working + 1, rate);
    }
    begin_window(c, now, busy, steps);
}
