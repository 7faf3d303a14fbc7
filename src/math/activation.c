/* The activations' kernels and their table. */
#include "math/activation.h"

#include "base/minmax.h"
#include "math/functions.h"

#include <stddef.h>

/*
 * Kernels are written by what they do to one element. FORWARD has v = z + bias and yields f(v);
 * BACKWARD has k, the kept value, and yields f'.
 */
#define FORWARD(NAME, F)                                                                   \
    VECTOR_CLONES                                                                          \
    static void NAME(const float *bias, int rows, int columns, int ld, float *z, float *a) \
    {                                                                                      \
        for (int j = 0; j < columns; j++) {                                                \
            const float *column = z + (size_t)j * (size_t)ld;                              \
            float *result = a + (size_t)j * (size_t)ld;                                    \
            _Pragma("omp simd") for (int i = 0; i < rows; i++)                             \
            {                                                                              \
                float v = column[i] + bias[i];                                             \
                result[i] = F;                                                             \
            }                                                                              \
        }                                                                                  \
    }

#define FORWARD_KEEPING_Z(NAME, F)                                                         \
    VECTOR_CLONES                                                                          \
    static void NAME(const float *bias, int rows, int columns, int ld, float *z, float *a) \
    {                                                                                      \
        for (int j = 0; j < columns; j++) {                                                \
            float *column = z + (size_t)j * (size_t)ld;                                    \
            float *result = a + (size_t)j * (size_t)ld;                                    \
            _Pragma("omp simd") for (int i = 0; i < rows; i++)                             \
            {                                                                              \
                float v = column[i] + bias[i];                                             \
                column[i] = v;                                                             \
                result[i] = F;                                                             \
            }                                                                              \
        }                                                                                  \
    }

#define BACKWARD(NAME, F)                                                        \
    VECTOR_CLONES                                                                \
    static void NAME(const float *kept, int rows, int columns, int ld, float *d) \
    {                                                                            \
        size_t run = rows == ld ? (size_t)rows * (size_t)columns : (size_t)rows; \
        int runs = rows == ld ? 1 : columns;                                     \
        for (int j = 0; j < runs; j++) {                                         \
            const float *column = kept + (size_t)j * (size_t)ld;                 \
            float *delta = d + (size_t)j * (size_t)ld;                           \
            _Pragma("omp simd") for (size_t i = 0; i < run; i++)                 \
            {                                                                    \
                float k = column[i];                                             \
                delta[i] = delta[i] * (F);                                       \
            }                                                                    \
        }                                                                        \
    }

/* ---- Elementwise ---- */

VECTOR_INLINE float gelu_slope(float z)
{
    return normal_cdf_of(z) + z * normal_density_of(z);
}

VECTOR_INLINE float silu_slope(float z)
{
    float s = sigmoid_of(z);
    return s * (1.0f + z * (1.0f - s));
}

/*
 * With e = exp(z) and n = e (e + 2), which is (1 + e)^2 - 1, tanh(log(1 + e)) is n / (n + 2)
 * without cancellation. From z = 20 on both it and the slope are 1.
 */
#define MISH_LIMIT 20.0f

VECTOR_INLINE float mish_of(float z)
{
    float e = exp_of(z > MISH_LIMIT ? MISH_LIMIT : z);
    float n = e * (e + 2.0f);
    return z * (n / (n + 2.0f));
}

VECTOR_INLINE float mish_slope(float z)
{
    float bounded = z > MISH_LIMIT ? MISH_LIMIT : z;
    float e = exp_of(bounded);
    float n = e * (e + 2.0f);
    return (n + 4.0f * bounded * e * (1.0f + e) / (n + 2.0f)) / (n + 2.0f);
}

#define SELU_ALPHA 1.6732632423543772f
#define SELU_SCALE 1.0507009873554805f

/* Comparisons are written so that NaN passes through: a NaN swallowed here would train on. */
FORWARD(identity_forward, v)
FORWARD(relu_forward, MAX(0.0f, v))
FORWARD(leaky_relu_forward, v < 0.0f ? 0.01f * v : v)
FORWARD(elu_forward, v < 0.0f ? expm1_of(v) : v)
FORWARD(selu_forward, SELU_SCALE *(v < 0.0f ? SELU_ALPHA * expm1_of(v) : v))
FORWARD(sigmoid_forward, sigmoid_of(v))
FORWARD(tanh_forward, tanh_of(v))
FORWARD(exponential_forward, exp_of(v))
FORWARD(softplus_forward, log1p_exp_of(v))
FORWARD_KEEPING_Z(silu_forward, v *sigmoid_of(v))
FORWARD_KEEPING_Z(gelu_forward, v *normal_cdf_of(v))
FORWARD_KEEPING_Z(mish_forward, mish_of(v))

BACKWARD(relu_backward, k > 0.0f ? 1.0f : 0.0f)
BACKWARD(leaky_relu_backward, k > 0.0f ? 1.0f : 0.01f)
BACKWARD(elu_backward, k > 0.0f ? 1.0f : k + 1.0f) /* exp(z) = a + 1 */
BACKWARD(selu_backward, k > 0.0f ? SELU_SCALE : k + SELU_SCALE * SELU_ALPHA)
BACKWARD(sigmoid_backward, k *(1.0f - k))
BACKWARD(tanh_backward, 1.0f - k * k)
BACKWARD(exponential_backward, k)
BACKWARD(softplus_backward, -expm1_of(-k)) /* sigmoid(z) = 1 - exp(-a) */
BACKWARD(silu_backward, silu_slope(k))
BACKWARD(gelu_backward, gelu_slope(k))
BACKWARD(mish_backward, mish_slope(k))

static void identity_backward(const float *kept, int rows, int columns, int ld, float *d)
{
    (void)kept;
    (void)rows;
    (void)columns;
    (void)ld;
    (void)d;
}

void bias_forward(const float *bias, int rows, int columns, int ld, float *z)
{
    identity_forward(bias, rows, columns, ld, z, z);
}

/* ---- Softmax ---- */

/* exp(v_i - max v) / sum_j exp(v_j - max v), which cannot overflow. */
VECTOR_CLONES
static void softmax_forward(const float *bias, int rows, int columns, int ld, float *z, float *a)
{
    for (int j = 0; j < columns; j++) {
        const float *column = z + (size_t)j * (size_t)ld;
        float *result = a + (size_t)j * (size_t)ld;
        float largest = -INFINITY;
        for (int i = 0; i < rows; i++) {
            float v = column[i] + bias[i];
            largest = MAX(v, largest);
        }
#pragma omp simd
        for (int i = 0; i < rows; i++) {
            result[i] = exp_of(column[i] + bias[i] - largest);
        }
        float sum = 0.0f;
        for (int i = 0; i < rows; i++) {
            sum += result[i];
        }
#pragma omp simd
        for (int i = 0; i < rows; i++) {
            result[i] = result[i] / sum;
        }
    }
}

/* dp_i/dz_j = p_i (delta_ij - p_j), so d_i = p_i (d_i - sum_j p_j d_j). */
VECTOR_CLONES
static void softmax_backward(const float *kept, int rows, int columns, int ld, float *d)
{
    for (int j = 0; j < columns; j++) {
        const float *p = kept + (size_t)j * (size_t)ld;
        float *column = d + (size_t)j * (size_t)ld;
        float dot = 0.0f;
        for (int i = 0; i < rows; i++) {
            dot += p[i] * column[i];
        }
#pragma omp simd
        for (int i = 0; i < rows; i++) {
            column[i] = p[i] * (column[i] - dot);
        }
    }
}

/* ---- The table ---- */

#define SOFTPLUS_C "x > 0.0f ? x + log1pf(expf(-x)) : log1pf(expf(x))"

static const activation activations[] = {
    [NNFS_IDENTITY] = {"identity", identity_forward, identity_backward, .init = NNFS_INIT_DEFAULT,
                       .exported = {.c = "x", .torch = "Identity()", .onnx = "Identity"}},
    [NNFS_RELU] = {"relu", relu_forward, relu_backward, .init = NNFS_INIT_HE_NORMAL,
                   .exported = {.c = "x > 0.0f ? x : 0.0f", .torch = "ReLU()", .onnx = "Relu"}},
    [NNFS_LEAKY_RELU] = {"leaky_relu", leaky_relu_forward, leaky_relu_backward,
                         .init = NNFS_INIT_HE_NORMAL,
                         .exported = {.c = "x > 0.0f ? x : 0.01f * x",
                                      .torch = "LeakyReLU(0.01)",
                                      .onnx = "LeakyRelu",
                                      .alpha = 0.01f}},
    [NNFS_ELU] = {"elu", elu_forward, elu_backward, .init = NNFS_INIT_HE_NORMAL,
                  .exported = {.c = "x > 0.0f ? x : expm1f(x)",
                               .torch = "ELU()",
                               .onnx = "Elu",
                               .alpha = 1.0f}},
    [NNFS_SIGMOID] = {"sigmoid", sigmoid_forward, sigmoid_backward, .init = NNFS_INIT_DEFAULT,
                      .exported = {.c = "1.0f / (1.0f + expf(-x))",
                                   .torch = "Sigmoid()",
                                   .onnx = "Sigmoid"}},
    [NNFS_TANH] = {"tanh", tanh_forward, tanh_backward, .init = NNFS_INIT_DEFAULT,
                   .exported = {.c = "tanhf(x)", .torch = "Tanh()", .onnx = "Tanh"}},
    [NNFS_SOFTPLUS] = {"softplus", softplus_forward, softplus_backward, .init = NNFS_INIT_HE_NORMAL,
                       .exported = {.c = SOFTPLUS_C, .torch = "Softplus()", .onnx = "Softplus"}},
    [NNFS_SILU] =
        {"silu", silu_forward, silu_backward, .keeps_z = true, .init = NNFS_INIT_HE_NORMAL,
         .exported = {.c = "x / (1.0f + expf(-x))", .torch = "SiLU()", .times = {"Sigmoid"}}},
    [NNFS_GELU] = {"gelu", gelu_forward, gelu_backward, .keeps_z = true,
                   .init = NNFS_INIT_HE_NORMAL,
                   .exported = {.c = "0.5f * x * (1.0f + erff(x * 0.707106781f))",
                                .torch = "GELU()",
                                .onnx = "Gelu"}},
    [NNFS_SOFTMAX] = {"softmax", softmax_forward, softmax_backward, .output_only = true,
                      .exported = {.c = NULL, .torch = "Softmax(dim=1)", .onnx = "Softmax"}},
    [NNFS_SELU] = {"selu", selu_forward, selu_backward, .init = NNFS_INIT_LECUN_NORMAL,
                   .exported = {.c = "1.05070102f * (x > 0.0f ? x : 1.67326319f * expm1f(x))",
                                .torch = "SELU()",
                                .onnx = "Selu"}},
    [NNFS_MISH] = {"mish", mish_forward, mish_backward, .keeps_z = true,
                   .init = NNFS_INIT_HE_NORMAL,
                   .exported = {.c = "x * tanhf(" SOFTPLUS_C ")",
                                .torch = "Mish()",
                                .onnx = "Mish",
                                .times = {"Softplus", "Tanh"}}},
    /* torch.nn has no module of it: who loads it writes one. */
    [NNFS_EXPONENTIAL] = {"exponential", exponential_forward, exponential_backward,
                          .output_only = true,
                          .exported = {.c = "expf(x)", .torch = "Exp()", .onnx = "Exp"}},
};

const activation *activation_of(nnfs_activation which)
{
    size_t index = (size_t)which;
    if (index < sizeof activations / sizeof *activations) {
        return &activations[index];
    }
    return NULL;
}

const char *nnfs_activation_name(nnfs_activation which)
{
    const activation *row = activation_of(which);
    if (!row) {
        return NULL;
    }
    return row->name;
}
