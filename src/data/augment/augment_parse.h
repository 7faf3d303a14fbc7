/* Specifications of augmentations: text into a list of kinds with values. */
#ifndef NNFS_DATA_AUGMENT_AUGMENT_PARSE_H
#define NNFS_DATA_AUGMENT_AUGMENT_PARSE_H

#include "data/augment/augment_kinds.h"

/* A value that one class has instead of the usual one. */
typedef struct class_value {
    int class_index;
    int parameter;
    double value;
} class_value;

typedef struct augment_op {
    const augment_kind *kind;
    double values[AUGMENT_PARAMETERS];
    bool given;              /* at least one of them */
    class_value *exceptions; /* [exception_count], in fresh memory */
    int exception_count;
} augment_op;

/* Each kind occurs once at most. */
typedef struct augment_list {
    augment_op ops[AUGMENT_KINDS];
    int count;
} augment_list;

/* The grammar stands in augment.h. Errors: ARGUMENT, MEMORY; nothing is left to free then. */
nnfs_status augment_parse(const char *specification, int classes, augment_list *list,
                          nnfs_error *error);
void augment_list_free(augment_list *list);

/* The values [AUGMENT_PARAMETERS] for a class, or for -1. */
void augment_values(const augment_op *op, int label, double *values);

#endif
