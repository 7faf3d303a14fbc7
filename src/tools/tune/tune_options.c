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

static void take_random(void *input, const option_row *row, const char *text);
static void take_plot(void *input, const option_row *row, const char *text);

#define OWN(KIND, member) TO(KIND, tune_options, member)

static const option_row rows[] = {
    {.help = "The network; all of these can be varied:"},
    TRAIN_ROWS_NETWORK,

    {.help = "Training; all of these can be varied:"},
    TRAIN_ROWS_TRAINING,
    TRAIN_ROW_SEED,

    {.help = "Data:"},
    TRAIN_ROWS_DATA,
    TRAIN_ROW_CLASS_WEIGHT,

    {.help = "The columns of a table (CSV, NPY):"},
    TABLE_ROWS_COLUMNS(0),

    {.help = "How its file is written:"},
    TABLE_ROWS_FORMAT(0, "NA N/A NaN nan null NULL None ?"),

    {.help = "The runs:"},
    {"random", 0, "N[:SEED]", "number of runs, drawn at random instead of one for each combination",
     "SEED 1", .take = take_random},
    {"jobs", 'j', "N", "most runs side by side", "as many as there are threads", OWN(COUNT, jobs),
     .lowest = 1, .highest = THREADS_MOST},
    {"threads", 't', "N", "threads of all runs together; the results are the same for any number",
     "all", OWN(COUNT, threads), .lowest = 1, .highest = THREADS_MOST},
    {"log", 0, "PATH",
     "file for a JSON object an iteration, from which the same command goes on; "
     "'none' for no file",
     "tune.jsonl", OWN(PATH, log), .complete = "@*"},
    {"fresh", 0, NULL, "start anew, whether or not the log has runs", NULL, OWN(FLAG, fresh)},
    {"plot", 0, "FILE.svg", "file for the plot", "the terminal alone", .take = take_plot,
     .complete = "@*.svg"},
    {"quiet", 'q', NULL, "print the results alone", NULL, OWN(FLAG, quiet)},
    {0},
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

/* ---- Options that are passed on ---- */

/* Varies or fixes an option of nnfs-train; leaves the tool's own to their rows. */
static bool pass_on(void *input, const option_row *row, const char *text)
{
    tune_options *options = input;
    tune_axis kind = {.option = row->name, .vary = row->vary, .separators = row->list ? ";" : ",;"};
    if (!row->passed_on) {
        return false;
    }
    if (row->vary == VARY_NEVER) {
        space_fix(&options->space, row->name, text);
    } else {
        space_add(&options->space, &kind, text);
    }
    return true;
}

/* ---- Its own options ---- */

static void take_random(void *input, const option_row *row, const char *text)
{
    tune_options *options = input;
    (void)row;
    const char *colon = strchr(text, ':');
    char *number = must_have(colon ? strndup(text, (size_t)(colon - text)) : strdup(text));
    options->space.random = (int)option_integer("--random", number, 1, 10000);
    if (colon) {
        options->space.seed = (uint64_t)option_integer("--random", colon + 1, 0, INT64_MAX);
    } else {
        options->space.seed = 1;
    }
    free(number);
}

static void take_plot(void *input, const option_row *row, const char *text)
{
    tune_options *options = input;
    (void)row;
    size_t length = strlen(text);
    if (length < 4 || strcmp(text + length - 4, ".svg") != 0) {
        usage_error("--plot writes SVG; '%s' does not end in .svg", text);
    }
    options->plot = text;
}

static void take_argument(void *input, const char *text)
{
    tune_options *options = input;
    if (options->data) {
        usage_error("one DATA at a time, not both '%s' and '%s'", options->data, text);
    }
    options->data = text;
}

static const char *const arguments[] = {"@data", NULL};

static const option_table command_line = {rows, "[DATA]", about, take_argument, pass_on, arguments};

void tune_options_parse(tune_options *options, int argc, char **argv)
{
    *options = (tune_options){.log = "tune.jsonl"};
    options_parse(&command_line, argc, argv, options);
    if (!options->data) {
        options->data = "digits";
    }
    const char *const written[] = {options->log, options->plot};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        if (written[i] && is_same_file(written[i], options->data)) {
            usage_error("'%s' is both input and output", options->data);
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
