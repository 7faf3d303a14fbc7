/* The progress of a run as it is drawn on a terminal. */
#include "train/progress.h"

#include "common/bounds.h"
#include "common/text.h"

#include <stdio.h>

enum {
    TEXT = 10, /* the column of what stands behind a name */
    BAR_MOST = 30,
    BAR_LEAST = 8,
    CURVE_LEAST = 16,
    CURVE_BESIDE = 40,
    WIDE = 67, /* columns that the speed needs in one line */
};

/* ---- Time ---- */

/* Of whole seconds, which do not flicker. */
static short_text text_left(double seconds)
{
    short_text text;
    if (seconds >= 59.5) {
        return text_seconds(seconds);
    }
    (void)snprintf(text.text, sizeof text.text, "%.0f s", MAX(1.0, seconds));
    return text;
}

static void add_left(screen *s, double seconds)
{
    if (seconds > 0.0 && isfinite(seconds)) {
        (void)screen_add(s, ", %s left", text_left(seconds).text);
    }
}

/* ---- Bars ---- */

static int digits_of(int64_t number)
{
    return snprintf(NULL, 0, "%lld", (long long)number);
}

/* Returns the length of a bar beside a text of `letters` letters; 0: too little room. */
static int bar_beside(const progress_view *view, int text)
{
    int room = view->screen.columns - TEXT - 2 - text;
    if (room < BAR_LEAST) {
        return 0;
    }
    return MIN(room, BAR_MOST);
}

static int epoch_bar(const progress_view *view)
{
    int epoch = 2 * digits_of(view->plan.epochs) + 1;
    int batch = 2 * digits_of(view->now.steps) + 1;
    return bar_beside(view, epoch + (int)sizeof ", batch " + batch + (int)sizeof ", 59 s left");
}

static void add_bar(progress_view *view, int width, double share)
{
    if (width > 0) {
        screen_bar(&view->screen, width, share);
        (void)screen_add(&view->screen, "  ");
    }
}

/* ---- Rows ---- */

static void draw_run(progress_view *view)
{
    screen *s = &view->screen;
    double made = progress_epochs_made(view);
    int width = epoch_bar(view);
    add_bar(view, width > 0 ? width : bar_beside(view, (int)sizeof "100 %, 59 s left"),
            made / view->plan.epochs);
    if (view->ended) {
        (void)screen_add(s, "%d of %d epoch%s", view->done, view->plan.epochs,
                         text_plural(view->plan.epochs));
        return;
    }
    (void)screen_add(s, "%.0f %%", floor(100.0 * made / view->plan.epochs));
    add_left(s, progress_run_left(view));
}

static bool has_epoch(const progress_view *view)
{
    return !view->ended && view->now.epoch > 0;
}

static void draw_epoch(progress_view *view)
{
    screen *s = &view->screen;
    const nnfs_progress *now = &view->now;
    int bar = epoch_bar(view);
    add_bar(view, bar, (double)now->samples / (double)view->plan.samples);
    (void)screen_add(s, "%*d/%d", bar > 0 ? digits_of(view->plan.epochs) : 0, now->epoch,
                     view->plan.epochs);
    if (now->steps > 0) {
        (void)screen_add(s, ", batch %*lld/%lld", bar > 0 ? digits_of(now->steps) : 0,
                         (long long)now->step, (long long)now->steps);
    }
    add_left(s, progress_epoch_left(view));
}

static short_text record_text(const progress_record *record, double value)
{
    if (record->share) {
        return text_percent(value);
    }
    return text_error(value);
}

static void add_best(screen *s, const char *best, int epoch)
{
    if (epoch > 0 && !screen_add(s, ", best epoch %s (%d)", best, epoch) &&
        !screen_add(s, ", best %s (%d)", best, epoch)) {
        (void)screen_add(s, ", best %s", best);
    }
}

static void draw_record(screen *s, const progress_record *record)
{
    const char *unit = record->share ? "" : "RMSE ";
    (void)screen_add(s, "now %s%s", unit, record_text(record, record->now).text);
    add_best(s, record_text(record, record->best).text, record->epoch);
}

static void draw_loss(progress_view *view)
{
    (void)screen_add(&view->screen, "now %s", text_number(view->loss.now).text);
    add_best(&view->screen, text_number(view->loss.best).text, view->loss.epoch);
}

static bool has_accuracy(const progress_view *view)
{
    return !isnan(view->accuracy.now);
}

static void draw_accuracy(progress_view *view)
{
    draw_record(&view->screen, &view->accuracy);
}

static bool has_validation(const progress_view *view)
{
    return !isnan(view->validation.now);
}

static void draw_validation(progress_view *view)
{
    draw_record(&view->screen, &view->validation);
}

static bool has_test(const progress_view *view)
{
    return !isnan(view->test.now);
}

static void draw_test(progress_view *view)
{
    draw_record(&view->screen, &view->test);
}

static bool has_speed(const progress_view *view)
{
    return !view->ended && view->rate > 0.0 && isfinite(view->rate);
}

static void add_work(progress_view *view, const char *before)
{
    double gflops = 1e-9 * view->rate * view->plan.flops;
    (void)screen_add(&view->screen, "%s%.1f GFLOP/s", before, gflops);
    if (view->peak > 0.0) {
        (void)screen_add(&view->screen, ", %.0f %% of peak", 100.0 * gflops / view->peak);
    }
}

static void draw_speed(progress_view *view)
{
    (void)screen_add(&view->screen, "%s samples/s", text_count(llround(view->rate)).text);
    if (view->screen.columns >= WIDE) {
        add_work(view, ", ");
    }
}

static bool has_work(const progress_view *view)
{
    return has_speed(view) && view->screen.columns < WIDE;
}

static void draw_work(progress_view *view)
{
    add_work(view, "");
}

static bool has_ranks(const progress_view *view)
{
    return view->plan.communicator != NULL;
}

/* The share of this rank's time. */
static void draw_ranks(progress_view *view)
{
    const nnfs_communicator *with = view->plan.communicator;
    double waited = nnfs_communicator_seconds(with) - view->first_waited;
    double passed = progress_clock() - view->first_time;
    (void)screen_add(&view->screen, "%d", nnfs_communicator_size(with));
    if (passed > 0.0) {
        (void)screen_add(&view->screen, ", %s of the time in communication",
                         text_percent(waited / passed).text);
    }
}

static bool always(const progress_view *view)
{
    (void)view;
    return true;
}

/* From top to bottom. Where lines are few, those of the lowest rank stay. */
static const struct {
    const char *name;
    int rank;
    bool beside; /* the curve stands beside it */
    bool (*applies)(const progress_view *view);
    void (*draw)(progress_view *view);
} rows[] = {
    {"run", 4, false, always, draw_run},
    {"epoch", 0, false, has_epoch, draw_epoch},
    {"loss", 1, true, always, draw_loss},
    {"accuracy", 3, true, has_accuracy, draw_accuracy},
    {"validate", 6, true, has_validation, draw_validation},
    {"test", 2, true, has_test, draw_test},
    {"speed", 5, false, has_speed, draw_speed},
    {"work", 7, false, has_work, draw_work},
    {"ranks", 8, false, has_ranks, draw_ranks},
};

enum { ROWS = sizeof rows / sizeof *rows };

static bool is_shown(const progress_view *view, int row)
{
    int before = 0;
    for (int i = 0; i < ROWS; i++) {
        before += rows[i].rank < rows[row].rank && rows[i].applies(view);
    }
    return rows[row].applies(view) && before < view->screen.rows;
}

static void draw_row(progress_view *view, int row)
{
    screen *s = &view->screen;
    screen_new_line(s);
    if (row == 0 && view->plan.fold > 0) {
        (void)screen_add(s, "fold %d/%d", view->plan.fold, view->plan.folds);
        (void)screen_add(s, " ");
    } else {
        (void)screen_add(s, "%s", rows[row].name);
    }
    screen_to(s, TEXT);
    rows[row].draw(view);
}

/* ---- The curve ---- */

static void put_beside(progress_view *view, const int *lines, int count)
{
    screen *s = &view->screen;
    curve_picture picture;
    int width = s->columns - view->left - 3;
    curve_draw(&view->losses, MIN(width, CURVE_BESIDE), count, s->unicode, &picture);
    int all = s->count;
    for (int i = 0; i < picture.lines; i++) {
        s->count = lines[i] + 1; /* screen_add adds to the last line */
        screen_to(s, view->left + 3);
        curve_put(&picture, i, s);
    }
    s->count = all;
}

static void put_below(progress_view *view)
{
    screen *s = &view->screen;
    curve_picture picture;
    int room = s->rows - s->count;
    int lines = MIN(room, 3);
    curve_draw(&view->losses, MIN(s->columns, CURVE_BESIDE), lines, s->unicode, &picture);
    for (int i = 0; i < picture.lines; i++) {
        screen_new_line(s);
        curve_put(&picture, i, s);
    }
}

void progress_draw(progress_view *view)
{
    screen *s = &view->screen;
    int lines[ROWS], beside = 0;
    if (!screen_begin(s)) {
        return;
    }
    for (int i = 0; i < ROWS; i++) {
        if (is_shown(view, i)) {
            draw_row(view, i);
            if (rows[i].beside) {
                int width = s->lines[s->count - 1].width;
                lines[beside++] = s->count - 1;
                view->left = MAX(width, view->left);
            }
        }
    }
    if (beside >= 2 && s->columns - view->left - 3 >= CURVE_LEAST) {
        put_beside(view, lines, beside);
    } else if (s->count < s->rows) {
        put_below(view);
    }
    screen_show(s);
}
