/*
 * The command line of nnfs-train: a table of options for argp, and the checks that need more than
 * one of them.
 */
#include "train/train_options.h"

#include "common/exit.h"
#include "common/paths.h"
#include "common/ranks.h"
#include "common/setting_option.h"
#include "train/train_rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- The table ---- */

#define OWN(KIND, member) TO(KIND, train_values, member)

static const option_row rows[] = {
    {.help = "The network:"},
    TRAIN_ROWS_NETWORK,

    {.help = "Training:"},
    TRAIN_ROWS_TRAINING,
    {"from", 0, "MODEL",
     "model to go on training, on any data that fit it; a table is read and prepared as the "
     "model's own was",
     "a network with random weights", OWN(PATH, options.from), .complete = "@*.safetensors"},
    {"freeze", 0, "N[,...]", "layers of --from, counted from 1, whose parameters stay as they are",
     NULL, .take = take_freeze},

    {.help = "Data:"},
    TRAIN_ROWS_DATA,
    {"networks", 0, "N",
     "networks from other seeds, trained one after the other; the model is all of them, and its "
     "outputs are the mean of theirs; with a share of --validation, each holds out one of its own",
     "1", OWN(COUNT, options.networks), .lowest = 1, .highest = 64},
    {"refit", 0, "N",
     "networks that are trained without their validation data to find the best number of epochs, "
     "and "
     "the temperature, for the networks of the model, which are trained on all training data",
     "none", OWN(COUNT, options.refit), .lowest = 0, .highest = 64},
    {"folds", 0, "K",
     "number of folds of a cross-validation before the training, reported as mean "
     "and spread",
     "none", OWN(COUNT, options.folds), .lowest = 2, .highest = 1000},
    TRAIN_ROW_CLASS_WEIGHT,

    {.help = "The columns of a table (CSV, NPY):"},
    TABLE_ROWS_COLUMNS(offsetof(train_values, options.table)),

    {.help = "How its file is written:"},
    TABLE_ROWS_FORMAT(offsetof(train_values, options.table), "NA N/A NaN nan null NULL None ?"),

    {.help = "The run:"},
    TRAIN_ROW_SEED,
    {"threads", 't', "N", "threads; the result is the same for any number", "all",
     OWN(COUNT, options.train.threads), .lowest = 1, .highest = THREADS_MOST},
    {"output", 'o', "PATH", "file for the model; 'none' for no file", "model.safetensors",
     OWN(PATH, options.output), .complete = "@*"},
    {"log", 0, "PATH", "file for the run log, a JSON object a line", "none", OWN(PATH, options.log),
     .complete = "@*"},
    {"report", 0, "FILE", "file for an HTML report: curves, mistakes, where the time went", "none",
     OWN(PATH, options.report), .complete = "@*"},
    {"checkpoint", 0, "FOLDER",
     "folder for checkpoints, the last three and the best, from which a killed run can be resumed",
     "none", OWN(TEXT, options.checkpoint), .complete = "@folder"},
    {"checkpoint-every", 0, "N[s|m|epochs|steps]",
     "interval of checkpoints, besides those after "
     "each epoch that is the best so far and at the end",
     "60s", .take = take_checkpoint_every},
    {"resume", 0, "FOLDER",
     "continue the run whose last checkpoint is in this folder, to the same "
     "bits as if it had never stopped; its options are taken from there, but a larger number of "
     "epochs may be given",
     NULL, OWN(TEXT, options.resume), .complete = "@folder"},
    {"resume-anywhere", 0, NULL,
     "resume also with another CPU, BLAS or kernel than before, which "
     "may end in other bits",
     NULL, OWN(FLAG, options.resume_anywhere)},
    {"resume-outputs", 0, NULL,
     "with --resume, write also to the model, log and report that the checkpoint names without "
     "proof that they are of the run; others may be named by their options",
     NULL, OWN(FLAG, options.resume_outputs)},
    {"profile", 0, NULL, "print where the time went, and what bounds each product", NULL,
     OWN(FLAG, options.profile)},
    {"show-program", 0, NULL, "print the compiled step, its ops and their tiles, and stop", NULL,
     OWN(FLAG, options.show_program)},
    {"quiet", 'q', NULL, "print nothing unless something is wrong", NULL, OWN(FLAG, options.quiet)},
    {0},
};

static const char about[] =
    "Trains a multilayer perceptron and says how good it is."
    "\v"
    "DATA is a table: a CSV file, gzipped or not, an NPY or NPZ file, a folder of CSV or NPY "
    "files, "
    "whose rows follow each other in the order of the names, or - for standard input; a folder of "
    "IDX files "
    "(train-images-idx3-ubyte and so on, gzipped or not); or the word digits, the default: "
    "handwritten-looking digits drawn by the program itself. A bare name such as mnist is looked "
    "for in $NNFS_DATA, in data/, in the user's data folder, ~/.local/share/nnfs, in the current "
    "folder and in /usr/share/datasets, where Debian's package dataset-fashion-mnist puts "
    "fashion-mnist.\n"
    "\n"
    "Ctrl-C ends the run after the current step and keeps the model as it stands.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 3 diverged, 4 bad data, 128 + signal.\n"
    "\n"
    "  nnfs-train\n"
    "  nnfs-train houses.csv --target price --hidden 64,64 --epochs 50\n"
    "  nnfs-train mnist --hidden 512,256 --epochs 20 -o mnist.safetensors\n"
    "  nnfs-train mnist --hidden none --optimizer sgd --batch full --log run.jsonl";

/* Remembers what is given, and the first option that --resume takes from the checkpoint. */
static bool note_given(void *input, const option_row *row, const char *text)
{
    static const char besides[][16] = {"resume",  "resume-anywhere", "resume-outputs", "profile",
                                       "threads", "quiet",           "output",         "log",
                                       "report",  "epochs"};
    train_values *values = input;
    train_options *options = &values->options;
    (void)text;
    if (values->by_hand_count < OPTIONS_MOST) {
        values->by_hand[values->by_hand_count++] = row->name;
    }
    options->named.output |= strcmp(row->name, "output") == 0;
    options->named.log |= strcmp(row->name, "log") == 0;
    options->named.report |= strcmp(row->name, "report") == 0;
    options->named.epochs |= strcmp(row->name, "epochs") == 0;
    for (size_t i = 0; i < sizeof besides / sizeof *besides; i++) {
        if (strcmp(row->name, besides[i]) == 0) {
            return false;
        }
    }
    if (!options->given) {
        options->given = row->name;
    }
    return false;
}

static const char *const arguments[] = {"@data", NULL};

static const option_table command_line = {rows, "[DATA]", about, take_data, note_given, arguments};

/* ---- What needs more than one option ---- */

/* Targets of their own for a part that comes from a file of its own. */
static void check_part(const train_options *options, const char *option, const char *path,
                       const char *targets)
{
    if (targets && !path) {
        usage_error("%s-targets is for %s with a path", option, option);
    }
    if (targets && !is_array_data(&options->table, path)) {
        usage_error("%s-targets is for NPY files; '%s' is none", option, path);
    }
}

static void check_checkpoints(const train_values *values)
{
    const train_options *options = &values->options;
    if (options->resume && options->given) {
        usage_error("--resume goes on as the run was begun, which settles --%s; leave that out",
                    options->given);
    }
    if (options->resume && options->data) {
        usage_error("--resume goes on with the data the run was begun with; '%s' is too much",
                    options->data);
    }
    if (options->resume_anywhere && !options->resume) {
        usage_error("--resume-anywhere is for --resume");
    }
    if (options->resume_outputs && !options->resume) {
        usage_error("--resume-outputs is for --resume");
    }
    if (values->every && !options->checkpoint) {
        usage_error("--checkpoint-every is for --checkpoint");
    }
    if (options->checkpoint && options->folds > 0) {
        usage_error("--checkpoint is of one run, and --folds makes several: one of the two");
    }
    if (options->checkpoint && options->networks > 1) {
        usage_error("--checkpoint is of one network, and --networks makes several: one of the two");
    }
    if (options->checkpoint && options->refit > 0) {
        usage_error("--checkpoint is of one network, and --refit makes several: one of the two");
    }
}

/* What the model of --from has settled. */
static void check_from(const train_values *values)
{
    static const char *const settled[] = {"two-valued",     "hidden",
                                          "activation",     "output-activation",
                                          "loss",           "init",
                                          "members",        "embedding",
                                          "dropout",        "input-dropout",
                                          "target",         "normalization",
                                          "task",           "categorical",
                                          "numeric",        "drop",
                                          "scale",          "missing-indicator",
                                          "folds",          "weight-column",
                                          "max-categories", "category-width",
                                          "networks",       "refit",
                                          "log-target",     "screen"};
    const train_options *options = &values->options;
    if (options->freeze && !options->from) {
        usage_error("--freeze is for --from");
    }
    if (options->from && options->preset != BY_TASK && options->preset != PRESET_PLAIN) {
        usage_error("--from goes on with the model as it is, which has no preset any more; leave "
                    "out --preset");
    }
    for (size_t i = 0; options->from && i < sizeof settled / sizeof *settled; i++) {
        for (int j = 0; j < values->by_hand_count; j++) {
            if (strcmp(values->by_hand[j], settled[i]) == 0) {
                usage_error(
                    "--from goes on with the model as it is, which settles --%s; leave that out",
                    settled[i]);
            }
        }
    }
}

static void check_report(const train_options *options)
{
    const struct {
        const char *option, *path;
    } others[] = {{"--output", options->output}, {"--log", options->log}, {"DATA", options->data}};
    for (size_t i = 0; options->report && i < sizeof others / sizeof *others; i++) {
        if (others[i].path && is_same_file(options->report, others[i].path)) {
            usage_error("--report and %s are the same file, '%s'", others[i].option,
                        options->report);
        }
    }
}

static void check_together(const train_options *options)
{
    table_options_check(&options->table, options->data);
    check_part(options, "--validation", options->validation_path, options->validation_targets);
    check_part(options, "--test", options->test_path, options->test_targets);
    bool stops = options->train.patience > 0 || options->train.until_accuracy > 0.0 ||
                 options->train.monitor != NNFS_MONITOR_AUTO;
    if (options->folds > 0 && stops && options->validation_share <= 0.0) {
        usage_error("--patience, --monitor and --until-accuracy look at validation data: each "
                    "fold needs a share of its own, --validation 0.2 say");
    }
    if (options->train.patience > 0 && options->validation_share <= 0.0 &&
        !options->validation_path) {
        usage_error("--patience looks at validation data: give --validation too");
    }
    if (options->refit > 0 && options->validation_share <= 0.0 && !options->validation_path) {
        usage_error("--refit looks at validation data: give --validation too");
    }
    if (options->preset != PRESET_BEST) { /* else preset_fit chooses --refit */
        check_log_target(options);
    }
    check_report(options);
    if (options->output && strcmp(options->output, "-") == 0) {
        usage_error("--output: a model goes to a file, not to the standard output");
    }
    if ((options->output && is_same_file(options->output, options->data)) ||
        (options->log && is_same_file(options->log, options->data))) {
        usage_error("'%s' is both input and output", options->data);
    }
    if (options->output && options->log && is_same_file(options->output, options->log)) {
        usage_error("--output and --log are the same file, '%s'", options->output);
    }
}

/* What a rank that does not see the data has to know of them. */
static void share_format(train_options *options)
{
    const char *format = ranks_format(options->data);
    if (format && !options->table.format) {
        options->table.format = format;
    }
}

/* What is wrong with the path is said when the data are loaded. */
static void choose_preset(train_options *options)
{
    nnfs_error error;
    options->preset_by_data = options->preset == BY_TASK;
    if (!options->preset_by_data) {
        return;
    }
    bool csv = !options->resume && !options->from &&
               ranks_data_path(options->data, &options->data_path, &error) == NNFS_OK &&
               options->shape.height == 0 && preset_is_default(&options->table, options->data_path);
    options->preset = csv ? PRESET_BALANCED : PRESET_PLAIN;
}

void train_options_parse(train_options *options, int argc, char **argv)
{
    train_values values = {.options = {.output_activation = BY_TASK,
                                       .loss = BY_TASK,
                                       .preset = BY_TASK,
                                       .test_share = BY_DATA,
                                       .networks = 1,
                                       .output = "model.safetensors"},
                           .hidden = "128"};
    *options = (train_options){0};
    nnfs_train_settings_init(&values.options.train);
    nnfs_network_settings_init(&values.options.network);
    table_options_init(&values.options.table);
    options_parse(&command_line, argc, argv, &values);

    check_checkpoints(&values);
    check_from(&values);
    values.options.data = values.options.data ? values.options.data : "digits";
    share_format(&values.options);
    choose_preset(&values.options);
    preset_apply(&values);
    train_values_finish(&values);
    check_together(&values.options);
    settings_refuse_unused(&values.options.train);
    if (values.options.preset == 0) {
        nnfs_train_settings_resolve(&values.options.train);
    } /* else preset_fit does, when the rows are known */
    *options = values.options;
}

void train_options_free(train_options *options)
{
    free(options->layers);
    free(options->dropout);
    free(options->data_path);
    for (int i = 0; i < 3; i++) {
        free(options->named.paths[i]);
    }
    table_options_free(&options->table);
}
