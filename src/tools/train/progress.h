/*
 * The progress of a run on stderr: on a terminal a view of a few lines that stays in its place and
 * ends as a summary of the run, elsewhere a plain line an epoch, and an estimate of a long run.
 */
#ifndef NNFS_TOOLS_TRAIN_PROGRESS_H
#define NNFS_TOOLS_TRAIN_PROGRESS_H

#include "common/screen.h"
#include "train/curve.h"

#include <nnfs/nnfs.h>

#include <math.h>
#include <stdbool.h>

/* The run to display. */
typedef struct progress_plan {
    int epochs;
    int64_t samples;  /* an epoch */
    const char *what; /* fold or network: */
    int fold, folds;  /* which of --folds or --networks it is, from 1; 0: none */
    int others;       /* runs like this one that follow it */
    double flops;     /* of a training step, a sample */
    int threads;
    bool quiet;
    const nnfs_communicator *communicator; /* with other ranks; NULL: there are none */
} progress_plan;

/* A number as it is now, and the best it was after an epoch. */
typedef struct progress_record {
    double now, best; /* NaN: there is none */
    int epoch;        /* of the best */
    bool less;        /* is better */
    bool share;       /* a percentage; else an error in its own units */
} progress_record;

typedef struct progress_view {
    progress_plan plan;
    screen screen;
    curve losses;
    progress_record loss, accuracy, validation, test;
    nnfs_progress now; /* of the epoch under way */
    int done;          /* epochs finished */
    bool ended;
    bool estimated;                  /* the time was told, elsewhere than on a terminal */
    double rate;                     /* samples a second */
    double peak;                     /* GFLOP/s of this machine */
    double drawn;                    /* when; of the clock, like the next */
    double first_time, first_epochs; /* where this process began to watch */
    double first_waited;             /* seconds waited for other ranks by then */
    double line_time, line_waited;   /* the same at the last line of an epoch */
    double seen_samples, seen_loss;  /* of this epoch: what is in the curve already */
    int left;                        /* columns that the texts beside the curve have taken */
} progress_view;

/* *view is all zeros, or has been used before: the peak, a few milliseconds' work,
 * is measured once. */
void progress_begin(progress_view *view, const progress_plan *plan);
void progress_step(progress_view *view, const nnfs_progress *now);
void progress_epoch(progress_view *view, const nnfs_epoch *epoch);
/* Takes the view away, so that messages can follow; the next step draws it again below them. */
void progress_clear(progress_view *view);
/* Draws how the run ended, and leaves that where it is. */
void progress_finish(progress_view *view);

/* ---- progress_view.c ---- */

void progress_draw(progress_view *view);
/* Seconds to the end of the epoch and of the run; NaN if unknown. */
double progress_epoch_left(const progress_view *view);
double progress_run_left(const progress_view *view);
double progress_clock(void);
/* Epochs made, with the part of the one under way. */
double progress_epochs_made(const progress_view *view);

#endif
