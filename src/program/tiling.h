/* How large tiles are: decided by shapes and measured on a Zen 5, once for all kinds of ops. */
#ifndef NNFS_PROGRAM_TILING_H
#define NNFS_PROGRAM_TILING_H

#include "network/network.h"

typedef struct tiling {
    int chunk;        /* samples that go through the program together, at most */
    int tile_columns; /* samples of a tile */
    int partials;     /* tiles of a chunk that each have a gradient of their own; 0: none */
} tiling;

/* For steps of `batch` samples, 0 being many. */
tiling tiling_of(const nnfs_network *network, int64_t batch);

/* Rows of a tile of a product with W that computes `rows` rows; 0: all, as W is small. */
int tiling_rows(const network_layer *layer, int rows);

/* Samples of a tile where rows are cut. */
int tiling_wide_columns(void);

/* Columns of the first W in a half of its forward product: two threads keep one each from there to
 * the update. 0: it is not cut so. */
int tiling_half(const nnfs_network *network, int64_t batch);

/* Samples of a tile of such a half: a small W is cheaper to pack for two tiles at once. */
int tiling_half_samples(const network_layer *layer, int tile_columns);

/* Columns of W in a block of its gradient and update. */
int tiling_block_columns(const network_layer *layer, int64_t batch);

/* Threads that a step of `batch` samples (0: many) is worth. */
double tiling_threads(const nnfs_network *network, int64_t batch);

/* Samples of a tile of inference. */
int tiling_inference(int64_t samples);

#endif
