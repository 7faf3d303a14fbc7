/* Samples that are pictures. */
#include "table/image_layout.h"

#include <stdbool.h>

enum {
    SMALLEST_SIDE = 2, /* less is a list of numbers */
    LARGEST_SIDE = 1 << 14,
};

static bool is_side(size_t size)
{
    return size >= SMALLEST_SIDE && size <= LARGEST_SIDE;
}

static bool is_channels(size_t size)
{
    return size == 1 || size == 3 || size == 4;
}

nnfs_image_layout image_layout_of_shape(int rank, const size_t *shape)
{
    bool last = rank == 4 && is_channels(shape[3]);
    bool first = rank == 4 && !last && is_channels(shape[1]);
    const size_t *sides = shape + (first ? 2 : 1);
    if ((rank != 3 && !last && !first) || !is_side(sides[0]) || !is_side(sides[1])) {
        return (nnfs_image_layout){0};
    }
    int channels = 1;
    if (last || first) {
        channels = (int)shape[first ? 1 : 3];
    }
    return (nnfs_image_layout){
        .height = (int)sides[0], .width = (int)sides[1], .channels = channels, .planar = first};
}
