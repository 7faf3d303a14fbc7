/*
 * The series of a plot, and their numbers as a table: a row an x, a column a series. Series of
 * lines and bars have their x in order, so that rows are found by merging them.
 */
#include "report/html_plot_table.h"
#include "common/bounds.h"

#include <math.h>
#include <stdlib.h>

/* Longer tables show evenly chosen rows. */
enum { ROWS_MOST = 250 };

/* ---- Series ---- */

bool series_reserve(plot_series *series, size_t count)
{
    series->count = 0;
    series->x = calloc(count + 1, sizeof *series->x);
    series->y = calloc(count + 1, sizeof *series->y);
    return series->x && series->y;
}

void series_add(plot_series *series, double x, double y)
{
    series->x[series->count] = x;
    series->y[series->count] = y;
    series->count++;
}

void series_free(plot_series *series, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(series[i].x);
        free(series[i].y);
    }
}

bool series_range(const plot_series *series, size_t count, double *low, double *high)
{
    *low = (double)INFINITY;
    *high = -(double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < series[i].count; j++) {
            *low = fmin(*low, series[i].y[j]);
            *high = fmax(*high, series[i].y[j]);
        }
    }
    return *low <= *high;
}

/* ---- Rows ---- */

/* The least x that no series is past yet; NaN at the end. */
static double next_x(const plot *what, const size_t *at)
{
    double x = (double)NAN;
    for (size_t i = 0; i < what->count; i++) {
        if (at[i] < what->series[i].count) {
            x = fmin(x, what->series[i].x[at[i]]);
        }
    }
    return x;
}

static void write_row(FILE *out, const plot *what, size_t *at, double x, bool shown)
{
    if (shown) {
        html(out, "<tr><th scope=\"row\" class=\"n\">%s</th>", what->x.text(x).text);
    }
    for (size_t i = 0; i < what->count; i++) {
        bool here = at[i] < what->series[i].count && what->series[i].x[at[i]] == x;
        if (shown) {
            html_cell(out, what->y.text, here ? what->series[i].y[at[i]] : (double)NAN);
        }
        at[i] += here;
    }
    if (shown) {
        html(out, "</tr>\n");
    }
}

/* Points are in no order: each is a row, of the one series there is. */
static size_t count_rows(const plot *what)
{
    size_t rows = 0;
    for (size_t i = 0; i < what->count; i++) {
        rows = MAX(what->series[i].count, rows);
    }
    return rows;
}

static void write_rows(FILE *out, const plot *what, size_t stride)
{
    size_t *at = calloc(what->count + 1, sizeof *at);
    size_t row = 0;
    double x;
    while (at && !isnan(x = next_x(what, at))) {
        bool last = row + 1 == count_rows(what);
        write_row(out, what, at, x, row % stride == 0 || last);
        row++;
    }
    free(at);
}

void plot_write_table(FILE *out, const plot *what)
{
    size_t stride = (count_rows(what) + ROWS_MOST - 1) / ROWS_MOST;
    html(out,
         "<details><summary>Numbers</summary><div class=\"scroll\" tabindex=\"0\" "
         "role=\"region\" aria-label=\"%s\"><table>\n",
         what->title);
    if (stride > 1) {
        html(out, "<caption>One row of every %d.</caption>", (int)stride);
    }
    html(out, "<thead><tr>");
    html_heading(out, what->x.label, true);
    for (size_t i = 0; i < what->count; i++) {
        html_heading(out, what->series[i].name, true);
    }
    html(out, "</tr></thead><tbody>\n");
    write_rows(out, what, stride > 0 ? stride : 1);
    html(out, "</tbody></table></div></details>\n");
}
