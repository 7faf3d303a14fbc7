/* Cells of a CSV file (RFC 4180): where they begin and end, and what stands in them. */
#ifndef NNFS_DATA_CSV_CSV_CELL_H
#define NNFS_DATA_CSV_CSV_CELL_H

#include <stdbool.h>
#include <stddef.h>

/* What can be wrong with a row. */
typedef enum csv_fault_kind {
    CSV_FAULT_NONE,
    CSV_FAULT_SHORT_ROW,
    CSV_FAULT_LONG_ROW,
    CSV_FAULT_LONG_LINE,
    CSV_FAULT_OPEN_QUOTE,
    CSV_FAULT_AFTER_QUOTE,
    CSV_FAULT_CARRIAGE_RETURN,
    CSV_FAULT_NO_NUMBER,
    CSV_FAULT_TWO_READINGS,
    CSV_FAULT_HUGE,
    CSV_FAULT_NOT_UTF8,
    CSV_FAULT_CATEGORIES,
    CSV_FAULT_MEMORY,
} csv_fault_kind;

typedef struct csv_cell {
    char *text, *end;     /* between the quotes, if it has some */
    int newlines;         /* within them */
    bool escaped;         /* a quote or newline of two bytes is in it */
    csv_fault_kind fault; /* of its quotes, or none */
} csv_cell;

/*
 * Finds the cell that begins at `at`, in whole rows that end with the newline before `limit`.
 * Returns the delimiter or newline after it; NULL where it has a fault.
 */
char *csv_find_cell(char delimiter, char *at, char *limit, csv_cell *cell);

/*
 * Makes the found text what the cell says: a doubled quote is a quote, a newline is '\n', and
 * blanks at both ends are dropped, so that it does not matter whether somebody's program quotes its
 * cells or aligns them. Works in place, and only once.
 */
void csv_clean_cell(csv_cell *cell);
void csv_trim_cell(csv_cell *cell);

/*
 * Where the row that begins at `at` ends, after its newline; NULL where it does not before `limit`,
 * and *open then says whether a quote is open.
 */
char *csv_row_end(char delimiter, char *at, char *limit, bool *open);

#endif
