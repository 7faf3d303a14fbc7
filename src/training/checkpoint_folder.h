/*
 * A folder of checkpoints: what its files are called, which stay, which one is the newest that
 * reads back whole.
 */
#ifndef NNFS_TRAINING_CHECKPOINT_FOLDER_H
#define NNFS_TRAINING_CHECKPOINT_FOLDER_H

#include "formats/checkpoint.h"

/*
 * Creates the folder if it does not exist and removes temporary files of killed processes. It is
 * this run's alone until folder_end. Errors: IO (another run has it), ARGUMENT (checkpoints are in
 * it, and the run is not `resumed`), MEMORY.
 */
nnfs_status folder_begin(const char *folder, bool resumed, int *lock, nnfs_error *error);

/* Lets go of the folder; -1: of none. */
void folder_end(int lock);

/* FOLDER/checkpoint-EPOCHS-STEPS.safetensors in fresh memory (free); NULL: none. */
char *folder_path(const char *folder, int epochs, int64_t steps);

/*
 * Reads the newest file, `path`, back, then removes all but the last three. Errors: IO, DATA (it
 * does not read back: nothing is removed), MEMORY.
 */
nnfs_status folder_tidy(const char *folder, const char *path, nnfs_error *error);

/* The checkpoint after epoch `epochs`, which is there, becomes best.safetensors.
 * Errors: IO, MEMORY. */
nnfs_status folder_mark_best(const char *folder, int epochs, nnfs_error *error);

/* What a checkpoint holds besides its network. */
const checkpoint_state *checkpoint_state_of(const nnfs_checkpoint *checkpoint);

#endif
