/* Tables: found by name, spoken of in messages, freed. */
#include "table/table.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void table_columns_free(table_column *columns, int count)
{
    for (int i = 0; columns && i < count; i++) {
        for (int j = 0; columns[i].categories && j < columns[i].category_count; j++) {
            free(columns[i].categories[j]);
        }
        free(columns[i].categories);
        free(columns[i].name);
    }
    memory_free(columns);
}

void table_texts_free(table_texts *texts)
{
    memory_free(texts->columns);
    memory_free(texts->at);
    memory_free(texts->bytes);
    *texts = (table_texts){0};
}

void table_free(data_table *table)
{
    table_columns_free(table->columns, table->column_count);
    if (table->mapping) {
        (void)munmap(table->mapping, table->mapping_bytes);
    } else {
        memory_free(table->values);
        memory_free(table->lines);
    }
    string_list_free(table->parts);
    memory_free(table->part_rows);
    table_texts_free(&table->kept);
    if (table->targets) {
        table_free(table->targets);
        free(table->targets);
    }
    *table = (data_table){0};
}

bool table_has_names(const data_table *table)
{
    return table->column_count > 0 && table->columns[0].name;
}

/* "12" is 12; -1 for what is not a number from 1 on. */
static long column_number(const char *text)
{
    char *end = NULL;
    errno = 0;
    long number = -1;
    if (isdigit((unsigned char)*text)) {
        number = strtol(text, &end, 10);
    }
    if (errno == 0 && number > 0 && *end == '\0') {
        return number;
    }
    return -1;
}

int table_find_name(const data_table *table, const char *name)
{
    for (int i = 0; i < table->column_count; i++) {
        if (table->columns[i].name && strcmp(table->columns[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int table_find(const data_table *table, const char *which)
{
    int named = table_find_name(table, which);
    long number = column_number(which);
    if (named >= 0 || number < 1 || number > table->column_count) {
        return named;
    }
    return (int)number - 1;
}

/* ---- Messages ---- */

/* Copies what fits of `name`, whole characters of UTF-8, with nothing that a
 * terminal would obey. */
static void copy_name(char *text, size_t room, const char *name)
{
    size_t length = strlen(name);
    bool cut = length >= room;
    if (cut) {
        length = utf8_cut(name, room - sizeof "...");
    }
    for (size_t i = 0; i < length; i++) {
        if (iscntrl((unsigned char)name[i])) {
            text[i] = '?';
        } else {
            text[i] = name[i];
        }
    }
    strcpy(text + length, cut ? "..." : "");
}

column_label table_label(const data_table *table, int column)
{
    column_label label;
    const char *name = table->columns[column].name;
    if (name) {
        char shown[sizeof label.text - 2];
        copy_name(shown, sizeof shown, name);
        (void)snprintf(label.text, sizeof label.text, "'%s'", shown);
    } else {
        (void)snprintf(label.text, sizeof label.text, "%d", column + 1);
    }
    return label;
}

int64_t table_line(const data_table *table, int64_t row)
{
    if (table->lines) {
        return (int64_t)table->lines[row];
    }
    return table->first_line + row;
}

const char *table_path(const data_table *table, int64_t row, int64_t *first)
{
    int part = 0;
    *first = 0;
    if (!table->parts) {
        return table->path;
    }
    while (table->parts[part + 1] && table->part_rows[part + 1] <= row) {
        part++;
    }
    *first = table->part_rows[part];
    return table->parts[part];
}

nnfs_status table_fail(const data_table *table, int64_t row, int column, nnfs_error *error,
                       const char *format, ...)
{
    char sentence[240];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    bool lines = table->first_line > 0;
    int64_t first = 0;
    const char *path = table_path(table, row, &first);
    return fail(error, NNFS_ERROR_DATA, "%s: %s %lld%s%s: %s", path, lines ? "line" : "row",
                (long long)(lines ? table_line(table, row) : row - first + 1),
                column < 0 ? "" : ", column ", column < 0 ? "" : table_label(table, column).text,
                sentence);
}
