/* The graph of a network: its preprocessing, its layers, its outputs. */
#include "formats/graph/graph.h"

#include "base/memory.h"
#include "base/string_list.h"
#include "base/utf8.h"
#include "base/words.h"
#include "data/encoder.h"
#include "formats/preprocessing_json.h"
#include "network/network.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Nodes ---- */

static void free_node(graph_node *node)
{
    free(node->sources);
    memory_free(node->center);
    memory_free(node->scale);
    memory_free(node->fill);
    memory_free(node->curve.clip);
    memory_free(node->curve.first);
    memory_free(node->curve.knots);
    memory_free(node->curve.heights);
    memory_free(node->weights);
    memory_free(node->bias);
    memory_free(node->quantized.weights);
    memory_free(node->quantized.scale);
    memory_free(node->embedding.inputs);
    memory_free(node->embedding.sizes);
    memory_free(node->embedding.edges);
    memory_free(node->embedding.table);
}

void graph_free(model_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++) {
        free_node(&graph->nodes[i]);
    }
    for (int i = 0; graph->columns && i < graph->column_count; i++) {
        free(graph->columns[i].name);
        free(graph->columns[i].format);
        string_list_free(graph->columns[i].categories);
    }
    free(graph->nodes);
    free(graph->columns);
    string_list_free(graph->missing);
    string_list_free(graph->class_names);
    string_list_free(graph->targets);
    memory_free(graph->preprocessing);
    *graph = (model_graph){.nodes = NULL};
}

bool graph_allocate_dense(graph_node *node, int in, int heads)
{
    size_t rows = size_mul((size_t)node->width, (size_t)heads);
    node->heads = heads;
    node->bias = memory_alloc_zeroed(rows, sizeof(float));
    node->weights = memory_alloc_zeroed(size_mul(rows, (size_t)in), sizeof(float));
    return node->bias && node->weights;
}

static bool add_arrays(graph_node *node, int in, unsigned arrays)
{
    size_t width = (size_t)node->width;
    node->center = arrays & GRAPH_CENTER ? memory_alloc_zeroed(width, sizeof(float)) : NULL;
    node->scale = arrays & GRAPH_SCALE ? memory_alloc_zeroed(width, sizeof(float)) : NULL;
    node->fill = arrays & GRAPH_FILL ? memory_alloc_zeroed(width, sizeof(float)) : NULL;
    return (node->center || !(arrays & GRAPH_CENTER)) && (node->scale || !(arrays & GRAPH_SCALE)) &&
           (node->fill || !(arrays & GRAPH_FILL)) &&
           (!(arrays & GRAPH_DENSE) || graph_allocate_dense(node, in, 1));
}

graph_node *graph_add(model_graph *graph, node_kind kind, int width, int in, unsigned arrays)
{
    int count = graph->node_count;
    graph_node *nodes = realloc(graph->nodes, ((size_t)count + 1) * sizeof *nodes);
    if (!nodes) {
        return NULL;
    }
    graph->nodes = nodes;
    graph_node *node = &nodes[count];
    *node = (graph_node){.kind = kind,
                         .width = width,
                         .members = count > 0 ? nodes[count - 1].members : 1,
                         .heads = 1,
                         .source_count = count > 0};
    graph->node_count++; /* graph_free frees it also if the rest fails */
    node->sources = malloc(sizeof *node->sources);
    if (!node->sources || !add_arrays(node, in, arrays)) {
        return NULL;
    }
    node->sources[0] = count - 1;
    return node;
}

int graph_in(const model_graph *graph, const graph_node *node)
{
    if (node->source_count <= 0) {
        return 0;
    }
    return graph->nodes[node->sources[0]].width;
}

int graph_outputs(const model_graph *graph)
{
    return graph->nodes[graph->node_count - 1].width;
}

int graph_inputs(const model_graph *graph)
{
    if (graph->column_count > 0) {
        return graph->column_count;
    }
    return graph->nodes[0].width;
}

static nnfs_status no_memory(nnfs_error *error)
{
    return fail_memory(error, 0, "a model to export");
}

/* ---- Columns ---- */

static nnfs_status add_column(model_graph *graph, const preprocessing_column *from, int place,
                              nnfs_error *error)
{
    graph_column *column = &graph->columns[graph->column_count++];
    const nnfs_encoding *encoding = &from->encoding;
    *column = (graph_column){
        .place = place, .category_count = encoding->categories, .origin = encoding->origin};
    bool date = encoding->kind == NNFS_COLUMN_DATE;
    column->format = date ? strdup(from->format) : NULL;
    if (encoding->name) {
        column->name = strdup(encoding->name);
    } else if (asprintf(&column->name, "column_%d", encoding->column + 1) < 0) {
        column->name = NULL;
    }
    if (encoding->kind == NNFS_COLUMN_CATEGORY) {
        column->categories = string_list_create((size_t)encoding->categories + 1);
    }
    for (int i = 0; column->categories && i < encoding->categories; i++) {
        column->categories[i] = strdup(from->categories[i]);
        if (!column->categories[i]) {
            return no_memory(error);
        }
    }
    if (!column->name || (date && !column->format) ||
        (encoding->kind == NNFS_COLUMN_CATEGORY && !column->categories)) {
        return no_memory(error);
    }
    if (!utf8_is_valid(column->name)) {
        return fail(error, NNFS_ERROR_DATA, "a column's name is not UTF-8; rename the column");
    }
    return NNFS_OK;
}

/* A copy of an array [count] with `more` [extra] behind it, in place of the array; NULL: no memory. */
static void *append(void *array, size_t count, const void *more, size_t extra, size_t size)
{
    char *grown = memory_alloc(size_add(count, extra), size);
    if (grown && count > 0) {
        memcpy(grown, array, count * size);
    }
    if (grown) {
        memcpy(grown + count * size, more, extra * size);
    }
    memory_free(array);
    return grown;
}

static bool append_knots(node_curve *curve, int width, const float *knots, int count)
{
    size_t before = 0;
    if (width > 0) {
        before = (size_t)curve->first[width];
    }
    size_t more = (size_t)count;
    int end = (int)(before + more);
    int zero = 0;
    if (width <= 0) {
        curve->first = append(NULL, 0, &zero, 1, sizeof zero);
    }
    if (!curve->first) {
        return false;
    }
    curve->first = append(curve->first, (size_t)width + 1, &end, 1, sizeof end);
    curve->knots = append(curve->knots, before, knots, more, sizeof *knots);
    curve->heights = append(curve->heights, before, knots + more, more, sizeof *knots);
    return curve->first && curve->knots && curve->heights;
}

static bool append_number(graph_node *node, const nnfs_encoding *encoding, const float *knots)
{
    size_t width = (size_t)node->width;
    node_curve *curve = &node->curve;
    node->center = append(node->center, width, &encoding->center, 1, sizeof(float));
    node->scale = append(node->scale, width, &encoding->scale, 1, sizeof(float));
    node->fill = append(node->fill, width, &encoding->fill, 1, sizeof(float));
    bool done = node->center && node->scale && node->fill;
    if (done && encoding->knots > 0) {
        done = append_knots(curve, node->width, knots, encoding->knots);
    } else if (done && encoding->clip > 0.0f) {
        curve->clip = append(curve->clip, width, &encoding->clip, 1, sizeof(float));
        done = curve->clip != NULL;
    }
    node->width++;
    return done;
}

/* Whether a column can be the next one of a node: numbers with the same kind of curve are one node. */
static bool goes_on(const graph_node *last, int column, const nnfs_encoding *encoding)
{
    if (!last || last->kind != NODE_NUMBERS || last->column + last->width != column) {
        return false;
    }
    const int *first = last->curve.first;
    bool clips = encoding->knots == 0 && encoding->clip > 0.0f;
    return (first != NULL) == (encoding->knots > 0) && (last->curve.clip != NULL) == clips &&
           (!first || first[last->width] <= INT_MAX - encoding->knots);
}

/* Numbers that follow each other among the columns and the inputs are one node. */
static bool add_number(model_graph *graph, const nnfs_encoding *encoding, const float *knots)
{
    int column = graph->column_count - 1;
    graph_node *last = NULL;
    if (graph->node_count > 0) {
        last = &graph->nodes[graph->node_count - 1];
    }
    if (!goes_on(last, column, encoding)) {
        last = graph_add(graph, NODE_NUMBERS, 0, 0, 0);
        if (!last) {
            return false;
        }
        last->column = column;
        last->source_count = 0;
    }
    return append_number(last, encoding, knots);
}

/* A node that reads the last column; NULL: no memory. */
static graph_node *add_reader(model_graph *graph, node_kind kind, int width)
{
    graph_node *node = graph_add(graph, kind, width, 0, 0);
    if (node) {
        node->source_count = 0;
        node->column = graph->column_count - 1;
    }
    return node;
}

static bool add_cycles(model_graph *graph, const nnfs_encoding *encoding)
{
    unsigned cycles = (encoding->has_month ? CYCLE_MONTH : 0U) |
                      (encoding->has_weekday ? CYCLE_WEEKDAY : 0U) |
                      (encoding->has_hour ? CYCLE_HOUR : 0U);
    int width = 2 * (!!encoding->has_month + !!encoding->has_weekday + !!encoding->has_hour);
    if (width == 0) {
        return true;
    }
    graph_node *node = add_reader(graph, NODE_CYCLES, width);
    if (node) {
        node->cycles = cycles;
    }
    return node != NULL;
}

static bool add_encoding(model_graph *graph, const nnfs_encoding *encoding, const float *knots)
{
    if (encoding->kind == NNFS_COLUMN_CATEGORY) {
        node_kind kind = NODE_CATEGORY;
        if (encoding->two_valued) {
            kind = NODE_TWO_VALUED;
        }
        graph_node *node = add_reader(graph, kind, encoding->inputs);
        if (node) {
            node->has_missing = encoding->has_missing;
        }
        return node != NULL;
    }
    return add_number(graph, encoding, knots) &&
           (!encoding->has_indicator || add_reader(graph, NODE_INDICATOR, 1)) &&
           add_cycles(graph, encoding);
}

bool graph_add_concat(model_graph *graph, int first, int width)
{
    int count = graph->node_count - first;
    if (count == 1) {
        return true;
    }
    graph_node *node = graph_add(graph, NODE_CONCAT, width, 0, 0);
    int *sources = NULL;
    if (node) {
        sources = realloc(node->sources, (size_t)count * sizeof *sources);
    }
    if (!sources) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        sources[i] = first + i;
    }
    node->sources = sources;
    node->source_count = count;
    return true;
}

/* Columns that are left out are not read. */
static nnfs_status add_columns(model_graph *graph, const nnfs_preprocessing *from,
                               nnfs_error *error)
{
    graph->columns = calloc((size_t)from->column_count, sizeof *graph->columns);
    if (from->missing) {
        graph->missing = string_list_copy(string_list_view_of(from->missing));
    } else {
        graph->missing = string_list_create(1);
    }
    graph->preprocessing = preprocessing_to_json(from);
    if (!graph->columns || !graph->missing || !graph->preprocessing) {
        return no_memory(error);
    }
    for (int i = 0; i < from->column_count; i++) {
        const nnfs_encoding *encoding = &from->columns[i].encoding;
        if (encoding->inputs == 0) {
            continue;
        }
        graph->named = encoding->name != NULL;
        nnfs_status status = add_column(graph, &from->columns[i], i, error);
        if (status != NNFS_OK) {
            return status;
        }
        if (!add_encoding(graph, encoding, from->columns[i].knots)) {
            return no_memory(error);
        }
    }
    if (!graph_add_concat(graph, 0, from->inputs)) {
        return no_memory(error);
    }
    return NNFS_OK;
}

/* What stored values were multiplied by: {"scale":S} in the notes of a model of pictures. */
static float noted_scale(const nnfs_network *network)
{
    const char *note = nnfs_network_note(network, "preprocessing");
    json_t *json = NULL;
    if (note) {
        json = json_loads(note, 0, NULL);
    }
    const json_t *scale = json_object_get(json, "scale");
    float value = 1.0f;
    if (json_is_number(scale)) {
        value = (float)json_number_value(scale);
    }
    json_decref(json);
    return value;
}

static bool add_features(model_graph *graph, const nnfs_network *network)
{
    float scale = noted_scale(network);
    if (!graph_add(graph, NODE_FEATURES, network->inputs, 0, 0)) {
        return false;
    }
    if (scale == 1.0f) {
        return true;
    }
    graph->pixels = true;
    graph_node *node = graph_add(graph, NODE_SCALE, network->inputs, 0, GRAPH_SCALE);
    for (int i = 0; node && i < network->inputs; i++) {
        node->scale[i] = scale;
    }
    return node != NULL;
}

/* ---- Layers ---- */

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

bool graph_ends_at(const node_embedding *embedding, const float *edges, int piece)
{
    return piece >= embedding->bins || edges[piece + 1] == NO_EDGE;
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

/* Batch normalisation is folded into the layers first. */
static nnfs_status add_layers(model_graph *graph, const nnfs_network *network, nnfs_error *error)
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
        return no_memory(error);
    }
    return NNFS_OK;
}

/*
 * ---- Outputs ----
 *
 * What the network's output still needs to become a prediction is a chain of nodes behind its layers. The
 * inverse of another scaling of targets (a logarithm) belongs into add_numbers, behind or in place of
 * NODE_UNSCALE; a calibration of probabilities (a temperature) into add_classes, before NODE_COMPLEMENT.
 */

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
    if (from->targets[0].shift == 0.0f) {
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

static const char *not_imported(const nnfs_network *network)
{
    const nnfs_preprocessing *from = encoder_preprocessing(network->encoder);
    if (from && from->classes == 0 && from->target_count > 0 && from->targets[0].is_log) {
        return "a target on a log scale";
    }
    if (nnfs_network_networks(network) > 1) {
        return "several networks";
    }
    for (int i = 0; i < network->embedding_count; i++) {
        if (network->embeddings[i].as.kind == NNFS_EMBEDDING_CATEGORY) {
            return "trained vectors of categories";
        }
        if (network->embeddings[i].as.kind == NNFS_EMBEDDING_PERIODIC) {
            return "periodic embeddings";
        }
    }
    return NULL;
}

nnfs_status graph_of_network(const nnfs_network *network, model_graph *graph, nnfs_error *error)
{
    *graph = (model_graph){.loss = (int)network->loss,
                           .quantile = network->quantile,
                           .not_imported = not_imported(network)};
    const nnfs_preprocessing *from = encoder_preprocessing(network->encoder);
    if (from) {
        nnfs_status status = add_columns(graph, from, error);
        if (status != NNFS_OK) {
            return status;
        }
    } else if (!add_features(graph, network)) {
        return no_memory(error);
    }
    nnfs_status status = add_layers(graph, network, error);
    if (status != NNFS_OK) {
        return status;
    }
    int classes = classes_of(network);
    bool done = classes > 0 ? add_classes(graph, from, classes) : add_numbers(graph, from);
    if (!done) {
        return no_memory(error);
    }
    return NNFS_OK;
}
