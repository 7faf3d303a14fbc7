/* How the cells of a column are written, where they are not plain numbers:
 * "1.234,5 €", "31.12.2019". */
#ifndef NNFS_DATA_CSV_CSV_FORMAT_H
#define NNFS_DATA_CSV_CSV_FORMAT_H

#include <locale.h>
#include <stdbool.h>

enum { CSV_AFFIX_BYTES = 12, CSV_FORMAT_BYTES = 48 };

/* {0}: plain numbers, read by csv_number. */
typedef struct csv_format {
    char decimal;   /* '.' or ','; 0: not a number of this kind */
    char thousands; /* ',' '.' '\'' '_', ' ' for any blank; 0: none */
    char prefix[CSV_AFFIX_BYTES];
    char suffix[CSV_AFFIX_BYTES];
    char date[24]; /* a format of csv_date_read; "": numbers */
    double origin; /* dates are days since then, counted from 1970 */
    bool padded;   /* categories, since some begin with a zero: "007" */
} csv_format;

static inline bool csv_format_is_plain(const csv_format *format)
{
    return !format->decimal && !format->date[0];
}

/* Whether it is a number with a point, maybe after a prefix or before a suffix. */
bool csv_format_read(const csv_format *format, const char *text, const char *end, locale_t c,
                     double *value);

/*
 * Guesses prefix and suffix from one text, by what stands around its digits: a currency before
 * them, a unit of at most 11 bytes after them. False: the text has no number, or something
 * else around it.
 */
bool csv_format_guess_affix(const char *text, const char *end, csv_format *format);

/* The pairs of decimal and thousands separators that are tried, ending with "". */
extern const char csv_separators[][3];

/* As an example, "1,234.5 kg", or a date's format: what a model keeps; and back. False: not one. */
void csv_format_print(const csv_format *format, char text[CSV_FORMAT_BYTES]);
bool csv_format_parse(const char *text, csv_format *format);

#endif
