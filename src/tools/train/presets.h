/* Presets: lists of ordinary options, which options given by hand override. */
#ifndef NNFS_TOOLS_TRAIN_PRESETS_H
#define NNFS_TOOLS_TRAIN_PRESETS_H

#include "train/train_values.h"

name_function preset_names;

/* Gives the options of the preset that were not given by hand their values. */
void preset_apply(train_values *values);

/* Chooses batch and epochs by the rows of the training data, unless they were given or the preset is plain,
 * and resolves the training settings. */
void preset_fit(train_options *options, int64_t rows);

/* Says on stderr what the preset stands for; nothing for plain. */
void preset_say(const train_options *options);

#endif
