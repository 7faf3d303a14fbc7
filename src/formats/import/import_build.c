/* The steps of an ONNX graph, turned round, as nodes of a graph. */
#include "base/memory.h"
#include "formats/import/import_trace.h"
#include "formats/onnx/onnx_build.h"

#include <math.h>
#include <string.h>

static nnfs_status no_memory(nnfs_error *error)
{
    return fail_memory(error, 0, "an imported network");
}

typedef struct dense_shape {
    int64_t heads, in, out;
} dense_shape;

static dense_shape shape_of(const import_step *step)
{
    const tensor *m = step->matrix;
    const int64_t *last = m->dims + m->rank - 2;
    return (dense_shape){.heads = m->rank == 3 ? m->dims[0] : 1,
                         .in = last[step->transposed],
                         .out = last[!step->transposed]};
}

static void copy_dense(const import_step *step, const dense_shape *shape, graph_node *node)
{
    const float *from = step->matrix->floats;
    float *to = node->weights;
    for (int64_t head = 0; head < shape->heads; head++) {
        for (int64_t unit = 0; unit < shape->out; unit++) {
            for (int64_t i = 0; i < shape->in; i++) {
                *to++ = from[step->transposed ? unit * shape->in + i : i * shape->out + unit];
            }
        }
        from += shape->in * shape->out;
    }
    for (int64_t i = 0; step->bias && i < shape->heads * shape->out; i++) {
        node->bias[i] = step->bias->floats[step->bias->count == 1 ? 0 : i];
    }
}

static nnfs_status build_dense(model_graph *graph, const import_step *step, nnfs_error *error)
{
    dense_shape shape = shape_of(step);
    int width = graph->node_count > 0 ? graph_outputs(graph) : (int)shape.in;
    if (shape.heads < 1 || shape.in < 1 || shape.out < 1 || shape.heads > INT32_MAX ||
        shape.in > INT32_MAX || shape.out > INT32_MAX || shape.in != width) {
        return import_fail_node(step->node, "has weights whose shape does not fit", error);
    }
    size_t biases = size_mul((size_t)shape.heads, (size_t)shape.out);
    if (step->bias && (step->bias->type != ONNX_FLOAT ||
                       (step->bias->count != biases && step->bias->count != 1))) {
        return import_fail_node(step->node, "has a bias whose shape does not fit", error);
    }
    if (graph->node_count == 0 && !graph_add(graph, NODE_FEATURES, (int)shape.in, 0, 0)) {
        return no_memory(error);
    }
    graph_node *node = graph_add(graph, NODE_DENSE, (int)shape.out, 0, 0);
    if (!node || !graph_allocate_dense(node, (int)shape.in, (int)shape.heads)) {
        return no_memory(error);
    }
    copy_dense(step, &shape, node);
    return NNFS_OK;
}

/* Members and embeddings stand where a network has them: behind its inputs. */
static bool only_inputs(const model_graph *graph)
{
    static const bool of_inputs[NODE_KINDS] = {
        [NODE_FEATURES] = true, [NODE_SCALE] = true,   [NODE_PIECEWISE] = true,
        [NODE_PERIODIC] = true, [NODE_VECTORS] = true, [NODE_SELECT] = true,
        [NODE_CONCAT] = true};
    for (int i = 0; i < graph->node_count; i++) {
        if (!of_inputs[graph->nodes[i].kind]) {
            return false;
        }
    }
    return true;
}

static nnfs_status build_expand(model_graph *graph, const import_step *step, nnfs_error *error)
{
    const tensor *scale = step->factor;
    int64_t width = scale->dims[2];
    if (scale->dims[0] < 1 || scale->dims[0] > INT32_MAX || scale->dims[1] != 1 || width < 1 ||
        width > INT32_MAX || !only_inputs(graph) ||
        (graph->node_count > 0 && graph_outputs(graph) != (int)width)) {
        return import_fail_node(step->node, "does not fit the inputs of members", error);
    }
    if (graph->node_count == 0 && !graph_add(graph, NODE_FEATURES, (int)width, 0, 0)) {
        return no_memory(error);
    }
    graph_node *node = graph_add(graph, NODE_EXPAND, (int)width, 0, 0);
    if (!node || !(node->scale = memory_alloc(scale->count, sizeof *node->scale))) {
        return no_memory(error);
    }
    node->members = (int)scale->dims[0];
    memcpy(node->scale, scale->floats, scale->count * sizeof *node->scale);
    return NNFS_OK;
}

/* gamma (x - mean) / sqrt(variance + epsilon) + beta */
static void normalization_of(const tracer *t, const import_step *step, size_t at, double *scale,
                             double *shift)
{
    const Onnx__NodeProto *node = step->node;
    double part[4];
    for (size_t i = 0; i < 4; i++) {
        part[i] = (double)import_constant(t, node, i + 1)->floats[at];
    }
    double epsilon = (double)onnx_float_of(node, "epsilon", 1e-5f);
    *scale = part[0] / sqrt(part[3] + epsilon);
    *shift = part[1] - part[2] * *scale;
}

/* Each constant of a scaling is one number or one a unit. */
static bool scaling_fits(const tracer *t, const import_step *step, int width)
{
    const tensor *used[] = {step->factor, step->term};
    for (int i = 0; i < 2; i++) {
        if (used[i] && used[i]->count != 1 && used[i]->count != (size_t)width) {
            return false;
        }
    }
    for (size_t i = 1; !step->factor && !step->term && i < 5; i++) {
        if (import_constant(t, step->node, i)->count != (size_t)width) {
            return false;
        }
    }
    return true;
}

static int scaling_width(const tracer *t, int index)
{
    for (int i = index - 1; i >= 0; i--) { /* of the next layer */
        const import_step *step = &t->steps[i];
        if (step->kind == NODE_DENSE) {
            int64_t in = shape_of(step).in;
            if (in >= 1 && in <= INT32_MAX) {
                return (int)in;
            }
            return 0;
        }
    }
    return 0;
}

static bool is_pixel_scale(const model_graph *graph, const import_step *step)
{
    return graph->node_count == 1 && step->factor && step->factor->count == 1 &&
           step->factor_power > 0.0 && step->factor->floats[0] == 1.0f / 255.0f;
}

static nnfs_status build_scaling(const tracer *t, model_graph *graph, int index, nnfs_error *error)
{
    const import_step *step = &t->steps[index];
    int width =
        graph->node_count > 0 ? graph->nodes[graph->node_count - 1].width : scaling_width(t, index);
    if (width < 1 || !scaling_fits(t, step, width)) {
        return import_fail_node(step->node, "has a constant whose shape does not fit", error);
    }
    if (graph->node_count == 0 && !graph_add(graph, NODE_FEATURES, width, 0, 0)) {
        return no_memory(error);
    }
    bool pixels = is_pixel_scale(graph, step);
    graph->pixels = graph->pixels || pixels;
    graph_node *node = graph_add(graph, pixels ? NODE_SCALE : NODE_NORMALIZE, width, 0,
                                 GRAPH_CENTER | GRAPH_SCALE);
    if (!node) {
        return no_memory(error);
    }
    for (size_t i = 0; i < (size_t)width; i++) {
        double scale = 1.0;
        if (step->reversed) {
            scale = -1.0;
        }
        double shift = 0.0;
        if (step->factor) {
            double factor = (double)step->factor->floats[step->factor->count == 1 ? 0 : i];
            if (step->factor_power < 0.0) {
                scale = 1.0 / factor;
            } else {
                scale = factor;
            }
        } else if (step->term) {
            shift = step->term_sign * (double)step->term->floats[step->term->count == 1 ? 0 : i];
        } else {
            normalization_of(t, step, i, &scale, &shift);
        }
        node->scale[i] = (float)scale;
        node->center[i] = (float)shift;
    }
    return NNFS_OK;
}

static nnfs_status build_layer_norm(model_graph *graph, const import_step *step, nnfs_error *error)
{
    size_t width = 0;
    if (graph->node_count > 0) {
        width = (size_t)graph_outputs(graph);
    }
    if (width == 0 || step->factor->count != width) {
        return import_fail_node(step->node, "does not fit the layer before it", error);
    }
    graph_node *node = graph_add(graph, NODE_LAYER_NORM, (int)width, 0, GRAPH_CENTER | GRAPH_SCALE);
    if (!node) {
        return no_memory(error);
    }
    memcpy(node->scale, step->factor->floats, width * sizeof *node->scale);
    if (step->term) {
        memcpy(node->center, step->term->floats, width * sizeof *node->center);
    }
    return NNFS_OK;
}

static nnfs_status build_inputs(const tracer *t, model_graph *graph, const import_step *step,
                                nnfs_error *error)
{
    if (!only_inputs(graph)) {
        return import_fail_node(step->node, "embeds what are no inputs", error);
    }
    return import_build_inputs(&t->graph, &t->inputs, graph, error);
}

/* A node without constants. */
static nnfs_status build_plain(model_graph *graph, const import_step *step, nnfs_error *error)
{
    if (graph->node_count == 0) {
        return import_fail_node(step->node, "has no layer before it", error);
    }
    int width = graph_outputs(graph);
    if (step->kind == NODE_COMPLEMENT && width != 1) {
        return import_fail_node(step->node, "joins values, which layers do not", error);
    }
    if (step->kind == NODE_COMPLEMENT) {
        width = 2;
    }
    graph_node *node = graph_add(graph, step->kind, width, 0, 0);
    if (!node) {
        return no_memory(error);
    }
    node->activation = step->activation;
    if (step->kind == NODE_MEAN) {
        node->members = 1;
    }
    return NNFS_OK;
}

nnfs_status import_build(const tracer *t, model_graph *graph, nnfs_error *error)
{
    typedef nnfs_status builder(model_graph * graph, const import_step *step, nnfs_error *error);
    static builder *const builders[NODE_KINDS] = {
        [NODE_DENSE] = build_dense,      [NODE_LAYER_NORM] = build_layer_norm,
        [NODE_EXPAND] = build_expand,    [NODE_ACTIVATION] = build_plain,
        [NODE_COMPLEMENT] = build_plain, [NODE_MEAN] = build_plain};
    for (int i = t->step_count - 1; i >= 0; i--) {
        const import_step *step = &t->steps[i];
        if (step->kind == NODE_NORMALIZE) {
            TRY(build_scaling(t, graph, i, error));
        } else if (step->kind == NODE_PIECEWISE) {
            TRY(build_inputs(t, graph, step, error));
        } else {
            TRY(builders[step->kind](graph, step, error));
        }
    }
    return NNFS_OK;
}
