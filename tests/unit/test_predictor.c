/*
 * Predictors: the outputs of nnfs_predict without an allocation, also within a parallel region;
 * and networks with normalisation and dropout that are copied, saved and loaded, through files
 * and through memory.
 */
#include "network/network.h"

#include "files.h"

#include <math.h>
/* ---- Counting allocations ---- */

static bool counts;
static int allocations;

void *__real_memory_alloc(size_t count, size_t size);
void *__real_memory_alloc_zeroed(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_memory_alloc(size_t count, size_t size);
void *__wrap_memory_alloc_zeroed(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_memory_alloc(size_t count, size_t size)
{
    allocations += counts;
    return __real_memory_alloc(count, size);
}

void *__wrap_memory_alloc_zeroed(size_t count, size_t size)
{
    allocations += counts;
    return __real_memory_alloc_zeroed(count, size);
}

void *__wrap_malloc(size_t size)
{
    allocations += counts;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations += counts;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocations += counts;
    return __real_realloc(memory, size);
}

/* ---- A network that has everything ---- */

enum { inputs = 20, outputs = 3, samples = 300 };

static float x[inputs * samples];

static nnfs_network *make_network(void)
{
    const nnfs_layer layers[] = {
        {33, NNFS_GELU}, {17, NNFS_RELU}, {9, NNFS_SILU}, {outputs, NNFS_SOFTMAX}};
    const nnfs_normalization normalization[] = {NNFS_NORMALIZATION_BATCH, NNFS_NORMALIZATION_LAYER,
                                                NNFS_NORMALIZATION_BATCH, NNFS_NORMALIZATION_NONE};
    const float dropout[] = {0.1f, 0.25f, 1.0f / 3.0f, 0.0f};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = layers;
    settings.layer_count = 4;
    settings.normalization = normalization;
    settings.dropout = dropout;
    settings.input_dropout = 0.15f;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    for (int t = 0; t < network->tensor_count; t++) {
        const network_tensor *tensor = &network->tensors[t];
        for (int i = 0; tensor->rank == 1 && i < tensor->rows; i++) {
            network->parameters[tensor->offset + (size_t)i] += 0.3f + 0.01f * (float)i;
        }
    }
    for (int i = 0; i < inputs * samples; i++) {
        x[i] = (float)(i * 7919 % 1000) / 500.0f - 1.0f;
    }
    return network;
}

static void predict(const nnfs_network *network, float *y)
{
    nnfs_error error = {0};
    if (nnfs_predict(network, x, samples, 1, y, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
}

/* ---- Predictors ---- */

static void predictors_do_not_allocate(void **state)
{
    (void)state;
    nnfs_network *network = make_network();
    nnfs_predictor *predictor = NULL;
    static float wanted[outputs * samples], got[outputs * samples];
    assert_int_equal(nnfs_predictor_create(network, samples, &predictor, NULL), NNFS_OK);
    const int calls[] = {samples, 1, 0, 17};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        assert_int_equal(nnfs_predict(network, x, calls[i], 1, wanted, NULL), NNFS_OK);
        counts = true;
        nnfs_status status = nnfs_predictor_run(predictor, x, calls[i], got, NULL);
        counts = false;
        assert_int_equal(status, NNFS_OK);
        for (int k = 0; k < outputs * calls[i]; k++) {
            assert_true(fabsf(got[k] - wanted[k]) < 1e-6f);
        }
    }
    assert_int_equal(allocations, 0);
    assert_int_equal(nnfs_predictor_run(predictor, x, samples + 1, got, NULL), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_predictor_run(predictor, x, -1, got, NULL), NNFS_ERROR_ARGUMENT);
    nnfs_predictor_free(predictor);
    nnfs_network_free(network);
}

/* Each thread has a predictor of its own; its number in the caller's region does not matter. */
static void predictors_work_in_parallel_regions(void **state)
{
    (void)state;
    enum { threads = 4, room = outputs * 16 };
    nnfs_network *network = make_network();
    static float got[threads][room];
    nnfs_predictor *predictors[threads];
    int failures = 0;
    for (int t = 0; t < threads; t++) {
        assert_int_equal(nnfs_predictor_create(network, 16, &predictors[t], NULL), NNFS_OK);
    }
#pragma omp parallel for num_threads(threads) reduction(+ : failures)
    for (int t = 0; t < threads; t++) {
        for (int repeat = 0; repeat < 50; repeat++) {
            failures += nnfs_predictor_run(predictors[t], x, 16, got[t], NULL) != NNFS_OK;
        }
    }
    assert_int_equal(failures, 0);
    for (int t = 0; t < threads; t++) {
        assert_memory_equal(got[t], got[0], sizeof got[0]);
        nnfs_predictor_free(predictors[t]);
    }
    nnfs_network_free(network);
}

/* ---- Copies ---- */

static void expect_same(const nnfs_network *network, const nnfs_network *wanted)
{
    static float a[outputs * samples], b[outputs * samples];
    predict(network, a);
    predict(wanted, b);
    assert_memory_equal(a, b, sizeof a);
    assert_true(nnfs_network_hash(network) == nnfs_network_hash(wanted));
    assert_true(nnfs_network_input_dropout(network) == nnfs_network_input_dropout(wanted));
    for (int i = 0; i < nnfs_network_layer_count(wanted); i++) {
        assert_int_equal(nnfs_network_normalization(network, i),
                         nnfs_network_normalization(wanted, i));
        assert_true(nnfs_network_dropout(network, i) == nnfs_network_dropout(wanted, i));
    }
}

static void copies_predict_the_same(void **state)
{
    (void)state;
    nnfs_network *network = make_network();
    nnfs_network *copy = NULL;
    assert_int_equal(nnfs_network_set_note(network, "made", "by a test", NULL), NNFS_OK);
    assert_int_equal(nnfs_network_copy(network, &copy, NULL), NNFS_OK);
    expect_same(copy, network);
    assert_string_equal(nnfs_network_note(copy, "made"), "by a test");
    nnfs_network_biases(network, 0)[0] += 1.0f;
    assert_true(nnfs_network_hash(copy) != nnfs_network_hash(network));
    assert_int_equal(nnfs_network_blend(copy, network, 1.0f, NULL), NNFS_OK);
    expect_same(copy, network);
    assert_int_equal(nnfs_network_blend(copy, network, 1.5f, NULL), NNFS_ERROR_ARGUMENT);
    nnfs_network_free(copy);
    nnfs_network_free(network);
}

/* The bytes in memory are those of the file, and a cut anywhere is refused. */
static void memory_holds_the_file(void **state)
{
    (void)state;
    nnfs_network *network = make_network();
    nnfs_network *loaded = NULL;
    char *path = scratch_path("network.safetensors");
    void *bytes = NULL;
    size_t count = 0;
    assert_int_equal(nnfs_network_set_note(network, "made", "by a test", NULL), NNFS_OK);
    assert_int_equal(nnfs_network_save(network, path, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_save_memory(network, &bytes, &count, NULL), NNFS_OK);
    size_t size = 0;
    unsigned char *file = read_bytes(path, &size);
    assert_int_equal(count, size);
    assert_memory_equal(bytes, file, size);
    assert_int_equal(nnfs_network_load(path, &loaded, NULL), NNFS_OK);
    expect_same(loaded, network);
    nnfs_network_free(loaded);
    assert_int_equal(nnfs_network_load_memory(bytes, count, &loaded, NULL), NNFS_OK);
    expect_same(loaded, network);
    assert_string_equal(nnfs_network_note(loaded, "made"), "by a test");
    nnfs_network_free(loaded);
    nnfs_error error = {0};
    for (size_t cut = 0; cut < count; cut += cut < 2000 ? 1 : 97) {
        unsigned char *part = malloc(cut > 0 ? cut : 1); /* so that a sanitizer sees its end */
        memcpy(part, bytes, cut);
        assert_int_equal(nnfs_network_load_memory(part, cut, &loaded, &error), NNFS_ERROR_DATA);
        assert_null(loaded);
        free(part);
    }
    assert_int_equal(strncmp(error.message, "a model in memory: ", 19), 0);
    free(file);
    free(path);
    nnfs_memory_free(bytes);
    nnfs_memory_free(NULL);
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictors_do_not_allocate),
        cmocka_unit_test(predictors_work_in_parallel_regions),
        cmocka_unit_test(copies_predict_the_same),
        cmocka_unit_test(memory_holds_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
