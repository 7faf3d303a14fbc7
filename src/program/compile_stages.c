/* Fuses ops to one, the ops of a program to chains, and the chains to stages. */
#include "program/compile.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- Gradient and update ---- */

/* The update that takes the gradient of op `index` as it is; -1: something stands between. */
static int update_of_gradient(const program *p, int index)
{
    for (int i = index + 1; i < p->op_count; i++) {
        const program_op *op = &p->ops[i];
        if (op->kind == &op_gradient_norm || op->kind == &op_on_gradient) {
            return -1;
        }
        if (op->kind == &op_update && op->tensor == p->ops[index].tensor) {
            return i;
        }
    }
    return -1;
}

/*
 * Only for steps of one sample and one member: the gradient of more takes a product that is worth
 * the trip through memory. The two ops stay for larger steps by hand, and for halves of a step.
 */
void compile_fuse_updates(compiler *c)
{
    program *p = c->program;
    bool alone = c->tiles.chunk == 1 && p->shards == 1 && c->network->members == 1;
    for (int i = 0; alone && i < p->op_count; i++) {
        int update = p->ops[i].kind == &op_gradient ? update_of_gradient(p, i) : -1;
        if (update < 0) {
            continue;
        }
        program_op both = p->ops[i];
        both.kind = &op_sample_update;
        both.needs |= RUN_UPDATE | RUN_SAMPLE_UPDATE;
        p->ops[i].unless = p->ops[update].unless = RUN_SAMPLE_UPDATE;
        compile_emit(c, &both);
        if (c->no_memory) {
            return;
        }
        size_t after = (size_t)(p->op_count - 1 - update);
        memmove(&p->ops[update + 1], &p->ops[update], after * sizeof both);
        p->ops[update] = both;
    }
}

/* ---- Chains and stages ---- */

static bool same_grid(const op_grid *a, const op_grid *b)
{
    return a->axis == b->axis && a->layer == b->layer && a->tile_rows == b->tile_rows &&
           a->tile_columns == b->tile_columns && (a->tile_rows == 0 || a->rows == b->rows);
}

void compile_fuse(program *p)
{
    for (int i = 0; i < p->op_count; i++) {
        program_op *next = &p->ops[i];
        const program_op *before = NULL;
        if (i > 0) {
            before = &p->ops[i - 1];
        }
        bool again = before && p->shards > 1 && before->kind->once != next->kind->once;
        bool same = before && same_grid(&before->grid, &next->grid);
        bool parameters = next->grid.axis == AXIS_PARAMETERS;
        bool local = parameters || next->kind->elementwise || next->grid.tile_rows == 0;
        bool turns = before && before->turn != next->turn;
        bool finished = next->kind->after_finish || turns ||
                        (next->kind == &op_update && before && before->kind == &op_gradient_norm);
        bool beside = parameters && before && before->grid.axis == AXIS_PARAMETERS;
        next->starts_stage = finished || again || !(beside || (same && local));
        next->starts_chain = next->starts_stage || !same;
    }
}

bool compile_list_stages(program *p)
{
    for (int i = 0; i < p->op_count; i++) {
        p->chain_count += p->ops[i].starts_chain;
        p->stage_count += p->ops[i].starts_stage;
    }
    p->chains = calloc((size_t)p->chain_count, sizeof *p->chains);
    p->stages = calloc((size_t)p->stage_count, sizeof *p->stages);
    if (!p->chains || !p->stages) {
        return false;
    }
    int chain = -1;
    int stage = -1;
    for (int i = 0; i < p->op_count; i++) {
        if (p->ops[i].starts_chain) {
            p->chains[++chain].first = i;
        }
        if (p->ops[i].starts_stage) {
            p->stages[++stage].first = chain;
            p->stages[stage].single = p->ops[i].grid.axis == AXIS_SINGLE;
            p->stages[stage].once = p->ops[i].kind->once;
        }
        p->chains[chain].last = i;
        p->stages[stage].last = chain;
    }
    return true;
}
