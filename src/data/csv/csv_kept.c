/* Cells of the columns that the settings keep, as they are written. */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "table/column_match.h"

#include <stdlib.h>
#include <string.h>

nnfs_status csv_kept_find(csv_reader *reader, nnfs_error *error)
{
    data_table *table = reader->table;
    string_list_view names = reader->settings->keep;
    size_t columns = (size_t)table->column_count;
    if (!names || !*names) {
        return NNFS_OK;
    }
    reader->keep_at = memory_alloc(columns, sizeof *reader->keep_at);
    table->kept.columns = memory_alloc(columns, sizeof *table->kept.columns);
    if (!reader->keep_at || !table->kept.columns) {
        return fail_memory(error, columns * sizeof(int), "the columns");
    }
    memset(reader->keep_at, -1, columns * sizeof *reader->keep_at);
    for (; *names; names++) {
        int column = 0;
        nnfs_status status = table_require(table, *names, &column, error);
        if (status != NNFS_OK) {
            return status;
        }
        if (reader->keep_at[column] >= 0) {
            return fail(error, NNFS_ERROR_ARGUMENT, "%s: column %s is kept twice", table->path,
                        table_label(table, column).text);
        }
        reader->keep_at[column] = table->kept.count;
        table->kept.columns[table->kept.count++] = column;
    }
    return NNFS_OK;
}

bool csv_kept_prepare(const csv_reader *reader, csv_block *block, size_t rows)
{
    if (!reader->keep_at) {
        return true;
    }
    size_t cells = size_mul(rows, (size_t)reader->table->kept.count);
    block->kept = memory_alloc(cells, sizeof *block->kept);
    return block->kept != NULL;
}

bool csv_kept_put(const csv_reader *reader, csv_block *block, int column, const csv_cell *cell)
{
    if (!reader->keep_at || reader->keep_at[column] < 0) {
        return true;
    }
    size_t length = (size_t)(cell->end - cell->text);
    size_t needed = block->kept_used + length + 1;
    if (needed > block->kept_room) {
        size_t room = 2 * needed + 4096;
        char *bytes = realloc(block->kept_bytes, room);
        if (!bytes) {
            return false;
        }
        block->kept_bytes = bytes;
        block->kept_room = room;
    }
    size_t row = (size_t)block->rows * (size_t)reader->table->kept.count;
    block->kept[row + (size_t)reader->keep_at[column]] = block->kept_used;
    memcpy(block->kept_bytes + block->kept_used, cell->text, length);
    block->kept_bytes[needed - 1] = '\0';
    block->kept_used = needed;
    return true;
}

void csv_kept_free(csv_block *block)
{
    memory_free(block->kept);
    free(block->kept_bytes);
    block->kept = NULL;
    block->kept_bytes = NULL;
}

nnfs_status csv_kept_finish(csv_reader *reader, nnfs_error *error)
{
    table_texts *kept = &reader->table->kept;
    size_t bytes = 0;
    if (!reader->keep_at) {
        return NNFS_OK;
    }
    for (size_t i = 0; i < reader->block_count; i++) {
        bytes += reader->blocks[i].kept_used;
    }
    kept->at =
        memory_alloc(size_mul((size_t)reader->table->rows, (size_t)kept->count), sizeof *kept->at);
    kept->bytes = memory_alloc(bytes, 1);
    if (!kept->at || !kept->bytes) {
        return fail_memory(error, bytes, "the kept columns");
    }
    size_t used = 0;
    for (size_t i = 0; i < reader->block_count; i++) {
        csv_block *block = &reader->blocks[i];
        size_t cells = (size_t)block->rows * (size_t)kept->count;
        size_t first = (size_t)block->first_row * (size_t)kept->count;
        for (size_t cell = 0; cell < cells; cell++) {
            kept->at[first + cell] = used + block->kept[cell];
        }
        if (block->kept_used > 0) {
            memcpy(kept->bytes + used, block->kept_bytes, block->kept_used);
        }
        used += block->kept_used;
        csv_kept_free(block);
    }
    return NNFS_OK;
}
