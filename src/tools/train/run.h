/* A training run: what its parts need to tell of it. */
#ifndef NNFS_TOOLS_TRAIN_RUN_H
#define NNFS_TOOLS_TRAIN_RUN_H

#include "common/json.h"
#include "common/metrics_text.h"
#include "common/plain_table.h"
#include "report/run_record.h"
#include "train/progress.h"
#include "train/train_options.h"

#include <stdio.h>

/* A dataset and its path, both NULL if unused. */
typedef struct data_source {
    char *path;
    nnfs_dataset *set;
    plain_table plain; /* the numbers of `set`, if it is for an imported network */
} data_source;

/* How good the networks of --folds, or of --networks, are, each on the part it did not see. */
typedef struct fold_scores {
    nnfs_evaluation *scores; /* [count] */
    int count;               /* finished */
} fold_scores;

typedef struct train_run {
    train_options *options;
    nnfs_communicator *communicator; /* NULL: one process */
    double communication;            /* seconds of it before the training */
    nnfs_machine machine;
    bool prepared;                       /* the machine is */
    data_source train, validation, test; /* validation.path is NULL for a held-out share */
    double test_share;                   /* held out of the training data; 0 is none */
    bool replaced_test;                  /* DATA brought a test set that is not used */
    nnfs_preprocessing *preprocessing;   /* of a table, else NULL */
    const nnfs_preprocessing *schema;    /* of the model of --from, its own; else NULL */
    fold_scores folds;
    fold_scores networks; /* of --networks, each on its own validation data */
    nnfs_network *network;
    char *shape; /* "784-128-10" */
    nnfs_summary summary;
    nnfs_profile *profile; /* NULL without --profile */
    progress_view progress;
    FILE *log;       /* NULL without --log */
    bool own_log;    /* known to be of the run that is gone on with */
    bool log_is_new; /* it begins empty */
    bool logged;     /* false once a line could not be written */
    bool saved;
    bool replaced;     /* another file was at the model's path */
    run_record record; /* the events once more, for --report */
    bool recorded;     /* false once one could not be */

    /* Of checkpoints; see resume.h. */
    nnfs_checkpoint *checkpoint; /* that the run goes on from, or NULL */
    char *checkpoints;           /* the folder it is in, or NULL */
    char **words;                /* its command line, or NULL */
    char *command, *folder;      /* as checkpoints note them */
    int64_t log_bytes;           /* of the log when the checkpoint was made; -1: none */
    char id[17];                 /* of a run with checkpoints, random: 16 hex digits; else "" */
} train_run;

/* ---- run_data.c ---- */

/* Loads DATA and holds out the parts that are shares of it. */
nnfs_status run_load(train_run *run, nnfs_error *error);
/* Loads the parts that have a path of their own, and checks that they fit the training part. */
nnfs_status run_load_others(train_run *run, nnfs_error *error);
void source_free(data_source *source);

/* ---- run_prepare.c ---- */

/* Fits the preprocessing of a table to `train`, and prepares it and `other` (or NULL) with it. */
nnfs_status fit_and_prepare(const train_run *run, nnfs_dataset *train, nnfs_dataset *other,
                            nnfs_preprocessing **preprocessing, nnfs_error *error);
/* Fits the preprocessing of the run to its training data, once more if the
 * settings have changed. */
nnfs_status run_prepare_table(train_run *run, nnfs_error *error);
/* The data of the run, from DATA to what a network can be trained on. */
nnfs_status run_prepare(train_run *run, nnfs_error *error);

/* ---- column_becomes.c ---- */

/*
 * What becomes of a column of the training table: "6 inputs: INLAND, ISLAND, others". Freed by the
 * caller; NULL: no memory.
 */
char *column_becomes(const train_run *run, int index);

/* ---- table_summary.c ---- */

/* What is in a table and what becomes of it, on stderr; and what might be wrong with it. */
nnfs_status look(const train_run *run, nnfs_error *error);

/* ---- target_summary.c ---- */

/* Describes the target. */
nnfs_status look_targets(const train_run *run, nnfs_error *error);

/* Whether the target is one number that is negative nowhere and has a long tail. Errors: MEMORY. */
nnfs_status target_is_skewed(const nnfs_dataset *data, bool *is_skewed, nnfs_error *error);

/* ---- run_folds.c ---- */

/* Trains and measures a network for each of --folds, from nothing. Errors: all of training's. */
nnfs_status run_folds(train_run *run, nnfs_error *error);

/* ---- run_ensemble.c ---- */

/* Trains the networks of --networks and --refit; they are kept and measured also after a stop.
 * Errors: all of training's. */
nnfs_status run_ensemble(train_run *run, const nnfs_train_settings *settings, nnfs_error *error);

/* ---- nnfs_train.c ---- */

/* A summary of nothing. */
nnfs_summary summary_of_nothing(const char *reason);

/* ---- fold_scores.c ---- */

double folds_mean(const fold_scores *folds, const metric *what);
double folds_spread(const fold_scores *folds, const metric *what);

/* ---- run_from.c ---- */

/* Loads the model of --from. Errors: those of nnfs_network_load. */
nnfs_status from_load_model(train_run *run, nnfs_error *error);
/* Whether the training data fit that model. Errors: DATA. */
nnfs_status from_check(const train_run *run, nnfs_error *error);
/* Freezes the layers of --freeze. Errors: ARGUMENT (no such layer, or all of them). */
nnfs_status from_freeze(train_run *run, nnfs_error *error);

/* ---- run_network.c ---- */

/* What the network ends with: as the options and the task ask for. */
nnfs_activation run_output(const train_run *run);
/* A network as the options and the data ask for, with fresh weights. */
nnfs_status make_network(const train_run *run, const nnfs_dataset *data, uint64_t seed,
                         nnfs_network **network, nnfs_error *error);
/* The network of the run. */
nnfs_status run_build(train_run *run, nnfs_error *error);
/* Writes into the network how it was trained, on what, and how good it became. */
nnfs_status run_annotate(train_run *run, nnfs_error *error);

/* ---- run_log.c: JSON, an object a line, each flushed ---- */

/* Whether anybody wants the events of the run. */
bool is_logged(const train_run *run);
/* Whether a file is a run log: of the run `id`, or, if `id` is "", of any. Errors: IO. */
nnfs_status find_run_log(const char *path, const char *id, bool *is_log, nnfs_error *error);
/* Opens the log and keeps other runs from it. Writes nothing yet. Errors: IO, DATA (no run log). */
nnfs_status log_open(train_run *run, nnfs_error *error);
/* Cuts the log to what it was at the checkpoint, or to nothing. Errors: IO. */
nnfs_status log_cut(train_run *run, nnfs_error *error);
void log_start(train_run *run);
/* The run goes on from a checkpoint: what came after that has been cut off. */
void log_resume(train_run *run);
/* One of --folds, counted from 1; its held-out part is the summary's validation. */
void log_fold(train_run *run, int fold, const nnfs_summary *summary);
/* One of --networks, counted from 1. */
void log_network(train_run *run, int network, const nnfs_summary *summary);
void log_epoch(train_run *run, const nnfs_epoch *epoch);
void log_end(train_run *run);
/* Writes the object as a line and lets go of it; once a line is lost, no further one is tried. */
void log_line(train_run *run, json_t *object);
/* Closes it; an error if anything of it could not be written. */
nnfs_status log_close(train_run *run, nnfs_error *error);

/* ---- run_diagnostics.c ---- */

/* Writes into the log what the network came to, as people look at it: its predictions of the
 * validation and the test set, the weights of its first layer, where the time went. */
void log_details(train_run *run);

/* ---- run_report.c: --report ---- */

/* Before the log is opened: a run that goes on has events there already. Errors:
 * IO, DATA, MEMORY. */
nnfs_status record_begin(train_run *run, nnfs_error *error);
/* Keeps an event, which stays the caller's. */
void record_event(train_run *run, json_t *event);
/* Writes the report. Errors: IO, MEMORY. */
nnfs_status record_report(train_run *run, nnfs_error *error);

/* ---- results.c ---- */

/* The lines that a person reads at the end, on stdout. */
void report(const train_run *run);

/* ---- show_program.c ---- */

/* Prints the compiled step of the run. */
nnfs_status show_program(const train_run *run, nnfs_error *error);

/* ---- profile_table.c ---- */

/* Prints the profile. */
void report_profile(const train_run *run);

#endif
