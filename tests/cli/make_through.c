/*
 * Makes a model that hands the first columns of a table through as its outputs: what it predicts is
 * what the table says, on every machine.
 *
 * Usage: make_through TABLE.csv ACTIVATION TARGET[,TARGET] MODEL
 */
#include <nnfs/nnfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct through {
    nnfs_dataset *data;
    nnfs_preprocessing *preprocessing;
    nnfs_network *network;
} through;

static nnfs_status load(through *made, const char *path, char *targets, nnfs_error *error)
{
    const char *list[3] = {strtok(targets, ","), strtok(NULL, ","), NULL};
    nnfs_dataset_settings settings;
    nnfs_preprocessing_settings plain;
    nnfs_dataset_settings_init(&settings);
    nnfs_preprocessing_settings_init(&plain);
    settings.targets = list;
    settings.numeric = (const char *const[]){"1", NULL}; /* also where it counts the rows */
    plain.scaling = NNFS_SCALING_NONE;
    plain.scale_targets = 0;
    nnfs_status status = nnfs_dataset_load(path, &settings, &made->data, NULL, error);
    if (status == NNFS_OK) {
        status = nnfs_preprocessing_fit(made->data, &plain, &made->preprocessing, error);
    }
    return status == NNFS_OK ? nnfs_dataset_prepare(made->data, made->preprocessing, error)
                             : status;
}

static nnfs_status build(through *made, nnfs_activation activation, nnfs_error *error)
{
    int outputs = activation == NNFS_SIGMOID ? 1 : nnfs_dataset_outputs(made->data);
    nnfs_layer layer = {outputs, activation};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = nnfs_dataset_features(made->data);
    settings.layers = &layer;
    settings.layer_count = 1;
    settings.init = NNFS_INIT_ZEROS;
    settings.loss = activation == NNFS_SOFTMAX   ? NNFS_CROSS_ENTROPY
                    : activation == NNFS_SIGMOID ? NNFS_BINARY_CROSS_ENTROPY
                                                 : NNFS_MSE;
    nnfs_status status = nnfs_network_create(&settings, &made->network, error);
    size_t inputs = (size_t)settings.inputs;
    float *w = calloc(inputs * (size_t)outputs, sizeof *w);
    for (size_t i = 0; w && i < (size_t)outputs && i < inputs; i++) {
        w[i * (size_t)outputs + i] = 1.0f;
    }
    if (status == NNFS_OK) {
        status = w ? nnfs_network_set_weights(made->network, 0, w, error) : NNFS_ERROR_MEMORY;
    }
    free(w);
    return status;
}

int main(int argc, char **argv)
{
    through made = {.data = NULL};
    nnfs_error error = {.status = NNFS_OK};
    nnfs_activation activation = NNFS_IDENTITY;
    if (argc != 5) {
        return 2;
    }
    while (nnfs_activation_name(activation) &&
           strcmp(nnfs_activation_name(activation), argv[2]) != 0) {
        activation++;
    }
    nnfs_status status = load(&made, argv[1], argv[3], &error);
    if (status == NNFS_OK) {
        status = build(&made, activation, &error);
    }
    if (status == NNFS_OK) {
        status = nnfs_network_set_preprocessing(made.network, made.preprocessing, &error);
    }
    if (status == NNFS_OK) {
        status = nnfs_network_save(made.network, argv[4], &error);
    }
    if (status != NNFS_OK) {
        (void)fprintf(stderr, "make_through: %s\n", error.message);
    }
    nnfs_network_free(made.network);
    nnfs_preprocessing_free(made.preprocessing);
    nnfs_dataset_free(made.data);
    return status == NNFS_OK ? 0 : 1;
}
