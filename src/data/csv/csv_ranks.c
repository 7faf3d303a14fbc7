/*
 * A CSV file read by the ranks of a job. Each reads a range of its bytes, from the first row that
 * begins in it to the first one of the next range. Whether a newline ends a row depends on the
 * quotes before it, so each rank first scans its range from each state that the range can begin in;
 * the ranks tell each other where that ends, and know where their rows begin. When all rows are
 * parsed, they exchange what workers saw of the columns, so that each decides as if it had read the
 * whole, and the values go to memory that the ranks of a host share.
 *
 * Rank 0 reads all of a file that cannot be cut: gzip, other encodings, comments, blanks as
 * delimiters, bad rows that are left out.
 */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "data/csv/csv_number.h"
#include "distributed/communicator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Where rows begin ---- */

/* What the bytes before a place come to, see csv_row_end. */
enum { CELL_START, IN_CELL, IN_QUOTES, AFTER_QUOTE, STATES };

enum { SCAN_BYTES = 256 << 10 };

/* A range, by the state that it begins in. */
typedef struct range_scan {
    int64_t size;                 /* of the file */
    int64_t newlines;             /* in all of it */
    int64_t first_row[STATES];    /* that begins after the range's first byte; -1: none does */
    int64_t lines_before[STATES]; /* newlines of the range before that row */
    int32_t end[STATES];          /* the state after it */
} range_scan;

/* The state after `count` bytes; *row is where the first row begins, if one does. */
static int scan_bytes(char delimiter, int state, const char *bytes, size_t count, size_t *row)
{
    *row = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (state == IN_QUOTES) {
            const char *quote = memchr(bytes + i, '"', count - i);
            if (!quote) {
                return IN_QUOTES;
            }
            i = (size_t)(quote - bytes);
            state = AFTER_QUOTE;
        } else if (bytes[i] == '"') {
            state = state == IN_CELL ? IN_CELL : IN_QUOTES;
        } else if (bytes[i] == '\n') {
            *row = *row == SIZE_MAX ? i + 1 : *row;
            state = CELL_START;
        } else {
            state = bytes[i] == delimiter ? CELL_START : IN_CELL;
        }
    }
    return state;
}

static int64_t count_newlines(const char *bytes, size_t count)
{
    int64_t newlines = 0;
    for (size_t i = 0; i < count; i++) {
        newlines += bytes[i] == '\n';
    }
    return newlines;
}

/* Adds the next bytes, which lie at `at` in the file. States that have met go on together. */
static void scan_more(char delimiter, const char *bytes, size_t count, int64_t at, range_scan *scan)
{
    int before[STATES];
    int after[STATES];
    size_t row[STATES];
    for (int s = 0; s < STATES; s++) {
        int met = 0;
        before[s] = scan->end[s];
        while (before[met] != before[s]) {
            met++;
        }
        if (met == s) {
            after[s] = scan_bytes(delimiter, before[s], bytes, count, &row[s]);
        } else {
            after[s] = after[met];
            row[s] = row[met];
        }
        if (scan->first_row[s] < 0 && row[s] < SIZE_MAX) {
            scan->first_row[s] = at + (int64_t)row[s];
            scan->lines_before[s] = scan->newlines + count_newlines(bytes, row[s]);
        }
        scan->end[s] = after[s];
    }
    scan->newlines += count_newlines(bytes, count);
}

static nnfs_status scan_range(csv_reader *reader, size_t begin, size_t end, range_scan *scan,
                              nnfs_error *error)
{
    char *bytes = memory_alloc(SCAN_BYTES, 1);
    size_t got = bytes ? SCAN_BYTES : 0;
    nnfs_status status = bytes ? input_stream_range(reader->from, begin, end, error)
                               : fail_memory(error, SCAN_BYTES, "reading CSV");
    for (size_t at = begin; status == NNFS_OK && got == SCAN_BYTES; at += got) {
        status = input_stream_read(reader->from, bytes, SCAN_BYTES, &got, error);
        if (status == NNFS_OK) {
            scan_more(reader->delimiter, bytes, got, (int64_t)at, scan);
        }
    }
    memory_free(bytes);
    return status;
}

/* Where the range of a rank begins, of `bytes` after `first`. */
static size_t range_begin(size_t first, size_t bytes, int rank, int ranks)
{
    size_t each = bytes / (size_t)ranks;
    size_t rest = bytes % (size_t)ranks;
    return first + each * (size_t)rank + rest * (size_t)rank / (size_t)ranks;
}

/* ---- The rows of a rank ---- */

static bool can_be_cut(const csv_reader *reader)
{
    return !input_stream_packed(reader->from) && !reader->decoder.encoding && !reader->normalized &&
           !reader->settings->skip_bad_rows;
}

/* No row is left in the window. */
static void drop_window(csv_reader *reader)
{
    reader->at = reader->window + reader->used;
    reader->complete = true;
}

/* Goes to a row of the file. */
static nnfs_status go_to(csv_reader *reader, size_t begin, size_t end, int64_t line,
                         nnfs_error *error)
{
    drop_window(reader);
    TRY(input_stream_range(reader->from, begin, end, error));
    csv_decoder_restart(&reader->decoder);
    reader->line = line;
    return csv_fill(reader, error);
}

/* Where the rows of a rank begin and end, out of the scans of all. */
static nnfs_status enter(csv_reader *reader, const range_scan *scans, int rank, int ranks,
                         nnfs_error *error)
{
    size_t begin = reader->begins + (size_t)(reader->at - reader->window);
    size_t end = (size_t)scans[0].size;
    int64_t line = reader->line;
    int64_t newlines = 0;
    int state = CELL_START;
    bool own = rank == 0; /* rows of this rank's have begun */
    for (int r = 0; r < ranks; r++) {
        const range_scan *scan = &scans[r];
        if (scan->size != scans[0].size) {
            return fail(error, NNFS_ERROR_DATA, "%s: it is another file for rank %d",
                        reader->parts[reader->part], r);
        }
        bool row = r > 0 && scan->first_row[state] >= 0;
        if (row && r == rank) {
            begin = (size_t)scan->first_row[state];
            line = reader->line + newlines + scan->lines_before[state];
            own = true;
        } else if (row && r > rank) {
            end = (size_t)scan->first_row[state];
            break;
        }
        newlines += scan->newlines;
        state = scan->end[state];
    }
    return go_to(reader, own ? begin : end, end, line, error);
}

nnfs_status csv_enter_range(csv_reader *reader, nnfs_error *error)
{
    nnfs_communicator *c = reader->settings->communicator;
    int rank = nnfs_communicator_rank(c);
    int ranks = nnfs_communicator_size(c);
    if (!c) {
        return NNFS_OK;
    }
    if (!can_be_cut(reader)) {
        if (rank > 0) {
            drop_window(reader);
        }
        return NNFS_OK;
    }
    size_t first = reader->begins + (size_t)(reader->at - reader->window);
    size_t size = input_stream_size(reader->from);
    size_t bytes = size > first ? size - first : 0;
    range_scan own = {.size = (int64_t)size};
    for (int s = 0; s < STATES; s++) {
        own.first_row[s] = -1;
        own.end[s] = s;
    }
    range_scan *scans = memory_alloc((size_t)ranks, sizeof *scans);
    nnfs_status status = scans ? scan_range(reader, range_begin(first, bytes, rank, ranks),
                                            range_begin(first, bytes, rank + 1, ranks), &own, error)
                               : fail_memory(error, sizeof *scans, "the ranks of a job");
    if ((status = nnfs_communicator_agree(c, status, error)) != NNFS_OK) {
        goto cleanup;
    }
    if (communicator_gather(c, &own, scans, sizeof own)) {
        status = enter(reader, scans, rank, ranks, error);
    } else {
        status = communicator_error(c, error);
    }
cleanup:
    memory_free(scans);
    return status;
}

/* ---- What all ranks have seen ---- */

/* What a rank has to tell. */
typedef struct rank_share {
    int64_t blocks, workers;
    int64_t bytes; /* of the message with them */
    int64_t bad_rows, bad_lines[CSV_BAD_LINES];
} rank_share;

static int prepared_workers(const csv_reader *reader)
{
    int count = 0;
    while (count < reader->worker_count && reader->workers[count].dictionaries) {
        count++;
    }
    return count;
}

/* Blocks without their values, and workers: counts, and the texts of each column. */
static bool write_share(const csv_reader *reader, int workers, char **bytes, size_t *size)
{
    size_t columns = (size_t)reader->table->column_count;
    FILE *to = open_memstream(bytes, size);
    if (!to) {
        return false;
    }
    if (reader->block_count > 0) {
        (void)fwrite(reader->blocks, sizeof *reader->blocks, reader->block_count, to);
    }
    for (int i = 0; i < workers; i++) {
        const csv_worker *worker = &reader->workers[i];
        (void)fwrite(worker->column_counts, sizeof *worker->column_counts, columns, to);
        for (size_t c = 0; c < columns; c++) {
            const csv_dictionary none = {0};
            const csv_dictionary *texts = worker->dictionaries[c] ? worker->dictionaries[c] : &none;
            (void)fwrite(texts, sizeof *texts, 1, to);
            if (texts->count > 0) {
                (void)fwrite(texts->entries, sizeof *texts->entries, texts->count, to);
                (void)fwrite(texts->text, 1, texts->used, to);
            }
        }
    }
    bool written = ferror(to) == 0;
    return fclose(to) == 0 && written;
}

/* What is left of a rank's message. */
typedef struct share_rest {
    const char *bytes;
    size_t count;
} share_rest;

/* DATA: the message is too short. */
static nnfs_status take(share_rest *from, void *to, size_t bytes)
{
    if (bytes > from->count) {
        return NNFS_ERROR_DATA;
    }
    if (bytes > 0) {
        memcpy(to, from->bytes, bytes);
    }
    from->bytes += bytes;
    from->count -= bytes;
    return NNFS_OK;
}

/* Reads the texts of a column. Errors, as of the functions below, without a sentence: DATA,
 * MEMORY. */
static nnfs_status read_texts(share_rest *from, csv_dictionary **texts)
{
    csv_dictionary read;
    TRY(take(from, &read, sizeof read));
    if (read.count == 0) {
        return NNFS_OK;
    }
    size_t entries = size_mul(read.count, sizeof *read.entries);
    if (size_add(entries, read.used) > from->count) {
        return NNFS_ERROR_DATA;
    }
    *texts = calloc(1, sizeof **texts);
    if (!*texts) {
        return NNFS_ERROR_MEMORY;
    }
    csv_dictionary *made = *texts;
    made->entries = malloc(entries);
    made->text = malloc(size_add(read.used, CSV_NUMBER_PADDING));
    if (!made->entries || !made->text) {
        return NNFS_ERROR_MEMORY;
    }
    made->count = made->room = read.count;
    made->used = read.used;
    made->capacity = read.used + CSV_NUMBER_PADDING;
    memset(made->text + read.used, 0, CSV_NUMBER_PADDING);
    TRY(take(from, made->entries, entries));
    return take(from, made->text, read.used);
}

static nnfs_status read_worker(share_rest *from, int columns, csv_worker *worker)
{
    worker->column_counts = memory_alloc((size_t)columns, sizeof *worker->column_counts);
    worker->dictionaries = memory_alloc_zeroed((size_t)columns, sizeof *worker->dictionaries);
    if (!worker->column_counts || !worker->dictionaries) {
        return NNFS_ERROR_MEMORY;
    }
    TRY(take(from, worker->column_counts, (size_t)columns * sizeof *worker->column_counts));
    for (int c = 0; c < columns; c++) {
        TRY(read_texts(from, &worker->dictionaries[c]));
    }
    return NNFS_OK;
}

/* All ranks' blocks and workers, rank after rank. */
typedef struct joined {
    csv_reader *reader;
    const rank_share *shares;
    csv_block *blocks;
    size_t block_count;
    size_t *order; /* [block_count] where each goes in the order of the rows */
} joined;

/* Takes the message of another rank for blocks and workers from these places on. */
static nnfs_status read_share(joined *all, int rank, const char *bytes, size_t block, int worker)
{
    const rank_share *share = &all->shares[rank];
    share_rest from = {bytes, (size_t)share->bytes};
    TRY(take(&from, all->blocks + block, size_mul((size_t)share->blocks, sizeof *all->blocks)));
    for (int64_t i = 0; i < share->blocks; i++) {
        csv_block *one = &all->blocks[block + (size_t)i];
        one->values = NULL;
        one->lines = NULL;
        one->kept = NULL;
        one->kept_bytes = NULL;
    }
    for (int64_t i = 0; i < share->workers; i++) {
        TRY(read_worker(&from, all->reader->table->column_count,
                        &all->reader->workers[worker + i]));
    }
    return from.count == 0 ? NNFS_OK : NNFS_ERROR_DATA;
}

/* The sentence of read_share's status. */
static nnfs_status fail_share(const joined *all, int rank, nnfs_status status, nnfs_error *error)
{
    if (status == NNFS_ERROR_DATA) {
        return fail(error, status, "%s: it has other columns for rank %d", all->reader->table->path,
                    rank);
    }
    return fail_memory(error, (size_t)all->shares[rank].bytes, "the ranks of a job");
}

/* Puts blocks in the order of the rows, part by part, and numbers their rows. */
static void sort_blocks(joined *all)
{
    csv_reader *reader = all->reader;
    size_t next = 0;
    reader->table->rows = 0;
    for (int part = 0; reader->parts[part]; part++) {
        for (size_t i = 0; i < all->block_count; i++) {
            if (all->blocks[i].part == part) {
                all->order[i] = next;
                reader->blocks[next] = all->blocks[i];
                reader->blocks[next].first_row = reader->table->rows;
                reader->table->rows += all->blocks[i].rows;
                next++;
            }
        }
    }
    reader->block_count = next;
}

static void move_place(const joined *all, size_t base, uint64_t *place)
{
    if (*place != CSV_NOWHERE) {
        *place = csv_place(all->order[base + (*place >> 32)], *place & UINT32_MAX);
    }
}

/* Workers number blocks as their rank did. */
static void move_places(const joined *all, int ranks)
{
    size_t block = 0;
    const csv_worker *worker = all->reader->workers;
    for (int rank = 0; rank < ranks; rank++) {
        for (int64_t i = 0; i < all->shares[rank].workers; i++, worker++) {
            for (int c = 0; c < all->reader->table->column_count; c++) {
                move_place(all, block, &worker->column_counts[c].first_text);
                move_place(all, block, &worker->column_counts[c].first_huge);
            }
        }
        block += (size_t)all->shares[rank].blocks;
    }
}

/* Sends the own message and takes those of others. Own blocks and workers move to their
 * places among all. A rank that fails still takes part in all broadcasts. */
static nnfs_status exchange_shares(joined *all, char *own, int ranks, nnfs_error *error)
{
    nnfs_communicator *c = all->reader->settings->communicator;
    int me = nnfs_communicator_rank(c);
    size_t most = 0;
    size_t block = 0;
    int worker = 0;
    for (int rank = 0; rank < ranks; rank++) {
        most = MAX(most, (size_t)all->shares[rank].bytes);
    }
    char *room = memory_alloc(most, 1);
    nnfs_status status = room ? NNFS_OK : fail_memory(error, most, "the ranks of a job");
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    for (int rank = 0; rank < ranks; rank++) {
        const rank_share *share = &all->shares[rank];
        char *text = rank == me ? own : room;
        if (!communicator_broadcast(c, text, (size_t)share->bytes, rank)) {
            status = communicator_error(c, error);
            goto cleanup;
        }
        nnfs_status read = NNFS_OK;
        if (rank != me && status == NNFS_OK) {
            read = read_share(all, rank, text, block, worker);
        }
        if (read != NNFS_OK) {
            status = fail_share(all, rank, read, error);
        }
        for (int64_t i = 0; i < share->blocks; i++) {
            all->blocks[block + (size_t)i].rank = rank;
            all->blocks[block + (size_t)i].worker += worker;
        }
        block += (size_t)share->blocks;
        worker += (int)share->workers;
    }
cleanup:
    memory_free(room);
    return status;
}

/* Makes room for all ranks' blocks and workers, with the own ones in their places. */
static bool make_room(joined *all, int me, int ranks)
{
    csv_reader *reader = all->reader;
    size_t workers = 0;
    size_t own_block = 0;
    size_t own_worker = 0;
    for (int rank = 0; rank < ranks; rank++) {
        own_block = rank == me ? all->block_count : own_block;
        own_worker = rank == me ? workers : own_worker;
        all->block_count += (size_t)all->shares[rank].blocks;
        workers += (size_t)all->shares[rank].workers;
    }
    csv_block *sorted = calloc(all->block_count + 1, sizeof *sorted);
    csv_worker *joint = memory_alloc_zeroed(workers + 1, sizeof *joint);
    all->blocks = calloc(all->block_count + 1, sizeof *all->blocks);
    all->order = calloc(all->block_count + 1, sizeof *all->order);
    if (!sorted || !joint || !all->blocks || !all->order) {
        free(sorted);
        memory_free(joint);
        return false;
    }
    if (reader->block_count > 0) {
        memcpy(all->blocks + own_block, reader->blocks, reader->block_count * sizeof *sorted);
    }
    memcpy(joint + own_worker, reader->workers, (size_t)all->shares[me].workers * sizeof *joint);
    free(reader->blocks);
    memory_free(reader->workers);
    reader->blocks = sorted;
    reader->block_room = all->block_count + 1;
    reader->block_count = 0;
    reader->workers = joint;
    reader->worker_count = (int)workers;
    return true;
}

nnfs_status csv_join_ranks(csv_reader *reader, nnfs_error *error)
{
    nnfs_communicator *c = reader->settings->communicator;
    if (!c) {
        return NNFS_OK;
    }
    int me = nnfs_communicator_rank(c);
    int ranks = nnfs_communicator_size(c);
    nnfs_reading *reading = &reader->table->reading;
    char *bytes = NULL;
    size_t size = 0;
    rank_share own = {.blocks = (int64_t)reader->block_count,
                      .workers = prepared_workers(reader),
                      .bad_rows = reading->bad_rows};
    memcpy(own.bad_lines, reading->bad_lines, sizeof own.bad_lines);
    rank_share *shares = memory_alloc((size_t)ranks, sizeof *shares);
    joined all = {.reader = reader, .shares = shares};
    bool joint = false; /* blocks and workers have moved to their places among all */
    nnfs_status status = NNFS_OK;
    if (!shares || !write_share(reader, (int)own.workers, &bytes, &size)) {
        status = fail_memory(error, size, "the ranks of a job");
    }
    own.bytes = (int64_t)size;
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    if (!communicator_gather(c, &own, shares, sizeof own)) {
        status = communicator_error(c, error);
        goto cleanup;
    }
    joint = make_room(&all, me, ranks);
    status = joint ? NNFS_OK : fail_memory(error, size, "the rows");
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    reading->bad_rows = shares[0].bad_rows; /* rank 0 reads alone where they are left out */
    memcpy(reading->bad_lines, shares[0].bad_lines, sizeof own.bad_lines);
    status = exchange_shares(&all, bytes, ranks, error);
cleanup:
    if (joint) {
        sort_blocks(&all); /* also after a failure: the reader frees them */
    }
    if (status == NNFS_OK) {
        move_places(&all, ranks);
    }
    free(all.blocks);
    free(all.order);
    memory_free(shares);
    free(bytes);
    return status;
}
