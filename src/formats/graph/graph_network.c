/* A graph of an import becomes a network: scalings are folded, layers numbered. */
#include "base/memory.h"
#include "formats/graph/graph.h"
#include "formats/model.h"
#include "network/network.h"

#include <stdlib.h>
#include <string.h>

int graph_activation(const char *name)
{
    for (int i = 0; nnfs_activation_name((nnfs_activation)i); i++) {
        if (strcmp(nnfs_activation_name((nnfs_activation)i), name) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- Folding ---- */

/* s (W x + b) + t */
static void fold_after(graph_node *dense, int in, const graph_node *scaling)
{
    for (int unit = 0; unit < dense->width; unit++) {
        double scale = (double)scaling->scale[unit];
        float *weights = dense->weights + (size_t)unit * (size_t)in;
        for (int i = 0; i < in; i++) {
            weights[i] = (float)((double)weights[i] * scale);
        }
        dense->bias[unit] =
            (float)((double)dense->bias[unit] * scale + (double)scaling->center[unit]);
    }
}

/* W (s x + t) + b */
static void fold_before(graph_node *dense, int in, const graph_node *scaling)
{
    for (int unit = 0; unit < dense->width; unit++) {
        float *weights = dense->weights + (size_t)unit * (size_t)in;
        double bias = (double)dense->bias[unit];
        for (int i = 0; i < in; i++) {
            bias += (double)weights[i] * (double)scaling->center[i];
            weights[i] = (float)((double)weights[i] * (double)scaling->scale[i]);
        }
        dense->bias[unit] = (float)bias;
    }
}

static bool has_bias(const graph_node *dense)
{
    for (int i = 0; i < dense->width; i++) {
        if (dense->bias[i] != 0.0f) {
            return true;
        }
    }
    return false;
}

/*
 * Each scaling goes into the layer before it, or after it where an activation is between. `open` is
 * the layer that has no activation yet; `waiting` a scaling that waits for the next layer.
 */
static const char *fold(model_graph *graph)
{
    graph_node *open = NULL;
    graph_node *waiting = NULL;
    bool normalized = false; /* the open layer is */
    for (int i = 0; i < graph->node_count; i++) {
        graph_node *node = &graph->nodes[i];
        switch (node->kind) {
        case NODE_DENSE:
            if (waiting) {
                fold_before(node, graph_in(graph, node), waiting);
            }
            waiting = NULL;
            normalized = false;
            open = node;
            break;
        case NODE_LAYER_NORM:
            if (!open || normalized || has_bias(open)) {
                return "a layer normalisation does not follow a layer without a bias";
            }
            normalized = true;
            break;
        case NODE_NORMALIZE:
            if (normalized) {
                return "a scaling follows a layer normalisation";
            }
            if (waiting) {
                return "two scalings follow each other without a layer that could take them";
            }
            if (open) {
                fold_after(open, graph_in(graph, open), node);
            }
            if (open) {
                waiting = NULL;
            } else {
                waiting = node;
            }
            break;
        case NODE_ACTIVATION:
            if (!open) {
                return "an activation has no layer before it";
            }
            open = NULL;
            normalized = false;
            break;
        default:
            break;
        }
    }
    if (!waiting) {
        return NULL;
    }
    return "a scaling follows the last activation";
}

/* ---- The network ---- */

static nnfs_loss loss_of_output(const model_graph *graph, nnfs_activation output)
{
    if (graph->loss >= 0) {
        return (nnfs_loss)graph->loss;
    }
    if (output == NNFS_SOFTMAX) {
        return NNFS_CROSS_ENTROPY;
    }
    if (output == NNFS_SIGMOID) {
        return NNFS_BINARY_CROSS_ENTROPY;
    }
    return NNFS_MSE;
}

static int list_layers(const model_graph *graph, nnfs_layer *layers,
                       nnfs_normalization *normalization)
{
    int count = 0;
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->kind == NODE_DENSE) {
            layers[count++] = (nnfs_layer){node->width, NNFS_IDENTITY};
        } else if (node->kind == NODE_LAYER_NORM) {
            normalization[count - 1] = NNFS_NORMALIZATION_LAYER;
        } else if (node->kind == NODE_ACTIVATION) {
            layers[count - 1].activation = node->activation; /* fold found a layer before it */
        }
    }
    return count;
}

/* W [width x in] row-major into the network's column-major order. */
static nnfs_status set_layer(nnfs_network *network, int index, const graph_node *node, int in,
                             nnfs_error *error)
{
    size_t width = (size_t)node->width;
    size_t inputs = (size_t)in;
    size_t heads = (size_t)node->heads;
    size_t count = heads * width * inputs; /* which is allocated */
    const network_layer *layer = &network->layers[index];
    if (layer->heads != node->heads || layer->in != in) {
        return fail(error, NNFS_ERROR_DATA, "layer %d does not fit its members or embeddings",
                    index + 1);
    }
    if (!model_all_finite(node->weights, count) || !model_all_finite(node->bias, heads * width)) {
        return fail(error, NNFS_ERROR_DATA, "layer %d has a weight or bias that is not finite",
                    index + 1);
    }
    float *columns = memory_alloc(count, sizeof *columns);
    if (!columns) {
        return fail_memory(error, count * sizeof *columns, "a layer's weights");
    }
    for (size_t i = 0; i < count; i++) { /* of [heads x width x in] */
        size_t unit = i / inputs % width;
        size_t column = i / inputs / width * inputs + i % inputs;
        columns[unit + column * width] = node->weights[i];
    }
    nnfs_status status = nnfs_network_set_weights(network, index, columns, error);
    memcpy(nnfs_network_biases(network, index), node->bias, heads * width * sizeof(float));
    memory_free(columns);
    return status;
}

static nnfs_status set_normalization(nnfs_network *network, int index, const graph_node *node,
                                     nnfs_error *error)
{
    size_t width = (size_t)node->width;
    if (!model_all_finite(node->scale, width) || !model_all_finite(node->center, width)) {
        return fail(error, NNFS_ERROR_DATA, "the normalisation of layer %d is not finite",
                    index + 1);
    }
    const network_tensor *scale = network_tensor_at(network, network->layers[index].scale);
    memcpy(network->parameters + scale->offset, node->scale, width * sizeof(float));
    memcpy(nnfs_network_biases(network, index), node->center, width * sizeof(float));
    return NNFS_OK;
}

/* ---- Members and embeddings ---- */

static const graph_node *find_node(const model_graph *graph, node_kind kind)
{
    for (int i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].kind == kind) {
            return &graph->nodes[i];
        }
    }
    return NULL;
}

/* A tensor of the inputs, whose elements have no gaps. */
static nnfs_status set_input_tensor(nnfs_network *network, int tensor, const float *values,
                                    size_t count, nnfs_error *error)
{
    const network_tensor *to = network_tensor_at(network, tensor);
    if ((size_t)to->rows * (size_t)to->columns != count) {
        return fail(error, NNFS_ERROR_DATA, "its members or embeddings do not fit its inputs");
    }
    if (!model_all_finite(values, count)) {
        return fail(error, NNFS_ERROR_DATA, "its members or embeddings are not finite");
    }
    memcpy(network->parameters + to->offset, values, count * sizeof *values);
    return NNFS_OK;
}

/* Kinds of nodes as kinds of embeddings; -1: it is none. */
static int embedding_kind(const graph_node *node)
{
    switch (node->kind) {
    case NODE_PIECEWISE:
        return NNFS_EMBEDDING_PIECEWISE;
    case NODE_PERIODIC:
        return NNFS_EMBEDDING_PERIODIC;
    case NODE_VECTORS:
        return NNFS_EMBEDDING_CATEGORY;
    default:
        return -1;
    }
}

static nnfs_status set_embedding(nnfs_network *network, const network_embedding *to,
                                 const node_embedding *from, nnfs_error *error)
{
    if (from->edges) {
        TRY(set_input_tensor(network, to->edges, from->edges,
                             (size_t)from->count * ((size_t)from->bins + 1), error));
    }
    return set_input_tensor(network, to->table, from->table, from->table_floats, error);
}

static nnfs_status set_inputs(nnfs_network *network, const model_graph *graph, nnfs_error *error)
{
    const graph_node *expand = find_node(graph, NODE_EXPAND);
    if (expand && network->members > 1) {
        size_t count = (size_t)expand->members * (size_t)expand->width;
        TRY(set_input_tensor(network, network->member_scale, expand->scale, count, error));
    }
    int embeddings = 0;
    for (int i = 0; i < graph->node_count && embeddings < network->embedding_count; i++) {
        if (embedding_kind(&graph->nodes[i]) >= 0) {
            TRY(set_embedding(network, &network->embeddings[embeddings++],
                              &graph->nodes[i].embedding, error));
        }
    }
    return NNFS_OK;
}

/* The embeddings are described in `embeddings`, [EMBEDDING_KINDS]. */
static void describe_inputs(const model_graph *graph, nnfs_network_settings *settings,
                            nnfs_embedding *embeddings)
{
    const graph_node *expand = find_node(graph, NODE_EXPAND);
    settings->inputs = graph->nodes[0].width;
    if (expand) {
        settings->members = expand->members;
    }
    settings->embeddings = embeddings;
    for (int i = 0; i < graph->node_count && settings->embedding_count < EMBEDDING_KINDS; i++) {
        const node_embedding *from = &graph->nodes[i].embedding;
        int kind = embedding_kind(&graph->nodes[i]);
        if (kind >= 0) {
            embeddings[settings->embedding_count++] =
                (nnfs_embedding){.kind = (nnfs_embedding_kind)kind,
                                 .width = from->width,
                                 .bins = from->bins,
                                 .count = from->count,
                                 .inputs = from->inputs,
                                 .sizes = from->sizes,
                                 .frequencies = from->frequencies,
                                 .sigma = 1.0f}; /* of initial weights, which these are not */
        }
    }
}

/* ---- The whole ---- */

static nnfs_status create_network(const model_graph *graph, nnfs_network **network,
                                  nnfs_error *error)
{
    size_t most = (size_t)graph->node_count + 1;
    nnfs_layer *layers = calloc(most, sizeof *layers);
    nnfs_normalization *normalization = calloc(most, sizeof *normalization);
    nnfs_status status = NNFS_OK;
    if (!layers || !normalization) {
        status = fail_memory(error, most * sizeof *layers, "a list of layers");
        goto cleanup;
    }
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    nnfs_embedding embeddings[EMBEDDING_KINDS];
    describe_inputs(graph, &settings, embeddings);
    settings.layers = layers;
    settings.layer_count = list_layers(graph, layers, normalization);
    settings.normalization = normalization;
    settings.init = NNFS_INIT_ZEROS;
    if (settings.layer_count == 0) {
        status = fail(error, NNFS_ERROR_DATA, "it has no layer with weights");
        goto cleanup;
    }
    settings.loss = loss_of_output(graph, layers[settings.layer_count - 1].activation);
    settings.quantile = graph->quantile;
    status = nnfs_network_create(&settings, network, error);
cleanup:
    free(layers);
    free(normalization);
    return status;
}

static nnfs_status set_layers(nnfs_network *network, const model_graph *graph, nnfs_error *error)
{
    nnfs_status status = set_inputs(network, graph, error);
    int layer = 0;
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        if (status != NNFS_OK) {
            return status;
        }
        if (node->kind == NODE_DENSE) {
            status = set_layer(network, layer++, node, graph_in(graph, node), error);
        } else if (node->kind == NODE_LAYER_NORM) {
            status = set_normalization(network, layer - 1, node, error);
        }
    }
    return status;
}

/* The preprocessing comes first: it zeroes the weights of inputs that training never saw, of which
 * a file has the right ones. */
static nnfs_status make_network(const model_graph *graph, const nnfs_preprocessing *preprocessing,
                                nnfs_network **network, nnfs_error *error)
{
    nnfs_status status = create_network(graph, network, error);
    if (status != NNFS_OK) {
        return status;
    }
    status = nnfs_network_set_preprocessing(*network, preprocessing, error);
    if (status == NNFS_ERROR_ARGUMENT) {
        return fail(error, NNFS_ERROR_DATA,
                    "its layers do not fit the preprocessing in its metadata");
    }
    if (status != NNFS_OK) {
        return status;
    }
    return set_layers(*network, graph, error);
}

nnfs_status graph_to_network(model_graph *graph, const nnfs_preprocessing *preprocessing,
                             nnfs_network **network, nnfs_error *error)
{
    *network = NULL;
    const char *reason = fold(graph);
    if (reason) {
        return fail(error, NNFS_ERROR_DATA, "%s", reason);
    }
    nnfs_status status = make_network(graph, preprocessing, network, error);
    if (status == NNFS_OK) {
        return NNFS_OK;
    }
    nnfs_network_free(*network);
    *network = NULL;
    if (status != NNFS_ERROR_ARGUMENT) {
        return status;
    }
    if (error) { /* what nnfs_network_create calls an argument is here the file's */
        error->status = NNFS_ERROR_DATA;
    }
    return NNFS_ERROR_DATA;
}
