/*
 * Floats as the tools write them: read back they are the same bits, and no number of fewer digits
 * is. Of random bits; the seed is printed and can be given.
 */
#include "common/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FLOATS = 200000 };

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Bits of any kind, and numbers as they stand in tables. */
static float draw(uint64_t *state, int index)
{
    uint32_t bits = (uint32_t)(next(state) >> 20);
    float number;
    memcpy(&number, &bits, sizeof number);
    return index % 3 == 0   ? (float)(bits % 10000000) / 1000.0f
           : index % 3 == 1 ? (float)bits / 4294967296.0f
                            : number;
}

/* Digits that count: without the zeros on both sides. */
static int count_digits(const char *text)
{
    int digits = 0;
    int zeros = 0;
    for (; *text && *text != 'e'; text++) {
        zeros = *text == '0' ? zeros + (digits > 0) : zeros;
        if (*text >= '1' && *text <= '9') {
            digits += zeros + 1;
            zeros = 0;
        }
    }
    return digits;
}

static bool check(float number)
{
    char exact[32] = "";
    short_text shortest = text_shortest(number);
    float back = strtof(shortest.text, NULL);
    for (int digits = 1; digits <= 9; digits++) {
        (void)snprintf(exact, sizeof exact, "%.*g", digits, (double)number);
        if (strtof(exact, NULL) == number) {
            break;
        }
    }
    bool same = back == number && !signbit(back) == !signbit(number);
    if (!same || count_digits(shortest.text) > count_digits(exact)) {
        (void)printf("%s is written %s\n", exact, shortest.text);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const float edges[] = {
        0.0f,  -0.0f, 1.0f,   -1.0f,       1e15f, 1e14f,           1e-4f,
        1e-5f, 1e5f,  1e-45f, 16777216.0f, -0.1f, 1.17549435e-38f, 3.40282347e38f};
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    uint64_t state = seed * 2 + 1;
    int wrong = 0;
    (void)printf("seed %" PRIu64 "\n", seed);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        wrong += !check(edges[i]);
    }
    for (int i = 0; i < FLOATS; i++) {
        float number = draw(&state, i);
        wrong += isfinite(number) && !check(number);
    }
    return wrong != 0;
}
