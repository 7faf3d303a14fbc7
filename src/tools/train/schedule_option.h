/* --schedule NAME[:KEY=VALUE,...] */
#ifndef NNFS_TOOLS_TRAIN_SCHEDULE_OPTION_H
#define NNFS_TOOLS_TRAIN_SCHEDULE_OPTION_H

#include <nnfs/nnfs.h>

/* Sets the schedule and all that belongs to it; what is wrong with `text` is a usage error. */
void schedule_option(nnfs_train_settings *settings, const char *text);

/* A key that was given and that the schedule then does without would be a silent mistake: a usage
 * error. */
void schedule_refuse_unused(const nnfs_train_settings *given, const nnfs_train_settings *resolved);

#endif
