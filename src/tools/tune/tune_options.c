/*
 * The command line of nnfs-tune. Values are not looked at here, but by nnfs-train's own parser, run by
 * run.
 */
#include "tune/tune_options.h"

#include "common/exit.h"
#include "common/options.h"
#include "common/paths.h"
#include "common/text.h"
#include "train/train_rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- The table ---- */

enum { KEY_RANDOM = 0x300, KEY_PLOT, KEY_FRESH };

enum { GROUP_NETWORK = 1, GROUP_TRAINING, GROUP_DATA, GROUP_COLUMNS, GROUP_FILE, GROUP_RUNS };

static const struct argp_option rows[] = {
    {NULL, 0, NULL, 0, "The network; all of these can be varied:", GROUP_NETWORK},
    TRAIN_ROWS_NETWORK,

    {NULL, 0, NULL, 0, "Training; all but --until-accuracy can be varied:", GROUP_TRAINING},
    TRAIN_ROWS_TRAINING,
    {"seed", 's', "N", 0, "of the weights, the order of the samples and the held-out share (1)", 0},

    {NULL, 0, NULL, 0, "Data:", GROUP_DATA},
    TRAIN_ROWS_DATA,
    TRAIN_ROW_CLASS_WEIGHT,

    {NULL, 0, NULL, 0, "The columns of a table (CSV, NPY):", GROUP_COLUMNS},
    TABLE_ROWS_COLUMNS,

    {NULL, 0, NULL, 0, "How its file is written:", GROUP_FILE},
    TABLE_ROWS_FORMAT("NA N/A NaN nan null NULL None ?"),

    {NULL, 0, NULL, 0, "The runs:", GROUP_RUNS},
    {"random", KEY_RANDOM, "N[:SEED]", 0,
     "make N runs drawn at random, instead of one for each combination (SEED 1)", 0},
    {"jobs", 'j', "N", 0, "runs side by side, at most (as many as there are threads)", 0},
    {"threads", 't', "N", 0, "of all runs together; the results are the same for any number (all)",
     0},
    {"log", KEY_LOG, "PATH", 0,
     "write a JSON object an iteration here, and go on from what is there; 'none' for no file "
     "(tune.jsonl)",
     0},
    {"fresh", KEY_FRESH, NULL, 0, "begin anew, whatever the log holds", 0},
    {"plot", KEY_PLOT, "FILE.svg", 0, "write the plot here too, as a picture", 0},
    {"quiet", 'q', NULL, 0, "print the results alone", 0},
    OPTIONS_COMMON,
};

static const char about[] =
    "Trains a network for each combination of settings, and says which is best."
    "\v"
    "Every option of "
    "nnfs-train about the network and its training takes several values: with commas between, or "
    "given again, or both. The values of --hidden, --activation and --schedule have commas of "
    "their own: ';' stands between them. A number may be a range too, 0.001..0.1, from which "
    "--random draws evenly by its logarithm. DATA is as for nnfs-train.\n"
    "\n"
    "The best is that with the best accuracy after its last epoch, or the smallest RMSE where the "
    "targets are numbers: on the validation data, else on the test data, else in training.\n"
    "\n"
    "An object of the log has learning_rate, iteration (an epoch; with --batch full also a step), "
    "accuracy, the losses and accuracies of all parts, and the settings that vary. Interrupted, "
    "even killed, the same command goes on: finished runs are read from the log.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 3 all runs diverged, 4 bad data, 128 + "
    "signal.\n"
    "\n"
    "  nnfs-tune mnist --hidden 10 --batch full --optimizer sgd --lr 0.5,0.25,0.1\n"
    "  nnfs-tune houses.csv --target price --hidden '64;64,64' --lr 0.01,0.003\n"
    "  nnfs-tune mnist --random 40 --lr 1e-4..0.1 --hidden 32..512 --validation 0.1";

/* ---- Options that can be varied ---- */

#define ANY_SEPARATOR ",;"

static const struct {
    int key;
    tune_range range;
    const char *separators;
} varied[] = {
    {KEY_HIDDEN, RANGE_WHOLE, ";"},
    {KEY_ACTIVATION, RANGE_NONE, ";"},
    {KEY_OUTPUT_ACTIVATION, RANGE_NONE, ANY_SEPARATOR},
    {KEY_LOSS, RANGE_NONE, ANY_SEPARATOR},
    {KEY_INIT, RANGE_NONE, ANY_SEPARATOR},
    {KEY_OPTIMIZER, RANGE_NONE, ANY_SEPARATOR},
    {KEY_LR, RANGE_REAL, ANY_SEPARATOR},
    {KEY_MOMENTUM, RANGE_REAL, ANY_SEPARATOR},
    {KEY_BETA2, RANGE_REAL, ANY_SEPARATOR},
    {KEY_EPSILON, RANGE_REAL, ANY_SEPARATOR},
    {KEY_WEIGHT_DECAY, RANGE_REAL, ANY_SEPARATOR},
    {KEY_SCHEDULE, RANGE_NONE, ";"},
    {'b', RANGE_WHOLE, ANY_SEPARATOR},
    {'e', RANGE_WHOLE, ANY_SEPARATOR},
    {'s', RANGE_NONE, ANY_SEPARATOR},
};

static const char *name_of(int key)
{
    for (const struct argp_option *row = rows; row->name || row->doc; row++) {
        if (row->name && row->key == key) {
            return row->name;
        }
    }
    return NULL;
}

static bool vary(tune_space *space, int key, const char *text)
{
    for (size_t i = 0; i < sizeof varied / sizeof *varied; i++) {
        if (varied[i].key == key) {
            tune_axis kind = {
                .option = name_of(key),
                .range = varied[i].range,
                .separators = varied[i].separators,
            };
            space_add(space, &kind, text);
            return true;
        }
    }
    return false;
}

/* ---- Its own options ---- */

static void take_random(tune_options *options, const char *text)
{
    const char *colon = strchr(text, ':');
    char *number = must_have(colon ? strndup(text, (size_t)(colon - text)) : strdup(text));
    options->space.random = (int)option_integer("--random", number, 1, 10000);
    options->space.seed = colon ? (uint64_t)option_integer("--random", colon + 1, 0, INT64_MAX) : 1;
    free(number);
}

static void take_jobs(tune_options *options, const char *text)
{
    options->jobs = option_threads("--jobs", text);
}

static void take_threads(tune_options *options, const char *text)
{
    options->threads = option_threads("--threads", text);
}

static void take_log(tune_options *options, const char *text)
{
    options->log = strcmp(text, "none") == 0 ? NULL : text;
}

static void take_fresh(tune_options *options, const char *text)
{
    (void)text;
    options->fresh = true;
}

static void take_plot(tune_options *options, const char *text)
{
    size_t length = strlen(text);
    if (length < 4 || strcmp(text + length - 4, ".svg") != 0) {
        usage_error("--plot writes SVG; '%s' does not end in .svg", text);
    }
    options->plot = text;
}

static void take_quiet(tune_options *options, const char *text)
{
    (void)text;
    options->quiet = true;
}

static void take_data(tune_options *options, const char *text)
{
    if (options->data) {
        usage_error("one DATA at a time, not both '%s' and '%s'", options->data, text);
    }
    options->data = text;
}

static const struct {
    int key;
    void (*take)(tune_options *options, const char *text);
} takers[] = {
    {KEY_RANDOM, take_random}, {'j', take_jobs},          {'t', take_threads},
    {KEY_LOG, take_log},       {KEY_FRESH, take_fresh},   {KEY_PLOT, take_plot},
    {'q', take_quiet},         {ARGP_KEY_ARG, take_data},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    tune_options *options = state->input;
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (takers[i].key == key) {
            takers[i].take(options, text);
            return 0;
        }
    }
    if (vary(&options->space, key, text)) {
        return 0;
    }
    if (key != 'h' && key != 'V' && name_of(key)) {
        space_fix(&options->space, name_of(key), text);
        return 0;
    }
    return options_common(key, state);
}

void tune_options_parse(tune_options *options, int argc, char **argv)
{
    *options = (tune_options){.log = "tune.jsonl"};
    const struct argp argp = {rows, parse_option, "[DATA]", about, NULL, options_help_filter, NULL};
    options_parse(&argp, argc, argv, options);
    options->data = options->data ? options->data : "digits";
    const char *const written[] = {options->log, options->plot};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        if (written[i] && is_same_file(written[i], options->data)) {
            usage_error("'%s' is to be read and written over", options->data);
        }
    }
    if (options->log && options->plot && is_same_file(options->log, options->plot)) {
        usage_error("--log and --plot are the same file, '%s'", options->log);
    }
}

void tune_options_free(tune_options *options)
{
    space_free(&options->space);
}

/* ---- As text ---- */

static void write_axis(FILE *stream, const tune_axis *axis)
{
    char *all = NULL;
    size_t size = 0;
    FILE *values = must_have(open_memstream(&all, &size));
    for (int i = 0; i < axis->count; i++) {
        (void)fprintf(values, "%.1s%s", i > 0 ? axis->separators : "", axis->values[i]);
    }
    (void)fclose(values);
    (void)fprintf(stream, " --%s ", axis->option);
    text_quote(stream, must_have(all));
    free(all);
}

char *tune_command(const tune_options *options)
{
    char *command = NULL;
    size_t size = 0;
    const tune_space *space = &options->space;
    FILE *stream = must_have(open_memstream(&command, &size));
    text_quote(stream, options->data);
    for (int i = 0; i < space->fixed_count; i++) {
        (void)fputc(' ', stream);
        text_quote(stream, space->fixed[i]);
    }
    for (int i = 0; i < space->axis_count; i++) {
        write_axis(stream, &space->axes[i]);
    }
    if (space->random > 0) {
        (void)fprintf(stream, " --random %d:%llu", space->random, (unsigned long long)space->seed);
    }
    if (fclose(stream) != 0) {
        free(command);
        command = NULL;
    }
    return must_have(command);
}
