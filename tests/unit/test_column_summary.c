/* What a dataset is asked before training: classes, shared samples, and features that give away. */
#include "base/random.h"
#include "data/dataset.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Classes ---- */

static void classes_have_names_and_samples(void **state)
{
    (void)state;
    const float x[] = {1.0f, 2.0f, 3.0f, 4.0f};
    const int32_t y[] = {11, 0, 11, 3};
    nnfs_arrays arrays = {
        .features = x, .feature_count = 1, .samples = 4, .labels = y, .classes = 12};
    nnfs_dataset *dataset = NULL, *rest = NULL, *held_out = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    int64_t counts[12];
    nnfs_dataset_class_samples(dataset, counts);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(counts[i], i == 11 ? 2 : i == 0 || i == 3 ? 1 : 0);
    }
    const char *last = nnfs_dataset_class_name(dataset, 11);
    assert_string_equal(nnfs_dataset_class_name(dataset, 0), "0");
    assert_string_equal(last, "11");
    assert_null(nnfs_dataset_class_name(dataset, 12));
    assert_null(nnfs_dataset_class_name(dataset, -1));
    assert_int_equal(nnfs_dataset_has_targets(dataset), 1);
    assert_int_equal(nnfs_dataset_split(dataset, 0.5, 1, &rest, &held_out, NULL), NNFS_OK);
    nnfs_dataset_free(dataset);
    assert_string_equal(nnfs_dataset_class_name(rest, 11), "11");
    nnfs_dataset_free(rest);
    assert_string_equal(nnfs_dataset_class_name(held_out, 10), "10");
    nnfs_dataset_free(held_out);
}

/* ---- Shared samples ---- */

static nnfs_dataset *wrap(const float *x, const float *y, int64_t samples)
{
    nnfs_arrays arrays = {
        .features = x, .feature_count = 2, .samples = samples, .targets = y, .target_count = 1};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    return dataset;
}

static int64_t shared(const nnfs_dataset *dataset, const nnfs_dataset *other)
{
    int64_t count = -1;
    assert_int_equal(nnfs_dataset_count_overlap(dataset, other, &count, NULL), NNFS_OK);
    return count;
}

/* Features and targets must be the same; each of `other` counts. */
static void shared_samples_are_counted(void **state)
{
    (void)state;
    const float x[] = {1.0f, 2.0f, 3.0f, 4.0f, 0.0f, 5.0f, 1.0f, 2.0f};
    const float y[] = {1.0f, 2.0f, 3.0f, 1.0f};
    const float other_x[] = {-0.0f, 5.0f, 1.0f, 2.0f, 3.0f, 4.0f, 1.0f, 2.0f, 2.0f, 1.0f};
    const float other_y[] = {3.0f, 1.0f, 7.0f, 1.0f, 1.0f};
    nnfs_dataset *left = wrap(x, y, 4), *right = wrap(other_x, other_y, 5);
    assert_int_equal(shared(left, right), 3);
    assert_int_equal(shared(right, left), 3);
    assert_int_equal(shared(left, left), 4);
    nnfs_dataset_free(left);
    nnfs_dataset_free(right);
}

static int compare_floats(const void *left, const void *right)
{
    return memcmp(left, right, 3 * sizeof(float));
}

/* Many samples with few values, split: against sorting and searching. */
static void splits_share_what_occurs_in_both(void **state)
{
    (void)state;
    enum { samples = 3000 };
    static float x[2 * samples], y[samples], rows[3 * samples];
    for (uint32_t i = 0; i < samples; i++) {
        random_words words = random_draw((random_key){3, RANDOM_DIGITS}, 0, i, 0);
        x[2 * i] = (float)(words.word[0] % 40);
        x[2 * i + 1] = (float)(words.word[1] % 40);
        y[i] = (float)(words.word[2] % 2);
    }
    nnfs_dataset *all = wrap(x, y, samples), *rest = NULL, *held_out = NULL;
    assert_int_equal(nnfs_dataset_split(all, 0.3, 1, &rest, &held_out, NULL), NNFS_OK);
    size_t known = (size_t)nnfs_dataset_samples(rest);
    for (size_t i = 0; i < known; i++) {
        assert_int_equal(
            nnfs_dataset_copy(rest, (int64_t)i, 1, rows + 3 * i, NULL, rows + 3 * i + 2, NULL),
            NNFS_OK);
    }
    qsort(rows, known, 3 * sizeof *rows, compare_floats);
    int64_t wanted = 0;
    for (int64_t i = 0; i < nnfs_dataset_samples(held_out); i++) {
        float row[3];
        assert_int_equal(nnfs_dataset_copy(held_out, i, 1, row, NULL, row + 2, NULL), NNFS_OK);
        wanted += bsearch(row, rows, known, 3 * sizeof *rows, compare_floats) != NULL;
    }
    assert_true(wanted > 100 && wanted < nnfs_dataset_samples(held_out));
    assert_int_equal(shared(rest, held_out), wanted);
    nnfs_dataset_free(all);
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
}

/* In place of hash_bytes, by the linker: every sample has the same hash if asked for. */
uint64_t __real_hash_bytes(uint64_t seed, const void *bytes, size_t count);
uint64_t __wrap_hash_bytes(uint64_t seed, const void *bytes, size_t count);
static bool all_hashes_equal;
static int hashes_made;

uint64_t __wrap_hash_bytes(uint64_t seed, const void *bytes, size_t count)
{
    hashes_made++;
    return all_hashes_equal ? 1 : __real_hash_bytes(seed, bytes, count);
}

static void the_same_hash_is_not_the_same_sample(void **state)
{
    (void)state;
    const float left[4] = {1.0f, 2.0f, 3.0f, 4.0f};
    const float right[4] = {1.0f, 2.0f, 3.5f, 4.0f};
    all_hashes_equal = true;
    hashes_made = 0;
    const float *rows_of[] = {left, right};
    nnfs_dataset *made[2] = {NULL};
    for (int i = 0; i < 2; i++) {
        nnfs_arrays arrays = {.features = rows_of[i],
                              .feature_count = 3,
                              .samples = 1,
                              .targets = rows_of[i] + 3,
                              .target_count = 1};
        assert_int_equal(nnfs_dataset_wrap(&arrays, &made[i], NULL), NNFS_OK);
    }
    assert_int_equal(shared(made[0], made[1]), 0);
    assert_int_equal(shared(made[1], made[1]), 1);
    assert_true(hashes_made > 0);
    all_hashes_equal = false;
    nnfs_dataset_free(made[0]);
    nnfs_dataset_free(made[1]);
}

static void other_columns_are_refused(void **state)
{
    (void)state;
    const float x[] = {1.0f, 2.0f};
    const int32_t label = 0;
    nnfs_arrays arrays = {
        .features = x, .feature_count = 2, .samples = 1, .labels = &label, .classes = 2};
    nnfs_dataset *numbers = wrap(x, x, 1), *classes = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &classes, NULL), NNFS_OK);
    int64_t count = 0;
    nnfs_error error = {0};
    assert_int_equal(nnfs_dataset_count_overlap(numbers, classes, &count, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_true(error.message[0] != '\0');
    nnfs_dataset_free(numbers);
    nnfs_dataset_free(classes);
}

/* ---- Tables ---- */

static char name_a[] = "a", name_b[] = "b", name_id[] = "id";

/* A table over arrays on the stack: columns a (number), b (category) and one that is no feature. */
typedef struct table {
    table_column columns[3];
    int features[2];
    table_schema schema;
    nnfs_dataset dataset;
} table;

static void make_table(table *t, float *cells, int64_t rows, char **categories, int count)
{
    *t = (table){.columns = {{.name = name_a, .kind = NNFS_COLUMN_NUMBER},
                             {.name = name_b,
                              .kind = NNFS_COLUMN_CATEGORY,
                              .categories = categories,
                              .category_count = count},
                             {.name = name_id, .kind = NNFS_COLUMN_NUMBER}},
                 .features = {0, 1}};
    t->schema = (table_schema){
        .columns = t->columns, .column_count = 3, .features = t->features, .feature_count = 2};
    t->dataset = (nnfs_dataset){.storage = {.features = cells,
                                            .type = DTYPE_F32,
                                            .scale = 1.0f,
                                            .feature_count = 3,
                                            .samples = rows,
                                            .schema = &t->schema},
                                .samples = rows,
                                .inputs = 2};
}

static void set_labels(table *t, int32_t *labels, int classes, char **names)
{
    t->dataset.storage.labels = labels;
    t->dataset.storage.classes = classes;
    t->schema.class_names = names;
}

/* Another order of columns, categories and classes; an id that is no feature; missing cells. */
static void tables_share_what_has_the_same_names(void **state)
{
    (void)state;
    char red[] = "red", green[] = "green", blue[] = "blue", yes[] = "yes", no[] = "no";
    char *colours[] = {blue, green, red}, *others[] = {green, red};
    char *answers[] = {no, yes}, *turned[] = {yes, no};
    float cells[] = {1.0f, 2.0f, 100.0f, 1.0f, NAN, 101.0f, NAN, 0.0f, 102.0f, 5.0f, 1.0f, 103.0f};
    int32_t labels[] = {1, 1, 0, 0};
    float other_cells[] = {1.0f, 1.0f, 7.0f, NAN,  1.0f, 8.0f, 0.0f, 5.0f,
                           9.0f, 1.0f, 5.0f, 9.0f, 0.0f, 1.0f, 9.0f};
    int32_t other_labels[] = {0, 0, 1, 1, 0};
    table left, right;
    make_table(&left, cells, 4, colours, 3);
    set_labels(&left, labels, 2, answers);
    make_table(&right, other_cells, 5, others, 2);
    set_labels(&right, other_labels, 2, turned);
    assert_int_equal(shared(&left.dataset, &left.dataset), 4);
    /* b before a: (red, 1), (missing, 1), (green, 5), (red, 5), (green, 1) */
    table_column swapped = right.columns[0];
    right.columns[0] = right.columns[1];
    right.columns[1] = swapped;
    assert_int_equal(shared(&left.dataset, &right.dataset), 3);
    right.columns[1].name = name_id;
    int64_t count = 0;
    assert_int_equal(nnfs_dataset_count_overlap(&left.dataset, &right.dataset, &count, NULL),
                     NNFS_ERROR_ARGUMENT);
}

/* ---- Features that give away ---- */

enum { rows = 200 };

static float cells[3 * rows];
static float numbers[rows];
static int32_t labels[rows];

static void fill_cells(void)
{
    for (uint32_t i = 0; i < rows; i++) {
        random_words words = random_draw((random_key){5, RANDOM_DIGITS}, 0, i, 0);
        labels[i] = (int32_t)(i % 3);
        numbers[i] = random_unit(words.word[0]) * 10.0f + 1e6f;
        cells[3 * i] = random_unit(words.word[1]);
        cells[3 * i + 1] = (float)(words.word[2] % 4);
        cells[3 * i + 2] = numbers[i]; /* no feature */
    }
}

static int giveaway(const table *t)
{
    int column = -7;
    assert_int_equal(nnfs_dataset_target_leakage(&t->dataset, &column, NULL), NNFS_OK);
    return column;
}

static void a_column_like_the_target_is_found(void **state)
{
    (void)state;
    char name[] = "c";
    char *names[] = {name, name, name, name};
    table t;
    fill_cells();
    make_table(&t, cells, rows, names, 4);
    t.dataset.storage.targets = numbers;
    t.dataset.storage.target_count = 1;
    assert_int_equal(giveaway(&t), -1);
    for (int i = 0; i < rows; i++) {
        cells[3 * i] = i % 7 == 0 ? NAN : 500.0f - 3.0f * (numbers[i] - 1e6f);
    }
    assert_int_equal(giveaway(&t), 0);
    for (int i = 0; i < rows; i++) { /* r^2 = 0.99 or so */
        cells[3 * i] += i % 2 == 0 ? 0.9f : -0.9f;
    }
    assert_int_equal(giveaway(&t), -1);
    t.dataset.storage.targets = NULL;
    assert_int_equal(giveaway(&t), -1);
}

static void a_column_that_tells_classes_apart_is_found(void **state)
{
    (void)state;
    char name[] = "c";
    char *names[rows];
    for (int i = 0; i < rows; i++) {
        names[i] = name;
    }
    table t;
    fill_cells();
    make_table(&t, cells, rows, names, 4);
    set_labels(&t, labels, 3, NULL);
    assert_int_equal(giveaway(&t), -1);
    for (int i = 0; i < rows; i++) { /* 2, 0, 1, with a little noise */
        cells[3 * i] += 100.0f * (float)((labels[i] + 2) % 3);
    }
    assert_int_equal(giveaway(&t), 0);
    fill_cells();
    for (int i = 0; i < rows; i++) { /* categories 0 and 2 go with class 0 and 1, 1 and 3 with 2 */
        cells[3 * i + 1] = (float)(labels[i] == 0 ? 0 : labels[i] == 1 ? 2 : i % 2 == 0 ? 1 : 3);
    }
    cells[3 * 5 + 1] = NAN;
    assert_int_equal(giveaway(&t), 1);
    cells[3 * 6 + 1] = 2.0f; /* is of class 0 */
    assert_int_equal(giveaway(&t), -1);
    /* Everybody's own category says nothing. */
    t.columns[1].category_count = rows;
    for (int i = 0; i < rows; i++) {
        cells[3 * i + 1] = (float)i;
    }
    assert_int_equal(giveaway(&t), -1);
}

/* Without a table every feature is looked at, more of them than at once where there
 * are many targets. */
static void arrays_are_looked_at_too(void **state)
{
    (void)state;
    enum { width = 7, many = 200000 };
    static float x[width * rows];
    fill_cells();
    for (uint32_t i = 0; i < width * rows; i++) {
        x[i] = random_unit(random_draw((random_key){6, RANDOM_DIGITS}, 0, i, 0).word[0]);
    }
    nnfs_arrays arrays = {
        .features = x, .feature_count = width, .samples = rows, .labels = labels, .classes = many};
    nnfs_dataset *dataset = NULL;
    int column = 0;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_target_leakage(dataset, &column, NULL), NNFS_OK);
    assert_int_equal(column, -1);
    for (int i = 0; i < rows; i++) {
        x[width * i + 5] = (float)labels[i];
    }
    assert_int_equal(nnfs_dataset_target_leakage(dataset, &column, NULL), NNFS_OK);
    assert_int_equal(column, 5);
    nnfs_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_have_names_and_samples),
        cmocka_unit_test(shared_samples_are_counted),
        cmocka_unit_test(splits_share_what_occurs_in_both),
        cmocka_unit_test(the_same_hash_is_not_the_same_sample),
        cmocka_unit_test(other_columns_are_refused),
        cmocka_unit_test(tables_share_what_has_the_same_names),
        cmocka_unit_test(a_column_like_the_target_is_found),
        cmocka_unit_test(a_column_that_tells_classes_apart_is_found),
        cmocka_unit_test(arrays_are_looked_at_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
