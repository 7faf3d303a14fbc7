/*
 * Writing HTML that is well-formed XML too. What a format's %s stands for is always escaped, and
 * there is no way to have it as it is: names come from data, and data are hostile.
 */
#ifndef NNFS_TOOLS_REPORT_HTML_H
#define NNFS_TOOLS_REPORT_HTML_H

#include "common/text.h"

#include <jansson.h>
#include <stdio.h>

/*
 * The format with its %s (escaped), %d (int) and %g (a double, two decimals at most) replaced; no
 * other directive is known. Trouble shows in ferror(out).
 */
void html(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A number as a table shows it; what was not measured (NaN) is a dash. */
typedef short_text number_text(double value);
number_text html_percent, html_number, html_error, html_measure, html_count, html_seconds;

/* A cell of a table with the number aligned to the right. */
void html_cell(FILE *out, number_text *text, double value);

/* A heading of a table's column; `number` aligns it to the right. */
void html_heading(FILE *out, const char *text, int number);

/* A picture that the log brought as base64; one that is no base64 is left out. */
void html_png(FILE *out, const char *base64, const char *words);

#endif
