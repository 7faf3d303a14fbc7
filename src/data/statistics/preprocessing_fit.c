/* nnfs_preprocessing_fit: what the columns are like, then what becomes of each. */
#include "data/statistics/preprocessing_fit.h"
#include "base/memory.h"
#include "base/minmax.h"
#include "base/string_list.h"
#include "base/utf8.h"
#include "base/words.h"
#include "data/statistics/column_screening.h"
#include "data/statistics/column_stats.h"
#include "math/quantiles.h"
#include "platform/cpu.h"
#include "table/calendar.h"
#include "table/preprocessing.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static column_label label_of(const fitting *fit, int column)
{
    const table_schema *schema = fit->dataset->storage.schema;
    data_table table = {.columns = schema->columns, .column_count = schema->column_count};
    return table_label(&table, column);
}

nnfs_status fitting_copy_text(const char *text, const char *what, char **copy, nnfs_error *error)
{
    if (text && !utf8_is_valid(text)) {
        return fail(error, NNFS_ERROR_DATA, "%s is not UTF-8", what);
    }
    *copy = text ? strdup(text) : NULL;
    if (text && !*copy) {
        return fail_memory(error, strlen(text), "a name");
    }
    return NNFS_OK;
}

/* ---- Numbers ---- */

/* Up to it float32 has every whole number. */
#define LARGEST_WHOLE 16777216.0f

static float bounded(double value)
{
    return (float)fmin(value, (double)FLT_MAX);
}

static void scale_standard(const column_stats *stats, nnfs_encoding *encoding)
{
    encoding->center = (float)stats->mean;
    encoding->scale = bounded(1.0 / stats->deviation);
}

static void scale_minmax(const column_stats *stats, nnfs_encoding *encoding)
{
    encoding->center = stats->low;
    encoding->scale = bounded(1.0 / ((double)stats->high - (double)stats->low));
}

static void scale_pixels(const column_stats *stats, nnfs_encoding *encoding)
{
    (void)stats;
    encoding->scale = 1.0f / 255.0f;
}

static void scale_none(const column_stats *stats, nnfs_encoding *encoding)
{
    (void)stats;
    encoding->scale = 1.0f;
}

/* Center and scale of ROBUST come from quantiles, those of QUANTILE are in the knots. */
static void (*const scalings[])(const column_stats *, nnfs_encoding *) = {
    [NNFS_SCALING_STANDARD] = scale_standard, [NNFS_SCALING_MINMAX] = scale_minmax,
    [NNFS_SCALING_PIXELS] = scale_pixels,     [NNFS_SCALING_NONE] = scale_none,
    [NNFS_SCALING_ROBUST] = scale_none,       [NNFS_SCALING_QUANTILE] = scale_none,
};

/* At most this many knots, and at least this many samples a knot where there are
 * enough for FEWEST. */
enum { MOST_KNOTS = 256, FEWEST_KNOTS = 10, KNOT_SAMPLES = 10 };

/* Robust z-scores are clipped at 3. */
#define ROBUST_CLIP 3.0f

static void fit_robust(preprocessing_column *column, const float *sorted, size_t count)
{
    double reach = quantile_of(sorted, count, 0.75) - quantile_of(sorted, count, 0.25);
    if (reach <= 0.0) {
        reach = ((double)sorted[count - 1] - (double)sorted[0]) / 2.0;
    }
    column->encoding.center = (float)quantile_of(sorted, count, 0.5);
    column->encoding.scale = reach > 0.0 ? bounded(1.0 / reach) : 1.0f;
    column->encoding.clip = ROBUST_CLIP;
}

/* The first of sorted values [count] that is not below x; with `above`, the first above it. */
static size_t find_bound(const float *sorted, size_t count, float x, bool above)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle] < x || (above && sorted[middle] == x)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A value becomes the normal quantile of the middle of the ranks that its repeats have. */
static double normal_of(const float *sorted, size_t count, float x)
{
    size_t below = find_bound(sorted, count, x, false);
    size_t upto = find_bound(sorted, count, x, true);
    return quantile_normal(((double)below + (double)upto) / 2.0 / (double)count);
}

static void fit_quantiles(preprocessing_column *column, const float *sorted, float *room,
                          size_t count)
{
    size_t most = count / KNOT_SAMPLES;
    most = MAX(FEWEST_KNOTS, most);
    most = MIN(MOST_KNOTS, most);
    memcpy(room, sorted, count * sizeof *room);
    size_t spread = quantile_spread(room, count, (int)most);
    float *x = column->knots;
    float *y = x + MOST_KNOTS; /* until their number is known */
    int found = 0;
    for (size_t i = 0; i < most; i++) {
        float value = room[i * (spread - 1) / (most - 1)];
        if (found == 0 || value > x[found - 1]) {
            x[found] = value;
            y[found++] = (float)normal_of(sorted, count, value);
        }
    }
    if (found < 2) { /* all the same in these samples: it stays */
        found = 0;
    }
    column->encoding.knots = found;
    memmove(x + found, y, (size_t)found * sizeof *y);
}

static void visit_column(void *user, int index, const float *sorted, float *room, size_t count)
{
    fitting *fit = user;
    preprocessing_column *column = fit->columns[index];
    if (count == 0) { /* Among the samples that were taken it was missing always. */
        return;
    }
    if (fit->settings.scaling == NNFS_SCALING_ROBUST) {
        fit_robust(column, sorted, count);
    } else {
        fit_quantiles(column, sorted, room, count);
    }
}

/* Scalings that go by quantiles; those of columns that never vary are not wanted. */
static nnfs_status fit_by_quantiles(fitting *fit, nnfs_error *error)
{
    bool knots = fit->settings.scaling == NNFS_SCALING_QUANTILE;
    if (!knots && fit->settings.scaling != NNFS_SCALING_ROBUST) {
        return NNFS_OK;
    }
    for (int i = 0; i < fit->made->column_count; i++) {
        preprocessing_column *column = &fit->made->columns[i];
        int index = column->encoding.column;
        fit->columns[index] = column;
        if (knots && fit->wanted[index]) {
            column->knots = calloc(2 * (size_t)MOST_KNOTS, sizeof *column->knots);
            if (!column->knots) {
                return fail_memory(error, 2 * MOST_KNOTS * sizeof *column->knots, "quantiles");
            }
        }
    }
    return column_stats_sort(fit->dataset, fit->wanted, fit->threads, visit_column, fit, error);
}

/* Whether the scaling means something for a column that never varies. */
static bool keeps_constant(const fitting *fit)
{
    return fit->settings.scaling == NNFS_SCALING_PIXELS ||
           (fit->settings.scaling == NNFS_SCALING_NONE &&
            fit->dataset->storage.features_are_pixels);
}

static nnfs_status fit_number(fitting *fit, preprocessing_column *column, nnfs_error *error)
{
    nnfs_encoding *encoding = &column->encoding;
    const column_stats *stats = &fit->stats[encoding->column];
    bool some_missing = stats->count < fit->dataset->samples;
    encoding->has_indicator = some_missing && fit->settings.missing_indicator;
    if (stats->count == 0) {
        encoding->reason = PREPROCESSING_NO_VALUES;
    } else if (!isfinite(stats->low) || !isfinite(stats->high)) {
        return fail(error, NNFS_ERROR_DATA, "column %s has a number that is not finite",
                    label_of(fit, encoding->column).text);
    } else if ((double)stats->high - (double)stats->low > LARGEST_REACH ||
               fmax(-(double)stats->low, (double)stats->high) > LARGEST_REACH) {
        return fail(error, NNFS_ERROR_DATA,
                    "column %s has numbers up to %g, too large to be scaled in float32; divide "
                    "them",
                    label_of(fit, encoding->column).text,
                    fmax(-(double)stats->low, (double)stats->high));
    } else if (stats->low < stats->high || keeps_constant(fit)) {
        scalings[fit->settings.scaling](stats, encoding);
    } else if (encoding->has_indicator || fit->dataset->storage.features_are_pixels) {
        encoding->center = stats->low; /* all there is to know is whether it is missing */
    } else {
        encoding->reason =
            fabsf(stats->low) < LARGEST_WHOLE ? PREPROCESSING_CONSTANT : PREPROCESSING_ROUNDED;
    }
    encoding->has_indicator = encoding->has_indicator && !encoding->reason;
    encoding->fill = stats->low;
    fit->wanted[encoding->column] = !encoding->reason && stats->low < stats->high;
    if (encoding->reason) {
        encoding->fill = 0.0f;
    }
    return NNFS_OK;
}

static void fill_medians(fitting *fit)
{
    for (int i = 0; i < fit->made->column_count; i++) {
        nnfs_encoding *encoding = &fit->made->columns[i].encoding;
        if (fit->wanted[encoding->column]) {
            const column_stats *stats = &fit->stats[encoding->column];
            /* Among the samples that were taken it may have been missing always. */
            encoding->fill = isnan(stats->median) ? (float)stats->mean : stats->median;
        }
    }
}

/* ---- Dates ---- */

/* Which cycles the dates of a column go through: of which more than one point occurs. */
static void find_cycles(const fitting *fit, nnfs_encoding *encoding)
{
    const table_column *from = &fit->dataset->storage.schema->columns[encoding->column];
    int month = -1;
    double weekday = -1.0;
    double time = -1.0;
    for (int64_t i = 0; i < fit->dataset->samples; i++) {
        float cell = nnfs_dataset_cell(fit->dataset, i, encoding->column);
        if (isnan(cell)) {
            continue;
        }
        double days = (double)cell + from->origin;
        double day = floor(days);
        double of_week = day - 7.0 * floor(day / 7.0);
        encoding->has_month |= month >= 0 && date_month(days) != month;
        encoding->has_weekday |= weekday >= 0.0 && of_week != weekday;
        encoding->has_hour |= time >= 0.0 && days - day != time;
        month = date_month(days);
        weekday = of_week;
        time = days - day;
    }
}

static nnfs_status fit_date(fitting *fit, preprocessing_column *column, nnfs_error *error)
{
    nnfs_encoding *encoding = &column->encoding;
    encoding->origin = fit->dataset->storage.schema->columns[encoding->column].origin;
    TRY(fit_number(fit, column, error));
    if (!encoding->reason) {
        find_cycles(fit, encoding);
    }
    return NNFS_OK;
}

/* ---- All of it ---- */

static nnfs_status count_categories(fitting *fit, nnfs_error *error)
{
    const table_schema *schema = fit->dataset->storage.schema;
    for (int i = 0; i < schema->feature_count; i++) {
        const table_column *column = &schema->columns[schema->features[i]];
        if (column->kind == NNFS_COLUMN_CATEGORY) {
            int64_t *counts =
                memory_alloc_zeroed((size_t)column->category_count + 1, sizeof *counts);
            if (!counts) {
                return fail_memory(error, (size_t)column->category_count * sizeof *counts,
                                   "categories");
            }
            fit->counts[schema->features[i]] = counts;
        }
    }
    column_stats_count(fit->dataset, fit->counts, fit->threads);
    return NNFS_OK;
}

/* What the network's user need not say again: how missing cells look, and what else
 * may be there. */
static nnfs_status keep_file(fitting *fit, nnfs_error *error)
{
    const table_schema *schema = fit->dataset->storage.schema;
    string_list_view words = string_list_view_of(schema->missing);
    char **missing = fit->made->missing = string_list_create((size_t)string_list_count(words));
    char **left_out = fit->made->left_out = string_list_create((size_t)schema->column_count);
    if (!missing || !left_out) {
        return fail_memory(error, 0, "words");
    }
    for (; words && *words; words++) {
        TRY(fitting_copy_text(*words, "a word for \"missing\"", missing++, error));
    }
    for (int i = 0; i < schema->column_count; i++) {
        const table_column *column = &schema->columns[i];
        bool used = column->use == NNFS_COLUMN_FEATURE || column->use == NNFS_COLUMN_TARGET;
        if (!used && column->name) {
            TRY(fitting_copy_text(column->name, "the name of a column", left_out++, error));
        }
    }
    return NNFS_OK;
}

static nnfs_status fit_column(fitting *fit, int index, nnfs_error *error)
{
    static nnfs_status (*const kinds[])(fitting *, preprocessing_column *,
                                        nnfs_error *) = {[NNFS_COLUMN_NUMBER] = fit_number,
                                                         [NNFS_COLUMN_CATEGORY] = fit_category,
                                                         [NNFS_COLUMN_DATE] = fit_date};
    const table_schema *schema = fit->dataset->storage.schema;
    preprocessing_column *column = &fit->made->columns[index];
    char *name = NULL;
    column->encoding.column = schema->features[index];
    const table_column *from = &schema->columns[column->encoding.column];
    column->encoding.kind = from->kind;
    memcpy(column->format, from->format, sizeof column->format);
    nnfs_status status = fitting_copy_text(from->name, "the name of a column", &name, error);
    column->encoding.name = name;
    if (status != NNFS_OK) {
        return status;
    }
    return kinds[from->kind](fit, column, error);
}

static nnfs_scaling default_scaling(const fitting *fit)
{
    const dataset_storage *storage = &fit->dataset->storage;
    const table_schema *schema = storage->schema;
    if (storage->type == DTYPE_U8) {
        return NNFS_SCALING_PIXELS;
    }
    double low = 0.0;
    double high = 0.0;
    for (int i = 0; i < schema->feature_count; i++) {
        low = fmin(low, (double)fit->stats[schema->features[i]].low);
        high = fmax(high, (double)fit->stats[schema->features[i]].high);
    }
    if (!storage->features_are_pixels || low < 0.0 || high > 255.0) {
        return NNFS_SCALING_STANDARD;
    }
    return high > 1.0 ? NNFS_SCALING_PIXELS : NNFS_SCALING_NONE;
}

static nnfs_status fit_all(fitting *fit, nnfs_error *error)
{
    TRY(column_stats_measure(fit->dataset, fit->threads, fit->stats, error));
    if (fit->settings.scaling == NNFS_SCALING_DEFAULT) {
        fit->settings.scaling = default_scaling(fit);
    }
    TRY(count_categories(fit, error));
    for (int i = 0; i < fit->made->column_count; i++) {
        TRY(fit_column(fit, i, error));
    }
    TRY(column_stats_medians(fit->dataset, fit->wanted, fit->threads, fit->stats, error));
    fill_medians(fit);
    TRY(fit_by_quantiles(fit, error));
    TRY(fit_targets(fit, error));
    TRY(keep_file(fit, error));
    if (!preprocessing_lay_out(fit->made)) {
        return fail(
            error, NNFS_ERROR_DATA,
            "no column tells the %lld sample%s to learn from apart: each is constant, without "
            "values or mostly unique",
            (long long)fit->dataset->samples, plural(fit->dataset->samples));
    }
    if (fit->settings.screening > 0.0f) {
        return column_screening(fit->dataset, (double)fit->settings.screening, fit->made, error);
    }
    return NNFS_OK;
}

static nnfs_status check(const nnfs_dataset *dataset, const nnfs_preprocessing_settings *settings,
                         nnfs_error *error)
{
    if (!dataset->storage.schema) {
        return fail(error, NNFS_ERROR_ARGUMENT, "only a table has columns to preprocess");
    }
    if (!dataset->storage.labels && !dataset->storage.targets) {
        return fail(error, NNFS_ERROR_ARGUMENT, "preprocessing is fitted with targets alone");
    }
    if (!nnfs_scaling_name(settings->scaling)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "no known scaling");
    }
    if (settings->log_targets && (dataset->storage.labels || !settings->scale_targets)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "log_targets is for numbers, and for scale_targets");
    }
    if (settings->max_categories < 1) {
        return fail(error, NNFS_ERROR_ARGUMENT, "max_categories must be 1 or more, not %d",
                    settings->max_categories);
    }
    if (!(settings->screening >= 0.0f && settings->screening < 1.0f)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "screening must be 0 or more and below 1, not %g",
                    (double)settings->screening);
    }
    return cpu_check_threads(settings->threads, error);
}

static void free_fitting(fitting *fit)
{
    for (int i = 0; fit->counts && i < fit->dataset->storage.feature_count; i++) {
        memory_free(fit->counts[i]);
    }
    memory_free(fit->counts);
    memory_free(fit->wanted);
    memory_free(fit->columns);
    memory_free(fit->stats);
    nnfs_preprocessing_free(fit->made);
}

nnfs_status nnfs_preprocessing_fit(const nnfs_dataset *dataset,
                                   const nnfs_preprocessing_settings *settings,
                                   nnfs_preprocessing **preprocessing, nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (!preprocessing) {
        return fail_null(error, "preprocessing");
    }
    fitting fit = {.dataset = dataset};
    const dataset_storage *storage = &dataset->storage;
    *preprocessing = NULL;
    nnfs_preprocessing_settings_init(&fit.settings);
    if (settings) {
        fit.settings = *settings;
    }
    nnfs_status status = check(dataset, &fit.settings, error);
    if (status != NNFS_OK) {
        return status;
    }
    size_t columns = (size_t)storage->feature_count;
    fit.threads = cpu_threads(fit.settings.threads);
    fit.stats = memory_alloc(columns, sizeof *fit.stats);
    fit.wanted = memory_alloc_zeroed(columns, sizeof *fit.wanted);
    fit.counts = memory_alloc_zeroed(columns, sizeof *fit.counts);
    fit.columns = memory_alloc_zeroed(columns, sizeof *fit.columns);
    fit.made = preprocessing_create(storage->schema->feature_count,
                                    storage->labels ? 1 : storage->target_count, storage->classes);
    if (fit.stats && fit.wanted && fit.counts && fit.columns && fit.made) {
        fit.made->file_columns = storage->schema->column_count;
        status = fit_all(&fit, error);
    } else {
        status = fail_memory(error, columns * sizeof *fit.stats, "a preprocessing");
    }
    if (status == NNFS_OK) {
        *preprocessing = fit.made;
        fit.made = NULL;
    }
    free_fitting(&fit);
    return status;
}
