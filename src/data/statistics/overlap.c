/*
 * Samples that two datasets share: those of the first go into a hash table, in which those of the
 * other are looked up. What is compared are keys: the features and targets of a sample as numbers,
 * where the same category has the same one in both. A hash only says where to compare.
 */
#include "data/dataset.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/string_list.h"
#include "data/batch.h"
#include "table/preprocessing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How a dataset's samples become keys. */
typedef struct key_maker {
    const nnfs_dataset *dataset;
    int features, outputs; /* a key has both */
    int *columns; /* [features] where they are in a stored row; NULL: features as gathered */
    int **codes;  /* [features] the number each category has in a key; NULL: its own */
    int *classes; /* [classes] index in the other dataset; NULL: the same */
    float *row;   /* as stored */
} key_maker;

/* ---- Keys ---- */

static float code_of(const int *codes, float value)
{
    if (codes && !isnan(value)) {
        return (float)codes[(size_t)value];
    }
    return value;
}

static void fill_targets(const key_maker *maker, int64_t sample, float *key)
{
    const dataset_storage *storage = &maker->dataset->storage;
    size_t row = dataset_row(maker->dataset, sample);
    if (storage->labels) {
        int32_t label = storage->labels[row];
        if (maker->classes) {
            label = maker->classes[label];
        }
        memcpy(key, &label, sizeof label);
    }
    for (int i = 0; !storage->labels && i < maker->outputs; i++) {
        key[i] = storage->targets[row * (size_t)maker->outputs + (size_t)i] + 0.0f;
    }
}

static void make_key(const key_maker *maker, int64_t sample, float *key)
{
    if (!maker->columns) {
        dataset_fetch(maker->dataset, NULL, sample, &(sample_batch){.n = 1, .x = key});
    } else {
        dataset_fetch_stored(maker->dataset, sample, maker->row);
        for (int i = 0; i < maker->features; i++) {
            key[i] = code_of(maker->codes ? maker->codes[i] : NULL, maker->row[maker->columns[i]]);
        }
    }
    /* Keys are compared as bytes: one zero, one missing value. */
    for (int i = 0; i < maker->features; i++) {
        key[i] = isnan(key[i]) ? NAN : key[i] + 0.0f;
    }
    fill_targets(maker, sample, key + maker->features);
}

static size_t key_bytes(const key_maker *maker)
{
    return size_mul(size_add((size_t)maker->features, (size_t)maker->outputs), sizeof(float));
}

/* ---- The hash table ---- */

#define SLOT_EMPTY UINT32_MAX

typedef struct slot {
    uint32_t tag; /* of the hash, to compare before the keys */
    uint32_t sample;
} slot;

typedef struct key_table {
    const key_maker *maker;
    slot *slots; /* a power of two, at most half of them in use */
    size_t mask;
    float *candidate; /* a key */
} key_table;

/* The slot of the key: of an equal sample, or an empty one. */
static slot *find_slot(const key_table *table, const float *key, uint64_t hash)
{
    size_t bytes = key_bytes(table->maker);
    for (size_t i = hash & table->mask;; i = (i + 1) & table->mask) {
        slot *at = &table->slots[i];
        if (at->sample == SLOT_EMPTY) {
            return at;
        }
        if (at->tag == (uint32_t)(hash >> 32)) {
            make_key(table->maker, at->sample, table->candidate);
            if (memcmp(table->candidate, key, bytes) == 0) {
                return at;
            }
        }
    }
}

static void fill_table(key_table *table, float *key)
{
    for (size_t i = 0; i <= table->mask; i++) {
        table->slots[i].sample = SLOT_EMPTY;
    }
    for (int64_t i = 0; i < table->maker->dataset->samples; i++) {
        make_key(table->maker, i, key);
        uint64_t hash = hash_bytes(HASH_START, key, key_bytes(table->maker));
        *find_slot(table, key, hash) = (slot){(uint32_t)(hash >> 32), (uint32_t)i};
    }
}

static int64_t count_found(const key_table *table, const key_maker *other, float *key)
{
    int64_t found = 0;
    for (int64_t i = 0; i < other->dataset->samples; i++) {
        make_key(other, i, key);
        uint64_t hash = hash_bytes(HASH_START, key, key_bytes(other));
        found += find_slot(table, key, hash)->sample != SLOT_EMPTY;
    }
    return found;
}

static nnfs_status count_shared(const key_maker *maker, const key_maker *other, int64_t *count,
                                nnfs_error *error)
{
    size_t wanted = size_mul((size_t)maker->dataset->samples, 2);
    size_t slots = 2;
    while (slots < wanted) {
        slots *= 2;
    }
    key_table table = {.maker = maker,
                       .slots = memory_alloc(slots, sizeof *table.slots),
                       .mask = slots - 1,
                       .candidate = memory_alloc(1, key_bytes(maker))};
    float *key = memory_alloc(1, key_bytes(maker));
    nnfs_status status = NNFS_OK;
    if (table.slots && table.candidate && key) {
        fill_table(&table, key);
        *count = count_found(&table, other, key);
    } else {
        status = fail_memory(error, size_mul(slots, sizeof *table.slots), "a look for duplicates");
    }
    memory_free(table.slots);
    memory_free(table.candidate);
    memory_free(key);
    return status;
}

/* ---- The same categories in two files ---- */

/* What each of `names` is among `known`; -1 - i for those that aren't. NULL: no memory. */
static int *codes_among(char **known, int known_count, char **names, int count)
{
    int *codes = string_list_positions(string_list_view_of(known), known_count,
                                       string_list_view_of(names), count);
    for (int i = 0; codes && i < count; i++) {
        if (codes[i] < 0) {
            codes[i] = -1 - i;
        }
    }
    return codes;
}

/* ---- The columns of two datasets ---- */

static void maker_free(key_maker *maker)
{
    for (int i = 0; maker->codes && i < maker->features; i++) {
        memory_free(maker->codes[i]);
    }
    memory_free(maker->codes);
    memory_free(maker->classes);
    memory_free(maker->columns);
    memory_free(maker->row);
}

/*
 * Whether the preprocessing (NULL: none) does without a feature, which then need not have been
 * read; `place` is that of the feature among those of its table.
 */
static bool is_left_out(const nnfs_preprocessing *preprocessing, const table_column *column,
                        int place)
{
    int count = 0;
    if (preprocessing) {
        count = preprocessing->column_count;
    }
    for (int i = 0; i < count; i++) {
        /* Mostly it is in the same place. */
        const nnfs_encoding *encoding = &preprocessing->columns[(place + i) % count].encoding;
        if (!column->name || !encoding->name || strcmp(column->name, encoding->name) == 0) {
            return encoding->inputs == 0;
        }
    }
    return false;
}

/* The columns to compare; how many. */
static int choose_columns(const table_schema *schema, const nnfs_preprocessing *preprocessing,
                          int *columns)
{
    int count = 0;
    for (int i = 0; i < schema->feature_count; i++) {
        int column = schema->features[i];
        if (!is_left_out(preprocessing, &schema->columns[column], i)) {
            columns[count++] = column;
        }
    }
    return count;
}

static bool maker_create(const nnfs_dataset *dataset, const nnfs_preprocessing *preprocessing,
                         key_maker *maker)
{
    const dataset_storage *storage = &dataset->storage;
    const table_schema *schema = storage->schema;
    *maker = (key_maker){
        .dataset = dataset,
        .features = schema ? schema->feature_count : dataset->inputs,
    };
    if (storage->labels) {
        maker->outputs = 1;
    } else if (storage->targets) {
        maker->outputs = storage->target_count;
    }
    if (!schema) {
        return true;
    }
    size_t features = (size_t)maker->features;
    maker->row = memory_alloc((size_t)storage->feature_count, sizeof *maker->row);
    maker->columns = memory_alloc(features, sizeof *maker->columns);
    maker->codes = memory_alloc_zeroed(features, sizeof *maker->codes);
    if (maker->columns) {
        maker->features = choose_columns(schema, preprocessing, maker->columns);
    }
    return maker->row && maker->columns && maker->codes;
}

/* The feature of `schema` that is called like `column`, -1 where none is. */
static int feature_like(const table_schema *schema, const table_column *column, int place)
{
    for (int i = 0; i < schema->feature_count; i++) {
        int feature = schema->features[(place + i) % schema->feature_count];
        const char *name = schema->columns[feature].name;
        if (name && strcmp(name, column->name) == 0) {
            return feature;
        }
    }
    return -1;
}

/*
 * Lets the keys of `other` have the columns of `maker` in their order, and their codes: found by
 * their names, without names by their places.
 */
static bool match_columns(const key_maker *maker, key_maker *other, bool *memory)
{
    const table_schema *to = maker->dataset->storage.schema;
    const table_schema *from = other->dataset->storage.schema;
    for (int i = 0; i < maker->features; i++) {
        const table_column *wanted = &to->columns[maker->columns[i]];
        int place = wanted->name ? feature_like(from, wanted, i) : other->columns[i];
        if (place < 0 || from->columns[place].kind != wanted->kind) {
            return false;
        }
        const table_column *found = &from->columns[place];
        other->columns[i] = place;
        if (wanted->kind == NNFS_COLUMN_CATEGORY) {
            other->codes[i] = codes_among(wanted->categories, wanted->category_count,
                                          found->categories, found->category_count);
            *memory = *memory && other->codes[i];
        }
    }
    if (maker->dataset->storage.labels) {
        other->classes = codes_among(to->class_names, maker->dataset->storage.classes,
                                     from->class_names, other->dataset->storage.classes);
        *memory = *memory && other->classes;
    }
    return true;
}

/* Whether keys of the one can be compared with keys of the other at all. */
static bool same_kind(const key_maker *maker, const key_maker *other)
{
    const dataset_storage *storage = &maker->dataset->storage;
    const dataset_storage *others = &other->dataset->storage;
    return !storage->schema == !others->schema && !storage->labels == !others->labels &&
           maker->features == other->features && maker->outputs == other->outputs;
}

nnfs_status nnfs_dataset_count_overlap(const nnfs_dataset *dataset, const nnfs_dataset *other,
                                       int64_t *count, nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (!other) {
        return fail_null(error, "other");
    }
    if (!count) {
        return fail_null(error, "count");
    }
    key_maker left = {0};
    key_maker right = {0};
    *count = 0;
    const nnfs_preprocessing *preprocessing = nnfs_dataset_preprocessing(dataset);
    if (!preprocessing) {
        preprocessing = nnfs_dataset_preprocessing(other);
    }
    bool memory =
        maker_create(dataset, preprocessing, &left) && maker_create(other, preprocessing, &right);
    bool same = memory && same_kind(&left, &right);
    if (same && dataset->storage.schema != other->storage.schema) {
        same = match_columns(&left, &right, &memory);
    }
    nnfs_status status;
    if (!memory) {
        status = fail_memory(error, key_bytes(&left), "a look for duplicates");
    } else if (!same) {
        status = fail(error, NNFS_ERROR_ARGUMENT, "the two datasets do not have the same columns");
    } else {
        status = count_shared(&left, &right, count, error);
    }
    maker_free(&left);
    maker_free(&right);
    return status;
}
