/* Workspaces: all memory that the steps of a program need. */
#include "program/workspace.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "network/network.h"

#include <string.h>

static op_state lay_out_state(memory_slab *slab, const program *p, const nnfs_network *network)
{
    size_t chunk = (size_t)p->chunk;
    size_t outputs = (size_t)network_output(network)->out;
    size_t members = network->members > 1 ? (size_t)network->members : 0;
    return (op_state){
        .labels = memory_take(slab, chunk, sizeof(int32_t)),
        .targets = memory_take(slab, size_mul(outputs, chunk), sizeof(float)),
        .weights = memory_take(slab, chunk, sizeof(float)),
        .shares = memory_take(slab, chunk, sizeof(float)),
        .partners = memory_take(slab, chunk, sizeof(int32_t)),
        .member_labels = memory_take(slab, size_mul(chunk, members), sizeof(int32_t)),
        .member_targets =
            memory_take(slab, size_mul(size_mul(outputs, chunk), members), sizeof(float)),
        .member_weights = memory_take(slab, size_mul(chunk, members), sizeof(float)),
        .records = memory_take(slab, chunk / (size_t)p->tile_columns + 1, sizeof(tile_record)),
        .sums = memory_take(slab, p->sums, sizeof(double)),
        .gradient_scale = 1.0f,
    };
}

/* The first shard's gradient is the run's. */
static shard_work lay_out_shard(memory_slab *slab, const program *p, const nnfs_network *network,
                                bool first)
{
    size_t partials = size_mul(p->gradient_floats, (size_t)p->partials);
    float *work = memory_take(slab, p->work_floats, sizeof(float));
    return (shard_work){
        .state = lay_out_state(slab, p, network),
        .work = work,
        .x = work, /* the program's first matrix */
        .partials = p->partials > 0 ? memory_take(slab, partials, sizeof(float)) : NULL,
        .leaf = first ? NULL : memory_take(slab, p->gradient_floats, sizeof(float)),
    };
}

/* The buffers are NULL while the slab counts. */
static void lay_out(workspace *w, memory_slab *slab, const program *p, const nnfs_network *network,
                    int threads)
{
    w->shards = memory_take(slab, (size_t)w->shard_count, sizeof *w->shards);
    w->leaves = memory_take(slab, (size_t)w->shard_count, sizeof *w->leaves);
    w->runs = memory_take(slab, 2 * (size_t)p->stage_count, sizeof(bool));
    w->scratch = memory_take(slab, size_mul(w->scratch_floats, (size_t)threads), sizeof(float));
    phases_init(&w->phases, memory_take(slab, (size_t)p->tiles, sizeof *w->phases.claimed),
                p->tiles);
    w->packed = p->packed_floats > 0 ? memory_take(slab, p->packed_floats, sizeof(float)) : NULL;
    for (int i = 0; i < w->shard_count; i++) {
        shard_work shard = lay_out_shard(slab, p, network, i == 0);
        if (w->shards) {
            w->shards[i] = shard;
        }
    }
}

/* Where training reads before it writes. */
static void clear_shard(const shard_work *shard, const program *p)
{
    memset(shard->state.sums, 0, p->sums * sizeof(double));
    if (shard->leaf) {
        memset(shard->leaf, 0, p->gradient_floats * sizeof(float));
    }
}

nnfs_status workspace_create(workspace *made, int count, const program *p,
                             const nnfs_network *network, int threads, nnfs_error *error)
{
    size_t outputs = (size_t)network_output(network)->out;
    size_t members = network->members > 1 ? (size_t)network->members : 0;
    size_t scratch = size_matrix_floats((int)outputs, (int)members + 1);
    scratch = MAX(scratch, size_matrix_floats(network->inputs, 1));
    memory_slab slab = {0};
    for (int i = 0; i < count; i++) {
        made[i] = (workspace){.shard_count = p->range.count, .scratch_floats = scratch};
        lay_out(&made[i], &slab, p, network, threads);
    }
    size_t bytes = slab.taken;
    if (!memory_slab_allocate(&slab)) {
        return fail_memory(error, bytes, "the workspace of a step");
    }
    made[0].memory = slab.bytes;
    for (int i = 0; i < count; i++) {
        lay_out(&made[i], &slab, p, network, threads);
        for (int shard = 0; shard < made[i].shard_count; shard++) {
            clear_shard(&made[i].shards[shard], p);
        }
        governor_create(&made[i].governor, threads);
    }
    return NNFS_OK;
}

void workspace_free(workspace *w)
{
    memory_free(w->memory);
    w->memory = NULL;
}
