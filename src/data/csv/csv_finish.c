/*
 * When all rows are read: what each column is, its categories in an order that does not depend on
 * how the file was cut, and the values in one matrix.
 */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "data/csv/csv_categories.h"
#include "data/csv/csv_number.h"
#include "distributed/host_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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
        if (counts->first_text < sum.first_text) {
            sum.first_text = counts->first_text;
            sum.text_line = counts->text_line;
            sum.text_number = counts->text_number;
            sum.text_worker = i;
        }
        if (counts->first_huge < sum.first_huge) {
            sum.first_huge = counts->first_huge;
            sum.huge_line = counts->huge_line;
        }
    }
    return sum;
}

const char *csv_first_text(const csv_reader *reader, const csv_column_counts *sum, int column,
                           size_t *length)
{
    const csv_dictionary *texts = reader->workers[sum->text_worker].dictionaries[column];
    *length = texts->entries[sum->text_number].length;
    return csv_dictionary_text(texts, sum->text_number);
}

/* The fault of a text that turned out to be one only when the whole column had been seen. */
static nnfs_status fail_text(const csv_reader *reader, int column, const csv_column_counts *sum,
                             int64_t numbers, nnfs_error *error)
{
    csv_fault fault = {
        .kind = CSV_FAULT_NO_NUMBER, .line = sum->text_line, .column = column, .cells = numbers};
    fault.text = csv_first_text(reader, sum, column, &fault.length);
    return csv_report_at(reader, &fault, sum->first_text, error);
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
        nnfs_status status = csv_detect_format(reader, column, &sum, numbers, &found, error);
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
        return fail_text(reader, column, &sum, strict ? 0 : numbers, error);
    }
    if ((any || strict) && sum.texts == 0 && sum.huge > 0) {
        csv_fault fault = {.kind = CSV_FAULT_HUGE, .line = sum.huge_line, .column = column};
        return csv_report_at(reader, &fault, sum.first_huge, error);
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

/* Copies a block's rows, if the spool is not the table's, with the numbers of its texts replaced by
 * those of the table's categories. */
static void copy_block(const csv_reader *reader, csv_block *block, const float *spooled)
{
    const data_table *table = reader->table;
    size_t columns = (size_t)table->column_count;
    csv_dictionary **dictionaries = reader->workers[block->worker].dictionaries;
    float *to = (float *)table->values + (size_t)block->first_row * columns;
    const float *from = block->values ? block->values : spooled + block->spooled_at / sizeof *from;
    if (from != to) {
        memcpy(to, from, (size_t)block->rows * columns * sizeof *to);
    }
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
        bool here = block->follows && block->part == 0 &&
                    block->first_line - reader->blocks[0].first_line == block->first_row;
        follow = follow && (here || block->rows == 0);
    }
    return follow;
}

/* The bytes that each rank writes, of rows with `bytes` each that begin at `at`; returns
 * how many ranges. */
static size_t list_ranges(const csv_reader *reader, size_t at, size_t bytes, host_range *ranges)
{
    size_t count = 0;
    for (size_t i = 0; i < reader->block_count; i++) {
        const csv_block *block = &reader->blocks[i];
        if (count == 0 || ranges[count - 1].rank != block->rank) {
            ranges[count++] =
                (host_range){.at = at + (size_t)block->first_row * bytes, .rank = block->rank};
        }
        ranges[count - 1].bytes += (size_t)block->rows * bytes;
    }
    return count;
}

/* Memory for values and lines: of this process, or of all ranks of the host. */
static nnfs_status make_table(csv_reader *reader, size_t cells, bool lines, host_memory *shared,
                              nnfs_error *error)
{
    data_table *table = reader->table;
    nnfs_communicator *c = reader->settings->communicator;
    size_t values = size_mul(cells, sizeof(float));
    size_t all = size_add(values, lines ? size_mul((size_t)table->rows, sizeof(uint32_t)) : 0);
    if (c) {
        TRY(host_memory_create(c, all, shared, error));
        table->mapping = table->values = shared->mapping;
        table->mapping_bytes = all;
        shared->mapping = NULL; /* is the table's */
        table->lines = lines ? (uint32_t *)table->values + cells : NULL;
        return NNFS_OK;
    }
    if (reader->spool.open) {
        TRY(spool_map(&reader->spool, all, &table->mapping, error));
        table->values = table->mapping;
        table->mapping_bytes = all;
        table->lines = lines ? (uint32_t *)table->values + cells : NULL;
        return NNFS_OK;
    }
    table->values = memory_alloc(cells, sizeof(float));
    table->lines = lines ? memory_alloc((size_t)table->rows, sizeof *table->lines) : NULL;
    if (!table->values || (lines && !table->lines)) {
        return fail_memory(error, all, "the table");
    }
    return NNFS_OK;
}

/* Sends the rows to the other hosts. */
static nnfs_status share_rows(csv_reader *reader, host_memory *shared, size_t cells,
                              nnfs_error *error)
{
    nnfs_communicator *c = reader->settings->communicator;
    data_table *table = reader->table;
    if (!c) {
        return NNFS_OK;
    }
    host_range *ranges = memory_alloc(size_mul(reader->block_count, 2), sizeof *ranges);
    nnfs_status status =
        ranges ? NNFS_OK : fail_memory(error, reader->block_count, "the ranks of a job");
    if ((status = nnfs_communicator_agree(c, status, error)) != NNFS_OK) {
        memory_free(ranges);
        return status;
    }
    size_t row = (size_t)table->column_count * sizeof(float);
    size_t count = list_ranges(reader, 0, row, ranges);
    if (table->lines) {
        count += list_ranges(reader, cells * sizeof(float), sizeof *table->lines, ranges + count);
    }
    shared->mapping = table->mapping;
    status = host_memory_share(c, shared, ranges, count, error);
    shared->mapping = NULL;
    memory_free(ranges);
    return status;
}

/* The first row of each file. */
static nnfs_status list_parts(csv_reader *reader, nnfs_error *error)
{
    int parts = string_list_count(reader->parts);
    int64_t *rows = parts > 1 ? memory_alloc((size_t)parts, sizeof *rows) : NULL;
    reader->table->part_rows = rows;
    if (parts < 2) {
        return NNFS_OK;
    }
    if (!rows) {
        return fail_memory(error, (size_t)parts * sizeof *rows, "the files");
    }
    for (int i = 0; i < parts; i++) {
        rows[i] = reader->table->rows;
    }
    for (size_t i = reader->block_count; i-- > 0;) {
        for (int part = reader->blocks[i].part; part >= 0; part--) {
            rows[part] = reader->blocks[i].first_row;
        }
    }
    return NNFS_OK;
}

static nnfs_status copy_blocks(csv_reader *reader, nnfs_error *error)
{
    data_table *table = reader->table;
    size_t cells = size_mul((size_t)table->rows, (size_t)table->column_count);
    host_memory shared = {0};
    int me = nnfs_communicator_rank(reader->settings->communicator);
    table->type = DTYPE_F32;
    table->first_line = reader->blocks[0].first_line;
    TRY(list_parts(reader, error));
    TRY(make_table(reader, cells, !lines_follow(reader), &shared, error));
    void *spooled = reader->settings->communicator ? NULL : table->mapping;
    nnfs_status status = NNFS_OK;
    if (reader->settings->communicator && reader->spool.bytes > 0) {
        status = spool_map(&reader->spool, reader->spool.bytes, &spooled, error);
    }
    TRY_CLEANUP(nnfs_communicator_agree(reader->settings->communicator, status, error));
#pragma omp parallel for schedule(dynamic) num_threads(reader->threads)
    for (size_t i = 0; i < reader->block_count; i++) {
        if (reader->blocks[i].rank == me) {
            copy_block(reader, &reader->blocks[i], spooled);
        }
    }
    status = share_rows(reader, &shared, cells, error);
cleanup:
    if (spooled && spooled != table->mapping) {
        (void)munmap(spooled, reader->spool.bytes);
    }
    host_memory_free(&shared);
    return status;
}

nnfs_status csv_finish(csv_reader *reader, nnfs_error *error)
{
    for (int c = 0; c < reader->table->column_count; c++) {
        TRY(csv_sort_categories(reader, c, error));
    }
    TRY(csv_kept_finish(reader, error));
    return copy_blocks(reader, error);
}
