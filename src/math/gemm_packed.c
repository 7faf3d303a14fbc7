/* Packed products: blocks for the caches, tiles for the kernels. */
#include "math/gemm_packed.h"

#include "base/minmax.h"
#include "math/gemm_micro.h"

#include <string.h>

/*
 * A panel of A, 32 KiB of it, lies in the first cache while the columns of B go past, out of the
 * second, where BLOCK_COLUMNS of them fit. How the depth is cut does not change the sums: C holds
 * them in between.
 */
enum { BLOCK_DEPTH = 256, BLOCK_COLUMNS = 256, LINE_FLOATS = 16 };

static int least(int a, int b)
{
    return MIN(a, b);
}

/* The tile by way of memory of its own: at the edges of C, and where the rows of
 * C are contiguous. */
static void run_aside(void (*run)(const gemm_tile *), const gemm_tile *tile, const gemm_packed *g)
{
    _Alignas(64) float aside[GEMM_LANES * GEMM_COLUMNS];
    gemm_tile t = *tile;
    if (t.add) {
        memset(aside, 0, sizeof aside);
    }
    for (int j = 0; t.add && j < t.columns; j++) {
        for (int i = 0; i < t.rows; i++) {
            aside[i + j * GEMM_LANES] = tile->c[i * g->c_row + j * g->c_column];
        }
    }
    t.c = aside;
    t.ldc = GEMM_LANES;
    run(&t);
    for (int j = 0; g->c_row == 1 && j < t.columns; j++) {
        memcpy(tile->c + j * g->c_column, aside + j * GEMM_LANES, (size_t)t.rows * sizeof *aside);
    }
    for (int i = 0; g->c_row != 1 && i < t.rows; i++) {
        for (int j = 0; j < t.columns; j++) {
            tile->c[i * g->c_row + j] = aside[i + j * GEMM_LANES];
        }
    }
}

/* The columns of a tile at the edge of a B that lies in place, packed: kernels read
 * GEMM_COLUMNS of them. */
static void pack_edge(gemm_tile *tile, gemm_word edge[BLOCK_DEPTH * GEMM_COLUMNS])
{
    const gemm_word *b = (const gemm_word *)(const void *)tile->b;
    memset(edge, 0, (size_t)tile->depth * GEMM_COLUMNS * sizeof *edge);
    for (int p = 0; p < tile->depth; p++) {
        for (int j = 0; j < tile->columns; j++) {
            edge[p * GEMM_COLUMNS + j] = b[p * tile->b_depth + j * tile->b_column];
        }
    }
    tile->b = (const float *)(const void *)edge;
    tile->b_depth = GEMM_COLUMNS;
    tile->b_column = 1;
}

/* Columns first to last of B, in depth p on: all rows of A past them. */
static void run_block(const gemm_micro *micro, const gemm_packed *g, int p, int depth, int first,
                      int last)
{
    bool packed = g->b.column == 1 && g->b.depth == GEMM_COLUMNS;
    _Alignas(64) gemm_word edge[BLOCK_DEPTH * GEMM_COLUMNS];
    ptrdiff_t panel = (ptrdiff_t)gemm_panel_at(g->dtype, GEMM_LANES, g->k);
    int tiles = (last - first + GEMM_COLUMNS - 1) / GEMM_COLUMNS;
    int lines = (depth * GEMM_LANES / LINE_FLOATS + tiles - 1) / tiles;
    for (int i = 0; i < g->m; i += GEMM_LANES) {
        gemm_tile tile = {.depth = depth,
                          .rows = least(g->m - i, GEMM_LANES),
                          .ldc = g->c_column,
                          .add = g->add || p > 0};
        tile.a =
            (const float *)(const void *)g->a + i / GEMM_LANES * panel + (ptrdiff_t)p * GEMM_LANES;
        const float *next = i + GEMM_LANES < g->m ? tile.a + panel : NULL;
        for (int j = first; j < last; j += GEMM_COLUMNS) {
            tile.columns = least(last - j, GEMM_COLUMNS);
            tile.b = (const float *)(const void *)g->b.words + j / GEMM_COLUMNS * g->b.panel +
                     p * g->b.depth;
            tile.c = g->c + i * g->c_row + j * g->c_column;
            tile.b_depth = g->b.depth;
            tile.b_column = g->b.column;
            void (*run)(const gemm_tile *) = micro->run[packed ? 0 : 1];
            if (!packed && tile.columns < GEMM_COLUMNS) {
                pack_edge(&tile, edge);
                run = micro->run[0];
            }
            for (int line = 0; next && line < lines; line++) {
                __builtin_prefetch(next, 0, 2);
                next += LINE_FLOATS;
            }
            if (tile.rows < GEMM_LANES || tile.columns < GEMM_COLUMNS || g->c_row != 1) {
                run_aside(run, &tile, g);
            } else {
                run(&tile);
            }
        }
    }
}

static void clear(const gemm_packed *g)
{
    for (int j = 0; j < g->n; j++) {
        for (int i = 0; i < g->m; i++) {
            g->c[i * g->c_row + j * g->c_column] = 0.0f;
        }
    }
}

static void run_by(const gemm_micro *micro, const gemm_packed *g)
{
    int depth = gemm_depth(g->dtype, g->k);
    int parts = (depth + BLOCK_DEPTH - 1) / BLOCK_DEPTH;
    if (depth == 0 && !g->add) {
        clear(g);
    }
    for (int j = 0; j < g->n; j += BLOCK_COLUMNS) {
        int last = least(g->n, j + BLOCK_COLUMNS);
        for (int part = 0; part < parts; part++) {
            int p = (int)((int64_t)depth * part / parts);
            int end = (int)((int64_t)depth * (part + 1) / parts);
            run_block(micro, g, p, end - p, j, last);
        }
    }
}

static const gemm_micro *kernel_of(gemm_dtype dtype, int number)
{
    for (const gemm_micro *micro = gemm_micros[dtype];; micro++) {
        if (micro->is_supported() && number-- == 0) {
            return micro;
        }
    }
}

void gemm_packed_run(const gemm_packed *product)
{
    run_by(kernel_of(product->dtype, 0), product);
}

const char *gemm_packed_instructions(gemm_dtype dtype)
{
    return kernel_of(dtype, 0)->instructions;
}

int gemm_packed_kernels(gemm_dtype dtype)
{
    int count = 0;
    for (int i = 0; i < GEMM_MICROS && gemm_micros[dtype][i].is_supported; i++) {
        count += gemm_micros[dtype][i].is_supported();
    }
    return count;
}

void gemm_packed_run_by(int kernel, const gemm_packed *product)
{
    run_by(kernel_of(product->dtype, kernel), product);
}
