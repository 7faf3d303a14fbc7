/* The ops of a trainer's program, for those who look at it. */
#include "training/trainer.h"

#include <string.h>

/* What a step of nnfs_train asks for; the other ops wait for steps by hand. */
static const unsigned step_needs =
    RUN_FORWARD | RUN_LOSS | RUN_GRADIENT | RUN_UPDATE | RUN_SAMPLE_UPDATE;

/* The op of the program that is number `index` of a step; NULL past the last. */
static const program_op *find_op(const program *p, int index, int *stage)
{
    int number = -1;
    *stage = -1;
    bool counted = false; /* whether the current stage has an op of the step */
    for (int i = 0; i < p->op_count; i++) {
        const program_op *op = &p->ops[i];
        counted = counted && !op->starts_stage;
        if (!op_is_asked_for(op, step_needs)) {
            continue;
        }
        *stage += !counted;
        counted = true;
        if (++number == index) {
            return op;
        }
    }
    return NULL;
}

int nnfs_trainer_ops(const nnfs_trainer *trainer)
{
    int count = 0;
    for (int i = 0; trainer && i < trainer->program.op_count; i++) {
        count += op_is_asked_for(&trainer->program.ops[i], step_needs);
    }
    return count;
}

nnfs_op nnfs_trainer_op(const nnfs_trainer *trainer, int index)
{
    int stage = -1;
    const program *p = NULL;
    if (trainer) {
        p = &trainer->program;
    }
    const program_op *op = NULL;
    if (p && index >= 0) {
        op = find_op(p, index, &stage);
    }
    if (!op) {
        return (nnfs_op){.name = NULL, .layer = -1, .stage = -1};
    }
    const program_chain chain = {(int)(op - p->ops), (int)(op - p->ops)};
    op_cost cost = program_op_cost(p, op, p->chunk);
    bool parameters = op->grid.axis == AXIS_PARAMETERS;
    return (nnfs_op){
        .name = op->kind->name,
        .layer = op->layer,
        .stage = stage,
        .rows = op->out.rows > 0 ? op->out.rows : op->in.rows,
        .columns = parameters ? op->out.columns : p->chunk,
        .tiles = (op->first_tile ? 1 : program_chain_tiles(p, &chain, p->chunk)) *
                 (op->kind->once ? 1 : p->range.count),
        .flops = 2.0 * (double)cost.multiply_adds,
        .bytes = sizeof(float) * (double)cost.elements,
    };
}
