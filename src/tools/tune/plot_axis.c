/* The axes of a plot: what they show, and round numbers along them. */
#include "common/bounds.h"
#include "tune/plot.h"

#include <math.h>
#include <stdlib.h>

/* The smallest of 1, 2 and 5 times a power of ten with which `span` has at most `most` steps. */
static double round_step(double span, int steps)
{
    static const double mantissas[] = {1.0, 2.0, 5.0, 10.0};
    double least = span / steps;
    double power = pow(10.0, floor(log10(least)));
    int i = 0;
    while (i < 3 && mantissas[i] * power < least * (1.0 - 1e-9)) {
        i++;
    }
    return mantissas[i] * power;
}

/* The marks that fit, from axis->first on. */
static int count_marks(const plot_axis *axis)
{
    return 1 + (int)floor((axis->to - axis->first) / axis->step + 1e-9);
}

double plot_mark(const plot_axis *axis, int index)
{
    return axis->first + index * axis->step;
}

plot_axis plot_axis_x(const plot *what, int marks)
{
    int longest = 2;
    for (int i = 0; i < what->count; i++) {
        longest = MAX(what->lines[i].count, longest);
    }
    plot_axis axis = {.from = 1.0, .to = longest};
    axis.step = fmax(1.0, round_step(axis.to - axis.from, marks));
    axis.first = axis.step;
    axis.marks = count_marks(&axis);
    return axis;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Returns all finite values in ascending order, freed by the caller; NULL: no memory
 * or no value. */
static double *sorted_values(const plot *what, size_t *count)
{
    size_t most = 1;
    *count = 0;
    for (int i = 0; i < what->count; i++) {
        most += (size_t)what->lines[i].count;
    }
    double *values = calloc(most, sizeof *values);
    for (int i = 0; values && i < what->count; i++) {
        for (int j = 0; j < what->lines[i].count; j++) {
            if (isfinite(what->lines[i].y[j])) {
                values[(*count)++] = what->lines[i].y[j];
            }
        }
    }
    if (values) {
        qsort(values, *count, sizeof *values, compare);
    }
    return values;
}

/* An error that is large at first, or for ever in a poor run, shall not flatten
 * all that matters. */
static double highest(const double *values, size_t count, bool share)
{
    double limit = 4.0 * values[count / 2];
    double most = values[count - 1];
    if (share || most <= limit || limit <= 0.0) {
        return most;
    }
    return limit;
}

plot_axis plot_axis_y(const plot *what, int marks)
{
    size_t count;
    plot_axis axis = {.from = 0.0, .to = 1.0};
    double *values = sorted_values(what, &count);
    if (values && count > 0) {
        axis.from = values[0];
        axis.to = highest(values, count, what->share);
    }
    free(values);
    double least = 0.005;
    if (!what->share) {
        least = fmax(1e-4 * fabs(axis.to), 1e-9);
    }
    if (axis.to - axis.from < least) {
        axis.from -= least;
        axis.to += least;
    }
    axis.step = round_step(axis.to - axis.from, marks);
    axis.from = floor(axis.from / axis.step + 1e-9) * axis.step;
    axis.to = ceil(axis.to / axis.step - 1e-9) * axis.step;
    axis.first = axis.from;
    axis.marks = count_marks(&axis);
    return axis;
}

void plot_mark_text(const plot_axis *axis, double value, bool share, char *text)
{
    double scale = 1.0;
    if (share) {
        scale = 100.0;
    }
    int decimals = (int)fmax(0.0, -floor(log10(axis->step * scale) + 1e-9));
    double rounded = fabs(value) < 1e-9 * axis->step ? 0.0 : value * scale;
    (void)snprintf(text, 32, share ? "%.*f %%" : "%.*f", decimals, rounded);
}
