/*
 * Every activation, loss and combination of them against finite differences in double: a
 * reference network in double computes the loss at both sides of each parameter, and the
 * library's gradient must be the slope between them, of samples that count alike and of weighted
 * ones. What nnfs_network_create refuses must be exactly what makes no sense.
 */
#include "training/trainer.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The second layer is thin, and kept as W^T. */
enum { inputs = 5, hidden = 33, outputs = 3, batch = 7 };

/* ---- The reference, in double ---- */

static double activate(nnfs_activation which, double z)
{
    switch (which) {
    case NNFS_RELU:
        return z > 0.0 ? z : 0.0;
    case NNFS_LEAKY_RELU:
        return z > 0.0 ? z : 0.01 * z;
    case NNFS_ELU:
        return z > 0.0 ? z : expm1(z);
    case NNFS_SELU:
        return 1.0507009873554805 * (z > 0.0 ? z : 1.6732632423543772 * expm1(z));
    case NNFS_SIGMOID:
        return 1.0 / (1.0 + exp(-z));
    case NNFS_TANH:
        return tanh(z);
    case NNFS_SOFTPLUS:
        return log1p(exp(z));
    case NNFS_SILU:
        return z / (1.0 + exp(-z));
    case NNFS_MISH:
        return z * tanh(log1p(exp(z)));
    case NNFS_EXPONENTIAL:
        return exp(z);
    case NNFS_GELU:
        return 0.5 * z * erfc(-z / sqrt(2.0));
    default:
        return z;
    }
}

static void activate_column(nnfs_activation which, double *z, int rows)
{
    double sum = 0.0;
    for (int i = 0; i < rows; i++) {
        z[i] = which == NNFS_SOFTMAX ? exp(z[i]) : activate(which, z[i]);
        sum += z[i];
    }
    for (int i = 0; which == NNFS_SOFTMAX && i < rows; i++) {
        z[i] /= sum;
    }
}

static double element_loss(nnfs_loss which, double p, double y)
{
    double e = p - y;
    switch (which) {
    case NNFS_CROSS_ENTROPY:
        return -y * log(p);
    case NNFS_BINARY_CROSS_ENTROPY:
        return -y * log(p) - (1.0 - y) * log1p(-p);
    case NNFS_POISSON:
        return p - y * log(p);
    case NNFS_MSE:
        return e * e;
    case NNFS_QUANTILE:
        return y > p ? 0.8 * (y - p) : 0.2 * (p - y);
    case NNFS_MAE:
        return fabs(e);
    default:
        return fabs(e) < 1.0 ? 0.5 * e * e : fabs(e) - 0.5;
    }
}

/* All parameters of the reference: W1 [hidden x inputs], b1, W2 [outputs x hidden], b2. */
enum {
    at_b1 = hidden * inputs,
    at_w2 = at_b1 + hidden,
    at_b2 = at_w2 + outputs * hidden,
    parameters = at_b2 + outputs,
};

typedef struct problem {
    nnfs_activation inner, outer;
    nnfs_loss loss;
    double theta[parameters];
    float x[inputs * batch];
    float y[outputs * batch];
    int32_t labels[batch];
    float weights[batch]; /* of the samples */
} problem;

static void layer(const double *w, const double *b, const double *x, int in, int out, double *z)
{
    for (int i = 0; i < out; i++) {
        z[i] = b[i];
        for (int k = 0; k < in; k++) {
            z[i] += w[i + out * k] * x[k];
        }
    }
}

static double reference_loss(const problem *p)
{
    double sum = 0.0;
    for (int j = 0; j < batch; j++) {
        double x[inputs], h[hidden], o[outputs];
        for (int k = 0; k < inputs; k++) {
            x[k] = (double)p->x[k + inputs * j];
        }
        layer(p->theta, p->theta + at_b1, x, inputs, hidden, h);
        activate_column(p->inner, h, hidden);
        layer(p->theta + at_w2, p->theta + at_b2, h, hidden, outputs, o);
        activate_column(p->outer, o, outputs);
        for (int i = 0; i < outputs; i++) {
            double loss = element_loss(p->loss, o[i], (double)p->y[i + outputs * j]);
            sum += (double)p->weights[j] * loss;
        }
    }
    return sum / (p->loss == NNFS_CROSS_ENTROPY ? batch : batch * outputs);
}

static double slope(problem *p, int parameter)
{
    const double step = 1e-6;
    double there = p->theta[parameter];
    p->theta[parameter] = there + step;
    double above = reference_loss(p);
    p->theta[parameter] = there - step;
    double below = reference_loss(p);
    p->theta[parameter] = there;
    return (above - below) / (2.0 * step);
}

/* ---- The problem's numbers ---- */

static double noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 16777216.0 * 2.0 - 1.0;
}

/* Class targets are one-hot in y as well, which the reference reads. */
static void fill(problem *p, uint32_t seed)
{
    for (int j = 0; j < batch; j++) {
        p->weights[j] = 1.0f;
    }
    for (int i = 0; i < parameters; i++) {
        p->theta[i] = (double)(float)noise(&seed);
    }
    for (int i = 0; i < inputs * batch; i++) {
        p->x[i] = (float)noise(&seed);
    }
    for (int j = 0; j < batch; j++) {
        p->labels[j] = (int32_t)((noise(&seed) + 1.0) * 0.4999 * outputs);
    }
    for (int i = 0; i < outputs * batch; i++) {
        p->y[i] = p->labels[i / outputs] == i % outputs ? 1.0f : 0.0f;
    }
}

/* Weights from 0 to 2, one of them 0. */
static void fill_weights(problem *p, uint32_t seed)
{
    for (int j = 0; j < batch; j++) {
        p->weights[j] = j == 4 ? 0.0f : (float)(noise(&seed) + 1.0);
    }
}

/* Targets as numbers; of the losses of probabilities, distributions and probabilities. */
static void fill_numbers(problem *p, uint32_t seed)
{
    bool probabilities = p->loss == NNFS_CROSS_ENTROPY || p->loss == NNFS_BINARY_CROSS_ENTROPY;
    for (int j = 0; j < batch; j++) {
        float sum = 0.0f;
        for (int i = 0; i < outputs; i++) {
            double value = noise(&seed);
            p->y[i + outputs * j] = (float)(probabilities ? 0.5 * (value + 1.0) : 2.0 * value);
            sum += p->y[i + outputs * j];
        }
        for (int i = 0; p->loss == NNFS_CROSS_ENTROPY && i < outputs; i++) {
            p->y[i + outputs * j] /= sum;
        }
    }
}

/* ---- The library's gradient ---- */

static nnfs_status network_of(const problem *p, nnfs_network **network, nnfs_error *error)
{
    nnfs_layer layers[] = {{hidden, p->inner}, {outputs, p->outer}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = layers;
    settings.layer_count = 2;
    settings.loss = p->loss;
    settings.quantile = 0.8f;
    return nnfs_network_create(&settings, network, error);
}

static void set_parameters(const problem *p, nnfs_network *network)
{
    const int at[] = {0, at_b1, at_w2, at_b2, parameters};
    float w[2][inputs * hidden + hidden * outputs];
    float *to[] = {w[0], nnfs_network_biases(network, 0), w[1], nnfs_network_biases(network, 1)};
    for (int part = 0; part < 4; part++) {
        for (int i = at[part]; i < at[part + 1]; i++) {
            to[part][i - at[part]] = (float)p->theta[i];
        }
    }
    for (int layer = 0; layer < 2; layer++) {
        assert_int_equal(nnfs_network_set_weights(network, layer, w[layer], NULL), NNFS_OK);
    }
}

static void get_gradient(nnfs_trainer *trainer, float *gradient)
{
    assert_int_equal(nnfs_trainer_get_weight_gradient(trainer, 0, gradient, NULL), NNFS_OK);
    memcpy(gradient + at_b1, nnfs_trainer_bias_gradient(trainer, 0), hidden * sizeof(float));
    assert_int_equal(nnfs_trainer_get_weight_gradient(trainer, 1, gradient + at_w2, NULL), NNFS_OK);
    memcpy(gradient + at_b2, nnfs_trainer_bias_gradient(trainer, 1), outputs * sizeof(float));
}

/* The gradient by the library of samples with weights, backwards. */
static double weighted_gradient(const problem *p, nnfs_trainer *trainer, const nnfs_arrays *arrays)
{
    nnfs_dataset dataset;
    uint32_t order[batch];
    dataset_view(arrays, &dataset);
    dataset.weights = (float *)(uintptr_t)p->weights;
    for (uint32_t j = 0; j < batch; j++) {
        order[j] = batch - 1 - j;
    }
    step_run run = trainer_run(trainer, &dataset, batch);
    run.order = order;
    run.needs = RUN_FORWARD | RUN_LOSS | RUN_GRADIENT;
    step_run_all(&run);
    assert_false(run.diverged);
    return run.sums.loss / network_loss_terms(trainer->network, run.sums.samples);
}

/* Each layer's gradient lies whole in the one buffer, and what lies between them is zero. */
static void check_buffer(nnfs_trainer *trainer)
{
    size_t count = 0;
    float *all = nnfs_trainer_gradients(trainer, &count);
    assert_ptr_equal(nnfs_trainer_gradients(trainer, NULL), all);
    const struct {
        const float *values;
        size_t count;
    } parts[] = {
        {matrix_at(network_weights(trainer->network, 0, all), 0, 0), at_b1},
        {nnfs_trainer_bias_gradient(trainer, 0), hidden},
        {matrix_at(network_weights(trainer->network, 1, all), 0, 0), outputs * hidden},
        {nnfs_trainer_bias_gradient(trainer, 1), outputs},
    };
    for (size_t i = 0; i < count; i++) {
        int owners = 0;
        for (int part = 0; part < 4; part++) {
            owners +=
                all + i >= parts[part].values && all + i < parts[part].values + parts[part].count;
        }
        assert_true(owners == 1 || (owners == 0 && all[i] == 0.0f));
    }
    for (int part = 0; part < 4; part++) {
        assert_true(parts[part].values >= all &&
                    parts[part].values + parts[part].count <= all + count);
    }
}

/*
 * The largest difference between the library's gradient and the slopes, relative to
 * the largest slope.
 */
static double worst_difference(problem *p, nnfs_network *network, bool labels, bool weighted)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.batch = 3; /* smaller than the arrays: the gradient adds up over chunks */
    nnfs_trainer *trainer = NULL;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    nnfs_arrays arrays = {.features = p->x, .feature_count = inputs, .samples = batch};
    if (labels) {
        arrays.labels = p->labels;
        arrays.classes = outputs;
    } else {
        arrays.targets = p->y;
        arrays.target_count = outputs;
    }
    double loss = NAN;
    float gradient[parameters];
    if (weighted) {
        loss = weighted_gradient(p, trainer, &arrays);
    } else {
        assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, &loss, NULL), NNFS_OK);
    }
    get_gradient(trainer, gradient);
    check_buffer(trainer);
    nnfs_trainer_free(trainer);

    double wanted = reference_loss(p);
    double worst = fabs(loss - wanted) / fmax(fabs(wanted), 1.0);
    double largest = 1e-3;
    double apart = 0.0;
    for (int i = 0; i < parameters; i++) {
        double expected = slope(p, i);
        largest = fmax(largest, fabs(expected));
        apart = fmax(apart, fabs((double)gradient[i] - expected));
    }
    return fmax(worst, apart / largest);
}

/* ---- Tests ---- */

static bool makes_sense(const problem *p)
{
    return p->inner != NNFS_SOFTMAX && p->inner != NNFS_EXPONENTIAL &&
           (p->loss != NNFS_CROSS_ENTROPY || p->outer == NNFS_SOFTMAX) &&
           (p->loss != NNFS_BINARY_CROSS_ENTROPY || p->outer == NNFS_SIGMOID) &&
           (p->loss != NNFS_POISSON || p->outer == NNFS_EXPONENTIAL);
}

static int check_combination(problem *p)
{
    nnfs_error error = {0};
    nnfs_network *network = NULL;
    nnfs_status status = network_of(p, &network, &error);
    if (!makes_sense(p)) {
        assert_int_equal(status, NNFS_ERROR_ARGUMENT);
        assert_true(error.message[0] != '\0');
        assert_null(network);
        return 0;
    }
    assert_int_equal(status, NNFS_OK);
    for (int i = 0; i < 4; i++) {
        bool labels = i % 2 == 1;
        bool weighted = i / 2 == 1;
        fill(p, 12345u + (uint32_t)p->inner);
        if (!labels) {
            fill_numbers(p, 99u);
        }
        if (weighted) {
            fill_weights(p, 7u);
        }
        set_parameters(p, network);
        double worst = worst_difference(p, network, labels, weighted);
        if (!(worst < 1e-5)) {
            fail_msg("%s, %s, %s with %s%s: %g", nnfs_activation_name(p->inner),
                     nnfs_activation_name(p->outer), nnfs_loss_name(p->loss),
                     labels ? "labels" : "numbers", weighted ? " and weights" : "", worst);
        }
    }
    nnfs_network_free(network);
    return 1;
}

static void every_combination_has_the_right_gradient(void **state)
{
    (void)state;
    int checked = 0;
    for (int i = 0; nnfs_activation_name((nnfs_activation)i); i++) {
        for (int o = 0; nnfs_activation_name((nnfs_activation)o); o++) {
            for (int l = 0; nnfs_loss_name((nnfs_loss)l); l++) {
                problem p = {
                    .inner = (nnfs_activation)i, .outer = (nnfs_activation)o, .loss = (nnfs_loss)l};
                checked += check_combination(&p);
            }
        }
    }
    print_message("%d combinations\n", checked);
    assert_int_equal(checked, 11 * (13 * 4 + 3));
}

/* Logits of plus and minus 10,000, where probabilities have long become 0 and 1. */
static void huge_logits_have_finite_losses(void **state)
{
    (void)state;
    const nnfs_loss losses[] = {NNFS_CROSS_ENTROPY, NNFS_BINARY_CROSS_ENTROPY};
    const nnfs_activation outer[] = {NNFS_SOFTMAX, NNFS_SIGMOID};
    for (int which = 0; which < 2; which++) {
        problem p = {.inner = NNFS_IDENTITY, .outer = outer[which], .loss = losses[which]};
        nnfs_network *network = NULL;
        nnfs_trainer *trainer = NULL;
        nnfs_train_settings settings;
        nnfs_train_settings_init(&settings);
        assert_int_equal(network_of(&p, &network, NULL), NNFS_OK);
        set_parameters(&p, network); /* all zero */
        float *bias = nnfs_network_biases(network, 1);
        bias[0] = 10000.0f;
        bias[1] = -10000.0f;
        assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
        float x[inputs] = {0};
        int32_t label = 1;
        nnfs_arrays arrays = {.features = x,
                              .feature_count = inputs,
                              .samples = 1,
                              .labels = &label,
                              .classes = outputs};
        double loss = NAN;
        assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, &loss, NULL), NNFS_OK);
        /* -log p_1 = 20000; or, of three sigmoids, (10000 + 10000 + log 2) / 3. */
        double wanted = which == 0 ? 20000.0 : (20000.0 + log(2.0)) / 3.0;
        assert_true(fabs(loss - wanted) < 1e-6 * wanted);
        const float *db = nnfs_trainer_bias_gradient(trainer, 1);
        assert_true(fabsf(db[0] - (which == 0 ? 1.0f : 1.0f / 3.0f)) < 1e-6f);
        assert_true(fabsf(db[1] + (which == 0 ? 1.0f : 1.0f / 3.0f)) < 1e-6f);
        nnfs_trainer_free(trainer);
        nnfs_network_free(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_has_the_right_gradient),
        cmocka_unit_test(huge_logits_have_finite_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
