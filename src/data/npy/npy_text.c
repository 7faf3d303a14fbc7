/* Arrays of text, NumPy's U and S: the different strings become categories, sorted
 * by their bytes. */
#include "base/memory.h"
#include "base/utf8.h"
#include "data/npy/npy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CATEGORIES = 1 << 24 }; /* up to this a float holds every index */

/* Appends a code point as UTF-8; one that is none becomes bytes that are not UTF-8. */
static char *put_character(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | (code >> 18 & 0x7));
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* Writes a cell without the zeros that fill it up. */
static void read_text(const npy_header *header, const unsigned char *cell, char *text)
{
    for (size_t at = 0; at < header->text_bytes; at += header->text_unit) {
        uint32_t code = cell[at];
        if (header->text_unit == 4) {
            memcpy(&code, cell + at, sizeof code);
            if (header->swapped) {
                code = __builtin_bswap32(code);
            }
        }
        if (code == 0) {
            break;
        }
        if (header->text_unit == 4) {
            text = put_character(text, code);
        } else {
            *text++ = (char)code;
        }
    }
    *text = '\0';
}

typedef struct text_row {
    const char *text;
    size_t row;
} text_row;

static int compare(const void *left, const void *right)
{
    return strcmp(((const text_row *)left)->text, ((const text_row *)right)->text);
}

/* Gives the sorted rows their categories; an empty text is missing. */
static nnfs_status number_rows(const text_row *sorted, size_t rows, data_table *table,
                               nnfs_error *error)
{
    table_column *column = &table->columns[0];
    float *values = table->values;
    for (size_t i = 0; i < rows; i++) {
        const char *text = sorted[i].text;
        if (!*text) {
            values[sorted[i].row] = NAN;
            column->missing++;
            continue;
        }
        if (column->category_count == 0 ||
            strcmp(column->categories[column->category_count - 1], text) != 0) {
            char *copy = strdup(text);
            if (!copy) {
                return fail_memory(error, strlen(text), "categories");
            }
            column->categories[column->category_count++] = copy;
        }
        if (!utf8_is_valid(text)) {
            return table_fail(table, (int64_t)sorted[i].row, 0, error, "the text is not UTF-8");
        }
        values[sorted[i].row] = (float)(column->category_count - 1);
    }
    return NNFS_OK;
}

nnfs_status npy_read_texts(const npy_header *header, const unsigned char *values, data_table *table,
                           nnfs_error *error)
{
    size_t rows = header->shape[0];
    size_t room = header->text_bytes + 1;
    char *strings = memory_alloc(rows, room);
    text_row *sorted = memory_alloc(rows, sizeof *sorted);
    table_column *column = &table->columns[0];
    nnfs_status status = NNFS_OK;
    table->values = memory_alloc(rows, sizeof(float));
    table->type = DTYPE_F32;
    column->kind = NNFS_COLUMN_CATEGORY;
    column->categories = calloc(rows, sizeof *column->categories);
    if (!strings || !sorted || !table->values || !column->categories) {
        status = fail_memory(error, size_mul(rows, room), "the strings");
        goto cleanup;
    }
    if (rows > MOST_CATEGORIES) {
        status =
            fail(error, NNFS_ERROR_DATA, "%s: more than %d strings", table->path, MOST_CATEGORIES);
        goto cleanup;
    }
    for (size_t i = 0; i < rows; i++) {
        read_text(header, values + i * header->text_bytes, strings + i * room);
        sorted[i] = (text_row){strings + i * room, i};
    }
    qsort(sorted, rows, sizeof *sorted, compare);
    status = number_rows(sorted, rows, table, error);
cleanup:
    memory_free(sorted);
    memory_free(strings);
    return status;
}
