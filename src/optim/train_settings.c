/*
 * The training settings, a row each, in the order of nnfs_train_settings. A new setting is its
 * field in the public header, its row here, and the code that acts on it: docs/adding.md.
 */
#include "optim/train_settings.h"

/* ---- What the rows refer to ---- */

static const char *optimizer_name(int value)
{
    return nnfs_optimizer_name((nnfs_optimizer)value);
}

static const char *schedule_name(int value)
{
    return nnfs_schedule_name((nnfs_schedule)value);
}

static const char *monitor_name(int value)
{
    return nnfs_monitor_name((nnfs_monitor)value);
}

static const char *precision_name(int value)
{
    return nnfs_precision_name((nnfs_precision)value);
}

static const char *calibration_name(int value)
{
    return nnfs_calibration_name((nnfs_calibration)value);
}

const char *nnfs_calibration_name(nnfs_calibration calibration)
{
    static const char *const names[] = {
        [NNFS_CALIBRATION_NONE] = "none", [NNFS_CALIBRATION_TEMPERATURE] = "temperature"};
    return (size_t)calibration < sizeof names / sizeof *names ? names[calibration] : NULL;
}

const char *nnfs_precision_name(nnfs_precision precision)
{
    static const char *const names[] = {
        [NNFS_PRECISION_F32] = "f32", [NNFS_PRECISION_BF16] = "bf16"};
    if ((size_t)precision < sizeof names / sizeof *names) {
        return names[precision];
    }
    return NULL;
}

static double third_of_epochs(const void *settings)
{
    int epochs = ((const nnfs_train_settings *)settings)->epochs;
    if (epochs > 0) {
        return (double)epochs / 3.0;
    }
    return 1.0;
}

#define FIELD(ctype, kind, of)                                                    \
    .about.name = #of, .about.type = NNFS_SETTING_##kind, .field = FIELD_##ctype, \
    .offset = offsetof(nnfs_train_settings, of)

#define BY_USE .initial = (double)NNFS_DEFAULT

/* ---- The table ---- */

static const setting rows[] = {
    {
        FIELD(ENUM, NAME, optimizer),
        .about.option = "optimizer",
        .about.help = "update rule",
        .about.standard = "adam",
        .names = optimizer_name,
        .initial = NNFS_ADAM,
    },
    {
        FIELD(FLOAT, NUMBER, learning_rate),
        .about.option = "lr",
        .about.help = "learning rate",
        .about.standard = "sgd 0.1, momentum and nesterov 0.05, adagrad 0.01, rmsprop 0.001, adam "
                          "and adamw 0.003",
        BY_USE,
        .range = &range_positive,
        .users = "optimizer",
        .uses = {[NNFS_SGD] = USED(0.1),
                 [NNFS_MOMENTUM] = USED(0.05),
                 [NNFS_NESTEROV] = USED(0.05),
                 [NNFS_ADAGRAD] = USED(0.01),
                 [NNFS_RMSPROP] = USED(0.001),
                 [NNFS_ADAM] = USED(0.003),
                 [NNFS_ADAMW] = USED(0.003)},
    },
    {
        FIELD(FLOAT, NUMBER, momentum),
        .about.option = "momentum",
        .about.help = "momentum (momentum, nesterov, rmsprop) or beta1 (adam, adamw)",
        .about.standard = "0.9, rmsprop 0",
        BY_USE,
        .range = &range_fraction,
        .users = "optimizer",
        .uses = {[NNFS_MOMENTUM] = USED(0.9),
                 [NNFS_NESTEROV] = USED(0.9),
                 [NNFS_RMSPROP] = USED(0.0),
                 [NNFS_ADAM] = USED(0.9),
                 [NNFS_ADAMW] = USED(0.9)},
    },
    {
        FIELD(FLOAT, NUMBER, beta2),
        .about.option = "beta2",
        .about.help = "beta2 (adam, adamw) or alpha (rmsprop)",
        .about.standard = "0.999, rmsprop 0.99",
        BY_USE,
        .range = &range_fraction,
        .users = "optimizer",
        .uses =
            {[NNFS_RMSPROP] = USED(0.99), [NNFS_ADAM] = USED(0.999), [NNFS_ADAMW] = USED(0.999)},
    },
    {
        FIELD(FLOAT, NUMBER, epsilon),
        .about.option = "epsilon",
        .about.help = "epsilon, added to the denominator (adagrad, rmsprop, adam, adamw)",
        .about.standard = "1e-8, adagrad 1e-10",
        BY_USE,
        .range = &range_not_negative,
        .text_range = &range_positive,
        .users = "optimizer",
        .uses = {[NNFS_ADAGRAD] = USED(1e-10),
                 [NNFS_RMSPROP] = USED(1e-8),
                 [NNFS_ADAM] = USED(1e-8),
                 [NNFS_ADAMW] = USED(1e-8)},
    },
    {
        FIELD(FLOAT, NUMBER, weight_decay),
        .about.option = "weight-decay",
        .about.help = "weight decay, decoupled in adamw, added to the gradient elsewhere",
        .about.standard = "0, adamw 0.01",
        BY_USE,
        .range = &range_not_negative,
        .users = "optimizer",
        .uses = {[NNFS_SGD] = USED(0.0),
                 [NNFS_MOMENTUM] = USED(0.0),
                 [NNFS_NESTEROV] = USED(0.0),
                 [NNFS_ADAGRAD] = USED(0.0),
                 [NNFS_RMSPROP] = USED(0.0),
                 [NNFS_ADAM] = USED(0.0),
                 [NNFS_ADAMW] = USED(0.01)},
    },
    {
        FIELD(ENUM, NAME, schedule),
        .about.option = "schedule",
        .about.help = "learning-rate schedule",
        .about.standard = "cosine",
        .names = schedule_name,
        .initial = NNFS_SCHEDULE_COSINE,
    },
    {
        FIELD(DOUBLE, NUMBER, warmup_epochs),
        .about.option = "schedule",
        .about.key = "warmup",
        .about.help = "epochs of warm-up from 0",
        .about.standard = "0",
        BY_USE,
        .range = &range_not_negative,
        .uses = {USED(0.0)},
    },
    {
        FIELD(DOUBLE, NUMBER, schedule_every),
        .about.option = "schedule",
        .about.key = "every",
        .about.help = "epochs between reductions (step)",
        .about.standard = "a third of all",
        BY_USE,
        .range = &range_positive,
        .users = "schedule",
        .uses = {[NNFS_SCHEDULE_STEP] = USED(0.0)},
        .standard = third_of_epochs,
    },
    {
        FIELD(DOUBLE, NUMBER, schedule_factor),
        .about.option = "schedule",
        .about.key = "factor",
        .about.help = "factor of a reduction (step, plateau) or of an epoch (exponential)",
        .about.standard = "0.1, exponential 0.9",
        BY_USE,
        .range = &range_between,
        .users = "schedule",
        .uses = {[NNFS_SCHEDULE_STEP] = USED(0.1),
                 [NNFS_SCHEDULE_EXPONENTIAL] = USED(0.9),
                 [NNFS_SCHEDULE_PLATEAU] = USED(0.1)},
    },
    {
        FIELD(DOUBLE, NUMBER, schedule_floor),
        .about.option = "schedule",
        .about.key = "floor",
        .about.help = "lowest share of the learning rate (cosine, plateau)",
        .about.standard = "0",
        BY_USE,
        .range = &range_share,
        .users = "schedule",
        .uses = {[NNFS_SCHEDULE_COSINE] = USED(0.0), [NNFS_SCHEDULE_PLATEAU] = USED(0.0)},
    },
    {
        FIELD(INT, WHOLE, schedule_patience),
        .about.option = "schedule",
        .about.key = "patience",
        .about.help = "epochs without a better loss before a reduction (plateau)",
        .about.standard = "2",
        BY_USE,
        .range = &range_not_negative,
        .users = "schedule",
        .uses = {[NNFS_SCHEDULE_PLATEAU] = USED(2.0)},
    },
    {
        FIELD(INT64, WHOLE, batch),
        .about.option = "batch",
        .about.letter = 'b',
        .about.zero = "full",
        .about.help = "samples per step; 'full' for batch gradient descent, 1 for stochastic",
        .about.standard = "128",
        .initial = 128,
        .range = &range_not_negative,
        .text_range = &range_from_1,
    },
    {
        FIELD(INT, WHOLE, epochs),
        .about.option = "epochs",
        .about.letter = 'e',
        .about.help = "passes over the training data",
        .about.standard = "10",
        .initial = 10,
        .range = &range_not_negative,
    },
    {
        FIELD(DOUBLE, NUMBER, until_accuracy),
        .about.option = "until-accuracy",
        .about.zero = "off",
        .about.help = "accuracy, 0.98 say, that ends the run after the epoch that reaches it: on "
                      "validation data, "
                      "or on test data if there are none",
        .about.standard = "off",
        .range = &range_share,
    },
    {
        FIELD(FLOAT, NUMBER, label_smoothing),
        .about.option = "label-smoothing",
        .about.help = "share of each label that all classes get alike",
        .about.standard = "0",
        .range = &range_fraction,
        .later = true,
    },
    {
        FIELD(FLOAT, NUMBER, clip_norm),
        .about.option = "clip-norm",
        .about.zero = "off",
        .about.help = "largest norm of the gradient of all parameters; a larger one is scaled down",
        .about.standard = "off",
        .range = &range_not_negative,
        .later = true,
    },
    {
        FIELD(ENUM, NAME, precision),
        .about.option = "precision",
        .about.help = "precision of the products of training; the parameters stay f32",
        .about.standard = "f32",
        .names = precision_name,
        .initial = NNFS_PRECISION_F32,
        .later = true,
    },
    {
        FIELD(INT, WHOLE, patience),
        .about.option = "patience",
        .about.zero = "off",
        .about.help = "epochs without a better validation result that end the run",
        .about.standard = "off",
        .range = &range_not_negative,
        .later = true,
    },
    {
        FIELD(ENUM, NAME, monitor),
        .about.option = "monitor",
        .about.help = "measure of the validation data by which the best epoch is kept",
        .about.standard = "auto: the loss for classes, the accuracy with --label-smoothing, the "
                          "RMSE for numbers, the pinball loss for quantiles",
        .names = monitor_name,
        .later = true,
    },
    {
        FIELD(FLOAT, NUMBER, ema),
        .about.option = "ema",
        .about.zero = "off",
        .about.help = "decay of the exponential moving average of the weights, 0.999 say; the "
                      "averages are evaluated and saved",
        .about.standard = "off",
        .range = &range_fraction,
        .later = true,
    },
    {
        FIELD(FLOAT, NUMBER, noise),
        .about.option = "noise",
        .about.zero = "off",
        .about.help = "standard deviation of the Gaussian noise that training adds to the inputs",
        .about.standard = "off",
        .range = &range_not_negative,
        .later = true,
    },
    {
        FIELD(FLOAT, NUMBER, layer_noise),
        .about.option = "layer-noise",
        .about.zero = "off",
        .about.help =
            "standard deviation of the Gaussian noise that training adds in hidden layers, "
            "after normalization and before the activation",
        .about.standard = "off",
        .range = &range_not_negative,
        .later = true,
    },
    {
        FIELD(ENUM, NAME, calibration_method),
        .about.option = "calibration-method",
        .about.help = "calibration of the probabilities of classes on the validation data",
        .about.standard = "none",
        .names = calibration_name,
        .initial = NNFS_CALIBRATION_NONE,
        .later = true,
    },
    {
        FIELD(TEXT, TEXT, augment),
        .about.option = "augment",
        .about.zero = "none",
        .about.help = "distortions of pictures in training, anew in each epoch: elastic, affine, "
                      "shift, flip, noise, cutout and mixup, with settings such as "
                      "affine:rotate=15,rotate@1=7.5,shift:pixels=2, where @1 is for "
                      "the samples of class 1",
        .about.standard = "none",
        .later = true,
    },
    {
        FIELD(INT, WHOLE, shards),
        .about.option = "shards",
        .about.help =
            "slices of a batch whose gradients are added up in a fixed tree: a power of two",
        .about.standard = "1; under mpirun the number of ranks, rounded up",
        .initial = 1,
        .range = &range_from_1,
        .later = true,
    },
    {
        FIELD(ENUM, NAME, wire),
        .about.option = "wire",
        .about.help = "precision of the gradients of shards and of their sums",
        .about.standard = "f32",
        .names = precision_name,
        .initial = NNFS_PRECISION_F32,
        .later = true,
    },
    {
        FIELD(UINT64, WHOLE, seed),
        .about.option = "seed",
        .about.letter = 's',
        .about.help =
            "seed of the initial weights, the order of the samples and the held-out share",
        .about.standard = "1",
        .initial = 1,
        .range = &range_any,
        .text_range = &range_not_negative,
    },

    /* How a run is computed and watched, not what: no part of its log, checkpoints or notes. */
    {FIELD(INT, WHOLE, threads), .range = &range_not_negative},
    {FIELD(INT64, WHOLE, steps_per_epoch), .range = &range_not_negative},
    {FIELD(DOUBLE, NUMBER, checkpoint_seconds), .initial = 60, .range = &range_duration},
    {FIELD(INT64, WHOLE, checkpoint_steps), .range = &range_not_negative},
    {FIELD(INT, WHOLE, checkpoint_epochs), .range = &range_not_negative},
};

const setting_table train_settings = {"training setting", rows, sizeof rows / sizeof *rows};

/* ---- The public functions ---- */

void nnfs_train_settings_init(nnfs_train_settings *settings)
{
    if (settings) {
        *settings = (nnfs_train_settings){.optimizer = NNFS_SGD};
        settings_init(&train_settings, settings);
    }
}

void nnfs_train_settings_resolve(nnfs_train_settings *settings)
{
    if (settings) {
        settings_resolve(&train_settings, settings);
    }
}

const nnfs_setting *nnfs_train_setting(int index)
{
    return settings_about(&train_settings, index);
}

const char *nnfs_train_setting_choice(const char *name, int index)
{
    const setting *row = settings_find(&train_settings, name);
    if (row && row->names) {
        return row->names(index);
    }
    return NULL;
}

nnfs_status nnfs_train_settings_set(nnfs_train_settings *settings, const char *name,
                                    const char *text, nnfs_error *error)
{
    return settings_set_text(&train_settings, settings, name, text, error);
}

nnfs_status nnfs_train_settings_get(const nnfs_train_settings *settings, const char *name,
                                    char *text, size_t size, nnfs_error *error)
{
    return settings_get_text(&train_settings, settings, name, text, size, error);
}

const nnfs_setting *nnfs_train_settings_unused(const nnfs_train_settings *settings,
                                               const char **user)
{
    const char *by;
    const setting *row = settings_unused(&train_settings, settings, &by);
    if (user) {
        *user = row ? by : NULL;
    }
    if (!row) {
        return NULL;
    }
    return &row->about;
}

float train_settings_default_rate(nnfs_optimizer optimizer)
{
    return (float)settings_find(&train_settings, "learning_rate")->uses[optimizer].standard;
}
