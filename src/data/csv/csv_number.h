/* Numbers as CSV files have them, in decimal, read the same under every locale. */
#ifndef NNFS_DATA_CSV_CSV_NUMBER_H
#define NNFS_DATA_CSV_CSV_NUMBER_H

#include <locale.h>
#include <stdbool.h>

/* Readable bytes that must follow a number; their values do not matter. */
enum { CSV_NUMBER_PADDING = 8 };

/*
 * The number that `at` begins with: [+-] digits [. digits] [e [+-] digits], with a digit before or
 * after the point. Neither hexadecimal nor "inf" nor "nan". *value is the nearest double, infinite
 * where that is. Returns the end of the number, NULL if there is no number. The text must have a
 * character after the number that cannot be a part of one, and CSV_NUMBER_PADDING bytes; `c` is
 * the C locale.
 */
const char *csv_number(const char *at, locale_t c, double *value);

/* Whether the whole text is digits with a comma where a number has its point: "0,5", "-12,75". */
bool csv_has_decimal_comma(const char *text, const char *end);

#endif
