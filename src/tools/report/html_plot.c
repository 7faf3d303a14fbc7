/* A figure from the outside in: its frame, its axes, its marks. The table
 * is in html_plot_table.c. */
#include "report/html_plot.h"

#include "common/bounds.h"
#include "report/html_plot_table.h"

#include <math.h>
#include <string.h>

/* In units of the drawing, which a wide screen shows at about one pixel each. */
enum { WIDTH = 340, HEIGHT = 230, TOP = 30, RIGHT = 14, BOTTOM = 40, LETTER = 7 };

/* What is drawn of a line at most; and how few points get a marker each. */
enum { DRAWN_MOST = 500, MARKED_MOST = 40 };

/* Where the marks go. */
typedef struct area {
    double left, top, width, height;
} area;

static double place_x(const plot *what, const area *in, double x)
{
    return in->left + in->width * scale_place(&what->x.scale, x);
}

static double place_y(const plot *what, const area *in, double y)
{
    return in->top + in->height * (1.0 - scale_place(&what->y.scale, y));
}

/* ---- Axes ---- */

static area find_area(const plot *what)
{
    size_t longest = 2;
    for (int i = 0; i < what->y.scale.count; i++) {
        short_text label = scale_label(&what->y.scale, what->y.scale.ticks[i], what->y.percent);
        size_t length = strlen(label.text);
        longest = MAX(length, longest);
    }
    double left = 10.0 + LETTER * (double)longest;
    double height = what->square ? WIDTH - left - RIGHT : HEIGHT - TOP - BOTTOM;
    return (area){left, TOP, WIDTH - left - RIGHT, height};
}

static void write_y_axis(FILE *out, const plot *what, const area *in)
{
    html(out, "<text class=\"unit\" x=\"0\" y=\"13\">%s</text>", what->y.label);
    for (int i = 0; i < what->y.scale.count; i++) {
        double tick = what->y.scale.ticks[i];
        double y = place_y(what, in, tick);
        html(out, "<path class=\"grid\" d=\"M%g %gH%g\"/>", in->left, y, in->left + in->width);
        html(out, "<text class=\"tick\" text-anchor=\"end\" x=\"%g\" y=\"%g\">%s</text>",
             in->left - 7.0, y + 4.0, scale_label(&what->y.scale, tick, what->y.percent).text);
    }
}

static void write_x_axis(FILE *out, const plot *what, const area *in)
{
    double bottom = in->top + in->height;
    html(out, "<path class=\"axis\" d=\"M%g %gH%g\"/>", in->left, bottom, in->left + in->width);
    for (int i = 0; i < what->x.scale.count; i++) {
        double tick = what->x.scale.ticks[i];
        double x = place_x(what, in, tick);
        html(out, "<path class=\"axis\" d=\"M%g %gv4\"/>", x, bottom);
        html(out, "<text class=\"tick\" text-anchor=\"middle\" x=\"%g\" y=\"%g\">%s</text>", x,
             bottom + 17.0, scale_label(&what->x.scale, tick, what->x.percent).text);
    }
    html(out, "<text class=\"unit\" text-anchor=\"end\" x=\"%g\" y=\"%g\">%s</text>",
         in->left + in->width, bottom + 35.0, what->x.label);
}

/* ---- Marks ---- */

static void write_marker(FILE *out, int shape, double x, double y)
{
    switch (shape % MARKERS) {
    case 0:
        html(out, "<circle cx=\"%g\" cy=\"%g\" r=\"2.8\"/>", x, y);
        break;
    case 1:
        html(out, "<path d=\"M%g %gh5v5h-5z\"/>", x - 2.5, y - 2.5);
        break;
    case 2:
        html(out, "<path d=\"M%g %gl3.4 6h-6.8z\"/>", x, y - 3.8);
        break;
    default:
        html(out, "<path d=\"M%g %gl3.5 3.5l-3.5 3.5l-3.5 -3.5z\"/>", x, y - 3.5);
    }
}

/* A point of the path; the pen is lifted over what was not measured. */
static void write_step(FILE *out, const plot *what, const area *in, const plot_series *series,
                       size_t index, bool *down)
{
    if (isnan(series->y[index])) {
        *down = false;
        return;
    }
    html(out, *down ? "L%g %g" : "M%g %g", place_x(what, in, series->x[index]),
         place_y(what, in, series->y[index]));
    *down = true;
}

/*
 * A long line is thinned: each run of points becomes its least and its greatest, in order: what
 * sticks out is what one looks for.
 */
static void write_bundle(FILE *out, const plot *what, const area *in, const plot_series *series,
                         size_t first, size_t end, bool *down)
{
    size_t least = first;
    size_t greatest = first;
    for (size_t i = first + 1; i < end; i++) {
        if (series->y[i] < series->y[least]) {
            least = i;
        }
        if (series->y[i] > series->y[greatest]) {
            greatest = i;
        }
    }
    write_step(out, what, in, series, MIN(least, greatest), down);
    if (least != greatest) {
        write_step(out, what, in, series, MAX(greatest, least), down);
    }
}

static void write_line(FILE *out, const plot *what, const area *in, const plot_series *series)
{
    bool down = false;
    size_t bundles = DRAWN_MOST / 2;
    html(out, "<path class=\"line c%d d%d\" d=\"", series->colour % COLOURS, series->dash % DASHES);
    if (series->count <= DRAWN_MOST) {
        bundles = series->count;
    }
    for (size_t i = 0; i < bundles; i++) {
        write_bundle(out, what, in, series, i * series->count / bundles,
                     (i + 1) * series->count / bundles, &down);
    }
    html(out, "\"/>");
}

/* Each with its numbers, which show where the pointer rests. */
static void write_markers(FILE *out, const plot *what, const area *in, const plot_series *series)
{
    html(out, "<g class=\"mark c%d\">", series->colour % COLOURS);
    for (size_t i = 0; i < series->count; i++) {
        if (!isnan(series->y[i])) {
            html(out, "<g><title>%s: %s, %s</title>", series->name, what->x.text(series->x[i]).text,
                 what->y.text(series->y[i]).text);
            write_marker(out, series->dash, place_x(what, in, series->x[i]),
                         place_y(what, in, series->y[i]));
            html(out, "</g>");
        }
    }
    html(out, "</g>");
}

static void write_points(FILE *out, const plot *what, const area *in, const plot_series *series)
{
    html(out, "<g class=\"cloud c%d\">", series->colour % COLOURS);
    for (size_t i = 0; i < series->count && i < DRAWN_MOST; i++) {
        if (!isnan(series->y[i])) {
            html(out, "<circle cx=\"%g\" cy=\"%g\" r=\"2.6\"/>", place_x(what, in, series->x[i]),
                 place_y(what, in, series->y[i]));
        }
    }
    html(out, "</g>");
}

static void write_bars(FILE *out, const plot *what, const area *in, const plot_series *series)
{
    html(out, "<g class=\"bar c%d\">", series->colour % COLOURS);
    for (size_t i = 0; i < series->count; i++) {
        double left = place_x(what, in, series->x[i]);
        double right = place_x(what, in, series->x[i] + what->bar);
        double top = place_y(what, in, series->y[i]);
        if (series->y[i] > 0.0) {
            html(out, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\">", left + 0.75, top,
                 fmax(right - left - 1.5, 0.5), in->top + in->height - top);
            html(out, "<title>%s: %s</title></rect>", what->x.text(series->x[i]).text,
                 what->y.text(series->y[i]).text);
        }
    }
    html(out, "</g>");
}

static void write_series(FILE *out, const plot *what, const area *in, const plot_series *series)
{
    switch (series->mark) {
    case MARK_POINTS:
        write_points(out, what, in, series);
        return;
    case MARK_BARS:
        write_bars(out, what, in, series);
        return;
    case MARK_LINE:
        write_line(out, what, in, series);
        if (series->count <= MARKED_MOST) {
            write_markers(out, what, in, series);
        }
    }
}

/* y = x, as far as both axes go */
static void write_diagonal(FILE *out, const plot *what, const area *in)
{
    double low = fmax(what->x.scale.low, what->y.scale.low);
    double high = fmin(what->x.scale.high, what->y.scale.high);
    html(out, "<path class=\"ideal\" d=\"M%g %gL%g %g\"/>", place_x(what, in, low),
         place_y(what, in, low), place_x(what, in, high), place_y(what, in, high));
}

/* ---- The figure ---- */

void plot_sample(FILE *out, int colour, int dash)
{
    html(out, "<svg class=\"sample\" width=\"30\" height=\"10\" viewBox=\"0 0 30 10\" "
              "aria-hidden=\"true\">");
    html(out, "<path class=\"line c%d d%d\" d=\"M0 5H30\"/><g class=\"mark c%d\">",
         colour % COLOURS, dash % DASHES, colour % COLOURS);
    write_marker(out, dash, 15.0, 5.0);
    html(out, "</g></svg>");
}

static void write_legend(FILE *out, const plot *what)
{
    html(out, "<ul class=\"legend\">");
    for (size_t i = 0; i < what->count; i++) {
        html(out, "<li>");
        plot_sample(out, what->series[i].colour, what->series[i].dash);
        html(out, "%s</li>", what->series[i].name);
    }
    html(out, "</ul>\n");
}

static void write_drawing(FILE *out, const plot *what)
{
    area in = find_area(what);
    double height = in.top + in.height + BOTTOM;
    html(out, "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 %d %g\"><title>%s</title>", WIDTH,
         height, what->title);
    html(out, "<desc>%s The table that follows has the numbers.</desc>\n", what->description);
    write_y_axis(out, what, &in);
    write_x_axis(out, what, &in);
    if (what->diagonal) {
        write_diagonal(out, what, &in);
    }
    for (size_t i = 0; i < what->count; i++) {
        write_series(out, what, &in, &what->series[i]);
        html(out, "\n");
    }
    html(out, "</svg>\n");
}

void plot_write(FILE *out, const plot *what)
{
    html(out, "<figure><figcaption>%s</figcaption>\n", what->title);
    if (what->legend && what->count > 1) {
        write_legend(out, what);
    }
    write_drawing(out, what);
    plot_write_table(out, what);
    html(out, "</figure>\n");
}
