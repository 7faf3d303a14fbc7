/* The values of nnfs-train's own options, each taken as it comes. */
#ifndef NNFS_TOOLS_TRAIN_TRAIN_VALUES_H
#define NNFS_TOOLS_TRAIN_TRAIN_VALUES_H

#include "common/options.h"
#include "train/train_options.h"

enum {
    KEY_HIDDEN = OPTION_OWN,
    KEY_ACTIVATION,
    KEY_OUTPUT_ACTIVATION,
    KEY_LOSS,
    KEY_INIT,
    KEY_OPTIMIZER,
    KEY_LR,
    KEY_MOMENTUM,
    KEY_BETA2,
    KEY_EPSILON,
    KEY_WEIGHT_DECAY,
    KEY_SCHEDULE,
    KEY_UNTIL_ACCURACY,
    KEY_VALIDATION,
    KEY_VALIDATION_TARGETS,
    KEY_TEST,
    KEY_TEST_TARGETS,
    KEY_CLASS_WEIGHT,
    KEY_FOLDS,
    KEY_LOG,
    KEY_PROFILE,
    KEY_REPORT,
    KEY_CHECKPOINT,
    KEY_CHECKPOINT_EVERY,
    KEY_RESUME,
    KEY_RESUME_ANYWHERE,
    KEY_RESUME_OUTPUTS,
};

/* The list values are kept as text until all options are read: each depends on the others. */
typedef struct train_values {
    train_options *options;
    const char *hidden;
    const char *activation;
    bool every; /* --checkpoint-every was given */
} train_values;

/* Takes the value of an option of the above, or DATA; false for any other key. */
bool train_value(train_values *values, int key, const char *text);

/* Makes the hidden layers. */
void train_values_finish(train_values *values);

#endif
