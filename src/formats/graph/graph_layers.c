/* The layers of a network as nodes, with its embeddings, its members and the mean
 * of an ensemble. */
#include "base/memory.h"
#include "formats/graph/graph_make.h"
#include "network/network.h"

#include <stdlib.h>
#include <string.h>

static const float *values_of(const nnfs_network *network, int tensor)
{
    return network->parameters + network_tensor_at(network, tensor)->offset;
}

/* Copies `count` elements; NULL: no memory. */
static void *copy_of(const void *from, size_t count, size_t size)
{
    void *copy = memory_alloc(count, size);
    if (copy) {
        memcpy(copy, from, count * size);
    }
    return copy;
}

static float *copy_of_tensor(const nnfs_network *network, int index)
{
    const network_tensor *tensor = network_tensor_at(network, index);
    return copy_of(values_of(network, index),
                   size_mul((size_t)tensor->rows, (size_t)tensor->columns), sizeof(float));
}

static bool add_embedding(model_graph *graph, const nnfs_network *network,
                          const network_embedding *from, int source)
{
    static const node_kind kinds[EMBEDDING_KINDS] = {
        [NNFS_EMBEDDING_PIECEWISE] = NODE_PIECEWISE,
        [NNFS_EMBEDDING_CATEGORY] = NODE_VECTORS,
        [NNFS_EMBEDDING_PERIODIC] = NODE_PERIODIC,
    };
    const network_tensor *table = network_tensor_at(network, from->table);
    size_t count = (size_t)from->as.count;
    graph_node *node = graph_add(graph, kinds[from->as.kind], embedding_rows(from), 0, 0);
    if (!node) {
        return false;
    }
    node->sources[0] = source;
    node_embedding *to = &node->embedding;
    *to = (node_embedding){.count = from->as.count,
                           .bins = from->as.bins,
                           .width = from->as.width,
                           .frequencies = from->as.frequencies,
                           .inputs = copy_of(from->inputs, count, sizeof(int)),
                           .sizes = copy_of(from->sizes, count, sizeof(int)),
                           .table = copy_of_tensor(network, from->table),
                           .table_floats = (size_t)table->rows * (size_t)table->columns};
    if (from->edges >= 0) {
        to->edges = copy_of_tensor(network, from->edges);
    }
    return to->inputs && to->sizes && to->table && (to->edges || from->edges < 0);
}

static bool add_others(model_graph *graph, const nnfs_network *network, int source)
{
    if (network->other_count == 0) {
        return true;
    }
    graph_node *node = graph_add(graph, NODE_SELECT, network->other_count, 0, 0);
    if (!node) {
        return false;
    }
    node->sources[0] = source;
    node->embedding.count = network->other_count;
    node->embedding.inputs = copy_of(network->others, (size_t)network->other_count, sizeof(int));
    return node->embedding.inputs != NULL;
}

static bool add_embeddings(model_graph *graph, const nnfs_network *network, int source)
{
    int first = graph->node_count;
    if (network->embedding_count == 0) {
        return true;
    }
    for (int i = 0; i < network->embedding_count; i++) {
        if (!add_embedding(graph, network, &network->embeddings[i], source)) {
            return false;
        }
    }
    return add_others(graph, network, source) &&
           graph_add_concat(graph, first, network->layers[0].in);
}

static bool add_members(model_graph *graph, const nnfs_network *network)
{
    if (network->members == 1) {
        return true;
    }
    size_t width = (size_t)network->layers[0].in;
    size_t count = size_mul(width, (size_t)network->members);
    graph_node *node = graph_add(graph, NODE_EXPAND, network->layers[0].in, 0, 0);
    if (!node || !(node->scale = memory_alloc(count, sizeof(float)))) {
        return false;
    }
    node->members = network->members;
    memcpy(node->scale, values_of(network, network->member_scale), count * sizeof(float));
    return true;
}

/* Where a layer is normalised, its bias comes after that. */
static bool add_layer_norm(model_graph *graph, const nnfs_network *network, int index)
{
    const network_layer *layer = &network->layers[index];
    graph_node *node = graph_add(graph, NODE_LAYER_NORM, layer->out, 0, GRAPH_CENTER | GRAPH_SCALE);
    if (node) {
        size_t bytes = (size_t)layer->out * sizeof(float);
        memcpy(node->scale, values_of(network, layer->scale), bytes);
        memcpy(node->center, values_of(network, layer->bias), bytes);
    }
    return node != NULL;
}

static bool add_layer(model_graph *graph, const nnfs_network *network, int index)
{
    const network_layer *layer = &network->layers[index];
    bool normalized = layer->normalization == NNFS_NORMALIZATION_LAYER;
    graph_node *node = graph_add(graph, NODE_DENSE, layer->out, 0, 0);
    if (!node || !graph_allocate_dense(node, layer->in, layer->heads)) {
        return false;
    }
    matrix weights = network_weights(network, index, network->parameters);
    float *to = node->weights;
    for (int head = 0; head < layer->heads; head++) {
        for (int unit = 0; unit < layer->out; unit++) {
            for (int i = 0; i < layer->in; i++) {
                *to++ = *matrix_at(weights, unit, head * layer->in + i);
            }
        }
    }
    if (!normalized) {
        memcpy(node->bias, values_of(network, layer->bias),
               (size_t)layer->out * (size_t)layer->heads * sizeof(float));
    } else if (!add_layer_norm(graph, network, index)) {
        return false;
    }
    if (layer->activation == NNFS_IDENTITY) {
        return true;
    }
    node = graph_add(graph, NODE_ACTIVATION, layer->out, 0, 0);
    if (node) {
        node->activation = layer->activation;
    }
    return node != NULL;
}

/* The mean of the members' outputs; to one member it does nothing. */
static bool add_mean(model_graph *graph, const nnfs_network *network)
{
    if (network->members == 1) {
        return true;
    }
    graph_node *node = graph_add(graph, NODE_MEAN, network_output(network)->out, 0, 0);
    if (node) {
        node->members = 1;
    }
    return node != NULL;
}

/* A network whose inputs node `source` computes. */
static bool add_network(model_graph *graph, const nnfs_network *network, int source)
{
    int first = graph->node_count;
    bool added = add_embeddings(graph, network, source) && add_members(graph, network);
    for (int i = 0; added && i < network->layer_count; i++) {
        added = add_layer(graph, network, i);
    }
    added = added && add_mean(graph, network);
    if (added) {
        graph->nodes[first].sources[0] = source;
    }
    return added;
}

/* The mean of vectors side by side, as a layer whose weights are all 1 / networks. */
static bool add_mean_of_networks(model_graph *graph, const int *ends, int networks, int width)
{
    graph_node *node = graph_add(graph, NODE_CONCAT, width * networks, 0, 0);
    int *sources = node ? realloc(node->sources, (size_t)networks * sizeof *sources) : NULL;
    if (!sources) {
        return false;
    }
    memcpy(sources, ends, (size_t)networks * sizeof *sources);
    node->sources = sources;
    node->source_count = networks;
    node = graph_add(graph, NODE_DENSE, width, width * networks, GRAPH_DENSE);
    if (!node) {
        return false;
    }
    for (int i = 0; i < width * networks; i++) {
        node->weights[(size_t)(i % width) * (size_t)width * (size_t)networks + (size_t)i] =
            1.0f / (float)networks;
    }
    return true;
}

/* The networks of an ensemble, each from the inputs on, and their mean. */
static bool add_networks(model_graph *graph, const nnfs_network *network)
{
    int networks = nnfs_network_networks(network);
    int inputs = graph->node_count - 1;
    int ends[NETWORKS_MOST];
    for (int i = 0; i < networks; i++) {
        const nnfs_network alone = network_alone(network, i);
        if (!add_network(graph, &alone, inputs)) {
            return false;
        }
        ends[i] = graph->node_count - 1;
    }
    return networks == 1 ||
           add_mean_of_networks(graph, ends, networks, network_output(network)->out);
}

nnfs_status graph_add_layers(model_graph *graph, const nnfs_network *network, nnfs_error *error)
{
    nnfs_network *folded = NULL;
    nnfs_status status = NNFS_OK;
    if (network_needs_fold(network)) {
        status = network_fold(network, &folded, error);
        network = folded;
    }
    if (status != NNFS_OK) {
        return status;
    }
    bool added = add_networks(graph, network);
    nnfs_network_free(folded);
    if (!added) {
        return graph_no_memory(error);
    }
    return NNFS_OK;
}
