/* Operators on elements: functions of one number, and of two tensors that are broadcast. */
#include "formats/onnx/onnx_kernels.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "formats/onnx/onnx_build.h"

#include <math.h>
#include <string.h>

/* ---- Of one number ---- */

const char *onnx_run_unary(const op_call *call, const onnx_op *op)
{
    const tensor *x = call->in[0];
    float alpha = onnx_float_of(call->node, "alpha", op->alpha);
    const char *reason = tensor_make(call->out, ONNX_FLOAT, x->rank, x->dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        call->out->floats[i] = op->unary(x->floats[i], alpha);
    }
    return reason;
}

/* ---- Of two tensors, broadcast ---- */

/* Elements that a broadcast result may have beyond those of the larger one. */
enum { BROADCAST_ELEMENTS = 1 << 22 };

const char *onnx_broadcast(const tensor *x, const tensor *y, int *rank, int64_t *dims)
{
    *rank = MAX(x->rank, y->rank);
    size_t count = 1;
    for (int i = 0; i < *rank; i++) {
        int from_x = i - (*rank - x->rank);
        int from_y = i - (*rank - y->rank);
        int64_t dx = from_x < 0 ? 1 : x->dims[from_x];
        int64_t dy = from_y < 0 ? 1 : y->dims[from_y];
        if (dx != dy && dx != 1 && dy != 1) {
            return "its inputs' shapes do not fit";
        }
        dims[i] = dx == 1 ? dy : dx;
        count = size_mul(count, (size_t)dims[i]);
    }
    /* So a result is hardly larger than what it was made of. */
    size_t larger = MAX(x->count, y->count);
    if (count <= MAX(larger, BROADCAST_ELEMENTS)) {
        return NULL;
    }
    return "it broadcasts both of its inputs, to more than 4,194,304 elements";
}

size_t onnx_place_in(const tensor *x, int rank, const int64_t *dims, size_t at)
{
    size_t place = 0;
    size_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        size_t index = at % (size_t)dims[i];
        int own = i - (rank - x->rank);
        at /= (size_t)dims[i];
        if (own >= 0) {
            place += (x->dims[own] == 1 ? 0 : index) * stride;
            stride *= (size_t)x->dims[own];
        }
    }
    return place;
}

double onnx_number_at(const tensor *x, size_t at)
{
    if (x->type == ONNX_DOUBLE) {
        return x->doubles[at];
    }
    return (double)x->floats[at];
}

static bool is_floating(const tensor *x)
{
    return x->type == ONNX_FLOAT || x->type == ONNX_DOUBLE;
}

/* In double, which rounds to the same float as an operation of floats. */
const char *onnx_run_binary(const op_call *call, const onnx_op *op)
{
    const tensor *x = call->in[0];
    const tensor *y = call->in[1];
    int rank = 0;
    int64_t dims[TENSOR_RANK_MAX];
    bool floating = is_floating(x) && is_floating(y);
    int32_t type = x->type == ONNX_DOUBLE ? x->type : y->type;
    if (!floating && !(x->type == ONNX_INT64 && y->type == ONNX_INT64)) {
        return "its inputs are not both floats or both int64";
    }
    const char *reason = onnx_broadcast(x, y, &rank, dims);
    if (!reason) {
        reason = tensor_make(call->out, type, rank, dims);
    }
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        size_t at_x = onnx_place_in(x, rank, dims, i);
        size_t at_y = onnx_place_in(y, rank, dims, i);
        if (floating) {
            double result = op->binary(onnx_number_at(x, at_x), onnx_number_at(y, at_y));
            if (type == ONNX_DOUBLE) {
                call->out->doubles[i] = result;
            } else {
                call->out->floats[i] = (float)result;
            }
            continue;
        }
        double value = op->binary((double)x->int64s[at_x], (double)y->int64s[at_y]);
        if (!(fabs(value) < 0x1p53)) {
            return "an int64 is out of range";
        }
        call->out->int64s[i] = (int64_t)value;
    }
    return reason;
}

const char *onnx_run_not_below(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const tensor *y = call->in[1];
    int rank = 0;
    int64_t dims[TENSOR_RANK_MAX];
    if (!is_floating(x) || !is_floating(y)) {
        return "its inputs are not floats";
    }
    const char *reason = onnx_broadcast(x, y, &rank, dims);
    if (!reason) {
        reason = tensor_make(call->out, ONNX_BOOL, rank, dims);
    }
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        call->out->bools[i] = onnx_number_at(x, onnx_place_in(x, rank, dims, i)) >=
                              onnx_number_at(y, onnx_place_in(y, rank, dims, i));
    }
    return reason;
}

const char *onnx_run_where(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *condition = call->in[0];
    const tensor *x = call->in[1];
    const tensor *y = call->in[2];
    int rank = 0;
    int64_t dims[TENSOR_RANK_MAX];
    if (x->type != ONNX_FLOAT || y->type != ONNX_FLOAT) {
        return "its inputs are not floats";
    }
    /* The condition has the whole shape in all graphs of imports and exports. */
    const char *reason = onnx_broadcast(x, y, &rank, dims);
    if (reason || rank != condition->rank ||
        (rank > 0 && memcmp(dims, condition->dims, (size_t)rank * sizeof *dims) != 0)) {
        if (reason) {
            return reason;
        }
        return "its condition has another shape";
    }
    reason = tensor_make(call->out, ONNX_FLOAT, rank, dims);
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        if (condition->bools[i]) {
            call->out->floats[i] = x->floats[onnx_place_in(x, rank, dims, i)];
        } else {
            call->out->floats[i] = y->floats[onnx_place_in(y, rank, dims, i)];
        }
    }
    return reason;
}

const char *onnx_run_is_nan(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const char *reason = tensor_make(call->out, ONNX_BOOL, x->rank, x->dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        call->out->bools[i] = isnan(x->floats[i]);
    }
    return reason;
}
