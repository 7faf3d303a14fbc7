/*
 * The command line of nnfs-tune. Values are not looked at here, but by nnfs-train's own parser,
 * run by run.
 */
#include "tune/tune_options.h"

#include "common/exit.h"
#include "common/options.h"
#include "common/paths.h"
#include "common/ranks.h"
#include "common/text.h"
#include "train/train_rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- The table ---- */

static void take_random(void *input, const option_row *row, const char *text);
static void take_plot(void *input, const option_row *row, const char *text);
static void take_time(void *input, const option_row *row, const char *text);
static void take_folds(void *input, const option_row *row, const char *text);

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
    {"folds", 0, "K",
     "folds: each run trains K networks, and the mean on their held-out parts counts", NULL,
     .take = take_folds},
    {"time", 0, "TIME", "time for all runs, 90s, 5m or 1h: the better ones get more epochs", NULL,
     .take = take_time},
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
    "Without any values to try, settings around those of the preset are drawn, and halved in turn: "
    "all get a ninth of the epochs, the best third of them a third, the best third of those all. "
    "So it is with --time, for the values given too.\n"
    "\n"
    "The best is that with the best accuracy in its best epoch, or the smallest RMSE where the "
    "targets are numbers (the smallest pinball loss of a quantile), on the validation data: a "
    "fifth of the training data, unless "
    "--validation says otherwise. Test data never decide.\n"
    "\n"
    "An object of the log has learning_rate, iteration (an epoch; with --batch full also a step), "
    "accuracy, the losses and accuracies of all parts, and the settings that vary. Interrupted, "
    "even killed, the same command goes on: finished runs are read from the log.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 3 all runs diverged, 4 bad data, 128 + "
    "signal.\n"
    "\n"
    "  nnfs-tune houses.csv --target price --preset balanced --time 5m\n"
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

static void take_folds(void *input, const option_row *row, const char *text)
{
    tune_options *options = input;
    options->folds = (int)option_integer("--folds", text, 2, 1000);
    space_fix(&options->space, row->name, text);
}

static void take_time(void *input, const option_row *row, const char *text)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1.0}, {'m', 60.0}, {'h', 3600.0}};
    tune_options *options = input;
    (void)row;
    size_t length = strlen(text);
    double unit = 1.0;
    char *number = must_have(strdup(text));
    for (size_t i = 0; length > 1 && i < sizeof units / sizeof *units; i++) {
        if (text[length - 1] == units[i].unit) {
            unit = units[i].seconds;
            number[length - 1] = '\0';
        }
    }
    options->seconds = unit * option_number("--time", number, NUMBER_POSITIVE);
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

/* The first value that an option was given; NULL: none. */
static const char *given_value(const tune_space *space, const char *option)
{
    for (int i = 0; i < space->axis_count; i++) {
        if (strcmp(space->axes[i].option, option) == 0) {
            return space->axes[i].values[0];
        }
    }
    for (int i = 0; i + 1 < space->fixed_count; i++) {
        if (strncmp(space->fixed[i], "--", 2) == 0 && strcmp(space->fixed[i] + 2, option) == 0) {
            return space->fixed[i + 1];
        }
    }
    return NULL;
}

/* What is drawn without values to try; the first of each are the defaults, and those of
 * the first run. */
static const struct {
    const char *option, *values;
    option_vary vary;
} drawn[] = {
    {"lr", "0.003,0.0005..0.02", VARY_REAL},
    {"hidden", "128;128,128;256,256;256,256,256", VARY_VALUES},
    {"dropout", "0,0.1,0.25", VARY_VALUES},
    {"optimizer", "adam,adamw", VARY_VALUES},
    {"batch", "128,64,256", VARY_WHOLE},
};

enum { DRAWN = 18, DRAWN_IN_TIME = 81 };

/* Whether nnfs-train has a preset for DATA without being told. */
static bool has_preset(const tune_options *options)
{
    table_options table = {.format = given_value(&options->space, "format")};
    char *path = NULL;
    nnfs_error error; /* what is wrong with the path is said when the data are loaded */
    if (!table.format) {
        table.format = options->data_format;
    }
    bool csv = !given_value(&options->space, "shape") &&
               ranks_data_path(options->data, &path, &error) == NNFS_OK &&
               preset_is_default(&table, path);
    free(path);
    return csv;
}

/* A preset fixes what it stands for but the rate and the dropout: the space is around it. */
static void choose_space(tune_options *options)
{
    tune_space *space = &options->space;
    const char *preset = given_value(space, "preset");
    bool around = preset ? strcmp(preset, "plain") != 0 : has_preset(options);
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        bool list = strchr(drawn[i].values, ';') != NULL;
        tune_axis axis = {
            .option = drawn[i].option, .vary = drawn[i].vary, .separators = list ? ";" : ",;"};
        bool own = around && strcmp(axis.option, "lr") != 0 && strcmp(axis.option, "dropout") != 0;
        if (!own) {
            space_add(space, &axis, drawn[i].values);
        }
    }
    if (options->seconds > 0.0) {
        space->random = DRAWN_IN_TIME;
    } else {
        space->random = DRAWN;
    }
    space->seed = 1;
    space->first_is_default = true;
}

/* Whether nothing is given that says what to try: one value of these is the same in all runs. */
static bool is_left_open(const tune_space *space)
{
    static const char *const others[] = {"epochs", "seed", "monitor", "patience", "preset"};
    bool open = space->random == 0;
    for (int i = 0; i < space->axis_count; i++) {
        bool other = false;
        for (size_t j = 0; j < sizeof others / sizeof *others; j++) {
            other = other || strcmp(space->axes[i].option, others[j]) == 0;
        }
        open = open && other && space->axes[i].count == 1;
    }
    return open;
}

static void complete(tune_options *options)
{
    tune_space *space = &options->space;
    if (is_left_open(space)) {
        choose_space(options);
        options->halving = true;
    }
    options->halving = options->halving || options->seconds > 0.0;
    if (options->folds > 0 && given_value(space, "validation")) {
        usage_error("--folds and --validation: the folds are what validates");
    }
    if (options->folds == 0 && !given_value(space, "validation")) {
        space_fix(space, "validation", "0.2");
    }
    const char *preset = given_value(space, "preset");
    if (preset && strcmp(preset, "best") == 0 && !given_value(space, "networks")) {
        space_fix(space, "networks", "1"); /* the one that is judged */
    }
}

void tune_options_parse(tune_options *options, int argc, char **argv)
{
    *options = (tune_options){.log = "tune.jsonl"};
    options_parse(&command_line, argc, argv, options);
    if (!options->data) {
        options->data = "digits";
    }
    options->data_format = ranks_format(options->data);
    complete(options);
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
    if (options->halving) {
        (void)fprintf(stream, " --time %g", options->seconds);
    }
    if (fclose(stream) != 0) {
        free(command);
        command = NULL;
    }
    return must_have(command);
}
