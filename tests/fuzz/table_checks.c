/* A table that was read is whole: every value is there, and every category has a name. */
#include "table_checks.h"

#include "fuzz.h"

#include <math.h>
#include <string.h>

/* Reads each byte of the values, so that AddressSanitizer sees one that is not there. */
static void touch_values(const data_table *table)
{
    const unsigned char *bytes = table->values;
    size_t count = (size_t)table->rows * (size_t)table->column_count * dtype_bytes(table->type);
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += bytes[i];
    }
    volatile unsigned kept = sum;
    (void)kept;
}

/* The cells of a column of categories are their indices, or missing. */
static void check_codes(const data_table *table, int column)
{
    const float *values = table->values;
    int64_t missing = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        float code = values[row * table->column_count + column];
        missing += isnan(code);
        fuzz_check(isnan(code) || (code >= 0.0f && code == floorf(code) &&
                                   code < (float)table->columns[column].category_count));
    }
    fuzz_check(missing == table->columns[column].missing);
}

static void check_column(const data_table *table, int index)
{
    const table_column *column = &table->columns[index];
    fuzz_check(column->missing >= 0 && column->missing <= table->rows);
    for (int i = 0; i < column->category_count; i++) {
        fuzz_check(column->categories[i] != NULL);
        fuzz_check(i == 0 || strcmp(column->categories[i - 1], column->categories[i]) != 0);
    }
    if (column->kind == NNFS_COLUMN_CATEGORY && table->type == DTYPE_F32) {
        check_codes(table, index);
    }
}

void check_table(table_reader *read, const char *path, const nnfs_dataset_settings *settings)
{
    nnfs_error error = {.status = NNFS_OK};
    data_table table = {0};
    nnfs_status status = read(path, settings, &table, &error);
    fuzz_check_error(status, &error);
    if (status == NNFS_OK) {
        fuzz_check(table.rows >= 1 && table.column_count >= 1 && table.values != NULL);
        touch_values(&table);
        for (int i = 0; i < table.column_count; i++) {
            check_column(&table, i);
        }
    } else {
        fuzz_check(table.values == NULL && table.columns == NULL);
    }
    table_free(&table);
}
