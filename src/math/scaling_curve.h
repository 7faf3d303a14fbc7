/* The curves that a scaled number of a table goes through. */
#ifndef NNFS_MATH_SCALING_CURVE_H
#define NNFS_MATH_SCALING_CURVE_H

#include <math.h>

/* x / sqrt(1 + (x / clip)^2): nearly x around 0, never beyond -clip .. clip. */
static inline float curve_clip(float clip, float x)
{
    float part = x / clip;
    return x / sqrtf(1.0f + part * part);
}

/* Linear between knots (knots[i], heights[i]), count >= 2, knots rising; beyond them the height of
 * the nearest one. */
static inline float curve_knots(const float *knots, const float *heights, int count, float x)
{
    int low = 0; /* becomes the last knot at or below x, but never the last of all */
    int high = count - 1;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (knots[middle] <= x) {
            low = middle;
        } else {
            high = middle;
        }
    }
    float share = (x - knots[low]) / (knots[low + 1] - knots[low]);
    share = fminf(fmaxf(share, 0.0f), 1.0f);
    return heights[low] + share * (heights[low + 1] - heights[low]);
}

#endif
