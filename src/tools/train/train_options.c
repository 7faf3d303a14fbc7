/*
 * The command line of nnfs-train: a table of options for argp, and the checks that need more than one
 * of them.
 */
#include "train/train_options.h"

#include "common/exit.h"
#include "common/paths.h"
#include "train/schedule_option.h"
#include "train/train_rows.h"

#include <stdlib.h>

/* ---- The table ---- */

enum { GROUP_NETWORK = 1, GROUP_TRAINING, GROUP_DATA, GROUP_COLUMNS, GROUP_FILE, GROUP_RUN };

static const struct argp_option rows[] = {
    {NULL, 0, NULL, 0, "The network:", GROUP_NETWORK},
    TRAIN_ROWS_NETWORK,

    {NULL, 0, NULL, 0, "Training:", GROUP_TRAINING},
    TRAIN_ROWS_TRAINING,

    {NULL, 0, NULL, 0, "Data:", GROUP_DATA},
    TRAIN_ROWS_DATA,
    {"folds", KEY_FOLDS, "K", 0,
     "first train K times, each time without another part of the training data, and say how good "
     "that is on the part left out: mean and spread",
     0},
    TRAIN_ROW_CLASS_WEIGHT,

    {NULL, 0, NULL, 0, "The columns of a table (CSV, NPY):", GROUP_COLUMNS},
    TABLE_ROWS_COLUMNS,

    {NULL, 0, NULL, 0, "How its file is written:", GROUP_FILE},
    TABLE_ROWS_FORMAT("NA N/A NaN nan null NULL None ?"),

    {NULL, 0, NULL, 0, "The run:", GROUP_RUN},
    {"seed", 's', "N", 0, "of the weights, the order of the samples and the held-out share (1)", 0},
    {"threads", 't', "N", 0, "the result is the same for any number (all)", 0},
    {"output", 'o', "PATH", 0, "write the model here; 'none' for no file (model.safetensors)", 0},
    {"log", KEY_LOG, "PATH", 0, "write a run log here, a JSON object a line", 0},
    {"report", KEY_REPORT, "FILE", 0,
     "write a page to look at here, HTML: curves, mistakes, where the time went", 0},
    {"checkpoint", KEY_CHECKPOINT, "FOLDER", 0,
     "write checkpoints here, from which the run can go on after a kill: the last three, and the "
     "best",
     0},
    {"checkpoint-every", KEY_CHECKPOINT_EVERY, "N[s|m|epochs|steps]", 0,
     "how often, besides after each epoch that is the best so far and at the end (60s)", 0},
    {"resume", KEY_RESUME, "FOLDER", 0,
     "go on from the last checkpoint there, to the same bits as if the run had never stopped; "
     "takes its options from there; --epochs N goes on to more epochs than the run was to have",
     0},
    {"resume-anywhere", KEY_RESUME_ANYWHERE, NULL, 0,
     "also with another CPU, BLAS or kernel than before, which may end in other bits", 0},
    {"resume-outputs", KEY_RESUME_OUTPUTS, NULL, 0,
     "also write the model, log and report that the checkpoint names, where nothing shows that "
     "they "
     "are of the run; --output, --log and --report name others",
     0},
    {"profile", KEY_PROFILE, NULL, 0, "show where the time went, and what bounds each product", 0},
    {"quiet", 'q', NULL, 0, "say nothing unless something is wrong", 0},
    OPTIONS_COMMON,
};

static const char about[] =
    "Trains a multilayer perceptron and says how good it is."
    "\v"
    "DATA is a table, a CSV file (.csv "
    ".tsv .txt .data, gzipped or not) or an NPY file; a folder of IDX files "
    "(train-images-idx3-ubyte and so on, gzipped or not); or the word digits, the default: "
    "handwritten-looking digits drawn by the program itself. A bare name such as mnist is looked "
    "for in $NNFS_DATA, then in data/, then in the user's data folder, ~/.local/share/nnfs.\n"
    "\n"
    "Ctrl-C ends the run after the current step and keeps the model as it stands.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 3 diverged, 4 bad data, 128 + signal.\n"
    "\n"
    "  nnfs-train\n"
    "  nnfs-train houses.csv --target price --hidden 64,64 --epochs 50\n"
    "  nnfs-train mnist --hidden 512,256 --epochs 20 -o mnist.safetensors\n"
    "  nnfs-train mnist --hidden none --optimizer sgd --batch full --log run.jsonl";

/* Remembers the first option that --resume takes from the checkpoint. */
static void note_given(train_options *options, int key)
{
    static const int besides[] = {KEY_RESUME,
                                  KEY_RESUME_ANYWHERE,
                                  KEY_RESUME_OUTPUTS,
                                  KEY_LOG,
                                  KEY_REPORT,
                                  KEY_PROFILE,
                                  'e',
                                  'o',
                                  't',
                                  'q',
                                  'h',
                                  'V'};
    options->named.output |= key == 'o';
    options->named.log |= key == KEY_LOG;
    options->named.report |= key == KEY_REPORT;
    options->named.epochs |= key == 'e';
    for (size_t i = 0; i < sizeof besides / sizeof *besides; i++) {
        if (key == besides[i]) {
            return;
        }
    }
    for (const struct argp_option *row = rows; row->name || row->doc; row++) {
        if (!options->given && row->name && row->key == key) {
            options->given = row->name;
        }
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    train_values *values = state->input;
    note_given(values->options, key);
    if (train_value(values, key, text) || table_option(&values->options->table, key, text)) {
        return 0;
    }
    return options_common(key, state);
}

/* ---- What needs more than one option ---- */

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

/* Targets of their own for a part that comes from a file of its own. */
static void check_part(const char *option, const char *path, const char *targets)
{
    if (targets && !path) {
        usage_error("%s-targets is for %s with a path", option, option);
    }
    if (targets && !is_npy(path)) {
        usage_error("%s-targets is for NPY files; '%s' is none", option, path);
    }
}

static void check_checkpoints(const train_values *values)
{
    const train_options *options = values->options;
    if (options->resume && options->given) {
        usage_error("--resume goes on as the run was begun; --%s is not to be given",
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
    check_part("--validation", options->validation_path, options->validation_targets);
    check_part("--test", options->test_path, options->test_targets);
    if (options->folds > 0 && options->train.until_accuracy > 0.0) {
        usage_error(
            "--until-accuracy looks at the test set, and a fold has none: not with --folds");
    }
    check_report(options);
    if ((options->output && is_same_file(options->output, options->data)) ||
        (options->log && is_same_file(options->log, options->data))) {
        usage_error("'%s' is to be read and written over", options->data);
    }
    if (options->output && options->log && is_same_file(options->output, options->log)) {
        usage_error("--output and --log are the same file, '%s'", options->output);
    }
}

void train_options_parse(train_options *options, int argc, char **argv)
{
    *options = (train_options){.output_activation = BY_TASK,
                               .loss = BY_TASK,
                               .test_share = BY_DATA,
                               .output = "model.safetensors"};
    nnfs_train_settings_init(&options->train);
    table_options_init(&options->table);
    train_values values = {.options = options, .hidden = "128"};
    const struct argp argp = {rows, parse_option, "[DATA]", about, NULL, options_help_filter, NULL};
    options_parse(&argp, argc, argv, &values);

    check_checkpoints(&values);
    options->data = options->data ? options->data : "digits";
    train_values_finish(&values);
    check_together(options);
    nnfs_train_settings given = options->train;
    nnfs_train_settings_resolve(&options->train);
    refuse_unused(&given, &options->train);
    schedule_refuse_unused(&given, &options->train);
}

void train_options_free(train_options *options)
{
    free(options->layers);
    table_options_free(&options->table);
}
