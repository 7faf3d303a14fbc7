/* The table of training settings: nnfs_train_settings, a row a field. */
#ifndef NNFS_OPTIM_TRAIN_SETTINGS_H
#define NNFS_OPTIM_TRAIN_SETTINGS_H

#include "base/settings.h"

extern const setting_table train_settings;

/* The learning rate that NNFS_DEFAULT stands for. */
float train_settings_default_rate(nnfs_optimizer optimizer);

#endif
