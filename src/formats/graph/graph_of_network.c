/*
 * The graph of a network: its preprocessing, its layers, its outputs.
 *
 * What the network's output still needs to become a prediction is a chain of nodes behind its
 * layers: NODE_UNSCALE and the way out of a log scale for numbers; a calibration of probabilities
 * (a temperature) belongs into add_classes, before NODE_COMPLEMENT.
 */
#include "base/string_list.h"
#include "base/words.h"
#include "data/encoder.h"
#include "formats/graph/graph_make.h"
#include "network/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_integer(const char *text)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);
    char again[32];
    (void)snprintf(again, sizeof again, "%ld", value);
    return *end == '\0' && strcmp(again, text) == 0;
}

/* Classes without names are called by their numbers. */
static bool add_classes(model_graph *graph, const nnfs_preprocessing *from, int classes)
{
    graph->classes = classes;
    graph->class_numbers = true;
    graph->class_names = string_list_create((size_t)classes + 1);
    for (int i = 0; graph->class_names && i < classes; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", i);
        const char *name = number;
        if (from) {
            name = from->class_names[i];
        }
        graph->class_names[i] = strdup(name);
        graph->class_numbers = graph->class_numbers && is_integer(name);
        if (!graph->class_names[i]) {
            return false;
        }
    }
    const char *name = NULL;
    if (from && from->target_count > 0) {
        name = from->targets[0].name;
    }
    graph->targets = string_list_create(2);
    if (!graph->class_names || !graph->targets ||
        !(graph->targets[0] = strdup(text_or(name, "class")))) {
        return false;
    }
    return graph_outputs(graph) > 1 || graph_add(graph, NODE_COMPLEMENT, 2, 0, 0);
}

static bool name_targets(model_graph *graph, const nnfs_preprocessing *from)
{
    int count = graph_outputs(graph);
    graph->targets = string_list_create((size_t)count + 1);
    for (int i = 0; graph->targets && i < count; i++) {
        char number[24] = "target";
        if (count > 1) {
            (void)snprintf(number, sizeof number, "target_%d", i + 1);
        }
        const char *name = NULL;
        if (from) {
            name = from->targets[i].name;
        }
        graph->targets[i] = strdup(name ? name : number);
        if (!graph->targets[i]) {
            return false;
        }
    }
    return graph->targets != NULL;
}

/* Out of the log scale, which is of all targets or none; their shifts may differ. */
static bool add_exponential(model_graph *graph, const nnfs_preprocessing *from)
{
    int width = graph_outputs(graph);
    graph_node *exponential = graph_add(graph, NODE_ACTIVATION, width, 0, 0);
    if (!exponential) {
        return false;
    }
    exponential->activation = NNFS_EXPONENTIAL;
    int shifted = 0;
    for (int i = 0; i < width; i++) {
        shifted += from->targets[i].shift != 0.0f;
    }
    if (shifted == 0) {
        return true;
    }
    graph_node *shift = graph_add(graph, NODE_UNSCALE, width, 0, GRAPH_CENTER | GRAPH_SCALE);
    for (int i = 0; shift && i < width; i++) {
        shift->center[i] = -from->targets[i].shift;
        shift->scale[i] = 1.0f;
    }
    return shift != NULL;
}

static bool add_numbers(model_graph *graph, const nnfs_preprocessing *from)
{
    bool scaled = false;
    for (int i = 0; from && i < from->target_count; i++) {
        scaled = scaled || from->targets[i].scale != 1.0f || from->targets[i].center != 0.0f;
    }
    if (scaled) {
        graph_node *node =
            graph_add(graph, NODE_UNSCALE, graph_outputs(graph), 0, GRAPH_CENTER | GRAPH_SCALE);
        for (int i = 0; node && i < from->target_count; i++) {
            node->center[i] = from->targets[i].center;
            node->scale[i] = from->targets[i].scale;
        }
        if (!node) {
            return false;
        }
    }
    if (from && from->target_count > 0 && from->targets[0].is_log &&
        !add_exponential(graph, from)) {
        return false;
    }
    return name_targets(graph, from);
}

/* By the preprocessing; without one, by the loss. */
static int classes_of(const nnfs_network *network)
{
    const nnfs_preprocessing *from = encoder_preprocessing(network->encoder);
    int outputs = network_output(network)->out;
    bool probabilities =
        network->loss == NNFS_CROSS_ENTROPY || network->loss == NNFS_BINARY_CROSS_ENTROPY;
    if (from) {
        return from->classes;
    }
    if (!probabilities) {
        return 0;
    }
    if (outputs == 1) {
        return 2;
    }
    return outputs;
}

nnfs_status graph_of_network(const nnfs_network *network, model_graph *graph, nnfs_error *error)
{
    *graph = (model_graph){.loss = (int)network->loss, .quantile = network->quantile};
    const nnfs_preprocessing *from = encoder_preprocessing(network->encoder);
    if (from) {
        nnfs_status status = graph_add_columns(graph, from, error);
        if (status != NNFS_OK) {
            return status;
        }
    } else if (!graph_add_features(graph, network)) {
        return graph_no_memory(error);
    }
    nnfs_status status = graph_add_layers(graph, network, error);
    if (status != NNFS_OK) {
        return status;
    }
    int classes = classes_of(network);
    bool done = classes > 0 ? add_classes(graph, from, classes) : add_numbers(graph, from);
    if (!done) {
        return graph_no_memory(error);
    }
    return NNFS_OK;
}
