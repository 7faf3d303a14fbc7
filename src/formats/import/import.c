/* nnfs_network_import: which kind of file it is, and what belongs to the network
 * besides its layers. */
#include "formats/import/import.h"

#include "base/memory.h"
#include "formats/onnx/onnx_build.h"
#include "formats/preprocessing_json.h"
#include "math/loss_text.h"
#include "network/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nnfs_import_settings_init(nnfs_import_settings *settings)
{
    if (!settings) {
        return;
    }
    *settings = (nnfs_import_settings){.activation = NNFS_RELU, .output_activation = NNFS_IDENTITY};
}

static const char *metadata(const Onnx__ModelProto *model, const char *key)
{
    for (size_t i = 0; i < model->n_metadata_props; i++) {
        const Onnx__StringStringEntryProto *entry = model->metadata_props[i];
        if (entry->key && strcmp(entry->key, key) == 0) {
            return entry->value;
        }
    }
    return NULL;
}

/* Logits without a softmax, where the settings give them one. */
static nnfs_status set_output_activation(model_graph *graph, nnfs_activation output,
                                         nnfs_error *error)
{
    bool identity = graph->nodes[graph->node_count - 1].kind == NODE_DENSE;
    if (!identity || output == NNFS_IDENTITY) {
        return NNFS_OK;
    }
    graph_node *node = graph_add(graph, NODE_ACTIVATION, graph_outputs(graph), 0, 0);
    if (!node) {
        return fail_memory(error, 0, "an imported network");
    }
    node->activation = output;
    return NNFS_OK;
}

static nnfs_status note_pixels(nnfs_network *network, float scale, nnfs_error *error)
{
    char note[64];
    (void)snprintf(note, sizeof note, "{\"scale\":%.9g}", (double)scale);
    return nnfs_network_set_note(network, "preprocessing", note, error);
}

/* ---- Models that nnfs wrote ---- */

/*
 * A model of a table has its preprocessing in its metadata as well as in operators. Only the
 * metadata is read, and of members and embeddings only the constants; the operators agree with them
 * if the network, written again, gives the same bytes.
 */
static nnfs_status check_written(const Onnx__ModelProto *model, const nnfs_network *network,
                                 nnfs_error *error)
{
    model_graph graph;
    unsigned char *again = NULL;
    unsigned char *there = NULL;
    size_t count = 0;
    Onnx__ModelProto copy = *model; /* another release may have written it */
    copy.producer_version = (char *)(uintptr_t)nnfs_version();
    size_t expected = onnx__model_proto__get_packed_size(&copy);
    nnfs_status status = graph_of_network(network, &graph, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(onnx_of_graph(&graph, &again, &count, error));
    if (!(there = memory_alloc(expected, 1))) {
        status = fail_memory(error, expected, "an ONNX model");
        goto cleanup;
    }
    (void)onnx__model_proto__pack(&copy, there);
    if (count != expected || memcmp(there, again, count) != 0) {
        status = fail(error, NNFS_ERROR_DATA,
                      "its operators are not those that nnfs writes for its network and the "
                      "preprocessing in its metadata; import the model file itself");
        goto cleanup;
    }
cleanup:
    graph_free(&graph);
    memory_free(again);
    memory_free(there);
    return status;
}

/* Drops nodes of a kind at the end, `most` of them at most. */
static void drop_last(model_graph *graph, node_kind kind, int most)
{
    for (int i = 0; i < most && graph->node_count > 1; i++) {
        graph_node *last = &graph->nodes[graph->node_count - 1];
        if (last->kind != kind) {
            return;
        }
        memory_free(last->center);
        memory_free(last->scale);
        free(last->sources);
        graph->node_count--;
    }
}

/* How targets are scaled back, the last nodes, belongs to the preprocessing. */
static void drop_unscaling(model_graph *graph, const nnfs_preprocessing *from)
{
    enum { OF_ONE_SCALING = 2 }; /* a factor and a term */
    bool scaled = false;
    bool shifted = false;
    if (from->classes > 0 || from->target_count == 0) {
        return;
    }
    for (int i = 0; i < from->target_count; i++) {
        scaled = scaled || from->targets[i].scale != 1.0f || from->targets[i].center != 0.0f;
        shifted = shifted || from->targets[i].shift != 0.0f;
    }
    if (from->targets[0].is_log) {
        drop_last(graph, NODE_NORMALIZE, shifted ? OF_ONE_SCALING : 0);
        drop_last(graph, NODE_ACTIVATION, 1);
    }
    drop_last(graph, NODE_NORMALIZE, scaled ? OF_ONE_SCALING : 0);
}

/* Members, embeddings and ensembles, which only nnfs writes. */
static bool is_written(const nnfs_network *network)
{
    return network->members > 1 || network->embedding_count > 0 || network->further_count > 0;
}

/* ---- The kinds of files ---- */

typedef struct onnx_source {
    const Onnx__ModelProto *model;
    const nnfs_preprocessing *preprocessing; /* of a table that nnfs wrote, else NULL */
    const nnfs_import_settings *settings;
} onnx_source;

/* Network `index` of the model, which has `count` of them. */
static nnfs_status read_network(const onnx_source *from, int index, nnfs_network **network,
                                int *count, nnfs_error *error)
{
    model_graph graph;
    nnfs_status status =
        import_onnx(from->model, from->preprocessing != NULL, index, &graph, count, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    graph.loss = loss_read(metadata(from->model, ONNX_METADATA_LOSS), &graph.quantile);
    if (from->preprocessing) {
        drop_unscaling(&graph, from->preprocessing);
    } else {
        TRY_CLEANUP(set_output_activation(&graph, from->settings->output_activation, error));
    }
    TRY_CLEANUP(graph_to_network(&graph, from->preprocessing, network, error));
    if (graph.pixels) {
        status = note_pixels(*network, 1.0f / 255.0f, error);
    }
cleanup:
    graph_free(&graph);
    return status;
}

static nnfs_status read_networks(const onnx_source *from, nnfs_network **network, nnfs_error *error)
{
    int count = 1;
    TRY(read_network(from, 0, network, &count, error));
    for (int i = 1; i < count; i++) {
        nnfs_network *further = NULL;
        nnfs_status status = read_network(from, i, &further, &count, error);
        if (status == NNFS_OK) {
            status = nnfs_network_add(*network, further, error);
        }
        nnfs_network_free(further);
        if (status == NNFS_ERROR_ARGUMENT) {
            return fail(error, NNFS_ERROR_DATA, "its networks differ");
        }
        TRY(status);
    }
    if (from->preprocessing || is_written(*network)) {
        return check_written(from->model, *network, error);
    }
    return NNFS_OK;
}

static nnfs_status from_onnx(const char *path, const nnfs_import_settings *settings,
                             nnfs_network **network, nnfs_error *error)
{
    Onnx__ModelProto *model = NULL;
    TRY(onnx_read(path, &model, error)); /* whose errors have the path */
    nnfs_preprocessing *preprocessing = NULL;
    nnfs_error inner = {.status = NNFS_OK};
    const char *table = metadata(model, ONNX_METADATA_PREPROCESSING);
    nnfs_status status = NNFS_OK;
    if (table) {
        TRY_CLEANUP(preprocessing_from_json(table, &preprocessing, &inner));
    }
    const onnx_source from = {model, preprocessing, settings};
    TRY_CLEANUP(read_networks(&from, network, &inner));
cleanup:
    nnfs_preprocessing_free(preprocessing);
    onnx_free(model);
    if (status != NNFS_OK) {
        return fail(error, status, "%s: %s", path, inner.message);
    }
    return NNFS_OK;
}

static nnfs_status from_state_dict(const char *path, const nnfs_import_settings *settings,
                                   nnfs_network **network, nnfs_error *error)
{
    safetensors_file file;
    TRY(safetensors_open(path, &file, error));
    model_graph graph;
    nnfs_error inner = {.status = NNFS_OK};
    const char *scale = safetensors_metadata(&file, STATE_DICT_SCALE);
    nnfs_status status = import_state_dict(&file, settings, &graph, &inner);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(graph_to_network(&graph, NULL, network, &inner));
    if (scale && strcmp(scale, "1/255") == 0) {
        TRY_CLEANUP(note_pixels(*network, 1.0f / 255.0f, &inner));
    }
cleanup:
    graph_free(&graph);
    safetensors_close(&file);
    if (status != NNFS_OK) {
        return fail(error, status, "%s: %s", path, inner.message);
    }
    return NNFS_OK;
}

/* A safetensors file has the '{' of its JSON behind 8 bytes; an ONNX model cannot have it there. */
static nnfs_status is_safetensors(const char *path, bool *is, nnfs_error *error)
{
    file_reader reader;
    unsigned char head[9] = {0};
    nnfs_status status = file_read_begin(&reader, path, error);
    if (status == NNFS_OK && reader.size >= sizeof head) {
        status = file_read_next(&reader, head, sizeof head, error);
    }
    *is = head[8] == '{' && head[6] == 0 && head[7] == 0;
    file_read_end(&reader);
    return status;
}

nnfs_status nnfs_network_import(const char *path, const nnfs_import_settings *settings,
                                nnfs_network **network, nnfs_error *error)
{
    if (!path) {
        return fail_null(error, "path");
    }
    if (!network) {
        return fail_null(error, "network");
    }
    *network = NULL;
    nnfs_import_settings defaults;
    nnfs_import_settings_init(&defaults);
    bool safetensors = false;
    nnfs_status status = is_safetensors(path, &safetensors, error);
    if (status != NNFS_OK) {
        return status;
    }
    status = (safetensors ? from_state_dict : from_onnx)(path, settings ? settings : &defaults,
                                                         network, error);
    if (status != NNFS_OK) {
        nnfs_network_free(*network);
        *network = NULL;
    }
    return status;
}
