/* ONNX models written, read, computed. */
#ifndef NNFS_FORMATS_ONNX_ONNX_MODEL_H
#define NNFS_FORMATS_ONNX_ONNX_MODEL_H

#include "formats/graph/graph.h"
#include "formats/onnx/onnx.pb-c.h"

/* Metadata of a model that nnfs wrote, beside what the operators say: for imports. */
#define ONNX_METADATA_PREPROCESSING "nnfs.preprocessing"
#define ONNX_METADATA_LOSS          "nnfs.loss"

/* The bytes of a graph's model, from memory_alloc. Errors: MEMORY. */
nnfs_status onnx_of_graph(const model_graph *graph, unsigned char **bytes, size_t *count,
                          nnfs_error *error);

/* Largest file that is read. */
#define ONNX_BYTES_MAX ((size_t)1 << 31)

/* Reads a file and frees what was read. Errors: IO, DATA, MEMORY. */
nnfs_status onnx_read(const char *path, Onnx__ModelProto **model, nnfs_error *error);
/* Reads a model from bytes; messages do not name a file. */
nnfs_status onnx_parse(const unsigned char *bytes, size_t count, Onnx__ModelProto **model,
                       nnfs_error *error);
void onnx_free(Onnx__ModelProto *model);

/* The attribute of that name; NULL: there is none. */
const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node, const char *name);
int64_t onnx_int_of(const Onnx__NodeProto *node, const char *name, int64_t otherwise);
float onnx_float_of(const Onnx__NodeProto *node, const char *name, float otherwise);

#endif
