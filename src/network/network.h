/*
 * The network: its layers, and all parameters in one flat buffer. A tensor is a row of the
 * network's list: a name, a shape and where its elements lie in that buffer. Each begins on a cache
 * line; the padding between is zero and stays so. Gradients and optimizer states are laid out the
 * same, so what updates, saves, loads, counts or freezes parameters walks the list and knows no
 * kind of layer.
 */
#ifndef NNFS_NETWORK_NETWORK_H
#define NNFS_NETWORK_NETWORK_H

#include "base/status.h"
#include "data/dataset.h"
#include "math/activation.h"
#include "math/loss.h"
#include "math/matrix.h"

#include <float.h>

typedef struct network_tensor {
    const char *name;  /* of its kind: "weight"; a file has it as layers.N.weight */
    int layer;         /* -1: of the inputs */
    int rank;          /* 1: a vector, of one column */
    int rows, columns; /* W is [out x in] */
    size_t offset;     /* of element (0, 0) in the flat buffer */
    ptrdiff_t row_stride, column_stride;
    bool trained;     /* it has a gradient; false for running statistics */
    float rate;       /* what the learning rate is multiplied by; 1 */
    bool not_decayed; /* weight decay leaves it alone */
} network_tensor;

typedef struct network_layer {
    int in, out;
    nnfs_activation activation;
    nnfs_normalization normalization;
    float dropout; /* share of the outputs that training drops */
    bool frozen;   /* training leaves its parameters alone */
    int heads;     /* members that have each a W and a bias of their own, side by side; else 1 */
    /* Indices of tensors; -1 for one that the layer does not have. */
    int weight, bias;
    int scale; /* of the normalised values */
    int running_mean, running_variance;
} network_layer;

typedef struct network_note {
    char *key;
    char *value;
} network_note;

/* Vectors of inputs, which the first layer takes from row `row` on. */
typedef struct network_embedding {
    nnfs_embedding as;   /* its lists are the next two */
    int *inputs, *sizes; /* [as.count] */
    int row;
    /* Tensors; a vector a column (piecewise: w0, b0 and P; periodic: w, b, W2 and c), of
     * categories an input */
    int table;
    int edges; /* of piecewise [bins + 1 x count], NO_EDGE behind the last; else -1 */
} network_embedding;

enum { EMBEDDING_KINDS = 3 };

struct nnfs_network {
    int inputs;
    float input_dropout;
    int members; /* at least 1 */
    network_embedding embeddings[EMBEDDING_KINDS];
    int embedding_count;
    int *others; /* [other_count] inputs of no embedding, which follow their vectors */
    int other_count;
    int member_scale; /* tensor [inputs of the first layer x members]; -1: none */
    int layer_count;
    network_layer *layers; /* [layer_count] */
    nnfs_loss loss;
    float quantile;           /* of NNFS_QUANTILE, else 0 */
    nnfs_precision precision; /* of inference */
    network_tensor *tensors;  /* [tensor_count], by layer and in the order of their offsets */
    int tensor_count;
    float *parameters; /* [parameter_floats], padding included */
    size_t parameter_floats;
    /* Of an ensemble: the parameters of its other networks, which are laid out the same. */
    float **further;     /* [further_count] */
    int further_count;   /* 0: a single network */
    network_note *notes; /* [note_count], sorted by key */
    size_t note_count;
    const encoder *encoder; /* of rows, by the network's preprocessing; NULL without one */
};

/* What an input has in place of an edge behind its last one. */
#define NO_EDGE FLT_MAX

/* The column of the first layer's W that an input which is not embedded has; -1: it is embedded. */
int network_input_column(const nnfs_network *network, int input);

/* The column of the table that an input of a category has; -1: it has none there. */
int network_vector_column(const network_embedding *embedding, int input);

/* Values of all vectors of an embedding. */
static inline int embedding_rows(const network_embedding *embedding)
{
    return embedding->as.count * embedding->as.width;
}

/* A tensor's elements in a buffer that is laid out like the parameters. */
static inline matrix network_matrix(const network_tensor *which, float *buffer)
{
    return (matrix){buffer + which->offset, DTYPE_F32,         which->rows,
                    which->columns,         which->row_stride, which->column_stride};
}

/* The tensor of a layer, as in network_matrix(network_of(network, layer->bias), buffer). */
static inline const network_tensor *network_tensor_at(const nnfs_network *network, int index)
{
    return &network->tensors[index];
}

/* The weights [out x in] of a layer in a buffer that is laid out like the parameters. */
static inline matrix network_weights(const nnfs_network *network, int layer, float *buffer)
{
    return network_matrix(&network->tensors[network->layers[layer].weight], buffer);
}

/* Copies a tensor out of such a buffer, column-major without gaps, and into one. */
void network_read_tensor(const network_tensor *which, const float *buffer, float *values);
void network_write_tensor(const network_tensor *which, float *buffer, const float *values);

/* Networks of an ensemble, at most. */
enum { NETWORKS_MOST = 64 };

/* Whether the outputs of networks like this have a mean: it must have logits, see op_merge. */
bool network_has_mean(const nnfs_network *network);

/* Whether networks of these layers can make an ensemble: their outputs have a mean, and
 * nothing is folded. */
bool network_can_be_averaged(const nnfs_network *network);

/* Network `index` of an ensemble, alone: a view, not to be freed. */
static inline nnfs_network network_alone(const nnfs_network *ensemble, int index)
{
    nnfs_network view = *ensemble;
    view.parameters = index > 0 ? ensemble->further[index - 1] : ensemble->parameters;
    view.further = NULL;
    view.further_count = 0;
    return view;
}

/* Adds room for the parameters of one more network, all 0. Errors: MEMORY. */
nnfs_status network_grow(nnfs_network *network, nnfs_error *error);

/* The output layer. */
static inline const network_layer *network_output(const nnfs_network *network)
{
    return &network->layers[network->layer_count - 1];
}

/*
 * nnfs_network_create in steps, which model files take with settings of their own: a network
 * with the initial settings and no embeddings (NULL: no memory); embeddings taken over; all
 * settings checked and the tensors listed, without parameters; the parameters, all 0.
 * Errors: ARGUMENT, MEMORY.
 */
nnfs_network *network_new(int inputs, int layers);
nnfs_status network_take_embeddings(nnfs_network *network, const nnfs_embedding *embeddings,
                                    int count, nnfs_error *error);
nnfs_status network_complete(nnfs_network *network, nnfs_error *error);
nnfs_status network_allocate(nnfs_network *network, nnfs_error *error);

/* The first three, of public settings. */
nnfs_status network_describe(const nnfs_network_settings *settings, nnfs_network **network,
                             nnfs_error *error);

/*
 * embedding.c: the list of the inputs of no embedding made (false: no memory), which may be longer
 * than a file that only claims to have them; all freed; compared.
 */
bool network_list_others(nnfs_network *network);
void network_free_embeddings(nnfs_network *network);
bool network_same_embeddings(const nnfs_network *left, const nnfs_network *right);

/* Copies the embeddings' settings: [embedding_count]. */
void network_list_embeddings(const nnfs_network *network, nnfs_embedding *list);

/* Name and size of the trained tensor of an embedding. */
typedef struct embedding_table {
    const char *name;
    int rows, columns;
    float rate; /* what the learning rate is multiplied by */
} embedding_table;

embedding_table network_embedding_table(const network_embedding *embedding);

/* Whether two networks have the same layers and loss: what one learns fits the other. */
bool network_same_shape(const nnfs_network *left, const nnfs_network *right);

/* Terms in the mean that is the loss of `samples` samples. */
double network_loss_terms(const nnfs_network *network, int64_t samples);

/* Errors: ARGUMENT (there is no such layer). */
nnfs_status network_check_layer(const nnfs_network *network, int index, nnfs_error *error);

/*
 * Checks that a dataset's features fit: a table is prepared, and by the network's own preprocessing
 * if it has one. Errors: DATA.
 */
nnfs_status network_check_inputs(const nnfs_network *network, const nnfs_dataset *dataset,
                                 nnfs_error *error);

/*
 * Checks that a dataset fits: its features, and its classes or numbers, which it must have, against
 * the outputs (two classes fit one output too, but not cross-entropy). Errors: DATA.
 */
nnfs_status network_check_fit(const nnfs_network *network, const nnfs_dataset *dataset,
                              nnfs_error *error);

/*
 * A copy without batch normalisation, whose running statistics are folded into weights and biases:
 * what inference runs. Errors: MEMORY.
 */
nnfs_status network_fold(const nnfs_network *network, nnfs_network **folded, nnfs_error *error);

/* Whether network_fold would change anything. */
bool network_needs_fold(const nnfs_network *network);

#endif
