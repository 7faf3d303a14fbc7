/*
 * Digits become an integer and a power of ten. Where both are exact as doubles, one product or
 * quotient of them is the nearest double to the decimal (Clinger 1990, "How to read floating point
 * numbers accurately"); all else is left to strtod.
 */
#include "data/csv/csv_number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_DIGITS = 19,    /* that always fit into 64 bits */
    EXACT_POWER = 22,    /* 10^22 is a double, 10^23 is not */
    MOST_EXPONENT = 9999 /* beyond any double's; larger ones only must not overflow */
};

#define EXACT_INTEGER (UINT64_C(1) << 53)

/* Eight bytes, the first of them lowest. */
static inline uint64_t load_8(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
}

/* The number that eight digits are, one a byte: neighbours are joined, three times. */
static inline uint64_t join_digits(uint64_t digits)
{
    uint64_t pairs = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    uint64_t fours = (pairs * 100 + (pairs >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (fours * 10000 + (fours >> 32)) & UINT64_C(0xffffffff);
}

/*
 * Appends the digits that begin at `at`, eight bytes at a time and without a branch for each, which
 * would be mispredicted. The value is wrong if there are more than MOST_DIGITS digits.
 */
static inline const char *take_digits(const char *at, uint64_t *value)
{
    static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    for (;; at += 8) {
        uint64_t digits = load_8(at) ^ UINT64_C(0x3030303030303030);
        /* The lowest byte of these that is not 0 is that of the first byte above 9. */
        uint64_t others = ((digits + UINT64_C(0x7676767676767676)) | digits) & //
                          UINT64_C(0x8080808080808080);
        if (others) {
            unsigned count = (unsigned)__builtin_ctzll(others) / 8;
            /* Zeros take the place of what does not belong to the number. */
            uint64_t padded = digits << (56 - 8 * count) << 8;
            *value = *value * powers[count] + join_digits(padded);
            return at + count;
        }
        *value = *value * 100000000 + join_digits(digits);
    }
}

/* Reads an exponent, "e-05". Returns NULL if no digit follows the e. */
static const char *take_exponent(const char *at, ptrdiff_t *exponent)
{
    bool negative = at[1] == '-';
    at += negative || at[1] == '+' ? 2 : 1;
    const char *digits = at;
    ptrdiff_t value = 0;
    for (unsigned digit; (digit = (unsigned)*at - '0') < 10; at++) {
        if (value < MOST_EXPONENT) {
            value = value * 10 + (ptrdiff_t)digit;
        }
    }
    *exponent += negative ? -value : value;
    if (at > digits) {
        return at;
    }
    return NULL;
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
    static const double signs[] = {1, -1};
    const char *start = at;
    bool negative = *at == '-';
    at += negative | (*at == '+');
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
    *value *= signs[negative];
    return at;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

bool csv_has_decimal_comma(const char *text, const char *end)
{
    text += text < end && (*text == '-' || *text == '+');
    const char *comma = skip_digits(text, end);
    return comma > text && comma + 1 < end && *comma == ',' && skip_digits(comma + 1, end) == end;
}
