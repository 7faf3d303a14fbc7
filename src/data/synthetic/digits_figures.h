/* The ten figures as strokes, before a hand is drawn that writes them. */
#ifndef NNFS_DATA_SYNTHETIC_DIGITS_FIGURES_H
#define NNFS_DATA_SYNTHETIC_DIGITS_FIGURES_H

#include "data/synthetic/digits.h"

/*
 * How a figure is written: strokes, each a run of points from PEN_DOWN to a last PEN_CORNER. The
 * pen passes through those two and corners, and is drawn towards PEN_CURVE points as a quadratic
 * Bezier curve is to its control point; half way between two of them, it touches their connection.
 * (This is how TrueType writes outlines; a curve stays smooth when its points are moved about.)
 */
typedef enum digits_pen {
    PEN_DOWN,
    PEN_CORNER,
    PEN_CURVE,
} digits_pen;

/* x goes right and y down, each -50 .. 50 or so. */
typedef struct digits_point {
    signed char pen, x, y;
} digits_point;

enum { DIGITS_MOST_POINTS = 16 };

typedef struct digits_figure {
    int count;
    digits_point points[DIGITS_MOST_POINTS];
} digits_figure;

/* The ways in which people write figure 0 .. 9, at least one. */
typedef struct digits_variants {
    int count;
    const digits_figure *figures; /* [count] */
} digits_variants;

extern const digits_variants digits_alphabet[DIGITS_CLASSES];

#endif
