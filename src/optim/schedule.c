/* The schedules' formulas and their table. */
#include "optim/schedule.h"

#include <math.h>
#include <stdbool.h>

/* one_cycle: where the rate begins and ends, as shares of the highest, and when it is there. */
#define CYCLE_BEGIN 0.04 /* 1 / div_factor */
#define CYCLE_END   4e-6 /* CYCLE_BEGIN / final_div_factor */
#define CYCLE_RISE  0.3  /* pct_start */

/* plateau: a loss is better if it is below the best one by this share of it. */
#define PLATEAU_THRESHOLD 1e-4

static const double pi = 3.14159265358979323846;

/* ---- Time ---- */

static double steps_done(const schedule_time *time)
{
    return (double)time->epoch * (double)time->steps + (double)time->step;
}

/* Of the whole run. 0 epochs: the run has no end, and a schedule stays at its start. */
static double steps_total(const nnfs_train_settings *settings, const schedule_time *time)
{
    if (settings->epochs > 0) {
        return (double)settings->epochs * (double)time->steps;
    }
    return INFINITY;
}

/* ---- The formulas ---- */

static double constant_share(const nnfs_train_settings *settings, const schedule_state *state,
                             const schedule_time *time)
{
    (void)settings;
    (void)state;
    (void)time;
    return 1.0;
}

/* factor^floor(epochs done / every) */
static double step_share(const nnfs_train_settings *settings, const schedule_state *state,
                         const schedule_time *time)
{
    (void)state;
    double reductions = floor(steps_done(time) / ((double)time->steps * settings->schedule_every));
    return pow(settings->schedule_factor, reductions);
}

/* factor^(epochs done) */
static double exponential_share(const nnfs_train_settings *settings, const schedule_state *state,
                                const schedule_time *time)
{
    (void)state;
    return pow(settings->schedule_factor, steps_done(time) / (double)time->steps);
}

/* From `from` at x = 0 to `to` at x = 1 along half a cosine. */
static double half_cosine(double from, double to, double x)
{
    return to + (from - to) * 0.5 * (1.0 + cos(pi * x));
}

/* From 1 to the floor, which the step after the last one would reach (Loshchilov and Hutter 2017).
 */
static double cosine_share(const nnfs_train_settings *settings, const schedule_state *state,
                           const schedule_time *time)
{
    (void)state;
    double x = steps_done(time) / steps_total(settings, time);
    return half_cosine(1.0, settings->schedule_floor, fmin(x, 1.0));
}

/* Up to 1 in the first part of the run, then down to almost nothing at the last step (Smith and
 * Topin 2018). The momentum stays as it is. */
static double one_cycle_share(const nnfs_train_settings *settings, const schedule_state *state,
                              const schedule_time *time)
{
    (void)state;
    double last = steps_total(settings, time) - 1.0;
    double top = CYCLE_RISE * (last + 1.0) - 1.0;
    double now = fmin(steps_done(time), last);
    if (now <= top) {
        return half_cosine(CYCLE_BEGIN, 1.0, now / top);
    }
    return half_cosine(1.0, CYCLE_END, (now - top) / (last - top));
}

/* Four waves, each twice as long as the one before: (1 - cos(2 pi log2(1 + 15 t))) / 2, t in 0 .. 1
 * (Holzmueller et al. 2024). */
static double coslog_share(const nnfs_train_settings *settings, const schedule_state *state,
                           const schedule_time *time)
{
    (void)state;
    double t = fmin(steps_done(time) / steps_total(settings, time), 1.0);
    return half_cosine(0.0, 1.0, 2.0 * log2(1.0 + 15.0 * t));
}

static double plateau_share(const nnfs_train_settings *settings, const schedule_state *state,
                            const schedule_time *time)
{
    (void)settings;
    (void)time;
    return state->share;
}

/*
 * Linear from 0 before the first step to 1 at the last step of the warm-up, so that no step has a
 * rate of 0.
 */
static double warmup_share(const nnfs_train_settings *settings, const schedule_time *time)
{
    double warmup = settings->warmup_epochs * (double)time->steps;
    double now = steps_done(time) + 1.0;
    if (now < warmup) {
        return now / warmup;
    }
    return 1.0;
}

/* ---- The table ---- */

typedef struct schedule {
    const char *name;

    /* The share of the learning rate that a step gets, before warm-up. */
    double (*share)(const nnfs_train_settings *settings, const schedule_state *state,
                    const schedule_time *time);

    bool follows_loss;
} schedule;

/* Their defaults are in the table of training settings, optim/train_settings.c. */
static const schedule schedules[] = {
    [NNFS_SCHEDULE_CONSTANT] = {.name = "constant", .share = constant_share},
    [NNFS_SCHEDULE_STEP] = {.name = "step", .share = step_share},
    [NNFS_SCHEDULE_EXPONENTIAL] = {.name = "exponential", .share = exponential_share},
    [NNFS_SCHEDULE_COSINE] = {.name = "cosine", .share = cosine_share},
    [NNFS_SCHEDULE_ONE_CYCLE] = {.name = "one_cycle", .share = one_cycle_share},
    [NNFS_SCHEDULE_PLATEAU] = {.name = "plateau", .share = plateau_share, .follows_loss = true},
    [NNFS_SCHEDULE_COSLOG] = {.name = "coslog", .share = coslog_share},
};

/* The row of a schedule, NULL for a value that is none. */
static const schedule *schedule_of(nnfs_schedule which)
{
    size_t index = (size_t)which;
    if (index < sizeof schedules / sizeof *schedules) {
        return &schedules[index];
    }
    return NULL;
}

const char *nnfs_schedule_name(nnfs_schedule which)
{
    const schedule *row = schedule_of(which);
    if (!row) {
        return NULL;
    }
    return row->name;
}

/* ---- The history ---- */

schedule_state schedule_begin(void)
{
    return (schedule_state){.best = INFINITY, .share = 1.0};
}

/* A loss that is not a number is no better than any other. */
void schedule_note(schedule_state *state, const nnfs_train_settings *settings, double loss)
{
    if (!schedule_of(settings->schedule)->follows_loss) {
        return;
    }
    if (loss < state->best * (1.0 - PLATEAU_THRESHOLD)) {
        state->best = loss;
        state->waited = 0;
        return;
    }
    state->waited++;
    if (state->waited > settings->schedule_patience) {
        state->share = fmax(state->share * settings->schedule_factor, settings->schedule_floor);
        state->waited = 0;
    }
}

/* ---- The rate ---- */

float schedule_rate(const nnfs_train_settings *settings, const schedule_state *state,
                    const schedule_time *time)
{
    double share = schedule_of(settings->schedule)->share(settings, state, time);
    return (float)((double)settings->learning_rate * share * warmup_share(settings, time));
}
