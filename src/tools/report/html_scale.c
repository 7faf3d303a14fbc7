/* Ticks at 1, 2 or 5 times a power of ten (Heckbert, Nice Numbers for Graph Labels, 1990). */
#include "report/html_scale.h"

#include <math.h>
#include <stdio.h>

/* Smaller numbers, and 0, have no logarithm or no tenth part that a double holds: they count as
 * SMALLEST on a logarithmic axis, and as 0 on another. */
#define SMALLEST 1e-300

/* The nice number nearest above size. */
static double nice(double size)
{
    double power = pow(10.0, floor(log10(size)));
    double digit = size / power;
    double chosen = 10.0;
    if (digit <= 1.0 + 1e-9) {
        chosen = 1.0;
    } else if (digit <= 2.0 + 1e-9) {
        chosen = 2.0;
    } else if (digit <= 5.0) {
        chosen = 5.0;
    }
    return chosen * power;
}

/* A range of one value, or one that doubles cannot divide, is widened around it. */
static void widen(double *low, double *high)
{
    double size = fmax(fabs(*low), fabs(*high));
    if (*high - *low <= fmax(1e-9 * size, SMALLEST) || *high <= *low) {
        double margin = 0.5;
        if (size > SMALLEST) {
            margin = 0.1 * size;
        }
        *low -= margin;
        *high += margin;
    }
}

static void add_ticks(scale *axis)
{
    double first = ceil(axis->low / axis->step - 1e-6);
    for (int i = 0; i < TICKS_MOST; i++) {
        double tick = (first + i) * axis->step;
        if (tick > axis->high + 1e-6 * axis->step) {
            break;
        }
        axis->ticks[axis->count++] = tick;
    }
}

scale scale_round(double low, double high, int wanted)
{
    widen(&low, &high);
    scale axis = {.step = nice((high - low) / wanted)};
    axis.low = floor(low / axis.step + 1e-6) * axis.step;
    axis.high = ceil(high / axis.step - 1e-6) * axis.step;
    add_ticks(&axis);
    return axis;
}

scale scale_exact(double low, double high, int wanted, bool whole)
{
    widen(&low, &high);
    scale axis = {.low = low, .high = high, .step = nice((high - low) / wanted)};
    if (whole) {
        axis.step = fmax(axis.step, 1.0);
    }
    add_ticks(&axis);
    return axis;
}

static const double digits[] = {1.0, 2.0, 5.0};

static double down_to_digit(double value)
{
    double power = pow(10.0, floor(log10(value)));
    double digit = 1.0;
    for (int i = 1; i < 3 && value / power >= digits[i]; i++) {
        digit = digits[i];
    }
    return power * digit;
}

scale scale_logarithmic(double low, double high)
{
    low = fmax(low, SMALLEST);
    high = fmax(high, 2.0 * low);
    scale axis = {.logarithmic = true, .low = down_to_digit(low), .high = high};
    if (down_to_digit(high) < high) {
        axis.high = nice(high);
    } else {
        axis.high = high;
    }
    int first = (int)floor(log10(axis.low));
    int decades = (int)ceil(log10(axis.high)) - first;
    int each = 1;
    if (decades <= 2) {
        each = 3;
    }                             /* ticks in a decade */
    int stride = decades / 8 + 1; /* decades between ticks */
    for (int power = first; power <= first + decades; power += stride) {
        for (int i = 0; i < each; i++) {
            double tick = digits[i] * pow(10.0, power);
            bool inside = tick >= axis.low * (1.0 - 1e-9) && tick <= axis.high * (1.0 + 1e-9);
            if (inside && axis.count < TICKS_MOST) {
                axis.ticks[axis.count++] = tick;
            }
        }
    }
    return axis;
}

double scale_place(const scale *axis, double value)
{
    double place = axis->logarithmic
                       ? log(fmax(value, SMALLEST) / axis->low) / log(axis->high / axis->low)
                       : (value - axis->low) / (axis->high - axis->low);
    if (isnan(place)) {
        return 0.0;
    }
    return fmax(0.0, fmin(place, 1.0));
}

/* As many decimals as the step has, so that all labels of an axis have the same. */
static short_text with_step(double tick, double step, const char *unit)
{
    short_text label;
    int decimals = (int)fmin(fmax(0.0, ceil(-log10(step) - 1e-6)), 20.0);
    (void)snprintf(label.text, sizeof label.text, "%.*f%s", decimals,
                   fabs(tick) < 1e-6 * step ? 0.0 : tick, unit);
    return label;
}

short_text scale_label(const scale *axis, double tick, bool percent)
{
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {{1e9, 1e9, "G"}, {1e6, 1e6, "M"}, {1e4, 1e3, "k"}};
    short_text label;
    double size = fmax(fabs(axis->low), fabs(axis->high));
    if (percent) {
        return with_step(100.0 * tick, 100.0 * axis->step, "");
    }
    if (axis->logarithmic || size < 1e-3 || size >= 1e13) {
        (void)snprintf(label.text, sizeof label.text, "%.3g", tick);
        return label;
    }
    for (int i = 0; i < 3; i++) {
        if (size >= units[i].from) {
            return with_step(tick / units[i].unit, axis->step / units[i].unit,
                             tick == 0.0 ? "" : units[i].name);
        }
    }
    return with_step(tick, axis->step, "");
}
