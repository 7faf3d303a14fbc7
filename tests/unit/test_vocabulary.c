/* What training can be asked for besides optimizer and schedule: rates of single tensors. */
#include <math.h>

#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- Data and networks ---- */

enum { feature_count = 12, class_count = 3, sample_count = 400, hidden = 16 };

static float features[feature_count * sample_count];
static int32_t labels[sample_count];

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
        labels[j] = x[0] > 0.2f ? 2 : x[1] > x[2];
    }
    return 0;
}

static nnfs_arrays class_arrays(int64_t first, int64_t samples)
{
    return (nnfs_arrays){.features = features + feature_count * first,
                         .feature_count = feature_count,
                         .samples = samples,
                         .labels = labels + first,
                         .classes = class_count};
}

static nnfs_network *classifier(void)
{
    const nnfs_layer layers[] = {{hidden, NNFS_TANH}, {class_count, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = feature_count;
    settings.layers = layers;
    settings.layer_count = 2;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

/* ---- Rates of tensors ---- */

/* The weights and then the biases of the first layer after a step of sgd with decay 0.5. */
static void step_with(const char *tensor, float factor, int decays, float *values)
{
    nnfs_network *network = classifier();
    float *biases = nnfs_network_biases(network, 0);
    for (int i = 0; i < hidden; i++) {
        biases[i] = 0.25f;
    }
    assert_int_equal(nnfs_network_set_tensor_rate(network, 0, tensor, factor, decays, NULL),
                     NNFS_OK);
    nnfs_network *copy = NULL; /* has the same rates */
    assert_int_equal(nnfs_network_copy(network, &copy, NULL), NNFS_OK);
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.optimizer = NNFS_SGD;
    settings.learning_rate = 0.125f;
    settings.weight_decay = 0.5f;
    settings.schedule = NNFS_SCHEDULE_CONSTANT;
    nnfs_trainer *trainer = NULL;
    assert_int_equal(nnfs_trainer_create(copy, &settings, &trainer, NULL), NNFS_OK);
    nnfs_arrays arrays = class_arrays(0, 64);
    assert_int_equal(nnfs_trainer_step(trainer, &arrays, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_get_weights(copy, 0, values, NULL), NNFS_OK);
    memcpy(values + feature_count * hidden, nnfs_network_biases(copy, 0), hidden * sizeof *values);
    nnfs_trainer_free(trainer);
    nnfs_network_free(copy);
    nnfs_network_free(network);
}

static void a_tensor_has_a_rate_of_its_own(void **state)
{
    (void)state;
    enum { weights = feature_count * hidden, all = weights + hidden };
    float plain[all], still[all], fast[all], kept[all];
    step_with("bias", 1.0f, 1, plain);
    step_with("bias", 0.0f, 1, still);
    step_with("bias", 3.0f, 1, fast);
    step_with("bias", 1.0f, 0, kept);
    for (int i = 0; i < weights; i++) {
        assert_true(plain[i] == still[i] && plain[i] == fast[i] && plain[i] == kept[i]);
    }
    for (int i = weights; i < all; i++) {
        assert_true(still[i] == 0.25f && plain[i] != 0.25f);
        assert_true(fabsf((fast[i] - 0.25f) - 3.0f * (plain[i] - 0.25f)) < 1e-6f);
        /* what decay takes: 0.125 x 0.5 x 0.25 */
        assert_true(fabsf(kept[i] - plain[i] - 0.015625f) < 1e-6f);
    }
}

static void wrong_rates_are_refused(void **state)
{
    (void)state;
    nnfs_network *network = classifier();
    const struct {
        int layer;
        const char *tensor;
        float factor;
    } wrong[] = {{0, "scale", 1.0f}, {2, "bias", 1.0f}, {0, "bias", -1.0f}, {0, "bias", NAN}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        nnfs_error error = {.status = NNFS_OK};
        assert_int_equal(nnfs_network_set_tensor_rate(network, wrong[i].layer, wrong[i].tensor,
                                                      wrong[i].factor, 1, &error),
                         NNFS_ERROR_ARGUMENT);
        assert_int_equal(error.status, NNFS_ERROR_ARGUMENT);
    }
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tensor_has_a_rate_of_its_own),
        cmocka_unit_test(wrong_rates_are_refused),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
