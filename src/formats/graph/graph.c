/* Graphs and their nodes: made, joined and freed. */
#include "formats/graph/graph.h"

#include "base/memory.h"
#include "base/string_list.h"
#include "formats/graph/graph_make.h"
#include "network/network.h"

#include <stdlib.h>

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

bool graph_ends_at(const node_embedding *embedding, const float *edges, int piece)
{
    return piece >= embedding->bins || edges[piece + 1] == NO_EDGE;
}

nnfs_status graph_no_memory(nnfs_error *error)
{
    return fail_memory(error, 0, "a model to export");
}
