/*
 * A plot as SVG: no script, no font of its own, light and dark as the reader has it. A line has a
 * colour that the colour-blind can tell from the others (Okabe and Ito's, the yellow left out),
 * dashes of its own, and its name where it ends. The numbers themselves stand in <metadata>.
 */
#include "common/bounds.h"
#include "tune/plot.h"

#include <math.h>
#include <string.h>

enum {
    WIDTH = 880,
    HEIGHT = 480,
    LEFT = 76,
    TOP = 56,
    BOTTOM = 60,
    LETTER = 7,    /* the width of one, about */
    NAME_ROW = 18, /* between names, at least */
    SAMPLE = 26,   /* of the line, before its name */
    POINTS_MOST = 1500,
};

static const struct {
    const char *light, *dark, *dashes;
} styles[PLOT_LINES_MOST] = {
    {"#0072b2", "#56a8e0", ""},     {"#d55e00", "#f0823c", "7 3"},
    {"#009e73", "#2cc79b", "2 3"},  {"#b5508a", "#e08fbf", "10 3 2 3"},
    {"#56b4e9", "#8fd0f5", "14 4"}, {"#b27c00", "#e8b23a", "4 2 1 2 1 2"},
    {"#555555", "#bbbbbb", "1 4"},  {"#882255", "#d0729e", "16 3 4 3"},
};

typedef struct picture {
    const plot *what;
    plot_axis x, y;
    double right, bottom; /* of the field */
} picture;

static double x_of(const picture *p, double x)
{
    return LEFT + (x - p->x.from) / (p->x.to - p->x.from) * (p->right - LEFT);
}

static double y_of(const picture *p, double y)
{
    double within = fmin(y, p->y.to); /* what is beyond stays at the edge */
    return TOP + (p->y.to - within) / (p->y.to - p->y.from) * (p->bottom - TOP);
}

static void write_escaped(const char *text, FILE *stream)
{
    for (; *text; text++) {
        const char *as = NULL;
        if (*text == '<') {
            as = "&lt;";
        } else if (*text == '>') {
            as = "&gt;";
        } else if (*text == '&') {
            as = "&amp;";
        }
        if (as) {
            (void)fputs(as, stream);
        } else {
            (void)fputc(*text, stream);
        }
    }
}

/* ---- Words for who cannot see it, numbers for programs ---- */

static void write_desc(const picture *p, FILE *stream)
{
    char first[32], last[32];
    (void)fprintf(stream, "<desc id=\"desc\">");
    write_escaped(p->what->y_name, stream);
    (void)fprintf(stream, " against ");
    write_escaped(p->what->x_name, stream);
    for (int i = 0; i < p->what->count; i++) {
        const plot_line *line = &p->what->lines[i];
        plot_axis fine = {.step = p->what->share ? 1e-4 : p->y.step / 100.0};
        if (line->count == 0) {
            continue;
        }
        plot_mark_text(&fine, line->y[0], p->what->share, first);
        plot_mark_text(&fine, line->y[line->count - 1], p->what->share, last);
        (void)fprintf(stream, "; ");
        write_escaped(line->name, stream);
        (void)fprintf(stream, ": %s at 1, %s at %d", first, last, line->count);
    }
    (void)fprintf(stream, ".</desc>\n");
}

/* CSV: a row an iteration, a column a line. */
static void write_numbers(const picture *p, FILE *stream)
{
    (void)fputs("<metadata>\n", stream);
    write_escaped(p->what->x_name, stream);
    for (int i = 0; i < p->what->count; i++) {
        (void)fputc(',', stream);
        (void)fputc('"', stream);
        write_escaped(p->what->lines[i].name, stream);
        (void)fputc('"', stream);
    }
    for (int x = 0; x < (int)p->x.to; x++) {
        (void)fprintf(stream, "\n%d", x + 1);
        for (int i = 0; i < p->what->count; i++) {
            const plot_line *line = &p->what->lines[i];
            bool there = x < line->count && isfinite(line->y[x]);
            (void)fprintf(stream, there ? ",%.6g" : ",", there ? line->y[x] : 0.0);
        }
    }
    (void)fputs("\n</metadata>\n", stream);
}

/* ---- The field ---- */

static void write_styles(const picture *p, FILE *stream)
{
    (void)fputs("<style>\n"
                "text { font: 13px system-ui, sans-serif; fill: #333 }\n"
                ".title { font-size: 16px; font-weight: 600 }\n"
                ".field { fill: #fff }\n"
                ".grid { stroke: #e4e4e4 }\n"
                ".axis { stroke: #888 }\n"
                ".line { fill: none; stroke-width: 2; stroke-linejoin: round }\n",
                stream);
    for (int i = 0; i < p->what->count; i++) {
        (void)fprintf(stream, ".l%d { stroke: %s; stroke-dasharray: %s }\n", i, styles[i].light,
                      *styles[i].dashes ? styles[i].dashes : "none");
    }
    (void)fputs("@media (prefers-color-scheme: dark) {\n"
                "text { fill: #ddd } .field { fill: #16181c } .grid { stroke: #33363c }\n",
                stream);
    for (int i = 0; i < p->what->count; i++) {
        (void)fprintf(stream, ".l%d { stroke: %s }\n", i, styles[i].dark);
    }
    (void)fputs("}\n</style>\n", stream);
}

static void write_x_axis(const picture *p, FILE *stream)
{
    char text[32];
    for (int i = 0; i < p->x.marks; i++) {
        double x = plot_mark(&p->x, i);
        plot_mark_text(&p->x, x, false, text);
        (void)fprintf(stream,
                      "<path class=\"axis\" d=\"M%.1f %.1fv5\"/>"
                      "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
                      x_of(p, x), p->bottom, x_of(p, x), p->bottom + 20, text);
    }
    (void)fprintf(stream, "<path class=\"axis\" d=\"M%d %.1fH%.1f\"/>\n", LEFT, p->bottom,
                  p->right);
    (void)fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                  (LEFT + p->right) / 2.0, p->bottom + 44);
    write_escaped(p->what->x_name, stream);
    (void)fputs("</text>\n", stream);
}

static void write_y_axis(const picture *p, FILE *stream)
{
    char text[32];
    for (int i = 0; i < p->y.marks; i++) {
        double y = plot_mark(&p->y, i);
        plot_mark_text(&p->y, y, p->what->share, text);
        (void)fprintf(stream,
                      "<path class=\"grid\" d=\"M%d %.1fH%.1f\"/>"
                      "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                      LEFT, y_of(p, y), p->right, LEFT - 8, y_of(p, y) + 4.5, text);
    }
    (void)fprintf(stream,
                  "<text transform=\"translate(18 %.1f) rotate(-90)\" text-anchor=\"middle\">",
                  (TOP + p->bottom) / 2.0);
    write_escaped(p->what->y_name, stream);
    (void)fputs("</text>\n", stream);
}

/* ---- The lines ---- */

static void write_line(const picture *p, int index, FILE *stream)
{
    const plot_line *line = &p->what->lines[index];
    int stride = line->count / POINTS_MOST + 1;
    bool drawing = false;
    (void)fprintf(stream, "<path class=\"line l%d\" d=\"", index);
    for (int i = 0; i < line->count;
         i += i + stride < line->count || i == line->count - 1 ? stride : line->count - 1 - i) {
        if (isfinite(line->y[i])) {
            (void)fprintf(stream, "%c%.2f %.2f", drawing ? 'L' : 'M', x_of(p, i + 1),
                          y_of(p, line->y[i]));
        }
        drawing = isfinite(line->y[i]);
    }
    (void)fputs("\"><title>", stream);
    write_escaped(line->name, stream);
    (void)fputs("</title></path>\n", stream);
}

static double end_of(const picture *p, int index)
{
    const plot_line *line = &p->what->lines[index];
    int last = line->count - 1;
    while (last >= 0 && !isfinite(line->y[last])) {
        last--;
    }
    if (last < 0) {
        return p->bottom;
    }
    return y_of(p, line->y[last]);
}

/* From top to bottom by where the lines end, and no two names over each other. */
static void write_names(const picture *p, FILE *stream)
{
    int order[PLOT_LINES_MOST];
    double at[PLOT_LINES_MOST];
    int count = p->what->count;
    for (int i = 0; i < count; i++) {
        int to = i;
        for (; to > 0 && end_of(p, order[to - 1]) > end_of(p, i); to--) {
            order[to] = order[to - 1];
        }
        order[to] = i;
    }
    for (int i = 0; i < count; i++) {
        double end = end_of(p, order[i]);
        if (i > 0) {
            at[i] = fmax(end, at[i - 1] + NAME_ROW);
        } else {
            at[i] = end;
        }
    }
    double floor = p->bottom; /* what was pushed below it is pushed up again */
    for (int i = count - 1; i >= 0; i--) {
        at[i] = fmin(at[i], floor);
        floor = at[i] - NAME_ROW;
    }
    for (int i = 0; i < count; i++) {
        (void)fprintf(stream,
                      "<path class=\"line l%d\" d=\"M%.1f %.1fh%d\"/>"
                      "<text x=\"%.1f\" y=\"%.1f\">",
                      order[i], p->right + 8, at[i], SAMPLE, p->right + 14 + SAMPLE, at[i] + 4.5);
        write_escaped(p->what->lines[order[i]].name, stream);
        (void)fputs("</text>\n", stream);
    }
}

/* ---- All ---- */

static double names_width(const plot *what)
{
    size_t widest = 6;
    for (int i = 0; i < what->count; i++) {
        size_t length = strlen(what->lines[i].name);
        widest = MAX(length, widest);
    }
    return fmin((double)(widest * LETTER), WIDTH / 2.0) + SAMPLE + 24;
}

void plot_svg(const plot *what, FILE *stream)
{
    picture p = {
        .what = what,
        .right = WIDTH - names_width(what),
        .bottom = HEIGHT - BOTTOM,
    };
    p.x = plot_axis_x(what, 10);
    p.y = plot_axis_y(what, 8);
    (void)fprintf(stream,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
                  "aria-labelledby=\"title desc\">\n<title id=\"title\">",
                  WIDTH, HEIGHT);
    write_escaped(what->title, stream);
    (void)fputs("</title>\n", stream);
    write_desc(&p, stream);
    write_numbers(&p, stream);
    write_styles(&p, stream);
    (void)fprintf(stream, "<rect class=\"field\" width=\"%d\" height=\"%d\"/>\n", WIDTH, HEIGHT);
    (void)fprintf(stream, "<text class=\"title\" x=\"%d\" y=\"32\">", LEFT);
    write_escaped(what->title, stream);
    (void)fputs("</text>\n", stream);
    write_y_axis(&p, stream);
    write_x_axis(&p, stream);
    for (int i = what->count - 1; i >= 0; i--) { /* the first, the best, on top */
        write_line(&p, i, stream);
    }
    write_names(&p, stream);
    (void)fputs("</svg>\n", stream);
}
