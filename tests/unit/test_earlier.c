/*
 * Files that version 0.1 wrote: its model predicts what it predicted then, and its checkpoint, of
 * the last epoch but for one step, opens. argv[1] is the folder of the data.
 */
#include "network/network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;
static char place[4096];

static const char *path_of(const char *name)
{
    (void)snprintf(place, sizeof place, "%s/version-0.1/%s", folder, name);
    return place;
}

static nnfs_network *load_model(void)
{
    nnfs_network *network = NULL;
    nnfs_error error = {0};
    if (nnfs_network_load(path_of("model.safetensors"), &network, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    return network;
}

static nnfs_dataset *load_table(const nnfs_preprocessing *like)
{
    nnfs_dataset *data = NULL;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.like = like;
    assert_int_equal(nnfs_dataset_load(path_of("table.csv"), &settings, &data, NULL, NULL),
                     NNFS_OK);
    return data;
}

static void models_predict_what_they_did(void **state)
{
    (void)state;
    nnfs_network *network = load_model();
    nnfs_dataset *data = load_table(nnfs_network_preprocessing(network));
    int64_t samples = nnfs_dataset_samples(data);
    float *outputs = calloc((size_t)samples, sizeof *outputs);
    assert_int_equal(nnfs_predict_dataset(network, data, 0, samples, 1, outputs, NULL), NNFS_OK);
    FILE *file = fopen(path_of("predictions.csv"), "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    for (int64_t i = 0; i < samples; i++) {
        float no = 0.0f;
        float yes = 0.0f;
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(sscanf(strchr(line, ','), ",%f,%f", &no, &yes), 2);
        if (!(fabsf(outputs[i] - yes) < 1e-6f && fabsf(1.0f - yes - no) < 1e-6f)) {
            fail_msg("row %d: %g in place of %g", (int)i + 1, (double)outputs[i], (double)yes);
        }
    }
    (void)fclose(file);
    free(outputs);
    nnfs_dataset_free(data);
    nnfs_network_free(network);
}

/* Its network and its settings are those of the run. */
static void checkpoints_open(void **state)
{
    (void)state;
    nnfs_checkpoint *checkpoint = NULL;
    nnfs_error error = {0};
    nnfs_network *final = load_model();
    if (nnfs_checkpoint_open(path_of("checkpoint.safetensors"), &checkpoint, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(nnfs_checkpoint_epochs(checkpoint), 2);
    assert_int_equal(nnfs_checkpoint_steps(checkpoint), 11);
    nnfs_train_settings settings = nnfs_checkpoint_settings(checkpoint);
    assert_int_equal(settings.batch, 16);
    assert_true(settings.label_smoothing == 0.0f && settings.clip_norm == 0.0f);
    const nnfs_network *network = nnfs_checkpoint_network(checkpoint);
    assert_int_equal(network->parameter_floats, final->parameter_floats);
    float most = 0.0f;
    for (size_t i = 0; i < final->parameter_floats; i++) {
        most = fmaxf(most, fabsf(network->parameters[i] - final->parameters[i]));
    }
    assert_true(most > 0.0f && most < 1e-3f); /* one step before the end, at a small rate */
    nnfs_network_free(final);
    nnfs_checkpoint_free(checkpoint);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_predict_what_they_did),
        cmocka_unit_test(checkpoints_open),
    };
    folder = argc > 1 ? argv[1] : "tests/data";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
