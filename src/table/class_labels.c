/* Classes found among the cells of a column, and cells found among classes. */
#include "table/class_labels.h"

#include "base/memory.h"
#include "base/string_list.h"
#include "base/words.h"
#include "table/category_match.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_classes_free(table_classes *classes)
{
    for (int i = 0; classes->names && i < classes->count; i++) {
        free(classes->names[i]);
    }
    memory_free(classes->names);
    *classes = (table_classes){0};
}

/* ---- Different numbers ---- */

/* Where `value` is among `count` ascending ones, or would be. */
static int lower_bound(const float *values, int count, float value)
{
    int low = 0;
    int high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (values[middle] < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The different numbers of y, ascending, into values [most]; -1 where there are more. */
static int different_values(const float *y, int64_t rows, int most, float *values)
{
    int count = 0;
    for (int64_t i = 0; i < rows; i++) {
        if (isnan(y[i])) {
            continue;
        }
        int at = lower_bound(values, count, y[i]);
        if (at < count && values[at] == y[i]) {
            continue;
        }
        if (count == most) {
            return -1;
        }
        memmove(values + at + 1, values + at, (size_t)(count - at) * sizeof *values);
        values[at] = y[i];
        count++;
    }
    return count;
}

bool table_looks_like_classes(const float *y, int64_t rows)
{
    float values[TABLE_CLASSES_GUESSED];
    int count = different_values(y, rows, TABLE_CLASSES_GUESSED, values);
    int64_t present = 0;
    for (int64_t i = 0; i < rows; i++) {
        present += !isnan(y[i]);
    }
    bool whole = true;
    for (int i = 0; i < count; i++) {
        whole = whole && values[i] == floorf(values[i]);
    }
    return count > 0 && whole && present >= 2 * (int64_t)count;
}

/* ---- Their names ---- */

/* The fewest digits that give the value back, with a point in every locale; NULL: no memory. */
static char *number_name(float value)
{
    char text[32];
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain) {
        return NULL;
    }
    locale_t before = uselocale(plain);
    for (int digits = 1; digits <= 9; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) {
            break;
        }
    }
    if (value == floorf(value) && fabsf(value) < 1e15f) {
        (void)snprintf(text, sizeof text, "%.0f", (double)value + 0.0); /* no 1e+01, and no -0 */
    }
    (void)uselocale(before);
    freelocale(plain);
    return strdup(text);
}

/* What a class is called, as a number; NaN where it is none. */
static float name_number(const char *name, locale_t plain)
{
    char *end = NULL;
    float value = strtof_l(name, &end, plain);
    if (end != name && *end == '\0') {
        return value;
    }
    return NAN;
}

static nnfs_status fail_classes(int count, nnfs_error *error)
{
    return fail_memory(error, size_mul((size_t)count, sizeof(char *)), "classes");
}

static nnfs_status name_numbers(const float *values, int count, table_classes *classes,
                                nnfs_error *error)
{
    classes->names = memory_alloc_zeroed((size_t)count, sizeof *classes->names);
    classes->count = count;
    bool named = classes->names != NULL;
    for (int i = 0; named && i < count; i++) {
        classes->names[i] = number_name(values[i]);
        named = classes->names[i] != NULL;
    }
    if (!named) {
        return fail_classes(count, error);
    }
    return NNFS_OK;
}

static nnfs_status name_categories(const table_column *column, table_classes *classes,
                                   nnfs_error *error)
{
    int count = column->category_count;
    classes->names = memory_alloc_zeroed((size_t)count, sizeof *classes->names);
    classes->count = count;
    bool named = classes->names != NULL;
    for (int i = 0; named && i < count; i++) {
        classes->names[i] = strdup(column->categories[i]);
        named = classes->names[i] != NULL;
    }
    if (!named) {
        return fail_classes(count, error);
    }
    return NNFS_OK;
}

nnfs_status table_classes_find(const data_table *table, int column, const float *y, int64_t rows,
                               table_classes *classes, nnfs_error *error)
{
    const table_column *of = &table->columns[column];
    *classes = (table_classes){.kind = of->kind};
    nnfs_status status = NNFS_OK;
    if (of->kind == NNFS_COLUMN_CATEGORY) {
        status = name_categories(of, classes, error);
    } else {
        float *values = memory_alloc(TABLE_CLASSES_MOST, sizeof *values);
        int count = 0;
        if (values) {
            count = different_values(y, rows, TABLE_CLASSES_MOST, values);
        }
        if (!values) {
            status = fail_classes(TABLE_CLASSES_MOST, error);
        } else if (count < 0) {
            status = fail(error, NNFS_ERROR_DATA,
                          "%s: column %s has more than %d different values, too many for classes",
                          table->path, table_label(table, column).text, TABLE_CLASSES_MOST);
        } else {
            status = name_numbers(values, count, classes, error);
        }
        memory_free(values);
    }
    if (status != NNFS_OK) {
        table_classes_free(classes);
    }
    return status;
}

/* ---- The class of each cell ---- */

static nnfs_status fail_unknown(const data_table *table, int column, int64_t row, float value,
                                nnfs_error *error)
{
    const table_column *of = &table->columns[column];
    char *number = of->kind == NNFS_COLUMN_CATEGORY ? NULL : number_name(value);
    const char *name = number;
    if (of->kind == NNFS_COLUMN_CATEGORY) {
        name = of->categories[(int)value];
    }
    nnfs_status status =
        table_fail(table, row, column, error, "'%.60s' is none of the classes that the model knows",
                   text_or(name, "?"));
    free(number);
    return status;
}

/* The class of a name that has a dot after it, as adult.test writes them; -1: none. */
static int class_before_dot(const table_classes *classes, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; length > 1 && name[length - 1] == '.' && i < classes->count; i++) {
        if (strlen(classes->names[i]) == length - 1 &&
            memcmp(classes->names[i], name, length - 1) == 0) {
            return i;
        }
    }
    return -1;
}

static nnfs_status label_categories(const data_table *table, int column, const float *y,
                                    int64_t rows, const table_classes *classes, int32_t *labels,
                                    nnfs_error *error)
{
    const table_column *of = &table->columns[column];
    int *class_of = category_positions(string_list_view_of(classes->names), classes->count,
                                       string_list_view_of(of->categories), of->category_count);
    nnfs_status status = NNFS_OK;
    if (!class_of) {
        return fail_classes(of->category_count, error);
    }
    for (int i = 0; i < of->category_count; i++) {
        if (class_of[i] < 0) {
            class_of[i] = class_before_dot(classes, of->categories[i]);
        }
    }
    for (int64_t i = 0; status == NNFS_OK && i < rows; i++) {
        if (isnan(y[i])) {
            labels[i] = 0;
        } else {
            labels[i] = class_of[(int)y[i]];
        }
        if (labels[i] < 0) {
            status = fail_unknown(table, column, i, y[i], error);
        }
    }
    memory_free(class_of);
    return status;
}

static nnfs_status label_numbers(const data_table *table, int column, const float *y, int64_t rows,
                                 const table_classes *classes, int32_t *labels, nnfs_error *error)
{
    float *values = memory_alloc((size_t)classes->count, sizeof *values);
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    nnfs_status status = values && plain ? NNFS_OK : fail_classes(classes->count, error);
    for (int i = 0; status == NNFS_OK && i < classes->count; i++) {
        values[i] = name_number(classes->names[i], plain);
    }
    for (int64_t i = 0; status == NNFS_OK && i < rows; i++) {
        int at = 0;
        if (!isnan(y[i])) {
            at = lower_bound(values, classes->count, y[i]);
        }
        labels[i] = at;
        if (!isnan(y[i]) && (at == classes->count || values[at] != y[i])) {
            status = fail_unknown(table, column, i, y[i], error);
        }
    }
    if (plain) {
        freelocale(plain);
    }
    memory_free(values);
    return status;
}

nnfs_status table_classes_label(const data_table *table, int column, const float *y, int64_t rows,
                                const table_classes *classes, int32_t *labels, nnfs_error *error)
{
    return (classes->kind == NNFS_COLUMN_CATEGORY ? label_categories : label_numbers)(
        table, column, y, rows, classes, labels, error);
}
