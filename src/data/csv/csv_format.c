/* Numbers with separators and affixes: rewritten as plain ones, then read by csv_number. */
#include "data/csv/csv_format.h"

#include "data/csv/csv_date.h"
#include "data/csv/csv_number.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char csv_separators[][3] = {".", ",", ".,", ",.", ". ", ", ", ".'", ",'", "._", ""};

/* ---- Affixes ---- */

static const char *const currencies[] = {
    "$",   "US$", "\u20ac", "\u00a3", "\u00a5", "\u20b9", "R$",  "CHF", "EUR",
    "USD", "GBP", "JPY",    "CNY",    "INR",    "AUD",    "CAD", "SEK", "NOK",
    "DKK", "PLN", "CZK",    "Fr.",    "Rs",     "Rs.",    "kr",
};

static bool is_currency(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++) {
        if (strlen(currencies[i]) == length && memcmp(currencies[i], text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The bytes of a blank at `at`: a space, a no-break space or a narrow one; 0: none. */
static int blank_bytes(const char *at, const char *end)
{
    static const char *const blanks[] = {" ", "\u00a0", "\u202f"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        ptrdiff_t length = (ptrdiff_t)strlen(blanks[i]);
        if (end - at >= length && memcmp(at, blanks[i], (size_t)length) == 0) {
            return (int)length;
        }
    }
    return 0;
}

static const char *skip_blanks(const char *at, const char *end)
{
    int bytes;
    while ((bytes = blank_bytes(at, end)) > 0) {
        at += bytes;
    }
    return at;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* A unit begins with a letter, a percent sign or a character outside of ASCII, and has no digit. */
static bool is_unit(const char *text, const char *end)
{
    bool begins = isalpha((unsigned char)*text) || *text == '%' || (*text & 0x80) || *text == '$';
    for (const char *at = text; begins && at < end; at++) {
        begins = isalpha((unsigned char)*at) || (*at & 0x80) || strchr("%$/^.*", *at);
    }
    return begins;
}

bool csv_format_guess_affix(const char *text, const char *end, csv_format *format)
{
    const char *at = text + (text < end && (*text == '-' || *text == '+'));
    const char *digit = at;
    while (digit < end && !is_digit(*digit) && *digit != '-' && *digit != '+') {
        digit++;
    }
    if (digit == end) {
        return false;
    }
    const char *prefix_end = digit; /* the point of ".5" belongs to the number */
    if (prefix_end > at && (prefix_end[-1] == '.' || prefix_end[-1] == ',') &&
        !is_currency(at, (size_t)(prefix_end - at))) {
        prefix_end--;
    }
    while (prefix_end > at && prefix_end[-1] == ' ') {
        prefix_end--;
    }
    const char *last = end;
    while (last > digit && !is_digit(last[-1])) {
        last--;
    }
    const char *suffix = skip_blanks(last, end);
    size_t prefix_length = (size_t)(prefix_end - at);
    size_t suffix_length = (size_t)(end - suffix);
    if (last <= digit - 1 || prefix_length >= CSV_AFFIX_BYTES || suffix_length >= CSV_AFFIX_BYTES ||
        (prefix_length > 0 && !is_currency(at, prefix_length)) ||
        (suffix_length > 0 && !is_unit(suffix, end))) {
        return false;
    }
    memcpy(format->prefix, at, prefix_length);
    format->prefix[prefix_length] = '\0';
    memcpy(format->suffix, suffix, suffix_length);
    format->suffix[suffix_length] = '\0';
    return true;
}

static const char *skip_text(const char *at, const char *end, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(end - at) >= length && memcmp(at, text, length) == 0) {
        return at + length;
    }
    return NULL;
}

/* ---- Numbers ---- */

typedef struct plain_number {
    char text[64 + CSV_NUMBER_PADDING];
    size_t length;
} plain_number;

static bool put(plain_number *to, char byte)
{
    if (to->length >= 64) {
        return false;
    }
    to->text[to->length++] = byte;
    return true;
}

static int separator_bytes(char separator, const char *at, const char *end)
{
    if (separator == ' ') {
        return blank_bytes(at, end);
    }
    if (separator && at < end && *at == separator) {
        return 1;
    }
    return 0;
}

/* Digits of the whole part: without separators, or in groups of three after a first one of
 * 1 to 3. */
static const char *take_whole(const csv_format *format, const char *at, const char *end,
                              plain_number *to)
{
    int group = 0;
    bool grouped = false;
    const char *start = at;
    while (at < end) {
        int bytes = separator_bytes(format->thousands, at, end);
        if (is_digit(*at)) {
            group++;
            if (!put(to, *at++)) {
                return NULL;
            }
        } else if (bytes > 0 && at + bytes < end && is_digit(at[bytes])) {
            bool zero = !grouped && *start == '0'; /* "0,123" is no thousand */
            if (zero || (grouped ? group != 3 : group < 1 || group > 3)) {
                return NULL;
            }
            grouped = true;
            group = 0;
            at += bytes;
        } else {
            break;
        }
    }
    if (grouped && group != 3) {
        return NULL;
    }
    return at;
}

static const char *take_rest(const csv_format *format, const char *at, const char *end,
                             plain_number *to)
{
    if (at < end && *at == format->decimal) {
        bool fits = put(to, '.');
        for (at++; fits && at < end && is_digit(*at); at++) {
            fits = put(to, *at);
        }
        if (!fits) {
            return NULL;
        }
    }
    bool exponent = at + 1 < end && (*at == 'e' || *at == 'E') &&
                    (is_digit(at[1]) || (at + 2 < end && strchr("+-", at[1]) && is_digit(at[2])));
    if (exponent) {
        bool fits = put(to, *at++);
        for (bool first = true; fits && at < end && (is_digit(*at) || first); at++, first = false) {
            fits = put(to, *at);
        }
        if (!fits) {
            return NULL;
        }
    }
    return at;
}

static bool read_number(const csv_format *format, const char *text, const char *end, locale_t c,
                        double *value)
{
    plain_number plain = {.length = 0};
    const char *at = text;
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    const char *after = NULL;
    if (*format->prefix) {
        after = skip_text(at, end, format->prefix);
    }
    bool prefixed = after != NULL;
    if (after) {
        at = skip_blanks(after, end);
        bool sign = at == text + strlen(format->prefix) && at < end && (*at == '-' || *at == '+');
        negative = negative || (sign && *at == '-');
        at += sign;
    }
    at = take_whole(format, at, end, &plain);
    at = at ? take_rest(format, at, end, &plain) : NULL;
    if (!at || plain.length == 0) {
        return false;
    }
    /* Both affixes or none: a file like the model's may do without. */
    const char *unit = skip_blanks(at, end);
    const char *past = NULL;
    if (*format->suffix) {
        past = skip_text(unit, end, format->suffix);
    }
    if ((past ? past : at) != end || (*format->prefix && *format->suffix && prefixed != !!past)) {
        return false;
    }
    plain.text[plain.length] = '\n';
    if (csv_number(plain.text, c, value) != plain.text + plain.length) {
        return false;
    }
    if (negative) {
        *value = -*value;
    }
    return true;
}

bool csv_format_read(const csv_format *format, const char *text, const char *end, locale_t c,
                     double *value)
{
    if (!format->date[0]) {
        return read_number(format, text, end, c, value);
    }
    bool read = csv_date_read(format->date, text, end, value);
    if (read) {
        *value -= format->origin;
    }
    return read;
}

/* ---- As text ---- */

void csv_format_print(const csv_format *format, char text[CSV_FORMAT_BYTES])
{
    if (format->date[0]) {
        (void)snprintf(text, CSV_FORMAT_BYTES, "%s", format->date);
        return;
    }
    char thousands[2] = {format->thousands, '\0'};
    (void)snprintf(text, CSV_FORMAT_BYTES, "%s1%s234%c5%s", format->prefix, thousands,
                   format->decimal ? format->decimal : '.', format->suffix);
}

bool csv_format_parse(const char *text, csv_format *format)
{
    *format = (csv_format){.decimal = 0};
    if (strlen(text) >= CSV_FORMAT_BYTES) {
        return false;
    }
    if (*text == '%' && strlen(text) < sizeof format->date) {
        strcpy(format->date, text);
        return true;
    }
    const char *one = strpbrk(text, "0123456789");
    if (!one || *one != '1' || one - text >= CSV_AFFIX_BYTES) {
        return false;
    }
    const char *at = one + 1;
    format->thousands = *at && *at != '2' ? *at++ : '\0';
    if (strncmp(at, "234", 3) != 0 || (at[3] != '.' && at[3] != ',') || at[4] != '5' ||
        strlen(at + 5) >= CSV_AFFIX_BYTES || !strchr(",.'_ ", format->thousands) ||
        format->thousands == at[3]) {
        return false;
    }
    memcpy(format->prefix, text, (size_t)(one - text));
    format->decimal = at[3];
    strcpy(format->suffix, at + 5);
    return true;
}
