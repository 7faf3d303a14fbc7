/* Prediction by a backend of choice, which the benchmark needs; nnfs_predict takes the build's. */
#ifndef NNFS_TRAINING_PREDICT_H
#define NNFS_TRAINING_PREDICT_H

#include "math/gemm.h"

#include <nnfs/nnfs.h>

nnfs_status predict_with(const gemm_backend *gemm, const nnfs_network *network,
                         const float *features, int64_t samples, int threads, float *outputs,
                         nnfs_error *error);

#endif
