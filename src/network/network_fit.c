/* What a network has to do with data: whether they fit, and the preprocessing that
 * it learnt with. */
#include "network/network.h"

#include "base/status.h"
#include "data/encoder.h"

/* ---- Whether data fit ---- */

/*
 * Whether that many classes, or else numbers, are what the outputs stand for. One output may say
 * yes or no, but not by cross-entropy, whose softmax of one is always 1.
 */
static bool fits_outputs(const nnfs_network *network, int classes, int numbers)
{
    int outputs = network_output(network)->out;
    bool yes_or_no = classes == 2 && outputs == 1 && network->loss != NNFS_CROSS_ENTROPY;
    if (classes > 0) {
        return classes <= outputs || yes_or_no;
    }
    return numbers == outputs;
}

static nnfs_status fail_outputs(const nnfs_network *network, int classes, int numbers,
                                nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DATA, "the network has %d outputs, the data has %d %s",
                network_output(network)->out, classes > 0 ? classes : numbers,
                classes > 0 ? "classes" : "targets a sample");
}

nnfs_status network_check_inputs(const nnfs_network *network, const nnfs_dataset *dataset,
                                 nnfs_error *error)
{
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    const nnfs_preprocessing *other = nnfs_dataset_preprocessing(dataset);
    if (dataset->storage.schema && !other) {
        return fail(error, NNFS_ERROR_DATA, "the table is not prepared for a network");
    }
    if (own && other && !preprocessing_equal(own, other)) {
        return fail(error, NNFS_ERROR_DATA,
                    "the data was prepared otherwise than the network's training data");
    }
    if (nnfs_dataset_features(dataset) != network->inputs) {
        return fail(error, NNFS_ERROR_DATA, "the network takes %d features, the data has %d",
                    network->inputs, nnfs_dataset_features(dataset));
    }
    if (other && !fits_outputs(network, other->classes, other->target_count)) {
        return fail_outputs(network, other->classes, other->target_count, error);
    }
    return NNFS_OK;
}

nnfs_status network_check_fit(const nnfs_network *network, const nnfs_dataset *dataset,
                              nnfs_error *error)
{
    int classes = dataset->storage.classes;
    nnfs_status status = network_check_inputs(network, dataset, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (!dataset->storage.labels && !dataset->storage.targets) {
        return fail(error, NNFS_ERROR_DATA, "the data has no targets");
    }
    if (!fits_outputs(network, classes, dataset->storage.target_count)) {
        return fail_outputs(network, classes, dataset->storage.target_count, error);
    }
    return NNFS_OK;
}

/* ---- Preprocessing ---- */

/* Sets what an input of a category is multiplied by to 0: its vector, or its column of
 * the first W. */
static void silence_input(nnfs_network *network, int input)
{
    int column = network_input_column(network, input);
    matrix weights = network_weights(network, 0, network->parameters);
    for (int i = 0; column < 0 && i < network->embedding_count; i++) {
        const network_embedding *embedding = &network->embeddings[i];
        column = network_vector_column(embedding, input);
        weights = network_matrix(&network->tensors[embedding->table], network->parameters);
    }
    for (int row = 0; column >= 0 && row < weights.rows; row++) {
        *matrix_at(weights, row, column) = 0.0f;
    }
}

/* No training sample had the place of the others: what its weights began with would
 * stay for ever. */
static void silence_unseen(nnfs_network *network, const nnfs_preprocessing *preprocessing)
{
    for (int i = 0; i < preprocessing->column_count; i++) {
        const preprocessing_column *column = &preprocessing->columns[i];
        const nnfs_encoding *encoding = &column->encoding;
        if (encoding->kind == NNFS_COLUMN_CATEGORY && encoding->inputs > 0 &&
            !encoding->two_valued && !column->others_seen) {
            silence_input(network, encoding->first_input + encoding->inputs - 1);
        }
    }
}

static nnfs_status check_preprocessing(const nnfs_network *network,
                                       const nnfs_preprocessing *preprocessing, nnfs_error *error)
{
    if (preprocessing->inputs != network->inputs) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the network takes %d inputs, the preprocessing makes %d", network->inputs,
                    preprocessing->inputs);
    }
    if (!fits_outputs(network, preprocessing->classes, preprocessing->target_count)) {
        return fail(
            error, NNFS_ERROR_ARGUMENT, "the network has %d outputs, the preprocessing has %d %s",
            network_output(network)->out,
            preprocessing->classes > 0 ? preprocessing->classes : preprocessing->target_count,
            preprocessing->classes > 0 ? "classes" : "targets");
    }
    return NNFS_OK;
}

nnfs_status nnfs_network_set_preprocessing(nnfs_network *network,
                                           const nnfs_preprocessing *preprocessing,
                                           nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    encoder *made = NULL;
    if (preprocessing) {
        nnfs_status status = check_preprocessing(network, preprocessing, error);
        if (status != NNFS_OK) {
            return status;
        }
        made = encoder_of_rows(preprocessing);
        if (!made) {
            return fail_memory(error, (size_t)network->inputs * sizeof(float), "an encoder");
        }
        if (!network->encoder) {
            silence_unseen(network, preprocessing);
        }
    }
    encoder_release(network->encoder);
    network->encoder = made;
    return NNFS_OK;
}

const nnfs_preprocessing *nnfs_network_preprocessing(const nnfs_network *network)
{
    if (!network) {
        return NULL;
    }
    return encoder_preprocessing(network->encoder);
}
