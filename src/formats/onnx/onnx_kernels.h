/* What the operators of the reference interpreter run, and what they share. */
#ifndef NNFS_FORMATS_ONNX_ONNX_KERNELS_H
#define NNFS_FORMATS_ONNX_ONNX_KERNELS_H

#include "formats/onnx/onnx_ops.h"

/* ---- onnx_ops_elementwise.c ---- */

/* The shape of both together: sizes are equal, or 1; missing ones in front are 1. */
const char *onnx_broadcast(const tensor *x, const tensor *y, int *rank, int64_t *dims);

/* Where element `at` of the shape lies in a tensor that is broadcast to it. */
size_t onnx_place_in(const tensor *x, int rank, const int64_t *dims, size_t at);

/* Of a tensor of doubles, which only inputs and what is computed of them are, or of floats. */
double onnx_number_at(const tensor *x, size_t at);

const char *onnx_run_unary(const op_call *call, const onnx_op *op);
const char *onnx_run_binary(const op_call *call, const onnx_op *op);
const char *onnx_run_not_below(const op_call *call, const onnx_op *op);
const char *onnx_run_where(const op_call *call, const onnx_op *op);
const char *onnx_run_is_nan(const op_call *call, const onnx_op *op);

/* ---- onnx_ops_products.c ---- */

const char *onnx_run_matmul(const op_call *call, const onnx_op *op);
const char *onnx_run_gemm(const op_call *call, const onnx_op *op);
const char *onnx_run_softmax(const op_call *call, const onnx_op *op);
const char *onnx_run_layer_norm(const op_call *call, const onnx_op *op);
const char *onnx_run_mean(const op_call *call, const onnx_op *op);

/* ---- onnx_ops_shapes.c ---- */

const char *onnx_run_identity(const op_call *call, const onnx_op *op);
const char *onnx_run_constant(const op_call *call, const onnx_op *op);
const char *onnx_run_flatten(const op_call *call, const onnx_op *op);
const char *onnx_run_reshape(const op_call *call, const onnx_op *op);
const char *onnx_run_unsqueeze(const op_call *call, const onnx_op *op);
const char *onnx_run_transpose(const op_call *call, const onnx_op *op);
const char *onnx_run_cast(const op_call *call, const onnx_op *op);
const char *onnx_run_concat(const op_call *call, const onnx_op *op);

/* ---- onnx_ops_classes.c ---- */

const char *onnx_run_argmax(const op_call *call, const onnx_op *op);
const char *onnx_run_gather(const op_call *call, const onnx_op *op);
const char *onnx_run_label_encoder(const op_call *call, const onnx_op *op);
const char *onnx_run_one_hot_encoder(const op_call *call, const onnx_op *op);

#endif
