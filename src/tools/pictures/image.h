/* Samples and weights as pictures, and as PNG. */
#ifndef NNFS_TOOLS_PICTURES_IMAGE_H
#define NNFS_TOOLS_PICTURES_IMAGE_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

/* What colour a value has. */
typedef enum palette {
    PALETTE_GRAY,      /* 0 black .. 1 white */
    PALETTE_COLOUR,    /* three values: red, green and blue, 0 .. 1 each */
    PALETTE_DIVERGING, /* -1 blue .. 0 white .. 1 orange: what the colour-blind tell apart */
} palette;

/* Pictures of one size. */
typedef struct pictures {
    float *values; /* [count x height x width x channels], the last fastest */
    int count, height, width;
    int channels; /* 3 of PALETTE_COLOUR, else 1 */
    palette palette;
} pictures;

typedef struct colour {
    unsigned char red, green, blue;
} colour;

/* The colour of a pixel, whose values begin here. */
colour picture_colour(palette colours, const float *pixel);
/* How bright it is, 0 .. 1. */
float picture_brightness(palette colours, const float *pixel);

/* The first value of picture `index`. */
const float *picture_at(const pictures *from, int index);
void pictures_free(pictures *from);

/* Picture `index` as a PNG file in base64, in fresh memory. Errors: MEMORY. */
nnfs_status picture_base64(const pictures *from, int index, char **text, nnfs_error *error);

/* "28x28", "32x32x3" or "3x32x32" as nnfs_image_layout; false for anything else. */
bool picture_parse(const char *text, nnfs_image_layout *shape);
/* How many values a sample of it has. */
int64_t picture_values(nnfs_image_layout shape);

/*
 * The samples that `samples` [count] lists, as they are in the file. What is black and white is 0
 * .. 1 or 0 .. 255 where all their values lie in it, else their least and their largest. Errors:
 * DATA (not that number of values per sample), MEMORY.
 */
nnfs_status pictures_of_samples(const nnfs_dataset *data, nnfs_image_layout shape,
                                const int64_t *samples, int count, pictures *made,
                                nnfs_error *error);

/* How samples are distorted: as training with that seed sees them in its first epochs. */
typedef struct picture_distortions {
    const char *augment;
    uint64_t seed;
    int count; /* of epochs */
} picture_distortions;

/* The same, each sample followed by its distorted pictures. Errors: also ARGUMENT (the
 * augmentations are wrong). */
nnfs_status pictures_of_distorted(const nnfs_dataset *data, nnfs_image_layout shape,
                                  const int64_t *samples, int count, const picture_distortions *how,
                                  pictures *made, nnfs_error *error);

/*
 * The picture that a network takes: what its note says, or where it says nothing a square of 8 x 8
 * or more; {0}: none.
 */
nnfs_image_layout picture_of_network(const nnfs_network *network);

/* The units of the first layer into `units` [width], those with the largest weights first. Errors:
 * MEMORY. */
nnfs_status units_by_strength(const nnfs_network *network, int *units, nnfs_error *error);

/*
 * The weights of these units of the first layer, all by one scale: -1 and 1 are what one
 * weight in a hundred goes beyond. Of colours, the mean of a pixel's. Errors: DATA (another
 * number of inputs), MEMORY.
 */
nnfs_status pictures_of_weights(const nnfs_network *network, nnfs_image_layout shape,
                                const int *units, int count, pictures *made, nnfs_error *error);

#endif
