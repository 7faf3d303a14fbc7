/* nnfs-export: what its parts share. */
#ifndef NNFS_TOOLS_EXPORT_EXPORT_H
#define NNFS_TOOLS_EXPORT_EXPORT_H

#include "common/model_data.h"

#include <nnfs/nnfs.h>

#include <stdbool.h>

/* The largest difference from what nnfs predicts that an export may have. */
#define EXPORT_TOLERANCE 1e-5

typedef struct export_options {
    model_request request; /* its data: --check */
    const char *onnx, *c, *safetensors;
    const char *calibrate;
    bool int8;
} export_options;

/* How far an export is from the network, over all samples and outputs. */
typedef struct difference {
    const model_data *loaded;
    /* [outputs] what a difference of numbers is relative to, at least; NULL: classes */
    double *units;
    int outputs;
    int64_t samples;
    double largest;
} difference;

nnfs_status difference_begin(difference *d, const model_data *loaded, nnfs_error *error);
void difference_end(difference *d);
/* Compares the export's outputs, [outputs or, of two classes, 2], with the network's
 * of one sample. */
void difference_add(difference *d, const float *expected, int count, const float *got);

/* Compares `path` with the network on the data. Errors: those of computing it. */
nnfs_status check_onnx(const char *path, const model_data *loaded, difference *d,
                       nnfs_error *error);
/* Compiles `path` with $CC, cc, gcc or clang, and runs it. Errors: IO (no
 * compiler), DATA, MEMORY. */
nnfs_status check_c(const char *path, const model_data *loaded, difference *d, nnfs_error *error);

#endif
