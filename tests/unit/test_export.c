/*
 * Exports of everything a model can contain: dates, categories, missing cells, members,
 * embeddings and normalisation, and ensembles of networks. The graph and the ONNX model give what
 * the network predicts; the C program is written with float and with integer weights, and is
 * compiled by tests/export/formats.sh.
 */
#include "formats/graph/graph.h"
#include "network/network.h"

#include "files.h"

#include <math.h>

enum { ROWS = 120, MOST_OUTPUTS = 4 };

typedef struct shape {
    const char *target;
    int members, embedded;
    nnfs_normalization normalization;
    nnfs_activation output;
    nnfs_loss loss;
    nnfs_scaling scaling;
    int two_valued;
    int vectors; /* of categories; 2: and the numbers' embedding is periodic */
} shape;

static const shape shapes[] = {
    {"price", 1, 0, NNFS_NORMALIZATION_NONE, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_DEFAULT, 0, 0},
    {"price", 1, 0, NNFS_NORMALIZATION_LAYER, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_DEFAULT, 0, 0},
    {"price", 1, 3, NNFS_NORMALIZATION_BATCH, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_DEFAULT, 0, 0},
    {"price", 3, 2, NNFS_NORMALIZATION_NONE, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_DEFAULT, 0, 0},
    {"town", 4, 2, NNFS_NORMALIZATION_NONE, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, NNFS_SCALING_DEFAULT,
     0, 0},
    {"sold", 2, 0, NNFS_NORMALIZATION_NONE, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY,
     NNFS_SCALING_DEFAULT, 0, 0},
    {"price", 1, 0, NNFS_NORMALIZATION_NONE, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_ROBUST, 1, 0},
    {"price", 1, 0, NNFS_NORMALIZATION_NONE, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_QUANTILE, 0, 0},
    {"price", 3, 2, NNFS_NORMALIZATION_NONE, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_QUANTILE, 1, 0},
    {"town", 2, 2, NNFS_NORMALIZATION_NONE, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, NNFS_SCALING_QUANTILE,
     1, 0},
    {"price", 1, 0, NNFS_NORMALIZATION_BATCH, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_DEFAULT, 0, 1},
    {"price", 3, 2, NNFS_NORMALIZATION_NONE, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_QUANTILE, 1, 1},
    {"price", 1, 2, NNFS_NORMALIZATION_NONE, NNFS_IDENTITY, NNFS_MSE, NNFS_SCALING_QUANTILE, 1, 2},
    {"town", 3, 3, NNFS_NORMALIZATION_NONE, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, NNFS_SCALING_DEFAULT,
     0, 2},
};

static void write_table(FILE *file)
{
    static const char *const towns[] = {"Rome", "\"York, North\"", "Z\303\274rich"};
    (void)fputs("day,size,rooms,town,sold,stamp,price\n", file);
    for (int i = 0; i < ROWS; i++) {
        if (i % 13 != 0) {
            (void)fprintf(file, "%02d.%02d.%d", 1 + i % 28, 1 + i * 5 % 12, 1965 + i % 61);
        }
        (void)fprintf(file, ",%.2f,", 50.0 + 40.0 * sin(i));
        (void)fprintf(file, i % 11 == 0 ? "NA" : "%d", 1 + i % 5);
        (void)fprintf(file, ",%s,%s,2024-%02d-%02d %02d:%02d:%02d,%.2f\n", towns[i * 7 % 3],
                      i % 4 == 0 ? "yes" : "no", 1 + i % 12, 1 + i % 28, i % 24, i % 60, i * 7 % 60,
                      100.0 * cos(i) + i);
    }
}

/* Cells that training does not have: numbers beyond its ends, other categories, missing ones. */
static void write_awkward(FILE *file)
{
    static const char *const towns[] = {"Rome", "Atlantis", "", "\"York, North\""};
    static const char *const sold[] = {"yes", "maybe", "", "no", "NA"};
    (void)fputs("day,size,rooms,town,sold,stamp,price\n", file);
    for (int i = 0; i < ROWS; i++) {
        (void)fprintf(file, i % 5 == 0 ? "," : "%02d.%02d.%d,", 1 + i % 28, 1 + i % 12, 1900 + i);
        (void)fprintf(file, i % 7 == 0 ? "," : "%.3f,", 50.0 + 300.0 * pow(sin(i), 3));
        (void)fprintf(file, i % 6 == 0 ? "NA," : "%d,", i % 9 - 2);
        (void)fprintf(file, "%s,%s,", towns[i % 4], sold[i % 5]);
        (void)fprintf(file, "2024-%02d-%02d %02d:%02d:%02d,%d\n", 1 + i % 12, 1 + i % 28, i % 24,
                      i % 60, i * 7 % 60, i);
    }
}

static void write_file(const char *path, void (*write)(FILE *))
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    write(file);
    assert_int_equal(fclose(file), 0);
}

static nnfs_dataset *load(const char *path, const shape *of)
{
    const char *const targets[] = {of->target, NULL};
    nnfs_dataset_settings settings;
    nnfs_preprocessing_settings fitting;
    nnfs_dataset *dataset = NULL;
    nnfs_preprocessing *preprocessing = NULL;
    nnfs_preprocessing_settings_init(&fitting);
    fitting.scaling = of->scaling;
    fitting.two_valued = of->two_valued;
    fitting.missing_indicator = of->two_valued;
    nnfs_dataset_settings_init(&settings);
    settings.targets = targets;
    assert_int_equal(nnfs_dataset_load(path, &settings, &dataset, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_preprocessing_fit(dataset, &fitting, &preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_prepare(dataset, preprocessing, NULL), NNFS_OK);
    nnfs_preprocessing_free(preprocessing);
    return dataset;
}

/* The awkward rows as inputs of that network. */
static nnfs_dataset *load_awkward(const char *path, const nnfs_network *network)
{
    static const char *const targets[] = {"price", NULL};
    static const char *const texts[] = {"town", "sold", NULL};
    nnfs_dataset_settings settings;
    nnfs_dataset *dataset = NULL;
    nnfs_dataset_settings_init(&settings);
    settings.targets = targets;
    settings.categorical = texts;
    assert_int_equal(nnfs_dataset_load(path, &settings, &dataset, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_prepare(dataset, nnfs_network_preprocessing(network), NULL),
                     NNFS_OK);
    return dataset;
}

/* No parameter is the 0 or 1 that it may begin with; statistics of variance stay positive. */
static void disturb(nnfs_network *network)
{
    for (int i = 0; i < network->tensor_count; i++) {
        const network_tensor *tensor = &network->tensors[i];
        if (strcmp(tensor->name, "edges") == 0) {
            continue;
        }
        for (int j = 0; j < tensor->rows * tensor->columns; j++) {
            network->parameters[tensor->offset + (size_t)j] += 0.3f * (float)(1.0 + sin(i + 3 * j));
        }
    }
}

/* The columns of categories, of which there are at most 8. */
static void list_categories(const nnfs_dataset *dataset, nnfs_embedding *embedding, int *first,
                            int *sizes)
{
    const nnfs_preprocessing *preprocessing = nnfs_dataset_preprocessing(dataset);
    for (int i = 0; i < nnfs_preprocessing_columns(preprocessing); i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        if (encoding.kind == NNFS_COLUMN_CATEGORY && encoding.inputs > 1) {
            first[embedding->count] = encoding.first_input;
            sizes[embedding->count++] = encoding.inputs;
        }
    }
}

static nnfs_network *make_network(const shape *of, const nnfs_dataset *dataset)
{
    static const int embedded[] = {0, 1, 3};
    int classes = nnfs_dataset_classes(dataset);
    int outputs = of->output == NNFS_SOFTMAX ? classes : 1;
    const nnfs_layer layers[] = {{6, NNFS_TANH}, {5, NNFS_SILU}, {outputs, of->output}};
    const nnfs_normalization normalization[] = {of->normalization, NNFS_NORMALIZATION_NONE,
                                                NNFS_NORMALIZATION_NONE};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    settings.inputs = nnfs_dataset_features(dataset);
    settings.layers = layers;
    settings.layer_count = 3;
    settings.loss = of->loss;
    settings.normalization = normalization;
    settings.members = of->members;
    int first[8];
    int sizes[8];
    nnfs_embedding embeddings[] = {
        {.kind = NNFS_EMBEDDING_PIECEWISE,
         .width = 3,
         .bins = 4,
         .count = of->embedded,
         .inputs = embedded},
        {.kind = NNFS_EMBEDDING_CATEGORY, .width = 2, .inputs = first, .sizes = sizes},
    };
    list_categories(dataset, &embeddings[1], first, sizes);
    if (of->vectors > 1) {
        embeddings[0].kind = NNFS_EMBEDDING_PERIODIC;
        embeddings[0].frequencies = 5;
        embeddings[0].sigma = 1.0f;
    }
    settings.embeddings = of->embedded > 0 ? embeddings : embeddings + 1;
    settings.embedding_count = (of->embedded > 0) + (of->vectors && embeddings[1].count > 0);
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(
        nnfs_network_set_preprocessing(network, nnfs_dataset_preprocessing(dataset), NULL),
        NNFS_OK);
    assert_int_equal(nnfs_network_fit_embedding(network, dataset, NULL), NNFS_OK);
    disturb(network);
    return network;
}

/* Three networks with different parameters, as one. */
static nnfs_network *make_ensemble(const nnfs_network *network)
{
    nnfs_network *ensemble = NULL;
    nnfs_network *other = NULL;
    assert_int_equal(nnfs_network_copy(network, &ensemble, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_copy(network, &other, NULL), NNFS_OK);
    for (int i = 0; i < 2; i++) {
        disturb(other);
        assert_int_equal(nnfs_network_add(ensemble, other, NULL), NNFS_OK);
    }
    nnfs_network_free(other);
    return ensemble;
}

/* What exports give for a sample: of one probability both. */
static void expect(const nnfs_network *network, const nnfs_dataset *dataset, int64_t sample,
                   float *outputs)
{
    assert_int_equal(nnfs_predict_dataset(network, dataset, sample, 1, 1, outputs, NULL), NNFS_OK);
    if (nnfs_network_loss(network) == NNFS_BINARY_CROSS_ENTROPY) {
        outputs[1] = outputs[0];
        outputs[0] = 1.0f - outputs[0];
    }
}

/* To 1e-5 of a probability, or of the number or about its deviation. */
static void assert_close(const nnfs_network *network, const float *got, const float *expected,
                         int count)
{
    float unit = nnfs_network_loss(network) == NNFS_MSE ? 50.0f : 1.0f;
    for (int i = 0; i < count; i++) {
        if (!(fabsf(got[i] - expected[i]) <= 1e-5f * fmaxf(unit, fabsf(expected[i])))) {
            fail_msg("output %d is %.8g, not %.8g", i, (double)got[i], (double)expected[i]);
        }
    }
}

static void check_graph(const nnfs_network *network, const nnfs_dataset *dataset)
{
    model_graph graph;
    graph_rows rows;
    graph_runner runner;
    float row[16];
    float expected[MOST_OUTPUTS];
    assert_int_equal(graph_of_network(network, &graph, NULL), NNFS_OK);
    assert_true(graph_inputs(&graph) <= 16 && graph_outputs(&graph) <= MOST_OUTPUTS);
    assert_int_equal(graph_rows_create(&rows, &graph, dataset, NULL), NNFS_OK);
    assert_int_equal(graph_runner_create(&runner, &graph, false, NULL), NNFS_OK);
    for (int64_t i = 0; i < ROWS; i++) {
        assert_int_equal(graph_rows_get(&rows, i, row, NULL), NNFS_OK);
        expect(network, dataset, i, expected);
        assert_close(network, graph_run(&runner, row), expected, graph_outputs(&graph));
    }
    graph_runner_free(&runner);
    graph_rows_free(&rows);
    graph_free(&graph);
}

static void check_onnx(const nnfs_network *network, const nnfs_dataset *dataset, const char *path)
{
    nnfs_onnx *onnx = NULL;
    float expected[MOST_OUTPUTS];
    float got[MOST_OUTPUTS * ROWS];
    assert_int_equal(nnfs_network_export_onnx(network, path, NULL), NNFS_OK);
    assert_int_equal(nnfs_onnx_open(path, &onnx, NULL), NNFS_OK);
    int outputs = nnfs_onnx_outputs(onnx);
    assert_true(outputs <= MOST_OUTPUTS);
    assert_int_equal(nnfs_onnx_predict_dataset(onnx, dataset, 0, ROWS, got, NULL), NNFS_OK);
    for (int i = 0; i < ROWS; i++) {
        expect(network, dataset, i, expected);
        assert_close(network, got + (size_t)i * (size_t)outputs, expected, outputs);
    }
    nnfs_onnx_free(onnx);
}

static void check_c(const nnfs_network *network, const nnfs_dataset *dataset, const char *path)
{
    nnfs_c_settings settings;
    nnfs_c_report whole;
    nnfs_c_report small;
    nnfs_c_settings_init(&settings);
    assert_int_equal(nnfs_network_export_c(network, path, NULL, &whole, NULL), NNFS_OK);
    settings.int8 = 1;
    settings.calibration = settings.measure = dataset;
    assert_int_equal(nnfs_network_export_c(network, path, &settings, &small, NULL), NNFS_OK);
    assert_true(small.constants < whole.constants);
    if (!(fabs(small.int8_score - small.float_score) <= 0.05 * fabs(small.float_score))) {
        fail_msg("integers score %g, floats %g", small.int8_score, small.float_score);
    }
}

static void test_shapes(void **state)
{
    (void)state;
    char folder[] = "/tmp/nnfs-export-XXXXXX";
    char paths[5][64];
    static const char *const names[] = {"table.csv", "model.onnx", "model.c", "model.h",
                                        "awkward.csv"};
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 5; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    }
    write_file(paths[0], write_table);
    write_file(paths[4], write_awkward);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        nnfs_dataset *dataset = load(paths[0], &shapes[i]);
        nnfs_network *network = make_network(&shapes[i], dataset);
        check_graph(network, dataset);
        check_onnx(network, dataset, paths[1]);
        check_c(network, dataset, paths[2]);
        if (strcmp(shapes[i].target, "price") == 0) {
            nnfs_dataset *awkward = load_awkward(paths[4], network);
            check_graph(network, awkward);
            check_onnx(network, awkward, paths[1]);
            nnfs_dataset_free(awkward);
        }
        nnfs_error error;
        bool plain = shapes[i].members == 1 && shapes[i].embedded == 0 && !shapes[i].vectors;
        nnfs_status status = nnfs_network_export_state_dict(network, paths[1], NULL, 0, &error);
        assert_int_equal(status, plain ? NNFS_OK : NNFS_ERROR_DATA);
        if (shapes[i].normalization != NNFS_NORMALIZATION_BATCH) {
            nnfs_network *ensemble = make_ensemble(network);
            check_graph(ensemble, dataset);
            check_onnx(ensemble, dataset, paths[1]);
            check_c(ensemble, dataset, paths[2]);
            assert_int_equal(nnfs_network_export_state_dict(ensemble, paths[1], NULL, 0, &error),
                             NNFS_ERROR_DATA);
            nnfs_network_free(ensemble);
        }
        nnfs_network_free(network);
        nnfs_dataset_free(dataset);
    }
    for (int i = 0; i < 5; i++) {
        (void)unlink(paths[i]);
    }
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
