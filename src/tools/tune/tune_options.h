/* The command line of nnfs-tune: what is varied, what stays, and how the runs are to be made. */
#ifndef NNFS_TOOLS_TUNE_TUNE_OPTIONS_H
#define NNFS_TOOLS_TUNE_TUNE_OPTIONS_H

#include "tune/tune_space.h"

#include <stdio.h>

typedef struct tune_options {
    const char *data;
    const char *data_format; /* of a rank that does not see them; NULL: of any other */
    tune_space space;
    int jobs;         /* runs side by side; 0: as many as there are threads */
    int threads;      /* for all of them together; 0 is all */
    const char *log;  /* or NULL for none */
    const char *plot; /* or NULL */
    int folds;        /* of each run; 0: none */
    double seconds;   /* for all runs; 0: no limit */
    bool halving;     /* few epochs for all, more for the better ones */
    bool fresh;       /* begin anew, also if the log has runs */
    bool quiet;
} tune_options;

/* Exits on a usage error, --help and --version. */
void tune_options_parse(tune_options *options, int argc, char **argv);
void tune_options_free(tune_options *options);

/*
 * What decides the results, as a command line: "mnist --lr 0.5,0.25". The same text, the same runs.
 * In fresh memory.
 */
char *tune_command(const tune_options *options);

#endif
