/* Moving the pixels of a picture: one map, one bilinear interpolation. */
#ifndef NNFS_DATA_AUGMENT_WARP_H
#define NNFS_DATA_AUGMENT_WARP_H

#include <nnfs/nnfs.h>

/*
 * Where the new picture's pixels come from: with positions (x, y) from the picture's middle, x to
 * the right and y down,
 *
 *   x' = matrix[0] x + matrix[1] y + offset[0] + dx
 *   y' = matrix[2] x + matrix[3] y + offset[1] + dy
 *
 * dx and dy [height x stride], the width rounded up to MEMORY_LINE_FLOATS.
 */
typedef struct warp {
    float matrix[4];
    float offset[2];
    float *dx, *dy;
} warp;

/* The map first goes through `matrix` and `offset`, then through what it was. */
void warp_compose(warp *map, const double matrix[4], const double offset[2]);

/* Floats of a field, and of the scratch of warp_apply. */
size_t warp_field_floats(nnfs_image_layout layout);
size_t warp_scratch_floats(nnfs_image_layout layout);

/*
 * out = in, moved. Between pixels values are bilinear; all pixels outside of the picture are 0, so
 * that a border fades over one pixel. A map onto whole positions copies values exactly. in and out
 * may be the same. The scratch begins on a cache line.
 */
void warp_apply(nnfs_image_layout layout, const warp *map, const float *in, float *out,
                float *scratch);

#endif
