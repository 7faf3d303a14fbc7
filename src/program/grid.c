/* Grids: how many tiles there are, and what each covers. */
#include "base/minmax.h"
#include "program/program.h"

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

static int tiles_down(const op_grid *grid)
{
    if (grid->tile_rows > 0) {
        return ceil_div(grid->rows, grid->tile_rows);
    }
    return 1;
}

int op_grid_tiles(const op_grid *grid, int samples)
{
    switch (grid->axis) {
    case AXIS_SAMPLES: /* a shard without samples has one tile: a stage ends with its last tile */
        return samples > 0 ? tiles_down(grid) * ceil_div(samples, grid->tile_columns) : 1;
    case AXIS_PARAMETERS:
        return ceil_div(grid->columns, grid->tile_columns);
    default:
        return 1;
    }
}

op_tile op_tile_at(const op_grid *grid, int index, int samples)
{
    if (grid->axis == AXIS_SINGLE) {
        return (op_tile){0};
    }
    bool parameters = grid->axis == AXIS_PARAMETERS;
    int columns = samples;
    if (parameters) {
        columns = grid->columns;
    }
    int row = 0;
    int rows = grid->rows;
    int place = index;
    if (grid->halves > 0) {
        place = index % grid->halves * (op_grid_tiles(grid, samples) / grid->halves) +
                index / grid->halves;
    }
    int first = place * grid->tile_columns;
    if (grid->tile_rows > 0) { /* tiles lie below one another first */
        int down = tiles_down(grid);
        row = index % down * grid->tile_rows;
        rows = grid->rows - row < grid->tile_rows ? grid->rows - row : grid->tile_rows;
        first = index / down * grid->tile_columns;
    }
    int left = columns - first;
    return (op_tile){index, row, rows, first, MIN(left, grid->tile_columns)};
}

int program_chain_tiles(const program *p, const program_chain *chain, int samples)
{
    return op_grid_tiles(&p->ops[chain->first].grid, samples);
}

int program_stage_tiles(const program *p, const program_stage *stage, int samples)
{
    int tiles = 0;
    for (int i = stage->first; i <= stage->last; i++) {
        tiles += program_chain_tiles(p, &p->chains[i], samples);
    }
    return tiles;
}

op_cost program_op_cost(const program *p, const program_op *op, int samples)
{
    (void)p;
    op_cost sum = {0};
    int tiles = 1;
    if (!op->first_tile) {
        tiles = op_grid_tiles(&op->grid, samples);
    }
    for (int i = 0; op->kind->cost && i < tiles; i++) {
        op_cost one = op->kind->cost(op, op_tile_at(&op->grid, i, samples), samples);
        sum.multiply_adds += one.multiply_adds;
        sum.elements += one.elements;
    }
    return sum;
}

const program_op *program_find(const program *p, const op_kind *kind, int layer)
{
    for (int i = 0; i < p->op_count; i++) {
        if (p->ops[i].kind == kind && p->ops[i].layer == layer) {
            return &p->ops[i];
        }
    }
    return NULL;
}
