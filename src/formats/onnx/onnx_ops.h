/* The operators of the reference interpreter, a row each. */
#ifndef NNFS_FORMATS_ONNX_ONNX_OPS_H
#define NNFS_FORMATS_ONNX_ONNX_OPS_H

#include "formats/onnx/onnx_model.h"
#include "formats/onnx/tensor.h"

typedef struct op_call {
    const Onnx__NodeProto *node;
    const tensor *const *in; /* [in_count] and three NULLs behind them */
    int in_count;
    tensor *out;
    int64_t opset;
} op_call;

typedef struct onnx_op {
    const char *name;
    const char *domain;
    const char *(*run)(const op_call *call, const struct onnx_op *op); /* a reason, or NULL */
    int inputs;                                                        /* that must be there, */
    int32_t type; /* the first of this type; 0: any */
    float (*unary)(float x, float alpha);
    float alpha; /* the default of the attribute */
    double (*binary)(double x, double y);
    bool folds; /* in the constant part of an import: its result is no larger than what it reads */
} onnx_op;

/* NULL: not supported. */
const onnx_op *onnx_op_find(const Onnx__NodeProto *node);
const char *onnx_op_run(const onnx_op *op, const op_call *call);

#endif
