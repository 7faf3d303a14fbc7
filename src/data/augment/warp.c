/*
 * The picture is copied into a plane a channel, with a border of zeros: positions are kept to the
 * border, and then no pixel needs a branch.
 */
#include "data/augment/warp.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "base/vector.h"

#include <stdint.h>
#include <string.h>

enum { BEFORE = 1, BORDER = 3 }; /* pixels to the left and above; in all */

/* Where a pixel comes from, of a block of them. */
typedef struct position {
    int32_t at[MEMORY_LINE_FLOATS]; /* in the plane, its upper left neighbour */
    float right[MEMORY_LINE_FLOATS], down[MEMORY_LINE_FLOATS];
} position;

/* How a layout's values follow each other. */
typedef struct steps {
    size_t row, pixel, channel;
} steps;

static steps steps_of(nnfs_image_layout layout)
{
    size_t width = (size_t)layout.width;
    size_t channels = (size_t)layout.channels;
    if (layout.planar) {
        return (steps){width, 1, width * (size_t)layout.height};
    }
    return (steps){width * channels, channels, 1};
}

static size_t plane_width(nnfs_image_layout layout)
{
    return (size_t)layout.width + BORDER;
}

static size_t plane_floats(nnfs_image_layout layout)
{
    return size_mul(plane_width(layout), (size_t)layout.height + BORDER);
}

size_t warp_field_floats(nnfs_image_layout layout)
{
    return size_mul(size_round_up((size_t)layout.width, MEMORY_LINE_FLOATS), (size_t)layout.height);
}

size_t warp_scratch_floats(nnfs_image_layout layout)
{
    return size_mul(plane_floats(layout), (size_t)layout.channels);
}

void warp_compose(warp *map, const double matrix[4], const double offset[2])
{
    const double a[4] = {(double)map->matrix[0], (double)map->matrix[1], (double)map->matrix[2],
                         (double)map->matrix[3]};
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            map->matrix[2 * i + j] = (float)(a[2 * i] * matrix[j] + a[2 * i + 1] * matrix[2 + j]);
        }
        map->offset[i] += (float)(a[2 * i] * offset[0] + a[2 * i + 1] * offset[1]);
    }
}

static void fill_planes(nnfs_image_layout layout, const float *in, float *planes)
{
    steps step = steps_of(layout);
    memset(planes, 0, warp_scratch_floats(layout) * sizeof *planes);
    for (int c = 0; c < layout.channels; c++) {
        for (int y = 0; y < layout.height; y++) {
            const float *from = in + (size_t)c * step.channel + (size_t)y * step.row;
            float *to = planes + (size_t)c * plane_floats(layout) +
                        ((size_t)y + BEFORE) * plane_width(layout) + BEFORE;
            if (step.pixel == 1) {
                memcpy(to, from, (size_t)layout.width * sizeof *to);
                continue;
            }
            for (size_t x = 0; x < (size_t)layout.width; x++) {
                to[x] = from[x * step.pixel];
            }
        }
    }
}

/* x kept to 0 .. most. */
VECTOR_INLINE float clamp(float x, float most)
{
    x = MAX(x, 0.0f);
    return MIN(x, most);
}

/* The positions of pixels x .. x + MEMORY_LINE_FLOATS - 1 of row y, of which some may lie
 * beyond the row. */
VECTOR_INLINE void find_positions(nnfs_image_layout layout, const warp *map, int y, int x,
                                  position *found)
{
    float middle_x = 0.5f * (float)(layout.width - 1);
    float middle_y = 0.5f * (float)(layout.height - 1);
    float row = (float)y - middle_y;
    float from_x = map->matrix[1] * row + map->offset[0];
    float from_y = map->matrix[3] * row + map->offset[1];
    int32_t stride = layout.width + BORDER;
    size_t first = (size_t)y * size_round_up((size_t)layout.width, MEMORY_LINE_FLOATS) + (size_t)x;
    const float *dx = map->dx + first;
    const float *dy = map->dy + first;
    const float xx = map->matrix[0];
    const float yx = map->matrix[2];
#pragma omp simd
    for (int i = 0; i < MEMORY_LINE_FLOATS; i++) {
        float column = (float)(x + i) - middle_x;
        float across = clamp((xx * column + from_x + dx[i]) + (middle_x + (float)BEFORE),
                             (float)(layout.width + BEFORE));
        float along = clamp((yx * column + from_y + dy[i]) + (middle_y + (float)BEFORE),
                            (float)(layout.height + BEFORE));
        int32_t left = (int32_t)across;
        int32_t top = (int32_t)along;
        found->at[i] = top * stride + left;
        found->right[i] = across - (float)left;
        found->down[i] = along - (float)top;
    }
}

VECTOR_INLINE void interpolate(const float *restrict plane, int32_t stride, const position *from,
                               int count, float *restrict out, size_t step)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        const float *pixel = plane + from->at[i];
        float right = from->right[i];
        float left = 1.0f - right;
        float above = pixel[0] * left + pixel[1] * right;
        float below = pixel[stride] * left + pixel[stride + 1] * right;
        out[(size_t)i * step] = above * (1.0f - from->down[i]) + below * from->down[i];
    }
}

VECTOR_CLONES
static void warp_planes(nnfs_image_layout layout, const warp *map, const float *planes, float *out)
{
    steps step = steps_of(layout);
    size_t plane = plane_floats(layout);
    int32_t stride = layout.width + BORDER;
    for (int y = 0; y < layout.height; y++) {
        for (int x = 0; x < layout.width; x += MEMORY_LINE_FLOATS) {
            int left = layout.width - x;
            int count = MIN(left, MEMORY_LINE_FLOATS);
            position from;
            find_positions(layout, map, y, x, &from);
            for (int c = 0; c < layout.channels; c++) {
                float *to =
                    out + (size_t)c * step.channel + (size_t)y * step.row + (size_t)x * step.pixel;
                float block[MEMORY_LINE_FLOATS];
                interpolate(planes + (size_t)c * plane, stride, &from, MEMORY_LINE_FLOATS, block,
                            1);
                for (int i = 0; i < count; i++) {
                    to[(size_t)i * step.pixel] = block[i];
                }
            }
        }
    }
}

void warp_apply(nnfs_image_layout layout, const warp *map, const float *in, float *out,
                float *scratch)
{
    fill_planes(layout, in, scratch);
    warp_planes(layout, map, scratch, out);
}
