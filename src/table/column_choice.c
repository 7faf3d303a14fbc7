/* Columns chosen: by the settings, or by the model that the table is read like. */
#include "table/column_choice.h"

#include "base/memory.h"
#include "base/string_list.h"
#include "table/column_match.h"
#include "table/preprocessing.h"

#include <math.h>

static nnfs_status choose_all(table_choice *c, nnfs_error *error)
{
    c->target_count = c->holder->column_count;
    c->targets = memory_alloc((size_t)c->target_count, sizeof *c->targets);
    for (int i = 0; c->targets && i < c->target_count; i++) {
        c->targets[i] = i;
    }
    if (!c->targets) {
        return fail_memory(error, sizeof *c->targets, "targets");
    }
    return NNFS_OK;
}

static bool has_apart(const table_choice *c)
{
    return c->settings->targets_path || c->table->targets;
}

static bool wants_classes(const table_choice *c)
{
    const nnfs_preprocessing *like = c->settings->like;
    if (like) {
        return like->classes > 0;
    }
    return c->settings->task != NNFS_TASK_NUMBERS;
}

static float target_cell(const data_table *table, int64_t row, int column)
{
    float value;
    size_t at = (size_t)row * (size_t)table->column_count + (size_t)column;
    const unsigned char *values = table->values;
    dtype_to_floats(table->type, table->swapped, values + at * dtype_bytes(table->type), 1, &value);
    return value;
}

/* The column of the only 1 among zeros; -1: the row is something else. */
static int one_hot_class(const data_table *table, int64_t row)
{
    int class = -1;
    for (int i = 0; i < table->column_count; i++) {
        float value = target_cell(table, row, i);
        if (value == 1.0f && class < 0) {
            class = i;
        } else if (value != 0.0f) {
            return -1;
        }
    }
    return class;
}

/* Columns that are one-hot in every row become one column of class numbers, from 0. */
static nnfs_status join_one_hot(data_table *table, nnfs_error *error)
{
    if (table->column_count < 2 || table->columns[0].kind != NNFS_COLUMN_NUMBER) {
        return NNFS_OK;
    }
    for (int64_t i = 0; i < table->rows; i++) {
        if (one_hot_class(table, i) < 0) {
            return NNFS_OK;
        }
    }
    data_table joined = {.path = table->path, .column_count = 1, .rows = table->rows};
    float *values = memory_alloc((size_t)table->rows, sizeof *values);
    joined.values = values;
    joined.type = DTYPE_F32;
    joined.columns = memory_alloc_zeroed(1, sizeof *joined.columns);
    if (!values || !joined.columns) {
        table_free(&joined);
        return fail_memory(error, (size_t)table->rows * sizeof *values, "the classes");
    }
    joined.columns[0].kind = NNFS_COLUMN_NUMBER;
    for (int64_t i = 0; i < table->rows; i++) {
        values[i] = (float)one_hot_class(table, i);
    }
    table_free(table);
    *table = joined;
    return NNFS_OK;
}

static nnfs_status open_apart(table_choice *c, nnfs_error *error)
{
    const char *path = c->settings->targets_path;
    nnfs_dataset_settings plain;
    nnfs_dataset_settings_init(&plain);
    plain.threads = c->settings->threads;
    c->holder = &c->apart;
    if (c->table->targets) {
        path = "the array of its targets";
        c->apart = *c->table->targets;
        *c->table->targets = (data_table){0};
    } else {
        TRY(npy_read(path, &plain, &c->apart, error));
    }
    if (wants_classes(c)) {
        TRY(join_one_hot(&c->apart, error));
    }
    if (c->apart.rows != c->table->rows) {
        return fail(error, NNFS_ERROR_DATA, "%s has %lld rows, but %s has %lld", c->table->path,
                    (long long)c->table->rows, path, (long long)c->apart.rows);
    }
    return choose_all(c, error);
}

/* The columns that the settings name, each once; the last one where they name none. */
static nnfs_status choose_named(table_choice *c, nnfs_error *error)
{
    const char *const *names = c->settings->targets;
    int count = 0;
    while (names && names[count]) {
        count++;
    }
    c->holder = c->table;
    if (count > 0) {
        c->target_count = count;
    } else {
        c->target_count = 1;
    }
    c->targets = memory_alloc((size_t)c->target_count, sizeof *c->targets);
    if (!c->targets) {
        return fail_memory(error, sizeof *c->targets, "targets");
    }
    c->targets[0] = c->table->column_count - 1;
    for (int i = 0; i < count; i++) {
        nnfs_status status = table_require(c->table, names[i], &c->targets[i], error);
        if (status != NNFS_OK) {
            return status;
        }
        table_column *column = &c->table->columns[c->targets[i]];
        if (column->use == NNFS_COLUMN_TARGET) {
            return fail(error, NNFS_ERROR_ARGUMENT, "%s: column %s is named twice as a target",
                        c->table->path, table_label(c->table, c->targets[i]).text);
        }
        column->use = NNFS_COLUMN_TARGET;
    }
    c->table->columns[c->targets[0]].use = NNFS_COLUMN_TARGET;
    return NNFS_OK;
}

static nnfs_status choose_weight(table_choice *c, nnfs_error *error)
{
    if (!c->settings->weight_column) {
        return NNFS_OK;
    }
    TRY(table_require(c->table, c->settings->weight_column, &c->weight, error));
    if (c->table->columns[c->weight].use == NNFS_COLUMN_TARGET) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s: column %s is both target and weight",
                    c->table->path, table_label(c->table, c->weight).text);
    }
    c->table->columns[c->weight].use = NNFS_COLUMN_WEIGHT;
    return NNFS_OK;
}

enum { COUNTER_ROWS = 20 }; /* fewer may go up by chance */

static float cell(const data_table *table, int column, int64_t row)
{
    return ((const float *)table->values)[row * table->column_count + column];
}

/*
 * Whether a column is whole numbers that go up by a constant step: row numbers, which say nothing
 * about rows to come. Large ones are rounded to float32, and so is what they are compared with.
 */
static bool is_counter(const data_table *table, int column)
{
    int64_t rows = table->rows;
    double first = (double)cell(table, column, 0);
    double step = ((double)cell(table, column, rows - 1) - first) / (double)(rows - 1);
    if (!(fabs(first) < 0x1p23)) {
        step = nearbyint(step);
    }
    if (!(step > 0.0) || floor(first) != first) {
        return false;
    }
    for (int64_t i = 1; i < rows; i++) {
        float value = cell(table, column, i);
        if (floorf(value) != value || value != (float)(first + step * (double)i)) {
            return false;
        }
    }
    return true;
}

static bool is_asked_for(const table_choice *c, int column)
{
    const char *const *names = c->settings->numeric;
    while (names && *names && table_find(c->table, *names) != column) {
        names++;
    }
    return names && *names;
}

/* Leaves out the counters of a CSV file, unless nothing else is left or they are asked for. */
static void leave_out_counters(const table_choice *c)
{
    data_table *table = c->table;
    int features = 0;
    bool text = table->first_line > 0 && table->type == DTYPE_F32;
    for (int i = 0; i < table->column_count; i++) {
        features += table->columns[i].use == NNFS_COLUMN_FEATURE;
    }
    for (int i = 0; text && i < table->column_count && table->rows >= COUNTER_ROWS; i++) {
        table_column *column = &table->columns[i];
        if (features > 1 && column->use == NNFS_COLUMN_FEATURE &&
            column->kind == NNFS_COLUMN_NUMBER && column->missing == 0 && is_counter(table, i) &&
            !is_asked_for(c, i)) {
            column->use = NNFS_COLUMN_COUNTER;
            features--;
        }
    }
}

static nnfs_status choose_by_settings(table_choice *c, nnfs_error *error)
{
    for (const char *const *drop = c->settings->drop; drop && *drop; drop++) {
        c->table->columns[table_find(c->table, *drop)].use = NNFS_COLUMN_DROPPED;
    }
    if (!has_apart(c)) {
        TRY(choose_named(c, error));
    }
    TRY(choose_weight(c, error));
    leave_out_counters(c);
    return NNFS_OK;
}

/* Of a column that is neither feature nor target: whether it was one of the model's file. */
static nnfs_column_use use_like(const table_column *column, const nnfs_preprocessing *like)
{
    bool known =
        !column->name || string_list_contains(string_list_view_of(like->left_out), column->name);
    if (known) {
        return NNFS_COLUMN_DROPPED;
    }
    return NNFS_COLUMN_UNKNOWN;
}

static nnfs_status choose_like(table_choice *c, nnfs_error *error)
{
    const nnfs_preprocessing *like = c->settings->like;
    column_match match;
    nnfs_status status = column_match_create(c->table, like, &match, error);
    if (status != NNFS_OK) {
        return status;
    }
    for (int i = 0; i < c->table->column_count; i++) {
        c->table->columns[i].use = use_like(&c->table->columns[i], like);
    }
    for (int i = 0; i < like->column_count; i++) {
        if (match.features[i] >= 0) {
            c->table->columns[match.features[i]].use = NNFS_COLUMN_FEATURE;
        }
    }
    for (int i = 0; i < like->target_count && match.has_targets; i++) {
        c->table->columns[match.targets[i]].use = NNFS_COLUMN_TARGET;
    }
    if (match.has_targets && !c->settings->ignore_targets && !has_apart(c)) {
        c->holder = c->table;
        c->target_count = like->target_count;
        c->targets = match.targets;
        match.targets = NULL;
    }
    column_match_free(&match);
    return NNFS_OK;
}

static nnfs_status check_features(const table_choice *c, nnfs_error *error)
{
    for (int i = 0; i < c->table->column_count; i++) {
        if (c->table->columns[i].use == NNFS_COLUMN_FEATURE) {
            return NNFS_OK;
        }
    }
    return fail(error, NNFS_ERROR_DATA, "%s: no column is left to predict from", c->table->path);
}

nnfs_status table_choose(data_table *table, const nnfs_dataset_settings *settings, table_choice *c,
                         nnfs_error *error)
{
    *c = (table_choice){.table = table, .settings = settings, .weight = -1};
    TRY((c->settings->like ? choose_like : choose_by_settings)(c, error));
    if (has_apart(c) && !c->settings->ignore_targets) {
        TRY(open_apart(c, error));
    }
    if (c->settings->like && c->holder && c->target_count != c->settings->like->target_count) {
        return fail(error, NNFS_ERROR_DATA, "%s: %d targets, where the model has %d",
                    c->holder->path, c->target_count, c->settings->like->target_count);
    }
    return check_features(c, error);
}

void table_choice_free(table_choice *c)
{
    table_free(&c->apart);
    memory_free(c->targets);
    *c = (table_choice){0};
}
