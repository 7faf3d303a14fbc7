/*
 * Column screening: sums over the samples of inputs as the network sees them, from which comes the
 * share of an input's variance that classes explain, or its squared correlation with a number.
 */
#include "data/statistics/column_screening.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "data/batch.h"
#include "data/encoder.h"
#include "math/incomplete_beta.h"

#include <stdlib.h>

typedef struct screening {
    const nnfs_dataset *dataset; /* encoded by the preprocessing */
    size_t inputs, groups;       /* groups: classes, or numbers to predict */
    float *x;                    /* [inputs] of a sample */
    float *y;                    /* [groups] its numbers */
    double *count;               /* [groups] samples of a class */
    double *y_sum, *y_squares;   /* [groups] of numbers */
    double *sum, *squares;       /* [inputs] */
    double *products; /* [inputs x groups] sums of x in a class, or of x y for a number */
} screening;

static void free_sums(screening *s)
{
    memory_free(s->x);
    memory_free(s->y);
    memory_free(s->count);
    memory_free(s->y_sum);
    memory_free(s->y_squares);
    memory_free(s->sum);
    memory_free(s->squares);
    memory_free(s->products);
}

static nnfs_status create_sums(screening *s, nnfs_error *error)
{
    size_t products = size_mul(s->inputs, s->groups);
    s->x = memory_alloc(s->inputs, sizeof *s->x);
    s->y = memory_alloc(s->groups, sizeof *s->y);
    s->count = memory_alloc_zeroed(s->groups, sizeof *s->count);
    s->y_sum = memory_alloc_zeroed(s->groups, sizeof *s->y_sum);
    s->y_squares = memory_alloc_zeroed(s->groups, sizeof *s->y_squares);
    s->sum = memory_alloc_zeroed(s->inputs, sizeof *s->sum);
    s->squares = memory_alloc_zeroed(s->inputs, sizeof *s->squares);
    s->products = memory_alloc_zeroed(products, sizeof *s->products);
    if (!s->x || !s->y || !s->count || !s->y_sum || !s->y_squares || !s->sum || !s->squares ||
        !s->products) {
        return fail_memory(error, size_mul(products, sizeof *s->products), "sums of columns");
    }
    return NNFS_OK;
}

/* ---- Sums ---- */

static void add_products(const screening *s, size_t group, double factor)
{
    double *products = s->products + group * s->inputs;
    for (size_t i = 0; i < s->inputs; i++) {
        products[i] += factor * (double)s->x[i];
    }
}

static void add_sample(const screening *s, const int32_t *label)
{
    for (size_t i = 0; i < s->inputs; i++) {
        double x = (double)s->x[i];
        s->sum[i] += x;
        s->squares[i] += x * x;
    }
    if (label) {
        s->count[*label] += 1.0;
        add_products(s, (size_t)*label, 1.0);
        return;
    }
    for (size_t g = 0; g < s->groups; g++) {
        double y = (double)s->y[g];
        s->y_sum[g] += y;
        s->y_squares[g] += y * y;
        add_products(s, g, y);
    }
}

static void add_samples(screening *s)
{
    int32_t label;
    bool labels = dataset_has_labels(s->dataset);
    for (int64_t i = 0; i < s->dataset->samples; i++) {
        sample_batch one = {.n = 1, .x = s->x, .labels = &label, .targets = s->y};
        dataset_fetch(s->dataset, NULL, i, &one);
        add_sample(s, labels ? &label : NULL);
    }
}

/* ---- p-values ---- */

/* The p-value of an F test in which `groups` means explain a share of the variance of n samples. */
static double test(double explained, double unexplained, double groups, double n)
{
    double total = explained + unexplained;
    if (!(total > 0.0) || n <= groups || groups < 2.0) {
        return 1.0;
    }
    return incomplete_beta(MAX(unexplained, 0.0) / total, (n - groups) / 2.0, (groups - 1.0) / 2.0);
}

/* Analysis of variance between the classes. */
static double test_classes(const screening *s, size_t input, double n, double total)
{
    double between = -s->sum[input] * s->sum[input] / n;
    double groups = 0.0;
    for (size_t g = 0; g < s->groups; g++) {
        if (s->count[g] > 0.0) {
            double sum = s->products[g * s->inputs + input];
            between += sum * sum / s->count[g];
            groups += 1.0;
        }
    }
    return test(between, total - between, groups, n);
}

/* Correlation with each number; the smallest p-value of several, times their number. */
static double test_numbers(const screening *s, size_t input, double n, double total)
{
    double least = 1.0;
    for (size_t g = 0; g < s->groups; g++) {
        double yy = s->y_squares[g] - s->y_sum[g] * s->y_sum[g] / n;
        double xy = s->products[g * s->inputs + input] - s->sum[input] * s->y_sum[g] / n;
        if (yy > 0.0) {
            double between = xy * xy / yy;
            least = MIN(least, test(between, total - between, 2.0, n) * (double)s->groups);
        }
    }
    return least;
}

/* Of a column: the smallest of its inputs, times their number (Bonferroni). */
static double test_column(const screening *s, const nnfs_encoding *encoding)
{
    double n = (double)s->dataset->samples;
    double least = 1.0;
    for (int i = 0; i < encoding->inputs; i++) {
        size_t input = (size_t)(encoding->first_input + i);
        double total = s->squares[input] - s->sum[input] * s->sum[input] / n;
        double p = 1.0;
        if (total > 0.0 && dataset_has_labels(s->dataset)) {
            p = test_classes(s, input, n, total);
        } else if (total > 0.0) {
            p = test_numbers(s, input, n, total);
        }
        least = MIN(least, p * encoding->inputs);
    }
    return least;
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The largest p-value that is significant; sorts the values. */
static double find_limit(double *p, int count, double rate)
{
    qsort(p, (size_t)count, sizeof *p, compare_numbers);
    int last = count - 1;
    while (last > 0 && p[last] > rate * (last + 1) / count) {
        last--;
    }
    return p[last];
}

/* ---- Columns ---- */

/* Leaves out what has a larger p-value than the limit; of p [columns], those with inputs. */
static nnfs_status leave_out(const double *p, double rate, nnfs_preprocessing *preprocessing,
                             nnfs_error *error)
{
    double *sorted = memory_alloc((size_t)preprocessing->column_count, sizeof *sorted);
    if (!sorted) {
        return fail_memory(error, (size_t)preprocessing->column_count * sizeof *sorted,
                           "p-values of columns");
    }
    int count = 0;
    for (int i = 0; i < preprocessing->column_count; i++) {
        if (preprocessing->columns[i].encoding.inputs > 0) {
            sorted[count++] = p[i];
        }
    }
    double limit = find_limit(sorted, count, rate);
    memory_free(sorted);
    for (int i = 0; i < preprocessing->column_count; i++) {
        preprocessing_column *column = &preprocessing->columns[i];
        if (column->encoding.inputs > 0 && p[i] > limit) {
            preprocessing_leave_out(column, PREPROCESSING_SCREENED);
        }
    }
    (void)preprocessing_lay_out(preprocessing); /* one column at least stays */
    return NNFS_OK;
}

static nnfs_status screen(screening *s, double rate, nnfs_preprocessing *preprocessing,
                          nnfs_error *error)
{
    TRY(create_sums(s, error));
    add_samples(s);
    double *p = memory_alloc((size_t)preprocessing->column_count, sizeof *p);
    if (!p) {
        return fail_memory(error, (size_t)preprocessing->column_count * sizeof *p,
                           "p-values of columns");
    }
    for (int i = 0; i < preprocessing->column_count; i++) {
        p[i] = test_column(s, &preprocessing->columns[i].encoding);
    }
    nnfs_status status = leave_out(p, rate, preprocessing, error);
    memory_free(p);
    return status;
}

nnfs_status column_screening(const nnfs_dataset *dataset, double rate,
                             nnfs_preprocessing *preprocessing, nnfs_error *error)
{
    encoder *made = NULL;
    TRY(encoder_create(dataset, preprocessing, &made, error));
    nnfs_dataset encoded = *dataset;
    encoded.encoder = made;
    encoded.inputs = preprocessing->inputs;
    const dataset_storage *storage = &dataset->storage;
    screening s = {.dataset = &encoded,
                   .inputs = (size_t)preprocessing->inputs,
                   .groups = (size_t)(storage->labels ? storage->classes : storage->target_count)};
    nnfs_status status = screen(&s, rate, preprocessing, error);
    free_sums(&s);
    encoder_release(made);
    return status;
}
