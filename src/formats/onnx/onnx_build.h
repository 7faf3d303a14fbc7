/*
 * ONNX graphs built in memory: messages of protobuf-c from an arena. Where memory runs out,
 * `failed` is set, functions return NULL, and all of them accept NULL for a node.
 */
#ifndef NNFS_FORMATS_ONNX_ONNX_BUILD_H
#define NNFS_FORMATS_ONNX_ONNX_BUILD_H

#include "formats/onnx/onnx.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

#define ONNX_ML "ai.onnx.ml"

/* TensorProto.DataType */
enum {
    ONNX_FLOAT = 1,
    ONNX_UINT8 = 2,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_STRING = 8,
    ONNX_BOOL = 9,
    ONNX_DOUBLE = 11,
};

/* AttributeProto.AttributeType */
enum {
    ONNX_ATTRIBUTE_FLOAT = 1,
    ONNX_ATTRIBUTE_INT = 2,
    ONNX_ATTRIBUTE_STRING = 3,
    ONNX_ATTRIBUTE_TENSOR = 4,
    ONNX_ATTRIBUTE_FLOATS = 6,
    ONNX_ATTRIBUTE_INTS = 7,
    ONNX_ATTRIBUTE_STRINGS = 8,
};

typedef struct onnx_builder {
    void *blocks; /* the arena: a list of blocks */
    bool failed;
    Onnx__ModelProto *model;
} onnx_builder;

/* Zeroed memory that lives as long as the builder; NULL: none. */
void *onnx_arena(onnx_builder *b, size_t count, size_t size);
char *onnx_text(onnx_builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

void onnx_build_begin(onnx_builder *b, const char *graph_name);
void onnx_build_end(onnx_builder *b);

/* A node of one output; domain "" is that of ONNX itself. */
Onnx__NodeProto *onnx_node(onnx_builder *b, const char *domain, const char *op, const char *output,
                           size_t input_count, const char *const *inputs);

void onnx_attribute_int(onnx_builder *b, Onnx__NodeProto *node, const char *name, int64_t value);
void onnx_attribute_float(onnx_builder *b, Onnx__NodeProto *node, const char *name, float value);
void onnx_attribute_ints(onnx_builder *b, Onnx__NodeProto *node, const char *name,
                         const int64_t *values, size_t count);
void onnx_attribute_strings(onnx_builder *b, Onnx__NodeProto *node, const char *name,
                            const char *const *values, size_t count);

/* Each adds an initializer and returns its name. */
const char *onnx_floats(onnx_builder *b, const char *name, const float *values, int rank,
                        const int64_t *dims);
const char *onnx_int64s(onnx_builder *b, const char *name, const int64_t *values, size_t count);
const char *onnx_double(onnx_builder *b, const char *name, double value);
const char *onnx_strings(onnx_builder *b, const char *name, const char *const *values,
                         size_t count);

/* A value of the graph, [N, columns] or, with columns 0, [N]. */
void onnx_input(onnx_builder *b, const char *name, int32_t type, int64_t columns);
void onnx_output(onnx_builder *b, const char *name, int32_t type, int64_t columns);

void onnx_opset(onnx_builder *b, const char *domain, int64_t version);
void onnx_metadata(onnx_builder *b, const char *key, const char *value);

#endif
