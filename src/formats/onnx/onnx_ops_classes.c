/* Operators of categories and classes. */
#include "formats/onnx/onnx_kernels.h"

#include "formats/onnx/onnx_build.h"

#include <string.h>

/* ---- Classes ---- */

const char *onnx_run_argmax(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    int64_t axis = onnx_int_of(call->node, "axis", 0);
    bool keep = onnx_int_of(call->node, "keepdims", 1) != 0;
    if (x->rank != 2 || x->dims[1] < 1 || (axis != 1 && axis != -1)) {
        return "it is not along the last axis of a matrix";
    }
    const int64_t dims[] = {x->dims[0], 1};
    const char *reason = tensor_make(call->out, ONNX_INT64, keep ? 2 : 1, dims);
    for (size_t i = 0; !reason && i < (size_t)x->dims[0]; i++) {
        const float *row = x->floats + i * (size_t)x->dims[1];
        int64_t chosen = 0;
        for (int64_t j = 1; j < x->dims[1]; j++) {
            if (row[j] > row[chosen]) {
                chosen = j;
            }
        }
        call->out->int64s[i] = chosen;
    }
    return reason;
}

/* Columns of a matrix of floats, by their numbers. */
static const char *gather_columns(const op_call *call)
{
    const tensor *table = call->in[0];
    const tensor *index = call->in[1];
    if (table->rank != 2 || table->type != ONNX_FLOAT || index->rank != 1 ||
        index->type != ONNX_INT64) {
        return "it does not gather columns of a matrix of floats";
    }
    const int64_t dims[] = {table->dims[0], (int64_t)index->count};
    const char *reason = tensor_make(call->out, ONNX_FLOAT, 2, dims);
    for (size_t i = 0; !reason && i < call->out->count; i++) {
        int64_t column = index->int64s[i % index->count];
        if (column < 0 || column >= table->dims[1]) {
            return "an index is out of range";
        }
        call->out->floats[i] =
            table->floats[i / index->count * (size_t)table->dims[1] + (size_t)column];
    }
    return reason;
}

/* Rows of a table: an element or a row for each index. */
const char *onnx_run_gather(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *table = call->in[0];
    const tensor *index = call->in[1];
    int rank = table->rank + index->rank - 1;
    if (onnx_int_of(call->node, "axis", 0) == 1) {
        return gather_columns(call);
    }
    if (onnx_int_of(call->node, "axis", 0) != 0 || table->rank < 1 || rank > TENSOR_RANK_MAX ||
        index->type != ONNX_INT64 || table->dims[0] < 1) {
        return "it does not gather along the first axis by int64";
    }
    int64_t dims[TENSOR_RANK_MAX];
    memcpy(dims, index->dims, sizeof dims);
    for (int i = 1; i < table->rank; i++) {
        dims[index->rank + i - 1] = table->dims[i];
    }
    const char *reason = tensor_make(call->out, table->type, rank, dims);
    size_t bytes = table->count / (size_t)table->dims[0] * tensor_element(table->type);
    for (size_t i = 0; !reason && i < index->count; i++) {
        int64_t at = index->int64s[i] < 0 ? index->int64s[i] + table->dims[0] : index->int64s[i];
        if (at < 0 || at >= table->dims[0]) {
            return "an index is out of range";
        }
        memcpy((unsigned char *)call->out->data + i * bytes,
               (const unsigned char *)table->data + (size_t)at * bytes, bytes);
    }
    return reason;
}

const char *onnx_run_label_encoder(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const Onnx__AttributeProto *keys = onnx_attribute(call->node, "keys_strings");
    const Onnx__AttributeProto *values = onnx_attribute(call->node, "values_int64s");
    if (x->type != ONNX_STRING || !keys || !values || keys->n_strings != values->n_ints) {
        return "it is not from strings to int64s";
    }
    const char *reason = tensor_make(call->out, ONNX_INT64, x->rank, x->dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        call->out->int64s[i] = onnx_int_of(call->node, "default_int64", -1);
        for (size_t j = 0; j < keys->n_strings; j++) {
            const ProtobufCBinaryData *key = &keys->strings[j];
            if (key->len == x->texts[i].length &&
                (key->len == 0 || memcmp(key->data, x->texts[i].bytes, key->len) == 0)) {
                call->out->int64s[i] = values->ints[j];
                break;
            }
        }
    }
    return reason;
}

const char *onnx_run_one_hot_encoder(const op_call *call, const onnx_op *op)
{
    (void)op;
    const tensor *x = call->in[0];
    const Onnx__AttributeProto *all = onnx_attribute(call->node, "cats_int64s");
    if (x->type != ONNX_INT64 || !all || x->rank >= TENSOR_RANK_MAX) {
        return "it is not of int64s";
    }
    int64_t dims[TENSOR_RANK_MAX];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank] = (int64_t)all->n_ints;
    const char *reason = tensor_make(call->out, ONNX_FLOAT, x->rank + 1, dims);
    for (size_t i = 0; !reason && i < x->count; i++) {
        for (size_t j = 0; j < all->n_ints; j++) {
            call->out->floats[i * all->n_ints + j] = x->int64s[i] == all->ints[j] ? 1.0f : 0.0f;
        }
    }
    return reason;
}
