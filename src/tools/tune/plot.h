/* A plot of lines over the iterations: in characters, for a terminal, and as SVG. */
#ifndef NNFS_TOOLS_TUNE_PLOT_H
#define NNFS_TOOLS_TUNE_PLOT_H

#include <stdbool.h>
#include <stdio.h>

/* The most lines of a plot: those that colour and dashes or marks can distinguish. */
enum { PLOT_LINES_MOST = 8 };

typedef struct plot_line {
    const char *name;
    double *y; /* [count], of iterations 1 .. count; what is not finite leaves a gap */
    int count;
} plot_line;

typedef struct plot {
    const char *title;  /* UTF-8, as all names */
    const char *x_name; /* "iteration" */
    const char *y_name; /* "test accuracy" */
    bool share;         /* y is 0 .. 1, and shown in percent */
    const plot_line *lines;
    int count;
} plot;

/* How a terminal is drawn on. */
typedef struct plot_terminal {
    int width, height; /* of all of it, in characters */
    bool braille;      /* else letters and signs of ASCII */
    bool colour;
} plot_terminal;

/* Errors stay in the stream. */
void plot_draw(const plot *what, const plot_terminal *terminal, FILE *stream);
void plot_svg(const plot *what, FILE *stream);

/* ---- plot_axis.c ---- */

/* What an axis shows, and where it has marks. */
typedef struct plot_axis {
    double from, to;
    double first, step;
    int marks; /* first, first + step, ... */
} plot_axis;

/* Places at most `most` marks. */
plot_axis plot_axis_x(const plot *what, int marks);
plot_axis plot_axis_y(const plot *what, int marks);
double plot_mark(const plot_axis *axis, int index);
/* What stands at a mark: "0.25", "95 %". Into text [32]. */
void plot_mark_text(const plot_axis *axis, double value, bool share, char *text);

#endif
