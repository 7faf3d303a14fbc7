/*
 * Networks in safetensors files, "nnfs-model/1": what saving (model_save.c) and loading
 * (model_load.c) agree on. Metadata: format, inputs ("784"), layers
 * ([{"width":10,"activation":"softmax"}]), loss, preprocessing where there is one
 * (preprocessing_json.h), members ("8") and embeddings ([{"kind":"piecewise","width":16,"bins":48,
 * "inputs":[0,2]}]) where it has them, networks ("5") of an ensemble, the notes under "note.KEY",
 * and last a checksum. Tensors: layers.N.weight, layers.N.bias and what else the layers have in
 * float32; of an ensemble's further networks, from 1, the same with networks.I. before them. A
 * checkpoint (checkpoint.h) has another text and more tensors besides.
 *
 * The checksum is the CRC-32 (of zlib, 8 hex digits) of the other metadata in their order, key and
 * value each with a NUL behind it, and then of all tensors' bytes.
 *
 * W is row-major [out, in] in the file, as PyTorch's Linear has it. In memory it lies column-major
 * [out x in], the transpose of that, and goes through a block of rows at a time; the W^T of a thin
 * layer lies as in the file.
 */
#ifndef NNFS_FORMATS_MODEL_H
#define NNFS_FORMATS_MODEL_H

#include "formats/safetensors.h"
#include "network/network.h"
#include "optim/train_state.h"

#include <jansson.h>

#define MODEL_FORMAT      "nnfs-model/1"
#define MODEL_NOTE_PREFIX "note."

#define MODEL_CHECKPOINT "checkpoint" /* the text of one */

/* Rows of W that are transposed together: two cache lines of each column. */
#define MODEL_BLOCK_ROWS 32

#define MODEL_CHECKSUM "checksum"

/* Long enough for "PREFIXlayers.N.weight" with any N. */
typedef char model_name[64];

/* What the tensors of network `index` of an ensemble begin with: "" of the first, "networks.1." */
typedef char model_prefix[24];
void model_name_prefix(model_prefix prefix, int index);

/* "PREFIXlayers.N.NAME", or "PREFIXinputs.NAME" */
void model_name_tensor(model_name name, const char *prefix, const network_tensor *tensor);

/* A flat buffer, laid out like the network's parameters, whose tensors' names begin
 * with the prefix. */
typedef struct model_buffer {
    const char *prefix; /* "" for the parameters, at most 20 bytes */
    float *values;
    bool all_tensors; /* else those that are trained */
} model_buffer;

/* Whether a buffer has this tensor. */
bool model_buffer_has(const model_buffer *buffer, const network_tensor *tensor);

/* What a file holds besides a network. */
typedef struct model_extra {
    safetensors_entry text; /* key NULL: none */
    model_buffer buffers[STATES_MOST];
    int buffer_count;
} model_extra;

/* A file's bytes in memory, freed by free(). */
typedef struct model_bytes {
    unsigned char *bytes;
    size_t count;
} model_bytes;

/* Writes durably, or to memory. Errors: IO, DATA (a value that is not finite), MEMORY. */
nnfs_status model_write_memory(model_bytes *made, const nnfs_network *network, nnfs_error *error);
nnfs_status model_write(const char *path, const nnfs_network *network, const model_extra *extra,
                        nnfs_error *error);

/* A file that has been read and checked, the parameters of its network not yet filled. */
typedef struct model_file {
    const char *path;
    safetensors_file file;
    json_t *layers;              /* of the metadata */
    int networks;                /* of an ensemble; else 1 */
    nnfs_network *network;       /* without parameters until model_network */
    bool has_state[STATES_MOST]; /* by train_state, of a checkpoint */
} model_file;

/* Errors: IO, DATA, MEMORY. Close it in any case. */
nnfs_status model_open(const char *path, model_file *model, nnfs_error *error);
nnfs_status model_open_memory(const void *bytes, size_t count, model_file *model,
                              nnfs_error *error);
void model_close(model_file *model);

/* Its network, which is the caller's; once. Errors: DATA, MEMORY. */
nnfs_status model_network(model_file *model, nnfs_network **network, nnfs_error *error);

/* Fills one of its buffers. Errors: DATA (values that are not finite). */
nnfs_status model_read_buffer(const model_file *model, const nnfs_network *network,
                              const model_buffer *buffer, nnfs_error *error);

/* The CRC-32 goes on over a text, its NUL included. */
uint32_t model_crc_text(uint32_t crc, const char *text);

bool model_all_finite(const float *values, size_t count);

#endif
