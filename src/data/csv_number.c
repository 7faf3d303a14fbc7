/*
 * Digits become an integer and a power of ten. Where both are exact as doubles, one product or quotient
 * of them is the nearest double to the decimal (Clinger 1990, "How to read floating point numbers
 * accurately"); all else is left to strtod.
 */
#include "data/csv_number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    MOST_DIGITS = 19,    /* that always fit into 64 bits */
    EXACT_POWER = 22,    /* 10^22 is a double, 10^23 is not */
    MOST_EXPONENT = 9999 /* beyond any double's; larger ones only must not overflow */
};

#define EXACT_INTEGER (UINT64_C(1) << 53)

/* Appends the digits that begin at `at`; past MOST_DIGITS of them the value means nothing. */
static inline const char *take_digits(const char *at, uint64_t *value)
{
    uint64_t all = *value;
    for (unsigned digit; (digit = (unsigned)*at - '0') < 10; at++) {
        all = all * 10 + digit;
    }
    *value = all;
    return at;
}

/* "e-05" and the like; NULL where no digit follows the e. */
static const char *take_exponent(const char *at, ptrdiff_t *exponent)
{
    bool negative = at[1] == '-';
    at += negative || at[1] == '+' ? 2 : 1;
    const char *digits = at;
    ptrdiff_t value = 0;
    for (unsigned digit; (digit = (unsigned)*at - '0') < 10; at++) {
        value = value < MOST_EXPONENT ? value * 10 + (ptrdiff_t)digit : value;
    }
    *exponent += negative ? -value : value;
    return at > digits ? at : NULL;
}

/* mantissa * 10^exponent where that is exact but for its last rounding; false where it is not. */
static inline bool exact(uint64_t mantissa, ptrdiff_t exponent, double *value)
{
    static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (mantissa > EXACT_INTEGER || exponent < -EXACT_POWER || exponent > EXACT_POWER) {
        return false;
    }
    double whole = (double)mantissa;
    *value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent];
    return true;
}

const char *csv_number(const char *at, locale_t c, double *value)
{
    const char *start = at;
    bool negative = *at == '-';
    at += negative || *at == '+';
    uint64_t mantissa = 0;
    ptrdiff_t exponent = 0;
    const char *digits = at;
    at = take_digits(at, &mantissa);
    ptrdiff_t count = at - digits;
    if (*at == '.') {
        const char *fraction = at + 1;
        at = take_digits(fraction, &mantissa);
        exponent = fraction - at;
        count += at - fraction;
    }
    if (count == 0) {
        return NULL;
    }
    if (*at == 'e' || *at == 'E') {
        at = take_exponent(at, &exponent);
        if (!at) {
            return NULL;
        }
    }
    if (count > MOST_DIGITS || !exact(mantissa, exponent, value)) {
        *value = strtod_l(start, NULL, c);
        return at;
    }
    *value = negative ? -*value : *value;
    return at;
}
