/* The operators of the reference interpreter, as https://onnx.ai/onnx/operators defines them. */
#include "formats/onnx/onnx_ops.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "formats/onnx/onnx_build.h"

#include <math.h>
#include <string.h>

/* ---- Functions of one number ---- */

static float f_relu(float x, float alpha)
{
    (void)alpha;
    return MAX(x, 0.0f);
}

static float f_leaky_relu(float x, float alpha)
{
    if (x > 0.0f) {
        return x;
    }
    return alpha * x;
}

static float f_elu(float x, float alpha)
{
    if (x > 0.0f) {
        return x;
    }
    return alpha * expm1f(x);
}

static float f_selu(float x, float alpha)
{
    (void)alpha; /* both of Klambauer et al. 2017 */
    return 1.05070102f * (x > 0.0f ? x : 1.67326319f * expm1f(x));
}

static float f_sigmoid(float x, float alpha)
{
    (void)alpha;
    return 1.0f / (1.0f + expf(-x));
}

static float f_tanh(float x, float alpha)
{
    (void)alpha;
    return tanhf(x);
}

static float f_softplus(float x, float alpha)
{
    (void)alpha;
    if (x > 0.0f) {
        return x + log1pf(expf(-x));
    }
    return log1pf(expf(x));
}

static float f_erf(float x, float alpha)
{
    (void)alpha;
    return erff(x);
}

static float f_exp(float x, float alpha)
{
    (void)alpha;
    return expf(x);
}

static float f_sqrt(float x, float alpha)
{
    (void)alpha;
    return sqrtf(x);
}

static float f_floor(float x, float alpha)
{
    (void)alpha;
    return floorf(x);
}

static float f_sine(float x, float alpha)
{
    (void)alpha;
    return sinf(x);
}

static float f_cosine(float x, float alpha)
{
    (void)alpha;
    return cosf(x);
}

static float f_negative(float x, float alpha)
{
    (void)alpha;
    return -x;
}

static float f_gelu(float x, float alpha)
{
    (void)alpha;
    return 0.5f * x * (1.0f + erff(x * (float)M_SQRT1_2));
}

static const char *run_unary(const op_call *call, const onnx_op *op)
{
    const tensor *x = call->in[0];
    float alpha = onnx_float_of(call->node, "alpha", op->alpha);
    const char *reason = tensor_make(call->out, ONNX_FLOAT, x->rank, x->dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        call->out->floats[i] = op->unary(x->floats[i], alpha);
    }
    return reason;
}

/* ---- Functions of two tensors that are broadcast ---- */

static double f_add(double x, double y)
{
    return x + y;
}

static double f_subtract(double x, double y)
{
    return x - y;
}

static double f_multiply(double x, double y)
{
    return x * y;
}

static double f_divide(double x, double y)
{
    return x / y;
}

static double f_power(double x, double y)
{
    return pow(x, y);
}

/* NaN if either is. */
static double f_smaller(double x, double y)
{
    if (isnan(x) || x < y) {
        return x;
    }
    return y;
}

static double f_larger(double x, double y)
{
    if (isnan(x) || x > y) {
        return x;
    }
    return y;
}

/* With the sign of y; NaN of 0, which no int64 is. */
static double f_modulo(double x, double y)
{
    return x - floor(x / y) * y;
}

/* Elements that a result of two broadcast inputs may have beyond those of the larger one. */
enum { BROADCAST_ELEMENTS = 1 << 22 };

/* The shape of both together: sizes are equal, or 1; missing ones in front are 1. */
static const char *broadcast(const tensor *x, const tensor *y, int *rank, int64_t *dims)
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

/* Where element `at` of the shape lies in a tensor that is broadcast to it. */
static size_t place_in(const tensor *x, int rank, const int64_t *dims, size_t at)
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

/* Of a tensor of doubles, which only inputs and what is computed of them are, or of floats. */
static double number_at(const tensor *x, size_t at)
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
static const char *run_binary(const op_call *call, const onnx_op *op)
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
    const char *reason = broadcast(x, y, &rank, dims);
    if (!reason) {
        reason = tensor_make(call->out, type, rank, dims);
    }
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        size_t at_x = place_in(x, rank, dims, i);
        size_t at_y = place_in(y, rank, dims, i);
        if (floating) {
            double result = op->binary(number_at(x, at_x), number_at(y, at_y));
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

static const char *run_not_below(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const tensor *y = call->in[1];
    int rank = 0;
    int64_t dims[TENSOR_RANK_MAX];
    if (!is_floating(x) || !is_floating(y)) {
        return "its inputs are not floats";
    }
    const char *reason = broadcast(x, y, &rank, dims);
    if (!reason) {
        reason = tensor_make(call->out, ONNX_BOOL, rank, dims);
    }
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        call->out->bools[i] =
            number_at(x, place_in(x, rank, dims, i)) >= number_at(y, place_in(y, rank, dims, i));
    }
    return reason;
}

static const char *run_where(const op_call *call, const onnx_op *op)
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
    const char *reason = broadcast(x, y, &rank, dims);
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
            call->out->floats[i] = x->floats[place_in(x, rank, dims, i)];
        } else {
            call->out->floats[i] = y->floats[place_in(y, rank, dims, i)];
        }
    }
    return reason;
}

static const char *run_is_nan(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const char *reason = tensor_make(call->out, ONNX_BOOL, x->rank, x->dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        call->out->bools[i] = isnan(x->floats[i]);
    }
    return reason;
}

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

static const char *run_matmul(const op_call *call, const onnx_op *op)
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

static const char *run_gemm(const op_call *call, const onnx_op *op)
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
            reason = broadcast(call->out, bias, &rank, both);
        } else {
            reason = "its bias is not of floats";
        }
    }
    if (!reason && bias && (rank != 2 || memcmp(both, dims, sizeof dims) != 0)) {
        reason = "its bias has another shape";
    }
    float beta = onnx_float_of(call->node, "beta", 1.0f);
    for (size_t i = 0; !reason && bias && i < call->out->count; i++) {
        call->out->floats[i] = beta * bias->floats[place_in(bias, 2, dims, i)];
    }
    if (!reason) {
        multiply(x->floats, m->floats, transposed, (size_t)dims[0], (size_t)x->dims[1],
                 (size_t)dims[1], onnx_float_of(call->node, "alpha", 1.0f), call->out->floats);
    }
    return reason;
}

static const char *run_softmax(const op_call *call, const onnx_op *op)
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

static const char *run_layer_norm(const op_call *call, const onnx_op *op)
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
static const char *run_mean(const op_call *call, const onnx_op *op)
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

/* ---- Shapes ---- */

static const char *run_identity(const op_call *call, const onnx_op *op)
{
    (void)op;
    return tensor_copy(call->out, call->in[0]);
}

static const char *run_constant(const op_call *call, const onnx_op *op)
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

static const char *run_flatten(const op_call *call, const onnx_op *op)
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

static const char *run_reshape(const op_call *call, const onnx_op *op)
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
static const char *run_unsqueeze(const op_call *call, const onnx_op *op)
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

static const char *run_transpose(const op_call *call, const onnx_op *op)
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

static const char *run_cast(const op_call *call, const onnx_op *op)
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
            value = x->type == ONNX_INT64 ? (double)x->int64s[i] : number_at(x, i);
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
static const char *run_concat(const op_call *call, const onnx_op *op)
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

/* ---- Classes ---- */

static const char *run_argmax(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    int64_t axis = onnx_int_of(call->node, "axis", 0);
    bool keep = onnx_int_of(call->node, "keepdims", 1) != 0;
    if (x->rank != 2 || x->dims[1] < 1 || (axis != 1 && axis != -1)) {
        return "it is not along the last axis of a matrix";
    }
    const int64_t dims[] = {x->dims[0], 1};
    const char *reason = tensor_make(call->out, ONNX_INT64, keep ? 2 : 1, dims);
    for (size_t i = 0; !reason && i < (size_t)x->dims[0]; i++) {
        const float *row = x->floats + i * (size_t)x->dims[1];
        int64_t chosen = 0;
        for (int64_t j = 1; j < x->dims[1]; j++) {
            if (row[j] > row[chosen]) {
                chosen = j;
            }
        }
        call->out->int64s[i] = chosen;
    }
    return reason;
}

/* Columns of a matrix of floats, by their numbers. */
static const char *gather_columns(const op_call *call)
{
    const tensor *table = call->in[0];
    const tensor *index = call->in[1];
    if (table->rank != 2 || table->type != ONNX_FLOAT || index->rank != 1 ||
        index->type != ONNX_INT64) {
        return "it does not gather columns of a matrix of floats";
    }
    const int64_t dims[] = {table->dims[0], (int64_t)index->count};
    const char *reason = tensor_make(call->out, ONNX_FLOAT, 2, dims);
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        int64_t column = index->int64s[i % index->count];
        if (column < 0 || column >= table->dims[1]) {
            return "an index is out of range";
        }
        call->out->floats[i] =
            table->floats[i / index->count * (size_t)table->dims[1] + (size_t)column];
    }
    return reason;
}

/* Rows of a table: an element or a row for each index. */
static const char *run_gather(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *table = call->in[0];
    const tensor *index = call->in[1];
    int rank = table->rank + index->rank - 1;
    if (onnx_int_of(call->node, "axis", 0) == 1) {
        return gather_columns(call);
    }
    if (onnx_int_of(call->node, "axis", 0) != 0 || table->rank < 1 || rank > TENSOR_RANK_MAX ||
        index->type != ONNX_INT64 || table->dims[0] < 1) {
        return "it does not gather along the first axis by int64";
    }
    int64_t dims[TENSOR_RANK_MAX];
    memcpy(dims, index->dims, sizeof dims);
    for (int i = 1; i < table->rank; i++) {
        dims[index->rank + i - 1] = table->dims[i];
    }
    const char *reason = tensor_make(call->out, table->type, rank, dims);
    size_t bytes = table->count / (size_t)table->dims[0] * tensor_element(table->type);
    for (size_t i = 0; !reason && i < index->count; i++) {
        int64_t at = index->int64s[i] < 0 ? index->int64s[i] + table->dims[0] : index->int64s[i];
        if (at < 0 || at >= table->dims[0]) {
            return "an index is out of range";
        }
        memcpy((unsigned char *)call->out->data + i * bytes,
               (const unsigned char *)table->data + (size_t)at * bytes, bytes);
    }
    return reason;
}

static const char *run_label_encoder(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const Onnx__AttributeProto *keys = onnx_attribute(call->node, "keys_strings");
    const Onnx__AttributeProto *values = onnx_attribute(call->node, "values_int64s");
    if (x->type != ONNX_STRING || !keys || !values || keys->n_strings != values->n_ints) {
        return "it is not from strings to int64s";
    }
    const char *reason = tensor_make(call->out, ONNX_INT64, x->rank, x->dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        call->out->int64s[i] = onnx_int_of(call->node, "default_int64", -1);
        for (size_t j = 0; j < keys->n_strings; j++) {
            const ProtobufCBinaryData *key = &keys->strings[j];
            if (key->len == x->texts[i].length &&
                (key->len == 0 || memcmp(key->data, x->texts[i].bytes, key->len) == 0)) {
                call->out->int64s[i] = values->ints[j];
                break;
            }
        }
    }
    return reason;
}

static const char *run_one_hot_encoder(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const Onnx__AttributeProto *all = onnx_attribute(call->node, "cats_int64s");
    if (x->type != ONNX_INT64 || !all || x->rank >= TENSOR_RANK_MAX) {
        return "it is not of int64s";
    }
    int64_t dims[TENSOR_RANK_MAX];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank] = (int64_t)all->n_ints;
    const char *reason = tensor_make(call->out, ONNX_FLOAT, x->rank + 1, dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        for (size_t j = 0; j < all->n_ints; j++) {
            call->out->floats[i * all->n_ints + j] = x->int64s[i] == all->ints[j] ? 1.0f : 0.0f;
        }
    }
    return reason;
}

/* ---- The table ---- */

static const onnx_op ops[] = {
    {"Add", "", run_binary, 2, .binary = f_add, .folds = true},
    {"ArgMax", "", run_argmax, 1, .type = ONNX_FLOAT},
    {"Cast", "", run_cast, 1, .folds = true},
    {"Concat", "", run_concat, 1, .type = 0},
    {"Cos", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_cosine},
    {"Constant", "", run_constant, 0, .folds = true},
    {"Div", "", run_binary, 2, .binary = f_divide, .folds = true},
    {"Dropout", "", run_identity, 1, .type = 0},
    {"Elu", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_elu, .alpha = 1.0f},
    {"Erf", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_erf},
    {"Exp", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_exp},
    {"Floor", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_floor},
    {"Flatten", "", run_flatten, 1, .folds = true},
    {"Gather", "", run_gather, 2, .type = 0},
    {"Gelu", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_gelu},
    {"Gemm", "", run_gemm, 2, .type = ONNX_FLOAT},
    {"GreaterOrEqual", "", run_not_below, 2, .type = 0},
    {"Identity", "", run_identity, 1, .folds = true},
    {"IsNaN", "", run_is_nan, 1, .type = ONNX_FLOAT},
    {"LabelEncoder", ONNX_ML, run_label_encoder, 1, .type = ONNX_STRING},
    {"LayerNormalization", "", run_layer_norm, 3, .type = ONNX_FLOAT},
    {"LeakyRelu", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_leaky_relu, .alpha = 0.01f},
    {"MatMul", "", run_matmul, 2, .type = ONNX_FLOAT},
    {"Max", "", run_binary, 2, .binary = f_larger},
    {"Min", "", run_binary, 2, .binary = f_smaller},
    {"Mod", "", run_binary, 2, .binary = f_modulo},
    {"Mul", "", run_binary, 2, .binary = f_multiply, .folds = true},
    {"Neg", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_negative, .folds = true},
    {"OneHotEncoder", ONNX_ML, run_one_hot_encoder, 1, .type = ONNX_INT64},
    {"Pow", "", run_binary, 2, .binary = f_power, .folds = true},
    {"ReduceMean", "", run_mean, 1, .type = ONNX_FLOAT},
    {"Relu", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_relu},
    {"Reshape", "", run_reshape, 2, .folds = true},
    {"Selu", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_selu},
    {"Sigmoid", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_sigmoid},
    {"Sin", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_sine},
    {"Softmax", "", run_softmax, 1, .type = ONNX_FLOAT},
    {"Softplus", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_softplus},
    {"Sqrt", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_sqrt, .folds = true},
    {"Sub", "", run_binary, 2, .binary = f_subtract, .folds = true},
    {"Tanh", "", run_unary, 1, .type = ONNX_FLOAT, .unary = f_tanh},
    {"Transpose", "", run_transpose, 1, .folds = true},
    {"Unsqueeze", "", run_unsqueeze, 2, .type = ONNX_FLOAT},
    {"Where", "", run_where, 3, .type = ONNX_BOOL},
};

const onnx_op *onnx_op_find(const Onnx__NodeProto *node)
{
    const char *domain = node->domain && strcmp(node->domain, "ai.onnx") != 0 ? node->domain : "";
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (strcmp(ops[i].name, node->op_type) == 0 && strcmp(ops[i].domain, domain) == 0) {
            return &ops[i];
        }
    }
    return NULL;
}

const char *onnx_op_run(const onnx_op *op, const op_call *call)
{
    for (int i = 0; i < op->inputs; i++) {
        if (i >= call->in_count || !call->in[i]) {
            return "it lacks an input";
        }
    }
    if (op->type != 0 && call->in[0]->type != op->type) {
        return "its input is of another type";
    }
    return op->run(call, op);
}
