/* The safetensors container: what is read, written again, is read again as the same. */
#include "formats/safetensors.h"

#include "fuzz.h"

#include <string.h>

static void write_again(const safetensors_file *file, const char *path)
{
    safetensors_writer writer;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = safetensors_write_begin(&writer, path, file->tensors, file->tensor_count,
                                                 file->metadata, file->metadata_count, &error);
    for (size_t i = 0; status == NNFS_OK && i < file->tensor_count; i++) {
        status = safetensors_write(&writer, file->tensors[i].data, file->tensors[i].bytes, &error);
    }
    if (status == NNFS_OK) {
        status = safetensors_write_commit(&writer, &error);
    }
    fuzz_check(status == NNFS_OK);
}

static void check_same(const safetensors_file *left, const safetensors_file *right)
{
    fuzz_check(left->tensor_count == right->tensor_count);
    fuzz_check(left->metadata_count == right->metadata_count);
    for (size_t i = 0; i < left->tensor_count; i++) {
        const safetensors_tensor *one = &left->tensors[i];
        const safetensors_tensor *other = safetensors_find(right, one->name);
        fuzz_check(other && other->type == one->type && other->rank == one->rank);
        fuzz_check(memcmp(other->shape, one->shape, (size_t)one->rank * sizeof *one->shape) == 0);
        fuzz_check(other->bytes == one->bytes && memcmp(other->data, one->data, one->bytes) == 0);
    }
    for (size_t i = 0; i < left->metadata_count; i++) {
        const char *value = safetensors_metadata(right, left->metadata[i].key);
        fuzz_check(value && strcmp(value, left->metadata[i].value) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nnfs_error error = {.status = NNFS_OK};
    safetensors_file file;
    safetensors_file again;
    nnfs_status status = safetensors_open(fuzz_file(0, data, size), &file, &error);
    fuzz_check_error(status, &error);
    if (status == NNFS_OK) {
        write_again(&file, fuzz_output());
        fuzz_check(safetensors_open(fuzz_output(), &again, NULL) == NNFS_OK);
        check_same(&file, &again);
        safetensors_close(&again);
    }
    safetensors_close(&file);
    return 0;
}
