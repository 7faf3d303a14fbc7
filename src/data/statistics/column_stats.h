/*
 * What the columns of a table are like over the samples of a dataset: moments, medians, how often
 * each category occurs. The rows are walked by all threads, in blocks whose sums are added in
 * order, so that any number of threads gives the same bits.
 */
#ifndef NNFS_DATA_STATISTICS_COLUMN_STATS_H
#define NNFS_DATA_STATISTICS_COLUMN_STATS_H

#include "data/dataset.h"

/* Of the cells that are not missing. */
typedef struct column_stats {
    int64_t count;
    double mean;
    double deviation; /* sqrt of the mean of (x - mean)^2 */
    float low, high;  /* without any: infinite, and low > high */
    float median;     /* of a million evenly taken samples, where there are more */
} column_stats;

/* stats [columns of the table], the medians still 0. Errors: MEMORY. */
nnfs_status column_stats_measure(const nnfs_dataset *dataset, int threads, column_stats *stats,
                                 nnfs_error *error);

/* The medians of the columns marked in `wanted` [columns of the table]. Errors: MEMORY. */
nnfs_status column_stats_medians(const nnfs_dataset *dataset, const bool *wanted, int threads,
                                 column_stats *stats, nnfs_error *error);

/*
 * Hands the cells of each column marked in `wanted`, of at most 65,536 evenly taken samples, to
 * `visit`: in ascending order, without missing ones, followed by room for as many. Threads visit
 * different columns at the same time. Errors: MEMORY.
 */
typedef void column_visit(void *user, int column, const float *sorted, float *room, size_t count);
nnfs_status column_stats_sort(const nnfs_dataset *dataset, const bool *wanted, int threads,
                              column_visit *visit, void *user, nnfs_error *error);

/*
 * How often each category occurs: counts[i] is NULL, or for column i [its categories],
 * zeros at first.
 */
void column_stats_count(const nnfs_dataset *dataset, int64_t *const *counts, int threads);

#endif
