/* The values of nnfs-train's own options that take more than their row. */
#include "train/train_values.h"

#include "pictures/image.h"

#include "common/exit.h"
#include "common/text.h"
#include "train/class_weights.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

/* NAME, or NAME:SCALE for those that have a scale. */
void take_init(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    size_t length = strcspn(text, ":");
    nnfs_init init = (nnfs_init)(option_name("initialiser", init_names, text, length) + 1);
    bool scaled = init == NNFS_INIT_NORMAL || init == NNFS_INIT_UNIFORM;
    if (scaled && text[length] == '\0') {
        usage_error("--init: %s needs a scale, %s:0.05 say", text, text);
    }
    if (!scaled && text[length] == ':') {
        usage_error("--init: %s takes no scale", nnfs_init_name(init));
    }
    options->network.init = init;
    if (scaled) {
        options->network.init_scale = option_float("--init", text + length + 1, NUMBER_POSITIVE);
    }
}

/* NAME, or quantile:Q. */
void take_loss(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    size_t length = strcspn(text, ":");
    options->loss = option_name("loss", loss_names, text, length);
    bool quantile = options->loss == (int)NNFS_QUANTILE;
    if (quantile && text[length] == '\0') {
        usage_error("--loss: quantile needs a level, quantile:0.9 say");
    }
    if (!quantile && text[length] == ':') {
        usage_error("--loss: %s takes no level", nnfs_loss_name((nnfs_loss)options->loss));
    }
    if (quantile) {
        options->network.quantile = option_float("--loss", text + length + 1, NUMBER_POSITIVE);
    }
    if (quantile && !(options->network.quantile < 1.0f)) {
        usage_error("--loss: a quantile lies between 0 and 1, which %s does not",
                    text + length + 1);
    }
}

void take_input_dropout(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    options->network.input_dropout = option_float("--input-dropout", text, NUMBER_FRACTION);
}

/* Whole numbers from 1 on, each larger than the one before. */
void take_freeze(void *target, const option_row *row, const char *text)
{
    train_values *values = target;
    const char *rest = text;
    long before = 0;
    (void)row;
    while (*rest) {
        const char *item;
        size_t length = list_next(&rest, &item);
        long layer = strtol(item, NULL, 10);
        if (length == 0 || length > 6 || strspn(item, "0123456789") < length || layer <= before) {
            usage_error("--freeze: expected numbers of layers, from 1 and ascending, got '%s'",
                        text);
        }
        before = layer;
    }
    values->options.freeze = text;
}

/* The keys of embeddings. */
typedef struct embedding_key {
    nnfs_embedding_kind kind;
    const char *name;
    size_t offset; /* in train_options, of an int; 0: of the sigma */
} embedding_key;

static const embedding_key embedding_keys[] = {
    {NNFS_EMBEDDING_PIECEWISE, "bins", offsetof(train_options, embedding_bins)},
    {NNFS_EMBEDDING_PIECEWISE, "width", offsetof(train_options, embedding_width)},
    {NNFS_EMBEDDING_PERIODIC, "frequencies", offsetof(train_options, embedding_frequencies)},
    {NNFS_EMBEDDING_PERIODIC, "width", offsetof(train_options, embedding_width)},
    {NNFS_EMBEDDING_PERIODIC, "sigma", 0},
};

/* KEY=VALUE */
static void take_embedding_key(train_options *options, const char *item, size_t size)
{
    char value[32];
    size_t length = strcspn(item, "=");
    for (size_t i = 0; i < sizeof embedding_keys / sizeof *embedding_keys; i++) {
        const embedding_key *key = &embedding_keys[i];
        if (key->kind != options->embedding_kind || size <= length + 1 ||
            strlen(key->name) != length || strncmp(key->name, item, length) != 0) {
            continue;
        }
        (void)snprintf(value, sizeof value, "%.*s", (int)(size - length - 1), item + length + 1);
        if (key->offset == 0) {
            options->embedding_sigma = option_float("--embedding", value, NUMBER_POSITIVE);
        } else {
            *(int *)((char *)options + key->offset) =
                (int)option_integer("--embedding", value, 1, 1024);
        }
        return;
    }
    bool piecewise = options->embedding_kind == NNFS_EMBEDDING_PIECEWISE;
    usage_error("--embedding: '%.*s' is neither %s", (int)size, item,
                piecewise ? "bins=N nor width=N" : "frequencies=N nor width=N nor sigma=X");
}

/* none, or the name of an embedding with KEY=VALUE behind it. */
void take_embedding(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    size_t length = strcspn(text, ":");
    options->embedding_bins = options->embedding_width = 0;
    if (strcmp(text, "none") == 0) {
        return;
    }
    if (length == strlen("piecewise") && strncmp(text, "piecewise", length) == 0) {
        options->embedding_kind = NNFS_EMBEDDING_PIECEWISE;
        options->embedding_width = 16;
    } else if (length == strlen("periodic") && strncmp(text, "periodic", length) == 0) {
        options->embedding_kind = NNFS_EMBEDDING_PERIODIC;
        options->embedding_width = 4;
    } else {
        usage_error("--embedding: unknown embedding '%s'; there are none, "
                    "piecewise:bins=N,width=N and periodic:frequencies=N,width=N,sigma=X",
                    text);
    }
    options->embedding_bins = 48;
    options->embedding_frequencies = 16;
    options->embedding_sigma = 0.1f;
    const char *rest = "";
    if (text[length] == ':') {
        rest = text + length + 1;
    }
    while (*rest) {
        const char *item;
        size_t size = list_next(&rest, &item);
        take_embedding_key(options, item, size);
    }
    if (options->embedding_kind == NNFS_EMBEDDING_PERIODIC && options->embedding_width < 2) {
        usage_error("--embedding: periodic is at least 2 wide");
    }
}

void take_shape(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    if (!picture_parse(text, &options->shape)) {
        usage_error("--shape: '%s' is no size such as 28x28, 32x32x3 or 3x32x32", text);
    }
}

/* A share of the training data, or a path. */
static void take_part(const char *option, const char *text, double *share, const char **path)
{
    bool number = looks_like_number(text);
    if (number) {
        *path = NULL;
    } else {
        *path = text;
    }
    if (number) {
        *share = option_number(option, text, NUMBER_FRACTION);
    } else {
        *share = 0.0;
    }
}

void take_validation(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    take_part("--validation", text, &options->validation_share, &options->validation_path);
}

void take_test(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    take_part("--test", text, &options->test_share, &options->test_path);
}

void take_class_weight(void *target, const option_row *row, const char *text)
{
    train_options *options = target;
    (void)row;
    class_weights_check(text);
    options->class_weight = text;
}

/* N, or N with s, m, epochs or steps behind it: one of the three intervals, and no other. */
void take_checkpoint_every(void *target, const option_row *row, const char *text)
{
    train_values *values = target;
    (void)row;
    nnfs_train_settings *train = &values->options.train;
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");
    char number[32];
    (void)snprintf(number, sizeof number, "%.*s", (int)digits, text);
    train->checkpoint_seconds = 0.0;
    train->checkpoint_steps = 0;
    train->checkpoint_epochs = 0;
    values->every = true;
    if (digits == 0 || digits >= sizeof number) {
        usage_error("--checkpoint-every: '%s' is no number with s, m, epochs or steps behind it",
                    text);
    }
    if (strcmp(unit, "s") == 0 || strcmp(unit, "m") == 0) {
        train->checkpoint_seconds =
            (double)option_integer("--checkpoint-every", number, 1, INT_MAX) *
            (*unit == 'm' ? 60.0 : 1.0);
    } else if (strcmp(unit, "steps") == 0 || strcmp(unit, "step") == 0) {
        train->checkpoint_steps = option_integer("--checkpoint-every", number, 1, INT64_MAX);
    } else if (strcmp(unit, "") == 0 || strcmp(unit, "epochs") == 0 || strcmp(unit, "epoch") == 0) {
        train->checkpoint_epochs = (int)option_integer("--checkpoint-every", number, 1, INT_MAX);
    } else {
        usage_error("--checkpoint-every: unknown unit '%s'; there are s, m, epochs and steps",
                    unit);
    }
}

void take_data(void *target, const char *text)
{
    train_values *values = target;
    if (values->options.data) {
        usage_error("one DATA at a time, not both '%s' and '%s'", values->options.data, text);
    }
    values->options.data = text;
}

/* ---- The hidden layers ---- */

static void finish_hidden(train_options *options, const char *hidden)
{
    if (strcmp(hidden, "none") == 0) {
        options->hidden_count = 0;
    } else {
        options->hidden_count = list_count(hidden);
    }
    options->layers = calloc((size_t)options->hidden_count + 1, sizeof *options->layers);
    if (!options->layers) {
        cli_message("out of memory");
        cli_exit(EXIT_CANNOT_RUN);
    }
    for (int i = 0; i < options->hidden_count; i++) {
        const char *item;
        size_t length = list_next(&hidden, &item);
        char width[32];
        (void)snprintf(width, sizeof width, "%.*s", (int)length, item);
        options->layers[i].width = (int)option_integer("--hidden", width, 1, INT_MAX);
    }
}

/* One activation for all, or one each. */
static void finish_activation(train_options *options, const char *names)
{
    int count = 1;
    if (names) {
        count = list_count(names);
    }
    if (names && options->hidden_count == 0) {
        usage_error("--activation is of hidden layers, and there are none");
    }
    if (count != 1 && count != options->hidden_count) {
        usage_error("--activation names %d activations for %d hidden layer%s; give one for all or "
                    "one each",
                    count, options->hidden_count, text_plural(options->hidden_count));
    }
    nnfs_activation activation = NNFS_RELU;
    for (int i = 0; i < options->hidden_count; i++) {
        if (names && i < count) {
            const char *name;
            size_t length = list_next(&names, &name);
            activation = (nnfs_activation)option_name("activation", activation_names, name, length);
        }
        if (activation == NNFS_SOFTMAX) {
            usage_error("--activation: softmax is for the output layer only");
        }
        options->layers[i].activation = activation;
    }
}

/* One share for all, or one each. */
static void finish_dropout(train_options *options, const char *shares)
{
    int count = 1;
    if (shares) {
        count = list_count(shares);
    }
    if (count != 1 && count != options->hidden_count) {
        usage_error("--dropout gives %d shares for %d hidden layer%s; give one for all or one each",
                    count, options->hidden_count, text_plural(options->hidden_count));
    }
    options->dropout = calloc((size_t)options->hidden_count + 1, sizeof *options->dropout);
    if (!options->dropout) {
        cli_message("out of memory");
        cli_exit(EXIT_CANNOT_RUN);
    }
    float share = 0.0f;
    for (int i = 0; i < options->hidden_count; i++) {
        if (shares && i < count) {
            const char *item;
            size_t length = list_next(&shares, &item);
            char number[64];
            (void)snprintf(number, sizeof number, "%.*s", (int)length, item);
            share = option_float("--dropout", number, NUMBER_FRACTION);
        }
        options->dropout[i] = share;
    }
}

void train_values_finish(train_values *values)
{
    finish_hidden(&values->options, values->hidden);
    finish_activation(&values->options, values->activation);
    finish_dropout(&values->options, values->dropout);
}
