/*
 * The command line of nnfs-train: a table of options for argp, a table of functions that take their
 * values, and the checks that need more than one option.
 */
#include "train_options.h"

#include "exit.h"
#include "options.h"
#include "paths.h"
#include "schedule_option.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The table ---- */

enum {
    KEY_HIDDEN = OPTION_OWN,
    KEY_ACTIVATION,
    KEY_OUTPUT_ACTIVATION,
    KEY_LOSS,
    KEY_INIT,
    KEY_OPTIMIZER,
    KEY_LR,
    KEY_MOMENTUM,
    KEY_BETA2,
    KEY_EPSILON,
    KEY_WEIGHT_DECAY,
    KEY_SCHEDULE,
    KEY_UNTIL_ACCURACY,
    KEY_VALIDATION,
    KEY_TEST,
    KEY_TARGET,
    KEY_LOG,
    KEY_PROFILE,
};

enum { GROUP_NETWORK = 1, GROUP_TRAINING, GROUP_DATA, GROUP_RUN };

static const struct argp_option rows[] = {
    {NULL, 0, NULL, 0, "The network:", GROUP_NETWORK},
    {"hidden", KEY_HIDDEN, "N,N,...", 0,
     "widths of the hidden layers; 'none' for no hidden layer (128)", 0},
    {"activation", KEY_ACTIVATION, "NAME[,...]", 0,
     "of the hidden layers, one for all or one each: identity relu leaky_relu elu sigmoid tanh "
     "softplus silu gelu (relu)",
     0},
    {"output-activation", KEY_OUTPUT_ACTIVATION, "NAME", 0,
     "also softmax (softmax for classes, sigmoid for yes or no, identity for numbers)", 0},
    {"loss", KEY_LOSS, "NAME", 0,
     "cross_entropy binary_cross_entropy mse mae huber (cross_entropy for classes, "
     "binary_cross_entropy for yes or no, mse for numbers)",
     0},
    {"init", KEY_INIT, "NAME", 0,
     "how weights begin: he_normal he_uniform glorot_normal glorot_uniform lecun_normal "
     "lecun_uniform normal:SCALE uniform:SCALE zeros (he_normal before the relu family, "
     "glorot_uniform before the rest)",
     0},

    {NULL, 0, NULL, 0, "Training:", GROUP_TRAINING},
    {"optimizer", KEY_OPTIMIZER, "NAME", 0,
     "sgd momentum nesterov adagrad rmsprop adam adamw (adam)", 0},
    {"lr", KEY_LR, "X", 0,
     "learning rate (sgd 0.1, momentum and nesterov 0.05, adagrad 0.01, rmsprop 0.001, adam and "
     "adamw 0.003)",
     0},
    {"momentum", KEY_MOMENTUM, "X", 0,
     "of momentum, nesterov and rmsprop, beta1 of adam and adamw (0.9, rmsprop 0)", 0},
    {"beta2", KEY_BETA2, "X", 0, "of adam and adamw, alpha of rmsprop (0.999, rmsprop 0.99)", 0},
    {"epsilon", KEY_EPSILON, "X", 0, "of adagrad, rmsprop, adam and adamw (1e-8, adagrad 1e-10)",
     0},
    {"weight-decay", KEY_WEIGHT_DECAY, "X", 0,
     "decoupled in adamw, added to the gradient elsewhere (0, adamw 0.01)", 0},
    {"schedule", KEY_SCHEDULE, "NAME[:KEY=VALUE,...]", 0,
     "of the learning rate: constant step exponential cosine one_cycle plateau (cosine). Keys: "
     "warmup, epochs to rise from 0 (0); every, epochs of a step (a third of all); factor, of step "
     "and plateau (0.1), of exponential (0.9 an epoch); floor, a share of the rate, of cosine and "
     "plateau (0); patience, epochs that plateau waits (2)",
     0},
    {"batch", 'b', "N", 0,
     "samples a step; 'full' for batch gradient descent, 1 for stochastic (128)", 0},
    {"epochs", 'e', "N", 0, "passes over the training data (10)", 0},
    {"until-accuracy", KEY_UNTIL_ACCURACY, "X", 0,
     "stop after the first epoch whose test accuracy reaches X, 0.98 say (off)", 0},

    {NULL, 0, NULL, 0, "Data:", GROUP_DATA},
    {"validation", KEY_VALIDATION, "X", 0,
     "hold out this share of the training data, 0.1 say, or use the dataset of this path (0)", 0},
    {"test", KEY_TEST, "PATH", 0, "a test set where DATA brings none", 0},
    {"target", KEY_TARGET, "COLUMN", 0, "of a CSV file, by name or number (the last)", 0},

    {NULL, 0, NULL, 0, "The run:", GROUP_RUN},
    {"seed", 's', "N", 0, "of the weights, the order of the samples and the held-out share (1)", 0},
    {"threads", 't', "N", 0, "the result is the same for any number (all)", 0},
    {"output", 'o', "PATH", 0, "write the model here; 'none' for no file (model.safetensors)", 0},
    {"log", KEY_LOG, "PATH", 0, "write a run log here, a JSON object a line", 0},
    {"profile", KEY_PROFILE, NULL, 0, "show where the time went, and what bounds each product", 0},
    {"quiet", 'q', NULL, 0, "say nothing unless something is wrong", 0},
    OPTIONS_COMMON,
};

static const char about[] =
    "Trains a multilayer perceptron and says how good it is."
    "\v"
    "DATA is a folder of IDX files (train-images-idx3-ubyte and so on, gzipped or not), or the "
    "word "
    "digits, the default: handwritten-looking digits drawn by the program itself. A bare name such "
    "as mnist is looked for in $NNFS_DATA, then in data/, then in the user's data folder, "
    "~/.local/share/nnfs.\n"
    "\n"
    "Ctrl-C ends the run after the current step and keeps the model as it stands.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 3 diverged, 4 bad data, 128 + signal.\n"
    "\n"
    "  nnfs-train\n"
    "  nnfs-train mnist --hidden 512,256 --epochs 20 -o mnist.safetensors\n"
    "  nnfs-train mnist --hidden none --optimizer sgd --batch full --log run.jsonl";

/* ---- Values ---- */

/* The list values are kept as text until all options are read: each depends on the others. */
typedef struct parse_state {
    train_options *options;
    const char *hidden;
    const char *activation;
} parse_state;

static void take_hidden(parse_state *state, const char *text)
{
    state->hidden = text;
}

static void take_activation(parse_state *state, const char *text)
{
    state->activation = text;
}

static void take_output_activation(parse_state *state, const char *text)
{
    state->options->output_activation =
        option_name("activation", activation_names, text, strlen(text));
}

static void take_loss(parse_state *state, const char *text)
{
    state->options->loss = option_name("loss", loss_names, text, strlen(text));
}

/* NAME, or NAME:SCALE for those that have a scale. */
static void take_init(parse_state *state, const char *text)
{
    size_t length = strcspn(text, ":");
    nnfs_init init = (nnfs_init)(option_name("initialiser", init_names, text, length) + 1);
    bool scaled = init == NNFS_INIT_NORMAL || init == NNFS_INIT_UNIFORM;
    if (scaled && text[length] == '\0') {
        usage_error("--init: %s needs a scale, %s:0.05 say", text, text);
    }
    if (!scaled && text[length] == ':') {
        usage_error("--init: %s takes no scale", nnfs_init_name(init));
    }
    state->options->init = init;
    if (scaled) {
        state->options->init_scale = option_float("--init", text + length + 1, NUMBER_POSITIVE);
    }
}

static void take_optimizer(parse_state *state, const char *text)
{
    state->options->train.optimizer =
        (nnfs_optimizer)option_name("optimizer", optimizer_names, text, strlen(text));
}

static void take_lr(parse_state *state, const char *text)
{
    state->options->train.learning_rate = option_float("--lr", text, NUMBER_POSITIVE);
}

static void take_momentum(parse_state *state, const char *text)
{
    state->options->train.momentum = option_float("--momentum", text, NUMBER_FRACTION);
}

static void take_beta2(parse_state *state, const char *text)
{
    state->options->train.beta2 = option_float("--beta2", text, NUMBER_FRACTION);
}

static void take_epsilon(parse_state *state, const char *text)
{
    state->options->train.epsilon = option_float("--epsilon", text, NUMBER_POSITIVE);
}

static void take_weight_decay(parse_state *state, const char *text)
{
    state->options->train.weight_decay = option_float("--weight-decay", text, NUMBER_NOT_NEGATIVE);
}

static void take_schedule(parse_state *state, const char *text)
{
    schedule_option(&state->options->train, text);
}

static void take_batch(parse_state *state, const char *text)
{
    bool full = strcmp(text, "full") == 0;
    state->options->train.batch = full ? 0 : option_integer("--batch", text, 1, INT64_MAX);
}

static void take_epochs(parse_state *state, const char *text)
{
    state->options->train.epochs = (int)option_integer("--epochs", text, 0, INT_MAX);
}

static void take_until_accuracy(parse_state *state, const char *text)
{
    state->options->train.until_accuracy = option_number("--until-accuracy", text, NUMBER_SHARE);
}

static void take_validation(parse_state *state, const char *text)
{
    bool share = looks_like_number(text);
    state->options->validation_path = share ? NULL : text;
    state->options->validation_share =
        share ? option_number("--validation", text, NUMBER_FRACTION) : 0.0;
}

static void take_test(parse_state *state, const char *text)
{
    state->options->test_path = text;
}

static void take_target(parse_state *state, const char *text)
{
    state->options->target = text;
}

static void take_seed(parse_state *state, const char *text)
{
    /* 63 bits, so that the run log can hold it as a JSON integer. */
    state->options->train.seed = (uint64_t)option_integer("--seed", text, 0, INT64_MAX);
}

static void take_threads(parse_state *state, const char *text)
{
    state->options->train.threads = option_threads("--threads", text);
}

static void take_output(parse_state *state, const char *text)
{
    state->options->output = strcmp(text, "none") == 0 ? NULL : text;
}

static void take_log(parse_state *state, const char *text)
{
    state->options->log = strcmp(text, "none") == 0 ? NULL : text;
}

static void take_profile(parse_state *state, const char *text)
{
    (void)text;
    state->options->profile = true;
}

static void take_quiet(parse_state *state, const char *text)
{
    (void)text;
    state->options->quiet = true;
}

static void take_data(parse_state *state, const char *text)
{
    if (state->options->data) {
        usage_error("one DATA at a time, not both '%s' and '%s'", state->options->data, text);
    }
    state->options->data = text;
}

static const struct {
    int key;
    void (*take)(parse_state *state, const char *text);
} takers[] = {
    {KEY_HIDDEN, take_hidden},
    {KEY_ACTIVATION, take_activation},
    {KEY_OUTPUT_ACTIVATION, take_output_activation},
    {KEY_LOSS, take_loss},
    {KEY_INIT, take_init},
    {KEY_OPTIMIZER, take_optimizer},
    {KEY_LR, take_lr},
    {KEY_MOMENTUM, take_momentum},
    {KEY_BETA2, take_beta2},
    {KEY_EPSILON, take_epsilon},
    {KEY_WEIGHT_DECAY, take_weight_decay},
    {KEY_SCHEDULE, take_schedule},
    {'b', take_batch},
    {'e', take_epochs},
    {KEY_UNTIL_ACCURACY, take_until_accuracy},
    {KEY_VALIDATION, take_validation},
    {KEY_TEST, take_test},
    {KEY_TARGET, take_target},
    {'s', take_seed},
    {'t', take_threads},
    {'o', take_output},
    {KEY_LOG, take_log},
    {KEY_PROFILE, take_profile},
    {'q', take_quiet},
    {ARGP_KEY_ARG, take_data},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (takers[i].key == key) {
            takers[i].take(state->input, text);
            return 0;
        }
    }
    return options_common(key, state);
}

/* ---- What needs more than one option ---- */

static void finish_hidden(train_options *options, const char *hidden)
{
    options->hidden_count = strcmp(hidden, "none") == 0 ? 0 : list_count(hidden);
    options->layers = calloc((size_t)options->hidden_count + 1, sizeof *options->layers);
    if (!options->layers) {
        say("out of memory");
        leave(EXIT_CANNOT_RUN);
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
    int count = names ? list_count(names) : 1;
    if (names && options->hidden_count == 0) {
        usage_error("--activation is of hidden layers, and there are none");
    }
    if (count != 1 && count != options->hidden_count) {
        usage_error("--activation names %d activations for %d hidden layer%s; give one for all or "
                    "one each",
                    count, options->hidden_count, options->hidden_count == 1 ? "" : "s");
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

/* A setting that was given and that the optimizer then does without would be a silent mistake. */
static void refuse_unused(const nnfs_train_settings *given, const nnfs_train_settings *resolved)
{
    const struct {
        const char *option;
        float given, resolved;
    } settings[] = {
        {"--momentum", given->momentum, resolved->momentum},
        {"--beta2", given->beta2, resolved->beta2},
        {"--epsilon", given->epsilon, resolved->epsilon},
        {"--weight-decay", given->weight_decay, resolved->weight_decay},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (settings[i].given > 0.0f && settings[i].resolved != settings[i].given) {
            usage_error("%s is no setting of %s", settings[i].option,
                        nnfs_optimizer_name(given->optimizer));
        }
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void check_together(const train_options *options)
{
    if (options->target && !ends_with(options->data, ".csv") &&
        !ends_with(options->data, ".csv.gz")) {
        usage_error("--target is for tables (CSV); '%s' is none", options->data);
    }
    if (options->output && options->log && is_same_file(options->output, options->log)) {
        usage_error("--output and --log are the same file, '%s'", options->output);
    }
}

void train_options_parse(train_options *options, int argc, char **argv)
{
    *options = (train_options){
        .output_activation = BY_TASK, .loss = BY_TASK, .output = "model.safetensors"};
    nnfs_train_settings_init(&options->train);
    parse_state state = {.options = options, .hidden = "128"};
    const struct argp argp = {rows, parse_option, "[DATA]", about, NULL, options_help_filter, NULL};
    options_parse(&argp, argc, argv, &state);

    options->data = options->data ? options->data : "digits";
    finish_hidden(options, state.hidden);
    finish_activation(options, state.activation);
    check_together(options);
    nnfs_train_settings given = options->train;
    nnfs_train_settings_resolve(&options->train);
    refuse_unused(&given, &options->train);
    schedule_refuse_unused(&given, &options->train);
}

void train_options_free(train_options *options)
{
    free(options->layers);
}
