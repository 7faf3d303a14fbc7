/*
 * The network: layer shapes, and all parameters in one flat buffer. Each layer has its weights
 * W [out x in] column-major, then its biases [out], both beginning on a cache line; the padding
 * between is zero and stays so. Gradients and optimizer states are laid out the same.
 *
 * A thin layer, of few units with many inputs, has W^T [in x out] instead: its products then have
 * their long side along the columns, where the vectors of a CPU are, and take half the time.
 */
#ifndef NNFS_NETWORK_NETWORK_H
#define NNFS_NETWORK_NETWORK_H

#include "base/status.h"
#include "data/dataset.h"
#include "math/activation.h"
#include "math/loss.h"

typedef struct network_layer {
    int in, out;
    nnfs_activation activation;
    bool transposed; /* W^T is kept */
    size_t weights;  /* where W begins in the flat buffer */
    size_t biases;
} network_layer;

typedef struct network_note {
    char *key;
    char *value;
} network_note;

struct nnfs_network {
    int inputs;
    int layer_count;
    network_layer *layers; /* [layer_count] */
    nnfs_loss loss;
    float *parameters; /* [parameter_floats], padding included */
    size_t parameter_floats;
    network_note *notes; /* [note_count], sorted by key */
    size_t note_count;
    const encoder
        *encoder; /* of rows, by the preprocessing that it holds; NULL where there is none */
};

/* Where in the flat buffer the weight lies that `unit` gives to `input`: W(unit, input). */
static inline size_t network_weight(const network_layer *layer, size_t unit, size_t input)
{
    size_t out = (size_t)layer->out;
    size_t in = (size_t)layer->in;
    return layer->weights + (layer->transposed ? input + unit * in : unit + input * out);
}

/* W [out x in] column-major, from a buffer laid out like the parameters, and into one. */
void network_read_weights(const network_layer *layer, const float *buffer, float *weights);
void network_write_weights(const network_layer *layer, float *buffer, const float *weights);

/* The output layer. */
static inline const network_layer *network_output(const nnfs_network *network)
{
    return &network->layers[network->layer_count - 1];
}

/* Terms in the mean that is the loss of `samples` samples. */
double network_loss_terms(const nnfs_network *network, int64_t samples);

/* Errors: ARGUMENT (there is no such layer). */
nnfs_status network_check_layer(const nnfs_network *network, int index, nnfs_error *error);

/*
 * Whether a dataset's features fit: a table is prepared, and as the network's preprocessing has it,
 * where it has one. Errors: DATA.
 */
nnfs_status network_check_inputs(const nnfs_network *network, const nnfs_dataset *dataset,
                                 nnfs_error *error);

/*
 * Whether a dataset fits: its features, and its classes or numbers, which must be there, against the
 * outputs (two classes fit one output too, but by cross-entropy). Errors: DATA.
 */
nnfs_status network_check_fit(const nnfs_network *network, const nnfs_dataset *dataset,
                              nnfs_error *error);

#endif
