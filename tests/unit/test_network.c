/*
 * Networks: their shapes and refusals, how weights begin, the layout of the parameters, and notes.
 */
#include "base/memory.h"
#include "base/random.h"
#include "math/normal.h"
#include "network/network.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static nnfs_network_settings settings_of(int inputs, const nnfs_layer *layers, int layer_count)
{
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = layers;
    settings.layer_count = layer_count;
    return settings;
}

/* ---- Initialisers ---- */

typedef struct moments {
    double mean, deviation, largest;
} moments;

static moments moments_of(const float *w, int count)
{
    moments m = {0.0, 0.0, 0.0};
    for (int i = 0; i < count; i++) {
        m.mean += (double)w[i] / count;
        m.largest = fmax(m.largest, fabs((double)w[i]));
    }
    for (int i = 0; i < count; i++) {
        m.deviation += ((double)w[i] - m.mean) * ((double)w[i] - m.mean) / count;
    }
    m.deviation = sqrt(m.deviation);
    return m;
}

/* W [out x in] of a layer as the library hands it out; freed by the caller. */
static float *weights_of(const nnfs_network *network, int index)
{
    const network_layer *layer = &network->layers[index];
    float *w = calloc((size_t)layer->out * (size_t)layer->in, sizeof *w);
    assert_non_null(w);
    assert_int_equal(nnfs_network_get_weights(network, index, w, NULL), NNFS_OK);
    return w;
}

static void check_draws(const nnfs_network *network, int index, const random_key *key, bool normal)
{
    const network_layer *layer = &network->layers[index];
    float *w = weights_of(network, index);
    for (int i = 0; i < layer->in * layer->out; i++) {
        random_words words = random_draw(*key, (uint32_t)index, (uint64_t)i / 4, 0);
        double numbers[4];
        normal_fill(words.word, 4, numbers);
        double uniform = ((double)words.word[i % 4] + 0.5) * 0x1p-31 - 1.0;
        double wanted = normal ? sqrt(2.0 / layer->in) * numbers[i % 4]
                               : sqrt(3.0) * sqrt(2.0 / layer->in) * uniform;
        assert_true(w[i] == (float)wanted);
    }
    free(w);
}

/*
 * Element i of W is made of word i % 4 of draw i / 4, however many threads draw (here all of them
 * do) and whether W is kept or its transpose.
 */
static void a_weight_is_a_function_of_its_place(void **state)
{
    (void)state;
    nnfs_layer layers[] = {{401, NNFS_RELU}, {777, NNFS_RELU}, {10, NNFS_SOFTMAX}};
    nnfs_network_settings settings = settings_of(5, layers, 3);
    const random_key key = {settings.seed, RANDOM_WEIGHTS};
    for (int normal = 0; normal < 2; normal++) {
        nnfs_network *network = NULL;
        settings.init = normal ? NNFS_INIT_HE_NORMAL : NNFS_INIT_HE_UNIFORM;
        assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
        assert_true(network_weights(network, 1, network->parameters).row_stride == 1);
        assert_true(network_weights(network, 2, network->parameters).column_stride == 1);
        for (int index = 0; index < 3; index++) {
            check_draws(network, index, &key, normal);
        }
        nnfs_network_free(network);
    }
}

/* What is set is what is handed out, and what a prediction multiplies with. */
static void weights_go_in_and_out(void **state)
{
    (void)state;
    enum { in = 40, out = 3 };
    nnfs_layer layers[] = {{out, NNFS_IDENTITY}};
    nnfs_network_settings settings = settings_of(in, layers, 1);
    settings.loss = NNFS_MSE;
    nnfs_network *network = NULL;
    nnfs_error error = {0};
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    float w[out * in];
    for (int i = 0; i < out * in; i++) {
        w[i] = (float)(i % 17) - 8.0f;
    }
    assert_int_equal(nnfs_network_set_weights(network, 0, w, NULL), NNFS_OK);
    float *again = weights_of(network, 0);
    assert_memory_equal(again, w, sizeof w);
    free(again);
    for (int j = 0; j < in; j++) {
        float x[in] = {0};
        float z[out];
        x[j] = 1.0f;
        assert_int_equal(nnfs_predict(network, x, 1, 1, z, NULL), NNFS_OK);
        assert_memory_equal(z, w + (ptrdiff_t)j * out, sizeof z);
    }
    assert_int_equal(nnfs_network_get_weights(network, 1, w, &error), NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "the network has no layer 1");
    assert_int_equal(nnfs_network_set_weights(network, -1, w, NULL), NNFS_ERROR_ARGUMENT);
    nnfs_network_free(network);
}

typedef struct init_case {
    nnfs_init init;
    nnfs_activation activation; /* of the layer, for the default */
    double deviation;
    int uniform;
} init_case;

enum { fan_in = 300, fan_out = 200 };

static void weights_begin_as_named(void **state)
{
    (void)state;
    const init_case cases[] = {
        {NNFS_INIT_HE_NORMAL, NNFS_TANH, sqrt(2.0 / fan_in), 0},
        {NNFS_INIT_HE_UNIFORM, NNFS_TANH, sqrt(2.0 / fan_in), 1},
        {NNFS_INIT_GLOROT_NORMAL, NNFS_RELU, sqrt(2.0 / (fan_in + fan_out)), 0},
        {NNFS_INIT_GLOROT_UNIFORM, NNFS_RELU, sqrt(2.0 / (fan_in + fan_out)), 1},
        {NNFS_INIT_LECUN_NORMAL, NNFS_RELU, sqrt(1.0 / fan_in), 0},
        {NNFS_INIT_LECUN_UNIFORM, NNFS_RELU, sqrt(1.0 / fan_in), 1},
        {NNFS_INIT_NORMAL, NNFS_RELU, 0.25, 0},
        {NNFS_INIT_UNIFORM, NNFS_RELU, 0.25 / sqrt(3.0), 1},
        {NNFS_INIT_DEFAULT, NNFS_RELU, sqrt(2.0 / fan_in), 0},
        {NNFS_INIT_DEFAULT, NNFS_TANH, sqrt(2.0 / (fan_in + fan_out)), 1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        nnfs_layer layers[] = {{fan_out, cases[c].activation}, {3, NNFS_SOFTMAX}};
        nnfs_network_settings settings = settings_of(fan_in, layers, 2);
        settings.init = cases[c].init;
        settings.init_scale = 0.25f;
        nnfs_network *network = NULL;
        assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
        moments m = moments_of(network->parameters, fan_in * fan_out);
        /* 60,000 draws: the deviation is within 1 % (3.5 sigma), the mean within 0.02 of it. */
        assert_true(fabs(m.deviation / cases[c].deviation - 1.0) < 0.01);
        assert_true(fabs(m.mean) < 0.02 * cases[c].deviation);
        double bound = sqrt(3.0) * cases[c].deviation * 1.0001;
        assert_true(cases[c].uniform ? m.largest < bound : m.largest > 1.9 * bound);
        for (int i = 0; i < fan_out; i++) {
            assert_true(nnfs_network_biases(network, 0)[i] == 0.0f);
        }
        nnfs_network_free(network);
    }
}

static void zeros_are_zeros_and_seeds_differ(void **state)
{
    (void)state;
    nnfs_layer layers[] = {{20, NNFS_RELU}, {3, NNFS_SOFTMAX}};
    nnfs_network_settings settings = settings_of(10, layers, 2);
    uint64_t hashes[3];
    for (int i = 0; i < 3; i++) {
        nnfs_network *network = NULL;
        settings.seed = i == 2 ? UINT64_C(1) << 40 : (uint64_t)i;
        assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
        hashes[i] = nnfs_network_hash(network);
        nnfs_network_free(network);
    }
    assert_true(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
    settings.init = NNFS_INIT_ZEROS;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    for (size_t i = 0; i < network->parameter_floats; i++) {
        assert_true(network->parameters[i] == 0.0f);
    }
    nnfs_network_free(network);
}

/* ---- Shape ---- */

static void the_layout_is_as_promised(void **state)
{
    (void)state;
    nnfs_layer layers[] = {{17, NNFS_RELU}, {5, NNFS_TANH}, {3, NNFS_SOFTMAX}};
    nnfs_network_settings settings = settings_of(7, layers, 3);
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_parameters(network), 7 * 17 + 17 + 17 * 5 + 5 + 5 * 3 + 3);
    assert_int_equal(nnfs_network_inputs(network), 7);
    assert_int_equal(nnfs_network_outputs(network), 3);
    assert_int_equal(nnfs_network_layer(network, 1).width, 5);
    assert_int_equal(nnfs_network_layer(network, 1).activation, NNFS_TANH);
    assert_int_equal(nnfs_network_layer(network, 3).width, 0);
    assert_null(nnfs_network_biases(network, -1));
    for (int i = 0; i < 3; i++) {
        const float *w = matrix_at(network_weights(network, i, network->parameters), 0, 0);
        assert_int_equal((uintptr_t)w % MEMORY_ALIGNMENT, 0);
        assert_int_equal((uintptr_t)nnfs_network_biases(network, i) % MEMORY_ALIGNMENT, 0);
    }
    assert_true(nnfs_network_flops_forward(network) == 2.0 * (7 * 17 + 17 * 5 + 5 * 3));
    assert_true(nnfs_network_flops_step(network) == 2.0 * (2 * 7 * 17 + 3 * 17 * 5 + 3 * 5 * 3));
    nnfs_network_free(network);
}

/* ---- Refusals ---- */

static void expect_refusal(const nnfs_network_settings *settings, nnfs_status status,
                           const char *says)
{
    nnfs_error error = {0};
    nnfs_network *network = (nnfs_network *)&error;
    assert_int_equal(nnfs_network_create(settings, &network, &error), status);
    assert_int_equal(error.status, status);
    if (!strstr(error.message, says)) {
        fail_msg("'%s' does not say '%s'", error.message, says);
    }
    assert_null(network);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    nnfs_layer good[] = {{4, NNFS_RELU}, {3, NNFS_SOFTMAX}};
    nnfs_layer empty[] = {{0, NNFS_RELU}, {3, NNFS_SOFTMAX}};
    nnfs_layer hidden_softmax[] = {{4, NNFS_SOFTMAX}, {3, NNFS_SOFTMAX}};
    nnfs_layer linear[] = {{4, NNFS_RELU}, {3, NNFS_IDENTITY}};
    nnfs_layer unknown[] = {{4, (nnfs_activation)77}, {3, NNFS_SOFTMAX}};
    nnfs_layer huge[] = {{INT_MAX, NNFS_RELU}, {INT_MAX, NNFS_RELU}, {INT_MAX, NNFS_IDENTITY}};
    nnfs_network_settings settings = settings_of(0, good, 2);
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "at least 1 input");
    settings = settings_of(2, good, 0);
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "1 layer");
    settings = settings_of(2, empty, 2);
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT,
                   "layer 1: the setting width is out of its range: 0 is not 1 or more");
    settings = settings_of(2, hidden_softmax, 2);
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "softmax is for the output layer");
    settings = settings_of(2, linear, 2);
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "cross_entropy needs a softmax output");
    settings = settings_of(2, unknown, 2);
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT,
                   "layer 1: the setting activation is out of its range");
    settings = settings_of(2, good, 2);
    settings.loss = (nnfs_loss)50;
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "loss");
    settings = settings_of(2, good, 2);
    settings.init = (nnfs_init)50;
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "the setting init is out of its range");
    settings.init = NNFS_INIT_NORMAL;
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "the setting init_scale is out of its range");
    settings.init_scale = INFINITY;
    expect_refusal(&settings, NNFS_ERROR_ARGUMENT, "the setting init_scale is out of its range");
    settings = settings_of(INT_MAX, huge, 3);
    settings.loss = NNFS_MSE;
    expect_refusal(&settings, NNFS_ERROR_MEMORY, "overflow");
}

static void names_list_everything(void **state)
{
    (void)state;
    int counts[4] = {0};
    for (; nnfs_activation_name((nnfs_activation)counts[0]); counts[0]++) {
    }
    for (; nnfs_loss_name((nnfs_loss)counts[1]); counts[1]++) {
    }
    for (; nnfs_optimizer_name((nnfs_optimizer)counts[2]); counts[2]++) {
    }
    for (; nnfs_init_name((nnfs_init)counts[3]); counts[3]++) {
    }
    assert_int_equal(counts[0], 13);
    assert_int_equal(counts[1], 7);
    assert_int_equal(counts[2], 7);
    assert_int_equal(counts[3], 10);
    assert_string_equal(nnfs_activation_name(NNFS_LEAKY_RELU), "leaky_relu");
    assert_string_equal(nnfs_loss_name(NNFS_HUBER), "huber");
    assert_string_equal(nnfs_optimizer_name(NNFS_ADAMW), "adamw");
    assert_string_equal(nnfs_init_name(NNFS_INIT_LECUN_UNIFORM), "lecun_uniform");
    assert_null(nnfs_activation_name((nnfs_activation)-1));
}

/* ---- Notes ---- */

static void notes_are_kept_sorted(void **state)
{
    (void)state;
    nnfs_layer layers[] = {{3, NNFS_SOFTMAX}};
    nnfs_network_settings settings = settings_of(2, layers, 1);
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_null(nnfs_network_note(network, "a"));
    const char *keys[] = {"m", "a", "z", "m", "b"};
    const char *values[] = {"first", "1", "", "second", "3"};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(nnfs_network_set_note(network, keys[i], values[i], NULL), NNFS_OK);
    }
    assert_int_equal(network->note_count, 4);
    for (size_t i = 1; i < network->note_count; i++) {
        assert_true(strcmp(network->notes[i - 1].key, network->notes[i].key) < 0);
    }
    assert_string_equal(nnfs_network_note(network, "m"), "second");
    assert_string_equal(nnfs_network_note(network, "z"), "");
    nnfs_network_free(network);
    nnfs_network_free(NULL);
}

static void notes_are_utf8(void **state)
{
    (void)state;
    nnfs_layer layers[] = {{3, NNFS_SOFTMAX}};
    nnfs_network_settings settings = settings_of(2, layers, 1);
    nnfs_network *network = NULL;
    nnfs_error error = {0};
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_note(network, "caf\xc3\xa9", "\xf0\x9f\x98\x80", NULL),
                     NNFS_OK);
    /* Latin-1, a character cut off, an overlong one, a surrogate, one past the last */
    const char *bad[] = {"caf\xe9", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(nnfs_network_set_note(network, "a", bad[i], &error), NNFS_ERROR_ARGUMENT);
        assert_int_equal(nnfs_network_set_note(network, bad[i], "a", &error), NNFS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "UTF-8"));
    }
    assert_int_equal(network->note_count, 1);
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weight_is_a_function_of_its_place),
        cmocka_unit_test(weights_go_in_and_out),
        cmocka_unit_test(weights_begin_as_named),
        cmocka_unit_test(zeros_are_zeros_and_seeds_differ),
        cmocka_unit_test(the_layout_is_as_promised),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(names_list_everything),
        cmocka_unit_test(notes_are_kept_sorted),
        cmocka_unit_test(notes_are_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
