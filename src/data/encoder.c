/*
 * The encoder: runs of columns that are numbers, and next to each other in the row as well as among
 * the inputs, each one loop; indicators; and categories, whose indices become places.
 */
#include "data/encoder.h"

#include "base/memory.h"
#include "base/string_list.h"
#include "base/vector.h"
#include "math/scaling_curve.h"
#include "table/calendar.h"
#include "table/category_match.h"
#include "table/column_match.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct encoder_run {
    int column, input, count;
} encoder_run;

typedef struct encoder_indicator {
    int column, input;
} encoder_indicator;

typedef struct encoder_category {
    int column, input, place_count;
    int codes;       /* different ones there are */
    int *places;     /* [codes]; NULL: each is its own place */
    int missing;     /* the place of missing ones; the last is that of the others */
    bool two_valued; /* one input, by place; there is one for the others */
} encoder_category;

/* What a scaled number goes through: a smooth clip, or a line between knots. */
typedef struct encoder_curve {
    int input;
    float clip;
    int knots;          /* 0: a clip */
    const float *x, *y; /* [knots], of the preprocessing */
} encoder_curve;

/* Of a date, sine and cosine of the time within each of these cycles; 0 both where
 * it is missing. */
typedef struct encoder_date {
    int column, input; /* of the first sine */
    bool month, weekday, hour;
    double origin; /* days since 1970-01-01 */
} encoder_date;

struct encoder {
    atomic_int owners;
    const nnfs_preprocessing *preprocessing;
    encoder_run *runs; /* of numbers */
    int run_count;
    encoder_indicator *indicators;
    int indicator_count;
    encoder_category *categories;
    int category_count;
    encoder_date *dates;
    int date_count;
    encoder_curve *curves;
    int curve_count;
    float *center; /* [inputs] x becomes (x - center) * scale; so are the next two */
    float *scale;
    float *filled; /* and a missing one filled * scale */
};

/* ---- Making and freeing ---- */

static void free_encoder(encoder *e)
{
    for (int i = 0; e->categories && i < e->category_count; i++) {
        memory_free(e->categories[i].places);
    }
    memory_free(e->categories);
    memory_free(e->indicators);
    memory_free(e->dates);
    memory_free(e->curves);
    memory_free(e->runs);
    memory_free(e->center);
    memory_free(e->scale);
    memory_free(e->filled);
    preprocessing_release(e->preprocessing);
    free(e);
}

/* Allocates an encoder of `columns` columns without steps. NULL: no memory. */
static encoder *create(const nnfs_preprocessing *preprocessing, int columns, int inputs)
{
    encoder *e = calloc(1, sizeof *e);
    if (!e) {
        return NULL;
    }
    atomic_init(&e->owners, 1);
    e->preprocessing = preprocessing_retain(preprocessing);
    e->runs = memory_alloc((size_t)columns, sizeof *e->runs);
    e->indicators = memory_alloc((size_t)columns, sizeof *e->indicators);
    e->categories = memory_alloc((size_t)columns, sizeof *e->categories);
    e->dates = memory_alloc((size_t)columns, sizeof *e->dates);
    e->curves = memory_alloc((size_t)columns, sizeof *e->curves);
    e->center = memory_alloc((size_t)inputs, sizeof *e->center);
    e->scale = memory_alloc((size_t)inputs, sizeof *e->scale);
    e->filled = memory_alloc((size_t)inputs, sizeof *e->filled);
    if (!e->runs || !e->indicators || !e->categories || !e->dates || !e->curves || !e->center ||
        !e->scale || !e->filled) {
        free_encoder(e);
        return NULL;
    }
    return e;
}

const encoder *encoder_retain(const encoder *from)
{
    if (from) {
        atomic_fetch_add(&((encoder *)(uintptr_t)from)->owners, 1);
    }
    return from;
}

void encoder_release(const encoder *from)
{
    encoder *e = (encoder *)(uintptr_t)from; /* of a constant encoder only the owners change */
    if (e && atomic_fetch_sub(&e->owners, 1) == 1) {
        free_encoder(e);
    }
}

/* ---- What becomes of a column ---- */

/* Column `column` of the rows becomes input `input`, a continued run where it can. */
static void add_number(encoder *e, int column, int input, float center, float scale, float fill)
{
    encoder_run *last = NULL;
    if (e->run_count > 0) {
        last = &e->runs[e->run_count - 1];
    }
    e->center[input] = center;
    e->scale[input] = scale;
    e->filled[input] = fill - center;
    if (last && last->column + last->count == column && last->input + last->count == input) {
        last->count++;
    } else {
        e->runs[e->run_count++] = (encoder_run){column, input, 1};
    }
}

/* A column whose category codes are places already, or will be by its `places`. */
static encoder_category *add_category(encoder *e, int column, const nnfs_encoding *encoding)
{
    encoder_category *category = &e->categories[e->category_count++];
    int places = encoding->categories + encoding->has_missing + 1;
    *category = (encoder_category){
        .column = column,
        .input = encoding->first_input,
        .place_count = places,
        .codes = encoding->categories,
        .missing = encoding->has_missing ? encoding->categories : places - 1,
        .two_valued = encoding->two_valued,
    };
    return category;
}

static void add_number_of(encoder *e, int column, const nnfs_encoding *encoding, const float *knots)
{
    int input = encoding->first_input;
    add_number(e, column, input, encoding->center, encoding->scale, encoding->fill);
    if (encoding->has_indicator) {
        e->indicators[e->indicator_count++] = (encoder_indicator){column, input + 1};
    }
    if (encoding->knots > 0 || encoding->clip > 0.0f) {
        const float *y = NULL;
        if (encoding->knots > 0) {
            y = knots + encoding->knots;
        }
        e->curves[e->curve_count++] =
            (encoder_curve){input, encoding->clip, encoding->knots, knots, y};
    }
}

/* `origin`: of the table's cells, which may count from another day than the fitted ones. */
static void add_date(encoder *e, int column, double origin, const preprocessing_column *as)
{
    const nnfs_encoding *encoding = &as->encoding;
    nnfs_encoding shifted = *encoding;
    float later = (float)(origin - encoding->origin);
    shifted.center -= later;
    shifted.fill -= later;
    add_number_of(e, column, &shifted, as->knots);
    if (encoding->has_month || encoding->has_weekday || encoding->has_hour) {
        e->dates[e->date_count++] = (encoder_date){
            .column = column,
            .input = encoding->first_input + 1 + encoding->has_indicator,
            .month = encoding->has_month,
            .weekday = encoding->has_weekday,
            .hour = encoding->has_hour,
            .origin = origin,
        };
    }
}

encoder *encoder_plain(const table_schema *schema)
{
    encoder *e = create(NULL, schema->feature_count, schema->feature_count);
    for (int i = 0; e && i < schema->feature_count; i++) {
        add_number(e, schema->features[i], i, 0.0f, 1.0f, NAN);
    }
    return e;
}

encoder *encoder_of_rows(const nnfs_preprocessing *preprocessing)
{
    encoder *e = create(preprocessing, preprocessing->column_count, preprocessing->inputs);
    for (int i = 0; e && i < preprocessing->column_count; i++) {
        const nnfs_encoding *encoding = &preprocessing->columns[i].encoding;
        if (encoding->inputs == 0) {
            continue;
        }
        if (encoding->kind == NNFS_COLUMN_CATEGORY) {
            (void)add_category(e, i, encoding);
        } else if (encoding->kind == NNFS_COLUMN_DATE) {
            add_date(e, i, encoding->origin, &preprocessing->columns[i]);
        } else {
            add_number_of(e, i, encoding, preprocessing->columns[i].knots);
        }
    }
    return e;
}

/* ---- For a table ---- */

/* Places of the table's own category codes; those without one have the others'. */
static bool find_places(const preprocessing_column *column, const table_column *in,
                        encoder_category *category)
{
    category->codes = in->category_count;
    category->places =
        category_positions(string_list_view_of(column->categories), column->encoding.categories,
                           string_list_view_of(in->categories), in->category_count);
    for (int i = 0; category->places && i < in->category_count; i++) {
        if (category->places[i] < 0) {
            category->places[i] = category->place_count - 1;
        }
    }
    return category->places != NULL;
}

static const char *kind_name(nnfs_column_kind kind)
{
    static const char *const names[] = {
        [NNFS_COLUMN_NUMBER] = "numbers",
        [NNFS_COLUMN_CATEGORY] = "categories",
        [NNFS_COLUMN_DATE] = "dates",
    };
    return names[kind];
}

/* A column of nothing but missing cells is of any kind. */
static nnfs_status check_column(const nnfs_dataset *dataset, const data_table *table, int column,
                                nnfs_column_kind kind, nnfs_error *error)
{
    const table_column *in = &table->columns[column];
    if (in->use != NNFS_COLUMN_FEATURE) {
        return fail(error, NNFS_ERROR_DATA,
                    "column %s is no feature here, and the model was trained on it",
                    table_label(table, column).text);
    }
    if (in->kind != kind && in->missing < dataset->storage.samples) {
        return fail(error, NNFS_ERROR_DATA, "column %s has %s, where the model was trained on %s",
                    table_label(table, column).text, kind_name(in->kind), kind_name(kind));
    }
    return NNFS_OK;
}

static nnfs_status add_column(encoder *e, const nnfs_dataset *dataset, const data_table *table,
                              int column, const preprocessing_column *as, nnfs_error *error)
{
    const nnfs_encoding *encoding = &as->encoding;
    if (encoding->inputs == 0) {
        return NNFS_OK;
    }
    nnfs_status status = check_column(dataset, table, column, encoding->kind, error);
    if (status != NNFS_OK) {
        return status;
    }
    switch (encoding->kind) {
    case NNFS_COLUMN_NUMBER:
        add_number_of(e, column, encoding, as->knots);
        return NNFS_OK;
    case NNFS_COLUMN_DATE:
        add_date(e, column, table->columns[column].origin, as);
        return NNFS_OK;
    default:
        if (!find_places(as, &table->columns[column], add_category(e, column, encoding))) {
            return fail_memory(error, (size_t)encoding->categories * sizeof(int), "categories");
        }
        return NNFS_OK;
    }
}

static nnfs_status check_classes(const nnfs_dataset *dataset, const nnfs_preprocessing *as,
                                 nnfs_error *error)
{
    const dataset_storage *storage = &dataset->storage;
    if (storage->classes != as->classes) {
        return fail(error, NNFS_ERROR_DATA, "the data has %d classes, the model has %d",
                    storage->classes, as->classes);
    }
    for (int i = 0; i < as->classes; i++) {
        if (strcmp(storage->schema->class_names[i], as->class_names[i]) != 0) {
            return fail(error, NNFS_ERROR_DATA,
                        "class %d of the data is '%.100s', where the model has '%.100s'", i + 1,
                        storage->schema->class_names[i], as->class_names[i]);
        }
    }
    return NNFS_OK;
}

/* Targets that are there must be those that were fitted, in their order. */
static nnfs_status check_targets(const nnfs_dataset *dataset, const nnfs_preprocessing *as,
                                 const column_match *match, nnfs_error *error)
{
    const dataset_storage *storage = &dataset->storage;
    const table_schema *schema = storage->schema;
    if (storage->labels) {
        return check_classes(dataset, as, error);
    }
    if (!storage->targets) {
        return NNFS_OK;
    }
    bool same = as->classes == 0 && storage->target_count == as->target_count;
    for (int i = 0; same && i < schema->target_count; i++) {
        same = as->targets[i].column < 0 || schema->targets[i] == match->targets[i];
    }
    if (!same) {
        return fail(error, NNFS_ERROR_DATA,
                    "the targets of the data are not those that the model was trained on");
    }
    return NNFS_OK;
}

nnfs_status encoder_create(const nnfs_dataset *dataset, const nnfs_preprocessing *preprocessing,
                           encoder **made, nnfs_error *error)
{
    *made = NULL;
    const table_schema *schema = dataset->storage.schema;
    if (!schema) {
        return fail(error, NNFS_ERROR_ARGUMENT, "only a table can be prepared");
    }
    data_table table = {.path = "the table",
                        .columns = schema->columns,
                        .column_count = schema->column_count,
                        .rows = dataset->storage.samples};
    column_match match;
    nnfs_status status = column_match_create(&table, preprocessing, &match, error);
    if (status != NNFS_OK) {
        return status;
    }
    encoder *e = create(preprocessing, preprocessing->column_count, preprocessing->inputs);
    if (e) {
        status = check_targets(dataset, preprocessing, &match, error);
    } else {
        status = fail_memory(error, (size_t)preprocessing->inputs * sizeof(float), "an encoder");
    }
    for (int i = 0; status == NNFS_OK && i < preprocessing->column_count; i++) {
        status =
            add_column(e, dataset, &table, match.features[i], &preprocessing->columns[i], error);
    }
    column_match_free(&match);
    if (status != NNFS_OK) {
        encoder_release(e);
        return status;
    }
    *made = e;
    return NNFS_OK;
}

nnfs_status nnfs_dataset_prepare(nnfs_dataset *dataset, const nnfs_preprocessing *preprocessing,
                                 nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (!preprocessing) {
        return fail_null(error, "preprocessing");
    }
    encoder *made = NULL;
    TRY(encoder_create(dataset, preprocessing, &made, error));
    encoder_release(dataset->encoder);
    dataset->encoder = made;
    dataset->inputs = preprocessing->inputs;
    return NNFS_OK;
}

const nnfs_preprocessing *nnfs_dataset_preprocessing(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return NULL;
    }
    return encoder_preprocessing(dataset->encoder);
}

/* ---- Asking ---- */

int64_t nnfs_dataset_unseen(const nnfs_dataset *dataset, int column, int *example)
{
    if (!dataset) {
        return 0;
    }
    const encoder *e = dataset->encoder;
    const encoder_category *category = NULL;
    int64_t count = 0;
    for (int i = 0; e && i < e->category_count; i++) {
        if (e->categories[i].column == column) {
            category = &e->categories[i];
        }
    }
    for (int64_t i = 0; category && category->places && i < dataset->samples; i++) {
        float code = nnfs_dataset_cell(dataset, i, column);
        bool unseen = code >= 0.0f && category->places[(int)code] == category->place_count - 1;
        if (unseen && count++ == 0) {
            *example = (int)code;
        }
    }
    return count;
}

const nnfs_preprocessing *encoder_preprocessing(const encoder *from)
{
    if (!from) {
        return NULL;
    }
    return from->preprocessing;
}

/* ---- Encoding ---- */

VECTOR_CLONES
static void encode_run(const float *restrict row, size_t count, const float *restrict center,
                       const float *restrict scale, const float *restrict filled, float *restrict x)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        float value = row[i];
        x[i] = (value == value ? value - center[i] : filled[i]) * scale[i];
    }
}

/* Values are converted that many at a time. */
enum { CONVERTED = 256 };

/* A row as it is stored: floats, or else what they are made of. */
typedef struct stored_row {
    const float *floats; /* NULL: to be converted */
    dtype type;
    bool swapped;
    const unsigned char *values;
} stored_row;

static float cell_of(const stored_row *row, int column)
{
    if (row->floats) {
        return row->floats[column];
    }
    float value = 0.0f;
    dtype_to_floats(row->type, row->swapped, row->values + (size_t)column * dtype_bytes(row->type),
                    1, &value);
    return value;
}

static void encode_numbers(const encoder *e, const stored_row *row, const encoder_run *run,
                           float *x)
{
    size_t at = (size_t)run->input;
    size_t end = at + (size_t)run->count;
    size_t column = (size_t)run->column;
    if (row->floats) {
        encode_run(row->floats + column, end - at, e->center + at, e->scale + at, e->filled + at,
                   x + at);
        return;
    }
    size_t bytes = dtype_bytes(row->type);
    for (size_t count = 0; at < end; at += count, column += count) {
        float converted[CONVERTED];
        count = end - at < CONVERTED ? end - at : CONVERTED;
        dtype_to_floats(row->type, row->swapped, row->values + column * bytes, count, converted);
        encode_run(converted, count, e->center + at, e->scale + at, e->filled + at, x + at);
    }
}

static float *put_cycle(float *x, bool wanted, double turns)
{
    const double pi = 3.14159265358979323846;
    if (!wanted) {
        return x;
    }
    x[0] = isnan(turns) ? 0.0f : (float)sin(2.0 * pi * turns);
    x[1] = isnan(turns) ? 0.0f : (float)cos(2.0 * pi * turns);
    return x + 2;
}

static void encode_date(const encoder_date *date, float cell, float *x)
{
    double days = (double)cell + date->origin;
    double month = isnan(cell) ? (double)NAN : date_month(days) / 12.0;
    x = put_cycle(x + date->input, date->month, month);
    x = put_cycle(x, date->weekday, floor(days) / 7.0);
    (void)put_cycle(x, date->hour, days - floor(days));
}

static int place_of(const encoder_category *category, float code)
{
    if (isnan(code)) {
        return category->missing;
    }
    bool known = code >= 0.0f && code < (float)category->codes && code == (float)(int)code;
    if (!known) {
        return category->place_count - 1;
    }
    if (category->places) {
        return category->places[(int)code];
    }
    return (int)code;
}

static float along_curve(const encoder_curve *curve, float x)
{
    if (curve->knots > 0) {
        return curve_knots(curve->x, curve->y, curve->knots, x);
    }
    return curve_clip(curve->clip, x);
}

static void encode_category(const encoder_category *category, float code, float *x)
{
    int place = place_of(category, code);
    if (category->two_valued) {
        x[0] = place < 2 ? (float)(2 * place - 1) : 0.0f;
        return;
    }
    memset(x, 0, (size_t)category->place_count * sizeof *x);
    x[place] = 1.0f;
}

void encoder_features(const encoder *from, dtype type, bool swapped, const void *row, float *x)
{
    bool plain = type == DTYPE_F32 && !swapped && (uintptr_t)row % sizeof(float) == 0;
    stored_row cells = {plain ? row : NULL, type, swapped, row};
    for (int i = 0; i < from->run_count; i++) {
        encode_numbers(from, &cells, &from->runs[i], x);
    }
    for (int i = 0; i < from->curve_count; i++) {
        float *value = &x[from->curves[i].input];
        *value = along_curve(&from->curves[i], *value);
    }
    for (int i = 0; i < from->indicator_count; i++) {
        const encoder_indicator *indicator = &from->indicators[i];
        x[indicator->input] = isnan(cell_of(&cells, indicator->column)) ? 1.0f : 0.0f;
    }
    for (int i = 0; i < from->date_count; i++) {
        encode_date(&from->dates[i], cell_of(&cells, from->dates[i].column), x);
    }
    for (int i = 0; i < from->category_count; i++) {
        const encoder_category *category = &from->categories[i];
        encode_category(category, cell_of(&cells, category->column), x + category->input);
    }
}
