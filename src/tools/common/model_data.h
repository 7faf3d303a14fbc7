/* A saved model, and data read as it takes them: what nnfs-eval and nnfs-predict begin with. */
#ifndef NNFS_TOOLS_COMMON_MODEL_DATA_H
#define NNFS_TOOLS_COMMON_MODEL_DATA_H

#include "common/ensemble.h"
#include "common/model_split.h"
#include "common/plain_table.h"
#include "common/table_options.h"

#include <nnfs/nnfs.h>

#include <stdbool.h>

typedef enum data_split {
    SPLIT_ANY, /* the test set where there is one, else all there is */
    SPLIT_TRAIN,
    SPLIT_TEST,
    SPLIT_VALIDATION,
} data_split;

/* "train", "test" and "validation", in this order. */
const char *split_names(int value);

/* nnfs_precision_name, as a list of values. */
const char *precision_names(int value);

/* Models of an ensemble, at most. */
enum { MODELS_MOST = 64 };

typedef struct model_request {
    const char *model;
    const char *more[MODELS_MOST - 1]; /* models that are averaged with it */
    int more_count;
    const char *data;
    data_split split;
    int threads;
    bool quiet;
    nnfs_precision precision;
    bool ignore_targets; /* there is nothing to compare with */
    bool any_rows;       /* rows that the model was trained on do as well as others */
    table_options table;
} model_request;

typedef struct model_data {
    bool prepared; /* the machine is */
    nnfs_machine machine;
    nnfs_network *network;
    char *path; /* of the data */
    nnfs_dataset *train, *test;
    model_splits splits;  /* of `train`, where the model was trained on a part of it */
    bool trained_on;      /* the model was trained on all of `chosen`, or on parts.train of it */
    plain_table plain;    /* in place of both, for a table without preprocessing */
    nnfs_dataset *chosen; /* one of them */

    /* The model and those that are averaged with it, for all that predict. */
    struct model_data *more; /* [of.count - 1] */
    ensemble_member *members;
    ensemble of;
} model_data;

/* Rows of options for a model_request at `at` of the tool's structure. */
/* clang-format off */
#define MODEL_ROW_SPLIT(at, ...)                                                                   \
    {"split", 0, "NAME", "data split; of a file that the model was trained on a part of also "     \
     "what was held out", "test where DATA has one, else all of it",                               \
     .kind = OPTION_NAME, .offset = (at) + offsetof(model_request, split), .first = SPLIT_TRAIN,   \
     .what = "split", .names = split_names, __VA_ARGS__}
#define MODEL_ROW_PRECISION(at)                                                                    \
    {"precision", 0, "NAME", "precision of the matrix products; bf16 is faster on CPUs with "      \
     "AVX512_BF16, and slower on others", "f32",                                                   \
     .kind = OPTION_NAME, .offset = (at) + offsetof(model_request, precision),                     \
     .what = "precision", .names = precision_names}
#define MODEL_ROWS_RUN(at, quiet_help)                                                             \
    {"threads", 't', "N", "threads; the result is the same for any number", "all",                 \
     .kind = OPTION_COUNT, .offset = (at) + offsetof(model_request, threads), .lowest = 1,         \
     .highest = THREADS_MOST},                                                                     \
    {"quiet", 'q', NULL, quiet_help, NULL, .kind = OPTION_FLAG,                                    \
     .offset = (at) + offsetof(model_request, quiet)}
/* clang-format on */

/* MODEL... and DATA, in this order. */
void model_request_argument(void *target, const char *text);
/* Checks combinations of options; errors are usage errors. */
void model_request_check(const model_request *request);

/*
 * Loads them, the data as each network needs them, and says what was left out. Freed by
 * model_data_free, also after a failure. Errors: IO, DATA (also data that do not fit the model,
 * models of other classes), MEMORY, BACKEND.
 */
nnfs_status model_data_load(const model_request *request, model_data *loaded, nnfs_error *error);
/* How many of the chosen samples the model is known to have been trained on. */
int64_t model_data_trained_on(const model_data *loaded);
/* Whether the values of `data` come to the network as they did when it was
 * trained. Errors: DATA. */
nnfs_status model_check_scale(const nnfs_network *network, const char *model,
                              const nnfs_dataset *data, const char *path, nnfs_error *error);
/* Says what of a table like the model's was left out, and which categories are new. */
void model_data_describe(const nnfs_dataset *data);
void model_data_free(model_data *loaded);

#endif
