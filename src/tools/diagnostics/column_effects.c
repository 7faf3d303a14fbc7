/* Importance and partial dependence, measured and as JSON. */
#include "diagnostics/column_effects.h"

#include "common/bounds.h"
#include "common/class_names.h"
#include "common/exit.h"
#include "common/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Importance ---- */

static int compare_effects(const void *left, const void *right)
{
    const column_effect *a = left;
    const column_effect *b = right;
    if (a->importance != b->importance) {
        return (a->importance < b->importance) - (a->importance > b->importance);
    }
    return a->column - b->column;
}

nnfs_status column_effects_measure(const nnfs_network *network, const nnfs_dataset *data,
                                   const nnfs_importance_settings *settings, column_effects *made,
                                   nnfs_error *error)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    *made = (column_effects){.network = network, .data = data, .settings = *settings};
    if (!preprocessing) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "the importance of columns is measured of tables alone");
    }
    int count = nnfs_preprocessing_columns(preprocessing);
    made->count = count;
    made->columns = calloc((size_t)count + 1, sizeof *made->columns);
    double *values = calloc(2 * (size_t)count + 1, sizeof *values);
    nnfs_status status = NNFS_OK;
    if (!made->columns || !values) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        goto cleanup;
    }
    TRY_CLEANUP(nnfs_importance(network, data, settings, values, values + count,
                                &made->error_before, error));
    for (int i = 0; i < count; i++) {
        made->columns[i] = (column_effect){i, values[i], values[count + i]};
    }
    qsort(made->columns, (size_t)count, sizeof *made->columns, compare_effects);
cleanup:
    free(values);
    return status;
}

void column_effects_free(column_effects *made)
{
    free(made->columns);
    made->columns = NULL;
}

const char *column_effect_name(const column_effects *made, int index, short_text *number)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(made->network);
    nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, made->columns[index].column);
    (void)snprintf(number->text, sizeof number->text, "%d", encoding.column + 1);
    if (encoding.name) {
        return encoding.name;
    }
    return number->text;
}

const char *column_effects_error_name(const column_effects *made)
{
    int last = nnfs_network_layer_count(made->network) - 1;
    nnfs_activation output = nnfs_network_layer(made->network, last).activation;
    if (nnfs_dataset_classes(made->data) == 0) {
        return "RMSE";
    }
    if (output == NNFS_SOFTMAX || output == NNFS_SIGMOID) {
        return "log loss";
    }
    return "share of wrong classes";
}

json_t *column_effects_json(const column_effects *made)
{
    json_t *columns = json_array();
    for (int i = 0; i < made->count; i++) {
        short_text number;
        json_t *object = json_object();
        json_set_string(object, "column", column_effect_name(made, i, &number));
        json_set_real(object, "importance", made->columns[i].importance);
        json_set_real(object, "deviation", made->columns[i].deviation);
        (void)json_array_append_new(columns, object);
    }
    json_t *object = json_object();
    json_set_string(object, "error", column_effects_error_name(made));
    json_set_real(object, "error_before", made->error_before);
    json_set_integer(object, "repeats", made->settings.repeats);
    (void)json_object_set_new(object, "columns", columns);
    return object;
}

/* ---- Partial dependence ---- */

enum { GRID = 20, CATEGORIES = 10, CELLS = 2000, SAMPLES = 500, SERIES = 5 };

/* The values that a column is given: quantiles of its cells, or its categories. */
typedef struct value_grid {
    float values[GRID];
    int count;
} value_grid;

static int compare_floats(const void *left, const void *right)
{
    float a = *(const float *)left;
    float b = *(const float *)right;
    return (a > b) - (a < b);
}

/* The column of the data that has the name. */
static int find_cells(const nnfs_dataset *data, const nnfs_encoding *encoding)
{
    for (int i = 0; encoding->name && i < nnfs_dataset_columns(data); i++) {
        const char *name = nnfs_dataset_column(data, i).name;
        if (name && strcmp(name, encoding->name) == 0) {
            return i;
        }
    }
    return encoding->column;
}

/* Different quantiles of at most CELLS cells, evenly taken. */
static bool grid_of_numbers(const nnfs_dataset *data, int column, value_grid *grid)
{
    int64_t samples = nnfs_dataset_samples(data);
    int64_t most = MIN(samples, CELLS);
    float *cells = calloc((size_t)most + 1, sizeof *cells);
    int count = 0;
    for (int64_t i = 0; cells && i < most; i++) {
        float cell = nnfs_dataset_cell(data, i * samples / most, column);
        if (!isnan(cell)) {
            cells[count++] = cell;
        }
    }
    if (cells) {
        qsort(cells, (size_t)count, sizeof *cells, compare_floats);
    }
    for (int i = 0; cells && count > 0 && i < GRID; i++) {
        float value = cells[(int64_t)i * (count - 1) / (GRID - 1)];
        if (grid->count == 0 || value > grid->values[grid->count - 1]) {
            grid->values[grid->count++] = value;
        }
    }
    free(cells);
    return cells != NULL;
}

static json_t *values_json(const nnfs_preprocessing *preprocessing, int column,
                           const value_grid *grid, bool category)
{
    json_t *list = json_array();
    for (int i = 0; i < grid->count; i++) {
        const char *name = NULL;
        if (category) {
            name = nnfs_preprocessing_category(preprocessing, column, (int)grid->values[i]);
        }
        (void)json_array_append_new(list, category ? json_string(name)
                                                   : json_real((double)grid->values[i]));
    }
    return list;
}

/* A list for each output that is drawn: of two classes that of the second alone. */
static json_t *series_json(const column_effects *made, const double *outputs, int values)
{
    int count = nnfs_network_outputs(made->network);
    int classes = nnfs_dataset_classes(made->data);
    int first = 0;
    if (classes == 2 && count == 2) {
        first = 1;
    }
    json_t *list = json_array();
    for (int i = first; i < count && i < first + SERIES; i++) {
        short_text number;
        json_t *means = json_array();
        for (int j = 0; j < values; j++) {
            (void)json_array_append_new(means, json_real(outputs[j * count + i]));
        }
        const nnfs_preprocessing *own = nnfs_network_preprocessing(made->network);
        const char *name = classes > 0 ? class_name(made->data, count == 1 ? 1 : i, &number)
                                       : nnfs_preprocessing_target(own, i).name;
        json_t *object = json_object();
        json_set_string(object, "name", text_or(name, "prediction"));
        (void)json_object_set_new(object, "mean", means);
        (void)json_array_append_new(list, object);
    }
    return list;
}

static json_t *dependence(const column_effects *made, int index, nnfs_error *error)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(made->network);
    int column = made->columns[index].column;
    nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, column);
    bool category = encoding.kind == NNFS_COLUMN_CATEGORY;
    value_grid grid = {.count = 0};
    double *outputs =
        calloc((size_t)GRID * (size_t)nnfs_network_outputs(made->network), sizeof *outputs);
    bool memory = outputs != NULL;
    for (int i = 0; category && i < encoding.categories && i < CATEGORIES; i++) {
        grid.values[grid.count++] = (float)i;
    }
    if (!category) {
        memory = memory && grid_of_numbers(made->data, find_cells(made->data, &encoding), &grid);
    }
    nnfs_status status =
        memory ? nnfs_partial_dependence(made->network, made->data, column, grid.values, grid.count,
                                         SAMPLES, made->settings.threads, outputs, error)
               : set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    json_t *object = NULL;
    if (status == NNFS_OK) {
        short_text number;
        object = json_object();
        json_set_string(object, "column", column_effect_name(made, index, &number));
        (void)json_object_set_new(object, "values",
                                  values_json(preprocessing, column, &grid, category));
        (void)json_object_set_new(object, "series", series_json(made, outputs, grid.count));
    }
    free(outputs);
    return object;
}

json_t *column_dependence_json(const column_effects *made, int most, nnfs_error *error)
{
    json_t *list = json_array();
    for (int i = 0; i < made->count && i < most && made->columns[i].importance > 0.0; i++) {
        json_t *object = dependence(made, i, error);
        if (!object) {
            json_decref(list);
            return NULL;
        }
        (void)json_array_append_new(list, object);
    }
    return list;
}
