/*
 * What a training survives of its data and its settings: each row of faults in the plan, with the
 * number of its cases in the output. Every combination is trained with every optimizer.
 */
#include <nnfs/nnfs.h>

#include "unit/files.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { MOST_SAMPLES = 300, MOST_FEATURES = 33, CLASSES = 4 };

static float features[MOST_SAMPLES * MOST_FEATURES];
static int32_t labels[MOST_SAMPLES];
static float numbers[MOST_SAMPLES];

/* Values of -1 .. 1, and classes that they tell. */
static void fill(int samples, int feature_count)
{
    for (int s = 0; s < samples; s++) {
        labels[s] = s % CLASSES;
        numbers[s] = (float)(s % 7);
        for (int f = 0; f < feature_count; f++) {
            features[s * feature_count + f] = (float)((s * 31 + f * 17) % 21 - 10) / 10.0f;
        }
        features[(size_t)s * (size_t)feature_count] = (float)labels[s] / 4.0f;
    }
}

static nnfs_network *network_with(int inputs, int hidden, int outputs, nnfs_activation last,
                                  nnfs_loss loss)
{
    nnfs_layer layers[2] = {{hidden, NNFS_RELU}, {outputs, last}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.init = hidden > 0 ? NNFS_INIT_DEFAULT : NNFS_INIT_ZEROS;
    settings.inputs = inputs;
    settings.layers = hidden > 0 ? layers : layers + 1;
    settings.layer_count = hidden > 0 ? 2 : 1;
    settings.loss = loss;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static bool are_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

static bool is_finite(const nnfs_network *network)
{
    bool finite = true;
    for (int i = 0; i < nnfs_network_layer_count(network); i++) {
        size_t width = (size_t)nnfs_network_layer(network, i).width;
        int inputs =
            i > 0 ? nnfs_network_layer(network, i - 1).width : nnfs_network_inputs(network);
        const float *b = nnfs_network_biases((nnfs_network *)(uintptr_t)network, i);
        float *w = calloc(width * (size_t)inputs, sizeof *w);
        assert_non_null(w);
        assert_int_equal(nnfs_network_get_weights(network, i, w, NULL), NNFS_OK);
        finite = finite && are_finite(w, width * (size_t)inputs) && are_finite(b, width);
        free(w);
    }
    return finite;
}

static nnfs_arrays arrays_of(int samples, int feature_count, bool classes)
{
    return (nnfs_arrays){.features = features,
                         .feature_count = feature_count,
                         .samples = samples,
                         .labels = classes ? labels : NULL,
                         .classes = classes ? CLASSES : 0,
                         .targets = classes ? NULL : numbers,
                         .target_count = classes ? 0 : 1};
}

/* Trained with each optimizer: everything stays finite, and every sample is seen.
 * Returns the cases. */
static int train_all(const nnfs_arrays *arrays, int hidden, int64_t batch, double least_accuracy)
{
    int cases = 0;
    for (int o = 0; nnfs_optimizer_name((nnfs_optimizer)o); o++, cases++) {
        bool classes = arrays->labels != NULL;
        nnfs_dataset *dataset = NULL;
        nnfs_train_settings settings;
        nnfs_summary summary;
        nnfs_error error = {.status = NNFS_OK};
        nnfs_network *network = network_with(arrays->feature_count, hidden, classes ? CLASSES : 1,
                                             classes ? NNFS_SOFTMAX : NNFS_IDENTITY,
                                             classes ? NNFS_CROSS_ENTROPY : NNFS_MSE);
        nnfs_train_settings_init(&settings);
        settings.optimizer = (nnfs_optimizer)o;
        settings.batch = batch;
        settings.epochs = 3;
        settings.threads = 1;
        settings.learning_rate = 0.01f;
        assert_int_equal(nnfs_dataset_wrap(arrays, &dataset, &error), NNFS_OK);
        nnfs_status status =
            nnfs_train(network, dataset, dataset, dataset, &settings, &summary, &error);
        assert_string_equal(error.message, "");
        assert_int_equal(status, NNFS_OK);
        assert_true(isfinite(summary.train.loss) && isfinite(summary.test.loss));
        assert_int_equal(summary.train.samples, arrays->samples);
        assert_true(is_finite(network));
        assert_true(!classes || summary.train.accuracy >= least_accuracy);
        nnfs_network_free(network);
        nnfs_dataset_free(dataset);
    }
    return cases;
}

/* ---- Data ---- */

static void test_feature_never_varies(void **state)
{
    (void)state;
    static const float values[] = {0.0f, 1.0f, -1000.0f, 1e-38f};
    int cases = 0;
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        fill(100, 5);
        for (int s = 0; s < 100; s++) {
            features[s * 5 + 3] = values[v];
        }
        nnfs_arrays arrays = arrays_of(100, 5, true);
        cases += train_all(&arrays, 6, 16, 0.0);
    }
    printf("%d trainings with a feature that never varies: finite\n", cases);
}

/* The same of a table, whose features are divided by their spread. */
static void test_column_never_varies(void **state)
{
    (void)state;
    char text[2048] = "same,other,kind\n";
    for (int i = 0; i < 60; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "7,%d,%s\n", i % 3, i % 3 ? "a" : "b");
    }
    char *path = scratch_path("constant.csv");
    write_bytes(path, text, strlen(text));
    int cases = 0;
    for (int scaling = 0; nnfs_scaling_name((nnfs_scaling)scaling); scaling++, cases++) {
        nnfs_dataset *table = NULL;
        nnfs_preprocessing *preprocessing = NULL;
        nnfs_preprocessing_settings how;
        nnfs_train_settings settings;
        nnfs_summary summary;
        nnfs_preprocessing_settings_init(&how);
        how.scaling = (nnfs_scaling)scaling;
        assert_int_equal(nnfs_dataset_load(path, NULL, &table, NULL, NULL), NNFS_OK);
        assert_int_equal(nnfs_preprocessing_fit(table, &how, &preprocessing, NULL), NNFS_OK);
        assert_int_equal(nnfs_dataset_prepare(table, preprocessing, NULL), NNFS_OK);
        nnfs_network *network = network_with(nnfs_dataset_features(table), 4, 1, NNFS_SIGMOID,
                                             NNFS_BINARY_CROSS_ENTROPY);
        nnfs_train_settings_init(&settings);
        settings.epochs = 100;
        assert_int_equal(nnfs_train(network, table, NULL, NULL, &settings, &summary, NULL),
                         NNFS_OK);
        assert_true(is_finite(network) && isfinite(summary.train.loss));
        nnfs_network_free(network);
        nnfs_preprocessing_free(preprocessing);
        nnfs_dataset_free(table);
    }
    free(path);
    printf("%d scalings of a column that never varies: finite\n", cases);
}

static void test_labels_all_the_same(void **state)
{
    (void)state;
    int cases = 0;
    for (int label = 0; label < CLASSES; label++) {
        fill(100, 5);
        for (int s = 0; s < 100; s++) {
            labels[s] = label;
            numbers[s] = (float)label;
        }
        nnfs_arrays arrays = arrays_of(100, 5, true);
        cases += train_all(&arrays, 6, 16, 0.0);
        arrays = arrays_of(100, 5, false);
        cases += train_all(&arrays, 6, 16, 0.0);
    }
    printf("%d trainings on labels, or numbers, that are all the same: finite\n", cases);
}

static void test_empty_class(void **state)
{
    (void)state;
    int cases = 0;
    for (int empty = 0; empty < CLASSES; empty++) {
        fill(100, 5);
        for (int s = 0; s < 100; s++) {
            labels[s] = labels[s] == empty ? (empty + 1) % CLASSES : labels[s];
        }
        nnfs_arrays arrays = arrays_of(100, 5, true);
        cases += train_all(&arrays, 6, 16, 0.0);
    }
    printf("%d trainings with an empty class: finite\n", cases);
}

/* One sample, one feature, odd sizes, a last batch of one, a batch larger than the data,
 * no hidden layer. */
static void test_sizes(void **state)
{
    (void)state;
    static const int samples[] = {1, 2, 17, 129};
    static const int counts[] = {1, 3, 33};
    static const int64_t batches[] = {0, 1, 16, 128, 1000000};
    static const int hidden[] = {0, 1, 7};
    int cases = 0;
    int trainings = 0;
    for (int s = 0; s < 4; s++) {
        for (int f = 0; f < 3; f++) {
            fill(samples[s], counts[f]);
            for (int b = 0; b < 5; b++) {
                for (int h = 0; h < 3; h++, cases++) {
                    nnfs_arrays arrays = arrays_of(samples[s], counts[f], cases % 2 == 0);
                    trainings += train_all(&arrays, hidden[h], batches[b], 0.0);
                }
            }
        }
    }
    printf("%d trainings: one sample, one feature, odd sizes, a last batch of one, a batch larger "
           "than "
           "the data, no hidden layer: finite\n",
           trainings);
}

/* ---- Numbers ---- */

/* One sample whose logits are what is asked for: without a hidden layer, by the biases. */
static double loss_of_logits(const float *logits, int count, int label, nnfs_activation last,
                             nnfs_loss loss, float *largest)
{
    const float one = 1.0f;
    const int32_t its = label;
    const nnfs_arrays arrays = {.features = &one,
                                .feature_count = 1,
                                .samples = 1,
                                .labels = &its,
                                .classes = count > 1 ? count : 2};
    nnfs_network *network = network_with(1, 0, count, last, loss);
    nnfs_train_settings settings;
    nnfs_trainer *trainer = NULL;
    double result = NAN;
    size_t gradients = 0;
    for (int i = 0; i < count; i++) {
        nnfs_network_biases(network, 0)[i] = logits[i];
    }
    nnfs_train_settings_init(&settings);
    settings.threads = 1;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, &result, NULL), NNFS_OK);
    const float *gradient = nnfs_trainer_gradients(trainer, &gradients);
    *largest = 0.0f;
    for (size_t i = 0; i < gradients; i++) {
        assert_true(isfinite(gradient[i]));
        *largest = fabsf(gradient[i]) > *largest ? fabsf(gradient[i]) : *largest;
    }
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    return result;
}

/* In double, by the definition: log of the sum of exp(z - max), and max - z of the label. */
static double softmax_loss(const float *logits, int count, int label)
{
    double most = (double)logits[0];
    double sum = 0.0;
    for (int i = 1; i < count; i++) {
        most = (double)logits[i] > most ? (double)logits[i] : most;
    }
    for (int i = 0; i < count; i++) {
        sum += exp((double)logits[i] - most);
    }
    /* cppcheck-suppress invalidFunctionArg ; one of the powers is 1, so the sum is not 0 */
    return log(sum) + most - (double)logits[label];
}

static void test_huge_logits(void **state)
{
    (void)state;
    static const float values[] = {-10000.0f, 10000.0f, 0.0f};
    float largest = 0.0f;
    int cases = 0;
    for (int code = 0; code < 27; code++) {
        const float logits[3] = {values[code % 3], values[code / 3 % 3], values[code / 9]};
        for (int label = 0; label < 3; label++, cases++) {
            double expected = softmax_loss(logits, 3, label);
            double loss =
                loss_of_logits(logits, 3, label, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, &largest);
            assert_true(fabs(loss - expected) <= 1e-6 * expected + 1e-6);
            assert_true(largest <= 1.0f);
        }
    }
    for (int v = 0; v < 3; v++) {
        for (int label = 0; label < 2; label++, cases++) {
            double z = (double)values[v];
            double expected = fmax(z, 0.0) - z * label + log1p(exp(-fabs(z)));
            double loss = loss_of_logits(&values[v], 1, label, NNFS_SIGMOID,
                                         NNFS_BINARY_CROSS_ENTROPY, &largest);
            assert_true(fabs(loss - expected) <= 1e-6 * expected + 1e-6);
            assert_true(largest <= 1.0f);
        }
    }
    printf("%d losses of logits of +-10,000: finite and right\n", cases);
}

static void test_sizes_that_overflow(void **state)
{
    (void)state;
    static const int shapes[][3] = {{INT_MAX, INT_MAX, INT_MAX}, {INT_MAX, INT_MAX, 1},
                                    {1, INT_MAX, INT_MAX},       {1 << 30, 1 << 30, 1 << 30},
                                    {65536, INT_MAX, 65536},     {INT_MAX, 1 << 30, 2}};
    int cases = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++, cases++) {
        const nnfs_layer layers[] = {{shapes[i][1], NNFS_RELU}, {shapes[i][2], NNFS_SOFTMAX}};
        nnfs_network_settings settings;
        nnfs_network *network = NULL;
        nnfs_error error = {.status = NNFS_OK};
        nnfs_network_settings_init(&settings);
        settings.inputs = shapes[i][0];
        settings.layers = layers;
        settings.layer_count = 2;
        assert_int_not_equal(nnfs_network_create(&settings, &network, &error), NNFS_OK);
        assert_null(network);
        assert_true(error.message[0] != '\0');
    }
    printf("%d shapes of more weights than there can be: refused\n", cases);
}

/* ---- Not finite ---- */

/* Whether it diverged; finite it is in any case. */
static bool train_and_diverge(const nnfs_arrays *arrays, float rate, int64_t batch, bool hidden,
                              nnfs_error *error, bool *untouched, float *spoilt, float value)
{
    nnfs_dataset *dataset = NULL;
    nnfs_train_settings settings;
    nnfs_summary summary;
    nnfs_network *network =
        network_with(arrays->feature_count, hidden ? 6 : 0, arrays->labels ? CLASSES : 1,
                     arrays->labels ? NNFS_SOFTMAX : NNFS_IDENTITY,
                     arrays->labels ? NNFS_CROSS_ENTROPY : NNFS_MSE);
    nnfs_train_settings_init(&settings);
    settings.optimizer = NNFS_SGD;
    settings.learning_rate = rate;
    settings.batch = batch;
    settings.epochs = 5;
    settings.threads = 1;
    uint64_t before = nnfs_network_hash(network);
    assert_int_equal(nnfs_dataset_wrap(arrays, &dataset, NULL), NNFS_OK);
    if (spoilt) {
        *spoilt = value; /* behind the back of whoever has looked at the data */
    }
    nnfs_status status = nnfs_train(network, dataset, NULL, NULL, &settings, &summary, error);
    assert_true(is_finite(network));
    assert_true(status == NNFS_OK || status == NNFS_ERROR_DIVERGED);
    assert_string_equal(summary.reason, status == NNFS_OK ? "epochs" : "diverged");
    *untouched = nnfs_network_hash(network) == before;
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
    return status == NNFS_ERROR_DIVERGED;
}

/* Each sample and each feature in turn: refused, and else found in the first epoch, and named. */
static void test_not_finite_values(void **state)
{
    (void)state;
    const float values[] = {NAN, INFINITY, -INFINITY};
    int cases = 0;
    for (int i = 0; i < 3 * 40 * 5; i++, cases++) {
        int sample = i / 3 % 40;
        int feature = i / 3 / 40;
        char expected[64];
        nnfs_error error = {.status = NNFS_OK};
        bool untouched = false;
        fill(40, 5);
        (void)snprintf(expected, sizeof expected, "feature %d of sample %d is not finite", feature,
                       sample);
        nnfs_arrays arrays = arrays_of(40, 5, i % 2 == 0);
        float *spoilt = &features[sample * 5 + feature];
        assert_true(train_and_diverge(&arrays, 0.01f, 8, i % 4 < 2, &error, &untouched, spoilt,
                                      values[i % 3]));
        nnfs_dataset *refused = NULL;
        nnfs_error reason = {.status = NNFS_OK};
        assert_int_equal(nnfs_dataset_wrap(&arrays, &refused, &reason), NNFS_ERROR_DATA);
        assert_non_null(strstr(reason.message, expected));
        assert_non_null(strstr(error.message, expected));
        assert_non_null(strstr(error.message, "epoch 1, batch "));
        assert_true(untouched); /* it is the state before the epoch that is good */
    }
    printf("%d values that are not finite: sample and feature named, weights kept\n", cases);
}

static void test_huge_learning_rate(void **state)
{
    (void)state;
    static const float rates[] = {1e30f, 1e35f, 3e38f};
    int cases = 0;
    int survived = 0;
    for (int i = 0; i < 3 * 3 * 2; i++, cases++) {
        static const int64_t batches[] = {0, 1, 16};
        nnfs_error error = {.status = NNFS_OK};
        bool untouched = false;
        fill(100, 5);
        nnfs_arrays arrays = arrays_of(100, 5, true);
        if (!train_and_diverge(&arrays, rates[i % 3], batches[i / 3 % 3], i >= 9, &error,
                               &untouched, NULL, 0.0f)) {
            /* steep, but finite: the logits are no more than what they are multiplied by */
            survived++;
            continue;
        }
        assert_non_null(strstr(error.message, "epoch "));
        assert_non_null(strstr(error.message, "batch "));
        assert_non_null(strstr(error.message, "layer "));
        assert_non_null(strstr(error.message, "try a learning rate of 0.1 or less"));
    }
    assert_true(survived <= 9); /* without a hidden layer */
    printf("%d learning rates of 1e30 and more: batch and layer named, weights finite; %d "
           "never came to a number that is not finite\n",
           cases, survived);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feature_never_varies),
        cmocka_unit_test(test_column_never_varies),
        cmocka_unit_test(test_labels_all_the_same),
        cmocka_unit_test(test_empty_class),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_huge_logits),
        cmocka_unit_test(test_sizes_that_overflow),
        cmocka_unit_test(test_not_finite_values),
        cmocka_unit_test(test_huge_learning_rate),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
