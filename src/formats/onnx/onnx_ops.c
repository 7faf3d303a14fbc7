/* The operators of the reference interpreter, as https://onnx.ai/onnx/operators defines them. */
#include "formats/onnx/onnx_kernels.h"

#include "base/minmax.h"
#include "formats/onnx/onnx_build.h"

#include <math.h>
#include <string.h>

/* ---- Functions of numbers ---- */

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

/* ---- The table ---- */

static const onnx_op ops[] = {
    {"Add", "", onnx_run_binary, 2, .binary = f_add, .folds = true},
    {"ArgMax", "", onnx_run_argmax, 1, .type = ONNX_FLOAT},
    {"Cast", "", onnx_run_cast, 1, .folds = true},
    {"Concat", "", onnx_run_concat, 1, .type = 0},
    {"Cos", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_cosine},
    {"Constant", "", onnx_run_constant, 0, .folds = true},
    {"Div", "", onnx_run_binary, 2, .binary = f_divide, .folds = true},
    {"Dropout", "", onnx_run_identity, 1, .type = 0},
    {"Elu", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_elu, .alpha = 1.0f},
    {"Erf", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_erf},
    {"Exp", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_exp},
    {"Floor", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_floor},
    {"Flatten", "", onnx_run_flatten, 1, .folds = true},
    {"Gather", "", onnx_run_gather, 2, .type = 0},
    {"Gelu", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_gelu},
    {"Gemm", "", onnx_run_gemm, 2, .type = ONNX_FLOAT},
    {"GreaterOrEqual", "", onnx_run_not_below, 2, .type = 0},
    {"Identity", "", onnx_run_identity, 1, .folds = true},
    {"IsNaN", "", onnx_run_is_nan, 1, .type = ONNX_FLOAT},
    {"LabelEncoder", ONNX_ML, onnx_run_label_encoder, 1, .type = ONNX_STRING},
    {"LayerNormalization", "", onnx_run_layer_norm, 3, .type = ONNX_FLOAT},
    {"LeakyRelu", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_leaky_relu, .alpha = 0.01f},
    {"MatMul", "", onnx_run_matmul, 2, .type = ONNX_FLOAT},
    {"Max", "", onnx_run_binary, 2, .binary = f_larger},
    {"Min", "", onnx_run_binary, 2, .binary = f_smaller},
    {"Mod", "", onnx_run_binary, 2, .binary = f_modulo},
    {"Mul", "", onnx_run_binary, 2, .binary = f_multiply, .folds = true},
    {"Neg", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_negative, .folds = true},
    {"OneHotEncoder", ONNX_ML, onnx_run_one_hot_encoder, 1, .type = ONNX_INT64},
    {"Pow", "", onnx_run_binary, 2, .binary = f_power, .folds = true},
    {"ReduceMean", "", onnx_run_mean, 1, .type = ONNX_FLOAT},
    {"Relu", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_relu},
    {"Reshape", "", onnx_run_reshape, 2, .folds = true},
    {"Selu", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_selu},
    {"Sigmoid", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_sigmoid},
    {"Sin", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_sine},
    {"Softmax", "", onnx_run_softmax, 1, .type = ONNX_FLOAT},
    {"Softplus", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_softplus},
    {"Sqrt", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_sqrt, .folds = true},
    {"Sub", "", onnx_run_binary, 2, .binary = f_subtract, .folds = true},
    {"Tanh", "", onnx_run_unary, 1, .type = ONNX_FLOAT, .unary = f_tanh},
    {"Transpose", "", onnx_run_transpose, 1, .folds = true},
    {"Unsqueeze", "", onnx_run_unsqueeze, 2, .type = ONNX_FLOAT},
    {"Where", "", onnx_run_where, 3, .type = ONNX_BOOL},
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
