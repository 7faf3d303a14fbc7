/*
 * The safetensors container: a 64-bit little-endian length, that many bytes of JSON, then the
 * tensors' bytes without a gap (https://github.com/huggingface/safetensors, "Format"). The reader
 * rejects what the format does not allow before it allocates memory for the tensors; the writer
 * gives the same bytes for the same tensors and metadata.
 */
#ifndef NNFS_FORMATS_SAFETENSORS_H
#define NNFS_FORMATS_SAFETENSORS_H

#include "base/file.h"

#include <stdbool.h>

/* The most bytes of JSON that the format allows, and our bound on the dimensions of a tensor. */
#define SAFETENSORS_HEADER_MAX 100000000
#define SAFETENSORS_RANK_MAX   8

typedef enum safetensors_type {
    SAFETENSORS_F64,
    SAFETENSORS_F32,
    SAFETENSORS_F16,
    SAFETENSORS_BF16,
    SAFETENSORS_I64,
    SAFETENSORS_I32,
    SAFETENSORS_I16,
    SAFETENSORS_I8,
    SAFETENSORS_U64,
    SAFETENSORS_U32,
    SAFETENSORS_U16,
    SAFETENSORS_U8,
    SAFETENSORS_BOOL,
} safetensors_type;

/* The name in the file ("F32", NULL past the last type) and the bytes of one element. */
const char *safetensors_type_name(safetensors_type type);
size_t safetensors_type_size(safetensors_type type);

/* A tensor, row-major: the last dimension is contiguous. Rank 0 is a single element. */
typedef struct safetensors_tensor {
    const char *name;
    safetensors_type type;
    int rank;
    size_t shape[SAFETENSORS_RANK_MAX];
    size_t elements; /* the product of the shape */
    size_t begin;    /* offset into the data, in bytes */
    size_t bytes;
    const void *data; /* not necessarily aligned: read through memcpy */
} safetensors_tensor;

/* An entry of the metadata. */
typedef struct safetensors_entry {
    const char *key;
    const char *value;
} safetensors_entry;

/* A file that has been read whole; all pointers live until safetensors_close. */
typedef struct safetensors_file {
    safetensors_tensor *tensors; /* sorted by name */
    size_t tensor_count;
    safetensors_entry *metadata; /* in the file's order */
    size_t metadata_count;
    struct json_t *header;
    unsigned char *data;
} safetensors_file;

/*
 * Reads `path`; on failure *file is empty. Close it in either case, or not at all.
 * Errors: IO, DATA (the message names the file and the offset or the tensor), MEMORY.
 */
nnfs_status safetensors_open(const char *path, safetensors_file *file, nnfs_error *error);
/* The same for a file's bytes in memory, which messages call `name`; they are copied. */
nnfs_status safetensors_open_memory(const char *name, const void *bytes, size_t count,
                                    safetensors_file *file, nnfs_error *error);
void safetensors_close(safetensors_file *file);

/* Returns the tensor or the text of a name, NULL if not found. */
const safetensors_tensor *safetensors_find(const safetensors_file *file, const char *name);
const char *safetensors_metadata(const safetensors_file *file, const char *key);

/*
 * A file being written: begin with all tensors (of which name, type, rank and shape count) and
 * metadata, hand over the tensors' bytes in that order in pieces of any size, commit. The file
 * appears whole or not at all; an error, or safetensors_write_abandon, leaves the target as it was.
 * Errors: IO, DATA (a text that is not UTF-8, a header that is too long), ARGUMENT (a name twice, a
 * shape whose size overflows, bytes that are not as many as the tensors have), MEMORY.
 */
typedef struct safetensors_writer {
    file_writer file;
    size_t missing; /* bytes of tensors still to come */
} safetensors_writer;

/* With `path` NULL the file comes to lie in memory: after the commit,
 * file_write_take(&writer->file) has it. */
nnfs_status safetensors_write_begin(safetensors_writer *writer, const char *path,
                                    const safetensors_tensor *tensors, size_t tensor_count,
                                    const safetensors_entry *metadata, size_t metadata_count,
                                    nnfs_error *error);
nnfs_status safetensors_write(safetensors_writer *writer, const void *bytes, size_t count,
                              nnfs_error *error);
nnfs_status safetensors_write_commit(safetensors_writer *writer, nnfs_error *error);
void safetensors_write_abandon(safetensors_writer *writer);

#endif
