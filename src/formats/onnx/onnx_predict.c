/* Exported ONNX models opened again, and computed on the samples of a dataset. */
#include "base/file.h"
#include "base/memory.h"
#include "base/words.h"
#include "formats/onnx/onnx_build.h"
#include "formats/onnx/onnx_run.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nnfs_onnx {
    Onnx__ModelProto *model;
    onnx_graph graph;
    const char *output; /* "probabilities" or "variable", the last one */
    int outputs;
    float scale; /* that the graph multiplies its only input by, if it does at first */
    bool table;  /* inputs are columns */
};

nnfs_status nnfs_network_export_onnx(const nnfs_network *network, const char *path,
                                     nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!path) {
        return fail_null(error, "path");
    }
    model_graph graph;
    unsigned char *bytes = NULL;
    size_t count = 0;
    nnfs_status status = graph_of_network(network, &graph, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(onnx_of_graph(&graph, &bytes, &count, error));
    status = file_write_all(path, bytes, count, error);
cleanup:
    graph_free(&graph);
    memory_free(bytes);
    return status;
}

/* ---- Opened ---- */

void nnfs_onnx_free(nnfs_onnx *onnx)
{
    if (onnx) {
        onnx_graph_close(&onnx->graph);
        onnx_free(onnx->model);
        free(onnx);
    }
}

static float first_scale(const nnfs_onnx *onnx)
{
    const Onnx__NodeProto *first = onnx->model->graph->node[0];
    const onnx_value *by = NULL;
    if (first->n_input == 2) {
        by = onnx_find(&onnx->graph, first->input[1]);
    }
    bool scales = onnx_is(first, "Mul") && by && by->constant && by->value.count == 1 &&
                  by->value.type == ONNX_FLOAT;
    if (scales) {
        return by->value.floats[0];
    }
    return 1.0f;
}

static const char *check_interface(nnfs_onnx *onnx)
{
    const Onnx__GraphProto *graph = onnx->model->graph;
    const Onnx__ValueInfoProto *last = NULL;
    if (graph->n_output > 0) {
        last = graph->output[graph->n_output - 1];
    }
    const Onnx__TypeProto__Tensor *type =
        last && last->type && last->type->tensor_type ? last->type->tensor_type : NULL;
    const Onnx__TensorShapeProto *shape = NULL;
    if (type) {
        shape = type->shape;
    }
    bool fits = shape && type->elem_type == ONNX_FLOAT && shape->n_dim == 2 &&
                shape->dim[1]->dim_value > 0 && shape->dim[1]->dim_value <= INT_MAX;
    if (!fits) {
        return "its last output is not of floats, [N, outputs]";
    }
    onnx->output = last->name;
    onnx->outputs = (int)shape->dim[1]->dim_value;
    onnx->table =
        graph->n_input > 1 || (graph->n_input == 1 && strcmp(graph->input[0]->name, "input") != 0);
    if (onnx->table) {
        onnx->scale = 1.0f;
    } else {
        onnx->scale = first_scale(onnx);
    }
    return NULL;
}

nnfs_status nnfs_onnx_open(const char *path, nnfs_onnx **onnx, nnfs_error *error)
{
    if (!path) {
        return fail_null(error, "path");
    }
    if (!onnx) {
        return fail_null(error, "onnx");
    }
    *onnx = NULL;
    nnfs_onnx *made = calloc(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "an ONNX model");
    }
    nnfs_error inner = {.status = NNFS_OK};
    nnfs_status status = onnx_read(path, &made->model, error);
    if (status != NNFS_OK) {
        goto failed;
    }
    status = onnx_graph_open(&made->graph, made->model, &inner);
    if (status != NNFS_OK) {
        (void)fail(error, status, "%s: %s", path, inner.message);
        goto failed;
    }
    const char *reason = check_interface(made);
    if (reason) {
        status = fail(error, NNFS_ERROR_DATA, "%s: %s", path, reason);
        goto failed;
    }
    *onnx = made;
    return NNFS_OK;
failed:
    nnfs_onnx_free(made);
    return status;
}

int nnfs_onnx_outputs(const nnfs_onnx *onnx)
{
    if (!onnx) {
        return 0;
    }
    return onnx->outputs;
}

/* ---- Samples of a dataset as its inputs ---- */

/* By its name; "column_N" where columns have none. */
static int find_column(const nnfs_dataset *dataset, const char *name)
{
    for (int i = 0; i < nnfs_dataset_columns(dataset); i++) {
        char number[24];
        const char *own = nnfs_dataset_column(dataset, i).name;
        (void)snprintf(number, sizeof number, "column_%d", i + 1);
        if (strcmp(own ? own : number, name) == 0) {
            return i;
        }
    }
    return -1;
}

static void fill_cells(const nnfs_dataset *dataset, int column, int64_t first, tensor *into)
{
    for (size_t i = 0; i < into->count; i++) {
        float cell = nnfs_dataset_cell(dataset, first + (int64_t)i, column);
        if (into->type == ONNX_FLOAT) {
            into->floats[i] = cell;
            continue;
        }
        if (into->type == ONNX_DOUBLE) { /* dates, as days from 1970-01-01 */
            into->doubles[i] = (double)cell + nnfs_dataset_column(dataset, column).origin;
            continue;
        }
        const char *text = "";
        if (!isnan(cell)) {
            text = nnfs_dataset_category(dataset, column, (int)cell);
        }
        into->texts[i] = (tensor_text){text_or(text, ""), text ? strlen(text) : 0};
    }
}

static nnfs_status set_column(nnfs_onnx *onnx, const Onnx__ValueInfoProto *input,
                              const nnfs_dataset *dataset, int64_t first, int64_t count,
                              nnfs_error *error)
{
    int column = find_column(dataset, input->name);
    if (column < 0) {
        return fail(error, NNFS_ERROR_DATA,
                    "the data have no column '%.100s', an input of the model", input->name);
    }
    onnx_value *value = onnx_find(&onnx->graph, input->name);
    int32_t type =
        input->type && input->type->tensor_type ? input->type->tensor_type->elem_type : 0;
    const int64_t dims[] = {count, 1};
    tensor_free(&value->value);
    const char *reason = tensor_make(&value->value, type, 2, dims);
    if (reason) {
        return fail(error, reason == tensor_no_memory ? NNFS_ERROR_MEMORY : NNFS_ERROR_DATA,
                    "input '%.100s': %s", input->name, reason);
    }
    fill_cells(dataset, column, first, &value->value);
    return NNFS_OK;
}

/* Features, before what the graph multiplies them by. */
static nnfs_status set_features(nnfs_onnx *onnx, const nnfs_dataset *dataset, int64_t first,
                                int64_t count, nnfs_error *error)
{
    onnx_value *value = onnx_find(&onnx->graph, "input");
    if (!value) {
        return fail(error, NNFS_ERROR_DATA, "the graph has no input of that name: 'input'");
    }
    const int64_t dims[] = {count, nnfs_dataset_features(dataset)};
    tensor_free(&value->value);
    if (tensor_make(&value->value, ONNX_FLOAT, 2, dims)) {
        return fail_memory(error, 0, "the samples' features");
    }
    float *x = value->value.floats;
    nnfs_status status = nnfs_dataset_copy(dataset, first, count, x, NULL, NULL, error);
    for (size_t i = 0; onnx->scale != 1.0f && i < value->value.count; i++) {
        x[i] = rintf(x[i] / onnx->scale);
    }
    return status;
}

nnfs_status nnfs_onnx_predict_dataset(nnfs_onnx *onnx, const nnfs_dataset *dataset, int64_t first,
                                      int64_t count, float *outputs, nnfs_error *error)
{
    if (!onnx) {
        return fail_null(error, "onnx");
    }
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (!outputs) {
        return fail_null(error, "outputs");
    }
    const Onnx__GraphProto *graph = onnx->model->graph;
    if (first < 0 || count < 0 || first > nnfs_dataset_samples(dataset) - count) {
        return fail(error, NNFS_ERROR_ARGUMENT, "there are no such samples");
    }
    if (!onnx->table) {
        TRY(set_features(onnx, dataset, first, count, error));
    }
    for (size_t i = 0; onnx->table && i < graph->n_input; i++) {
        const onnx_value *value = onnx_find(&onnx->graph, graph->input[i]->name);
        if (value && value->input) {
            TRY(set_column(onnx, graph->input[i], dataset, first, count, error));
        }
    }
    TRY(onnx_graph_run(&onnx->graph, error));
    const onnx_value *result = onnx_find(&onnx->graph, onnx->output);
    size_t expected = size_mul((size_t)count, (size_t)onnx->outputs);
    if (!result || result->value.type != ONNX_FLOAT || result->value.count != expected) {
        return fail(error, NNFS_ERROR_DATA, "its output does not have the shape that it declares");
    }
    memcpy(outputs, result->value.floats, expected * sizeof *outputs);
    return NNFS_OK;
}
