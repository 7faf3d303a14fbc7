/* The reference interpreter: values by name, nodes in their order. */
#include "formats/onnx/onnx_run.h"

#include "base/memory.h"
#include "formats/onnx/onnx_build.h"
#include "formats/onnx/onnx_ops.h"

#include <stdlib.h>
#include <string.h>

/* Elements that the values of a run have together, at most: 512 MB of floats. */
enum { RUN_ELEMENTS = 1 << 27 };

/* ---- Values by name ---- */

static int compare_values(const void *left, const void *right)
{
    return strcmp(((const onnx_value *)left)->name, ((const onnx_value *)right)->name);
}

onnx_value *onnx_find(const onnx_graph *graph, const char *name)
{
    onnx_value wanted = {.name = name};
    if (name && graph->value_count > 0) {
        return bsearch(&wanted, graph->values, graph->value_count, sizeof wanted, compare_values);
    }
    return NULL;
}

bool onnx_is(const Onnx__NodeProto *node, const char *op)
{
    bool own = !node->domain || !node->domain[0] || strcmp(node->domain, "ai.onnx") == 0;
    return own && strcmp(node->op_type, op) == 0;
}

/* Initializers, then inputs that are none of them, then what nodes give. */
static size_t collect(const Onnx__GraphProto *graph, onnx_value *values)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->n_initializer; i++) {
        values[count++] = (onnx_value){.name = graph->initializer[i]->name, .producer = -1};
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        for (size_t j = 0; j < graph->node[i]->n_output; j++) {
            const char *name = graph->node[i]->output[j];
            if (name && name[0]) {
                values[count++] = (onnx_value){.name = name, .producer = (int)i};
            }
        }
    }
    return count;
}

static nnfs_status name_values(onnx_graph *graph, nnfs_error *error)
{
    const Onnx__GraphProto *g = graph->model->graph;
    size_t most = size_add(g->n_initializer, g->n_input);
    for (size_t i = 0; i < g->n_node; i++) {
        most = size_add(most, g->node[i]->n_output);
    }
    graph->values = memory_alloc_zeroed(most, sizeof *graph->values);
    if (!graph->values) {
        return fail_memory(error, size_mul(most, sizeof *graph->values), "the values of a graph");
    }
    graph->value_count = collect(g, graph->values);
    qsort(graph->values, graph->value_count, sizeof *graph->values, compare_values);
    size_t named = graph->value_count;
    for (size_t i = 0; i < g->n_input; i++) { /* old files list initializers as inputs too */
        onnx_value wanted = {.name = g->input[i]->name, .input = true, .producer = -1};
        if (!bsearch(&wanted, graph->values, named, sizeof wanted, compare_values)) {
            graph->values[graph->value_count++] = wanted;
        }
    }
    qsort(graph->values, graph->value_count, sizeof *graph->values, compare_values);
    for (size_t i = 1; i < graph->value_count; i++) {
        if (compare_values(&graph->values[i - 1], &graph->values[i]) == 0) {
            return fail(error, NNFS_ERROR_DATA, "two values are called '%.100s'",
                        graph->values[i].name);
        }
    }
    return NNFS_OK;
}

/* ---- Nodes ---- */

static nnfs_status fail_node(const Onnx__NodeProto *node, const char *reason, nnfs_error *error)
{
    if (reason == tensor_no_memory) {
        return fail_memory(error, 0, "the values of a graph");
    }
    const char *name = "";
    if (node->n_output > 0 && node->output[0]) {
        name = node->output[0];
    }
    return fail(error, NNFS_ERROR_DATA, "node %.60s, which gives '%.60s': %s", node->op_type, name,
                reason);
}

/* The tensors that a node reads, NULL for an optional one that is left out; false:
 * one is missing. */
static bool find_inputs(const onnx_graph *graph, const Onnx__NodeProto *node, const tensor **in,
                        bool constants)
{
    for (size_t i = 0; i < node->n_input; i++) {
        const char *name = node->input[i];
        const onnx_value *value = onnx_find(graph, name);
        if (value && value->value.type != 0) {
            in[i] = &value->value;
        } else {
            in[i] = NULL;
        }
        bool left_out = !name || !name[0];
        if (!left_out && (!in[i] || (constants && !value->constant))) {
            return false;
        }
    }
    return true;
}

/* Runs a node; with `constants`, only if all that it reads is constant, and then so is
 * what it gives. */
static nnfs_status run_node(onnx_graph *graph, const Onnx__NodeProto *node, bool constants,
                            nnfs_error *error)
{
    const onnx_op *op = onnx_op_find(node);
    onnx_value *output = NULL;
    if (node->n_output > 0) {
        output = onnx_find(graph, node->output[0]);
    }
    bool skip = constants && (!op || !op->folds || graph->computed > 4 * graph->elements + 65536);
    if (!op || !output || output->constant || skip) {
        bool done = constants || (output && output->constant);
        if (!done) {
            return fail_node(node, op ? "it gives nothing" : "the operator is not supported",
                             error);
        }
        return NNFS_OK;
    }
    const tensor **in = memory_alloc_zeroed(node->n_input + 3, sizeof *in);
    if (!in) {
        return fail_memory(error, node->n_input * sizeof *in, "the inputs of a node");
    }
    bool ready = find_inputs(graph, node, in, constants);
    const char *reason = NULL;
    if (ready) {
        op_call call = {node, in, (int)node->n_input, &output->value, graph->opset};
        tensor_free(&output->value);
        reason = onnx_op_run(op, &call);
        output->constant = constants && !reason;
        if (output->constant) {
            graph->computed += output->value.count;
        }
    } else if (!constants) {
        reason = "it reads a value that no earlier node gives";
    }
    if (reason) {
        tensor_free(&output->value);
    }
    memory_free(in);
    /* A constant part that cannot be computed may not be needed. */
    bool fine = !reason || (constants && reason != tensor_no_memory);
    if (!fine) {
        return fail_node(node, reason, error);
    }
    return NNFS_OK;
}

static nnfs_status read_constants(onnx_graph *graph, nnfs_error *error)
{
    const Onnx__GraphProto *g = graph->model->graph;
    for (size_t i = 0; i < g->n_initializer; i++) {
        onnx_value *value = onnx_find(graph, g->initializer[i]->name);
        const char *reason = tensor_of_proto(&value->value, g->initializer[i]);
        if (reason == tensor_no_memory) {
            return fail_memory(error, 0, "the constants of a graph");
        }
        if (reason) {
            return fail(error, NNFS_ERROR_DATA, "tensor '%.100s': %s", value->name, reason);
        }
        value->constant = true;
        graph->elements += value->value.count;
    }
    return NNFS_OK;
}

static int64_t opset_of(const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const char *domain = model->opset_import[i]->domain;
        if (!domain || !domain[0] || strcmp(domain, "ai.onnx") == 0) {
            return model->opset_import[i]->version;
        }
    }
    return 1;
}

nnfs_status onnx_graph_open(onnx_graph *graph, const Onnx__ModelProto *model, nnfs_error *error)
{
    *graph = (onnx_graph){.model = model, .opset = opset_of(model)};
    TRY(name_values(graph, error));
    TRY(read_constants(graph, error));
    for (size_t i = 0; i < model->graph->n_node; i++) {
        TRY(run_node(graph, model->graph->node[i], true, error));
    }
    return NNFS_OK;
}

void onnx_graph_close(onnx_graph *graph)
{
    for (size_t i = 0; graph->values && i < graph->value_count; i++) {
        tensor_free(&graph->values[i].value);
    }
    memory_free(graph->values);
    *graph = (onnx_graph){.model = NULL};
}

nnfs_status onnx_graph_run(onnx_graph *graph, nnfs_error *error)
{
    const Onnx__GraphProto *g = graph->model->graph;
    for (size_t i = 0; i < graph->value_count; i++) {
        onnx_value *value = &graph->values[i];
        if (!value->constant && !value->input) {
            tensor_free(&value->value);
        }
    }
    size_t elements = 0;
    for (size_t i = 0; i < g->n_node; i++) {
        nnfs_status status = run_node(graph, g->node[i], false, error);
        if (status != NNFS_OK) {
            return status;
        }
        elements = size_add(elements, onnx_find(graph, g->node[i]->output[0])->value.count);
        if (elements > RUN_ELEMENTS) {
            return fail(error, NNFS_ERROR_DATA, "its values have more than %d elements",
                        RUN_ELEMENTS);
        }
    }
    return NNFS_OK;
}
