/*
 * The presets and their table. Members, width and epochs trade time for quality; what all have in common
 * was chosen on splits of the tables in docs that are not those of the reported results.
 */
#include "train/presets.h"

#include "common/exit.h"

#include <stdio.h>
#include <string.h>

typedef struct preset_option {
    const char *name, *value;
} preset_option;

enum { MOST_OPTIONS = 8 };

typedef struct preset {
    const char *name;
    preset_option options[MOST_OPTIONS]; /* the last one is {NULL} */
    int epochs_factor; /* of the epochs by rows; 0: batch and epochs stay as they are */
} preset;

static const preset presets[] = {
    {.name = "plain"},
    {"fast",
     {{"hidden", "128"},
      {"embedding", "piecewise:bins=48,width=8"},
      {"optimizer", "adamw"},
      {"clip-norm", "1"}},
     1},
    {"balanced",
     {{"hidden", "128,128"},
      {"members", "8"},
      {"embedding", "piecewise:bins=48,width=16"},
      {"optimizer", "adamw"},
      {"clip-norm", "1"}},
     2},
    {"best",
     {{"hidden", "256,256"},
      {"members", "16"},
      {"embedding", "piecewise:bins=48,width=16"},
      {"optimizer", "adamw"},
      {"clip-norm", "1"}},
     3},
};

enum { PRESETS = sizeof presets / sizeof *presets };

const char *preset_names(int value)
{
    if (value >= 0 && value < PRESETS) {
        return presets[value].name;
    }
    return NULL;
}

/* ---- By rows ---- */

/* Small tables take more, smaller steps; the epochs are those of the fast preset. */
static const struct {
    int64_t rows; /* up to */
    int batch, epochs;
} by_rows[] = {
    {2000, 32, 12}, {5000, 64, 20}, {30000, 128, 12}, {100000, 256, 8}, {1000000, 512, 4}};

enum { SIZES = sizeof by_rows / sizeof *by_rows, LARGEST_BATCH = 1024, LEAST_EPOCHS = 2 };

void preset_fit(train_options *options, int64_t rows)
{
    int factor = presets[options->preset].epochs_factor;
    int batch = LARGEST_BATCH;
    int epochs = LEAST_EPOCHS;
    for (int i = SIZES - 1; i >= 0 && rows <= by_rows[i].rows; i--) {
        batch = by_rows[i].batch;
        epochs = by_rows[i].epochs;
    }
    if (factor > 0 && !options->batch_given) {
        options->train.batch = batch;
    }
    if (factor > 0 && !options->epochs_given) {
        options->train.epochs = epochs * factor;
    }
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

static void set_training(train_options *options, const preset_option *option)
{
    const nnfs_setting *setting;
    for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
        if (setting->option && !setting->key && strcmp(setting->option, option->name) == 0) {
            (void)nnfs_train_settings_set(&options->train, setting->name, option->value, NULL);
        }
    }
}

void preset_apply(train_values *values)
{
    train_options *options = &values->options;
    options->batch_given = is_given(values, "batch");
    options->epochs_given = is_given(values, "epochs");
    for (const preset_option *next = presets[options->preset].options; next->name; next++) {
        if (is_given(values, next->name)) {
            continue;
        }
        if (strcmp(next->name, "hidden") == 0) {
            values->hidden = next->value;
        } else if (strcmp(next->name, "members") == 0) {
            options->members = (int)option_integer("--members", next->value, 1, 256);
        } else if (strcmp(next->name, "embedding") == 0) {
            take_embedding(options, NULL, next->value);
        } else {
            set_training(options, next);
        }
        options->preset_options[options->preset_option_count][0] = next->name;
        options->preset_options[options->preset_option_count++][1] = next->value;
    }
}

void preset_say(const train_options *options)
{
    const preset *chosen = &presets[options->preset];
    if (chosen->epochs_factor == 0) {
        return;
    }
    (void)fprintf(stderr, "preset    %s:", chosen->name);
    for (int i = 0; i < options->preset_option_count; i++) {
        (void)fprintf(stderr, " --%s %s", options->preset_options[i][0],
                      options->preset_options[i][1]);
    }
    if (!options->batch_given) {
        (void)fprintf(stderr, " --batch %lld", (long long)options->train.batch);
    }
    if (!options->epochs_given) {
        (void)fprintf(stderr, " --epochs %d", options->train.epochs);
    }
    (void)fputc('\n', stderr);
}
