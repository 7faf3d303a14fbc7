/* Operands of the ops: matrices of the workspace, tensors, packed panels, and grids of tiles. */
#include "program/compile.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <stdlib.h>

/* ---- Operands ---- */

operand compile_work_matrix(compiler *c, int rows)
{
    operand made = {.space = SPACE_WORK,
                    .type = DTYPE_F32,
                    .offset = c->program->work_floats,
                    .rows = rows,
                    .row_stride = 1,
                    .column_stride = rows};
    c->program->work_floats =
        size_add(c->program->work_floats, size_matrix_floats(rows, c->tiles.chunk));
    return made;
}

operand compile_work_of_members(compiler *c, int rows)
{
    operand made = compile_work_matrix(c, rows);
    for (int i = 1; i < c->network->members; i++) {
        (void)compile_work_matrix(c, rows);
    }
    made.members = c->network->members;
    return made;
}

operand compile_layer_matrix(compiler *c, const network_layer *layer, int turn)
{
    int rows = layer->out * layer->heads;
    bool members = layer->heads < c->network->members;
    if (compile_trains(c)) {
        if (members) {
            return compile_work_of_members(c, rows);
        }
        return compile_work_matrix(c, rows);
    }
    return (operand){.space = SPACE_WORK,
                     .type = DTYPE_F32,
                     .offset = c->turns[turn],
                     .rows = rows,
                     .members = members ? c->network->members : 1,
                     .row_stride = 1,
                     .column_stride = rows};
}

operand compile_tensor_operand(const compiler *c, op_space space, int tensor)
{
    const network_tensor *t = &c->network->tensors[tensor];
    return (operand){.space = space,
                     .type = DTYPE_F32,
                     .offset = t->offset,
                     .rows = t->rows,
                     .columns = t->columns,
                     .row_stride = t->row_stride,
                     .column_stride = t->column_stride};
}

/* Tiles that a matrix of the inputs has, at most. */
enum { INPUT_TILES = 8 };

size_t compile_take_sums(compiler *c, size_t count)
{
    size_t at = c->program->sums;
    c->program->sums = size_round_up(size_add(at, count), MEMORY_LINE_FLOATS / 2);
    return at;
}

size_t compile_take_batch_sums(compiler *c, int units)
{
    size_t tiles =
        (size_t)(c->tiles.chunk + c->tiles.tile_columns - 1) / (size_t)c->tiles.tile_columns;
    return compile_take_sums(
        c, size_add(BATCH_SUMS((size_t)units), size_mul(2 * (size_t)units, tiles)));
}

/* ---- bfloat16 ---- */

bool compile_is_bf16(const compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    nnfs_precision precision = c->network->precision;
    if (compile_trains(c)) {
        precision = c->settings->training.precision;
    }
    return precision == NNFS_PRECISION_BF16 && c->tiles.partials == 0 && c->network->members == 1 &&
           layer->in >= GEMM_LANES && layer->out >= GEMM_LANES;
}

/* Room for panels of `rows` rows and a depth of k; the operand's rows are the depth. */
static operand take_panels(op_space space, size_t *floats, int width, int rows, int k)
{
    operand made = {.space = space, .offset = *floats, .rows = k};
    size_t words = gemm_panel_words(GEMM_BF16, width, rows, k);
    *floats = size_round_up(size_add(*floats, words), MEMORY_LINE_FLOATS);
    return made;
}

static operand panels(compiler *c, int width, int rows, int k)
{
    return take_panels(SPACE_WORK, &c->program->work_floats, width, rows, k);
}

/* Rounds a tile up to whole panels. */
static int whole_panels(int size)
{
    return (size + GEMM_LANES - 1) / GEMM_LANES * GEMM_LANES;
}

/* Packs `in` into `to` on the current grid, for a product whose depth its rows or
 * its samples are. */
static void emit_pack(compiler *c, int layer, operand in, operand to, gemm_axis axis, int width,
                      unsigned needs)
{
    compile_emit(c, &(program_op){.kind = &op_pack,
                                  .layer = layer,
                                  .needs = needs,
                                  .grid = c->grid,
                                  .in = in,
                                  .out = to,
                                  .pack = {axis, width}});
}

void compile_pack_input(compiler *c, int index, operand in)
{
    layer_values *v = &c->values[index];
    if (!compile_is_bf16(c, index)) {
        return;
    }
    v->packed.in = panels(c, GEMM_COLUMNS, c->tiles.chunk, in.rows);
    emit_pack(c, index, in, v->packed.in, GEMM_PANEL_COLUMNS, GEMM_COLUMNS, RUN_FORWARD);
    if (!compile_trains(c)) {
        return;
    }
    v->packed.in_gradient = panels(c, GEMM_COLUMNS, in.rows, c->tiles.chunk);
    emit_pack(c, index, in, v->packed.in_gradient, GEMM_PANEL_ROWS, GEMM_COLUMNS, RUN_GRADIENT);
}

void compile_pack_delta(compiler *c, int index, unsigned needs)
{
    layer_values *v = &c->values[index];
    if (!compile_is_bf16(c, index)) {
        return;
    }
    unsigned below = needs;
    if (index <= 0) {
        below = needs | RUN_INPUT_GRADIENT;
    }
    v->packed.dz_gradient = panels(c, GEMM_LANES, v->dz.rows, c->tiles.chunk);
    v->packed.dz_backward = panels(c, GEMM_COLUMNS, c->tiles.chunk, v->dz.rows);
    emit_pack(c, index, v->dz, v->packed.dz_gradient, GEMM_PANEL_ROWS, GEMM_LANES, needs);
    emit_pack(c, index, v->dz, v->packed.dz_backward, GEMM_PANEL_COLUMNS, GEMM_COLUMNS, below);
}

/* ---- Grids ---- */

int64_t compile_shard_batch(const program_settings *settings)
{
    int shards = MAX(settings->training.shards, 1);
    return (settings->batch + shards - 1) / shards;
}

op_grid compile_grid_of_samples(const compiler *c, int rows)
{
    return (op_grid){.axis = AXIS_SAMPLES, .rows = rows, .tile_columns = c->tiles.tile_columns};
}

op_grid compile_grid_of_product(const compiler *c, const network_layer *layer, int rows)
{
    op_grid grid = compile_grid_of_samples(c, rows);
    int tile_rows = 0;
    if (compile_trains(c)) {
        tile_rows = tiling_rows(layer, rows);
    }
    if (tile_rows > 0) {
        bool bf16 = compile_is_bf16(c, (int)(layer - c->network->layers));
        grid.tile_rows = bf16 ? whole_panels(tile_rows) : tile_rows;
        grid.tile_columns = tiling_wide_columns();
    }
    return grid;
}

int compile_half(const compiler *c)
{
    const nnfs_network *network = c->network;
    const nnfs_train_settings *training = &c->settings->training;
    if (!compile_trains(c) || c->tiles.partials > 0 || compile_is_bf16(c, 0)) {
        return 0;
    }
    bool as_they_are = network->members == 1 && network->embedding_count == 0 &&
                       !network->encoder && network->input_dropout == 0.0f &&
                       training->noise == 0.0f && training->augment[0] == '\0';
    if (!as_they_are || network->layers[0].heads > 1) {
        return 0;
    }
    return tiling_half(network, compile_shard_batch(c->settings));
}

op_grid compile_grid_of_input_tensor(const compiler *c, int tensor)
{
    int columns = c->network->tensors[tensor].columns;
    return (op_grid){.axis = AXIS_PARAMETERS,
                     .rows = c->network->tensors[tensor].rows,
                     .columns = columns,
                     .tile_columns =
                         compile_trains(c) ? (columns + INPUT_TILES - 1) / INPUT_TILES : columns,
                     .layer = -1 - tensor};
}

op_grid compile_grid_of_parameters(const compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    if (layer->heads > 1) { /* a tile a member */
        return (op_grid){.axis = AXIS_PARAMETERS,
                         .rows = layer->out,
                         .columns = layer->in * layer->heads,
                         .tile_columns = layer->in,
                         .layer = index};
    }
    int columns = tiling_block_columns(layer, compile_shard_batch(c->settings));
    return (op_grid){.axis = AXIS_PARAMETERS,
                     .rows = layer->out,
                     .columns = layer->in,
                     .tile_columns = compile_is_bf16(c, index) ? whole_panels(columns) : columns,
                     .layer = index,
                     .halves = index == 0 && compile_half(c) > 0 ? 2 : 0};
}

/* ---- Emitting ---- */

void compile_emit(compiler *c, const program_op *next)
{
    program *p = c->program;
    if (p->op_count == c->capacity) {
        int capacity = c->capacity > 0 ? 2 * c->capacity : 8;
        program_op *more = realloc(p->ops, (size_t)capacity * sizeof *more);
        if (!more) {
            c->no_memory = true;
            return;
        }
        p->ops = more;
        c->capacity = capacity;
    }
    p->ops[p->op_count++] = *next;
}

program_op compile_forward_op(const compiler *c, const op_kind *kind, int layer)
{
    return (program_op){.kind = kind, .layer = layer, .needs = RUN_FORWARD, .grid = c->grid};
}

operand compile_work_like(compiler *c, operand in)
{
    if (in.members > 1) {
        return compile_work_of_members(c, in.rows);
    }
    return compile_work_matrix(c, in.rows);
}

operand compile_dropout(compiler *c, int layer, float share, operand in, operand *factors)
{
    if (!compile_trains(c) || share <= 0.0f) {
        return in;
    }
    *factors = compile_work_like(c, in);
    program_op next = compile_forward_op(c, &op_dropout, layer);
    next.in = in;
    next.out = compile_work_like(c, in);
    next.kept = *factors;
    next.value = share;
    compile_emit(c, &next);
    return next.out;
}

void compile_noise(compiler *c, int layer, float deviation, operand on)
{
    if (compile_trains(c) && deviation > 0.0f) {
        program_op next = compile_forward_op(c, &op_noise, layer);
        next.out = on;
        next.value = deviation;
        compile_emit(c, &next);
    }
}

void compile_pack_weights(compiler *c, int index, const op_kind *kind, unsigned needs)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    if (!compile_is_bf16(c, index)) {
        return;
    }
    if (!op_is_given(&v->packed.forward)) {
        size_t *floats = &c->program->packed_floats;
        v->packed.forward = take_panels(SPACE_PACKED, floats, GEMM_LANES, layer->out, layer->in);
    }
    if (compile_trains(c) && !op_is_given(&v->packed.backward)) {
        size_t *floats = &c->program->packed_floats;
        v->packed.backward = take_panels(SPACE_PACKED, floats, GEMM_LANES, layer->in, layer->out);
    }
    program_op next = {.kind = kind,
                       .layer = index,
                       .needs = needs,
                       .grid = compile_grid_of_parameters(c, index),
                       .in = compile_tensor_operand(c, SPACE_PARAMETERS, layer->weight),
                       .out = v->packed.forward,
                       .pack = {GEMM_PANEL_ROWS, GEMM_LANES}};
    compile_emit(c, &next);
    if (compile_trains(c)) {
        next.out = v->packed.backward;
        next.pack.axis = GEMM_PANEL_COLUMNS;
        compile_emit(c, &next);
    }
}
