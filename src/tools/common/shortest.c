/*
 * The shortest decimal number that a float is read back from. Digits are found with doubles,
 * one more at a time; where a double cannot tell which float a number would be read as, the
 * C library can.
 */
#include "common/text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MOST = 9 }; /* that always suffice */

/* digits * 10^-places */
typedef struct decimal {
    int64_t digits;
    int places;
} decimal;

/* Of what the places of a float in -38 .. 46 need, each the double nearest to it. */
static const double powers[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
    1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47,
};

static double times_power(double value, int power)
{
    if (power >= 0) {
        return value * powers[power];
    }
    return value / powers[-power];
}

/*
 * Whether the decimal is surely read as `value`. The double is off by three roundings at most; near
 * the middle between two floats, where the lower 29 bits are 2^28, that could decide. Whole numbers
 * below 2^53 are exact.
 */
static bool is_read_as(decimal number, double value)
{
    double near = times_power((double)number.digits, -number.places);
    uint64_t bits;
    memcpy(&bits, &near, sizeof bits);
    int64_t from_middle = (int64_t)(bits & 0x1fffffff) - 0x10000000;
    bool exact = number.places <= 0 && near < 0x1p53;
    bool sure = exact || from_middle > 8 || from_middle < -8;
    return sure && (double)(float)near == value;
}

static bool find_digits(double value, decimal *found)
{
    int power = (int)floor(log10(value));
    for (int digits = 1; digits <= DIGITS_MOST; digits++) {
        int places = digits - 1 - power;
        *found = (decimal){llround(times_power(value, places)), places};
        if (is_read_as(*found, value)) {
            return true;
        }
    }
    return false;
}

static char *copy(char *to, const char *from, int count)
{
    memcpy(to, from, (size_t)count);
    return to + count;
}

static char *zeros(char *to, int count)
{
    memset(to, '0', (size_t)count);
    return to + count;
}

/* 1.25e-07 from the digits 125 */
static char *write_exponent(const char *digits, int length, int power, char *to)
{
    *to++ = digits[0];
    if (length > 1) {
        *to++ = '.';
        to = copy(to, digits + 1, length - 1);
    }
    *to++ = 'e';
    *to++ = power < 0 ? '-' : '+';
    *to++ = (char)('0' + abs(power) / 10);
    *to++ = (char)('0' + abs(power) % 10);
    return to;
}

/* 1250, 12.5 or 0.0125 from the digits 125, `before` of which precede the point. */
static char *write_plain(const char *digits, int length, int whole, char *to)
{
    if (whole >= length) {
        return zeros(copy(to, digits, length), whole - length);
    }
    if (whole > 0) {
        to = copy(to, digits, whole);
        *to++ = '.';
        return copy(to, digits + whole, length - whole);
    }
    return copy(zeros(copy(to, "0.", 2), -whole), digits, length);
}

/* As %g writes it, but large numbers without an exponent where they can do without. */
static void write_digits(decimal number, char *to)
{
    char digits[24];
    while (number.digits % 10 == 0) {
        number.digits /= 10;
        number.places--;
    }
    int length = snprintf(digits, sizeof digits, "%" PRId64, number.digits);
    int power = length - 1 - number.places;
    bool plain = power >= -4 && power <= 14;
    char *end = plain ? write_plain(digits, length, power + 1, to)
                      : write_exponent(digits, length, power, to);
    *end = '\0';
}

/* The C library reads and writes exactly, and much more slowly. */
static void write_slowly(float value, char *to, size_t size)
{
    for (int digits = 1; digits <= DIGITS_MOST; digits++) {
        (void)snprintf(to, size, "%.*g", digits, (double)value);
        if (strtof(to, NULL) == value) {
            break;
        }
    }
}

short_text text_shortest(float value)
{
    short_text number = {""};
    decimal found;
    float size = fabsf(value);
    bool negative = signbit(value) != 0;
    if (size >= FLT_MIN && size <= FLT_MAX && find_digits((double)size, &found)) {
        number.text[0] = '-';
        write_digits(found, number.text + negative);
    } else {
        write_slowly(value, number.text, sizeof number.text);
    }
    return number;
}
