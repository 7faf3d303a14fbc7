/*
 * ONNX graphs of multilayer perceptrons: followed from the output back to the input, each node becoming
 * a step; the steps, turned round, become nodes of a graph.
 */
#include "base/memory.h"
#include "formats/import/import.h"
#include "formats/import/import_embedding.h"
#include "formats/onnx/onnx_build.h"
#include "formats/onnx/onnx_run.h"
#include "math/activation.h"
#include "network/normalization.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a node is in a graph. */
typedef struct import_step {
    node_kind kind;
    nnfs_activation activation;
    const Onnx__NodeProto *node;
    const tensor *matrix; /* DENSE; of members [heads, in, out] */
    const tensor *bias;   /* DENSE, or NULL */
    bool transposed;      /* matrix is [out, in] */
    const tensor *factor; /* NORMALIZE: x * factor + term, each or NULL, */
    const tensor *term;
    double factor_power; /* factor ^ this: -1 where it divides */
    double term_sign;
    bool reversed; /* term - x */
    import_embedding embedding;
} import_step;

typedef struct tracer {
    onnx_graph graph;
    import_step *steps; /* [step_count] from the output on, at most two a node */
    int step_count;
    const char *value; /* where the trace is; NULL: it is at its end */
    bool from_columns;
    bool members; /* between the members' mean and their inputs */
    const Onnx__NodeProto *first_layer;
} tracer;

static nnfs_status refuse(const Onnx__NodeProto *node, const char *reason, nnfs_error *error)
{
    const char *name = "";
    if (node->n_output > 0 && node->output[0]) {
        name = node->output[0];
    }
    return fail(error, NNFS_ERROR_DATA, "operator %.60s (which gives '%.100s') %s", node->op_type,
                name, reason);
}

static const tensor *constant(const tracer *t, const Onnx__NodeProto *node, size_t input)
{
    const onnx_value *value = NULL;
    if (input < node->n_input) {
        value = onnx_find(&t->graph, node->input[input]);
    }
    if (value && value->constant) {
        return &value->value;
    }
    return NULL;
}

static const Onnx__NodeProto *producer(const tracer *t, const char *name)
{
    const onnx_value *value = onnx_find(&t->graph, name);
    if (value && value->producer >= 0) {
        return t->graph.model->graph->node[value->producer];
    }
    return NULL;
}

static bool is_number(const tensor *x, double value)
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
    import_embedding found;
    t->value = node->input[0];
    const char *embedded = import_find_embedding(&t->graph, t->value, &found);
    if (embedded) {
        add_step(t, node, NODE_PIECEWISE)->embedding = found;
        t->value = embedded;
    }
    if (t->from_columns) {
        t->value = NULL;
    }
}

static nnfs_status trace_gemm(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const tensor *matrix = constant(t, node, 1);
    const tensor *bias = constant(t, node, 2);
    bool has_bias = node->n_input > 2 && node->input[2] && node->input[2][0];
    if (!matrix || matrix->type != ONNX_FLOAT || matrix->rank != 2 || (has_bias && !bias)) {
        return refuse(node, "has weights that are no constant matrix", error);
    }
    if (onnx_float_of(node, "alpha", 1.0f) != 1.0f || onnx_float_of(node, "beta", 1.0f) != 1.0f ||
        onnx_int_of(node, "transA", 0) != 0) {
        return refuse(node, "has alpha, beta or transA, which no layer has", error);
    }
    import_step *step = add_step(t, node, NODE_DENSE);
    step->matrix = matrix;
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
    const tensor *matrix = constant(t, node, 1);
    if (!matrix || matrix->type != ONNX_FLOAT || matrix->rank != 2) {
        return refuse(node, "does not multiply by a constant matrix on its right", error);
    }
    add_step(t, node, NODE_DENSE)->matrix = matrix;
    t->value = node->input[0];
    return NNFS_OK;
}

/* ---- Members, which nnfs alone writes: import.c compares the whole with what it would write ---- */

static nnfs_status trace_mean(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const Onnx__AttributeProto *axes = onnx_attribute(node, "axes");
    bool first = axes && axes->n_ints == 1 && axes->ints[0] == 0;
    if (t->members || !first || onnx_int_of(node, "keepdims", 1) != 0) {
        return refuse(node, "is no mean of members", error);
    }
    (void)add_step(t, node, NODE_MEAN);
    t->members = true;
    t->value = node->input[0];
    return NNFS_OK;
}

/* Add behind MatMul, and the Mul of the inputs; false: it is neither. */
static bool trace_members(tracer *t, const Onnx__NodeProto *node)
{
    const tensor *own = constant(t, node, 1);
    const Onnx__NodeProto *before = producer(t, node->input[0]);
    if (!t->members || !own || own->rank != 3 || own->type != ONNX_FLOAT || !before ||
        before->n_input != 2) {
        return false;
    }
    const tensor *matrix = constant(t, before, 1);
    if (onnx_is(node, "Mul") && onnx_is(before, "Unsqueeze")) {
        add_step(t, node, NODE_EXPAND)->factor = own;
        t->members = false;
        trace_inputs(t, before);
        return true;
    }
    if (!onnx_is(node, "Add") || !onnx_is(before, "MatMul") || !matrix || matrix->rank != 3 ||
        matrix->type != ONNX_FLOAT) {
        return false;
    }
    import_step *step = add_step(t, node, NODE_DENSE);
    step->matrix = matrix;
    step->bias = own;
    t->value = before->input[0];
    return true;
}

/* ---- Activations that take several operators ---- */

/* The factors of nested Mul: those that are not constant, and the product of the others. */
typedef struct factors {
    const char *values[3];
    int count;
    double scale;
} factors;

static bool collect_factors(const tracer *t, const Onnx__NodeProto *node, factors *found)
{
    for (size_t i = 0; i < node->n_input; i++) {
        const tensor *number = constant(t, node, i);
        const Onnx__NodeProto *inner = producer(t, node->input[i]);
        bool product = inner && onnx_is(inner, "Mul") && inner->n_input == 2;
        if (number) {
            if (number->count != 1 || number->type != ONNX_FLOAT) {
                return false;
            }
            found->scale *= (double)number->floats[0];
        } else if (product && inner != node && found->count < 3 &&
                   (constant(t, inner, 0) || constant(t, inner, 1) || found->count == 0)) {
            const Onnx__NodeProto *leaf = inner;
            for (size_t j = 0; j < leaf->n_input; j++) {
                const tensor *inner_number = constant(t, leaf, j);
                if (inner_number && inner_number->count == 1 && inner_number->type == ONNX_FLOAT) {
                    found->scale *= (double)inner_number->floats[0];
                } else if (found->count < 3) {
                    found->values[found->count++] = leaf->input[j];
                }
            }
        } else if (found->count < 3) {
            found->values[found->count++] = node->input[i];
        } else {
            return false;
        }
    }
    return found->count == 2;
}

/* Whether `value` is op(x), or op(op2(x)) where there is an op2. */
static bool is_applied(const tracer *t, const char *value, const char *op, const char *op2,
                       const char *x)
{
    const Onnx__NodeProto *node = producer(t, value);
    if (!node || !onnx_is(node, op) || node->n_input < 1) {
        return false;
    }
    if (op2) {
        return is_applied(t, node->input[0], op2, NULL, x);
    }
    return strcmp(node->input[0], x) == 0;
}

/* Whether `value` is 1 + erf(x / sqrt 2). */
static bool is_erf_plus_one(const tracer *t, const char *value, const char *x)
{
    const Onnx__NodeProto *plus = producer(t, value);
    if (!plus || !onnx_is(plus, "Add") || plus->n_input != 2) {
        return false;
    }
    size_t at = 0;
    if (is_number(constant(t, plus, 0), 1.0)) {
        at = 1;
    }
    const Onnx__NodeProto *erf = producer(t, plus->input[at]);
    if (!is_number(constant(t, plus, 1 - at), 1.0) || !erf || !onnx_is(erf, "Erf") ||
        erf->n_input != 1) {
        return false;
    }
    const Onnx__NodeProto *scaled = producer(t, erf->input[0]);
    if (!scaled || scaled->n_input != 2) {
        return false;
    }
    bool first = strcmp(scaled->input[0], x) == 0;
    const tensor *by = constant(t, scaled, first ? 1 : 0);
    bool divided = onnx_is(scaled, "Div") && first && is_number(by, M_SQRT2);
    bool multiplied = onnx_is(scaled, "Mul") && is_number(by, M_SQRT1_2) &&
                      strcmp(scaled->input[first ? 0 : 1], x) == 0;
    return divided || multiplied;
}

/* The activation that a product is, and what it is of; -1: none. */
static int product_of(const tracer *t, const factors *found, const char **x)
{
    for (int i = 0; i < 2; i++) {
        const char *other = found->values[1 - i];
        const activation *row;
        *x = found->values[i];
        for (int which = 0; (row = activation_of((nnfs_activation)which)) != NULL; which++) {
            const char *inner = row->exported.times[0];
            const char *outer = row->exported.times[1];
            if (outer ? is_applied(t, other, outer, inner, *x)
                      : inner && is_applied(t, other, inner, NULL, *x)) {
                return found->scale == 1.0 ? which : -1;
            }
        }
        if (fabs(found->scale - 0.5) < 1e-6 && is_erf_plus_one(t, other, *x)) {
            return NNFS_GELU;
        }
    }
    return -1;
}

/* ---- Arithmetic with constants ---- */

static nnfs_status trace_arithmetic(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    if (node->n_input != 2) {
        return refuse(node, "does not have two inputs", error);
    }
    if (trace_members(t, node)) {
        return NNFS_OK;
    }
    size_t at = 0;
    if (constant(t, node, 1)) {
        at = 1;
    }
    const tensor *number = constant(t, node, at);
    bool multiplies = onnx_is(node, "Mul");
    bool divides = onnx_is(node, "Div");
    factors found = {.scale = 1.0};
    if (multiplies && collect_factors(t, node, &found)) {
        const char *x = NULL;
        int which = product_of(t, &found, &x);
        if (which >= 0) {
            add_step(t, node, NODE_ACTIVATION)->activation = (nnfs_activation)which;
            t->value = x;
            return NNFS_OK;
        }
    }
    if (!number || number->type != ONNX_FLOAT || (divides && at == 0)) {
        return refuse(node, "is not with a constant on one side, and no activation", error);
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
        const tensor *x = constant(t, node, i);
        if (!x || x->type != ONNX_FLOAT || x->rank != 1) {
            return refuse(node, "has statistics that are not constant", error);
        }
    }
    (void)add_step(t, node, NODE_NORMALIZE);
    t->value = node->input[0];
    return NNFS_OK;
}

static nnfs_status trace_layer_norm(tracer *t, const Onnx__NodeProto *node, nnfs_error *error)
{
    const tensor *scale = constant(t, node, 1);
    const tensor *bias = constant(t, node, 2);
    int64_t axis = onnx_int_of(node, "axis", -1);
    double epsilon = (double)onnx_float_of(node, "epsilon", 1e-5f);
    if (!scale || scale->type != ONNX_FLOAT || scale->rank != 1 ||
        (bias && (bias->type != ONNX_FLOAT || bias->count != scale->count))) {
        return refuse(node, "has a scale or bias that is no constant vector", error);
    }
    if ((axis != -1 && axis != 1) || fabs(epsilon - NORMALIZATION_EPSILON) > 1e-9) {
        return refuse(node, "has another axis than the last, or another epsilon than 1e-5", error);
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
        return refuse(node, "is not along the last axis", error);
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
        first = producer(t, node->input[0]);
    }
    bool complement = first && onnx_is(first, "Sub") && first->n_input == 2 &&
                      is_number(constant(t, first, 0), 1.0) &&
                      strcmp(first->input[1], node->input[1]) == 0;
    if (!complement || t->step_count > 0) {
        return refuse(node, "joins values, which layers do not", error);
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
    return refuse(node, "does not keep the samples", error);
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
        return refuse(node, "has another alpha than the activation of nnfs", error);
    }
    const Onnx__AttributeProto *approximate = onnx_attribute(node, "approximate");
    if (approximate && approximate->s.len != 4) { /* "none" */
        return refuse(node, "is approximated, which the activation of nnfs is not", error);
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
        return refuse(node, "is no part of a multilayer perceptron", error);
    }
    if (node->n_input < 1 || !node->input[0]) {
        return refuse(node, "has no input", error);
    }
    if (zip_map) {
        return trace_past(t, node, error);
    }
    return trace_one(t, node, error);
}

static nnfs_status trace(tracer *t, nnfs_error *error)
{
    const Onnx__GraphProto *graph = t->graph.model->graph;
    int before = (int)graph->n_node;
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

/* ---- From steps to nodes ---- */

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
        return refuse(step->node, "has weights whose shape does not fit", error);
    }
    size_t biases = size_mul((size_t)shape.heads, (size_t)shape.out);
    if (step->bias && (step->bias->type != ONNX_FLOAT ||
                       (step->bias->count != biases && step->bias->count != 1))) {
        return refuse(step->node, "has a bias whose shape does not fit", error);
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
    for (int i = 0; i < graph->node_count; i++) {
        node_kind kind = graph->nodes[i].kind;
        if (kind != NODE_FEATURES && kind != NODE_SCALE && kind != NODE_PIECEWISE &&
            kind != NODE_SELECT && kind != NODE_CONCAT) {
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
        return refuse(step->node, "does not fit the inputs of members", error);
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
        part[i] = (double)constant(t, node, i + 1)->floats[at];
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
        if (constant(t, step->node, i)->count != (size_t)width) {
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
        return refuse(step->node, "has a constant whose shape does not fit", error);
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
        return refuse(step->node, "does not fit the layer before it", error);
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

static nnfs_status build_embedding(model_graph *graph, const import_step *step, nnfs_error *error)
{
    if (!only_inputs(graph)) {
        return refuse(step->node, "embeds what are no inputs", error);
    }
    return import_build_embedding(graph, &step->embedding, error);
}

/* A node without constants. */
static nnfs_status build_plain(model_graph *graph, const import_step *step, nnfs_error *error)
{
    if (graph->node_count == 0) {
        return refuse(step->node, "has no layer before it", error);
    }
    int width = graph_outputs(graph);
    if (step->kind == NODE_COMPLEMENT && width != 1) {
        return refuse(step->node, "joins values, which layers do not", error);
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

static nnfs_status build(const tracer *t, model_graph *graph, nnfs_error *error)
{
    typedef nnfs_status builder(model_graph * graph, const import_step *step, nnfs_error *error);
    static builder *const builders[NODE_KINDS] = {
        [NODE_DENSE] = build_dense,      [NODE_LAYER_NORM] = build_layer_norm,
        [NODE_EXPAND] = build_expand,    [NODE_PIECEWISE] = build_embedding,
        [NODE_ACTIVATION] = build_plain, [NODE_COMPLEMENT] = build_plain,
        [NODE_MEAN] = build_plain};
    for (int i = t->step_count - 1; i >= 0; i--) {
        const import_step *step = &t->steps[i];
        if (step->kind == NODE_NORMALIZE) {
            TRY(build_scaling(t, graph, i, error));
        } else {
            TRY(builders[step->kind](graph, step, error));
        }
    }
    return NNFS_OK;
}

static int count_inputs(const onnx_graph *graph)
{
    int count = 0;
    for (size_t i = 0; i < graph->value_count; i++) {
        count += graph->values[i].input;
    }
    return count;
}

static const Onnx__NodeProto *find_first_layer(const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_node; i++) {
        if (onnx_is(graph->node[i], "Gemm")) {
            return graph->node[i];
        }
    }
    return NULL;
}

nnfs_status import_onnx(const Onnx__ModelProto *model, bool from_columns, model_graph *graph,
                        nnfs_error *error)
{
    *graph = (model_graph){.loss = -1};
    tracer t = {.from_columns = from_columns, .first_layer = find_first_layer(model->graph)};
    nnfs_status status = onnx_graph_open(&t.graph, model, error);
    if (status == NNFS_OK) {
        t.steps = memory_alloc_zeroed(size_mul(model->graph->n_node, 2), sizeof *t.steps);
    } else {
        t.steps = NULL;
    }
    if (status == NNFS_OK && !t.steps) {
        status = no_memory(error);
    }
    if (status == NNFS_OK && !from_columns && count_inputs(&t.graph) != 1) {
        status = fail(error, NNFS_ERROR_DATA, "it has %d inputs; a multilayer perceptron has 1",
                      count_inputs(&t.graph));
    }
    if (status == NNFS_OK) {
        status = trace(&t, error);
    }
    if (status == NNFS_OK) {
        status = build(&t, graph, error);
    }
    if (status == NNFS_OK && graph->node_count == 0) {
        status = fail(error, NNFS_ERROR_DATA, "it has no layer with weights");
    }
    memory_free(t.steps);
    onnx_graph_close(&t.graph);
    return status;
}
