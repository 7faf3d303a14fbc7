/* A small curve of what changes as a run goes on, in dots or letters. */
#ifndef NNFS_TOOLS_TRAIN_CURVE_H
#define NNFS_TOOLS_TRAIN_CURVE_H

#include "common/screen.h"

enum { CURVE_POINTS = 64 };

typedef struct curve_point {
    double sum, weight; /* of value times weight, and of the weights */
    int entries;
} curve_point;

/* Where it has become too long, two points become one. */
typedef struct curve {
    curve_point points[CURVE_POINTS];
    int count;
    int stride; /* entries a point */
} curve;

void curve_add(curve *c, double value, double weight);

enum { CURVE_MOST_COLUMNS = 60, CURVE_MOST_LINES = 4 };

/* A drawn curve: per letter the dots of a Braille pattern, or a letter of ASCII. */
typedef struct curve_picture {
    int columns, lines;
    bool unicode;
    unsigned char cells[CURVE_MOST_LINES][CURVE_MOST_COLUMNS];
} curve_picture;

/*
 * From the first entry on the left to the last on the right, the smallest value at the bottom;
 * logarithmic where all are above zero.
 */
void curve_draw(const curve *c, int columns, int lines, bool unicode, curve_picture *picture);
/* Adds a line of the picture to the last line of the screen. */
void curve_put(const curve_picture *picture, int line, screen *s);

#endif
