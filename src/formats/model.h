/*
 * Networks in safetensors files, "nnfs-model/1": what saving (model_save.c) and loading
 * (model_load.c) agree on. Metadata: format, inputs ("784"), layers
 * ([{"width":10,"activation":"softmax"}]), loss, preprocessing where there is one
 * (preprocessing_json.h), and the notes under "note.KEY". Tensors: layers.N.weight and layers.N.bias in
 * float32.
 *
 * W lies column-major [out x in] in memory and row-major [out, in] in the file, where
 * PyTorch's Linear has it: as they lie each is the other's transpose, and goes through a
 * block of rows at a time.
 */
#ifndef NNFS_FORMATS_MODEL_H
#define NNFS_FORMATS_MODEL_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define MODEL_FORMAT      "nnfs-model/1"
#define MODEL_NOTE_PREFIX "note."

/* Rows of W that are transposed together: two cache lines of each column. */
#define MODEL_BLOCK_ROWS 32

/* Long enough for "layers.N.weight" with any N. */
typedef char model_name[40];

/* The name of a layer's tensor: part is "weight" or "bias". */
void model_name_tensor(model_name name, int layer, const char *part);

bool model_all_finite(const float *values, size_t count);

#endif
