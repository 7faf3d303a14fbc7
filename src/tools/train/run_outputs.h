/*
 * Which files a resumed run may write. A checkpoint is data, from somebody else perhaps, and
 * the paths in it prove nothing. A file is the run's own if it is a run log whose first line
 * has the run's identifier, or if the run noted the file's name in a list beside it,
 * OUTPUT_LIST, when it began.
 */
#ifndef NNFS_TOOLS_TRAIN_RUN_OUTPUTS_H
#define NNFS_TOOLS_TRAIN_RUN_OUTPUTS_H

#include "train/run.h"

#define OUTPUT_LIST ".nnfs-runs"

/* Gives a run with checkpoints, which may be resumed, a random identifier. */
void outputs_identify(train_run *run);

/* Makes the paths named beside --resume absolute, before the run goes to its own
 * folder. Errors: MEMORY. */
nnfs_status outputs_named(train_options *given, nnfs_error *error);

/*
 * Lists on stderr what a resumed run would write and neither owns nor was told to write.
 * Errors: ARGUMENT (there is such a file, and no --resume-outputs), IO.
 */
nnfs_status outputs_check(train_run *run, nnfs_error *error);

/* Notes the outputs of a run with checkpoints as its own, so that it can be resumed without naming
 * them. Errors: IO, MEMORY. */
nnfs_status outputs_claim(const train_run *run, nnfs_error *error);

#endif
