/* Cells and rows: the one place that knows what quotes mean. */
#include "data/csv/csv_cell.h"

#include <string.h>

/* The quote that closes the text at `at`, or NULL; of a doubled quote neither does. */
static char *closing_quote(char *at, const char *limit, bool *doubled)
{
    for (;;) {
        char *quote = memchr(at, '"', (size_t)(limit - at));
        if (!quote || quote + 1 == limit || quote[1] != '"') {
            return quote;
        }
        *doubled = true;
        at = quote + 2;
    }
}

static int count_newlines(const char *at, const char *end)
{
    int count = 0;
    for (; at < end; at++) {
        count += *at == '\n';
    }
    return count;
}

static char *find_quoted(char delimiter, char *at, const char *limit, csv_cell *cell)
{
    cell->text = at + 1;
    cell->end = closing_quote(cell->text, limit, &cell->escaped);
    if (!cell->end) {
        cell->fault = CSV_FAULT_OPEN_QUOTE;
        return NULL;
    }
    cell->newlines = count_newlines(cell->text, cell->end);
    cell->escaped |= cell->newlines > 0;
    char *after = cell->end + 1;
    after += *after == '\r' && after[1] == '\n';
    if (*after != delimiter && *after != '\n') {
        cell->fault = CSV_FAULT_AFTER_QUOTE;
        return NULL;
    }
    return after;
}

char *csv_find_cell(char delimiter, char *at, char *limit, csv_cell *cell)
{
    *cell = (csv_cell){.text = at};
    if (*at == '"') {
        return find_quoted(delimiter, at, limit, cell);
    }
    bool returns = false;
    for (; *at != delimiter && *at != '\n'; at++) {
        returns |= *at == '\r';
    }
    cell->end = at;
    if (returns) {
        cell->end -= *at == '\n' && at[-1] == '\r';
        if (memchr(cell->text, '\r', (size_t)(cell->end - cell->text))) {
            cell->fault = CSV_FAULT_CARRIAGE_RETURN;
            return NULL;
        }
    }
    return at;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

void csv_trim_cell(csv_cell *cell)
{
    while (cell->text < cell->end && is_blank(*cell->text)) {
        cell->text++;
    }
    while (cell->text < cell->end && is_blank(cell->end[-1])) {
        cell->end--;
    }
}

void csv_clean_cell(csv_cell *cell)
{
    if (cell->escaped) {
        char *to = cell->text;
        for (const char *from = cell->text; from < cell->end; from++) {
            from += *from == '"' || (*from == '\r' && from[1] == '\n');
            *to++ = *from;
        }
        cell->end = to;
        cell->escaped = false;
    }
    csv_trim_cell(cell);
}

/* The first quote of the line that opens a cell: at its start or after a delimiter. */
static char *opening_quote(char delimiter, const char *row, char *at, const char *end)
{
    for (;;) {
        char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote || quote == row || quote[-1] == delimiter) {
            return quote;
        }
        at = quote + 1;
    }
}

char *csv_row_end(char delimiter, char *at, char *limit, bool *open)
{
    const char *row = at;
    bool doubled = false;
    *open = false;
    for (;;) {
        char *newline = memchr(at, '\n', (size_t)(limit - at));
        char *quote = opening_quote(delimiter, row, at, newline ? newline : limit);
        if (!quote) {
            if (!newline) {
                return NULL;
            }
            return newline + 1;
        }
        char *close = closing_quote(quote + 1, limit, &doubled);
        if (!close) {
            *open = true;
            return NULL;
        }
        at = close + 1;
    }
}
