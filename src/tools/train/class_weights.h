/* --class-weight balanced | W,W,... | NAME=W,... */
#ifndef NNFS_TOOLS_TRAIN_CLASS_WEIGHTS_H
#define NNFS_TOOLS_TRAIN_CLASS_WEIGHTS_H

#include <nnfs/nnfs.h>

/* Checks the syntax, before the classes are known: errors are usage errors. */
void class_weights_check(const char *text);

/* Lets the samples of `data` count as it says. Errors: ARGUMENT (no classes, or
 * not these), MEMORY. */
nnfs_status class_weights_apply(const char *text, nnfs_dataset *data, nnfs_error *error);

#endif
