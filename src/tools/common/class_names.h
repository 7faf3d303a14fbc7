/* The classes of a dataset by their names. */
#ifndef NNFS_TOOLS_COMMON_CLASS_NAMES_H
#define NNFS_TOOLS_COMMON_CLASS_NAMES_H

#include "common/text.h"

/* What a class is called; by its number where the data know fewer classes than the network. */
const char *class_name(const nnfs_dataset *data, int index, short_text *number);

/* Which class `name`, the value of `option`, is. Errors: ARGUMENT (the message
 * names the nearest). */
nnfs_status class_find(const nnfs_dataset *data, const char *option, const char *name, int *index,
                       nnfs_error *error);

#endif
