/*
 * Two trainings in two threads of one process, each with threads of its own, work, and give
 * the bits that they give alone. They come first, so that both get the library and the BLAS
 * ready at once.
 */
#include <nnfs/nnfs.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { feature_count = 23, class_count = 5, sample_count = 600, trainings = 2 };

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
        const float *x = features + feature_count * j;
        labels[j] = (x[0] > 0.0f) + 2 * (x[1] > 0.0f) + (x[2] > 0.3f);
    }
    return 0;
}

/* A training and what came of it; its own optimizer, shape and seed. */
typedef struct training {
    int hidden;
    nnfs_optimizer optimizer;
    uint64_t seed;
    int threads;
    const nnfs_dataset *dataset; /* shared by all */
    pthread_barrier_t *start;    /* where they wait for each other, or NULL */
    nnfs_status status;
    nnfs_error error;
    uint64_t hash;
    double accuracy;
} training;

/* Asserts nothing: cmocka's assertions belong to the test's own thread. */
static void *train(void *user)
{
    training *one = user;
    const nnfs_layer layers[] = {{one->hidden, NNFS_RELU}, {class_count, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_train_settings how;
    nnfs_summary summary = {.epochs = 0};
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    nnfs_train_settings_init(&how);
    settings.inputs = feature_count;
    settings.layers = layers;
    settings.layer_count = 2;
    settings.loss = NNFS_CROSS_ENTROPY;
    settings.seed = how.seed = one->seed;
    how.optimizer = one->optimizer;
    how.threads = one->threads;
    how.epochs = 12;
    how.batch = 200; /* work enough for three threads */
    if (one->start) {
        (void)pthread_barrier_wait(one->start);
    }
    one->status = nnfs_network_create(&settings, &network, &one->error);
    if (one->status == NNFS_OK) {
        one->status =
            nnfs_train(network, one->dataset, NULL, one->dataset, &how, &summary, &one->error);
        one->hash = nnfs_network_hash(network);
        one->accuracy = summary.test.accuracy;
    }
    nnfs_network_free(network);
    return NULL;
}

static void check(const training *one)
{
    if (one->status != NNFS_OK) {
        print_error("%s\n", one->error.message);
    }
    assert_int_equal(one->status, NNFS_OK);
    assert_true(one->accuracy > 0.3); /* it has learnt something */
}

static void train_together(training *both)
{
    pthread_t threads[trainings];
    pthread_barrier_t start;
    assert_int_equal(pthread_barrier_init(&start, NULL, trainings), 0);
    for (int i = 0; i < trainings; i++) {
        both[i].start = &start;
        assert_int_equal(pthread_create(&threads[i], NULL, train, &both[i]), 0);
    }
    for (int i = 0; i < trainings; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(pthread_barrier_destroy(&start), 0);
}

static void test_two_at_once(void **state)
{
    (void)state;
    const nnfs_arrays arrays = {.features = features,
                                .feature_count = feature_count,
                                .samples = sample_count,
                                .labels = labels,
                                .classes = class_count};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    for (int threads = 1; threads <= 3; threads++) {
        const training plans[trainings] = {
            {.hidden = 192,
             .optimizer = NNFS_ADAM,
             .seed = 3,
             .threads = threads,
             .dataset = dataset},
            {.hidden = 250,
             .optimizer = NNFS_SGD,
             .seed = 4,
             .threads = threads,
             .dataset = dataset},
        };
        training together[trainings] = {plans[0], plans[1]};
        train_together(together);
        for (int i = 0; i < trainings; i++) {
            training alone = plans[i];
            (void)train(&alone);
            check(&together[i]);
            check(&alone);
            assert_true(together[i].hash == alone.hash);
        }
    }
    nnfs_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_at_once)};
    return cmocka_run_group_tests(tests, make_data, NULL);
}
