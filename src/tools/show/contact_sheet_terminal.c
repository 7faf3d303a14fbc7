/*
 * Pictures drawn with the letters of a terminal. A cell is about twice as high as wide: with
 * colours, and in ASCII, it holds two dots one above the other; in braille 2 x 4.
 */
#include "show/contact_sheet.h"

#include "common/bounds.h"
#include "common/text.h"

#include <math.h>
#include <string.h>

enum {
    GAP = 2,           /* columns between pictures */
    LEAST_SLOT = 12,   /* columns that a caption needs */
    ENLARGED_MOST = 24 /* columns; pictures that are small are drawn larger up to this */
};

static const struct {
    int wide, high;   /* dots of a cell */
    int side_by_side; /* pictures that a line should hold: larger ones are drawn smaller */
} inks[] = {
    [INK_ASCII] = {1, 2, 2},
    [INK_BRAILLE] = {2, 4, 4},
    [INK_256] = {1, 2, 4},
    [INK_TRUECOLOR] = {1, 2, 4},
};

/* ---- Sizes ---- */

static int divide_up(int size, int part)
{
    return (size + part - 1) / part;
}

contact_sheet_layout contact_sheet_lay_out(const terminal *screen, int height, int width)
{
    int wide = inks[screen->ink].wide;
    int high = inks[screen->ink].high;
    int side_by_side = inks[screen->ink].side_by_side;
    int most = ((screen->columns + GAP) / side_by_side - GAP) * wide; /* dots */
    most = MAX(8, most);
    int largest = most < ENLARGED_MOST * wide ? most : ENLARGED_MOST * wide;
    int factor = 1;
    if (largest / width > 1) {
        factor = largest / width;
    }
    if (factor > 1 && screen->ink == INK_ASCII) {
        factor -= factor % high; /* so that no letter stands for two pixels */
    }
    contact_sheet_layout layout = {.dots_wide = width * factor, .dots_high = height * factor};
    if (width > most) {
        layout.dots_wide = most;
        layout.dots_high = (int)lrint((double)height * most / width);
        if (layout.dots_high <= 0) {
            layout.dots_high = 1;
        }
    }
    layout.columns = divide_up(layout.dots_wide, wide);
    layout.rows = divide_up(layout.dots_high, high);
    layout.slot = MAX(layout.columns, LEAST_SLOT);
    layout.per_line = (screen->columns + GAP) / (layout.slot + GAP);
    if (layout.per_line <= 0) {
        layout.per_line = 1;
    }
    return layout;
}

/* ---- Dots ---- */

/* What a picture is while it is drawn. */
typedef struct drawing {
    const contact_sheet *sheet;
    const terminal *screen;
    contact_sheet_layout layout;
    FILE *stream;
} drawing;

/* How much of pixel `pixel` lies between `from` and `to`. */
static float covered(int pixel, float from, float to)
{
    float left = fmaxf(from, (float)pixel);
    float right = fminf(to, (float)pixel + 1.0f);
    if (right > left) {
        return right - left;
    }
    return 0.0f;
}

/* The mean of the pixels under a dot, as much as each lies there; dot [channels]. */
static void average(const drawing *d, int index, int x, int y, float dot[3])
{
    const pictures *from = &d->sheet->pictures;
    const float *values = picture_at(from, index);
    float wide = (float)from->width / (float)d->layout.dots_wide;
    float high = (float)from->height / (float)d->layout.dots_high;
    float left = (float)x * wide;
    float top = (float)y * high;
    float all = 0.0f;
    memset(dot, 0, 3 * sizeof *dot);
    for (int i = (int)top; i < from->height && (float)i < top + high; i++) {
        for (int j = (int)left; j < from->width && (float)j < left + wide; j++) {
            float share = covered(i, top, top + high) * covered(j, left, left + wide);
            const float *pixel = values + (i * from->width + j) * from->channels;
            for (int c = 0; c < from->channels; c++) {
                dot[c] += share * pixel[c];
            }
            all += share;
        }
    }
    for (int c = 0; c < from->channels && all > 0.0f; c++) {
        dot[c] /= all;
    }
}

static bool is_inside(const drawing *d, int x, int y)
{
    return x < d->layout.dots_wide && y < d->layout.dots_high;
}

/* ---- ASCII ---- */

/* The cell's mean value: of weights -1 .. 1, else how bright it is. */
static float cell_value(const drawing *d, int index, int column, int row)
{
    const pictures *from = &d->sheet->pictures;
    float sum = 0.0f;
    int count = 0;
    for (int y = 2 * row; y < 2 * row + 2 && is_inside(d, column, y); y++) {
        float dot[3];
        average(d, index, column, y, dot);
        if (from->palette == PALETTE_DIVERGING) {
            sum += dot[0];
        } else {
            sum += picture_brightness(from->palette, dot);
        }
        count++;
    }
    if (count > 0) {
        return sum / (float)count;
    }
    return 0.0f;
}

static void draw_ascii(const drawing *d, int index, int row)
{
    static const char bright[] = " .:-=+*#%@";
    static const char plus[] = "  .+*#";
    static const char minus[] = "  ,-=%";
    bool weights = d->sheet->pictures.palette == PALETTE_DIVERGING;
    for (int column = 0; column < d->layout.columns; column++) {
        float value = cell_value(d, index, column, row);
        const char *ramp = plus;
        if (!weights) {
            ramp = bright;
        } else if (value < 0.0f) {
            ramp = minus;
        }
        int last = (int)strlen(ramp) - 1;
        (void)fputc(ramp[lrintf(fminf(fabsf(value), 1.0f) * (float)last)], d->stream);
    }
}

/* ---- Braille ---- */

/* Whether a dot is on: where it is brighter than its threshold (Bayer's 4 x 4 matrix). */
static bool is_on(const drawing *d, int index, int x, int y)
{
    static const float thresholds[4][4] = {{0.5f, 8.5f, 2.5f, 10.5f},
                                           {12.5f, 4.5f, 14.5f, 6.5f},
                                           {3.5f, 11.5f, 1.5f, 9.5f},
                                           {15.5f, 7.5f, 13.5f, 5.5f}};
    float dot[3];
    if (!is_inside(d, x, y)) {
        return false;
    }
    average(d, index, x, y, dot);
    return picture_brightness(d->sheet->pictures.palette, dot) * 16.0f > thresholds[y % 4][x % 4];
}

static void draw_braille(const drawing *d, int index, int row)
{
    /* U+2800 and a bit a dot. */
    static const unsigned bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    for (int column = 0; column < d->layout.columns; column++) {
        unsigned letter = 0;
        for (int i = 0; i < 8; i++) {
            if (is_on(d, index, 2 * column + i % 2, 4 * row + i / 2)) {
                letter |= bits[i / 2][i % 2];
            }
        }
        (void)fprintf(d->stream, "\xe2%c%c", (int)(0xa0u | letter >> 6),
                      (int)(0x80u | (letter & 63)));
    }
}

/* ---- Colours ---- */

/* The nearest of the 6 steps of a channel: 0, 95, 135, 175, 215, 255. */
static int cube_step(int value)
{
    if (value < 48) {
        return 0;
    }
    if (value < 115) {
        return 1;
    }
    return (value - 35) / 40;
}

/* Of the 256 a gray from the ramp, 8 to 238 in tens, or from the cube. */
static int nearest_256(colour c)
{
    bool gray = c.red == c.green && c.green == c.blue;
    if (gray && c.red >= 4 && c.red < 247) {
        int step = (c.red - 3) / 10;
        return 232 + MIN(step, 23);
    }
    return 16 + 36 * cube_step(c.red) + 6 * cube_step(c.green) + cube_step(c.blue);
}

/* Switches to a colour; `ground` 38 is the letter's, 48 what is behind it. */
static void switch_colour(const drawing *d, int ground, colour c)
{
    if (d->screen->ink == INK_TRUECOLOR) {
        (void)fprintf(d->stream, "\033[%d;2;%d;%d;%dm", ground, c.red, c.green, c.blue);
    } else {
        (void)fprintf(d->stream, "\033[%d;5;%dm", ground, nearest_256(c));
    }
}

static bool same_colour(colour a, colour b)
{
    return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

/* An upper half block: the upper dot is the letter's colour, the lower one that behind it. */
static void draw_blocks(const drawing *d, int index, int row)
{
    palette colours = d->sheet->pictures.palette;
    colour last[2] = {{0, 0, 0}, {0, 0, 0}};
    for (int column = 0; column < d->layout.columns; column++) {
        for (int half = 0; half < 2 && is_inside(d, column, 2 * row + half); half++) {
            float dot[3];
            average(d, index, column, 2 * row + half, dot);
            colour now = picture_colour(colours, dot);
            if (column == 0 || !same_colour(now, last[half])) {
                switch_colour(d, half == 0 ? 38 : 48, now);
            }
            last[half] = now;
        }
        (void)fputs("\xe2\x96\x80", d->stream);
    }
    (void)fputs("\033[0m", d->stream);
}

static void draw_row(const drawing *d, int index, int row)
{
    static void (*const draws[])(const drawing *, int, int) = {
        [INK_ASCII] = draw_ascii,
        [INK_BRAILLE] = draw_braille,
        [INK_256] = draw_blocks,
        [INK_TRUECOLOR] = draw_blocks,
    };
    draws[d->screen->ink](d, index, row);
}

/* ---- Lines ---- */

static void pad(const drawing *d, int columns)
{
    (void)fprintf(d->stream, "%*s", MAX(columns, 0), "");
}

/* As much of the text as the slot has room for; returns its columns. */
static int write_fitting(const drawing *d, const char *text, int room)
{
    int columns = 0;
    while (*text && columns < room) {
        do {
            (void)fputc(*text++, d->stream);
        } while (text_continues(*text));
        columns++;
    }
    return columns;
}

static int write_name(const drawing *d, int index)
{
    return write_fitting(d, d->sheet->captions[index].name, d->layout.slot);
}

static int write_answer(const drawing *d, int index)
{
    static const char *const marks[][3] = {{"", "= ", "x "},
                                           {"", "\xe2\x9c\x93 ", "\xe2\x9c\x97 "}};
    const caption *from = &d->sheet->captions[index];
    bool wrong = from->verdict == VERDICT_WRONG && has_colour(d->screen);
    (void)fputs(wrong ? "\033[1;38;5;208m" : "", d->stream);
    int columns = write_fitting(d, marks[d->screen->ink != INK_ASCII][from->verdict], 2);
    columns += write_fitting(d, from->prediction, d->layout.slot - columns);
    (void)fputs(wrong ? "\033[0m" : "", d->stream);
    return columns;
}

static bool has_predictions(const contact_sheet *from)
{
    for (int i = 0; i < from->pictures.count; i++) {
        if (from->captions[i].prediction[0]) {
            return true;
        }
    }
    return false;
}

/* A line of pictures: their rows of cells, then their captions. */
static void draw_line(const drawing *d, int first, int end)
{
    for (int row = 0; row < d->layout.rows; row++) {
        for (int i = first; i < end; i++) {
            draw_row(d, i, row);
            pad(d, i + 1 < end ? d->layout.slot - d->layout.columns + GAP : 0);
        }
        (void)fputc('\n', d->stream);
    }
    for (int line = 0; line < 1 + has_predictions(d->sheet); line++) {
        for (int i = first; i < end; i++) {
            int columns = (line == 0 ? write_name : write_answer)(d, i);
            pad(d, i + 1 < end ? d->layout.slot - columns + GAP : 0);
        }
        (void)fputc('\n', d->stream);
    }
}

void contact_sheet_draw(const contact_sheet *from, const terminal *screen, FILE *stream)
{
    const pictures *all = &from->pictures;
    terminal plain = *screen;
    if (all->palette == PALETTE_DIVERGING && screen->ink == INK_BRAILLE) {
        plain.ink = INK_ASCII; /* braille has no dots for two signs */
    }
    drawing d = {from, &plain, contact_sheet_lay_out(&plain, all->height, all->width), stream};
    for (int first = 0; first < all->count; first += d.layout.per_line) {
        int end = first + d.layout.per_line;
        (void)fputs(first > 0 ? "\n" : "", stream);
        draw_line(&d, first, MIN(end, all->count));
    }
}
