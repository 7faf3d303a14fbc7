/* Which categories of a column get a place: the most frequent of those that occur twice. */
#include "base/memory.h"
#include "data/statistics/preprocessing_fit.h"

#include <stdlib.h>

typedef struct frequency {
    int64_t count;
    int category;
} frequency;

/* The most frequent first, ties by their order. */
static int compare_frequencies(const void *left, const void *right)
{
    const frequency *a = left;
    const frequency *b = right;
    int order = (a->count < b->count) - (a->count > b->count);
    if (order) {
        return order;
    }
    return a->category - b->category;
}

static int compare_categories(const void *left, const void *right)
{
    return ((const frequency *)left)->category - ((const frequency *)right)->category;
}

/* What a dictionary comes to among the samples. */
typedef struct census {
    frequency *kept; /* those that get a place, in the dictionary's order */
    int places;
    int64_t seen;    /* different categories */
    int64_t singles; /* that occur once */
    int64_t cells;   /* that are not missing */
} census;

static bool take_census(const table_column *column, const int64_t *counts, int max_categories,
                        census *c)
{
    *c = (census){.kept = memory_alloc((size_t)column->category_count, sizeof *c->kept)};
    if (!c->kept) {
        return false;
    }
    for (int i = 0; i < column->category_count; i++) {
        c->seen += counts[i] > 0;
        c->singles += counts[i] == 1;
        c->cells += counts[i];
        if (counts[i] >= 2) {
            c->kept[c->places++] = (frequency){counts[i], i};
        }
    }
    if (c->places > max_categories) {
        qsort(c->kept, (size_t)c->places, sizeof *c->kept, compare_frequencies);
        c->places = max_categories;
        qsort(c->kept, (size_t)c->places, sizeof *c->kept, compare_categories);
    }
    return true;
}

static const char *category_reason(const census *c, int64_t samples)
{
    if (c->cells == 0) {
        return PREPROCESSING_NO_VALUES;
    }
    if (c->seen == 1 && c->cells == samples) {
        return PREPROCESSING_CONSTANT;
    }
    if (c->singles > samples / 2) {
        return PREPROCESSING_UNIQUE;
    }
    return NULL;
}

static nnfs_status give_places(const table_column *from, const census *c,
                               preprocessing_column *column, nnfs_error *error)
{
    nnfs_encoding *encoding = &column->encoding;
    int64_t placed = 0;
    column->categories = calloc((size_t)c->places + 1, sizeof *column->categories);
    if (!column->categories) {
        return fail_memory(error, (size_t)c->places * sizeof *column->categories, "categories");
    }
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < c->places; i++) {
        status = fitting_copy_text(from->categories[c->kept[i].category], "the name of a category",
                                   &column->categories[i], error);
        encoding->categories++;
        placed += c->kept[i].count;
    }
    column->others_seen = placed < c->cells;
    return status;
}

nnfs_status fit_category(fitting *fit, preprocessing_column *column, nnfs_error *error)
{
    nnfs_encoding *encoding = &column->encoding;
    const table_column *from = &fit->dataset->storage.schema->columns[encoding->column];
    census c;
    if (!take_census(from, fit->counts[encoding->column], fit->settings.max_categories, &c)) {
        return fail_memory(error, (size_t)from->category_count * sizeof *c.kept, "categories");
    }
    nnfs_status status = NNFS_OK;
    encoding->reason = category_reason(&c, fit->dataset->samples);
    if (!encoding->reason) {
        encoding->has_missing = c.cells < fit->dataset->samples;
        status = give_places(from, &c, column, error);
        encoding->two_valued = fit->settings.two_valued && encoding->categories == 2;
    }
    memory_free(c.kept);
    return status;
}
