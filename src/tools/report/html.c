/* A small printf for HTML, and the numbers of its tables. */
#include "report/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* ---- Text ---- */

/* Bytes of the character of strict UTF-8 that begins here; 0: none does. */
static int letter_bytes(const unsigned char *at)
{
    int bytes = 4;
    if (at[0] < 0x80) {
        bytes = 1;
    } else if (at[0] < 0xc2) {
        bytes = 0;
    } else if (at[0] < 0xe0) {
        bytes = 2;
    } else if (at[0] < 0xf0) {
        bytes = 3;
    }
    if (at[0] > 0xf4) {
        return 0;
    }
    for (int i = 1; i < bytes; i++) {
        if ((at[i] & 0xc0u) != 0x80u) {
            return 0;
        }
    }
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool beyond = (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf4 && at[1] >= 0x90);
    if (overlong || beyond) {
        return 0;
    }
    return bytes;
}

/* XML has no C0 controls but tab and line's ends, and neither U+FFFE nor U+FFFF. */
static bool is_no_character(const unsigned char *at)
{
    bool control = at[0] < 0x20 && at[0] != '\t' && at[0] != '\n';
    return control || at[0] == 0x7f || (at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe);
}

static const char *entity(unsigned char letter)
{
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void write_escaped(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        int bytes = letter_bytes(at);
        const char *instead = bytes == 0 || is_no_character(at) ? "\xef\xbf\xbd" : entity(*at);
        if (bytes == 0) {
            bytes = 1;
        }
        if (instead) {
            (void)fputs(instead, out);
        } else {
            (void)fwrite(at, 1, (size_t)bytes, out);
        }
        at += bytes;
    }
}

/* 12.5 and not 12.50; what is no finite number would break the drawing, not only its own place. */
static void write_short(FILE *out, double value)
{
    char digits[64];
    double bounded = 0.0;
    if (isfinite(value)) {
        bounded = fmax(-1e9, fmin(value, 1e9));
    }
    int length = snprintf(digits, sizeof digits, "%.2f", bounded);
    while (digits[length - 1] == '0') {
        length--;
    }
    length -= digits[length - 1] == '.';
    (void)fwrite(digits, 1, (size_t)length, out);
}

void html(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            (void)fputc(*at, out);
            continue;
        }
        at++;
        if (*at == 's') {
            write_escaped(out, va_arg(arguments, const char *));
        } else if (*at == 'd') {
            (void)fprintf(out, "%d", va_arg(arguments, int));
        } else if (*at == 'g') {
            write_short(out, va_arg(arguments, double));
        } else {
            (void)fputc(*at, out); /* %% */
        }
    }
    va_end(arguments);
}

/* ---- Numbers ---- */

static short_text or_dash(double value, number_text *text)
{
    if (isnan(value)) {
        return (short_text){"\xe2\x80\x93"};
    }
    return text(value);
}

static short_text whole(double value)
{
    if (fabs(value) < 9e15) {
        return text_count(llround(value));
    }
    return text_number(value);
}

short_text html_percent(double value)
{
    return or_dash(value, text_percent);
}

short_text html_number(double value)
{
    return or_dash(value, text_number);
}

short_text html_error(double value)
{
    return or_dash(value, text_error);
}

short_text html_measure(double value)
{
    return or_dash(value, text_measure);
}

short_text html_count(double value)
{
    return or_dash(value, whole);
}

short_text html_seconds(double value)
{
    return or_dash(value, text_seconds);
}

void html_cell(FILE *out, number_text *text, double value)
{
    html(out, "<td class=\"n\">%s</td>", text(value).text);
}

void html_heading(FILE *out, const char *text, int number)
{
    html(out, number ? "<th scope=\"col\" class=\"n\">%s</th>" : "<th scope=\"col\">%s</th>", text);
}

/* ---- Pictures ---- */

static bool is_base64(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/";
    size_t length = strspn(text, letters);
    return length > 0 && strspn(text + length, "=") <= 2 &&
           text[length + strspn(text + length, "=")] == '\0';
}

void html_png(FILE *out, const char *base64, const char *words)
{
    if (base64 && is_base64(base64)) {
        html(out, "<img src=\"data:image/png;base64,%s\" alt=\"%s\"/>", base64, words);
    }
}
