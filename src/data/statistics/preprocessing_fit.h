/* What the parts of nnfs_preprocessing_fit share. */
#ifndef NNFS_DATA_STATISTICS_PREPROCESSING_FIT_H
#define NNFS_DATA_STATISTICS_PREPROCESSING_FIT_H

#include "data/statistics/column_stats.h"
#include "table/preprocessing.h"

/* A larger deviation has an inverse that is no normal number, and differences that overflow. */
#define LARGEST_REACH 1e37

typedef struct fitting {
    const nnfs_dataset *dataset;
    nnfs_preprocessing_settings settings; /* the scaling resolved as soon as there are stats */
    int threads;
    column_stats *stats;            /* [columns of the table]; so are the next three */
    bool *wanted;                   /* medians, and quantiles if they are asked for */
    int64_t **counts;               /* of categories; NULL: not a feature of categories */
    preprocessing_column **columns; /* that it becomes */
    nnfs_preprocessing *made;
} fitting;

/* Copies a text that a model file can hold; one that is not UTF-8 is an error. NULL stays NULL. */
nnfs_status fitting_copy_text(const char *text, const char *what, char **copy, nnfs_error *error);

/* fit_categories.c: the categories of a column that get a place, or why it is left out. */
nnfs_status fit_category(fitting *fit, preprocessing_column *column, nnfs_error *error);

/* fit_targets.c: names, and units unless the targets keep theirs. */
nnfs_status fit_targets(fitting *fit, nnfs_error *error);

#endif
