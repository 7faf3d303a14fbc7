/* nnfs_network_import: which kind of file it is, and what belongs to the network
 * besides its layers. */
#include "formats/import/import.h"

#include "base/memory.h"
#include "formats/onnx/onnx_build.h"
#include "formats/preprocessing_json.h"
#include "math/loss_text.h"

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
static nnfs_status set_output_activation(model_graph *graph, nnfs_activation activation,
                                         nnfs_error *error)
{
    bool identity = graph->nodes[graph->node_count - 1].kind == NODE_DENSE;
    if (!identity || activation == NNFS_IDENTITY) {
        return NNFS_OK;
    }
    graph_node *node = graph_add(graph, NODE_ACTIVATION, graph_outputs(graph), 0, 0);
    if (!node) {
        return fail_memory(error, 0, "an imported network");
    }
    node->activation = activation;
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

/* Targets that are scaled back, the last node, belong to the preprocessing. */
static void drop_unscaling(model_graph *graph, const nnfs_preprocessing *from)
{
    bool scaled = false;
    for (int i = 0; from->classes == 0 && i < from->target_count; i++) {
        scaled = scaled || from->targets[i].scale != 1.0f || from->targets[i].center != 0.0f;
    }
    for (int i = 0; scaled && i < 2; i++) {
        graph_node *last = &graph->nodes[graph->node_count - 1];
        if (last->kind == NODE_NORMALIZE) {
            memory_free(last->center);
            memory_free(last->scale);
            free(last->sources);
            graph->node_count--;
        }
    }
}

static nnfs_status make_table_network(const char *json, model_graph *graph, nnfs_network **network,
                                      nnfs_error *error)
{
    nnfs_preprocessing *preprocessing = NULL;
    TRY(preprocessing_from_json(json, &preprocessing, error));
    drop_unscaling(graph, preprocessing);
    nnfs_status status = graph_to_network(graph, preprocessing, network, error);
    nnfs_preprocessing_free(preprocessing);
    return status;
}

/* Members and embeddings, which only nnfs writes. */
static bool is_written(const model_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++) {
        node_kind kind = graph->nodes[i].kind;
        if (kind == NODE_EXPAND || kind == NODE_MEAN || kind == NODE_PIECEWISE) {
            return true;
        }
    }
    return false;
}

/* ---- The kinds of files ---- */

static nnfs_status from_onnx(const char *path, const nnfs_import_settings *settings,
                             nnfs_network **network, nnfs_error *error)
{
    Onnx__ModelProto *model = NULL;
    TRY(onnx_read(path, &model, error)); /* whose errors have the path */
    const char *part = metadata(model, ONNX_METADATA_NOT_IMPORTED);
    if (part) {
        (void)fail(error, NNFS_ERROR_DATA,
                   "%s: nnfs wrote it with %.100s, which an import does not carry; use the model "
                   "file itself",
                   path, part);
        onnx_free(model);
        return NNFS_ERROR_DATA;
    }
    model_graph graph;
    nnfs_error inner = {.status = NNFS_OK};
    const char *table = metadata(model, ONNX_METADATA_PREPROCESSING);
    nnfs_status status = import_onnx(model, table != NULL, &graph, &inner);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    graph.loss = loss_read(metadata(model, ONNX_METADATA_LOSS), &graph.quantile);
    if (table) {
        TRY_CLEANUP(make_table_network(table, &graph, network, &inner));
    } else {
        TRY_CLEANUP(set_output_activation(&graph, settings->output_activation, &inner));
        TRY_CLEANUP(graph_to_network(&graph, NULL, network, &inner));
    }
    if (graph.pixels) {
        TRY_CLEANUP(note_pixels(*network, 1.0f / 255.0f, &inner));
    }
    if (table || is_written(&graph)) {
        status = check_written(model, *network, &inner);
    }
cleanup:
    graph_free(&graph);
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
