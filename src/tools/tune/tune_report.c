/* What nnfs-tune ends with: the plot, a table of the runs, the best one and how to repeat it. */
#include "common/bounds.h"
#include "common/lines.h"
#include "common/output_file.h"
#include "common/text.h"
#include "tune/plot.h"
#include "tune/tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_MOST = 20, PLOT_HEIGHT = 20, PLOT_WIDTH_MOST = 110 };

/* ---- The plot ---- */

/* A line of each of the best runs, in fresh memory; diverged ones have lines too. */
static plot_line *make_lines(const tuning *tune, const tune_trial **ranked, int *count)
{
    plot_line *lines = must_have(calloc(PLOT_LINES_MOST, sizeof *lines));
    *count = 0;
    for (int i = 0; i < tune->count && *count < PLOT_LINES_MOST; i++) {
        const tune_trial *trial = ranked[i];
        if (trial->count == 0) {
            continue;
        }
        plot_line *line = &lines[(*count)++];
        line->name = trial_label(tune, trial);
        line->count = trial->count;
        line->y = must_have(calloc((size_t)trial->count, sizeof *line->y));
        for (int j = 0; j < trial->count; j++) {
            line->y[j] = trial_score(tune, trial, j);
        }
    }
    return lines;
}

/* "mnist --hidden 10: test accuracy, the best 8 of 24 runs" */
static char *make_title(const tuning *tune, int lines)
{
    char *title = NULL;
    const char *name = strrchr(tune->options->data, '/');
    if (name && name[1]) {
        name = name + 1;
    } else {
        name = tune->options->data;
    }
    int length;
    if (lines < tune->count) {
        length = asprintf(&title, "%s: %s, %d of %d runs", text_name(name).text, tune->judge.name,
                          lines, tune->count);
    } else {
        length = asprintf(&title, "%s: %s", text_name(name).text, tune->judge.name);
    }
    return must_have(length < 0 ? NULL : title);
}

static plot make_plot(const tuning *tune)
{
    int count;
    const tune_trial **ranked = trials_ranked(tune);
    const plot_line *lines = make_lines(tune, ranked, &count);
    free(ranked);
    return (plot){
        .title = make_title(tune, count),
        .x_name = "iteration",
        .y_name = tune->judge.name,
        .share = tune->judge.share,
        .lines = lines,
        .count = count,
    };
}

static void free_plot(const plot *what)
{
    for (int i = 0; i < what->count; i++) {
        free((char *)(uintptr_t)what->lines[i].name);
        free(what->lines[i].y);
    }
    free((plot_line *)(uintptr_t)what->lines);
    free((char *)(uintptr_t)what->title);
}

static bool speaks_utf8(void)
{
    const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
        }
    }
    return false;
}

static plot_terminal stdout_terminal(void)
{
    const char *kind = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    bool capable = isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
    int width = tune_terminal_width(STDOUT_FILENO) - 1;
    return (plot_terminal){
        .width = MIN(width, PLOT_WIDTH_MOST),
        .height = PLOT_HEIGHT,
        .braille = capable && speaks_utf8(),
        .colour = capable && !(no_colour && *no_colour),
    };
}

nnfs_status tune_plot(const tuning *tune, nnfs_error *error)
{
    output_file file;
    if (!tune->options->plot) {
        return NNFS_OK;
    }
    plot what = make_plot(tune);
    nnfs_status status = output_open(tune->options->plot, &file, error);
    if (status == NNFS_OK) {
        plot_svg(&what, file.stream);
        status = output_commit(&file, error);
    }
    output_discard(&file);
    free_plot(&what);
    return status;
}

/* ---- The table ---- */

/* A column: how wide, and what stands in a run's row (NULL: the heading). */
static short_text score_cell(const tune_point *last, double accuracy, double error)
{
    if (!last) {
        return (short_text){"-"};
    }
    if (!isnan(accuracy)) {
        return text_percent(accuracy);
    }
    if (!isnan(error)) {
        return text_error(error);
    }
    return (short_text){"-"};
}

static int axis_width(const tuning *tune, int axis)
{
    size_t width = strlen(tune->options->space.axes[axis].option);
    for (int i = 0; i < tune->count; i++) {
        size_t length = strlen(tune->rows[i][axis]);
        width = MAX(length, width);
    }
    return (int)width;
}

static bool tests(const tuning *tune)
{
    return tune->data[0].test.set && tune->options->folds == 0;
}

static void print_heading(const tuning *tune)
{
    const train_run *data = &tune->data[0];
    line_print(stdout, "%5s", "run");
    for (int i = 0; i < tune->options->space.axis_count; i++) {
        if (axis_varies(tune, i)) {
            line_print(stdout, "  %-*s", axis_width(tune, i), tune->options->space.axes[i].option);
        }
    }
    line_print(stdout, "  %9s", "loss");
    if (nnfs_dataset_classes(data->train.set) > 0) {
        line_print(stdout, "  %10s", "accuracy");
    }
    line_print(stdout, "%s%s  %6s\n", tune_validates(tune) ? "  validation" : "",
               tests(tune) ? "        test" : "", "epochs");
}

static void print_row(const tuning *tune, const tune_trial *trial)
{
    const train_run *data = &tune->data[0];
    const tune_point *last = NULL;
    if (trial->count > 0) {
        last = &trial->points[trial_kept(trial)];
    }
    line_print(stdout, "%5d", trial->number);
    for (int i = 0; i < tune->options->space.axis_count; i++) {
        if (axis_varies(tune, i)) {
            line_print(stdout, "  %-*s", axis_width(tune, i), trial->values[i]);
        }
    }
    if (!trial->ended || !last || strcmp(trial->ended, "diverged") == 0) {
        line_print(stdout, "  %9s\n", text_or(trial->ended, "stopped"));
        return;
    }
    line_print(stdout, "  %9s", text_number(last->loss).text);
    if (nnfs_dataset_classes(data->train.set) > 0) {
        line_print(stdout, "  %10s", text_percent(last->accuracy).text);
    }
    if (tune_validates(tune)) {
        line_print(stdout, "  %10s",
                   score_cell(last, last->validation_accuracy,
                              tune_error(tune, last->validation_rmse, last->validation_pinball))
                       .text);
    }
    if (tests(tune)) {
        line_print(stdout, "  %10s",
                   score_cell(last, last->test_accuracy,
                              tune_error(tune, last->test_rmse, last->test_pinball))
                       .text);
    }
    line_print(stdout, "  %6d\n", trial->count);
}

/* ---- The best ---- */

static void print_best(const tuning *tune, const tune_trial *best)
{
    char *label = trial_label(tune, best);
    double score = trial_score(tune, best, trial_kept(best));
    line_print(stdout, "%-9s %s: %s %s\n", "best", label ? text_clean(label) : "?",
               tune->judge.name,
               (tune->judge.share ? text_percent(score) : text_error(score)).text);
    free(label);
    char *command = NULL;
    size_t size = 0;
    FILE *stream = must_have(open_memstream(&command, &size));
    trial_write_command(best, stream);
    (void)fclose(stream);
    (void)printf("%-9s ", "repeat");
    line_print_command(stdout, must_have(command), 10);
    free(command);
}

/* By the clock, with all that is done between iterations: what one waits for. */
static void print_speed(const tuning *tune)
{
    int jobs = tune->jobs;
    int ranks = nnfs_communicator_size(tune->communicator);
    char on[32] = "";
    for (int i = 1; i < ranks; i++) {
        jobs += tune->ranks[i].jobs;
    }
    if (ranks > 1) {
        (void)snprintf(on, sizeof on, " on %d ranks", ranks);
    }
    if (tune->iterations > 0) {
        line_print(stdout, "%-9s %s an iteration: %s in %s, %d run%s side by side%s\n", "speed",
                   text_seconds(tune->seconds / (double)tune->iterations).text,
                   text_count(tune->iterations).text, text_seconds(tune->seconds).text, jobs,
                   text_plural(jobs), on);
    }
}

void tune_report(const tuning *tune)
{
    plot what = make_plot(tune);
    plot_terminal terminal = stdout_terminal();
    const tune_trial **ranked = trials_ranked(tune);
    int shown = MIN(tune->count, ROWS_MOST);
    if (what.count > 0) {
        plot_draw(&what, &terminal, stdout);
        line_print(stdout, "\n");
    }
    free_plot(&what);
    print_heading(tune);
    for (int i = 0; i < shown; i++) {
        print_row(tune, ranked[i]);
    }
    if (shown < tune->count) {
        line_print(stdout, "%5s  %d more in the log\n", "...", tune->count - shown);
    }
    const tune_trial *best = ranked[0];
    line_print(stdout, "\n");
    if (best->ended && strcmp(best->ended, "diverged") != 0) {
        print_best(tune, best);
    }
    print_speed(tune);
    if (tune->options->log) {
        line_print(stdout, "%-9s %s\n", "log", tune->options->log);
    }
    if (tune->options->plot) {
        line_print(stdout, "%-9s %s\n", "plot", tune->options->plot);
    }
    free(ranked);
}
