/* Operators that move elements. */
#include "formats/onnx/onnx_kernels.h"

#include "formats/onnx/onnx_build.h"

#include <math.h>
#include <string.h>

/* ---- Shapes ---- */

const char *onnx_run_identity(const op_call *call, const onnx_op *op)
{
    (void)op;
    return tensor_copy(call->out, call->in[0]);
}

const char *onnx_run_constant(const op_call *call, const onnx_op *op)
{
    (void)op;
    const Onnx__AttributeProto *value = onnx_attribute(call->node, "value");
    const Onnx__AttributeProto *number = onnx_attribute(call->node, "value_float");
    if (value && value->t) {
        return tensor_of_proto(call->out, value->t);
    }
    if (!number || !number->has_f) {
        return "its value is neither a tensor nor a float";
    }
    const char *reason = tensor_make(call->out, ONNX_FLOAT, 0, NULL);
    if (!reason) {
        call->out->floats[0] = number->f;
    }
    return reason;
}

const char *onnx_run_flatten(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    if (onnx_int_of(call->node, "axis", 1) != 1 || x->rank < 1) {
        return "it does not flatten all but the first axis";
    }
    int64_t rows = x->dims[0];
    const char *reason = tensor_copy(call->out, x);
    call->out->rank = 2;
    if (rows > 0) {
        call->out->dims[1] = (int64_t)x->count / rows;
    } else {
        call->out->dims[1] = 0;
    }
    return reason;
}

const char *onnx_run_reshape(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const tensor *shape = call->in[1];
    if (shape->type != ONNX_INT64 || shape->rank != 1 || shape->count > TENSOR_RANK_MAX) {
        return "its shape is no list of at most 4 int64";
    }
    int64_t dims[TENSOR_RANK_MAX];
    int64_t known = 1;
    int open = -1;
    for (int i = 0; i < (int)shape->count; i++) {
        dims[i] = shape->int64s[i];
        if (i < x->rank && dims[i] == 0) {
            dims[i] = x->dims[i];
        }
        if (dims[i] == -1 && open < 0) {
            open = i;
        } else if (dims[i] < 0 || dims[i] > (int64_t)x->count) {
            return "its shape does not fit";
        } else {
            if (dims[i] > 0 && known > (int64_t)x->count) {
                known *= 0;
            } else {
                known *= dims[i];
            }
        }
    }
    if (open >= 0) {
        if (known > 0) {
            dims[open] = (int64_t)x->count / known;
        } else {
            dims[open] = 0;
        }
        known *= dims[open];
    }
    if (known != (int64_t)x->count) {
        return "its shape does not fit";
    }
    const char *reason = tensor_copy(call->out, x);
    call->out->rank = (int)shape->count;
    memcpy(call->out->dims, dims, shape->count * sizeof *dims);
    return reason;
}

/* A size of 1 at the front or the end. */
const char *onnx_run_unsqueeze(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const tensor *axes = call->in[1];
    int64_t axis = -1;
    if (axes->type == ONNX_INT64 && axes->count == 1) {
        axis = axes->int64s[0];
    }
    if (axis < 0 || axis > x->rank || x->rank >= TENSOR_RANK_MAX) {
        return "it does not add one size of 1";
    }
    const char *reason = tensor_copy(call->out, x);
    for (int i = x->rank; i > axis; i--) {
        call->out->dims[i] = x->dims[i - 1];
    }
    call->out->dims[axis] = 1;
    call->out->rank = x->rank + 1;
    return reason;
}

/* Of three axes, the first two change places. */
static const char *run_swap(const op_call *call)
{
    const tensor *x = call->in[0];
    const Onnx__AttributeProto *order = onnx_attribute(call->node, "perm");
    bool swaps = order && order->n_ints == 3 && order->ints[0] == 1 && order->ints[1] == 0;
    if (!swaps || x->type != ONNX_FLOAT) {
        return "it does not swap the first two axes of floats";
    }
    const int64_t dims[] = {x->dims[1], x->dims[0], x->dims[2]};
    const char *reason = tensor_make(call->out, x->type, 3, dims);
    size_t width = (size_t)dims[2];
    for (size_t i = 0; !reason && i < x->count; i++) {
        size_t row = i / width;
        size_t to = row % (size_t)dims[0] * (size_t)dims[1] + row / (size_t)dims[0];
        call->out->floats[to * width + i % width] = x->floats[i];
    }
    return reason;
}

const char *onnx_run_transpose(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    if (x->rank == 3) {
        return run_swap(call);
    }
    if (x->rank != 2 || x->type != ONNX_FLOAT) {
        return "it is not of a matrix of floats";
    }
    const int64_t dims[] = {x->dims[1], x->dims[0]};
    const char *reason = tensor_make(call->out, x->type, 2, dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        size_t row = i / (size_t)x->dims[1];
        size_t column = i % (size_t)x->dims[1];
        call->out->floats[column * (size_t)x->dims[0] + row] = x->floats[i];
    }
    return reason;
}

const char *onnx_run_cast(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    int64_t to = onnx_int_of(call->node, "to", 0);
    if (to == ONNX_DOUBLE) {
        to = ONNX_FLOAT;
    }
    if (to == ONNX_INT32) {
        to = ONNX_INT64;
    }
    if (x->type == ONNX_STRING || (to != ONNX_FLOAT && to != ONNX_INT64)) {
        return "the cast is not between numbers";
    }
    if (x->type == to) {
        return tensor_copy(call->out, x);
    }
    const char *reason = tensor_make(call->out, (int32_t)to, x->rank, x->dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        double value = 0.0;
        if (x->type == ONNX_BOOL) {
            value = x->bools[i];
        } else {
            value = x->type == ONNX_INT64 ? (double)x->int64s[i] : onnx_number_at(x, i);
        }
        if (to == ONNX_FLOAT) {
            call->out->floats[i] = (float)value;
        } else if (fabs(value) < 0x1p53) {
            call->out->int64s[i] = (int64_t)value;
        } else {
            return "a number has no int64";
        }
    }
    return reason;
}

/* Matrices side by side. */
const char *onnx_run_concat(const op_call *call, const onnx_op *op)
{
    (void)op;
    int64_t axis = onnx_int_of(call->node, "axis", 1);
    int64_t dims[] = {call->in[0]->dims[0], 0};
    for (int i = 0; i < call->in_count; i++) {
        const tensor *x = call->in[i];
        if (!x || x->rank != 2 || (axis != 1 && axis != -1) || x->dims[0] != dims[0] ||
            x->type != call->in[0]->type) {
            return "it is not of matrices side by side";
        }
        dims[1] += x->dims[1];
    }
    const char *reason = tensor_make(call->out, call->in[0]->type, 2, dims);
    size_t size = tensor_element(call->in[0]->type);
    unsigned char *to = call->out->data;
    for (size_t row = 0; !reason && row < (size_t)dims[0]; row++) {
        for (int i = 0; i < call->in_count; i++) {
            size_t bytes = (size_t)call->in[i]->dims[1] * size;
            memcpy(to, (const unsigned char *)call->in[i]->data + row * bytes, bytes);
            to += bytes;
        }
    }
    return reason;
}
