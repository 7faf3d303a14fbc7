/* Datasets: wrapped arrays, splits, what a network sees of them, and the reader table. */
#include "data/batch.h"
#include "data/dataset.h"

#include "base/memory.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *data_folder;

enum { feature_count = 3, sample_count = 10 };

static float features[feature_count * sample_count];
static int32_t labels[sample_count];
static float targets[2 * sample_count];

static int make_arrays(void **state)
{
    (void)state;
    for (int i = 0; i < feature_count * sample_count; i++) {
        features[i] = (float)i;
    }
    for (int i = 0; i < sample_count; i++) {
        labels[i] = i % 4;
        targets[2 * i] = (float)(100 * i);
        targets[2 * i + 1] = (float)(100 * i + 1);
    }
    return 0;
}

static nnfs_arrays classes(void)
{
    nnfs_arrays arrays = {.features = features,
                          .feature_count = feature_count,
                          .samples = sample_count,
                          .labels = labels,
                          .classes = 4};
    return arrays;
}

static nnfs_arrays numbers(void)
{
    nnfs_arrays arrays = {.features = features,
                          .feature_count = feature_count,
                          .samples = sample_count,
                          .targets = targets,
                          .target_count = 2};
    return arrays;
}

/* ---- Wrapping ---- */

static void arrays_come_out_as_they_went_in(void **state)
{
    (void)state;
    nnfs_arrays arrays = classes();
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_samples(dataset), sample_count);
    assert_int_equal(nnfs_dataset_features(dataset), feature_count);
    assert_int_equal(nnfs_dataset_classes(dataset), 4);
    assert_true(nnfs_dataset_scale(dataset) == 1.0f);
    assert_int_equal(nnfs_dataset_outputs(dataset), 4);
    float x[2 * feature_count];
    int32_t y[2];
    assert_int_equal(nnfs_dataset_copy(dataset, 3, 2, x, y, NULL, NULL), NNFS_OK);
    assert_memory_equal(x, features + 3 * feature_count, sizeof x);
    assert_memory_equal(y, labels + 3, sizeof y);
    nnfs_error error = {0};
    assert_int_equal(nnfs_dataset_copy(dataset, 9, 2, x, y, NULL, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_dataset_copy(dataset, -1, 2, x, y, NULL, &error), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_dataset_copy(dataset, INT64_MAX, 2, x, y, NULL, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_dataset_copy(dataset, 0, 1, NULL, NULL, x, &error), NNFS_ERROR_ARGUMENT);
    nnfs_dataset_free(dataset);

    arrays = numbers();
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_classes(dataset), 0);
    assert_int_equal(nnfs_dataset_outputs(dataset), 2);
    float t[4];
    assert_int_equal(nnfs_dataset_copy(dataset, 8, 2, NULL, NULL, t, NULL), NNFS_OK);
    assert_memory_equal(t, targets + 16, sizeof t);
    assert_int_equal(nnfs_dataset_copy(dataset, 0, 1, NULL, y, NULL, &error), NNFS_ERROR_ARGUMENT);
    nnfs_dataset_free(dataset);
    nnfs_dataset_free(NULL);
}

static void expect_refusal(nnfs_arrays arrays, nnfs_status status)
{
    nnfs_error error = {0};
    nnfs_dataset *dataset = (nnfs_dataset *)&error;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, &error), status);
    assert_true(error.message[0] != '\0');
    assert_null(dataset);
}

static void arrays_that_are_none_are_refused(void **state)
{
    (void)state;
    nnfs_arrays arrays = classes();
    arrays.features = NULL;
    expect_refusal(arrays, NNFS_ERROR_ARGUMENT);
    arrays = classes();
    arrays.samples = 0;
    expect_refusal(arrays, NNFS_ERROR_ARGUMENT);
    arrays = classes();
    arrays.feature_count = 0;
    expect_refusal(arrays, NNFS_ERROR_ARGUMENT);
    arrays = classes();
    arrays.targets = targets;
    arrays.target_count = 2;
    expect_refusal(arrays, NNFS_ERROR_ARGUMENT);
    arrays.labels = NULL;
    arrays.target_count = 0;
    expect_refusal(arrays, NNFS_ERROR_ARGUMENT);
    arrays = numbers();
    arrays.feature_count = INT_MAX; /* more bytes than a size_t counts */
    arrays.samples = UINT32_MAX - 1;
    expect_refusal(arrays, NNFS_ERROR_ARGUMENT);
    arrays = classes();
    arrays.classes = 3; /* labels go to 3 */
    expect_refusal(arrays, NNFS_ERROR_DATA);
    labels[2] = -1;
    expect_refusal(classes(), NNFS_ERROR_DATA);
    labels[2] = 2;
    targets[5] = NAN;
    expect_refusal(numbers(), NNFS_ERROR_DATA);
    targets[5] = 201.0f;
    features[4] = INFINITY;
    expect_refusal(numbers(), NNFS_ERROR_DATA);
    features[4] = 4.0f;
}

/* ---- Gathering ---- */

/* Pixels are scaled as they are copied, in any order, beyond no edge. */
static void pixels_are_gathered_in_order(void **state)
{
    (void)state;
    enum { pixels = 37, images = 5 };
    dataset_storage storage = {.type = DTYPE_U8,
                               .scale = 1.0f / 255.0f,
                               .feature_count = pixels,
                               .samples = images,
                               .classes = 5};
    uint8_t *stored = memory_alloc(images * pixels, 1);
    storage.features = stored;
    storage.labels = memory_alloc(images, sizeof(int32_t));
    assert_non_null(stored);
    assert_non_null(storage.labels);
    for (int i = 0; i < images * pixels; i++) {
        stored[i] = (uint8_t)(i * 7);
        storage.labels[i / pixels] = 4 - i / pixels;
    }
    nnfs_dataset *dataset = NULL;
    assert_int_equal(dataset_adopt(&storage, &dataset, NULL), NNFS_OK);
    const uint32_t order[] = {4, 0, 2, 1, 3};
    float x[3 * pixels + 1];
    int32_t y[3];
    x[3 * pixels] = 99.0f;
    dataset_fetch(dataset, order, 0, &(sample_batch){.n = 3, .x = x, .labels = y});
    for (int j = 0; j < 3; j++) {
        for (int i = 0; i < pixels; i++) {
            float wanted = (float)stored[order[j] * pixels + (uint32_t)i] * (1.0f / 255.0f);
            assert_true(x[j * pixels + i] == wanted);
        }
        assert_int_equal(y[j], 4 - (int)order[j]);
    }
    assert_true(x[3 * pixels] == 99.0f);
    nnfs_dataset_free(dataset);
}

/* ---- Splitting ---- */

static void splits_part_without_loss(void **state)
{
    (void)state;
    const double shares[] = {0.001, 0.1, 0.25, 0.5, 0.9, 0.999};
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        nnfs_arrays arrays = numbers();
        nnfs_dataset *dataset = NULL, *rest = NULL, *held_out = NULL;
        assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
        assert_int_equal(nnfs_dataset_split(dataset, shares[s], 5, &rest, &held_out, NULL),
                         NNFS_OK);
        nnfs_dataset_free(dataset); /* the parts live on */
        int64_t held = nnfs_dataset_samples(held_out);
        assert_true(held >= 1 && held < sample_count);
        assert_int_equal(nnfs_dataset_samples(rest) + held, sample_count);
        int seen[sample_count] = {0};
        nnfs_dataset *parts[] = {rest, held_out};
        for (int p = 0; p < 2; p++) {
            for (int64_t i = 0; i < nnfs_dataset_samples(parts[p]); i++) {
                float t[2];
                assert_int_equal(nnfs_dataset_copy(parts[p], i, 1, NULL, NULL, t, NULL), NNFS_OK);
                seen[(int)t[0] / 100]++;
            }
        }
        for (int i = 0; i < sample_count; i++) {
            assert_int_equal(seen[i], 1);
        }
        nnfs_dataset_free(rest);
        nnfs_dataset_free(held_out);
    }
}

/* A split of a split, and memory that is freed with the last of its owners. */
static void splits_can_be_split(void **state)
{
    (void)state;
    nnfs_dataset *train = NULL, *test = NULL, *rest = NULL, *held_out = NULL, *less = NULL,
                 *more = NULL;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/idx/accept/split", data_folder);
    assert_int_equal(nnfs_dataset_load(path, NULL, &train, &test, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_split(train, 0.5, 1, &rest, &held_out, NULL), NNFS_OK);
    nnfs_dataset_free(train);
    if (nnfs_dataset_samples(rest) > 1) {
        assert_int_equal(nnfs_dataset_split(rest, 0.5, 1, &less, &more, NULL), NNFS_OK);
    }
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    if (less) {
        assert_true(nnfs_dataset_hash(less) != nnfs_dataset_hash(more));
    }
    nnfs_dataset_free(less);
    nnfs_dataset_free(more);
    nnfs_dataset_free(test);
}

static void shares_that_are_none_are_refused(void **state)
{
    (void)state;
    nnfs_arrays arrays = numbers();
    nnfs_dataset *dataset = NULL, *rest = NULL, *held_out = NULL;
    const double shares[] = {0.0, 1.0, -0.5, 2.0, NAN};
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        assert_int_equal(nnfs_dataset_split(dataset, shares[s], 1, &rest, &held_out, NULL),
                         NNFS_ERROR_ARGUMENT);
        assert_true(!rest && !held_out);
    }
    nnfs_dataset_free(dataset);
}

/* ---- The reader table ---- */

static void readers_are_found(void **state)
{
    (void)state;
    nnfs_dataset *train = NULL, *test = NULL;
    nnfs_error error = {0};
    assert_int_equal(nnfs_dataset_load("digits", NULL, &train, &test, &error), NNFS_OK);
    assert_int_equal(nnfs_dataset_samples(train), 60000);
    assert_int_equal(nnfs_dataset_samples(test), 10000);
    assert_int_equal(nnfs_dataset_features(train), 784);
    assert_int_equal(nnfs_dataset_classes(test), 10);
    assert_true(nnfs_dataset_scale(test) == 1.0f / 255.0f);
    assert_true(nnfs_dataset_hash(train) != nnfs_dataset_hash(test));
    nnfs_image_layout picture = nnfs_dataset_image_layout(test);
    assert_int_equal(picture.height, 28);
    assert_int_equal(picture.width, 28);
    assert_int_equal(picture.channels, 1);
    nnfs_dataset_free(train);
    nnfs_dataset_free(test);
    const char *tables[] = {"x.csv", "x.CSV.gz", "folder/x.npy"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(nnfs_dataset_load(tables[i], NULL, &train, &test, &error), NNFS_ERROR_IO);
        assert_true(!train && !test);
    }
    assert_int_equal(nnfs_dataset_load("nowhere/at/all", NULL, &train, &test, &error),
                     NNFS_ERROR_IO);
    assert_true(!train && !test);
}

/* ---- What there is to look at ---- */

static void shapes_are_pictures(void **state)
{
    (void)state;
    static const struct {
        int rank;
        size_t shape[4];
        nnfs_image_layout picture;
    } rows[] = {
        {3, {9, 28, 20}, {28, 20, 1, 0}},
        {4, {9, 28, 20, 3}, {28, 20, 3, 0}},
        {4, {9, 3, 28, 20}, {28, 20, 3, 1}},
        {4, {9, 28, 20, 1}, {28, 20, 1, 0}},
        {4, {9, 4, 28, 20}, {28, 20, 4, 1}},
        {4, {9, 3, 5, 4}, {3, 5, 4, 0}},
        {2, {9, 784}, {0}},
        {1, {9}, {0}},
        {3, {9, 1, 784}, {0}},
        {3, {9, 20000, 2}, {0}},
        {4, {9, 2, 28, 20}, {0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nnfs_image_layout picture = image_layout_of_shape(rows[i].rank, rows[i].shape);
        assert_int_equal(picture.height, rows[i].picture.height);
        assert_int_equal(picture.width, rows[i].picture.width);
        assert_int_equal(picture.channels, rows[i].picture.channels);
        assert_int_equal(picture.planar, rows[i].picture.planar);
    }
}

/* Cells are those of the file in a part of the table, prepared or not. */
static void cells_are_as_in_the_file(void **state)
{
    (void)state;
    char path[4096];
    nnfs_dataset *all = NULL, *rest = NULL, *held = NULL;
    nnfs_preprocessing *preprocessing = NULL;
    const char *drop[] = {"remark", NULL};
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.drop = drop;
    (void)snprintf(path, sizeof path, "%s/table/flats.csv", data_folder);
    assert_int_equal(nnfs_dataset_load(path, &settings, &all, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_image_layout(all).height, 0);
    assert_true(nnfs_dataset_cell(all, 0, 1) == 56.9f);
    assert_true(nnfs_dataset_cell(all, 1, 10) == 438.1f);
    assert_true(isnan(nnfs_dataset_cell(all, 2, 3)));  /* missing */
    assert_true(isnan(nnfs_dataset_cell(all, 1, 6)));  /* dropped */
    assert_true(isnan(nnfs_dataset_cell(all, 0, 11))); /* no column, and no samples: */
    assert_true(isnan(nnfs_dataset_cell(all, -1, 1)));
    assert_true(isnan(nnfs_dataset_cell(all, nnfs_dataset_samples(all), 1)));
    int heating = (int)nnfs_dataset_cell(all, 0, 4);
    assert_string_equal(nnfs_dataset_category(all, 4, heating), "gas");

    assert_int_equal(nnfs_preprocessing_fit(all, NULL, &preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_prepare(all, preprocessing, NULL), NNFS_OK);
    assert_true(nnfs_dataset_cell(all, 0, 1) == 56.9f);
    assert_int_equal(nnfs_dataset_split(all, 0.25, 1, &rest, &held, NULL), NNFS_OK);
    for (int64_t i = 0; i < nnfs_dataset_samples(held); i++) {
        size_t row = held->rows[i];
        float area = nnfs_dataset_cell(held, i, 1);
        assert_true(area == ((const float *)held->storage.features)[row * 11 + 1]);
    }
    nnfs_dataset_free(all);
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held);
    nnfs_preprocessing_free(preprocessing);
}

int main(int argc, char **argv)
{
    data_folder = argc > 1 ? argv[1] : "tests/data";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_come_out_as_they_went_in),
        cmocka_unit_test(arrays_that_are_none_are_refused),
        cmocka_unit_test(pixels_are_gathered_in_order),
        cmocka_unit_test(splits_part_without_loss),
        cmocka_unit_test(splits_can_be_split),
        cmocka_unit_test(shares_that_are_none_are_refused),
        cmocka_unit_test(readers_are_found),
        cmocka_unit_test(shapes_are_pictures),
        cmocka_unit_test(cells_are_as_in_the_file),
    };
    return cmocka_run_group_tests(tests, make_arrays, NULL);
}
