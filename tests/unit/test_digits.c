/*
 * The drawn digits: the same bits everywhere, balanced, different from each other, inside their
 * frame. How hard they are to learn is a matter for the tests of training.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "data/synthetic/digits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 2000 };

static uint8_t *drawn(uint64_t seed, uint64_t first, int64_t count, int threads)
{
    uint8_t *pixels = memory_alloc((size_t)count, DIGITS_PIXELS);
    assert_non_null(pixels);
    digits_draw_run(seed, first, count, threads, pixels);
    return pixels;
}

/* The same bytes from every compiler, at every level of optimisation, on every machine. */
static void test_bits(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, first, hash;
    } expected[] = {
        {1, 0, UINT64_C(0x1e61a500839ed730)},
        {1, DIGITS_TRAIN, UINT64_C(0xd3d2782a8e33b2ea)},
        {UINT64_MAX, 0, UINT64_C(0x3f9bd0b25a640dc7)},
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        uint8_t *pixels = drawn(expected[i].seed, expected[i].first, COUNT, 0);
        uint64_t hash = hash_bytes(HASH_START, pixels, (size_t)COUNT * DIGITS_PIXELS);
        if (hash != expected[i].hash) {
            print_error("row %zu: 0x%016llx\n", i, (unsigned long long)hash);
        }
        assert_true(hash == expected[i].hash);
        memory_free(pixels);
    }
}

static void test_threads(void **state)
{
    (void)state;
    uint8_t *one = drawn(7, 0, COUNT, 1);
    uint8_t *three = drawn(7, 0, COUNT, 3);
    assert_memory_equal(one, three, (size_t)COUNT * DIGITS_PIXELS);
    memory_free(one);
    memory_free(three);
}

/* A run is a window on one long row of images: it does not matter where it begins. */
static void test_runs(void **state)
{
    (void)state;
    uint8_t *whole = drawn(7, 0, 30, 1);
    uint8_t *part = drawn(7, 13, 10, 2);
    assert_memory_equal(whole + (size_t)13 * DIGITS_PIXELS, part, (size_t)10 * DIGITS_PIXELS);
    memory_free(whole);
    memory_free(part);
}

static void test_labels(void **state)
{
    (void)state;
    int seen[DIGITS_CLASSES] = {0};
    for (int i = 0; i < DIGITS_TEST; i++) {
        int32_t label = digits_label(DIGITS_TRAIN + (uint64_t)i);
        assert_in_range(label, 0, DIGITS_CLASSES - 1);
        seen[label]++;
        /* Any beginning of the row is balanced, to one image. */
        assert_in_range(seen[label], i / DIGITS_CLASSES, i / DIGITS_CLASSES + 1);
    }
}

static int compare_images(const void *a, const void *b)
{
    return memcmp(a, b, DIGITS_PIXELS);
}

/* Those of one seed, of the next, and of the test set together: no two are the same. */
static void test_different(void **state)
{
    (void)state;
    size_t part = (size_t)COUNT * DIGITS_PIXELS;
    uint8_t *pixels = memory_alloc(3, part);
    assert_non_null(pixels);
    digits_draw_run(1, 0, COUNT, 0, pixels);
    digits_draw_run(2, 0, COUNT, 0, pixels + part);
    digits_draw_run(1, DIGITS_TRAIN, COUNT, 0, pixels + 2 * part);
    qsort(pixels, 3 * (size_t)COUNT, DIGITS_PIXELS, compare_images);
    for (size_t i = 1; i < 3 * (size_t)COUNT; i++) {
        const uint8_t *image = pixels + i * DIGITS_PIXELS;
        assert_true(compare_images(image - DIGITS_PIXELS, image) != 0);
    }
    memory_free(pixels);
}

static bool on_edge(int row, int column)
{
    return row < 2 || column < 2 || row >= DIGITS_SIDE - 2 || column >= DIGITS_SIDE - 2;
}

/* The outer two rings are paper, and what is inside is a line, neither a speck nor a blot. */
static void test_frame(void **state)
{
    (void)state;
    uint8_t *pixels = drawn(3, 0, COUNT, 0);
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *image = pixels + i * DIGITS_PIXELS;
        int inked = 0;
        int darkest = 0;
        for (int at = 0; at < DIGITS_PIXELS; at++) {
            if (on_edge(at / DIGITS_SIDE, at % DIGITS_SIDE)) {
                assert_int_equal(image[at], 0);
            }
            inked += image[at] > 0;
            darkest = image[at] > darkest ? image[at] : darkest;
        }
        assert_in_range(inked, 20, DIGITS_PIXELS / 2);
        assert_in_range(darkest, 128, 255);
    }
    memory_free(pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),  cmocka_unit_test(test_threads),
        cmocka_unit_test(test_runs),  cmocka_unit_test(test_labels),
        cmocka_unit_test(test_frame), cmocka_unit_test(test_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
