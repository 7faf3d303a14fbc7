/* --class-weight balanced | W,W,... | NAME=W,... */
#ifndef NNFS_TOOLS_TRAIN_CLASS_WEIGHTS_H
#define NNFS_TOOLS_TRAIN_CLASS_WEIGHTS_H

#include <nnfs/nnfs.h>

/* What can be said of it before the classes are known: whatever is wrong is a usage error. */
void class_weights_check(const char *text);

/* Lets the samples of `data` count as it says. Errors: ARGUMENT (no classes, or not these), MEMORY. */
nnfs_status class_weights_apply(const char *text, nnfs_dataset *data, nnfs_error *error);

#endif
