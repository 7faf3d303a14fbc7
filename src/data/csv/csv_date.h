/* Dates and times as CSV files have them. */
#ifndef NNFS_DATA_CSV_CSV_DATE_H
#define NNFS_DATA_CSV_CSV_DATE_H

#include <stdbool.h>

/*
 * Reads [text, end) by a format of %Y %y %m %d %b %H %M and literal characters, with an optional
 * time of day after it: " 20:21", "T20:21:09.5", " 8:21 PM", each with an optional zone, "Z" or
 * "+01:00". *days: since 1970-01-01T00:00, of the zone where there is one.
 */
bool csv_date_read(const char *format, const char *text, const char *end, double *days);

/* The formats that are tried, ending with NULL. */
extern const char *const csv_date_formats[];

#endif
