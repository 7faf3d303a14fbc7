/*
 * A plot in characters. In braille each of them has 2 x 4 dots, and a line its colour; in ASCII a
 * line is drawn with a sign of its own. Either way the names stand beside where the lines end.
 */
#include "common/bounds.h"
#include "tune/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEFT = 9, Y_MARKS = 6, DOTS_X = 2, DOTS_Y = 4 };

static const char signs[PLOT_LINES_MOST + 1] = "*o+x#@%=";

/* Of the 256 colours, those nearest to Okabe and Ito's; on dark and on light they can
 * be told apart. */
static const int colours[PLOT_LINES_MOST] = {32, 208, 35, 169, 74, 178, 244, 166};

typedef struct canvas {
    const plot *what;
    const plot_terminal *terminal;
    plot_axis x, y;
    int columns, rows;      /* of the field, in characters */
    int across, down;       /* dots a character */
    unsigned char *dots;    /* [columns x rows] bits of braille */
    signed char *owner;     /* [columns x rows] the line on top, -1 for none */
    const char **beside;    /* [rows] the name that stands there */
    signed char *beside_of; /* [rows] whose it is */
} canvas;

/* ---- Lines ---- */

static void put(canvas *on, int line, int x, int y)
{
    /* dots of a braille character, by column and row */
    static const unsigned char bits[DOTS_X][DOTS_Y] = {{0x01, 0x02, 0x04, 0x40},
                                                       {0x08, 0x10, 0x20, 0x80}};
    int column = x / on->across;
    int row = y / on->down;
    if (column < 0 || column >= on->columns || row < 0 || row >= on->rows) {
        return;
    }
    on->dots[row * on->columns + column] |= bits[x % on->across][y % on->down];
    on->owner[row * on->columns + column] = (signed char)line;
}

static int dot_x(const canvas *on, double x)
{
    return (int)lround((x - on->x.from) / (on->x.to - on->x.from) * (on->columns * on->across - 1));
}

static int dot_y(const canvas *on, double y)
{
    return (int)lround((on->y.to - y) / (on->y.to - on->y.from) * (on->rows * on->down - 1));
}

/* From dot to dot, as many as the longer way has. */
static void draw_stroke(canvas *on, int line, int x0, int y0, int x1, int y1)
{
    int steps = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0);
    int limit = 4 * (on->columns * on->across + on->rows * on->down);
    steps = MIN(steps, limit);
    for (int i = 0; i <= steps; i++) {
        double share = 0.0;
        if (steps > 0) {
            share = (double)i / steps;
        }
        put(on, line, (int)lround(x0 + share * (x1 - x0)), (int)lround(y0 + share * (y1 - y0)));
    }
}

static void draw_line(canvas *on, int line)
{
    const plot_line *what = &on->what->lines[line];
    for (int i = 0; i < what->count; i++) {
        int before = i;
        if (i > 0 && isfinite(what->y[i - 1])) {
            before = i - 1;
        }
        if (isfinite(what->y[i])) {
            draw_stroke(on, line, dot_x(on, before + 1), dot_y(on, what->y[before]),
                        dot_x(on, i + 1), dot_y(on, what->y[i]));
        }
    }
}

/* ---- Names ---- */

static int last_row(const canvas *on, int line)
{
    const plot_line *what = &on->what->lines[line];
    int last = what->count - 1;
    while (last >= 0 && !isfinite(what->y[last])) {
        last--;
    }
    int row = last < 0 ? on->rows - 1 : dot_y(on, what->y[last]) / on->down;
    if (row < 0) {
        return 0;
    }
    if (row >= on->rows) {
        return on->rows - 1;
    }
    return row;
}

/* Beside the end of its line, or in the nearest row that is free. */
static void place_name(canvas *on, int line)
{
    int wanted = last_row(on, line);
    for (int away = 0; away < on->rows; away++) {
        int rows[] = {wanted + away, wanted - away};
        for (int i = 0; i < 2; i++) {
            if (rows[i] >= 0 && rows[i] < on->rows && !on->beside[rows[i]]) {
                on->beside[rows[i]] = on->what->lines[line].name;
                on->beside_of[rows[i]] = (signed char)line;
                return;
            }
        }
    }
}

/* Of the lines, which stand behind a blank and a letter more than the axis's name. */
static int widest_name(const plot *what)
{
    int widest = (int)strlen(what->x_name) - 2;
    for (int i = 0; i < what->count; i++) {
        int length = (int)strlen(what->lines[i].name);
        widest = MAX(length, widest);
    }
    return widest;
}

/* ---- Printing ---- */

/* The code point U+2800 + dots as UTF-8. */
static void print_braille(unsigned char dots, FILE *stream)
{
    (void)fprintf(stream, "\xe2%c%c", 0xa0 + (dots >> 6), 0x80 + (dots & 0x3f));
}

static void print_colour(const canvas *on, int line, FILE *stream)
{
    if (on->terminal->colour && line >= 0) {
        (void)fprintf(stream, "\033[38;5;%dm", colours[line]);
    }
}

static void print_plain(const canvas *on, int line, FILE *stream)
{
    if (on->terminal->colour && line >= 0) {
        (void)fputs("\033[0m", stream);
    }
}

static void print_cell(const canvas *on, int row, int column, FILE *stream)
{
    int at = row * on->columns + column;
    int line = on->owner[at];
    print_colour(on, line, stream);
    if (!on->terminal->braille || line < 0) {
        (void)fputc(line < 0 ? ' ' : signs[line], stream);
    } else {
        print_braille(on->dots[at], stream);
    }
    print_plain(on, line, stream);
}

/* The number at a mark that falls into this row, else blanks. */
static void print_y_mark(const canvas *on, int row, FILE *stream)
{
    char text[32] = "";
    for (int i = 0; i < on->y.marks; i++) {
        double y = plot_mark(&on->y, i);
        if (dot_y(on, y) / on->down == row) {
            plot_mark_text(&on->y, y, on->what->share, text);
        }
    }
    (void)fprintf(stream, "%*s %c", LEFT - 2, text, *text ? '+' : '|');
}

static int end_of_row(const canvas *on, int row)
{
    int end = on->columns;
    while (end > 0 && on->owner[row * on->columns + end - 1] < 0) {
        end--;
    }
    if (on->beside[row]) {
        return on->columns;
    }
    return end;
}

static void print_row(const canvas *on, int row, FILE *stream)
{
    print_y_mark(on, row, stream);
    for (int column = 0; column < end_of_row(on, row); column++) {
        print_cell(on, row, column, stream);
    }
    if (on->beside[row]) {
        int line = on->beside_of[row];
        print_colour(on, line, stream);
        if (on->terminal->braille) {
            (void)fprintf(stream, " %s", on->beside[row]);
        } else {
            (void)fprintf(stream, " %c %s", signs[line], on->beside[row]);
        }
        print_plain(on, line, stream);
    }
    (void)fputc('\n', stream);
}

static void print_x_axis(const canvas *on, FILE *stream)
{
    char marks[512], numbers[512];
    int width = MIN(on->columns, 500);
    int free_from = 0;
    memset(marks, '-', sizeof marks);
    memset(numbers, ' ', sizeof numbers);
    for (int i = 0; i < on->x.marks; i++) {
        double x = plot_mark(&on->x, i);
        char text[32];
        int column = dot_x(on, x) / on->across;
        int length = snprintf(text, sizeof text, "%.0f", x);
        int from = column - length / 2;
        if (from > width - length) {
            from = width - length;
        }
        from = MAX(0, from);
        marks[column < width ? column : width - 1] = '+';
        if (from >= free_from && from + length <= width) {
            memcpy(numbers + from, text, (size_t)length);
            free_from = from + length + 1;
        }
    }
    numbers[free_from > 0 ? free_from - 1 : 0] = '\0';
    (void)fprintf(stream, "%*s+%.*s\n%*s%s  %s\n", LEFT - 1, "", width, marks, LEFT, "", numbers,
                  on->what->x_name);
}

/* ---- All ---- */

static bool make_canvas(canvas *on)
{
    size_t cells = (size_t)on->columns * (size_t)on->rows;
    on->dots = calloc(cells, sizeof *on->dots);
    on->owner = malloc(cells);
    on->beside = calloc((size_t)on->rows, sizeof *on->beside);
    on->beside_of = calloc((size_t)on->rows, sizeof *on->beside_of);
    if (on->owner) {
        memset(on->owner, -1, cells);
    }
    return on->dots && on->owner && on->beside && on->beside_of;
}

void plot_draw(const plot *what, const plot_terminal *terminal, FILE *stream)
{
    int columns = terminal->width - LEFT - widest_name(what) - 4;
    canvas on = {
        .what = what,
        .terminal = terminal,
        .columns = MAX(20, columns),
        .rows = terminal->height - 3 < 4 ? 4 : terminal->height - 3,
        .across = terminal->braille ? DOTS_X : 1,
        .down = terminal->braille ? DOTS_Y : 1,
    };
    on.x = plot_axis_x(what, on.columns / 10);
    on.y = plot_axis_y(what, MIN(Y_MARKS, on.rows));
    if (make_canvas(&on)) {
        for (int line = what->count - 1; line >= 0; line--) { /* the first, the best, on top */
            draw_line(&on, line);
        }
        for (int line = 0; line < what->count; line++) {
            place_name(&on, line);
        }
        (void)fprintf(stream, "%s\n", what->y_name);
        for (int row = 0; row < on.rows; row++) {
            print_row(&on, row, stream);
        }
        print_x_axis(&on, stream);
    }
    free(on.dots);
    free(on.owner);
    free(on.beside);
    free(on.beside_of);
}
