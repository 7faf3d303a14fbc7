/* Dates by a format, in the proleptic Gregorian calendar. */
#include "data/csv/csv_date.h"

#include "table/calendar.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

const char *const csv_date_formats[] = {
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y",  "%d/%m/%Y", "%m/%d/%Y",
    "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y",  "%m/%d/%y", "%d %b %Y",
    "%d-%b-%Y", "%d-%b-%y", "%b %d %Y", "%b %d, %Y", "%H:%M",    NULL,
};

typedef struct date_parts {
    int year, month, day, hour, minute;
    double seconds; /* with those of the zone taken off */
} date_parts;

/* Reads `least` to `most` digits within low .. high. */
static bool read_digits(const char **at, const char *end, int least, int most, int low, int high,
                        int *value)
{
    int count = 0;
    *value = 0;
    for (; count < most && *at < end && isdigit((unsigned char)**at); count++) {
        *value = *value * 10 + (*(*at)++ - '0');
    }
    bool longer = *at < end && isdigit((unsigned char)**at);
    return count >= least && !(longer && least == most) && *value >= low && *value <= high;
}

/* The name of a month in English, or its first three letters. */
static bool read_month(const char **at, const char *end, int *month)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    ptrdiff_t length = 0;
    while (*at + length < end && isalpha((unsigned char)(*at)[length])) {
        length++;
    }
    for (int i = 0; i < 12; i++) {
        bool full = (size_t)length == strlen(names[i]);
        if ((full || length == 3) && strncasecmp(*at, names[i], (size_t)length) == 0) {
            *month = i + 1;
            *at += length;
            return true;
        }
    }
    return false;
}

static bool read_field(char field, const char **at, const char *end, date_parts *parts)
{
    switch (field) {
    case 'Y':
        return read_digits(at, end, 4, 4, 1, 9999, &parts->year);
    case 'y':
        if (!read_digits(at, end, 2, 2, 0, 99, &parts->year)) {
            return false;
        }
        parts->year += parts->year < 69 ? 2000 : 1900; /* POSIX strptime */
        return true;
    case 'm':
        return read_digits(at, end, 1, 2, 1, 12, &parts->month);
    case 'd':
        return read_digits(at, end, 1, 2, 1, 31, &parts->day);
    case 'b':
        return read_month(at, end, &parts->month);
    case 'H':
        return read_digits(at, end, 1, 2, 0, 23, &parts->hour);
    case 'M':
        return read_digits(at, end, 2, 2, 0, 59, &parts->minute);
    default:
        return false;
    }
}

static bool take_byte(const char **at, const char *end, char byte)
{
    bool there = *at < end && **at == byte;
    *at += there;
    return there;
}

/* ":09.25", which may be missing. */
static bool read_seconds(const char **at, const char *end, date_parts *parts)
{
    int seconds = 0;
    if (!take_byte(at, end, ':')) {
        return true;
    }
    if (!read_digits(at, end, 2, 2, 0, 60, &seconds)) {
        return false;
    }
    parts->seconds += seconds;
    double unit = 0.1;
    if (take_byte(at, end, '.')) {
        for (; *at < end && isdigit((unsigned char)**at); (*at)++, unit /= 10) {
            parts->seconds += (**at - '0') * unit;
        }
    }
    return true;
}

/* " PM", which may be missing. */
static bool read_half_of_day(const char **at, const char *end, date_parts *parts)
{
    const char *text = *at + (*at < end && **at == ' ');
    if (end - text < 2 || (strncasecmp(text, "AM", 2) != 0 && strncasecmp(text, "PM", 2) != 0)) {
        return true;
    }
    bool afternoon = text[0] == 'P' || text[0] == 'p';
    *at = text + 2;
    if (parts->hour < 1 || parts->hour > 12) {
        return false;
    }
    parts->hour = parts->hour % 12 + (afternoon ? 12 : 0);
    return true;
}

/* "Z", " UTC", "+01:00" or "+0100", which may be missing. */
static bool read_zone(const char **at, const char *end, date_parts *parts)
{
    const char *text = *at + (*at < end && **at == ' ');
    int hours = 0;
    int minutes = 0;
    if (take_byte(at, end, 'Z')) {
        return true;
    }
    if (end - text == 3 && strncasecmp(text, "UTC", 3) == 0) {
        *at = end;
        return true;
    }
    if (text == end || (*text != '+' && *text != '-')) {
        return true;
    }
    double sign = 1.0;
    if (*text == '-') {
        sign = -1.0;
    }
    *at = text + 1;
    if (end - *at < 2 || !isdigit((unsigned char)(*at)[0]) || !isdigit((unsigned char)(*at)[1])) {
        return false;
    }
    hours = ((*at)[0] - '0') * 10 + ((*at)[1] - '0');
    *at += 2;
    (void)take_byte(at, end, ':');
    if (*at < end && !read_digits(at, end, 2, 2, 0, 59, &minutes)) {
        return false;
    }
    parts->seconds -= sign * (hours * 3600.0 + minutes * 60.0);
    return hours <= 14;
}

static bool read_time(const char **at, const char *end, date_parts *parts)
{
    return read_field('H', at, end, parts) && take_byte(at, end, ':') &&
           read_field('M', at, end, parts);
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool has_day(const date_parts *parts)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = parts->month == 2 && is_leap(parts->year);
    return parts->day <= days[parts->month - 1] + leap;
}

bool csv_date_read(const char *format, const char *text, const char *end, double *days)
{
    date_parts parts = {.year = 1970, .month = 1, .day = 1};
    const char *at = text;
    bool time = false;
    for (; *format; format++) {
        bool field = *format == '%' && format[1];
        time = time || (field && format[1] == 'H');
        if (field ? !read_field(*++format, &at, end, &parts) : !take_byte(&at, end, *format)) {
            return false;
        }
    }
    if (!time && end - at > 4 && (*at == ' ' || *at == 'T')) {
        at++;
        time = true;
        if (!read_time(&at, end, &parts)) {
            return false;
        }
    }
    if (time && !(read_seconds(&at, end, &parts) && read_half_of_day(&at, end, &parts) &&
                  read_zone(&at, end, &parts))) {
        return false;
    }
    if (at != end || !has_day(&parts)) {
        return false;
    }
    *days = date_days(parts.year, parts.month, parts.day) +
            (parts.hour * 3600.0 + parts.minute * 60.0 + parts.seconds) / 86400.0;
    return true;
}
