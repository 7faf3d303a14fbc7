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
    if (!model_all_finite(node->weights, width * inputs) || !model_all_finite(node->bias, width)) {
        return fail(error, NNFS_ERROR_DATA, "layer %d has a weight or bias that is not finite",
                    index + 1);
    }
    float *columns = memory_alloc(size_mul(width, inputs), sizeof *columns);
    if (!columns) {
        return fail_memory(error, width * inputs * sizeof *columns, "a layer's weights");
    }
    for (size_t unit = 0; unit < width; unit++) {
        for (size_t i = 0; i < inputs; i++) {
            columns[unit + i * width] = node->weights[unit * inputs + i];
        }
    }
    nnfs_status status = nnfs_network_set_weights(network, index, columns, error);
    memcpy(nnfs_network_biases(network, index), node->bias, width * sizeof(float));
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

nnfs_status graph_to_network(model_graph *graph, nnfs_network **network, nnfs_error *error)
{
    *network = NULL;
    const char *reason = fold(graph);
    if (reason) {
        return fail(error, NNFS_ERROR_DATA, "%s", reason);
    }
    nnfs_layer *layers = calloc((size_t)graph->node_count + 1, sizeof *layers);
    nnfs_normalization *normalization =
        calloc((size_t)graph->node_count + 1, sizeof *normalization);
    if (!layers || !normalization) {
        free(layers);
        free(normalization);
        return fail_memory(error, (size_t)graph->node_count * sizeof *layers, "a list of layers");
    }
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = graph->nodes[0].width;
    settings.layers = layers;
    settings.layer_count = list_layers(graph, layers, normalization);
    settings.normalization = normalization;
    settings.init = NNFS_INIT_ZEROS;
    nnfs_status status = NNFS_OK;
    if (settings.layer_count == 0) {
        status = fail(error, NNFS_ERROR_DATA, "it has no layer with weights");
    } else {
        settings.loss = loss_of_output(graph, layers[settings.layer_count - 1].activation);
        status = nnfs_network_create(&settings, network, error);
    }
    int layer = 0;
    for (int i = 0; status == NNFS_OK && i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->kind == NODE_DENSE) {
            status = set_layer(*network, layer++, node, graph_in(graph, node), error);
        } else if (node->kind == NODE_LAYER_NORM) {
            status = set_normalization(*network, layer - 1, node, error);
        }
    }
    free(layers);
    free(normalization);
    if (status != NNFS_OK) {
        nnfs_network_free(*network);
        *network = NULL;
        /* What nnfs_network_create calls an argument is here the file's. */
        if (status == NNFS_ERROR_ARGUMENT && error) {
            error->status = status = NNFS_ERROR_DATA;
        }
    }
    if (status != NNFS_ERROR_ARGUMENT) {
        return status;
    }
    return NNFS_ERROR_DATA;
}
