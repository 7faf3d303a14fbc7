/*
 * Shards: the tree that adds them up, and gradients of a batch in shards against those of the batch
 * at once. The bits depend on the number of shards, and on no number of threads.
 */
#include "distributed/shard_tree.h"
#include "math/bf16.h"
#include "training/trainer.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- The tree ---- */

/* Terms as text: "((0+1)+2)". */
typedef struct terms {
    char text[16][128];
} terms;

static void add_terms(void *user, int to, int from)
{
    terms *t = user;
    char sum[300];
    (void)snprintf(sum, sizeof sum, "(%s+%s)", t->text[to], t->text[from]);
    assert_true(strlen(sum) < sizeof t->text[to]);
    memcpy(t->text[to], sum, strlen(sum) + 1);
    t->text[from][0] = '\0';
}

static void sum_over(int shards, int ranks, terms *t)
{
    for (int i = 0; i < shards; i++) {
        (void)snprintf(t->text[i], sizeof t->text[i], "%d", i);
    }
    for (int rank = 0; rank < ranks; rank++) {
        shard_range range = shard_range_of(shards, ranks, rank);
        shard_tree_within(shards, range, add_terms, t);
        for (int i = range.first; i < range.first + range.count; i++) {
            assert_int_equal(shard_is_top(shards, range, i), t->text[i][0] != '\0');
            assert_int_equal(shard_owner(shards, ranks, i), rank);
        }
    }
    shard_tree_between(shards, ranks, add_terms, t);
}

static void the_tree_is_the_same_at_any_number_of_ranks(void **unused)
{
    (void)unused;
    for (int shards = 1; shards <= 16; shards *= 2) {
        terms one;
        sum_over(shards, 1, &one);
        for (int ranks = 2; ranks <= shards; ranks++) {
            terms some;
            sum_over(shards, ranks, &some);
            assert_string_equal(some.text[0], one.text[0]);
        }
    }
}

static void shards_cover_the_samples(void **unused)
{
    (void)unused;
    static const int64_t counts[] = {0, 1, 7, 8, 9, 1000, INT64_MAX / 2};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        int64_t at = 0;
        for (int i = 0; i < 8; i++) {
            int64_t count = shard_begin(counts[c], 8, i + 1) - shard_begin(counts[c], 8, i);
            assert_true(shard_begin(counts[c], 8, i) == at);
            assert_true(count == counts[c] / 8 || count == counts[c] / 8 + 1);
            at += count;
        }
        assert_true(at == counts[c]);
    }
}

/* ---- Gradients ---- */

enum { INPUTS = 20, CLASSES = 3, MOST_SAMPLES = 9000 };

typedef struct problem {
    const char *name;
    nnfs_normalization normalization;
    int hidden, samples, members;
    nnfs_precision precision, wire;
    double tolerance;
} problem;

static const problem problems[] = {
    {"small", NNFS_NORMALIZATION_NONE, 12, 97, 1, NNFS_PRECISION_F32, NNFS_PRECISION_F32, 1e-5},
    {"batch normalisation", NNFS_NORMALIZATION_BATCH, 12, 97, 1, NNFS_PRECISION_F32,
     NNFS_PRECISION_F32, 1e-5},
    {"layer normalisation", NNFS_NORMALIZATION_LAYER, 12, 97, 1, NNFS_PRECISION_F32,
     NNFS_PRECISION_F32, 1e-5},
    {"fewer samples than shards", NNFS_NORMALIZATION_NONE, 12, 3, 1, NNFS_PRECISION_F32,
     NNFS_PRECISION_F32, 1e-5},
    {"members", NNFS_NORMALIZATION_NONE, 12, 50, 3, NNFS_PRECISION_F32, NNFS_PRECISION_F32, 1e-5},
    {"partial gradients", NNFS_NORMALIZATION_NONE, 12, 9000, 1, NNFS_PRECISION_F32,
     NNFS_PRECISION_F32, 1e-5},
    {"several chunks", NNFS_NORMALIZATION_NONE, 160, 9000, 1, NNFS_PRECISION_F32,
     NNFS_PRECISION_F32, 1e-5},
    {"bfloat16", NNFS_NORMALIZATION_NONE, 32, 200, 1, NNFS_PRECISION_BF16, NNFS_PRECISION_F32,
     1e-5},
    {"bfloat16 on the wire", NNFS_NORMALIZATION_NONE, 12, 97, 1, NNFS_PRECISION_F32,
     NNFS_PRECISION_BF16, 1e-2},
};

static float features[INPUTS * MOST_SAMPLES];
static int32_t labels[MOST_SAMPLES];

static nnfs_network *make_network(const problem *of)
{
    const nnfs_layer layers[] = {
        {of->hidden, NNFS_TANH}, {of->hidden, NNFS_RELU}, {CLASSES, NNFS_SOFTMAX}};
    const nnfs_normalization normalization[] = {of->normalization, of->normalization,
                                                NNFS_NORMALIZATION_NONE};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.layers = layers;
    settings.layer_count = 3;
    settings.inputs = INPUTS;
    settings.loss = NNFS_CROSS_ENTROPY;
    settings.normalization = of->normalization != NNFS_NORMALIZATION_NONE ? normalization : NULL;
    settings.members = of->members;
    nnfs_network *network = NULL;
    nnfs_error error;
    if (nnfs_network_create(&settings, &network, &error) != NNFS_OK) {
        fail_msg("%s: %s", of->name, error.message);
    }
    return network;
}

static void make_data(void)
{
    uint32_t state = 7;
    for (int i = 0; i < INPUTS * MOST_SAMPLES; i++) {
        state = state * 1664525u + 1013904223u;
        features[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
    for (int i = 0; i < MOST_SAMPLES; i++) {
        labels[i] = i * i % CLASSES;
    }
}

/* A step by hand; what it leaves of gradient and parameters, in fresh memory. */
typedef struct outcome {
    double loss;
    float *gradient, *parameters;
    size_t floats;
} outcome;

static outcome take_step(const problem *of, int shards, int threads)
{
    nnfs_network *network = make_network(of);
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.batch = 0;
    settings.shards = shards;
    settings.threads = threads;
    settings.precision = of->precision;
    settings.wire = of->wire;
    settings.optimizer = NNFS_SGD;
    settings.learning_rate = 0.1f;
    nnfs_trainer *trainer = NULL;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    nnfs_arrays arrays = {.features = features,
                          .feature_count = INPUTS,
                          .samples = of->samples,
                          .labels = labels,
                          .classes = CLASSES};
    outcome made = {.floats = network->parameter_floats};
    made.gradient = calloc(2 * made.floats, sizeof *made.gradient);
    assert_non_null(made.gradient);
    made.parameters = made.gradient + made.floats;
    assert_int_equal(nnfs_trainer_step(trainer, &arrays, &made.loss, NULL), NNFS_OK);
    memcpy(made.gradient, nnfs_trainer_gradients(trainer, NULL), made.floats * sizeof(float));
    memcpy(made.parameters, network->parameters, made.floats * sizeof(float));
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    return made;
}

static double distance(const float *x, const float *y, size_t count)
{
    double square = 0.0;
    double norm = 0.0;
    for (size_t i = 0; i < count; i++) {
        double difference = (double)x[i] - (double)y[i];
        square += difference * difference;
        norm += (double)x[i] * (double)x[i];
    }
    return sqrt(square / norm);
}

static void shards_give_the_gradient_of_the_batch(void **unused)
{
    (void)unused;
    make_data();
    for (size_t p = 0; p < sizeof problems / sizeof *problems; p++) {
        const problem *of = &problems[p];
        outcome whole = take_step(of, 1, 1);
        for (int shards = 2; shards <= 8; shards *= 2) {
            outcome one = take_step(of, shards, 1);
            outcome two = take_step(of, shards, 2);
            double apart = distance(whole.gradient, one.gradient, one.floats);
            if (apart > of->tolerance || fabs(whole.loss - one.loss) > 1e-6) {
                fail_msg("%s, %d shards: the gradient is off by %g, the loss by %g", of->name,
                         shards, apart, whole.loss - one.loss);
            }
            assert_memory_equal(one.gradient, two.gradient, 2 * one.floats * sizeof(float));
            free(one.gradient);
            free(two.gradient);
        }
        free(whole.gradient);
    }
}

/* A gradient that travels in 16 bits has values of 16 bits. */
static void sums_are_rounded(void **unused)
{
    (void)unused;
    const problem *of = &problems[sizeof problems / sizeof *problems - 1];
    for (int shards = 1; shards <= 8; shards *= 8) {
        outcome made = take_step(of, shards, 1);
        size_t rounded = 0;
        for (size_t i = 0; i < made.floats; i++) {
            uint32_t bits;
            memcpy(&bits, &made.gradient[i], sizeof bits);
            rounded += (bits & 0xffffU) == 0;
        }
        assert_true(shards == 1 ? rounded < made.floats / 2 : rounded == made.floats);
        free(made.gradient);
    }
}

static void rounding_is_to_nearest_even(void **unused)
{
    (void)unused;
    static const uint32_t cases[][2] = {
        {0x3f800000, 0x3f800000}, {0x3f807fff, 0x3f800000}, {0x3f808000, 0x3f800000},
        {0x3f808001, 0x3f810000}, {0x3f818000, 0x3f820000}, {0xbf818000, 0xbf820000},
        {0x7f7fffff, 0x7f800000}, {0x7f800000, 0x7f800000}, {0x7f800001, 0x7fc00000},
        {0xffffffff, 0xffff0000}, {0x00000001, 0x00000000}, {0x80000001, 0x80000000},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    float x[CASES], back[CASES];
    uint16_t words[CASES];
    for (int i = 0; i < CASES; i++) {
        memcpy(&x[i], &cases[i][0], sizeof x[i]);
    }
    bf16_round(x, CASES);
    bf16_pack(x, CASES, words);
    bf16_unpack(words, CASES, back);
    for (int i = 0; i < CASES; i++) {
        uint32_t bits;
        memcpy(&bits, &back[i], sizeof bits);
        assert_int_equal(bits, cases[i][1]);
    }
    float sums[] = {1.0f, 3.0f};
    bf16_add((float[]){0.00390625f, 0.25f}, 2, sums); /* 1 + 2^-8 is half way to the next */
    assert_true(sums[0] == 1.0f && sums[1] == 3.25f);
}

static void refused(void **unused)
{
    (void)unused;
    nnfs_network *network = make_network(&problems[0]);
    nnfs_train_settings settings;
    nnfs_trainer *trainer = NULL;
    nnfs_error error;
    nnfs_train_settings_init(&settings);
    settings.shards = 3;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "shards must be a power of two, not 3");
    settings.shards = 16;
    settings.batch = 10;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "16 shards of a batch of only 10");
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_is_the_same_at_any_number_of_ranks),
        cmocka_unit_test(shards_cover_the_samples),
        cmocka_unit_test(shards_give_the_gradient_of_the_batch),
        cmocka_unit_test(sums_are_rounded),
        cmocka_unit_test(rounding_is_to_nearest_even),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
