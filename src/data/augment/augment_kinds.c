/* What each augmentation draws, and what it does to the map or to the pixels. */
#include "data/augment/augment_kinds.h"

#include "base/memory.h"
#include "math/normal.h"

#include <math.h>

/* ---- Draws ---- */

static random_words draw(const augment_call *call, uint32_t index)
{
    return random_draw(call->key, call->epoch, call->sample, call->first_unit + index);
}

/* Uniform in -bound .. bound. */
static double within(uint32_t word, double bound)
{
    return (2.0 * (double)random_unit(word) - 1.0) * bound;
}

/* ---- Moving pixels ---- */

static void move_elastic(const augment_call *call, const double *values, warp *map)
{
    elastic_field(call->filter, values[1], call->key, call->epoch, call->sample, call->first_unit,
                  map->dx, map->dy, call->scratch);
}

static size_t scratch_elastic(const augment_call *call)
{
    return elastic_scratch_floats(call->filter);
}

/*
 * By their Taylor series, for |x| <= pi: a math library's may differ from CPU to CPU in
 * the last bit.
 */
static void sine_and_cosine(double x, double *sine, double *cosine)
{
    double term = 1.0;
    *sine = 0.0;
    *cosine = 1.0;
    for (int i = 1; i <= 28; i++) {
        term *= x / i;
        double *sum = cosine;
        if (i % 2 == 1) {
            sum = sine;
        }
        *sum += i % 4 < 2 ? term : -term;
    }
}

/*
 * A picture that is scaled, then sheared, then turned: F = R H S with
 *
 *   R = [ cos t  sin t]   H = [1 k]   S = [sx  0]
 *       [-sin t  cos t]       [0 1]       [ 0 sy]
 *
 * (y points down, so that a positive angle turns to the left). New pixels come from F^-1 x.
 */
static void move_affine(const augment_call *call, const double *values, warp *map)
{
    random_words first = draw(call, 0);
    random_words second = draw(call, 1);
    double sine;
    double cosine;
    sine_and_cosine(within(first.word[0], values[0]) * 0x1.1df46a2529d39p-6, &sine, &cosine);
    double sx = 1.0 + within(first.word[1], values[1]);
    double sy = 1.0 + within(first.word[2], values[1]);
    double shear = within(first.word[3], values[2]);
    double offset[2] = {within(second.word[0], values[3]), within(second.word[1], values[3])};
    /* S^-1 H^-1 R^-1 */
    double matrix[4] = {
        (cosine - shear * sine) / sx,
        (-sine - shear * cosine) / sx,
        sine / sy,
        cosine / sy,
    };
    warp_compose(map, matrix, offset);
}

static void move_shift(const augment_call *call, const double *values, warp *map)
{
    static const double unit[4] = {1.0, 0.0, 0.0, 1.0};
    random_words words = draw(call, 0);
    uint32_t places = 2 * (uint32_t)values[0] + 1;
    double offset[2] = {(double)random_below(words.word[0], places) - values[0],
                        (double)random_below(words.word[1], places) - values[0]};
    warp_compose(map, unit, offset);
}

static void move_flip(const augment_call *call, const double *values, warp *map)
{
    static const double mirror[4] = {-1.0, 0.0, 0.0, 1.0};
    static const double nothing[2] = {0.0, 0.0};
    if ((double)random_unit(draw(call, 0).word[0]) < values[0]) {
        warp_compose(map, mirror, nothing);
    }
}

/* ---- Changing pixels ---- */

static size_t pixel_values(const augment_call *call)
{
    return (size_t)call->layout.height * (size_t)call->layout.width * (size_t)call->layout.channels;
}

/* The noise as doubles, then the words they are made of. */
static size_t scratch_noise(const augment_call *call)
{
    return 3 * size_round_up(pixel_values(call), MEMORY_LINE_FLOATS);
}

static void change_noise(const augment_call *call, const double *values, float *picture)
{
    size_t count = pixel_values(call);
    size_t drawn = size_round_up(count, MEMORY_LINE_FLOATS);
    double *numbers = (double *)(void *)call->scratch;
    random_words *words = (random_words *)(void *)(call->scratch + 2 * drawn);
    random_draw_units(call->key, call->epoch, call->sample, call->first_unit, drawn / 4, words);
    normal_fill(words->word, drawn, numbers);
    for (size_t i = 0; i < count; i++) {
        picture[i] += (float)(values[0] * numbers[i]);
    }
}

/* A square around a random pixel, as far as it lies in the picture (DeVries and Taylor 2017). */
static void change_cutout(const augment_call *call, const double *values, float *picture)
{
    nnfs_image_layout layout = call->layout;
    random_words words = draw(call, 0);
    int size = (int)values[0];
    int top = (int)random_below(words.word[0], (uint32_t)layout.height) - size / 2;
    int left = (int)random_below(words.word[1], (uint32_t)layout.width) - size / 2;
    int bottom = layout.height;
    if (top + size < layout.height) {
        bottom = top + size;
    }
    int right = layout.width;
    if (left + size < layout.width) {
        right = left + size;
    }
    size_t width = (size_t)layout.width;
    size_t channels = (size_t)layout.channels;
    size_t plane = width * (size_t)layout.height;
    for (size_t y = top > 0 ? (size_t)top : 0; y < (size_t)bottom; y++) {
        for (size_t x = left > 0 ? (size_t)left : 0; x < (size_t)right; x++) {
            size_t pixel = y * width + x;
            for (size_t c = 0; c < channels; c++) {
                picture[layout.planar ? c * plane + pixel : pixel * channels + c] = 0.0f;
            }
        }
    }
}

/* ---- Two samples ---- */

/* Joehnk 1964: of u^(1/alpha) and v^(1/alpha) whose sum is at most 1, the first's share. */
float augment_mixup_weight(const augment_call *call, double alpha)
{
    enum { TRIES = 64 }; /* each succeeds at least every second time, for alpha up to 1 */
    for (uint32_t i = 1; i <= TRIES && alpha > 0.0; i++) {
        random_words words = draw(call, i);
        double x = pow(((double)words.word[0] + 0.5) * 0x1p-32, 1.0 / alpha);
        double y = pow(((double)words.word[1] + 0.5) * 0x1p-32, 1.0 / alpha);
        if (x + y <= 1.0) {
            return (float)(fmax(x, y) / (x + y));
        }
    }
    return 1.0f;
}

/* ---- The table ---- */

/* Bounds keep products of sizes far from overflow, and maps far from singular. */
enum { PIXELS_MOST = 16384 };

const augment_kind augment_kinds[AUGMENT_KINDS] = {
    [AUGMENT_ELASTIC] = {"elastic",
                         {{"sigma", 6.0, 1.0, 1024.0, false, true},
                          {"alpha", 36.0, 0.0, 100000.0, false, false}},
                         move_elastic,
                         NULL,
                         scratch_elastic},
    [AUGMENT_AFFINE] = {"affine",
                        {{"rotate", 0.0, 0.0, 180.0, false, false},
                         {"scale", 0.0, 0.0, 0.9, false, false},
                         {"shear", 0.0, 0.0, 4.0, false, false},
                         {"shift", 0.0, 0.0, PIXELS_MOST, false, false}},
                        move_affine,
                        NULL,
                        NULL},
    [AUGMENT_SHIFT] =
        {"shift", {{"pixels", 2.0, 0.0, PIXELS_MOST, true, false}}, move_shift, NULL, NULL},
    [AUGMENT_FLIP] = {"flip", {{"chance", 0.5, 0.0, 1.0, false, false}}, move_flip, NULL, NULL},
    [AUGMENT_NOISE] =
        {"noise", {{"sigma", 0.1, 0.0, 100.0, false, false}}, NULL, change_noise, scratch_noise},
    [AUGMENT_CUTOUT] =
        {"cutout", {{"size", 8.0, 0.0, PIXELS_MOST, true, false}}, NULL, change_cutout, NULL},
    [AUGMENT_MIXUP] = {"mixup", {{"alpha", 0.2, 0.0, 1.0, false, true}}, NULL, NULL, NULL},
};
