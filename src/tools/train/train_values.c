/* The values of nnfs-train's own options: a table of functions that take them. */
#include "train/train_values.h"

#include "common/exit.h"
#include "train/class_weights.h"
#include "train/schedule_option.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

static void take_hidden(train_values *values, const char *text)
{
    values->hidden = text;
}

static void take_activation(train_values *values, const char *text)
{
    values->activation = text;
}

static void take_output_activation(train_values *values, const char *text)
{
    values->options->output_activation =
        option_name("activation", activation_names, text, strlen(text));
}

static void take_loss(train_values *values, const char *text)
{
    values->options->loss = option_name("loss", loss_names, text, strlen(text));
}

/* NAME, or NAME:SCALE for those that have a scale. */
static void take_init(train_values *values, const char *text)
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
    values->options->init = init;
    if (scaled) {
        values->options->init_scale = option_float("--init", text + length + 1, NUMBER_POSITIVE);
    }
}

static void take_optimizer(train_values *values, const char *text)
{
    values->options->train.optimizer =
        (nnfs_optimizer)option_name("optimizer", optimizer_names, text, strlen(text));
}

static void take_lr(train_values *values, const char *text)
{
    values->options->train.learning_rate = option_float("--lr", text, NUMBER_POSITIVE);
}

static void take_momentum(train_values *values, const char *text)
{
    values->options->train.momentum = option_float("--momentum", text, NUMBER_FRACTION);
}

static void take_beta2(train_values *values, const char *text)
{
    values->options->train.beta2 = option_float("--beta2", text, NUMBER_FRACTION);
}

static void take_epsilon(train_values *values, const char *text)
{
    values->options->train.epsilon = option_float("--epsilon", text, NUMBER_POSITIVE);
}

static void take_weight_decay(train_values *values, const char *text)
{
    values->options->train.weight_decay = option_float("--weight-decay", text, NUMBER_NOT_NEGATIVE);
}

static void take_schedule(train_values *values, const char *text)
{
    schedule_option(&values->options->train, text);
}

static void take_batch(train_values *values, const char *text)
{
    bool full = strcmp(text, "full") == 0;
    values->options->train.batch = full ? 0 : option_integer("--batch", text, 1, INT64_MAX);
}

static void take_epochs(train_values *values, const char *text)
{
    values->options->train.epochs = (int)option_integer("--epochs", text, 0, INT_MAX);
}

static void take_until_accuracy(train_values *values, const char *text)
{
    values->options->train.until_accuracy = option_number("--until-accuracy", text, NUMBER_SHARE);
}

/* A share of the training data, or a path. */
static void take_part(const char *option, const char *text, double *share, const char **path)
{
    bool number = looks_like_number(text);
    *path = number ? NULL : text;
    *share = number ? option_number(option, text, NUMBER_FRACTION) : 0.0;
}

static void take_validation(train_values *values, const char *text)
{
    take_part("--validation", text, &values->options->validation_share,
              &values->options->validation_path);
}

static void take_validation_targets(train_values *values, const char *text)
{
    values->options->validation_targets = text;
}

static void take_test(train_values *values, const char *text)
{
    take_part("--test", text, &values->options->test_share, &values->options->test_path);
}

static void take_test_targets(train_values *values, const char *text)
{
    values->options->test_targets = text;
}

static void take_class_weight(train_values *values, const char *text)
{
    class_weights_check(text);
    values->options->class_weight = text;
}

static void take_folds(train_values *values, const char *text)
{
    values->options->folds = (int)option_integer("--folds", text, 2, 1000);
}

static void take_seed(train_values *values, const char *text)
{
    /* 63 bits, so that the run log can hold it as a JSON integer. */
    values->options->train.seed = (uint64_t)option_integer("--seed", text, 0, INT64_MAX);
}

static void take_threads(train_values *values, const char *text)
{
    values->options->train.threads = option_threads("--threads", text);
}

static void take_output(train_values *values, const char *text)
{
    values->options->output = strcmp(text, "none") == 0 ? NULL : text;
}

static void take_log(train_values *values, const char *text)
{
    values->options->log = strcmp(text, "none") == 0 ? NULL : text;
}

static void take_report(train_values *values, const char *text)
{
    values->options->report = strcmp(text, "none") == 0 ? NULL : text;
}

static void take_profile(train_values *values, const char *text)
{
    (void)text;
    values->options->profile = true;
}

static void take_checkpoint(train_values *values, const char *text)
{
    values->options->checkpoint = text;
}

/* N, or N with s, m, epochs or steps behind it: one of the three intervals, and no other. */
static void take_checkpoint_every(train_values *values, const char *text)
{
    nnfs_train_settings *train = &values->options->train;
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

static void take_resume(train_values *values, const char *text)
{
    values->options->resume = text;
}

static void take_resume_anywhere(train_values *values, const char *text)
{
    (void)text;
    values->options->resume_anywhere = true;
}

static void take_resume_outputs(train_values *values, const char *text)
{
    (void)text;
    values->options->resume_outputs = true;
}

static void take_quiet(train_values *values, const char *text)
{
    (void)text;
    values->options->quiet = true;
}

static void take_data(train_values *values, const char *text)
{
    if (values->options->data) {
        usage_error("one DATA at a time, not both '%s' and '%s'", values->options->data, text);
    }
    values->options->data = text;
}

static const struct {
    int key;
    void (*take)(train_values *values, const char *text);
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
    {KEY_VALIDATION_TARGETS, take_validation_targets},
    {KEY_TEST, take_test},
    {KEY_TEST_TARGETS, take_test_targets},
    {KEY_CLASS_WEIGHT, take_class_weight},
    {KEY_FOLDS, take_folds},
    {'s', take_seed},
    {'t', take_threads},
    {'o', take_output},
    {KEY_LOG, take_log},
    {KEY_REPORT, take_report},
    {KEY_PROFILE, take_profile},
    {KEY_CHECKPOINT, take_checkpoint},
    {KEY_CHECKPOINT_EVERY, take_checkpoint_every},
    {KEY_RESUME, take_resume},
    {KEY_RESUME_ANYWHERE, take_resume_anywhere},
    {KEY_RESUME_OUTPUTS, take_resume_outputs},
    {'q', take_quiet},
    {ARGP_KEY_ARG, take_data},
};

bool train_value(train_values *values, int key, const char *text)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (takers[i].key == key) {
            takers[i].take(values, text);
            return true;
        }
    }
    return false;
}

/* ---- The hidden layers ---- */

static void finish_hidden(train_options *options, const char *hidden)
{
    options->hidden_count = strcmp(hidden, "none") == 0 ? 0 : list_count(hidden);
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

void train_values_finish(train_values *values)
{
    finish_hidden(values->options, values->hidden);
    finish_activation(values->options, values->activation);
}
