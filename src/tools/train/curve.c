/* A small curve in dots or letters. */
#include "train/curve.h"
#include "common/bounds.h"

#include <math.h>
#include <string.h>

/* ---- Points ---- */

static void halve(curve *c)
{
    for (int i = 0; i < CURVE_POINTS / 2; i++) {
        curve_point a = c->points[2 * i], b = c->points[2 * i + 1];
        c->points[i] = (curve_point){a.sum + b.sum, a.weight + b.weight, a.entries + b.entries};
    }
    c->count = CURVE_POINTS / 2;
    c->stride *= 2;
}

void curve_add(curve *c, double value, double weight)
{
    if (!isfinite(value) || !(weight > 0.0)) {
        return;
    }
    if (c->stride <= 0) {
        c->stride = 1;
    }
    if (c->count == 0 || c->points[c->count - 1].entries >= c->stride) {
        if (c->count == CURVE_POINTS) {
            halve(c);
        }
        c->points[c->count++] = (curve_point){0.0, 0.0, 0};
    }
    curve_point *last = &c->points[c->count - 1];
    last->sum += value * weight;
    last->weight += weight;
    last->entries++;
}

/* ---- Values as heights ---- */

typedef struct scale {
    bool logarithmic;
    double low, high;
} scale;

static double mean_of(const curve_point *point)
{
    return point->sum / point->weight;
}

/* A curve that hardly changes shall look like one: a tenth of its value is the least
 * that is shown. */
static scale scale_of(const curve *c)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < c->count; i++) {
        low = fmin(low, mean_of(&c->points[i]));
        high = fmax(high, mean_of(&c->points[i]));
    }
    scale s = {low > 0.0, low, high};
    double least = s.logarithmic ? log(1.1) : 0.1 * fmax(fabs(low), fabs(high)) + 1e-30;
    if (s.logarithmic) {
        s.low = log(low);
        s.high = log(high);
    }
    s.high = fmax(s.high, s.low + least);
    return s;
}

/* From 0 at the bottom to 1. */
static double height_of(const scale *s, double value)
{
    double at = value;
    if (s->logarithmic) {
        at = log(value);
    }
    return (at - s->low) / (s->high - s->low);
}

/* The heights at `count` places of equal distance: straight lines between the middles of points. */
static void heights(const curve *c, int count, double *height)
{
    double all = 0.0;
    scale s = scale_of(c);
    for (int i = 0; i < c->count; i++) {
        all += c->points[i].weight;
    }
    int right = 0; /* the first point whose middle is not left of the place */
    double begins = 0.0, before = 0.0, middle = 0.5 * c->points[0].weight;
    for (int i = 0; i < count; i++) {
        double place = all * (i + 0.5) / count;
        while (right < c->count - 1 && middle < place) {
            begins += c->points[right++].weight;
            before = middle;
            middle = begins + 0.5 * c->points[right].weight;
        }
        double here = mean_of(&c->points[right]);
        double left = mean_of(&c->points[right > 0 ? right - 1 : 0]);
        double share = fmin(1.0, fmax(0.0, (place - before) / (middle - before)));
        height[i] = height_of(&s, left + share * (here - left));
    }
}

/* ---- The picture ---- */

/* Dots of a Braille pattern, from the top: the left column and the right one. */
static const unsigned char dots[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

static void draw_dots(const double *height, curve_picture *picture)
{
    int most = 4 * picture->lines - 1;
    int before = (int)lround((1.0 - height[0]) * most);
    for (int x = 0; x < 2 * picture->columns; x++) {
        int here = (int)lround((1.0 - height[x]) * most);
        int step = -1;
        if (before < here) {
            step = 1;
        }
        /* what lies between two places is drawn, so that a steep part is one line */
        for (int y = before == here ? here : before + step;; y += step) {
            picture->cells[y / 4][x / 2] |= dots[x % 2][y % 4];
            if (y == here) {
                break;
            }
        }
        before = here;
    }
}

static void draw_letters(const double *height, curve_picture *picture)
{
    int most = 3 * picture->lines - 1;
    memset(picture->cells, ' ', sizeof picture->cells);
    for (int x = 0; x < picture->columns; x++) {
        int y = (int)lround((1.0 - height[x]) * most);
        picture->cells[y / 3][x] = (unsigned char)"'-."[y % 3];
    }
}

void curve_draw(const curve *c, int columns, int lines, bool unicode, curve_picture *picture)
{
    double height[2 * CURVE_MOST_COLUMNS] = {0.0};
    memset(picture, 0, sizeof *picture);
    picture->columns = MIN(columns, CURVE_MOST_COLUMNS);
    picture->lines = MIN(lines, CURVE_MOST_LINES);
    picture->unicode = unicode;
    if (c->count == 0) {
        picture->columns = 0;
        return;
    }
    heights(c, unicode ? 2 * picture->columns : picture->columns, height);
    if (unicode) {
        draw_dots(height, picture);
    } else {
        draw_letters(height, picture);
    }
}

void curve_put(const curve_picture *picture, int line, screen *s)
{
    int last = picture->columns - 1;
    unsigned char nothing = ' ';
    if (picture->unicode) {
        nothing = 0;
    }
    while (last >= 0 && picture->cells[line][last] == nothing) {
        last--;
    }
    screen_colour(s, SCREEN_CYAN);
    for (int i = 0; i <= last; i++) {
        unsigned cell = picture->cells[line][i];
        if (picture->unicode && cell) { /* U+2800 and the dots */
            char left = (char)(0xa0u | cell >> 6), right = (char)(0x80u | (cell & 0x3fu));
            (void)screen_add(s, "\xe2%c%c", left, right);
        } else {
            (void)screen_add(s, "%c", cell ? (char)cell : ' ');
        }
    }
    screen_colour(s, NULL);
}
