/*
 * The transcendental functions against double, over their whole range: errors in units in the last
 * place, and what becomes of infinities, NaN and overflow. The incomplete beta function. Then the
 * activations' kernels, whose every clone must give the same bits wherever in a tile an element
 * stands, and the losses of tiles.
 */
#include "math/activation.h"
#include "math/functions.h"
#include "math/incomplete_beta.h"
#include "math/loss.h"
#include "math/normal.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Accuracy ---- */

typedef struct accuracy_case {
    const char *name;
    float (*ours)(float x);
    double (*exact)(double x);
    float from, to;
    double ulps; /* allowed */
} accuracy_case;

static float ours_exp(float x)
{
    return exp_of(x);
}

static float ours_expm1(float x)
{
    return expm1_of(x);
}

static float ours_sigmoid(float x)
{
    return sigmoid_of(x);
}

static float ours_tanh(float x)
{
    return tanh_of(x);
}

static float ours_softplus(float x)
{
    return log1p_exp_of(x);
}

static float ours_cdf(float x)
{
    return normal_cdf_of(x);
}

static double exact_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double exact_softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

static double exact_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

static const accuracy_case accuracy_cases[] = {
    {"exp", ours_exp, exp, -86.5f, 88.7f, 2.0},
    {"expm1", ours_expm1, expm1, -80.0f, 80.0f, 2.0},
    {"expm1 near 0", ours_expm1, expm1, -1e-3f, 1e-3f, 2.0},
    {"sigmoid", ours_sigmoid, exact_sigmoid, -86.0f, 86.0f, 3.0},
    {"tanh", ours_tanh, tanh, -12.0f, 12.0f, 4.0},
    {"tanh near 0", ours_tanh, tanh, -1e-3f, 1e-3f, 4.0},
    {"softplus", ours_softplus, exact_softplus, -86.0f, 86.0f, 3.0},
    {"normal_cdf", ours_cdf, exact_cdf, -4.0f, 8.0f, 16.0},
};

static double ulps_apart(float got, double wanted)
{
    float nearest = (float)wanted;
    double ulp = (double)nextafterf(fabsf(nearest), INFINITY) - (double)fabsf(nearest);
    return fabs((double)got - wanted) / ulp;
}

static void functions_are_accurate(void **state)
{
    (void)state;
    enum { steps = 200000 };
    for (size_t c = 0; c < sizeof accuracy_cases / sizeof *accuracy_cases; c++) {
        const accuracy_case *one = &accuracy_cases[c];
        double worst = 0.0;
        float at = 0.0f;
        for (int i = 0; i <= steps; i++) {
            float x = one->from + (one->to - one->from) * (float)i / (float)steps;
            double apart = ulps_apart(one->ours(x), one->exact((double)x));
            at = apart > worst ? x : at;
            worst = apart > worst ? apart : worst;
        }
        print_message("%-14s %.2f ulp at %g (allowed %.0f)\n", one->name, worst, (double)at,
                      one->ulps);
        assert_true(worst <= one->ulps);
    }
}

static void limits_are_right(void **state)
{
    (void)state;
    assert_true(exp_of(INFINITY) == INFINITY && exp_of(1e30f) == INFINITY);
    assert_true(exp_of(88.73f) == INFINITY && isfinite(exp_of(88.72f)));
    assert_true(exp_of(-INFINITY) == 0.0f && exp_of(-1e30f) == 0.0f);
    assert_true(exp_of(0.0f) == 1.0f && expm1_of(0.0f) == 0.0f);
    assert_true(expm1_of(-INFINITY) == -1.0f);
    assert_true(sigmoid_of(INFINITY) == 1.0f && sigmoid_of(-INFINITY) == 0.0f);
    assert_true(tanh_of(INFINITY) == 1.0f && tanh_of(-INFINITY) == -1.0f);
    assert_true(log1p_exp_of(1e30f) == 1e30f && log1p_exp_of(-INFINITY) == 0.0f);
    assert_true(normal_cdf_of(INFINITY) == 1.0f && normal_cdf_of(-INFINITY) == 0.0f);
    assert_true(isnan(exp_of(NAN)) && isnan(expm1_of(NAN)) && isnan(sigmoid_of(NAN)));
    assert_true(isnan(tanh_of(NAN)) && isnan(log1p_exp_of(NAN)) && isnan(normal_cdf_of(NAN)));
}

/* Expected values from SciPy's betainc. */
static void incomplete_betas(void **state)
{
    (void)state;
    static const struct {
        double x, a, b, expected;
    } cases[] = {
        {0.3, 2.0, 3.0, 0.3483},
        {0.5, 0.5, 0.5, 0.5},
        {0.999, 30.0, 1.5, 0.99611073161482},
        {0.9, 100.0, 0.5, 4.54525490451703e-06},
        {0.001, 0.5, 4.0, 0.0691056904873793},
        {0.97, 5000.0, 0.5, 3.31624903559126e-68},
        {0.2, 40.0, 2.0, 3.62838837166081e-27},
        {0.5, 1000.0, 1000.0, 0.5},
        {0.0, 3.0, 4.0, 0.0},
        {1.0, 3.0, 4.0, 1.0},
        {0.5, 1e6, 0.5, 0.0}, /* below the smallest double */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double found = incomplete_beta(cases[i].x, cases[i].a, cases[i].b);
        assert_true(fabs(found - cases[i].expected) <= 1e-9 * cases[i].expected);
    }
}

/* ---- Kernels ---- */

enum { max_rows = 37, columns = 3, guard = 16 };

static float value_at(int i)
{
    return 0.37f * (float)(i % 41) - 7.3f;
}

/* The same element alone and in a tile of any height gives the same bits. */
static void bits_do_not_depend_on_the_place(void **state)
{
    (void)state;
    for (int which = 0; which < NNFS_SOFTMAX; which++) {
        const activation *row = activation_of((nnfs_activation)which);
        for (int rows = 1; rows <= max_rows; rows++) {
            float z[max_rows * columns], a[max_rows * columns], bias[max_rows];
            for (int i = 0; i < rows; i++) {
                bias[i] = 0.01f * (float)i;
            }
            for (int i = 0; i < rows * columns; i++) {
                z[i] = value_at(i);
            }
            row->forward(bias, rows, columns, rows, z, a);
            for (int i = 0; i < rows * columns; i++) {
                float alone = value_at(i);
                float result = 0.0f;
                row->forward(&bias[i % rows], 1, 1, 1, &alone, &result);
                assert_memory_equal(&result, &a[i], sizeof result);
            }
        }
    }
}

/* Writes to the tile alone: not before or behind it, nor between its columns. */
static void kernels_stay_inside(void **state)
{
    (void)state;
    enum { gap = 5, ld = max_rows + gap, size = 2 * guard + ld * columns };
    for (int which = 0; nnfs_activation_name((nnfs_activation)which); which++) {
        const activation *row = activation_of((nnfs_activation)which);
        for (int rows = 1; rows <= max_rows; rows++) {
            float z[size], d[size];
            float bias[max_rows] = {0};
            for (int i = 0; i < size; i++) {
                z[i] = d[i] = 1234.5f;
            }
            for (int i = 0; i < rows * columns; i++) {
                int at = guard + i % rows + ld * (i / rows);
                z[at] = d[at] = value_at(i);
            }
            row->forward(bias, rows, columns, ld, z + guard, z + guard);
            row->backward(z + guard, rows, columns, ld, d + guard);
            for (int i = 0; i < size; i++) {
                int at = i - guard;
                if (at < 0 || at >= ld * columns || at % ld >= rows) {
                    assert_true(z[i] == 1234.5f && d[i] == 1234.5f);
                }
            }
        }
    }
}

static void nan_is_never_swallowed(void **state)
{
    (void)state;
    for (int which = 0; nnfs_activation_name((nnfs_activation)which); which++) {
        float z[20], bias[20] = {0};
        for (int i = 0; i < 20; i++) {
            z[i] = NAN;
        }
        activation_of((nnfs_activation)which)->forward(bias, 20, 1, 20, z, z);
        for (int i = 0; i < 20; i++) {
            assert_true(isnan(z[i]));
        }
    }
}

/* Against the C library's logarithm, sine and cosine, at the ends, the quarters and in between. */
static void normal_numbers_are_box_and_mullers(void **state)
{
    (void)state;
    enum { pairs = 100000, ends = 8 };
    static const uint32_t end[ends] = {0,        1,        1U << 29,       1U << 30,
                                       1U << 31, 3U << 30, UINT32_MAX - 1, UINT32_MAX};
    static uint32_t words[2 * pairs];
    static double numbers[2 * pairs];
    uint32_t noise = 1;
    for (int i = 0; i < 2 * pairs; i++) {
        noise = noise * 1664525u + 1013904223u;
        words[i] = noise ^ noise >> 15;
    }
    for (int i = 0; i < ends * ends; i++) {
        words[2 * i] = end[i / ends];
        words[2 * i + 1] = end[i % ends];
    }
    normal_fill(words, 2 * pairs, numbers);
    for (int i = 0; i < pairs; i++) {
        double radius = sqrt(-2.0 * log(((double)words[2 * i] + 1.0) * 0x1p-32));
        double angle = 2.0 * acos(-1.0) * (double)words[2 * i + 1] * 0x1p-32;
        assert_true(fabs(numbers[2 * i] - radius * cos(angle)) <= 2.0 * DBL_EPSILON * radius);
        assert_true(fabs(numbers[2 * i + 1] - radius * sin(angle)) <= 2.0 * DBL_EPSILON * radius);
    }
}

/* ---- Losses ---- */

enum { loss_rows = 37, loss_columns = 5, loss_terms = loss_rows * loss_columns };

typedef struct loss_case {
    nnfs_loss loss;
    /* of which z is the logit, where the loss is fused, and else the output */
    nnfs_activation output;
    double (*exact)(double p, double y);
    double (*slope)(double p, double y);
} loss_case;

static double exact_binary(double z, double y)
{
    return log1p(exp(-fabs(z))) + (z > 0.0 ? z : 0.0) - y * z;
}

static double exact_binary_slope(double z, double y)
{
    return exact_sigmoid(z) - y;
}

static double exact_mse(double p, double y)
{
    return (p - y) * (p - y);
}

static double exact_mse_slope(double p, double y)
{
    return 2.0 * (p - y);
}

static double exact_mae(double p, double y)
{
    return fabs(p - y);
}

static double exact_mae_slope(double p, double y)
{
    return (p > y) - (p < y);
}

static double exact_poisson(double z, double y)
{
    return exp(z) - y * z;
}

static double exact_poisson_slope(double z, double y)
{
    return exp(z) - y;
}

static double exact_huber(double p, double y)
{
    double e = fabs(p - y);
    return e < 1.0 ? 0.5 * e * e : e - 0.5;
}

static double exact_huber_slope(double p, double y)
{
    return fmax(-1.0, fmin(1.0, p - y));
}

static double exact_quantile(double p, double y)
{
    return y > p ? 0.875 * (y - p) : 0.125 * (p - y);
}

static double exact_quantile_slope(double p, double y)
{
    return 0.125 * (p > y) - 0.875 * (p < y);
}

static const loss_case loss_cases[] = {
    {NNFS_BINARY_CROSS_ENTROPY, NNFS_SIGMOID, exact_binary, exact_binary_slope},
    {NNFS_MSE, NNFS_IDENTITY, exact_mse, exact_mse_slope},
    {NNFS_MAE, NNFS_IDENTITY, exact_mae, exact_mae_slope},
    {NNFS_HUBER, NNFS_IDENTITY, exact_huber, exact_huber_slope},
    {NNFS_POISSON, NNFS_EXPONENTIAL, exact_poisson, exact_poisson_slope},
    {NNFS_QUANTILE, NNFS_IDENTITY, exact_quantile, exact_quantile_slope},
};

/* A tile more than once as high as vectors are wide, and not a multiple of it. */
static void check_loss(const loss_case *c, const float *targets, const int32_t *labels,
                       const float *weights, bool deltas)
{
    static float z[loss_terms], outputs[loss_terms], delta[loss_terms], scratch[loss_rows];
    const float scale = 0.125f;
    double sum = 0.0;
    double largest = 0.0;
    for (int i = 0; i < loss_terms; i++) {
        z[i] = 0.37f * (float)(i * 29 % 23 - 11);
    }
    loss_tile tile = {.z = z,
                      .outputs = outputs,
                      .labels = labels,
                      .targets = labels ? NULL : targets,
                      .weights = weights,
                      .scratch = scratch,
                      .quantile = 0.875f,
                      .delta = deltas ? delta : NULL,
                      .scale = scale,
                      .rows = loss_rows,
                      .columns = loss_columns};
    double got = loss_of(c->loss)->forward_backward(&tile, activation_of(c->output));
    for (int i = 0; i < loss_terms; i++) {
        int column = i / loss_rows;
        double y = labels ? labels[column] == i % loss_rows : (double)targets[i];
        double weight = weights ? (double)weights[column] : 1.0;
        double wanted = weight * (double)scale * c->slope((double)z[i], y);
        sum += weight * c->exact((double)z[i], y);
        largest += weight * fabs(c->exact((double)z[i], y));
        if (deltas && fabs((double)delta[i] - wanted) > 1e-6 * (1.0 + fabs(wanted))) {
            fail_msg("%s: delta %d is %g, not %g", nnfs_loss_name(c->loss), i, (double)delta[i],
                     wanted);
        }
    }
    if (fabs(got - sum) > 1e-6 * largest) {
        fail_msg("%s: %.9g, not %.9g", nnfs_loss_name(c->loss), got, sum);
    }
}

static void losses_of_tiles_are_right(void **state)
{
    (void)state;
    static const int32_t labels[loss_columns] = {0, 36, 15, 16, 31};
    static const float weights[loss_columns] = {0.5f, 0.0f, 3.0f, 1.0f, 0.25f};
    float targets[loss_terms];
    for (int i = 0; i < loss_terms; i++) {
        targets[i] = (float)(i * 7 % 11) / 10.0f;
    }
    for (size_t i = 0; i < sizeof loss_cases / sizeof *loss_cases; i++) {
        for (int deltas = 0; deltas < 2; deltas++) {
            check_loss(&loss_cases[i], targets, NULL, NULL, deltas);
            check_loss(&loss_cases[i], targets, NULL, weights, deltas);
            check_loss(&loss_cases[i], targets, labels, NULL, deltas);
            check_loss(&loss_cases[i], targets, labels, weights, deltas);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_accurate),
        cmocka_unit_test(limits_are_right),
        cmocka_unit_test(incomplete_betas),
        cmocka_unit_test(bits_do_not_depend_on_the_place),
        cmocka_unit_test(kernels_stay_inside),
        cmocka_unit_test(nan_is_never_swallowed),
        cmocka_unit_test(normal_numbers_are_box_and_mullers),
        cmocka_unit_test(losses_of_tiles_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
