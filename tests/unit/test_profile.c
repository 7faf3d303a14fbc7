/*
 * The profile of a run: every operation of its products is counted, the parts add up to the time
 * that the run took, and looking does not change what is computed.
 */
#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { feature_count = 64, class_count = 5, sample_count = 2500 };

static float features[feature_count * sample_count];
static int32_t labels[sample_count];

static int make_data(void **state)
{
    (void)state;
    uint32_t noise = 1;
    for (int i = 0; i < feature_count * sample_count; i++) {
        noise = noise * 1664525u + 1013904223u;
        features[i] = (float)(noise >> 8) / 16777216.0f - 0.5f;
    }
    for (int j = 0; j < sample_count; j++) {
        labels[j] = features[feature_count * j] > 0.0f ? j % 2 : 2 + j % 3;
    }
    return 0;
}

static nnfs_network *make_network(int hidden)
{
    nnfs_layer layers[] = {{hidden, NNFS_RELU}, {hidden, NNFS_TANH}, {class_count, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = feature_count;
    settings.layers = hidden > 0 ? layers : layers + 2;
    settings.layer_count = hidden > 0 ? 3 : 1;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

/* A run of two epochs, with a profile or NULL; returns the hash of the weights. */
static uint64_t train(int hidden, int64_t batch, int threads, nnfs_profile *profile,
                      nnfs_summary *summary)
{
    nnfs_arrays arrays = {.features = features,
                          .feature_count = feature_count,
                          .samples = sample_count,
                          .labels = labels,
                          .classes = class_count};
    nnfs_dataset *dataset = NULL;
    nnfs_network *network = make_network(hidden);
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.batch = batch;
    settings.epochs = 2;
    settings.threads = threads;
    settings.profile = profile;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_train(network, dataset, NULL, NULL, &settings, summary, NULL), NNFS_OK);
    uint64_t hash = nnfs_network_hash(network);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
    return hash;
}

/* The sums over all rows; each row is checked by itself. */
typedef struct totals {
    double seconds, share, flops;
} totals;

static totals add_rows(const nnfs_profile *profile)
{
    totals sum = {0};
    for (int i = 0; i < nnfs_profile_rows(profile); i++) {
        nnfs_profile_row row = nnfs_profile_row_at(profile, i);
        bool product = row.part <= NNFS_PART_GRADIENT;
        assert_true(row.seconds > 0.0 && row.calls > 0);
        assert_int_equal(row.layer >= 0, product);
        assert_int_equal(row.bound != NNFS_BOTTLENECK_NONE, product);
        assert_int_equal(row.gflops > 0.0 && row.bytes > 0.0, product);
        sum.seconds += row.seconds;
        sum.share += row.share;
        sum.flops += row.flops;
    }
    return sum;
}

static void test_every_operation_is_counted(void **state)
{
    (void)state;
    static const struct {
        int hidden;
        int64_t batch; /* 700: the last is shorter; 0: one step in chunks */
        int threads;
    } runs[] = {{20, 1, 1}, {20, 100, 1}, {40, 700, 2}, {40, 700, 3}, {64, 0, 2}, {0, 128, 2}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        nnfs_profile *profile = NULL;
        assert_int_equal(nnfs_profile_create(&profile, NULL), NNFS_OK);
        (void)train(runs[i].hidden, runs[i].batch, runs[i].threads, profile, NULL);
        nnfs_network *network = make_network(runs[i].hidden);
        double expected = nnfs_network_flops_step(network) * sample_count * 2;
        totals sum = add_rows(profile);
        printf("hidden %d, batch %d, %d threads: %.0f operations, %.0f expected\n", runs[i].hidden,
               (int)runs[i].batch, runs[i].threads, sum.flops, expected);
        assert_true(sum.flops == expected);
        assert_true(fabs(sum.share - 1.0) < 1e-9);
        nnfs_network_free(network);
        nnfs_profile_free(profile);
    }
}

/*
 * The threads' times are those of the steps: the summary counts the shuffling besides. On a
 * busy machine a thread may lose its CPU in between, so that one of several runs has to agree
 * with the clock.
 */
static void test_the_parts_add_up_to_the_run(void **state)
{
    (void)state;
    nnfs_profile *profile = NULL;
    assert_int_equal(nnfs_profile_create(&profile, NULL), NNFS_OK);
    bool agrees = false;
    for (int i = 0; i < 40 && !(agrees && i >= 2); i++) {
        int threads = 1 + i % 2;
        nnfs_summary run;
        (void)train(512, 128, threads, profile, &run);
        nnfs_profile_summary sum = nnfs_profile_sum(profile);
        totals rows = add_rows(profile);
        printf("%d threads: %.4f s in all rows, %.4f s by the clock\n", sum.threads,
               rows.seconds / sum.threads, run.seconds);
        assert_true(sum.threads >= 1 && sum.threads <= threads);
        assert_true(fabs(sum.seconds * sum.threads - rows.seconds) < 0.01 * rows.seconds);
        agrees = agrees || (sum.seconds > 0.9 * run.seconds && sum.seconds < 1.1 * run.seconds);
        assert_true(sum.peak_gflops > 0.0 && sum.bandwidth > 0.0 && sum.working_set > 0.0);
    }
    assert_true(agrees);
    nnfs_profile_free(profile);
}

static void test_looking_changes_nothing(void **state)
{
    (void)state;
    nnfs_profile *profile = NULL;
    assert_int_equal(nnfs_profile_create(&profile, NULL), NNFS_OK);
    assert_true(train(40, 64, 2, profile, NULL) == train(40, 64, 2, NULL, NULL));
    nnfs_profile_free(profile);
}

static void test_rows_are_in_order(void **state)
{
    (void)state;
    static const int expected[][2] = {
        {NNFS_PART_FORWARD, 0},      {NNFS_PART_GRADIENT, 0},   {NNFS_PART_FORWARD, 1},
        {NNFS_PART_BACKWARD, 1},     {NNFS_PART_GRADIENT, 1},   {NNFS_PART_FORWARD, 2},
        {NNFS_PART_BACKWARD, 2},     {NNFS_PART_GRADIENT, 2},   {NNFS_PART_GATHER, -1},
        {NNFS_PART_ELEMENTWISE, -1}, {NNFS_PART_OPTIMIZER, -1}, {NNFS_PART_WAITING, -1},
    };
    int count = (int)(sizeof expected / sizeof *expected);
    nnfs_profile *profile = NULL;
    assert_int_equal(nnfs_profile_create(&profile, NULL), NNFS_OK);
    assert_int_equal(nnfs_profile_rows(profile), 0);
    assert_int_equal(nnfs_profile_sum(profile).threads, 0);
    (void)train(8, 128, 1, profile, NULL);
    assert_int_equal(nnfs_profile_rows(profile), count);
    for (int i = 0; i < count; i++) {
        nnfs_profile_row row = nnfs_profile_row_at(profile, i);
        assert_int_equal(row.part, expected[i][0]);
        assert_int_equal(row.layer, expected[i][1]);
    }
    assert_int_equal(nnfs_profile_row_at(profile, count).layer, -1);
    assert_int_equal(nnfs_profile_row_at(profile, -1).calls, 0);
    nnfs_profile_free(profile);
    nnfs_profile_free(NULL);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(nnfs_part_name(NNFS_PART_FORWARD), "forward");
    assert_string_equal(nnfs_part_name(NNFS_PART_WAITING), "waiting");
    assert_null(nnfs_part_name((nnfs_part)(NNFS_PART_WAITING + 1)));
    assert_string_equal(nnfs_bottleneck_name(NNFS_BOTTLENECK_OVERHEAD), "overhead");
    assert_null(nnfs_bottleneck_name((nnfs_bottleneck)(NNFS_BOTTLENECK_OVERHEAD + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operation_is_counted),
        cmocka_unit_test(test_the_parts_add_up_to_the_run),
        cmocka_unit_test(test_looking_changes_nothing),
        cmocka_unit_test(test_rows_are_in_order),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
