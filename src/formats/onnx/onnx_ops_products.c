/* Matrix products, normalisation and sums over an axis. */
#include "formats/onnx/onnx_kernels.h"

#include "formats/onnx/onnx_build.h"

#include <math.h>
#include <string.h>

/* ---- Products ---- */

/* y += x m with x [rows x inner], m [inner x columns] or its transpose. */
static void multiply(const float *x, const float *m, bool transposed, size_t rows, size_t inner,
                     size_t columns, float alpha, float *y)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            float sum = 0.0f;
            for (size_t k = 0; k < inner; k++) {
                sum += x[i * inner + k] * (transposed ? m[j * inner + k] : m[k * columns + j]);
            }
            y[i * columns + j] += alpha * sum;
        }
    }
}

/* The leading sizes of a product of stacks: equal, or 1 in one of them. */
static const char *run_stacks(const op_call *call)
{
    const tensor *x = call->in[0];
    const tensor *m = call->in[1];
    bool one_x = x->dims[0] == 1;
    bool one_m = m->dims[0] == 1;
    if (x->dims[2] != m->dims[1] || (x->dims[0] != m->dims[0] && !one_x && !one_m)) {
        return "its inputs are not stacks of matrices that fit";
    }
    const int64_t dims[] = {one_x ? m->dims[0] : x->dims[0], x->dims[1], m->dims[2]};
    size_t rows = (size_t)dims[1];
    size_t inner = (size_t)x->dims[2];
    size_t columns = (size_t)dims[2];
    const char *reason = tensor_make(call->out, ONNX_FLOAT, 3, dims);
    for (size_t i = 0; !reason && i < (size_t)dims[0]; i++) {
        multiply(x->floats + (one_x ? 0 : i) * rows * inner,
                 m->floats + (one_m ? 0 : i) * inner * columns, false, rows, inner, columns, 1.0f,
                 call->out->floats + i * rows * columns);
    }
    return reason;
}

static bool are_matrices(const op_call *call)
{
    return call->in[0]->type == ONNX_FLOAT && call->in[1]->type == ONNX_FLOAT &&
           call->in[0]->rank == 2 && call->in[1]->rank == 2;
}

const char *onnx_run_matmul(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const tensor *m = call->in[1];
    if (x->type == ONNX_FLOAT && m->type == ONNX_FLOAT && x->rank == 3 && m->rank == 3) {
        return run_stacks(call);
    }
    if (!are_matrices(call) || x->dims[1] != m->dims[0]) {
        return "its inputs are not matrices of floats that fit";
    }
    const int64_t dims[] = {x->dims[0], m->dims[1]};
    const char *reason = tensor_make(call->out, ONNX_FLOAT, 2, dims);
    if (!reason) {
        multiply(x->floats, m->floats, false, (size_t)dims[0], (size_t)x->dims[1], (size_t)dims[1],
                 1.0f, call->out->floats);
    }
    return reason;
}

const char *onnx_run_gemm(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const tensor *m = call->in[1];
    const tensor *bias = call->in[2];
    bool transposed = onnx_int_of(call->node, "transB", 0) != 0;
    if (onnx_int_of(call->node, "transA", 0) != 0) {
        return "transA is not supported";
    }
    if (!are_matrices(call) || x->dims[1] != m->dims[transposed ? 1 : 0]) {
        return "its inputs are not matrices of floats that fit";
    }
    const int64_t dims[] = {x->dims[0], m->dims[transposed ? 0 : 1]};
    const char *reason = tensor_make(call->out, ONNX_FLOAT, 2, dims);
    int rank = 0;
    int64_t both[TENSOR_RANK_MAX];
    if (!reason && bias) {
        if (bias->type == ONNX_FLOAT) {
            reason = onnx_broadcast(call->out, bias, &rank, both);
        } else {
            reason = "its bias is not of floats";
        }
    }
    if (!reason && bias && (rank != 2 || memcmp(both, dims, sizeof dims) != 0)) {
        reason = "its bias has another shape";
    }
    float beta = onnx_float_of(call->node, "beta", 1.0f);
    for (size_t i = 0; !reason && bias && i < call->out->count; i++) {
        call->out->floats[i] = beta * bias->floats[onnx_place_in(bias, 2, dims, i)];
    }
    if (!reason) {
        multiply(x->floats, m->floats, transposed, (size_t)dims[0], (size_t)x->dims[1],
                 (size_t)dims[1], onnx_float_of(call->node, "alpha", 1.0f), call->out->floats);
    }
    return reason;
}

const char *onnx_run_softmax(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    int64_t axis = onnx_int_of(call->node, "axis", call->opset < 13 ? 1 : -1);
    if (x->rank < 2 || (axis != x->rank - 1 && axis != -1)) {
        return "it is not along the last axis";
    }
    const char *reason = tensor_copy(call->out, x);
    size_t columns = (size_t)x->dims[x->rank - 1];
    for (size_t i = 0; !reason && columns > 0 && i < x->count / columns; i++) {
        float *row = call->out->floats + i * columns;
        float most = -INFINITY;
        float sum = 0.0f;
        for (size_t j = 0; j < columns; j++) {
            most = fmaxf(most, row[j]);
        }
        for (size_t j = 0; j < columns; j++) {
            row[j] = expf(row[j] - most);
            sum += row[j];
        }
        for (size_t j = 0; j < columns; j++) {
            row[j] /= sum;
        }
    }
    return reason;
}

const char *onnx_run_layer_norm(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    size_t width = 0;
    if (x->rank > 0) {
        width = (size_t)x->dims[x->rank - 1];
    }
    int64_t axis = onnx_int_of(call->node, "axis", -1);
    double epsilon = (double)onnx_float_of(call->node, "epsilon", 1e-5f);
    for (int i = 1; i < 3; i++) {
        const tensor *factors = NULL;
        if (i < call->in_count) {
            factors = call->in[i];
        }
        if (!factors || factors->type != ONNX_FLOAT || factors->count != width) {
            return "its scale or bias does not fit";
        }
    }
    if (width == 0 || (axis != -1 && axis != x->rank - 1)) {
        return "it is not along the last axis";
    }
    const char *reason = tensor_copy(call->out, x);
    for (size_t i = 0; !reason && i < x->count / width; i++) {
        float *row = call->out->floats + i * width;
        double mean = 0.0;
        double squares = 0.0;
        for (size_t j = 0; j < width; j++) {
            mean += (double)row[j] / (double)width;
        }
        for (size_t j = 0; j < width; j++) {
            squares += ((double)row[j] - mean) * ((double)row[j] - mean);
        }
        double deviation = sqrt(squares / (double)width + epsilon);
        for (size_t j = 0; j < width; j++) {
            row[j] = (float)(((double)row[j] - mean) / deviation * (double)call->in[1]->floats[j] +
                             (double)call->in[2]->floats[j]);
        }
    }
    return reason;
}

/* Over the first of three axes, which goes. */
const char *onnx_run_mean(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const Onnx__AttributeProto *axes = onnx_attribute(call->node, "axes");
    bool first = axes && axes->n_ints == 1 && axes->ints[0] == 0;
    if (!first || x->rank != 3 || x->dims[0] < 1 || onnx_int_of(call->node, "keepdims", 1) != 0) {
        return "it is not over the first of three axes";
    }
    const char *reason = tensor_make(call->out, ONNX_FLOAT, 2, x->dims + 1);
    size_t members = (size_t)x->dims[0];
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        double sum = 0.0;
        for (size_t m = 0; m < members; m++) {
            sum += (double)x->floats[m * call->out->count + i];
        }
        call->out->floats[i] = (float)(sum / (double)members);
    }
    return reason;
}
