/* Axes: from values to places, with ticks at numbers that people would choose. */
#ifndef NNFS_TOOLS_REPORT_HTML_SCALE_H
#define NNFS_TOOLS_REPORT_HTML_SCALE_H

#include "common/text.h"

#include <stdbool.h>

enum { TICKS_MOST = 16 };

typedef struct scale {
    double low, high; /* the ends of the axis, low < high */
    bool logarithmic;
    double ticks[TICKS_MOST];
    int count;
    double step; /* between ticks; 0 on a logarithmic axis */
} scale;

/* The whole range, with ends at ticks: about `wanted` of them, at 1, 2 or 5 times a
 * power of ten. */
scale scale_round(double low, double high, int wanted);
/* The range as it is, with ticks inside; none between whole numbers where `whole`. */
scale scale_exact(double low, double high, int wanted, bool whole);
/* 0 < low; ends and ticks at 1, 2 or 5 times powers of ten, or at powers alone. */
scale scale_logarithmic(double low, double high);

/* 0 at the low end, 1 at the high end; values beyond them are put there. */
double scale_place(const scale *axis, double value);

/* A tick's number: plain and short, "0.05", "600k"; or a share in percent. */
short_text scale_label(const scale *axis, double tick, bool percent);

#endif
