/*
 * The beginning of a CSV file: what separates its cells, how many columns there are, and whether the
 * first row names them. A delimiter that nobody told is the one that cuts most of the first rows into
 * as many cells as the very first.
 */
#include "data/csv.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "data/csv_number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_ROWS = 100 }; /* to guess by */

/* ---- Rows of the sample ---- */

/* Cells of the row at *at, which then is the next one; 0: no more whole row, or one with a fault. */
static int count_cells(const csv_reader *reader, char delimiter, char **at)
{
    bool open = false;
    char *limit = reader->window + reader->used;
    char *end = *at < limit ? csv_row_end(delimiter, *at, limit, &open) : NULL;
    int cells = 0;
    csv_cell cell;
    for (char *next = *at; end && next < end; next++) {
        next = csv_find_cell(delimiter, next, end, &cell);
        if (!next) {
            return 0;
        }
        cells++;
    }
    *at = end;
    return cells;
}

/* ---- The delimiter ---- */

typedef struct fit {
    int rows, cells;
} fit;

static fit try_delimiter(const csv_reader *reader, char delimiter)
{
    char *at = reader->at;
    fit found = {.cells = count_cells(reader, delimiter, &at)};
    for (int row = 1; found.cells > 1 && row < SAMPLE_ROWS; row++) {
        int cells = count_cells(reader, delimiter, &at);
        if (cells == 0) {
            break;
        }
        found.rows += cells == found.cells;
    }
    return found;
}

static char find_delimiter(const csv_reader *reader)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    char best = ',';
    fit most = {.cells = 1};
    for (size_t i = 0; i < sizeof candidates; i++) {
        fit found = try_delimiter(reader, candidates[i]);
        bool better = found.cells > 1 && (most.cells < 2 || found.rows > most.rows ||
                                          (found.rows == most.rows && found.cells > most.cells));
        best = better ? candidates[i] : best;
        most = better ? found : most;
    }
    return best;
}

static nnfs_status choose_delimiter(csv_reader *reader, nnfs_error *error)
{
    char told = reader->settings->delimiter;
    if (told && !strchr(",;|\t", told)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the delimiter of a CSV file is ',', ';', '|' or a tab");
    }
    reader->delimiter = told ? told : find_delimiter(reader);
    return NNFS_OK;
}

/* ---- Columns ---- */

static nnfs_status fail_row(const csv_reader *reader, csv_fault_kind kind, int column,
                            nnfs_error *error)
{
    csv_fault fault = {.kind = kind, .column = column};
    return csv_report(reader, &fault, reader->line, error);
}

/* Counts the columns by the cells of the first row. */
static nnfs_status find_columns(csv_reader *reader, nnfs_error *error)
{
    data_table *table = reader->table;
    char *limit = reader->window + reader->used;
    int columns = 0;
    csv_cell cell;
    for (char *at = reader->at;; at++, columns++) {
        at = csv_find_cell(reader->delimiter, at, limit, &cell);
        if (!at) {
            return fail_row(reader, cell.fault, -1, error);
        }
        if (columns == CSV_COLUMNS) {
            return csv_fail(reader, reader->line, -1, error, "more than %d columns", CSV_COLUMNS);
        }
        if (at - reader->at >= CSV_LINE_BYTES) {
            return fail_row(reader, CSV_FAULT_LONG_LINE, -1, error);
        }
        if (*at == '\n') {
            break;
        }
    }
    table->columns = memory_alloc_zeroed((size_t)++columns, sizeof *table->columns);
    reader->wants = memory_alloc((size_t)columns, sizeof *reader->wants);
    if (!table->columns || !reader->wants) {
        return fail_memory(error, (size_t)columns * sizeof *table->columns, "the columns");
    }
    table->column_count = columns;
    return NNFS_OK;
}

/* ---- The header ---- */

typedef struct sample {
    bool named; /* its first cell is no number */
    int numbers, texts;
} sample;

/* Adds the cells of the row at *at to samples [columns]; false where there is no more whole row. */
static bool add_row(const csv_reader *reader, char **at, sample *samples, bool first)
{
    char *row = *at;
    csv_cell cell;
    double value = 0;
    if (!row || count_cells(reader, reader->delimiter, at) == 0) {
        return false;
    }
    for (int c = 0; c < reader->table->column_count; c++, row++) {
        row = csv_find_cell(reader->delimiter, row, *at, &cell);
        csv_trim_cell(&cell);
        bool number = csv_number(cell.text, reader->c, &value) == cell.end;
        bool text = !number && !csv_is_missing(reader, &cell);
        samples[c].named |= first && text;
        samples[c].texts += !first && text;
        samples[c].numbers += !first && number;
        if (*row == '\n') {
            break;
        }
    }
    return true;
}

/* Whether the first row has a text over a column of numbers, or any at all where it is the only row. */
static bool first_row_names(const csv_reader *reader, sample *samples)
{
    char *at = reader->at;
    int rows = 0;
    bool named = false;
    while (rows < SAMPLE_ROWS && add_row(reader, &at, samples, rows == 0)) {
        rows++;
    }
    for (int c = 0; c < reader->table->column_count; c++) {
        bool numbers = samples[c].numbers > samples[c].texts;
        named |= samples[c].named && (numbers || rows == 1);
    }
    return named;
}

static nnfs_status find_header(const csv_reader *reader, bool *header, nnfs_error *error)
{
    size_t columns = (size_t)reader->table->column_count;
    *header = reader->settings->header > 0;
    if (reader->settings->header >= 0) {
        return NNFS_OK;
    }
    sample *samples = memory_alloc_zeroed(columns, sizeof *samples);
    if (!samples) {
        return fail_memory(error, columns * sizeof *samples, "the header");
    }
    *header = first_row_names(reader, samples);
    memory_free(samples);
    return NNFS_OK;
}

/* ---- Names ---- */

static nnfs_status take_name(const csv_reader *reader, int column, csv_cell *cell,
                             nnfs_error *error)
{
    char *name = NULL;
    csv_clean_cell(cell);
    size_t length = (size_t)(cell->end - cell->text);
    if (length > 0) {
        name = strndup(cell->text, length);
    } else if (asprintf(&name, "column %d", column + 1) < 0) {
        name = NULL;
    }
    if (!name) {
        return fail_memory(error, length, "a column's name");
    }
    if (!utf8_is_valid(name)) {
        free(name);
        return fail_row(reader, CSV_FAULT_NOT_UTF8, column, error);
    }
    reader->table->columns[column].name = name;
    return NNFS_OK;
}

static int compare_names(const void *a, const void *b)
{
    const table_column *first = *(table_column *const *)a;
    const table_column *second = *(table_column *const *)b;
    int order = strcmp(first->name, second->name);
    return order != 0 ? order : (first > second) - (first < second);
}

static nnfs_status refuse_equal_names(const csv_reader *reader, nnfs_error *error)
{
    table_column *columns = reader->table->columns;
    int count = reader->table->column_count;
    table_column **sorted = memory_alloc((size_t)count, sizeof *sorted);
    if (!sorted) {
        return fail_memory(error, (size_t)count * sizeof *sorted, "the columns' names");
    }
    for (int i = 0; i < count; i++) {
        sorted[i] = &columns[i];
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare_names);
    nnfs_status status = NNFS_OK;
    for (int i = 1; i < count && status == NNFS_OK; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            status = csv_fail(reader, reader->line, (int)(sorted[i] - columns), error,
                              "columns %d and %d have the same name",
                              (int)(sorted[i - 1] - columns) + 1, (int)(sorted[i] - columns) + 1);
        }
    }
    memory_free(sorted);
    return status;
}

/* Takes the first row for the names of the columns. */
static nnfs_status take_names(csv_reader *reader, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    char *limit = reader->window + reader->used;
    int newlines = 0;
    csv_cell cell;
    for (int c = 0; c < reader->table->column_count && status == NNFS_OK; c++) {
        reader->at = csv_find_cell(reader->delimiter, reader->at, limit, &cell) + 1;
        newlines += cell.newlines;
        status = take_name(reader, c, &cell, error);
    }
    if (status == NNFS_OK) {
        status = refuse_equal_names(reader, error);
    }
    reader->line += 1 + newlines;
    return status;
}

/* ---- All of it ---- */

/* Skips empty lines. */
static void skip_lines(csv_reader *reader)
{
    const char *end = reader->window + reader->used;
    while (reader->at < end &&
           (*reader->at == '\n' || (*reader->at == '\r' && reader->at[1] == '\n'))) {
        reader->at += *reader->at == '\r' ? 2 : 1;
        reader->line++;
    }
}

/* Brings the first row to the front of the window, which then holds all of it, or 1 MiB. */
static nnfs_status find_first_row(csv_reader *reader, nnfs_error *error)
{
    nnfs_status status = csv_fill(reader, error);
    if (status == NNFS_OK && reader->used >= 3 && memcmp(reader->at, "\xef\xbb\xbf", 3) == 0) {
        reader->at += 3; /* the byte order mark of UTF-8 */
    }
    skip_lines(reader);
    while (status == NNFS_OK && !reader->complete && reader->at > reader->window) {
        status = csv_fill(reader, error);
        skip_lines(reader);
    }
    if (status == NNFS_OK && reader->at == reader->window + reader->used) {
        status = csv_fail(reader, 1, -1, error, "it is empty");
    }
    return status;
}

nnfs_status csv_start(csv_reader *reader, const char *path, nnfs_error *error)
{
    bool header = false;
    reader->line = 1;
    nnfs_status status = source_open(path, &reader->from, error);
    if (status == NNFS_OK) {
        status = find_first_row(reader, error);
    }
    if (status == NNFS_OK) {
        status = choose_delimiter(reader, error);
    }
    if (status == NNFS_OK) {
        status = find_columns(reader, error);
    }
    if (status == NNFS_OK) {
        status = find_header(reader, &header, error);
    }
    if (status == NNFS_OK && header) {
        status = take_names(reader, error);
    }
    return status;
}
