/*
 * Members and embeddings against a reference in double that follows their formulas, one sample,
 * member and piece at a time: predictions, losses, and the gradient of every parameter as a slope
 * between two losses. What is saved predicts the same, and no bit depends on the number of threads.
 */
#include "network/network.h"
#include "training/trainer.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { INPUTS = 7, HIDDEN = 6, SAMPLES = 37, MOST = 64 };

/* Inputs 3 to 6 are two categories, one-hot; 1 is in no embedding. */
static const int numbers[] = {0, 2};
static const int categories[] = {3, 5};
static const int category_sizes[] = {2, 2};

enum { NUMBERS = 1, CATEGORIES = 2, WAVES = 4 };

static const nnfs_embedding piecewise = {
    .kind = NNFS_EMBEDDING_PIECEWISE, .width = 3, .bins = 5, .count = 2, .inputs = numbers};
static const nnfs_embedding periodic = {.kind = NNFS_EMBEDDING_PERIODIC,
                                        .width = 3,
                                        .frequencies = 4,
                                        .sigma = 0.5f,
                                        .count = 2,
                                        .inputs = numbers};
static const nnfs_embedding category = {.kind = NNFS_EMBEDDING_CATEGORY,
                                        .width = 2,
                                        .count = 2,
                                        .inputs = categories,
                                        .sizes = category_sizes};

typedef struct shape {
    const char *name;
    int members, embeddings, outputs, hidden;
    nnfs_activation output;
    nnfs_loss loss;
} shape;

static const shape shapes[] = {
    {"one member", 1, 0, 2, 1, NNFS_IDENTITY, NNFS_MSE},
    {"members", 3, 0, 2, 1, NNFS_IDENTITY, NNFS_MSE},
    {"members without hidden layers", 3, 0, 3, 0, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {"an embedding", 1, NUMBERS, 1, 1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY},
    {"both", 4, NUMBERS, 3, 2, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {"both, one output", 5, NUMBERS, 1, 2, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY},
    {"both, numbers", 2, NUMBERS, 1, 1, NNFS_IDENTITY, NNFS_MSE},
    {"categories", 1, CATEGORIES, 2, 1, NNFS_IDENTITY, NNFS_MSE},
    {"categories and members", 3, CATEGORIES, 3, 1, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {"waves", 1, WAVES, 2, 1, NNFS_IDENTITY, NNFS_MSE},
    {"waves, categories and members", 3, WAVES | CATEGORIES, 3, 1, NNFS_SOFTMAX,
     NNFS_CROSS_ENTROPY},
    {"all", 3, NUMBERS | CATEGORIES, 1, 2, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY},
};

/* ---- Data ---- */

typedef struct samples {
    float x[INPUTS * SAMPLES];
    float y[3 * SAMPLES];
    int32_t labels[SAMPLES];
    nnfs_arrays arrays;
    nnfs_dataset *dataset;
} samples;

static void make_samples(samples *made, const shape *of)
{
    uint32_t state = 7;
    for (int i = 0; i < INPUTS * SAMPLES; i++) {
        state = state * 1664525u + 1013904223u;
        made->x[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
    for (int i = 0; i < SAMPLES; i++) {
        made->x[i * INPUTS + 2] = (float)(i % 3); /* few values: fewer pieces than bins */
        for (int c = 3; c < INPUTS; c += 2) {
            made->x[i * INPUTS + c] = (float)((i + c) % 3 == 0);
            made->x[i * INPUTS + c + 1] = 1.0f - made->x[i * INPUTS + c];
        }
        made->labels[i] = i * i % (of->outputs > 1 ? of->outputs : 2);
        for (int o = 0; o < of->outputs; o++) {
            made->y[i * of->outputs + o] = sinf((float)(i + o));
        }
    }
    bool classes = of->loss != NNFS_MSE;
    made->arrays = (nnfs_arrays){.features = made->x,
                                 .feature_count = INPUTS,
                                 .samples = SAMPLES,
                                 .labels = classes ? made->labels : NULL,
                                 .classes = of->outputs > 1 ? of->outputs : 2,
                                 .targets = classes ? NULL : made->y,
                                 .target_count = classes ? 0 : of->outputs};
    made->arrays.classes = classes ? made->arrays.classes : 0;
    assert_int_equal(nnfs_dataset_wrap(&made->arrays, &made->dataset, NULL), NNFS_OK);
}

static nnfs_network *make_network(const shape *of, const samples *data)
{
    const nnfs_layer layers[] = {
        {HIDDEN, NNFS_TANH}, {HIDDEN, NNFS_TANH}, {of->outputs, of->output}};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    settings.inputs = INPUTS;
    settings.layers = layers + 2 - of->hidden;
    settings.layer_count = of->hidden + 1;
    settings.loss = of->loss;
    settings.members = of->members;
    nnfs_embedding embeddings[3];
    settings.embeddings = embeddings;
    if (of->embeddings & CATEGORIES) { /* also before the numbers */
        embeddings[settings.embedding_count++] = category;
    }
    if (of->embeddings & NUMBERS) {
        embeddings[settings.embedding_count++] = piecewise;
    }
    if (of->embeddings & WAVES) {
        embeddings[settings.embedding_count++] = periodic;
    }
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_fit_embedding(network, data->dataset, NULL), NNFS_OK);
    for (int t = 0; t < network->tensor_count; t++) { /* so that no parameter is 0 */
        const network_tensor *tensor = &network->tensors[t];
        for (int i = 0; tensor->trained && i < tensor->rows * tensor->columns; i++) {
            network->parameters[tensor->offset + (size_t)i] += 0.1f * sinf((float)(i + t));
        }
    }
    return network;
}

/* ---- The reference ---- */

static double at(const nnfs_network *network, const double *p, int tensor, int row, int column)
{
    const network_tensor *t = &network->tensors[tensor];
    return p[(ptrdiff_t)t->offset + row * t->row_stride + column * t->column_stride];
}

static double ple(const nnfs_network *network, const double *p, const network_embedding *e,
                  int column, int piece, double x)
{
    int pieces = 0;
    while (pieces < e->as.bins && at(network, p, e->edges, pieces + 1, column) < (double)NO_EDGE) {
        pieces++;
    }
    if (piece >= pieces) {
        return 0.0;
    }
    double from = at(network, p, e->edges, piece, column);
    double to = at(network, p, e->edges, piece + 1, column);
    double share = (x - from) / (to - from);
    share = piece > 0 && share < 0.0 ? 0.0 : share;
    return piece < pieces - 1 && share > 1.0 ? 1.0 : share;
}

static double reference_number(const nnfs_network *network, const double *p,
                               const network_embedding *e, const float *x, int c, int w)
{
    double value = (double)x[numbers[c]];
    double sum = at(network, p, e->table, w, c) * value + at(network, p, e->table, 3 + w, c);
    for (int t = 0; t < e->as.bins; t++) {
        sum += at(network, p, e->table, (2 + t) * 3 + w, c) * ple(network, p, e, c, t, value);
    }
    return sum;
}

static double reference_wave(const nnfs_network *network, const double *p,
                             const network_embedding *e, const float *x, int c, int w)
{
    double value = (double)x[numbers[c]];
    if (w == 2) {
        return value;
    }
    double sum = at(network, p, e->table, 8 + 8 + w, c);
    for (int f = 0; f < 4; f++) {
        double angle = 2.0 * 3.14159265358979323846 * at(network, p, e->table, f, c) * value +
                       at(network, p, e->table, 4 + f, c);
        sum += at(network, p, e->table, 8 + 2 * f + w, c) * cos(angle);
    }
    return sum;
}

static double reference_category(const nnfs_network *network, const double *p,
                                 const network_embedding *e, const float *x, int c, int w)
{
    double sum = 0.0;
    for (int i = 0; i < 2; i++) {
        sum += (double)x[categories[c] + i] * at(network, p, e->table, w, 2 * c + i);
    }
    return sum;
}

static int reference_inputs(const nnfs_network *network, const double *p, const float *x, double *e)
{
    int made = 0;
    bool embedded[INPUTS] = {false};
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *from = &network->embeddings[i];
        static double (*const kinds[])(const nnfs_network *, const double *,
                                       const network_embedding *, const float *, int, int) = {
            [NNFS_EMBEDDING_PIECEWISE] = reference_number,
            [NNFS_EMBEDDING_CATEGORY] = reference_category,
            [NNFS_EMBEDDING_PERIODIC] = reference_wave,
        };
        for (int c = 0; c < from->as.count; c++) {
            for (int w = 0; w < from->as.width; w++) {
                e[made++] = kinds[from->as.kind](network, p, from, x, c, w);
            }
            embedded[from->inputs[c]] = true;
            embedded[from->inputs[c] + from->sizes[c] - 1] = true;
        }
    }
    for (int i = 0; i < INPUTS; i++) {
        if (!embedded[i]) {
            e[made++] = (double)x[i];
        }
    }
    return made;
}

/* Outputs of one member. */
static void reference_member(const nnfs_network *network, const double *p, const float *x,
                             int member, double *outputs)
{
    double a[MOST];
    double z[MOST];
    int count = reference_inputs(network, p, x, a);
    for (int i = 0; network->members > 1 && i < count; i++) {
        a[i] *= at(network, p, network->member_scale, i, member);
    }
    for (int l = 0; l < network->layer_count; l++) {
        const network_layer *layer = &network->layers[l];
        bool last = l + 1 == network->layer_count;
        int head = last ? member : 0;
        double sum = 0.0;
        for (int o = 0; o < layer->out; o++) {
            z[o] = at(network, p, layer->bias, head * layer->out + o, 0);
            for (int i = 0; i < count; i++) {
                z[o] += at(network, p, layer->weight, o, head * count + i) * a[i];
            }
            sum += exp(z[o]);
        }
        for (int o = 0; o < layer->out; o++) {
            switch (layer->activation) {
            case NNFS_TANH:
                a[o] = tanh(z[o]);
                break;
            case NNFS_SOFTMAX:
                a[o] = exp(z[o]) / sum;
                break;
            case NNFS_SIGMOID:
                a[o] = 1.0 / (1.0 + exp(-z[o]));
                break;
            default:
                a[o] = z[o];
            }
        }
        count = layer->out;
    }
    memcpy(outputs, a, (size_t)count * sizeof *outputs);
}

static double loss_of_sample(const shape *of, const samples *data, const double *outputs, int j)
{
    int label = data->labels[j];
    double loss = 0.0;
    if (of->loss == NNFS_CROSS_ENTROPY) {
        return -log(outputs[label]);
    }
    if (of->loss == NNFS_BINARY_CROSS_ENTROPY) {
        return -log(label ? outputs[0] : 1.0 - outputs[0]);
    }
    for (int o = 0; o < of->outputs; o++) {
        double e = outputs[o] - (double)data->y[j * of->outputs + o];
        loss += e * e / of->outputs;
    }
    return loss;
}

/* What training minimises: the mean of the members' losses. */
static double reference_loss(const nnfs_network *network, const double *p, const shape *of,
                             const samples *data)
{
    double loss = 0.0;
    double outputs[MOST];
    for (int j = 0; j < SAMPLES; j++) {
        for (int m = 0; m < of->members; m++) {
            reference_member(network, p, data->x + (ptrdiff_t)j * INPUTS, m, outputs);
            loss += loss_of_sample(of, data, outputs, j);
        }
    }
    return loss / (SAMPLES * of->members);
}

/* ---- The tests ---- */

static nnfs_trainer *make_trainer(nnfs_network *network, int threads)
{
    nnfs_train_settings settings;
    nnfs_trainer *trainer = NULL;
    nnfs_train_settings_init(&settings);
    settings.batch = SAMPLES;
    settings.threads = threads;
    settings.clip_norm = 0.5f;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    return trainer;
}

static void check_gradient(const shape *of)
{
    samples data;
    make_samples(&data, of);
    nnfs_network *network = make_network(of, &data);
    nnfs_trainer *trainer = make_trainer(network, 1);
    double loss = 0.0;
    size_t count = 0;
    assert_int_equal(nnfs_trainer_gradient(trainer, &data.arrays, &loss, NULL), NNFS_OK);
    const float *gradient = nnfs_trainer_gradients(trainer, &count);
    double *p = calloc(network->parameter_floats, sizeof *p);
    assert_non_null(p);
    for (size_t i = 0; i < network->parameter_floats; i++) {
        p[i] = (double)network->parameters[i];
    }
    assert_true(fabs(loss - reference_loss(network, p, of, &data)) < 1e-5);
    for (int t = 0; t < network->tensor_count; t++) {
        const network_tensor *tensor = &network->tensors[t];
        for (int i = 0; tensor->trained && i < tensor->rows * tensor->columns; i++) {
            size_t place = tensor->offset + (size_t)i;
            const double step = 1e-5;
            double before = p[place];
            p[place] = before + step;
            double slope = reference_loss(network, p, of, &data);
            p[place] = before - step;
            slope = (slope - reference_loss(network, p, of, &data)) / (2.0 * step);
            p[place] = before;
            if (fabs(slope - (double)gradient[place]) > 2e-5) {
                fail_msg("%s: %s of layer %d, element %d: %g, not %g", of->name, tensor->name,
                         tensor->layer, i, (double)gradient[place], slope);
            }
        }
    }
    free(p);
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    nnfs_dataset_free(data.dataset);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_gradient(&shapes[i]);
    }
}

/* The mean of the members' outputs, its loss, and the same from a file. */
static void check_prediction(const shape *of)
{
    samples data;
    make_samples(&data, of);
    nnfs_network *network = make_network(of, &data);
    float got[3 * SAMPLES];
    float loaded[3 * SAMPLES];
    double loss = 0.0;
    double *p = calloc(network->parameter_floats, sizeof *p);
    assert_non_null(p);
    for (size_t i = 0; i < network->parameter_floats; i++) {
        p[i] = (double)network->parameters[i];
    }
    assert_int_equal(nnfs_predict(network, data.x, SAMPLES, 1, got, NULL), NNFS_OK);
    for (int j = 0; j < SAMPLES; j++) {
        double mean[3] = {0.0};
        double outputs[MOST];
        for (int m = 0; m < of->members; m++) {
            reference_member(network, p, data.x + (ptrdiff_t)j * INPUTS, m, outputs);
            for (int o = 0; o < of->outputs; o++) {
                mean[o] += outputs[o] / of->members;
            }
        }
        for (int o = 0; o < of->outputs; o++) {
            assert_true(fabs(mean[o] - (double)got[j * of->outputs + o]) < 1e-5);
        }
        loss += loss_of_sample(of, &data, mean, j) / SAMPLES;
    }
    nnfs_evaluation evaluation;
    assert_int_equal(nnfs_evaluate(network, data.dataset, 1, &evaluation, NULL), NNFS_OK);
    assert_true(fabs(evaluation.loss - loss) < 1e-5);

    char path[] = "/tmp/nnfs-members-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    (void)close(file);
    nnfs_network *again = NULL;
    nnfs_network *copy = NULL;
    assert_int_equal(nnfs_network_save(network, path, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_load(path, &again, NULL), NNFS_OK);
    (void)unlink(path);
    assert_int_equal(nnfs_network_hash(again), nnfs_network_hash(network));
    assert_int_equal(nnfs_predict(again, data.x, SAMPLES, 1, loaded, NULL), NNFS_OK);
    assert_memory_equal(got, loaded, (size_t)SAMPLES * (size_t)of->outputs * sizeof *got);
    assert_int_equal(nnfs_network_copy(network, &copy, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_hash(copy), nnfs_network_hash(network));
    nnfs_network_free(copy);
    nnfs_network_free(again);
    free(p);
    nnfs_network_free(network);
    nnfs_dataset_free(data.dataset);
}

static void predictions_are_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_prediction(&shapes[i]);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        uint64_t hash[3];
        samples data;
        make_samples(&data, &shapes[i]);
        for (int threads = 1; threads <= 3; threads++) {
            nnfs_network *network = make_network(&shapes[i], &data);
            nnfs_trainer *trainer = make_trainer(network, threads);
            for (int step = 0; step < 5; step++) {
                assert_int_equal(nnfs_trainer_step(trainer, &data.arrays, NULL, NULL), NNFS_OK);
            }
            hash[threads - 1] = nnfs_network_hash(network);
            nnfs_trainer_free(trainer);
            nnfs_network_free(network);
        }
        nnfs_dataset_free(data.dataset);
        assert_int_equal(hash[0], hash[1]);
        assert_int_equal(hash[0], hash[2]);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    const nnfs_layer layers[] = {{3, NNFS_RELU}, {1, NNFS_SOFTPLUS}};
    const int twice[] = {1, 1};
    nnfs_network *network = NULL;
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = 2;
    settings.layers = layers;
    settings.layer_count = 2;
    settings.loss = NNFS_MSE;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    nnfs_network_free(network);
    settings.members = 2; /* whose softplus has no mean */
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_ERROR_ARGUMENT);
    settings.members = 0;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_ERROR_ARGUMENT);
    settings.members = 1;
    const int sizes[] = {1, 2};
    nnfs_embedding wrong[] = {
        {.kind = NNFS_EMBEDDING_PIECEWISE, .width = 2, .bins = 2, .count = 2, .inputs = twice},
        {.kind = NNFS_EMBEDDING_PIECEWISE, .width = 2, .bins = 0, .count = 1, .inputs = twice},
        {.kind = NNFS_EMBEDDING_PIECEWISE, .width = 0, .bins = 2, .count = 1, .inputs = twice},
        {.kind = NNFS_EMBEDDING_PIECEWISE, .width = 2, .bins = 2, .count = 0, .inputs = twice},
        {.kind = NNFS_EMBEDDING_PIECEWISE, .width = 2, .bins = 2, .count = 1},
        {.kind = NNFS_EMBEDDING_CATEGORY, .width = 2, .count = 1, .inputs = twice},
        {.kind = NNFS_EMBEDDING_CATEGORY,
         .width = 2,
         .count = 1,
         .inputs = twice,
         .sizes = sizes + 1},
        {.kind = NNFS_EMBEDDING_PERIODIC,
         .width = 1,
         .frequencies = 2,
         .sigma = 1.0f,
         .count = 1,
         .inputs = twice},
        {.kind = NNFS_EMBEDDING_PERIODIC,
         .width = 2,
         .frequencies = 2,
         .count = 1,
         .inputs = twice},
        {.kind = (nnfs_embedding_kind)77, .width = 2, .count = 1, .inputs = twice},
    };
    settings.embedding_count = 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        settings.embeddings = &wrong[i];
        assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_ERROR_ARGUMENT);
    }
    const int first[] = {0};
    nnfs_embedding two[] = {
        {.kind = NNFS_EMBEDDING_PIECEWISE, .width = 2, .bins = 2, .count = 1, .inputs = twice},
        {.kind = NNFS_EMBEDDING_CATEGORY, .width = 2, .count = 1, .inputs = first, .sizes = sizes},
    };
    settings.embeddings = two;
    settings.embedding_count = 2;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_embedded(network), 2);
    assert_int_equal(nnfs_network_embedding(network, 1).kind, NNFS_EMBEDDING_CATEGORY);
    assert_int_equal(nnfs_network_embedding(network, 2).count, 0);
    nnfs_network_free(network);
    two[1].sizes = sizes + 1; /* an input of both */
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_ERROR_ARGUMENT);
    settings.embedding_count = 4;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(predictions_are_means),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
