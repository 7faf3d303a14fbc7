/*
 * A table becomes a dataset: its targets are read out as labels or numbers, rows without them are
 * left out, and all cells stay where the reader has put them.
 */
#include "data/table_dataset.h"

#include "base/memory.h"
#include "base/string_list.h"
#include "data/encoder.h"
#include "table/class_labels.h"
#include "table/column_choice.h"

#include <math.h>
#include <string.h>

/* What is known while the dataset is being made. */
typedef struct making {
    table_choice choice;
    float *y; /* [target_count x rows] the cells of the targets; numbers move into the storage */
    dataset_storage storage;
} making;

/* ---- Cells ---- */

/* Column `column` as floats, into every `stride`th of x. */
static void read_column(const data_table *table, int column, float *x, int stride)
{
    size_t cell = dtype_bytes(table->type);
    size_t row = cell * (size_t)table->column_count;
    const unsigned char *at = (const unsigned char *)table->values + cell * (size_t)column;
    for (int64_t i = 0; i < table->rows; i++) {
        dtype_to_floats(table->type, table->swapped, at + row * (size_t)i, 1,
                        x + (size_t)i * (size_t)stride);
    }
}

static nnfs_status read_targets(making *m, nnfs_error *error)
{
    size_t cells = size_mul((size_t)m->choice.target_count, (size_t)m->choice.table->rows);
    m->y = memory_alloc(cells, sizeof *m->y);
    if (!m->y) {
        return fail_memory(error, size_mul(cells, sizeof *m->y), "the targets");
    }
    for (int i = 0; i < m->choice.target_count; i++) {
        read_column(m->choice.holder, m->choice.targets[i], m->y + i, m->choice.target_count);
    }
    return NNFS_OK;
}

static nnfs_status read_weights(making *m, nnfs_error *error)
{
    if (m->choice.weight < 0) {
        return NNFS_OK;
    }
    float *weights = memory_alloc((size_t)m->choice.table->rows, sizeof *weights);
    if (!weights) {
        return fail_memory(error, (size_t)m->choice.table->rows * sizeof *weights, "the weights");
    }
    m->storage.weights = weights;
    read_column(m->choice.table, m->choice.weight, weights, 1);
    for (int64_t i = 0; i < m->choice.table->rows; i++) {
        if (!(weights[i] >= 0.0f)) {
            return table_fail(m->choice.table, i, m->choice.weight, error,
                              "a weight is a number of 0 or more, and this is %s",
                              isnan(weights[i]) ? "missing" : "less");
        }
    }
    return NNFS_OK;
}

/* ---- Classes or numbers ---- */

static bool all_numbers(const making *m)
{
    for (int i = 0; i < m->choice.target_count; i++) {
        if (m->choice.holder->columns[m->choice.targets[i]].kind == NNFS_COLUMN_CATEGORY) {
            return false;
        }
    }
    return true;
}

static nnfs_status decide(const making *m, bool *classes, nnfs_error *error)
{
    const nnfs_preprocessing *like = m->choice.settings->like;
    nnfs_task task = m->choice.settings->task;
    bool numbers = all_numbers(m);
    if (like) {
        *classes = like->classes > 0;
    } else {
        *classes = task == NNFS_TASK_CLASSES ||
                   (task == NNFS_TASK_AUTO && m->choice.target_count == 1 &&
                    (!numbers || table_looks_like_classes(m->y, m->choice.table->rows)));
    }
    for (int i = 0; i < m->choice.target_count; i++) {
        if (m->choice.holder->columns[m->choice.targets[i]].kind == NNFS_COLUMN_DATE) {
            return fail(error, NNFS_ERROR_DATA, "%s: column %s is dates, which cannot be predicted",
                        m->choice.holder->path,
                        table_label(m->choice.holder, m->choice.targets[i]).text);
        }
    }
    if (m->choice.target_count > 1 && (*classes || !numbers)) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: several targets are predicted at once if they are numbers, and %s",
                    m->choice.holder->path,
                    *classes ? "classes were asked for" : "one of these is text");
    }
    return NNFS_OK;
}

/* Copies the classes of the model's preprocessing. */
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

/* Moves the classes into the storage. */
static void adopt_classes(making *m, table_classes *classes)
{
    m->storage.classes = classes->count;
    m->storage.schema->class_names = classes->names;
    m->storage.schema->target_kind = classes->kind;
    *classes = (table_classes){0};
}

static nnfs_status make_labels(making *m, nnfs_error *error)
{
    const nnfs_preprocessing *like = m->choice.settings->like;
    int64_t rows = m->choice.table->rows;
    table_classes classes;
    nnfs_status status;
    if (like) {
        TRY(classes_like(like, &classes, error));
    } else {
        TRY(table_classes_find(m->choice.holder, m->choice.targets[0], m->y, rows, &classes,
                               error));
    }
    m->storage.labels = memory_alloc((size_t)rows, sizeof *m->storage.labels);
    if (m->storage.labels) {
        status = table_classes_label(m->choice.holder, m->choice.targets[0], m->y, rows, &classes,
                                     m->storage.labels, error);
    } else {
        status = fail_memory(error, (size_t)rows * sizeof(int32_t), "the labels");
    }
    adopt_classes(m, &classes);
    return status;
}

static nnfs_status make_targets(making *m, nnfs_error *error)
{
    bool classes = false;
    TRY(decide(m, &classes, error));
    if (classes) {
        return make_labels(m, error);
    }
    m->storage.target_count = m->choice.target_count;
    m->storage.targets = m->y;
    m->y = NULL;
    return NNFS_OK;
}

/* For predictions: what there would be. */
static nnfs_status make_no_targets(making *m, nnfs_error *error)
{
    const nnfs_preprocessing *like = m->choice.settings->like;
    table_classes classes = {0};
    m->storage.target_count = like->classes > 0 ? 0 : like->target_count;
    if (like->classes > 0) {
        TRY(classes_like(like, &classes, error));
        adopt_classes(m, &classes);
    }
    return NNFS_OK;
}

/* ---- The dataset ---- */

/* The schema, with the table's columns in it. */
static nnfs_status make_schema(making *m, nnfs_error *error)
{
    data_table *table = m->choice.table;
    table_schema *schema = memory_alloc_zeroed(1, sizeof *schema);
    bool own = m->choice.holder == table;
    m->storage.schema = schema;
    if (!schema) {
        return fail_memory(error, sizeof *schema, "columns");
    }
    schema->features = memory_alloc((size_t)table->column_count, sizeof *schema->features);
    schema->targets = memory_alloc((size_t)m->choice.target_count, sizeof *schema->targets);
    schema->missing = string_list_copy(table_missing(m->choice.settings));
    if (!schema->features || !schema->targets || !schema->missing) {
        return fail_memory(error, (size_t)table->column_count * sizeof(int), "columns");
    }
    schema->reading = table->reading;
    for (int i = 0; i < table->column_count; i++) {
        if (table->columns[i].use == NNFS_COLUMN_FEATURE) {
            schema->features[schema->feature_count++] = i;
        }
    }
    for (int i = 0; own && i < m->choice.target_count; i++) {
        schema->targets[schema->target_count++] = m->choice.targets[i];
    }
    return NNFS_OK;
}

/* Moves the table's columns and cells into the storage. */
static void adopt_table(making *m)
{
    data_table *table = m->choice.table;
    dataset_storage *storage = &m->storage;
    storage->schema->columns = table->columns;
    storage->schema->column_count = table->column_count;
    storage->schema->kept = table->kept;
    storage->features = table->values;
    storage->type = table->type;
    storage->swapped = table->swapped;
    storage->scale = 1.0f;
    storage->feature_count = table->column_count;
    storage->picture = table->picture;
    storage->samples = table->rows;
    storage->mapping = table->mapping;
    storage->mapping_bytes = table->mapping_bytes;
    table->columns = NULL;
    table->kept = (table_texts){0};
    table->values = NULL;
    if (table->mapping) {
        table->mapping = NULL;
        table->lines = NULL;
    }
}

/* cells [count x rows] */
static bool row_has_targets(const float *cells, int count, int64_t row)
{
    for (int i = 0; i < count; i++) {
        if (isnan(cells[row * count + i])) {
            return false;
        }
    }
    return true;
}

/* Leaves out the rows whose target is missing. */
static nnfs_status keep_rows(const making *m, nnfs_dataset *dataset, nnfs_error *error)
{
    const float *cells = m->y ? m->y : dataset->storage.targets;
    int count = m->choice.target_count;
    int64_t kept = 0;
    for (int64_t i = 0; i < dataset->samples; i++) {
        kept += row_has_targets(cells, count, i);
    }
    if (kept == 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: the target is missing in every row",
                    m->choice.holder->path);
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
        if (row_has_targets(cells, count, i)) {
            dataset->rows[at++] = (uint32_t)i;
        }
    }
    dataset->samples = kept;
    return NNFS_OK;
}

static nnfs_status make_parts(making *m, nnfs_error *error)
{
    if (m->choice.table->rows >= UINT32_MAX) {
        return fail(error, NNFS_ERROR_DATA, "%s: more than 2^32 - 2 rows", m->choice.table->path);
    }
    TRY(make_schema(m, error));
    if (m->choice.holder) {
        TRY(read_targets(m, error));
    }
    TRY((m->choice.holder ? make_targets : make_no_targets)(m, error));
    return read_weights(m, error);
}

/* What a dataset of a table has besides its storage. */
static nnfs_status complete(const making *m, nnfs_dataset *dataset, nnfs_error *error)
{
    if (m->choice.holder) {
        TRY(keep_rows(m, dataset, error));
    }
    dataset->inputs = dataset->storage.schema->feature_count;
    dataset->encoder = encoder_plain(dataset->storage.schema);
    if (!dataset->encoder) {
        return fail_memory(error, (size_t)dataset->inputs * sizeof(int), "columns");
    }
    if (dataset->storage.weights) {
        TRY(dataset_set_weights(dataset, error));
    }
    if (m->choice.settings->like) {
        return nnfs_dataset_prepare(dataset, m->choice.settings->like, error);
    }
    return NNFS_OK;
}

nnfs_status table_dataset(data_table *table, const nnfs_dataset_settings *settings,
                          nnfs_dataset **dataset, nnfs_error *error)
{
    making m = {.choice = {.table = NULL}};
    nnfs_dataset *made = NULL;
    *dataset = NULL;
    nnfs_status status = table_choose(table, settings, &m.choice, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(make_parts(&m, error));
    adopt_table(&m);
    TRY_CLEANUP(dataset_adopt(&m.storage, &made, error));
    TRY_CLEANUP(complete(&m, made, error));
    *dataset = made;
    made = NULL;
cleanup:
    nnfs_dataset_free(made);
    dataset_storage_free(&m.storage);
    table_choice_free(&m.choice);
    memory_free(m.y);
    table_free(table);
    return status;
}
