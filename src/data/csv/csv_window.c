/* Windows of the file, cut into chunks that workers parse at the same time. */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CHUNK = 32 << 10 };

/* ---- Filling the window ---- */

/* Text in UTF-16 shows by the zeros of its ASCII. */
static bool is_utf16(const char *bytes, size_t count)
{
    return count >= 2 && !bytes[0] != !bytes[1];
}

/* Refuses what is no text in the bytes from `from` on. */
static nnfs_status check_bytes(const csv_reader *reader, size_t from, nnfs_error *error)
{
    if (reader->table->column_count == 0 && is_utf16(reader->window, reader->used)) {
        return csv_fail(reader, 1, -1, error,
                        "this looks like UTF-16 without a byte order mark; give its encoding, "
                        "UTF-16LE or UTF-16BE");
    }
    const char *nul = memchr(reader->window + from, '\0', reader->used - from);
    if (!nul) {
        return NNFS_OK;
    }
    int64_t line = reader->line;
    for (const char *at = reader->at; at < nul; at++) {
        line += *at == '\n';
    }
    return csv_fail(reader, line, -1, error, "a NUL byte: this is no text");
}

/* Reads behind the first `kept` bytes of the window; never ends before what may follow a comma. */
static nnfs_status read_window(csv_reader *reader, size_t kept, nnfs_error *error)
{
    size_t got = 0;
    char *to = reader->window + kept;
    nnfs_status status =
        csv_decoder_read(&reader->decoder, reader->from, to, reader->capacity - kept, &got, error);
    reader->used = kept + got;
    while (status == NNFS_OK && reader->normalized && reader->used > kept &&
           reader->window[reader->used - 1] == ',' && !csv_decoder_at_end(&reader->decoder) &&
           reader->used < reader->capacity + CSV_SPARE_BYTES - 8) {
        status = csv_decoder_read(&reader->decoder, reader->from, reader->window + reader->used, 8,
                                  &got, error);
        reader->used += got;
    }
    reader->complete = csv_decoder_at_end(&reader->decoder);
    return status;
}

nnfs_status csv_fill(csv_reader *reader, nnfs_error *error)
{
    size_t kept = (size_t)(reader->window + reader->used - reader->at);
    reader->begins += (size_t)(reader->at - reader->window);
    memmove(reader->window, reader->at, kept);
    reader->at = reader->window;
    TRY(read_window(reader, kept, error));
    TRY(check_bytes(reader, kept, error));
    if (reader->normalized) {
        reader->used = kept + csv_normalize(&reader->state, reader->settings->comment,
                                            reader->delimiter == ' ', reader->window + kept,
                                            reader->used - kept);
    }
    if (reader->complete && reader->used > 0 && reader->window[reader->used - 1] != '\n') {
        reader->window[reader->used++] = '\n'; /* the last row's, which need not be there */
    }
    reader->window[reader->used] = '\n'; /* ends the last cell for every search */
    return NNFS_OK;
}

/* ---- Cutting it ---- */

/* The start of the first row that begins at `target` or after it, where no cell has a
 * newline in it. */
static char *cut_at_newline(char *target, char *end)
{
    char *newline = memchr(target, '\n', (size_t)(end - target));
    if (newline) {
        return newline + 1;
    }
    return end;
}

static void cut_plain(csv_reader *reader, int chunks, char *end)
{
    char *begin = reader->at;
    size_t bytes = (size_t)(end - begin);
    for (int i = 0; i < chunks; i++) {
        csv_worker *worker = &reader->workers[i];
        char *target = reader->at + bytes / (size_t)chunks * (size_t)(i + 1);
        worker->begin = begin;
        worker->lines = 0;
        if (i + 1 == chunks) {
            worker->end = end;
        } else if (target <= begin) {
            worker->end = begin;
        } else {
            worker->end = cut_at_newline(target, end);
        }
        begin = worker->end;
    }
}

/* Walks over all rows, since only from its beginning on can be told whether a newline
 * ends a row. */
static void cut_quoted(csv_reader *reader, int chunks, char *limit)
{
    char *at = reader->at;
    bool open = false;
    size_t bytes = (size_t)(limit - at);
    for (int i = 0; i < chunks; i++) {
        csv_worker *worker = &reader->workers[i];
        const char *target = reader->at + bytes / (size_t)chunks * (size_t)(i + 1);
        worker->begin = at;
        worker->lines = 0;
        while (at < limit && (at < target || i + 1 == chunks)) {
            char *next = csv_row_end(reader->delimiter, at, limit, &open);
            if (!next) {
                break;
            }
            at = next;
            worker->lines++;
        }
        worker->end = at;
    }
}

/* Cuts the window's whole rows into chunks, some of them empty, for the first workers. */
static int cut(csv_reader *reader)
{
    char *limit = reader->window + reader->used;
    size_t bytes = (size_t)(limit - reader->at);
    int chunks = 1 + (int)(bytes / SMALLEST_CHUNK);
    chunks = MIN(chunks, reader->worker_count);
    if (memchr(reader->at, '"', bytes)) {
        cut_quoted(reader, chunks, limit);
    } else {
        char *newline = memrchr(reader->at, '\n', bytes);
        cut_plain(reader, chunks, newline ? newline + 1 : reader->at);
    }
    return chunks;
}

/* ---- Workers and blocks ---- */

/* A worker gets memory when there is work for it. */
static bool prepare_worker(const csv_reader *reader, csv_worker *worker)
{
    size_t columns = (size_t)reader->table->column_count;
    if (worker->dictionaries) {
        return true;
    }
    worker->column_counts = memory_alloc_zeroed(columns, sizeof *worker->column_counts);
    worker->dictionaries = memory_alloc_zeroed(columns, sizeof *worker->dictionaries);
    for (size_t i = 0; worker->column_counts && i < columns; i++) {
        worker->column_counts[i].first_text = worker->column_counts[i].first_huge = CSV_NOWHERE;
    }
    return worker->column_counts && worker->dictionaries;
}

/* Reserves room for `count` more blocks. */
static bool grow_blocks(csv_reader *reader, size_t more)
{
    size_t room = size_add(size_mul(reader->block_room, 2), more);
    if (reader->block_count + more <= reader->block_room) {
        return true;
    }
    csv_block *blocks = realloc(reader->blocks, size_mul(room, sizeof *blocks));
    if (!blocks) {
        return false;
    }
    reader->blocks = blocks;
    reader->block_room = room;
    return true;
}

static nnfs_status prepare_workers(csv_reader *reader, int chunks, nnfs_error *error)
{
    bool enough = grow_blocks(reader, (size_t)chunks);
    for (int i = 0; i < chunks; i++) {
        csv_worker *worker = &reader->workers[i];
        enough = enough && prepare_worker(reader, worker);
        worker->block = (csv_block){
            .worker = i,
            .part = reader->part,
            .rank = nnfs_communicator_rank(reader->settings->communicator),
        };
        worker->number = reader->block_count + (size_t)i;
    }
    if (!enough) {
        return fail_memory(error, reader->capacity, "the rows");
    }
    return NNFS_OK;
}

/* Takes the parsed blocks in the order of the file, up to the first with a fault. */
static nnfs_status take_blocks(csv_reader *reader, int chunks, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    nnfs_reading *reading = &reader->table->reading;
    for (int i = 0; i < chunks; i++) {
        csv_worker *worker = &reader->workers[i];
        worker->block.first_line = reader->line;
        worker->block.first_row = reader->table->rows;
        reader->held += (size_t)worker->block.rows * (size_t)reader->table->column_count *
                        sizeof *worker->block.values;
        reader->blocks[reader->block_count++] = worker->block;
        if (status == NNFS_OK && worker->fault.kind != CSV_FAULT_NONE) {
            status = csv_report(reader, &worker->fault, reader->line, error);
        }
        for (int64_t j = 0; j < worker->bad_rows; j++, reading->bad_rows++) {
            if (j == CSV_BAD_LINES || reading->bad_rows >= CSV_BAD_LINES) {
                reading->bad_rows += worker->bad_rows - j;
                break;
            }
            reading->bad_lines[reading->bad_rows] = reader->line + worker->bad_lines[j];
        }
        reader->table->rows += worker->block.rows;
        reader->line += worker->line;
        worker->block = (csv_block){0};
    }
    if (status != NNFS_OK) {
        return status;
    }
    return csv_spool(reader, false, error);
}

/* ---- All rows ---- */

/* The window begins with a row that does not end in it. */
static nnfs_status fail_endless(const csv_reader *reader, nnfs_error *error)
{
    csv_fault fault = {.kind = CSV_FAULT_LONG_LINE, .column = -1};
    csv_cell cell;
    char *at = reader->at;
    char *limit = reader->window + reader->used;
    for (int c = 0; at && at < limit; at += at != NULL, c++) {
        at = csv_find_cell(reader->delimiter, at, limit, &cell);
        if (!at) {
            fault.kind = cell.fault;
            fault.column = c < reader->table->column_count ? c : -1;
            break;
        }
    }
    return csv_report(reader, &fault, reader->line, error);
}

/* Leaves out the line at `from`, whose row does not end; false: bad rows are errors. */
static bool skip_endless(csv_reader *reader, char *from)
{
    nnfs_reading *reading = &reader->table->reading;
    char *newline = memchr(from, '\n', (size_t)(reader->window + reader->used - from));
    if (!reader->settings->skip_bad_rows || !newline) {
        return false;
    }
    if (reading->bad_rows < CSV_BAD_LINES) {
        reading->bad_lines[reading->bad_rows] = reader->line;
    }
    reading->bad_rows++;
    reader->at = newline + 1;
    reader->line++;
    return true;
}

nnfs_status csv_read_rows(csv_reader *reader, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    while (status == NNFS_OK && reader->at < reader->window + reader->used) {
        int chunks = cut(reader);
        char *end = reader->workers[chunks - 1].end;
        if (end == reader->at) {
            if (!skip_endless(reader, end)) {
                return fail_endless(reader, error);
            }
            status = reader->complete ? NNFS_OK : csv_fill(reader, error);
            continue;
        }
        status = prepare_workers(reader, chunks, error);
        if (status != NNFS_OK) {
            break;
        }
#pragma omp parallel for schedule(static, 1) num_threads(chunks) if (chunks > 1)
        for (int i = 0; i < chunks; i++) {
            csv_parse(reader, &reader->workers[i]);
        }
        status = take_blocks(reader, chunks, error);
        reader->at = end;
        if (status == NNFS_OK && !reader->complete) {
            status = csv_fill(reader, error);
        } else if (status == NNFS_OK && end < reader->window + reader->used &&
                   !skip_endless(reader, end)) {
            status = fail_endless(reader, error);
        }
    }
    return status;
}
