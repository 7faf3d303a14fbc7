/*
 * Plots as inline SVG: a frame with axes, lines, points or bars in it, and the numbers once more in
 * a table for those who do not see them. Colours are classes of the style sheet, so that a page can
 * be light or dark; dashes and markers tell apart what colours alone might not.
 */
#ifndef NNFS_TOOLS_REPORT_HTML_PLOT_H
#define NNFS_TOOLS_REPORT_HTML_PLOT_H

#include "report/html.h"
#include "report/html_scale.h"

#include <stdbool.h>
#include <stddef.h>

/* How many there are of each before they begin again. */
enum { COLOURS = 7, DASHES = 4, MARKERS = 4 };

typedef enum mark {
    MARK_LINE,   /* through the points, which show where there are few */
    MARK_POINTS, /* y over x, in no order */
    MARK_BARS,   /* from x to x + plot.bar, y high */
} mark;

typedef struct plot_series {
    const char *name;
    mark mark;
    int colour, dash;
    double *x, *y; /* [count]; y is NaN where nothing was measured, x never */
    size_t count;
} plot_series;

typedef struct plot_axis {
    const char *label; /* with its unit */
    scale scale;
    bool percent;
    number_text *text; /* of its numbers in the table */
} plot_axis;

typedef struct plot {
    const char *title;
    const char *description; /* a sentence for those who do not see it */
    plot_axis x, y;
    const plot_series *series; /* [count] */
    size_t count;
    double bar;    /* width of MARK_BARS, in units of x */
    bool diagonal; /* the line y = x, where both axes are alike */
    bool legend;   /* the names of the series under the title */
    bool square;
} plot;

/* The figure: title, legend, drawing, table. */
void plot_write(FILE *out, const plot *what);

/* A line as long as a word with its marker, as series of this colour and dash are drawn. */
void plot_sample(FILE *out, int colour, int dash);

/* Room for the points of a series; false where there is no memory. */
bool series_reserve(plot_series *series, size_t count);
void series_add(plot_series *series, double x, double y);
void series_free(plot_series *series, size_t count);
/* The least and the greatest y of all series; false where no y is a number. */
bool series_range(const plot_series *series, size_t count, double *low, double *high);

#endif
