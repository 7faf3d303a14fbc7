/* Tile sizes. */
#include "program/tiling.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <math.h>

/* A chunk bounds the memory of a large batch; it is a multiple of the tiles. */
#define CHUNK_COLUMNS 2048

/* Tiles of columns: narrow for small layers that threads share, whose products need no packing;
 * else wide enough to pay for the packing of W, and narrow enough that a batch of 128 has two. */
#define SMALL_W_FLOATS     16384
#define SMALL_TILE_COLUMNS 32
#define TILE_COLUMNS       64

/* Columns of a tile of members, of all of them together. */
#define MEMBER_COLUMNS 256

/* Tiles of columns in a chunk of a large batch for few weights, each with a partial gradient:
 * together about what the second-level caches of two cores hold, and enough for as many threads. */
#define PARTIALS      16
#define PARTIAL_BATCH (4 * PARTIALS * SMALL_TILE_COLUMNS)

/* A W of this size or more is cut into tiles of an eighth of its rows, within these limits. */
#define LARGE_W_FLOATS 200000
#define TILE_MIN_ROWS  128
#define TILE_MAX_ROWS  256
#define TILE_WIDTH     512 /* columns of such a tile, at most */

/* Blocks of W: what fits a core's second-level cache with gradient and states, but wide enough for
 * a good product, and with enough work to be worth a call. */
#define BLOCK_FLOATS      32768
#define BLOCK_MIN_COLUMNS 64 /* or an eighth of all, up to the next */
#define BLOCK_MAX_COLUMNS 256
#define BLOCK_FLOPS       2.5e5

/* Columns of W that make a product of their own worth it, and the largest W: the parts of one that
 * outgrows the caches cross between cores unnoticed, and rows make more tiles of it. */
#define HALF_MIN          128
#define HALF_MAX_W_FLOATS 500000

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
    if (x < lowest) {
        return lowest;
    }
    return MIN(highest, x);
}

/* The size of `parts` equal parts of `total`, rounded up to a multiple of `grain`. */
static int even_part(int total, int parts, int grain)
{
    int part = ceil_div(ceil_div(total, parts), grain) * grain;
    return MIN(part, total);
}

static double weights_of(const network_layer *layer)
{
    return (double)layer->in * (double)layer->out;
}

/* Whether the gradient is computed by tiles of samples: all weights are few, and the
 * batch is large. */
static bool has_partials(const nnfs_network *network, int64_t batch)
{
    double floats = 0.0;
    if (network->members > 1 || network->embedding_count > 0) {
        return false; /* the matrices of the inputs have no partial gradients */
    }
    for (int index = 0; index < network->layer_count; index++) {
        if (network->layers[index].normalization == NNFS_NORMALIZATION_BATCH) {
            return false; /* a small chunk would change the statistics */
        }
        floats += weights_of(&network->layers[index]);
    }
    return floats <= SMALL_W_FLOATS && (batch == 0 || batch >= PARTIAL_BATCH);
}

double tiling_threads(const nnfs_network *network, int64_t batch)
{
    if (batch <= 0) {
        batch = CHUNK_COLUMNS;
    }
    return nnfs_network_flops_step(network) * (double)batch / THREAD_FLOPS;
}

/* By the largest W, but such that a small batch has two tiles where it is worth two threads. */
static int tile_columns(const nnfs_network *network, int chunk)
{
    double largest = 0.0;
    for (int index = 0; index < network->layer_count; index++) {
        double floats = weights_of(&network->layers[index]);
        largest = MAX(floats, largest);
    }
    bool alone = tiling_threads(network, chunk) < 2.0;
    if (network->members > 1) {
        int samples = between(MEMORY_LINE_FLOATS, MEMBER_COLUMNS / network->members, TILE_COLUMNS);
        return MIN(samples, chunk);
    }
    int tile = TILE_COLUMNS;
    if (largest <= SMALL_W_FLOATS && !alone) {
        tile = SMALL_TILE_COLUMNS;
    }
    int part = chunk;
    if (!alone) {
        part = even_part(chunk, 2, MEMORY_LINE_FLOATS);
    }
    return MIN(part, tile);
}

tiling tiling_of(const nnfs_network *network, int64_t batch)
{
    tiling t = {.partials = has_partials(network, batch) ? PARTIALS : 0};
    int most = CHUNK_COLUMNS;
    if (t.partials > 0) {
        most = PARTIALS * SMALL_TILE_COLUMNS;
    }
    t.chunk = batch > 0 && batch < most ? (int)batch : most;
    t.tile_columns = t.partials > 0 ? SMALL_TILE_COLUMNS : tile_columns(network, t.chunk);
    return t;
}

int tiling_rows(const network_layer *layer, int rows)
{
    if (weights_of(layer) < LARGE_W_FLOATS) {
        return 0;
    }
    /* An even number of tiles, which two threads share evenly; a single one would
     * leave them idle. */
    int tiles = 2 * (rows / (2 * between(TILE_MIN_ROWS, rows / 8, TILE_MAX_ROWS)));
    if (tiles == 0) {
        return 0;
    }
    return even_part(rows, tiles, MEMORY_LINE_FLOATS);
}

int tiling_wide_columns(void)
{
    return TILE_WIDTH;
}

/*
 * About as many columns as the cache and the work ask for, such that the blocks are equal and a
 * multiple of four, which two or four threads share evenly.
 */
int tiling_block_columns(const network_layer *layer, int64_t batch)
{
    if (batch <= 0) {
        batch = CHUNK_COLUMNS;
    }
    int columns = BLOCK_FLOATS / layer->out;
    int by_work = (int)(BLOCK_FLOPS / (2.0 * (double)layer->out * (double)batch)) + 1;
    columns = MAX(columns, by_work);
    int least = between(BLOCK_MIN_COLUMNS, layer->in / 8, BLOCK_MAX_COLUMNS);
    columns = MAX(columns, least);
    if (columns >= layer->in) {
        return layer->in;
    }
    int blocks = 4 * (int)lround((double)layer->in / columns / 4.0);
    return even_part(layer->in, blocks > 0 ? blocks : 2, 4);
}

int tiling_half(const nnfs_network *network, int64_t batch)
{
    const network_layer *layer = &network->layers[0];
    int columns = tiling_block_columns(layer, batch);
    int blocks = ceil_div(layer->in, columns);
    double weights = weights_of(layer);
    bool worth = weights > SMALL_W_FLOATS && weights < HALF_MAX_W_FLOATS;
    if (!worth || tiling_threads(network, batch) < 2.0 || layer->in < 2 * HALF_MIN ||
        blocks % 2 != 0) {
        return 0;
    }
    return columns * (blocks / 2);
}

int tiling_half_samples(const network_layer *layer, int tile_columns)
{
    if (weights_of(layer) < LARGE_W_FLOATS) {
        return 2 * tile_columns;
    }
    return tile_columns;
}

int tiling_inference(int64_t samples)
{
    return (int)(MIN(samples, INFERENCE_TILE_COLUMNS));
}
