/*
 * NPY: the files of tests/data/npy that must load, read and mapped, and those that must be refused;
 * the stored types, each against another way to convert it; and gathering them. How much memory is
 * asked for is seen by a memory_alloc put in the place of the real one (the linker's --wrap).
 *
 * `test_npy --time` times gathering instead.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "data/batch.h"
#include "data/npy/npy.h"
#include "wrapped_memory.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Enough for the buffers of a small file, far from what a lying header promises. */
#define SMALL_FILE_MEMORY ((size_t)1 << 20)

#define ALL_TYPES (DTYPE_F64 + 1)

static const char *data_folder;

/* ---- Helpers ---- */

typedef struct loaded {
    char path[4096];
    data_table table;
    nnfs_error error;
    nnfs_status status;
} loaded;

/* limit < 0: that of npy_read. */
static void load_with(const char *name, const nnfs_dataset_settings *settings, int64_t limit,
                      loaded *set)
{
    *set = (loaded){.status = NNFS_OK};
    (void)snprintf(set->path, sizeof set->path, "%s/npy/%s.npy", data_folder, name);
    memory_asked = 0;
    set->status =
        limit < 0 ? npy_read(set->path, settings, &set->table, &set->error)
                  : npy_read_within(set->path, settings, (size_t)limit, &set->table, &set->error);
}

static void load(const char *name, int64_t limit, loaded *set)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    load_with(name, &settings, limit, set);
}

/* The status, a message of one line that begins with the path and has `part`, and no table. */
static void assert_refused(const char *name, const loaded *set, nnfs_status status,
                           const char *part)
{
    if (set->status != status || set->error.status != status) {
        fail_msg("%s: status %d, not %d: %s", name, (int)set->status, (int)status,
                 set->error.message);
    }
    char wanted[4400];
    (void)snprintf(wanted, sizeof wanted, "%s: %s", set->path, part);
    if (strncmp(set->error.message, wanted, strlen(wanted)) != 0 ||
        strchr(set->error.message, '\n')) {
        fail_msg("%s: expected \"%s...\", got \"%s\"", name, wanted, set->error.message);
    }
    static const data_table none;
    assert_memory_equal(&set->table, &none, sizeof none);
    if (memory_asked > SMALL_FILE_MEMORY) {
        fail_msg("%s: asked for %zu bytes", name, memory_asked);
    }
}

/* ---- What must load ---- */

/* Three samples of two values of each type, as floats. */
static const double expected[ALL_TYPES][6] = {
    [DTYPE_U8] = {0, 1, 2, 127, 128, 255},
    [DTYPE_I8] = {-128, -1, 0, 1, 2, 127},
    [DTYPE_I16] = {-32768, -1, 0, 1, 258, 32767},
    [DTYPE_I32] = {-2147483648.0, -1, 0, 1, 16777220, 2147483648.0},
    /* 2^40 + 2^17 is a float: 24 bits reach down to 2^17 */
    [DTYPE_I64] = {-0x1p63, -1, 0, 1, 0x1p40 + 0x1p17, 0x1p63},
    [DTYPE_F16] = {-65504, -0.5, 0x1p-24, 0.333251953125, 1, 65504},
    [DTYPE_F32] = {-3.5, 0x1p-149, 0.25, 16777215, 1, (double)FLT_MAX},
    [DTYPE_F64] = {-2.5, 0, (double)0.1f, 16777220, 1.5, (double)FLT_MAX},
};

typedef struct accepted {
    const char *name;
    dtype stored; /* in the file: the values expected */
    dtype type;   /* in the table */
    bool swapped;
    int rows, columns;
} accepted;

static const accepted accepts[] = {
    {"u1", DTYPE_U8, DTYPE_U8, false, 3, 2},
    {"i1", DTYPE_I8, DTYPE_I8, false, 3, 2},
    {"i2-little", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"i2-big", DTYPE_I16, DTYPE_I16, true, 3, 2},
    {"i4-little", DTYPE_I32, DTYPE_I32, false, 3, 2},
    {"i4-big", DTYPE_I32, DTYPE_I32, true, 3, 2},
    {"i8-little", DTYPE_I64, DTYPE_I64, false, 3, 2},
    {"i8-big", DTYPE_I64, DTYPE_I64, true, 3, 2},
    {"f2-little", DTYPE_F16, DTYPE_F16, false, 3, 2},
    {"f2-big", DTYPE_F16, DTYPE_F16, true, 3, 2},
    {"f4-little", DTYPE_F32, DTYPE_F32, false, 3, 2},
    {"f4-big", DTYPE_F32, DTYPE_F32, true, 3, 2},
    {"f8-little", DTYPE_F64, DTYPE_F64, false, 3, 2},
    {"f8-big", DTYPE_F64, DTYPE_F64, true, 3, 2},
    {"version-2", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"version-3", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"aligned-16", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"aligned-1", DTYPE_F32, DTYPE_F32, false, 3, 2},
    {"spelling", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"longest-header", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"packed", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"rank-1", DTYPE_I16, DTYPE_I16, false, 6, 1},
    {"rank-1-fortran", DTYPE_I16, DTYPE_I16, false, 6, 1},
    {"rank-3", DTYPE_I16, DTYPE_I16, false, 1, 6},
    {"rank-8", DTYPE_I16, DTYPE_I16, false, 3, 2},
    {"fortran", DTYPE_I16, DTYPE_F32, false, 3, 2},
    {"fortran-big", DTYPE_I16, DTYPE_F32, false, 3, 2},
    {"fortran-packed", DTYPE_I16, DTYPE_F32, false, 3, 2},
};

static const bool little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

static void assert_table(const accepted *wanted, const loaded *set)
{
    const data_table *table = &set->table;
    if (set->status != NNFS_OK) {
        fail_msg("%s: %s", wanted->name, set->error.message);
    }
    if (table->type != wanted->type || table->rows != wanted->rows ||
        table->column_count != wanted->columns) {
        fail_msg("%s: type %d, %d rows, %d columns", wanted->name, (int)table->type,
                 (int)table->rows, table->column_count);
    }
    bool one_order = dtype_bytes(wanted->stored) == 1 || wanted->type != wanted->stored;
    assert_int_equal(table->swapped, !one_order && wanted->swapped == little_endian);
    assert_int_equal(table->first_line, 0);
    assert_null(table->lines);
    float x[6];
    dtype_to_floats(table->type, table->swapped, table->values, 6, x);
    for (int i = 0; i < 6; i++) {
        if ((double)x[i] != expected[wanted->stored][i]) {
            fail_msg("%s: value %d is %.9g", wanted->name, i, (double)x[i]);
        }
    }
    for (int i = 0; i < table->column_count; i++) {
        const table_column *column = &table->columns[i];
        assert_null(column->name);
        assert_int_equal(column->kind, NNFS_COLUMN_NUMBER);
        assert_int_equal(column->missing, 0);
    }
}

static void test_accepts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepts / sizeof accepts[0]; i++) {
        const accepted *wanted = &accepts[i];
        loaded set;
        char name[64];
        (void)snprintf(name, sizeof name, "accept/%s", wanted->name);
        load(name, -1, &set);
        assert_table(wanted, &set);
        assert_null(set.table.mapping);
        table_free(&set.table);
        load(name, 11, &set); /* a byte less than those of i2 need */
        assert_table(wanted, &set);
        bool plain = !strstr(wanted->name, "packed") && wanted->type == wanted->stored;
        bool large = dtype_bytes(wanted->stored) * 6 > 11;
        assert_int_equal(set.table.mapping != NULL, plain && large);
        table_free(&set.table);
    }
}

static void test_booleans(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 1, 0, 1, 0};
    loaded set;
    load("accept/b1", -1, &set);
    assert_int_equal(set.status, NNFS_OK);
    assert_int_equal(set.table.type, DTYPE_U8);
    assert_memory_equal(set.table.values, values, sizeof values);
    table_free(&set.table);
}

/* Read by default, as it is small; mapped for several processes. */
static void test_shared(void **state)
{
    (void)state;
    for (int shared = 0; shared <= 1; shared++) {
        nnfs_dataset_settings settings;
        loaded set;
        nnfs_dataset_settings_init(&settings);
        settings.shared = shared;
        load_with("accept/b1", &settings, -1, &set);
        assert_int_equal(set.status, NNFS_OK);
        assert_int_equal(set.table.mapping != NULL, shared);
        table_free(&set.table);
    }
}

/* [2, 3, 4]: the last index fastest, as in C order. */
static void test_fortran_rank_3(void **state)
{
    (void)state;
    for (int limit = -1; limit <= 0; limit++) {
        loaded set;
        load("accept/fortran-rank-3", limit, &set);
        assert_int_equal(set.status, NNFS_OK);
        assert_int_equal(set.table.rows, 2);
        assert_int_equal(set.table.column_count, 12);
        assert_null(set.table.mapping);
        for (int at = 0; at < 24; at++) {
            int value = at / 12 * 100 + at / 4 % 3 * 10 + at % 4;
            assert_true(((float *)set.table.values)[at] == (float)value);
        }
        table_free(&set.table);
    }
}

/* More than a tile each way, and not a whole number of them. */
static void test_fortran_large(void **state)
{
    (void)state;
    enum { ROWS = 1000, COLUMNS = 37 };
    char path[] = "/tmp/nnfs-npy-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "wb");
    assert_non_null(file);
    char text[118];
    int length =
        snprintf(text, sizeof text, "{'descr': '%ci4', 'fortran_order': True, 'shape': (%d, %d)}",
                 little_endian ? '<' : '>', ROWS, COLUMNS);
    memset(text + length, ' ', sizeof text - (size_t)length);
    assert_int_equal(fwrite("\x93NUMPY\1\0\x76\0", 1, 10, file), 10);
    assert_int_equal(fwrite(text, 1, sizeof text, file), sizeof text);
    for (int32_t at = 0; at < ROWS * COLUMNS; at++) {
        assert_int_equal(fwrite(&at, sizeof at, 1, file), 1);
    }
    assert_int_equal(fclose(file), 0);
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    for (int threads = 1; threads <= 3; threads++) {
        data_table table;
        nnfs_error error;
        settings.threads = threads;
        assert_int_equal(npy_read(path, &settings, &table, &error), NNFS_OK);
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            int value = i % COLUMNS * ROWS + i / COLUMNS;
            assert_true(((float *)table.values)[i] == (float)value);
        }
        table_free(&table);
    }
    assert_int_equal(unlink(path), 0);
}

static void test_missing(void **state)
{
    (void)state;
    static const char *const names[] = {"accept/missing-f2", "accept/missing-f4",
                                        "accept/missing-f8"};
    for (size_t i = 0; i < 3; i++) {
        loaded set;
        load(names[i], -1, &set);
        assert_int_equal(set.status, NNFS_OK);
        assert_int_equal(set.table.columns[0].missing, 1);
        assert_int_equal(set.table.columns[1].missing, 3);
        float x[6];
        dtype_to_floats(set.table.type, set.table.swapped, set.table.values, 6, x);
        assert_true(x[0] == 1 && isnan(x[1]) && isnan(x[2]) && isnan(x[3]) && x[4] == 2);
        table_free(&set.table);
    }
}

/* What the settings say of columns. */
static void test_wants(void **state)
{
    (void)state;
    static const char *const first[] = {"1", NULL};
    static const char *const second[] = {"2", NULL};
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    loaded set;
    load("accept/infinite-column", -1, &set);
    assert_refused("infinite", &set, NNFS_ERROR_DATA, "row 1, column 2: the value is infinite");
    settings.targets = first;
    settings.drop = second; /* then it is not looked at */
    load_with("accept/infinite-column", &settings, -1, &set);
    assert_string_equal(set.error.message, "");
    table_free(&set.table);
    settings.drop = NULL;
    settings.categorical = second;
    load_with("accept/u1", &settings, -1, &set);
    assert_refused("categories", &set, NNFS_ERROR_ARGUMENT,
                   "column 2 cannot be categories: NPY columns are numbers");
}

/* ---- What must be refused ---- */

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *part; /* of the message, after the path */
    } cases[] = {
        {"empty", "byte 0: it is empty"},
        {"magic", "byte 0: neither NPY nor gzip: it begins with 94 4e, NPY with 93 4e"},
        {"magic-cut", "byte 7: the file ends here, its header needs 1 more"},
        {"version-1.1", "byte 6: version 1.1 of the format is none of 1.0, 2.0 and 3.0"},
        {"version-4.0", "byte 6: version 4.0 of the format is none of 1.0, 2.0 and 3.0"},
        {"length-cut", "byte 9: the file ends here, its header needs 1 more"},
        {"header-past-end", "byte 140: the file ends here, its header needs 70 more"},
        {"header-too-long", "byte 8: the header's length is 10102, more than 10000 bytes"},
        {"header-4-gb", "byte 8: the header's length is 4294967295, more than 10000 bytes"},
        {"not-a-dict", "byte 10: the header is not a Python dictionary: here, '{' is wanted"},
        {"empty-header", "byte 64: the header is not a Python dictionary: here, '{' is wanted"},
        {"no-descr", "byte 10: the header has no key 'descr'"},
        {"no-fortran-order", "byte 10: the header has no key 'fortran_order'"},
        {"no-shape", "byte 10: the header has no key 'shape'"},
        {"extra-key", "byte 68: the key 'more' is none of descr, fortran_order and shape"},
        {"foreign-key", "byte 68: the key 'gr????e' is none of descr, fortran_order and shape"},
        {"repeated-key", "byte 68: the key 'shape' comes again"},
        {"key-not-quoted", "byte 11: a key of the header is not a quoted string"},
        {"quote-not-ended", "byte 11: a key of the header is not a quoted string"},
        {"no-colon", "byte 19: after a key, ':' is wanted"},
        {"no-comma", "byte 26: the header's dictionary ends here, '}' is wanted"},
        {"not-ended", "byte 128: a key of the header is not a quoted string"},
        {"after-the-dict", "byte 70: the header goes on after its dictionary"},
        {"order-number", "byte 44: fortran_order is neither True nor False"},
        {"negative-size", "byte 64: size 2 of the shape is negative"},
        {"boolean-size", "byte 61: size 1 of the shape is a boolean"},
        {"zero-size", "byte 61: size 1 of the shape is 0"},
        {"zero-columns", "byte 64: size 2 of the shape is 0"},
        {"fraction-size", "byte 62: the shape ends here, ')' is wanted"},
        {"octal-size", "byte 64: size 2 of the shape is 0"},
        {"text-size", "byte 64: size 2 of the shape is not a whole number"},
        {"shape-list", "byte 60: the shape begins here, '(' is wanted"},
        {"shape-number", "byte 62: in a shape of one size, ',' is wanted"},
        {"rank-0", "byte 10: the shape () is a single number's; [samples, ...] is wanted"},
        {"rank-9", "byte 85: the shape has more than 8 sizes"},
        {"overflow", "byte 10: the product of the sizes overflows"},
        {"overflow-size", "byte 10: the product of the sizes overflows"},
        {"overflow-bytes", "byte 10: the product of the sizes overflows"},
        {"columns", "byte 10: the shape gives a sample more than 16777216 values"},
        {"objects", "byte 20: type '|O' (Python objects) cannot be read, only u1, i1, i2, i4, i8, "
                    "f2, f4, f8 and b1"},
        {"structured", "byte 20: a structured type cannot be read, only plain numbers"},
        {"void", "byte 20: type '|V4' (a structured type) cannot be read, only u1,"},
        {"unsigned", "byte 20: type '<u2' cannot be read, only u1,"},
        {"complex", "byte 20: type '<c8' cannot be read, only u1,"},
        {"text", "byte 10: an array of text is read if it is one column"},
        {"no-byte-order", "byte 20: type 'i2' cannot be read, only u1,"},
        {"own-byte-order", "byte 20: type '|i2' cannot be read, only u1,"},
        {"descr-number", "byte 20: the type is not a quoted string"},
        {"promises-4-gb", "byte 128: the header promises 4294967296 more bytes, the file has 12"},
        {"short", "byte 128: the header promises 12 more bytes, the file has 11"},
        {"trailing", "byte 140: the data goes on after what the header promises"},
        {"packed-trailing", "unpacked byte 140: the data goes on after what the header promises"},
        {"infinite-f2", "row 2, column 2: the value is infinite"},
        {"infinite-f4", "row 3, column 1: the value is infinite"},
        {"infinite-f8", "row 1, column 1: the value is infinite, or too large for float32"},
        {"too-large-f8", "row 3, column 2: the value is infinite, or too large for float32"},
        {"too-large-fortran", "row 2, column 1: the value is infinite, or too large for float32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "refuse/%s", cases[i].name);
        for (int limit = -1; limit <= 0; limit++) {
            loaded set;
            load(name, limit, &set);
            assert_refused(name, &set, NNFS_ERROR_DATA, cases[i].part);
        }
    }
    loaded set;
    load("not-there", -1, &set);
    assert_refused("not there", &set, NNFS_ERROR_IO, "No such file or directory");
}

/* The k-th allocation fails, and all after it, for every k: a clean error each time. */
static void test_out_of_memory(void **state)
{
    (void)state;
    static const char *const names[] = {"accept/f4-little", "accept/fortran", "accept/packed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        loaded set = {.status = NNFS_ERROR_MEMORY};
        long grants = 0;
        for (; set.status != NNFS_OK && grants < 100; grants++) {
            memory_grants = grants;
            load(names[i], -1, &set);
            memory_grants = -1;
            if (set.status != NNFS_OK) {
                assert_int_equal(set.status, NNFS_ERROR_MEMORY);
                assert_null(set.table.columns);
            }
        }
        assert_int_equal(set.status, NNFS_OK);
        assert_true(grants >= 3);
        table_free(&set.table);
    }
}

/* ---- Stored types ---- */

/* A half as IEEE 754 defines it, by powers of two. */
static double half_to_double(uint16_t half)
{
    int exponent = half >> 10 & 31;
    double fraction = (half & 1023) / 1024.0;
    double magnitude = exponent == 0    ? ldexp(fraction, -14)
                       : exponent == 31 ? (fraction != 0 ? (double)NAN : (double)INFINITY)
                                        : ldexp(1 + fraction, exponent - 15);
    return half >> 15 ? -magnitude : magnitude;
}

static void test_halves(void **state)
{
    (void)state;
    enum { HALVES = 65536 };
    static uint16_t halves[2][HALVES];
    static float x[HALVES];
    for (int i = 0; i < HALVES; i++) {
        halves[0][i] = (uint16_t)i;
        halves[1][i] = (uint16_t)(i << 8 | i >> 8);
    }
    for (int swapped = 0; swapped < 2; swapped++) {
        dtype_to_floats(DTYPE_F16, swapped, halves[swapped], HALVES, x);
        for (int i = 0; i < HALVES; i++) {
            double value = half_to_double((uint16_t)i);
            bool right = isnan(value) ? isnan(x[i])
                                      : (double)x[i] == value && !signbit(x[i]) == !signbit(value);
            if (!right) {
                fail_msg("half %04x is %.9g, not %.9g", (unsigned)i, (double)x[i], value);
            }
        }
    }
}

/* One value, by the language's own conversion. */
static float convert_one(dtype type, const unsigned char *at)
{
    union {
        unsigned char bytes[8];
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint16_t half;
        float f32;
        double f64;
    } value;
    memcpy(value.bytes, at, dtype_bytes(type));
    switch (type) {
    case DTYPE_U8:
        return (float)value.bytes[0];
    case DTYPE_I8:
        return (float)value.i8;
    case DTYPE_I16:
        return (float)value.i16;
    case DTYPE_I32:
        return (float)value.i32;
    case DTYPE_I64:
        return (float)value.i64;
    case DTYPE_F16:
        return (float)half_to_double(value.half);
    case DTYPE_F32:
        return value.f32;
    default:
        return (float)value.f64;
    }
}

enum { VALUES = 1000, PAD = 16 };

/* Random bytes are all there is, but for doubles that are mostly within float's range. */
static void fill(dtype type, uint64_t *state, unsigned char *bytes)
{
    for (size_t i = 0; i < VALUES * dtype_bytes(type); i++) {
        *state = *state * 6364136223846793005U + 1442695040888963407U;
        bytes[i] = (unsigned char)(*state >> 56);
    }
    for (size_t i = 0; type == DTYPE_F64 && i < VALUES; i++) {
        double value = ldexp((double)(int64_t)*state + (double)i * 0x1p40, (int)(i % 300) - 200);
        memcpy(bytes + i * sizeof value, &value, sizeof value);
    }
}

static void swap_all(size_t size, unsigned char *bytes)
{
    for (size_t i = 0; i < VALUES; i++) {
        for (size_t j = 0; j < size / 2; j++) {
            unsigned char byte = bytes[i * size + j];
            bytes[i * size + j] = bytes[i * size + size - 1 - j];
            bytes[i * size + size - 1 - j] = byte;
        }
    }
}

static void assert_converted(dtype type, const unsigned char *values, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float value = convert_one(type, values + i * dtype_bytes(type));
        bool right =
            isnan(value) ? isnan(x[i]) : x[i] == value && !signbit(x[i]) == !signbit(value);
        if (!right) {
            fail_msg("type %d: value %zu is %.9g, not %.9g", (int)type, i, (double)x[i],
                     (double)value);
        }
    }
    for (size_t i = count; i < count + PAD; i++) {
        assert_true(x[i] == -77); /* nothing is written past the end */
    }
}

/* Every type, either order, at every address, of lengths that leave any rest to a vector. */
static void test_types(void **state)
{
    (void)state;
    uint64_t random = 1;
    static unsigned char values[VALUES * 8];
    static unsigned char moved[VALUES * 8 + 8];
    static float x[VALUES + PAD];
    for (dtype type = DTYPE_U8; type < ALL_TYPES; type++) {
        for (int swapped = 0; swapped < 2; swapped++) {
            for (size_t count = 0; count <= VALUES; count += count < 70 ? 1 : 93) {
                size_t address = count % 8;
                fill(type, &random, values);
                memcpy(moved + address, values, VALUES * dtype_bytes(type));
                if (swapped) {
                    swap_all(dtype_bytes(type), moved + address);
                }
                for (size_t i = 0; i < VALUES + PAD; i++) {
                    x[i] = -77;
                }
                dtype_to_floats(type, swapped, moved + address, count, x);
                assert_converted(type, values, x, count);
            }
        }
    }
}

/* ---- Gathering ---- */

/* Features 1 to 3 of all, and nothing else. */
static void expect_some_features(const nnfs_dataset *dataset, const uint32_t *order, const float *x,
                                 int64_t count)
{
    float some[64];
    int64_t inputs = dataset->inputs;
    for (int i = 0; i < 64; i++) {
        some[i] = -7.5f;
    }
    dataset_fetch(dataset, order, 0,
                  &(sample_batch){.n = count, .x = some + 1, .feature = 1, .features = 3});
    for (int64_t i = 0; i < count * inputs; i++) {
        bool wanted = i % inputs >= 1 && i % inputs < 4;
        float value = wanted ? x[i] : -7.5f;
        assert_true(some[i] == value || (isnan(value) && isnan(some[i])));
    }
}

/* Rows of 5 values of each type, at any address, shuffled and scaled. */
static void test_gather(void **state)
{
    (void)state;
    enum { FEATURES = 5, ROWS = 40, COUNT = 7 };
    static const uint32_t order[ROWS] = {39, 0, 5, 5, 17, 38, 1};
    uint64_t random = 7;
    static unsigned char values[VALUES * 8];
    static unsigned char moved[VALUES * 8 + 8];
    for (dtype type = DTYPE_U8; type < ALL_TYPES; type++) {
        for (int variant = 0; variant < 8; variant++) {
            bool swapped = variant & 1;
            size_t address = variant & 2 ? 3 : 0;
            float scale = variant & 4 ? 0.25f : 1.0f;
            fill(type, &random, values);
            memcpy(moved + address, values, VALUES * dtype_bytes(type));
            if (swapped) {
                swap_all(dtype_bytes(type), moved + address);
            }
            nnfs_dataset dataset = {.storage = {.features = moved + address,
                                                .type = type,
                                                .swapped = swapped,
                                                .scale = scale,
                                                .feature_count = FEATURES,
                                                .samples = ROWS},
                                    .samples = ROWS,
                                    .inputs = FEATURES};
            float x[COUNT * FEATURES];
            dataset_fetch(&dataset, order, 0, &(sample_batch){.n = COUNT, .x = x});
            for (int i = 0; i < COUNT * FEATURES; i++) {
                size_t at = order[i / FEATURES] * FEATURES + (size_t)(i % FEATURES);
                float value = convert_one(type, values + at * dtype_bytes(type)) * scale;
                assert_true(x[i] == value || (isnan(value) && isnan(x[i])));
            }
            expect_some_features(&dataset, order, x, COUNT);
        }
    }
}

/* ---- Time ---- */

/* Gigabytes of floats a second: the median of runs. */
static double fetch_rate(const nnfs_dataset *dataset, const uint32_t *order, int64_t count,
                         float *x)
{
    enum { RUNS = 21 };
    double seconds[RUNS];
    sample_batch to = {.n = count, .x = x};
    for (int run = 0; run < RUNS; run++) {
        double start = clock_seconds();
        for (int64_t first = 0; first + count <= dataset->samples; first += count) {
            dataset_fetch(dataset, order, first, &to);
        }
        seconds[run] = clock_seconds() - start;
        for (int i = run; i > 0 && seconds[i] < seconds[i - 1]; i--) {
            double later = seconds[i];
            seconds[i] = seconds[i - 1];
            seconds[i - 1] = later;
        }
    }
    return (double)dataset->samples * dataset->storage.feature_count * 4e-9 / seconds[RUNS / 2];
}

static void time_fetch(int features, int64_t samples)
{
    enum { BATCH = 100 };
    unsigned char *values = memory_alloc_zeroed((size_t)samples * (size_t)features, 8);
    uint32_t *order = memory_alloc((size_t)samples, sizeof *order);
    float *x = memory_alloc((size_t)BATCH * (size_t)features, sizeof *x);
    for (int64_t i = 0; i < samples; i++) {
        order[i] = (uint32_t)(i * 7919 % samples);
    }
    for (dtype type = DTYPE_U8; type < ALL_TYPES; type++) {
        nnfs_dataset dataset = {.storage = {.features = values,
                                            .type = type,
                                            .scale = 1.0f / 255.0f,
                                            .feature_count = features,
                                            .samples = samples},
                                .samples = samples};
        double native = fetch_rate(&dataset, order, BATCH, x);
        dataset.storage.swapped = true;
        printf("%4d features, type %d: %6.2f GB/s of floats, swapped %6.2f\n", features, (int)type,
               native, fetch_rate(&dataset, order, BATCH, x));
    }
    memory_free(values);
    memory_free(order);
    memory_free(x);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--time") == 0) {
        time_fetch(784, 20000);
        time_fetch(9, 500000);
        return 0;
    }
    if (argc != 2) {
        (void)fprintf(stderr, "usage: test_npy FOLDER_OF_TEST_DATA | test_npy --time\n");
        return 2;
    }
    data_folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts),        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_fortran_rank_3), cmocka_unit_test(test_fortran_large),
        cmocka_unit_test(test_shared),         cmocka_unit_test(test_missing),
        cmocka_unit_test(test_wants),          cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_out_of_memory),  cmocka_unit_test(test_halves),
        cmocka_unit_test(test_types),          cmocka_unit_test(test_gather),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
