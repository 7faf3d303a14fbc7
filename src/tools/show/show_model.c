/* What a model holds: its layers, how it was trained, what it does to a table, what its
 * weights are like. */
#include "common/bounds.h"
#include "common/column_text.h"
#include "common/exit.h"
#include "common/json.h"
#include "common/lines.h"
#include "common/text.h"
#include "show/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CATEGORIES_MOST = 6,
    NAMED_MOST = 40,
    UNNAMED_MOST = 5,
    CLASSES_MOST = 20,
    EMBEDDED_MOST = 5
};

/* ---- Weights ---- */

typedef struct weight_stats {
    double mean, deviation, least, most;
    int64_t zeros;
} weight_stats;

/* Inputs of layer `index`. */
static size_t layer_weights(const nnfs_network *network, int index)
{
    return (size_t)nnfs_network_layer_columns(network, index) *
           (size_t)nnfs_network_layer(network, index).width;
}

static weight_stats measure(const float *w, size_t count)
{
    weight_stats stats = {.least = (double)w[0], .most = (double)w[0]};
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        double weight = (double)w[i];
        stats.mean += weight;
        stats.least = fmin(stats.least, weight);
        stats.most = fmax(stats.most, weight);
        stats.zeros += w[i] == 0.0f;
    }
    stats.mean /= (double)count;
    for (size_t i = 0; i < count; i++) {
        double off = (double)w[i] - stats.mean;
        squares += off * off;
    }
    stats.deviation = sqrt(squares / (double)count);
    return stats;
}

/* ---- Layers ---- */

static int64_t layer_parameters(const nnfs_network *network, int index)
{
    bool output = index + 1 == nnfs_network_layer_count(network);
    int biases = 1;
    if (output) {
        biases = nnfs_network_members(network);
    }
    return ((int64_t)nnfs_network_layer_columns(network, index) + biases) *
           nnfs_network_layer(network, index).width;
}

/* The weights of every layer measured; freed by the caller. NULL where there is no memory. */
static weight_stats *measure_layers(const nnfs_network *network)
{
    int layers = nnfs_network_layer_count(network);
    size_t most = 1;
    for (int i = 0; i < layers; i++) {
        size_t count = layer_weights(network, i);
        most = MAX(count, most);
    }
    weight_stats *stats = calloc(layers > 0 ? (size_t)layers : 1, sizeof *stats);
    float *w = calloc(most, sizeof *w);
    for (int i = 0; stats && w && i < layers; i++) {
        (void)nnfs_network_get_weights(network, i, w, NULL); /* there is such a layer */
        stats[i] = measure(w, layer_weights(network, i));
    }
    if (!w) {
        free(stats);
        return NULL;
    }
    free(w);
    return stats;
}

static void print_layers(const nnfs_network *network, const weight_stats *stats)
{
    line_print(stdout,
               "  layer  units  activation  parameters  weights: mean, deviation, from, to\n");
    for (int i = 0; i < nnfs_network_layer_count(network); i++) {
        nnfs_layer layer = nnfs_network_layer(network, i);
        line_print(stdout, "  %5d  %5d  %-10s  %10s  %9.6f %9.6f %9.5f %9.5f", i + 1, layer.width,
                   nnfs_activation_name(layer.activation),
                   text_count(layer_parameters(network, i)).text, stats[i].mean, stats[i].deviation,
                   stats[i].least, stats[i].most);
        if (stats[i].zeros > 0) {
            line_print(stdout, "  (%s zero)", text_count(stats[i].zeros).text);
        }
        line_print(stdout, "\n");
    }
}

/* The columns of a table that an embedding takes, else how many inputs. */
static void print_embedded(const nnfs_network *network, const nnfs_embedding *embedding)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    int shown = 0;
    for (int i = 0; i < nnfs_preprocessing_columns(preprocessing); i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        bool is_next = shown < embedding->count && encoding.inputs > 0 &&
                       encoding.first_input == embedding->inputs[shown];
        if (is_next && shown < EMBEDDED_MOST) {
            line_print(stdout, "%s%s", text_between(shown, ", "),
                       column_name(encoding.name, encoding.column + 1).text);
        }
        shown += is_next;
    }
    if (shown > EMBEDDED_MOST) {
        line_print(stdout, " and %s more", text_count(shown - EMBEDDED_MOST).text);
    } else if (shown == 0) {
        line_print(stdout, "%s input%s", text_count(embedding->count).text,
                   text_plural(embedding->count));
    }
}

static void print_embeddings(const nnfs_network *network)
{
    nnfs_embedding embedding;
    for (int i = 0; (embedding = nnfs_network_embedding(network, i)).count > 0; i++) {
        line_print(stdout, "embeds    ");
        print_embedded(network, &embedding);
        line_print(stdout, ": %s, width %d", nnfs_embedding_name(embedding.kind), embedding.width);
        if (embedding.kind == NNFS_EMBEDDING_PIECEWISE) {
            line_print(stdout, ", at most %d bins", embedding.bins);
        } else if (embedding.kind == NNFS_EMBEDDING_PERIODIC) {
            line_print(stdout, ", %d frequencies", embedding.frequencies);
        }
        line_print(stdout, "\n");
    }
    if (nnfs_network_members(network) > 1) {
        line_print(stdout, "members   %d\n", nnfs_network_members(network));
    }
}

/* ---- Notes: how it was trained ---- */

/* The notes of nnfs-train besides its settings; those of pictures and classes have lines
 * of their own. */
static const char *const notes[] = {
    "data",      "samples", "data_hash",     "init",         "ended", "test_accuracy",
    "test_rmse", "picture", "preprocessing", "nnfs_version", NULL,
};

static const char *note(const nnfs_network *network, const char *key)
{
    const char *value = nnfs_network_note(network, key);
    if (!value) {
        return "";
    }
    return value;
}

static void print_accuracy(const nnfs_network *network)
{
    const char *accuracy = nnfs_network_note(network, "test_accuracy");
    const char *rmse = nnfs_network_note(network, "test_rmse");
    if (accuracy) {
        line_print(stdout, ", test accuracy %s", text_percent(strtod(accuracy, NULL)).text);
    } else if (rmse) {
        line_print(stdout, ", test RMSE %s", text_error(strtod(rmse, NULL)).text);
    }
}

static void print_training(const nnfs_network *network)
{
    if (!nnfs_network_note(network, "optimizer")) {
        return;
    }
    int64_t samples = strtoll(note(network, "samples"), NULL, 10);
    line_print(stdout, "trained   on %s sample%s of %s", text_count(samples).text,
               text_plural(samples), text_name(note(network, "data")).text);
    int64_t epochs = strtoll(note(network, "epochs"), NULL, 10);
    line_print(stdout, " for %s epoch%s", text_count(epochs).text, text_plural(epochs));
    if (strcmp(note(network, "ended"), "epochs") != 0) {
        line_print(stdout, " (%s)", text_name(note(network, "ended")).text);
    }
    print_accuracy(network);
    line_print(stdout, "\nwith      %s, learning rate %s",
               text_name(note(network, "optimizer")).text,
               text_name(note(network, "learning_rate")).text);
    line_print(stdout, " (%s), batch %s", text_name(note(network, "schedule")).text,
               text_name(note(network, "batch")).text);
    line_print(stdout, ", seed %s, by nnfs", text_name(note(network, "seed")).text);
    line_print(stdout, " %s\n", text_name(note(network, "nnfs_version")).text);
}

/* ---- What goes in and comes out ---- */

/* What a number x becomes. */
static void show_number(const nnfs_encoding *encoding)
{
    if (encoding->knots > 0) {
        line_print(stdout, "quantiles to normal");
    } else {
        line_print(stdout, "(x - %s) * %s", text_measure((double)encoding->center).text,
                   text_measure((double)encoding->scale).text);
    }
    if (encoding->clip > 0.0f) {
        line_print(stdout, " clipped at %s", text_measure((double)encoding->clip).text);
    }
    line_print(stdout, ", missing as %s%s", text_measure((double)encoding->fill).text,
               encoding->has_indicator ? " with an indicator" : "");
}

static void print_encoding(const nnfs_preprocessing *preprocessing, int index, int width)
{
    nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, index);
    name_text name = column_name(encoding.name, encoding.column + 1);
    line_print(stdout, "  %s%*s  %6d  ", name.text, width - name.width, "", encoding.inputs);
    if (encoding.inputs == 0) {
        line_print(stdout, "left out: %s", text_or(encoding.reason, "no inputs"));
    } else if (encoding.kind == NNFS_COLUMN_DATE) {
        line_print(stdout, "dates like %s: days%s%s%s", text_name(encoding.format).text,
                   encoding.has_month ? ", month" : "", encoding.has_weekday ? ", weekday" : "",
                   encoding.has_hour ? ", hour" : "");
    } else if (encoding.kind == NNFS_COLUMN_NUMBER) {
        show_number(&encoding);
    } else {
        for (int i = 0; i < encoding.categories && i < CATEGORIES_MOST; i++) {
            line_print(stdout, "%s, ",
                       listed_name(nnfs_preprocessing_category(preprocessing, index, i)).text);
        }
        if (encoding.categories > CATEGORIES_MOST) {
            line_print(stdout, "%d more, ", encoding.categories - CATEGORIES_MOST);
        }
        line_print(stdout, "%s%sothers", encoding.two_valued ? "as -1 and 1, 0 for " : "",
                   encoding.has_missing ? "missing, " : "");
    }
    line_print(stdout, "\n");
}

static void print_preprocessing(const nnfs_preprocessing *preprocessing)
{
    int columns = nnfs_preprocessing_columns(preprocessing);
    int most = UNNAMED_MOST;
    if (nnfs_preprocessing_column(preprocessing, 0).name) {
        most = NAMED_MOST;
    }
    int listed[NAMED_MOST];
    int count = 0;
    int screened = 0;
    int width = (int)sizeof "column" - 1;
    for (int i = 0; i < columns; i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        if (is_screened_out(&encoding)) {
            screened++;
        } else if (count < most) {
            int own = column_name(encoding.name, encoding.column + 1).width;
            width = MAX(own, width);
            listed[count++] = i;
        }
    }
    line_print(stdout, "takes     a table of %s column%s\n", text_count(columns).text,
               text_plural(columns));
    line_print(stdout, "  %-*s  inputs  from\n", width, "column");
    for (int i = 0; i < count; i++) {
        print_encoding(preprocessing, listed[i], width);
    }
    if (columns - screened > count) {
        line_print(stdout, "  and %s more\n", text_count(columns - screened - count).text);
    }
    if (screened > 0) {
        line_print(stdout, "  %s column%s screened out\n", text_count(screened).text,
                   text_plural(screened));
    }
}

/* The names of the classes as a list; NULL: none are known. */
static json_t *class_names(const nnfs_network *network)
{
    const char *text = nnfs_network_note(network, "class_names");
    json_t *names = NULL;
    if (text) {
        names = json_loads(text, 0, NULL);
    }
    if (json_is_array(names)) {
        return names;
    }
    json_decref(names);
    return NULL;
}

static void print_outputs(const nnfs_network *network)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    json_t *names = class_names(network);
    size_t count = json_array_size(names);
    const char *target = NULL;
    if (preprocessing) {
        target = nnfs_preprocessing_target(preprocessing, 0).name;
    }
    line_print(stdout, "predicts  ");
    if (target) {
        line_print(stdout, "%s%s", text_name(target).text, count > 0 ? ": " : "");
    }
    for (size_t i = 0; i < count && i < CLASSES_MOST; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        line_print(stdout, "%s%s", text_between(i, ", "), listed_name(text_or(name, "?")).text);
    }
    if (count > CLASSES_MOST) {
        line_print(stdout, ", and %zu more", count - CLASSES_MOST);
    }
    if (preprocessing && nnfs_preprocessing_target(preprocessing, 0).is_log) {
        line_print(stdout, ", on a log scale");
    }
    if (!target && count == 0) {
        line_print(stdout, "%d number%s", nnfs_network_outputs(network),
                   text_plural(nnfs_network_outputs(network)));
    }
    line_print(stdout, "\n");
    json_decref(names);
}

nnfs_status show_model(const show *from, nnfs_error *error)
{
    nnfs_network *network = from->loaded.network;
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    char *shape = text_shape(network);
    weight_stats *stats = measure_layers(network);
    if (!shape || !stats) {
        free(shape);
        free(stats);
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    line_print(stdout, "%s: %s, %s parameters, loss %s\n",
               text_name(from->options->request.model).text, shape,
               text_count(nnfs_network_parameters(network)).text, text_loss(network).text);
    if (nnfs_network_networks(network) > 1) {
        line_print(stdout, "ensemble  of %d networks, the first of which has these layers:\n",
                   nnfs_network_networks(network));
    }
    print_layers(network, stats);
    print_embeddings(network);
    free(shape);
    free(stats);
    print_training(network);
    if (from->picture.height > 0) {
        line_print(stdout, "takes     pictures of %d x %d\n", from->picture.height,
                   from->picture.width);
    }
    if (preprocessing) {
        print_preprocessing(preprocessing);
    }
    print_outputs(network);
    line_print(stdout, "weights   %s\n", text_hash(nnfs_network_hash(network)).text);
    return NNFS_OK;
}

/* ---- JSON ---- */

static json_t *json_layers(const nnfs_network *network, const weight_stats *stats)
{
    json_t *list = json_array();
    for (int i = 0; i < nnfs_network_layer_count(network); i++) {
        nnfs_layer layer = nnfs_network_layer(network, i);
        json_t *one = json_object();
        json_set_integer(one, "units", layer.width);
        json_set_string(one, "activation", nnfs_activation_name(layer.activation));
        json_set_integer(one, "parameters", layer_parameters(network, i));
        json_set_real(one, "weights_mean", stats[i].mean);
        json_set_real(one, "weights_deviation", stats[i].deviation);
        json_set_real(one, "weights_least", stats[i].least);
        json_set_real(one, "weights_most", stats[i].most);
        json_set_integer(one, "weights_zero", stats[i].zeros);
        (void)json_array_append_new(list, one);
    }
    return list;
}

static void set_note(json_t *object, const nnfs_network *network, const char *key)
{
    if (nnfs_network_note(network, key)) {
        json_set_string(object, key, nnfs_network_note(network, key));
    }
}

static json_t *json_embeddings(const nnfs_network *network)
{
    json_t *list = json_array();
    nnfs_embedding embedding;
    for (int i = 0; (embedding = nnfs_network_embedding(network, i)).count > 0; i++) {
        json_t *one = json_object();
        json_set_string(one, "kind", nnfs_embedding_name(embedding.kind));
        json_set_integer(one, "vectors", embedding.count);
        json_set_integer(one, "width", embedding.width);
        (void)json_array_append_new(list, one);
    }
    return list;
}

static json_t *json_notes(const nnfs_network *network)
{
    json_t *object = json_object();
    const nnfs_setting *setting;
    for (const char *const *key = notes; *key; key++) {
        set_note(object, network, *key);
    }
    for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
        set_note(object, network, setting->name);
    }
    return object;
}

static json_t *json_columns(const nnfs_preprocessing *preprocessing)
{
    json_t *list = json_array();
    for (int i = 0; preprocessing && i < nnfs_preprocessing_columns(preprocessing); i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        json_t *one = json_object();
        json_set_string(one, "name", encoding.name);
        json_set_string(one, "kind", kind_word(encoding.kind));
        json_set_integer(one, "first_input", encoding.first_input);
        json_set_integer(one, "inputs", encoding.inputs);
        json_set_string(one, "reason", encoding.reason);
        (void)json_array_append_new(list, one);
    }
    return list;
}

nnfs_status show_model_json(const show *from, nnfs_error *error)
{
    const nnfs_network *network = from->loaded.network;
    weight_stats *stats = measure_layers(network);
    if (!stats) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    json_t *object = json_object();
    json_t *names = class_names(network);
    json_set_string(object, "schema", "nnfs-show/1");
    json_set_string(object, "kind", "model");
    json_set_string(object, "model", from->options->request.model);
    json_set_integer(object, "inputs", nnfs_network_inputs(network));
    (void)json_object_set_new(object, "layers", json_layers(network, stats));
    free(stats);
    (void)json_object_set_new(object, "embeddings", json_embeddings(network));
    json_set_integer(object, "members", nnfs_network_members(network));
    json_set_string(object, "loss", text_loss(network).text);
    json_set_integer(object, "parameters", nnfs_network_parameters(network));
    json_set_hash(object, "weights_hash", nnfs_network_hash(network));
    (void)json_object_set_new(object, "class_names", names ? names : json_null());
    (void)json_object_set_new(object, "columns", json_columns(nnfs_network_preprocessing(network)));
    (void)json_object_set_new(object, "notes", json_notes(network));
    bool written = json_dumpf(object, stdout, JSON_LINE) == 0;
    (void)putchar('\n');
    json_decref(object);
    if (written || ferror(stdout)) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}
