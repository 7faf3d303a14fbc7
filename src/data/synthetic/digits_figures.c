/*
 * The ten figures and the ways in which people write them. To change one, look at what digits_draw
 * makes of it: the points of a curve lie outside it, like the corners of a polygon around it.
 */
#include "data/synthetic/digits_figures.h"

/* clang-format off */
#define DOWN(x, y)   {PEN_DOWN, x, y}
#define CORNER(x, y) {PEN_CORNER, x, y}
#define CURVE(x, y)  {PEN_CURVE, x, y}

static const digits_figure zero[] = {
    {10, {DOWN(4, -47), CURVE(-18, -51), CURVE(-35, -26), CURVE(-36, 22), CURVE(-18, 51),
          CURVE(15, 51), CURVE(35, 26), CURVE(36, -22), CURVE(18, -50), CORNER(-6, -46)}},
    {9, {DOWN(22, -38), CURVE(0, -58), CURVE(-34, -36), CURVE(-38, 30), CURVE(-12, 56),
         CURVE(24, 50), CURVE(38, 8), CURVE(32, -42), CORNER(6, -44)}},
};

static const digits_figure one[] = {
    {3, {DOWN(2, -50), CURVE(0, 0), CORNER(-1, 50)}},
    {4, {DOWN(-16, -22), CURVE(-4, -32), CORNER(4, -50), CORNER(3, 50)}},
    {6, {DOWN(-18, -24), CURVE(-5, -34), CORNER(2, -50), CORNER(2, 48), DOWN(-24, 49),
         CORNER(26, 48)}},
};

static const digits_figure two[] = {
    {8, {DOWN(-30, -28), CURVE(-26, -54), CURVE(24, -56), CURVE(38, -20), CURVE(8, 12),
         CORNER(-34, 48), CURVE(0, 44), CORNER(38, 46)}},
    {11, {DOWN(-28, -32), CURVE(-18, -54), CURVE(26, -56), CURVE(36, -18), CURVE(-2, 34),
          CURVE(-32, 60), CURVE(-42, 28), CURVE(-14, 26), CURVE(10, 52), CURVE(26, 48),
          CORNER(40, 36)}},
};

static const digits_figure three[] = {
    {9, {DOWN(-28, -38), CURVE(-12, -56), CURVE(32, -54), CURVE(34, -8), CORNER(-8, -4),
         CURVE(40, -4), CURVE(40, 52), CURVE(-12, 58), CORNER(-34, 36)}},
    {8, {DOWN(-28, -46), CORNER(26, -48), CORNER(-6, -8), CURVE(22, -14), CURVE(42, 14),
         CURVE(32, 56), CURVE(-14, 54), CORNER(-32, 38)}},
};

static const digits_figure four[] = {
    {6, {DOWN(-22, -48), CURVE(-26, -16), CORNER(-34, 6), CORNER(36, 4), DOWN(14, -40),
         CORNER(8, 50)}},
    {4, {DOWN(10, 50), CORNER(16, -50), CORNER(-36, 16), CORNER(38, 14)}},
    {8, {DOWN(-26, -46), CURVE(-34, 6), CURVE(-20, 8), CURVE(6, 8), CORNER(26, -6),
         DOWN(26, -48), CURVE(24, 0), CORNER(18, 50)}},
};

static const digits_figure five[] = {
    {9, {DOWN(-20, -46), CORNER(-26, -6), CURVE(-4, -22), CURVE(38, -14), CURVE(38, 48),
         CURVE(-8, 58), CORNER(-34, 38), DOWN(-20, -46), CORNER(30, -48)}},
    {8, {DOWN(32, -48), CORNER(-18, -46), CORNER(-24, -4), CURVE(6, -22), CURVE(38, -4),
         CURVE(34, 50), CURVE(-10, 56), CORNER(-32, 40)}},
};

static const digits_figure six[] = {
    {9, {DOWN(22, -48), CURVE(-18, -42), CURVE(-36, 10), CURVE(-32, 50), CURVE(12, 56),
         CURVE(38, 34), CURVE(22, -4), CURVE(-14, 0), CORNER(-30, 26)}},
    {8, {DOWN(4, -50), CURVE(-26, -10), CURVE(-40, 44), CURVE(2, 56), CURVE(34, 46),
         CURVE(32, 8), CURVE(0, 8), CORNER(-26, 30)}},
};

static const digits_figure seven[] = {
    {5, {DOWN(-36, -46), CURVE(0, -44), CORNER(36, -46), CURVE(8, -4), CORNER(-8, 50)}},
    {7, {DOWN(-36, -46), CURVE(0, -44), CORNER(36, -46), CURVE(6, 0), CORNER(-8, 50),
         DOWN(-18, 2), CORNER(24, -2)}},
    {6, {DOWN(-35, -28), CORNER(-34, -47), CORNER(34, -46), CURVE(10, -14), CURVE(0, 14),
         CORNER(-2, 50)}},
};

static const digits_figure eight[] = {
    {12, {DOWN(24, -36), CURVE(10, -58), CURVE(-30, -52), CURVE(-34, -16), CURVE(2, -4),
          CURVE(38, 14), CURVE(34, 54), CURVE(-34, 56), CURVE(-38, 18), CURVE(4, -4),
          CURVE(34, -20), CORNER(24, -42)}},
    {12, {DOWN(2, -48), CURVE(-28, -48), CURVE(-26, -4), CURVE(24, -2), CURVE(30, -48),
          CORNER(-2, -48), DOWN(0, -4), CURVE(-36, 2), CURVE(-34, 54), CURVE(32, 54),
          CURVE(36, -2), CORNER(-2, -4)}},
};

static const digits_figure nine[] = {
    {9, {DOWN(26, -34), CURVE(14, -56), CURVE(-28, -54), CURVE(-36, -12), CURVE(-8, 4),
         CURVE(22, -8), CORNER(27, -38), CURVE(26, 0), CORNER(20, 50)}},
    {9, {DOWN(28, -38), CURVE(0, -60), CURVE(-34, -42), CURVE(-28, 2), CURVE(16, 2),
         CORNER(28, -36), CURVE(32, 30), CURVE(12, 58), CORNER(-24, 44)}},
};
/* clang-format on */

#define VARIANTS(figures)                                      \
    {                                                          \
        (int)(sizeof(figures) / sizeof((figures)[0])), figures \
    }

const digits_variants digits_alphabet[DIGITS_CLASSES] = {
    VARIANTS(zero), VARIANTS(one), VARIANTS(two),   VARIANTS(three), VARIANTS(four),
    VARIANTS(five), VARIANTS(six), VARIANTS(seven), VARIANTS(eight), VARIANTS(nine),
};
