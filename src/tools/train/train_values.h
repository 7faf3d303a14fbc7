/* The values of nnfs-train's own options that take more than their row. */
#ifndef NNFS_TOOLS_TRAIN_TRAIN_VALUES_H
#define NNFS_TOOLS_TRAIN_TRAIN_VALUES_H

#include "common/options.h"
#include "train/train_options.h"

/* The list values are kept as text until all options are read: each depends on the others. */
typedef struct train_values {
    train_options options;
    const char *hidden;
    const char *activation;
    const char *dropout;
    const char *by_hand[OPTIONS_MOST]; /* names of the options that were given */
    int by_hand_count;
    bool every; /* --checkpoint-every was given */
} train_values;

/* Of a train_options; */
void take_init(void *target, const option_row *row, const char *text);
void take_input_dropout(void *target, const option_row *row, const char *text);
void take_loss(void *target, const option_row *row, const char *text);
void take_embedding(void *target, const option_row *row, const char *text);
void take_shape(void *target, const option_row *row, const char *text);
void take_validation(void *target, const option_row *row, const char *text);
void take_test(void *target, const option_row *row, const char *text);
void take_class_weight(void *target, const option_row *row, const char *text);
/* of the train_values. */
void take_freeze(void *target, const option_row *row, const char *text);
void take_checkpoint_every(void *target, const option_row *row, const char *text);
void take_data(void *target, const char *text);

/* Makes the hidden layers. */
void train_values_finish(train_values *values);

#endif
