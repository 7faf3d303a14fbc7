/*
 * Imports: the networks of tests/data/import/accept give the outputs that their own programs gave,
 * the files of refuse are refused with one sentence; what is exported, imported and exported again
 * is the same bytes.
 */
#include "formats/safetensors.h"

#include "files.h"

#include <math.h>

static const char *folder;

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* Calls `look` with the path of each file of a folder, and returns how many there are. */
static int each_file(const char *name, void (*look)(const char *path))
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *stream = opendir(path);
    int count = 0;
    assert_non_null(stream);
    for (const struct dirent *entry = readdir(stream); entry; entry = readdir(stream)) {
        if (ends_in(entry->d_name, ".onnx") || ends_in(entry->d_name, ".safetensors")) {
            (void)snprintf(path, sizeof path, "%s/%s/%s", folder, name, entry->d_name);
            look(path);
            count++;
        }
    }
    (void)closedir(stream);
    return count;
}

/* ---- What is accepted ---- */

static void open_values(const char *path, safetensors_file *file)
{
    char values[1100];
    (void)snprintf(values, sizeof values, "%.*s.values", (int)(strrchr(path, '.') - path), path);
    assert_int_equal(safetensors_open(values, file, NULL), NNFS_OK);
}

static void check_accepted(const char *path)
{
    nnfs_network *network = NULL;
    nnfs_error error = {.status = NNFS_OK};
    safetensors_file file;
    if (nnfs_network_import(path, NULL, &network, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    open_values(path, &file);
    const safetensors_tensor *x = safetensors_find(&file, "x");
    const safetensors_tensor *y = safetensors_find(&file, "y");
    size_t outputs = (size_t)nnfs_network_outputs(network);
    bool both = outputs == 1 && y->shape[1] == 2; /* of one probability, the other one too */
    assert_int_equal(x->shape[1], nnfs_network_inputs(network));
    assert_true(both || y->shape[1] == outputs);
    float *features = malloc(x->bytes);
    float *expected = malloc(y->bytes);
    float *got = calloc(x->shape[0] * outputs, sizeof *got);
    assert_true(features && expected && got);
    memcpy(features, x->data, x->bytes);
    memcpy(expected, y->data, y->bytes);
    assert_int_equal(nnfs_predict(network, features, (int64_t)x->shape[0], 1, got, NULL), NNFS_OK);
    for (size_t i = 0; i < x->shape[0] * outputs; i++) {
        double value = (double)expected[both ? 2 * i + 1 : i];
        if (!(fabs((double)got[i] - value) <= 1e-5 * fmax(1.0, fabs(value)))) {
            fail_msg("%s: output %zu is %g, not %g", path, i, (double)got[i], value);
        }
    }
    free(features);
    free(expected);
    free(got);
    safetensors_close(&file);
    nnfs_network_free(network);
}

static void test_accept(void **state)
{
    (void)state;
    assert_true(each_file("accept", check_accepted) >= 12);
}

/* ---- What is refused ---- */

static void check_refused(const char *path)
{
    nnfs_network *network = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = nnfs_network_import(path, NULL, &network, &error);
    assert_null(network);
    if (status != NNFS_ERROR_DATA || !strstr(error.message, path) || strchr(error.message, '\n')) {
        fail_msg("%s: status %d, '%s'", path, (int)status, error.message);
    }
}

static void test_refuse(void **state)
{
    (void)state;
    assert_true(each_file("refuse", check_refused) >= 20);
}

/* ---- There and back ---- */

static nnfs_status export_torch(const nnfs_network *network, const char *path, nnfs_error *error)
{
    return nnfs_network_export_state_dict(network, path, NULL, 0, error);
}

typedef nnfs_status exporter(const nnfs_network *network, const char *path, nnfs_error *error);

static void check_round_trip(const nnfs_network *network, exporter *export)
{
    char first[] = "/tmp/nnfs-import-XXXXXX";
    char second[sizeof first + 2];
    int file = mkstemp(first);
    assert_true(file >= 0);
    (void)close(file);
    (void)snprintf(second, sizeof second, "%s.2", first);
    nnfs_network *again = NULL;
    size_t counts[2];
    assert_int_equal(export(network, first, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_import(first, NULL, &again, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_hash(network), nnfs_network_hash(again));
    assert_int_equal(nnfs_network_loss(network), nnfs_network_loss(again));
    assert_int_equal(export(again, second, NULL), NNFS_OK);
    unsigned char *one = read_bytes(first, &counts[0]);
    unsigned char *two = read_bytes(second, &counts[1]);
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(one, two, counts[0]);
    free(one);
    free(two);
    nnfs_network_free(again);
    (void)unlink(first);
    (void)unlink(second);
}

/* Every activation in a hidden layer, with and without normalisation; each output that a
 * loss goes with. */
static void test_round_trips(void **state)
{
    (void)state;
    static const struct {
        nnfs_activation activation;
        nnfs_loss loss;
        int width;
    } outputs[] = {{NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, 3},
                   {NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY, 1},
                   {NNFS_IDENTITY, NNFS_HUBER, 2},
                   {NNFS_EXPONENTIAL, NNFS_POISSON, 2}};
    for (int i = 0; nnfs_activation_name((nnfs_activation)i); i++) {
        bool hidden = (nnfs_activation)i != NNFS_SOFTMAX && (nnfs_activation)i != NNFS_EXPONENTIAL;
        for (size_t j = 0; hidden && j < sizeof outputs / sizeof *outputs; j++) {
            const nnfs_layer layers[] = {{6, (nnfs_activation)i},
                                         {outputs[j].width, outputs[j].activation}};
            nnfs_network_settings settings;
            nnfs_network_settings_init(&settings);
            settings.inputs = 5;
            settings.layers = layers;
            settings.layer_count = 2;
            settings.loss = outputs[j].loss;
            for (int k = 0; k < 2; k++) {
                const nnfs_normalization normalization[] = {NNFS_NORMALIZATION_LAYER, 0};
                settings.normalization = k == 1 ? normalization : NULL;
                nnfs_network *network = NULL;
                assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
                check_round_trip(network, nnfs_network_export_onnx);
                check_round_trip(network, export_torch);
                nnfs_network_free(network);
            }
        }
    }
}

/* The embeddings of the kinds of `kinds`, a bit each, of the first 9 inputs. */
static int list_embeddings(unsigned kinds, nnfs_embedding *list)
{
    static const int numbers[] = {0, 1};
    static const int waves[] = {2, 3};
    static const int categories[] = {4, 6};
    static const int sizes[] = {2, 3};
    static const nnfs_embedding all[] = {
        {.kind = NNFS_EMBEDDING_PIECEWISE, .width = 2, .bins = 3, .count = 2, .inputs = numbers},
        {.kind = NNFS_EMBEDDING_CATEGORY,
         .width = 2,
         .count = 2,
         .inputs = categories,
         .sizes = sizes},
        {.kind = NNFS_EMBEDDING_PERIODIC,
         .width = 3,
         .count = 2,
         .inputs = waves,
         .frequencies = 4,
         .sigma = 0.5f}};
    int count = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (kinds & 1U << i) {
            list[count++] = all[i];
        }
    }
    return count;
}

/* Networks of all kinds of embeddings, with and without other inputs, members and further networks,
 * with one output and with several. */
static void test_members_and_embeddings(void **state)
{
    (void)state;
    static const nnfs_layer outputs[] = {{3, NNFS_SOFTMAX}, {1, NNFS_SIGMOID}, {2, NNFS_IDENTITY}};
    static const nnfs_loss losses[] = {NNFS_CROSS_ENTROPY, NNFS_BINARY_CROSS_ENTROPY, NNFS_MSE};
    for (unsigned i = 0; i < 192; i++) {
        const nnfs_layer layers[] = {
            {6, i % 2 ? NNFS_GELU : NNFS_MISH}, {4, NNFS_RELU}, outputs[i % 3]};
        nnfs_network_settings settings;
        nnfs_network_settings_init(&settings);
        settings.inputs = i & 8 ? 9 : 11;
        settings.layers = layers;
        settings.layer_count = 3;
        settings.loss = losses[i % 3];
        settings.members = i & 16 ? 3 : 1;
        nnfs_embedding embeddings[3];
        settings.embedding_count = list_embeddings(i & 7, embeddings);
        settings.embeddings = embeddings;
        nnfs_network *network = NULL;
        assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
        for (int further = 0; i & 32 && further < 2; further++) {
            nnfs_network *other = NULL;
            settings.seed++;
            assert_int_equal(nnfs_network_create(&settings, &other, NULL), NNFS_OK);
            assert_int_equal(nnfs_network_add(network, other, NULL), NNFS_OK);
            nnfs_network_free(other);
        }
        check_round_trip(network, nnfs_network_export_onnx);
        nnfs_network_free(network);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_members_and_embeddings),
    };
    if (argc != 2) {
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
