/*
 * The JSON in a model's metadata, in a container that is right: each line of the input, "KEY
 * VALUE", sets an entry. Without any the file is a model of 3 inputs and layers of 2 and 1.
 */
#include "formats/safetensors.h"
#include "fuzz.h"
#include "model_checks.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const safetensors_tensor tensors[] = {
    {.name = "layers.0.weight", .type = SAFETENSORS_F32, .rank = 2, .shape = {2, 3}},
    {.name = "layers.0.bias", .type = SAFETENSORS_F32, .rank = 1, .shape = {2}},
    {.name = "layers.1.weight", .type = SAFETENSORS_F32, .rank = 2, .shape = {1, 2}},
    {.name = "layers.1.bias", .type = SAFETENSORS_F32, .rank = 1, .shape = {1}},
};
static const float values[6 + 2 + 2 + 1] = {0.5f, -1.0f, 2.0f};

static json_t *standard(void)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s}", "format", "nnfs-model/1", "inputs", "3", "layers",
        "[{\"width\":2,\"activation\":\"relu\"},{\"width\":1,\"activation\":\"identity\"}]", "loss",
        "mse");
}

static void set_entries(json_t *metadata, const uint8_t *data, size_t size)
{
    for (char *line = fuzz_line(&data, &size); line; line = fuzz_line(&data, &size)) {
        char *space = strchr(line, ' ');
        if (space) {
            *space = '\0';
            /* Refused where it is not UTF-8; the target safetensors has such files. */
            (void)json_object_set_new(metadata, line, json_string(space + 1));
        }
        free(line);
    }
}

static void write_model(const char *path, json_t *metadata)
{
    safetensors_writer writer;
    size_t count = 0;
    const char *key;
    json_t *value;
    safetensors_entry *texts = calloc(json_object_size(metadata) + 1, sizeof *texts);
    fuzz_check(texts != NULL);
    json_object_foreach(metadata, key, value)
    {
        texts[count++] = (safetensors_entry){key, json_string_value(value)};
    }
    fuzz_check(safetensors_write_begin(&writer, path, tensors, sizeof tensors / sizeof *tensors,
                                       texts, count, NULL) == NNFS_OK);
    fuzz_check(safetensors_write(&writer, values, sizeof values, NULL) == NNFS_OK);
    fuzz_check(safetensors_write_commit(&writer, NULL) == NNFS_OK);
    free(texts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *metadata = standard();
    fuzz_check(metadata != NULL);
    set_entries(metadata, data, size);
    write_model(fuzz_output(), metadata);
    check_model(fuzz_output());
    json_decref(metadata);
    return 0;
}
