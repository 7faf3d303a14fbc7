/* What training can be asked for besides optimizer and schedule: rates of single tensors, early
 * stopping. */
#include <math.h>

#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- Early stopping ---- */

/* What each epoch of a run came to, and the network after it. */
typedef struct run_history {
    nnfs_network *network;
    int epochs;
    int stop_after;
    uint64_t hashes[64];
    double losses[64], accuracies[64];
} run_history;

static int note_epoch(void *user, const nnfs_epoch *epoch)
{
    run_history *h = user;
    h->hashes[epoch->epoch] = nnfs_network_hash(h->network);
    h->losses[epoch->epoch] = epoch->validation.loss;
    h->accuracies[epoch->epoch] = epoch->validation.accuracy;
    h->epochs = epoch->epoch;
    return h->stop_after == epoch->epoch;
}

/* Few samples to train on and a high rate: the validation loss soon rises. */
static nnfs_train_settings settings_of(run_history *h)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.learning_rate = 0.05f;
    settings.schedule = NNFS_SCHEDULE_CONSTANT;
    settings.batch = 16;
    settings.epochs = 30;
    settings.on_epoch = note_epoch;
    settings.user = h;
    return settings;
}

static nnfs_status run(run_history *h, const nnfs_train_settings *settings, bool validate,
                       nnfs_summary *summary)
{
    nnfs_arrays few = class_arrays(0, 60), rest = class_arrays(60, sample_count - 60);
    nnfs_dataset *train = NULL, *validation = NULL;
    assert_int_equal(nnfs_dataset_wrap(&few, &train, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_wrap(&rest, &validation, NULL), NNFS_OK);
    h->network = classifier();
    nnfs_status status =
        nnfs_train(h->network, train, validate ? validation : NULL, NULL, settings, summary, NULL);
    nnfs_dataset_free(train);
    nnfs_dataset_free(validation);
    return status;
}

static int best_of(const run_history *h, const double *values, double sign)
{
    int best = 1;
    for (int e = 2; e <= h->epochs; e++) {
        best = sign * values[e] < sign * values[best] ? e : best;
    }
    return best;
}

static void the_best_epoch_is_kept(void **state)
{
    (void)state;
    run_history h = {.epochs = 0};
    nnfs_summary summary;
    nnfs_train_settings settings = settings_of(&h);
    assert_int_equal(run(&h, &settings, true, &summary), NNFS_OK);
    int best = best_of(&h, h.losses, 1.0);
    assert_int_equal(h.epochs, 30);
    assert_true(best > 1 && best < 30);
    assert_int_equal(summary.best_epoch, best);
    assert_true(nnfs_network_hash(h.network) == h.hashes[best]);
    assert_true(summary.validation.loss == h.losses[best]);
    nnfs_network_free(h.network);

    settings.monitor = NNFS_MONITOR_ACCURACY;
    assert_int_equal(run(&h, &settings, true, &summary), NNFS_OK);
    best = best_of(&h, h.accuracies, -1.0);
    assert_int_equal(summary.best_epoch, best);
    assert_true(nnfs_network_hash(h.network) == h.hashes[best]);
    nnfs_network_free(h.network);

    assert_int_equal(summary.monitor, NNFS_MONITOR_ACCURACY);

    settings.monitor = NNFS_MONITOR_AUTO; /* the accuracy, of smoothed labels */
    settings.label_smoothing = 0.1f;
    assert_int_equal(run(&h, &settings, true, &summary), NNFS_OK);
    assert_int_equal(summary.best_epoch, best_of(&h, h.accuracies, -1.0));
    assert_true(summary.best_epoch != best_of(&h, h.losses, 1.0));
    assert_int_equal(summary.monitor, NNFS_MONITOR_ACCURACY);
    nnfs_network_free(h.network);
    settings.label_smoothing = 0.0f;

    assert_int_equal(run(&h, &settings, false, &summary), NNFS_OK);
    assert_int_equal(summary.best_epoch, 0);
    assert_true(nnfs_network_hash(h.network) == h.hashes[30]);
    nnfs_network_free(h.network);
}

static void patience_ends_a_run(void **state)
{
    (void)state;
    run_history h = {.epochs = 0};
    nnfs_summary summary;
    nnfs_train_settings settings = settings_of(&h);
    settings.patience = 4;
    assert_int_equal(run(&h, &settings, true, &summary), NNFS_OK);
    int best = best_of(&h, h.losses, 1.0);
    assert_string_equal(summary.reason, "patience");
    assert_int_equal(summary.best_epoch, best);
    assert_int_equal(summary.epochs, best + 4);
    assert_true(nnfs_network_hash(h.network) == h.hashes[best]);
    nnfs_network_free(h.network);

    assert_int_equal(run(&h, &settings, false, &summary), NNFS_ERROR_ARGUMENT);
    nnfs_network_free(h.network);
    settings.monitor = NNFS_MONITOR_RMSE;
    assert_int_equal(run(&h, &settings, true, &summary), NNFS_ERROR_ARGUMENT);
    nnfs_network_free(h.network);
}

static void an_accuracy_is_of_validation_data(void **state)
{
    (void)state;
    run_history h = {.epochs = 0};
    nnfs_summary summary;
    nnfs_train_settings settings = settings_of(&h);
    settings.until_accuracy = 0.6;
    assert_int_equal(run(&h, &settings, true, &summary), NNFS_OK);
    assert_string_equal(summary.reason, "accuracy");
    assert_true(h.accuracies[h.epochs] >= 0.6);
    assert_int_equal(summary.best_epoch, h.epochs);
    nnfs_network_free(h.network);
}

/* Stopped after each epoch and gone on from its checkpoint, by 1, 2 and 3 threads:
 * the same bits. */
static void a_run_with_patience_resumes(void **state)
{
    (void)state;
    char folder[] = "/tmp/nnfs-vocabulary-XXXXXX";
    run_history whole = {.epochs = 0}, parts = {.epochs = 0};
    nnfs_summary expected, summary;
    nnfs_train_settings settings = settings_of(&whole);
    settings.patience = 4;
    assert_int_equal(run(&whole, &settings, true, &expected), NNFS_OK);
    assert_non_null(mkdtemp(folder));
    nnfs_status status = NNFS_ERROR_STOPPED;
    for (int part = 0; status == NNFS_ERROR_STOPPED; part++) {
        nnfs_checkpoint *checkpoint = NULL;
        nnfs_network_free(parts.network);
        settings.user = &parts;
        settings.checkpoint_folder = folder;
        settings.threads = 1 + part % 3;
        if (part > 0) {
            assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
        }
        settings.resume = checkpoint;
        parts.stop_after = part + 1;
        status = run(&parts, &settings, true, &summary);
        nnfs_checkpoint_free(checkpoint);
        assert_true(part < 40);
    }
    assert_int_equal(status, NNFS_OK);
    assert_int_equal(summary.best_epoch, expected.best_epoch);
    assert_int_equal(summary.epochs, expected.epochs);
    assert_string_equal(summary.reason, "patience");
    assert_true(nnfs_network_hash(parts.network) == nnfs_network_hash(whole.network));
    nnfs_network_free(parts.network);
    nnfs_network_free(whole.network);
    char command[64];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tensor_has_a_rate_of_its_own),
        cmocka_unit_test(wrong_rates_are_refused),
        cmocka_unit_test(the_best_epoch_is_kept),
        cmocka_unit_test(patience_ends_a_run),
        cmocka_unit_test(an_accuracy_is_of_validation_data),
        cmocka_unit_test(a_run_with_patience_resumes),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
