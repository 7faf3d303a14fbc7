/* Numbers as CSV files have them, in decimal, read the same under every locale. */
#ifndef NNFS_DATA_CSV_NUMBER_H
#define NNFS_DATA_CSV_NUMBER_H

#include <locale.h>

/*
 * The number that `at` begins with: [+-] digits [. digits] [e [+-] digits], with a digit before or
 * after the point. Neither hexadecimal nor "inf" nor "nan". *value is the nearest double, infinite
 * where that is. Returns where it ends, NULL where there is none. The text must have another
 * character after the number; `c` is the C locale.
 */
const char *csv_number(const char *at, locale_t c, double *value);

#endif
