/*
 * The header of a CSV file. Whether there is one shows in columns of numbers: a first cell there
 * that is no number is a name; and so is one that the caller calls a column by. Where all columns
 * are texts, names are what never stands in the rows below, while those repeat themselves.
 */
#include "data/csv/csv.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "base/words.h"
#include "data/csv/csv_number.h"
#include "table/preprocessing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Whether there is one ---- */

/* Whether a list of columns has a name equal to the cell. */
static bool list_names(const char *const *list, const csv_cell *cell)
{
    size_t length = (size_t)(cell->end - cell->text);
    for (; list && *list; list++) {
        if (strlen(*list) == length && memcmp(*list, cell->text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the settings, or the model whose data these are like, call a column by what
 * the cell says. */
static bool is_known_name(const csv_reader *reader, const csv_cell *cell)
{
    const nnfs_dataset_settings *settings = reader->settings;
    const nnfs_preprocessing *like = settings->like;
    const char *const weight[] = {settings->weight_column, NULL};
    bool known = list_names(settings->targets, cell) || list_names(weight, cell) ||
                 list_names(settings->drop, cell) || list_names(settings->categorical, cell) ||
                 list_names(settings->numeric, cell) || list_names(settings->keep, cell);
    for (int i = 0; like && !known && i < like->column_count; i++) {
        const char *const name[] = {like->columns[i].encoding.name, NULL};
        known = list_names(name, cell);
    }
    return known;
}

enum { REPEATED_COLUMNS = 1000 }; /* more are rather a mistake, and slow to name */
enum { NUMBERED_COLUMNS = 1000 }; /* more are not compared with each other */

enum { TEXT_ROWS = 10 }; /* to be had after the first one, to tell names from texts */

typedef struct sample {
    bool known;             /* its first cell, which is no number, is what a column is called by */
    bool named;             /* its first cell is no number */
    int numbers, texts;     /* cells of the rows after it, */
    int fractions;          /* and those that are no whole numbers */
    double header;          /* its first cell as a number, NaN where it is none */
    bool empty;             /* its first cell is */
    uint64_t first, second; /* hashes of the first two cells, */
    int firsts, seconds;    /* and how many cells after them are the same */
} sample;

static void add_cell(sample *column, const csv_cell *cell, int row)
{
    size_t length = (size_t)(cell->end - cell->text);
    uint64_t hash = hash_bytes(HASH_START, cell->text, length);
    if (row == 0) {
        column->first = hash;
    }
    if (row == 1) {
        column->second = hash;
    }
    column->firsts += row > 0 && length > 0 && hash == column->first;
    column->seconds += row > 1 && length > 0 && hash == column->second;
}

/* Notes a point that cannot group thousands: the decimal separator of the file is no comma. */
static void note_point(csv_reader *reader, const csv_cell *cell, bool number)
{
    csv_format grouped = {.decimal = ',', .thousands = '.'};
    double value;
    bool point = number && memchr(cell->text, '.', (size_t)(cell->end - cell->text));
    reader->point_seen =
        reader->point_seen ||
        (point && !csv_format_read(&grouped, cell->text, cell->end, reader->c, &value));
}

/* Adds the cells of row `row`, at *at, to samples [columns]; false where there is no
 * more whole row. */
static bool add_row(csv_reader *reader, char **at, sample *samples, int row)
{
    char *next = *at;
    bool first = row == 0;
    bool look = first; /* for a known name: one will do */
    csv_cell cell;
    double value = 0;
    if (!next || csv_count_cells(reader, reader->delimiter, at) == 0) {
        return false;
    }
    for (int c = 0; c < reader->table->column_count; c++, next++) {
        next = csv_find_cell(reader->delimiter, next, *at, &cell);
        csv_trim_cell(&cell);
        bool number = csv_number(cell.text, reader->c, &value) == cell.end;
        if (look && !number && is_known_name(reader, &cell)) {
            samples[c].known = true;
            look = false;
        }
        note_point(reader, &cell, number);
        if (first && number) {
            samples[c].header = value;
        }
        if (first && !number) {
            samples[c].header = (double)NAN;
        }
        samples[c].empty |= first && cell.text == cell.end;
        samples[c].fractions += !first && !(number && floor(value) == value);
        number = number || csv_looks_like_value(reader, &cell);
        bool text = !number && !csv_is_missing(reader, &cell);
        samples[c].named |= first && text;
        samples[c].texts += !first && text;
        samples[c].numbers += !first && number;
        add_cell(&samples[c], &cell, row);
        if (*next == '\n') {
            break;
        }
    }
    return true;
}

/* Whether the first row stands apart from the others, in columns that are texts all of them. */
static bool stands_apart(const sample *samples, int columns, int rows)
{
    bool apart = rows > TEXT_ROWS;
    bool repeat = false;
    for (int c = 0; c < columns && apart; c++) {
        apart = samples[c].numbers <= samples[c].texts && samples[c].firsts == 0;
        repeat = repeat || samples[c].seconds > 0;
    }
    return apart && repeat;
}

/* Whether `number` is whole and in no sample before `column`. */
static bool is_new(const sample *samples, int first, int column)
{
    for (int i = first; i < column; i++) {
        if (samples[i].header == samples[column].header) {
            return false;
        }
    }
    return floor(samples[column].header) == samples[column].header;
}

/*
 * Whether the first row is numbers that name columns, as pandas writes them: 0, 1, 2, ...; or
 * behind an empty cell different whole numbers; or these above columns with fractions.
 */
static bool numbers_name(const sample *samples, int columns, int rows)
{
    int first = samples[0].empty;
    bool distinct = columns - first >= 2 && rows > 2 && columns < NUMBERED_COLUMNS;
    bool counted = columns - first >= 3;
    bool fractions = true;
    for (int c = first; c < columns && distinct; c++) {
        distinct = is_new(samples, first, c);
        counted = counted && samples[c].header == c - first;
        fractions = fractions && samples[c].fractions > 0;
    }
    return distinct && (counted || first == 1 || fractions);
}

/* Whether the first row has a known name, a text over a column of numbers, or any at all where it
 * is the only row. */
static bool first_row_names(csv_reader *reader, sample *samples)
{
    char *at = reader->at;
    int rows = 0;
    bool named = false;
    while (rows < CSV_SAMPLE_ROWS && add_row(reader, &at, samples, rows)) {
        rows++;
    }
    for (int c = 0; c < reader->table->column_count; c++) {
        bool numbers = samples[c].numbers > samples[c].texts;
        named |= samples[c].known || (samples[c].named && (numbers || rows == 1));
    }
    return named || numbers_name(samples, reader->table->column_count, rows) ||
           stands_apart(samples, reader->table->column_count, rows);
}

static nnfs_status find_header(csv_reader *reader, bool *header, nnfs_error *error)
{
    size_t columns = (size_t)reader->table->column_count;
    sample *samples = memory_alloc_zeroed(columns, sizeof *samples);
    if (!samples) {
        return fail_memory(error, columns * sizeof *samples, "the header");
    }
    *header = first_row_names(reader, samples); /* also notes how its numbers are written */
    if (reader->settings->header >= 0) {
        *header = reader->settings->header > 0;
    }
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
        return csv_report(reader, &(csv_fault){.kind = CSV_FAULT_NOT_UTF8, .column = column},
                          reader->line, error);
    }
    reader->table->columns[column].name = name;
    return NNFS_OK;
}

static int compare_names(const void *a, const void *b)
{
    const table_column *first = *(table_column *const *)a;
    const table_column *second = *(table_column *const *)b;
    int order = strcmp(first->name, second->name);
    if (order != 0) {
        return order;
    }
    return (first > second) - (first < second);
}

/* The name of column `column` with a number after it that no other column has: "x.1", as
 * pandas has it. */
static char *numbered_name(const data_table *table, int column)
{
    const char *name = table->columns[column].name;
    for (int number = 1;; number++) {
        char *made = NULL;
        if (asprintf(&made, "%s.%d", name, number) < 0) {
            return NULL;
        }
        if (table_find_name(table, made) < 0) {
            return made;
        }
        free(made);
    }
}

/* Gives columns with a name that another one before them has a name of their own. */
static nnfs_status number_equal_names(const csv_reader *reader, nnfs_error *error)
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
    for (int i = 1; i < count; i++) {
        sorted[i]->repeated = strcmp(sorted[i - 1]->name, sorted[i]->name) == 0;
    }
    int renamed = 0;
    for (int i = 0; i < count && status == NNFS_OK; i++) {
        if (!columns[i].repeated) {
            continue;
        }
        if (++renamed > REPEATED_COLUMNS) {
            status =
                csv_fail(reader, reader->line, i, error,
                         "more than %d columns have the name of another one", REPEATED_COLUMNS);
            break;
        }
        char *name = numbered_name(reader->table, i);
        if (!name) {
            status = fail_memory(error, strlen(columns[i].name), "a column's name");
            break;
        }
        free(columns[i].name);
        columns[i].name = name;
    }
    memory_free(sorted);
    return status;
}

/* Takes the first row for the names of the columns. */
static nnfs_status take_names(csv_reader *reader, nnfs_error *error)
{
    char *limit = reader->window + reader->used;
    int newlines = 0;
    csv_cell cell;
    for (int c = 0; c < reader->table->column_count; c++) {
        reader->at = csv_find_cell(reader->delimiter, reader->at, limit, &cell) + 1;
        newlines += cell.newlines;
        TRY(take_name(reader, c, &cell, error));
    }
    TRY(number_equal_names(reader, error));
    reader->line += 1 + newlines;
    return NNFS_OK;
}

/* ---- Further files ---- */

/* What the first row of a further file says. */
typedef struct header_match {
    int cells, equal, known; /* cells; those that are the name of their column, or of any */
    int different;           /* the first column with another name, or -1 */
    char name[64];           /* that it has here */
    int newlines;
} header_match;

/* Looks at the cells of the row at reader->at, which stays as it is. */
static nnfs_status match_cells(const csv_reader *reader, char *copy, size_t length,
                               header_match *match, nnfs_error *error)
{
    const data_table *table = reader->table;
    char *next = copy;
    csv_cell cell;
    for (; next < copy + length; next++, match->cells++) {
        int c = match->cells;
        next = csv_find_cell(reader->delimiter, next, copy + length, &cell);
        if (!next) {
            return csv_report(reader, &(csv_fault){.kind = cell.fault, .column = -1}, reader->line,
                              error);
        }
        bool last = *next == '\n';
        match->newlines += cell.newlines;
        csv_clean_cell(&cell);
        *cell.end = '\0';
        bool empty = cell.text == cell.end;
        bool equal = c < table->column_count && (empty || table->columns[c].repeated ||
                                                 strcmp(table->columns[c].name, cell.text) == 0);
        match->equal += equal;
        match->known += !empty && table_find_name(table, cell.text) >= 0;
        if (!equal && match->different < 0 && c < table->column_count) {
            match->different = c;
            (void)snprintf(match->name, sizeof match->name, "%s", cell.text);
        }
        if (last) {
            match->cells++;
            break;
        }
    }
    return NNFS_OK;
}

static nnfs_status fail_columns(const csv_reader *reader, const header_match *match,
                                nnfs_error *error)
{
    if (match->cells != reader->table->column_count) {
        return csv_fail(reader, reader->line, -1, error, "%d columns, where %s has %d",
                        match->cells, reader->parts[0], reader->table->column_count);
    }
    return csv_fail(reader, reader->line, -1, error, "column %d is '%s', where %s has %s",
                    match->different + 1, match->name, reader->parts[0],
                    table_label(reader->table, match->different).text);
}

nnfs_status csv_match_header(csv_reader *reader, nnfs_error *error)
{
    int columns = reader->table->column_count;
    bool open = false;
    char *end = csv_row_end(reader->delimiter, reader->at, reader->window + reader->used, &open);
    if (!end) {
        return NNFS_OK; /* reading the rows finds that */
    }
    size_t length = (size_t)(end - reader->at);
    char *copy = memory_alloc(length + 1, 1);
    header_match match = {.different = -1};
    if (!copy) {
        return fail_memory(error, length, "the header");
    }
    memcpy(copy, reader->at, length);
    copy[length] = '\n';
    nnfs_status status = NNFS_OK;
    if (reader->table->reading.header) {
        status = match_cells(reader, copy, length, &match, error);
    } else {
        match.cells = csv_count_row(reader->delimiter, &(char *){copy}, copy + length);
    }
    memory_free(copy);
    TRY(status);
    match.cells -= reader->trailing && match.cells == columns + 1;
    bool header = reader->table->reading.header && match.equal >= columns && match.known > 0;
    if (match.cells != columns || (!header && match.known * 2 >= columns && match.known > 0)) {
        return fail_columns(reader, &match, error);
    }
    if (header) {
        reader->at = end;
        reader->line += 1 + match.newlines;
    }
    return NNFS_OK;
}

/* ---- The first file ---- */

nnfs_status csv_take_header(csv_reader *reader, nnfs_error *error)
{
    bool header = false;
    nnfs_reading *reading = &reader->table->reading;
    nnfs_status status = find_header(reader, &header, error);
    const char *encoding = reader->decoder.encoding;
    *reading = (nnfs_reading){.format = "csv",
                              .delimiter = reader->delimiter,
                              .header = header,
                              .trailing = reader->trailing,
                              .skipped = reader->settings->skip + reader->skipped};
    (void)snprintf(reading->encoding, sizeof reading->encoding, "%s", text_or(encoding, "UTF-8"));
    if (status == NNFS_OK && header) {
        return take_names(reader, error);
    }
    return status;
}
