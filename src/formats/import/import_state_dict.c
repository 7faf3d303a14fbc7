/*
 * PyTorch state dicts of nn.Sequential: tensors in the order of their names, numbers in them by
 * value. A module is what its tensors' names have before the last dot: a matrix `weight` is Linear,
 * a vector with `running_mean` is BatchNorm1d.
 */
#include "base/dtype.h"
#include "base/memory.h"
#include "formats/import/import.h"
#include "math/loss_text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* torch.nn.BatchNorm1d's default */
#define BATCH_NORM_EPSILON 1e-5

typedef struct module {
    const char *name; /* its first `length` bytes */
    size_t length;
    const safetensors_tensor *weight, *bias, *mean, *variance;
} module;

typedef struct module_list {
    module *modules;
    size_t count;
} module_list;

/* ---- Names ---- */

/* "fc2.weight" before "fc10.weight": digits are compared as numbers. */
static int compare_names(const char *left, const char *right)
{
    while (*left && *right) {
        if (isdigit((unsigned char)*left) && isdigit((unsigned char)*right)) {
            char *left_end = NULL;
            char *right_end = NULL;
            unsigned long a = strtoul(left, &left_end, 10);
            unsigned long b = strtoul(right, &right_end, 10);
            if (a != b) {
                if (a < b) {
                    return -1;
                }
                return 1;
            }
            left = left_end;
            right = right_end;
            continue;
        }
        if (*left != *right) {
            if ((unsigned char)*left < (unsigned char)*right) {
                return -1;
            }
            return 1;
        }
        left++;
        right++;
    }
    return (unsigned char)*left - (unsigned char)*right;
}

static int compare_tensors(const void *left, const void *right)
{
    const safetensors_tensor *a = *(const safetensors_tensor *const *)left;
    const safetensors_tensor *b = *(const safetensors_tensor *const *)right;
    return compare_names(a->name, b->name);
}

/* Where a tensor goes in its module, by the last part of its name. */
static const safetensors_tensor **place_of(module *into, const char *part)
{
    const struct {
        const char *name;
        const safetensors_tensor **place;
    } places[] = {{"weight", &into->weight},
                  {"bias", &into->bias},
                  {"running_mean", &into->mean},
                  {"running_var", &into->variance}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].name, part) == 0) {
            return places[i].place;
        }
    }
    return NULL;
}

static nnfs_status add_tensor(module_list *list, const safetensors_tensor *tensor,
                              nnfs_error *error)
{
    const char *dot = strrchr(tensor->name, '.');
    size_t length = 0;
    if (dot) {
        length = (size_t)(dot - tensor->name);
    }
    const char *part = dot ? dot + 1 : tensor->name;
    module *last = NULL;
    if (list->count > 0) {
        last = &list->modules[list->count - 1];
    }
    if (strcmp(part, "num_batches_tracked") == 0) {
        return NNFS_OK;
    }
    if (!last || last->length != length || memcmp(last->name, tensor->name, length) != 0) {
        last = &list->modules[list->count++];
        *last = (module){.name = tensor->name, .length = length};
    }
    const safetensors_tensor **place = place_of(last, part);
    if (!place) {
        return fail(error, NNFS_ERROR_DATA,
                    "tensor '%.100s' is neither weight, bias nor a statistic of BatchNorm1d",
                    tensor->name);
    }
    *place = tensor;
    return NNFS_OK;
}

/* ---- Values ---- */

static nnfs_status no_memory(nnfs_error *error)
{
    return fail_memory(error, 0, "an imported network");
}

/* Floats of any width; another type or shape is refused. */
static nnfs_status read_tensor(const safetensors_tensor *tensor, int rank, size_t elements,
                               float *values, nnfs_error *error)
{
    static const struct {
        safetensors_type type;
        dtype as;
    } types[] = {
        {SAFETENSORS_F32, DTYPE_F32}, {SAFETENSORS_F64, DTYPE_F64}, {SAFETENSORS_F16, DTYPE_F16}};
    if (tensor->rank != rank || tensor->elements != elements) {
        return fail(error, NNFS_ERROR_DATA,
                    "tensor '%.100s' does not have the shape that the layer before it asks for",
                    tensor->name);
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (tensor->type == types[i].type) {
            dtype_to_floats(types[i].as, false, tensor->data, elements, values);
            return NNFS_OK;
        }
    }
    if (tensor->type != SAFETENSORS_BF16) {
        return fail(error, NNFS_ERROR_DATA, "tensor '%.100s' is of %s, not of floats", tensor->name,
                    safetensors_type_name(tensor->type));
    }
    for (size_t i = 0; i < elements; i++) { /* the upper half of a float */
        uint16_t half = 0;
        memcpy(&half, (const unsigned char *)tensor->data + i * sizeof half, sizeof half);
        uint32_t bits = (uint32_t)half << 16;
        memcpy(&values[i], &bits, sizeof bits);
    }
    return NNFS_OK;
}

/* ---- Modules ---- */

static nnfs_status add_linear(model_graph *graph, const module *m, nnfs_error *error)
{
    const safetensors_tensor *weight = m->weight;
    if (weight->shape[0] < 1 || weight->shape[1] < 1 || weight->shape[0] > INT32_MAX ||
        weight->shape[1] > INT32_MAX) {
        return fail(error, NNFS_ERROR_DATA, "tensor '%.100s' has a size that no layer has",
                    weight->name);
    }
    int out = (int)weight->shape[0];
    int in = (int)weight->shape[1];
    if (graph->node_count == 0 && !graph_add(graph, NODE_FEATURES, in, 0, 0)) {
        return no_memory(error);
    }
    int width = graph->nodes[graph->node_count - 1].width;
    if (width != in) {
        return fail(error, NNFS_ERROR_DATA,
                    "tensor '%.100s' takes %d values, the layer before it gives %d", weight->name,
                    in, width);
    }
    graph_node *node = graph_add(graph, NODE_DENSE, out, in, GRAPH_DENSE);
    if (!node) {
        return no_memory(error);
    }
    TRY(read_tensor(weight, 2, weight->elements, node->weights, error));
    if (m->bias) {
        return read_tensor(m->bias, 1, (size_t)out, node->bias, error);
    }
    return NNFS_OK;
}

/* weight (x - mean) / sqrt(variance + epsilon) + bias; without weight and bias, 1 and 0. */
static nnfs_status add_batch_norm(model_graph *graph, const module *m, nnfs_error *error)
{
    size_t width = m->mean->elements;
    int before = graph->node_count > 0 ? graph->nodes[graph->node_count - 1].width : (int)width;
    if (!m->variance || width < 1 || width > INT32_MAX || before != (int)width) {
        return fail(error, NNFS_ERROR_DATA,
                    "tensor '%.100s' does not fit the layer before it, or lacks its running_var",
                    m->mean->name);
    }
    if (graph->node_count == 0 && !graph_add(graph, NODE_FEATURES, (int)width, 0, 0)) {
        return no_memory(error);
    }
    graph_node *node = graph_add(graph, NODE_NORMALIZE, (int)width, 0, GRAPH_CENTER | GRAPH_SCALE);
    float *parts = memory_alloc_zeroed(width, 4 * sizeof *parts);
    if (!node || !parts) {
        memory_free(parts);
        return no_memory(error);
    }
    const safetensors_tensor *const tensors[] = {m->weight, m->bias, m->mean, m->variance};
    nnfs_status status = NNFS_OK;
    for (size_t i = 0; i < 4 && status == NNFS_OK; i++) {
        if (tensors[i]) {
            status = read_tensor(tensors[i], 1, width, parts + i * width, error);
        }
    }
    for (size_t i = 0; i < width; i++) {
        double gamma = 1.0;
        if (m->weight) {
            gamma = (double)parts[i];
        }
        double scale = gamma / sqrt((double)parts[3 * width + i] + BATCH_NORM_EPSILON);
        node->scale[i] = (float)scale;
        node->center[i] = (float)((double)parts[width + i] - (double)parts[2 * width + i] * scale);
    }
    memory_free(parts);
    return status;
}

/* A vector `weight` without statistics is LayerNorm. */
static bool is_layer_norm(const module *m)
{
    return m && !m->mean && !m->variance && m->weight && m->weight->rank == 1;
}

static nnfs_status add_layer_norm(model_graph *graph, const module *m, nnfs_error *error)
{
    int width = graph_outputs(graph);
    graph_node *node = graph_add(graph, NODE_LAYER_NORM, width, 0, GRAPH_CENTER | GRAPH_SCALE);
    if (!node) {
        return no_memory(error);
    }
    TRY(read_tensor(m->weight, 1, (size_t)width, node->scale, error));
    if (m->bias) {
        return read_tensor(m->bias, 1, (size_t)width, node->center, error);
    }
    return NNFS_OK;
}

/* ---- Activations ---- */

/* The item of "relu,tanh" at `index`; -1: it is no activation. */
static int listed_activation(const char *list, int index)
{
    for (; index > 0 && list; index--) {
        list = strchr(list, ',');
        if (list) {
            list = list + 1;
        } else {
            list = NULL;
        }
    }
    size_t length = 0;
    if (list) {
        length = strcspn(list, ",");
    }
    char name[32];
    if (length == 0 || length >= sizeof name) {
        return -1;
    }
    memcpy(name, list, length);
    name[length] = '\0';
    return graph_activation(name);
}

static nnfs_status add_activation(model_graph *graph, nnfs_activation activation, nnfs_error *error)
{
    if (activation == NNFS_IDENTITY) {
        return NNFS_OK;
    }
    graph_node *node = graph_add(graph, NODE_ACTIVATION, graph_outputs(graph), 0, 0);
    if (!node) {
        return no_memory(error);
    }
    node->activation = activation;
    return NNFS_OK;
}

/* ---- The whole ---- */

/* The number at the end of a module's name, its place in nn.Sequential; -1: it has none. */
static long place_in_sequence(const module *m)
{
    size_t at = m->length;
    while (at > 0 && isdigit((unsigned char)m->name[at - 1])) {
        at--;
    }
    bool number = at < m->length && (at == 0 || m->name[at - 1] == '.');
    if (!number) {
        return -1;
    }
    return strtol(m->name + at, NULL, 10);
}

/* A BatchNorm1d stands before the activation where it follows its Linear at once, or has a name. */
static bool follows_at_once(const module *linear, const module *norm)
{
    long place = place_in_sequence(linear);
    return place < 0 || place_in_sequence(norm) == place + 1;
}

typedef struct activation_choice {
    const char *listed; /* by the file, or NULL */
    const nnfs_import_settings *settings;
    int linears; /* in all */
} activation_choice;

static nnfs_status activate(model_graph *graph, const activation_choice *choice, int layer,
                            nnfs_error *error)
{
    bool last = layer + 1 == choice->linears;
    int activation =
        (int)(last ? choice->settings->output_activation : choice->settings->activation);
    if (choice->listed) {
        activation = listed_activation(choice->listed, layer);
    }
    if (activation < 0) {
        return fail(error, NNFS_ERROR_DATA, "metadata '%s' does not name activations: '%.100s'",
                    STATE_DICT_ACTIVATIONS, choice->listed);
    }
    return add_activation(graph, (nnfs_activation)activation, error);
}

static nnfs_status add_modules(model_graph *graph, const module_list *list,
                               const activation_choice *choice, nnfs_error *error)
{
    int layer = 0;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = &list->modules[i];
        if (m->mean) {
            TRY(add_batch_norm(graph, m, error));
            continue;
        }
        if (!m->weight || m->weight->rank != 2) {
            const safetensors_tensor *tensor = m->weight ? m->weight : m->bias;
            return fail(
                error, NNFS_ERROR_DATA,
                "tensor '%.100s' is of no Linear, no BatchNorm1d and no LayerNorm behind a Linear",
                tensor ? tensor->name : m->name);
        }
        TRY(add_linear(graph, m, error));
        const module *next = NULL;
        if (i + 1 < list->count) {
            next = m + 1;
        }
        bool norm = next && (next->mean || is_layer_norm(next)) && follows_at_once(m, next);
        if (norm) {
            TRY((next->mean ? add_batch_norm : add_layer_norm)(graph, next, error));
            i++;
        }
        TRY(activate(graph, choice, layer++, error));
    }
    return NNFS_OK;
}

static nnfs_status list_modules(const safetensors_file *file, const safetensors_tensor **sorted,
                                module_list *list, nnfs_error *error)
{
    for (size_t i = 0; i < file->tensor_count; i++) {
        sorted[i] = &file->tensors[i];
    }
    qsort(sorted, file->tensor_count, sizeof *sorted, compare_tensors);
    for (size_t i = 0; i < file->tensor_count; i++) {
        TRY(add_tensor(list, sorted[i], error));
    }
    return NNFS_OK;
}

nnfs_status import_state_dict(const safetensors_file *file, const nnfs_import_settings *settings,
                              model_graph *graph, nnfs_error *error)
{
    *graph = (model_graph){.loss = -1};
    graph->loss = loss_read(safetensors_metadata(file, STATE_DICT_LOSS), &graph->quantile);
    const safetensors_tensor **sorted = memory_alloc(file->tensor_count, sizeof *sorted);
    module_list list = {.modules = memory_alloc_zeroed(file->tensor_count, sizeof(module))};
    activation_choice choice = {.listed = safetensors_metadata(file, STATE_DICT_ACTIVATIONS),
                                .settings = settings};
    nnfs_status status = NNFS_OK;
    if (!sorted || !list.modules) {
        status = no_memory(error);
    } else if (file->tensor_count == 0) {
        status = fail(error, NNFS_ERROR_DATA, "it holds no tensor");
    } else {
        status = list_modules(file, sorted, &list, error);
    }
    for (size_t i = 0; i < list.count; i++) {
        const module *m = &list.modules[i];
        choice.linears += m->weight && !m->mean && m->weight->rank == 2;
    }
    if (status == NNFS_OK) {
        status = add_modules(graph, &list, &choice, error);
    }
    memory_free(sorted);
    memory_free(list.modules);
    return status;
}
