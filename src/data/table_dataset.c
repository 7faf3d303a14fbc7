/*
 * A table becomes a dataset: what is to be predicted is found and read out as labels or numbers, rows
 * without it are left out, and all cells stay where the reader has put them.
 */
#include "data/table_dataset.h"

#include "base/memory.h"
#include "data/encoder.h"
#include "data/table_classes.h"
#include "data/table_match.h"
#include "data/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is known while the dataset is being made. */
typedef struct making {
    data_table *table;
    const nnfs_dataset_settings *settings;
    data_table apart;         /* the targets, where they have a file of their own */
    const data_table *holder; /* of the targets: `apart` or `table`; NULL where there are none */
    int *targets;             /* [target_count] columns of the holder */
    int target_count;
    int weight; /* column of the weights, -1 */
    float *y;   /* [target_count x rows] the cells */
    dataset_parts parts;
} making;

/* ---- Which columns ---- */

static nnfs_status choose_all(making *m, nnfs_error *error)
{
    m->target_count = m->holder->column_count;
    m->targets = memory_alloc((size_t)m->target_count, sizeof *m->targets);
    for (int i = 0; m->targets && i < m->target_count; i++) {
        m->targets[i] = i;
    }
    return m->targets ? NNFS_OK : fail_memory(error, sizeof *m->targets, "targets");
}

static nnfs_status open_apart(making *m, nnfs_error *error)
{
    const char *path = m->settings->targets_path;
    nnfs_dataset_settings plain;
    nnfs_dataset_settings_init(&plain);
    plain.threads = m->settings->threads;
    nnfs_status status = npy_read(path, &plain, &m->apart, error);
    if (status == NNFS_OK && m->apart.rows != m->table->rows) {
        status = fail(error, NNFS_ERROR_DATA, "%s has %lld rows, but %s has %lld", m->table->path,
                      (long long)m->table->rows, path, (long long)m->apart.rows);
    }
    m->holder = &m->apart;
    return status == NNFS_OK ? choose_all(m, error) : status;
}

/* The columns that the settings name, each once; the last one where they name none. */
static nnfs_status choose_named(making *m, nnfs_error *error)
{
    const char *const *names = m->settings->targets;
    int count = 0;
    while (names && names[count]) {
        count++;
    }
    m->holder = m->table;
    m->target_count = count > 0 ? count : 1;
    m->targets = memory_alloc((size_t)m->target_count, sizeof *m->targets);
    if (!m->targets) {
        return fail_memory(error, sizeof *m->targets, "targets");
    }
    m->targets[0] = m->table->column_count - 1;
    for (int i = 0; i < count; i++) {
        nnfs_status status = table_require(m->table, names[i], &m->targets[i], error);
        if (status != NNFS_OK) {
            return status;
        }
        table_column *column = &m->table->columns[m->targets[i]];
        if (column->use == NNFS_COLUMN_TARGET) {
            return fail(error, NNFS_ERROR_ARGUMENT, "%s: column %s is to be predicted twice",
                        m->table->path, table_label(m->table, m->targets[i]).text);
        }
        column->use = NNFS_COLUMN_TARGET;
    }
    m->table->columns[m->targets[0]].use = NNFS_COLUMN_TARGET;
    return NNFS_OK;
}

static nnfs_status choose_weight(making *m, nnfs_error *error)
{
    if (!m->settings->weight_column) {
        return NNFS_OK;
    }
    nnfs_status status = table_require(m->table, m->settings->weight_column, &m->weight, error);
    if (status == NNFS_OK && m->table->columns[m->weight].use == NNFS_COLUMN_TARGET) {
        status = fail(error, NNFS_ERROR_ARGUMENT, "%s: column %s is both target and weight",
                      m->table->path, table_label(m->table, m->weight).text);
    }
    if (status == NNFS_OK) {
        m->table->columns[m->weight].use = NNFS_COLUMN_WEIGHT;
    }
    return status;
}

static nnfs_status choose_by_settings(making *m, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    for (const char *const *drop = m->settings->drop; drop && *drop; drop++) {
        m->table->columns[table_find(m->table, *drop)].use = NNFS_COLUMN_DROPPED;
    }
    if (!m->settings->targets_path) {
        status = choose_named(m, error);
    }
    return status == NNFS_OK ? choose_weight(m, error) : status;
}

static nnfs_status choose_like(making *m, nnfs_error *error)
{
    const nnfs_preprocessing *like = m->settings->like;
    table_match match;
    nnfs_status status = table_match_like(m->table, like, &match, error);
    if (status != NNFS_OK) {
        return status;
    }
    for (int i = 0; i < m->table->column_count; i++) {
        m->table->columns[i].use = NNFS_COLUMN_DROPPED;
    }
    for (int i = 0; i < like->column_count; i++) {
        if (match.features[i] >= 0) {
            m->table->columns[match.features[i]].use = NNFS_COLUMN_FEATURE;
        }
    }
    for (int i = 0; i < like->target_count && match.has_targets; i++) {
        m->table->columns[match.targets[i]].use = NNFS_COLUMN_TARGET;
    }
    if (match.has_targets && !m->settings->ignore_targets && !m->settings->targets_path) {
        m->holder = m->table;
        m->target_count = like->target_count;
        m->targets = match.targets;
        match.targets = NULL;
    }
    table_match_free(&match);
    return NNFS_OK;
}

static nnfs_status check_features(const making *m, nnfs_error *error)
{
    for (int i = 0; i < m->table->column_count; i++) {
        if (m->table->columns[i].use == NNFS_COLUMN_FEATURE) {
            return NNFS_OK;
        }
    }
    return fail(error, NNFS_ERROR_DATA, "%s: no column is left to predict from", m->table->path);
}

static nnfs_status choose_columns(making *m, nnfs_error *error)
{
    m->weight = -1;
    nnfs_status status = (m->settings->like ? choose_like : choose_by_settings)(m, error);
    if (status == NNFS_OK && m->settings->targets_path && !m->settings->ignore_targets) {
        status = open_apart(m, error);
    }
    if (status == NNFS_OK && m->settings->like && m->holder &&
        m->target_count != m->settings->like->target_count) {
        status = fail(error, NNFS_ERROR_DATA, "%s: %d targets, where the model has %d",
                      m->holder->path, m->target_count, m->settings->like->target_count);
    }
    return status == NNFS_OK ? check_features(m, error) : status;
}

/* ---- Cells ---- */

/* Column `column` as floats, into every `stride`th of x. */
static void read_column(const data_table *table, int column, float *x, int stride)
{
    size_t cell = stored_bytes(table->type);
    size_t row = cell * (size_t)table->column_count;
    const unsigned char *at = (const unsigned char *)table->values + cell * (size_t)column;
    for (int64_t i = 0; i < table->rows; i++) {
        stored_to_floats(table->type, table->swapped, at + row * (size_t)i, 1,
                         x + (size_t)i * (size_t)stride);
    }
}

static nnfs_status read_targets(making *m, nnfs_error *error)
{
    size_t cells = size_mul((size_t)m->target_count, (size_t)m->table->rows);
    m->y = memory_alloc(cells, sizeof *m->y);
    if (!m->y) {
        return fail_memory(error, size_mul(cells, sizeof *m->y), "the targets");
    }
    for (int i = 0; i < m->target_count; i++) {
        read_column(m->holder, m->targets[i], m->y + i, m->target_count);
    }
    return NNFS_OK;
}

static nnfs_status read_weights(making *m, nnfs_error *error)
{
    if (m->weight < 0) {
        return NNFS_OK;
    }
    float *weights = memory_alloc((size_t)m->table->rows, sizeof *weights);
    if (!weights) {
        return fail_memory(error, (size_t)m->table->rows * sizeof *weights, "the weights");
    }
    m->parts.weights = weights;
    read_column(m->table, m->weight, weights, 1);
    for (int64_t i = 0; i < m->table->rows; i++) {
        if (!(weights[i] >= 0.0f)) {
            return table_fail(m->table, i, m->weight, error,
                              "a weight is a number of 0 or more, and this is %s",
                              isnan(weights[i]) ? "missing" : "less");
        }
    }
    return NNFS_OK;
}

/* ---- Classes or numbers ---- */

static bool all_numbers(const making *m)
{
    for (int i = 0; i < m->target_count; i++) {
        if (m->holder->columns[m->targets[i]].kind == NNFS_COLUMN_CATEGORY) {
            return false;
        }
    }
    return true;
}

static nnfs_status decide(const making *m, bool *classes, nnfs_error *error)
{
    const nnfs_preprocessing *like = m->settings->like;
    nnfs_task task = m->settings->task;
    bool numbers = all_numbers(m);
    *classes = like ? like->classes > 0
                    : task == NNFS_TASK_CLASSES ||
                          (task == NNFS_TASK_AUTO && m->target_count == 1 &&
                           (!numbers || table_looks_like_classes(m->y, m->table->rows)));
    if (m->target_count > 1 && (*classes || !numbers)) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: several targets are predicted at once if they are numbers, and %s",
                    m->holder->path, *classes ? "classes were asked for" : "one of these is text");
    }
    return NNFS_OK;
}

/* The classes of the model that is to be like, copied. */
static nnfs_status classes_like(const nnfs_preprocessing *like, table_classes *classes,
                                nnfs_error *error)
{
    *classes =
        (table_classes){.names = memory_alloc_zeroed((size_t)like->classes, sizeof *classes->names),
                        .count = like->classes,
                        .kind = like->target_kind};
    bool named = classes->names != NULL;
    for (int i = 0; named && i < like->classes; i++) {
        classes->names[i] = strdup(like->class_names[i]);
        named = classes->names[i] != NULL;
    }
    if (!named) {
        table_classes_free(classes);
        return fail_memory(error, (size_t)like->classes * sizeof(char *), "classes");
    }
    return NNFS_OK;
}

/* Moves the classes into the parts. */
static void adopt_classes(making *m, table_classes *classes)
{
    m->parts.classes = classes->count;
    m->parts.schema->class_names = classes->names;
    m->parts.schema->target_kind = classes->kind;
    *classes = (table_classes){0};
}

static nnfs_status make_labels(making *m, nnfs_error *error)
{
    const nnfs_preprocessing *like = m->settings->like;
    int64_t rows = m->table->rows;
    table_classes classes;
    nnfs_status status =
        like ? classes_like(like, &classes, error)
             : table_classes_find(m->holder, m->targets[0], m->y, rows, &classes, error);
    if (status != NNFS_OK) {
        return status;
    }
    m->parts.labels = memory_alloc((size_t)rows, sizeof *m->parts.labels);
    status = m->parts.labels ? table_classes_label(m->holder, m->targets[0], m->y, rows, &classes,
                                                   m->parts.labels, error)
                             : fail_memory(error, (size_t)rows * sizeof(int32_t), "the labels");
    adopt_classes(m, &classes);
    return status;
}

static nnfs_status make_targets(making *m, nnfs_error *error)
{
    bool classes = false;
    nnfs_status status = decide(m, &classes, error);
    if (status == NNFS_OK && classes) {
        return make_labels(m, error);
    }
    if (status == NNFS_OK) {
        m->parts.target_count = m->target_count;
        m->parts.targets =
            memory_alloc(size_mul((size_t)m->target_count, (size_t)m->table->rows), sizeof *m->y);
        status = m->parts.targets ? NNFS_OK : fail_memory(error, sizeof *m->y, "the targets");
    }
    if (status == NNFS_OK) {
        memcpy(m->parts.targets, m->y,
               (size_t)m->target_count * (size_t)m->table->rows * sizeof *m->y);
    }
    return status;
}

/* For predictions: what there would be. */
static nnfs_status make_no_targets(making *m, nnfs_error *error)
{
    const nnfs_preprocessing *like = m->settings->like;
    table_classes classes = {0};
    m->parts.target_count = like->classes > 0 ? 0 : like->target_count;
    nnfs_status status = like->classes > 0 ? classes_like(like, &classes, error) : NNFS_OK;
    if (status == NNFS_OK && like->classes > 0) {
        adopt_classes(m, &classes);
    }
    return status;
}

/* ---- The dataset ---- */

/* The schema, with the table's columns in it. */
static nnfs_status make_schema(making *m, nnfs_error *error)
{
    data_table *table = m->table;
    table_schema *schema = memory_alloc_zeroed(1, sizeof *schema);
    bool own = m->holder == table;
    m->parts.schema = schema;
    if (!schema) {
        return fail_memory(error, sizeof *schema, "columns");
    }
    schema->features = memory_alloc((size_t)table->column_count, sizeof *schema->features);
    schema->targets = memory_alloc((size_t)m->target_count, sizeof *schema->targets);
    if (!schema->features || !schema->targets) {
        return fail_memory(error, (size_t)table->column_count * sizeof(int), "columns");
    }
    for (int i = 0; i < table->column_count; i++) {
        if (table->columns[i].use == NNFS_COLUMN_FEATURE) {
            schema->features[schema->feature_count++] = i;
        }
    }
    for (int i = 0; own && i < m->target_count; i++) {
        schema->targets[schema->target_count++] = m->targets[i];
    }
    return NNFS_OK;
}

/* Moves the table's columns and cells into the parts. */
static void adopt_table(making *m)
{
    data_table *table = m->table;
    dataset_parts *parts = &m->parts;
    parts->schema->columns = table->columns;
    parts->schema->column_count = table->column_count;
    parts->features = table->values;
    parts->type = table->type;
    parts->swapped = table->swapped;
    parts->scale = 1.0f;
    parts->feature_count = table->column_count;
    parts->picture = table->picture;
    parts->samples = table->rows;
    parts->mapping = table->mapping;
    parts->mapping_bytes = table->mapping_bytes;
    table->columns = NULL;
    table->values = NULL;
    table->mapping = NULL;
}

static bool row_has_targets(const making *m, int64_t row)
{
    for (int i = 0; i < m->target_count; i++) {
        if (isnan(m->y[row * m->target_count + i])) {
            return false;
        }
    }
    return true;
}

/* Leaves out the rows whose target is missing. */
static nnfs_status keep_rows(const making *m, nnfs_dataset *dataset, nnfs_error *error)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < dataset->samples; i++) {
        kept += row_has_targets(m, i);
    }
    if (kept == 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: the target is missing in every row",
                    m->holder->path);
    }
    if (kept == dataset->samples) {
        return NNFS_OK;
    }
    dataset->rows = memory_alloc((size_t)kept, sizeof *dataset->rows);
    if (!dataset->rows) {
        return fail_memory(error, (size_t)kept * sizeof *dataset->rows, "rows");
    }
    int64_t at = 0;
    for (int64_t i = 0; i < dataset->samples; i++) {
        if (row_has_targets(m, i)) {
            dataset->rows[at++] = (uint32_t)i;
        }
    }
    dataset->samples = kept;
    return NNFS_OK;
}

static nnfs_status make_parts(making *m, nnfs_error *error)
{
    nnfs_status status = choose_columns(m, error);
    if (status == NNFS_OK && m->table->rows >= UINT32_MAX) {
        status = fail(error, NNFS_ERROR_DATA, "%s: more than 2^32 - 2 rows", m->table->path);
    }
    if (status == NNFS_OK) {
        status = make_schema(m, error);
    }
    if (status == NNFS_OK && m->holder) {
        status = read_targets(m, error);
    }
    if (status == NNFS_OK) {
        status = (m->holder ? make_targets : make_no_targets)(m, error);
    }
    return status == NNFS_OK ? read_weights(m, error) : status;
}

/* What a dataset of a table has besides its parts. */
static nnfs_status complete(const making *m, nnfs_dataset *dataset, nnfs_error *error)
{
    nnfs_status status = m->holder ? keep_rows(m, dataset, error) : NNFS_OK;
    dataset->inputs = dataset->parts.schema->feature_count;
    dataset->encoder = encoder_plain(dataset->parts.schema);
    if (status == NNFS_OK && !dataset->encoder) {
        status = fail_memory(error, (size_t)dataset->inputs * sizeof(int), "columns");
    }
    if (status == NNFS_OK && dataset->parts.weights) {
        status = dataset_set_weights(dataset, error);
    }
    if (status == NNFS_OK && m->settings->like) {
        status = nnfs_dataset_prepare(dataset, m->settings->like, error);
    }
    return status;
}

nnfs_status table_dataset(data_table *table, const nnfs_dataset_settings *settings,
                          nnfs_dataset **dataset, nnfs_error *error)
{
    making m = {.table = table, .settings = settings};
    nnfs_dataset *made = NULL;
    *dataset = NULL;
    nnfs_status status = make_parts(&m, error);
    if (status == NNFS_OK) {
        adopt_table(&m);
        status = dataset_adopt(&m.parts, &made, error);
    }
    if (status == NNFS_OK) {
        status = complete(&m, made, error);
    }
    if (status == NNFS_OK) {
        *dataset = made;
        made = NULL;
    }
    nnfs_dataset_free(made);
    dataset_parts_free(&m.parts);
    table_free(&m.apart);
    memory_free(m.targets);
    memory_free(m.y);
    table_free(table);
    return status;
}
