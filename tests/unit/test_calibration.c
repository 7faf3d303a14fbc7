/*
 * Temperature scaling: labels are drawn from known probabilities, and the network's logits are
 * those times a factor, which is the temperature to be found.
 */
#include "base/random.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hand_through.h"

enum { SAMPLES = 4000, CLASSES = 3 };

static float logits[CLASSES * SAMPLES];
static int32_t labels[SAMPLES];

static double uniform(uint32_t sample, int which)
{
    random_words words = random_draw((random_key){3, RANDOM_DIGITS}, 0, sample, 0);
    return ((double)words.word[which] + 0.5) / 4294967296.0;
}

/* Logits of `width` outputs, sharper than the labels' probabilities by a factor. */
static nnfs_dataset *draw(int width, double factor, int64_t samples)
{
    int classes = width == 1 ? 2 : width;
    for (uint32_t j = 0; j < SAMPLES; j++) {
        double z[CLASSES] = {0};
        double sum = 0.0;
        for (int i = 0; i < classes; i++) {
            z[i] = width == 1 && i == 0 ? 0.0 : 4.0 * uniform(j, i) - 2.0;
            sum += exp(z[i]);
        }
        double u = uniform(j, 3) * sum;
        int label = 0;
        while (label < classes - 1 && u > exp(z[label])) {
            u -= exp(z[label++]);
        }
        labels[j] = label;
        for (int i = 0; i < width; i++) {
            logits[(size_t)j * (size_t)width + (size_t)i] = (float)(factor * z[width == 1 ? 1 : i]);
        }
    }
    const nnfs_arrays arrays = {.features = logits,
                                .feature_count = width,
                                .samples = samples,
                                .labels = labels,
                                .classes = classes};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    return dataset;
}

static double log_loss(const nnfs_network *network, const nnfs_dataset *data)
{
    nnfs_evaluation evaluation;
    assert_int_equal(nnfs_evaluate(network, data, 1, &evaluation, NULL), NNFS_OK);
    return evaluation.log_loss;
}

static void expect_temperature(int width, nnfs_activation output, nnfs_loss loss, double factor)
{
    nnfs_dataset *data = draw(width, factor, SAMPLES);
    nnfs_network *network = hand_through(width, output, loss);
    double before = log_loss(network, data);
    double temperature = 0.0;
    assert_int_equal(nnfs_network_calibrate(network, data, 1, &temperature, NULL), NNFS_OK);
    if (!(fabs(log(temperature / factor)) < 0.1)) {
        fail_msg("a temperature of %g, not %g", temperature, factor);
    }
    assert_true(log_loss(network, data) < before);
    float weight[CLASSES * CLASSES];
    assert_int_equal(nnfs_network_get_weights(network, 0, weight, NULL), NNFS_OK);
    assert_true(fabs((double)weight[0] * temperature - 1.0) < 1e-6);
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

static void the_temperature_is_found(void **state)
{
    (void)state;
    expect_temperature(3, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, 3.0);
    expect_temperature(3, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, 0.5);
    expect_temperature(1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY, 2.0);
    expect_temperature(1, NNFS_SIGMOID, NNFS_MSE, 2.0);
}

/* A search has ends: a temperature beyond is the nearest one. */
static void the_temperature_is_bounded(void **state)
{
    (void)state;
    nnfs_dataset *data = draw(3, 50.0, SAMPLES);
    nnfs_network *network = hand_through(3, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY);
    double temperature = 0.0;
    assert_int_equal(nnfs_network_calibrate(network, data, 1, &temperature, NULL), NNFS_OK);
    assert_true(temperature > 7.8 && temperature <= 8.0);
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

/* Too few samples, numbers, and outputs that are no probabilities: nothing happens, to the bit. */
static void what_cannot_be_calibrated_stays(void **state)
{
    (void)state;
    static const struct {
        nnfs_activation output;
        nnfs_loss loss;
        int64_t samples;
    } cases[] = {{NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, 99}, {NNFS_IDENTITY, NNFS_MSE, SAMPLES}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nnfs_dataset *data = draw(3, 3.0, cases[i].samples);
        nnfs_network *network = hand_through(3, cases[i].output, cases[i].loss);
        uint64_t hash = nnfs_network_hash(network);
        double temperature = 0.0;
        assert_int_equal(nnfs_network_calibrate(network, data, 1, &temperature, NULL), NNFS_OK);
        assert_true(temperature == 1.0);
        assert_true(nnfs_network_hash(network) == hash);
        nnfs_network_free(network);
        nnfs_dataset_free(data);
    }
    double temperature = 0.0;
    assert_int_equal(nnfs_network_calibrate(NULL, NULL, 1, &temperature, NULL),
                     NNFS_ERROR_ARGUMENT);
}

/* A network of other features is refused, and stays as it was. */
static void a_failure_changes_nothing(void **state)
{
    (void)state;
    nnfs_dataset *data = draw(3, 3.0, SAMPLES);
    nnfs_network *network = hand_through(2, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY);
    uint64_t hash = nnfs_network_hash(network);
    double temperature = 0.0;
    assert_int_equal(nnfs_network_calibrate(network, data, 1, &temperature, NULL), NNFS_ERROR_DATA);
    assert_true(nnfs_network_hash(network) == hash);
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

static nnfs_network *train_members(const nnfs_dataset *train, const nnfs_dataset *validation,
                                   nnfs_calibration method, int threads, nnfs_summary *summary)
{
    const nnfs_layer layers[] = {{16, NNFS_RELU}, {CLASSES, NNFS_SOFTMAX}};
    nnfs_network_settings shape;
    nnfs_train_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&shape);
    shape.inputs = 3;
    shape.layers = layers;
    shape.layer_count = 2;
    shape.members = 4;
    assert_int_equal(nnfs_network_create(&shape, &network, NULL), NNFS_OK);
    nnfs_train_settings_init(&settings);
    settings.epochs = 3;
    settings.threads = threads;
    settings.label_smoothing = 0.4f; /* too modest probabilities */
    settings.calibration_method = method;
    assert_int_equal(nnfs_train(network, train, validation, NULL, &settings, summary, NULL),
                     NNFS_OK);
    return network;
}

/* At the end of training, for members too, with the same bits for any number of threads. */
static void training_calibrates(void **state)
{
    (void)state;
    nnfs_dataset *data = draw(3, 1.0, SAMPLES);
    nnfs_dataset *train = NULL;
    nnfs_dataset *validation = NULL;
    nnfs_summary plain, first, second;
    assert_int_equal(nnfs_dataset_split(data, 0.3, 1, &train, &validation, NULL), NNFS_OK);
    nnfs_network *none = train_members(train, validation, NNFS_CALIBRATION_NONE, 1, &plain);
    nnfs_network *one = train_members(train, validation, NNFS_CALIBRATION_TEMPERATURE, 1, &first);
    nnfs_network *three =
        train_members(train, validation, NNFS_CALIBRATION_TEMPERATURE, 3, &second);
    assert_true(plain.temperature == 1.0 && first.temperature < 0.9);
    assert_true(first.validation.log_loss < plain.validation.log_loss);
    assert_true(first.validation.log_loss == log_loss(one, validation));
    assert_true(nnfs_network_hash(one) == nnfs_network_hash(three));
    assert_int_equal(nnfs_network_set_temperature(none, first.temperature, NULL), NNFS_OK);
    assert_true(nnfs_network_hash(one) == nnfs_network_hash(none));
    assert_int_equal(nnfs_network_set_temperature(none, 0.0, NULL), NNFS_ERROR_ARGUMENT);
    nnfs_network_free(none);
    nnfs_network_free(one);
    nnfs_network_free(three);
    nnfs_dataset_free(train);
    nnfs_dataset_free(validation);
    nnfs_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_temperature_is_found),
        cmocka_unit_test(the_temperature_is_bounded),
        cmocka_unit_test(what_cannot_be_calibrated_stays),
        cmocka_unit_test(a_failure_changes_nothing),
        cmocka_unit_test(training_calibrates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
