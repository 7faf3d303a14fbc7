/* Dates and numbers in any format: the first byte chooses one, the rest is the text. */
#include "data/csv/csv_date.h"
#include "data/csv/csv_format.h"
#include "data/csv/csv_number.h"
#include "fuzz.h"
#include "table/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double value = 0.0;
    size_t formats = 0;
    size_t told = size > 0;
    char *text = calloc(size + CSV_NUMBER_PADDING, 1);
    fuzz_check(text != NULL);
    memcpy(text, data + told, size - told);
    char *end = text + (size - told);
    *end = '\n';
    while (csv_date_formats[formats]) {
        formats++;
    }
    if (formats == 0) {
        abort();
    }
    if (csv_date_read(csv_date_formats[(told ? *data : 0) % formats], text, end, &value)) {
        fuzz_check(isfinite(value) && fabs(value) < 4e6);
        int month = date_month(value);
        fuzz_check(month >= 0 && month < 12);
    }
    csv_format format = {.decimal = 0};
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (csv_format_guess_affix(text, end, &format)) {
        format.decimal = csv_separators[(told ? *data : 0) % 9][0];
        format.thousands = csv_separators[(told ? *data : 0) % 9][1];
        (void)csv_format_read(&format, text, end, c, &value);
    }
    csv_format parsed;
    char printed[CSV_FORMAT_BYTES];
    *end = '\0';
    if (csv_format_parse(text, &parsed)) {
        csv_format again;
        csv_format_print(&parsed, printed);
        fuzz_check(strlen(printed) < sizeof printed && csv_format_parse(printed, &again));
    }
    freelocale(c);
    free(text);
    return 0;
}
