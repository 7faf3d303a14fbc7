/*
 * The checkpoints of a run: when one is due, where it goes, which are kept, and how a run goes
 * on from one. The last three are kept, and the best; none is removed before the newest was
 * read back whole.
 */
#ifndef NNFS_TRAINING_CHECKPOINTS_H
#define NNFS_TRAINING_CHECKPOINTS_H

#include "formats/checkpoint.h"
#include "training/trainer.h"

struct checkpoints {
    const nnfs_dataset *data[3]; /* for training, validation and test; the last two may be NULL */
    uint64_t data_hash;
    int64_t samples;
    nnfs_machine machine;
    double saved_at;     /* clock, when there last was one to write */
    int64_t saved_steps; /* of the trainer then; -1 */
    double seconds;      /* of the epochs finished */
    double best;
    bool reached;       /* the accuracy that ends the run */
    bool finished;      /* the run is at its end */
    nnfs_status failed; /* of the last one */
    int lock;           /* on the folder; -1 */
};

/* Makes the folder, if the settings have one. Errors: IO (another run is writing there),
 * ARGUMENT (it holds another run's). checkpoints_free unlocks the folder, also after an error. */
nnfs_status checkpoints_begin(checkpoints *c, nnfs_trainer *trainer, const nnfs_dataset *train,
                              const nnfs_dataset *validation, const nnfs_dataset *test,
                              nnfs_error *error);

/* Puts trainer and network where the checkpoint has them. Errors: ARGUMENT, DATA (not its data). */
nnfs_status checkpoints_restore(checkpoints *c, nnfs_trainer *trainer,
                                const nnfs_checkpoint *checkpoint, nnfs_error *error);

/* Whether a checkpoint is due after `steps` steps; the next step at which one is certainly due (0:
 * unknown). `c` may be NULL. */
bool checkpoints_due(const checkpoints *c, const nnfs_trainer *trainer);
int64_t checkpoints_next_step(const checkpoints *c, const nnfs_trainer *trainer);

/* Writes one; `point` is what is done of the epoch under way. */
void checkpoints_save(checkpoints *c, nnfs_trainer *trainer, const resume_point *point);

/* After an epoch: writes one if it is due, or wanted, or the epoch was the best, or the last. */
void checkpoints_epoch(checkpoints *c, nnfs_trainer *trainer, double loss, bool wanted);

/* Writes the checkpoint of the finished run unless it exists. */
void checkpoints_end(checkpoints *c, nnfs_trainer *trainer);

void checkpoints_free(checkpoints *c);

#endif
