/* Preprocessing: made, owned by several, compared, asked about. */
#include "table/preprocessing.h"

#include "base/minmax.h"
#include "base/string_list.h"
#include "math/functions.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Settings ---- */

const char *nnfs_scaling_name(nnfs_scaling scaling)
{
    static const char *const names[] = {
        [NNFS_SCALING_DEFAULT] = "default",   [NNFS_SCALING_STANDARD] = "standard",
        [NNFS_SCALING_MINMAX] = "minmax",     [NNFS_SCALING_PIXELS] = "pixels",
        [NNFS_SCALING_NONE] = "none",         [NNFS_SCALING_ROBUST] = "robust",
        [NNFS_SCALING_QUANTILE] = "quantile",
    };
    if ((size_t)scaling < sizeof names / sizeof *names) {
        return names[scaling];
    }
    return NULL;
}

void nnfs_preprocessing_settings_init(nnfs_preprocessing_settings *settings)
{
    if (!settings) {
        return;
    }
    *settings = (nnfs_preprocessing_settings){.max_categories = 100, .scale_targets = 1};
}

/* ---- Making and freeing ---- */

nnfs_preprocessing *preprocessing_create(int columns, int targets, int classes)
{
    nnfs_preprocessing *made = calloc(1, sizeof *made);
    if (made) {
        atomic_init(&made->owners, 1);
        /* calloc may give NULL for nothing. */
        made->columns = calloc((size_t)columns + 1, sizeof *made->columns);
        made->targets = calloc((size_t)targets + 1, sizeof *made->targets);
        made->class_names = calloc((size_t)classes + 1, sizeof *made->class_names);
        if (made->columns) {
            made->column_count = columns;
        } else {
            made->column_count = 0;
        }
        if (made->targets) {
            made->target_count = targets;
        } else {
            made->target_count = 0;
        }
        if (made->class_names) {
            made->classes = classes;
        } else {
            made->classes = 0;
        }
    }
    if (made && (!made->columns || !made->targets || !made->class_names)) {
        nnfs_preprocessing_free(made);
        made = NULL;
    }
    return made;
}

static void free_strings(char **strings, int count)
{
    for (int i = 0; strings && i < count; i++) {
        free(strings[i]);
    }
    free(strings);
}

void preprocessing_leave_out(preprocessing_column *column, const char *reason)
{
    const nnfs_encoding *from = &column->encoding;
    nnfs_encoding left = {
        .name = from->name, .column = from->column, .kind = from->kind, .reason = reason};
    free_strings(column->categories, from->categories);
    free(column->knots);
    *column = (preprocessing_column){.encoding = left};
}

void nnfs_preprocessing_free(nnfs_preprocessing *preprocessing)
{
    if (!preprocessing || atomic_fetch_sub(&preprocessing->owners, 1) != 1) {
        return;
    }
    for (int i = 0; i < preprocessing->column_count; i++) {
        preprocessing_column *column = &preprocessing->columns[i];
        free_strings(column->categories, column->encoding.categories);
        free((char *)(uintptr_t)column->encoding.name);
        free(column->knots);
    }
    for (int i = 0; i < preprocessing->target_count; i++) {
        free(preprocessing->targets[i].name);
    }
    free_strings(preprocessing->class_names, preprocessing->classes);
    string_list_free(preprocessing->missing);
    string_list_free(preprocessing->left_out);
    free(preprocessing->columns);
    free(preprocessing->targets);
    free(preprocessing);
}

/* Only the number of owners changes: to all of them it is constant. */
static nnfs_preprocessing *owned(const nnfs_preprocessing *preprocessing)
{
    return (nnfs_preprocessing *)(uintptr_t)preprocessing;
}

const nnfs_preprocessing *preprocessing_retain(const nnfs_preprocessing *preprocessing)
{
    if (preprocessing) {
        atomic_fetch_add(&owned(preprocessing)->owners, 1);
    }
    return preprocessing;
}

void preprocessing_release(const nnfs_preprocessing *preprocessing)
{
    nnfs_preprocessing_free(owned(preprocessing));
}

static int64_t inputs_of_number(const nnfs_encoding *encoding)
{
    return 1 + encoding->has_indicator;
}

static int64_t inputs_of_category(const nnfs_encoding *encoding)
{
    if (encoding->two_valued) {
        return 1;
    }
    return (int64_t)encoding->categories + encoding->has_missing + 1;
}

static int64_t inputs_of_date(const nnfs_encoding *encoding)
{
    int cycles = encoding->has_month + encoding->has_weekday + encoding->has_hour;
    return 1 + encoding->has_indicator + 2 * (int64_t)cycles;
}

/* A kind of column has a row here, in the fit, in the encoder and in the JSON. */
static int64_t inputs_of(const nnfs_encoding *encoding)
{
    static int64_t (*const kinds[])(const nnfs_encoding *) = {
        [NNFS_COLUMN_NUMBER] = inputs_of_number,
        [NNFS_COLUMN_CATEGORY] = inputs_of_category,
        [NNFS_COLUMN_DATE] = inputs_of_date,
    };
    if (encoding->reason) {
        return 0;
    }
    return kinds[encoding->kind](encoding);
}

bool preprocessing_lay_out(nnfs_preprocessing *preprocessing)
{
    int64_t end = 0;
    for (int i = 0; i < preprocessing->column_count; i++) {
        nnfs_encoding *encoding = &preprocessing->columns[i].encoding;
        encoding->first_input = (int)end;
        end += inputs_of(encoding);
        if (end > INT_MAX) {
            return false;
        }
        encoding->inputs = (int)end - encoding->first_input;
    }
    preprocessing->inputs = (int)end;
    return end > 0;
}

/* ---- Comparing ---- */

static bool same_text(const char *left, const char *right)
{
    if (left && right) {
        return strcmp(left, right) == 0;
    }
    return left == right;
}

static bool same_texts(char *const *left, int left_count, char *const *right, int right_count)
{
    bool same = left_count == right_count;
    for (int i = 0; same && i < left_count; i++) {
        same = same_text(left[i], right[i]);
    }
    return same;
}

/* Columns without names are known by their places. */
static bool same_column(const preprocessing_column *left, const preprocessing_column *right)
{
    const nnfs_encoding *a = &left->encoding;
    const nnfs_encoding *b = &right->encoding;
    return same_text(a->name, b->name) && (a->name || a->column == b->column) &&
           a->kind == b->kind && a->inputs == b->inputs && a->center == b->center &&
           a->scale == b->scale && a->fill == b->fill && a->has_indicator == b->has_indicator &&
           a->has_missing == b->has_missing && a->origin == b->origin &&
           a->has_month == b->has_month && a->has_weekday == b->has_weekday &&
           a->has_hour == b->has_hour && a->clip == b->clip && a->two_valued == b->two_valued &&
           a->knots == b->knots &&
           (a->knots == 0 ||
            memcmp(left->knots, right->knots, 2 * (size_t)a->knots * sizeof *left->knots) == 0) &&
           same_texts(left->categories, a->categories, right->categories, b->categories);
}

static bool same_target(const preprocessing_target *left, const preprocessing_target *right)
{
    return same_text(left->name, right->name) && left->center == right->center &&
           left->scale == right->scale && left->is_log == right->is_log &&
           left->shift == right->shift;
}

bool preprocessing_equal(const nnfs_preprocessing *left, const nnfs_preprocessing *right)
{
    if (left == right) {
        return true;
    }
    bool same = left && right && left->column_count == right->column_count &&
                left->target_count == right->target_count &&
                same_texts(left->class_names, left->classes, right->class_names, right->classes);
    for (int i = 0; same && i < left->column_count; i++) {
        same = same_column(&left->columns[i], &right->columns[i]);
    }
    for (int i = 0; same && i < left->target_count; i++) {
        same = same_target(&left->targets[i], &right->targets[i]);
    }
    return same;
}

/* ---- Asking ---- */

int nnfs_preprocessing_columns(const nnfs_preprocessing *preprocessing)
{
    if (!preprocessing) {
        return 0;
    }
    return preprocessing->column_count;
}

nnfs_encoding nnfs_preprocessing_column(const nnfs_preprocessing *preprocessing, int index)
{
    if (!preprocessing || index < 0 || index >= preprocessing->column_count) {
        return (nnfs_encoding){0};
    }
    nnfs_encoding encoding = preprocessing->columns[index].encoding;
    encoding.format = preprocessing->columns[index].format;
    return encoding;
}

const char *nnfs_preprocessing_category(const nnfs_preprocessing *preprocessing, int index,
                                        int category)
{
    bool there =
        category >= 0 && category < nnfs_preprocessing_column(preprocessing, index).categories;
    if (!there) {
        return NULL;
    }
    return preprocessing->columns[index].categories[category];
}

int nnfs_preprocessing_knot(const nnfs_preprocessing *preprocessing, int index, int knot, float *x,
                            float *y)
{
    int knots = nnfs_preprocessing_column(preprocessing, index).knots;
    if (knot < 0 || knot >= knots) {
        return 0;
    }
    *x = preprocessing->columns[index].knots[knot];
    *y = preprocessing->columns[index].knots[knots + knot];
    return 1;
}

int nnfs_preprocessing_inputs(const nnfs_preprocessing *preprocessing)
{
    if (!preprocessing) {
        return 0;
    }
    return preprocessing->inputs;
}

int nnfs_preprocessing_targets(const nnfs_preprocessing *preprocessing)
{
    if (!preprocessing) {
        return 0;
    }
    return preprocessing->target_count;
}

nnfs_target nnfs_preprocessing_target(const nnfs_preprocessing *preprocessing, int index)
{
    if (!preprocessing || index < 0 || index >= preprocessing->target_count) {
        return (nnfs_target){0};
    }
    const preprocessing_target *target = &preprocessing->targets[index];
    return (nnfs_target){.name = target->name,
                         .classes = preprocessing->classes,
                         .center = target->center,
                         .scale = target->scale,
                         .is_log = target->is_log,
                         .shift = target->shift};
}

const char *nnfs_preprocessing_class_name(const nnfs_preprocessing *preprocessing, int index)
{
    if (!preprocessing) {
        return NULL;
    }
    if (index >= 0 && index < preprocessing->classes) {
        return preprocessing->class_names[index];
    }
    return NULL;
}

/* ---- Targets ---- */

/* Test data may have numbers below all of the training data: they become the least that
 * has a logarithm. */
float preprocessing_log(float y, float shift)
{
    return (float)log(MAX((double)y + (double)shift, (double)FLT_MIN));
}

void preprocessing_scale_targets(const nnfs_preprocessing *preprocessing, int64_t count,
                                 float *targets)
{
    int outputs = 0;
    if (preprocessing && preprocessing->classes == 0) {
        outputs = preprocessing->target_count;
    }
    for (int64_t i = 0; i < count; i++, targets += outputs) {
        for (int j = 0; j < outputs; j++) {
            const preprocessing_target *target = &preprocessing->targets[j];
            float y = targets[j];
            if (target->is_log) {
                y = preprocessing_log(y, target->shift);
            }
            targets[j] = (y - target->center) * target->scale;
        }
    }
}

void preprocessing_unscale_targets(const nnfs_preprocessing *preprocessing, int64_t count,
                                   float *targets)
{
    int outputs = 0;
    if (preprocessing && preprocessing->classes == 0) {
        outputs = preprocessing->target_count;
    }
    for (int64_t i = 0; i < count; i++, targets += outputs) {
        for (int j = 0; j < outputs; j++) {
            const preprocessing_target *target = &preprocessing->targets[j];
            targets[j] = targets[j] / target->scale + target->center;
            if (target->is_log) {
                targets[j] = exp_of(targets[j]) - target->shift;
            }
        }
    }
}
