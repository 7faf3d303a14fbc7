/* The plan of a step. */
#include "training/plan.h"

#include "base/memory.h"

/* A chunk bounds the memory of a large batch; it is a multiple of the tile. */
#define CHUNK_COLUMNS 2048
/* Wide enough that packing W for a tile is paid back, narrow enough that a batch of 128 has
 * several. */
#define TILE_COLUMNS           64
#define INFERENCE_TILE_COLUMNS 256
/* A block's share of W, which should stay in a core's second-level cache with gradient and states.
 */
#define BLOCK_FLOATS 32768
/* What a block must compute to be worth a call, and a thread to be worth two barriers. */
#define BLOCK_FLOPS  1e6
#define THREAD_FLOPS 1e6

static int ceil_div(int64_t a, int64_t b)
{
    return (int)((a + b - 1) / b);
}

/* Columns of W a block of this layer has. */
static int block_columns(const network_layer *layer, int64_t batch)
{
    double column_flops = 2.0 * (double)layer->out * (double)batch;
    int64_t by_cache = BLOCK_FLOATS / layer->out;
    int64_t by_work = (int64_t)(BLOCK_FLOPS / column_flops) + 1;
    int64_t columns = by_cache > by_work ? by_cache : by_work;
    columns = columns > layer->in ? layer->in : columns;
    /* Equal blocks, of whole vectors. */
    int64_t even = ceil_div(layer->in, ceil_div(layer->in, columns));
    even = (even + MEMORY_LINE_FLOATS - 1) / MEMORY_LINE_FLOATS * MEMORY_LINE_FLOATS;
    return (int)(even > layer->in ? layer->in : even);
}

/* Lists the blocks; with a NULL list only counts them. */
static int list_blocks(const nnfs_network *network, int64_t batch, plan_block *list)
{
    int count = 0;
    for (int index = 0; index < network->layer_count; index++) {
        const network_layer *layer = &network->layers[index];
        int columns = block_columns(layer, batch);
        for (int first = 0; first < layer->in; first += columns, count++) {
            if (list) {
                int left = layer->in - first;
                list[count] = (plan_block){index, first, left < columns ? left : columns};
            }
        }
    }
    return count;
}

/* Threads that a step of this much work can keep busy. */
static int useful_threads(const step_plan *plan, const nnfs_network *network, int64_t batch)
{
    double by_work = nnfs_network_flops_step(network) * (double)batch / THREAD_FLOPS;
    int by_tiles = plan->tiles > plan->blocks ? plan->tiles : plan->blocks;
    int threads = by_work < (double)by_tiles ? (int)by_work : by_tiles;
    return threads < 1 ? 1 : threads;
}

nnfs_status plan_create(step_plan *plan, const nnfs_network *network, int64_t batch,
                        nnfs_error *error)
{
    plan->chunk = batch > 0 && batch < CHUNK_COLUMNS ? (int)batch : CHUNK_COLUMNS;
    batch = batch > 0 ? batch : CHUNK_COLUMNS;
    plan->tile = plan->chunk < TILE_COLUMNS ? plan->chunk : TILE_COLUMNS;
    plan->tiles = ceil_div(plan->chunk, plan->tile);
    plan->blocks = list_blocks(network, batch, NULL);
    plan->threads = useful_threads(plan, network, batch);
    plan->block = memory_alloc((size_t)plan->blocks, sizeof *plan->block);
    if (!plan->block) {
        return fail_memory(error, (size_t)plan->blocks * sizeof *plan->block, "the plan");
    }
    (void)list_blocks(network, batch, plan->block);
    return NNFS_OK;
}

void plan_free(step_plan *plan)
{
    memory_free(plan->block);
    plan->block = NULL;
}

int plan_inference_tile(const nnfs_network *network, int64_t samples)
{
    (void)network;
    return (int)(samples < INFERENCE_TILE_COLUMNS ? samples : INFERENCE_TILE_COLUMNS);
}
