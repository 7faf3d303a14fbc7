/* Numbers, as nnfs-eval prints them: how the residuals lie, and which rows are worst. */
#include "common/bounds.h"
#include "eval/eval_print.h"

#include <math.h>
#include <stdio.h>

static int targets_width(const diagnostics *known)
{
    int width = 6;
    short_text number;
    for (int i = 0; i < known->outputs; i++) {
        int own = text_name(diagnostics_target_name(known, i, &number)).width;
        width = MAX(own, width);
    }
    return width;
}

static void print_target(const diagnostics *known, int index, int width)
{
    short_text number;
    (void)fputs("  ", stdout);
    print_padded(diagnostics_target_name(known, index, &number), width);
}

static void print_each(const diagnostics *known, int width)
{
    (void)fputs("\n  ", stdout);
    print_padded("target", width);
    (void)puts("          RMSE           MAE            R2");
    for (int i = 0; i < known->outputs; i++) {
        const target_scores *target = &known->targets[i];
        print_target(known, i, width);
        (void)printf("%14s%14s%14s\n", text_error(target->rmse).text, text_error(target->mae).text,
                     text_number(target->r2).text);
    }
}

/* Five letters of significance, so that all seven fit 80 columns beside a short name. */
static void print_short(double value)
{
    char text[32];
    double size = fabs(value);
    (void)snprintf(text, sizeof text, size >= 1e6 || (size > 0 && size < 1e-3) ? "%.2g" : "%.4g",
                   value);
    if (size >= 9999.5 && size < 1e6) {
        (void)snprintf(text, sizeof text, "%.0f", value);
    }
    (void)printf("%9s", text);
}

static const char *const quantiles[DIAGNOSTICS_QUANTILES] = {"least", "5 %",  "25 %", "median",
                                                             "75 %",  "95 %", "most"};

/* A line a target where that fits, else a line a quantile. */
static void print_quantiles(const diagnostics *known, int width, const terminal *screen)
{
    bool fits = 2 + width + 9 * DIAGNOSTICS_QUANTILES <= screen->columns;
    (void)fputs("\nresiduals, truth - prediction\n", stdout);
    if (fits) {
        (void)fputs("  ", stdout);
        print_padded("target", width);
        for (int j = 0; j < DIAGNOSTICS_QUANTILES; j++) {
            (void)printf("%9s", quantiles[j]);
        }
        (void)putchar('\n');
    }
    for (int i = 0; i < known->outputs; i++) {
        print_target(known, i, fits ? width : 0);
        for (int j = 0; j < DIAGNOSTICS_QUANTILES; j++) {
            if (!fits) {
                (void)printf("\n    %-8s", quantiles[j]);
            }
            print_short(known->targets[i].quantiles[j]);
        }
        (void)putchar('\n');
    }
}

/* ---- The histogram ---- */

enum { BARS = 10, BAR_MOST = 40, BAR_LEAST = 4, BESIDE_BAR = 36, EACH = DIAGNOSTICS_COUNTS / BARS };

/* Eighths of a cell where the terminal has them. */
static void print_bar(int64_t count, int64_t largest, const terminal *screen)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    bool fine = screen->ink != INK_ASCII;
    int most = screen->columns - BESIDE_BAR;
    if (most < BAR_LEAST) {
        most = BAR_LEAST;
    } else {
        most = MIN(BAR_MOST, most);
    }
    double length = (double)count / (double)largest * most;
    int eighths = fine ? (int)lrint(8.0 * length) : 8 * (int)lrint(length);
    if (count > 0 && eighths == 0) {
        if (fine) {
            eighths = 1;
        } else {
            eighths = 8;
        }
    }
    for (int i = 0; i < eighths / 8; i++) {
        (void)fputs(fine ? "█" : "#", stdout);
    }
    (void)puts(parts[eighths % 8]);
}

static void print_histogram(const diagnostics *known, int index, const terminal *screen)
{
    const target_scores *target = &known->targets[index];
    int64_t bars[BARS] = {0};
    int64_t largest = 1;
    for (int i = 0; i < DIAGNOSTICS_COUNTS; i++) {
        bars[i / EACH] += target->counts[i];
        if (bars[i / EACH] > largest) {
            largest = bars[i / EACH];
        }
    }
    if (!(target->to > target->from)) {
        return; /* all the same */
    }
    (void)putchar('\n');
    if (known->outputs > 1) {
        print_target(known, index, 0);
        (void)putchar('\n');
    }
    double width = (target->to - target->from) / BARS;
    for (int i = 0; i < BARS; i++) {
        (void)putchar(' ');
        print_short(target->from + i * width);
        (void)fputs(" .. ", stdout);
        print_short(target->from + (i + 1) * width);
        (void)printf("%11s  ", text_count(bars[i]).text);
        print_bar(bars[i], largest, screen);
    }
}

/* ---- The worst rows ---- */

typedef struct worst_shape {
    int row, name, number; /* letters; a name where there are several targets */
} worst_shape;

static worst_shape shape_worst(const diagnostics *known, const terminal *screen)
{
    worst_shape shape = {12, known->outputs > 1 ? targets_width(known) : 0, 14};
    if (shape.row + 2 + shape.name + 3 * shape.number > screen->columns) {
        shape.row = 8;
        shape.number = 10;
    }
    return shape;
}

static void print_row(const diagnostics *known, int index, const worst_shape *shape)
{
    const float *values = known->mistake_values + (size_t)index * 2 * (size_t)known->outputs;
    for (int i = 0; i < known->outputs; i++) {
        double truth = (double)values[i];
        double predicted = (double)values[known->outputs + i];
        (void)printf("%*s  ", shape->row,
                     i == 0 ? text_count(diagnostics_row(known, index)).text : "");
        if (known->outputs > 1) {
            short_text number;
            print_padded(diagnostics_target_name(known, i, &number), shape->name);
        }
        (void)printf("%*s%*s%*s\n", shape->number, text_measure(truth).text, shape->number,
                     text_measure(predicted).text, shape->number,
                     text_measure((double)((float)truth - (float)predicted)).text);
    }
}

static void print_worst(const diagnostics *known, const terminal *screen)
{
    if (known->mistake_count == 0) {
        return;
    }
    worst_shape shape = shape_worst(known, screen);
    (void)printf("\nworst rows, from 0\n%*s  ", shape.row, "row");
    if (known->outputs > 1) {
        print_padded("target", shape.name);
    }
    (void)printf("%*s%*s%*s\n", shape.number, "true", shape.number, "predicted", shape.number,
                 "residual");
    for (int i = 0; i < known->mistake_count; i++) {
        print_row(known, i, &shape);
    }
}

static void print_labels(const diagnostics *known, int width)
{
    (void)fputs("\n  ", stdout);
    print_padded("label", width);
    (void)puts("    accuracy          F1    log loss     ROC AUC          AP");
    for (int i = 0; i < known->outputs; i++) {
        const nnfs_evaluation *label = &known->targets[i].label;
        print_target(known, i, width);
        (void)printf("%12s%12s%12s%12s%12s\n", text_percent(label->accuracy).text,
                     text_number(label->macro_f1).text, text_number(label->log_loss).text,
                     text_number(label->roc_auc).text, text_number(label->average_precision).text);
    }
}

void print_numbers(const diagnostics *known, const eval_print *how)
{
    enum { HISTOGRAMS = 4 };
    int width = targets_width(known);
    if (known->targets[0].label.samples > 0) {
        print_labels(known, width);
        return;
    }
    if (known->outputs > 1) {
        print_each(known, width);
    }
    print_quantiles(known, width, &how->screen);
    for (int i = 0; i < known->outputs && i < HISTOGRAMS; i++) {
        print_histogram(known, i, &how->screen);
    }
    print_worst(known, &how->screen);
}
