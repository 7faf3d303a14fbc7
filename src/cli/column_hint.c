/* The nearest column to a name that none has. The library names no columns of what it refuses. */
#include "column_hint.h"

#include "suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The column whose name is nearest to `name`; NULL where none is near, or one is called so. */
static const char *nearest_column(const nnfs_dataset *data, const char *name)
{
    suggestion nearest = {.text = name};
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        const char *column = nnfs_dataset_column(data, i).name;
        if (column && strcmp(column, name) == 0) {
            return NULL;
        }
        if (column) {
            suggestion_consider(&nearest, column);
        }
    }
    return nearest.name;
}

/* Whether the message is about this name, and there is a nearer one. */
static bool hint_at(const nnfs_dataset *data, const char *name, nnfs_error *error)
{
    char quoted[128];
    size_t used = strlen(error->message);
    (void)snprintf(quoted, sizeof quoted, "no column '%s'", name);
    const char *nearest = strstr(error->message, quoted) ? nearest_column(data, name) : NULL;
    if (nearest) {
        (void)snprintf(error->message + used, sizeof error->message - used,
                       "; did you mean '%.64s'?", nearest);
    }
    return nearest != NULL;
}

static void hint_at_any(const nnfs_dataset *data, const table_options *options, nnfs_error *error)
{
    const text_list *const lists[] = {&options->targets, &options->categorical, &options->numeric,
                                      &options->drop};
    bool hinted = options->weight_column && hint_at(data, options->weight_column, error);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (int j = 0; !hinted && j < lists[i]->count; j++) {
            hinted = hint_at(data, lists[i]->items[j], error);
        }
    }
}

void hint_at_column(const char *path, const table_options *options, nnfs_error *error)
{
    nnfs_dataset_settings settings;
    nnfs_dataset *data = NULL;
    if (!strstr(error->message, "no column '")) {
        return;
    }
    nnfs_dataset_settings_init(&settings);
    table_options_apply_format(options, &settings);
    if (nnfs_dataset_load(path, &settings, &data, NULL, NULL) == NNFS_OK) {
        hint_at_any(data, options, error);
    }
    nnfs_dataset_free(data);
}
