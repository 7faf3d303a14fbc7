/*
 * The progress of a run on stderr: on a terminal one line that is redrawn, elsewhere nothing but a
 * plain line an epoch.
 */
#ifndef NNFS_CLI_PROGRESS_H
#define NNFS_CLI_PROGRESS_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

typedef struct progress_line {
    int epochs;     /* in all */
    char label[32]; /* "fold 2/5  ", what these are epochs of, or "" */
    bool quiet;
    bool live;   /* a terminal that can redraw a line */
    bool colour; /* and NO_COLOR is not set */
    bool drawn;  /* a live line stands there */
} progress_line;

progress_line progress_begin(int epochs, bool quiet);
void progress_step(progress_line *progress, const nnfs_progress *now);
void progress_epoch(progress_line *progress, const nnfs_epoch *epoch);
/* Clears the live line, so that messages can follow. */
void progress_end(progress_line *progress);

#endif
