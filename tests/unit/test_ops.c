/*
 * Every op against a reference in double: losses, gradients of parameters and of inputs along
 * random directions by finite differences, of networks that combine normalisation, dropout,
 * smoothing, weights, frozen layers, chunks, cut rows and partial gradients; running statistics;
 * and equal bits on any number of threads.
 */
#include "base/random.h"
#include "network/normalization.h"
#include "training/trainer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    MOST_LAYERS = 3,
    DIRECTIONS = 3,
    FIRST_STEP_BY_HAND = 1 << 27, /* what its dropout is drawn for */
    SEED = 7,
};

/* What the reference minimises in place of the network's loss: G times the outputs,
 * or the logits. */
typedef enum objective {
    OF_LOSS,
    OF_OUTPUTS,
    OF_LOGITS,
} objective;

typedef struct layer_case {
    nnfs_layer layer;
    nnfs_normalization normalization;
    float dropout;
    int frozen;
} layer_case;

typedef struct op_case {
    const char *name;
    int inputs;
    layer_case layers[MOST_LAYERS];
    int layer_count;
    nnfs_loss loss;
    int samples;
    int64_t batch; /* of the settings */
    float input_dropout;
    float label_smoothing;
    bool labels, weights;
    objective objective;
} op_case;

#define BATCH_NORM NNFS_NORMALIZATION_BATCH
#define LAYER_NORM NNFS_NORMALIZATION_LAYER

static const op_case cases[] = {
    {"batch norm, one layer",
     5,
     {{{7, NNFS_TANH}, BATCH_NORM, 0.0f, 0}, {{3, NNFS_SOFTMAX}, 0, 0.0f, 0}},
     2,
     NNFS_CROSS_ENTROPY,
     .samples = 19,
     .batch = 19,
     .labels = true},
    {"batch norm, dropout and activations that keep z",
     6,
     {{{9, NNFS_GELU}, BATCH_NORM, 0.3f, 0},
      {{17, NNFS_SILU}, BATCH_NORM, 0.5f, 0},
      {{2, NNFS_IDENTITY}, 0, 0.0f, 0}},
     3,
     NNFS_MSE,
     .samples = 67,
     .batch = 128,
     .input_dropout = 0.2f,
     .weights = true},
    {"layer norm, dropout, weights, smoothing",
     33,
     {{{31, NNFS_SILU}, LAYER_NORM, 0.1f, 0},
      {{40, NNFS_GELU}, LAYER_NORM, 0.0f, 0},
      {{10, NNFS_SOFTMAX}, 0, 0.0f, 0}},
     3,
     NNFS_CROSS_ENTROPY,
     .samples = 129,
     .batch = 129,
     .label_smoothing = 0.1f,
     .labels = true,
     .weights = true},
    {"layer norm on cut rows",
     500,
     {{{450, NNFS_TANH}, LAYER_NORM, 0.2f, 0},
      {{460, NNFS_GELU}, LAYER_NORM, 0.0f, 0},
      {{5, NNFS_SOFTMAX}, 0, 0.0f, 0}},
     3,
     NNFS_CROSS_ENTROPY,
     .samples = 77,
     .batch = 77,
     .labels = true},
    {"batch norm on cut rows",
     500,
     {{{451, NNFS_SILU}, BATCH_NORM, 0.2f, 0},
      {{460, NNFS_TANH}, BATCH_NORM, 0.0f, 0},
      {{5, NNFS_IDENTITY}, 0, 0.0f, 0}},
     3,
     NNFS_MSE,
     .samples = 130,
     .batch = 130,
     .input_dropout = 0.1f},
    {"batch norm in chunks, the last of them one sample",
     4,
     {{{8, NNFS_TANH}, BATCH_NORM, 0.25f, 0}, {{2, NNFS_SIGMOID}, 0, 0.0f, 0}},
     2,
     NNFS_BINARY_CROSS_ENTROPY,
     .samples = 4097,
     .batch = 0,
     .label_smoothing = 0.2f},
    {"a batch of one sample",
     4,
     {{{8, NNFS_TANH}, BATCH_NORM, 0.0f, 0},
      {{6, NNFS_GELU}, LAYER_NORM, 0.5f, 0},
      {{3, NNFS_SOFTMAX}, 0, 0.0f, 0}},
     3,
     NNFS_CROSS_ENTROPY,
     .samples = 1,
     .batch = 1,
     .labels = true},
    {"partial gradients",
     9,
     {{{20, NNFS_SILU}, LAYER_NORM, 0.3f, 0}, {{4, NNFS_SOFTMAX}, 0, 0.0f, 0}},
     2,
     NNFS_CROSS_ENTROPY,
     .samples = 2500,
     .batch = 0,
     .input_dropout = 0.1f,
     .labels = true,
     .weights = true},
    {"smaller chunks than arrays",
     9,
     {{{20, NNFS_GELU}, LAYER_NORM, 0.3f, 0}, {{4, NNFS_SIGMOID}, 0, 0.0f, 0}},
     2,
     NNFS_BINARY_CROSS_ENTROPY,
     .samples = 50,
     .batch = 7,
     .label_smoothing = 0.3f,
     .labels = true},
    {"first layer frozen",
     6,
     {{{9, NNFS_GELU}, BATCH_NORM, 0.3f, 1},
      {{7, NNFS_TANH}, LAYER_NORM, 0.0f, 0},
      {{2, NNFS_IDENTITY}, 0, 0.0f, 0}},
     3,
     NNFS_HUBER,
     .samples = 31,
     .batch = 31},
    {"layer in the middle frozen",
     6,
     {{{9, NNFS_GELU}, LAYER_NORM, 0.3f, 0},
      {{7, NNFS_TANH}, BATCH_NORM, 0.0f, 1},
      {{2, NNFS_IDENTITY}, 0, 0.0f, 0}},
     3,
     NNFS_MSE,
     .samples = 31,
     .batch = 31},
    {"all layers frozen",
     6,
     {{{9, NNFS_GELU}, LAYER_NORM, 0.3f, 1}, {{2, NNFS_IDENTITY}, 0, 0.0f, 1}},
     2,
     NNFS_MSE,
     .samples = 31,
     .batch = 31},
    {"gradient of outputs",
     6,
     {{{9, NNFS_TANH}, BATCH_NORM, 0.3f, 0}, {{3, NNFS_SOFTMAX}, 0, 0.0f, 0}},
     2,
     NNFS_CROSS_ENTROPY,
     .samples = 31,
     .batch = 31,
     .objective = OF_OUTPUTS},
    {"gradient of outputs that keep z, in chunks",
     6,
     {{{9, NNFS_TANH}, LAYER_NORM, 0.3f, 0}, {{3, NNFS_GELU}, 0, 0.0f, 0}},
     2,
     NNFS_MSE,
     .samples = 31,
     .batch = 8,
     .objective = OF_OUTPUTS},
    {"gradient of logits, in chunks",
     6,
     {{{9, NNFS_TANH}, 0, 0.0f, 0}, {{3, NNFS_SOFTMAX}, 0, 0.0f, 0}},
     2,
     NNFS_CROSS_ENTROPY,
     .samples = 2100,
     .batch = 0,
     .objective = OF_LOGITS},
};

enum { CASES = sizeof cases / sizeof *cases };

/* ---- The problem's numbers ---- */

typedef struct problem {
    const op_case *of;
    nnfs_network *network;
    int outputs;
    bool evaluates; /* by running statistics, without dropout */
    double *theta;  /* [parameter_floats] laid out like the parameters */
    double *inputs; /* [inputs x samples] */
    float *x, *y, *weights;
    int32_t *labels;
} problem;

static float noise(uint64_t stream, uint64_t index)
{
    random_words words = random_draw((random_key){stream, RANDOM_DIGITS}, 0, index, 0);
    return 2.0f * random_unit(words.word[0]) - 1.0f;
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

static nnfs_network *network_of(const op_case *c)
{
    nnfs_layer layers[MOST_LAYERS];
    nnfs_normalization normalization[MOST_LAYERS];
    float dropout[MOST_LAYERS];
    for (int i = 0; i < c->layer_count; i++) {
        layers[i] = c->layers[i].layer;
        normalization[i] = c->layers[i].normalization;
        dropout[i] = c->layers[i].dropout;
    }
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = c->inputs;
    settings.layers = layers;
    settings.layer_count = c->layer_count;
    settings.loss = c->loss;
    settings.normalization = normalization;
    settings.dropout = dropout;
    settings.input_dropout = c->input_dropout;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    for (int i = 0; i < c->layer_count; i++) {
        assert_int_equal(nnfs_network_freeze(network, i, c->layers[i].frozen, NULL), NNFS_OK);
    }
    return network;
}

/* Scales, biases and statistics away from 1 and 0, where a mistake would not show. */
static void disturb(nnfs_network *network)
{
    for (int t = 0; t < network->tensor_count; t++) {
        const network_tensor *tensor = &network->tensors[t];
        for (int i = 0; i < tensor->rows && tensor->rank == 1; i++) {
            network->parameters[tensor->offset + (size_t)i] +=
                0.4f * noise(11, (uint64_t)(100 * t + i));
        }
    }
}

static void fill_targets(problem *p)
{
    for (int j = 0; j < p->of->samples; j++) {
        float sum = 0.0f;
        float *y = p->y + (size_t)j * (size_t)p->outputs;
        p->labels[j] = j * 7 % p->outputs;
        for (int i = 0; i < p->outputs; i++) {
            y[i] = 0.5f * (1.0f + noise(3, (uint64_t)(j * p->outputs + i)));
            sum += y[i];
        }
        for (int i = 0; i < p->outputs; i++) {
            y[i] = p->of->labels ? (float)(p->labels[j] == i) : y[i] / (sum + 1e-9f);
        }
        p->weights[j] = p->of->weights ? 1.0f + noise(4, (uint64_t)j) : 1.0f;
    }
}

static problem make_problem(const op_case *c)
{
    problem p = {.of = c, .network = network_of(c)};
    size_t samples = (size_t)c->samples;
    size_t values = (size_t)c->inputs * samples;
    disturb(p.network);
    p.outputs = nnfs_network_outputs(p.network);
    p.theta = allocate(p.network->parameter_floats, sizeof *p.theta);
    p.inputs = allocate(values, sizeof *p.inputs);
    p.x = allocate(values, sizeof *p.x);
    p.y = allocate((size_t)p.outputs * samples, sizeof *p.y);
    p.weights = allocate(samples, sizeof *p.weights);
    p.labels = allocate(samples, sizeof *p.labels);
    for (size_t i = 0; i < p.network->parameter_floats; i++) {
        p.theta[i] = (double)p.network->parameters[i];
    }
    for (size_t i = 0; i < values; i++) {
        p.x[i] = noise(5, i);
        p.inputs[i] = (double)p.x[i];
    }
    fill_targets(&p);
    return p;
}

static void free_problem(problem *p)
{
    free(p->theta);
    free(p->inputs);
    free(p->x);
    free(p->y);
    free(p->weights);
    free(p->labels);
    nnfs_network_free(p->network);
}

/* ---- The reference ---- */

static double activate(nnfs_activation f, double z)
{
    switch (f) {
    case NNFS_TANH:
        return tanh(z);
    case NNFS_GELU:
        return 0.5 * z * (1.0 + erf(z / sqrt(2.0)));
    case NNFS_SILU:
        return z / (1.0 + exp(-z));
    case NNFS_SIGMOID:
        return 1.0 / (1.0 + exp(-z));
    default:
        return z;
    }
}

/* 0, or 1 / (1 - share): the bits of unit u are the half u % 8 of draw u / 8 of the layer. */
static double dropout_factor(float share, int layer, int sample, int unit)
{
    uint32_t draw = (uint32_t)(layer + 1) * (1u << 22) + (uint32_t)unit / 8;
    random_words words =
        random_draw((random_key){SEED, RANDOM_DROPOUT}, FIRST_STEP_BY_HAND, (uint64_t)sample, draw);
    uint32_t bits = words.word[unit % 8 / 2] >> (unit % 2 * 16) & 0xffff;
    return bits < (uint32_t)(share * 65536.0f + 0.5f) ? 0.0 : (double)(1.0f / (1.0f - share));
}

static void drop(float share, int layer, int first, int count, int units, double *a)
{
    for (int j = 0; j < count && share > 0.0f; j++) {
        for (int i = 0; i < units; i++) {
            a[i + j * units] *= dropout_factor(share, layer, first + j, i);
        }
    }
}

static void normalize_over(double *z, int count, int stride)
{
    double mean = 0.0;
    double variance = 0.0;
    for (int i = 0; i < count; i++) {
        mean += z[i * stride] / count;
    }
    for (int i = 0; i < count; i++) {
        variance += (z[i * stride] - mean) * (z[i * stride] - mean) / count;
    }
    for (int i = 0; i < count; i++) {
        z[i * stride] = (z[i * stride] - mean) / sqrt(variance + NORMALIZATION_EPSILON);
    }
}

static const double *tensor_at(const problem *p, int tensor)
{
    return p->theta + p->network->tensors[tensor].offset;
}

static void normalize(const problem *p, const network_layer *layer, int count, double *z)
{
    nnfs_normalization which = layer->normalization;
    int units = layer->out;
    if (p->evaluates && which == BATCH_NORM) {
        const double *mean = tensor_at(p, layer->running_mean);
        const double *variance = tensor_at(p, layer->running_variance);
        for (int i = 0; i < units * count; i++) {
            int unit = i % units;
            z[i] = (z[i] - mean[unit]) / sqrt(variance[unit] + NORMALIZATION_EPSILON);
        }
        return;
    }
    for (int j = 0; which == LAYER_NORM && j < count; j++) {
        normalize_over(z + j * units, units, 1);
    }
    for (int i = 0; which == BATCH_NORM && i < units; i++) {
        normalize_over(z + i, count, units);
    }
}

/* z = W a for all samples of a chunk. */
static void multiply(const problem *p, int index, const double *a, int count, double *z)
{
    const network_layer *layer = &p->network->layers[index];
    const network_tensor *w = &p->network->tensors[layer->weight];
    for (int j = 0; j < count; j++) {
        double *column = z + (ptrdiff_t)j * layer->out;
        memset(column, 0, (size_t)layer->out * sizeof *column);
        for (int k = 0; k < layer->in; k++) {
            double x = a[(ptrdiff_t)j * layer->in + k];
            const double *from = p->theta + w->offset + k * w->column_stride;
            for (int i = 0; i < layer->out; i++) {
                column[i] += from[i * w->row_stride] * x;
            }
        }
    }
}

/* Logits of a chunk of samples, which the caller frees. */
static double *reference_logits(const problem *p, int first, int count)
{
    int units = p->of->inputs;
    double *a = allocate((size_t)units * (size_t)count, sizeof *a);
    memcpy(a, p->inputs + (ptrdiff_t)first * units, (size_t)(units * count) * sizeof *a);
    drop(p->evaluates ? 0.0f : p->of->input_dropout, -1, first, count, units, a);
    for (int l = 0; l < p->of->layer_count; l++) {
        const network_layer *layer = &p->network->layers[l];
        double *z = allocate((size_t)layer->out * (size_t)count, sizeof *z);
        units = layer->out;
        multiply(p, l, a, count, z);
        normalize(p, layer, count, z);
        for (int i = 0; i < units * count; i++) {
            double scale = layer->scale >= 0 ? tensor_at(p, layer->scale)[i % units] : 1.0;
            z[i] = scale * z[i] + tensor_at(p, layer->bias)[i % units];
            z[i] = l + 1 < p->of->layer_count ? activate(layer->activation, z[i]) : z[i];
        }
        drop(p->evaluates ? 0.0f : layer->dropout, l, first, count, units, z);
        free(a);
        a = z;
    }
    return a;
}

/* Turns logits into outputs; returns the logarithm of softmax's denominator. */
static double output_column(const problem *p, double *z)
{
    nnfs_activation f = network_output(p->network)->activation;
    double sum = 0.0;
    for (int i = 0; i < p->outputs; i++) {
        sum += exp(z[i]);
    }
    for (int i = 0; i < p->outputs; i++) {
        z[i] = f == NNFS_SOFTMAX ? exp(z[i]) / sum : activate(f, z[i]);
    }
    /* cppcheck-suppress invalidFunctionArg ; there is an output, so the sum is not 0 */
    return log(sum);
}

static double term(nnfs_loss loss, double p, double y)
{
    double e = p - y;
    switch (loss) {
    case NNFS_CROSS_ENTROPY:
        return -y * log(p);
    case NNFS_BINARY_CROSS_ENTROPY:
        return -y * log(p) - (1.0 - y) * log(1.0 - p);
    case NNFS_MSE:
        return e * e;
    default:
        return fabs(e) < 1.0 ? 0.5 * e * e : fabs(e) - 0.5;
    }
}

/* What a sample adds to the objective; z are its logits. */
static double sample_objective(const problem *p, int sample, double *z)
{
    const op_case *c = p->of;
    double e = (double)c->label_smoothing;
    double sum = 0.0;
    if (c->objective != OF_LOGITS) {
        (void)output_column(p, z);
    }
    for (int i = 0; i < p->outputs; i++) {
        double y = (double)p->y[(ptrdiff_t)sample * p->outputs + i];
        if (c->objective != OF_LOSS) {
            sum += y * z[i];
        } else {
            int choices = c->loss == NNFS_CROSS_ENTROPY ? p->outputs : 2;
            sum += (double)p->weights[sample] * term(c->loss, z[i], (1.0 - e) * y + e / choices);
        }
    }
    return sum;
}

static double reference(const problem *p, int chunk)
{
    double sum = 0.0;
    for (int first = 0; first < p->of->samples; first += chunk) {
        int left = p->of->samples - first;
        int count = left < chunk ? left : chunk;
        double *z = reference_logits(p, first, count);
        for (int j = 0; j < count; j++) {
            sum += sample_objective(p, first + j, z + (ptrdiff_t)j * p->outputs);
        }
        free(z);
    }
    bool mean = p->of->objective == OF_LOSS;
    return mean ? sum / network_loss_terms(p->network, p->of->samples) : sum;
}

/* ---- Along a direction ---- */

/* d[i] is 1 or -1. */
static double sign_at(uint64_t direction, size_t i)
{
    return noise(100 + direction, i) < 0.0f ? -1.0 : 1.0;
}

/* The slope of the reference as values [rows x columns, strided] move along a direction. */
static double slope(const problem *p, int chunk, double *values, size_t count, uint64_t direction)
{
    const double step = 1e-6;
    double at[2];
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < count; i++) {
            values[i] += (side == 0 ? 1.0 : -2.0) * step * sign_at(direction, i);
        }
        at[side] = reference(p, chunk);
    }
    for (size_t i = 0; i < count; i++) {
        values[i] += step * sign_at(direction, i);
    }
    return (at[0] - at[1]) / (2.0 * step);
}

/* Holds a gradient against slopes along some directions. */
static void check_slopes(const problem *p, int chunk, double *values, const float *gradient,
                         size_t count, const char *what)
{
    double norm = 0.0;
    for (size_t i = 0; i < count; i++) {
        norm += (double)gradient[i] * (double)gradient[i];
    }
    for (uint64_t d = 0; d < DIRECTIONS; d++) {
        double got = 0.0;
        for (size_t i = 0; i < count; i++) {
            got += sign_at(d, i) * (double)gradient[i];
        }
        double wanted = slope(p, chunk, values, count, d);
        if (!(fabs(got - wanted) <= 1e-4 * sqrt(norm) + 2e-6 * fabs(wanted) + 1e-7)) {
            fail_msg("%s: %s: %.9g in place of %.9g; norm %g", p->of->name, what, got, wanted,
                     sqrt(norm));
        }
    }
}

static void check_tensors(const problem *p, int chunk, const float *gradient)
{
    for (int t = 0; t < p->network->tensor_count; t++) {
        const network_tensor *tensor = &p->network->tensors[t];
        size_t count = (size_t)tensor->rows * (size_t)tensor->columns;
        const float *part = gradient + tensor->offset;
        if (tensor->trained && !p->network->layers[tensor->layer].frozen) {
            check_slopes(p, chunk, p->theta + tensor->offset, part, count, tensor->name);
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            assert_true(part[i] == 0.0f);
        }
    }
}

/* ---- The library's ---- */

static nnfs_arrays arrays_of(const problem *p)
{
    const op_case *c = p->of;
    nnfs_arrays arrays = {.features = p->x, .feature_count = c->inputs, .samples = c->samples};
    if (c->labels) {
        arrays.labels = p->labels;
        arrays.classes = p->outputs;
    } else {
        arrays.targets = p->y;
        arrays.target_count = p->outputs;
    }
    arrays.weights = c->weights ? p->weights : NULL;
    return arrays;
}

static nnfs_train_settings settings_of(const op_case *c)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.batch = c->batch;
    settings.seed = SEED;
    settings.label_smoothing = c->label_smoothing;
    settings.optimizer = NNFS_SGD;
    return settings;
}

static void check_case(const op_case *c)
{
    problem p = make_problem(c);
    nnfs_train_settings settings = settings_of(c);
    nnfs_trainer *trainer = NULL;
    assert_int_equal(nnfs_trainer_create(p.network, &settings, &trainer, NULL), NNFS_OK);
    nnfs_arrays arrays = arrays_of(&p);
    nnfs_step step;
    nnfs_step_init(&step);
    step.arrays = &arrays;
    step.update = 0;
    step.output_gradient = c->objective == OF_LOSS ? NULL : p.y;
    step.of_logits = c->objective == OF_LOGITS;
    size_t values = (size_t)c->inputs * (size_t)c->samples;
    step.input_gradient = allocate(values, sizeof *step.input_gradient);
    double loss = 0.0;
    nnfs_error error = {0};
    if (nnfs_trainer_run(trainer, &step, &loss, &error) != NNFS_OK) {
        fail_msg("%s: %s", c->name, error.message);
    }
    int chunk = trainer->program.chunk;
    if (c->objective == OF_LOSS) {
        double wanted = reference(&p, chunk);
        if (!(fabs(loss - wanted) <= 1e-5 * fabs(wanted))) {
            fail_msg("%s: a loss of %.9g in place of %.9g", c->name, loss, wanted);
        }
    } else {
        assert_true(isnan(loss));
    }
    check_tensors(&p, chunk, trainer->gradient);
    check_slopes(&p, chunk, p.inputs, step.input_gradient, values, "inputs");
    free(step.input_gradient);
    nnfs_trainer_free(trainer);
    free_problem(&p);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        check_case(&cases[i]);
    }
}

/* ---- Predictions ---- */

/* Folded statistics, also tiny variances, against the formula in double. */
static void check_predictions(const op_case *c, float variance)
{
    problem p = make_problem(c);
    p.evaluates = true;
    for (int t = 0; t < p.network->tensor_count && variance > 0.0f; t++) {
        const network_tensor *tensor = &p.network->tensors[t];
        for (int i = 0; strcmp(tensor->name, "running_variance") == 0 && i < tensor->rows; i++) {
            size_t at = tensor->offset + (size_t)i;
            p.network->parameters[at] = variance * (float)(i % 3);
            p.theta[at] = (double)p.network->parameters[at];
        }
    }
    size_t count = (size_t)p.outputs * (size_t)c->samples;
    float *outputs = allocate(count, sizeof *outputs);
    double *wanted = reference_logits(&p, 0, c->samples);
    double largest = 0.0;
    assert_int_equal(nnfs_predict(p.network, p.x, c->samples, 2, outputs, NULL), NNFS_OK);
    for (int j = 0; j < c->samples; j++) {
        (void)output_column(&p, wanted + (ptrdiff_t)j * p.outputs);
    }
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(wanted[i]));
    }
    for (size_t i = 0; i < count; i++) {
        if (!(fabs((double)outputs[i] - wanted[i]) <= 1e-5 * largest)) {
            fail_msg("%s: %.9g in place of %.9g", c->name, (double)outputs[i], wanted[i]);
        }
    }
    free(outputs);
    free(wanted);
    free_problem(&p);
}

static void predictions_are_the_formula(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        check_predictions(&cases[i], 0.0f);
        /* A tiny variance multiplies the rounding of sums by 316, in every layer:
         * small ones only. */
        if (cases[i].inputs < 100) {
            check_predictions(&cases[i], 1e-12f);
        }
    }
}

/* ---- Bits ---- */

static int most_threads;

static uint64_t hash_after(const op_case *c, int threads, bool clip)
{
    problem p = make_problem(c);
    nnfs_arrays arrays = arrays_of(&p);
    nnfs_train_settings settings = settings_of(c);
    settings.optimizer = NNFS_ADAM;
    settings.epochs = 2;
    settings.batch = c->batch > 16 ? c->batch / 2 : c->batch;
    settings.threads = threads;
    settings.clip_norm = clip ? 0.1f : 0.0f;
    settings.noise = settings.layer_noise = clip ? 0.2f : 0.0f;
    settings.ema = clip ? 0.5f : 0.0f;
    nnfs_trainer *trainer = NULL;
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_create(p.network, &settings, &trainer, NULL), NNFS_OK);
    most_threads = trainer->threads > most_threads ? trainer->threads : most_threads;
    for (int i = 0; i < settings.epochs; i++) {
        assert_int_equal(nnfs_trainer_epoch(trainer, dataset, NULL, NULL), NNFS_OK);
    }
    uint64_t hash = nnfs_network_hash(p.network);
    nnfs_trainer_free(trainer);
    nnfs_dataset_free(dataset);
    free_problem(&p);
    return hash;
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    const int threads[] = {2, 3, 8};
    for (int i = 0; i < CASES; i++) {
        for (int clip = 0; clip < 2 && cases[i].objective == OF_LOSS; clip++) {
            uint64_t wanted = hash_after(&cases[i], 1, clip != 0);
            for (int t = 0; t < 3; t++) {
                if (hash_after(&cases[i], threads[t], clip != 0) != wanted) {
                    fail_msg("%s: other bits on %d threads", cases[i].name, threads[t]);
                }
            }
        }
    }
    assert_true(most_threads >= 8);
}

/* ---- Running statistics ---- */

/* PyTorch's: momentum 0.1, the variance of a step divided by n - 1. */
static void check_running(const nnfs_network *network, const float *x, int samples, double share)
{
    const network_layer *layer = &network->layers[0];
    const float *mean = network->parameters + network->tensors[layer->running_mean].offset;
    const float *variance = network->parameters + network->tensors[layer->running_variance].offset;
    double sum = 0.0;
    double squares = 0.0;
    for (int j = 0; j < samples; j++) {
        sum += (double)x[j] / samples;
    }
    for (int j = 0; j < samples; j++) {
        squares += ((double)x[j] - sum) * ((double)x[j] - sum) / (samples - 1);
    }
    assert_true(fabs((double)mean[0] - share * sum) < 1e-6);
    assert_true(fabs((double)variance[0] - (1.0 - share + share * squares)) < 1e-6);
}

/* A layer that normalises its only input. */
static nnfs_network *normalizer(void)
{
    const op_case c = {
        .inputs = 1,
        .layers = {{{1, NNFS_IDENTITY}, BATCH_NORM, 0.0f, 0}, {{1, NNFS_IDENTITY}, 0, 0.0f, 0}},
        .layer_count = 2,
        .loss = NNFS_MSE};
    nnfs_network *network = network_of(&c);
    const float one = 1.0f;
    assert_int_equal(nnfs_network_set_weights(network, 0, &one, NULL), NNFS_OK);
    return network;
}

static void statistics_run_once_a_step(void **state)
{
    (void)state;
    enum { samples = 5 };
    const float x[samples] = {1.0f, 2.0f, 4.0f, 8.0f, -3.0f};
    const float y[samples] = {0.0f, 1.0f, 0.0f, 1.0f, 0.0f};
    nnfs_arrays arrays = {
        .features = x, .feature_count = 1, .samples = samples, .targets = y, .target_count = 1};
    for (int halves = 0; halves < 2; halves++) {
        nnfs_network *network = normalizer();
        nnfs_trainer *trainer = NULL;
        nnfs_train_settings settings;
        nnfs_train_settings_init(&settings);
        settings.learning_rate = 1e-20f;
        assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
        double share = 0.0;
        for (int step = 0; step < 3; step++) {
            share += 0.1 * (1.0 - share);
            if (halves) {
                assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, NULL, NULL), NNFS_OK);
                assert_int_equal(nnfs_trainer_update(trainer, NULL), NNFS_OK);
                assert_int_equal(nnfs_trainer_update(trainer, NULL), NNFS_OK);
            } else {
                assert_int_equal(nnfs_trainer_step(trainer, &arrays, NULL, NULL), NNFS_OK);
            }
            check_running(network, x, samples, share);
        }
        /* A single sample has no variance. */
        arrays.samples = 1;
        assert_int_equal(nnfs_trainer_step(trainer, &arrays, NULL, NULL), NNFS_OK);
        arrays.samples = samples;
        check_running(network, x, samples, share);
        nnfs_trainer_free(trainer);
        nnfs_network_free(network);
    }
}

/* ---- Dropout ---- */

/* Zeros and values divided by 1 - p, in the share asked for; the mean stays. */
static void dropout_keeps_the_mean(void **state)
{
    (void)state;
    const op_case c = {
        .inputs = 3,
        .layers = {{{500, NNFS_IDENTITY}, 0, 0.3f, 0}, {{1, NNFS_IDENTITY}, 0, 0.0f, 0}},
        .layer_count = 2,
        .loss = NNFS_MSE,
        .samples = 400,
        .batch = 400};
    problem p = make_problem(&c);
    nnfs_train_settings settings = settings_of(&c);
    nnfs_trainer *trainer = NULL;
    nnfs_arrays arrays = arrays_of(&p);
    assert_int_equal(nnfs_trainer_create(p.network, &settings, &trainer, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, NULL, NULL), NNFS_OK);
    const program_op *op = program_find(&trainer->program, &op_dropout, 0);
    const float *factors = trainer->work.shards[0].work + op->kept.offset;
    const float *before = trainer->work.shards[0].work + op->in.offset;
    const float *after = trainer->work.shards[0].work + op->out.offset;
    int count = 500 * 400;
    int zeros = 0;
    for (int i = 0; i < count; i++) {
        zeros += factors[i] == 0.0f;
        assert_true(factors[i] == 0.0f || factors[i] == 1.0f / (1.0f - 0.3f));
        assert_true(after[i] == before[i] * factors[i]);
    }
    assert_true(fabs(zeros / (double)count - 0.3) < 0.005); /* five deviations */
    nnfs_trainer_free(trainer);
    free_problem(&p);
}

/* ---- Smoothing ---- */

static void smoothing_fits_the_loss(void **state)
{
    (void)state;
    nnfs_network *network = normalizer();
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.label_smoothing = 0.1f;
    nnfs_trainer *trainer = NULL;
    nnfs_error error = {0};
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "mse"));
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(predictions_are_the_formula),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(statistics_run_once_a_step),
        cmocka_unit_test(dropout_keeps_the_mean),
        cmocka_unit_test(smoothing_fits_the_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
