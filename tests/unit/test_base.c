/* The ground floor: sizes, memory, messages, random numbers, hashes, files in and out. */
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/string_list.h"

/* Before cmocka, whose macro has its name. */
static nnfs_status fail_with(nnfs_error *error, const char *text)
{
    return fail(error, NNFS_ERROR_DATA, "%s", text);
}

#include "files.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

/* ---- Sizes and memory ---- */

static void test_sizes(void **state)
{
    (void)state;
    const size_t half = SIZE_MAX / 2 + 1;
    assert_int_equal(size_mul(6, 7), 42);
    assert_int_equal(size_mul(half, 1), half);
    assert_int_equal(size_mul(half, 2), SIZE_MAX);
    assert_int_equal(size_mul(SIZE_MAX, 0), SIZE_MAX); /* what has overflowed stays so */
    assert_int_equal(size_mul(0, SIZE_MAX), SIZE_MAX);
    assert_int_equal(size_mul(0, half), 0);
    assert_int_equal(size_add(40, 2), 42);
    assert_int_equal(size_add(half, half), SIZE_MAX);
    assert_int_equal(size_add(SIZE_MAX, 0), SIZE_MAX);
    assert_int_equal(size_add(SIZE_MAX, 1), SIZE_MAX);
    assert_int_equal(size_round_up(0, 16), 0);
    assert_int_equal(size_round_up(1, 16), 16);
    assert_int_equal(size_round_up(16, 16), 16);
    assert_int_equal(size_round_up(17, 16), 32);
    assert_int_equal(size_round_up(SIZE_MAX - 3, 64), SIZE_MAX);
    assert_int_equal(size_round_up(SIZE_MAX, 5), SIZE_MAX);
}

static void test_memory(void **state)
{
    (void)state;
    for (size_t count = 0; count < 200; count++) {
        unsigned char *bytes = memory_alloc_zeroed(count, 3);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % MEMORY_ALIGNMENT, 0);
        for (size_t i = 0; i < 3 * count; i++) {
            assert_int_equal(bytes[i], 0);
        }
        memset(bytes, 0xa5, 3 * count); /* so that a later one is not zero by chance */
        memory_free(bytes);
    }
    assert_null(memory_alloc(SIZE_MAX, 1));
    assert_null(memory_alloc(SIZE_MAX / 2, 1));
    assert_null(memory_alloc(SIZE_MAX / 2, 4));
    assert_null(memory_alloc_zeroed(SIZE_MAX / 4, 4));
    memory_free(NULL);
}

/* ---- Messages ---- */

static void test_messages(void **state)
{
    (void)state;
    nnfs_error error = {0};
    assert_int_equal(fail_with(NULL, "without an error"), NNFS_ERROR_DATA);
    assert_int_equal(fail_with(&error, "a\nb\tc\x1b[31m\x7f caf\xc3\xa9"), NNFS_ERROR_DATA);
    assert_int_equal(error.status, NNFS_ERROR_DATA);
    assert_string_equal(error.message, "a?b?c?[31m? caf\xc3\xa9");
    assert_int_equal(fail_memory(&error, SIZE_MAX, "x"), NNFS_ERROR_MEMORY);
    assert_string_equal(error.message, "the size of x overflows");
    assert_int_equal(fail_memory(&error, 3 << 19, "x"), NNFS_ERROR_MEMORY);
    assert_string_equal(error.message, "no memory for x: 1.5 MiB wanted");
}

/* A message that is too long is cut between two characters, wherever the end falls. */
static void test_long_messages(void **state)
{
    (void)state;
    nnfs_error error = {0};
    for (size_t lead = 0; lead < 4; lead++) {
        char text[1024] = "aaa";
        text[lead] = '\0';
        while (strlen(text) < 900) {
            strcat(text, "\xe2\x82\xac");
        }
        (void)fail_with(&error, text);
        size_t length = strlen(error.message);
        assert_in_range(length, sizeof error.message - 5, sizeof error.message - 1);
        assert_int_equal((length - lead) % 3, 0);
        assert_memory_equal(error.message, text, length);
    }
}

static void test_clock(void **state)
{
    (void)state;
    double before = clock_seconds();
    (void)usleep(2000);
    double span = clock_seconds() - before;
    assert_true(span >= 0.002 && span < 10);
}

/* ---- Random numbers ---- */

/*
 * Random123's published answers for philox4x32-10 (tests/kat_vectors): counter, key, result.
 * The purpose lies over the last counter word, so the epoch that gives a wanted word is told.
 */
static void test_philox(void **state)
{
    (void)state;
    static const uint32_t known[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (int i = 0; i < 3; i++) {
        const uint32_t *k = known[i];
        for (int purpose = RANDOM_WEIGHTS; purpose <= RANDOM_DIGITS; purpose++) {
            random_key key = {k[4] | (uint64_t)k[5] << 32, (random_purpose)purpose};
            random_words words =
                random_draw(key, k[3] ^ (uint32_t)purpose << 28, k[1] | (uint64_t)k[2] << 32, k[0]);
            assert_memory_equal(words.word, k + 6, sizeof words.word);
        }
    }
}

static void test_runs_of_draws(void **state)
{
    (void)state;
    enum { most = 37 };
    const random_key key = {0x123456789abcdef0U, RANDOM_WEIGHTS};
    const uint64_t first = UINT32_MAX - 5U; /* the counter's second word turns over */
    for (size_t count = 0; count <= most; count++) {
        random_words words[most + 1];
        memset(words, 0x5a, sizeof words);
        random_draw_run(key, 3, first, count, words);
        for (size_t i = 0; i < count; i++) {
            random_words one = random_draw(key, 3, first + i, 0);
            assert_memory_equal(&words[i], &one, sizeof one);
        }
        assert_int_equal(words[count].word[0], 0x5a5a5a5a);
    }
}

static void test_random_ranges(void **state)
{
    (void)state;
    assert_true(random_unit(0) == 0.0f);
    assert_true(random_unit(UINT32_MAX) < 1.0f);
    assert_true(random_unit(UINT32_MAX) == 1.0f - 0x1p-24f);
    assert_int_equal(random_below(UINT32_MAX, 1), 0);
    assert_int_equal(random_below(0, 10), 0);
    assert_int_equal(random_below(UINT32_MAX, 10), 9);
    assert_int_equal(random_below(UINT32_MAX, UINT32_MAX), UINT32_MAX - 1);
    /* Mean and variance of what they give: 1/2 and 1/12 within five standard errors. */
    double sum = 0;
    double squares = 0;
    const int draws = 1 << 16;
    for (int i = 0; i < draws; i++) {
        random_words words = random_draw((random_key){1, RANDOM_SPLIT}, 0, (uint64_t)i, 7);
        double value = (double)random_unit(words.word[i % 4]);
        sum += value;
        squares += (value - 0.5) * (value - 0.5);
    }
    assert_true(fabs(sum / draws - 0.5) < 5 * sqrt(1.0 / 12 / draws));
    assert_true(fabs(squares / draws - 1.0 / 12) < 5 * sqrt(1.0 / 180 / draws));
}

static void test_permutation(void **state)
{
    (void)state;
    enum { MOST = 1000 };
    uint32_t order[MOST + 1];
    for (uint32_t count = 0; count <= MOST; count = count < 20 ? count + 1 : count * 2 - 3) {
        unsigned char seen[MOST] = {0};
        memset(order, 0xff, sizeof order);
        random_permutation((random_key){count, RANDOM_ORDER}, 3, order, count);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(order[i] < count);
            assert_int_equal(seen[order[i]]++, 0);
        }
        assert_int_equal(order[count], UINT32_MAX);
    }
}

/* Every order of four comes about equally often: chi-squared of 24 cells, 99.9 % below 49.7. */
static void test_permutation_is_fair(void **state)
{
    (void)state;
    int counts[256] = {0};
    const int draws = 24000;
    for (int epoch = 0; epoch < draws; epoch++) {
        uint32_t order[4];
        random_permutation((random_key){1, RANDOM_ORDER}, (uint32_t)epoch, order, 4);
        counts[order[0] | order[1] << 2 | order[2] << 4 | order[3] << 6]++;
    }
    double chi = 0;
    int orders = 0;
    for (int i = 0; i < 256; i++) {
        orders += counts[i] > 0;
        chi += counts[i] > 0 ? (counts[i] - 1000.0) * (counts[i] - 1000.0) / 1000.0 : 0;
    }
    assert_int_equal(orders, 24);
    assert_true(chi < 49.7);
}

/* ---- Hashes ---- */

static void test_hash(void **state)
{
    (void)state;
    unsigned char bytes[40] = {0};
    uint64_t seen[41 + 40 * 8];
    int count = 0;
    for (size_t length = 0; length <= sizeof bytes; length++) { /* zeros: the length counts */
        seen[count++] = hash_bytes(HASH_START, bytes, length);
    }
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) { /* and every bit */
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        seen[count++] = hash_bytes(HASH_START, bytes, sizeof bytes);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            assert_true(seen[i] != seen[j]);
        }
    }
    /* The same bytes give the same hash wherever they lie; where it goes on from matters. */
    unsigned char moved[41];
    memcpy(moved + 1, bytes, sizeof bytes);
    assert_true(hash_bytes(1, moved + 1, 40) == hash_bytes(1, bytes, 40));
    assert_true(hash_bytes(1, bytes, 40) != hash_bytes(2, bytes, 40));
    assert_true(hash_bytes(1, NULL, 0) == hash_bytes(1, bytes, 0));
}

/* ---- Texts ---- */

static void test_texts_places(void **state)
{
    (void)state;
    static char text[][4] = {"b", "", "ab", "a", "b2", "c"};
    const char *const known[] = {text[0], text[1], text[2], text[3]};
    const char *const names[] = {text[4], text[3], text[0], text[1], text[5], text[2]};
    static const int expected[] = {-1, 3, 0, 1, -1, 2};
    int *places = string_list_positions(known, 4, names, 6);
    assert_memory_equal(places, expected, sizeof expected);
    memory_free(places);
    places = string_list_positions(known, 0, names, 2);
    assert_int_equal(places[1], -1);
    memory_free(places);
    places = string_list_positions(known, 4, names, 0);
    assert_non_null(places);
    memory_free(places);
}

/* ---- Reading ---- */

static void test_read_in_pieces(void **state)
{
    (void)state;
    char *path = scratch_path("pieces");
    char bytes[4] = "";
    file_reader reader;
    nnfs_error error = {0};
    write_bytes(path, "abcde", 5);
    assert_int_equal(file_read_begin(&reader, path, NULL), NNFS_OK);
    assert_int_equal(reader.size, 5);
    assert_int_equal(file_read_next(&reader, bytes, 2, NULL), NNFS_OK);
    assert_memory_equal(bytes, "ab", 2);
    assert_int_equal(file_read_next(&reader, bytes, 0, NULL), NNFS_OK);
    assert_int_equal(file_read_next(&reader, bytes, 4, &error), NNFS_ERROR_DATA);
    assert_non_null(strstr(error.message, "ends 1 bytes early"));
    file_read_end(&reader);
    file_read_end(&reader);
    assert_int_equal(file_read_begin(&reader, "/dev/null", NULL), NNFS_ERROR_DATA);
    assert_int_equal(file_read_begin(&reader, "/no/such/file", NULL), NNFS_ERROR_IO);
    file_read_end(&reader);
    assert_int_equal(unlink(path), 0);
    free(path);
}

/* ---- Writing ---- */

static nnfs_status write_text(const char *path, const char *text, nnfs_error *error)
{
    file_writer writer;
    nnfs_status status = file_write_begin(&writer, path, error);
    for (const char *at = text; status == NNFS_OK && *at; at++) {
        status = file_write(&writer, at, 1, error);
    }
    if (status == NNFS_OK) {
        status = file_write_commit(&writer, error);
    }
    file_write_abandon(&writer); /* changes nothing any more */
    return status;
}

static void expect_text(const char *path, const char *text)
{
    size_t count = 0;
    unsigned char *bytes = read_bytes(path, &count);
    assert_int_equal(count, strlen(text));
    assert_memory_equal(bytes, text, count);
    free(bytes);
}

static void test_write(void **state)
{
    (void)state;
    char *path = scratch_path("written");
    assert_int_equal(write_text(path, "first", NULL), NNFS_OK);
    expect_text(path, "first");
    assert_int_equal(write_text(path, "second", NULL), NNFS_OK);
    expect_text(path, "second");

    file_writer writer;
    assert_int_equal(file_write_begin(&writer, path, NULL), NNFS_OK);
    assert_int_equal(file_write(&writer, "third", 5, NULL), NNFS_OK);
    expect_text(path, "second"); /* until it is committed */
    assert_int_equal(folder_entries(scratch_folder(), false), 2);
    file_write_abandon(&writer);
    file_write_abandon(&writer);
    expect_text(path, "second");
    assert_int_equal(folder_entries(scratch_folder(), true), 1);
    free(path);
}

/* A name without a folder is one in the current folder. */
static void test_write_plain_name(void **state)
{
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch_folder()), 0);
    assert_int_equal(write_text("plain", "x", NULL), NNFS_OK);
    expect_text("plain", "x");
    assert_int_equal(unlink("plain"), 0);
    assert_int_equal(chdir(before), 0);
}

/* What a killed process left behind under our number neither stops us nor is touched. */
static void test_write_beside_leftover(void **state)
{
    (void)state;
    char name[64];
    (void)snprintf(name, sizeof name, ".target.tmp.%ld", (long)getpid());
    char *leftover = scratch_path(name);
    char *path = scratch_path("target");
    write_bytes(leftover, "half", 4);
    assert_int_equal(write_text(path, "whole", NULL), NNFS_OK);
    expect_text(path, "whole");
    expect_text(leftover, "half");
    assert_int_equal(folder_entries(scratch_folder(), true), 2);
    free(leftover);
    free(path);
}

static void *write_often(void *path)
{
    for (int i = 0; i < 20; i++) {
        if (write_text(path, "the same", NULL) != NNFS_OK) {
            return path;
        }
    }
    return NULL;
}

static void test_write_from_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    char *path = scratch_path("shared");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, path), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *failed = path;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    expect_text(path, "the same");
    assert_int_equal(folder_entries(scratch_folder(), true), 1);
    free(path);
}

static void test_write_refusals(void **state)
{
    (void)state;
    nnfs_error error = {0};
    assert_int_equal(write_text("/no/such/folder/x", "x", &error), NNFS_ERROR_IO);
    assert_string_equal(error.message,
                        "/no/such/folder/x: cannot write: No such file or directory");
    assert_int_equal(write_text("/proc/x", "x", &error), NNFS_ERROR_IO);
    assert_int_equal(write_text("", "x", &error), NNFS_ERROR_IO);

    char *folder = scratch_path("folder");
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(write_text(folder, "x", &error), NNFS_ERROR_IO);
    assert_non_null(strstr(error.message, "not a regular file"));
    char *pipe = scratch_path("pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(write_text(pipe, "x", &error), NNFS_ERROR_IO);
    assert_int_equal(folder_entries(scratch_folder(), true), 2);
    free(folder);
    free(pipe);
}

/* Where the process may not write: root may everywhere, so it steps down for the attempt. */
static void test_write_read_only_folder(void **state)
{
    (void)state;
    char *path = scratch_path("kept");
    assert_int_equal(write_text(path, "kept", NULL), NNFS_OK);
    assert_int_equal(chmod(scratch_folder(), 0555), 0);
    bool root = geteuid() == 0;
    assert_true(!root || seteuid(65534) == 0);
    nnfs_error error = {0};
    nnfs_status status = write_text(path, "x", &error);
    assert_true(!root || seteuid(0) == 0);
    assert_int_equal(chmod(scratch_folder(), 0700), 0);
    assert_int_equal(status, NNFS_ERROR_IO);
    assert_non_null(strstr(error.message, "Permission denied"));
    expect_text(path, "kept");
    assert_int_equal(folder_entries(scratch_folder(), true), 1);
    free(path);
}

/* A limit on the size of files stands for a full disk. */
static void test_write_cut(void **state)
{
    (void)state;
    struct rlimit before;
    nnfs_error error = {0};
    char *path = scratch_path("cut");
    assert_int_equal(write_text(path, "old", NULL), NNFS_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    for (rlim_t most = 0; most <= 6; most++) {
        struct rlimit limit = {most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        nnfs_status status = write_text(path, "newer", &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, most < 5 ? NNFS_ERROR_IO : NNFS_OK);
        assert_non_null(strstr(error.message, "File too large"));
        expect_text(path, most < 5 ? "old" : "newer");
        assert_int_equal(folder_entries(scratch_folder(), false), 1);
    }
    assert_int_equal(unlink(path), 0);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_long_messages),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_philox),
        cmocka_unit_test(test_runs_of_draws),
        cmocka_unit_test(test_random_ranges),
        cmocka_unit_test(test_permutation),
        cmocka_unit_test(test_permutation_is_fair),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_texts_places),
        cmocka_unit_test(test_read_in_pieces),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_plain_name),
        cmocka_unit_test(test_write_beside_leftover),
        cmocka_unit_test(test_write_from_threads),
        cmocka_unit_test(test_write_refusals),
        cmocka_unit_test(test_write_read_only_folder),
        cmocka_unit_test(test_write_cut),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
