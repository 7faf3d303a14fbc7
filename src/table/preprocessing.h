/*
 * Preprocessing: how each column of a table becomes inputs of a network, fitted on its training
 * part. Reference-counted, never changed once it is made.
 */
#ifndef NNFS_TABLE_PREPROCESSING_H
#define NNFS_TABLE_PREPROCESSING_H

#include "base/status.h"
#include "table/table.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Why columns are left out. */
#define PREPROCESSING_CONSTANT  "constant"
#define PREPROCESSING_ROUNDED   "equal in float32"
#define PREPROCESSING_NO_VALUES "no values"
#define PREPROCESSING_UNIQUE    "mostly unique"
#define PREPROCESSING_SCREENED  "screened out"

typedef struct preprocessing_column {
    nnfs_encoding encoding;          /* its name is this column's own */
    char **categories;               /* [encoding.categories] by place */
    bool others_seen;                /* some training sample had the place of the others */
    char format[TABLE_FORMAT_BYTES]; /* of its cells; encoding.format */
    /* [2 x encoding.knots] scaled numbers, rising, and then what they become; malloc */
    float *knots;
} preprocessing_column;

typedef struct preprocessing_target {
    char *name; /* or NULL */
    int column; /* of the file it was fitted on; -1 where the targets had a file of their own */
    float center, scale;
    bool is_log; /* learned is (log(y + shift) - center) * scale */
    float shift;
    char format[TABLE_FORMAT_BYTES]; /* of its cells */
} preprocessing_target;

struct nnfs_preprocessing {
    atomic_int owners;
    int file_columns;              /* of the file it was fitted on */
    preprocessing_column *columns; /* [column_count] the features */
    int column_count;
    preprocessing_target *targets; /* [target_count] */
    int target_count;
    nnfs_column_kind target_kind; /* of classes: categories, or numbers that are their names */
    char **class_names;           /* [classes] */
    int classes;                  /* 0: numbers */
    int inputs;
    char **missing;  /* what meant "missing" in that file; like the next, see base/string_list.h */
    char **left_out; /* its other columns, where they have names */
};

/*
 * Allocates a zeroed preprocessing with `columns` columns. NULL: no memory. The caller fills it;
 * strings come from malloc, but for an encoding's reason.
 */
nnfs_preprocessing *preprocessing_create(int columns, int targets, int classes);

/* Another owner; one owner less. Both accept NULL. */
const nnfs_preprocessing *preprocessing_retain(const nnfs_preprocessing *preprocessing);
void preprocessing_release(const nnfs_preprocessing *preprocessing);

/* Leaves a column out: what it was fitted to is freed, its name, place and kind stay. */
void preprocessing_leave_out(preprocessing_column *column, const char *reason);

/*
 * Gives each column its inputs, in order, by what it has. False: no input at all, or more than an
 * int can count.
 */
bool preprocessing_lay_out(nnfs_preprocessing *preprocessing);

/* Whether two are the same in all that matters to a network. */
bool preprocessing_equal(const nnfs_preprocessing *left, const nnfs_preprocessing *right);

/* log(y + shift). */
float preprocessing_log(float y, float shift);

/*
 * Numbers [targets x count] as a network learns them, from their own units, in place, and back.
 * Nothing to do where they are not scaled, or there is no preprocessing (NULL).
 */
void preprocessing_scale_targets(const nnfs_preprocessing *preprocessing, int64_t count,
                                 float *targets);
void preprocessing_unscale_targets(const nnfs_preprocessing *preprocessing, int64_t count,
                                   float *targets);

#endif
