/* ONNX graphs built in memory. */
#include "formats/onnx/onnx_build.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct arena_block {
    struct arena_block *next;
} arena_block;

void *onnx_arena(onnx_builder *b, size_t count, size_t size)
{
    size_t bytes = size_add(size_mul(count, size), sizeof(max_align_t));
    arena_block *block = NULL;
    if (bytes < SIZE_MAX && !b->failed) {
        block = calloc(1, bytes);
    }
    if (!block) {
        b->failed = true;
        return NULL;
    }
    block->next = b->blocks;
    b->blocks = block;
    return (unsigned char *)block + sizeof(max_align_t);
}

char *onnx_text(onnx_builder *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    char *copy = NULL;
    if (length >= 0) {
        copy = onnx_arena(b, (size_t)length + 1, 1);
    }
    if (copy) {
        memcpy(copy, text, (size_t)length);
    }
    if (length >= 0) {
        free(text);
    }
    return copy;
}

/* Another element behind those of a repeated field; arrays double. */
static bool append(onnx_builder *b, void *array, size_t *count, void *element)
{
    void **old = *(void ***)array;
    if ((*count & (*count - 1)) == 0) {
        void **grown = onnx_arena(b, *count > 0 ? 2 * *count : 1, sizeof *grown);
        if (!grown) {
            return false;
        }
        if (*count > 0) {
            memcpy(grown, old, *count * sizeof *grown);
        }
        *(void ***)array = old = grown;
    }
    old[(*count)++] = element;
    return true;
}

/* A message with its defaults; NULL: no memory. */
static void *new_message(onnx_builder *b, size_t size, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = onnx_arena(b, 1, size);
    if (message) {
        protobuf_c_message_init(descriptor, message);
    }
    return message;
}

#define NEW(b, type, descriptor) ((type *)new_message((b), sizeof(type), &(descriptor)))

void onnx_build_begin(onnx_builder *b, const char *graph_name)
{
    *b = (onnx_builder){.blocks = NULL};
    b->model = NEW(b, Onnx__ModelProto, onnx__model_proto__descriptor);
    Onnx__GraphProto *graph = NEW(b, Onnx__GraphProto, onnx__graph_proto__descriptor);
    if (b->failed) {
        return;
    }
    b->model->graph = graph;
    graph->name = onnx_text(b, "%s", graph_name);
}

void onnx_build_end(onnx_builder *b)
{
    arena_block *block = b->blocks;
    while (block) {
        arena_block *next = block->next;
        free(block);
        block = next;
    }
    *b = (onnx_builder){.blocks = NULL};
}

/* ---- Nodes ---- */

Onnx__NodeProto *onnx_node(onnx_builder *b, const char *domain, const char *op, const char *output,
                           size_t input_count, const char *const *inputs)
{
    Onnx__NodeProto *node = NEW(b, Onnx__NodeProto, onnx__node_proto__descriptor);
    if (!node) {
        return NULL;
    }
    node->op_type = onnx_text(b, "%s", op);
    if (domain[0]) {
        node->domain = onnx_text(b, "%s", domain);
    } else {
        node->domain = NULL;
    }
    char *value = NULL;
    if (output) {
        value = onnx_text(b, "%s", output);
    }
    node->name = value;
    for (size_t i = 0; i < input_count && !b->failed; i++) {
        char *input = NULL;
        if (inputs[i]) {
            input = onnx_text(b, "%s", inputs[i]);
        }
        (void)append(b, &node->input, &node->n_input, input);
    }
    if (b->failed || !append(b, &node->output, &node->n_output, value) ||
        !append(b, &b->model->graph->node, &b->model->graph->n_node, node)) {
        return NULL;
    }
    return node;
}

static Onnx__AttributeProto *add_attribute(onnx_builder *b, Onnx__NodeProto *node, const char *name,
                                           int32_t type)
{
    Onnx__AttributeProto *made = NULL;
    if (node) {
        made = NEW(b, Onnx__AttributeProto, onnx__attribute_proto__descriptor);
    }
    if (!made || !append(b, &node->attribute, &node->n_attribute, made)) {
        return NULL;
    }
    made->name = onnx_text(b, "%s", name);
    made->has_type = true;
    made->type = type;
    return made;
}

void onnx_attribute_int(onnx_builder *b, Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *made = add_attribute(b, node, name, ONNX_ATTRIBUTE_INT);
    if (made) {
        made->has_i = true;
        made->i = value;
    }
}

void onnx_attribute_float(onnx_builder *b, Onnx__NodeProto *node, const char *name, float value)
{
    Onnx__AttributeProto *made = add_attribute(b, node, name, ONNX_ATTRIBUTE_FLOAT);
    if (made) {
        made->has_f = true;
        made->f = value;
    }
}

void onnx_attribute_ints(onnx_builder *b, Onnx__NodeProto *node, const char *name,
                         const int64_t *values, size_t count)
{
    Onnx__AttributeProto *made = add_attribute(b, node, name, ONNX_ATTRIBUTE_INTS);
    int64_t *copy = onnx_arena(b, count, sizeof *copy);
    if (made && copy) {
        memcpy(copy, values, count * sizeof *copy);
        made->ints = copy;
        made->n_ints = count;
    }
}

static ProtobufCBinaryData *copy_strings(onnx_builder *b, const char *const *values, size_t count)
{
    ProtobufCBinaryData *copy = onnx_arena(b, count, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i].data = (uint8_t *)onnx_text(b, "%s", values[i]);
        copy[i].len = strlen(values[i]);
    }
    return copy;
}

void onnx_attribute_strings(onnx_builder *b, Onnx__NodeProto *node, const char *name,
                            const char *const *values, size_t count)
{
    Onnx__AttributeProto *made = add_attribute(b, node, name, ONNX_ATTRIBUTE_STRINGS);
    ProtobufCBinaryData *copy = copy_strings(b, values, count);
    if (made && copy) {
        made->strings = copy;
        made->n_strings = count;
    }
}

/* ---- Constants ---- */

static Onnx__TensorProto *add_tensor(onnx_builder *b, const char *name, int32_t type, int rank,
                                     const int64_t *dims)
{
    Onnx__TensorProto *made = NEW(b, Onnx__TensorProto, onnx__tensor_proto__descriptor);
    int64_t *copy = onnx_arena(b, (size_t)rank, sizeof *copy);
    if (!made || !copy ||
        !append(b, &b->model->graph->initializer, &b->model->graph->n_initializer, made)) {
        return NULL;
    }
    memcpy(copy, dims, (size_t)rank * sizeof *copy);
    made->name = onnx_text(b, "%s", name);
    made->has_data_type = true;
    made->data_type = type;
    made->dims = copy;
    made->n_dims = (size_t)rank;
    return made;
}

/* Raw data are little-endian. */
static void set_raw(onnx_builder *b, Onnx__TensorProto *tensor, const void *values, size_t bytes)
{
    uint8_t *copy = onnx_arena(b, bytes, 1);
    if (tensor && copy) {
        memcpy(copy, values, bytes);
        tensor->has_raw_data = true;
        tensor->raw_data = (ProtobufCBinaryData){bytes, copy};
    }
}

const char *onnx_floats(onnx_builder *b, const char *name, const float *values, int rank,
                        const int64_t *dims)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        count = size_mul(count, (size_t)dims[i]);
    }
    set_raw(b, add_tensor(b, name, ONNX_FLOAT, rank, dims), values,
            size_mul(count, sizeof *values));
    return name;
}

const char *onnx_int64s(onnx_builder *b, const char *name, const int64_t *values, size_t count)
{
    const int64_t dims[] = {(int64_t)count};
    set_raw(b, add_tensor(b, name, ONNX_INT64, 1, dims), values, count * sizeof *values);
    return name;
}

const char *onnx_double(onnx_builder *b, const char *name, double value)
{
    const int64_t scalar[] = {0}; /* of no dimension */
    set_raw(b, add_tensor(b, name, ONNX_DOUBLE, 0, scalar), &value, sizeof value);
    return name;
}

const char *onnx_strings(onnx_builder *b, const char *name, const char *const *values, size_t count)
{
    const int64_t dims[] = {(int64_t)count};
    Onnx__TensorProto *tensor = add_tensor(b, name, ONNX_STRING, 1, dims);
    ProtobufCBinaryData *copy = copy_strings(b, values, count);
    if (tensor && copy) {
        tensor->string_data = copy;
        tensor->n_string_data = count;
    }
    return name;
}

/* ---- Inputs, outputs, and what belongs to the model ---- */

static Onnx__TensorShapeProto *make_shape(onnx_builder *b, int64_t columns)
{
    Onnx__TensorShapeProto *shape =
        NEW(b, Onnx__TensorShapeProto, onnx__tensor_shape_proto__descriptor);
    for (int i = 0; shape && i < 1 + (columns > 0); i++) {
        Onnx__TensorShapeProto__Dimension *dim = NEW(
            b, Onnx__TensorShapeProto__Dimension, onnx__tensor_shape_proto__dimension__descriptor);
        if (!dim || !append(b, &shape->dim, &shape->n_dim, dim)) {
            return NULL;
        }
        if (i == 0) {
            dim->dim_param = onnx_text(b, "N");
        } else {
            dim->dim_param = NULL;
        }
        dim->has_dim_value = i > 0;
        if (i > 0) {
            dim->dim_value = columns;
        } else {
            dim->dim_value = 0;
        }
    }
    return shape;
}

static Onnx__ValueInfoProto *make_value(onnx_builder *b, const char *name, int32_t type,
                                        int64_t columns)
{
    Onnx__ValueInfoProto *value = NEW(b, Onnx__ValueInfoProto, onnx__value_info_proto__descriptor);
    Onnx__TypeProto *holder = NEW(b, Onnx__TypeProto, onnx__type_proto__descriptor);
    Onnx__TypeProto__Tensor *tensor =
        NEW(b, Onnx__TypeProto__Tensor, onnx__type_proto__tensor__descriptor);
    if (!value || !holder || !tensor) {
        return NULL;
    }
    tensor->has_elem_type = true;
    tensor->elem_type = type;
    tensor->shape = make_shape(b, columns);
    holder->tensor_type = tensor;
    value->name = onnx_text(b, "%s", name);
    value->type = holder;
    return value;
}

void onnx_input(onnx_builder *b, const char *name, int32_t type, int64_t columns)
{
    Onnx__ValueInfoProto *value = make_value(b, name, type, columns);
    if (value) {
        (void)append(b, &b->model->graph->input, &b->model->graph->n_input, value);
    }
}

void onnx_output(onnx_builder *b, const char *name, int32_t type, int64_t columns)
{
    Onnx__ValueInfoProto *value = make_value(b, name, type, columns);
    if (value) {
        (void)append(b, &b->model->graph->output, &b->model->graph->n_output, value);
    }
}

void onnx_opset(onnx_builder *b, const char *domain, int64_t version)
{
    Onnx__OperatorSetIdProto *made =
        NEW(b, Onnx__OperatorSetIdProto, onnx__operator_set_id_proto__descriptor);
    if (made && append(b, &b->model->opset_import, &b->model->n_opset_import, made)) {
        made->domain = onnx_text(b, "%s", domain);
        made->has_version = true;
        made->version = version;
    }
}

void onnx_metadata(onnx_builder *b, const char *key, const char *value)
{
    Onnx__StringStringEntryProto *made =
        NEW(b, Onnx__StringStringEntryProto, onnx__string_string_entry_proto__descriptor);
    if (made && append(b, &b->model->metadata_props, &b->model->n_metadata_props, made)) {
        made->key = onnx_text(b, "%s", key);
        made->value = onnx_text(b, "%s", value);
    }
}
