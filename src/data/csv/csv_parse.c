/* Parsing a chunk: the inner loops of the CSV reader. */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "base/utf8.h"
#include "data/csv/csv_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CSV_FAULT_TEXT = 4096 }; /* bytes of a cell that are looked at for UTF-8 */

bool csv_is_missing(const csv_reader *reader, const csv_cell *cell)
{
    size_t length = (size_t)(cell->end - cell->text);
    if (length == 0 || !reader->missing_first[(unsigned char)*cell->text]) {
        return length == 0;
    }
    for (string_list_view word = reader->missing; *word; word++) {
        if (strncmp(*word, cell->text, length) == 0 && (*word)[length] == '\0') {
            return true;
        }
    }
    return false;
}

static char *set_fault(csv_worker *worker, csv_fault_kind kind, int column, const csv_cell *cell)
{
    worker->fault = (csv_fault){.kind = kind, .line = worker->line, .column = column};
    if (cell && cell->end) {
        worker->fault.text = cell->text;
        worker->fault.length = (size_t)(cell->end - cell->text);
    }
    return NULL;
}

/* The number of a text in the column's dictionary; false where the worker has a fault. */
static bool put_text(csv_worker *worker, int column, const csv_cell *cell, float *value)
{
    csv_dictionary **dictionary = &worker->dictionaries[column];
    if (!*dictionary) {
        *dictionary = calloc(1, sizeof **dictionary);
    }
    uint32_t known = 0;
    if (*dictionary) {
        known = (*dictionary)->count;
    }
    int64_t number = -1;
    if (*dictionary) {
        number = csv_dictionary_put(*dictionary, cell->text, (size_t)(cell->end - cell->text));
    }
    csv_fault_kind kind = CSV_FAULT_NONE;
    if (number < 0) {
        kind = CSV_FAULT_MEMORY;
    } else if (number >= CSV_CATEGORIES) {
        kind = CSV_FAULT_CATEGORIES;
    } else if (number == known && !utf8_is_valid(csv_dictionary_text(*dictionary, known))) {
        kind = CSV_FAULT_NOT_UTF8;
    }
    if (kind != CSV_FAULT_NONE) {
        (void)set_fault(worker, kind, column, cell);
        return false;
    }
    csv_column_counts *counts = &worker->column_counts[column];
    if (counts->texts++ == 0) {
        counts->first_text = csv_place(worker->number, (uint64_t)worker->block.rows);
        counts->text_line = (uint32_t)worker->line;
        counts->text_number = (uint32_t)number;
    }
    *value = (float)number;
    return true;
}

static void put_huge(csv_worker *worker, int column, float *value)
{
    csv_column_counts *counts = &worker->column_counts[column];
    if (counts->huge++ == 0) {
        counts->first_huge = csv_place(worker->number, (uint64_t)worker->block.rows);
        counts->huge_line = (uint32_t)worker->line;
    }
    *value = INFINITY;
}

/* Whether all of it is digits, of which the first is a zero too much: "007". */
static bool is_padded(const csv_cell *cell)
{
    const char *at = cell->text;
    while (at < cell->end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at == cell->end && at - cell->text > 1 && *cell->text == '0';
}

static bool read_value(const csv_reader *reader, int column, const csv_cell *cell, double *value)
{
    const csv_format *format = &reader->formats[column];
    if (csv_format_is_plain(format)) {
        return csv_number(cell->text, reader->c, value) == cell->end;
    }
    return csv_format_read(format, cell->text, cell->end, reader->c, value);
}

/* Takes a cell of which nothing is known. Returns what follows it; NULL where it has a fault. */
static char *parse_cell(const csv_reader *reader, csv_worker *worker, char *at, int column,
                        float *value, int *newlines)
{
    csv_cell cell;
    double number = NAN;
    column_role role = reader->roles[column];
    at = csv_find_cell(reader->delimiter, at, worker->end, &cell);
    if (!at) {
        return set_fault(worker, cell.fault, column, NULL);
    }
    *newlines += cell.newlines;
    *value = NAN;
    csv_clean_cell(&cell);
    if (!csv_kept_put(reader, &worker->block, column, &cell)) {
        return set_fault(worker, CSV_FAULT_MEMORY, column, &cell);
    }
    if (role == COLUMN_ROLE_NOTHING || csv_is_missing(reader, &cell)) {
        worker->column_counts[column].missing++;
        return at;
    }
    bool is_number = role != COLUMN_ROLE_CATEGORY && read_value(reader, column, &cell, &number);
    *value = (float)number;
    if (is_number && isfinite(*value)) {
        worker->column_counts[column].padded += is_padded(&cell);
        return at;
    }
    if (is_number) {
        put_huge(worker, column, value);
        return at;
    }
    if (role == COLUMN_ROLE_NUMBER && !csv_format_is_plain(&reader->formats[column])) {
        return set_fault(worker, CSV_FAULT_NO_NUMBER, column, &cell);
    }
    if (!put_text(worker, column, &cell, value)) {
        return NULL;
    }
    return at;
}

/* Says how many cells the row has, of which the first `cells` end at `at`. */
static char *fail_row(const csv_reader *reader, csv_worker *worker, char *at, int64_t cells)
{
    csv_cell cell;
    csv_fault_kind kind = CSV_FAULT_LONG_ROW;
    if (*at == '\n') {
        kind = CSV_FAULT_SHORT_ROW;
    }
    for (; at && *at != '\n'; cells++) {
        at = csv_find_cell(reader->delimiter, at + 1, worker->end, &cell);
    }
    (void)set_fault(worker, kind, -1, NULL);
    worker->fault.cells = cells;
    return NULL;
}

/* Reads a bare or quoted number, the most frequent kind of cell. NULL: not a number. */
static inline char *parse_number(const csv_reader *reader, char *at, float *value)
{
    double number = 0;
    bool quoted = *at == '"';
    if (at[quoted] == '0' && (unsigned)(at[quoted + 1] - '0') < 10) {
        return NULL; /* maybe no number, but the digits of a code */
    }
    const char *end = csv_number(at + quoted, reader->c, &number);
    *value = (float)number;
    if (!end || !isfinite(*value) || (quoted && *end != '"')) {
        return NULL;
    }
    end += quoted;
    end += *end == '\r' && end[1] == '\n';
    if (*end == reader->delimiter || *end == '\n') {
        return at + (end - at);
    }
    return NULL;
}

/* Takes the cells of a row. Returns the newline after it; NULL where it has a fault. */
static inline char *parse_cells(const csv_reader *reader, csv_worker *worker, char *at, float *row,
                                int *newlines)
{
    const int columns = reader->table->column_count;
    int c = 0;
    for (;; at++) {
        char *end = NULL;
        if (reader->fast[c]) {
            end = parse_number(reader, at, &row[c]);
        }
        at = end ? end : parse_cell(reader, worker, at, c, &row[c], newlines);
        c++;
        if (!at || *at == '\n' || c == columns) {
            break;
        }
    }
    if (at && *at != '\n' && reader->trailing && *at == reader->delimiter) {
        char *after = at + 1 + (at[1] == '\r');
        if (*after == '\n') {
            at = after;
        }
    }
    if (at && (*at != '\n' || c < columns)) {
        return fail_row(reader, worker, at, c);
    }
    return at;
}

/* Returns where the next row begins; NULL where this one has a fault. */
static char *parse_row(const csv_reader *reader, csv_worker *worker, char *at)
{
    csv_block *block = &worker->block;
    int newlines = 0;
    block->lines[block->rows] = (uint32_t)worker->line;
    float *row = block->values + (size_t)block->rows * (size_t)reader->table->column_count;
    char *end = parse_cells(reader, worker, at, row, &newlines);
    if (!end) {
        return NULL;
    }
    if (end + 1 - at > CSV_LINE_BYTES) {
        return set_fault(worker, CSV_FAULT_LONG_LINE, -1, NULL);
    }
    block->rows++;
    worker->line += 1 + newlines;
    return end + 1;
}

/* ---- Bad rows ---- */

static bool is_good_cell(const csv_reader *reader, int column, csv_cell *cell)
{
    double value;
    char text[CSV_FAULT_TEXT];
    size_t length = (size_t)(cell->end - cell->text);
    csv_trim_cell(cell);
    if (reader->roles[column] == COLUMN_ROLE_NOTHING || csv_is_missing(reader, cell)) {
        return true;
    }
    if (reader->roles[column] == COLUMN_ROLE_NUMBER) {
        return read_value(reader, column, cell, &value);
    }
    if (length < sizeof text) {
        memcpy(text, cell->text, length);
        text[length] = '\0';
        return utf8_is_valid(text);
    }
    return true;
}

/* Whether the row has all its cells, and what is wanted in them: before any of them is taken. */
static bool is_good_row(const csv_reader *reader, char *at, char *limit)
{
    csv_cell cell;
    const int columns = reader->table->column_count;
    const char *row = at;
    for (int c = 0; c < columns; c++, at++) {
        at = csv_find_cell(reader->delimiter, at, limit, &cell);
        if (!at || !is_good_cell(reader, c, &cell) || at - row >= CSV_LINE_BYTES) {
            return false;
        }
        if (*at == '\n' || c + 1 == columns) {
            bool trails = reader->trailing && *at == reader->delimiter &&
                          (at[1] == '\n' || (at[1] == '\r' && at[2] == '\n'));
            return c + 1 == columns && (*at == '\n' || trails);
        }
    }
    return false;
}

/* Counts a bad row. Returns where the next one begins. */
static char *skip_row(const csv_reader *reader, csv_worker *worker, char *at)
{
    bool open = false;
    if (worker->bad_rows < CSV_BAD_LINES) {
        worker->bad_lines[worker->bad_rows] = (uint32_t)worker->line;
    }
    worker->bad_rows++;
    char *end = csv_row_end(reader->delimiter, at, worker->end, &open);
    if (!end) {
        end = (char *)memchr(at, '\n', (size_t)(worker->end - at)) + 1;
    }
    for (; at < end; at++) {
        worker->line += *at == '\n';
    }
    return end;
}

/* ---- Pieces ---- */

static size_t count_lines(const char *at, const char *end)
{
    size_t lines = 0;
    for (; at < end; at++) {
        lines += *at == '\n';
    }
    return lines;
}

/* Room for as many rows as there are lines, and no more values than bytes: each has
 * one after it. */
static bool make_room(const csv_reader *reader, csv_worker *worker)
{
    size_t bytes = (size_t)(worker->end - worker->begin);
    size_t lines = worker->lines > 0 ? worker->lines : count_lines(worker->begin, worker->end);
    size_t values = size_mul(lines, (size_t)reader->table->column_count);
    worker->block.values = memory_alloc(MIN(values, bytes), sizeof(float));
    worker->block.lines = memory_alloc(lines, sizeof *worker->block.lines);
    return worker->block.values && worker->block.lines &&
           csv_kept_prepare(reader, &worker->block, lines);
}

/* Rows that each begin a line after the one before need no list of where they do. */
static void drop_lines(csv_worker *worker)
{
    worker->block.follows = worker->line == worker->block.rows;
    if (worker->block.follows) {
        memory_free(worker->block.lines);
        worker->block.lines = NULL;
    }
}

void csv_parse(const csv_reader *reader, csv_worker *worker)
{
    worker->line = 0;
    worker->fault = (csv_fault){.kind = CSV_FAULT_NONE};
    if (!make_room(reader, worker)) {
        (void)set_fault(worker, CSV_FAULT_MEMORY, -1, NULL);
        return;
    }
    const bool skips = reader->settings->skip_bad_rows != 0;
    worker->bad_rows = 0;
    for (char *at = worker->begin; at && at < worker->end;) {
        if (*at == '\n' || (*at == '\r' && at[1] == '\n')) {
            at += *at == '\r' ? 2 : 1; /* an empty line is no row */
            worker->line++;
        } else if (skips && !is_good_row(reader, at, worker->end)) {
            at = skip_row(reader, worker, at);
        } else {
            at = parse_row(reader, worker, at);
        }
    }
    drop_lines(worker);
}
