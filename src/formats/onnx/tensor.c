/* Tensors made, copied, and read from a model's constants. */
#include "formats/onnx/tensor.h"

#include "base/memory.h"
#include "formats/onnx/onnx_build.h"

#include <string.h>

const char tensor_no_memory[] = "out of memory";

/* Elements of a tensor, at most: a gigabyte of floats. */
enum { ELEMENTS_MAX = 1 << 28 };

size_t tensor_element(int32_t type)
{
    switch (type) {
    case ONNX_FLOAT:
        return sizeof(float);
    case ONNX_DOUBLE:
        return sizeof(double);
    case ONNX_INT64:
        return sizeof(int64_t);
    case ONNX_STRING:
        return sizeof(tensor_text);
    case ONNX_BOOL:
        return 1;
    default:
        return 0;
    }
}

void tensor_free(tensor *which)
{
    memory_free(which->data);
    *which = (tensor){.type = 0};
}

const char *tensor_make(tensor *made, int32_t type, int rank, const int64_t *dims)
{
    *made = (tensor){.type = type, .rank = rank, .count = 1};
    if (rank > TENSOR_RANK_MAX) {
        return "a tensor has more than 4 dimensions";
    }
    if (tensor_element(type) == 0) {
        return "a tensor's element type is not supported";
    }
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0) {
            return "a tensor has a negative size";
        }
        made->dims[i] = dims[i];
        made->count = size_mul(made->count, (size_t)dims[i]);
    }
    if (made->count > ELEMENTS_MAX) {
        return "a tensor has more than 268,435,456 elements";
    }
    made->data = memory_alloc_zeroed(made->count, tensor_element(type));
    if (made->data) {
        return NULL;
    }
    return tensor_no_memory;
}

const char *tensor_copy(tensor *made, const tensor *from)
{
    const char *reason = tensor_make(made, from->type, from->rank, from->dims);
    if (!reason) {
        memcpy(made->data, from->data, from->count * tensor_element(from->type));
    }
    return reason;
}

/* ---- Constants of a model ---- */

/* What a data type has: the bytes of an element in raw_data, and the interpreter's type. */
typedef struct proto_type {
    int32_t type;
    size_t bytes;
    int32_t becomes;
} proto_type;

static const proto_type proto_types[] = {
    {ONNX_FLOAT, 4, ONNX_FLOAT},   {ONNX_DOUBLE, 8, ONNX_FLOAT}, {ONNX_INT64, 8, ONNX_INT64},
    {ONNX_INT32, 4, ONNX_INT64},   {ONNX_BOOL, 1, ONNX_BOOL},    {ONNX_UINT8, 1, ONNX_INT64},
    {ONNX_STRING, 0, ONNX_STRING},
};

static const proto_type *find_type(int32_t type)
{
    for (size_t i = 0; i < sizeof proto_types / sizeof *proto_types; i++) {
        if (proto_types[i].type == type) {
            return &proto_types[i];
        }
    }
    return NULL;
}

/* Little-endian, as the format has it and this machine does. */
static void read_raw(tensor *made, const proto_type *type, const uint8_t *raw)
{
    if (made->count == 0) { /* whose raw data are NULL */
        return;
    }
    if (type->type == ONNX_FLOAT || type->type == ONNX_INT64 || type->type == ONNX_BOOL) {
        memcpy(made->data, raw, made->count * type->bytes);
        return;
    }
    for (size_t i = 0; i < made->count; i++, raw += type->bytes) {
        double number = 0.0;
        int32_t integer = 0;
        if (type->type == ONNX_DOUBLE) {
            memcpy(&number, raw, sizeof number);
            made->floats[i] = (float)number;
        } else if (type->type == ONNX_INT32) {
            memcpy(&integer, raw, sizeof integer);
            made->int64s[i] = integer;
        } else {
            made->int64s[i] = raw[0];
        }
    }
}

/* The typed field that holds the elements of a type: how many there are. */
static size_t field_count(const Onnx__TensorProto *from)
{
    switch (from->data_type) {
    case ONNX_FLOAT:
        return from->n_float_data;
    case ONNX_DOUBLE:
        return from->n_double_data;
    case ONNX_INT64:
        return from->n_int64_data;
    case ONNX_STRING:
        return from->n_string_data;
    default:
        return from->n_int32_data;
    }
}

static void read_fields(tensor *made, const Onnx__TensorProto *from)
{
    for (size_t i = 0; i < made->count; i++) {
        switch (from->data_type) {
        case ONNX_FLOAT:
            made->floats[i] = from->float_data[i];
            break;
        case ONNX_DOUBLE:
            made->floats[i] = (float)from->double_data[i];
            break;
        case ONNX_INT64:
            made->int64s[i] = from->int64_data[i];
            break;
        case ONNX_STRING:
            made->texts[i] =
                (tensor_text){(const char *)from->string_data[i].data, from->string_data[i].len};
            break;
        case ONNX_BOOL:
            made->bools[i] = from->int32_data[i] != 0;
            break;
        default:
            made->int64s[i] = from->int32_data[i];
            break;
        }
    }
}

/* The elements are counted before memory is taken for them. */
const char *tensor_of_proto(tensor *made, const Onnx__TensorProto *from)
{
    *made = (tensor){.type = 0};
    const proto_type *type = find_type(from->data_type);
    if (!type) {
        return "its element type is not one of float, double, int64, int32, uint8, bool, string";
    }
    if (from->data_location != 0) {
        return "its data lie in another file";
    }
    size_t count = 1;
    for (size_t i = 0; i < from->n_dims; i++) {
        if (from->dims[i] < 0) {
            return "it has a negative size";
        }
        count = size_mul(count, (size_t)from->dims[i]);
    }
    bool raw = from->has_raw_data && type->bytes > 0;
    bool fits =
        raw ? from->raw_data.len == size_mul(count, type->bytes) : field_count(from) == count;
    if (!fits || from->n_dims > TENSOR_RANK_MAX) {
        if (fits) {
            return "it has more than 4 dimensions";
        }
        return "its data do not have its shape";
    }
    const char *reason = tensor_make(made, type->becomes, (int)from->n_dims, from->dims);
    if (!reason && raw) {
        read_raw(made, type, from->raw_data.data);
    } else if (!reason) {
        read_fields(made, from);
    }
    return reason;
}
