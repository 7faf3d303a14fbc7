/*
 * Inference in bfloat16: exact where nothing is rounded, near float32 where operands are, and the
 * same bits at any number of threads, for predictors, ensembles and folded networks too.
 */
#include <nnfs/nnfs.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INPUTS = 100, OUTPUTS = 40, SAMPLES = 700 };

static float x[INPUTS * SAMPLES];
static float f32[OUTPUTS * SAMPLES], bf16[OUTPUTS * SAMPLES], other[OUTPUTS * SAMPLES];

static nnfs_network *make_network(const nnfs_layer *layers, int count,
                                  const nnfs_normalization *normalization, uint64_t seed)
{
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    settings.inputs = INPUTS;
    settings.layers = layers;
    settings.layer_count = count;
    settings.normalization = normalization;
    settings.seed = seed;
    if (layers[count - 1].activation == NNFS_IDENTITY) {
        settings.loss = NNFS_MSE;
    }
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static nnfs_network *make_deep(uint64_t seed, nnfs_normalization first)
{
    static const nnfs_layer layers[] = {{96, NNFS_RELU}, {64, NNFS_TANH}, {OUTPUTS, NNFS_SOFTMAX}};
    const nnfs_normalization normalization[] = {first, NNFS_NORMALIZATION_LAYER,
                                                NNFS_NORMALIZATION_NONE};
    return make_network(layers, 3, normalization, seed);
}

static void set_precision(nnfs_network *network, nnfs_precision precision)
{
    assert_int_equal(nnfs_network_set_precision(network, precision, NULL), NNFS_OK);
}

static void predict(const nnfs_network *network, int threads, float *y)
{
    assert_int_equal(nnfs_predict(network, x, SAMPLES, threads, y, NULL), NNFS_OK);
}

/* Small whole numbers are bfloat16 values, and so few of their products have exact sums. */
static void whole_numbers_are_exact(void **state)
{
    (void)state;
    static const nnfs_layer layers[] = {{OUTPUTS, NNFS_IDENTITY}};
    nnfs_network *network = make_network(layers, 1, NULL, 1);
    static float weights[OUTPUTS * INPUTS];
    for (int i = 0; i < OUTPUTS * INPUTS; i++) {
        weights[i] = (float)(i * 31 % 17 - 8);
    }
    for (int i = 0; i < INPUTS * SAMPLES; i++) {
        x[i] = (float)(i * 7919 % 201 - 100);
    }
    assert_int_equal(nnfs_network_set_weights(network, 0, weights, NULL), NNFS_OK);
    predict(network, 1, f32);
    set_precision(network, NNFS_PRECISION_BF16);
    predict(network, 1, bf16);
    assert_memory_equal(f32, bf16, sizeof f32);
    x[0] = 256.0f + 1.0f; /* is rounded to 256 */
    predict(network, 1, other);
    x[0] = 256.0f;
    predict(network, 1, bf16);
    assert_memory_equal(other, bf16, sizeof bf16);
    nnfs_network_free(network);
}

static void draw_inputs(void)
{
    for (int i = 0; i < INPUTS * SAMPLES; i++) {
        x[i] = (float)(i * 7919 % 1000) / 500.0f - 1.0f;
    }
}

/* Operands are off by 2^-9 of their size at most; layers add to that. */
static void check_near(const float *exact, const float *rounded)
{
    double largest = 0.0;
    for (int i = 0; i < OUTPUTS * SAMPLES; i++) {
        double off = fabs((double)exact[i] - (double)rounded[i]);
        largest = off > largest ? off : largest;
    }
    assert_true(largest > 1e-6);
    assert_true(largest < 0.02);
}

static void check_threads(nnfs_network *network)
{
    set_precision(network, NNFS_PRECISION_F32);
    predict(network, 1, f32);
    set_precision(network, NNFS_PRECISION_BF16);
    predict(network, 1, bf16);
    check_near(f32, bf16);
    for (int threads = 2; threads <= 8; threads++) {
        predict(network, threads, other);
        assert_memory_equal(bf16, other, sizeof bf16);
    }
}

static void no_bit_depends_on_threads(void **state)
{
    (void)state;
    draw_inputs();
    nnfs_network *folded = make_deep(1, NNFS_NORMALIZATION_BATCH);
    nnfs_network *ensemble = make_deep(2, NNFS_NORMALIZATION_NONE);
    nnfs_network *second = make_deep(3, NNFS_NORMALIZATION_NONE);
    check_threads(folded);
    check_threads(ensemble);
    assert_int_equal(nnfs_network_add(ensemble, second, NULL), NNFS_OK);
    check_threads(ensemble);
    nnfs_network_free(folded);
    nnfs_network_free(ensemble);
    nnfs_network_free(second);
}

static void predictors_and_copies_keep_the_precision(void **state)
{
    (void)state;
    draw_inputs();
    nnfs_network *network = make_deep(1, NNFS_NORMALIZATION_BATCH);
    nnfs_network *copy = NULL;
    nnfs_predictor *predictor = NULL;
    set_precision(network, NNFS_PRECISION_BF16);
    predict(network, 1, bf16);
    assert_int_equal(nnfs_network_copy(network, &copy, NULL), NNFS_OK);
    predict(copy, 1, other);
    assert_memory_equal(bf16, other, sizeof bf16);
    assert_int_equal(nnfs_predictor_create(network, SAMPLES, &predictor, NULL), NNFS_OK);
    assert_int_equal(nnfs_predictor_run(predictor, x, SAMPLES, other, NULL), NNFS_OK);
    assert_memory_equal(bf16, other, sizeof bf16);
    nnfs_predictor_free(predictor);
    nnfs_network_free(network);
    nnfs_network_free(copy);
}

static void evaluation_has_the_loss_of_the_predictions(void **state)
{
    (void)state;
    draw_inputs();
    static int32_t labels[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        labels[i] = i * 31 % OUTPUTS;
    }
    const nnfs_arrays arrays = {.features = x,
                                .feature_count = INPUTS,
                                .samples = SAMPLES,
                                .labels = labels,
                                .classes = OUTPUTS};
    nnfs_dataset *dataset = NULL;
    nnfs_evaluation found;
    nnfs_network *network = make_deep(1, NNFS_NORMALIZATION_BATCH);
    set_precision(network, NNFS_PRECISION_BF16);
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_evaluate(network, dataset, 2, &found, NULL), NNFS_OK);
    predict(network, 1, bf16);
    double loss = 0.0;
    for (int i = 0; i < SAMPLES; i++) {
        loss -= log((double)bf16[i * OUTPUTS + labels[i]]) / SAMPLES;
    }
    assert_true(fabs(found.loss - loss) < 1e-6 * loss);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const nnfs_layer layers[] = {{64, NNFS_RELU}, {OUTPUTS, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_network *members = NULL;
    nnfs_error error;
    nnfs_network_settings_init(&settings);
    settings.inputs = INPUTS;
    settings.layers = layers;
    settings.layer_count = 2;
    settings.members = 4;
    assert_int_equal(nnfs_network_create(&settings, &members, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_precision(members, NNFS_PRECISION_BF16, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "networks with members compute in f32, not in bf16");
    assert_int_equal(nnfs_network_set_precision(members, NNFS_PRECISION_F32, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_precision(members, (nnfs_precision)2, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "there is no precision 2");
    assert_int_equal(nnfs_network_set_precision(NULL, NNFS_PRECISION_F32, NULL),
                     NNFS_ERROR_ARGUMENT);
    nnfs_network_free(members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_exact),
        cmocka_unit_test(no_bit_depends_on_threads),
        cmocka_unit_test(predictors_and_copies_keep_the_precision),
        cmocka_unit_test(evaluation_has_the_loss_of_the_predictions),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
