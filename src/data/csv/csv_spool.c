/*
 * Values that are too many for memory: they go to a file, block after block, which is the table's
 * matrix where one process reads all of it.
 */
#include "base/memory.h"
#include "data/csv/csv.h"

static nnfs_status spool_block(csv_reader *reader, csv_block *block, nnfs_error *error)
{
    size_t columns = (size_t)reader->table->column_count;
    block->spooled_at = reader->spool.bytes;
    TRY(spool_write(&reader->spool, block->values, (size_t)block->rows * columns * sizeof(float),
                    error));
    memory_free(block->values);
    block->values = NULL;
    reader->spooled++;
    return NNFS_OK;
}

nnfs_status csv_spool(csv_reader *reader, bool all, nnfs_error *error)
{
    bool wanted = reader->held > reader->held_most || (all && reader->spool.open);
    if (!wanted) {
        return NNFS_OK;
    }
    if (!reader->spool.open) {
        TRY(spool_open(&reader->spool, error));
    }
    while (reader->spooled < reader->block_count) {
        TRY(spool_block(reader, &reader->blocks[reader->spooled], error));
    }
    reader->held = 0;
    return NNFS_OK;
}
