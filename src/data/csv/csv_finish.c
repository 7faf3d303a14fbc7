/*
 * When all rows are read: what each column is, its categories in an order that does not depend on
 * how the file was cut, and the values in one matrix.
 */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "data/csv/csv_categories.h"
#include "data/csv/csv_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- What each column is ---- */

static csv_column_counts sum_counts(const csv_reader *reader, int column)
{
    csv_column_counts sum = {.first_text = CSV_NOWHERE, .first_huge = CSV_NOWHERE};
    for (int i = 0; i < reader->worker_count && reader->workers[i].dictionaries; i++) {
        const csv_column_counts *counts = &reader->workers[i].column_counts[column];
        sum.missing += counts->missing;
        sum.texts += counts->texts;
        sum.huge += counts->huge;
        sum.padded += counts->padded;
        sum.first_text = MIN(counts->first_text, sum.first_text);
        sum.first_huge = MIN(counts->first_huge, sum.first_huge);
    }
    return sum;
}

/* The fault of a cell that turned out to be one only when the whole column had been seen. */
static nnfs_status fail_cell(const csv_reader *reader, int column, uint64_t place,
                             csv_fault_kind kind, int64_t numbers, nnfs_error *error)
{
    const csv_block *block = &reader->blocks[place >> 32];
    size_t row = place & UINT32_MAX;
    csv_fault fault = {.kind = kind, .column = column, .cells = numbers};
    fault.line = block->lines ? (int64_t)block->lines[row] : (int64_t)row;
    if (kind != CSV_FAULT_HUGE) {
        float number = block->values[row * (size_t)reader->table->column_count + (size_t)column];
        const csv_dictionary *texts = reader->workers[block->worker].dictionaries[column];
        fault.text = csv_dictionary_text(texts, (uint32_t)number);
        fault.length = strlen(fault.text);
    }
    return csv_report(reader, &fault, block->first_line, error);
}

/*
 * A few texts among numbers are more likely mistakes, or unknown words for "missing", than
 * categories: they are an error.
 */
static bool are_mistakes(int64_t texts, int64_t numbers)
{
    return (texts == 1 && numbers >= 2) || texts * 20 < texts + numbers;
}

/* What the column's cells come to when their format is known. */
static void describe_column(const csv_reader *reader, int column, const csv_column_counts *sum)
{
    table_column *to = &reader->table->columns[column];
    const csv_format *format = &reader->formats[column];
    bool category = sum->texts > 0 || reader->roles[column] == COLUMN_ROLE_CATEGORY;
    to->missing = sum->missing;
    to->kind = category ? NNFS_COLUMN_CATEGORY : NNFS_COLUMN_NUMBER;
    if (!category && !csv_format_is_plain(format)) {
        to->kind = format->date[0] ? NNFS_COLUMN_DATE : NNFS_COLUMN_NUMBER;
        csv_format_print(format, to->format);
        to->origin = format->origin;
    }
    if (category && format->padded) {
        strcpy(to->format, "007");
    }
}

static nnfs_status decide_column(csv_reader *reader, int column, bool *again, nnfs_error *error)
{
    csv_column_counts sum = sum_counts(reader, column);
    int64_t numbers = reader->table->rows - sum.missing - sum.texts;
    bool any = reader->roles[column] == COLUMN_ROLE_ANY;
    bool strict = reader->roles[column] == COLUMN_ROLE_NUMBER;
    bool found = false;
    describe_column(reader, column, &sum);
    if ((any || strict) && sum.texts > 0 && csv_format_is_plain(&reader->formats[column])) {
        nnfs_status status =
            csv_detect_format(reader, column, sum.first_text, numbers, &found, error);
        if (status != NNFS_OK || found) {
            *again = found;
            return status;
        }
    }
    bool mistakes = any && sum.texts > 0 && numbers > 0 && are_mistakes(sum.texts, numbers);
    if ((mistakes || (strict && sum.texts > 0)) && reader->settings->skip_bad_rows && !strict) {
        reader->roles[column] = COLUMN_ROLE_NUMBER;
        *again = true;
        return NNFS_OK;
    }
    if (mistakes || (strict && sum.texts > 0)) {
        return fail_cell(reader, column, sum.first_text, CSV_FAULT_NO_NUMBER, strict ? 0 : numbers,
                         error);
    }
    if ((any || strict) && sum.texts == 0 && sum.huge > 0) {
        return fail_cell(reader, column, sum.first_huge, CSV_FAULT_HUGE, 0, error);
    }
    bool padded = sum.texts == 0 && sum.padded > 0;
    if (any && (padded || (sum.texts > 0 && numbers > 0))) {
        reader->roles[column] = COLUMN_ROLE_CATEGORY;
        reader->formats[column].padded = padded;
        *again = true;
    }
    return NNFS_OK;
}

/* A decimal comma is that of the whole file: once found in a column, all are read again with it. */
static void spread_comma(csv_reader *reader, bool *again)
{
    for (int i = 0; i < reader->table->column_count && !reader->decimal; i++) {
        if (reader->formats[i].decimal == ',') {
            reader->decimal = ',';
            *again = true;
        }
    }
}

nnfs_status csv_decide(csv_reader *reader, bool *again, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    *again = false;
    if (reader->table->rows == 0) {
        return csv_fail(reader, reader->line, -1, error, "there is no row after the header");
    }
    if (reader->table->rows > UINT32_MAX) {
        return csv_fail(reader, reader->line, -1, error, "more than %lu rows",
                        (unsigned long)UINT32_MAX);
    }
    for (int c = 0; c < reader->table->column_count && status == NNFS_OK; c++) {
        bool once_more = false;
        status = decide_column(reader, c, &once_more, error);
        *again = *again || once_more;
    }
    spread_comma(reader, again);
    reader->table->reading.decimal = reader->decimal ? reader->decimal : '.';
    return status;
}

/* ---- One matrix ---- */

/* Copies a block's rows, with the numbers of its texts replaced by those of
 * the table's categories. */
static void copy_block(const csv_reader *reader, csv_block *block)
{
    const data_table *table = reader->table;
    size_t columns = (size_t)table->column_count;
    csv_dictionary **dictionaries = reader->workers[block->worker].dictionaries;
    float *to = (float *)table->values + (size_t)block->first_row * columns;
    memcpy(to, block->values, (size_t)block->rows * columns * sizeof *to);
    for (size_t c = 0; c < columns; c++) {
        const uint32_t *ranks = NULL;
        if (dictionaries[c]) {
            ranks = dictionaries[c]->slots;
        }
        for (size_t row = 0; ranks && row < (size_t)block->rows; row++) {
            float *value = &to[row * columns + c];
            if (!isnan(*value)) {
                *value = (float)ranks[(uint32_t)*value];
            }
        }
    }
    for (int64_t row = 0; table->lines && row < block->rows; row++) {
        int64_t line = block->first_line + (block->lines ? (int64_t)block->lines[row] : row);
        table->lines[block->first_row + row] = line < UINT32_MAX ? (uint32_t)line : UINT32_MAX;
    }
    memory_free(block->values);
    memory_free(block->lines);
    block->values = NULL;
    block->lines = NULL;
}

/* Whether each row begins on the line after the one before. */
static bool lines_follow(const csv_reader *reader)
{
    bool follow = true;
    for (size_t i = 0; i < reader->block_count; i++) {
        const csv_block *block = &reader->blocks[i];
        bool here =
            !block->lines && block->first_line - reader->blocks[0].first_line == block->first_row;
        follow = follow && (here || block->rows == 0);
    }
    return follow;
}

static nnfs_status copy_blocks(csv_reader *reader, nnfs_error *error)
{
    data_table *table = reader->table;
    size_t cells = size_mul((size_t)table->rows, (size_t)table->column_count);
    bool follow = lines_follow(reader);
    table->type = DTYPE_F32;
    table->first_line = reader->blocks[0].first_line;
    table->values = memory_alloc(cells, sizeof(float));
    table->lines = follow ? NULL : memory_alloc((size_t)table->rows, sizeof *table->lines);
    if (!table->values || (!follow && !table->lines)) {
        return fail_memory(error, size_mul(cells, sizeof(float)), "the table");
    }
#pragma omp parallel for schedule(dynamic) num_threads(reader->threads)
    for (size_t i = 0; i < reader->block_count; i++) {
        copy_block(reader, &reader->blocks[i]);
    }
    return NNFS_OK;
}

nnfs_status csv_finish(csv_reader *reader, nnfs_error *error)
{
    for (int c = 0; c < reader->table->column_count; c++) {
        TRY(csv_sort_categories(reader, c, error));
    }
    TRY(csv_kept_finish(reader, error));
    return copy_blocks(reader, error);
}
