/* From the output of an ONNX graph to its input: a function an operator. */
#include "formats/import/import_trace.h"

#include "formats/onnx/onnx_build.h"
#include "math/activation.h"
#include "network/normalization.h"

#include <math.h>
#include <string.h>

nnfs_status import_fail_node(const Onnx__NodeProto *node, const char *reason, nnfs_error *error)
{
    const char *name = "";
    if (node->n_output > 0 && node->output[0]) {
        name = node->output[0];
    }
    return fail(error, NNFS_ERROR_DATA, "operator %.60s (which gives '%.100s') %s", node->op_type,
                name, reason);
}

const tensor *import_constant(const tracer *t, const Onnx__NodeProto *node, size_t input)
{
    return import_constant_of(&t->graph, node, input);
}

const Onnx__NodeProto *import_producer(const tracer *t, const char *name)
{
    const onnx_value *value = onnx_find(&t->graph, name);
    if (value && value->producer >= 0) {
        return t->graph.model->graph->node[value->producer];
    }
    return NULL;
}

bool import_is_number(const tensor *x, double value)
{
    return x && x->type == ONNX_FLOAT && x->count == 1 &&
           fabs((double)x->floats[0] - value) <= 1e-6 * fabs(value);
}

static import_step *add_step(tracer *t, const Onnx__NodeProto *node, node_kind kind)
{
    import_step *step = &t->steps[t->step_count++];
    *step = (import_step){.kind = kind, .node = node, .factor_power = 1.0, .term_sign = 1.0};
    return step;
}

/* ---- Layers ---- */

/* Before the first layer there may be embeddings; what prepares columns is in the metadata. */
static void trace_inputs(tracer *t, const Onnx__NodeProto *node)
{
    t->value = node->input[0];
    if (import_find_inputs(&t->graph, t->value, &t->inputs)) {
        (void)add_step(t, node, NODE_PIECEWISE);
        t->value = t->inputs.features;
    }
    if (t->from_columns) {
        t->value = NULL;
    }
}

/* Networks whose outputs, side by side, a layer averages; 0: it is another layer. */
static size_t count_networks(const tracer *t, const Onnx__NodeProto *node, const tensor *weights)
{
    const Onnx__NodeProto *ends = import_behind(&t->graph, node, 0, "Concat");
    import_inputs embeddings; /* which the first layer joins too */
    if (!ends || import_find_inputs(&t->graph, node->input[0], &embeddings) || ends->n_input < 2 ||
        ends->n_input > NETWORKS_MOST || onnx_int_of(node, "transB", 0) == 0 ||
        weights->dims[1] != weights->dims[0] * (int64_t)ends->n_input) {
        return 0;
    }
    size_t width = (size_t)weights->dims[0];
    size_t in = (size_t)weights->dims[1];
    for (size_t i = 0; i < weights->count; i++) {
        float wanted = i % in % width == i / in ? 1.0f / (float)ends->n_input : 0.0f;
        if (weights->floats[i] != wanted) {
            return 0;
        }
    }
    return ends->n_input;
}

static const Onnx__NodeProto *find_layer(const onnx_graph *graph, size_t from)
{
    const Onnx__GraphProto *onnx = graph->model->graph;
    for (size_t i = from; i < onnx->n_node; i++) {
        if (onnx_is(onnx->node[i], "Gemm")) {
            return onnx->node[i];
        }
    }
    return NULL;
}

/* Goes on at the end of the network to follow, which begins behind the end of the one before. */
static void choose_network(tracer *t, const Onnx__NodeProto *node)
{
    const Onnx__NodeProto *ends = import_producer(t, node->input[0]);
    if (t->network > 0) {
        const onnx_value *before = onnx_find(&t->graph, ends->input[t->network - 1]);
        t->first_layer = find_layer(&t->graph, before ? (size_t)before->producer + 1 : 0);
    }
    t->value = ends->input[t->network];
}

static nnfs_status trace_gemm(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const tensor *weights = import_constant(t, node, 1);
    const tensor *bias = import_constant(t, node, 2);
    bool has_bias = node->n_input > 2 && node->input[2] && node->input[2][0];
    if (!weights || weights->type != ONNX_FLOAT || weights->rank != 2 || (has_bias && !bias)) {
        return import_fail_node(node, "has weights that are no constant matrix", error);
    }
    if (onnx_float_of(node, "alpha", 1.0f) != 1.0f || onnx_float_of(node, "beta", 1.0f) != 1.0f ||
        onnx_int_of(node, "transA", 0) != 0) {
        return import_fail_node(node, "has alpha, beta or transA, which no layer has", error);
    }
    int networks = t->networks == 1 ? (int)count_networks(t, node, weights) : 0;
    if (networks > 0 && t->network < networks) {
        t->networks = networks;
        choose_network(t, node);
        return NNFS_OK;
    }
    import_step *step = add_step(t, node, NODE_DENSE);
    step->matrix = weights;
    step->bias = bias;
    step->transposed = onnx_int_of(node, "transB", 0) != 0;
    t->value = node->input[0];
    if (node == t->first_layer) {
        trace_inputs(t, node);
    }
    return NNFS_OK;
}

static nnfs_status trace_matmul(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const tensor *weights = import_constant(t, node, 1);
    if (!weights || weights->type != ONNX_FLOAT || weights->rank != 2) {
        return import_fail_node(node, "does not multiply by a constant matrix on its right", error);
    }
    add_step(t, node, NODE_DENSE)->matrix = weights;
    t->value = node->input[0];
    return NNFS_OK;
}

/* ---- Members, which nnfs alone writes: import.c compares the whole with what it
 * would write ---- */

static nnfs_status trace_mean(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const Onnx__AttributeProto *axes = onnx_attribute(node, "axes");
    bool first = axes && axes->n_ints == 1 && axes->ints[0] == 0;
    if (t->members || !first || onnx_int_of(node, "keepdims", 1) != 0) {
        return import_fail_node(node, "is no mean of members", error);
    }
    (void)add_step(t, node, NODE_MEAN);
    t->members = true;
    t->value = node->input[0];
    return NNFS_OK;
}

/* Add behind MatMul, and the Mul of the inputs; false: it is neither. */
static bool trace_members(tracer *t, const Onnx__NodeProto *node)
{
    const tensor *own = import_constant(t, node, 1);
    const Onnx__NodeProto *before = import_producer(t, node->input[0]);
    if (!t->members || !own || own->rank != 3 || own->type != ONNX_FLOAT || !before ||
        before->n_input != 2) {
        return false;
    }
    const tensor *weights = import_constant(t, before, 1);
    if (onnx_is(node, "Mul") && onnx_is(before, "Unsqueeze")) {
        add_step(t, node, NODE_EXPAND)->factor = own;
        t->members = false;
        trace_inputs(t, before);
        return true;
    }
    if (!onnx_is(node, "Add") || !onnx_is(before, "MatMul") || !weights || weights->rank != 3 ||
        weights->type != ONNX_FLOAT) {
        return false;
    }
    import_step *step = add_step(t, node, NODE_DENSE);
    step->matrix = weights;
    step->bias = own;
    t->value = before->input[0];
    return true;
}

/* ---- Arithmetic with constants ---- */

static nnfs_status trace_arithmetic(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    if (node->n_input != 2) {
        return import_fail_node(node, "does not have two inputs", error);
    }
    if (trace_members(t, node)) {
        return NNFS_OK;
    }
    size_t at = 0;
    if (import_constant(t, node, 1)) {
        at = 1;
    }
    const tensor *number = import_constant(t, node, at);
    bool multiplies = onnx_is(node, "Mul");
    bool divides = onnx_is(node, "Div");
    const char *x = NULL;
    int which = multiplies ? import_product(t, node, &x) : -1;
    if (which >= 0) {
        add_step(t, node, NODE_ACTIVATION)->activation = (nnfs_activation)which;
        t->value = x;
        return NNFS_OK;
    }
    if (!number || number->type != ONNX_FLOAT || (divides && at == 0)) {
        return import_fail_node(node, "is not with a constant on one side, and no activation",
                                error);
    }
    import_step *step = add_step(t, node, NODE_NORMALIZE);
    if (multiplies || divides) {
        step->factor = number;
        if (divides) {
            step->factor_power = -1.0;
        } else {
            step->factor_power = 1.0;
        }
    } else {
        step->term = number;
        if (onnx_is(node, "Sub") && at == 1) {
            step->term_sign = -1.0;
        } else {
            step->term_sign = 1.0;
        }
        step->reversed = onnx_is(node, "Sub") && at == 0;
    }
    t->value = node->input[1 - at];
    return NNFS_OK;
}

static nnfs_status trace_normalization(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    for (size_t i = 1; i < 5; i++) {
        const tensor *x = import_constant(t, node, i);
        if (!x || x->type != ONNX_FLOAT || x->rank != 1) {
            return import_fail_node(node, "has statistics that are not constant", error);
        }
    }
    (void)add_step(t, node, NODE_NORMALIZE);
    t->value = node->input[0];
    return NNFS_OK;
}

static nnfs_status trace_layer_norm(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const tensor *scale = import_constant(t, node, 1);
    const tensor *bias = import_constant(t, node, 2);
    int64_t axis = onnx_int_of(node, "axis", -1);
    double epsilon = (double)onnx_float_of(node, "epsilon", 1e-5f);
    if (!scale || scale->type != ONNX_FLOAT || scale->rank != 1 ||
        (bias && (bias->type != ONNX_FLOAT || bias->count != scale->count))) {
        return import_fail_node(node, "has a scale or bias that is no constant vector", error);
    }
    if ((axis != -1 && axis != 1) || fabs(epsilon - NORMALIZATION_EPSILON) > 1e-9) {
        return import_fail_node(
            node, "has another axis than the last, or another epsilon than 1e-5", error);
    }
    import_step *step = add_step(t, node, NODE_LAYER_NORM);
    step->factor = scale;
    step->term = bias;
    t->value = node->input[0];
    return NNFS_OK;
}

/* ---- The rest ---- */

static nnfs_status trace_softmax(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    int64_t axis = onnx_int_of(node, "axis", t->graph.opset < 13 ? 1 : -1);
    if (axis != -1 && axis != (t->members ? 2 : 1)) {
        return import_fail_node(node, "is not along the last axis", error);
    }
    add_step(t, node, NODE_ACTIVATION)->activation = NNFS_SOFTMAX;
    t->value = node->input[0];
    return NNFS_OK;
}

/* 1 - x beside x. */
static nnfs_status trace_concat(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const Onnx__NodeProto *first = NULL;
    if (node->n_input == 2) {
        first = import_producer(t, node->input[0]);
    }
    bool complement = first && onnx_is(first, "Sub") && first->n_input == 2 &&
                      import_is_number(import_constant(t, first, 0), 1.0) &&
                      strcmp(first->input[1], node->input[1]) == 0;
    if (!complement || t->step_count > 0) {
        return import_fail_node(node, "joins values, which layers do not", error);
    }
    (void)add_step(t, node, NODE_COMPLEMENT);
    t->value = node->input[1];
    return NNFS_OK;
}

static nnfs_status trace_past(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    (void)error;
    t->value = node->input[0];
    return NNFS_OK;
}

static nnfs_status trace_flatten(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    if (onnx_int_of(node, "axis", 1) == 1) {
        return trace_past(t, node, error);
    }
    return import_fail_node(node, "does not keep the samples", error);
}

typedef nnfs_status node_tracer(tracer *t, const Onnx__NodeProto *node, nnfs_error *error);

typedef struct trace_row {
    const char *op;
    node_tracer *trace;
} trace_row;

static const trace_row rows[] = {
    {"Add", trace_arithmetic},  {"BatchNormalization", trace_normalization},
    {"Cast", trace_past},       {"Concat", trace_concat},
    {"Div", trace_arithmetic},  {"Dropout", trace_past},
    {"Flatten", trace_flatten}, {"Gemm", trace_gemm},
    {"Identity", trace_past},   {"LayerNormalization", trace_layer_norm},
    {"MatMul", trace_matmul},   {"Mul", trace_arithmetic},
    {"ReduceMean", trace_mean}, {"Reshape", trace_past},
    {"Softmax", trace_softmax}, {"Sub", trace_arithmetic},
};

/* The activation that an operator is; -1: none. */
static int activation_of_op(const Onnx__NodeProto *node)
{
    const activation *row;
    for (int i = 0; (row = activation_of((nnfs_activation)i)) != NULL; i++) {
        if (row->exported.onnx && onnx_is(node, row->exported.onnx)) {
            return i;
        }
    }
    return -1;
}

static nnfs_status trace_activation(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    int which = activation_of_op(node);
    float alpha = activation_of((nnfs_activation)which)->exported.alpha; /* and ONNX's default */
    if (alpha != 0.0f && fabsf(onnx_float_of(node, "alpha", alpha) - alpha) > 1e-6f) {
        return import_fail_node(node, "has another alpha than the activation of nnfs", error);
    }
    const Onnx__AttributeProto *approximate = onnx_attribute(node, "approximate");
    if (approximate && approximate->s.len != 4) { /* "none" */
        return import_fail_node(node, "is approximated, which the activation of nnfs is not",
                                error);
    }
    add_step(t, node, NODE_ACTIVATION)->activation = (nnfs_activation)which;
    t->value = node->input[0];
    return NNFS_OK;
}

static node_tracer *find_tracer(const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (onnx_is(node, rows[i].op)) {
            return rows[i].trace;
        }
    }
    return activation_of_op(node) >= 0 ? trace_activation : NULL;
}

/* ---- From the output to the input ---- */

/* The first output of floats, or of what is no tensor (skl2onnx's ZipMap of probabilities). */
static const char *choose_output(const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_output; i++) {
        const Onnx__TypeProto *type = graph->output[i]->type;
        const Onnx__TypeProto__Tensor *held = NULL;
        if (type) {
            held = type->tensor_type;
        }
        if (!held || held->elem_type == ONNX_FLOAT || held->elem_type == ONNX_DOUBLE) {
            return graph->output[i]->name;
        }
    }
    return NULL;
}

static bool is_zip_map(const Onnx__NodeProto *node)
{
    return strcmp(node->op_type, "ZipMap") == 0 && node->domain &&
           strcmp(node->domain, ONNX_ML) == 0;
}

static nnfs_status trace_node(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    node_tracer *trace_one = find_tracer(node);
    bool zip_map = is_zip_map(node) && t->step_count == 0;
    if (!trace_one && !zip_map) {
        return import_fail_node(node, "is no part of a multilayer perceptron", error);
    }
    if (node->n_input < 1 || !node->input[0]) {
        return import_fail_node(node, "has no input", error);
    }
    if (zip_map) {
        return trace_past(t, node, error);
    }
    return trace_one(t, node, error);
}

nnfs_status import_trace(tracer *t, nnfs_error *error)
{
    const Onnx__GraphProto *graph = t->graph.model->graph;
    int before = (int)graph->n_node;
    t->networks = 1;
    t->first_layer = find_layer(&t->graph, 0);
    t->value = choose_output(graph);
    if (!t->value) {
        return fail(error, NNFS_ERROR_DATA, "none of its outputs is of floats");
    }
    while (t->value) {
        const onnx_value *value = onnx_find(&t->graph, t->value);
        if (value && value->input && !t->from_columns) {
            return NNFS_OK;
        }
        if (!value || value->constant || value->producer < 0 || value->producer >= before) {
            return fail(error, NNFS_ERROR_DATA, "value '%.100s' does not come from the input",
                        t->value);
        }
        before = value->producer;
        nnfs_status status = trace_node(t, graph->node[before], error);
        if (status != NNFS_OK) {
            return status;
        }
    }
    return NNFS_OK;
}
