/* The plan of a step. */
#include "training/plan.h"

#include "base/memory.h"

#include <math.h>

/* A chunk bounds the memory of a large batch; it is a multiple of the tiles. */
#define CHUNK_COLUMNS 2048

/* Tiles of columns: narrow for small layers that threads share, whose products need no packing; else wide
 * enough to pay for the packing of W, and narrow enough that a batch of 128 has two. */
#define SMALL_W_FLOATS     16384
#define SMALL_TILE_COLUMNS 32
#define TILE_COLUMNS       64

/* Tiles of columns in a chunk of a large batch for few weights, each with a partial gradient: together
 * about what the second-level caches of two cores hold, and enough for as many threads. */
#define PARTIALS      16
#define PARTIAL_BATCH (4 * PARTIALS * SMALL_TILE_COLUMNS)

/* From this size on a W is cut into tiles of rows: an eighth of them, as far as that is between these. */
#define LARGE_W_FLOATS 200000
#define TILE_MIN_ROWS  128
#define TILE_MAX_ROWS  256
#define TILE_WIDTH     512 /* columns of such a tile, at most */

/* Blocks of W: what fits a core's second-level cache with gradient and states, but wide enough for a good
 * product, and with enough work to be worth a call. */
#define BLOCK_FLOATS      32768
#define BLOCK_MIN_COLUMNS 64 /* or an eighth of all, up to the next */
#define BLOCK_MAX_COLUMNS 256
#define BLOCK_FLOPS       2.5e5

/* What makes a further thread worth its waiting. */
#define THREAD_FLOPS 1.5e6

#define INFERENCE_TILE_COLUMNS 256

static int ceil_div(int64_t a, int64_t b)
{
    return (int)((a + b - 1) / b);
}

/* x, or the bound that it is beyond. */
static int between(int lowest, int x, int highest)
{
    return x < lowest ? lowest : x > highest ? highest : x;
}

/* The size of `parts` equal parts of `total`, rounded up to a multiple of `grain`. */
static int even_part(int total, int parts, int grain)
{
    int part = ceil_div(ceil_div(total, parts), grain) * grain;
    return part < total ? part : total;
}

/* Weights of a layer. */
static double floats_of(const network_layer *layer)
{
    return (double)layer->in * (double)layer->out;
}

/* ---- Phase 1 ---- */

plan_operation plan_operation_of(const nnfs_network *network, int operation)
{
    int layers = network->layer_count;
    if (operation == 0) {
        return (plan_operation){PLAN_GATHER, 0};
    }
    if (operation <= layers) {
        return (plan_operation){PLAN_FORWARD, operation - 1};
    }
    if (operation == layers + 1) {
        return (plan_operation){PLAN_LOSS, layers - 1};
    }
    if (operation > 2 * layers) {
        return (plan_operation){PLAN_GRADIENT, 0};
    }
    return (plan_operation){PLAN_BACKWARD, 2 * layers + 1 - operation};
}

int plan_operation_rows(const nnfs_network *network, plan_operation operation)
{
    const network_layer *layer = &network->layers[operation.layer];
    return operation.kind == PLAN_BACKWARD ? layer->in : layer->out;
}

/* Rows a tile of an operation, 0 if it is done by columns. */
static int rows_of(const nnfs_network *network, int operation)
{
    plan_operation what = plan_operation_of(network, operation);
    const network_layer *layer = &network->layers[what.layer];
    bool product = what.kind == PLAN_FORWARD || what.kind == PLAN_BACKWARD;
    if (!product || floats_of(layer) < LARGE_W_FLOATS) {
        return 0;
    }
    /* An even number of tiles, which two threads share evenly; a single one would leave them idle. */
    int total = plan_operation_rows(network, what);
    int tiles = 2 * (total / (2 * between(TILE_MIN_ROWS, total / 8, TILE_MAX_ROWS)));
    return tiles == 0 ? 0 : even_part(total, tiles, MEMORY_LINE_FLOATS);
}

/* Lists the stages; with a NULL list only counts them. */
static int list_stages(const nnfs_network *network, const step_plan *plan, plan_stage *list)
{
    int count = 0;
    int rows_before = -1;
    int last = 2 * network->layer_count + (plan->partials > 0 ? 1 : 0);
    for (int operation = 0; operation <= last; operation++) {
        int rows = rows_of(network, operation);
        bool joins = rows == 0 && rows_before == 0;
        rows_before = rows;
        count += joins ? 0 : 1;
        if (list && joins) {
            list[count - 1].last = operation;
        } else if (list) {
            list[count - 1] =
                (plan_stage){operation, operation, rows, rows > 0 ? TILE_WIDTH : plan->tile};
        }
    }
    return count;
}

/* Whether the gradient is computed by tiles of columns: all weights are few, and the batch is large. */
static bool is_partial(const nnfs_network *network, int64_t batch)
{
    double floats = 0.0;
    for (int index = 0; index < network->layer_count; index++) {
        floats += floats_of(&network->layers[index]);
    }
    return floats <= SMALL_W_FLOATS && (batch == 0 || batch >= PARTIAL_BATCH);
}

/* Threads that so much work is worth. */
static double threads_by_work(const nnfs_network *network, int64_t batch)
{
    return nnfs_network_flops_step(network) * (double)batch / THREAD_FLOPS;
}

/* Columns a tile: by the largest W, but such that a small batch has two where it is worth two threads. */
static int tile_columns(const nnfs_network *network, int chunk)
{
    double largest = 0.0;
    for (int index = 0; index < network->layer_count; index++) {
        double floats = floats_of(&network->layers[index]);
        largest = floats > largest ? floats : largest;
    }
    bool alone = threads_by_work(network, chunk) < 2.0;
    int tile = largest <= SMALL_W_FLOATS && !alone ? SMALL_TILE_COLUMNS : TILE_COLUMNS;
    int part = alone ? chunk : even_part(chunk, 2, MEMORY_LINE_FLOATS);
    return part < tile ? part : tile;
}

/* ---- Phase 2 ---- */

/*
 * Columns of W a block of this layer has: about as many as the cache and the work ask for, such that the
 * blocks are equal and a multiple of four, which two or four threads share evenly.
 */
static int block_columns(const network_layer *layer, int64_t batch)
{
    int columns = BLOCK_FLOATS / layer->out;
    int by_work = (int)(BLOCK_FLOPS / (2.0 * (double)layer->out * (double)batch)) + 1;
    columns = columns > by_work ? columns : by_work;
    int least = between(BLOCK_MIN_COLUMNS, layer->in / 8, BLOCK_MAX_COLUMNS);
    columns = columns > least ? columns : least;
    if (columns >= layer->in) {
        return layer->in;
    }
    int blocks = 4 * (int)lround((double)layer->in / columns / 4.0);
    return even_part(layer->in, blocks > 0 ? blocks : 2, 4);
}

/* Lists the blocks; with a NULL list only counts them. */
static int list_blocks(const nnfs_network *network, int64_t batch, plan_block *list)
{
    int count = 0;
    for (int index = 0; index < network->layer_count; index++) {
        const network_layer *layer = &network->layers[index];
        int columns = block_columns(layer, batch);
        int blocks = ceil_div(layer->in, columns);
        for (int i = 0; list && i < blocks; i++) {
            int left = layer->in - i * columns;
            list[count + i] = (plan_block){index, i * columns, left < columns ? left : columns};
        }
        count += blocks;
    }
    return count;
}

/* ---- Both ---- */

int plan_stage_tiles(const plan_stage *stage, const nnfs_network *network, int columns)
{
    int across = ceil_div(columns, stage->columns);
    if (stage->rows == 0) {
        return across;
    }
    int rows = plan_operation_rows(network, plan_operation_of(network, stage->first));
    return ceil_div(rows, stage->rows) * across;
}

/* Tiles that the widest of all stages, or phase 2, has. */
static int most_tiles(const step_plan *plan, const nnfs_network *network)
{
    int most = plan->blocks;
    for (int i = 0; i < plan->stages; i++) {
        int tiles = plan_stage_tiles(&plan->stage[i], network, plan->chunk);
        most = tiles > most ? tiles : most;
    }
    return most;
}

/* Threads that a step of this much work can keep busy. */
static int useful_threads(const step_plan *plan, const nnfs_network *network, int64_t batch)
{
    double by_work = threads_by_work(network, batch);
    int threads = by_work < (double)plan->most_tiles ? (int)by_work : plan->most_tiles;
    return threads < 1 ? 1 : threads;
}

nnfs_status plan_create(step_plan *plan, const nnfs_network *network, int64_t batch,
                        nnfs_error *error)
{
    plan->partials = is_partial(network, batch) ? PARTIALS : 0;
    int most = plan->partials > 0 ? PARTIALS * SMALL_TILE_COLUMNS : CHUNK_COLUMNS;
    plan->chunk = batch > 0 && batch < most ? (int)batch : most;
    batch = batch > 0 ? batch : CHUNK_COLUMNS;
    plan->tile = plan->partials > 0 ? SMALL_TILE_COLUMNS : tile_columns(network, plan->chunk);
    plan->tiles = ceil_div(plan->chunk, plan->tile);
    plan->stages = list_stages(network, plan, NULL);
    plan->blocks = list_blocks(network, batch, NULL);
    plan->stage = memory_alloc((size_t)plan->stages, sizeof *plan->stage);
    plan->block = memory_alloc((size_t)plan->blocks, sizeof *plan->block);
    if (!plan->stage || !plan->block) {
        plan_free(plan);
        return fail_memory(error, size_mul((size_t)plan->blocks, sizeof *plan->block), "the plan");
    }
    (void)list_stages(network, plan, plan->stage);
    (void)list_blocks(network, batch, plan->block);
    plan->most_tiles = most_tiles(plan, network);
    plan->threads = useful_threads(plan, network, batch);
    return NNFS_OK;
}

void plan_free(step_plan *plan)
{
    memory_free(plan->stage);
    memory_free(plan->block);
    plan->stage = NULL;
    plan->block = NULL;
}

int plan_inference_tile(int64_t samples)
{
    return (int)(samples < INFERENCE_TILE_COLUMNS ? samples : INFERENCE_TILE_COLUMNS);
}
