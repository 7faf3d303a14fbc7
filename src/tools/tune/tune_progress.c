/*
 * Where all runs together stand: on a terminal a line that is redrawn, with a plain line for each
 * run that has ended above it; elsewhere those lines alone.
 */
#include "common/lines.h"
#include "common/text.h"
#include "tune/tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, LINE_MOST = 256 };

#define REDRAW_SECONDS 0.1

double tune_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Iterations made, also in part, and those there are in all; a run that ended early has no more. */
static void count_iterations(const tuning *tune, double *made, double *all, int *ended)
{
    *made = 0.0;
    *all = 0.0;
    *ended = 0;
    for (int i = 0; i < tune->count; i++) {
        const tune_trial *trial = &tune->trials[i];
        *made += (double)trial->count + trial->underway;
        if (trial->ended) {
            *all += (double)trial->count;
        } else {
            *all += (double)trial->options.train.epochs;
        }
        *ended += trial->ended != NULL;
    }
}

void tune_progress_begin(tuning *tune)
{
    double all;
    int ended;
    screen_open(&tune->progress.view, !tune->options->quiet);
    tune->progress.began = tune_clock();
    count_iterations(tune, &tune->progress.before, &all, &ended);
}

/* "best 97.80 %  lr 0.5": of the runs that have ended. */
static void write_best(const tuning *tune, char *text, size_t size)
{
    const tune_trial **ranked = trials_ranked(tune);
    const tune_trial *best = ranked[0];
    text[0] = '\0';
    if (best->ended && strcmp(best->ended, "diverged") != 0) {
        char *label = trial_label(tune, best);
        double score = trial_score(tune, best, trial_kept(best));
        (void)snprintf(text, size, "  best %s  %s",
                       (tune->judge.share ? text_percent(score) : text_error(score)).text, label);
        free(label);
    }
    free(ranked);
}

int tune_terminal_width(int descriptor)
{
    struct winsize size;
    bool known = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    if (known) {
        return size.ws_col;
    }
    return 80;
}

static void draw(tuning *tune, double now)
{
    screen *s = &tune->progress.view;
    char best[LINE_MOST];
    double made;
    double all;
    int ended;
    if (!screen_begin(s)) {
        return;
    }
    count_iterations(tune, &made, &all, &ended);
    double share = 1.0;
    if (all > 0.0) {
        share = made / all;
    }
    double new_ones = made - tune->progress.before;
    double left = 0.0;
    if (new_ones > 0.0) {
        left = (now - tune->progress.began) * (all - made) / new_ones;
    }
    write_best(tune, best, sizeof best);
    screen_new_line(s);
    (void)screen_add(s, "%d/%d runs  ", ended, tune->count);
    if (s->columns >= 2 * BAR_WIDTH) {
        screen_bar(s, BAR_WIDTH, share);
    }
    (void)screen_add(s, "  %3.0f %%", 100.0 * share);
    (void)screen_add(s, "  %s left", text_seconds(left).text);
    (void)screen_add(s, "%s", best);
    screen_show(s);
}

void tune_progress_draw(tuning *tune)
{
    double now = tune_clock();
    if (tune->progress.view.live && now - tune->progress.drawn >= REDRAW_SECONDS) {
        tune->progress.drawn = now;
        draw(tune, now);
    }
}

/* Of a part: its accuracy, else the error that counts. */
static void write_score(const tuning *tune, const char *part, double accuracy, double rmse,
                        double pinball)
{
    double error = tune_error(tune, rmse, pinball);
    if (!isnan(accuracy)) {
        line_print(stderr, "  %s %s", part, text_percent(accuracy).text);
    } else if (!isnan(error)) {
        line_print(stderr, "  %s %s %s", part, tune->judge.error, text_error(error).text);
    }
}

void tune_progress_trial(tuning *tune, const tune_trial *trial)
{
    const tune_point *last = &trial->points[trial_kept(trial)];
    double seconds = 0.0;
    if (tune->options->quiet) {
        return;
    }
    for (int i = 0; i < trial->count; i++) {
        if (isnan(trial->points[i].seconds)) {
            seconds += 0.0;
        } else {
            seconds += trial->points[i].seconds;
        }
    }
    char *label = trial_label(tune, trial);
    screen_clear(&tune->progress.view);
    line_print(stderr, "%d/%d  %s", trial->number, tune->count, label);
    if (strcmp(trial->ended, "diverged") == 0) {
        line_print(stderr, "  diverged in epoch %d\n", trial->count);
    } else {
        line_print(stderr, "  %d epoch%s  loss %s", trial->count, text_plural(trial->count),
                   text_number(last->loss).text);
        write_score(tune, "accuracy", last->accuracy, NAN, NAN);
        write_score(tune, "validation", last->validation_accuracy, last->validation_rmse,
                    last->validation_pinball);
        write_score(tune, "test", last->test_accuracy, last->test_rmse, last->test_pinball);
        line_print(stderr, "  in %s\n", text_seconds(seconds).text);
    }
    free(label);
    tune->progress.drawn = 0.0;
    tune_progress_draw(tune);
}

void tune_progress_end(tuning *tune)
{
    screen_clear(&tune->progress.view);
}
