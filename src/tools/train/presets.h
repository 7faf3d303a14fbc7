/* Presets: lists of ordinary options, which options given by hand override. */
#ifndef NNFS_TOOLS_TRAIN_PRESETS_H
#define NNFS_TOOLS_TRAIN_PRESETS_H

#include "train/train_values.h"

name_function preset_names;

/* Gives the options of the preset that were not given by hand their values. */
void preset_apply(train_values *values);

/* Whether several targets are labels, each 0 or 1, with a sigmoid output. */
bool trains_labels(const train_options *options, const nnfs_dataset *data);

/* Chooses what a table is prepared with: which of many columns are left out. */
void preset_fit_columns(train_options *options, const nnfs_dataset *train);

/*
 * Of prepared data, chooses what goes by the training data (batch and epochs by rows, dropout by
 * task, embeddings and members by columns), unless it was given or the preset is plain, and
 * resolves the training settings.
 */
void preset_fit(train_options *options, const nnfs_dataset *train);

/* Refuses, as a usage error, to choose a log scale by networks of --refit that are not made. */
void check_log_target(const train_options *options);

/* Whether balanced is the default for this file, which is a table as text. */
bool preset_is_default(const table_options *options, const char *path);

/* Says on stderr what the preset stands for; nothing for plain. */
void preset_say(const train_options *options);

#endif
