/* Reading NPY: the values into memory or mapped, in rows, and each looked at once. */
#include "data/npy/npy.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "base/vector.h"
#include "data/dataset.h"
#include "data/npy/npy_header.h"
#include "distributed/host_memory.h"
#include "platform/cpu.h"
#include "platform/memory_limit.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

/* ---- Columns ---- */

static nnfs_status make_columns(const npy_header *header, data_table *table, nnfs_error *error)
{
    table->columns = memory_alloc_zeroed(header->features, sizeof *table->columns);
    if (!table->columns) {
        return fail_memory(error, size_mul(header->features, sizeof *table->columns),
                           "the columns");
    }
    table->column_count = (int)header->features;
    table->rows = (int64_t)header->shape[0];
    table->picture = image_layout_of_shape(header->rank, header->shape);
    for (int i = 0; i < table->column_count; i++) {
        table->columns[i].kind = NNFS_COLUMN_NUMBER;
    }
    return NNFS_OK;
}

static nnfs_status ask_roles(const data_table *table, const nnfs_dataset_settings *settings,
                             column_role **roles, nnfs_error *error)
{
    *roles = memory_alloc((size_t)table->column_count, sizeof **roles);
    if (!*roles) {
        return fail_memory(error, size_mul((size_t)table->column_count, sizeof **roles),
                           "the columns");
    }
    TRY(column_roles_resolve(table, settings, *roles, error));
    for (int i = 0; i < table->column_count; i++) {
        if ((*roles)[i] == COLUMN_ROLE_CATEGORY) {
            return fail(error, settings->like ? NNFS_ERROR_DATA : NNFS_ERROR_ARGUMENT,
                        "%s: column %s cannot be categories: NPY columns are numbers", table->path,
                        table_label(table, i).text);
        }
    }
    return NNFS_OK;
}

/* ---- Fortran order ---- */

enum {
    TILE_COLUMNS = 16, /* a cache line of floats */
    TILE_ROWS = 256,   /* a tile is 16 KiB */
};

/*
 * Where in the file column `feature` lies, counted in columns: features count the trailing indices
 * with the last one fastest, the file with the first one.
 */
static size_t stored_column(const npy_header *header, size_t feature)
{
    size_t column = 0;
    size_t before = header->features;
    for (int i = header->rank - 1; i >= 1; i--) {
        before /= header->shape[i];
        column += feature % header->shape[i] * before;
        feature /= header->shape[i];
    }
    return column;
}

/* x [features x rows]: rows from `row`, columns from `column` on, of values [rows x features]. */
static void transpose_tile(const npy_header *header, const unsigned char *values, size_t row,
                           size_t column, float *restrict x)
{
    float tile[TILE_COLUMNS][TILE_ROWS];
    size_t rows = TILE_ROWS;
    if (header->shape[0] - row < TILE_ROWS) {
        rows = header->shape[0] - row;
    }
    size_t left = header->features - column;
    size_t columns = MIN(left, TILE_COLUMNS);
    for (size_t j = 0; j < columns; j++) {
        size_t at = stored_column(header, column + j) * header->shape[0] + row;
        dtype_to_floats(header->type, header->swapped, values + at * dtype_bytes(header->type),
                        rows, tile[j]);
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            x[(row + i) * header->features + column + j] = tile[j][i];
        }
    }
}

static void transpose(const npy_header *header, const void *values, int threads, float *x)
{
    int64_t blocks = (int64_t)((header->shape[0] - 1) / TILE_ROWS + 1);
#pragma omp parallel for schedule(static) num_threads(threads) if (blocks > 1)
    for (int64_t block = 0; block < blocks; block++) {
        for (size_t column = 0; column < header->features; column += TILE_COLUMNS) {
            transpose_tile(header, values, (size_t)block * TILE_ROWS, column, x);
        }
    }
}

/* Puts rows of float32 in the place of the table's values. */
static nnfs_status make_rows(const npy_header *header, int threads, data_table *table,
                             nnfs_error *error)
{
    size_t count = size_mul(header->shape[0], header->features);
    float *x = memory_alloc(count, sizeof *x);
    if (!x) {
        return fail_memory(error, size_mul(count, sizeof *x), "the samples");
    }
    transpose(header, table->values, threads, x);
    if (table->mapping) {
        (void)munmap(table->mapping, table->mapping_bytes);
        table->mapping = NULL;
    } else {
        memory_free(table->values);
    }
    table->values = x;
    table->type = DTYPE_F32;
    table->swapped = false;
    return NNFS_OK;
}

/* ---- Values ---- */

/* With one column, both orders are the same. */
static bool is_transposed(const npy_header *header)
{
    return header->fortran && header->features > 1;
}

static nnfs_status fetch(input_stream *from, const npy_header *header, size_t limit, int threads,
                         data_table *table, nnfs_error *error)
{
    size_t floats = size_mul(header->bytes / dtype_bytes(header->type), sizeof(float));
    size_t needed = is_transposed(header) ? size_add(header->bytes, floats) : header->bytes;
    size_t offset = input_stream_offset(from);
    unsigned char *values = NULL;
    nnfs_status status;
    if (needed > limit && !input_stream_packed(from) && !input_stream_is_memory(from)) {
        status = input_stream_map_rest(from, header->bytes, &table->mapping, &table->mapping_bytes,
                                       error);
        values = status == NNFS_OK ? (unsigned char *)table->mapping + offset : NULL;
    } else {
        status = input_stream_read_rest(from, header->bytes, &values, error);
    }
    table->values = values;
    table->type = header->type;
    table->swapped = header->swapped;
    if (status == NNFS_OK && is_transposed(header)) {
        return make_rows(header, threads, table, error);
    }
    return status;
}

/* Reads all values into rows. */
static nnfs_status fill(input_stream *from, const npy_header *header, int threads, void *rows,
                        nnfs_error *error)
{
    if (!is_transposed(header)) {
        return input_stream_fill(from, rows, header->bytes, error);
    }
    host_memory stored = {0};
    if (input_stream_packed(from) || input_stream_is_memory(from)) {
        TRY(host_memory_create(NULL, header->bytes, &stored, error));
        nnfs_status status = input_stream_fill(from, stored.mapping, header->bytes, error);
        if (status == NNFS_OK) {
            transpose(header, stored.mapping, threads, rows);
        }
        host_memory_free(&stored);
        return status;
    }
    TRY(input_stream_map_rest(from, header->bytes, &stored.mapping, &stored.bytes, error));
    transpose(header, (const char *)stored.mapping + input_stream_offset(from), threads, rows);
    host_memory_free(&stored);
    return NNFS_OK;
}

/* Values that cannot be mapped as they are, for ranks or too large for memory: rank 0 reads
 * them. */
static nnfs_status fetch_shared(input_stream *from, const npy_header *header, size_t bytes,
                                const nnfs_dataset_settings *settings, data_table *table,
                                nnfs_error *error)
{
    nnfs_communicator *c = settings->communicator;
    host_memory memory;
    const host_range all = {.bytes = bytes};
    TRY(host_memory_create(c, bytes, &memory, error));
    nnfs_status status = NNFS_OK;
    if (nnfs_communicator_rank(c) == 0) {
        status = fill(from, header, cpu_threads(settings->threads), memory.mapping, error);
    }
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    TRY_CLEANUP(host_memory_share(c, &memory, &all, 1, error));
    table->type = is_transposed(header) ? DTYPE_F32 : header->type;
    table->swapped = !is_transposed(header) && header->swapped;
    table->values = table->mapping = memory.mapping;
    table->mapping_bytes = bytes;
    memory.mapping = NULL;
cleanup:
    host_memory_free(&memory);
    return status;
}

static nnfs_status fetch_any(input_stream *from, const npy_header *header,
                             const nnfs_dataset_settings *settings, size_t limit, data_table *table,
                             nnfs_error *error)
{
    bool mapped = !input_stream_packed(from) && !is_transposed(header);
    size_t values = size_mul(header->shape[0], header->features);
    size_t bytes = is_transposed(header) ? size_mul(values, sizeof(float)) : header->bytes;
    mapped = mapped && !input_stream_is_memory(from);
    if (!mapped && (settings->communicator || host_memory_is_large(bytes))) {
        return fetch_shared(from, header, bytes, settings, table, error);
    }
    return fetch(from, header, limit, cpu_threads(settings->threads), table, error);
}

/* ---- What the values are ---- */

#define NO_CELL SIZE_MAX

enum { BLOCK = 4096 };

/* Whether all are finite: no exponent is all ones. */
VECTOR_CLONES
static bool all_finite(const float *x, size_t count)
{
    uint32_t largest = 0;
#pragma omp simd reduction(max : largest)
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffffU;
        largest = MAX(bits, largest);
    }
    return largest < 0x7f800000U;
}

/* Counts missing cells from `first` on; returns the first that is infinite as a
 * float, or NO_CELL. */
static size_t count_missing(const float *x, size_t first, size_t count, const column_role *roles,
                            table_column *columns, size_t column_count)
{
    size_t column = first % column_count;
    for (size_t i = 0; i < count; i++, column = column + 1 < column_count ? column + 1 : 0) {
        if (roles[column] == COLUMN_ROLE_NOTHING || isfinite(x[i])) {
            continue;
        }
        if (isinf(x[i])) {
            return first + i;
        }
#pragma omp atomic
        columns[column].missing++;
    }
    return NO_CELL;
}

/* One pass over all values that can be something else than a number. */
static nnfs_status check_values(const npy_header *header, const column_role *roles, int threads,
                                data_table *table, nnfs_error *error)
{
    if (header->type < DTYPE_F16) {
        return NNFS_OK; /* an integer is finite, also as a float */
    }
    size_t columns = (size_t)table->column_count;
    size_t bytes = dtype_bytes(table->type);
    size_t count = (size_t)table->rows * columns;
    size_t worst = NO_CELL;
    int64_t blocks = (int64_t)((count - 1) / BLOCK + 1);
    bool large = blocks > 16;
#pragma omp parallel for schedule(static) num_threads(threads) if (large) reduction(min : worst)
    for (int64_t block = 0; block < blocks; block++) {
        float x[BLOCK];
        size_t first = (size_t)block * BLOCK;
        size_t size = BLOCK;
        if (count - first < BLOCK) {
            size = count - first;
        }
        dtype_to_floats(table->type, table->swapped,
                        (const unsigned char *)table->values + first * bytes, size, x);
        if (worst == NO_CELL && !all_finite(x, size)) {
            worst = count_missing(x, first, size, roles, table->columns, columns);
        }
    }
    if (worst == NO_CELL) {
        return NNFS_OK;
    }
    return table_fail(table, (int64_t)(worst / columns), (int)(worst % columns), error,
                      "the value is infinite%s",
                      header->type == DTYPE_F64 ? ", or too large for float32" : "");
}

/* ---- The file ---- */

static nnfs_status read_text_table(input_stream *from, const npy_header *header, data_table *table,
                                   nnfs_error *error)
{
    unsigned char *bytes = NULL;
    nnfs_status status = make_columns(header, table, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(input_stream_read_rest(from, header->bytes, &bytes, error));
    status = npy_read_texts(header, bytes, table, error);
cleanup:
    memory_free(bytes);
    return status;
}

static nnfs_status read_table(input_stream *from, const nnfs_dataset_settings *settings,
                              size_t limit, data_table *table, nnfs_error *error)
{
    npy_header header;
    column_role *roles = NULL;
    int threads = cpu_threads(settings->threads);
    nnfs_status status = npy_read_header(from, &header, error);
    if (status != NNFS_OK ||
        (status = input_stream_check_rest(from, header.bytes, error)) != NNFS_OK) {
        return status;
    }
    if (header.text_bytes > 0) {
        return read_text_table(from, &header, table, error);
    }
    if ((status = make_columns(&header, table, error)) == NNFS_OK &&
        (status = ask_roles(table, settings, &roles, error)) == NNFS_OK &&
        (status = fetch_any(from, &header, settings, limit, table, error)) == NNFS_OK) {
        status = check_values(&header, roles, threads, table, error);
    }
    memory_free(roles);
    return status;
}

nnfs_status npy_read_stream(input_stream *from, const char *path,
                            const nnfs_dataset_settings *settings, size_t limit, data_table *table,
                            nnfs_error *error)
{
    *table = (data_table){.path = path};
    nnfs_status status = read_table(from, settings, limit, table, error);
    if (status != NNFS_OK) {
        table_free(table);
        return status;
    }
    table->reading.format = "npy";
    return NNFS_OK;
}

nnfs_status npy_read_within(const char *path, const nnfs_dataset_settings *settings, size_t limit,
                            data_table *table, nnfs_error *error)
{
    *table = (data_table){.path = path};
    input_stream *from = NULL;
    nnfs_status status = input_stream_open(path, &from, error);
    if (status == NNFS_OK) {
        status = npy_read_stream(from, path, settings, limit, table, error);
    }
    input_stream_close(from);
    if (status != NNFS_OK) {
        table_free(table);
    }
    return status;
}

nnfs_status npy_read_shape(const char *path, data_table *table, nnfs_error *error)
{
    npy_header header;
    input_stream *from = NULL;
    *table = (data_table){.path = path};
    nnfs_status status = input_stream_open(path, &from, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(npy_read_header(from, &header, error));
    TRY_CLEANUP(input_stream_check_rest(from, header.bytes, error));
    TRY_CLEANUP(make_columns(&header, table, error));
    table->type = is_transposed(&header) ? DTYPE_F32 : header.type;
    table->swapped = !is_transposed(&header) && header.swapped;
    if (header.text_bytes > 0) {
        table->columns[0].kind = NNFS_COLUMN_CATEGORY;
    }
cleanup:
    input_stream_close(from);
    if (status != NNFS_OK) {
        table_free(table);
    }
    return status;
}

nnfs_status npy_read(const char *path, const nnfs_dataset_settings *settings, data_table *table,
                     nnfs_error *error)
{
    part_files files;
    size_t limit = memory_limit("") / 2;
    if (settings->shared || settings->communicator) {
        limit = 0;
    }
    TRY(part_files_list(path, &files, error));
    nnfs_status status = files.format ? npy_read_parts(path, &files, settings, table, error)
                                      : npy_read_within(path, settings, limit, table, error);
    string_list_free(files.paths);
    return status;
}
