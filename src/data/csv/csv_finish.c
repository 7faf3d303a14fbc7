/*
 * When all rows are read: what each column is, its categories in an order that does not depend on how
 * the file was cut, and the values in one matrix.
 */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "data/csv/csv_categories.h"
#include "data/csv/csv_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- What each column is ---- */

static csv_column_counts sum_tallies(const csv_reader *reader, int column)
{
    csv_column_counts sum = {.first_text = CSV_NOWHERE, .first_huge = CSV_NOWHERE};
    for (int i = 0; i < reader->lane_count && reader->lanes[i].dictionaries; i++) {
        const csv_column_counts *tally = &reader->lanes[i].tallies[column];
        sum.missing += tally->missing;
        sum.texts += tally->texts;
        sum.huge += tally->huge;
        sum.first_text = tally->first_text < sum.first_text ? tally->first_text : sum.first_text;
        sum.first_huge = tally->first_huge < sum.first_huge ? tally->first_huge : sum.first_huge;
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
        const csv_dictionary *texts = reader->lanes[block->lane].dictionaries[column];
        fault.text = csv_dictionary_text(texts, (uint32_t)number);
        fault.length = strlen(fault.text);
    }
    return csv_report(reader, &fault, block->first_line, error);
}

/*
 * A few texts among numbers are rather mistakes, or words for "missing" that nobody told us, than
 * categories: nothing is guessed about them.
 */
static bool are_mistakes(int64_t texts, int64_t numbers)
{
    return (texts == 1 && numbers >= 2) || texts * 20 < texts + numbers;
}

/*
 * Whether each text of the column looks like a number written with a decimal comma: taken for
 * categories they would train a model of nonsense.
 */
static bool have_decimal_commas(const csv_reader *reader, int column)
{
    for (int i = 0; i < reader->lane_count && reader->lanes[i].dictionaries; i++) {
        const csv_dictionary *found = reader->lanes[i].dictionaries[column];
        for (uint32_t j = 0; found && j < found->count; j++) {
            const char *text = csv_dictionary_text(found, j);
            if (!csv_has_decimal_comma(text, text + found->entries[j].length)) {
                return false;
            }
        }
    }
    return true;
}

static nnfs_status decide_column(csv_reader *reader, int column, bool *again, nnfs_error *error)
{
    table_column *to = &reader->table->columns[column];
    csv_column_counts sum = sum_tallies(reader, column);
    int64_t numbers = reader->table->rows - sum.missing - sum.texts;
    bool any = reader->wants[column] == COLUMN_ROLE_ANY;
    to->missing = sum.missing;
    to->kind = sum.texts > 0 || reader->wants[column] == COLUMN_ROLE_CATEGORY ? NNFS_COLUMN_CATEGORY
                                                                              : NNFS_COLUMN_NUMBER;
    if (any && sum.texts > 0 && have_decimal_commas(reader, column)) {
        return fail_cell(reader, column, sum.first_text, CSV_FAULT_DECIMAL_COMMA, numbers, error);
    }
    if (any && sum.texts > 0 && numbers > 0 && are_mistakes(sum.texts, numbers)) {
        return fail_cell(reader, column, sum.first_text, CSV_FAULT_NO_NUMBER, numbers, error);
    }
    if (any && sum.texts == 0 && sum.huge > 0) {
        return fail_cell(reader, column, sum.first_huge, CSV_FAULT_HUGE, 0, error);
    }
    if (any && sum.texts > 0 && numbers > 0) {
        reader->wants[column] = COLUMN_ROLE_CATEGORY;
        *again = true;
    }
    return NNFS_OK;
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
        status = decide_column(reader, c, again, error);
    }
    return status;
}

/* ---- One matrix ---- */

/* Copies a block's rows, with the numbers of its texts replaced by those of the table's categories. */
static void copy_block(const csv_reader *reader, csv_block *block)
{
    const data_table *table = reader->table;
    size_t columns = (size_t)table->column_count;
    csv_dictionary **dictionaries = reader->lanes[block->lane].dictionaries;
    float *to = (float *)table->values + (size_t)block->first_row * columns;
    memcpy(to, block->values, (size_t)block->rows * columns * sizeof *to);
    for (size_t c = 0; c < columns; c++) {
        const uint32_t *ranks = dictionaries[c] ? dictionaries[c]->slots : NULL;
        for (size_t row = 0; ranks && row < (size_t)block->rows; row++) {
            float *value = &to[row * columns + c];
            *value = isnan(*value) ? *value : (float)ranks[(uint32_t)*value];
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
    nnfs_status status = NNFS_OK;
    for (int c = 0; c < reader->table->column_count && status == NNFS_OK; c++) {
        status = csv_sort_categories(reader, c, error);
    }
    return status == NNFS_OK ? copy_blocks(reader, error) : status;
}
