/* ONNX models read: the bytes are parsed by protobuf-c, which checks them
 * against its descriptors. */
#include "base/file.h"
#include "base/memory.h"
#include "formats/onnx/onnx_model.h"

#include <string.h>

void onnx_free(Onnx__ModelProto *model)
{
    if (model) {
        onnx__model_proto__free_unpacked(model, NULL);
    }
}

/* Fields that a text stands in must be there: what follows may rely on it. */
static const char *check_graph(const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_node; i++) {
        if (!graph->node[i]->op_type) {
            return "a node without an operator";
        }
        for (size_t j = 0; j < graph->node[i]->n_attribute; j++) {
            if (!graph->node[i]->attribute[j]->name) {
                return "an attribute without a name";
            }
        }
    }
    for (size_t i = 0; i < graph->n_initializer; i++) {
        if (!graph->initializer[i]->name) {
            return "an initializer without a name";
        }
    }
    for (size_t i = 0; i < graph->n_input + graph->n_output; i++) {
        const Onnx__ValueInfoProto *value =
            i < graph->n_input ? graph->input[i] : graph->output[i - graph->n_input];
        if (!value->name) {
            return "an input or output without a name";
        }
    }
    return NULL;
}

nnfs_status onnx_parse(const unsigned char *bytes, size_t count, Onnx__ModelProto **model,
                       nnfs_error *error)
{
    *model = onnx__model_proto__unpack(NULL, count, bytes);
    if (!*model) {
        return fail(error, NNFS_ERROR_DATA, "not an ONNX model: its protobuf fields are damaged");
    }
    const char *reason = "no graph";
    if ((*model)->graph) {
        reason = check_graph((*model)->graph);
    }
    if (!reason && (*model)->graph->n_node == 0) {
        reason = "a graph without nodes";
    }
    if (!reason) {
        return NNFS_OK;
    }
    onnx_free(*model);
    *model = NULL;
    return fail(error, NNFS_ERROR_DATA, "not an ONNX model: it has %s", reason);
}

nnfs_status onnx_read(const char *path, Onnx__ModelProto **model, nnfs_error *error)
{
    *model = NULL;
    file_reader reader;
    nnfs_status status = file_read_begin(&reader, path, error);
    if (status != NNFS_OK) {
        return status;
    }
    unsigned char *bytes = NULL;
    if (reader.size > ONNX_BYTES_MAX) {
        status = fail(error, NNFS_ERROR_DATA, "%s: %zu bytes; ONNX files have at most %zu", path,
                      reader.size, ONNX_BYTES_MAX);
    } else if (!(bytes = memory_alloc(reader.size, 1))) {
        status = fail_memory(error, reader.size, "an ONNX file");
    } else {
        status = file_read_next(&reader, bytes, reader.size, error);
    }
    nnfs_error inner = {.status = NNFS_OK};
    if (status == NNFS_OK) {
        status = onnx_parse(bytes, reader.size, model, &inner);
        if (status != NNFS_OK) {
            (void)fail(error, status, "%s: %s", path, inner.message);
        }
    }
    file_read_end(&reader);
    memory_free(bytes);
    return status;
}

const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (strcmp(node->attribute[i]->name, name) == 0) {
            return node->attribute[i];
        }
    }
    return NULL;
}

int64_t onnx_int_of(const Onnx__NodeProto *node, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *found = onnx_attribute(node, name);
    if (found && found->has_i) {
        return found->i;
    }
    return otherwise;
}

float onnx_float_of(const Onnx__NodeProto *node, const char *name, float otherwise)
{
    const Onnx__AttributeProto *found = onnx_attribute(node, name);
    if (found && found->has_f) {
        return found->f;
    }
    return otherwise;
}
