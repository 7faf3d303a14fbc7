/*
 * The start of a CSV file: delimiter and number of columns. Detects the delimiter: the one that
 * gives most of the first rows the same number of cells as row 1.
 */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "data/csv/csv_number.h"

#include <string.h>

enum { BLANK_SAMPLE = 64 << 10 };

int csv_count_row(char delimiter, char **at, char *limit)
{
    bool open = false;
    char *end = NULL;
    if (*at < limit) {
        end = csv_row_end(delimiter, *at, limit, &open);
    }
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

int csv_count_cells(const csv_reader *reader, char delimiter, char **at)
{
    return csv_count_row(delimiter, at, reader->window + reader->used);
}

/* ---- The delimiter ---- */

/* How well a delimiter cuts the first rows. */
typedef struct fit {
    int rows, cells;    /* that have as many cells as the first row, which has more than one */
    int commas, joined; /* in those rows: all, and those of cells that are numbers like "2,5" */
} fit;

/* Counts the commas of a row, and those that are decimal ones if the delimiter is another. */
static void count_commas(char delimiter, char *at, char *end, fit *found)
{
    csv_cell cell;
    for (const char *comma = at; (comma = memchr(comma, ',', (size_t)(end - comma))); comma++) {
        found->commas++;
    }
    for (char *next = at; next && next < end; next += next != NULL) {
        next = csv_find_cell(delimiter, next, end, &cell);
        found->joined += next && csv_has_decimal_comma(cell.text, cell.end);
    }
}

static fit try_delimiter(char delimiter, char *at, char *limit)
{
    char *start = at;
    fit found = {.cells = csv_count_row(delimiter, &at, limit)};
    count_commas(delimiter, start, found.cells > 1 ? at : start, &found);
    for (int row = 1; found.cells > 1 && row < CSV_SAMPLE_ROWS; row++) {
        start = at;
        int cells = csv_count_row(delimiter, &at, limit);
        if (cells == 0) {
            break;
        }
        count_commas(delimiter, start, at, &found);
        /* Behind a delimiter that ends a row there is no cell. */
        bool trails = cells == found.cells + 1 && at[-2] == delimiter;
        found.rows += cells == found.cells || trails;
    }
    return found;
}

static bool is_better(const fit *found, const fit *most)
{
    bool decimal = found->rows >= most->rows && found->commas > 0 && found->joined == found->commas;
    return found->cells > 1 && (most->cells < 2 || decimal || found->rows > most->rows ||
                                (found->rows == most->rows && found->cells > most->cells));
}

static char find_delimiter(const csv_reader *reader)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    char *limit = reader->window + reader->used;
    char best = ',';
    fit most = {.cells = 1};
    for (size_t i = 0; i < sizeof candidates; i++) {
        fit found = try_delimiter(candidates[i], reader->at, limit);
        bool better = is_better(&found, &most);
        if (better) {
            best = candidates[i];
        }
        if (better) {
            most = found;
        }
    }
    return best;
}

/* Whether runs of blanks cut the first rows, where no other delimiter does. */
static nnfs_status try_blanks(csv_reader *reader, nnfs_error *error)
{
    size_t length = (size_t)(reader->window + reader->used - reader->at);
    length = MIN(length, BLANK_SAMPLE);
    char *copy = memory_alloc(length + CSV_NUMBER_PADDING, 1);
    if (!copy) {
        return fail_memory(error, length, "the first rows");
    }
    csv_normal_state state = {.in_row = false};
    memcpy(copy, reader->at, length);
    char *limit = copy + csv_normalize(&state, 0, true, copy, length);
    *limit = '\n';
    fit blanks = try_delimiter(' ', copy, limit);
    fit other = try_delimiter(reader->delimiter, reader->at, reader->window + reader->used);
    memory_free(copy);
    bool rows = other.cells < 2 || other.rows == 0;
    if (blanks.cells > 1 && (rows || blanks.rows > other.rows) && blanks.rows > 0) {
        reader->delimiter = ' ';
    }
    return NNFS_OK;
}

/* Rewrites what the window has already, once it is known that blanks are the delimiter. */
static void normalize_window(csv_reader *reader)
{
    if (reader->delimiter != ' ') {
        return;
    }
    char comment = reader->settings->comment;
    size_t length = (size_t)(reader->window + reader->used - reader->at);
    reader->normalized = true;
    reader->state = (csv_normal_state){.in_row = false};
    length = csv_normalize(&reader->state, comment, true, reader->at, length);
    reader->used = (size_t)(reader->at - reader->window) + length;
    reader->window[reader->used] = '\n';
}

static nnfs_status choose_delimiter(csv_reader *reader, nnfs_error *error)
{
    char told = reader->settings->delimiter;
    nnfs_status status = NNFS_OK;
    if (told && !strchr(",;|\t ", told)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the delimiter of a CSV file is ',', ';', '|', a tab or blanks");
    }
    reader->delimiter = told ? told : find_delimiter(reader);
    if (!told) {
        status = try_blanks(reader, error);
    }
    normalize_window(reader);
    return status;
}

/* Whether every one of the first rows ends with a delimiter, and of how many the first one has. */
static void find_trailing(csv_reader *reader, int *columns)
{
    char *limit = reader->window + reader->used;
    char *at = reader->at;
    int rows = 0;
    int ending = 0;
    bool first = false;
    bool more = true; /* rows have a cell more than the first */
    for (int cells;
         rows < CSV_SAMPLE_ROWS && (cells = csv_count_cells(reader, reader->delimiter, &at));
         rows++) {
        const char *end = at - 1;
        end -= end > reader->at && end[-1] == '\r';
        bool ends = end > reader->at && end[-1] == reader->delimiter;
        if (rows == 0) {
            first = ends;
        }
        ending += ends;
        more = more && (rows == 0 || cells == *columns + 1);
        if (at >= limit) {
            rows++;
            break;
        }
    }
    bool all = rows > 1 && ending == rows && *columns > 1;
    bool data = rows > 1 && !first && ending == rows - 1 && more;
    reader->trailing = (all || data) && reader->delimiter != ' ';
    *columns -= all && reader->trailing;
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
    columns++;
    find_trailing(reader, &columns);
    table->columns = memory_alloc_zeroed((size_t)columns, sizeof *table->columns);
    reader->roles = memory_alloc((size_t)columns, sizeof *reader->roles);
    reader->formats = memory_alloc_zeroed((size_t)columns, sizeof *reader->formats);
    if (!table->columns || !reader->roles || !reader->formats) {
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

/* Leaves out the lines before the table that the settings count. */
static nnfs_status skip_told(csv_reader *reader, nnfs_error *error)
{
    for (int64_t i = 0; i < reader->settings->skip; i++) {
        char *end = reader->window + reader->used;
        char *newline = memchr(reader->at, '\n', (size_t)(end - reader->at));
        if (!newline && reader->complete) {
            return csv_fail(reader, reader->line, -1, error, "there are fewer than %lld lines",
                            (long long)reader->settings->skip);
        }
        if (!newline && reader->at == reader->window) {
            return csv_report(reader, &(csv_fault){.kind = CSV_FAULT_LONG_LINE, .column = -1},
                              reader->line, error);
        }
        if (!newline) {
            nnfs_status status = csv_fill(reader, error);
            if (status != NNFS_OK) {
                return status;
            }
            i--;
            continue;
        }
        reader->at = newline + 1;
        reader->line++;
    }
    return NNFS_OK;
}

/* Brings the first row to the front of the window, which then holds all of it, or 1 MiB. */
static nnfs_status find_first_row(csv_reader *reader, nnfs_error *error)
{
    reader->normalized = reader->settings->comment != 0;
    TRY(csv_fill(reader, error));
    if (reader->used >= 3 && memcmp(reader->at, "\xef\xbb\xbf", 3) == 0) {
        reader->at += 3; /* the byte order mark of UTF-8 */
    }
    TRY(skip_told(reader, error));
    skip_lines(reader);
    while (!reader->complete && reader->at > reader->window) {
        TRY(csv_fill(reader, error));
        skip_lines(reader);
    }
    if (reader->at == reader->window + reader->used) {
        return csv_fail(reader, 1, -1, error, "it is empty");
    }
    csv_skip_comments(reader);
    skip_lines(reader);
    return NNFS_OK;
}

/* Opens a file of the table and goes to its first row. */
static nnfs_status open_part(csv_reader *reader, int part, nnfs_error *error)
{
    reader->part = part;
    reader->line = 1;
    reader->skipped = 0;
    reader->at = reader->window;
    reader->used = reader->begins = 0;
    reader->complete = false;
    reader->state = (csv_normal_state){.in_row = false};
    TRY(input_stream_open(reader->parts[part], &reader->from, error));
    TRY(csv_decoder_start(&reader->decoder, reader->from, reader->settings->encoding, error));
    return find_first_row(reader, error);
}

nnfs_status csv_start(csv_reader *reader, nnfs_error *error)
{
    reader->delimiter = '\0';
    TRY(open_part(reader, 0, error));
    TRY(choose_delimiter(reader, error));
    TRY(find_columns(reader, error));
    return csv_take_header(reader, error);
}

nnfs_status csv_next_part(csv_reader *reader, int part, nnfs_error *error)
{
    csv_decoder_end(&reader->decoder);
    input_stream_close(reader->from);
    reader->from = NULL;
    TRY(open_part(reader, part, error));
    normalize_window(reader);
    return csv_match_header(reader, error);
}
