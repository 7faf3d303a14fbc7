/*
 * The beginning of a CSV file: what separates its cells, and how many columns there are. A delimiter
 * that nobody told is the one that cuts most of the first rows into as many cells as the very first.
 */
#include "data/csv/csv.h"

#include "base/memory.h"

#include <string.h>

int csv_count_cells(const csv_reader *reader, char delimiter, char **at)
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
    fit found = {.cells = csv_count_cells(reader, delimiter, &at)};
    for (int row = 1; found.cells > 1 && row < CSV_SAMPLE_ROWS; row++) {
        int cells = csv_count_cells(reader, delimiter, &at);
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
            return csv_report(reader, &(csv_fault){.kind = cell.fault, .column = -1}, reader->line,
                              error);
        }
        if (columns == CSV_COLUMNS) {
            return csv_fail(reader, reader->line, -1, error, "more than %d columns", CSV_COLUMNS);
        }
        if (at - reader->at >= CSV_LINE_BYTES) {
            return csv_report(reader, &(csv_fault){.kind = CSV_FAULT_LONG_LINE, .column = -1},
                              reader->line, error);
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
    reader->line = 1;
    nnfs_status status = input_stream_open(path, &reader->from, error);
    if (status == NNFS_OK) {
        status = find_first_row(reader, error);
    }
    if (status == NNFS_OK) {
        status = choose_delimiter(reader, error);
    }
    if (status == NNFS_OK) {
        status = find_columns(reader, error);
    }
    return status == NNFS_OK ? csv_take_header(reader, error) : status;
}
