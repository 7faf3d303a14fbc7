/* A saved model, and data read as it takes them: what nnfs-eval and nnfs-predict begin with. */
#ifndef NNFS_TOOLS_COMMON_MODEL_DATA_H
#define NNFS_TOOLS_COMMON_MODEL_DATA_H

#include "common/table_options.h"

#include <nnfs/nnfs.h>

#include <stdbool.h>

typedef enum data_part {
    PART_ANY, /* the test set where there is one, else all there is */
    PART_TRAIN,
    PART_TEST,
} data_part;

/* "train" and "test", in this order. */
const char *part_names(int value);

typedef struct model_request {
    const char *model;
    const char *data;
    data_part part;
    int threads;
    bool quiet;
    bool ignore_targets; /* there is nothing to compare with */
    table_options table;
} model_request;

typedef struct model_data {
    bool prepared; /* the machine is */
    nnfs_machine machine;
    nnfs_network *network;
    char *path; /* of the data */
    nnfs_dataset *train, *test;
    nnfs_dataset *chosen; /* one of them */
} model_data;

/* Rows of options for a model_request at `at` of the tool's structure. */
/* clang-format off */
#define MODEL_ROW_SPLIT(at, ...)                                                                   \
    {"split", 0, "NAME", "data split", "test where DATA has one, else all of it",                  \
     .kind = OPTION_NAME, .offset = (at) + offsetof(model_request, part), .first = PART_TRAIN,     \
     .what = "split", .names = part_names, __VA_ARGS__}
#define MODEL_ROWS_RUN(at, quiet_help)                                                             \
    {"threads", 't', "N", "threads; the result is the same for any number", "all",                 \
     .kind = OPTION_COUNT, .offset = (at) + offsetof(model_request, threads), .lowest = 1,         \
     .highest = THREADS_MOST},                                                                     \
    {"quiet", 'q', NULL, quiet_help, NULL, .kind = OPTION_FLAG,                                    \
     .offset = (at) + offsetof(model_request, quiet)}
/* clang-format on */

/* MODEL and DATA, in this order; a third is a usage error. */
void model_request_argument(void *target, const char *text);
/* Checks combinations of options; errors are usage errors. */
void model_request_check(const model_request *request);

/*
 * Loads both, the data as the network needs them, and reports skipped rows. The caller must have them
 * freed also on failure. Errors: IO, DATA (also data that do not fit the model), MEMORY, BACKEND.
 */
nnfs_status model_data_load(const model_request *request, model_data *loaded, nnfs_error *error);
void model_data_free(model_data *loaded);

#endif
