/* A folder of NPY files: each is mapped, and its rows are copied behind those of
 * the files before. */
#include "base/memory.h"
#include "base/minmax.h"
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

/* Reads all files; those that can be are mapped. */
static nnfs_status read_parts(const part_files *files, const nnfs_dataset_settings *settings,
                              data_table *parts, nnfs_error *error)
{
    for (int i = 0; i < files->count; i++) {
        TRY(npy_read_within(files->paths[i], settings, 0, &parts[i], error));
        TRY(check_part(&parts[0], &parts[i], error));
    }
    return NNFS_OK;
}

/* Copies rows first .. end - 1 of all, out of the parts that have them. */
static void copy_rows(const data_table *parts, int count, int64_t first, int64_t end, char *values)
{
    int64_t row = 0; /* that the part begins with */
    for (int i = 0; i < count; i++) {
        size_t bytes = row_bytes(&parts[i]);
        int64_t last = row + parts[i].rows;
        int64_t from = MAX(first, row);
        int64_t to = MIN(end, last);
        if (from < to) {
            memcpy(values + (size_t)from * bytes,
                   (const char *)parts[i].values + (size_t)(from - row) * bytes,
                   (size_t)(to - from) * bytes);
        }
        row = last;
    }
}

/* Each rank copies its share of the rows. */
static nnfs_status copy_for_ranks(nnfs_communicator *c, const data_table *parts, int count,
                                  data_table *table, nnfs_error *error)
{
    int ranks = nnfs_communicator_size(c);
    int me = nnfs_communicator_rank(c);
    size_t bytes = row_bytes(table);
    host_memory memory = {0};
    host_range *ranges = memory_alloc((size_t)ranks, sizeof *ranges);
    nnfs_status status = NNFS_OK;
    if (!ranges) {
        return fail_memory(error, sizeof *ranges, "the ranks of a job");
    }
    TRY_CLEANUP(host_memory_create(c, (size_t)table->rows * bytes, &memory, error));
    for (int rank = 0; rank < ranks; rank++) {
        int64_t first = table->rows * rank / ranks;
        int64_t end = table->rows * (rank + 1) / ranks;
        ranges[rank] = (host_range){(size_t)first * bytes, (size_t)(end - first) * bytes, rank};
        if (rank == me) {
            copy_rows(parts, count, first, end, memory.mapping);
        }
    }
    TRY_CLEANUP(host_memory_share(c, &memory, ranges, (size_t)ranks, error));
    table->mapping = table->values = memory.mapping;
    table->mapping_bytes = memory.bytes;
    memory.mapping = NULL;
cleanup:
    host_memory_free(&memory);
    memory_free(ranges);
    return status;
}

static nnfs_status join_parts(data_table *parts, int count, const nnfs_dataset_settings *settings,
                              data_table *table, nnfs_error *error)
{
    table->columns = parts[0].columns;
    table->column_count = parts[0].column_count;
    table->picture = parts[0].picture;
    table->type = parts[0].type;
    table->swapped = parts[0].swapped;
    table->reading.format = "npy";
    table->part_rows = memory_alloc((size_t)count, sizeof *table->part_rows);
    parts[0].columns = NULL;
    if (!table->part_rows) {
        return fail_memory(error, (size_t)count * sizeof *table->part_rows, "the files");
    }
    for (int i = 0; i < count; i++) {
        table->part_rows[i] = table->rows;
        table->rows += parts[i].rows;
        for (int c = 0; i > 0 && c < table->column_count; c++) {
            table->columns[c].missing += parts[i].columns[c].missing;
        }
    }
    size_t bytes = size_mul((size_t)table->rows, row_bytes(table));
    if (settings->communicator || host_memory_is_large(bytes)) {
        return copy_for_ranks(settings->communicator, parts, count, table, error);
    }
    table->values = memory_alloc(bytes, 1);
    if (!table->values) {
        return fail_memory(error, bytes, "the samples");
    }
    copy_rows(parts, count, 0, table->rows, table->values);
    return NNFS_OK;
}

nnfs_status npy_read_parts(const char *folder, part_files *files,
                           const nnfs_dataset_settings *settings, data_table *table,
                           nnfs_error *error)
{
    nnfs_dataset_settings alone = *settings;
    data_table *parts = calloc((size_t)files->count, sizeof *parts);
    *table = (data_table){.path = folder};
    if (!parts) {
        return fail_memory(error, (size_t)files->count * sizeof *parts, "the files");
    }
    alone.communicator = NULL;
    nnfs_status status = read_parts(files, &alone, parts, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(join_parts(parts, files->count, settings, table, error));
    table->parts = files->paths;
    files->paths = NULL;
cleanup:
    for (int i = 0; i < files->count; i++) {
        table_free(&parts[i]);
    }
    free(parts);
    if (status != NNFS_OK) {
        table_free(table);
    }
    return status;
}
