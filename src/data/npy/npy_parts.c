/*
 * A folder of NPY files: their rows follow each other in one array. Each rank of a job reads the
 * files that begin in its share of the rows, one after the other.
 */
#include "base/memory.h"
#include "data/npy/npy.h"
#include "distributed/host_memory.h"

#include <stdlib.h>
#include <string.h>

static size_t row_bytes(const data_table *table)
{
    return (size_t)table->column_count * dtype_bytes(table->type);
}

/* Whether its rows can follow those of the first file. */
static nnfs_status check_part(const data_table *first, const data_table *part, nnfs_error *error)
{
    if (part->column_count != first->column_count) {
        return fail(error, NNFS_ERROR_DATA, "%s: %d columns, where %s has %d", part->path,
                    part->column_count, first->path, first->column_count);
    }
    if (part->type != first->type || part->swapped != first->swapped) {
        return fail(error, NNFS_ERROR_DATA, "%s: its values are not of the type that %s has",
                    part->path, first->path);
    }
    for (int i = 0; i < part->column_count; i++) {
        if (part->columns[i].kind != NNFS_COLUMN_NUMBER) {
            return fail(error, NNFS_ERROR_DATA, "%s: texts; the parts of an array are numbers",
                        part->path);
        }
    }
    return NNFS_OK;
}

/* The columns of all files, and how many rows each has. */
static nnfs_status read_shapes(const part_files *files, data_table *table, nnfs_error *error)
{
    table->part_rows = memory_alloc((size_t)files->count, sizeof *table->part_rows);
    if (!table->part_rows) {
        return fail_memory(error, (size_t)files->count * sizeof *table->part_rows, "the files");
    }
    data_table first = {0};
    nnfs_status status = NNFS_OK;
    for (int i = 0; i < files->count && status == NNFS_OK; i++) {
        data_table part;
        TRY_CLEANUP(npy_read_shape(files->paths[i], &part, error));
        table->part_rows[i] = table->rows;
        table->rows += part.rows;
        if (i == 0) {
            first = part;
        }
        status = check_part(&first, &part, error);
        if (i > 0) {
            table_free(&part);
        }
    }
    table->columns = first.columns;
    table->column_count = first.column_count;
    table->picture = first.picture;
    table->type = first.type;
    table->swapped = first.swapped;
    table->reading.format = "npy";
    first.columns = NULL;
cleanup:
    table_free(&first);
    return status;
}

/* ---- Values ---- */

static int64_t part_end(const part_files *files, const data_table *table, int part)
{
    return part + 1 < files->count ? table->part_rows[part + 1] : table->rows;
}

/* The rank in whose share of the rows the part begins. */
static int part_reader(const data_table *table, int part, int ranks)
{
    int rank = 0;
    while (rank + 1 < ranks && table->part_rows[part] >= table->rows * (rank + 1) / ranks) {
        rank++;
    }
    return rank;
}

/* Copies the rows of a part to their place. */
static nnfs_status read_part(const part_files *files, int index,
                             const nnfs_dataset_settings *settings, data_table *table,
                             nnfs_error *error)
{
    data_table part;
    size_t bytes = row_bytes(table);
    int64_t first = table->part_rows[index];
    TRY(npy_read_within(files->paths[index], settings, 0, &part, error));
    nnfs_status status = check_part(table, &part, error);
    if (status == NNFS_OK && part.rows != part_end(files, table, index) - first) {
        status = fail(error, NNFS_ERROR_DATA, "%s: the file changed while it was read", part.path);
    }
    if (status == NNFS_OK) {
        memcpy((char *)table->values + (size_t)first * bytes, part.values,
               (size_t)part.rows * bytes);
    }
    for (int c = 0; c < table->column_count && status == NNFS_OK; c++) {
        table->columns[c].missing += part.columns[c].missing;
    }
    table_free(&part);
    return status;
}

static nnfs_status read_own_parts(const part_files *files, const nnfs_dataset_settings *settings,
                                  data_table *table, nnfs_error *error)
{
    nnfs_dataset_settings alone = *settings;
    int ranks = nnfs_communicator_size(settings->communicator);
    int me = nnfs_communicator_rank(settings->communicator);
    alone.communicator = NULL;
    for (int i = 0; i < files->count; i++) {
        if (part_reader(table, i, ranks) == me) {
            TRY(read_part(files, i, &alone, table, error));
        }
    }
    return NNFS_OK;
}

/* ---- Ranks ---- */

/* Adds up the missing cells that ranks have counted. */
static nnfs_status add_missing(nnfs_communicator *c, data_table *table, nnfs_error *error)
{
    size_t columns = (size_t)table->column_count;
    size_t ranks = (size_t)nnfs_communicator_size(c);
    int64_t *own = memory_alloc(columns, sizeof *own);
    int64_t *all = memory_alloc(size_mul(ranks, columns), sizeof *all);
    nnfs_status status =
        own && all ? NNFS_OK : fail_memory(error, columns * sizeof *all, "the columns");
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    for (size_t i = 0; i < columns; i++) {
        own[i] = table->columns[i].missing;
        table->columns[i].missing = 0;
    }
    if (!communicator_gather(c, own, all, columns * sizeof *own)) {
        status = communicator_error(c, error);
        goto cleanup;
    }
    for (size_t i = 0; i < ranks * columns; i++) {
        table->columns[i % columns].missing += all[i];
    }
cleanup:
    memory_free(own);
    memory_free(all);
    return status;
}

/* Sends the rows to the other hosts. */
static nnfs_status share_parts(const part_files *files, nnfs_communicator *c,
                               const host_memory *memory, const data_table *table,
                               nnfs_error *error)
{
    size_t bytes = row_bytes(table);
    size_t count = (size_t)files->count;
    host_range *ranges = memory_alloc(count, sizeof *ranges);
    nnfs_status status =
        ranges ? NNFS_OK : fail_memory(error, count * sizeof *ranges, "the ranks of a job");
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    for (int i = 0; i < files->count; i++) {
        int64_t first = table->part_rows[i];
        int64_t rows = part_end(files, table, i) - first;
        ranges[i] = (host_range){(size_t)first * bytes, (size_t)rows * bytes,
                                 part_reader(table, i, nnfs_communicator_size(c))};
    }
    status = host_memory_share(c, memory, ranges, count, error);
cleanup:
    memory_free(ranges);
    return status;
}

static nnfs_status read_shared(const part_files *files, const nnfs_dataset_settings *settings,
                               size_t bytes, data_table *table, nnfs_error *error)
{
    nnfs_communicator *c = settings->communicator;
    host_memory memory = {0};
    TRY(host_memory_create(c, bytes, &memory, error));
    table->values = memory.mapping;
    nnfs_status status = read_own_parts(files, settings, table, error);
    table->values = NULL;
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    if (c) {
        TRY_CLEANUP(add_missing(c, table, error));
        TRY_CLEANUP(share_parts(files, c, &memory, table, error));
    }
    table->mapping = table->values = memory.mapping;
    table->mapping_bytes = memory.bytes;
    memory.mapping = NULL;
cleanup:
    host_memory_free(&memory);
    return status;
}

nnfs_status npy_read_parts(const char *folder, part_files *files,
                           const nnfs_dataset_settings *settings, data_table *table,
                           nnfs_error *error)
{
    *table = (data_table){.path = folder};
    nnfs_status status = read_shapes(files, table, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    size_t bytes = size_mul((size_t)table->rows, row_bytes(table));
    if (settings->communicator || host_memory_is_large(bytes)) {
        TRY_CLEANUP(read_shared(files, settings, bytes, table, error));
    } else {
        table->values = memory_alloc(bytes, 1);
        status = table->values ? read_own_parts(files, settings, table, error)
                               : fail_memory(error, bytes, "the samples");
    }
    table->parts = files->paths;
    files->paths = NULL;
cleanup:
    if (status != NNFS_OK) {
        table_free(table);
    }
    return status;
}
