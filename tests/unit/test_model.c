/* Saving and loading networks: bit for bit, the same bytes each time, whole or not at all. */
#include "formats/safetensors.h"
#include "network/network.h"

#include "files.h"

#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

/* ---- Memory that runs out ---- */

/* Which allocation fails, counted down; with `for_good` all later ones do, too. */
static int failing = -1;
static bool for_good;
static bool json_fails; /* jansson's allocations are the ones that count, else our own */

static bool allocation_fails(void)
{
    if (failing > 0) {
        failing--;
        return failing == 0;
    }
    return failing == 0 && for_good;
}

void *__real_memory_alloc(size_t count, size_t size);
void *__wrap_memory_alloc(size_t count, size_t size);

void *__wrap_memory_alloc(size_t count, size_t size)
{
    return !json_fails && allocation_fails() ? NULL : __real_memory_alloc(count, size);
}

static void *json_allocation(size_t size)
{
    return json_fails && allocation_fails() ? NULL : malloc(size);
}

/* ---- Networks ---- */

static nnfs_network *make_network(int inputs, const nnfs_layer *layers, int count, nnfs_loss loss)
{
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = layers;
    settings.layer_count = count;
    settings.loss = loss;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    for (int i = 0; i < count; i++) { /* biases begin at zero, where a mistake would not show */
        for (int j = 0; j < layers[i].width; j++) {
            nnfs_network_biases(network, i)[j] = (float)(j + 1) / (float)(i + 3);
        }
    }
    return network;
}

static const nnfs_layer two_layers[] = {{4, NNFS_RELU}, {2, NNFS_SOFTMAX}};

static nnfs_network *small_network(void)
{
    return make_network(3, two_layers, 2, NNFS_CROSS_ENTROPY);
}

static void expect_same(const nnfs_network *a, const nnfs_network *b)
{
    assert_int_equal(nnfs_network_inputs(a), nnfs_network_inputs(b));
    assert_int_equal(nnfs_network_layer_count(a), nnfs_network_layer_count(b));
    assert_int_equal(nnfs_network_loss(a), nnfs_network_loss(b));
    for (int i = 0; i < nnfs_network_layer_count(a); i++) {
        assert_int_equal(nnfs_network_layer(a, i).width, nnfs_network_layer(b, i).width);
        assert_int_equal(nnfs_network_layer(a, i).activation, nnfs_network_layer(b, i).activation);
    }
    assert_true(nnfs_network_hash(a) == nnfs_network_hash(b));
}

static nnfs_network *load(const char *path)
{
    nnfs_network *network = NULL;
    nnfs_error error = {0};
    if (nnfs_network_load(path, &network, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    return network;
}

/* ---- Round trips ---- */

/* Widths around the block of the transposition, every activation, every loss. */
static void test_round_trip(void **state)
{
    (void)state;
    static const struct {
        int inputs;
        nnfs_layer layers[4];
        int count;
        nnfs_loss loss;
    } cases[] = {
        {1, {{1, NNFS_IDENTITY}}, 1, NNFS_MSE},
        {784, {{10, NNFS_SOFTMAX}}, 1, NNFS_CROSS_ENTROPY},
        {31,
         {{32, NNFS_RELU}, {33, NNFS_LEAKY_RELU}, {65, NNFS_ELU}, {1, NNFS_SIGMOID}},
         4,
         NNFS_BINARY_CROSS_ENTROPY},
        {33,
         {{31, NNFS_TANH}, {64, NNFS_SOFTPLUS}, {7, NNFS_SILU}, {3, NNFS_IDENTITY}},
         4,
         NNFS_MAE},
        {2, {{100, NNFS_GELU}, {1, NNFS_IDENTITY}}, 2, NNFS_HUBER},
    };
    char *path = scratch_path("network.safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nnfs_network *made =
            make_network(cases[i].inputs, cases[i].layers, cases[i].count, cases[i].loss);
        made->parameters[0] = -0.0f;
        nnfs_network_biases(made, 0)[0] = 0x1p-149f;
        assert_int_equal(nnfs_network_save(made, path, NULL), NNFS_OK);
        nnfs_network *loaded = load(path);
        expect_same(made, loaded);
        assert_null(nnfs_network_note(loaded, "data"));
        nnfs_network_free(made);
        nnfs_network_free(loaded);
    }
    assert_int_equal(folder_entries(scratch_folder(), true), 1);
    free(path);
}

static float weight_at(const nnfs_network *network, int layer, int unit, int input)
{
    return *matrix_at(network_weights(network, layer, network->parameters), unit, input);
}

/* What a file holds that was written by another program, and where each number goes. */
static void test_good_file(void **state)
{
    (void)state;
    char *path = data_path("safetensors/model_good.safetensors");
    nnfs_network *network = load(path);
    assert_int_equal(nnfs_network_inputs(network), 3);
    assert_int_equal(nnfs_network_layer_count(network), 2);
    assert_int_equal(nnfs_network_layer(network, 0).width, 4);
    assert_int_equal(nnfs_network_layer(network, 0).activation, NNFS_RELU);
    assert_int_equal(nnfs_network_layer(network, 1).width, 2);
    assert_int_equal(nnfs_network_layer(network, 1).activation, NNFS_SOFTMAX);
    assert_int_equal(nnfs_network_loss(network), NNFS_CROSS_ENTROPY);
    assert_string_equal(nnfs_network_note(network, "data"), "made by hand");
    for (int out = 0; out < 4; out++) {
        for (int in = 0; in < 3; in++) {
            float want = 0.125f * (float)(out * 3 + in) - 0.5f; /* row-major there */
            assert_true(weight_at(network, 0, out, in) == want);
        }
    }
    assert_true(weight_at(network, 1, 0, 1) == -0.75f);
    assert_true(weight_at(network, 1, 1, 0) == 0.0f);
    assert_true(nnfs_network_biases(network, 0)[1] == -0.25f);
    assert_true(nnfs_network_biases(network, 1)[1] == -0.75f);
    nnfs_network_free(network);
    free(path);
}

/* The other way round: what other programs find in a file of ours. */
static void test_written_tensors(void **state)
{
    (void)state;
    char *path = scratch_path("written.safetensors");
    nnfs_network *network = small_network();
    safetensors_file file;
    float value = 0;
    assert_int_equal(nnfs_network_save(network, path, NULL), NNFS_OK);
    assert_int_equal(safetensors_open(path, &file, NULL), NNFS_OK);
    assert_int_equal(file.tensor_count, 4);
    assert_string_equal(safetensors_metadata(&file, "format"), "nnfs-model/1");
    assert_string_equal(safetensors_metadata(&file, "inputs"), "3");
    assert_string_equal(safetensors_metadata(&file, "layers"),
                        "[{\"width\":4,\"activation\":\"relu\"},"
                        "{\"width\":2,\"activation\":\"softmax\"}]");
    assert_string_equal(safetensors_metadata(&file, "loss"), "cross_entropy");
    const safetensors_tensor *weight = safetensors_find(&file, "layers.0.weight");
    assert_int_equal(weight->rank, 2);
    assert_int_equal(weight->shape[0], 4);
    assert_int_equal(weight->shape[1], 3);
    memcpy(&value, (const char *)weight->data + sizeof value * (3 * 1 + 2), sizeof value);
    assert_true(value == weight_at(network, 0, 1, 2));
    const safetensors_tensor *bias = safetensors_find(&file, "layers.1.bias");
    assert_int_equal(bias->rank, 1);
    assert_memory_equal(bias->data, nnfs_network_biases(network, 1), bias->bytes);
    safetensors_close(&file);
    nnfs_network_free(network);
    assert_int_equal(unlink(path), 0);
    free(path);
}

/* The same network gives the same bytes, in any order of its notes. */
static void test_notes_and_bytes(void **state)
{
    (void)state;
    static const char *const keys[] = {"data", "loss", "format", "", "a note. with \"quotes\"\n"};
    static const char *const values[] = {"digits", "", "x", "empty key", "\xe2\x82\xac\t\x01"};
    char *paths[2] = {scratch_path("a"), scratch_path("b")};
    nnfs_network *network = NULL;
    for (int turn = 0; turn < 2; turn++) {
        network = small_network();
        for (int i = 0; i < 5; i++) {
            int note = turn == 0 ? i : 4 - i;
            assert_int_equal(nnfs_network_set_note(network, keys[note], values[note], NULL),
                             NNFS_OK);
        }
        assert_int_equal(nnfs_network_save(network, paths[turn], NULL), NNFS_OK);
        nnfs_network_free(network);
    }
    network = load(paths[0]);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(nnfs_network_note(network, keys[i]), values[i]);
    }
    assert_int_equal(nnfs_network_save(network, paths[0], NULL), NNFS_OK); /* and a second trip */
    size_t sizes[2];
    unsigned char *first = read_bytes(paths[0], &sizes[0]);
    unsigned char *second = read_bytes(paths[1], &sizes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(first, second, sizes[0]);
    free(first);
    free(second);
    nnfs_network_free(network);
    (void)folder_entries(scratch_folder(), true);
    free(paths[0]);
    free(paths[1]);
}

/* ---- Refusals ---- */

static const struct {
    const char *name; /* without "model_" */
    const char *words;
} refused[] = {
    {"no_metadata", "not a model of nnfs"},
    {"no_format", "not a model of nnfs"},
    {"no_inputs", "'inputs' is not a positive number"},
    {"no_layers", "'layers' is not a list"},
    {"no_loss", "'loss' is missing"},
    {"format_other", "the format is 'nnfs-model/2'"},
    {"inputs_zero", "'inputs' is not a positive number"},
    {"inputs_negative", "'inputs' is not a positive number"},
    {"inputs_fractional", "'inputs' is not a positive number"},
    {"inputs_huge", "'inputs' is not a positive number"},
    {"inputs_text", "'inputs' is not a positive number"},
    {"inputs_junk", "'inputs' is not a positive number"},
    {"layers_empty", "'layers' is not a list"},
    {"layers_not_json", "'layers' is not a list"},
    {"layers_not_a_list", "'layers' is not a list"},
    {"layers_of_numbers", "layer 1: the setting width is missing"},
    {"layers_deeply_nested", "'layers' is not a list"},
    {"layers_extra_field", "layer 1: it has unknown settings"},
    {"layers_repeated_field", "'layers' is not a list"},
    {"width_missing", "layer 1: the setting width is missing"},
    {"width_zero", "layer 1: the setting width is out of its range: 0 is not 1 or more"},
    {"width_negative", "layer 1: the setting width is out of its range"},
    {"width_fractional", "layer 1: the setting width has an unknown value"},
    {"width_huge", "'layers.0.weight' has not the shape"},
    {"width_over_32_bits", "layer 1: the setting width has an unknown value"},
    {"activation_unknown", "the setting activation has an unknown value rely"},
    {"activation_number", "layer 1: the setting activation has an unknown value"},
    {"softmax_hidden", "softmax"},
    {"loss_unknown", "unknown hinge"},
    {"loss_does_not_fit", "binary_cross_entropy"},
    {"layers_too_few", "4 tensors, where its 1 layers have 2"},
    {"layers_too_many", "softmax is for the output layer, not for layer 2"},
    {"tensor_missing_layers_0_weight", "'layers.0.weight' is missing"},
    {"tensor_missing_layers_0_bias", "'layers.0.bias' is missing"},
    {"tensor_missing_layers_1_weight", "'layers.1.weight' is missing"},
    {"tensor_missing_layers_1_bias", "'layers.1.bias' is missing"},
    {"nan_layers_0_weight", "'layers.0.weight' has a value that is not finite"},
    {"nan_layers_0_bias", "'layers.0.bias' has a value that is not finite"},
    {"nan_layers_1_weight", "'layers.1.weight' has a value that is not finite"},
    {"nan_layers_1_bias", "'layers.1.bias' has a value that is not finite"},
    {"infinity_layers_0_weight", "'layers.0.weight' has a value that is not finite"},
    {"infinity_layers_0_bias", "'layers.0.bias' has a value that is not finite"},
    {"infinity_layers_1_weight", "'layers.1.weight' has a value that is not finite"},
    {"infinity_layers_1_bias", "'layers.1.bias' has a value that is not finite"},
    {"tensor_extra", "5 tensors, where its 2 layers have 4"},
    {"shape_transposed", "'layers.0.weight' has not the shape"},
    {"shape_flat", "'layers.0.weight' has not the shape"},
    {"shape_rank_3", "'layers.0.weight' has not the shape"},
    {"shape_bias", "'layers.1.bias' has not the shape"},
    {"f64", "'layers.0.weight' is F64, not F32"},
};

static void expect_refusal(const char *path, const char *words)
{
    nnfs_network *network = (nnfs_network *)&network; /* must become NULL */
    nnfs_error error = {0};
    assert_int_equal(nnfs_network_load(path, &network, &error), NNFS_ERROR_DATA);
    assert_int_equal(error.status, NNFS_ERROR_DATA);
    assert_null(network);
    assert_ptr_equal(strstr(error.message, path), error.message);
    assert_null(strchr(error.message, '\n'));
    if (words && !strstr(error.message, words)) {
        fail_msg("%s: '%s' lacks '%s'", path, error.message, words);
    }
}

/* Every file of the folder but the one that is good; for those of models the reason counts. */
static void test_refusals(void **state)
{
    (void)state;
    size_t models = 0;
    char *folder = data_path("safetensors");
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        const char *words = NULL;
        char *path = NULL;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "model_good.safetensors") == 0) {
            continue;
        }
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
            char name[128];
            (void)snprintf(name, sizeof name, "model_%s.safetensors", refused[i].name);
            words = strcmp(name, entry->d_name) == 0 ? refused[i].words : words;
        }
        assert_true(words || strncmp(entry->d_name, "model_", 6) != 0);
        models += words != NULL;
        assert_true(asprintf(&path, "%s/%s", folder, entry->d_name) > 0);
        expect_refusal(path, words);
        free(path);
    }
    closedir(entries);
    free(folder);
    assert_int_equal(models, sizeof refused / sizeof *refused);
}

static void test_damage(void **state)
{
    (void)state;
    char *good = data_path("safetensors/model_good.safetensors");
    char *path = scratch_path("damaged");
    size_t count = 0;
    int accepted = 0;
    unsigned char *bytes = read_bytes(good, &count);
    for (size_t kept = 0; kept < count; kept++) {
        write_bytes(path, bytes, kept);
        expect_refusal(path, NULL);
    }
    for (size_t bit = 0; bit < 8 * count; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_bytes(path, bytes, count);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        nnfs_network *network = NULL;
        nnfs_status status = nnfs_network_load(path, &network, NULL);
        assert_true(status == NNFS_OK || status == NNFS_ERROR_DATA);
        accepted += status == NNFS_OK;
        if (network) { /* another value, note or name of a note, but the same shape */
            assert_int_equal(nnfs_network_parameters(network), 4 * 3 + 4 + 2 * 4 + 2);
        }
        nnfs_network_free(network);
    }
    printf("%d of %zu flipped bits still make a valid model\n", accepted, 8 * count);
    (void)folder_entries(scratch_folder(), true);
    free(bytes);
    free(good);
    free(path);
}

/* ---- Failures ---- */

static void test_save_not_finite(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    char *path = scratch_path("bad");
    for (int i = 0; i < 6; i++) {
        nnfs_network *network = small_network();
        nnfs_error error = {0};
        if (i % 2 == 0) {
            matrix_at(network_weights(network, 1, network->parameters), 0, 0)[7] = bad[i / 2];
        } else {
            nnfs_network_biases(network, 1)[1] = bad[i / 2];
        }
        assert_int_equal(nnfs_network_save(network, path, &error), NNFS_ERROR_DATA);
        assert_non_null(strstr(error.message, "layer 2"));
        assert_non_null(strstr(error.message, path));
        nnfs_network_free(network);
    }
    assert_int_equal(folder_entries(scratch_folder(), false), 0);
    free(path);
}

/* A limit on the size of files stands for a full disk, at every place of the file. */
static void test_save_cut(void **state)
{
    (void)state;
    struct rlimit before;
    char *path = scratch_path("kept");
    nnfs_network *old = small_network();
    nnfs_network *newer = small_network();
    nnfs_network_biases(newer, 0)[0] = 7;
    assert_int_equal(nnfs_network_save(old, path, NULL), NNFS_OK);
    size_t count = 0;
    unsigned char *bytes = read_bytes(path, &count);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    for (size_t most = 0; most < count; most++) {
        struct rlimit limit = {most, before.rlim_max};
        nnfs_error error = {0};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        nnfs_status status = nnfs_network_save(newer, path, &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, NNFS_ERROR_IO);
        assert_non_null(strstr(error.message, "File too large"));
        assert_int_equal(folder_entries(scratch_folder(), false), 1);
        size_t now = 0;
        unsigned char *still = read_bytes(path, &now);
        assert_int_equal(now, count);
        assert_memory_equal(still, bytes, count);
        free(still);
    }
    assert_int_equal(nnfs_network_save(newer, path, NULL), NNFS_OK);
    nnfs_network *loaded = load(path);
    expect_same(loaded, newer);
    nnfs_network_free(loaded);
    nnfs_network_free(newer);
    nnfs_network_free(old);
    (void)folder_entries(scratch_folder(), true);
    free(bytes);
    free(path);
}

static void test_save_nowhere(void **state)
{
    (void)state;
    nnfs_network *network = small_network();
    nnfs_error error = {0};
    assert_int_equal(nnfs_network_save(network, "/no/such/folder/x", &error), NNFS_ERROR_IO);
    assert_non_null(strstr(error.message, "/no/such/folder/x: cannot write: No such file"));
    assert_int_equal(nnfs_network_save(network, scratch_folder(), &error), NNFS_ERROR_IO);
    assert_int_equal(nnfs_network_save(network, "/dev/null", &error), NNFS_ERROR_IO);
    struct stat about;
    assert_int_equal(stat("/dev/null", &about), 0);
    assert_true(S_ISCHR(about.st_mode));
    nnfs_network *loaded = NULL;
    /* All of it is known before; a place that is fine stays as it is. */
    assert_int_equal(nnfs_network_save_check("/no/such/folder/x", &error), NNFS_ERROR_IO);
    assert_int_equal(nnfs_network_save_check(scratch_folder(), &error), NNFS_ERROR_IO);
    assert_int_equal(nnfs_network_save_check("/dev/null", NULL), NNFS_ERROR_IO);
    char *fine = scratch_path("fine");
    assert_int_equal(nnfs_network_save_check(fine, &error), NNFS_OK);
    assert_int_equal(folder_entries(scratch_folder(), false), 0);
    free(fine);
    assert_int_equal(nnfs_network_load("/no/such/folder/x", &loaded, &error), NNFS_ERROR_IO);
    nnfs_network_free(network);
}

/* A header has room for 8,000,000 bytes and more, and for 100,000,000 in all. */
static void test_header_limit(void **state)
{
    (void)state;
    nnfs_network *network = small_network();
    nnfs_error error = {0};
    char *path = scratch_path("header");
    const size_t sizes[] = {9000000, 99990000, 100000000};
    for (size_t i = 0; i < 3; i++) {
        char *note = malloc(sizes[i] + 1);
        assert_non_null(note);
        memset(note, 'x', sizes[i]);
        note[sizes[i]] = '\0';
        assert_int_equal(nnfs_network_set_note(network, "long", note, &error), NNFS_OK);
        free(note);
        nnfs_status expected = i == 2 ? NNFS_ERROR_DATA : NNFS_OK;
        assert_int_equal(nnfs_network_header_check(network, &error), expected);
        if (i != 1) {
            assert_int_equal(nnfs_network_save(network, path, &error), expected);
        }
    }
    assert_non_null(strstr(error.message, "is too long: at most 100,000,000"));
    nnfs_network *loaded = load(path);
    assert_int_equal(strlen(nnfs_network_note(loaded, "long")), 9000000);
    nnfs_network_free(loaded);
    nnfs_network_free(network);
    (void)folder_entries(scratch_folder(), true);
    free(path);
}

/* Saves and loads with every allocation failing in turn: an error, and nothing leaks or stays. */
static void save_and_load_without_memory(const nnfs_network *network, const char *path)
{
    bool ended = false;
    int saving = 0;
    while (!ended) {
        failing = ++saving;
        nnfs_status status = nnfs_network_save(network, path, NULL);
        ended = failing > 0;
        failing = -1;
        assert_int_equal(status, ended ? NNFS_OK : NNFS_ERROR_MEMORY);
        assert_int_equal(folder_entries(scratch_folder(), false), ended ? 1 : 0);
    }
    int loading = 0;
    for (ended = false; !ended;) {
        nnfs_network *loaded = NULL;
        failing = ++loading;
        nnfs_status status = nnfs_network_load(path, &loaded, NULL);
        ended = failing > 0;
        failing = -1;
        if (status == NNFS_OK) {
            expect_same(loaded, network);
            assert_string_equal(nnfs_network_note(loaded, "data"), "caf\xc3\xa9");
        } else {
            assert_int_equal(status, NNFS_ERROR_MEMORY);
            assert_false(ended);
        }
        /* jansson may do without an allocation: what counts is that the network is the same */
        assert_true(status != NNFS_OK || ended || json_fails);
        assert_true((loaded != NULL) == (status == NNFS_OK));
        nnfs_network_free(loaded);
    }
    printf("%d allocations to save, %d to load\n", saving - 1, loading - 1);
    (void)folder_entries(scratch_folder(), true);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    char *path = scratch_path("memory");
    nnfs_network *network = small_network();
    assert_int_equal(nnfs_network_set_note(network, "data", "caf\xc3\xa9", NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_note(network, "caf\xc3\xa9", "1", NULL), NNFS_OK);
    json_set_alloc_funcs(json_allocation, free);
    for (int turn = 0; turn < 4; turn++) {
        for_good = turn % 2 == 1;
        json_fails = turn / 2 == 1;
        save_and_load_without_memory(network, path);
    }
    json_set_alloc_funcs(malloc, free);
    nnfs_network_free(network);
    free(path);
}

int main(int argc, char **argv)
{
    tests_data = argc > 1 ? argv[1] : tests_data;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_good_file),
        cmocka_unit_test(test_written_tensors), cmocka_unit_test(test_notes_and_bytes),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_save_not_finite), cmocka_unit_test(test_save_cut),
        cmocka_unit_test(test_save_nowhere),    cmocka_unit_test(test_header_limit),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
