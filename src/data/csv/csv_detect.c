/*
 * How the texts of a column are written. A format counts if it reads every text; where two give
 * different values, what the rest of the file says decides, and else the user must.
 */
#include "data/csv/csv.h"

#include "base/memory.h"
#include "data/csv/csv_date.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_VALUE = 40 }; /* bytes of a cell that may be a number or a date */

typedef struct column_texts {
    const csv_reader *reader;
    int column;
    bool tolerant; /* one text in twenty may be wrong, as rows will be left out */
} column_texts;

/* Whether the format reads the column's texts; of an equal `other`, also gives the same values. */
static bool reads_all(const column_texts *texts, const csv_format *format, const csv_format *other)
{
    const csv_reader *reader = texts->reader;
    int64_t wrong = 0;
    int64_t count = 0;
    for (int i = 0; i < reader->worker_count && reader->workers[i].dictionaries; i++) {
        const csv_dictionary *found = reader->workers[i].dictionaries[texts->column];
        for (uint32_t j = 0; found && j < found->count; j++, count++) {
            double value = 0.0;
            double second = 0.0;
            const char *text = csv_dictionary_text(found, j);
            const char *end = text + found->entries[j].length;
            bool reads = csv_format_read(format, text, end, reader->c, &value);
            reads = reads && (!other || (csv_format_read(other, text, end, reader->c, &second) &&
                                         value == second));
            wrong += !reads;
            if (!reads && !texts->tolerant) {
                return false;
            }
        }
    }
    return wrong == 0 || (count > 2 && (wrong == 1 || wrong * 20 <= count));
}

static nnfs_status fail_two(const csv_reader *reader, int column, const csv_column_counts *sum,
                            bool date, nnfs_error *error)
{
    csv_fault fault = {
        .kind = CSV_FAULT_TWO_READINGS, .line = sum->text_line, .column = column, .cells = date};
    fault.text = csv_first_text(reader, sum, column, &fault.length);
    return csv_report_at(reader, &fault, sum->first_text, error);
}

/* ---- Dates ---- */

/* The date format that reads all; *other: a second one that reads other dates. */
static void find_dates(const column_texts *texts, csv_format *found, csv_format *other)
{
    const char *told = texts->reader->settings->date_format;
    const char *const only[] = {told, NULL};
    if (told && strcmp(told, "none") == 0) {
        return;
    }
    for (const char *const *name = told ? only : csv_date_formats; *name; name++) {
        csv_format tried = {.decimal = 0};
        if (strlen(*name) >= sizeof tried.date) {
            continue;
        }
        strcpy(tried.date, *name);
        if (!reads_all(texts, &tried, NULL)) {
            continue;
        }
        if (!found->date[0]) {
            *found = tried;
        } else if (!reads_all(texts, found, &tried)) {
            *other = tried;
        }
    }
}

/* ---- Numbers ---- */

/* The separators that read all, of those with this decimal one. */
static bool find_separators(const column_texts *texts, const csv_format *affix, char decimal,
                            csv_format *found)
{
    const nnfs_dataset_settings *settings = texts->reader->settings;
    for (int i = 0; csv_separators[i][0]; i++) {
        csv_format tried = *affix;
        tried.decimal = csv_separators[i][0];
        tried.thousands = csv_separators[i][1];
        bool wanted = tried.decimal == decimal &&
                      (!settings->thousands || tried.thousands == settings->thousands);
        if (wanted && reads_all(texts, &tried, NULL)) {
            *found = tried;
            return true;
        }
    }
    return false;
}

/* The number format that reads all; *other: one that reads other numbers. */
static void find_numbers(const column_texts *texts, const csv_format *affix, csv_format *found,
                         csv_format *other)
{
    const csv_reader *reader = texts->reader;
    csv_format point = {.decimal = 0};
    csv_format comma = {.decimal = 0};
    bool points = reader->decimal != ',' && find_separators(texts, affix, '.', &point);
    bool commas =
        reader->decimal != '.' && !reader->point_seen && find_separators(texts, affix, ',', &comma);
    *found = points ? point : comma;
    if (points && commas && !reads_all(texts, &point, &comma)) {
        *other = comma;
    }
}

/* ---- Both ---- */

static void set_origin(const csv_reader *reader, int column, const csv_column_counts *sum,
                       csv_format *format)
{
    size_t length = 0;
    double days = 0.0;
    const char *text = csv_first_text(reader, sum, column, &length);
    if (csv_format_read(format, text, text + length, reader->c, &days)) {
        format->origin = floor(days);
    }
}

nnfs_status csv_detect_format(csv_reader *reader, int column, const csv_column_counts *sum,
                              int64_t numbers, bool *found, nnfs_error *error)
{
    size_t length = 0;
    csv_format *to = &reader->formats[column];
    csv_format format = {.decimal = 0};
    csv_format other = {.decimal = 0};
    csv_format affix = {.decimal = 0};
    column_texts texts = {reader, column, reader->settings->skip_bad_rows != 0};
    const char *text = csv_first_text(reader, sum, column, &length);
    *found = false;
    if (numbers == 0) {
        find_dates(&texts, &format, &other);
    }
    if (csv_format_is_plain(&format) && csv_format_guess_affix(text, text + length, &affix) &&
        (numbers == 0 || !(affix.prefix[0] || affix.suffix[0]))) {
        find_numbers(&texts, &affix, &format, &other);
    }
    if (csv_format_is_plain(&format)) {
        return NNFS_OK;
    }
    if (!csv_format_is_plain(&other)) {
        return fail_two(reader, column, sum, format.date[0] != '\0', error);
    }
    if (format.date[0]) {
        set_origin(reader, column, sum, &format);
    }
    *to = format;
    *found = true;
    return NNFS_OK;
}

bool csv_looks_like_value(const csv_reader *reader, const csv_cell *cell)
{
    double value;
    csv_format format = {.decimal = 0};
    if (cell->end - cell->text > LONGEST_VALUE || cell->end == cell->text) {
        return false;
    }
    for (const char *const *name = csv_date_formats; *name; name++) {
        if (csv_date_read(*name, cell->text, cell->end, &value)) {
            return true;
        }
    }
    if (!csv_format_guess_affix(cell->text, cell->end, &format)) {
        return false;
    }
    for (int i = 0; csv_separators[i][0]; i++) {
        format.decimal = csv_separators[i][0];
        format.thousands = csv_separators[i][1];
        if (csv_format_read(&format, cell->text, cell->end, reader->c, &value)) {
            return true;
        }
    }
    return false;
}
