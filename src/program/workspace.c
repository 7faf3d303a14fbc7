/* Workspaces: all memory that the steps of a program need. */
#include "program/workspace.h"

#include "base/memory.h"
#include "network/network.h"

#include <stdlib.h>

static bool create_state(op_state *made, const program *p, const nnfs_network *network)
{
    size_t chunk = (size_t)p->chunk;
    size_t outputs = (size_t)network_output(network)->out;
    size_t members = network->members > 1 ? (size_t)network->members : 0;
    *made = (op_state){
        .labels = memory_alloc(chunk, sizeof(int32_t)),
        .targets = memory_alloc(size_mul(outputs, chunk), sizeof(float)),
        .weights = memory_alloc(chunk, sizeof(float)),
        .shares = memory_alloc(chunk, sizeof(float)),
        .partners = memory_alloc(chunk, sizeof(int32_t)),
        .member_labels = memory_alloc(size_mul(chunk, members), sizeof(int32_t)),
        .member_targets = memory_alloc(size_mul(size_mul(outputs, chunk), members), sizeof(float)),
        .member_weights = memory_alloc(size_mul(chunk, members), sizeof(float)),
        .records = memory_alloc(chunk / (size_t)p->tile_columns + 1, sizeof(tile_record)),
        .sums = memory_alloc_zeroed(p->sums, sizeof(double)),
        .gradient_scale = 1.0f,
    };
    return made->labels && made->targets && made->weights && made->shares && made->partners &&
           made->member_labels && made->member_targets && made->member_weights && made->records &&
           made->sums;
}

/* The first shard's gradient is the run's. */
static bool create_shard(shard_work *made, const program *p, const nnfs_network *network,
                         bool first)
{
    size_t partials = size_mul(p->gradient_floats, (size_t)p->partials);
    made->work = memory_alloc(p->work_floats, sizeof(float));
    made->x = made->work; /* the program's first matrix */
    made->partials = partials > 0 ? memory_alloc(partials, sizeof(float)) : NULL;
    made->leaf = first ? NULL : memory_alloc_zeroed(p->gradient_floats, sizeof(float));
    return create_state(&made->state, p, network) && made->work && (made->leaf || first) &&
           (made->partials || partials == 0);
}

nnfs_status workspace_create(workspace *made, const program *p, const nnfs_network *network,
                             int threads, nnfs_error *error)
{
    size_t outputs = (size_t)network_output(network)->out;
    size_t shards = (size_t)p->range.count;
    size_t members = network->members > 1 ? (size_t)network->members : 0;
    *made = (workspace){.scratch_floats = size_matrix_floats((int)outputs, (int)members + 1)};
    size_t partials = size_mul(p->gradient_floats, (size_t)p->partials);
    size_t floats = size_add(size_mul(size_add(p->work_floats, partials), shards),
                             size_mul(made->scratch_floats, (size_t)threads));
    made->shards = calloc(shards, sizeof *made->shards);
    made->leaves = calloc(shards, sizeof *made->leaves);
    made->packed = p->packed_floats > 0 ? memory_alloc(p->packed_floats, sizeof(float)) : NULL;
    made->scratch = memory_alloc(size_mul(made->scratch_floats, (size_t)threads), sizeof(float));
    made->runs = memory_alloc(2 * (size_t)p->stage_count, sizeof(bool));
    bool has_memory = made->shards && made->leaves && made->scratch && made->runs &&
                      (made->packed || p->packed_floats == 0) &&
                      phases_create(&made->phases, p->tiles);
    governor_create(&made->governor, threads);
    while (has_memory && made->shard_count < p->range.count) {
        int next = made->shard_count++;
        has_memory = create_shard(&made->shards[next], p, network, next == 0);
    }
    return has_memory
               ? NNFS_OK
               : fail_memory(error, size_mul(floats, sizeof(float)), "the workspace of a step");
}

static void shard_free(shard_work *shard)
{
    memory_free(shard->work);
    memory_free(shard->partials);
    memory_free(shard->leaf);
    memory_free(shard->state.labels);
    memory_free(shard->state.targets);
    memory_free(shard->state.weights);
    memory_free(shard->state.shares);
    memory_free(shard->state.partners);
    memory_free(shard->state.member_labels);
    memory_free(shard->state.member_targets);
    memory_free(shard->state.member_weights);
    memory_free(shard->state.records);
    memory_free(shard->state.sums);
}

void workspace_free(workspace *w)
{
    for (int i = 0; i < w->shard_count; i++) {
        shard_free(&w->shards[i]);
    }
    free(w->shards);
    free(w->leaves);
    phases_free(&w->phases);
    memory_free(w->packed);
    memory_free(w->scratch);
    memory_free(w->runs);
    *w = (workspace){0};
}
