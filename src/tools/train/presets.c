/*
 * The presets and their tables. What they have in common was chosen on splits of the tables in docs
 * that are not those of the reported results.
 */
#include "train/presets.h"

#include "common/exit.h"
#include "common/lines.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What tables are told apart by, besides rows and columns. */
typedef enum preset_task {
    PRESET_TWO_CLASSES, /* and labels */
    PRESET_CLASSES,
    PRESET_NUMBERS,
    PRESET_TASKS,
} preset_task;

/*
 * Two classes overlap in most tables, and their log loss grows soon when they are learned by heart:
 * fewer epochs and smaller steps. Many classes take wider layers. Numbers are better without
 * dropout.
 */
typedef struct task_options {
    int epochs; /* a factor of those by rows; 0: what goes by the data stays as it is */
    const char *dropout, *rate;
    const char *hidden; /* of the layers that the preset has; NULL: as it says */
} task_options;

typedef struct preset {
    const char *name;
    preset_option options[PRESET_OPTIONS]; /* the last one is {NULL} */
    task_options by_task[PRESET_TASKS];
    bool ensemble; /* of networks, for epochs and at a temperature that others have found */
} preset;

static const preset presets[] = {
    {.name = "plain"},
    {"fast",
     {{"scale", "quantile"},
      {"two-valued", NULL},
      {"hidden", "128"},
      {"embedding", "piecewise:bins=48,width=8"},
      {"optimizer", "adamw"},
      {"clip-norm", "1"}},
     {{1, "0.1", "0.002", NULL}, {2, "0.1", "0.005", NULL}, {2, "0", "0.005", NULL}},
     false},
    {"balanced",
     {{"scale", "quantile"},
      {"two-valued", NULL},
      {"hidden", "128,128"},
      {"members", "8"},
      {"embedding", "piecewise:bins=48,width=8"},
      {"optimizer", "adamw"},
      {"clip-norm", "1"}},
     {{2, "0.1", "0.002", NULL}, {4, "0.1", "0.005", "256,256"}, {4, "0", "0.005", NULL}},
     false},
    {"best",
     {{"scale", "quantile"},
      {"two-valued", NULL},
      {"hidden", "128,128"},
      {"members", "8"},
      {"embedding", "piecewise:bins=48,width=8"},
      {"optimizer", "adamw"},
      {"clip-norm", "1"},
      {"log-target", "auto"}},
     {{2, "0.1", "0.002", NULL}, {4, "0.1", "0.005", "256,256"}, {4, "0", "0.005", NULL}},
     true},
};

enum { PRESETS = sizeof presets / sizeof *presets };

const char *preset_names(int value)
{
    if (value >= 0 && value < PRESETS) {
        return presets[value].name;
    }
    return NULL;
}

/* ---- By data ---- */

/*
 * Small tables take more, smaller steps; how many epochs are too many there is found out on several
 * held-out parts. Large ones have no time for an ensemble.
 */
typedef struct row_options {
    int64_t rows; /* up to */
    int batch, epochs;
    int networks, refit; /* of an ensemble */
} row_options;

static const row_options by_rows[] = {{2000, 32, 8, 5, 4},     {5000, 64, 20, 5, 1},
                                      {30000, 128, 12, 5, 1},  {100000, 256, 8, 4, 1},
                                      {1000000, 512, 3, 2, 0}, {INT64_MAX, 1024, 0, 1, 0}};

/* Samples of all epochs, without the factor of the task, of tables with more than a million rows:
 * minutes instead of hours. */
#define LARGE_SAMPLES 3000000

static const row_options *find_rows(int64_t rows)
{
    const row_options *found = by_rows;
    while (rows > found->rows) {
        found++;
    }
    return found;
}

/*
 * Of a table with more columns, those that tell nothing of the target are left out. If as many
 * stay, a network is trained for half of the epochs, and from many samples without embeddings.
 */
enum { WIDE_COLUMNS = 256, WIDE_SAMPLES = 5000 };

static const preset_option wide_screening = {"screen", "0.1"};
/* Few pieces, for columns that few samples have to fill. */
static const char wide_embedding[] = "piecewise:bins=8,width=4";

/* Classes of a wide table are learned by heart, two of them if columns are many for the samples. */
static const char wide_input_dropout[] = "0.5";

bool preset_is_default(const table_options *options, const char *path)
{
    const char *format = options->format ? options->format : nnfs_dataset_format(path);
    return format && strcmp(format, "csv") == 0;
}

/* Takes back an option of the preset. */
static bool take_back(train_options *options, const char *name)
{
    preset_option *kept = options->preset_options;
    int found = 0;
    for (int i = 0; i < options->preset_option_count; i++) {
        if (strcmp(options->preset_options[i].name, name) == 0) {
            found++;
        } else {
            *kept++ = options->preset_options[i];
        }
    }
    options->preset_option_count -= found;
    return found > 0;
}

/* Columns that are inputs; before the table is prepared, all of them. */
static int count_columns(const nnfs_dataset *train)
{
    const nnfs_preprocessing *preprocessing = nnfs_dataset_preprocessing(train);
    if (!preprocessing) {
        return nnfs_dataset_columns(train);
    }
    int count = 0;
    for (int i = 0; i < nnfs_preprocessing_columns(preprocessing); i++) {
        count += nnfs_preprocessing_column(preprocessing, i).inputs > 0;
    }
    return count;
}

void preset_fit_columns(train_options *options, const nnfs_dataset *train)
{
    bool wide = nnfs_dataset_columns(train) > WIDE_COLUMNS && !options->from;
    bool chosen = options->table.preprocessing.screening > 0.0f;
    if (wide && !chosen && presets[options->preset].by_task[0].epochs > 0 &&
        !options->screen_given) {
        options->table.preprocessing.screening = strtof(wide_screening.value, NULL);
        options->preset_options[options->preset_option_count++] = wide_screening;
    }
}

/* Gives an option of the preset another value. False: it was given by hand. */
static bool replace(train_options *options, const char *name, const char *value)
{
    for (int i = 0; i < options->preset_option_count; i++) {
        if (strcmp(options->preset_options[i].name, name) == 0) {
            options->preset_options[i].value = value;
            return true;
        }
    }
    return false;
}

/* Of equal width, as many as there were. */
static void fit_hidden(train_options *options, const char *hidden)
{
    for (int i = 0; replace(options, "hidden", hidden) && i < options->hidden_count; i++) {
        options->layers[i].width = (int)strtol(hidden, NULL, 10);
    }
}

static bool drops_inputs(const nnfs_dataset *train, int columns)
{
    int classes = nnfs_dataset_classes(train);
    return classes > 2 || (classes == 2 && 8 * (int64_t)columns >= nnfs_dataset_samples(train));
}

/* What goes by the number of columns of a wide table, after those that tell nothing. */
static void fit_width(train_options *options, const nnfs_dataset *train, int columns)
{
    bool large = columns > WIDE_COLUMNS && nnfs_dataset_samples(train) > WIDE_SAMPLES;
    if (large && take_back(options, "members")) {
        options->network.members = 1;
    }
    if (large && take_back(options, "embedding")) {
        options->embedding_bins = options->embedding_width = 0;
    }
    if (nnfs_dataset_samples(train) <= WIDE_SAMPLES &&
        replace(options, "embedding", wide_embedding)) {
        take_embedding(options, NULL, wide_embedding);
    }
    if (!options->input_dropout_given && drops_inputs(train, columns)) {
        options->preset_input_dropout = wide_input_dropout;
        options->network.input_dropout = strtof(wide_input_dropout, NULL);
    }
}

/* At least one. */
static int64_t large_epochs(int64_t samples, int factor)
{
    int64_t epochs = ((int64_t)LARGE_SAMPLES * factor + samples / 2) / samples;
    return epochs > 0 ? epochs : 1;
}

static void fit_epochs(train_options *options, const row_options *rows, int64_t samples, int factor)
{
    if (!options->batch_given) {
        options->train.batch = rows->batch;
    }
    if (!options->epochs_given && rows->epochs > 0) {
        options->train.epochs = rows->epochs * factor;
    } else if (!options->epochs_given) {
        options->train.epochs = (int)large_epochs(samples, factor);
    }
}

/* What the preset holds out to go by, unless there are validation data by hand, which
 * stay held out. */
static const char held_out[] = "0.2";

static void fit_ensemble(train_options *options, const row_options *rows, bool classes)
{
    if (!options->networks_given) {
        options->networks = rows->networks;
    }
    if (!options->refit_given && options->validation_share <= 0.0 && !options->validation_path &&
        options->train.until_accuracy <= 0.0) {
        options->refit = rows->refit;
        options->preset_refit = rows->refit > 0;
    }
    if (options->preset_refit) {
        options->validation_share = strtod(held_out, NULL);
    }
    if (classes && !options->calibration_given &&
        (options->refit > 0 || options->validation_share > 0.0)) {
        options->train.calibration_method = NNFS_CALIBRATION_TEMPERATURE;
        options->preset_calibrates = true;
    }
}

void check_log_target(const train_options *options)
{
    if (options->table.log_target == LOG_TARGET_AUTO && options->refit == 0) {
        usage_error(
            "--log-target auto goes by the networks of --refit: give that too, or yes or no");
    }
}

/* Only the networks of --refit find out whether a log scale is better. */
static void fit_log_target(train_options *options, bool classes)
{
    if ((classes || options->refit == 0) && take_back(options, "log-target")) {
        options->table.log_target = LOG_TARGET_NO;
    }
    check_log_target(options);
}

/* Several targets that are 0 or 1 are labels, unless they were said to be numbers; in version 0.1,
 * which the preset plain stands for, they always were. */
bool trains_labels(const train_options *options, const nnfs_dataset *data)
{
    bool loss = options->loss == BY_TASK || options->loss == (int)NNFS_BINARY_CROSS_ENTROPY;
    bool output =
        options->output_activation == BY_TASK || options->output_activation == (int)NNFS_SIGMOID;
    return loss && output && options->preset != PRESET_PLAIN &&
           options->table.task != NNFS_TASK_NUMBERS && nnfs_dataset_labels_each(data) > 0;
}

static preset_task task_of(const train_options *options, const nnfs_dataset *train)
{
    if (nnfs_dataset_classes(train) == 2 || trains_labels(options, train)) {
        return PRESET_TWO_CLASSES;
    }
    return nnfs_dataset_classes(train) > 0 ? PRESET_CLASSES : PRESET_NUMBERS;
}

void preset_fit(train_options *options, const nnfs_dataset *train)
{
    preset_fit_columns(options, train); /* of a trial of nnfs-tune, whose data are prepared */
    const task_options *chosen = &presets[options->preset].by_task[task_of(options, train)];
    int columns = count_columns(train);
    const row_options *rows = find_rows(nnfs_dataset_samples(train));
    if (chosen->epochs > 0 && nnfs_dataset_columns(train) > WIDE_COLUMNS) {
        fit_width(options, train, columns);
    }
    if (chosen->epochs > 0) {
        int factor = columns > WIDE_COLUMNS ? (chosen->epochs + 1) / 2 : chosen->epochs;
        fit_epochs(options, rows, nnfs_dataset_samples(train), factor);
        if (chosen->hidden) {
            fit_hidden(options, chosen->hidden);
        }
        options->preset_dropout = options->dropout_given ? NULL : chosen->dropout;
        options->preset_rate = options->rate_given ? NULL : chosen->rate;
    }
    for (int i = 0; options->preset_dropout && i < options->hidden_count; i++) {
        options->dropout[i] = strtof(options->preset_dropout, NULL);
    }
    if (options->preset_rate) {
        options->train.learning_rate = strtof(options->preset_rate, NULL);
    }
    if (presets[options->preset].ensemble && options->ensemble) {
        fit_ensemble(options, rows, nnfs_dataset_classes(train) > 0);
    }
    fit_log_target(options, nnfs_dataset_classes(train) > 0);
    nnfs_train_settings_resolve(&options->train);
}

/* ---- Options ---- */

static bool is_given(const train_values *values, const char *name)
{
    for (int i = 0; i < values->by_hand_count; i++) {
        if (strcmp(values->by_hand[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Neither members nor ensembles go with these. */
static bool refuses_members(const train_values *values)
{
    const train_options *options = &values->options;
    return options->normalization != NNFS_NORMALIZATION_NONE ||
           options->train.precision != NNFS_PRECISION_F32 ||
           (is_given(values, "output-activation") &&
            options->output_activation != (int)NNFS_IDENTITY &&
            options->output_activation != (int)NNFS_SOFTMAX &&
            options->output_activation != (int)NNFS_SIGMOID);
}

static void set_training(train_options *options, const preset_option *option)
{
    const nnfs_setting *setting;
    for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
        if (setting->option && !setting->key && strcmp(setting->option, option->name) == 0) {
            (void)nnfs_train_settings_set(&options->train, setting->name, option->value, NULL);
        }
    }
}

static void set_option(train_values *values, const preset_option *option)
{
    train_options *options = &values->options;
    if (strcmp(option->name, "hidden") == 0) {
        values->hidden = option->value;
    } else if (strcmp(option->name, "members") == 0) {
        options->network.members = (int)option_integer("--members", option->value, 1, 256);
    } else if (strcmp(option->name, "embedding") == 0) {
        take_embedding(options, NULL, option->value);
    } else if (strcmp(option->name, "scale") == 0) {
        options->table.preprocessing.scaling = NNFS_SCALING_QUANTILE;
    } else if (strcmp(option->name, "log-target") == 0) {
        options->table.log_target = LOG_TARGET_AUTO;
    } else if (strcmp(option->name, "two-valued") == 0) {
        options->table.preprocessing.two_valued = 1;
    } else {
        set_training(options, option);
    }
}

void preset_apply(train_values *values)
{
    train_options *options = &values->options;
    options->batch_given = is_given(values, "batch");
    options->epochs_given = is_given(values, "epochs");
    options->dropout_given = is_given(values, "dropout");
    options->input_dropout_given = is_given(values, "input-dropout");
    /* The rate of a preset is for its optimizer. */
    options->rate_given = is_given(values, "lr") || is_given(values, "optimizer");
    options->screen_given = is_given(values, "screen");
    options->networks_given = is_given(values, "networks");
    options->refit_given = is_given(values, "refit");
    options->calibration_given = is_given(values, "calibration-method");
    bool single = refuses_members(values) || options->checkpoint || options->networks_given;
    options->ensemble =
        options_make_ensemble(options) || (presets[options->preset].ensemble && !single);
    for (const preset_option *next = presets[options->preset].options; next->name; next++) {
        bool refused = strcmp(next->name, "members") == 0 && refuses_members(values);
        if (!refused && !is_given(values, next->name)) {
            set_option(values, next);
            options->preset_options[options->preset_option_count++] = *next;
        }
    }
}

void preset_say(const train_options *options)
{
    const preset *chosen = &presets[options->preset];
    if (chosen->by_task[0].epochs == 0) {
        return;
    }
    line_print(stderr, "preset    %s:", chosen->name);
    for (int i = 0; i < options->preset_option_count; i++) {
        const preset_option *option = &options->preset_options[i];
        line_print(stderr, " --%s%s%s", option->name, option->value ? " " : "",
                   text_or(option->value, ""));
    }
    if (options->preset_dropout && strcmp(options->preset_dropout, "0") != 0) {
        line_print(stderr, " --dropout %s", options->preset_dropout);
    }
    if (options->preset_input_dropout) {
        line_print(stderr, " --input-dropout %s", options->preset_input_dropout);
    }
    if (options->preset_rate) {
        line_print(stderr, " --lr %s", options->preset_rate);
    }
    if (chosen->ensemble && options->ensemble && !options->networks_given) {
        line_print(stderr, " --networks %d", options->networks);
    }
    if (options->preset_refit) {
        line_print(stderr, " --refit %d --validation %s", options->refit, held_out);
    }
    if (options->preset_calibrates) {
        line_print(stderr, " --calibration-method temperature");
    }
    if (!options->batch_given) {
        line_print(stderr, " --batch %lld", (long long)options->train.batch);
    }
    if (!options->epochs_given) {
        line_print(stderr, " --epochs %d", options->train.epochs);
    }
    line_print(stderr, "\n");
}
