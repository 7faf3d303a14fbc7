/* Options whose rows come from the library's table of training settings. */
#ifndef NNFS_TOOLS_COMMON_SETTING_OPTION_H
#define NNFS_TOOLS_COMMON_SETTING_OPTION_H

#include "common/options.h"

#include <nnfs/nnfs.h>

/* The setting that an option's own value sets; NULL if not found. */
const nnfs_setting *setting_of_option(const char *option);
/* Setting `index` of those that are keys of an option, NAME:KEY=VALUE; NULL past the last. */
const nnfs_setting *setting_key(const char *option, int index);
/* Whether a choice of an option, "step", uses a key. */
bool setting_uses(const nnfs_setting *setting, const char *choice, const nnfs_setting *key);

/* Fills in what a row takes from its setting. */
void setting_to_row(const nnfs_setting *setting, option_row *row);

/* Takes VALUE or NAME[:KEY=VALUE,...]; keys that are not given have their defaults. */
void setting_take(nnfs_train_settings *settings, const char *option, const char *text);

/* Refuses a setting that was given and that the optimizer or the schedule does not use. */
void settings_refuse_unused(const nnfs_train_settings *given);

#endif
