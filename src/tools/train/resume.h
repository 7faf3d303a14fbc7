/*
 * Checkpoints as nnfs-train makes and takes them. Each has as notes the command line of the run,
 * the folder it was given in, and how long the run log was: all it takes to go on.
 */
#ifndef NNFS_TOOLS_TRAIN_RESUME_H
#define NNFS_TOOLS_TRAIN_RESUME_H

#include "train/run.h"

/*
 * With --resume: opens the checkpoint, goes to the folder in which the run was started, and puts
 * the run's own options in the place of those given, except for what may be given with --resume.
 * Exits where that cannot be.
 */
void resume_open(train_run *run, train_options *options, char **argv);

/* The command line that the run has, as later checkpoints note it: of `argv`, or
 * the resumed one's. */
nnfs_status resume_remember(train_run *run, char **argv, nnfs_error *error);
void resume_free(train_run *run);

/* nnfs_train_settings.on_checkpoint of the run. */
nnfs_status resume_on_checkpoint(void *user, const char *path, const nnfs_error *failed);

/* A word as the notes have it: bytes that are not printable ASCII, and blanks, as %XX. Reading
 * works in place; false for what is not written so. */
void resume_write_word(FILE *stream, const char *word);
bool resume_read_word(char *word);

/* The notes that are of the run and not of its model are taken away. */
void resume_forget_notes(train_run *run);

/* Says where the run goes on, and which checkpoints could not be read. */
void resume_say(const train_run *run);

/* "nnfs-train --resume FOLDER", with the program as it was called, for a message; "" where there
 * are no checkpoints. In fresh memory. */
char *resume_command(const train_run *run);

#endif
