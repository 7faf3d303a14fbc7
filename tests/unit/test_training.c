/*
 * Training: the same bits at any number of threads, every sample used, bad numbers noticed before
 * they reach a weight, and the small and odd cases.
 */
#include "training/trainer.h"
#include <float.h>
#include <math.h>

#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Data and networks to train ---- */

enum { feature_count = 50, class_count = 7, sample_count = 2500 };

static float features[feature_count * sample_count];
static int32_t labels[sample_count];
static float targets[2 * sample_count];

/* Classes that a linear map of the features separates, roughly; targets that are such maps. */
static int make_data(void **state)
{
    (void)state;
    uint32_t noise = 1;
    for (int j = 0; j < sample_count; j++) {
        float *x = features + feature_count * j;
        for (int i = 0; i < feature_count; i++) {
            noise = noise * 1664525u + 1013904223u;
            x[i] = (float)(noise >> 8) / 16777216.0f - 0.5f;
        }
        int best = 0;
        for (int c = 1; c < class_count; c++) {
            best = x[c] + x[c + 10] > x[best] + x[best + 10] ? c : best;
        }
        labels[j] = best;
        targets[2 * j] = 3.0f * x[0] - x[1] + 0.5f;
        targets[2 * j + 1] = x[2] + x[3];
    }
    return 0;
}

static nnfs_arrays class_arrays(int64_t samples)
{
    nnfs_arrays arrays = {.features = features,
                          .feature_count = feature_count,
                          .samples = samples,
                          .labels = labels,
                          .classes = class_count};
    return arrays;
}

static nnfs_dataset *dataset_of(const nnfs_arrays *arrays)
{
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(arrays, &dataset, NULL), NNFS_OK);
    return dataset;
}

static nnfs_network *network_with(int inputs, int hidden, int outputs, nnfs_activation outer,
                                  nnfs_loss loss)
{
    nnfs_layer layers[] = {{hidden, NNFS_RELU}, {outputs, outer}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = hidden > 0 ? layers : layers + 1;
    settings.layer_count = hidden > 0 ? 2 : 1;
    settings.loss = loss;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static nnfs_network *classifier(int hidden)
{
    return network_with(feature_count, hidden, class_count, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY);
}

static nnfs_train_settings settings_with(nnfs_optimizer which, int64_t batch, int epochs)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.optimizer = which;
    settings.batch = batch;
    settings.epochs = epochs;
    return settings;
}

/* ---- Same bits ---- */

static uint64_t hash_after(int64_t batch, int hidden, int threads, nnfs_summary *summary)
{
    nnfs_arrays arrays = class_arrays(batch == 1 ? 200 : sample_count);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = classifier(hidden);
    nnfs_train_settings settings = settings_with(NNFS_ADAM, batch, 2);
    settings.threads = threads;
    assert_int_equal(nnfs_train(network, dataset, NULL, dataset, &settings, summary, NULL),
                     NNFS_OK);
    uint64_t hash = nnfs_network_hash(network);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
    return hash;
}

static void expect_same_bits(int64_t batch, int hidden)
{
    const int threads[] = {1, 2, 3, 8};
    nnfs_summary first = {0};
    uint64_t hash = hash_after(batch, hidden, 1, &first);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        nnfs_summary summary = {0};
        assert_int_equal(hash_after(batch, hidden, threads[t], &summary), hash);
        assert_true(summary.train.loss == first.train.loss);
        assert_true(summary.test.accuracy == first.test.accuracy);
    }
}

/* Of the small network, which adds up partial gradients in a large batch, too. */
static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    const int64_t batches[] = {128, 1, 0, 37, 2100};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        expect_same_bits(batches[b], 300);
        expect_same_bits(batches[b], 16);
    }
}

/* Gradients of a network with odd sizes by products of bfloat16: near those of float32, and the
 * same bits at any number of threads, also where W is cut into rows (520 x 400). */
static void bfloat16_is_near_float32_at_any_number_of_threads(void **state)
{
    (void)state;
    enum { in = 401, units = 521, out = 37, n = 150 };
    static float x[in * n], y[out * n];
    uint32_t noise = 1;
    for (int i = 0; i < in * n; i++) {
        noise = noise * 1664525u + 1013904223u;
        x[i] = (float)(noise >> 8) / 8388608.0f - 1.0f;
        y[i % (out * n)] = x[i];
    }
    nnfs_arrays arrays = {
        .features = x, .feature_count = in, .samples = n, .targets = y, .target_count = out};
    nnfs_train_settings settings = settings_with(NNFS_SGD, n, 1);
    double norm = 0.0;
    double distance = 0.0;
    static float expected[2][in * units + units * out + 2000];
    for (int run = 0; run < 5; run++) {
        nnfs_network *network = network_with(in, units, out, NNFS_IDENTITY, NNFS_MSE);
        nnfs_trainer *trainer = NULL;
        size_t count = 0;
        settings.precision = run == 0 ? NNFS_PRECISION_F32 : NNFS_PRECISION_BF16;
        settings.threads = run < 2 ? 1 : run;
        assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
        /* A second step packs the updated weights. */
        assert_int_equal(nnfs_trainer_step(trainer, &arrays, NULL, NULL), NNFS_OK);
        assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, NULL, NULL), NNFS_OK);
        const float *gradient = nnfs_trainer_gradients(trainer, &count);
        assert_true(count <= sizeof expected[0] / sizeof **expected);
        if (run < 2) {
            memcpy(expected[run], gradient, count * sizeof *gradient);
        } else {
            assert_memory_equal(gradient, expected[1], count * sizeof *gradient);
        }
        nnfs_trainer_free(trainer);
        nnfs_network_free(network);
    }
    for (size_t i = 0; i < sizeof expected[0] / sizeof **expected; i++) {
        double d = (double)expected[0][i] - (double)expected[1][i];
        norm += (double)expected[0][i] * (double)expected[0][i];
        distance += d * d;
    }
    printf("bfloat16: relative distance of the gradient %.2e\n", sqrt(distance / norm));
    assert_true(norm > 0.0 && distance > 0.0 && sqrt(distance / norm) < 0.03);
}

/* Nor on who of the governor works: with windows of no length it tries all the time. */
static void bits_do_not_depend_on_the_crew(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(sample_count);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_train_settings settings = settings_with(NNFS_ADAM, 32, 20);
    uint64_t hashes[2];
    for (int i = 0; i < 2; i++) {
        nnfs_network *network = classifier(300);
        nnfs_trainer *trainer = NULL;
        settings.threads = i == 0 ? 1 : 3;
        assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
        trainer->work.governor.window = 0.0;
        for (int epoch = 0; epoch < settings.epochs; epoch++) {
            trainer->work.governor.hold = 0.0;
            assert_int_equal(nnfs_trainer_epoch(trainer, dataset, NULL, NULL), NNFS_OK);
        }
        hashes[i] = nnfs_network_hash(network);
        nnfs_trainer_free(trainer);
        nnfs_network_free(network);
    }
    assert_int_equal(hashes[0], hashes[1]);
    nnfs_dataset_free(dataset);
}

/* The mean gradient over samples from `first` on, by a trainer whose batches have their number. */
static void gradient_of(nnfs_network *network, int64_t first, int64_t samples, float *gradient)
{
    nnfs_arrays arrays = class_arrays(samples);
    arrays.features = (const float *)arrays.features + first * feature_count;
    arrays.labels += first;
    nnfs_train_settings settings = settings_with(NNFS_SGD, samples, 1);
    nnfs_trainer *trainer = NULL;
    size_t count = 0;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    assert_int_equal(trainer->program.partials > 0, samples == sample_count);
    assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, NULL, NULL), NNFS_OK);
    const float *all = nnfs_trainer_gradients(trainer, &count);
    memcpy(gradient, all, count * sizeof *gradient);
    nnfs_trainer_free(trainer);
}

/* A large batch's gradient, of partial ones, is the mean of its halves', which are made
 * in one piece. */
static void partial_gradients_add_up(void **state)
{
    (void)state;
    nnfs_network *network = classifier(16);
    size_t count = network->parameter_floats;
    float *whole = calloc(3 * count, sizeof *whole);
    assert_non_null(whole);
    float *halves[] = {whole + count, whole + 2 * count};
    gradient_of(network, 0, sample_count, whole);
    gradient_of(network, 0, sample_count / 2, halves[0]);
    gradient_of(network, sample_count / 2, sample_count / 2, halves[1]);
    for (size_t i = 0; i < count; i++) {
        float mean = 0.5f * (halves[0][i] + halves[1][i]);
        assert_true(fabsf(whole[i] - mean) < 1e-6f);
    }
    free(whole);
    nnfs_network_free(network);
}

static void seeds_make_a_difference(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(300);
    nnfs_dataset *dataset = dataset_of(&arrays);
    uint64_t hashes[2];
    for (uint64_t seed = 0; seed < 2; seed++) {
        nnfs_network *network = classifier(5);
        nnfs_train_settings settings = settings_with(NNFS_SGD, 32, 1);
        settings.seed = seed;
        assert_int_equal(nnfs_train(network, dataset, NULL, NULL, &settings, NULL, NULL), NNFS_OK);
        hashes[seed] = nnfs_network_hash(network);
        nnfs_network_free(network);
    }
    assert_int_not_equal(hashes[0], hashes[1]);
    nnfs_dataset_free(dataset);
}

/* ---- Every sample is used ---- */

/* Without a nonlinearity and with SGD an epoch of one full batch is a step with all samples. */
static void full_batch_is_one_step_of_all(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(sample_count);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *by_epoch = classifier(8);
    nnfs_network *by_step = classifier(8);
    nnfs_train_settings settings = settings_with(NNFS_SGD, 0, 1);
    nnfs_trainer *trainer = NULL;
    nnfs_epoch epoch;
    double loss = NAN;
    assert_int_equal(nnfs_trainer_create(by_epoch, &settings, &trainer, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_epoch(trainer, dataset, &epoch, NULL), NNFS_OK);
    nnfs_trainer_free(trainer);
    assert_int_equal(nnfs_trainer_create(by_step, &settings, &trainer, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_step(trainer, &arrays, &loss, NULL), NNFS_OK);
    nnfs_trainer_free(trainer);
    assert_true(fabs(loss - epoch.train_loss) < 1e-6);
    for (int i = 0; i < feature_count * 8; i++) {
        float apart = by_epoch->parameters[i] - by_step->parameters[i];
        assert_true(fabsf(apart) < 1e-6f);
    }
    nnfs_network_free(by_epoch);
    nnfs_network_free(by_step);
    nnfs_dataset_free(dataset);
}

/* A bias of zero features' network learns the mean of the targets: a dropped sample would show. */
static void last_short_batch_counts(void **state)
{
    (void)state;
    enum { count = 11 };
    float x[count] = {0};
    float y[count];
    for (int i = 0; i < count; i++) {
        y[i] = (float)(i * i);
    }
    nnfs_arrays arrays = {
        .features = x, .feature_count = 1, .samples = count, .targets = y, .target_count = 1};
    nnfs_dataset *dataset = dataset_of(&arrays);
    for (int64_t batch = 1; batch <= 20; batch++) {
        nnfs_network *network = network_with(1, 0, 1, NNFS_IDENTITY, NNFS_MSE);
        nnfs_train_settings settings = settings_with(NNFS_SGD, batch, 1);
        settings.learning_rate = 1e-30f; /* weights stay: all batches see the same network */
        nnfs_trainer *trainer = NULL;
        nnfs_epoch epoch;
        assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
        assert_int_equal(nnfs_trainer_epoch(trainer, dataset, &epoch, NULL), NNFS_OK);
        double sum = 0.0;
        for (int i = 0; i < count; i++) {
            sum += (double)y[i] * (double)y[i];
        }
        assert_true(fabs(epoch.train_loss - sum / count) < 1e-6 * sum);
        nnfs_trainer_free(trainer);
        nnfs_network_free(network);
    }
    nnfs_dataset_free(dataset);
}

/* ---- Learning ---- */

static void classes_are_learnt(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(sample_count);
    nnfs_dataset *dataset = dataset_of(&arrays);
    for (int o = 0; nnfs_optimizer_name((nnfs_optimizer)o); o++) {
        nnfs_network *network = classifier(32);
        nnfs_train_settings settings = settings_with((nnfs_optimizer)o, 32, 15);
        settings.schedule = NNFS_SCHEDULE_CONSTANT;
        nnfs_summary summary;
        assert_int_equal(nnfs_train(network, dataset, NULL, dataset, &settings, &summary, NULL),
                         NNFS_OK);
        print_message("%-9s loss %.3f accuracy %.3f\n", nnfs_optimizer_name((nnfs_optimizer)o),
                      summary.test.loss, summary.test.accuracy);
        assert_true(summary.test.accuracy > 0.8);
        nnfs_network_free(network);
    }
    nnfs_dataset_free(dataset);
}

static void numbers_are_learnt_and_measured(void **state)
{
    (void)state;
    nnfs_arrays arrays = {.features = features,
                          .feature_count = feature_count,
                          .samples = sample_count,
                          .targets = targets,
                          .target_count = 2};
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = network_with(feature_count, 0, 2, NNFS_IDENTITY, NNFS_MSE);
    nnfs_train_settings settings = settings_with(NNFS_ADAM, 64, 80);
    settings.learning_rate = 0.01f;
    nnfs_summary summary;
    assert_int_equal(nnfs_train(network, dataset, NULL, dataset, &settings, &summary, NULL),
                     NNFS_OK);
    assert_true(summary.test.r2 > 0.999 && summary.test.rmse < 0.03);
    assert_true(isnan(summary.test.accuracy));

    /* Against the definitions, from the outputs. */
    static float outputs[2 * sample_count];
    double squares = 0.0, absolute = 0.0;
    assert_int_equal(nnfs_predict(network, features, sample_count, 0, outputs, NULL), NNFS_OK);
    for (int i = 0; i < 2 * sample_count; i++) {
        double e = (double)outputs[i] - (double)targets[i];
        squares += e * e;
        absolute += fabs(e);
    }
    assert_true(fabs(summary.test.rmse - sqrt(squares / (2 * sample_count))) < 1e-9);
    assert_true(fabs(summary.test.mae - absolute / (2 * sample_count)) < 1e-9);
    assert_true(fabs(summary.test.loss - squares / (2 * sample_count)) < 1e-9);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

/* Two classes on one sigmoid output. */
static void yes_or_no_takes_one_output(void **state)
{
    (void)state;
    static int32_t yes[sample_count];
    for (int i = 0; i < sample_count; i++) {
        yes[i] = features[feature_count * i] > 0.1f;
    }
    nnfs_arrays arrays = class_arrays(sample_count);
    arrays.labels = yes;
    arrays.classes = 2;
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network =
        network_with(feature_count, 8, 1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY);
    nnfs_train_settings settings = settings_with(NNFS_ADAM, 32, 30);
    settings.learning_rate = 0.01f;
    nnfs_summary summary;
    assert_int_equal(nnfs_train(network, dataset, NULL, NULL, &settings, &summary, NULL), NNFS_OK);
    assert_true(summary.train.accuracy > 0.95);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

/* A step and what its trainer was made for: `samples` may be more than its batch. */
typedef struct halves {
    int batch, samples, members;
} halves;

static nnfs_network *network_of_members(int members)
{
    nnfs_layer layers[] = {{20, NNFS_RELU}, {20, NNFS_TANH}, {class_count, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = feature_count;
    settings.layers = layers;
    settings.layer_count = 3;
    settings.loss = NNFS_CROSS_ENTROPY;
    settings.members = members;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static void check_halves(nnfs_optimizer which, const halves *of)
{
    nnfs_arrays arrays = class_arrays(of->samples);
    nnfs_network *whole = network_of_members(of->members);
    nnfs_network *parts = network_of_members(of->members);
    nnfs_train_settings settings = settings_with(which, of->batch, 1);
    settings.weight_decay = 0.01f;
    nnfs_trainer *one = NULL, *two = NULL;
    assert_int_equal(nnfs_trainer_create(whole, &settings, &one, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_create(parts, &settings, &two, NULL), NNFS_OK);
    for (int step = 0; step < 3; step++) {
        assert_int_equal(nnfs_trainer_step(one, &arrays, NULL, NULL), NNFS_OK);
        assert_int_equal(nnfs_trainer_gradient(two, &arrays, NULL, NULL), NNFS_OK);
        assert_int_equal(nnfs_trainer_update(two, NULL), NNFS_OK);
    }
    assert_int_equal(nnfs_network_hash(whole), nnfs_network_hash(parts));
    nnfs_trainer_free(one);
    nnfs_trainer_free(two);
    nnfs_network_free(whole);
    nnfs_network_free(parts);
}

/* A step is its two halves, also where it never stores the gradient: in steps of one sample. */
static void a_step_is_gradient_and_update(void **state)
{
    (void)state;
    static const halves cases[] = {{64, 64, 1}, {1, 1, 1}, {1, 5, 1}, {1, 1, 3}, {7, 20, 3}};
    for (int o = 0; nnfs_optimizer_name((nnfs_optimizer)o); o++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            check_halves((nnfs_optimizer)o, &cases[i]);
        }
    }
}

static double working_set(nnfs_optimizer which, float momentum)
{
    nnfs_network *network = classifier(20);
    nnfs_train_settings settings = settings_with(which, 64, 1);
    nnfs_trainer *trainer = NULL;
    settings.momentum = momentum;
    assert_int_equal(nnfs_profile_create(&settings.profile, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    double bytes = nnfs_profile_sum(settings.profile).working_set;
    nnfs_trainer_free(trainer);
    nnfs_profile_free(settings.profile);
    nnfs_network_free(network);
    return bytes;
}

/* rmsprop without momentum, its default, has a state less than adam. */
static void no_momentum_takes_no_memory(void **state)
{
    (void)state;
    double adam = working_set(NNFS_ADAM, NNFS_DEFAULT);
    assert_true(working_set(NNFS_RMSPROP, 0.5f) == adam);
    assert_true(working_set(NNFS_RMSPROP, NNFS_DEFAULT) == working_set(NNFS_ADAGRAD, NNFS_DEFAULT));
    assert_true(working_set(NNFS_RMSPROP, NNFS_DEFAULT) < adam);
}

/* ---- Divergence ---- */

static void expect_divergence(nnfs_network *network, const nnfs_arrays *arrays,
                              const nnfs_train_settings *settings, const char *says)
{
    nnfs_error error = {0};
    nnfs_trainer *trainer = NULL;
    uint64_t before = nnfs_network_hash(network);
    assert_int_equal(nnfs_trainer_create(network, settings, &trainer, &error), NNFS_OK);
    assert_int_equal(nnfs_trainer_step(trainer, arrays, NULL, &error), NNFS_ERROR_DIVERGED);
    if (!strstr(error.message, says)) {
        fail_msg("'%s' does not say '%s'", error.message, says);
    }
    assert_int_equal(nnfs_network_hash(network), before);
    nnfs_trainer_free(trainer);
}

static void bad_numbers_do_not_touch_weights(void **state)
{
    (void)state;
    static float bad[feature_count * 64];
    memcpy(bad, features, sizeof bad);
    nnfs_arrays arrays = class_arrays(64);
    arrays.features = bad;
    nnfs_train_settings settings = settings_with(NNFS_SGD, 64, 1);
    nnfs_network *network = classifier(20);
    const float values[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        bad[feature_count * 40 + 7] = values[i];
        expect_divergence(network, &arrays, &settings, "feature 7 of sample 40");
        nnfs_dataset *dataset = NULL;
        assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_ERROR_DATA);
        assert_null(dataset);
    }
    bad[feature_count * 40 + 7] = 0.0f;
    matrix_at(network_weights(network, 1, network->parameters), 0, 0)[3] = NAN;
    expect_divergence(network, &arrays, &settings, "layer 2");
    nnfs_network_free(network);
}

/* The loss is finite, the update is not: the weights keep their last good values. */
static void infinite_updates_are_not_written(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(64);
    nnfs_train_settings settings = settings_with(NNFS_SGD, 64, 1);
    settings.learning_rate = 3e38f;
    nnfs_network *network = network_with(feature_count, 0, class_count, NNFS_IDENTITY, NNFS_MSE);
    float *w = matrix_at(network_weights(network, 0, network->parameters), 0, 0);
    for (int i = 0; i < feature_count * class_count; i++) {
        w[i] = 1000.0f;
    }
    nnfs_error error = {0};
    nnfs_trainer *trainer = NULL;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_step(trainer, &arrays, NULL, &error), NNFS_ERROR_DIVERGED);
    assert_non_null(strstr(error.message, "update of layer 1, with a learning rate of 3e+38"));
    for (int i = 0; i < feature_count * class_count; i++) {
        assert_true(isfinite(w[i]));
    }
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
}

/* With batches of 64 the second step of the first epoch tells; with full ones, the second epoch. */
static void check_huge_rate(int64_t batch, const char *where)
{
    nnfs_arrays arrays = class_arrays(sample_count);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = classifier(20);
    nnfs_train_settings settings = settings_with(NNFS_SGD, batch, 3);
    settings.learning_rate = 1e30f;
    nnfs_error error = {0};
    nnfs_summary summary;
    uint64_t before = nnfs_network_hash(network);
    assert_int_equal(nnfs_train(network, dataset, NULL, NULL, &settings, &summary, &error),
                     NNFS_ERROR_DIVERGED);
    assert_non_null(strstr(error.message, where));
    assert_non_null(strstr(error.message, "layer"));
    assert_non_null(strstr(error.message, "a learning rate of 0.1 or less"));
    assert_string_equal(summary.reason, "diverged");
    assert_int_equal(nnfs_network_hash(network), before); /* the good weights are back */
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

static void a_huge_learning_rate_diverges(void **state)
{
    (void)state;
    check_huge_rate(64, "epoch 1, batch 2");
    check_huge_rate(0, "epoch 2, batch 1");
}

/* ---- Small and odd ---- */

static void odd_sizes_are_finite(void **state)
{
    (void)state;
    const int64_t samples[] = {1, 2, 3, 5, 129};
    const int64_t batches[] = {0, 1, 2, 64, 1000};
    const int hidden[] = {0, 1, 3, 17};
    for (int s = 0; s < 5; s++) {
        for (int b = 0; b < 5; b++) {
            for (int h = 0; h < 4; h++) {
                nnfs_arrays arrays = class_arrays(samples[s]);
                nnfs_dataset *dataset = dataset_of(&arrays);
                nnfs_network *network = classifier(hidden[h]);
                nnfs_train_settings settings = settings_with(NNFS_MOMENTUM, batches[b], 2);
                nnfs_summary summary;
                assert_int_equal(
                    nnfs_train(network, dataset, dataset, dataset, &settings, &summary, NULL),
                    NNFS_OK);
                assert_true(isfinite(summary.train.loss) && summary.epochs == 2);
                assert_int_equal(summary.train.samples, samples[s]);
                nnfs_network_free(network);
                nnfs_dataset_free(dataset);
            }
        }
    }
}

/* Features that never vary, and labels that are all the same. */
static void constant_data_is_finite(void **state)
{
    (void)state;
    float x[300];
    int32_t same[100] = {0};
    for (int i = 0; i < 300; i++) {
        x[i] = 1.0f;
    }
    nnfs_arrays arrays = {
        .features = x, .feature_count = 3, .samples = 100, .labels = same, .classes = 4};
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = network_with(3, 5, 4, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY);
    nnfs_train_settings settings = settings_with(NNFS_ADAM, 16, 20);
    nnfs_summary summary;
    assert_int_equal(nnfs_train(network, dataset, NULL, dataset, &settings, &summary, NULL),
                     NNFS_OK);
    assert_true(summary.test.accuracy == 1.0 && isfinite(summary.test.loss));
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

/* ---- The loop ---- */

static int stop_in_second(void *user, const nnfs_epoch *epoch)
{
    (void)user;
    return epoch->epoch == 2;
}

typedef struct watcher {
    const nnfs_network *network;
    uint64_t hash;
    int calls;
    int64_t samples;
} watcher;

/* Whether the calling thread computes with denormal floats. */
static bool denormals_count(void)
{
    volatile float least = FLT_MIN;
    least *= 0.5f;
    return least > 0.0f;
}

/* Nothing writes weights while the caller watches: they stay the same for as long as it likes. */
static int watch_weights(void *user, const nnfs_progress *progress)
{
    watcher *w = user;
    w->hash = nnfs_network_hash(w->network);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(nnfs_network_hash(w->network), w->hash);
    }
    assert_true(progress->samples > w->samples && progress->step <= progress->steps);
    assert_true(isfinite(progress->loss));
    assert_true(denormals_count());
    w->samples = progress->samples;
    return ++w->calls == 3;
}

static void note_denormals(void *user, float *gradient, size_t count)
{
    (void)gradient;
    (void)count;
    *(int *)user += denormals_count() ? 100 : 1;
}

/* They would make the updates of Adam take twice as long. The caller's threads go on with them. */
static void denormals_are_zero_in_a_step(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(256);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = classifier(20);
    int steps = 0;
    nnfs_train_settings settings = settings_with(NNFS_ADAM, 128, 2);
    settings.threads = 2;
    settings.on_gradient = note_denormals;
    settings.user = &steps;
    assert_int_equal(nnfs_train(network, dataset, NULL, NULL, &settings, NULL, NULL), NNFS_OK);
    assert_true(denormals_count());
#if defined(__SSE2__) || defined(__aarch64__)
    assert_int_equal(steps, 4);
#else
    assert_int_equal(steps, 400);
#endif
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

static void progress_is_reported_between_updates(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(sample_count);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = classifier(8000);
    watcher w = {.network = network};
    nnfs_train_settings settings = settings_with(NNFS_ADAM, 1, 50);
    settings.threads = 3;
    settings.on_progress = watch_weights;
    settings.user = &w;
    nnfs_error error = {0};
    nnfs_trainer *trainer = NULL;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    nnfs_status status = NNFS_OK;
    for (int epoch = 0; status == NNFS_OK && epoch < 50; epoch++) {
        w.samples = 0;
        status = nnfs_trainer_epoch(trainer, dataset, NULL, &error);
    }
    assert_int_equal(status, NNFS_ERROR_STOPPED);
    assert_non_null(strstr(error.message, "stopped in epoch"));
    assert_int_equal(w.calls, 3);
    assert_int_equal(nnfs_network_hash(network), w.hash); /* and no step came after the stop */
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

static void callbacks_and_targets_end_a_run(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(sample_count);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = classifier(32);
    nnfs_train_settings settings = settings_with(NNFS_ADAM, 32, 50);
    nnfs_summary summary;
    settings.on_epoch = stop_in_second;
    assert_int_equal(nnfs_train(network, dataset, NULL, dataset, &settings, &summary, NULL),
                     NNFS_ERROR_STOPPED);
    assert_int_equal(summary.epochs, 2);
    assert_string_equal(summary.reason, "stopped");
    assert_true(isfinite(summary.test.loss));
    assert_true(isnan(summary.train.loss)); /* who stops does not want to wait for it */

    settings.on_epoch = NULL;
    settings.until_accuracy = 0.8;
    assert_int_equal(nnfs_train(network, dataset, NULL, dataset, &settings, &summary, NULL),
                     NNFS_OK);
    assert_string_equal(summary.reason, "accuracy");
    assert_true(summary.test.accuracy >= 0.8 && summary.epochs < 50);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

/* One output may say yes or no by a sigmoid, but a softmax of one says nothing. */
static void one_softmax_is_refused(void **state)
{
    (void)state;
    static const int32_t yes_or_no[] = {0, 1, 1, 0};
    nnfs_arrays arrays = {.features = features,
                          .feature_count = feature_count,
                          .samples = 4,
                          .labels = yes_or_no,
                          .classes = 2};
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *softmax = network_with(feature_count, 4, 1, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY);
    nnfs_network *sigmoid =
        network_with(feature_count, 4, 1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY);
    nnfs_train_settings settings = settings_with(NNFS_SGD, 2, 1);
    nnfs_evaluation evaluation;
    nnfs_error error = {0};
    assert_int_equal(nnfs_train(softmax, dataset, NULL, NULL, &settings, NULL, &error),
                     NNFS_ERROR_DATA);
    assert_string_equal(error.message, "the network has 1 outputs, the data has 2 classes");
    assert_int_equal(nnfs_evaluate(softmax, dataset, 1, &evaluation, NULL), NNFS_ERROR_DATA);
    assert_int_equal(nnfs_train(sigmoid, dataset, NULL, NULL, &settings, NULL, NULL), NNFS_OK);
    nnfs_network_free(softmax);
    nnfs_network_free(sigmoid);
    nnfs_dataset_free(dataset);
}

static void misfits_are_refused(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(100);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_error error = {0};
    nnfs_network *narrow =
        network_with(feature_count - 1, 4, class_count, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY);
    nnfs_network *few =
        network_with(feature_count, 4, class_count - 1, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY);
    nnfs_train_settings settings = settings_with(NNFS_SGD, 10, 1);
    nnfs_evaluation evaluation;
    assert_int_equal(nnfs_train(narrow, dataset, NULL, NULL, &settings, NULL, &error),
                     NNFS_ERROR_DATA);
    assert_non_null(strstr(error.message, "49 features"));
    assert_int_equal(nnfs_evaluate(few, dataset, 1, &evaluation, &error), NNFS_ERROR_DATA);
    assert_non_null(strstr(error.message, "7 classes"));

    nnfs_trainer *trainer = NULL;
    nnfs_train_settings bad = settings;
    bad.learning_rate = 0.0f;
    assert_int_equal(nnfs_trainer_create(few, &bad, &trainer, &error), NNFS_ERROR_ARGUMENT);
    bad = settings;
    bad.optimizer = (nnfs_optimizer)99;
    assert_int_equal(nnfs_trainer_create(few, &bad, &trainer, &error), NNFS_ERROR_ARGUMENT);
    bad = settings_with(NNFS_MOMENTUM, 10, 1);
    bad.momentum = 1.0f;
    assert_int_equal(nnfs_trainer_create(few, &bad, &trainer, &error), NNFS_ERROR_ARGUMENT);
    assert_null(trainer);
    nnfs_network_free(narrow);
    nnfs_network_free(few);
    nnfs_dataset_free(dataset);
}

static void expect_setting(const nnfs_train_settings *settings, const char *wrong)
{
    nnfs_network *network = classifier(4);
    nnfs_trainer *trainer = NULL;
    nnfs_error error = {0};
    nnfs_status status = nnfs_trainer_create(network, settings, &trainer, &error);
    assert_int_equal(status, wrong ? NNFS_ERROR_ARGUMENT : NNFS_OK);
    assert_true(!wrong || strstr(error.message, wrong));
    assert_int_equal(!trainer, wrong != NULL);
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
}

/* At the ends of the ranges that the header names. */
static void ranges_are_those_of_the_header(void **state)
{
    (void)state;
    nnfs_train_settings good = settings_with(NNFS_ADAM, 10, 1);
    good.momentum = good.beta2 = good.epsilon = good.weight_decay = 0.0f;
    good.until_accuracy = 1.0;
    expect_setting(&good, NULL);
    const double shares[] = {(double)NAN, -0.01, 1.01, 97.0};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        nnfs_train_settings bad = good;
        bad.until_accuracy = shares[i];
        expect_setting(&bad, "until_accuracy");
    }
    nnfs_train_settings bad = good;
    bad.beta2 = 1.0f;
    expect_setting(&bad, "beta2");
    bad = good;
    bad.epsilon = -0.1f;
    expect_setting(&bad, "epsilon");
    bad = good;
    bad.threads = -3;
    expect_setting(&bad, "threads");
}

static void expect_too_few_threads(nnfs_status status, nnfs_error *error)
{
    assert_int_equal(status, NNFS_ERROR_ARGUMENT);
    assert_non_null(strstr(error->message, "-3 threads"));
    *error = (nnfs_error){0};
}

static void negative_threads_are_refused(void **state)
{
    (void)state;
    nnfs_arrays arrays = class_arrays(10);
    nnfs_dataset *dataset = dataset_of(&arrays);
    nnfs_network *network = classifier(4);
    nnfs_dataset *train = NULL;
    nnfs_evaluation evaluation;
    nnfs_machine machine;
    nnfs_dataset_settings load;
    nnfs_error error = {0};
    float outputs[class_count];
    nnfs_dataset_settings_init(&load);
    load.threads = -3;
    expect_too_few_threads(nnfs_predict(network, features, 1, -3, outputs, &error), &error);
    expect_too_few_threads(nnfs_predict(network, features, 0, -3, outputs, &error), &error);
    expect_too_few_threads(nnfs_evaluate(network, dataset, -3, &evaluation, &error), &error);
    expect_too_few_threads(nnfs_machine_prepare(-3, &machine, &error), &error);
    expect_too_few_threads(nnfs_dataset_load("digits", &load, &train, NULL, &error), &error);
    assert_null(train);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(bfloat16_is_near_float32_at_any_number_of_threads),
        cmocka_unit_test(bits_do_not_depend_on_the_crew),
        cmocka_unit_test(partial_gradients_add_up),
        cmocka_unit_test(seeds_make_a_difference),
        cmocka_unit_test(full_batch_is_one_step_of_all),
        cmocka_unit_test(last_short_batch_counts),
        cmocka_unit_test(classes_are_learnt),
        cmocka_unit_test(numbers_are_learnt_and_measured),
        cmocka_unit_test(yes_or_no_takes_one_output),
        cmocka_unit_test(a_step_is_gradient_and_update),
        cmocka_unit_test(no_momentum_takes_no_memory),
        cmocka_unit_test(bad_numbers_do_not_touch_weights),
        cmocka_unit_test(infinite_updates_are_not_written),
        cmocka_unit_test(a_huge_learning_rate_diverges),
        cmocka_unit_test(odd_sizes_are_finite),
        cmocka_unit_test(constant_data_is_finite),
        cmocka_unit_test(denormals_are_zero_in_a_step),
        cmocka_unit_test(progress_is_reported_between_updates),
        cmocka_unit_test(callbacks_and_targets_end_a_run),
        cmocka_unit_test(misfits_are_refused),
        cmocka_unit_test(one_softmax_is_refused),
        cmocka_unit_test(ranges_are_those_of_the_header),
        cmocka_unit_test(negative_threads_are_refused),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
