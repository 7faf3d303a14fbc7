/*
 * ONNX graphs of multilayer perceptrons: followed from the output back to the input, each node
 * becoming a step; the steps, turned round, become nodes of a graph.
 */
#include "base/memory.h"
#include "formats/import/import.h"
#include "formats/import/import_trace.h"

static int count_inputs(const onnx_graph *graph)
{
    int count = 0;
    for (size_t i = 0; i < graph->value_count; i++) {
        count += graph->values[i].input;
    }
    return count;
}

nnfs_status import_onnx(const Onnx__ModelProto *model, bool from_columns, int network,
                        model_graph *graph, int *networks, nnfs_error *error)
{
    size_t most = size_mul(model->graph->n_node, 2);
    *graph = (model_graph){.loss = -1};
    tracer t = {.from_columns = from_columns, .network = network};
    nnfs_status status = onnx_graph_open(&t.graph, model, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    t.steps = memory_alloc_zeroed(most, sizeof *t.steps);
    if (!t.steps) {
        status = fail_memory(error, size_mul(most, sizeof *t.steps), "an imported network");
        goto cleanup;
    }
    if (!from_columns && count_inputs(&t.graph) != 1) {
        status = fail(error, NNFS_ERROR_DATA, "it has %d inputs; a multilayer perceptron has 1",
                      count_inputs(&t.graph));
        goto cleanup;
    }
    TRY_CLEANUP(import_trace(&t, error));
    *networks = t.networks;
    TRY_CLEANUP(import_build(&t, graph, error));
    if (graph->node_count == 0) {
        status = fail(error, NNFS_ERROR_DATA, "it has no layer with weights");
    }
cleanup:
    memory_free(t.steps);
    onnx_graph_close(&t.graph);
    return status;
}
