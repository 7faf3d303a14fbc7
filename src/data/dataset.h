/*
 * The dataset: samples as they were stored (uint8 pixels stay uint8 until a batch is gathered),
 * with a class index or numbers for each. Several datasets may share one memory: a split is a list
 * of rows.
 */
#ifndef NNFS_DATA_DATASET_H
#define NNFS_DATA_DATASET_H

#include "table/image_layout.h"
#include "table/table.h"

/* What a dataset keeps of the table it came from. */
typedef struct table_schema {
    table_column *columns; /* [column_count], with their uses */
    int column_count;
    int *features; /* [feature_count] the columns that are features, ascending */
    int feature_count;
    int *targets;     /* [target_count] the columns to predict; none where the targets came */
    int target_count; /* from a file of their own, or were not there */
    nnfs_column_kind target_kind; /* of classes: categories, or numbers that are their names */
    char **class_names;           /* [classes] */
    nnfs_reading reading;
    table_texts kept;
    char **missing; /* what meant "missing" in the file; see base/string_list.h */
} table_schema;

/* What a reader hands over. The arrays come from memory_alloc. */
typedef struct dataset_storage {
    void *features; /* [feature_count x samples] of `type`, column-major; or in `mapping` */
    dtype type;
    bool swapped; /* bytes in the other order than this machine's */
    float scale;  /* a network sees stored * scale: 1/255 for pixels, 1 for numbers */
    int feature_count;
    nnfs_image_layout picture; /* of all features; {0}: they are none */
    bool features_are_pixels;  /* the caller says so: a column that never varies is one, too */
    int64_t samples;
    int32_t *labels; /* [samples] in 0 .. classes-1, or NULL */
    int classes;     /* also where a table for predictions has no labels */
    float *targets;  /* [target_count x samples], or NULL */
    int target_count;
    float *weights;       /* [samples] from a weight column, or NULL */
    table_schema *schema; /* of a table: features are all its columns; else NULL */
    void *mapping;        /* of a file (mmap), or NULL */
    size_t mapping_bytes;
} dataset_storage;

/* How the rows of a table become features; see data/encoder.h. */
typedef struct encoder encoder;

/* What a dataset and its splits share, reference-counted: the arrays, unless they are the caller's,
 * and the names of the classes. NULL in a view. */
typedef struct dataset_memory dataset_memory;

struct nnfs_dataset {
    dataset_storage storage; /* of all that is stored; storage.samples counts the stored ones */
    dataset_memory *memory;
    uint32_t *rows; /* [samples] which stored samples these are; NULL: all, in order */
    int64_t samples;
    int inputs;             /* features a sample as a network sees them */
    const encoder *encoder; /* of a table, shared; NULL: features are stored * scale */
    float *weights;         /* [samples] of this dataset, their mean 1; NULL: all count alike */
};

/* Frees all that a storage holds and makes it {0}. */
void dataset_storage_free(dataset_storage *storage);

/*
 * Makes a dataset of a reader's storage, which then belongs to it; on failure it is freed, and in
 * any case {0} afterwards. Checks nothing: readers do. At most 2^32 - 1 samples. Errors: MEMORY.
 */
nnfs_status dataset_adopt(dataset_storage *storage, nnfs_dataset **dataset, nnfs_error *error);

/*
 * Whether arrays are a dataset at all: sizes, and labels within the classes. Errors:
 * ARGUMENT, DATA.
 */
nnfs_status dataset_check_arrays(const nnfs_arrays *arrays, bool needs_targets, nnfs_error *error);

/* Fills *dataset with a view of checked arrays; it owns nothing, and is not freed. */
void dataset_view(const nnfs_arrays *arrays, nnfs_dataset *dataset);

/*
 * A dataset of `count` samples of `dataset`, those that `chosen` lists; weights keep their
 * proportions. NULL: no memory.
 */
nnfs_dataset *dataset_subset(const nnfs_dataset *dataset, const uint32_t *chosen, int64_t count);

/*
 * Lets samples count by storage.weights, which are 0 or more. Errors: DATA (all of them
 * are 0), MEMORY.
 */
nnfs_status dataset_set_weights(nnfs_dataset *dataset, nnfs_error *error);

/*
 * Samples are read in random order from here on, or in theirs: of a mapping that is too large for
 * memory, the system then reads the pages of samples alone, or ahead.
 */
void dataset_expect_order(const nnfs_dataset *dataset, bool random);

/* nnfs_dataset_hash as version 0.1 computed it. */
uint64_t dataset_hash_0_1(const nnfs_dataset *dataset);

/* Where sample `index` of the dataset is stored. */
static inline size_t dataset_row(const nnfs_dataset *dataset, int64_t index)
{
    if (dataset->rows) {
        return dataset->rows[index];
    }
    return (size_t)index;
}

#endif
