/* Parsing a piece: the inner loops of the CSV reader. */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "data/csv/csv_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static char *set_fault(csv_worker *lane, csv_fault_kind kind, int column, const csv_cell *cell)
{
    lane->fault = (csv_fault){.kind = kind, .line = lane->line, .column = column};
    if (cell && cell->end) {
        lane->fault.text = cell->text;
        lane->fault.length = (size_t)(cell->end - cell->text);
    }
    return NULL;
}

/* The number of a text in the column's dictionary; false where the lane has a fault. */
static bool put_text(csv_worker *lane, int column, const csv_cell *cell, float *value)
{
    csv_dictionary **dictionary = &lane->dictionaries[column];
    if (!*dictionary) {
        *dictionary = calloc(1, sizeof **dictionary);
    }
    uint32_t known = *dictionary ? (*dictionary)->count : 0;
    int64_t number =
        *dictionary ? csv_dictionary_put(*dictionary, cell->text, (size_t)(cell->end - cell->text))
                    : -1;
    csv_fault_kind kind = CSV_FAULT_NONE;
    if (number < 0) {
        kind = CSV_FAULT_MEMORY;
    } else if (number >= CSV_CATEGORIES) {
        kind = CSV_FAULT_CATEGORIES;
    } else if (number == known && !utf8_is_valid(csv_dictionary_text(*dictionary, known))) {
        kind = CSV_FAULT_NOT_UTF8;
    }
    if (kind != CSV_FAULT_NONE) {
        (void)set_fault(lane, kind, column, cell);
        return false;
    }
    csv_column_counts *tally = &lane->tallies[column];
    if (tally->texts++ == 0) {
        tally->first_text = csv_place(lane->number, (uint64_t)lane->block.rows);
    }
    *value = (float)number;
    return true;
}

static bool put_huge(csv_worker *lane, column_role want, int column, const csv_cell *cell,
                     float *value)
{
    if (want == COLUMN_ROLE_NUMBER) {
        (void)set_fault(lane, CSV_FAULT_HUGE, column, cell);
        return false;
    }
    csv_column_counts *tally = &lane->tallies[column];
    if (tally->huge++ == 0) {
        tally->first_huge = csv_place(lane->number, (uint64_t)lane->block.rows);
    }
    *value = INFINITY;
    return true;
}

/* Takes a cell of which nothing is known. Returns what follows it; NULL where it has a fault. */
static char *parse_cell(const csv_reader *reader, csv_worker *lane, char *at, int column,
                        float *value, int *newlines)
{
    csv_cell cell;
    double number = NAN;
    column_role want = reader->wants[column];
    at = csv_find_cell(reader->delimiter, at, lane->end, &cell);
    if (!at) {
        return set_fault(lane, cell.fault, column, NULL);
    }
    *newlines += cell.newlines;
    *value = NAN;
    csv_clean_cell(&cell);
    if (want == COLUMN_ROLE_NOTHING || csv_is_missing(reader, &cell)) {
        lane->tallies[column].missing++;
        return at;
    }
    bool is_number =
        want != COLUMN_ROLE_CATEGORY && csv_number(cell.text, reader->c, &number) == cell.end;
    *value = (float)number;
    if (is_number && isfinite(*value)) {
        return at;
    }
    if (is_number) {
        return put_huge(lane, want, column, &cell, value) ? at : NULL;
    }
    if (want == COLUMN_ROLE_NUMBER) {
        return set_fault(lane, CSV_FAULT_NO_NUMBER, column, &cell);
    }
    return put_text(lane, column, &cell, value) ? at : NULL;
}

/* Says how many cells the row has, of which the first `cells` end at `at`. */
static char *fail_row(const csv_reader *reader, csv_worker *lane, char *at, int64_t cells)
{
    csv_cell cell;
    csv_fault_kind kind = *at == '\n' ? CSV_FAULT_SHORT_ROW : CSV_FAULT_LONG_ROW;
    for (; at && *at != '\n'; cells++) {
        at = csv_find_cell(reader->delimiter, at + 1, lane->end, &cell);
    }
    (void)set_fault(lane, kind, -1, NULL);
    lane->fault.cells = cells;
    return NULL;
}

/* Takes a bare or quoted number, as most cells of most files are; NULL where there is none. */
static inline char *parse_number(const csv_reader *reader, char *at, float *value)
{
    double number = 0;
    bool quoted = *at == '"';
    const char *end = csv_number(at + quoted, reader->c, &number);
    *value = (float)number;
    if (!end || !isfinite(*value) || (quoted && *end != '"')) {
        return NULL;
    }
    end += quoted;
    end += *end == '\r' && end[1] == '\n';
    return *end == reader->delimiter || *end == '\n' ? at + (end - at) : NULL;
}

/* Takes the cells of a row. Returns the newline after it; NULL where it has a fault. */
static inline char *parse_cells(const csv_reader *reader, csv_worker *lane, char *at, float *row,
                                int *newlines)
{
    const int columns = reader->table->column_count;
    const bool plain = !reader->missing_numbers;
    int c = 0;
    for (;; at++) {
        bool number = plain && reader->wants[c] <= COLUMN_ROLE_NUMBER;
        char *end = number ? parse_number(reader, at, &row[c]) : NULL;
        at = end ? end : parse_cell(reader, lane, at, c, &row[c], newlines);
        c++;
        if (!at || *at == '\n' || c == columns) {
            break;
        }
    }
    return at && (*at != '\n' || c < columns) ? fail_row(reader, lane, at, c) : at;
}

/* Returns where the next row begins; NULL where this one has a fault. */
static char *parse_row(const csv_reader *reader, csv_worker *lane, char *at)
{
    csv_block *block = &lane->block;
    int newlines = 0;
    block->lines[block->rows] = (uint32_t)lane->line;
    float *row = block->values + (size_t)block->rows * (size_t)reader->table->column_count;
    char *end = parse_cells(reader, lane, at, row, &newlines);
    if (!end) {
        return NULL;
    }
    if (end + 1 - at > CSV_LINE_BYTES) {
        return set_fault(lane, CSV_FAULT_LONG_LINE, -1, NULL);
    }
    block->rows++;
    lane->line += 1 + newlines;
    return end + 1;
}

static size_t count_lines(const char *at, const char *end)
{
    size_t lines = 0;
    for (; at < end; at++) {
        lines += *at == '\n';
    }
    return lines;
}

/* Room for as many rows as there are lines, and no more values than bytes: each has one after it. */
static bool make_room(const csv_reader *reader, csv_worker *lane)
{
    size_t bytes = (size_t)(lane->end - lane->begin);
    size_t lines = lane->lines > 0 ? lane->lines : count_lines(lane->begin, lane->end);
    size_t values = size_mul(lines, (size_t)reader->table->column_count);
    lane->block.values = memory_alloc(values < bytes ? values : bytes, sizeof(float));
    lane->block.lines = memory_alloc(lines, sizeof *lane->block.lines);
    return lane->block.values && lane->block.lines;
}

/* Rows that each begin a line after the one before need no list of where they do. */
static void drop_lines(csv_worker *lane)
{
    if (lane->line == lane->block.rows) {
        memory_free(lane->block.lines);
        lane->block.lines = NULL;
    }
}

void csv_parse(const csv_reader *reader, csv_worker *lane)
{
    lane->line = 0;
    lane->fault = (csv_fault){.kind = CSV_FAULT_NONE};
    if (!make_room(reader, lane)) {
        (void)set_fault(lane, CSV_FAULT_MEMORY, -1, NULL);
        return;
    }
    for (char *at = lane->begin; at && at < lane->end;) {
        if (*at == '\n' || (*at == '\r' && at[1] == '\n')) {
            at += *at == '\r' ? 2 : 1; /* an empty line is no row */
            lane->line++;
        } else {
            at = parse_row(reader, lane, at);
        }
    }
    drop_lines(lane);
}
