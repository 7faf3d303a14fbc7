/*
 * Ensembles: outputs are the mean of the networks' outputs, losses those of the mean, the spread is
 * that of the members of all networks; what is saved and copied gives the same bits; what does not
 * fit is refused.
 */
#include "network/network.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INPUTS = 3, SAMPLES = 300, NETWORKS = 4, MOST_OUTPUTS = 3, MOST_MEMBERS = 2 };

typedef struct shape {
    int members, outputs;
    nnfs_activation output;
    nnfs_loss loss;
} shape;

static const shape shapes[] = {
    {1, 2, NNFS_IDENTITY, NNFS_MSE},
    {2, 1, NNFS_IDENTITY, NNFS_MSE},
    {1, 1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY},
    {1, 3, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {2, 3, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct samples {
    float x[INPUTS * SAMPLES];
    float y[MOST_OUTPUTS * SAMPLES];
    int32_t labels[SAMPLES];
    nnfs_dataset *set;
} samples;

static void make_samples(samples *made, const shape *of)
{
    bool classes = of->loss != NNFS_MSE;
    int count = of->outputs > 1 ? of->outputs : 2;
    for (int i = 0; i < INPUTS * SAMPLES; i++) {
        made->x[i] = sinf((float)(i * i));
    }
    for (int i = 0; i < SAMPLES; i++) {
        made->labels[i] = i * 7 % count;
    }
    for (int i = 0; i < SAMPLES * of->outputs; i++) {
        made->y[i] = cosf((float)i);
    }
    const nnfs_arrays arrays = {.features = made->x,
                                .feature_count = INPUTS,
                                .samples = SAMPLES,
                                .labels = classes ? made->labels : NULL,
                                .classes = classes ? count : 0,
                                .targets = classes ? NULL : made->y,
                                .target_count = classes ? 0 : of->outputs};
    assert_int_equal(nnfs_dataset_wrap(&arrays, &made->set, NULL), NNFS_OK);
}

static nnfs_network *make_network(const shape *of, uint64_t seed, int hidden)
{
    const nnfs_layer layers[] = {{hidden, NNFS_TANH}, {of->outputs, of->output}};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    settings.inputs = INPUTS;
    settings.layers = layers;
    settings.layer_count = 2;
    settings.loss = of->loss;
    settings.members = of->members;
    settings.seed = seed;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static void make_ensemble(const shape *of, nnfs_network *alone[NETWORKS], nnfs_network **ensemble)
{
    for (int i = 0; i < NETWORKS; i++) {
        alone[i] = make_network(of, (uint64_t)i + 1, 5);
    }
    assert_int_equal(nnfs_network_copy(alone[0], ensemble, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_add(*ensemble, alone[1], NULL), NNFS_OK);
    nnfs_network *rest = NULL; /* an ensemble is added as well */
    assert_int_equal(nnfs_network_copy(alone[2], &rest, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_add(rest, alone[3], NULL), NNFS_OK);
    assert_int_equal(nnfs_network_add(*ensemble, rest, NULL), NNFS_OK);
    nnfs_network_free(rest);
    assert_int_equal(nnfs_network_networks(*ensemble), NETWORKS);
}

static void free_all(nnfs_network *alone[NETWORKS], nnfs_network *ensemble, samples *data)
{
    for (int i = 0; i < NETWORKS; i++) {
        nnfs_network_free(alone[i]);
    }
    nnfs_network_free(ensemble);
    nnfs_dataset_free(data->set);
}

/* ---- Means ---- */

static void predict(const nnfs_network *network, const samples *data, int threads, float *outputs)
{
    assert_int_equal(nnfs_predict_dataset(network, data->set, 0, SAMPLES, threads, outputs, NULL),
                     NNFS_OK);
}

static double loss_of_sample(const shape *of, const samples *data, int sample, const double *mean)
{
    double loss = 0.0;
    if (of->loss == NNFS_CROSS_ENTROPY) {
        return -log(mean[data->labels[sample]]);
    }
    if (of->loss == NNFS_BINARY_CROSS_ENTROPY) {
        return -log(data->labels[sample] == 1 ? mean[0] : 1.0 - mean[0]);
    }
    for (int o = 0; o < of->outputs; o++) {
        double error = mean[o] - (double)data->y[sample * of->outputs + o];
        loss += error * error / of->outputs;
    }
    return loss;
}

static void outputs_are_means(void **state)
{
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        const shape *of = &shapes[s];
        samples data;
        nnfs_network *alone[NETWORKS];
        nnfs_network *ensemble = NULL;
        static float one[NETWORKS][MOST_OUTPUTS * SAMPLES];
        static float all[MOST_OUTPUTS * SAMPLES];
        static float again[MOST_OUTPUTS * SAMPLES];
        double loss = 0.0;
        nnfs_evaluation evaluation;
        make_samples(&data, of);
        make_ensemble(of, alone, &ensemble);
        for (int i = 0; i < NETWORKS; i++) {
            predict(alone[i], &data, 1, one[i]);
        }
        predict(ensemble, &data, 1, all);
        for (int j = 0; j < SAMPLES; j++) {
            double mean[MOST_OUTPUTS] = {0.0};
            for (int k = 0; k < NETWORKS * of->outputs; k++) {
                int o = k % of->outputs;
                mean[o] += (double)one[k / of->outputs][j * of->outputs + o] / NETWORKS;
            }
            for (int o = 0; o < of->outputs; o++) {
                assert_true(fabs(mean[o] - (double)all[j * of->outputs + o]) < 1e-6);
            }
            loss += loss_of_sample(of, &data, j, mean) / SAMPLES;
        }
        assert_int_equal(nnfs_evaluate(ensemble, data.set, 2, &evaluation, NULL), NNFS_OK);
        assert_true(fabs(evaluation.loss - loss) < 1e-5 * fmax(1.0, loss));
        predict(ensemble, &data, 3, again);
        assert_memory_equal(all, again, sizeof(float) * SAMPLES * (size_t)of->outputs);
        free_all(alone, ensemble, &data);
    }
}

/* By hand from single predictions, where each network has one member. */
static void the_spread_is_that_of_the_networks(void **state)
{
    (void)state;
    const shape *of = &shapes[0];
    samples data;
    nnfs_network *alone[NETWORKS];
    nnfs_network *ensemble = NULL;
    static float one[NETWORKS][MOST_OUTPUTS * SAMPLES];
    static float all[MOST_OUTPUTS * SAMPLES];
    static float spread[MOST_OUTPUTS * SAMPLES];
    make_samples(&data, of);
    make_ensemble(of, alone, &ensemble);
    for (int i = 0; i < NETWORKS; i++) {
        predict(alone[i], &data, 1, one[i]);
    }
    assert_int_equal(
        nnfs_predict_dataset_spread(ensemble, data.set, 0, SAMPLES, 2, all, spread, NULL), NNFS_OK);
    for (int j = 0; j < SAMPLES * of->outputs; j++) {
        double squares = 0.0;
        for (int i = 0; i < NETWORKS; i++) {
            double off = (double)one[i][j] - (double)all[j];
            squares += off * off;
        }
        assert_true(fabs(sqrt(squares / NETWORKS) - (double)spread[j]) < 1e-5);
    }
    free_all(alone, ensemble, &data);
}

/* ---- Files and copies ---- */

static void saved_and_copied_are_the_same(void **state)
{
    (void)state;
    const shape *of = &shapes[4];
    samples data;
    nnfs_network *alone[NETWORKS];
    nnfs_network *made[3] = {NULL};
    static float expected[MOST_OUTPUTS * SAMPLES];
    static float found[MOST_OUTPUTS * SAMPLES];
    void *bytes = NULL;
    size_t count = 0;
    make_samples(&data, of);
    make_ensemble(of, alone, &made[0]);
    assert_int_equal(nnfs_network_copy(made[0], &made[1], NULL), NNFS_OK);
    assert_int_equal(nnfs_network_save_memory(made[0], &bytes, &count, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_load_memory(bytes, count, &made[2], NULL), NNFS_OK);
    predict(made[0], &data, 1, expected);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(nnfs_network_networks(made[i]), NETWORKS);
        assert_int_equal(nnfs_network_hash(made[i]), nnfs_network_hash(made[0]));
        predict(made[i], &data, 1, found);
        assert_memory_equal(expected, found, sizeof(float) * SAMPLES * (size_t)of->outputs);
    }
    assert_int_equal(nnfs_network_parameters(made[0]),
                     NETWORKS * nnfs_network_parameters(alone[0]));
    assert_int_not_equal(nnfs_network_hash(made[0]), nnfs_network_hash(alone[0]));

    /* A file that says it has more networks than its tensors are of. */
    char *text = memmem(bytes, count, "\"networks\":\"4\"", strlen("\"networks\":\"4\""));
    assert_non_null(text);
    text[strlen("\"networks\":\"")] = '5';
    nnfs_network *damaged = NULL;
    nnfs_status status = nnfs_network_load_memory(bytes, count, &damaged, NULL);
    assert_int_equal(status, NNFS_ERROR_DATA);
    nnfs_memory_free(bytes);
    nnfs_network_free(made[1]);
    nnfs_network_free(made[2]);
    free_all(alone, made[0], &data);
}

/* ---- What does not fit ---- */

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    nnfs_network *one = make_network(&shapes[0], 1, 5);
    nnfs_network *wider = make_network(&shapes[0], 1, 6);
    const shape tanh_output = {1, 2, NNFS_TANH, NNFS_MSE};
    nnfs_network *without_mean = make_network(&tanh_output, 1, 5);
    nnfs_train_settings settings;
    nnfs_trainer *trainer = NULL;
    nnfs_error error;
    assert_int_equal(nnfs_network_add(one, wider, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_network_add(without_mean, without_mean, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_network_add(NULL, one, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_network_add(one, NULL, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_network_networks(one), 1);
    assert_int_equal(nnfs_network_networks(NULL), 0);
    for (int i = 1; i < NETWORKS_MOST; i *= 2) {
        assert_int_equal(nnfs_network_add(one, one, &error), NNFS_OK);
    }
    assert_int_equal(nnfs_network_add(one, one, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_network_networks(one), NETWORKS_MOST);
    nnfs_train_settings_init(&settings);
    assert_int_equal(nnfs_trainer_create(one, &settings, &trainer, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_network_set_temperature(one, 2.0, &error), NNFS_ERROR_ARGUMENT);
    nnfs_network_free(one);
    nnfs_network_free(wider);
    nnfs_network_free(without_mean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_means),
        cmocka_unit_test(the_spread_is_that_of_the_networks),
        cmocka_unit_test(saved_and_copied_are_the_same),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
