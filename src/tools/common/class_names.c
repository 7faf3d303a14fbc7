/* Classes named, and found by name. */
#include "common/class_names.h"

#include "common/exit.h"
#include "common/suggest.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

const char *class_name(const nnfs_dataset *data, int index, short_text *number)
{
    const char *name = nnfs_dataset_class_name(data, index);
    (void)snprintf(number->text, sizeof number->text, "%d", index);
    if (name) {
        return name;
    }
    return number->text;
}

nnfs_status class_find(const nnfs_dataset *data, const char *option, const char *name, int *index,
                       nnfs_error *error)
{
    suggestion nearest = {.text = name};
    for (int i = 0; i < nnfs_dataset_classes(data); i++) {
        const char *there = nnfs_dataset_class_name(data, i);
        if (strcmp(there, name) == 0) {
            *index = i;
            return NNFS_OK;
        }
        suggestion_consider(&nearest, there);
    }
    return set_error(error, NNFS_ERROR_ARGUMENT, "%s: there is no class '%s'%s%s%s", option, name,
                     nearest.name ? "; did you mean '" : "", text_or(nearest.name, ""),
                     nearest.name ? "'?" : "");
}
