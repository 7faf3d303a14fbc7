/* What batch and layer normalisation agree on everywhere; the values are PyTorch's. */
#ifndef NNFS_NETWORK_NORMALIZATION_H
#define NNFS_NETWORK_NORMALIZATION_H

#define NORMALIZATION_EPSILON  1e-5 /* added to the variance */
#define NORMALIZATION_MOMENTUM 0.1  /* share of a step in the running statistics */

#endif
