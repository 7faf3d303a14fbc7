/*
 * Whether a feature gives the target away: sums over the samples, of as many features at a time as
 * there is room for, from which come the squared correlation with each numeric target, or the
 * correlation ratio eta^2 = (squares between the classes) / (all squares).
 */
#include "data/dataset.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "data/batch.h"

#include <math.h>

#define GIVEN_AWAY 0.999

/* Values are counted from the first one of their column, which keeps the sums exact enough. */
typedef struct leakage_sums {
    double n, x, xx, y, yy, xy;
} leakage_sums;

/* The class that a category goes with. */
typedef struct leakage_category {
    int32_t class;
    bool again; /* it occurs more than once */
} leakage_category;

enum { class_none = -1, class_several = -2 };

typedef struct leakage_feature {
    int column;
    int categories; /* 0: a number */
    double x0;      /* its first value, NaN before there is one */
    leakage_sums *sums;
    leakage_category *category; /* [categories] */
} leakage_feature;

typedef struct leakage {
    const nnfs_dataset *dataset;
    int groups;   /* classes, or numeric targets */
    float *row;   /* [feature_count] as stored */
    double *y0;   /* [groups] of the numeric targets, the first values */
    int features; /* looked at together, at most */
    leakage_feature *feature;
    leakage_sums *sums;           /* [features x groups] */
    leakage_category *categories; /* of them all */
} leakage;

/* ---- One sample ---- */

static void add_category(leakage_feature *f, float value, int32_t class)
{
    if (!(value >= 0.0f && value < (float)f->categories)) {
        return; /* also NaN, which no integer is */
    }
    leakage_category *category = &f->category[(int)value];
    category->again = category->class != class_none;
    if (category->class == class_none || category->class == class) {
        category->class = class;
    } else {
        category->class = class_several;
    }
}

static void add_pair(leakage_sums *sums, double x, double y)
{
    sums->n += 1.0;
    sums->x += x;
    sums->xx += x * x;
    sums->y += y;
    sums->yy += y * y;
    sums->xy += x * y;
}

static void add_number(const leakage *l, leakage_feature *f, double value, size_t row)
{
    const dataset_storage *storage = &l->dataset->storage;
    if (!isfinite(value)) {
        return;
    }
    if (isnan(f->x0)) {
        f->x0 = value;
    }
    if (storage->labels) {
        add_pair(&f->sums[storage->labels[row]], value - f->x0, 0.0);
        return;
    }
    const float *y = storage->targets + row * (size_t)l->groups;
    for (int g = 0; g < l->groups; g++) {
        if (isfinite(y[g])) {
            add_pair(&f->sums[g], value - f->x0, (double)y[g] - l->y0[g]);
        }
    }
}

static void add_sample(leakage *l, int features, int64_t sample)
{
    const dataset_storage *storage = &l->dataset->storage;
    size_t row = dataset_row(l->dataset, sample);
    dataset_fetch_stored(l->dataset, sample, l->row);
    for (int i = 0; i < features; i++) {
        leakage_feature *f = &l->feature[i];
        float value = l->row[f->column];
        if (f->categories == 0) {
            add_number(l, f, (double)value, row);
        } else if (storage->labels) {
            add_category(f, value, storage->labels[row]);
        }
    }
}

/* ---- What it came to ---- */

static bool correlates(const leakage_sums *s)
{
    double xx = s->xx - s->x * s->x / s->n;
    double yy = s->yy - s->y * s->y / s->n;
    double xy = s->xy - s->x * s->y / s->n;
    return s->n > 2.0 && xx > 0.0 && yy > 0.0 && xy * xy >= GIVEN_AWAY * xx * yy;
}

static bool any_correlates(const leakage *l, const leakage_feature *f)
{
    for (int g = 0; g < l->groups; g++) {
        if (correlates(&f->sums[g])) {
            return true;
        }
    }
    return false;
}

/* Where most classes have but one sample, every column tells them apart: they need
 * two on average. */
static bool tells_classes_apart(const leakage *l, const leakage_feature *f)
{
    leakage_sums all = {0};
    double means = 0.0; /* sum of n_g mean_g^2 */
    double groups = 0.0;
    for (int g = 0; g < l->groups; g++) {
        const leakage_sums *s = &f->sums[g];
        all.n += s->n;
        all.x += s->x;
        all.xx += s->xx;
        if (s->n > 0.0) {
            means += s->x * s->x / s->n;
        }
        if (s->n > 0.0) {
            groups += 1.0;
        }
    }
    double middle = 0.0;
    if (all.n > 0.0) {
        middle = all.x * all.x / all.n;
    }
    double total = all.xx - middle;
    return groups > 1.0 && all.n >= 2.0 * groups && total > 0.0 &&
           means - middle >= GIVEN_AWAY * total;
}

/*
 * Each category goes with one class, and not all with the same one. Where most categories occur
 * once, that says nothing.
 */
static bool names_classes(const leakage_feature *f)
{
    int once = 0;
    int several_times = 0;
    int32_t first = class_none;
    bool differ = false;
    for (int i = 0; i < f->categories; i++) {
        leakage_category category = f->category[i];
        if (category.class == class_several) {
            return false;
        }
        if (category.class != class_none) {
            once += !category.again;
            several_times += category.again;
            if (first == class_none) {
                first = category.class;
            }
            differ = differ || category.class != first;
        }
    }
    return differ && several_times >= once;
}

static bool gives_away(const leakage *l, const leakage_feature *f)
{
    bool classes = l->dataset->storage.labels != NULL;
    if (f->categories > 0) {
        return classes && names_classes(f);
    }
    if (classes) {
        return tells_classes_apart(l, f);
    }
    return any_correlates(l, f);
}

/* ---- All samples, some features at a time ---- */

static int feature_count(const nnfs_dataset *dataset)
{
    const table_schema *schema = dataset->storage.schema;
    if (schema) {
        return schema->feature_count;
    }
    return dataset->storage.feature_count;
}

static leakage_feature feature_at(const nnfs_dataset *dataset, int index)
{
    const table_schema *schema = dataset->storage.schema;
    leakage_feature f = {.column = schema ? schema->features[index] : index, .x0 = (double)NAN};
    if (schema && schema->columns[f.column].kind == NNFS_COLUMN_CATEGORY) {
        f.categories = schema->columns[f.column].category_count;
    }
    return f;
}

/* Checks `count` features from `first` on. Returns a column that leaks the target, or -1. */
static int scan_features(leakage *l, int first, int count)
{
    leakage_category *next = l->categories;
    for (int i = 0; i < count; i++) {
        leakage_feature *f = &l->feature[i];
        *f = feature_at(l->dataset, first + i);
        f->sums = l->sums + (size_t)i * (size_t)l->groups;
        f->category = next;
        next += f->categories;
        for (int g = 0; g < l->groups; g++) {
            f->sums[g] = (leakage_sums){0};
        }
        for (int c = 0; c < f->categories; c++) {
            f->category[c] = (leakage_category){.class = class_none};
        }
    }
    for (int64_t s = 0; s < l->dataset->samples; s++) {
        add_sample(l, count, s);
    }
    for (int i = 0; i < count; i++) {
        if (gives_away(l, &l->feature[i])) {
            return l->feature[i].column;
        }
    }
    return -1;
}

/* The first finite value of each numeric target. */
static void find_first_targets(leakage *l)
{
    const dataset_storage *storage = &l->dataset->storage;
    for (int g = 0; g < l->groups; g++) {
        l->y0[g] = 0.0;
        for (int64_t s = 0; storage->targets && s < l->dataset->samples; s++) {
            size_t at = dataset_row(l->dataset, s) * (size_t)l->groups + (size_t)g;
            if (isfinite(storage->targets[at])) {
                l->y0[g] = (double)storage->targets[at];
                break;
            }
        }
    }
}

static nnfs_status leakage_create(const nnfs_dataset *dataset, leakage *l, nnfs_error *error)
{
    const int most_sums = 1 << 18; /* 12 MiB */
    int features = feature_count(dataset);
    size_t categories = 0;
    for (int i = 0; i < features; i++) {
        categories = size_add(categories, (size_t)feature_at(dataset, i).categories);
    }
    int groups = dataset->storage.labels ? dataset->storage.classes : dataset->storage.target_count;
    int together = 1;
    if (groups < most_sums) {
        together = most_sums / groups;
    }
    together = MIN(together, features);
    size_t sums = size_mul((size_t)together, (size_t)groups);
    *l = (leakage){
        .dataset = dataset,
        .groups = groups,
        .features = together,
        .row = memory_alloc((size_t)dataset->storage.feature_count, sizeof *l->row),
        .y0 = memory_alloc((size_t)groups, sizeof *l->y0),
        .feature = memory_alloc((size_t)together, sizeof *l->feature),
        .sums = memory_alloc(sums, sizeof *l->sums),
        .categories = memory_alloc(categories, sizeof *l->categories),
    };
    if (!l->row || !l->y0 || !l->feature || !l->sums || !l->categories) {
        return fail_memory(error, size_mul(sums, sizeof *l->sums), "a leakage at the features");
    }
    find_first_targets(l);
    return NNFS_OK;
}

nnfs_status nnfs_dataset_target_leakage(const nnfs_dataset *dataset, int *column, nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (!column) {
        return fail_null(error, "column");
    }
    *column = -1;
    if (!nnfs_dataset_has_targets(dataset)) {
        return NNFS_OK;
    }
    leakage l;
    nnfs_status status = leakage_create(dataset, &l, error);
    int features = feature_count(dataset);
    for (int first = 0; status == NNFS_OK && first < features && *column < 0; first += l.features) {
        int left = features - first;
        *column = scan_features(&l, first, MIN(left, l.features));
    }
    memory_free(l.row);
    memory_free(l.y0);
    memory_free(l.feature);
    memory_free(l.sums);
    memory_free(l.categories);
    return status;
}
