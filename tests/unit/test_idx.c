/*
 * IDX and gzip: the files of tests/data that must load, those that must be refused, and what no
 * file can hold: a pipe, every cut of a gzip file, memory that runs out. How much memory is asked
 * for is seen by a memory_alloc put in the place of the real one (the linker's --wrap).
 */
#include "base/memory.h"
#include "data/idx/idx.h"
#include "wrapped_memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define IMAGES "train-images-idx3-ubyte"
#define LABELS "train-labels-idx1-ubyte"

/* Enough for the buffers of a small file, far from what a lying header promises. */
#define SMALL_FILE_MEMORY ((size_t)1 << 20)

static const char *data_folder;
static char scratch[] = "/tmp/nnfs-idx-XXXXXX";

/* ---- Helpers ---- */

typedef struct loaded {
    dataset_storage train;
    dataset_storage test;
    nnfs_error error;
    nnfs_status status;
} loaded;

static loaded load(const char *path)
{
    loaded set = {.error = {.status = NNFS_OK}};
    memory_asked = 0;
    set.status = idx_read(path, NULL, &set.train, &set.test, &set.error);
    return set;
}

static loaded load_case(const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s/%s", data_folder, folder, name);
    return load(path);
}

static void drop(loaded *set)
{
    memory_free(set->train.features);
    memory_free(set->train.labels);
    memory_free(set->test.features);
    memory_free(set->test.labels);
}

static void assert_loaded(const char *name, const loaded *set)
{
    if (set->status != NNFS_OK) {
        fail_msg("%s: %s", name, set->error.message);
    }
}

/* The status, a message of one line with `part` in it, and nothing handed out. */
static void assert_refused(const char *name, const loaded *set, nnfs_status status,
                           const char *part)
{
    if (set->status != status || set->error.status != status) {
        fail_msg("%s: status %d, not %d: %s", name, (int)set->status, (int)status,
                 set->error.message);
    }
    if (!strstr(set->error.message, part) || strchr(set->error.message, '\n')) {
        fail_msg("%s: expected \"...%s...\", got \"%s\"", name, part, set->error.message);
    }
    assert_null(set->train.features);
    assert_null(set->train.labels);
    assert_null(set->test.features);
    assert_null(set->test.labels);
    if (memory_asked > SMALL_FILE_MEMORY) {
        fail_msg("%s: asked for %zu bytes", name, memory_asked);
    }
}

static const char *in_scratch(const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", scratch, name);
    return path;
}

static void write_file(const char *path, const unsigned char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static size_t read_case(const char *name, unsigned char *bytes, size_t capacity)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", data_folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t count = fread(bytes, 1, capacity, file);
    assert_int_equal(fclose(file), 0);
    assert_true(count < capacity);
    return count;
}

/* ---- What must load ---- */

/* The 24 values and 4 labels of make_idx.py, as a network sees them before scaling. */
static void assert_values(const char *name, const dataset_storage *storage, double start,
                          double step)
{
    static const int32_t labels[] = {0, 3, 1, 2};
    assert_int_equal(storage->samples, 4);
    assert_int_equal(storage->feature_count, 6);
    assert_int_equal(storage->classes, 4);
    assert_null(storage->targets);
    assert_memory_equal(storage->labels, labels, sizeof labels);
    bool bytes = storage->type == DTYPE_U8;
    assert_true(storage->scale == (bytes ? 1.0f / 255.0f : 1.0f));
    for (int i = 0; i < 24; i++) {
        float value =
            bytes ? ((unsigned char *)storage->features)[i] : ((float *)storage->features)[i];
        if (value != (float)(start + step * i)) {
            fail_msg("%s: value %d is %.9g", name, i, (double)value);
        }
    }
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        dtype type;
        double start, step;
    } cases[] = {
        {"u8", DTYPE_U8, 0, 11},          {"i8", DTYPE_F32, -12, 1},
        {"i16", DTYPE_F32, -12000, 1000}, {"i32", DTYPE_F32, -1200000000, 100000000},
        {"f32", DTYPE_F32, -3, 0.5},      {"f64", DTYPE_F32, -1, 0.25},
        {"dots", DTYPE_U8, 0, 11},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        loaded set = load_case("idx/accept", cases[i].name);
        assert_loaded(cases[i].name, &set);
        assert_int_equal(set.train.type, cases[i].type);
        assert_values(cases[i].name, &set.train, cases[i].start, cases[i].step);
        assert_int_equal(set.test.samples, 0);
        drop(&set);
    }
}

static void test_ranks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int samples, features;
    } cases[] = {{"rank-1", 24, 1}, {"rank-2", 12, 2}, {"rank-8", 4, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        loaded set = load_case("idx/accept", cases[i].name);
        assert_loaded(cases[i].name, &set);
        assert_int_equal(set.train.samples, cases[i].samples);
        assert_int_equal(set.train.feature_count, cases[i].features);
        assert_int_equal(((unsigned char *)set.train.features)[23], 253);
        drop(&set);
    }
}

static void test_split(void **state)
{
    (void)state;
    loaded set = load_case("idx/accept", "split");
    assert_loaded("split", &set);
    assert_values("split", &set.train, 0, 11);
    assert_int_equal(set.test.samples, 2);
    assert_int_equal(set.test.classes, 4); /* the training set's, though only 0 and 1 occur */
    assert_int_equal(set.test.labels[0], 1);
    drop(&set);
    set = load_case("idx/accept", "test-only");
    assert_loaded("test-only", &set);
    assert_int_equal(set.train.samples, 0);
    assert_int_equal(set.test.samples, 2);
    assert_int_equal(set.test.classes, 2);
    drop(&set);
}

static void test_gzip(void **state)
{
    (void)state;
    static const char *const cases[] = {"plain",   "stored",     "all-fields",
                                        "members", "not-packed", "no-ending"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        loaded set = load_case("gzip/accept", cases[i]);
        assert_loaded(cases[i], &set);
        assert_values(cases[i], &set.train, 0, 11);
        drop(&set);
    }
}

/* A file of images finds its labels, packed or not. */
static void test_one_file(void **state)
{
    (void)state;
    loaded set = load_case("idx/accept/i16", IMAGES);
    assert_loaded("i16", &set);
    assert_values("i16", &set.train, -12000, 1000);
    drop(&set);
    set = load_case("gzip/refuse/crc", LABELS);
    assert_refused("labels for images", &set, NNFS_ERROR_IO, "'images'");
    write_file(in_scratch("words"), (const unsigned char *)"words", 5);
    set = load(in_scratch("words"));
    assert_refused("words", &set, NNFS_ERROR_DATA, "words: byte 0: neither IDX nor gzip");
    set = load("/dev/zero");
    assert_refused("a device", &set, NNFS_ERROR_DATA, "/dev/zero: byte 0: a file is wanted here");
    set = load_case("idx/half/no-labels", IMAGES);
    assert_refused("no labels", &set, NNFS_ERROR_IO, LABELS ": No such file");

    unsigned char bytes[256];
    size_t count = read_case("gzip/accept/plain/" IMAGES ".gz", bytes, sizeof bytes);
    write_file(in_scratch("my-images.gz"), bytes, count);
    count = read_case("idx/accept/u8/" LABELS, bytes, sizeof bytes);
    write_file(in_scratch("my-labels"), bytes, count);
    set = load(in_scratch("my-images.gz"));
    assert_loaded("my-images.gz", &set);
    assert_values("my-images.gz", &set.train, 0, 11);
    drop(&set);
    assert_int_equal(unlink(in_scratch("my-images.gz")), 0);
    assert_int_equal(unlink(in_scratch("my-labels")), 0);
}

/* More than the first allocation, so that the memory has to grow; and two members. */
static void test_growing(void **state)
{
    (void)state;
    enum { SAMPLES = 3000, FEATURES = 1000 };
    unsigned char head[16] = {0, 0, 8, 3, 0, 0, SAMPLES >> 8,  SAMPLES & 255,
                              0, 0, 0, 1, 0, 0, FEATURES >> 8, FEATURES & 255};
    unsigned char label_head[8] = {0, 0, 8, 1, 0, 0, SAMPLES >> 8, SAMPLES & 255};
    unsigned char *bytes = calloc(1, sizeof head + SAMPLES * FEATURES);
    assert_non_null(bytes);
    memcpy(bytes, head, sizeof head);
    for (int i = 0; i < SAMPLES; i++) {
        bytes[16 + i * FEATURES] = (unsigned char)(i * 7);
    }
    write_file(in_scratch("big-images"), bytes, sizeof head + SAMPLES * FEATURES);
    memset(bytes, 0, 8 + SAMPLES);
    memcpy(bytes, label_head, sizeof label_head);
    write_file(in_scratch("big-labels"), bytes, 8 + SAMPLES);
    free(bytes);
    char command[8192];
    (void)snprintf(command, sizeof command,
                   "cd %s && { head -c 1000000 big-images | gzip; tail -c +1000001 big-images | "
                   "gzip; } > packed && mv packed big-images",
                   scratch);
    assert_int_equal(system(command), 0);
    loaded set = load(in_scratch("big-images"));
    assert_loaded("big-images", &set);
    for (int i = 0; i < SAMPLES; i++) {
        const unsigned char *sample = (unsigned char *)set.train.features + i * FEATURES;
        assert_int_equal(sample[0], (unsigned char)(i * 7));
        assert_int_equal(sample[FEATURES - 1], 0);
    }
    drop(&set);
    assert_int_equal(unlink(in_scratch("big-images")), 0);
    assert_int_equal(unlink(in_scratch("big-labels")), 0);
}

/* ---- What must be refused ---- */

typedef struct refusal {
    const char *name;
    const char *part; /* of the message */
} refusal;

static void assert_refusals(const char *folder, const refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        loaded set = load_case(folder, cases[i].name);
        assert_refused(cases[i].name, &set, NNFS_ERROR_DATA, cases[i].part);
    }
}

static void test_idx_refusals(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"empty", IMAGES ": byte 0: it is empty"},
        {"three-bytes", IMAGES ": byte 3: the header ends here"},
        {"header-cut", IMAGES ": byte 10: the header ends here"},
        {"leading-bytes", IMAGES ": byte 0: neither IDX nor gzip: it begins with 01 02"},
        {"little-endian", IMAGES ": byte 0: the header is little-endian"},
        {"little-endian-sizes", IMAGES ": byte 12: the sizes give a sample more than"},
        {"type-0a", IMAGES ": byte 2: type 0A"},
        {"rank-0", IMAGES ": byte 3: rank 0 "},
        {"rank-255", IMAGES ": byte 3: rank 255 "},
        {"size-0", IMAGES ": byte 8: size 2 of 3 is 0"},
        {"overflow", IMAGES ": byte 4: the product of the sizes overflows"},
        {"overflow-sample", IMAGES ": byte 8: the sizes give a sample more than"},
        {"promises-4-gb",
         IMAGES ": byte 16: the header promises 4294967296 more bytes, the file has 20"},
        {"one-byte-short", IMAGES ": byte 16: the header promises 24 more bytes, the file has 23"},
        {"trailing-byte", IMAGES ": byte 40: the data goes on"},
        {"nan-f32", IMAGES ": byte 36: the value is NaN"},
        {"nan-f64", IMAGES ": byte 56: the value is NaN"},
        {"infinite", IMAGES ": byte 16: the value is infinite"},
        {"too-large", IMAGES ": byte 200: the value is too large"},
        {"swapped",
         LABELS ": byte 3: labels have rank 1, this has 3: are images and labels swapped?"},
        {"counts-differ", IMAGES ": byte 4: 4 samples here, but 5 labels"},
        {"labels-short", LABELS ": byte 8: the header promises 4 more bytes, the file has 3"},
        {"labels-float", LABELS ": byte 2: labels are integers"},
        {"label-negative", LABELS ": byte 10: label -1 "},
        {"label-huge", LABELS ": byte 12: label 65536 "},
        {"label-beyond-classes", "t10k-labels-idx1-ubyte: byte 10: label 4 is not one of 0 to 3"},
        {"features-differ", "t10k-images-idx3-ubyte: byte 8: 4 values a sample"},
        {"types-differ", "t10k-images-idx3-ubyte: byte 2: type 0D"},
        {"folder", IMAGES ": byte 0: a file is wanted here, and this is a folder"},
    };
    assert_refusals("idx/refuse", cases, sizeof cases / sizeof cases[0]);
}

static void test_gzip_refusals(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"magic", ".gz: byte 0: neither IDX nor gzip: it begins with 1f 8c"},
        {"method-7", ".gz: byte 4: damaged gzip data: unknown compression method"},
        {"reserved-flag-5", ".gz: byte 4: damaged gzip data: unknown header flags"},
        {"reserved-flag-6", ".gz: byte 4: damaged gzip data: unknown header flags"},
        {"reserved-flag-7", ".gz: byte 4: damaged gzip data: unknown header flags"},
        {"extra-past-end", ".gz: byte 60: the gzip data is cut off here"},
        {"name-unterminated", ".gz: byte 31: the gzip data is cut off here"},
        {"comment-unterminated", ".gz: byte 34: the gzip data is cut off here"},
        {"header-crc", "damaged gzip data: header crc mismatch"},
        {"crc", "damaged gzip data: incorrect data check"},
        {"length", "damaged gzip data: incorrect length check"},
        {"distance", "damaged gzip data: invalid distance too far back"},
        {"block-type", "damaged gzip data: invalid block type"},
        {"trailing-garbage", ".gz: byte 58: trailing garbage"},
        {"trailing-zero", ".gz: byte 58: trailing garbage"},
        {"trailing-half-magic", ".gz: byte 60: damaged gzip data: incorrect header check"},
        {"bomb", ".gz: unpacked byte 40: the data goes on"},
        {"empty-member", ".gz: byte 20: the gzip member that ends here, begun at byte 0, is empty"},
        {"empty-member-last", ".gz: byte 78: the gzip member that ends here, begun at byte 58, is"},
        {"promises-4-gb", ".gz: unpacked byte 16: the header promises 4294967296 more bytes, the"},
        {"one-byte-short",
         ".gz: unpacked byte 39: the data ends here, but the header promises 1 more"},
        {"trailing-byte", ".gz: unpacked byte 40: the data goes on"},
    };
    assert_refusals("gzip/refuse", cases, sizeof cases / sizeof cases[0]);
}

static void test_half_pairs(void **state)
{
    (void)state;
    loaded set = load_case("idx/half", "no-labels");
    assert_refused("no-labels", &set, NNFS_ERROR_IO, "no-labels/" LABELS "[.gz] is missing");
    set = load_case("idx/half", "no-images");
    assert_refused("no-images", &set, NNFS_ERROR_IO, "/t10k-images-idx3-ubyte[.gz] is missing");
    set = load_case("idx", "half");
    assert_refused("nothing", &set, NNFS_ERROR_DATA, "no IDX data in this folder");
    set = load_case("idx", "not-there");
    assert_refused("not there", &set, NNFS_ERROR_IO, "not-there: No such file");
}

/* Each beginning of a good file, but the whole of it. */
static void test_gzip_cut(void **state)
{
    (void)state;
    unsigned char packed[256];
    unsigned char labels[64];
    size_t count = read_case("gzip/accept/all-fields/" IMAGES ".gz", packed, sizeof packed);
    size_t label_count = read_case("idx/accept/u8/" LABELS, labels, sizeof labels);
    write_file(in_scratch(LABELS), labels, label_count);
    for (size_t cut = 0; cut <= count; cut++) {
        char name[32];
        char part[64];
        (void)snprintf(name, sizeof name, "cut at %zu", cut);
        (void)snprintf(part, sizeof part, ".gz: byte %zu: ", cut);
        write_file(in_scratch(IMAGES ".gz"), packed, cut);
        loaded set = load(scratch);
        if (cut < count) {
            assert_refused(name, &set, NNFS_ERROR_DATA, part);
        } else {
            assert_loaded(name, &set);
            drop(&set);
        }
    }
    assert_int_equal(unlink(in_scratch(IMAGES ".gz")), 0);
    assert_int_equal(unlink(in_scratch(LABELS)), 0);
}

/* The pipe has no writer, and a device never ends: the alarm ends the test if we wait. */
static void test_endless(void **state)
{
    (void)state;
    unsigned char labels[64];
    size_t label_count = read_case("idx/accept/u8/" LABELS, labels, sizeof labels);
    write_file(in_scratch(LABELS), labels, label_count);
    (void)alarm(1);
    assert_int_equal(mkfifo(in_scratch(IMAGES), 0600), 0);
    loaded set = load(scratch);
    assert_refused("pipe", &set, NNFS_ERROR_DATA,
                   "byte 0: a file is wanted here, and this is a pipe");
    assert_int_equal(unlink(in_scratch(IMAGES)), 0);
    assert_int_equal(symlink("/dev/zero", in_scratch(IMAGES)), 0);
    set = load(scratch);
    assert_refused("device", &set, NNFS_ERROR_DATA, "and this is a device");
    (void)alarm(0);
    assert_int_equal(unlink(in_scratch(IMAGES)), 0);
    assert_int_equal(unlink(in_scratch(LABELS)), 0);
}

/* The k-th allocation fails, and all after it, for every k: a clean error each time. */
static void test_out_of_memory(void **state)
{
    (void)state;
    static const char *const cases[] = {"idx/accept/f32", "idx/accept/split",
                                        "gzip/accept/members"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        loaded set = {.status = NNFS_ERROR_MEMORY};
        long grants = 0;
        for (; set.status == NNFS_ERROR_MEMORY && grants < 100; grants++) {
            memory_grants = grants;
            set = load_case(cases[i], "");
            memory_grants = -1;
            if (set.status != NNFS_OK) {
                assert_refused(cases[i], &set, NNFS_ERROR_MEMORY, "no memory for");
            }
        }
        assert_loaded(cases[i], &set);
        assert_true(grants > 3);
        drop(&set);
    }
}

/* A name longer than a message still leaves the offset and the sentence in it. */
static void test_long_path(void **state)
{
    (void)state;
    char path[2048] = "";
    (void)snprintf(path, sizeof path, "%s/idx/refuse/", data_folder);
    for (int i = 0; i < 200; i++) {
        strcat(path, "./././");
    }
    strcat(path, "size-0");
    loaded set = load(path);
    assert_refused("long path", &set, NNFS_ERROR_DATA,
                   "size-0/" IMAGES ": byte 8: size 2 of 3 is 0");
}

/* It is never cut within a character. */
static void test_long_path_of_characters(void **state)
{
    (void)state;
    for (size_t moved = 0; moved < 4; moved++) {
        char path[1024] = "";
        (void)snprintf(path, sizeof path, "%s/%.*s", scratch, (int)moved, "abc");
        for (int i = 0; i < 60; i++) {
            strcat(path, "\xf0\x9f\x90\x8c"); /* four bytes: a snail */
        }
        int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(descriptor >= 0);
        assert_int_equal(close(descriptor), 0);
        nnfs_error error = {.status = NNFS_OK};
        assert_int_equal(idx_check(path, &error), NNFS_ERROR_DATA);
        assert_memory_equal(error.message, "...", 3);
        assert_true((error.message[3] & 0xc0) != 0x80);
        assert_int_equal(unlink(path), 0);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || !mkdtemp(scratch)) {
        (void)fprintf(stderr, "usage: test_idx FOLDER_OF_TEST_DATA\n");
        return 2;
    }
    data_folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_split),        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_one_file),     cmocka_unit_test(test_growing),
        cmocka_unit_test(test_idx_refusals), cmocka_unit_test(test_gzip_refusals),
        cmocka_unit_test(test_half_pairs),   cmocka_unit_test(test_gzip_cut),
        cmocka_unit_test(test_endless),      cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_long_path),    cmocka_unit_test(test_long_path_of_characters),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(scratch);
    return failed;
}
