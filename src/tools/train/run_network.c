/*
 * The network of a run: what is left to the task is chosen here, and the notes it carries are set.
 */
#include "common/exit.h"
#include "common/json.h"
#include "common/model_split.h"
#include "common/text.h"
#include "train/presets.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- By task ---- */

typedef enum task_kind { TASK_NUMBERS, TASK_YES_NO, TASK_CLASSES, TASK_LABELS } task_kind;

static task_kind task_of(const train_options *options, const nnfs_dataset *data)
{
    int classes = nnfs_dataset_classes(data);
    if (classes == 0) {
        return trains_labels(options, data) ? TASK_LABELS : TASK_NUMBERS;
    }
    if (classes == 2) {
        return TASK_YES_NO;
    }
    return TASK_CLASSES;
}

static const nnfs_activation task_outputs[] = {
    [TASK_NUMBERS] = NNFS_IDENTITY,
    [TASK_YES_NO] = NNFS_SIGMOID,
    [TASK_CLASSES] = NNFS_SOFTMAX,
    [TASK_LABELS] = NNFS_SIGMOID,
};

/* The outputs that are probabilities or rates, each with the loss that is its likelihood. */
static const struct {
    nnfs_activation output;
    nnfs_loss loss;
} partners[] = {
    {NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY},
    {NNFS_EXPONENTIAL, NNFS_POISSON},
};

enum { PARTNERS = sizeof partners / sizeof *partners };

/* The output that was asked for; else the partner of the loss, if it has one; else the task's. */
static nnfs_activation choose_output(const train_options *options, task_kind task)
{
    if (options->output_activation != BY_TASK) {
        return (nnfs_activation)options->output_activation;
    }
    for (int i = 0; i < PARTNERS; i++) {
        if (options->loss == (int)partners[i].loss) {
            return partners[i].output;
        }
    }
    return task_outputs[task];
}

/* The loss that was asked for; else, for classes, the partner of the output; else mean squares. */
static nnfs_loss choose_loss(const train_options *options, task_kind task, nnfs_activation output)
{
    if (options->loss != BY_TASK) {
        return (nnfs_loss)options->loss;
    }
    for (int i = 0; i < PARTNERS; i++) {
        if (task != TASK_NUMBERS && output == partners[i].output) {
            return partners[i].loss;
        }
    }
    return NNFS_MSE;
}

/* A sigmoid answers yes or no with one unit; everything else has a unit an output. */
static nnfs_layer output_layer(const nnfs_dataset *data, task_kind task, nnfs_activation activation)
{
    bool one = task == TASK_YES_NO && activation == NNFS_SIGMOID;
    return (nnfs_layer){one ? 1 : nnfs_dataset_outputs(data), activation};
}

nnfs_activation run_output(const train_run *run)
{
    return choose_output(run->options, task_of(run->options, run->train.set));
}

/* The embeddings of a network and their lists. */
typedef struct embedding_lists {
    nnfs_embedding embeddings[2];
    int count;
    int *inputs[2], *sizes[2];
} embedding_lists;

static void free_embeddings(embedding_lists *lists)
{
    for (int i = 0; i < 2; i++) {
        free(lists->inputs[i]);
        free(lists->sizes[i]);
    }
}

/* Whether a column goes into this embedding: numbers, but not what says that one was missing;
 * categories with more values than a vector has. */
static bool is_embedded(const nnfs_encoding *encoding, const nnfs_embedding *embedding)
{
    if (embedding->kind == NNFS_EMBEDDING_CATEGORY) {
        return encoding->kind == NNFS_COLUMN_CATEGORY && encoding->inputs > embedding->width;
    }
    return encoding->kind == NNFS_COLUMN_NUMBER && encoding->inputs > 0;
}

/* Adds an embedding of the columns that it is for. False: no memory. */
static bool add_embedding(embedding_lists *lists, const nnfs_preprocessing *preprocessing,
                          nnfs_embedding embedding)
{
    int columns = nnfs_preprocessing_columns(preprocessing);
    int *inputs = lists->inputs[lists->count] = calloc((size_t)columns + 1, sizeof *inputs);
    int *sizes = lists->sizes[lists->count] = calloc((size_t)columns + 1, sizeof *sizes);
    if (!inputs || !sizes) {
        return false;
    }
    for (int i = 0; i < columns; i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        if (is_embedded(&encoding, &embedding)) {
            inputs[embedding.count] = encoding.first_input;
            sizes[embedding.count++] = encoding.inputs;
        }
    }
    if (embedding.count == 0) {
        free(inputs);
        free(sizes);
        lists->inputs[lists->count] = lists->sizes[lists->count] = NULL;
        return true;
    }
    embedding.inputs = inputs;
    embedding.sizes = embedding.kind == NNFS_EMBEDDING_CATEGORY ? sizes : NULL;
    lists->embeddings[lists->count++] = embedding;
    return true;
}

/* Of a table. False: no memory. */
static bool list_embeddings(const train_options *options, const nnfs_dataset *data,
                            embedding_lists *lists)
{
    const nnfs_preprocessing *preprocessing = nnfs_dataset_preprocessing(data);
    nnfs_embedding numbers = {.kind = options->embedding_kind,
                              .frequencies = options->embedding_frequencies,
                              .sigma = options->embedding_sigma,
                              .width = options->embedding_width,
                              .bins = options->embedding_bins};
    nnfs_embedding categories = {.kind = NNFS_EMBEDDING_CATEGORY, .width = options->category_width};
    *lists = (embedding_lists){.count = 0};
    if (!preprocessing) {
        return true;
    }
    return (numbers.width == 0 || add_embedding(lists, preprocessing, numbers)) &&
           (categories.width == 0 || add_embedding(lists, preprocessing, categories));
}

nnfs_status make_network(const train_run *run, const nnfs_dataset *data, uint64_t seed,
                         nnfs_network **network, nnfs_error *error)
{
    const train_options *options = run->options;
    nnfs_network_settings settings = options->network;
    task_kind task = task_of(options, data);
    nnfs_activation activation = choose_output(options, task);
    options->layers[options->hidden_count] = output_layer(data, task, activation);
    settings.loss = choose_loss(options, task, activation);
    settings.inputs = nnfs_dataset_features(data);
    settings.layers = options->layers;
    settings.layer_count = options->hidden_count + 1;
    settings.dropout = options->dropout;
    settings.seed = seed;
    nnfs_normalization *normalization =
        calloc((size_t)options->hidden_count + 1, sizeof *normalization);
    if (!normalization) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int i = 0; i < options->hidden_count; i++) {
        normalization[i] = (nnfs_normalization)options->normalization;
    }
    settings.normalization = normalization;
    embedding_lists lists;
    if (!list_embeddings(options, data, &lists)) {
        free_embeddings(&lists);
        free(normalization);
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    settings.embeddings = lists.embeddings;
    settings.embedding_count = lists.count;
    nnfs_status status = nnfs_network_create(&settings, network, error);
    free_embeddings(&lists);
    free(normalization);
    if (status == NNFS_OK) {
        status = nnfs_network_fit_embedding(*network, data, error);
    }
    if (status != NNFS_OK) {
        nnfs_network_free(*network);
        *network = NULL;
    }
    return status;
}

nnfs_status run_build(train_run *run, nnfs_error *error)
{
    nnfs_status status =
        run->options->from
            ? from_freeze(run, error)
            : make_network(run, run->train.set, run->options->train.seed, &run->network, error);
    if (status != NNFS_OK) {
        return status;
    }
    run->shape = text_shape(run->network);
    if (!run->shape) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}

/* ---- Notes ---- */

static short_text note_count(int64_t count)
{
    short_text note;
    (void)snprintf(note.text, sizeof note.text, "%lld", (long long)count);
    return note;
}

static short_text note_number(double number)
{
    short_text note;
    (void)snprintf(note.text, sizeof note.text, "%.6g", number);
    return note;
}

/* The shortest digits that are this number again. */
static short_text note_exactly(double number)
{
    short_text note = {"0"};
    for (int digits = 6; digits <= 17; digits++) {
        (void)snprintf(note.text, sizeof note.text, "%.*g", digits, number);
        if (strtod(note.text, NULL) == number) {
            break;
        }
    }
    return note;
}

/* As --init takes it. */
static short_text note_init(const train_options *options)
{
    const char *name = nnfs_init_name(options->network.init);
    short_text note;
    if (options->network.init == NNFS_INIT_NORMAL || options->network.init == NNFS_INIT_UNIFORM) {
        (void)snprintf(note.text, sizeof note.text, "%s:%.16s", name,
                       text_shortest(options->network.init_scale).text);
    } else {
        (void)snprintf(note.text, sizeof note.text, "%s", name);
    }
    return note;
}

/* What whoever uses the model must do to raw values first: {"scale":0.003921569}. The preprocessing
 * of a table is the network's own. */
static short_text note_preprocessing(const nnfs_dataset *data)
{
    short_text note;
    (void)snprintf(note.text, sizeof note.text, "{\"scale\":%.16s}",
                   text_shortest(nnfs_dataset_scale(data)).text);
    return note;
}

/* "28x28", "32x32x3" or, one channel after the other, "3x32x32": its features lie as a picture. */
static short_text note_picture(nnfs_image_layout picture)
{
    short_text note;
    size_t size = sizeof note.text;
    if (picture.channels > 1 && picture.planar) {
        (void)snprintf(note.text, size, "%dx%dx%d", picture.channels, picture.height,
                       picture.width);
    } else if (picture.channels > 1) {
        (void)snprintf(note.text, size, "%dx%dx%d", picture.height, picture.width,
                       picture.channels);
    } else {
        (void)snprintf(note.text, size, "%dx%d", picture.height, picture.width);
    }
    return note;
}

/* ["no","yes"]: what the outputs stand for. Two classes share the one output of a sigmoid. */
static nnfs_status annotate_classes(train_run *run, nnfs_error *error)
{
    int classes = nnfs_dataset_classes(run->train.set);
    if (classes == 0) {
        return NNFS_OK;
    }
    json_watch();
    json_t *list = json_array();
    for (int i = 0; i < classes; i++) {
        json_t *name = json_string(nnfs_dataset_class_name(run->train.set, i));
        (void)json_array_append_new(list, name ? name : json_null());
    }
    char *names = json_dumps(list, JSON_LINE);
    json_decref(list);
    nnfs_status status;
    if (names && json_had_memory()) {
        status = nnfs_network_set_note(run->network, "class_names", names, error);
    } else {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    free(names);
    return status;
}

/* A path may be any bytes; where it is no UTF-8, what is beyond ASCII becomes '?'. */
static nnfs_status annotate_path(nnfs_network *network, const char *key, const char *path,
                                 nnfs_error *error)
{
    nnfs_status status = nnfs_network_set_note(network, key, path, error);
    if (status != NNFS_ERROR_ARGUMENT) {
        return status;
    }
    char *ascii = strdup(path);
    for (char *at = ascii; at && *at; at++) {
        if ((unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    if (ascii) {
        status = nnfs_network_set_note(network, key, ascii, error);
    } else {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    free(ascii);
    return status;
}

/* Each setting as its option takes it; the epochs are those that were finished. */
static nnfs_status annotate_settings(train_run *run, nnfs_error *error)
{
    nnfs_train_settings train = run->options->train;
    train.epochs = run->summary.epochs;
    const nnfs_setting *setting;
    for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
        char text[NNFS_SETTING_BYTES];
        (void)nnfs_train_settings_get(&train, setting->name, text, sizeof text, NULL);
        bool off = (strcmp(text, "off") == 0 || strcmp(text, "none") == 0) && setting->zero;
        nnfs_status status =
            off ? NNFS_OK : nnfs_network_set_note(run->network, setting->name, text, error);
        if (status != NNFS_OK) {
            return status;
        }
    }
    return NNFS_OK;
}

nnfs_status run_annotate(train_run *run, nnfs_error *error)
{
    uint64_t hash = 0;
    TRY(samples_hash(run->train.set, run->preprocessing, &hash, error));
    /* The networks of an ensemble have shares of their own. */
    double validation_share = run->options->ensemble ? 0.0 : run->options->validation_share;
    const nnfs_evaluation *test = &run->summary.test;
    nnfs_image_layout picture = nnfs_dataset_image_layout(run->train.set);
    double score = isnan(test->accuracy) ? test->rmse : test->accuracy;
    const struct {
        const char *key;
        short_text value;
        bool applies;
    } notes[] = {
        {"init", note_init(run->options), !run->options->from},
        {"preprocessing", note_preprocessing(run->train.set),
         !run->preprocessing && !run->schema && !run->train.plain.features},
        {"picture", note_picture(picture), picture.height > 0},
        {"data_hash", text_hash(nnfs_dataset_hash(run->train.set)), true},
        {NOTE_SAMPLES_HASH, text_hash(hash), true},
        {NOTE_TEST_SHARE, note_exactly(run->test_share), run->test_share > 0.0},
        {NOTE_VALIDATION_SHARE, note_exactly(validation_share), validation_share > 0.0},
        {"temperature", note_exactly(run->summary.temperature), run->summary.temperature != 1.0},
        {"samples", note_count(nnfs_dataset_samples(run->train.set)), true},
        {isnan(test->accuracy) ? "test_rmse" : "test_accuracy", note_number(score), !isnan(score)},
    };
    const char *const words[][2] = {
        {"nnfs_version", nnfs_version()},
        {"ended", run->summary.reason}, /* "stopped" and "diverged" cut it short */
    };
    TRY(annotate_path(run->network, "data", run->options->data, error));
    TRY(annotate_classes(run, error));
    TRY(annotate_settings(run, error));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        TRY(nnfs_network_set_note(run->network, words[i][0], words[i][1], error));
    }
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (notes[i].applies) {
            TRY(nnfs_network_set_note(run->network, notes[i].key, notes[i].value.text, error));
        }
    }
    return NNFS_OK;
}
