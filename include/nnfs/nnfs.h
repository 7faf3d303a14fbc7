/*
 * nnfs: multilayer perceptrons trained and run on the CPU, as fast as the BLAS underneath allows.
 *
 * The objects, in the order a program meets them:
 *
 *   nnfs_dataset         samples with their targets: loaded from files, drawn, or wrapped around
 *                        arrays
 *   nnfs_preprocessing   how the columns of a table become numbers for a network, and back
 *   nnfs_network         layers with their weights: created, loaded, saved, asked for predictions
 *   nnfs_trainer         a network being trained: optimizer state, workspace and settings
 *
 * Rules that hold everywhere:
 *
 *   - Matrices are column-major [features x samples]: each sample is one contiguous column. A NumPy
 *     array [samples, features] in C order lies in memory that way already. Values are float32.
 *   - A function that can fail returns nnfs_status and takes a last parameter `error`, which may be
 *     NULL and belongs to the caller; on failure it holds the status and one sentence to act on.
 *     On failure output parameters are set to NULL or left alone, and nothing is leaked.
 *   - A function that returns a property instead of a status returns 0, NULL or a struct of zeros
 *     when it gets NULL instead of an object, or an index out of range.
 *   - An object that a function returns by an output parameter (`create`, `load`, `copy`, `import`,
 *     `wrap`, `split`, `fold`, `fit`, `open`) is freed by the `free` function of its type. Every
 *     `free` accepts NULL.
 *   - The library prints nothing, never exits, and keeps no state that a caller could see.
 *     Different objects may be used from different threads at the same time; one trainer or dataset
 *     must not be used by two threads at once. A network may be read by many, and a dataset trained
 *     on and measured on by many.
 *   - Do not fork() after the first call that computes: a BLAS may hang in the child.
 */
#ifndef NNFS_NNFS_H
#define NNFS_NNFS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NNFS_VERSION_MAJOR 0
#define NNFS_VERSION_MINOR 2
#define NNFS_VERSION_PATCH 0

#if defined(__GNUC__)
#define NNFS_API __attribute__((visibility("default")))
#else
#define NNFS_API
#endif

/* Returns the version of the loaded library, "0.2.0". A constant string. */
NNFS_API const char *nnfs_version(void);

/* ---- Status --------------------------------------------------------------------------------- */

typedef enum nnfs_status {
    NNFS_OK = 0,
    NNFS_ERROR_ARGUMENT, /* an argument or setting is out of range, or contradicts another */
    NNFS_ERROR_MEMORY,   /* out of memory, or a size overflows */
    NNFS_ERROR_IO,       /* a file cannot be found, read or written */
    NNFS_ERROR_DATA,     /* a file or array has invalid contents */
    NNFS_ERROR_DIVERGED, /* the loss, a gradient or an update is not finite */
    NNFS_ERROR_STOPPED,  /* a callback stopped the run; completed steps are kept */
    NNFS_ERROR_BACKEND,  /* the BLAS failed its self-test */
} nnfs_status;

/* Written by a function that fails, unchanged by one that succeeds. */
typedef struct nnfs_error {
    nnfs_status status;
    char message[508]; /* one sentence, no newline; UTF-8 */
} nnfs_error;

/* ---- The vocabulary ------------------------------------------------------------------------- */

/* Stands for the default of a numeric setting; see nnfs_train_settings_resolve. */
#define NNFS_DEFAULT (-1.0f)

/* f(z), applied to each unit. Softmax and exponential are for the output layer only. */
typedef enum nnfs_activation {
    NNFS_IDENTITY,
    NNFS_RELU,       /* max(0, z) */
    NNFS_LEAKY_RELU, /* z > 0 ? z : 0.01 z */
    NNFS_ELU,        /* z > 0 ? z : exp(z) - 1 (Clevert et al. 2015, alpha = 1) */
    NNFS_SIGMOID,    /* 1 / (1 + exp(-z)) */
    NNFS_TANH,
    NNFS_SOFTPLUS, /* log(1 + exp(z)) */
    NNFS_SILU,     /* z sigmoid(z) (Elfwing et al. 2017) */
    NNFS_GELU,     /* z Phi(z), exact, with erf (Hendrycks and Gimpel 2016) */
    NNFS_SOFTMAX,  /* exp(z_i) / sum_j exp(z_j) */
    NNFS_SELU, /* 1.0507 (z > 0 ? z : 1.6733 (exp(z) - 1)) (Klambauer et al. 2017); lecun_normal */
    NNFS_MISH, /* z tanh(log(1 + exp(z))) (Misra 2019) */
    NNFS_EXPONENTIAL, /* exp(z), for the output layer only */
} nnfs_activation;

/*
 * What training minimises; y are the targets, p the outputs. Means are over samples for
 * cross_entropy and over samples and outputs for the others, as in PyTorch.
 */
typedef enum nnfs_loss {
    NNFS_CROSS_ENTROPY,        /* -sum_i y_i log p_i; needs a softmax output */
    NNFS_BINARY_CROSS_ENTROPY, /* -y log p - (1-y) log(1-p), from logits; needs a sigmoid output */
    NNFS_MSE,                  /* (p - y)^2 */
    NNFS_MAE,                  /* |p - y|, with the slope 0 where p == y */
    NNFS_HUBER,                /* |p - y| < 1 ? (p - y)^2 / 2 : |p - y| - 1/2 */
    NNFS_POISSON,  /* p - y log p, of counts y >= 0, from log p; needs an exponential output */
    NNFS_QUANTILE, /* q (y - p) where y > p, else (1 - q) (p - y): p becomes the quantile q of y */
} nnfs_loss;

/* Update rules in PyTorch's definitions (torch.optim); momentum and nesterov are its SGD. */
typedef enum nnfs_optimizer {
    NNFS_SGD,
    NNFS_MOMENTUM,
    NNFS_NESTEROV,
    NNFS_ADAGRAD,
    NNFS_RMSPROP,
    NNFS_ADAM,
    NNFS_ADAMW,
} nnfs_optimizer;

/*
 * Learning rate schedules of a run of E epochs, in PyTorch's definitions
 * (torch.optim.lr_scheduler), except that exponential, cosine and one_cycle change with every step.
 * e is the time of a step in epochs, with fractions; rate, every, factor, floor and patience are
 * fields of nnfs_train_settings.
 */
typedef enum nnfs_schedule {
    NNFS_SCHEDULE_CONSTANT,
    NNFS_SCHEDULE_STEP,        /* rate factor^floor(e / every) */
    NNFS_SCHEDULE_EXPONENTIAL, /* rate factor^e */
    NNFS_SCHEDULE_COSINE,      /* rate (floor + (1 - floor) (1 + cos(pi e / E)) / 2) */
    /* Half cosines from rate / 25 up to the rate, in the first 0.3 of the steps, and down to
     * rate / 250,000 at the last step (Smith and Topin 2018). The momentum is constant. */
    NNFS_SCHEDULE_ONE_CYCLE,
    /* Multiplies the rate by factor, to floor times the initial rate at least, after more than
     * `patience` epochs in a row whose loss is not below 0.9999 times the best loss. The loss is
     * the validation loss, or the training loss without validation data. */
    NNFS_SCHEDULE_PLATEAU,
    /* rate (1 - cos(2 pi log2(1 + 15 e / E))) / 2, from 0 in four waves back to 0 (Holzmueller
     * et al. 2024) */
    NNFS_SCHEDULE_COSLOG,
} nnfs_schedule;

/* The metric of nnfs_evaluation that selects the best epoch on validation data. */
typedef enum nnfs_monitor {
    /* The loss of classes, or with label smoothing the accuracy; the RMSE of numbers, or of the
     * loss quantile the pinball loss */
    NNFS_MONITOR_AUTO,
    NNFS_MONITOR_LOSS,
    NNFS_MONITOR_ACCURACY,
    NNFS_MONITOR_MACRO_F1,
    NNFS_MONITOR_LOG_LOSS,
    NNFS_MONITOR_AUC, /* of two classes */
    NNFS_MONITOR_RMSE,
    NNFS_MONITOR_MAE,
    NNFS_MONITOR_R2,
    NNFS_MONITOR_AVERAGE_PRECISION, /* of two classes, also where one is rare */
    NNFS_MONITOR_PINBALL,           /* of the loss quantile */
} nnfs_monitor;

/*
 * Distribution of the initial weights; biases are 0. fan_in and fan_out are a layer's numbers of
 * inputs and of units.
 */
typedef enum nnfs_init {
    NNFS_INIT_DEFAULT,        /* he_normal before the relu family, lecun_normal before selu, and
                               * glorot_uniform before the rest */
    NNFS_INIT_HE_NORMAL,      /* std = sqrt(2 / fan_in) (He et al. 2015) */
    NNFS_INIT_HE_UNIFORM,     /* |w| < sqrt(6 / fan_in) */
    NNFS_INIT_GLOROT_NORMAL,  /* std = sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010) */
    NNFS_INIT_GLOROT_UNIFORM, /* |w| < sqrt(6 / (fan_in + fan_out)) */
    NNFS_INIT_LECUN_NORMAL,   /* std = sqrt(1 / fan_in) (LeCun et al. 1998) */
    NNFS_INIT_LECUN_UNIFORM,  /* |w| < sqrt(3 / fan_in) */
    NNFS_INIT_NORMAL,         /* std = scale */
    NNFS_INIT_UNIFORM,        /* |w| < scale */
    NNFS_INIT_ZEROS,
} nnfs_init;

/* What is done to the probabilities of classes at the end of training. */
typedef enum nnfs_calibration {
    NNFS_CALIBRATION_NONE,
    /* nnfs_network_calibrate on the validation data, if there are any */
    NNFS_CALIBRATION_TEMPERATURE,
} nnfs_calibration;

/*
 * What the products of training (nnfs_train_settings) or of inference (nnfs_network_set_precision)
 * are computed in. Parameters, gradients and optimizer state are float32.
 */
typedef enum nnfs_precision {
    NNFS_PRECISION_F32,
    /* Rounds operands to bfloat16 and sums in float32, in layers with at least 32 inputs and 32
     * units. Faster than float32 on CPUs with AVX512_BF16, slower on others. */
    NNFS_PRECISION_BF16,
} nnfs_precision;

/*
 * Normalization of z = W a; the activation then takes scale * normalized z + bias.
 */
typedef enum nnfs_normalization {
    NNFS_NORMALIZATION_NONE,
    /* Over the samples of a batch, per unit (Ioffe and Szegedy 2015): (z - mean) / sqrt(var +
     * 1e-5). A batch of more than 2,048 samples, or a step by hand of more samples than the
     * settings' batch, is normalized in chunks. Inference uses running statistics, which a step of
     * two samples or more moves by 0.1 towards its own, as in PyTorch. */
    NNFS_NORMALIZATION_BATCH,
    NNFS_NORMALIZATION_LAYER, /* over the units, per sample (Ba et al. 2016) */
} nnfs_normalization;

/*
 * Return the name of a value ("leaky_relu", "he_normal", ...; "default" for NNFS_INIT_DEFAULT),
 * NULL past the last one: `for (i = 0; nnfs_loss_name(i); i++)` lists all names. Constant strings.
 */
NNFS_API const char *nnfs_activation_name(nnfs_activation activation);
NNFS_API const char *nnfs_loss_name(nnfs_loss loss);
NNFS_API const char *nnfs_optimizer_name(nnfs_optimizer optimizer);
NNFS_API const char *nnfs_schedule_name(nnfs_schedule schedule);
NNFS_API const char *nnfs_init_name(nnfs_init init);
NNFS_API const char *nnfs_normalization_name(nnfs_normalization normalization);
NNFS_API const char *nnfs_monitor_name(nnfs_monitor monitor);
NNFS_API const char *nnfs_precision_name(nnfs_precision precision);
NNFS_API const char *nnfs_calibration_name(nnfs_calibration calibration);

/*
 * Experimental. Returns the edit distance of two names (optimal string alignment: insertions,
 * deletions, substitutions and swaps of neighbours), to suggest the nearest name for a misspelt
 * one. INT_MAX if a name is longer than NNFS_NAME_DISTANCE_LONGEST bytes.
 */
#define NNFS_NAME_DISTANCE_LONGEST 63
NNFS_API int nnfs_name_distance(const char *a, const char *b);

/* ---- Datasets ------------------------------------------------------------------------------- */

/* Samples with targets: a class index, or one or more numbers, per sample. */
typedef struct nnfs_dataset nnfs_dataset;

/* The fitted encoding of a table's columns as inputs and targets; see "Tables". */
typedef struct nnfs_preprocessing nnfs_preprocessing;

/* The ranks of an MPI job; see "Several processes". */
typedef struct nnfs_communicator nnfs_communicator;

/* The kind of target. */
typedef enum nnfs_task {
    NNFS_TASK_AUTO,    /* classes for text and for at most 20 distinct integers, else numbers */
    NNFS_TASK_CLASSES, /* classification: each distinct value is a class */
    NNFS_TASK_NUMBERS, /* regression */
} nnfs_task;

/*
 * How to load a dataset. Strings and lists are borrowed during the call. A list is an array that
 * ends with NULL; a NULL pointer is an empty list. A column is given by its name, or by its 1-based
 * index if no column has that name.
 */
typedef struct nnfs_dataset_settings {
    uint64_t seed; /* of the generated digits; default 1 */
    int threads;   /* 0 or more; default 0, all */

    /* Of tables: CSV and NPY files. */
    const char *const *targets; /* columns to predict: one of any kind, or numbers; default: last */
    const char *targets_path;   /* an NPY file with the targets of an NPY file: then all its columns
                                 * are features */
    nnfs_task task;
    const char *weight_column;      /* sample weights of training, 0 or more; default NULL: all 1 */
    const char *const *drop;        /* columns to ignore; default none */
    const char *const *categorical; /* columns read as categories, also if all cells are numbers */
    const char *const *numeric;     /* columns read as numbers: any other cell is an error */
    const char *const *missing; /* cells that mean "missing", besides the empty cell; default NULL:
                                     * NA N/A NaN nan null NULL None ?, or with `like` the words of
                                     * the preprocessing */
    char delimiter;             /* of a CSV file: ',', ';', '|' or a tab; default 0: detected */
    /*
     * 1: the first line of a CSV file is a header, 0: it is a row; default -1, detected. It
     * is a header
     *   - if a cell is not a number above a column of numbers,
     *   - if all columns are text and its cells, unlike those below, do not repeat,
     *   - if a cell is the name of a column in these settings or in `like`,
     *   - if its cells are 0, 1, 2, ... or empty and then distinct integers, or distinct integers
     *     above columns with fractions.
     */
    int header;
    char decimal;   /* decimal separator, '.' or ','; default 0: detected from all columns */
    char thousands; /* ',', '.', '\'', '_' or ' '; default 0: detected per column */
    const char *date_format; /* "%d/%m/%Y", "none": no dates; default NULL: detected per column */
    const char *encoding;    /* an iconv name; default NULL: UTF-8, UTF-16 with byte order mark */
    /* Lines before the table, 0 or more; default 0: those that begin with #, % or |, unless all
     * lines do, the header is told, or the last of them has as many cells as the first row, as
     * a header has. */
    int64_t skip;
    char comment;       /* first character of comment lines; default 0: none */
    int skip_bad_rows;  /* 1: skips and counts rows that cannot be read; default 0: an error */
    const char *format; /* digits, idx, csv, npy or npz; default NULL: by content */
    const char *const *arrays; /* of an NPZ file: names of the features and of the targets; default
                                * NULL: x and y, X and Y, data and target, x_train and y_train */

    /*
     * Reads the columns of this preprocessing, by name and in any order, and prepares the dataset
     * with it. The settings above that choose columns must be empty. Either all target columns or
     * none are in the file; columns that the preprocessing does not know are ignored. Default NULL.
     */
    const nnfs_preprocessing *like;
    int ignore_targets; /* 1: with `like`, for predictions: the targets are not read where they are
                         * there, and no row is left out; default 0 */
    const char *const *keep; /* columns of a CSV file whose cells nnfs_dataset_kept returns as they
                              * are written; NULL, the default: none */
    /* 1: other processes of this host load the same file; an NPY file is mapped, and in memory
     * once for all, instead of read. Default 0: so only if it is too large */
    int shared;
    /*
     * Ranks that all load this source, with the same settings: each parses a part of a CSV file,
     * and the samples are in memory once for each host. All ranks return the same status.
     * Default NULL: alone.
     */
    nnfs_communicator *communicator;
    void *reserved[3]; /* NULL */
} nnfs_dataset_settings;

NNFS_API void nnfs_dataset_settings_init(nnfs_dataset_settings *settings);

/* Detects a format by content: "digits", "idx", "csv", "npy", "npz"; NULL: unknown or
 * no such file. */
NNFS_API const char *nnfs_dataset_format(const char *source);

/* How a file was read: settings, given or detected. */
typedef struct nnfs_reading {
    const char *format;   /* "csv", "npy", "npz"; NULL: not a table */
    char encoding[32];    /* "UTF-8", ...; "": not a text file */
    char delimiter;       /* ' ': runs of blanks */
    int header;           /* 1: the first line names the columns */
    char decimal;         /* '.' or ',' */
    int trailing;         /* 1: a delimiter at the end of every row was ignored */
    int64_t skipped;      /* lines before the table */
    int64_t bad_rows;     /* rows skipped by skip_bad_rows */
    int64_t bad_lines[5]; /* line numbers of the first of them, from 1 */
    int64_t reserved[4];  /* 0 */
} nnfs_reading;

/*
 * Loads `source`, one of
 *   - a folder of IDX files (train-images-idx3-ubyte[.gz] and train-labels-idx1-ubyte[.gz], and the
 *     t10k- pair for the test set), or one IDX image file with its labels beside it;
 *   - a CSV file, plain or gzipped: any text file;
 *   - an NPY file [samples, ...]: all dimensions but the first are flattened to unnamed columns;
 *   - an NPZ file with an array of features and one of targets;
 *   - a folder of CSV or NPY files, *.csv, *.tsv or *.npy, maybe with .gz: one table, file after
 *     file by name; each CSV file has the header, or only the first;
 *   - the word "digits": generated handwriting-like digits, 28 x 28, 10 classes, 60,000 training
 *     and 10,000 test samples, identical on every machine for the same seed.
 *
 * *train or *test is NULL if the source has no training or no test set. `test` may be NULL; a
 * source that has only a test set is then an error. Rows with a missing target are skipped
 * (nnfs_dataset_column counts them). An NPY file larger than half of the memory is mapped: it must
 * not change during the lifetime of the dataset. Settings may be NULL. Errors: IO, DATA (the
 * message names the file, and the offset or the line and column), MEMORY, ARGUMENT (threads below
 * 0, settings that contradict each other).
 */
NNFS_API nnfs_status nnfs_dataset_load(const char *source, const nnfs_dataset_settings *settings,
                                       nnfs_dataset **train, nnfs_dataset **test,
                                       nnfs_error *error);

/*
 * A view of the caller's arrays. Initialize with {0}. Targets are either `labels` and `classes`, or
 * `targets` and `target_count`.
 */
typedef struct nnfs_arrays {
    const float *features; /* [feature_count x samples], column-major */
    int feature_count;
    int64_t samples;
    const int32_t *labels; /* [samples], each in 0 .. classes-1; or NULL */
    int classes;
    const float *targets; /* [target_count x samples], column-major; or NULL */
    int target_count;
    const float *weights; /* [samples], factors of the samples' losses, 0 or more; NULL: all 1 */
    void *reserved[4];    /* NULL */
} nnfs_arrays;

/*
 * Creates a dataset that borrows the caller's arrays: they must outlive it. Errors: ARGUMENT, DATA
 * (a label out of range, a feature or target that is not finite), MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_wrap(const nnfs_arrays *arrays, nnfs_dataset **dataset,
                                       nnfs_error *error);

/*
 * Splits a dataset at random: `share` (0 < share < 1) of the samples, at least one and never all,
 * go to *held_out, the others to *rest. Stratified by class (a class of one sample stays in the
 * rest). The same seed gives the same split. The three datasets share memory and can be freed in
 * any order. Errors: ARGUMENT, MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_split(const nnfs_dataset *dataset, double share, uint64_t seed,
                                        nnfs_dataset **rest, nnfs_dataset **held_out,
                                        nnfs_error *error);

/*
 * Splits a dataset for cross-validation, as nnfs_dataset_split does: *held_out is fold `fold`, from
 * 0, of `folds` (2 .. samples) folds of nearly equal size. Each sample is held out by exactly one
 * fold. Errors: ARGUMENT, MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_fold(const nnfs_dataset *dataset, int folds, int fold,
                                       uint64_t seed, nnfs_dataset **rest, nnfs_dataset **held_out,
                                       nnfs_error *error);

NNFS_API void nnfs_dataset_free(nnfs_dataset *dataset);

/*
 * Multiplies the sample weights of training by class weights: weights [classes], 0 or more and not
 * all 0; NULL: balanced, samples / (classes * samples of the class). The products are scaled to a
 * mean of 1 over the dataset. Evaluation ignores weights. Errors: ARGUMENT (no classes, a weight
 * that is negative or not finite, all weights 0), MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_set_class_weights(nnfs_dataset *dataset, const double *weights,
                                                    nnfs_error *error);

/*
 * Counts the samples of `other` whose features and targets equal those of a sample of `dataset`.
 * Both have the same columns; of prepared datasets, columns that become inputs are compared.
 * Errors: ARGUMENT (other columns), MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_count_overlap(const nnfs_dataset *dataset,
                                                const nnfs_dataset *other, int64_t *count,
                                                nnfs_error *error);

NNFS_API int64_t nnfs_dataset_samples(const nnfs_dataset *dataset);
/*
 * The row of its file that a sample comes from, also of a split: from 0, without the header
 * and without rows that skip_bad_rows left out, but with those whose target is missing. -1
 * past the last sample.
 */
NNFS_API int64_t nnfs_dataset_row(const nnfs_dataset *dataset, int64_t sample);
/* Features a sample, as a network sees them: of a prepared table, its preprocessing's inputs. */
NNFS_API int nnfs_dataset_features(const nnfs_dataset *dataset);
/* The number of classes, 0 if the targets are numbers. */
NNFS_API int nnfs_dataset_classes(const nnfs_dataset *dataset);
/* Returns the name of a class, NULL past the last. Owned by the dataset. */
NNFS_API const char *nnfs_dataset_class_name(const nnfs_dataset *dataset, int index);
/* Writes the number of samples of each class to counts [classes]. */
NNFS_API void nnfs_dataset_class_samples(const nnfs_dataset *dataset, int64_t *counts);
/* Returns 0 for a table that was read with `like` and has no targets, else 1. */
NNFS_API int nnfs_dataset_has_targets(const nnfs_dataset *dataset);
/*
 * Checks that the targets can be learned. Errors: DATA (a single class, constant numbers, a text
 * target most of whose values occur once), MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_check_targets(const nnfs_dataset *dataset, nnfs_error *error);
/* Returns the number of outputs of a network for it: classes, or numbers to predict. */
NNFS_API int nnfs_dataset_outputs(const nnfs_dataset *dataset);
/* Returns the factor from stored values to features: 1/255 for pixels, else 1. */
NNFS_API float nnfs_dataset_scale(const nnfs_dataset *dataset);

/* Layout of the features of a sample as an image, in rows from the top, each from left to right. */
typedef struct nnfs_image_layout {
    int height, width; /* pixels; 0, as is `channels`, if samples are not images */
    int channels;      /* 1: gray; 3: red, green, blue; 4: red, green, blue, alpha */
    int planar;        /* 1: channel by channel; 0: interleaved */
} nnfs_image_layout;

/*
 * Returns the image layout of the samples. Images are the digits, IDX files of rank 3 or 4, and NPY
 * files of rank 3 or 4 whose columns are all features: [samples, height, width], with 1, 3 or 4
 * channels last or, as in PyTorch, before height and width.
 */
NNFS_API nnfs_image_layout nnfs_dataset_image_layout(const nnfs_dataset *dataset);
/*
 * Experimental. Declares the features of each sample an image, as for augmentation: those of a
 * wrapped array, or the columns of a table that are not targets, in the order of the file. Before
 * it is split, so that all parts know it. A preprocessing that is fitted to such a table keeps
 * columns that never vary; NNFS_SCALING_DEFAULT is then pixels (x / 255) if there is a value above
 * 1 and all are 0 to 255, and none if all are 0 to 1. Errors: ARGUMENT (not the layout of an
 * image), DATA (another number of features).
 */
NNFS_API nnfs_status nnfs_dataset_set_image_layout(nnfs_dataset *dataset, nnfs_image_layout layout,
                                                   nnfs_error *error);

/*
 * Experimental. A sample as training with these augmentations sees it in an epoch (from 0):
 * features [feature_count]. See nnfs_train_settings for the specification; NULL or "" for none.
 * Errors: ARGUMENT (a specification that is wrong, no pictures, no such sample), DATA (a prepared
 * table with more or fewer inputs than pixels), MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_augmented_sample(const nnfs_dataset *dataset,
                                                   const char *specification, uint64_t seed,
                                                   int epoch, int64_t index, float *features,
                                                   nnfs_error *error);

/* Returns a 64-bit hash of samples and targets in order: equal data have equal hashes. */
NNFS_API uint64_t nnfs_dataset_hash(const nnfs_dataset *dataset);

/*
 * Copies `count` samples from `first` on, features as a network sees them. Each array may be NULL.
 * features [feature_count x count]; labels [count] where the targets are classes; targets [outputs
 * x count], in their own units, where they are numbers. Of a table that is not prepared the
 * features are as nnfs_predict takes them. Errors: ARGUMENT (range, or the wrong kind of target).
 */
NNFS_API nnfs_status nnfs_dataset_copy(const nnfs_dataset *dataset, int64_t first, int64_t count,
                                       float *features, int32_t *labels, float *targets,
                                       nnfs_error *error);

/* ---- Tables --------------------------------------------------------------------------------- */

/*
 * The columns of a table are numbers, categories and dates, with missing cells, in any
 * units. The preprocessing that turns them into inputs is fitted to the training data and
 * belongs to the network:
 *
 *   nnfs_dataset_load("housing.csv", &settings, &all, NULL, &error)
 *   nnfs_dataset_split(all, 0.2, 1, &train, &test, &error)
 *   nnfs_preprocessing_fit(train, NULL, &preprocessing, &error)
 *   nnfs_dataset_prepare(train, preprocessing, &error)     and the same for test
 *   nnfs_network_create, with nnfs_dataset_features(train) inputs
 *   nnfs_train                                             the network now has the preprocessing
 *
 * A saved network keeps it, and nnfs_predict applies it.
 */

typedef enum nnfs_column_kind {
    NNFS_COLUMN_NUMBER,
    NNFS_COLUMN_CATEGORY,
    NNFS_COLUMN_DATE, /* days, and fractions of them, since the column's origin */
} nnfs_column_kind;

typedef enum nnfs_column_use {
    NNFS_COLUMN_FEATURE,
    NNFS_COLUMN_TARGET,
    NNFS_COLUMN_WEIGHT,
    NNFS_COLUMN_DROPPED, /* by the settings, or by those of the model's training data */
    NNFS_COLUMN_UNKNOWN, /* not in the preprocessing of `like` */
    NNFS_COLUMN_COUNTER, /* a row counter, not used: integers that rise by a constant step */
} nnfs_column_use;

/* A column of the file. */
typedef struct nnfs_column {
    const char *name; /* NULL where columns have none; lives as long as the dataset */
    nnfs_column_kind kind;
    nnfs_column_use use;
    int64_t missing;     /* cells, in all samples of the file */
    int categories;      /* different values, 0 for numbers */
    const char *format;  /* how its cells are written: "1.234,5 kg" for numbers, "%d.%m.%Y" for
                         * dates, "007" for categories with leading zeros; "" where plainly */
    double origin;       /* of dates: days from 1970-01-01 */
    int64_t reserved[4]; /* 0 */
} nnfs_column;

/* How the file of a dataset was read; {0} where it is no table. */
NNFS_API nnfs_reading nnfs_dataset_reading(const nnfs_dataset *dataset);

/* The columns of the table a dataset came from, 0 where it is none. */
NNFS_API int nnfs_dataset_columns(const nnfs_dataset *dataset);
/* Return column `index` from 0, {0} past the last; and the name of a category, NULL
 * past the last. */
NNFS_API nnfs_column nnfs_dataset_column(const nnfs_dataset *dataset, int index);
NNFS_API const char *nnfs_dataset_category(const nnfs_dataset *dataset, int index, int category);

/*
 * Return the index of kept column `which` (from 0, in the order of the settings' `keep`), -1 past
 * the last; and its cell of a sample as the file has it, without quotes and surrounding blanks,
 * NULL for no such column or sample.
 */
NNFS_API int nnfs_dataset_kept_column(const nnfs_dataset *dataset, int which);
NNFS_API const char *nnfs_dataset_kept(const nnfs_dataset *dataset, int64_t index, int which);

/*
 * A cell of that table, as the file has it, also where the dataset is prepared: a number, the index
 * of a category, NaN where it is missing, the column is dropped or there is none.
 */
NNFS_API float nnfs_dataset_cell(const nnfs_dataset *dataset, int64_t sample, int column);

/* How many labels a sample has: the targets of a dataset with at least 2 of them, all 0 or
 * 1; else 0. */
NNFS_API int nnfs_dataset_labels_each(const nnfs_dataset *dataset);

/*
 * Detects target leakage: *column is the feature column (from 0) that determines the target, or -1.
 * A numeric column leaks a numeric target if their squared correlation is 0.999 or more, and
 * classes if its squared correlation ratio is; a column of categories, if each category occurs with
 * one class only. Errors: MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_target_leakage(const nnfs_dataset *dataset, int *column,
                                                 nnfs_error *error);

typedef enum nnfs_scaling {
    NNFS_SCALING_DEFAULT,  /* pixels where the stored values are uint8, else standard */
    NNFS_SCALING_STANDARD, /* (x - mean) / standard deviation */
    NNFS_SCALING_MINMAX,   /* (x - min) / (max - min) */
    NNFS_SCALING_PIXELS,   /* x / 255, also for columns that never vary */
    NNFS_SCALING_NONE,
    /* z / sqrt(1 + (z/3)^2) of z = (x - median) / (75 % quantile - 25 % quantile), or by half of
     * max - min where these two quantiles are the same (Holzmueller et al. 2024) */
    NNFS_SCALING_ROBUST,
    /* Quantiles of the column become those of a normal distribution, linearly in between; values
     * beyond the first and the last become these. */
    NNFS_SCALING_QUANTILE,
} nnfs_scaling;

NNFS_API const char *nnfs_scaling_name(nnfs_scaling scaling); /* "standard"; NULL past the last */

typedef struct nnfs_preprocessing_settings {
    nnfs_scaling scaling;  /* of numbers; default default */
    int missing_indicator; /* 1: a column with missing numbers also becomes an input that is 1 where
                            * they are; default 0 */
    int max_categories; /* places a column of categories may have, 1 or more; the rarer ones share
                            * the place of values never seen; default 100 */
    int scale_targets;  /* 1, the default: numbers to predict are standardised; 0: as they are */
    int threads;        /* 0, the default, is all; any number gives the same bits */
    /* 1: a column of two categories is one input, -1 or 1, and 0 for any other cell;
     * 0, the default: it is one-hot too */
    int two_valued;
    /* 1: numbers to predict, none of them negative, are standardised on a log scale;
     * 0, the default: as they are */
    int log_targets;
    /* Above 0: columns that tell nothing of the targets by themselves are left out. Of those that
     * stay, this share is expected to be there by chance (false discovery rate, Benjamini and
     * Hochberg 1995; F tests). Below 1; 0, the default: all stay. */
    float screening;
    void *reserved[3]; /* NULL */
} nnfs_preprocessing_settings;

NNFS_API void nnfs_preprocessing_settings_init(nnfs_preprocessing_settings *settings);

/*
 * Fits the columns of a table to its samples:
 *   - a number is scaled; a missing one is replaced by the median first (of a million samples,
 *     evenly taken, where there are more);
 *   - categories are one-hot: a place for each that occurs at least twice, a place for missing ones
 *     where there are any, and a last one for all others, also for those never seen; or, with
 *     two_valued, one input where there are two;
 *   - a column that never varies is left out, and one of categories of which more than half of the
 *     samples have one of their own; with screening also columns without a relation to the targets;
 *   - numbers to predict are standardised; classes keep their names.
 * settings may be NULL. The result is freed by its owner, and lives on in the datasets and networks
 * it was given to. Errors: ARGUMENT (not a table, or one without targets; settings out of their
 * range), DATA (no column is left; a number that is not finite, a name that is not UTF-8; a
 * negative number for a log scale), MEMORY.
 */
NNFS_API nnfs_status nnfs_preprocessing_fit(const nnfs_dataset *dataset,
                                            const nnfs_preprocessing_settings *settings,
                                            nnfs_preprocessing **preprocessing, nnfs_error *error);
NNFS_API void nnfs_preprocessing_free(nnfs_preprocessing *preprocessing);

/*
 * From now on the dataset's features and targets are as a network sees them. Columns are found by
 * their names (without names by their places), categories and classes by theirs. Errors: DATA (a
 * column or class that is not there, a column of the other kind), ARGUMENT (not a table), MEMORY.
 */
NNFS_API nnfs_status nnfs_dataset_prepare(nnfs_dataset *dataset,
                                          const nnfs_preprocessing *preprocessing,
                                          nnfs_error *error);
/* Returns the preprocessing of a prepared dataset, else NULL. */
NNFS_API const nnfs_preprocessing *nnfs_dataset_preprocessing(const nnfs_dataset *dataset);

/*
 * Returns the number of cells in a column (from 0) of a prepared dataset whose
 * category the preprocessing does not know; *example is the index of one of these
 * categories, for nnfs_dataset_category.
 */
NNFS_API int64_t nnfs_dataset_unseen(const nnfs_dataset *dataset, int column, int *example);

/* How a feature column becomes inputs. */
typedef struct nnfs_encoding {
    const char *name; /* NULL where columns have none; lives as long as the preprocessing */
    int column;       /* of the file it was fitted on, from 0 */
    nnfs_column_kind kind;
    int first_input;     /* index of the column's first input */
    int inputs;          /* number of inputs; 0: the column is left out */
    const char *reason;  /* why it is, for example "constant" or "mostly unique"; else NULL */
    float center, scale; /* a number x becomes (x - center) * scale */
    float fill;          /* replaces a missing number x */
    int has_indicator;   /* 1: the second input is 1 if the number is missing, else 0 */
    int categories;  /* categories with an input each; then the missing one's, then the others' */
    int has_missing; /* 1: missing categories have an input of their own */
    const char *format; /* as in nnfs_column */
    double origin;      /* of dates, days from 1970-01-01: x is the number of days since then */
    /* Of dates: 1: sine and cosine of the month, the day of the week and the time of day are
     * inputs, in this order, after the elapsed time and its indicator. */
    int has_month;
    int has_weekday;
    int has_hour;
    float clip; /* c > 0: a scaled number z becomes z / sqrt(1 + (z/c)^2); 0: no clip */
    int knots;  /* number of knots that map a scaled number (nnfs_preprocessing_knot), 0 or >= 2 */
    int two_valued;      /* 1: its two categories are one input, -1 and 1 */
    int64_t reserved[4]; /* 0 */
} nnfs_encoding;

/* The feature columns, in the order of the file it was fitted on. */
NNFS_API int nnfs_preprocessing_columns(const nnfs_preprocessing *preprocessing);
NNFS_API nnfs_encoding nnfs_preprocessing_column(const nnfs_preprocessing *preprocessing,
                                                 int index);
/* The category that has place `category` of column `index`; NULL past the last. */
NNFS_API const char *nnfs_preprocessing_category(const nnfs_preprocessing *preprocessing, int index,
                                                 int category);
/* Knot `knot` of column `index`: the scaled number x becomes *y, linearly between knots. 0
 * past the last. */
NNFS_API int nnfs_preprocessing_knot(const nnfs_preprocessing *preprocessing, int index, int knot,
                                     float *x, float *y);
NNFS_API int nnfs_preprocessing_inputs(const nnfs_preprocessing *preprocessing);

/* A column to predict. A number y is learned as (y - center) * scale, or (log(y + shift) -
 * center) * scale. */
typedef struct nnfs_target {
    const char *name; /* NULL where columns have none */
    int classes;      /* 0 for a number */
    float center, scale;
    int is_log;          /* 1: on a log scale */
    float shift;         /* 1 where a number of the training data is 0, else 0 */
    int64_t reserved[3]; /* 0 */
} nnfs_target;

NNFS_API int nnfs_preprocessing_targets(const nnfs_preprocessing *preprocessing);
NNFS_API nnfs_target nnfs_preprocessing_target(const nnfs_preprocessing *preprocessing, int index);
NNFS_API const char *nnfs_preprocessing_class_name(const nnfs_preprocessing *preprocessing,
                                                   int index);

/* ---- Networks ------------------------------------------------------------------------------- */

typedef struct nnfs_network nnfs_network;

typedef struct nnfs_layer {
    int width; /* units, at least 1 */
    nnfs_activation activation;
} nnfs_layer;

/* How inputs become vectors before the first layer. */
typedef enum nnfs_embedding_kind {
    /* w0 x + b0 + P ple(x), piecewise linear between quantiles, with at most `bins` pieces
     * (Gorishniy et al. 2022). */
    NNFS_EMBEDDING_PIECEWISE,
    /* The sum of x_i T_i over the inputs of a category, of which one is 1:
     * the category's vector. */
    NNFS_EMBEDDING_CATEGORY,
    /* c + W2 cos(2 pi w x + b), with width - 1 values, and x (Holzmueller et al. 2024). w is
     * initialized with sigma N(0, 1); all parameters have a tenth of the learning rate. */
    NNFS_EMBEDDING_PERIODIC,
} nnfs_embedding_kind;

/*
 * `count` vectors of `width` values. Vector i is computed from input inputs[i], or from the
 * sizes[i] inputs that begin there. The indices rise, and an input belongs to at most one vector.
 */
typedef struct nnfs_embedding {
    nnfs_embedding_kind kind;
    int width; /* 1 to 1024; of periodic at least 2 */
    int bins;  /* of piecewise, 1 to 1024 */
    int count; /* at least 1 */
    const int *inputs;
    const int *sizes; /* NULL: 1 each */
    int frequencies;  /* of periodic, 1 to 1024 */
    float sigma;      /* of periodic, for the initial weights alone; positive */
    void *reserved[3];
} nnfs_embedding;

/* "piecewise" and so on; NULL past the last. */
NNFS_API const char *nnfs_embedding_name(nnfs_embedding_kind kind);

typedef struct nnfs_network_settings {
    int inputs;               /* features a sample, at least 1 */
    const nnfs_layer *layers; /* hidden layers in order, then the output layer */
    int layer_count;          /* at least 1 */
    nnfs_loss loss;           /* default cross_entropy */
    float quantile;           /* of NNFS_QUANTILE, 0 < q < 1; default 0.5 */
    nnfs_init init;           /* default by each layer's activation */
    float init_scale;         /* of NNFS_INIT_NORMAL and NNFS_INIT_UNIFORM; positive */
    uint64_t seed;            /* of the initial weights; default 1 */
    /* Of each layer [layer_count], before its activation; none on the output layer. NULL: none. */
    const nnfs_normalization *normalization;
    /* Of each layer [layer_count], 0 <= p < 1: the share of its outputs that training sets to 0,
     * anew for each sample and epoch; the others are divided by 1 - p (Srivastava et al. 2014). 0
     * on the output layer. NULL: 0. */
    const float *dropout;
    float input_dropout; /* the same of the inputs; default 0 */
    /*
     * Networks that share their hidden weights (TabM-mini, Gorishniy et al. 2024): each member
     * scales the inputs by factors of its own and has an output layer of its own. The loss is the
     * mean of the members' losses, a prediction the mean of their outputs. The output is identity,
     * softmax, sigmoid or exponential, and no layer is normalised. Default 1, at most 256.
     */
    int members;
    /* Each kind at most once. The first layer takes their vectors in this order, then the other
     * inputs in theirs. Default none. */
    int embedding_count;
    const nnfs_embedding *embeddings; /* [embedding_count] */
    void *reserved[6];                /* NULL */
} nnfs_network_settings;

NNFS_API void nnfs_network_settings_init(nnfs_network_settings *settings);

/*
 * Makes a network with freshly drawn weights. The settings are copied.
 * Errors: ARGUMENT (sizes, softmax on a hidden layer, a loss that does not fit the output
 * activation), MEMORY (also for sizes whose product overflows, before anything is allocated).
 */
NNFS_API nnfs_status nnfs_network_create(const nnfs_network_settings *settings,
                                         nnfs_network **network, nnfs_error *error);

/*
 * Reads a network from a safetensors file written by nnfs_network_save.
 * Errors: IO, DATA, MEMORY.
 */
NNFS_API nnfs_status nnfs_network_load(const char *path, nnfs_network **network, nnfs_error *error);

/*
 * Writes the network as safetensors: layers.N.weight [out, in] row-major (as PyTorch's Linear),
 * layers.N.bias [out], the architecture and the notes as metadata. The file appears whole or not at
 * all. Errors: IO, DATA (weights that are not finite), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_save(const nnfs_network *network, const char *path,
                                       nnfs_error *error);

/*
 * The bytes of that file in memory, which nnfs_memory_free frees (it accepts NULL), and a network
 * from them, which need not outlive the call. Errors: ARGUMENT, DATA, MEMORY.
 */
NNFS_API nnfs_status nnfs_network_save_memory(const nnfs_network *network, void **bytes,
                                              size_t *count, nnfs_error *error);
NNFS_API nnfs_status nnfs_network_load_memory(const void *bytes, size_t count,
                                              nnfs_network **network, nnfs_error *error);
NNFS_API void nnfs_memory_free(void *bytes);

/*
 * Checks that a model file can be created at `path`, to be called before a long run. Changes no
 * file. Errors: IO, MEMORY.
 */
NNFS_API nnfs_status nnfs_network_save_check(const char *path, nnfs_error *error);

/*
 * Checks that a model file has room for the network's names, categories and notes: its header has
 * at most 100,000,000 bytes. Errors: DATA (it has not), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_header_check(const nnfs_network *network, nnfs_error *error);

NNFS_API void nnfs_network_free(nnfs_network *network);

/*
 * Sets the pieces of a piecewise embedding to quantiles of the dataset's inputs; without one it
 * does nothing. To be called once, before training. Errors: ARGUMENT, DATA (features that do
 * not fit), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_fit_embedding(nnfs_network *network, const nnfs_dataset *dataset,
                                                nnfs_error *error);

/* Copies a network with its parameters, preprocessing and notes. Errors: ARGUMENT, MEMORY. */
NNFS_API nnfs_status nnfs_network_copy(const nnfs_network *network, nnfs_network **copy,
                                       nnfs_error *error);

/*
 * Moves the parameters of `network` towards those of `other`, which has the same layers:
 * w += share (other w - w), 0 <= share <= 1 (Polyak averaging, target networks). Errors: ARGUMENT.
 */
NNFS_API nnfs_status nnfs_network_blend(nnfs_network *network, const nnfs_network *other,
                                        float share, nnfs_error *error);

/*
 * Freezes layer `index` (frozen = 1) or unfreezes it (0). Trainers created afterwards do not update
 * the parameters of frozen layers. Errors: ARGUMENT (no such layer).
 */
NNFS_API nnfs_status nnfs_network_freeze(nnfs_network *network, int index, int frozen,
                                         nnfs_error *error);

/*
 * Experimental. Sets what nnfs_predict, nnfs_evaluate and their like compute the products of the
 * network in; float32 at first, and again after loading: files do not keep it, copies do. A
 * predictor keeps what was set when it was made; in bf16 also the weights that the network then
 * had. Errors: ARGUMENT (bf16 of a network with members, no such precision).
 */
NNFS_API nnfs_status nnfs_network_set_precision(nnfs_network *network, nnfs_precision precision,
                                                nnfs_error *error);

/*
 * Experimental. Multiplies the learning rate of one tensor ("weight", "bias", "scale") of layer
 * `index` by `factor`, 0 or more, and says whether weight decay applies to it (1) or not (0). At
 * first: 1 and 1. A copy of the network keeps both, a model file neither. Errors: ARGUMENT (no such
 * tensor, a factor that is negative or not finite).
 */
NNFS_API nnfs_status nnfs_network_set_tensor_rate(nnfs_network *network, int index,
                                                  const char *tensor, float factor, int decays,
                                                  nnfs_error *error);

/*
 * Experimental. Makes an ensemble: adds copies of the networks of `other`, which has the same
 * layers, loss and preprocessing and no batch normalisation. The outputs of an ensemble are the
 * mean of its networks' outputs: identity, softmax, sigmoid or exponential. It is evaluated, saved
 * and exported like a network, and cannot be trained; weights and biases by layer are those of its
 * first network. Errors: ARGUMENT (they do not fit; more than 64 networks), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_add(nnfs_network *network, const nnfs_network *other,
                                      nnfs_error *error);
/* Networks of an ensemble; of any other network, 1. */
NNFS_API int nnfs_network_networks(const nnfs_network *network);

NNFS_API int nnfs_network_inputs(const nnfs_network *network);
NNFS_API int nnfs_network_outputs(const nnfs_network *network);
NNFS_API int nnfs_network_layer_count(const nnfs_network *network);
/* Layer `index` from 0 at the input side; {0, NNFS_IDENTITY} past the last. */
NNFS_API nnfs_layer nnfs_network_layer(const nnfs_network *network, int index);
/* Its normalisation and dropout; none and 0 past the last. */
NNFS_API nnfs_normalization nnfs_network_normalization(const nnfs_network *network, int index);
NNFS_API float nnfs_network_dropout(const nnfs_network *network, int index);
NNFS_API float nnfs_network_input_dropout(const nnfs_network *network);
/* Networks that share the hidden weights, at least 1. */
NNFS_API int nnfs_network_members(const nnfs_network *network);
/* Its embeddings, from 0, whose lists are the network's; {0} past the last. Their
 * vectors, all together. */
NNFS_API nnfs_embedding nnfs_network_embedding(const nnfs_network *network, int index);
NNFS_API int nnfs_network_embedded(const nnfs_network *network);
/* Columns of the weights of layer `index`: more than the layer takes where members have each their
 * own, or where inputs are embedded. 0 past the last. */
NNFS_API int nnfs_network_layer_columns(const nnfs_network *network, int index);
NNFS_API nnfs_loss nnfs_network_loss(const nnfs_network *network);
/* The q of NNFS_QUANTILE; 0 of another loss. */
NNFS_API float nnfs_network_quantile(const nnfs_network *network);
/* Number of weights and biases together, of all networks of an ensemble. */
NNFS_API int64_t nnfs_network_parameters(const nnfs_network *network);

/*
 * Copies the weights of layer `index` out of the network or into it: W [out x in] column-major,
 * that is, W(i, j) in weights[i + j * out] (z = W a + b). The internal storage may differ. The
 * output layers of members follow each other: [out x nnfs_network_layer_columns]. Errors: ARGUMENT
 * (no such layer).
 */
NNFS_API nnfs_status nnfs_network_get_weights(const nnfs_network *network, int index,
                                              float *weights, nnfs_error *error);
NNFS_API nnfs_status nnfs_network_set_weights(nnfs_network *network, int index,
                                              const float *weights, nnfs_error *error);
/*
 * Returns the biases of layer `index`, [out], or [out x members] in the output layer of
 * members; NULL past the last layer. Owned by the network; to read and write while no other
 * call uses the network.
 */
NNFS_API float *nnfs_network_biases(nnfs_network *network, int index);

/* 64-bit hash of all parameters: two networks agree bit for bit exactly when it agrees. */
NNFS_API uint64_t nnfs_network_hash(const nnfs_network *network);

/* Floating-point operations of a forward pass and of a training step, for one sample. */
NNFS_API double nnfs_network_flops_forward(const nnfs_network *network);
NNFS_API double nnfs_network_flops_step(const nnfs_network *network);

/*
 * Notes travel with the model file: how it was trained, on what. Setting one replaces it, NULL
 * takes it away; both strings are UTF-8 and are copied. Errors: ARGUMENT (not UTF-8), MEMORY;
 * the notes are then as before. The value is NULL where there is no such note, and valid until
 * the next change.
 */
NNFS_API nnfs_status nnfs_network_set_note(nnfs_network *network, const char *key,
                                           const char *value, nnfs_error *error);
NNFS_API const char *nnfs_network_note(const nnfs_network *network, const char *key);

/*
 * Sets the preprocessing of the network; NULL removes it. nnfs_train sets that of the training
 * data, and a model file holds it. The first preprocessing of a network sets the weights of inputs
 * that no training sample had to 0. Errors: ARGUMENT (another number of inputs, classes or numbers
 * to predict), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_set_preprocessing(nnfs_network *network,
                                                    const nnfs_preprocessing *preprocessing,
                                                    nnfs_error *error);
NNFS_API const nnfs_preprocessing *nnfs_network_preprocessing(const nnfs_network *network);

/*
 * Runs the network: outputs [outputs x samples], after the output activation (probabilities for
 * softmax), for features [inputs x samples]. With preprocessing the features are the columns it was
 * fitted on, [nnfs_preprocessing_columns x samples], as they are in the file: a number, the index
 * of a category (nnfs_preprocessing_category; any other number is one never seen), NaN where
 * missing; and numbers come out in their own units. threads = 0 is all. Safe to call from several
 * threads. Errors: ARGUMENT (no arrays, samples or threads below 0), MEMORY, BACKEND.
 */
NNFS_API nnfs_status nnfs_predict(const nnfs_network *network, const float *features,
                                  int64_t samples, int threads, float *outputs, nnfs_error *error);

/*
 * nnfs_predict for `count` samples of a dataset from `first` on: outputs [outputs x count]. Errors:
 * DATA (the dataset does not fit the network), ARGUMENT (range, threads below 0), MEMORY, BACKEND.
 */
NNFS_API nnfs_status nnfs_predict_dataset(const nnfs_network *network, const nnfs_dataset *dataset,
                                          int64_t first, int64_t count, int threads, float *outputs,
                                          nnfs_error *error);

/*
 * Experimental. The same with the spread of the members' outputs, their standard deviation, which
 * says how far they agree: spread [outputs x count], of numbers in their own units. Errors besides:
 * ARGUMENT (the network has a single member).
 */
NNFS_API nnfs_status nnfs_predict_dataset_spread(const nnfs_network *network,
                                                 const nnfs_dataset *dataset, int64_t first,
                                                 int64_t count, int threads, float *outputs,
                                                 float *spread, nnfs_error *error);

/*
 * A predictor keeps the workspace of its predictions: no call allocates. It computes on the calling
 * thread alone, and one predictor serves one thread at a time. It reads the network, which must
 * outlive it, at each call; of a network with batch normalisation it keeps a copy as the network
 * was when it was made. For calls of up to `samples` samples. Errors: ARGUMENT, MEMORY, BACKEND.
 */
typedef struct nnfs_predictor nnfs_predictor;
NNFS_API nnfs_status nnfs_predictor_create(const nnfs_network *network, int64_t samples,
                                           nnfs_predictor **predictor, nnfs_error *error);
/* nnfs_predict for 0 to that many samples. Errors: ARGUMENT, BACKEND. */
NNFS_API nnfs_status nnfs_predictor_run(nnfs_predictor *predictor, const float *features,
                                        int64_t samples, float *outputs, nnfs_error *error);
NNFS_API void nnfs_predictor_free(nnfs_predictor *predictor);

/* Metrics of a network on a dataset. Metrics that do not apply are NaN. */
typedef struct nnfs_evaluation {
    int64_t samples;
    double loss;     /* the network's own loss, averaged */
    double accuracy; /* share of samples whose class is right, 0 .. 1; this and the next, classes */
    double macro_f1; /* mean over the classes of 2 TP / (2 TP + FP + FN), 0 where that is 0 / 0 */
    /* mean of -log of the right class's probability; softmax and sigmoid outputs */
    double log_loss;
    double roc_auc; /* area under the ROC curve of the second class (Mann and Whitney's U); where
                      * there are two classes and samples of both; so is the next */
    /* of the second class: the sum over the different scores, from the highest down, of the
     * precision times the gain in recall, as scikit-learn's */
    double average_precision;
    double rmse; /* root of the mean squared error over all outputs; this and the next, numbers */
    double mae;  /* mean absolute error; like rmse in the targets' units */
    double r2;   /* 1 - residual / total sum of squares, mean over outputs */
    double seconds;
    /* mean quantile loss in the targets' units; this and the next, of NNFS_QUANTILE */
    double pinball;
    double coverage;     /* share of the targets that are at most their prediction, 0 .. 1 */
    int64_t reserved[2]; /* 0 */
} nnfs_evaluation;

/*
 * Experimental. Evaluates probabilities [rows x samples] of the dataset's classes, wherever they
 * come from: a row for each class, or one for the second of two. The loss is the log loss. Errors:
 * DATA (the dataset has no labels), ARGUMENT (rows do not fit its classes), MEMORY.
 */
NNFS_API nnfs_status nnfs_evaluate_probabilities(const nnfs_dataset *dataset,
                                                 const float *probabilities, int rows,
                                                 nnfs_evaluation *evaluation, nnfs_error *error);

/*
 * Evaluates the network on the dataset's samples. threads = 0 is all. Errors: DATA (the dataset
 * does not fit the network, was prepared otherwise, or has no targets), ARGUMENT (threads below
 * 0), MEMORY, BACKEND.
 */
NNFS_API nnfs_status nnfs_evaluate(const nnfs_network *network, const nnfs_dataset *dataset,
                                   int threads, nnfs_evaluation *evaluation, nnfs_error *error);

/*
 * Evaluates each output of a network with the loss binary_cross_entropy as a label, on a dataset of
 * labels (nnfs_dataset_labels_each): loss and log_loss, accuracy, the F1 of the label as macro_f1,
 * roc_auc and average_precision. nnfs_evaluate has their means. Errors: ARGUMENT (another loss or
 * other targets), and as of nnfs_evaluate.
 */
NNFS_API nnfs_status nnfs_evaluate_labels(const nnfs_network *network, const nnfs_dataset *dataset,
                                          int threads, nnfs_evaluation *each /* [outputs] */,
                                          nnfs_error *error);

/*
 * Experimental. Temperature scaling (Guo et al. 2017): finds the T, in 1/4 .. 8, with the least log
 * loss on held-out samples and divides by it what the output activation takes. T goes into the
 * output layer's parameters, so that predictions and exports have it; the most probable class stays
 * the same, but for the mean of members. *temperature: T, or 1 if no other is better, there are
 * fewer than 100 samples, or the outputs are not probabilities of classes. Errors: those of
 * nnfs_evaluate; the network is then as before.
 */
NNFS_API nnfs_status nnfs_network_calibrate(nnfs_network *network, const nnfs_dataset *held_out,
                                            int threads, double *temperature, nnfs_error *error);
/*
 * Divides by a temperature that was found before, as for a network trained anew on all samples.
 * Errors: ARGUMENT (not greater than 0), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_set_temperature(nnfs_network *network, double temperature,
                                                  nnfs_error *error);

/*
 * Experimental. Of two classes, what a threshold gives: samples whose score is at least this are
 * taken for the second class, the positive one. True-positive rate (recall): TP / positives;
 * false-positive rate: FP / negatives; precision: TP / (TP + FP).
 */
typedef struct nnfs_threshold {
    float score; /* infinity: no sample is taken for positive */
    int64_t true_positives, false_positives;
} nnfs_threshold;

/*
 * Each different score as a threshold, from the highest to the lowest, of which the last takes all
 * samples for positive: the points of ROC and precision-recall curves. scores and labels (0 or 1)
 * [samples]; thresholds has room for as many, and the first *count are set. Errors: ARGUMENT, DATA
 * (a score that is NaN, another label), MEMORY.
 */
NNFS_API nnfs_status nnfs_thresholds(const float *scores, const int32_t *labels, int64_t samples,
                                     nnfs_threshold *thresholds, int64_t *count, nnfs_error *error);
/*
 * The threshold with the largest F1, 2 TP / (2 TP + FP + FN), and the one with the least cost for
 * what a false positive and a false negative cost. The highest of equal ones; score is infinity
 * where it is best to take no sample for positive.
 */
NNFS_API nnfs_threshold nnfs_threshold_for_f1(const nnfs_threshold *thresholds, int64_t count);
NNFS_API nnfs_threshold nnfs_threshold_for_costs(const nnfs_threshold *thresholds, int64_t count,
                                                 double false_positive, double false_negative);

typedef struct nnfs_importance_settings {
    int64_t samples;   /* at most, evenly taken from the dataset; default 20,000 */
    int repeats;       /* shuffles of each column, 1 or more; default 5 */
    uint64_t seed;     /* of the shuffles; default 1 */
    int threads;       /* 0, the default, is all; any number gives the same bits */
    void *reserved[4]; /* NULL */
} nnfs_importance_settings;

NNFS_API void nnfs_importance_settings_init(nnfs_importance_settings *settings);

/*
 * Experimental. Permutation importance (Breiman 2001): by how much the error rises if a column's
 * values are shuffled among the samples. The error is the log loss of classes with probabilities,
 * the share of wrong classes without, the RMSE of numbers. mean and deviation (may be NULL) over
 * the shuffles [nnfs_preprocessing_columns, or the network's inputs without preprocessing];
 * *error_before: unshuffled. settings may be NULL. Errors: those of nnfs_evaluate.
 */
NNFS_API nnfs_status nnfs_importance(const nnfs_network *network, const nnfs_dataset *dataset,
                                     const nnfs_importance_settings *settings, double *mean,
                                     double *deviation, double *error_before, nnfs_error *error);

/*
 * Experimental. Partial dependence (Friedman 2001): the mean outputs over at most `samples`
 * samples, evenly taken, if column `column` of the preprocessing has a value in all of them:
 * outputs [outputs x count] for values [count], as nnfs_predict takes them. Errors: those of
 * nnfs_evaluate, ARGUMENT (no such column).
 */
NNFS_API nnfs_status nnfs_partial_dependence(const nnfs_network *network,
                                             const nnfs_dataset *dataset, int column,
                                             const float *values, int count, int64_t samples,
                                             int threads, double *outputs, nnfs_error *error);

/* ---- Models leave and arrive: experimental -------------------------------------------------- */

/*
 * These functions may change from release to release. All files appear whole or not at all.
 *
 * Writes an ONNX model, opset 17 and ai.onnx.ml 3. A network with preprocessing has one input [N,
 * 1] per column that it reads, with the column's name: float (NaN: missing), string ("": missing)
 * or, for dates, double (days from 1970-01-01, NaN: missing). A network without preprocessing has
 * one input `input`, float [N, inputs], pixels as they are stored. Outputs: `label` [N] and
 * `probabilities` [N, classes], or `variable` [N, numbers] in their own units. Errors: IO, DATA (a
 * name that is not UTF-8), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_export_onnx(const nnfs_network *network, const char *path,
                                              nnfs_error *error);

typedef struct nnfs_c_settings {
    /* 1: products of 8-bit weights and 16-bit inputs; default 0. The next two are for it alone. */
    int int8;
    /* Samples that show how large inputs are; borrowed. Default NULL, which int8
     * does not accept. */
    const nnfs_dataset *calibration;
    /* Samples with targets to measure the loss on; borrowed. Default NULL: nothing is measured. */
    const nnfs_dataset *measure;
    void *reserved[4]; /* NULL */
} nnfs_c_settings;

NNFS_API void nnfs_c_settings_init(nnfs_c_settings *settings);

/* Memory of an exported C program in bytes, without its code, and its quality. */
typedef struct nnfs_c_report {
    size_t constants;     /* flash: weights, names and tables, of a CPU with 32-bit pointers */
    size_t work;          /* RAM: on the stack of predict */
    size_t input, output; /* RAM: of the caller */
    /* With int8 and `measure`: accuracy of classes (0 to 1), RMSE of numbers; else 0. */
    double float_score, int8_score;
    int64_t reserved[4]; /* 0 */
} nnfs_c_report;

/*
 * Writes C99 that needs <math.h> alone, to `path`, which ends in .c, and the header
 * beside it. settings may be NULL, and so may report. Errors: IO, ARGUMENT (the name; int8 without
 * data), DATA (data that do not fit), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_export_c(const nnfs_network *network, const char *path,
                                           const nnfs_c_settings *settings, nnfs_c_report *report,
                                           nnfs_error *error);

/*
 * Writes a PyTorch state dict as safetensors, of the layers alone. python (may be NULL) gets the
 * expression of the torch.nn.Sequential that loads it, cut to room - 1 bytes. Errors: IO, DATA
 * (members or embeddings), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_export_state_dict(const nnfs_network *network, const char *path,
                                                    char *python, size_t room, nnfs_error *error);

typedef struct nnfs_import_settings {
    /* For files that say none, as state dicts: of hidden layers, default relu; of the last
     * one, default identity. */
    nnfs_activation activation;
    nnfs_activation output_activation;
    void *reserved[4]; /* NULL */
} nnfs_import_settings;

NNFS_API void nnfs_import_settings_init(nnfs_import_settings *settings);

/*
 * Makes a network of a PyTorch state dict (safetensors: Linear, BatchNorm1d, LayerNorm) or an ONNX
 * graph of a multilayer perceptron, by the file's content; of what nnfs_network_export_onnx wrote
 * with its preprocessing, members, embeddings and networks, so that it is exported as the same
 * bytes. The caller frees the network. settings may be NULL. Errors: IO, DATA (the operator or
 * tensor that does not fit is named), MEMORY.
 */
NNFS_API nnfs_status nnfs_network_import(const char *path, const nnfs_import_settings *settings,
                                         nnfs_network **network, nnfs_error *error);

/* An ONNX model in a reference interpreter, of the operators that nnfs writes. */
typedef struct nnfs_onnx nnfs_onnx;

/* Errors: IO, DATA, MEMORY. */
NNFS_API nnfs_status nnfs_onnx_open(const char *path, nnfs_onnx **onnx, nnfs_error *error);
NNFS_API void nnfs_onnx_free(nnfs_onnx *onnx);
/* Values that its last output has a sample. */
NNFS_API int nnfs_onnx_outputs(const nnfs_onnx *onnx);
/*
 * Computes its last output, [outputs x count], for samples of a dataset whose columns or
 * features are its inputs. Errors: ARGUMENT (range), DATA (it does not fit, an operator that is
 * not supported), MEMORY.
 */
NNFS_API nnfs_status nnfs_onnx_predict_dataset(nnfs_onnx *onnx, const nnfs_dataset *dataset,
                                               int64_t first, int64_t count, float *outputs,
                                               nnfs_error *error);

/* ---- Training ------------------------------------------------------------------------------- */

/* Progress within an epoch, for on_progress. */
typedef struct nnfs_progress {
    int epoch;           /* from 1 */
    int64_t step;        /* steps done in this epoch */
    int64_t steps;       /* steps an epoch */
    double loss;         /* mean over this epoch so far, before each update */
    double accuracy;     /* share of right classes, 0 .. 1, of the same samples; NaN for numbers */
    double seconds;      /* since the epoch began */
    int64_t samples;     /* seen in this epoch */
    int64_t reserved[4]; /* 0 */
} nnfs_progress;

/* Results of one epoch. Values that were not measured are NaN. */
typedef struct nnfs_epoch {
    int epoch;             /* from 1 */
    double train_loss;     /* mean over the epoch, each batch before its update */
    double train_accuracy; /* 0 .. 1, of the same outputs; NaN for numbers */
    nnfs_evaluation validation;
    nnfs_evaluation test;
    double learning_rate; /* of its last step */
    double seconds;       /* of training alone, without evaluation */
    double samples_per_second;
    double gflops; /* 10^9 floating-point operations of the matrix products, a second */
    /* why nnfs_train ends after it: the reason of nnfs_summary; NULL: it goes on */
    const char *ended;
    int64_t reserved[4]; /* 0 */
} nnfs_epoch;

/* Where the time of training goes; see below. */
typedef struct nnfs_profile nnfs_profile;

/* Room for any setting as text, with its end. */
#define NNFS_SETTING_BYTES 256

/* A training run on its way, as a file holds it; see "Checkpoints". */
typedef struct nnfs_checkpoint nnfs_checkpoint;

/* ---- Several processes (experimental) ---- */

/* For an nnfs_communicator, NULL stands for a process alone. */

/*
 * Joins the job of the launcher (mpirun, srun) that started this process. *communicator is NULL if
 * none did, if the job has one rank, or if nnfs was built without MPI. Initialises MPI unless that
 * is done. One at a time. Errors: BACKEND (MPI does not start), MEMORY.
 */
NNFS_API nnfs_status nnfs_communicator_create(nnfs_communicator **communicator, nnfs_error *error);

/* Waits until all ranks call it; finalises MPI if _create initialised it. */
NNFS_API void nnfs_communicator_free(nnfs_communicator *communicator);

/* Ends all ranks at once with this exit status, and does not return; does nothing for NULL. */
NNFS_API void nnfs_communicator_abort(nnfs_communicator *communicator, int exit_status);

/* This rank, from 0; ranks of the job; hosts that they are on; ranks on this host. */
NNFS_API int nnfs_communicator_rank(const nnfs_communicator *communicator);
NNFS_API int nnfs_communicator_size(const nnfs_communicator *communicator);
NNFS_API int nnfs_communicator_hosts(const nnfs_communicator *communicator);
NNFS_API int nnfs_communicator_host_ranks(const nnfs_communicator *communicator);

/* Seconds that this rank has spent in communication, with waiting for others. */
NNFS_API double nnfs_communicator_seconds(const nnfs_communicator *communicator);

/* Whether another rank is lost. Functions then return IO, and all that is left is _abort. */
NNFS_API int nnfs_communicator_lost(const nnfs_communicator *communicator);

/*
 * Called by all ranks with their status, and the error of those that failed: returns OK if all
 * are OK, else the status of the first rank that failed, on all of them, with its message in
 * *error. NULL: `status`.
 */
NNFS_API nnfs_status nnfs_communicator_agree(nnfs_communicator *communicator, nnfs_status status,
                                             nnfs_error *error);

/*
 * Send and receive messages of the caller, of at most NNFS_MESSAGE_MOST bytes. _send may be called
 * from any thread, and returns when the data may be changed. _receive may be called by one thread
 * of a rank at a time, does not wait, and sets *rank to the sender and *size to the bytes of the
 * next message, or *size to 0 if there is no message. Errors: IO (a rank is lost), ARGUMENT
 * (`bytes` is above the limit or smaller than the message).
 */
#define NNFS_MESSAGE_MOST 4096
NNFS_API nnfs_status nnfs_communicator_send(nnfs_communicator *communicator, int rank,
                                            const void *data, size_t bytes, nnfs_error *error);
NNFS_API nnfs_status nnfs_communicator_receive(nnfs_communicator *communicator, int *rank,
                                               void *data, size_t bytes, size_t *size,
                                               nnfs_error *error);

typedef struct nnfs_train_settings {
    nnfs_optimizer optimizer; /* default adam */
    float learning_rate;      /* > 0; NNFS_DEFAULT: see nnfs_train_settings_resolve */
    float momentum;           /* 0 <= x < 1: momentum, nesterov, rmsprop; beta1 of adam and adamw */
    float beta2;              /* 0 <= x < 1: adam, adamw; alpha of rmsprop */
    float epsilon;            /* >= 0: adagrad, rmsprop, adam, adamw */
    float weight_decay;       /* >= 0; decoupled in adamw, added to the gradient elsewhere */

    /* Of the learning rate. During warm-up what the schedule has is multiplied by a line from 0
     * before the first step to 1 at the step that ends it. Numbers may be NNFS_DEFAULT. */
    nnfs_schedule schedule; /* default cosine */
    double warmup_epochs;   /* >= 0, may be a fraction; default 0 */
    double schedule_every;  /* > 0 epochs, step; default a third of the epochs */
    double schedule_factor; /* > 0, < 1; default of step and plateau 0.1, of exponential 0.9 */
    double schedule_floor;  /* 0 .. 1, cosine and plateau: a share of learning_rate; default 0 */
    int schedule_patience;  /* >= 0 epochs, plateau; default 2 */

    int64_t batch; /* samples a step, >= 0; 0 is the whole dataset; default 128 */
    int epochs;    /* >= 0; default 10 */
    /* 0 .. 1, accuracy on validation data, else on test data, that ends the run; default 0, off */
    double until_accuracy;
    uint64_t seed; /* of the order of the samples; default 1 */
    int threads;   /* >= 0; 0, the default, is all; any number gives the same bits */

    /*
     * Called at most ten times a second, while no weight is being written, and after each epoch;
     * return non-zero to stop with NNFS_ERROR_STOPPED, without the step that is under way (a
     * batch of more than 2,048 samples is taken in parts). Either may be NULL. They run on the
     * thread that called.
     */
    int (*on_progress)(void *user, const nnfs_progress *progress);
    int (*on_epoch)(void *user, const nnfs_epoch *epoch);
    void *user;

    nnfs_profile *profile; /* begun anew by the trainer; borrowed, must outlive it; NULL: none */

    /*
     * Of nnfs_train alone: a folder for checkpoints, created if it does not exist (borrowed;
     * default NULL: no checkpoints), and the intervals between them in seconds, steps and epochs,
     * each 0 or more; 0: no such interval. A checkpoint is also written after each best epoch, when
     * the run is stopped, and at its end. A failed checkpoint does not end the run.
     */
    const char *checkpoint_folder;
    double checkpoint_seconds; /* default 60 */
    int64_t checkpoint_steps;  /* default 0 */
    int checkpoint_epochs;     /* default 0 */
    /*
     * Called before a checkpoint is written, with path NULL: it may set notes of the network, and a
     * status other than NNFS_OK skips the checkpoint. Called again afterwards with its path and the
     * error, NULL on success; the returned status is then ignored. Default NULL.
     */
    nnfs_status (*on_checkpoint)(void *user, const char *path, const nnfs_error *failed);

    const nnfs_checkpoint *resume; /* checkpoint to resume, with at least as many epochs as it has;
                                    * borrowed during the run; default NULL */
    int resume_anywhere;           /* 1: accepts another CPU, BLAS or kernel, which may change the
                                    * bits of the result; default 0 */

    /* 0 <= e < 1: a target y becomes (1 - e) y + e / K, with K classes (Szegedy et al. 2016), or 2
     * with binary_cross_entropy; cross_entropy and binary_cross_entropy only; default 0. Evaluation
     * does not smooth. */
    float label_smoothing;
    /* >= 0: the largest norm of the gradient of all parameters; a larger gradient is scaled down to
     * it, as by torch.nn.utils.clip_grad_norm_. Default 0: no limit. */
    float clip_norm;
    nnfs_precision precision; /* of the products of training; default f32 */
    /*
     * Of nnfs_train with validation data: the network ends with the weights of the best epoch (with
     * until_accuracy, of the epoch that reaches it). patience: epochs without improvement that end
     * the run, 0 or more; default 0: none do. monitor: the metric that is compared; default auto.
     */
    int patience;
    nnfs_monitor monitor;
    /* 0 <= d < 1: after each update the average of a parameter w becomes d average + (1 - d)
     * w, after the first one w; default 0: none. Running statistics are averaged too. The
     * averages are what nnfs_train evaluates, keeps of the best epoch and leaves in the
     * network, unless it diverges. */
    float ema;
    /* >= 0: the standard deviation of Gaussian noise that training adds to the inputs, as the
     * network takes them, and to what the activation of each hidden layer takes, after
     * normalisation; drawn anew for each epoch, sample and unit; default 0. */
    float noise;
    float layer_noise;
    nnfs_calibration calibration_method; /* of nnfs_train that runs to its end; default none */
    /* Steps by hand that are one epoch to the schedule, >= 0; 0, the default: a step by hand does
     * not move the schedule. */
    int64_t steps_per_epoch;
    /*
     * Called between gradient and update, on the caller's thread, with the gradient of all
     * parameters [count] in the order of nnfs_trainer_gradients, which it may change. During a step
     * floats below 1.2e-38 count as 0, here too. Default NULL.
     */
    void (*on_gradient)(void *user, float *gradient, size_t count);
    /*
     * A power of two: the slices that a batch is cut into. Each has its own gradient, and these are
     * added up in a fixed binary tree, as are losses and the statistics of batch normalisation: the
     * same bits at any number of threads, but others for another number of shards. At most the
     * batch. Default 1.
     */
    int shards;
    /*
     * What the gradients of shards, and each sum of two of them, are rounded to, so that half as
     * much travels between ranks with bf16. The bits depend on the number of shards only; no matter
     * with one. Default f32.
     */
    nnfs_precision wire;
    /*
     * The ranks of the job, each with some of the shards: all call nnfs_train with the same data
     * and settings and end with the same weights. At most as many as shards. Borrowed; NULL, the
     * default: this process alone.
     */
    nnfs_communicator *communicator;

    /*
     * Experimental. How the epochs of a dataset of pictures distort its samples, anew each time: a
     * list of augmentations with their settings,
     * "elastic:sigma=6,alpha=36,affine:rotate=15,scale=0.15,flip"; the default "": not at all. A
     * setting without a name before it belongs to the augmentation on its left; KEY@CLASS holds for
     * the samples of one class, by its index: "affine:rotate=15,rotate@1=7.5".
     *
     *   elastic  displacements (Simard et al. 2003): uniform noise in -1 .. 1, smoothed by a
     *            Gaussian of sigma (6) pixels, times alpha (36)
     *   affine   rotate: degrees; scale: a share, of each axis for itself; shear: x moves by as
     *            many pixels for each of y; shift: pixels and parts of one. All at most so much to
     *            either side; 0
     *   shift    whole pixels, at most `pixels` (2) to each side
     *   flip     left and right, with `chance` (0.5)
     *   noise    normal, with standard deviation sigma (0.1)
     *   cutout   a square of `size` (8) pixels, a part of which may lie outside, becomes 0
     *   mixup    a weighted mean of two samples and their targets (Zhang et al. 2018): alpha (0.2),
     *            at most 1; of networks with one member
     *
     * What moves pixels is combined into one bilinear interpolation; outside of the picture all is
     * 0. The same seed, epoch and sample give the same bits. Evaluation and steps by hand see
     * samples as they are.
     */
    char augment[NNFS_SETTING_BYTES];

    void *reserved[16]; /* NULL */
} nnfs_train_settings;

NNFS_API void nnfs_train_settings_init(nnfs_train_settings *settings);

/*
 * Replaces each NNFS_DEFAULT by its value for the optimizer and the schedule, and sets
 * unused settings to
 * 0. Learning rates: sgd 0.1, momentum and nesterov 0.05, adagrad 0.01, rmsprop 0.001,
 * adam and adamw 0.003. Momentum is 0.9 (rmsprop 0); the rest is PyTorch's: beta1 0.9, beta2 0.999
 * (alpha of rmsprop 0.99), epsilon 1e-8 (adagrad 1e-10), weight decay 0 (adamw 0.01). A schedule's
 * defaults stand beside its settings.
 */
NNFS_API void nnfs_train_settings_resolve(nnfs_train_settings *settings);

/*
 * Experimental. Settings by name, for command lines, configuration files, logs and bindings: a
 * description of each field of nnfs_train_settings that affects the result of a run.
 */
typedef enum nnfs_setting_type {
    NNFS_SETTING_NUMBER,
    NNFS_SETTING_WHOLE, /* a whole number */
    NNFS_SETTING_NAME,  /* one of a list of names */
    NNFS_SETTING_TEXT,  /* of at most NNFS_SETTING_BYTES - 1 bytes; empty if unused */
} nnfs_setting_type;

typedef struct nnfs_setting {
    const char *name;   /* of the field, "weight_decay" */
    const char *option; /* of nnfs-train, "weight-decay" */
    /* of the option's NAME:KEY=VALUE,..., "warmup"; NULL: the option's own value */
    const char *key;
    char letter; /* of the option, 'b'; 0: none */
    nnfs_setting_type type;
    const char *zero;     /* a word that stands for 0, "full"; NULL: none */
    const char *help;     /* begins with what it sets */
    const char *standard; /* the default in words, "0, adamw 0.01" */
} nnfs_setting;

/* Setting `index`, from 0; NULL past the last. Constant. */
NNFS_API const nnfs_setting *nnfs_train_setting(int index);
/* Name `index` that a setting of type NNFS_SETTING_NAME takes; NULL past the last. Constant. */
NNFS_API const char *nnfs_train_setting_choice(const char *name, int index);

/*
 * Sets the field `name` from text: a number in its range, a name, the word for 0, or "default",
 * which sets it as _init does. Errors: ARGUMENT; the message says what is wrong with the text,
 * without the name of the setting.
 */
NNFS_API nnfs_status nnfs_train_settings_set(nnfs_train_settings *settings, const char *name,
                                             const char *text, nnfs_error *error);
/*
 * Writes the field `name` as text that _set reads back to the same value; NNFS_SETTING_BYTES are
 * enough. Errors: ARGUMENT (there is no such setting).
 */
NNFS_API nnfs_status nnfs_train_settings_get(const nnfs_train_settings *settings, const char *name,
                                             char *text, size_t size, nnfs_error *error);
/*
 * Returns the first setting greater than 0 that the optimizer or the schedule does not use,
 * and the name of that optimizer or schedule in *user (may be NULL); NULL: all are used. Call
 * it before nnfs_train_settings_resolve.
 */
NNFS_API const nnfs_setting *nnfs_train_settings_unused(const nnfs_train_settings *settings,
                                                        const char **user);

/* The results of a training run. */
typedef struct nnfs_summary {
    int epochs;     /* finished */
    int best_epoch; /* whose weights the network has; 0 without validation data */
    /* "epochs", "accuracy", "patience", "stopped", "diverged"; a constant string */
    const char *reason;
    nnfs_evaluation train; /* of the final network */
    nnfs_evaluation validation;
    nnfs_evaluation test;
    double seconds;            /* of training, without evaluation */
    double samples_per_second; /* over all epochs */
    double gflops;
    nnfs_status checkpoint; /* of the last checkpoint there was to write: NNFS_OK, or why not */
    double temperature;     /* of nnfs_network_calibrate; 1: none */
    nnfs_monitor monitor;   /* by which best_epoch was chosen; not auto if there is one */
    int64_t reserved[3];    /* 0 */
} nnfs_summary;

/*
 * Trains `network` on `train`, evaluating on `validation` and `test` after each epoch (either may
 * be NULL). summary may be NULL; it is filled also when the run is stopped or diverges. Errors:
 * ARGUMENT (a setting out of its range; a checkpoint of another network, run or machine; a folder
 * that holds those of another run), DATA (a dataset that does not fit the network, or is not the
 * checkpoint's), IO (the folder of checkpoints cannot be made, or a run is writing to it), MEMORY,
 * BACKEND, STOPPED, DIVERGED (the message names epoch, batch and layer).
 */
NNFS_API nnfs_status nnfs_train(nnfs_network *network, const nnfs_dataset *train,
                                const nnfs_dataset *validation, const nnfs_dataset *test,
                                const nnfs_train_settings *settings, nnfs_summary *summary,
                                nnfs_error *error);

/*
 * A trainer runs single epochs, steps, or gradients and updates. nnfs_trainer_epoch advances the
 * schedule; a step or update by hand advances it only with steps_per_epoch, and otherwise uses the
 * rate of the current epoch. Past the settings' epochs, cosine and one_cycle keep their last rate;
 * with 0 epochs they keep their first.
 */
typedef struct nnfs_trainer nnfs_trainer;

/*
 * The network is borrowed: it must outlive the trainer. The settings are copied and resolved.
 * Errors: ARGUMENT (a setting out of its range), MEMORY, BACKEND.
 */
NNFS_API nnfs_status nnfs_trainer_create(nnfs_network *network, const nnfs_train_settings *settings,
                                         nnfs_trainer **trainer, nnfs_error *error);
NNFS_API void nnfs_trainer_free(nnfs_trainer *trainer);

/*
 * Trains one epoch, in a new random order unless the dataset is a single batch; the last batch may
 * be smaller. `epoch` may be NULL. The schedule `plateau` uses the training loss. Errors: DATA (the
 * dataset does not fit the network), MEMORY, STOPPED (by on_progress), DIVERGED: the network has
 * the weights from before the epoch (if its first step diverged, from before the previous epoch, or
 * from the creation of the trainer), and the trainer can only be freed.
 */
NNFS_API nnfs_status nnfs_trainer_epoch(nnfs_trainer *trainer, const nnfs_dataset *dataset,
                                        nnfs_epoch *epoch, nnfs_error *error);

/*
 * One update from all samples of `batch`; *loss (may be NULL) is their mean loss before it. Errors:
 * ARGUMENT (arrays missing or sizes out of range), DATA (a label out of range, a batch that does
 * not fit the network), DIVERGED: the loss is not finite, also because of a feature or target, and
 * no weight has changed; or an update is not finite, and the weights concerned keep their values.
 */
NNFS_API nnfs_status nnfs_trainer_step(nnfs_trainer *trainer, const nnfs_arrays *batch,
                                       double *loss, nnfs_error *error);

/*
 * The two halves of a step: the gradient of the mean loss over `batch`, and the update from
 * the current contents of the gradient buffer, so that several machines can average theirs in
 * between. Errors: those of nnfs_trainer_step; of the update, DIVERGED alone, and then the weights
 * whose update is not finite stay as they are.
 */
NNFS_API nnfs_status nnfs_trainer_gradient(nnfs_trainer *trainer, const nnfs_arrays *batch,
                                           double *loss, nnfs_error *error);
NNFS_API nnfs_status nnfs_trainer_update(nnfs_trainer *trainer, nnfs_error *error);

/* ---- Experimental: steps of every kind ---- */

/* A step by hand. Made by nnfs_step_init, which sets `update` to 1 and all else to 0. */
typedef struct nnfs_step {
    /* The samples: arrays, or indices `samples` [count] into a dataset. */
    const nnfs_arrays *arrays;
    const nnfs_dataset *dataset;
    const uint32_t *samples;
    int64_t count;

    /*
     * Replaces the loss: dL/dp [outputs x samples], for the outputs of nnfs_predict in the
     * network's own units, or dL/dz for the inputs of the output activation. Targets are then
     * ignored. Default NULL.
     */
    const float *output_gradient;
    int of_logits; /* 1: output_gradient is dL/dz; default 0, dL/dp */

    float *input_gradient; /* out: dL/dx [inputs x samples]; default NULL: not computed */
    int update;            /* 0: only the gradient is computed; default 1 */
    void *reserved[8];     /* NULL */
} nnfs_step;

NNFS_API void nnfs_step_init(nnfs_step *step);

/*
 * Runs a step, the general form of nnfs_trainer_step and nnfs_trainer_gradient. *loss (may be NULL)
 * is the mean loss before the update, NaN with an output gradient. Errors: ARGUMENT (samples,
 * arrays or a dataset missing or out of range), DATA (they do not fit the network), DIVERGED.
 */
NNFS_API nnfs_status nnfs_trainer_run(nnfs_trainer *trainer, const nnfs_step *step, double *loss,
                                      nnfs_error *error);

/*
 * Gives the network the averaged parameters, if the settings ask for them (average 1), or its own
 * again (0). Every step gives the network its own before it begins.
 */
NNFS_API void nnfs_trainer_use_average(nnfs_trainer *trainer, int average);

/*
 * Sets the learning rate of all further steps in place of the schedule's; NNFS_DEFAULT gives it
 * back to the schedule. Errors: ARGUMENT (not positive).
 */
NNFS_API nnfs_status nnfs_trainer_set_learning_rate(nnfs_trainer *trainer, float rate,
                                                    nnfs_error *error);
/* Returns the learning rate of the next step by hand. */
NNFS_API float nnfs_trainer_learning_rate(const nnfs_trainer *trainer);

/* An op of the compiled step, on a chunk of samples (the batch, but at most 2,048). */
typedef struct nnfs_op {
    const char *name;  /* "forward"; NULL past the last op */
    int layer;         /* from 0; -1: of no layer */
    int stage;         /* from 0: it begins when all tiles of the stage before are complete */
    int rows, columns; /* of what it writes */
    int tiles;
    double flops, bytes; /* of products; else 0 */
    int64_t reserved[4]; /* 0 */
} nnfs_op;

/* The ops of a training step, in order. A step by hand has further ones. */
NNFS_API int nnfs_trainer_ops(const nnfs_trainer *trainer);
NNFS_API nnfs_op nnfs_trainer_op(const nnfs_trainer *trainer, int index);

/* ---- Stable ---- */

/*
 * The gradients, current after nnfs_trainer_gradient; a step need not store them. The whole buffer,
 * alive as long as the trainer, is what an all-reduce needs: *count floats with its padding (always
 * zero), in an order of its own. Of layer `index`, dW [out x in] column-major is copied out of it,
 * and db [out] lies in it (NULL past the last layer). Errors: ARGUMENT (there is no such layer).
 */
NNFS_API float *nnfs_trainer_gradients(nnfs_trainer *trainer, size_t *count);
NNFS_API nnfs_status nnfs_trainer_get_weight_gradient(const nnfs_trainer *trainer, int index,
                                                      float *gradient, nnfs_error *error);
NNFS_API float *nnfs_trainer_bias_gradient(nnfs_trainer *trainer, int index);

/* ---- Checkpoints ---------------------------------------------------------------------------- */

/*
 * A checkpoint is a model file (nnfs_network_load reads it too) with the state that a run needs
 * to resume, also in the middle of an epoch: optimizer and schedule state, settings, position in
 * the epoch, and hashes of the data and of the file. With the same data on the same CPU, BLAS
 * and kernel, the run then ends with the same bits, at any number of threads. The folder holds
 * the last three, checkpoint-EPOCHS-STEPS.safetensors, and best.safetensors, of the epoch that
 * is best by the setting `monitor` on the validation data, or has the smallest training loss
 * without validation data.
 */

/*
 * Opens a checkpoint: a file, or the last one in a folder that reads back whole. Errors: IO, DATA
 * (damaged, or none at all), MEMORY.
 */
NNFS_API nnfs_status nnfs_checkpoint_open(const char *path, nnfs_checkpoint **checkpoint,
                                          nnfs_error *error);
NNFS_API void nnfs_checkpoint_free(nnfs_checkpoint *checkpoint);

/* Return the path of the file, and the reason why a later file in the folder was skipped, or "". */
NNFS_API const char *nnfs_checkpoint_path(const nnfs_checkpoint *checkpoint);
NNFS_API const char *nnfs_checkpoint_skip_reason(const nnfs_checkpoint *checkpoint);
/* Its network, with the notes: the checkpoint's own. */
NNFS_API const nnfs_network *nnfs_checkpoint_network(const nnfs_checkpoint *checkpoint);
/*
 * Checks that nnfs_train can resume it with this network, these data (validation and test may be
 * NULL) and these settings. Writes nothing. Errors: ARGUMENT (another network, setting or, without
 * resume_anywhere, machine), DATA (other data).
 */
NNFS_API nnfs_status nnfs_checkpoint_check(const nnfs_checkpoint *checkpoint,
                                           const nnfs_network *network, const nnfs_dataset *train,
                                           const nnfs_dataset *validation, const nnfs_dataset *test,
                                           const nnfs_train_settings *settings, nnfs_error *error);
/* Returns the resolved settings of the run; threads, callbacks and checkpoint fields are
 * as by _init. */
NNFS_API nnfs_train_settings nnfs_checkpoint_settings(const nnfs_checkpoint *checkpoint);
/* Return the finished epochs, the steps of the unfinished epoch, and whether the run had ended. */
NNFS_API int nnfs_checkpoint_epochs(const nnfs_checkpoint *checkpoint);
NNFS_API int64_t nnfs_checkpoint_steps(const nnfs_checkpoint *checkpoint);
NNFS_API int nnfs_checkpoint_finished(const nnfs_checkpoint *checkpoint);

/* ---- Where the time goes -------------------------------------------------------------------- */

/* The parts of a step: the three products of each layer, and the rest. */
typedef enum nnfs_part {
    NNFS_PART_FORWARD,     /* Z = W A */
    NNFS_PART_BACKWARD,    /* D_prev = W^T D */
    NNFS_PART_GRADIENT,    /* dW = D A^T */
    NNFS_PART_GATHER,      /* the samples of a batch, converted and scaled */
    NNFS_PART_ELEMENTWISE, /* biases, activations and their derivatives, the loss */
    NNFS_PART_OPTIMIZER,
    NNFS_PART_AUGMENT,    /* distortions of pictures */
    NNFS_PART_ALL_REDUCE, /* with other ranks, as far as the step waits for it */
    NNFS_PART_WAITING,    /* for other threads */
} nnfs_part;

/* What limits the speed of a product. */
typedef enum nnfs_bottleneck {
    NNFS_BOTTLENECK_NONE,     /* no product, or one that was not computed */
    NNFS_BOTTLENECK_COMPUTE,  /* arithmetic */
    NNFS_BOTTLENECK_MEMORY,   /* too few operations for each byte of its operands */
    NNFS_BOTTLENECK_OVERHEAD, /* calls too small: their fixed cost dominates */
} nnfs_bottleneck;

/* "forward", "compute" ("" for NNFS_BOTTLENECK_NONE); NULL for other values. */
NNFS_API const char *nnfs_part_name(nnfs_part part);
NNFS_API const char *nnfs_bottleneck_name(nnfs_bottleneck bottleneck);

/* A part of the steps, of one layer if it is a product or the exchange of a gradient. */
typedef struct nnfs_profile_row {
    nnfs_part part;
    int layer;      /* from 0; -1: of no layer */
    double seconds; /* of all threads together */
    double share;   /* of the time of all rows, 0 .. 1 */
    int64_t calls;
    double flops;  /* exact, of all calls; 0 for what is no product, and so are the next three */
    double bytes;  /* of the operands and results of all calls */
    double gflops; /* 10^9 operations a second, of all threads while they are at it */
    nnfs_bottleneck bound;
    int64_t reserved[4]; /* 0 */
} nnfs_profile_row;

typedef struct nnfs_profile_summary {
    int threads;        /* that ran the steps */
    double seconds;     /* that the steps took */
    double peak_gflops; /* of those threads, measured when the trainer was made */
    double bandwidth;   /* 10^9 bytes per second read from a working set of this size, measured */
    double working_set; /* bytes: parameters, gradient, optimizer state and a batch's activations */
    char advice[192];   /* one sentence where something would help; else empty */
    int64_t reserved[4]; /* 0 */
} nnfs_profile_summary;

/*
 * Creates an empty profile for the settings of one trainer at a time; each trainer resets it.
 * Measuring costs a training run about 50 ms and less than 1 % of its speed. Errors: MEMORY.
 */
NNFS_API nnfs_status nnfs_profile_create(nnfs_profile **profile, nnfs_error *error);
NNFS_API void nnfs_profile_free(nnfs_profile *profile);

/*
 * Rows of the profile: products by layer, then the other parts. Valid between steps and after
 * the trainer is freed; no rows before a trainer is created. Past the last one, a row of zeros
 * with layer -1.
 */
NNFS_API int nnfs_profile_rows(const nnfs_profile *profile);
NNFS_API nnfs_profile_row nnfs_profile_row_at(const nnfs_profile *profile, int index);
NNFS_API nnfs_profile_summary nnfs_profile_sum(const nnfs_profile *profile);

/* ---- The machine ---------------------------------------------------------------------------- */

typedef struct nnfs_machine {
    char cpu[64];    /* "AMD EPYC 9355 32-Core Processor" */
    char blas[64];   /* "OpenBLAS 0.3.21 (pthread)", or "naive loops" */
    char kernel[32]; /* the BLAS's kernel, "Haswell"; empty where it does not say */
    /*
     * Faster kernels that OpenBLAS has for this CPU, "SkylakeX": what to set OPENBLAS_CORETYPE to,
     * before the process starts. Empty where nothing is better.
     */
    char better_kernel[32];
    int cores;           /* this process may use: its affinity, within its container's limit */
    int threads;         /* nnfs uses for the number asked for: 0, all, in nnfs_machine_describe */
    char advice[192];    /* one sentence where the machine could do better; else empty */
    int64_t reserved[4]; /* 0 */
} nnfs_machine;

/*
 * Describes the machine. Computes nothing and starts no thread, so that a program can restart
 * itself with the better kernel in its environment: OpenBLAS chooses its kernel when it is loaded.
 */
NNFS_API void nnfs_machine_describe(nnfs_machine *machine);

/*
 * Describes the machine and prepares the BLAS for `threads` threads (0 is all), at most one per
 * core: checks its threading, makes a first call on each thread, and compares a few products
 * with plain loops. Functions that compute do this on their first call. A program that loads
 * much data calls it before that, because a BLAS that cannot allocate its buffers may hang.
 * Takes a few milliseconds. machine may be NULL. Errors: ARGUMENT (threads below 0), BACKEND (a
 * wrong product), MEMORY.
 */
NNFS_API nnfs_status nnfs_machine_prepare(int threads, nnfs_machine *machine, nnfs_error *error);

/*
 * Measures the float32 peak in GFLOP/s of `threads` threads (0 is all): fused multiply-adds on
 * registers, the upper bound for a training run. Takes about 10 ms.
 */
NNFS_API double nnfs_machine_peak(int threads);

#ifdef __cplusplus
}
#endif

#endif
