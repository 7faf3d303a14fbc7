/* --from: a run that goes on training a model, on any data that fit it. */
#include "common/exit.h"
#include "common/model_data.h"
#include "common/options.h"
#include "train/run.h"

#include <stdlib.h>

nnfs_status from_load_model(train_run *run, nnfs_error *error)
{
    if (!run->options->from) {
        return NNFS_OK;
    }
    TRY(nnfs_network_load(run->options->from, &run->network, error));
    run->schema = nnfs_network_preprocessing(run->network);
    return NNFS_OK;
}

/* Yes or no is one output or two. */
static bool fits_outputs(const nnfs_network *network, const nnfs_dataset *data)
{
    int outputs = nnfs_network_outputs(network);
    int classes = nnfs_dataset_classes(data);
    if (classes > 0) {
        return classes <= (outputs == 1 ? 2 : outputs);
    }
    return nnfs_dataset_outputs(data) == outputs;
}

nnfs_status from_check(const train_run *run, nnfs_error *error)
{
    const nnfs_network *network = run->network;
    const nnfs_dataset *data = run->train.set;
    int inputs = nnfs_network_inputs(network);
    if (nnfs_dataset_features(data) != inputs) {
        return set_error(error, NNFS_ERROR_DATA, "%s takes %d inputs, %s has %d",
                         run->options->from, inputs, run->train.path, nnfs_dataset_features(data));
    }
    if (!fits_outputs(network, data)) {
        return set_error(error, NNFS_ERROR_DATA, "%s has %d outputs, %s has %d %s",
                         run->options->from, nnfs_network_outputs(network), run->train.path,
                         nnfs_dataset_outputs(data),
                         nnfs_dataset_classes(data) > 0 ? "classes" : "targets");
    }
    return model_check_scale(network, run->options->from, data, run->train.path, error);
}

nnfs_status from_freeze(train_run *run, nnfs_error *error)
{
    const char *text = run->options->freeze;
    int layers = nnfs_network_layer_count(run->network);
    int frozen = 0;
    while (text && *text) {
        const char *item;
        (void)list_next(&text, &item);
        int layer = atoi(item); /* checked by take_freeze */
        if (layer > layers) {
            return set_error(error, NNFS_ERROR_ARGUMENT,
                             "--freeze: there is no layer %d; %s has %d, counted from 1", layer,
                             run->options->from, layers);
        }
        (void)nnfs_network_freeze(run->network, layer - 1, 1, NULL);
        frozen++;
    }
    if (frozen >= layers) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "--freeze: with all %d layers frozen there is nothing to train", layers);
    }
    return NNFS_OK;
}
