/* What the outputs of a network stand for. */
#ifndef NNFS_CLI_ANSWERS_H
#define NNFS_CLI_ANSWERS_H

#include "text.h"

#include <nnfs/nnfs.h>

typedef struct answers {
    const nnfs_dataset *data;
    const nnfs_preprocessing *preprocessing; /* or NULL */
    int classes;                             /* 0 for numbers */
    int outputs;
} answers;

answers answers_of(const nnfs_network *network, const nnfs_dataset *data);

/* What a class is called; a model without names calls its classes by their numbers. */
const char *answers_class_name(const answers *what, int index, short_text *number);
/* The class that nnfs_evaluate counts as the network's answer, for one sample's outputs. */
int answers_class(const answers *what, const float *outputs);
/* How probable they make a class. */
float answers_probability(const answers *what, const float *outputs, int index);

#endif
