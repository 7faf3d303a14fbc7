/* Preprocessing to JSON, and back with a look at every value. */
#include "formats/preprocessing_json.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/string_list.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {[NNFS_COLUMN_NUMBER] = "number",
                                         [NNFS_COLUMN_CATEGORY] = "category",
                                         [NNFS_COLUMN_DATE] = "date"};

/* ---- Writing ---- */

/* A list of strings; NULL: no memory. */
static json_t *list_of(char *const *strings, int count)
{
    json_t *list = json_array();
    for (int i = 0; list && i < count; i++) {
        if (json_array_append_new(list, json_string(strings[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *category_to_json(const preprocessing_column *column)
{
    const nnfs_encoding *e = &column->encoding;
    return json_pack("{s:o, s:b, s:b}", "categories", list_of(column->categories, e->categories),
                     "missing", e->has_missing, "others_seen", column->others_seen);
}

static json_t *number_to_json(const preprocessing_column *column)
{
    const nnfs_encoding *e = &column->encoding;
    return json_pack("{s:f, s:f, s:f, s:b}", "center", (double)e->center, "scale", (double)e->scale,
                     "fill", (double)e->fill, "indicator", e->has_indicator);
}

static json_t *date_to_json(const preprocessing_column *column)
{
    const nnfs_encoding *e = &column->encoding;
    return json_pack("{s:f, s:f, s:f, s:b, s:f, s:b, s:b, s:b}", "center", (double)e->center,
                     "scale", (double)e->scale, "fill", (double)e->fill, "indicator",
                     e->has_indicator, "origin", e->origin, "month", e->has_month, "weekday",
                     e->has_weekday, "hour", e->has_hour);
}

/* Numbers [count]; NULL: no memory. */
static json_t *numbers_to_json(const float *numbers, int count)
{
    json_t *list = json_array();
    for (int i = 0; list && i < count; i++) {
        if (json_array_append_new(list, json_real((double)numbers[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* What models of version 0.1 lack is written unless it is 0. */
static bool add_later(const preprocessing_column *column, json_t *json)
{
    const nnfs_encoding *e = &column->encoding;
    if (e->clip > 0.0f && json_object_set_new(json, "clip", json_real((double)e->clip)) != 0) {
        return false;
    }
    if (e->two_valued && json_object_set_new(json, "two_valued", json_true()) != 0) {
        return false;
    }
    return e->knots == 0 ||
           (json_object_set_new(json, "knots", numbers_to_json(column->knots, e->knots)) == 0 &&
            json_object_set_new(json, "knot_values",
                                numbers_to_json(column->knots + e->knots, e->knots)) == 0);
}

static json_t *column_to_json(const preprocessing_column *column)
{
    static json_t *(*const kinds[])(const preprocessing_column *) = {
        [NNFS_COLUMN_NUMBER] = number_to_json,
        [NNFS_COLUMN_CATEGORY] = category_to_json,
        [NNFS_COLUMN_DATE] = date_to_json,
    };
    const nnfs_encoding *e = &column->encoding;
    json_t *json = json_pack("{s:s?, s:i, s:s}", "name", e->name, "column", e->column, "kind",
                             kind_names[e->kind]);
    json_t *own = e->reason ? json_pack("{s:s}", "left_out", e->reason) : kinds[e->kind](column);
    bool made = json && own && json_object_update(json, own) == 0;
    made = made && (e->reason || add_later(column, json));
    if (made && column->format[0] && !e->reason) {
        made = json_object_set_new(json, "format", json_string(column->format)) == 0;
    }
    json_decref(own);
    if (!made) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *columns_to_json(const nnfs_preprocessing *p)
{
    json_t *list = json_array();
    for (int i = 0; list && i < p->column_count; i++) {
        if (json_array_append_new(list, column_to_json(&p->columns[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *targets_to_json(const nnfs_preprocessing *p)
{
    json_t *list = json_array();
    for (int i = 0; list && i < p->target_count; i++) {
        const preprocessing_target *t = &p->targets[i];
        json_t *target = json_pack("{s:s?, s:i, s:f, s:f}", "name", t->name, "column", t->column,
                                   "center", (double)t->center, "scale", (double)t->scale);
        if (target && t->is_log) {
            (void)json_object_set_new(target, "log_shift", json_real((double)t->shift));
        }
        if (target && t->format[0]) {
            (void)json_object_set_new(target, "format", json_string(t->format));
        }
        if (json_array_append_new(list, target) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

char *preprocessing_to_json(const nnfs_preprocessing *p)
{
    json_t *json = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:s, s:o}", "file_columns", p->file_columns, "missing",
        list_of(p->missing, string_list_count(string_list_view_of(p->missing))), "left_out",
        list_of(p->left_out, string_list_count(string_list_view_of(p->left_out))), "columns",
        columns_to_json(p), "targets", targets_to_json(p), "target_kind",
        kind_names[p->target_kind], "classes", list_of(p->class_names, p->classes));
    char *text = json_text(json, NULL);
    json_decref(json);
    return text;
}

/* ---- Reading: values ---- */

/* What is wrong with one entry of a list, counted from 1. */
static nnfs_status fail_entry(nnfs_error *error, const char *what, int index, const char *why)
{
    return fail(error, NNFS_ERROR_DATA, "%s %d: %s", what, index + 1, why);
}

static bool in_range(json_int_t value, json_int_t low, json_int_t high)
{
    return value >= low && value <= high;
}

static bool parse_kind(const char *name, nnfs_column_kind *kind)
{
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            *kind = (nnfs_column_kind)i;
            return true;
        }
    }
    return false;
}

/* A name, or none for null. False: something else, or no memory. */
static bool parse_name(const json_t *json, char **name)
{
    if (json_is_string(json)) {
        *name = strdup(json_string_value(json));
    } else {
        *name = NULL;
    }
    return *name || json_is_null(json);
}

static int compare_strings(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Whether all are different. False also where there is no memory. */
static bool all_different(char *const *strings, int count)
{
    const char **sorted = memory_alloc((size_t)count, sizeof *sorted);
    bool different = sorted != NULL;
    for (int i = 0; sorted && i < count; i++) {
        sorted[i] = strings[i];
    }
    if (sorted) {
        qsort(sorted, (size_t)count, sizeof *sorted, compare_strings);
    }
    for (int i = 1; different && i < count; i++) {
        different = strcmp(sorted[i - 1], sorted[i]) != 0;
    }
    memory_free(sorted);
    return different;
}

/* Copies of strings into copies[size of the list], *count of them also on failure. */
static bool parse_strings(const json_t *list, char **copies, int *count)
{
    size_t size = json_array_size(list);
    for (*count = 0; (size_t)*count < size; (*count)++) {
        const char *text = json_string_value(json_array_get(list, (size_t)*count));
        copies[*count] = text ? strdup(text) : NULL;
        if (!copies[*count]) {
            return false;
        }
    }
    return true;
}

/* Reads a list of distinct names. */
static bool parse_names(const json_t *list, char **names, int *count)
{
    return parse_strings(list, names, count) && all_different(names, *count);
}

static bool parse_list(const json_t *list, char ***copies)
{
    int count = 0;
    if (json_is_array(list)) {
        *copies = string_list_create(json_array_size(list));
    } else {
        *copies = NULL;
    }
    return *copies && parse_strings(list, *copies, &count);
}

/* ---- Reading: columns ---- */

static bool parse_left_out(json_t *json, size_t keys, preprocessing_column *column)
{
    static const char *const reasons[] = {PREPROCESSING_CONSTANT, PREPROCESSING_ROUNDED,
                                          PREPROCESSING_SCREENED, PREPROCESSING_NO_VALUES,
                                          PREPROCESSING_UNIQUE};
    const char *reason = json_string_value(json_object_get(json, "left_out"));
    for (size_t i = 0; reason && i < sizeof reasons / sizeof *reasons; i++) {
        if (strcmp(reason, reasons[i]) == 0) {
            column->encoding.reason = reasons[i];
        }
    }
    return column->encoding.reason && keys == 4;
}

/* How cells are written: models of version 0.1 do not say, nor do those of plain cells. */
static bool parse_format(json_t *json, char format[TABLE_FORMAT_BYTES], size_t *keys)
{
    const json_t *value = json_object_get(json, "format");
    const char *text = json_string_value(value);
    *keys -= value != NULL;
    if (!value) {
        return true;
    }
    if (!text || strlen(text) >= TABLE_FORMAT_BYTES) {
        return false;
    }
    strcpy(format, text);
    return true;
}

static bool parse_scaling(json_t *json, nnfs_encoding *e)
{
    double center = 0.0;
    double scale = 0.0;
    double fill = 0.0;
    if (json_unpack(json, "{s:F, s:F, s:F, s:b}", "center", &center, "scale", &scale, "fill", &fill,
                    "indicator", &e->has_indicator) != 0) {
        return false;
    }
    e->center = (float)center;
    e->scale = (float)scale;
    e->fill = (float)fill;
    /* Where all that counts is whether it is missing, the scale is 0. */
    return isfinite(e->center) && isfinite(e->fill) && isfinite(e->scale) &&
           (e->scale > 0.0f || (e->scale == 0.0f && e->has_indicator));
}

/* Finite numbers, rising if they must. */
static bool parse_numbers(const json_t *list, bool rising, float *numbers)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *number = json_array_get(list, i);
        numbers[i] = (float)json_number_value(number);
        if (!json_is_number(number) || !isfinite(numbers[i]) ||
            (rising && i > 0 && numbers[i] <= numbers[i - 1])) {
            return false;
        }
    }
    return true;
}

/* Both lists of knots, or neither. */
static bool parse_knots(json_t *json, size_t *keys, preprocessing_column *column)
{
    const json_t *x = json_object_get(json, "knots");
    const json_t *y = json_object_get(json, "knot_values");
    size_t count = json_array_size(x);
    if (!x && !y) {
        return true;
    }
    *keys -= 2;
    if (count < 2 || count > INT_MAX / 2 || json_array_size(y) != count) {
        return false;
    }
    column->encoding.knots = (int)count;
    column->knots = calloc(2 * count, sizeof *column->knots);
    return column->knots && parse_numbers(x, true, column->knots) &&
           parse_numbers(y, false, column->knots + count);
}

/* What add_later writes, of numbers and dates. */
static bool parse_curve(json_t *json, size_t *keys, preprocessing_column *column)
{
    const json_t *clip = json_object_get(json, "clip");
    column->encoding.clip = (float)json_number_value(clip);
    *keys -= clip != NULL;
    if (clip && !(column->encoding.clip > 0.0f && isfinite(column->encoding.clip))) {
        return false;
    }
    return parse_knots(json, keys, column);
}

static bool parse_number(json_t *json, size_t keys, preprocessing_column *column)
{
    return parse_curve(json, &keys, column) && keys == 7 && parse_scaling(json, &column->encoding);
}

static bool parse_date(json_t *json, size_t keys, preprocessing_column *column)
{
    nnfs_encoding *e = &column->encoding;
    return parse_curve(json, &keys, column) && keys == 11 && column->format[0] == '%' &&
           parse_scaling(json, e) &&
           json_unpack(json, "{s:F, s:b, s:b, s:b}", "origin", &e->origin, "month", &e->has_month,
                       "weekday", &e->has_weekday, "hour", &e->has_hour) == 0 &&
           fabs(e->origin) < 1e7;
}

static bool parse_category(json_t *json, size_t keys, preprocessing_column *column)
{
    nnfs_encoding *e = &column->encoding;
    json_t *list = NULL;
    int others_seen = 0;
    const json_t *two_valued = json_object_get(json, "two_valued");
    e->two_valued = json_is_true(two_valued);
    keys -= two_valued != NULL;
    if (keys != 6 || (two_valued && !e->two_valued) ||
        json_unpack(json, "{s:o, s:b, s:b}", "categories", &list, "missing", &e->has_missing,
                    "others_seen", &others_seen) != 0 ||
        !json_is_array(list) || json_array_size(list) > INT_MAX - 2) {
        return false;
    }
    column->others_seen = others_seen;
    column->categories = calloc(json_array_size(list) + 1, sizeof *column->categories);
    return column->categories && parse_names(list, column->categories, &e->categories) &&
           (!e->two_valued || e->categories == 2);
}

static nnfs_status parse_column(json_t *json, int index, nnfs_preprocessing *p, nnfs_error *error)
{
    static bool (*const kinds[])(json_t *, size_t,
                                 preprocessing_column *) = {[NNFS_COLUMN_NUMBER] = parse_number,
                                                            [NNFS_COLUMN_CATEGORY] = parse_category,
                                                            [NNFS_COLUMN_DATE] = parse_date};
    preprocessing_column *column = &p->columns[index];
    nnfs_encoding *e = &column->encoding;
    json_t *name_json = NULL;
    char *name = NULL;
    json_int_t place = 0;
    const char *kind = NULL;
    if (json_unpack(json, "{s:o, s:I, s:s}", "name", &name_json, "column", &place, "kind", &kind) !=
            0 ||
        !parse_kind(kind, &e->kind) || !in_range(place, 0, p->file_columns - 1) ||
        !parse_name(name_json, &name)) {
        return fail_entry(error, "column", index, "no name, place and kind of a column");
    }
    e->name = name;
    e->column = (int)place;
    if (index > 0 && (e->column <= p->columns[index - 1].encoding.column ||
                      !e->name != !p->columns[0].encoding.name)) {
        return fail_entry(error, "column", index, "not in order, or the only one with a name");
    }
    bool left_out = json_object_get(json, "left_out") != NULL;
    size_t keys = json_object_size(json);
    if (parse_format(json, column->format, &keys) &&
        (left_out ? parse_left_out : kinds[e->kind])(json, keys, column)) {
        return NNFS_OK;
    }
    return fail_entry(error, "column", index, "not how a column of its kind is encoded");
}

/* ---- Reading: targets ---- */

/* "log_shift", which targets on a log scale have. False: not a shift. */
static bool parse_log(json_t *json, preprocessing_target *target, size_t *keys)
{
    json_t *shift = json_object_get(json, "log_shift");
    if (!shift) {
        return true;
    }
    *keys -= 1;
    target->is_log = true;
    target->shift = (float)json_number_value(shift);
    return json_is_number(shift) && target->shift >= 0.0f && target->shift <= 1.0f;
}

static nnfs_status parse_target(json_t *json, int index, nnfs_preprocessing *p, nnfs_error *error)
{
    preprocessing_target *target = &p->targets[index];
    json_t *name = NULL;
    json_int_t column = 0;
    double center = 0.0;
    double scale = 0.0;
    size_t keys = json_object_size(json);
    bool parsed = parse_format(json, target->format, &keys) && parse_log(json, target, &keys) &&
                  keys == 4 &&
                  json_unpack(json, "{s:o, s:I, s:F, s:F}", "name", &name, "column", &column,
                              "center", &center, "scale", &scale) == 0 &&
                  in_range(column, -1, p->file_columns - 1) && parse_name(name, &target->name);
    target->column = (int)column;
    target->center = (float)center;
    target->scale = (float)scale;
    bool named = column >= 0 && p->columns[0].encoding.name;
    if (!parsed || !target->name != !named || !isfinite(target->center) ||
        !isfinite(target->scale) || !(target->scale > 0.0f)) {
        return fail_entry(error, "target", index, "no name, column, center and scale of a target");
    }
    return NNFS_OK;
}

static int compare_ints(const void *left, const void *right)
{
    int a = *(const int *)left;
    int b = *(const int *)right;
    return (a > b) - (a < b);
}

/* No column has two uses. */
static nnfs_status check_uses(const nnfs_preprocessing *p, nnfs_error *error)
{
    size_t count = 0;
    int *used =
        memory_alloc(size_add((size_t)p->column_count, (size_t)p->target_count), sizeof *used);
    if (!used) {
        return fail_memory(error, (size_t)p->column_count * sizeof *used, "columns");
    }
    for (int i = 0; i < p->column_count; i++) {
        used[count++] = p->columns[i].encoding.column;
    }
    for (int i = 0; i < p->target_count; i++) {
        if (p->targets[i].column >= 0) {
            used[count++] = p->targets[i].column;
        }
    }
    qsort(used, count, sizeof *used, compare_ints);
    bool twice = false;
    for (size_t i = 1; i < count; i++) {
        twice = twice || used[i - 1] == used[i];
    }
    memory_free(used);
    if (twice) {
        return fail(error, NNFS_ERROR_DATA, "a column has two uses");
    }
    return NNFS_OK;
}

/* ---- Reading: all of it ---- */

/* Its parts, still JSON. */
typedef struct parts {
    json_t *missing, *left_out, *columns, *targets, *classes;
    json_int_t file_columns;
    const char *target_kind;
} parts;

static bool parse_parts(json_t *json, parts *found)
{
    return json_object_size(json) == 7 &&
           json_unpack(json, "{s:I, s:o, s:o, s:o, s:o, s:s, s:o}", "file_columns",
                       &found->file_columns, "missing", &found->missing, "left_out",
                       &found->left_out, "columns", &found->columns, "targets", &found->targets,
                       "target_kind", &found->target_kind, "classes", &found->classes) == 0 &&
           json_is_array(found->columns) && json_is_array(found->targets) &&
           json_is_array(found->classes) && in_range(found->file_columns, 1, INT_MAX) &&
           in_range((json_int_t)json_array_size(found->columns), 1, found->file_columns) &&
           in_range((json_int_t)json_array_size(found->targets), 1, INT_MAX) &&
           in_range((json_int_t)json_array_size(found->classes), 0, INT_MAX - 1);
}

static nnfs_status fill(const parts *from, nnfs_preprocessing *p, nnfs_error *error)
{
    int classes = 0;
    p->file_columns = (int)from->file_columns;
    if (!parse_list(from->missing, &p->missing) || !parse_list(from->left_out, &p->left_out)) {
        return fail(error, NNFS_ERROR_DATA, "no words for \"missing\" and other columns");
    }
    for (int i = 0; i < p->column_count; i++) {
        TRY(parse_column(json_array_get(from->columns, (size_t)i), i, p, error));
    }
    for (int i = 0; i < p->target_count; i++) {
        TRY(parse_target(json_array_get(from->targets, (size_t)i), i, p, error));
        if (p->targets[i].is_log != p->targets[0].is_log) {
            return fail_entry(error, "target", i, "not on a log scale, or the only one");
        }
    }
    TRY(check_uses(p, error));
    if (!parse_kind(from->target_kind, &p->target_kind) ||
        !parse_names(from->classes, p->class_names, &classes) ||
        (classes > 0 && p->target_count != 1)) {
        return fail(error, NNFS_ERROR_DATA, "no different names of the classes of one target");
    }
    if (!preprocessing_lay_out(p)) {
        return fail(error, NNFS_ERROR_DATA, "its columns make no number of inputs");
    }
    return NNFS_OK;
}

static nnfs_status read_once(const char *text, nnfs_preprocessing **preprocessing,
                             nnfs_error *error)
{
    json_t *json = NULL;
    parts found = {0};
    nnfs_preprocessing *made = NULL;
    nnfs_status status = NNFS_OK;
    *preprocessing = NULL;
    if (json_parse(text, strlen(text), &json, NULL) == NNFS_ERROR_MEMORY) {
        return fail_memory(error, strlen(text), "a preprocessing");
    }
    if (!parse_parts(json, &found)) {
        status = fail(error, NNFS_ERROR_DATA, "no JSON of columns, targets and classes");
        goto cleanup;
    }
    made = preprocessing_create((int)json_array_size(found.columns),
                                (int)json_array_size(found.targets),
                                (int)json_array_size(found.classes));
    if (!made) {
        status = fail_memory(error, strlen(text), "a preprocessing");
        goto cleanup;
    }
    TRY_CLEANUP(fill(&found, made, error));
    *preprocessing = made;
    made = NULL;
cleanup:
    nnfs_preprocessing_free(made);
    json_decref(json);
    return status;
}

nnfs_status preprocessing_from_json(const char *text, nnfs_preprocessing **preprocessing,
                                    nnfs_error *error)
{
    nnfs_error first = {.status = NNFS_OK};
    nnfs_error second = {.status = NNFS_OK};
    nnfs_status status = read_once(text, preprocessing, &first);
    if (status == NNFS_OK) {
        return NNFS_OK;
    }
    /* A value that there was no memory for looks like a wrong one, but not twice. */
    if (status == NNFS_ERROR_DATA && (read_once(text, preprocessing, &second) != NNFS_ERROR_DATA ||
                                      strcmp(first.message, second.message) != 0)) {
        nnfs_preprocessing_free(*preprocessing);
        *preprocessing = NULL;
        return fail_memory(error, strlen(text), "a preprocessing");
    }
    return fail(error, status, "%s", first.message);
}
