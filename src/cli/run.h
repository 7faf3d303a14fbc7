/* A training run: what its parts need to tell of it. */
#ifndef NNFS_CLI_RUN_H
#define NNFS_CLI_RUN_H

#include "progress.h"
#include "train_options.h"

#include <stdio.h>

/* A dataset and the path it came from; NULL where there is none. */
typedef struct data_source {
    char *path;
    nnfs_dataset *set;
} data_source;

typedef struct train_run {
    const train_options *options;
    nnfs_machine machine;
    bool prepared;                       /* the machine is */
    data_source train, validation, test; /* validation.path is NULL for a held-out share */
    nnfs_network *network;
    char *shape; /* "784-128-10" */
    nnfs_summary summary;
    nnfs_profile *profile; /* NULL without --profile */
    progress_line progress;
    FILE *log;   /* NULL without --log */
    bool logged; /* false once a line could not be written */
    bool saved;
} train_run;

/* ---- run_data.c ---- */

/* Loads and splits what the options name, and checks that the sets fit each other. */
nnfs_status run_load(train_run *run, nnfs_error *error);
void source_free(data_source *source);

/* ---- run_network.c ---- */

/* Makes the network that the options and the data ask for. */
nnfs_status run_build(train_run *run, nnfs_error *error);
/* Writes into the network how it was trained, on what, and how good it became. */
nnfs_status run_annotate(train_run *run, nnfs_error *error);

/* ---- run_log.c: JSON, an object a line, each flushed ---- */

nnfs_status log_open(train_run *run, nnfs_error *error);
void log_start(train_run *run);
void log_epoch(train_run *run, const nnfs_epoch *epoch);
void log_end(train_run *run);
/* Closes it; an error if anything of it could not be written. */
nnfs_status log_close(train_run *run, nnfs_error *error);

/* ---- report.c ---- */

/* The lines that a person reads at the end, on stdout. */
void report(const train_run *run);

/* ---- profile.c ---- */

/* Where the time went, likewise. */
void report_profile(const train_run *run);

#endif
