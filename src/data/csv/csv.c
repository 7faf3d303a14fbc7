/* csv_read: one pass over the file, or a second one where numbers turn out to be categories. */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "base/utf8.h"
#include "base/words.h"
#include "data/csv/csv_number.h"
#include "data/part_files.h"
#include "platform/cpu.h"
#include "platform/memory_limit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECE_BYTES = 512 << 10, /* of a window, for each thread */
    WINDOW_BYTES = 2 << 20,  /* at least: twice the longest line */
    MOST_THREADS = 64,
    WORKER_CELL_BYTES =
        64,          /* about what a worker keeps of a column: all of them no more than a window */
    TEXT_SHOWN = 60, /* bytes of a cell in a message */
};

/* ---- Messages ---- */

nnfs_status csv_fail(const csv_reader *reader, int64_t line, int column, nnfs_error *error,
                     const char *format, ...)
{
    char sentence[320];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    data_table at = *reader->table; /* as if its first row were on the line */
    at.first_line = line;
    at.lines = NULL;
    at.parts = NULL;
    at.path = reader->parts[reader->part];
    return table_fail(&at, 0, column, error, "%s", sentence);
}

/* What fits of a text, whole characters of UTF-8; what is none shows as question marks. */
static void show_text(char *shown, const csv_fault *fault)
{
    bool whole = fault->length <= TEXT_SHOWN;
    size_t length = whole ? fault->length : utf8_cut(fault->text, TEXT_SHOWN);
    memcpy(shown, fault->text, length);
    strcpy(shown + length, whole ? "" : "...");
    bool valid = utf8_is_valid(shown);
    for (char *at = shown; *at; at++) {
        if (*at & 0x80 && !valid) {
            *at = '?';
        }
    }
}

static nnfs_status report_no_number(const csv_reader *reader, const csv_fault *fault, int64_t line,
                                    nnfs_error *error)
{
    char shown[TEXT_SHOWN + sizeof "..."] = "";
    show_text(shown, fault);
    if (fault->kind == CSV_FAULT_TWO_READINGS) {
        bool date = fault->cells > 0;
        return csv_fail(reader, line, fault->column, error,
                        "'%s' can be read in two ways, and so can all of the column: say %s", shown,
                        date ? "which date format it has, as %d/%m/%Y or %m/%d/%Y"
                             : "whether the comma or the point is the decimal separator");
    }
    const csv_format *format = &reader->formats[fault->column];
    if (format->date[0]) {
        return csv_fail(reader, line, fault->column, error, "'%s' is no date like %s", shown,
                        format->date);
    }
    if (fault->cells == 0) {
        return csv_fail(reader, line, fault->column, error, "'%s' is no number", shown);
    }
    return csv_fail(reader, line, fault->column, error,
                    "'%s' is no number, and %lld cells are; name the column categorical if its "
                    "cells are names, or give the words that mean missing",
                    shown, (long long)fault->cells);
}

nnfs_status csv_report(const csv_reader *reader, const csv_fault *fault, int64_t line,
                       nnfs_error *error)
{
    static const char *const sentences[] = {
        [CSV_FAULT_LONG_LINE] = "the row is longer than 1 MiB",
        [CSV_FAULT_OPEN_QUOTE] = "a quote is opened here that is never closed",
        [CSV_FAULT_AFTER_QUOTE] = "text after a closing quote",
        [CSV_FAULT_CARRIAGE_RETURN] = "a carriage return without a newline after it",
        [CSV_FAULT_HUGE] = "the number is too large: at most 3.4e38",
        [CSV_FAULT_NOT_UTF8] = "the text is not UTF-8; give its encoding, as latin1 or cp1252",
        [CSV_FAULT_CATEGORIES] = "more than 16777216 different texts",
    };
    line += fault->line;
    switch (fault->kind) {
    case CSV_FAULT_MEMORY:
        return fail_memory(error, reader->capacity, "the rows");
    case CSV_FAULT_NO_NUMBER:
    case CSV_FAULT_TWO_READINGS:
        return report_no_number(reader, fault, line, error);
    case CSV_FAULT_SHORT_ROW:
    case CSV_FAULT_LONG_ROW:
        return csv_fail(reader, line, -1, error,
                        "the row has %lld cell%s, where there %s %d column%s; lines before the "
                        "table and bad rows can be skipped",
                        (long long)fault->cells, plural(fault->cells),
                        reader->table->column_count == 1 ? "is" : "are",
                        reader->table->column_count, plural(reader->table->column_count));
    default:
        return csv_fail(reader, line, fault->column, error, "%s", sentences[fault->kind]);
    }
}

nnfs_status csv_report_at(const csv_reader *reader, const csv_fault *fault, uint64_t place,
                          nnfs_error *error)
{
    const csv_block *block = &reader->blocks[place >> 32];
    csv_reader at = *reader;
    at.part = block->part;
    return csv_report(&at, fault, block->first_line, error);
}

/* ---- Memory ---- */

static void worker_free(csv_worker *worker, int columns)
{
    for (int c = 0; worker->dictionaries && c < columns; c++) {
        if (worker->dictionaries[c]) {
            csv_dictionary_clear(worker->dictionaries[c]);
            free(worker->dictionaries[c]);
        }
    }
    memory_free(worker->dictionaries);
    memory_free(worker->column_counts);
    memory_free(worker->block.values);
    memory_free(worker->block.lines);
    csv_kept_free(&worker->block);
}

/* Frees what a pass made, but the roles. */
static void end_pass(csv_reader *reader)
{
    csv_decoder_end(&reader->decoder);
    input_stream_close(reader->from);
    memory_free(reader->fast);
    reader->fast = NULL;
    memory_free(reader->keep_at);
    reader->keep_at = NULL;
    memory_free(reader->window);
    for (int i = 0; reader->workers && i < reader->worker_count; i++) {
        worker_free(&reader->workers[i], reader->table->column_count);
    }
    memory_free(reader->workers);
    for (size_t i = 0; i < reader->block_count; i++) {
        memory_free(reader->blocks[i].values);
        memory_free(reader->blocks[i].lines);
        csv_kept_free(&reader->blocks[i]);
    }
    free(reader->blocks);
    spool_close(&reader->spool);
    reader->from = NULL;
    reader->window = NULL;
    reader->workers = NULL;
    reader->blocks = NULL;
    reader->block_count = reader->block_room = 0;
    reader->held = reader->spooled = 0;
}

static nnfs_status make_window(csv_reader *reader, nnfs_error *error)
{
    size_t bytes = (size_t)reader->threads * PIECE_BYTES;
    reader->capacity = MAX(bytes, WINDOW_BYTES);
    reader->window = memory_alloc(reader->capacity + CSV_SPARE_BYTES + 2 + CSV_NUMBER_PADDING, 1);
    reader->at = reader->window;
    reader->used = 0;
    if (!reader->window) {
        return fail_memory(error, reader->capacity, "reading CSV");
    }
    return NNFS_OK;
}

static nnfs_status make_workers(csv_reader *reader, nnfs_error *error)
{
    size_t most = reader->capacity / WORKER_CELL_BYTES / (size_t)reader->table->column_count;
    if (most < 1) {
        reader->worker_count = 1;
    } else if (most < (size_t)reader->threads) {
        reader->worker_count = (int)most;
    } else {
        reader->worker_count = reader->threads;
    }
    reader->workers = memory_alloc_zeroed((size_t)reader->worker_count, sizeof *reader->workers);
    if (!reader->workers) {
        return fail_memory(error, sizeof *reader->workers, "reading CSV");
    }
    return NNFS_OK;
}

/* ---- Passes ---- */

/* What a pass found out of the columns, for the next one. */
typedef struct findings {
    column_role *roles; /* [count]; NULL before the first pass */
    csv_format *formats;
    int count;
} findings;

/* The formats of the model that the file is read like. */
static nnfs_status take_formats(csv_reader *reader, nnfs_error *error)
{
    size_t columns = (size_t)reader->table->column_count;
    column_format *texts = memory_alloc_zeroed(columns, sizeof *texts);
    if (!texts) {
        return fail_memory(error, columns * sizeof *texts, "the columns");
    }
    nnfs_status status =
        column_formats_resolve(reader->table, reader->settings->like, texts, error);
    for (size_t i = 0; status == NNFS_OK && i < columns; i++) {
        (void)csv_format_parse(texts[i].text, &reader->formats[i]);
        reader->formats[i].origin = texts[i].origin;
    }
    memory_free(texts);
    return status;
}

/* A decimal or thousands separator that was told holds for all columns. */
static void apply_separators(csv_reader *reader)
{
    const nnfs_dataset_settings *settings = reader->settings;
    if (settings->decimal) {
        reader->decimal = settings->decimal;
    }
    for (int i = 0; i < reader->table->column_count; i++) {
        csv_format *format = &reader->formats[i];
        bool told = settings->decimal == ',' || settings->thousands || reader->decimal == ',';
        if (told && csv_format_is_plain(format)) {
            format->decimal = reader->decimal ? reader->decimal : '.';
            format->thousands = settings->thousands;
            if (!format->thousands && format->decimal == ',') {
                format->thousands = '.';
            }
        }
    }
}

/* What is wanted of each column: what the settings say, and what the pass before found. */
static nnfs_status find_roles(csv_reader *reader, const findings *before, nnfs_error *error)
{
    size_t count = (size_t)reader->table->column_count;
    if (before->roles && before->count != reader->table->column_count) {
        return fail(error, NNFS_ERROR_DATA, "%s: the file changed while it was read",
                    reader->table->path);
    }
    reader->fast = memory_alloc(count, sizeof *reader->fast);
    if (!reader->fast) {
        return fail_memory(error, count, "the columns");
    }
    if (before->roles) {
        memcpy(reader->roles, before->roles, count * sizeof *before->roles);
        memcpy(reader->formats, before->formats, count * sizeof *before->formats);
    } else {
        TRY(column_roles_resolve(reader->table, reader->settings, reader->roles, error));
        if (reader->settings->like) {
            TRY(take_formats(reader, error));
        }
    }
    TRY(csv_kept_find(reader, error));
    apply_separators(reader);
    for (size_t i = 0; i < count; i++) {
        reader->fast[i] = !reader->missing_numbers && reader->roles[i] <= COLUMN_ROLE_NUMBER &&
                          csv_format_is_plain(&reader->formats[i]) &&
                          (!reader->keep_at || reader->keep_at[i] < 0);
    }
    return NNFS_OK;
}

static nnfs_status read_pass(csv_reader *reader, const findings *before, bool *again,
                             nnfs_error *error)
{
    reader->part = 0;
    TRY(make_window(reader, error));
    TRY(csv_start(reader, error));
    TRY(find_roles(reader, before, error));
    TRY(make_workers(reader, error));
    for (int part = 0; reader->parts[part]; part++) {
        if (part > 0) {
            TRY(csv_next_part(reader, part, error));
        }
        TRY(csv_enter_range(reader, error));
        TRY(csv_read_rows(reader, error));
    }
    TRY(csv_spool(reader, true, error));
    TRY(csv_join_ranks(reader, error));
    TRY(csv_decide(reader, again, error));
    if (*again) {
        return NNFS_OK;
    }
    return csv_finish(reader, error);
}

/* A further pass knows of categories and formats that the one before found in the last rows. */
static nnfs_status read_all(csv_reader *reader, const char *path, nnfs_error *error)
{
    findings before = {.roles = NULL};
    bool again = true;
    nnfs_status status = NNFS_OK;
    while (status == NNFS_OK && again) {
        again = false;
        table_free(reader->table);
        reader->table->path = path;
        status = read_pass(reader, &before, &again, error);
        end_pass(reader);
        memory_free(before.roles);
        memory_free(before.formats);
        before = (findings){reader->roles, reader->formats, reader->table->column_count};
        reader->roles = NULL;
        reader->formats = NULL;
    }
    memory_free(before.roles);
    memory_free(before.formats);
    return status;
}

static void prepare_missing(csv_reader *reader)
{
    reader->missing = table_missing(reader->settings);
    for (string_list_view word = reader->missing; *word; word++) {
        reader->missing_first[(unsigned char)**word] = true;
        reader->missing_numbers |= **word && strchr("+-.0123456789", **word);
    }
}

nnfs_status csv_read(const char *path, const nnfs_dataset_settings *settings, data_table *table,
                     nnfs_error *error)
{
    *table = (data_table){0};
    int threads = cpu_threads(settings->threads);
    nnfs_dataset_settings own = *settings;
    if (own.keep && own.keep[0]) {
        own.communicator = NULL; /* the cells that are kept are in each rank */
    }
    size_t host_ranks = (size_t)nnfs_communicator_host_ranks(settings->communicator);
    csv_reader reader = {.settings = &own,
                         .held_most = memory_limit("") / 2 / host_ranks,
                         .table = table,
                         .threads = MIN(threads, MOST_THREADS),
                         .c = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (!reader.c) {
        return fail_memory(error, 0, "reading CSV");
    }
    part_files files = {0};
    nnfs_status status = part_files_list(path, &files, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    if (files.count == 0) {
        status = fail(error, NNFS_ERROR_DATA,
                      files.format ? "%s: all CSV files in this folder are empty"
                                   : "%s: no CSV files in this folder",
                      path);
        goto cleanup;
    }
    prepare_missing(&reader);
    reader.parts = string_list_view_of(files.paths);
    TRY_CLEANUP(read_all(&reader, path, error));
    if (files.count > 1) {
        table->parts = files.paths;
        files.paths = NULL;
    }
cleanup:
    string_list_free(files.paths);
    freelocale(reader.c);
    if (status != NNFS_OK) {
        table_free(table);
    }
    return status;
}
