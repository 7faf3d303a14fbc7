/* Sample weights: where they come from, what a split makes of them, and what they do
 * to a gradient. */
#include "data/dataset.h"
#include "training/trainer.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { inputs = 3, samples = 12, classes = 3 };

static float features[inputs * samples];
static int32_t labels[samples];
static float weights[samples];

static int make_data(void **state)
{
    (void)state;
    for (int i = 0; i < inputs * samples; i++) {
        features[i] = sinf((float)(i * i + 1));
    }
    for (int i = 0; i < samples; i++) {
        labels[i] = i < 6 ? 0 : i < 10 ? 1 : 2; /* 6, 4 and 2 */
        weights[i] = (float)(i % 4);
    }
    return 0;
}

static nnfs_dataset *wrapped(void)
{
    nnfs_arrays arrays = {.features = features,
                          .feature_count = inputs,
                          .samples = samples,
                          .labels = labels,
                          .classes = classes};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    return dataset;
}

static double mean_weight(const nnfs_dataset *dataset)
{
    double sum = 0.0;
    for (int64_t i = 0; i < dataset->samples; i++) {
        sum += (double)dataset->weights[i];
    }
    return sum / (double)dataset->samples;
}

static void expect_near(double value, double wanted)
{
    if (!(fabs(value - wanted) < 1e-6)) {
        fail_msg("%.9g, not %.9g", value, wanted);
    }
}

/* ---- Where they come from ---- */

static void balanced_classes_count_alike(void **state)
{
    (void)state;
    nnfs_dataset *dataset = wrapped();
    assert_null(dataset->weights);
    assert_int_equal(nnfs_dataset_set_class_weights(dataset, NULL, NULL), NNFS_OK);
    for (int i = 0; i < samples; i++) {
        const double counts[] = {6.0, 4.0, 2.0};
        expect_near((double)dataset->weights[i], 12.0 / (3.0 * counts[labels[i]]));
    }
    expect_near(mean_weight(dataset), 1.0);
    nnfs_dataset_free(dataset);
}

/* Besides those there are: the weights multiply, and have a mean of 1 again. */
static void weights_of_classes_multiply(void **state)
{
    (void)state;
    const double first[] = {1.0, 2.0, 0.0};
    const double second[] = {3.0, 1.0, 5.0};
    nnfs_dataset *dataset = wrapped();
    assert_int_equal(nnfs_dataset_set_class_weights(dataset, first, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_set_class_weights(dataset, second, NULL), NNFS_OK);
    const double factor = 12.0 / (6 * 3.0 + 4 * 2.0);
    expect_near((double)dataset->weights[0], 3.0 * factor);
    expect_near((double)dataset->weights[6], 2.0 * factor);
    assert_true(dataset->weights[11] == 0.0f);
    nnfs_dataset_free(dataset);
}

static void weights_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    const double wrong[][classes] = {
        {1.0, -1.0, 1.0}, {NAN, 1.0, 1.0}, {1.0, INFINITY, 1.0}, {0.0, 0.0, 0.0}};
    nnfs_dataset *dataset = wrapped();
    nnfs_error error = {0};
    for (int i = 0; i < 4; i++) {
        error.message[0] = '\0';
        assert_int_equal(nnfs_dataset_set_class_weights(dataset, wrong[i], &error),
                         NNFS_ERROR_ARGUMENT);
        assert_true(error.message[0] != '\0');
        assert_null(dataset->weights);
    }
    nnfs_dataset_free(dataset);
    nnfs_arrays arrays = {.features = features,
                          .feature_count = inputs,
                          .samples = samples,
                          .targets = features,
                          .target_count = 1};
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_set_class_weights(dataset, NULL, &error), NNFS_ERROR_ARGUMENT);
    nnfs_dataset_free(dataset);
}

static void a_column_of_weights_is_brought_to_one(void **state)
{
    (void)state;
    nnfs_dataset *dataset = wrapped();
    dataset->storage.weights = weights;
    assert_int_equal(dataset_set_weights(dataset, NULL), NNFS_OK);
    for (int i = 0; i < samples; i++) {
        expect_near((double)dataset->weights[i], (double)weights[i] / 1.5);
    }
    static float zeros[samples];
    nnfs_error error = {0};
    dataset->storage.weights = zeros;
    assert_int_equal(dataset_set_weights(dataset, &error), NNFS_ERROR_DATA);
    nnfs_dataset_free(dataset);
}

static void splits_keep_proportions(void **state)
{
    (void)state;
    nnfs_dataset *dataset = wrapped(), *parts[2] = {NULL};
    assert_int_equal(nnfs_dataset_set_class_weights(dataset, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_split(dataset, 0.4, 1, &parts[0], &parts[1], NULL), NNFS_OK);
    for (int p = 0; p < 2; p++) {
        expect_near(mean_weight(parts[p]), 1.0);
        double factor = NAN;
        for (int64_t i = 0; i < parts[p]->samples; i++) {
            double of_all = (double)dataset->weights[parts[p]->rows[i]];
            factor = i == 0 ? (double)parts[p]->weights[0] / of_all : factor;
            expect_near((double)parts[p]->weights[i], factor * of_all);
        }
        nnfs_dataset_free(parts[p]);
    }
    nnfs_dataset_free(dataset);
}

/* ---- What they do ---- */

static nnfs_network *make_network(void)
{
    const nnfs_layer layers[] = {{5, NNFS_TANH}, {classes, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = layers;
    settings.layer_count = 2;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

enum { most_parameters = 256 };

/* The sum over the samples in `order` of their gradients, with these weights or without. */
static size_t sum_gradient(const uint32_t *order, int64_t count, float *some, double *gradient)
{
    nnfs_network *network = make_network();
    nnfs_trainer *trainer = NULL;
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    nnfs_dataset *dataset = wrapped();
    float *before = dataset->weights;
    dataset->weights = some;
    dataset->samples = count;
    step_run run = trainer_run(trainer, dataset, count);
    run.order = order;
    run.needs = RUN_FORWARD | RUN_LOSS | RUN_GRADIENT;
    step_run_all(&run);
    dataset->weights = before;
    assert_false(run.diverged);
    size_t parameters = 0;
    const float *g = nnfs_trainer_gradients(trainer, &parameters);
    assert_true(parameters < most_parameters);
    for (size_t i = 0; i < parameters; i++) {
        gradient[i] = (double)g[i] * (double)count;
    }
    gradient[parameters] = run.sums.loss;
    nnfs_dataset_free(dataset);
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    return parameters + 1;
}

static void expect_same(const double *left, const double *right, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_near(left[i], right[i]);
    }
}

static void two_counts_like_two_samples(void **state)
{
    (void)state;
    const uint32_t once[] = {0, 7, 11};
    const uint32_t twice[] = {0, 7, 11, 7};
    float counts[samples];
    for (int i = 0; i < samples; i++) {
        counts[i] = i == 7 ? 2.0f : 1.0f;
    }
    double weighted[most_parameters], repeated[most_parameters];
    size_t count = sum_gradient(once, 3, counts, weighted);
    assert_int_equal(sum_gradient(twice, 4, NULL, repeated), count);
    expect_same(weighted, repeated, count);
}

static void nothing_counts_like_no_sample(void **state)
{
    (void)state;
    const uint32_t all[] = {3, 0, 9, 11};
    const uint32_t fewer[] = {3, 9, 11};
    float counts[samples];
    for (int i = 0; i < samples; i++) {
        counts[i] = i == 0 ? 0.0f : 1.0f;
    }
    double weighted[most_parameters], left_out[most_parameters];
    size_t count = sum_gradient(all, 4, counts, weighted);
    assert_int_equal(sum_gradient(fewer, 3, NULL, left_out), count);
    expect_same(weighted, left_out, count);
}

/* A class that counts nothing is not learnt; evaluation counts it all the same. */
static void training_counts_and_evaluation_does_not(void **state)
{
    (void)state;
    const double only_two[] = {1.0, 1.0, 0.0};
    nnfs_network *network = make_network();
    nnfs_dataset *dataset = wrapped(), *plain = wrapped();
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.epochs = 200;
    settings.batch = 5;
    nnfs_summary summary;
    assert_int_equal(nnfs_dataset_set_class_weights(dataset, only_two, NULL), NNFS_OK);
    assert_int_equal(nnfs_train(network, dataset, NULL, NULL, &settings, &summary, NULL), NNFS_OK);
    nnfs_evaluation evaluation;
    assert_int_equal(nnfs_evaluate(network, plain, 0, &evaluation, NULL), NNFS_OK);
    assert_true(evaluation.loss == summary.train.loss);
    float outputs[classes * samples];
    assert_int_equal(nnfs_predict(network, features, samples, 0, outputs, NULL), NNFS_OK);
    for (int i = 0; i < samples; i++) {
        assert_true(outputs[classes * i + 2] < 0.2f);
    }
    assert_true(evaluation.accuracy <= 10.0 / 12.0);
    nnfs_dataset_free(dataset);
    nnfs_dataset_free(plain);
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_classes_count_alike),
        cmocka_unit_test(weights_of_classes_multiply),
        cmocka_unit_test(weights_that_make_no_sense_are_refused),
        cmocka_unit_test(a_column_of_weights_is_brought_to_one),
        cmocka_unit_test(splits_keep_proportions),
        cmocka_unit_test(two_counts_like_two_samples),
        cmocka_unit_test(nothing_counts_like_no_sample),
        cmocka_unit_test(training_counts_and_evaluation_does_not),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
