/* Values as people read them. */
#include "common/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

short_text text_count(int64_t count)
{
    short_text digits;
    short_text grouped = {""};
    int length = snprintf(digits.text, sizeof digits.text, "%" PRId64, count);
    char *to = grouped.text;
    for (int i = 0; i < length; i++) {
        int left = length - i;
        if (i > 0 && digits.text[i - 1] != '-' && left % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits.text[i];
    }
    *to = '\0';
    return grouped;
}

short_text text_percent(double share)
{
    short_text percent;
    (void)snprintf(percent.text, sizeof percent.text, "%.2f %%", share * 100.0);
    return percent;
}

short_text text_number(double value)
{
    short_text number;
    if (!isfinite(value)) {
        return (short_text){"not finite"};
    }
    double size = fabs(value);
    const char *format = "%.4g";
    if (size == 0.0 || (size >= 0.001 && size < 100000.0)) {
        format = "%.4f";
    }
    (void)snprintf(number.text, sizeof number.text, format, value);
    return number;
}

/* Commas between the thousands of what "%.*f" wrote. */
static short_text with_commas(const char *plain)
{
    short_text grouped = {""};
    int digits = (int)strspn(plain + (*plain == '-'), "0123456789");
    char *to = grouped.text;
    if (*plain == '-') {
        *to++ = *plain++;
    }
    for (int left = digits; left > 0; left--) {
        *to++ = *plain++;
        if (left > 1 && left % 3 == 1) {
            *to++ = ',';
        }
    }
    (void)snprintf(to, sizeof grouped.text - (size_t)(to - grouped.text), "%s", plain);
    return grouped;
}

short_text text_measure(double value)
{
    short_text number;
    double size = fabs(value);
    if (!isfinite(value) || (size != 0.0 && (size < 1e-4 || size >= 1e15))) {
        return text_number(value);
    }
    if (size < 1000.0) {
        (void)snprintf(number.text, sizeof number.text, "%.6g", value);
        return number;
    }
    (void)snprintf(number.text, sizeof number.text, "%.*f",
                   size < 99999.95 && value != rint(value) ? 1 : 0, value);
    return with_commas(number.text);
}

short_text text_error(double value)
{
    short_text number;
    double size = fabs(value);
    if (!isfinite(value) || (size != 0.0 && (size < 0.001 || size >= 1e15))) {
        return text_number(value);
    }
    int decimals = 0;
    if (size < 100.0) {
        decimals = 4;
    } else if (size < 10000.0) {
        decimals = 2;
    } else if (size < 1e6) {
        decimals = 1;
    }
    (void)snprintf(number.text, sizeof number.text, "%.*f", decimals, value);
    return with_commas(number.text);
}

short_text text_seconds(double seconds)
{
    short_text duration = {""};
    char *text = duration.text;
    size_t size = sizeof duration.text;
    int64_t whole = llround(seconds);
    if (seconds < 0.1) {
        (void)snprintf(text, size, "%.1f ms", seconds * 1e3);
    } else if (seconds < 0.995) {
        (void)snprintf(text, size, "%.2f s", seconds);
    } else if (seconds < 59.95) {
        (void)snprintf(text, size, "%.1f s", seconds);
    } else if (whole < 3600) {
        (void)snprintf(text, size, "%d min %02d s", (int)(whole / 60), (int)(whole % 60));
    } else {
        int64_t minutes = whole / 60;
        (void)snprintf(text, size, "%" PRId64 " h %02d min", minutes / 60, (int)(minutes % 60));
    }
    return duration;
}

short_text text_hash(uint64_t hash)
{
    short_text digits;
    (void)snprintf(digits.text, sizeof digits.text, "%016" PRIx64, hash);
    return digits;
}

/* The UTF-8 character that begins here; a byte that begins none is not valid. */
typedef struct character {
    uint32_t code;
    int bytes;
    bool valid;
} character;

static character character_at(const char *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* a shorter form is not valid */
    unsigned char first = (unsigned char)*at;
    int bytes = 1 + (first >= 0xc0) + (first >= 0xe0) + (first >= 0xf0);
    uint32_t code = first;
    if (bytes != 1) {
        code = first & (0x7fu >> bytes);
    }
    for (int i = 1; i < bytes; i++) {
        unsigned char next = (unsigned char)at[i];
        if ((next & 0xc0u) != 0x80u) {
            return (character){first, 1, false};
        }
        code = code << 6 | (next & 0x3fu);
    }
    bool valid = bytes == 1 ? first < 0x80 : code >= least[bytes] && code <= 0x10ffff;
    return (character){code, valid ? bytes : 1, valid};
}

/* What a terminal might obey: controls, line separators, marks and overrides of the direction. */
static bool is_unsafe(const character *c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},
                  {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (c->code >= ranges[i].first && c->code <= ranges[i].last) {
            return true;
        }
    }
    return !c->valid;
}

char *text_clean(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        character c = character_at(from);
        if (is_unsafe(&c)) {
            *to++ = '?';
        } else {
            memmove(to, from, (size_t)c.bytes);
            to += c.bytes;
        }
        from += c.bytes;
    }
    *to = '\0';
    return text;
}

static bool has_unsafe(const char *text)
{
    for (const char *at = text; *at;) {
        character c = character_at(at);
        if (is_unsafe(&c)) {
            return true;
        }
        at += c.bytes;
    }
    return false;
}

void text_quote(FILE *stream, const char *word)
{
    if (has_unsafe(word)) {
        (void)fputs("$'", stream);
        for (; *word; word++) {
            bool plain = *word >= ' ' && *word <= '~' && *word != '\'' && *word != '\\';
            (void)fprintf(stream, plain ? "%c" : "\\%03o", (unsigned char)*word);
        }
        (void)fputc('\'', stream);
        return;
    }
    if (*word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789/._-+,:=@%")] == '\0') {
        (void)fputs(word, stream);
        return;
    }
    (void)fputc('\'', stream);
    for (; *word; word++) {
        (void)fprintf(stream, *word == '\'' ? "'\\''" : "%c", *word);
    }
    (void)fputc('\'', stream);
}

path_text text_path(const char *path)
{
    path_text safe;
    (void)snprintf(safe.text, sizeof safe.text, "%s", path);
    (void)text_clean(safe.text);
    return safe;
}

int stream_columns(FILE *stream)
{
    struct winsize size;
    int file = fileno(stream);
    bool known = isatty(file) && ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 0;
}

/* Letters of UTF-8 up to the next blank. */
static int word_width(const char *text, size_t *bytes)
{
    int width = 0;
    *bytes = strcspn(text, " ");
    for (size_t i = 0; i < *bytes; i++) {
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return width;
}

void text_wrap(FILE *stream, const char *text, int columns, int indent)
{
    int at = 0;
    size_t bytes;
    while (columns > 0 && *text) {
        size_t blanks = strspn(text, " ");
        int width = word_width(text + blanks, &bytes);
        if (at > indent && at + (int)blanks + width >= columns) {
            (void)fprintf(stream, "\n%*s", indent, "");
            at = indent;
        } else {
            (void)fprintf(stream, "%*s", (int)blanks, "");
            at += (int)blanks;
        }
        (void)fwrite(text + blanks, 1, bytes, stream);
        at += width;
        text += blanks + bytes;
    }
    (void)fprintf(stream, "%s\n", text);
}

name_text text_name(const char *name)
{
    name_text safe = {.width = 0};
    char *to = safe.text;
    while (*name && safe.width < NAME_MOST) {
        character c = character_at(name);
        if (is_unsafe(&c)) {
            *to++ = '?';
        } else {
            memcpy(to, name, (size_t)c.bytes);
            to += c.bytes;
        }
        name += c.bytes;
        safe.width++;
    }
    if (*name) {
        memcpy(to, "...", 4);
        safe.width += 3;
    }
    return safe;
}

const char *text_plural(int64_t count)
{
    if (count == 1) {
        return "";
    }
    return "s";
}

const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

const char *text_between(int64_t index, const char *separator)
{
    return index > 0 ? separator : "";
}

short_text text_loss(const nnfs_network *network)
{
    short_text text;
    nnfs_loss loss = nnfs_network_loss(network);
    (void)snprintf(text.text, sizeof text.text, "%s", nnfs_loss_name(loss));
    if (loss == NNFS_QUANTILE) {
        (void)snprintf(text.text, sizeof text.text, "%s:%.16s", nnfs_loss_name(loss),
                       text_shortest(nnfs_network_quantile(network)).text);
    }
    return text;
}

char *text_shape(const nnfs_network *network)
{
    char *shape = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&shape, &size);
    if (!stream) {
        return NULL;
    }
    (void)fprintf(stream, "%d", nnfs_network_inputs(network));
    for (int i = 0; i < nnfs_network_layer_count(network); i++) {
        (void)fprintf(stream, "-%d", nnfs_network_layer(network, i).width);
    }
    bool written = ferror(stream) == 0;
    if (fclose(stream) != 0 || !written) {
        free(shape);
        return NULL;
    }
    return shape;
}
