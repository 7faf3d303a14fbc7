/* Dates of a table in C: days since the column's origin, read by the format that the column has. */
#include "formats/c_source/c_source.h"

static const char reading_text[] =
    "static int read_digits(const char **at, int least, int most)\n"
    "{\n"
    "    int value = 0;\n"
    "    int count = 0;\n"
    "    for (; count < most && **at >= '0' && **at <= '9'; count++) {\n"
    "        value = value * 10 + (*(*at)++ - '0');\n"
    "    }\n"
    "    return count < least ? -1 : value;\n"
    "}\n"
    "\n"
    "static char lower(char c)\n"
    "{\n"
    "    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;\n"
    "}\n"
    "\n"
    "/* A month's English name or its first three letters, as 1 to 12; -1: neither */\n"
    "static int read_month(const char **at)\n"
    "{\n"
    "    static const char *const names[12] = {\"january\", \"february\", \"march\", \"april\",\n"
    "                                          \"may\", \"june\", \"july\", \"august\",\n"
    "                                          \"september\", \"october\", \"november\", "
    "\"december\"};\n"
    "    for (int month = 0; month < 12; month++) {\n"
    "        int length = 0;\n"
    "        while (names[month][length] && lower((*at)[length]) == names[month][length]) {\n"
    "            length++;\n"
    "        }\n"
    "        char next = lower((*at)[length]);\n"
    "        if ((length == 3 || !names[month][length]) && !(next >= 'a' && next <= 'z')) {\n"
    "            *at += length;\n"
    "            return month + 1;\n"
    "        }\n"
    "    }\n"
    "    return -1;\n"
    "}\n"
    "\n"
    "static long days_of(int year, int month, int day)\n"
    "{\n"
    "    long years = year - (month <= 2);\n"
    "    long rest = years % 400;\n"
    "    return years / 400 * 146097L + rest * 365 + rest / 4 - rest / 100 +\n"
    "           (153 * ((month + 9) % 12) + 2) / 5 + day - 1 - 719468L;\n"
    "}\n"
    "\n"
    "/* \" 8:21:09.5 PM +01:00\" behind hours and minutes: seconds, half of the day, zone */\n"
    "static int read_rest(const char **at, int *hour, double *seconds)\n"
    "{\n"
    "    if (**at == ':') {\n"
    "        (*at)++;\n"
    "        int whole = read_digits(at, 2, 2);\n"
    "        if (whole < 0 || whole > 60) {\n"
    "            return 0;\n"
    "        }\n"
    "        *seconds += whole;\n"
    "        double unit = 0.1;\n"
    "        for (*at += **at == '.'; **at >= '0' && **at <= '9'; (*at)++, unit /= 10.0) {\n"
    "            *seconds += (**at - '0') * unit;\n"
    "        }\n"
    "    }\n"
    "    const char *text = *at + (**at == ' ');\n"
    "    if ((lower(text[0]) == 'a' || lower(text[0]) == 'p') && lower(text[1]) == 'm') {\n"
    "        if (*hour < 1 || *hour > 12) {\n"
    "            return 0;\n"
    "        }\n"
    "        *hour = *hour % 12 + (lower(text[0]) == 'p' ? 12 : 0);\n"
    "        *at = text + 2;\n"
    "        text = *at + (**at == ' ');\n"
    "    }\n"
    "    if (*text == '+' || *text == '-') {\n"
    "        double sign = *text == '-' ? -1.0 : 1.0;\n"
    "        *at = text + 1;\n"
    "        int hours = read_digits(at, 2, 2);\n"
    "        *at += **at == ':';\n"
    "        int minutes = **at ? read_digits(at, 2, 2) : 0;\n"
    "        *seconds -= sign * (hours * 3600.0 + minutes * 60.0);\n"
    "        return hours >= 0 && hours <= 14 && minutes >= 0 && minutes < 60;\n"
    "    }\n"
    "    if (lower(text[0]) == 'u' && lower(text[1]) == 't' && lower(text[2]) == 'c') {\n"
    "        *at = text + 3;\n"
    "    } else if (*text == 'Z') {\n"
    "        *at = text + 1;\n"
    "    }\n"
    "    return 1;\n"
    "}\n"
    "\n";

static const char fields_text[] =
    "/* A field of a format, %Y %y %m %d %b %H %M, into its place in parts: year month day hour "
    "minute */\n"
    "static int read_field(char field, const char **at, int *parts)\n"
    "{\n"
    "    static const char fields[] = \"YmdHM\";\n"
    "    static const int lowest[5] = {1, 1, 1, 0, 0};\n"
    "    static const int highest[5] = {9999, 12, 31, 23, 59};\n"
    "    if (field == 'y') {\n"
    "        int year = read_digits(at, 2, 2);\n"
    "        parts[0] = year + (year < 69 ? 2000 : 1900);\n"
    "        return year >= 0;\n"
    "    }\n"
    "    if (field == 'b') {\n"
    "        parts[1] = read_month(at);\n"
    "        return parts[1] > 0;\n"
    "    }\n"
    "    int place = 0;\n"
    "    while (place < 4 && fields[place] != field) {\n"
    "        place++;\n"
    "    }\n"
    "    int least = field == 'Y' ? 4 : field == 'M' ? 2 : 1;\n"
    "    parts[place] = read_digits(at, least, field == 'Y' ? 4 : 2);\n"
    "    return parts[place] >= lowest[place] && parts[place] <= highest[place];\n"
    "}\n"
    "\n"
    "static int read_date(const char *format, const char *text, long *days, double *seconds)\n"
    "{\n"
    "    int parts[5] = {1970, 1, 1, 0, 0};\n"
    "    int time = 0;\n"
    "    for (; *format; format++) {\n"
    "        if (*format != '%' || !format[1]) {\n"
    "            if (*text++ != *format) {\n"
    "                return 0;\n"
    "            }\n"
    "            continue;\n"
    "        }\n"
    "        format++;\n"
    "        time = time || *format == 'H';\n"
    "        if (!read_field(*format, &text, parts)) {\n"
    "            return 0;\n"
    "        }\n"
    "    }\n"
    "    if (!time && (*text == ' ' || *text == 'T')) {\n"
    "        text++;\n"
    "        time = read_field('H', &text, parts) && *text++ == ':' && read_field('M', &text, "
    "parts);\n"
    "        if (!time) {\n"
    "            return 0;\n"
    "        }\n"
    "    }\n"
    "    *seconds = 0.0;\n"
    "    if (time && !read_rest(&text, &parts[3], seconds)) {\n"
    "        return 0;\n"
    "    }\n"
    "    *days = days_of(parts[0], parts[1], parts[2]);\n"
    "    *seconds += parts[3] * 3600.0 + parts[4] * 60.0;\n"
    "    int next = parts[1] == 12;\n"
    "    long after = days_of(parts[0] + next, next ? 1 : parts[1] + 1, 1);\n"
    "    return *text == '\\0' && *days < after;\n"
    "}\n\n";

static const char date_text[] =
    "int @_is_date(int input)\n"
    "{\n"
    "    return date_formats[input] != 0;\n"
    "}\n"
    "\n"
    "float @_date(int input, const char *text)\n"
    "{\n"
    "    long days = 0;\n"
    "    double seconds = 0.0;\n"
    "    if (!date_formats[input] || !read_date(date_formats[input], text, &days, &seconds)) {\n"
    "        return NAN;\n"
    "    }\n"
    "    return (float)((double)(days - date_origins[input]) + seconds / 86400.0);\n"
    "}\n\n";

bool c_has_dates(const model_graph *graph)
{
    for (int i = 0; i < graph->column_count; i++) {
        if (graph->columns[i].format) {
            return true;
        }
    }
    return false;
}

void c_write_dates(c_writer *w)
{
    const model_graph *graph = w->graph;
    if (!c_has_dates(graph)) {
        return;
    }
    (void)fprintf(w->stream, "static const char *const date_formats[%d] = {\n",
                  graph->column_count);
    for (int i = 0; i < graph->column_count; i++) {
        (void)fputs("    ", w->stream);
        if (graph->columns[i].format) {
            c_string(w, graph->columns[i].format);
        } else {
            (void)fputs("0", w->stream);
        }
        (void)fputs(",\n", w->stream);
    }
    (void)fprintf(w->stream,
                  "};\n\n/* Days from 1970-01-01. */\nstatic const long date_origins[%d] = {\n",
                  graph->column_count);
    for (int i = 0; i < graph->column_count; i++) {
        double origin = 0.0;
        if (graph->columns[i].format) {
            origin = graph->columns[i].origin;
        }
        (void)fprintf(w->stream, "    %.0f,\n", origin);
    }
    (void)fputs("};\n\n", w->stream);
    w->constants += (size_t)graph->column_count * 8;
    (void)fputs(reading_text, w->stream);
    (void)fputs(fields_text, w->stream);
    c_template(w, date_text);
}
