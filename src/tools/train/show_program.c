/* The compiled step as a table: its ops in order, by stages. */
#include "common/lines.h"
#include "train/run.h"

#include <stdio.h>

static void print_op(const nnfs_op *op)
{
    char layer[16] = "";
    char shape[32];
    if (op->layer >= 0) {
        (void)snprintf(layer, sizeof layer, "%d", op->layer + 1);
    }
    (void)snprintf(shape, sizeof shape, "%d x %d", op->rows, op->columns);
    (void)printf("%5d  %5s  %-19s%15s %6d", op->stage + 1, layer, op->name, shape, op->tiles);
    if (op->flops > 0.0) {
        (void)printf(" %9.2f %9.2f", 1e-6 * op->flops, 1e-6 * op->bytes);
    }
    (void)printf("\n");
}

nnfs_status show_program(const train_run *run, nnfs_error *error)
{
    nnfs_trainer *trainer = NULL;
    nnfs_status status = nnfs_trainer_create(run->network, &run->options->train, &trainer, error);
    if (status != NNFS_OK) {
        return status;
    }
    line_print(stdout,
               "The step of %s. A stage begins when all tiles of the one before are complete.\n\n",
               run->shape);
    (void)printf("%5s  %5s  %-18s %15s %6s %9s %9s\n", "stage", "layer", "op", "shape", "tiles",
                 "MFLOP", "MB");
    for (int i = 0; i < nnfs_trainer_ops(trainer); i++) {
        nnfs_op op = nnfs_trainer_op(trainer, i);
        print_op(&op);
    }
    nnfs_trainer_free(trainer);
    return NNFS_OK;
}
