/* Samples that are images. */
#ifndef NNFS_TABLE_IMAGE_LAYOUT_H
#define NNFS_TABLE_IMAGE_LAYOUT_H

#include <nnfs/nnfs.h>

/*
 * Returns the image layout of an array of this shape: rank 3 is [samples, height, width], rank 4
 * has channels last or before the height. {0} for any other shape.
 */
nnfs_image_layout image_layout_of_shape(int rank, const size_t *shape);

#endif
