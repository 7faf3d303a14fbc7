/* Columns as people name them. The library names no columns of what it refuses. */
#include "train/table_load.h"

#include "common/exit.h"

#include "common/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names with commas ---- */

static bool is_column(const nnfs_dataset *data, const char *name)
{
    char *end = NULL;
    long number = strtol(name, &end, 10);
    if (*end == '\0' && number >= 1 && number <= nnfs_dataset_columns(data)) {
        return true;
    }
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        const char *column = nnfs_dataset_column(data, i).name;
        if (column && strcmp(column, name) == 0) {
            return true;
        }
    }
    return false;
}

/* How many items from `first` on make the name of a column, with commas between; 0: none do. */
static int count_pieces(const nnfs_dataset *data, const string_list *list, int first, char *name)
{
    name[0] = '\0';
    for (int i = first; i < list->count; i++) {
        (void)strcat(strcat(name, i > first ? "," : ""), list->items[i]);
        if (is_column(data, name)) {
            return i - first + 1;
        }
    }
    return 0;
}

/* A list with the pieces of names joined again; *joined where there are any. */
static string_list join(const nnfs_dataset *data, const string_list *list, bool *joined)
{
    string_list whole = {NULL, 0};
    size_t room = 1;
    for (int i = 0; i < list->count; i++) {
        room += strlen(list->items[i]) + 1;
    }
    char *name = NULL;
    if (list->count > 0) {
        name = malloc(room);
    }
    for (int i = 0; name && i < list->count;) {
        int pieces = count_pieces(data, list, i, name);
        const char *item = name;
        if (pieces <= 0) {
            item = list->items[i];
        }
        list_add(&whole, item, strlen(item));
        *joined = *joined || pieces > 1;
        if (pieces > 0) {
            i += pieces;
        } else {
            i += 1;
        }
    }
    free(name);
    return whole;
}

/* Options whose lists of columns are joined, and freed by the next; the rest is borrowed. */
static table_options join_all(const nnfs_dataset *data, const table_options *options, bool *joined)
{
    table_options whole = *options;
    whole.targets = join(data, &options->targets, joined);
    whole.categorical = join(data, &options->categorical, joined);
    whole.numeric = join(data, &options->numeric, joined);
    whole.drop = join(data, &options->drop, joined);
    return whole;
}

static void free_joined(table_options *whole)
{
    whole->missing = (string_list){NULL, 0};
    whole->arrays = (string_list){NULL, 0};
    whole->keep = (string_list){NULL, 0};
    table_options_free(whole);
}

/* ---- Names that are nearly right ---- */

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
    const char *nearest = NULL;
    if (strstr(error->message, quoted)) {
        nearest = nearest_column(data, name);
    }
    if (nearest) {
        (void)snprintf(error->message + used, sizeof error->message - used,
                       "; did you mean '%.64s'?", nearest);
    }
    return nearest != NULL;
}

static void hint_at_any(const nnfs_dataset *data, const table_options *options, nnfs_error *error)
{
    const string_list *const lists[] = {&options->targets, &options->categorical, &options->numeric,
                                        &options->drop};
    bool hinted = options->weight_column && hint_at(data, options->weight_column, error);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (int j = 0; !hinted && j < lists[i]->count; j++) {
            hinted = hint_at(data, lists[i]->items[j], error);
        }
    }
}

/* ---- Loading ---- */

/* The table with none of its columns chosen; NULL where even that fails. */
static nnfs_dataset *load_plain(const char *path, const table_options *options, int threads)
{
    nnfs_dataset_settings settings;
    nnfs_dataset *data = NULL;
    nnfs_dataset_settings_init(&settings);
    settings.threads = threads;
    table_options_apply_format(options, &settings);
    (void)nnfs_dataset_load(path, &settings, &data, NULL, NULL);
    return data;
}

/* After it failed for a column that is not there. */
static nnfs_status load_again(const char *path, const table_options *options,
                              nnfs_dataset_settings *settings, nnfs_dataset **train,
                              nnfs_dataset **test, nnfs_error *error)
{
    nnfs_dataset *data = load_plain(path, options, settings->threads);
    nnfs_status status = error->status;
    if (!data) {
        return status;
    }
    bool joined = false;
    table_options whole = join_all(data, options, &joined);
    if (joined) {
        table_options_apply(&whole, settings);
        status = nnfs_dataset_load(path, settings, train, test, error);
    }
    if (status != NNFS_OK) {
        hint_at_any(data, &whole, error);
    }
    free_joined(&whole);
    nnfs_dataset_free(data);
    return status;
}

nnfs_status table_load(const char *path, const table_options *options, int threads,
                       nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = threads;
    table_options_apply(options, &settings);
    nnfs_status status = nnfs_dataset_load(path, &settings, train, test, error);
    if (status == NNFS_ERROR_DATA && strstr(error->message, "no column '")) {
        return load_again(path, options, &settings, train, test, error);
    }
    return status;
}
