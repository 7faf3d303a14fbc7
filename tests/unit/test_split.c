/* Splits and folds: how many of each class, each sample once, the same for a seed. */
#include "base/random.h"
#include "data/dataset.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { most_samples = 1000, most_classes = 40 };

static float number[most_samples]; /* the only feature: which sample it is */
static int32_t labels[most_samples];

static int number_samples(void **state)
{
    (void)state;
    for (int i = 0; i < most_samples; i++) {
        number[i] = (float)i;
    }
    return 0;
}

/* `samples` in classes of these sizes, mixed. */
static nnfs_dataset *classes_of(const int *sizes, int classes)
{
    int samples = 0;
    for (int c = 0; c < classes; c++) {
        for (int i = 0; i < sizes[c]; i++) {
            labels[samples++] = c;
        }
    }
    for (int i = samples - 1; i > 0; i--) {
        int j = (int)((unsigned)i * 7919u % (unsigned)(i + 1));
        int32_t label = labels[i];
        labels[i] = labels[j];
        labels[j] = label;
    }
    nnfs_arrays arrays = {.features = number,
                          .feature_count = 1,
                          .samples = samples,
                          .labels = labels,
                          .classes = classes};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    return dataset;
}

static nnfs_dataset *numbers_of(int samples)
{
    nnfs_arrays arrays = {.features = number,
                          .feature_count = 1,
                          .samples = samples,
                          .targets = number,
                          .target_count = 1};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    return dataset;
}

/* Marks the samples of a part, which come in their stored order. */
static void mark(const nnfs_dataset *part, int *seen)
{
    float before = -1.0f;
    for (int64_t i = 0; i < nnfs_dataset_samples(part); i++) {
        float x = NAN;
        assert_int_equal(nnfs_dataset_copy(part, i, 1, &x, NULL, NULL, NULL), NNFS_OK);
        assert_true(x > before);
        seen[(int)x]++;
        before = x;
    }
}

static void expect_once(const int *seen, int64_t samples)
{
    for (int64_t i = 0; i < samples; i++) {
        assert_int_equal(seen[i], 1);
    }
}

static void free_both(nnfs_dataset *rest, nnfs_dataset *held_out)
{
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
}

/* ---- Splits ---- */

static void check_split(const nnfs_dataset *dataset, const int *sizes, int classes, double share)
{
    nnfs_dataset *rest = NULL, *held_out = NULL;
    int64_t samples = nnfs_dataset_samples(dataset);
    assert_int_equal(nnfs_dataset_split(dataset, share, 3, &rest, &held_out, NULL), NNFS_OK);
    int64_t count = llround(share * (double)samples);
    count = count < 1 ? 1 : count >= samples ? samples - 1 : count;
    assert_int_equal(nnfs_dataset_samples(held_out), count);
    int seen[most_samples] = {0};
    mark(rest, seen);
    mark(held_out, seen);
    expect_once(seen, samples);
    int64_t counts[most_classes];
    nnfs_dataset_class_samples(held_out, counts);
    for (int c = 0; c < classes; c++) {
        assert_true(fabs((double)counts[c] - share * sizes[c]) < 1.0 + 1e-9);
        assert_true(sizes[c] != 1 || counts[c] == 0);
    }
    free_both(rest, held_out);
}

static void each_class_gives_its_share(void **state)
{
    (void)state;
    const int sizes[][6] = {{50, 30, 20}, {900, 5, 1, 3}, {7, 7, 7, 7, 7, 7}, {0, 11, 0, 2}};
    const double shares[] = {0.1, 0.2, 0.25, 0.5};
    for (int i = 0; i < 4; i++) {
        nnfs_dataset *dataset = classes_of(sizes[i], 6);
        for (int s = 0; s < 4; s++) {
            check_split(dataset, sizes[i], 6, shares[s]);
        }
        nnfs_dataset_free(dataset);
    }
}

/* The largest remainders: 0.2 of 4, 7 and 9 are 0.8, 1.4 and 1.8; 4 of 20 are 1, 1 and 2. */
static void what_is_left_goes_to_the_largest_remainders(void **state)
{
    (void)state;
    const int sizes[] = {4, 7, 9};
    nnfs_dataset *dataset = classes_of(sizes, 3), *rest = NULL, *held_out = NULL;
    assert_int_equal(nnfs_dataset_split(dataset, 0.2, 1, &rest, &held_out, NULL), NNFS_OK);
    int64_t counts[3];
    nnfs_dataset_class_samples(held_out, counts);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 2);
    free_both(rest, held_out);
    nnfs_dataset_free(dataset);
}

/* Where more is wanted than the classes can give and keep one, some give all. */
static void totals_are_kept_in_any_case(void **state)
{
    (void)state;
    int sizes[most_classes];
    for (int c = 0; c < most_classes; c++) {
        sizes[c] = 1 + c % 3;
    }
    for (int percent = 1; percent < 100; percent++) {
        nnfs_dataset *dataset = classes_of(sizes, most_classes), *rest = NULL, *held_out = NULL;
        double share = percent / 100.0;
        int64_t samples = nnfs_dataset_samples(dataset);
        int64_t count = llround(share * (double)samples);
        assert_int_equal(nnfs_dataset_split(dataset, share, 1, &rest, &held_out, NULL), NNFS_OK);
        count = count < 1 ? 1 : count;
        assert_int_equal(nnfs_dataset_samples(held_out), count < samples ? count : samples - 1);
        free_both(rest, held_out);
        nnfs_dataset_free(dataset);
    }
}

/* Of numbers, the first ones of a random permutation. */
static void numbers_are_split_without_classes(void **state)
{
    (void)state;
    nnfs_dataset *dataset = numbers_of(100), *rest = NULL, *held_out = NULL;
    uint32_t order[100];
    random_permutation((random_key){9, RANDOM_SPLIT}, 0, order, 100);
    assert_int_equal(nnfs_dataset_split(dataset, 0.3, 9, &rest, &held_out, NULL), NNFS_OK);
    int seen[most_samples] = {0};
    mark(held_out, seen);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(seen[order[i]], i < 30);
    }
    free_both(rest, held_out);
    nnfs_dataset_free(dataset);
}

static uint64_t held_out_hash(const nnfs_dataset *dataset, uint64_t seed)
{
    nnfs_dataset *rest = NULL, *held_out = NULL;
    assert_int_equal(nnfs_dataset_split(dataset, 0.5, seed, &rest, &held_out, NULL), NNFS_OK);
    uint64_t hash = nnfs_dataset_hash(held_out);
    free_both(rest, held_out);
    return hash;
}

static void the_seed_decides(void **state)
{
    (void)state;
    const int sizes[] = {30, 40};
    nnfs_dataset *dataset = classes_of(sizes, 2);
    assert_true(held_out_hash(dataset, 1) == held_out_hash(dataset, 1));
    assert_true(held_out_hash(dataset, 1) != held_out_hash(dataset, 2));
    nnfs_dataset_free(dataset);
}

/* ---- Folds ---- */

/* Each sample is held out once; of each class, and of all, a fold has as many as another,
 * or one more. */
static void check_folds(const nnfs_dataset *dataset, const int *sizes, int folds)
{
    int64_t samples = nnfs_dataset_samples(dataset);
    int classes = nnfs_dataset_classes(dataset);
    int seen[most_samples] = {0};
    for (int f = 0; f < folds; f++) {
        nnfs_dataset *rest = NULL, *held_out = NULL;
        int either[most_samples] = {0};
        int64_t counts[most_classes];
        assert_int_equal(nnfs_dataset_fold(dataset, folds, f, 5, &rest, &held_out, NULL), NNFS_OK);
        int64_t held = nnfs_dataset_samples(held_out);
        assert_true(held == samples / folds || held == (samples + folds - 1) / folds);
        mark(held_out, seen);
        mark(held_out, either);
        mark(rest, either);
        expect_once(either, samples);
        nnfs_dataset_class_samples(held_out, counts);
        for (int c = 0; sizes && c < classes; c++) {
            assert_true(counts[c] == sizes[c] / folds ||
                        counts[c] == (sizes[c] + folds - 1) / folds);
        }
        free_both(rest, held_out);
    }
    expect_once(seen, samples);
}

static void folds_hold_each_sample_out_once(void **state)
{
    (void)state;
    const int sizes[] = {50, 31, 1, 4, 0, 17};
    nnfs_dataset *dataset = classes_of(sizes, 6);
    nnfs_dataset *numbers = numbers_of(103);
    const int folds[] = {2, 5, 10, 103};
    for (int i = 0; i < 4; i++) {
        check_folds(dataset, sizes, folds[i]);
        check_folds(numbers, NULL, folds[i]);
    }
    nnfs_dataset_free(dataset);
    nnfs_dataset_free(numbers);
}

static void folds_that_are_none_are_refused(void **state)
{
    (void)state;
    nnfs_dataset *numbers = numbers_of(10), *rest = NULL, *held_out = NULL;
    const int wrong[][2] = {{1, 0}, {11, 0}, {5, 5}, {5, -1}, {-3, 0}};
    for (int i = 0; i < 5; i++) {
        nnfs_error error = {0};
        assert_int_equal(
            nnfs_dataset_fold(numbers, wrong[i][0], wrong[i][1], 1, &rest, &held_out, &error),
            NNFS_ERROR_ARGUMENT);
        assert_true(!rest && !held_out && error.message[0] != '\0');
    }
    nnfs_dataset_free(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_gives_its_share),
        cmocka_unit_test(what_is_left_goes_to_the_largest_remainders),
        cmocka_unit_test(totals_are_kept_in_any_case),
        cmocka_unit_test(numbers_are_split_without_classes),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(folds_hold_each_sample_out_once),
        cmocka_unit_test(folds_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, number_samples, NULL);
}
