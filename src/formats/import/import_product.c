/* Activations that take several operators: products of x with operators of x. */
#include "formats/import/import_trace.h"
#include "formats/onnx/onnx_build.h"
#include "math/activation.h"

#include <math.h>
#include <string.h>

/* The factors of nested Mul: those that are not constant, and the product of the others. */
typedef struct factors {
    const char *values[3];
    int count;
    double scale;
} factors;

static bool collect_factors(const tracer *t, const Onnx__NodeProto *node, factors *found)
{
    for (size_t i = 0; i < node->n_input; i++) {
        const tensor *number = import_constant(t, node, i);
        const Onnx__NodeProto *inner = import_producer(t, node->input[i]);
        bool product = inner && onnx_is(inner, "Mul") && inner->n_input == 2;
        if (number) {
            if (number->count != 1 || number->type != ONNX_FLOAT) {
                return false;
            }
            found->scale *= (double)number->floats[0];
        } else if (product && inner != node && found->count < 3 &&
                   (import_constant(t, inner, 0) || import_constant(t, inner, 1) ||
                    found->count == 0)) {
            const Onnx__NodeProto *leaf = inner;
            for (size_t j = 0; j < leaf->n_input; j++) {
                const tensor *inner_number = import_constant(t, leaf, j);
                if (inner_number && inner_number->count == 1 && inner_number->type == ONNX_FLOAT) {
                    found->scale *= (double)inner_number->floats[0];
                } else if (found->count < 3) {
                    found->values[found->count++] = leaf->input[j];
                }
            }
        } else if (found->count < 3) {
            found->values[found->count++] = node->input[i];
        } else {
            return false;
        }
    }
    return found->count == 2;
}

/* Whether `value` is op(x), or op(op2(x)) where there is an op2. */
static bool is_applied(const tracer *t, const char *value, const char *op, const char *op2,
                       const char *x)
{
    const Onnx__NodeProto *node = import_producer(t, value);
    if (!node || !onnx_is(node, op) || node->n_input < 1) {
        return false;
    }
    if (op2) {
        return is_applied(t, node->input[0], op2, NULL, x);
    }
    return strcmp(node->input[0], x) == 0;
}

/* Whether `value` is 1 + erf(x / sqrt 2). */
static bool is_erf_plus_one(const tracer *t, const char *value, const char *x)
{
    const Onnx__NodeProto *plus = import_producer(t, value);
    if (!plus || !onnx_is(plus, "Add") || plus->n_input != 2) {
        return false;
    }
    size_t at = 0;
    if (import_is_number(import_constant(t, plus, 0), 1.0)) {
        at = 1;
    }
    const Onnx__NodeProto *erf = import_producer(t, plus->input[at]);
    if (!import_is_number(import_constant(t, plus, 1 - at), 1.0) || !erf || !onnx_is(erf, "Erf") ||
        erf->n_input != 1) {
        return false;
    }
    const Onnx__NodeProto *scaled = import_producer(t, erf->input[0]);
    if (!scaled || scaled->n_input != 2) {
        return false;
    }
    bool first = strcmp(scaled->input[0], x) == 0;
    const tensor *by = import_constant(t, scaled, first ? 1 : 0);
    bool divided = onnx_is(scaled, "Div") && first && import_is_number(by, M_SQRT2);
    bool multiplied = onnx_is(scaled, "Mul") && import_is_number(by, M_SQRT1_2) &&
                      strcmp(scaled->input[first ? 0 : 1], x) == 0;
    return divided || multiplied;
}

/* The activation that a product is, and what it is of; -1: none. */
static int product_of(const tracer *t, const factors *found, const char **x)
{
    for (int i = 0; i < 2; i++) {
        const char *other = found->values[1 - i];
        const activation *row;
        *x = found->values[i];
        for (int which = 0; (row = activation_of((nnfs_activation)which)) != NULL; which++) {
            const char *inner = row->exported.times[0];
            const char *outer = row->exported.times[1];
            if (outer ? is_applied(t, other, outer, inner, *x)
                      : inner && is_applied(t, other, inner, NULL, *x)) {
                return found->scale == 1.0 ? which : -1;
            }
        }
        if (fabs(found->scale - 0.5) < 1e-6 && is_erf_plus_one(t, other, *x)) {
            return NNFS_GELU;
        }
    }
    return -1;
}

int import_product(const tracer *t, const Onnx__NodeProto *node, const char **x)
{
    factors found = {.scale = 1.0};
    if (!collect_factors(t, node, &found)) {
        return -1;
    }
    return product_of(t, &found, x);
}
