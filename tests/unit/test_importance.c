/*
 * Importance and partial dependence of a network whose weights are known, and the spread of members
 * against their outputs one by one.
 */
#include "base/random.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SAMPLES = 3000, INPUTS = 3 };

static float features[INPUTS * SAMPLES];
static float targets[SAMPLES];
static int32_t labels[SAMPLES];

/* y = 3 a + b, and c is noise. */
static nnfs_dataset *make_data(int classes)
{
    for (uint32_t j = 0; j < SAMPLES; j++) {
        random_words words = random_draw((random_key){5, RANDOM_DIGITS}, 0, j, 0);
        float *x = features + (size_t)INPUTS * j;
        for (int i = 0; i < INPUTS; i++) {
            x[i] = (float)((double)words.word[i] / 4294967296.0 - 0.5);
        }
        targets[j] = 3.0f * x[0] + x[1];
        labels[j] = targets[j] > 0.0f;
    }
    const nnfs_arrays arrays = {.features = features,
                                .feature_count = INPUTS,
                                .samples = SAMPLES,
                                .labels = classes ? labels : NULL,
                                .classes = classes,
                                .targets = classes ? NULL : targets,
                                .target_count = classes ? 0 : 1};
    nnfs_dataset *data = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &data, NULL), NNFS_OK);
    return data;
}

static nnfs_network *make_network(nnfs_activation output, nnfs_loss loss, int members)
{
    const nnfs_layer layer = {1, output};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    settings.inputs = INPUTS;
    settings.layers = &layer;
    settings.layer_count = 1;
    settings.loss = loss;
    settings.members = members;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    if (members == 1) {
        const float weights[INPUTS] = {3.0f, 1.0f, 0.0f};
        assert_int_equal(nnfs_network_set_weights(network, 0, weights, NULL), NNFS_OK);
    }
    return network;
}

/* Shuffling adds w (x' - x), whose mean square is 2 w^2 / 12. */
static void the_rise_is_that_of_the_shuffled_term(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(0);
    nnfs_network *network = make_network(NNFS_IDENTITY, NNFS_MSE, 1);
    double mean[INPUTS], deviation[INPUTS], before = 1.0, again[INPUTS];
    nnfs_importance_settings settings;
    nnfs_importance_settings_init(&settings);
    settings.threads = 1;
    assert_int_equal(nnfs_importance(network, data, &settings, mean, deviation, &before, NULL),
                     NNFS_OK);
    assert_true(before < 1e-6);
    assert_true(fabs(mean[0] - 3.0 / sqrt(6.0)) < 0.03);
    assert_true(fabs(mean[1] - 1.0 / sqrt(6.0)) < 0.01);
    assert_true(mean[2] == 0.0 && deviation[2] == 0.0 && deviation[0] > 0.0);
    settings.threads = 3;
    assert_int_equal(nnfs_importance(network, data, &settings, again, NULL, NULL, NULL), NNFS_OK);
    for (int i = 0; i < INPUTS; i++) {
        assert_true(again[i] == mean[i]);
    }
    settings.samples = 10;
    settings.seed = 2;
    assert_int_equal(nnfs_importance(network, data, &settings, again, NULL, NULL, NULL), NNFS_OK);
    assert_true(again[0] != mean[0]);
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

static void classes_are_judged_by_their_log_loss(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(2);
    nnfs_network *network = make_network(NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY, 1);
    nnfs_evaluation evaluation;
    double mean[INPUTS], before = 0.0;
    assert_int_equal(nnfs_evaluate(network, data, 1, &evaluation, NULL), NNFS_OK);
    assert_int_equal(nnfs_importance(network, data, NULL, mean, NULL, &before, NULL), NNFS_OK);
    assert_true(fabs(before - evaluation.log_loss) < 1e-6);
    assert_true(mean[0] > mean[1] && mean[1] > 0.0 && mean[2] == 0.0);
    nnfs_network_free(network);
    network = make_network(NNFS_IDENTITY, NNFS_MSE, 1); /* one output at .5, no probability */
    assert_int_equal(nnfs_importance(network, data, NULL, mean, NULL, &before, NULL), NNFS_OK);
    assert_true(fabs(before - 1.0 + evaluation.accuracy) < 0.5 && mean[2] == 0.0);
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(0);
    nnfs_network *network = make_network(NNFS_IDENTITY, NNFS_MSE, 1);
    nnfs_importance_settings settings;
    nnfs_importance_settings_init(&settings);
    double mean[INPUTS];
    float values[SAMPLES];
    settings.repeats = 0;
    assert_int_equal(nnfs_importance(network, data, &settings, mean, NULL, NULL, NULL),
                     NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_importance(network, NULL, NULL, mean, NULL, NULL, NULL),
                     NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_partial_dependence(network, data, 0, values, 1, 10, 1, mean, NULL),
                     NNFS_ERROR_ARGUMENT); /* no table */
    assert_int_equal(nnfs_predict_dataset_spread(network, data, 0, 1, 1, values, values, NULL),
                     NNFS_ERROR_ARGUMENT); /* a single member */
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

/* The spread of two members whose heads differ by a constant is half of it. */
static void the_spread_is_that_of_the_members(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(0);
    nnfs_network *network = make_network(NNFS_IDENTITY, NNFS_MSE, 2);
    float outputs[100], plain[100], spread[100], again[100];
    float heads[2 * INPUTS] = {0};
    assert_int_equal(nnfs_network_layer_columns(network, 0), 2 * INPUTS);
    assert_int_equal(nnfs_network_set_weights(network, 0, heads, NULL), NNFS_OK);
    float *biases = nnfs_network_biases(network, 0);
    biases[0] = 1.0f;
    biases[1] = 4.0f;
    assert_int_equal(nnfs_predict_dataset_spread(network, data, 7, 100, 1, outputs, spread, NULL),
                     NNFS_OK);
    assert_int_equal(nnfs_predict_dataset(network, data, 7, 100, 1, plain, NULL), NNFS_OK);
    assert_int_equal(nnfs_predict_dataset_spread(network, data, 7, 100, 3, outputs, again, NULL),
                     NNFS_OK);
    for (int i = 0; i < 100; i++) {
        assert_true(outputs[i] == plain[i] && outputs[i] == 2.5f);
        assert_true(spread[i] == 1.5f && again[i] == 1.5f);
    }
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rise_is_that_of_the_shuffled_term),
        cmocka_unit_test(classes_are_judged_by_their_log_loss),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(the_spread_is_that_of_the_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
