/*
 * Elastic displacement fields (Simard et al. 2003): uniform noise in -1 .. 1 at every pixel of the
 * plane, smoothed by a Gaussian of standard deviation sigma (weights of sum 1) and multiplied by
 * alpha. The noise goes on beyond the picture, so that the field is the same near its border.
 *
 * A field so smooth need not begin with noise at every pixel: noise at the nodes of a grid with
 * spacing h = sigma, times h, gives the same. The covariance of the displacements of two pixels is
 * alpha^2 / 3 * sum_j g(a - j h) g(b - j h) h^2 in both, and by Poisson's formula the sum differs
 * from the integral, exp(-|a - b|^2 / (4 sigma^2)) / (4 pi sigma^2), by a share of 2 exp(-pi^2
 * sigma^2 / h^2) a dimension: 1.0e-4. A node's noise is the sum of four uniform bytes, which stands
 * for noise four times as dense; the sum over the 12.6 nodes that count is as good as normal
 * (excess kurtosis -0.05). That is tested against the direct computation.
 */
#ifndef NNFS_DATA_AUGMENT_ELASTIC_FIELD_H
#define NNFS_DATA_AUGMENT_ELASTIC_FIELD_H

#include "base/random.h"

#include <nnfs/nnfs.h>

typedef struct elastic_filter elastic_filter;

/* For fields [height x width], sigma >= 1 in pixels. NULL: no memory. */
elastic_filter *elastic_filter_create(int height, int width, double sigma);
void elastic_filter_free(elastic_filter *filter);

size_t elastic_scratch_floats(const elastic_filter *filter);

/*
 * Two independent fields, dx and dy [height x stride], where stride is the width rounded up to
 * MEMORY_LINE_FLOATS; drawn from units first_unit on. Arrays and scratch begin on cache lines.
 */
void elastic_field(const elastic_filter *filter, double alpha, random_key key, uint32_t epoch,
                   uint64_t sample, uint32_t first_unit, float *dx, float *dy, float *scratch);

#endif
