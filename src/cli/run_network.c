/* The network of a run: what is left to the task is chosen here, and the notes it carries are set.
 */
#include "exit.h"
#include "run.h"
#include "text.h"

#include <math.h>
#include <stdio.h>

/* ---- By task ---- */

/*
 * What belongs together, first match first. BY_TASK in the first two columns is "not asked for", in
 * `classes` it is either kind of target.
 */
static const struct {
    int activation, loss; /* asked for */
    int classes;          /* 1 classes, 0 numbers */
    nnfs_activation chosen_activation;
    nnfs_loss chosen_loss;
} defaults[] = {
    {BY_TASK, BY_TASK, 1, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {BY_TASK, BY_TASK, 0, NNFS_IDENTITY, NNFS_MSE},
    {BY_TASK, NNFS_CROSS_ENTROPY, BY_TASK, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {BY_TASK, NNFS_BINARY_CROSS_ENTROPY, BY_TASK, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY},
    {NNFS_SOFTMAX, BY_TASK, 1, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY},
    {NNFS_SIGMOID, BY_TASK, 1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY},
};

static bool chooses(int row, int activation, int loss, int classes)
{
    return defaults[row].activation == activation && defaults[row].loss == loss &&
           (defaults[row].classes == classes || defaults[row].classes == BY_TASK);
}

/* Any other loss is measured on the task's own output, any other output with mean squares. */
static void choose(const train_options *options, bool classes, nnfs_activation *activation,
                   nnfs_loss *loss)
{
    int asked = options->output_activation;
    nnfs_activation by_task = classes ? NNFS_SOFTMAX : NNFS_IDENTITY;
    *activation = asked == BY_TASK ? by_task : (nnfs_activation)asked;
    *loss = options->loss == BY_TASK ? NNFS_MSE : (nnfs_loss)options->loss;
    for (int i = 0; i < (int)(sizeof defaults / sizeof *defaults); i++) {
        if (chooses(i, asked, options->loss, classes)) {
            *activation = defaults[i].chosen_activation;
            *loss = defaults[i].chosen_loss;
            return;
        }
    }
}

nnfs_status run_build(train_run *run, nnfs_error *error)
{
    const train_options *options = run->options;
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    nnfs_layer *output = &options->layers[options->hidden_count];
    output->width = nnfs_dataset_outputs(run->train.set);
    choose(options, nnfs_dataset_classes(run->train.set) > 0, &output->activation, &settings.loss);
    settings.inputs = nnfs_dataset_features(run->train.set);
    settings.layers = options->layers;
    settings.layer_count = options->hidden_count + 1;
    settings.init = options->init;
    settings.init_scale = options->init_scale;
    settings.seed = options->train.seed;
    nnfs_status status = nnfs_network_create(&settings, &run->network, error);
    if (status != NNFS_OK) {
        return status;
    }
    run->shape = text_shape(run->network);
    return run->shape ? NNFS_OK : refuse(error, NNFS_ERROR_MEMORY, "out of memory");
}

/* ---- Notes ---- */

static short_text note_count(int64_t count)
{
    short_text note;
    (void)snprintf(note.text, sizeof note.text, "%lld", (long long)count);
    return note;
}

static short_text note_batch(int64_t batch)
{
    return batch > 0 ? note_count(batch) : (short_text){"full"};
}

static short_text note_number(double number)
{
    short_text note;
    (void)snprintf(note.text, sizeof note.text, "%.6g", number);
    return note;
}

nnfs_status run_annotate(train_run *run, nnfs_error *error)
{
    const nnfs_train_settings *train = &run->options->train;
    const nnfs_evaluation *test = &run->summary.test;
    double score = isnan(test->accuracy) ? test->rmse : test->accuracy;
    const struct {
        const char *key;
        short_text value;
        bool applies;
    } notes[] = {
        {"learning_rate", text_shortest(train->learning_rate), true},
        {"batch", note_batch(train->batch), true},
        {"epochs", note_count(run->summary.epochs), true},
        {"seed", note_count((int64_t)train->seed), true},
        {"data_hash", text_hash(nnfs_dataset_hash(run->train.set)), true},
        {"samples", note_count(nnfs_dataset_samples(run->train.set)), true},
        {isnan(test->accuracy) ? "test_rmse" : "test_accuracy", note_number(score), !isnan(score)},
    };
    const char *const words[][2] = {
        {"nnfs_version", nnfs_version()},
        {"optimizer", nnfs_optimizer_name(train->optimizer)},
        {"ended", run->summary.reason}, /* "stopped" and "diverged" cut it short */
        {"data", run->options->data},
    };
    nnfs_status status = NNFS_OK;
    for (size_t i = 0; status == NNFS_OK && i < sizeof words / sizeof *words; i++) {
        status = nnfs_network_set_note(run->network, words[i][0], words[i][1], error);
    }
    for (size_t i = 0; status == NNFS_OK && i < sizeof notes / sizeof *notes; i++) {
        if (notes[i].applies) {
            status = nnfs_network_set_note(run->network, notes[i].key, notes[i].value.text, error);
        }
    }
    return status;
}
