/* State dicts of torch.nn.Sequential: Linear modules at their places, an activation a module. */
#include "formats/graph/graph.h"
#include "formats/import/import.h"
#include "formats/safetensors.h"
#include "math/activation.h"

#include "base/memory.h"
#include "math/loss_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef char tensor_name[32];

typedef struct state_dict {
    model_graph graph;
    tensor_name *names; /* [count] like the next two */
    safetensors_tensor *tensors;
    const float **values;
    size_t count;
    char *activations; /* "relu,softmax" */
    char *python;      /* the modules */
} state_dict;

static void free_state_dict(state_dict *d)
{
    graph_free(&d->graph);
    free(d->names);
    free(d->tensors);
    free(d->values);
    free(d->activations);
    free(d->python);
}

static void add_tensor(state_dict *d, int place, const char *part, const float *values, int rank,
                       size_t rows, size_t columns)
{
    (void)snprintf(d->names[d->count], sizeof d->names[0], "%d.%s", place, part);
    d->values[d->count] = values;
    d->tensors[d->count] = (safetensors_tensor){.name = d->names[d->count],
                                                .type = SAFETENSORS_F32,
                                                .rank = rank,
                                                .shape = {rows, columns},
                                                .bytes = rows * columns * sizeof *values};
    d->count++;
}

static nnfs_activation activation_after(const model_graph *graph, int dense)
{
    const graph_node *next = NULL;
    if (dense + 1 < graph->node_count) {
        next = &graph->nodes[dense + 1];
    }
    if (next && next->kind == NODE_LAYER_NORM) {
        return activation_after(graph, dense + 1);
    }
    if (next && next->kind == NODE_ACTIVATION) {
        return next->activation;
    }
    return NNFS_IDENTITY;
}

static nnfs_status no_memory(nnfs_error *error)
{
    return fail_memory(error, 0, "a state dict");
}

/* A layer is at `place` of nn.Sequential; behind it its normalisation. Returns the next place. */
static int add_layer(state_dict *d, int index, int place, FILE *python)
{
    const graph_node *node = &d->graph.nodes[index];
    const graph_node *next = NULL;
    if (index + 1 < d->graph.node_count) {
        next = node + 1;
    }
    bool normalized = next && next->kind == NODE_LAYER_NORM;
    int in = graph_in(&d->graph, node);
    size_t width = (size_t)node->width;
    add_tensor(d, place, "weight", node->weights, 2, width, (size_t)in);
    (void)fprintf(python, "%storch.nn.Linear(%d, %d%s)", place > 0 ? ", " : "", in, node->width,
                  normalized ? ", bias=False" : "");
    if (!normalized) {
        add_tensor(d, place, "bias", node->bias, 1, width, 1);
        return place + 1;
    }
    add_tensor(d, place + 1, "weight", next->scale, 1, width, 1);
    add_tensor(d, place + 1, "bias", next->center, 1, width, 1);
    (void)fprintf(python, ", torch.nn.LayerNorm(%d)", node->width);
    return place + 2;
}

/* What nn.Sequential does not have. */
static nnfs_status check_nodes(const model_graph *graph, nnfs_error *error)
{
    for (int i = 0; i < graph->node_count; i++) {
        node_kind kind = graph->nodes[i].kind;
        bool embeds = kind == NODE_PIECEWISE || kind == NODE_PERIODIC || kind == NODE_VECTORS;
        if (embeds || kind == NODE_EXPAND) {
            return fail(
                error, NNFS_ERROR_DATA,
                "torch.nn.Sequential has no %s; export ONNX or C, or train with --preset plain",
                embeds ? "embeddings" : "members");
        }
    }
    return NNFS_OK;
}

/* Activations without a module (identity) have no place of their own. */
static nnfs_status describe(state_dict *d, nnfs_error *error)
{
    const model_graph *graph = &d->graph;
    size_t most = 2 * (size_t)graph->node_count;
    size_t lengths[2];
    d->names = calloc(most, sizeof *d->names);
    d->tensors = calloc(most, sizeof *d->tensors);
    d->values = calloc(most, sizeof *d->values);
    FILE *activations = open_memstream(&d->activations, &lengths[0]);
    FILE *python = open_memstream(&d->python, &lengths[1]);
    bool made = d->names && d->tensors && d->values && activations && python;
    int place = 0;
    for (int i = 0; made && i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->kind != NODE_DENSE) {
            continue;
        }
        nnfs_activation which = activation_after(graph, i);
        (void)fprintf(activations, "%s%s", place > 0 ? "," : "", nnfs_activation_name(which));
        place = add_layer(d, i, place, python);
        if (which != NNFS_IDENTITY) {
            (void)fprintf(python, ", torch.nn.%s", activation_of(which)->exported.torch);
            place++;
        }
    }
    made = (!activations || fclose(activations) == 0) && made;
    made = (!python || fclose(python) == 0) && made;
    if (!made) {
        return no_memory(error);
    }
    return NNFS_OK;
}

static nnfs_status write_state_dict(const state_dict *d, const char *path, nnfs_error *error)
{
    loss_text loss = loss_write((nnfs_loss)d->graph.loss, d->graph.quantile);
    const safetensors_entry metadata[] = {
        {"format", "pt"},
        {STATE_DICT_ACTIVATIONS, d->activations},
        {STATE_DICT_LOSS, loss.text},
        {STATE_DICT_SCALE, "1/255"},
    };
    safetensors_writer writer;
    nnfs_status status = safetensors_write_begin(&writer, path, d->tensors, d->count, metadata,
                                                 d->graph.pixels ? 4 : 3, error);
    if (status != NNFS_OK) {
        return status;
    }
    for (size_t i = 0; status == NNFS_OK && i < d->count; i++) {
        status = safetensors_write(&writer, d->values[i], d->tensors[i].bytes, error);
    }
    if (status == NNFS_OK) {
        status = safetensors_write_commit(&writer, error);
    }
    safetensors_write_abandon(&writer);
    return status;
}

nnfs_status nnfs_network_export_state_dict(const nnfs_network *network, const char *path,
                                           char *python, size_t room, nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!path) {
        return fail_null(error, "path");
    }
    state_dict d = {.count = 0};
    if (nnfs_network_networks(network) > 1) {
        return fail(error, NNFS_ERROR_DATA,
                    "torch.nn.Sequential has no ensembles; export ONNX or C, or train with "
                    "--networks 1");
    }
    nnfs_status status = graph_of_network(network, &d.graph, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(check_nodes(&d.graph, error));
    TRY_CLEANUP(describe(&d, error));
    TRY_CLEANUP(write_state_dict(&d, path, error));
    if (python && room > 0) {
        (void)snprintf(python, room, "torch.nn.Sequential(%s)", d.python);
    }
cleanup:
    free_state_dict(&d);
    return status;
}
