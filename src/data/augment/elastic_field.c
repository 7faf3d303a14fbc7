/* Both directions of the filter are products with a matrix of which each row has a few numbers. */
#include "data/augment/elastic_field.h"

#include "base/memory.h"
#include "base/vector.h"

#include <math.h>
#include <stdlib.h>

enum {
    REACH = 4,            /* standard deviations */
    TAPS = 2 * REACH + 1, /* nodes within reach of a pixel */
    LINE = MEMORY_LINE_FLOATS,
};

struct elastic_filter {
    int height, width; /* the width rounded up to LINE */
    double sigma;
    int rows, columns; /* of nodes; node i lies at (i - REACH) sigma */
    float *down;       /* [height x TAPS] weights of nodes from row `first_row` on */
    float *across;     /* [columns x width] weights of nodes for a pixel */
    int *first_row;    /* [height] */
};

static int first_node(const elastic_filter *filter, int pixel)
{
    return (int)(pixel / filter->sigma);
}

/* g(x - node) sqrt(h), the factor of one direction; the product of both is multiplied by alpha. */
static float weight_of(const elastic_filter *filter, int pixel, int node)
{
    double away = pixel / filter->sigma - (node - REACH);
    return (float)(exp(-0.5 * away * away) * 0.3989422804014327 / sqrt(filter->sigma));
}

static void fill_weights(elastic_filter *filter)
{
    for (int y = 0; y < filter->height; y++) {
        filter->first_row[y] = first_node(filter, y);
        for (int i = 0; i < TAPS; i++) {
            filter->down[y * TAPS + i] = weight_of(filter, y, filter->first_row[y] + i);
        }
    }
    for (int i = 0; i < filter->columns; i++) {
        for (int x = 0; x < filter->width; x++) {
            int tap = i - first_node(filter, x);
            filter->across[(size_t)i * (size_t)filter->width + (size_t)x] =
                tap >= 0 && tap < TAPS ? weight_of(filter, x, i) : 0.0f;
        }
    }
}

elastic_filter *elastic_filter_create(int height, int width, double sigma)
{
    elastic_filter *made = calloc(1, sizeof *made);
    if (!made) {
        return NULL;
    }
    made->height = height;
    made->width = (int)size_round_up((size_t)width, LINE);
    made->sigma = sigma;
    made->rows = first_node(made, height - 1) + TAPS;
    made->columns = first_node(made, made->width - 1) + TAPS;
    made->down = memory_alloc((size_t)height * TAPS, sizeof *made->down);
    made->across =
        memory_alloc(size_mul((size_t)made->columns, (size_t)made->width), sizeof *made->across);
    made->first_row = memory_alloc((size_t)height, sizeof *made->first_row);
    if (!made->down || !made->across || !made->first_row) {
        elastic_filter_free(made);
        return NULL;
    }
    fill_weights(made);
    return made;
}

void elastic_filter_free(elastic_filter *filter)
{
    if (filter) {
        memory_free(filter->down);
        memory_free(filter->across);
        memory_free(filter->first_row);
        free(filter);
    }
}

/* ---- A field ---- */

/* Draws of four words. */
static size_t draws(const elastic_filter *filter)
{
    return (2 * (size_t)filter->rows * (size_t)filter->columns + 3) / 4;
}

static size_t noise_floats(const elastic_filter *filter)
{
    return size_round_up(draws(filter) * 4, LINE);
}

size_t elastic_scratch_floats(const elastic_filter *filter)
{
    /* The words, the noise, and both fields filtered across. */
    return 2 * noise_floats(filter) + 2 * (size_t)filter->rows * (size_t)filter->width;
}

/* Sums of four bytes, less their mean, with the variance of a number that is uniform in -1 .. 1. */
VECTOR_CLONES
static void words_to_noise(const random_words *restrict words, size_t count, float scale,
                           float *restrict noise)
{
    const uint32_t *word = words->word;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        uint32_t pairs = (word[i] & 0x00ff00ffU) + (word[i] >> 8 & 0x00ff00ffU);
        int32_t sum = (int32_t)((pairs & 0xffffU) + (pairs >> 16));
        noise[i] = (float)(sum - 510) * scale;
    }
}

/* out[k] = sum_i weights[i] rows[i][k], one line of floats. */
VECTOR_INLINE void combine(const float *restrict weights, int count, const float *restrict rows,
                           size_t stride, float *restrict out)
{
    float sum[LINE] = {0.0f};
    for (int i = 0; i < count; i++) {
        float weight = weights[i];
#pragma omp simd
        for (int k = 0; k < LINE; k++) {
            sum[k] += weight * rows[(size_t)i * stride + (size_t)k];
        }
    }
#pragma omp simd
    for (int k = 0; k < LINE; k++) {
        out[k] = sum[k];
    }
}

VECTOR_CLONES
static void filter_across(const elastic_filter *filter, const float *noise, float *filtered)
{
    size_t stride = (size_t)filter->width;
    for (int x = 0; x < filter->width; x += LINE) {
        int first = first_node(filter, x);
        int count = first_node(filter, x + LINE - 1) + TAPS - first;
        const float *weights = filter->across + (size_t)first * stride + (size_t)x;
        for (size_t j = 0; j < 2 * (size_t)filter->rows; j++) {
            combine(noise + j * (size_t)filter->columns + first, count, weights, stride,
                    filtered + j * stride + (size_t)x);
        }
    }
}

VECTOR_CLONES
static void filter_down(const elastic_filter *filter, const float *filtered, float *field)
{
    size_t stride = (size_t)filter->width;
    for (int y = 0; y < filter->height; y++) {
        const float *rows = filtered + (size_t)filter->first_row[y] * stride;
        for (size_t x = 0; x < stride; x += LINE) {
            combine(filter->down + (size_t)y * TAPS, TAPS, rows + x, stride,
                    field + (size_t)y * stride + x);
        }
    }
}

void elastic_field(const elastic_filter *filter, double alpha, random_key key, uint32_t epoch,
                   uint64_t sample, uint32_t first_unit, float *dx, float *dy, float *scratch)
{
    random_words *words = (random_words *)(void *)scratch;
    float *noise = scratch + noise_floats(filter);
    float *filtered = noise + noise_floats(filter);
    size_t field = (size_t)filter->rows * (size_t)filter->width;
    /* The variance of the sum of four bytes is 4 (256^2 - 1) / 12 = 65535 / 3. */
    float scale = (float)(alpha / sqrt(65535.0));
    random_draw_units(key, epoch, sample, first_unit, draws(filter), words);
    words_to_noise(words, draws(filter) * 4, scale, noise);
    filter_across(filter, noise, filtered);
    filter_down(filter, filtered, dx);
    filter_down(filter, filtered + field, dy);
}
