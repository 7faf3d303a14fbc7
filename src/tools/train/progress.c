/* The progress of a run: what is known of it, and a plain line an epoch. */
#include "train/progress.h"

#include "common/lines.h"
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REDRAW_SECONDS 0.095 /* the library tells at most every tenth of a second */

double progress_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_begin(progress_view *view, const progress_plan *plan)
{
    double peak = view->peak;
    bool estimated = view->estimated;
    memset(view, 0, sizeof *view);
    view->estimated = estimated;
    view->plan = *plan;
    view->loss = (progress_record){NAN, NAN, 0, true, false};
    view->accuracy = (progress_record){NAN, NAN, 0, false, true};
    view->validation = view->accuracy;
    view->test = view->accuracy;
    view->line_time = progress_clock();
    view->line_waited = nnfs_communicator_seconds(plan->communicator);
    screen_open(&view->screen, !plan->quiet && plan->epochs > 0);
    if (view->screen.live) {
        if (peak > 0.0) {
            view->peak = peak;
        } else {
            view->peak = nnfs_machine_peak(plan->threads);
        }
    }
}

/* ---- What is known ---- */

/* By samples: a batch may be all of them, and is taken in parts. */
static double epoch_share(const progress_view *view)
{
    if (view->plan.samples > 0) {
        return (double)view->now.samples / (double)view->plan.samples;
    }
    return 0.0;
}

double progress_epochs_made(const progress_view *view)
{
    return view->done + (view->now.epoch > view->done ? epoch_share(view) : 0.0);
}

double progress_epoch_left(const progress_view *view)
{
    double share = epoch_share(view);
    if (share > 0.0) {
        return view->now.seconds * (1.0 - share) / share;
    }
    return NAN;
}

/* By the clock, which evaluations count in; in the beginning by what the epoch tells of itself. */
double progress_run_left(const progress_view *view)
{
    double made = progress_epochs_made(view);
    double watched = made - view->first_epochs;
    double an_epoch = (progress_clock() - view->first_time) / watched;
    if (!(watched > 0.0)) {
        if (epoch_share(view) > 0.0) {
            an_epoch = view->now.seconds / epoch_share(view);
        } else {
            an_epoch = NAN;
        }
    }
    return an_epoch * (view->plan.epochs - made + (double)view->plan.others * view->plan.epochs);
}

/* The loss of the samples that came since the last time, and not of all of this epoch. */
static void note_loss(progress_view *view, double mean, double samples)
{
    double sum = mean * samples;
    double more = samples - view->seen_samples;
    if (more > 0.0) {
        double here = (sum - view->seen_loss) / more;
        curve_add(&view->losses, here > 0.0 || mean <= 0.0 ? here : mean, more);
    }
    view->seen_samples = samples;
    view->seen_loss = sum;
}

static void note_first(progress_view *view)
{
    if (view->first_time == 0.0) {
        view->first_time = progress_clock();
        view->first_epochs = progress_epochs_made(view);
        view->first_waited = nnfs_communicator_seconds(view->plan.communicator);
    }
}

static void note_record(progress_record *record, double value, int epoch)
{
    bool better = record->less ? value < record->best : value > record->best;
    record->now = value;
    if (better || (isnan(record->best) && isfinite(value))) {
        record->best = value;
        record->epoch = epoch;
    }
}

static void note_evaluation(progress_record *record, const nnfs_evaluation *evaluation, int epoch)
{
    if (isnan(evaluation->accuracy) && !isnan(evaluation->rmse)) {
        record->less = true;
        record->share = false;
        note_record(record, evaluation->rmse, epoch);
    } else {
        note_record(record, evaluation->accuracy, epoch);
    }
}

static void draw_if_due(progress_view *view)
{
    double now = progress_clock();
    if (now - view->drawn >= REDRAW_SECONDS) {
        view->drawn = now;
        progress_draw(view);
    }
}

/* Elsewhere than on a terminal, a run of long epochs tells once how long it will take. */
static void estimate_time(progress_view *view, const nnfs_progress *now)
{
    const double after = 5.0; /* seconds of an epoch */
    const double least = 60.0;
    if (view->plan.quiet || view->estimated || now->seconds < after) {
        return;
    }
    view->estimated = true;
    view->now = *now;
    view->done = now->epoch - 1;
    note_first(view);
    double left = progress_run_left(view);
    if (left >= least) {
        line_print(stderr, "estimate  about %s left\n", text_seconds(left).text);
    }
}

void progress_step(progress_view *view, const nnfs_progress *now)
{
    if (!view->screen.live) {
        estimate_time(view, now);
        return;
    }
    view->now = *now;
    view->done = now->epoch - 1;
    view->loss.now = now->loss;
    view->accuracy.now = now->accuracy;
    view->rate = (double)now->samples / now->seconds;
    note_first(view);
    note_loss(view, now->loss, (double)now->samples);
    draw_if_due(view);
}

static void note_epoch(progress_view *view, const nnfs_epoch *epoch)
{
    view->done = epoch->epoch;
    view->now.epoch = epoch->epoch; /* one that was shorter than a tenth of a second told no step */
    view->now.step = view->now.steps;
    view->now.samples = view->plan.samples;
    view->rate = epoch->samples_per_second;
    note_record(&view->loss, epoch->train_loss, epoch->epoch);
    note_record(&view->accuracy, epoch->train_accuracy, epoch->epoch);
    note_evaluation(&view->validation, &epoch->validation, epoch->epoch);
    note_evaluation(&view->test, &epoch->test, epoch->epoch);
    note_loss(view, epoch->train_loss, epoch->samples_per_second * epoch->seconds);
    view->seen_samples = 0.0;
    view->seen_loss = 0.0;
    note_first(view);
    draw_if_due(view);
}

/* ---- Plain lines ---- */

typedef struct text_line {
    char text[160];
    size_t length;
} text_line;

static void add(text_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(text_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more =
        vsnprintf(line->text + line->length, sizeof line->text - line->length, format, arguments);
    va_end(arguments);
    line->length = strlen(line->text);
    (void)more; /* what does not fit is cut */
}

/* How good: the share that is right for classes, the root of the squared error for numbers. */
static void add_score(text_line *line, const char *of, const nnfs_evaluation *evaluation)
{
    if (!isnan(evaluation->accuracy)) {
        add(line, "  %s %s", of, text_percent(evaluation->accuracy).text);
    } else if (!isnan(evaluation->rmse)) {
        add(line, "  %s RMSE %s", of, text_error(evaluation->rmse).text);
    }
}

/* The share of the time since the last line, by this rank's clock. */
static void add_communication(progress_view *view, text_line *line)
{
    double now = progress_clock();
    double waited = nnfs_communicator_seconds(view->plan.communicator);
    if (view->plan.communicator && now > view->line_time) {
        double share = (waited - view->line_waited) / (now - view->line_time);
        add(line, "  communication %s", text_percent(share).text);
    }
    view->line_time = now;
    view->line_waited = waited;
}

static void print_epoch(progress_view *view, const nnfs_epoch *epoch)
{
    text_line line = {.length = 0};
    int digits = snprintf(NULL, 0, "%d", view->plan.epochs);
    add(&line, "epoch %*d/%d  loss %s", digits, epoch->epoch, view->plan.epochs,
        text_number(epoch->train_loss).text);
    if (!isnan(epoch->train_accuracy)) {
        add(&line, "  accuracy %s", text_percent(epoch->train_accuracy).text);
    }
    add_score(&line, "validation", &epoch->validation);
    add_score(&line, "test", &epoch->test);
    if (epoch->samples_per_second > 0.0 && isfinite(epoch->samples_per_second)) {
        add(&line, "  %s samples/s", text_count(llround(epoch->samples_per_second)).text);
    }
    add_communication(view, &line);
    line_print(stderr, "%s\n", line.text);
}

void progress_epoch(progress_view *view, const nnfs_epoch *epoch)
{
    if (view->screen.live) {
        note_epoch(view, epoch);
    } else if (!view->plan.quiet && view->plan.fold == 0) {
        print_epoch(view, epoch);
    }
}

/* ---- The end ---- */

void progress_clear(progress_view *view)
{
    screen_clear(&view->screen);
}

void progress_finish(progress_view *view)
{
    view->ended = true;
    if (view->losses.count > 0) {
        progress_draw(view);
        screen_leave(&view->screen);
    }
    screen_clear(&view->screen);
}
