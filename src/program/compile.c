/* The compiler: from a network to the ops of its step, in order, and from ops to chains and stages. */
#include "base/memory.h"
#include "base/minmax.h"
#include "program/program.h"
#include "program/tiling.h"

#include <stdlib.h>
#include <string.h>

/* What the forward pass of a layer leaves for the backward pass. */
typedef struct layer_values {
    operand in;      /* what W is multiplied by */
    operand z, a;    /* before and after the activation; the same unless its derivative needs z */
    operand factors; /* of dropout */
    operand normalized;
    struct {
        operand forward, backward; /* weights */
        operand in, in_gradient;   /* what W is multiplied by */
        operand dz_backward, dz_gradient;
    } packed;      /* operands of products in bfloat16 */
    operand delta; /* dL/d of what the activation takes */
    operand dz;    /* dL/d of what the product gives: delta, or through the normalisation */
    size_t sums;   /* of the normalisation */
} layer_values;

typedef struct compiler {
    const nnfs_network *network;
    const program_settings *settings;
    tiling tiles;
    program *program;
    layer_values *values; /* [layers] */
    operand input;        /* what the first layer takes */
    operand input_factors;
    struct {
        operand sums; /* over pieces */
        operand kept; /* of the forward pass */
    } embeddings[EMBEDDING_KINDS];
    operand embedded;    /* what the members' factors multiply */
    operand input_delta; /* dL/d of what the first layer takes */
    operand embedding_delta;
    op_grid grid;    /* of the elementwise ops to come: that of the product before them */
    size_t turns[3]; /* inference: layers take turns in two buffers, normalised values in a third */
    int capacity;
    bool no_memory;
} compiler;

static bool trains(const compiler *c)
{
    return c->settings->purpose == PROGRAM_TRAIN;
}

/* ---- Operands ---- */

static operand work_matrix(compiler *c, int rows)
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

/* The same with a column for each member of a sample. */
static operand work_of_members(compiler *c, int rows)
{
    operand made = work_matrix(c, rows);
    for (int i = 1; i < c->network->members; i++) {
        (void)work_matrix(c, rows);
    }
    made.members = c->network->members;
    return made;
}

/* A layer's matrix: its own in training, else one of the three that all layers share. */
static operand layer_matrix(compiler *c, const network_layer *layer, int turn)
{
    int rows = layer->out * layer->heads;
    bool members = layer->heads < c->network->members;
    if (trains(c)) {
        if (members) {
            return work_of_members(c, rows);
        }
        return work_matrix(c, rows);
    }
    return (operand){.space = SPACE_WORK,
                     .type = DTYPE_F32,
                     .offset = c->turns[turn],
                     .rows = rows,
                     .members = members ? c->network->members : 1,
                     .row_stride = 1,
                     .column_stride = rows};
}

static operand tensor_operand(const compiler *c, op_space space, int tensor)
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

static size_t take_sums(compiler *c, size_t count)
{
    size_t at = c->program->sums;
    c->program->sums = size_round_up(size_add(at, count), MEMORY_LINE_FLOATS / 2);
    return at;
}

/* Room for batch sums: see ops_normalization.c. */
static size_t take_batch_sums(compiler *c, int units)
{
    size_t tiles =
        (size_t)(c->tiles.chunk + c->tiles.tile_columns - 1) / (size_t)c->tiles.tile_columns;
    return take_sums(c, size_add(BATCH_SUMS((size_t)units), size_mul(2 * (size_t)units, tiles)));
}

/* ---- bfloat16 ---- */

/*
 * Layers whose products are computed in bfloat16: wide enough for the panels of both operands. Narrow ones,
 * as most output layers, stay float32.
 */
static bool is_bf16(const compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    return trains(c) && c->settings->training.precision == NNFS_PRECISION_BF16 &&
           c->tiles.partials == 0 && c->network->members == 1 && layer->in >= GEMM_LANES &&
           layer->out >= GEMM_LANES;
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

static void emit(compiler *c, program_op next);

/* Packs `in` into `to` on the current grid, for a product whose depth its rows or its samples are. */
static void emit_pack(compiler *c, int layer, operand in, operand to, gemm_axis axis, int width,
                      unsigned needs)
{
    emit(c, (program_op){.kind = &op_pack,
                         .layer = layer,
                         .needs = needs,
                         .grid = c->grid,
                         .in = in,
                         .out = to,
                         .pack = {axis, width}});
}

/* What layer `index` takes, for its forward product and its gradient. */
static void emit_pack_input(compiler *c, int index, operand in)
{
    layer_values *v = &c->values[index];
    if (!is_bf16(c, index)) {
        return;
    }
    v->packed.in = panels(c, GEMM_COLUMNS, c->tiles.chunk, in.rows);
    v->packed.in_gradient = panels(c, GEMM_COLUMNS, in.rows, c->tiles.chunk);
    emit_pack(c, index, in, v->packed.in, GEMM_PANEL_COLUMNS, GEMM_COLUMNS, RUN_FORWARD);
    emit_pack(c, index, in, v->packed.in_gradient, GEMM_PANEL_ROWS, GEMM_COLUMNS, RUN_GRADIENT);
}

/* The delta of a layer, for its gradient and its backward product. */
static void emit_pack_delta(compiler *c, int index, unsigned needs)
{
    layer_values *v = &c->values[index];
    if (!is_bf16(c, index)) {
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

/* Samples of a batch that the largest shard has. */
static int64_t shard_batch(const program_settings *settings)
{
    int shards = settings->training.shards > 1 ? settings->training.shards : 1;
    return (settings->batch + shards - 1) / shards;
}

static op_grid grid_of_samples(const compiler *c, int rows)
{
    return (op_grid){.axis = AXIS_SAMPLES, .rows = rows, .tile_columns = c->tiles.tile_columns};
}

/* Of a product with a layer's W that has `rows` rows. */
static op_grid grid_of_product(const compiler *c, const network_layer *layer, int rows)
{
    op_grid grid = grid_of_samples(c, rows);
    int tile_rows = 0;
    if (trains(c)) {
        tile_rows = tiling_rows(layer, rows);
    }
    if (tile_rows > 0) {
        bool bf16 = is_bf16(c, (int)(layer - c->network->layers));
        grid.tile_rows = bf16 ? whole_panels(tile_rows) : tile_rows;
        grid.tile_columns = tiling_wide_columns();
    }
    return grid;
}

/* Of a matrix of the inputs: tiles of columns, which training's threads share. */
static op_grid grid_of_input_tensor(const compiler *c, int tensor)
{
    int columns = c->network->tensors[tensor].columns;
    return (op_grid){.axis = AXIS_PARAMETERS,
                     .rows = c->network->tensors[tensor].rows,
                     .columns = columns,
                     .tile_columns =
                         trains(c) ? (columns + INPUT_TILES - 1) / INPUT_TILES : columns,
                     .layer = -1 - tensor};
}

static op_grid grid_of_parameters(const compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    if (layer->heads > 1) { /* a tile a member */
        return (op_grid){.axis = AXIS_PARAMETERS,
                         .rows = layer->out,
                         .columns = layer->in * layer->heads,
                         .tile_columns = layer->in,
                         .layer = index};
    }
    int columns = tiling_block_columns(layer, shard_batch(c->settings));
    return (op_grid){.axis = AXIS_PARAMETERS,
                     .rows = layer->out,
                     .columns = layer->in,
                     .tile_columns = is_bf16(c, index) ? whole_panels(columns) : columns,
                     .layer = index};
}

/* ---- Emitting ---- */

static void emit(compiler *c, program_op next)
{
    program *p = c->program;
    if (p->op_count == c->capacity) {
        int capacity = c->capacity > 0 ? 2 * c->capacity : 32;
        program_op *more = realloc(p->ops, (size_t)capacity * sizeof *more);
        if (!more) {
            c->no_memory = true;
            return;
        }
        p->ops = more;
        c->capacity = capacity;
    }
    p->ops[p->op_count++] = next;
}

/* An op of the forward pass on the current grid. */
static program_op forward_op(const compiler *c, const op_kind *kind, int layer)
{
    return (program_op){.kind = kind, .layer = layer, .needs = RUN_FORWARD, .grid = c->grid};
}

static operand work_like(compiler *c, operand in)
{
    if (in.members > 1) {
        return work_of_members(c, in.rows);
    }
    return work_matrix(c, in.rows);
}

/* Drops some of `in`; returns what is left, and in *factors what it was multiplied by. */
static operand emit_dropout(compiler *c, int layer, float share, operand in, operand *factors)
{
    if (!trains(c) || share <= 0.0f) {
        return in;
    }
    *factors = work_like(c, in);
    program_op next = forward_op(c, &op_dropout, layer);
    next.in = in;
    next.out = work_like(c, in);
    next.kept = *factors;
    next.value = share;
    emit(c, next);
    return next.out;
}

/* Noise on `on`, in place; layer -1 is the inputs. */
static void emit_noise(compiler *c, int layer, float deviation, operand on)
{
    if (trains(c) && deviation > 0.0f) {
        program_op next = forward_op(c, &op_noise, layer);
        next.out = on;
        next.value = deviation;
        emit(c, next);
    }
}

/* Both packs of a layer's weights, by ops of one kind. */
static void emit_pack_weights(compiler *c, int index, const op_kind *kind, unsigned needs)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    if (!is_bf16(c, index)) {
        return;
    }
    if (!op_is_given(&v->packed.forward)) {
        size_t *floats = &c->program->packed_floats;
        v->packed.forward = take_panels(SPACE_PACKED, floats, GEMM_LANES, layer->out, layer->in);
        v->packed.backward = take_panels(SPACE_PACKED, floats, GEMM_LANES, layer->in, layer->out);
    }
    program_op next = {.kind = kind,
                       .layer = index,
                       .needs = needs,
                       .grid = grid_of_parameters(c, index),
                       .in = tensor_operand(c, SPACE_PARAMETERS, layer->weight),
                       .out = v->packed.forward,
                       .pack = {GEMM_PANEL_ROWS, GEMM_LANES}};
    emit(c, next);
    next.out = v->packed.backward;
    next.pack.axis = GEMM_PANEL_COLUMNS;
    emit(c, next);
}

/* ---- Forward ---- */

static void emit_batch_normalization(compiler *c, int index, operand z)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    v->sums = take_batch_sums(c, layer->out);
    program_op statistics = forward_op(c, &op_batch_statistics, index);
    statistics.in = z;
    statistics.sums = v->sums;
    statistics.shared = 2 * (size_t)layer->out;
    emit(c, statistics);
    program_op normalize = forward_op(c, &op_batch_normalize, index);
    normalize.in = normalize.out = z;
    normalize.kept = v->normalized;
    normalize.weight = tensor_operand(c, SPACE_PARAMETERS, layer->scale);
    normalize.sums = v->sums;
    emit(c, normalize);
}

static void emit_layer_normalization(compiler *c, int index, operand z)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    v->sums = take_sums(c, (size_t)c->tiles.chunk);
    c->grid = grid_of_samples(c, layer->out);
    program_op normalize = forward_op(c, &op_layer_normalize, index);
    normalize.in = normalize.out = z;
    normalize.kept = v->normalized;
    normalize.weight = tensor_operand(c, SPACE_PARAMETERS, layer->scale);
    normalize.sums = v->sums;
    emit(c, normalize);
}

static void emit_normalization(compiler *c, int index, operand z)
{
    const network_layer *layer = &c->network->layers[index];
    if (layer->normalization == NNFS_NORMALIZATION_NONE) {
        return;
    }
    c->values[index].normalized = layer_matrix(c, layer, 2);
    if (layer->normalization == NNFS_NORMALIZATION_BATCH) {
        emit_batch_normalization(c, index, z);
    } else {
        emit_layer_normalization(c, index, z);
    }
}

/* The layer on `in`; returns its outputs, which are logits in the last layer. */
static operand emit_layer(compiler *c, int index, operand in)
{
    const network_layer *layer = &c->network->layers[index];
    const activation *f = activation_of(layer->activation);
    bool output = index + 1 == c->network->layer_count;
    layer_values *v = &c->values[index];
    v->in = in;
    v->z = layer_matrix(c, layer, index % 2);
    v->a = trains(c) && f->keeps_z ? work_like(c, v->z) : v->z;
    emit_pack_input(c, index, in);
    bool heads = layer->heads > 1;
    c->grid = heads ? grid_of_samples(c, v->z.rows) : grid_of_product(c, layer, layer->out);
    bool bf16 = is_bf16(c, index);
    const op_kind *of_floats = heads ? &op_heads : &op_forward;
    program_op product = forward_op(c, bf16 ? &op_forward_bf16 : of_floats, index);
    product.members = layer->heads;
    product.weight = bf16 ? v->packed.forward : tensor_operand(c, SPACE_PARAMETERS, layer->weight);
    product.in = bf16 ? v->packed.in : in;
    product.out = v->z;
    emit(c, product);
    emit_normalization(c, index, v->z);
    if (!output) {
        emit_noise(c, index, c->settings->training.layer_noise, v->z);
    }
    program_op next = forward_op(c, output ? &op_add_bias : &op_activate, index);
    next.weight = tensor_operand(c, SPACE_PARAMETERS, layer->bias);
    next.activation = f;
    next.in = v->z;
    next.out = output ? v->z : v->a;
    emit(c, next);
    if (output) {
        return v->z;
    }
    return emit_dropout(c, index, layer->dropout, v->a, &v->factors);
}

/* The ops of a kind of embedding. `prepare` runs once a step, over the table; NULL: nothing to do. */
static const struct {
    const op_kind *prepare, *embed, *gradient;
} embedding_ops[EMBEDDING_KINDS] = {
    [NNFS_EMBEDDING_PIECEWISE] = {&op_piece_sums, &op_piecewise, &op_piecewise_gradient},
    [NNFS_EMBEDDING_CATEGORY] = {NULL, &op_category, &op_category_gradient},
    [NNFS_EMBEDDING_PERIODIC] = {NULL, &op_periodic, &op_periodic_gradient},
};

/* Sums that all samples of a step share: a stage of their own. */
static void emit_embedding_sums(compiler *c)
{
    const nnfs_network *network = c->network;
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *embedding = &network->embeddings[i];
        const op_kind *prepare = embedding_ops[embedding->as.kind].prepare;
        if (!prepare) {
            continue;
        }
        int floats = embedding->as.width * embedding->as.bins;
        operand sums = {.space = SPACE_WORK,
                        .type = DTYPE_F32,
                        .offset = c->program->work_floats,
                        .rows = floats,
                        .columns = embedding->as.count,
                        .row_stride = 1,
                        .column_stride = floats};
        c->program->work_floats =
            size_add(c->program->work_floats, size_matrix_floats(floats, embedding->as.count));
        c->embeddings[i].sums = sums;
        emit(c, (program_op){.kind = prepare,
                             .layer = 0,
                             .needs = RUN_FORWARD,
                             .grid = grid_of_input_tensor(c, embedding->table),
                             .embedding = embedding,
                             .weight = tensor_operand(c, SPACE_PARAMETERS, embedding->table),
                             .out = sums});
    }
}

/* Rows of what the first layer takes. */
static operand rows_of(operand whole, int row, int rows)
{
    whole.offset += (size_t)row * (size_t)whole.row_stride;
    whole.rows = rows;
    return whole;
}

/* What the forward pass keeps of an embedding for its gradient: the inputs, or values of its own. */
static operand keep_for_gradient(compiler *c, const network_embedding *embedding, operand in)
{
    if (embedding->as.kind == NNFS_EMBEDDING_PIECEWISE) {
        return work_matrix(c, PIECEWISE_KEPT * embedding->as.count);
    }
    if (embedding->as.kind == NNFS_EMBEDDING_PERIODIC) {
        return work_matrix(c, PERIODIC_KEPT(embedding->as.frequencies) * embedding->as.count);
    }
    return in;
}

/* Inputs as embeddings; returns what stands in their place. */
static operand emit_embed(compiler *c, operand in)
{
    const nnfs_network *network = c->network;
    if (network->embedding_count == 0) {
        return in;
    }
    operand all = work_matrix(c, network->layers[0].in);
    c->grid = grid_of_samples(c, all.rows);
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *embedding = &network->embeddings[i];
        program_op next = forward_op(c, embedding_ops[embedding->as.kind].embed, 0);
        next.embedding = embedding;
        next.in = in;
        next.out = rows_of(all, embedding->row, embedding_rows(embedding));
        next.weight = tensor_operand(c, SPACE_PARAMETERS, embedding->table);
        next.more = c->embeddings[i].sums;
        if (trains(c)) {
            c->embeddings[i].kept = next.kept = keep_for_gradient(c, embedding, in);
        }
        emit(c, next);
    }
    if (network->other_count > 0) {
        program_op pass = forward_op(c, &op_pass_others, 0);
        pass.in = in;
        pass.out = rows_of(all, all.rows - network->other_count, network->other_count);
        emit(c, pass);
    }
    return all;
}

/* A column for each member. */
static operand emit_expand(compiler *c, operand in)
{
    c->embedded = in;
    if (c->network->members == 1) {
        return in;
    }
    program_op next = forward_op(c, &op_expand, 0);
    next.in = in;
    next.out = work_of_members(c, in.rows);
    next.weight = tensor_operand(c, SPACE_PARAMETERS, c->network->member_scale);
    next.members = c->network->members;
    emit(c, next);
    return next.out;
}

static void emit_forward(compiler *c)
{
    for (int i = 0; i < c->network->layer_count; i++) {
        emit_pack_weights(c, i, &op_pack_first, RUN_FORWARD);
    }
    emit_embedding_sums(c);
    c->grid = grid_of_samples(c, c->network->inputs);
    operand at = c->program->x;
    if (c->settings->purpose != PROGRAM_PREDICT) {
        program_op fetch = forward_op(c, &op_fetch, -1);
        fetch.out = at;
        emit(c, fetch);
    }
    if (trains(c) && c->settings->training.augment[0] != '\0') {
        program_op distort = forward_op(c, &op_augment, -1);
        distort.in = distort.out = at;
        emit(c, distort);
    }
    emit_noise(c, -1, c->settings->training.noise, at);
    at = emit_embed(c, at);
    at = emit_expand(c, at);
    at = emit_dropout(c, -1, c->network->input_dropout, at, &c->input_factors);
    c->input = at;
    for (int i = 0; i < c->network->layer_count; i++) {
        at = emit_layer(c, i, at);
    }
}

/* ---- The output layer's delta ---- */

static void emit_output_activation(compiler *c, unsigned needs)
{
    int last = c->network->layer_count - 1;
    const layer_values *v = &c->values[last];
    program_op outputs = forward_op(c, &op_output_activate, last);
    outputs.needs |= needs;
    outputs.activation = activation_of(network_output(c->network)->activation);
    outputs.in = v->z;
    outputs.out = v->a;
    emit(c, outputs);
}

static void emit_loss(compiler *c)
{
    int last = c->network->layer_count - 1;
    const layer_values *v = &c->values[last];
    program_op loss = forward_op(c, &op_loss, last);
    loss.needs |= RUN_LOSS;
    loss.loss = loss_of(c->network->loss);
    loss.activation = activation_of(network_output(c->network)->activation);
    loss.in = v->z;
    loss.kept = v->a;
    loss.out = v->delta;
    loss.members = trains(c) ? c->network->members : 1;
    loss.value = trains(c) ? c->settings->training.label_smoothing : 0.0f;
    loss.shared = LOSS_SUMS;
    loss.sums = take_sums(c, LOSS_SUMS);
    emit(c, loss);
}

/* dL/d output that the caller has, and from it dL/d logits. */
static void emit_given_gradient(compiler *c)
{
    int last = c->network->layer_count - 1;
    const layer_values *v = &c->values[last];
    const activation *f = activation_of(network_output(c->network)->activation);
    program_op take = forward_op(c, &op_take_output_gradient, last);
    take.needs |= RUN_OUTPUT_GRADIENT;
    take.out = v->delta;
    emit(c, take);
    emit_output_activation(c, RUN_OUTPUT_BACKWARD);
    program_op through = forward_op(c, &op_activate_backward, last);
    through.needs |= RUN_OUTPUT_BACKWARD;
    through.activation = f;
    through.kept = f->keeps_z ? v->z : v->a;
    through.out = v->delta;
    emit(c, through);
}

static void emit_output(compiler *c)
{
    int last = c->network->layer_count - 1;
    int outputs = network_output(c->network)->out;
    layer_values *v = &c->values[last];
    c->grid = grid_of_samples(c, outputs);
    if (trains(c)) {
        v->delta = v->dz = work_matrix(c, v->z.rows);
    } else if (c->network->members > 1 || c->network->further_count > 0) {
        program_op merge = forward_op(c, &op_merge, last);
        merge.activation = activation_of(network_output(c->network)->activation);
        merge.members = c->network->members;
        merge.in = v->z;
        merge.out = v->z = v->a = work_matrix(c, outputs);
        emit(c, merge);
    }
    if (c->settings->purpose == PROGRAM_PREDICT) {
        emit_output_activation(c, 0);
    } else {
        emit_loss(c);
    }
    if (trains(c) && c->network->members == 1) {
        emit_given_gradient(c);
    }
}

/* ---- Backward ---- */

/* From delta, dL/d(normalised z + bias), to dz = dL/dz. */
static void emit_normalization_backward(compiler *c, int index, unsigned needs)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    bool batch = layer->normalization == NNFS_NORMALIZATION_BATCH;
    if (layer->normalization == NNFS_NORMALIZATION_NONE) {
        return;
    }
    v->dz = work_matrix(c, layer->out);
    program_op through = {.kind = batch ? &op_batch_backward : &op_layer_backward,
                          .layer = index,
                          .needs = needs,
                          .in = v->delta,
                          .out = v->dz,
                          .kept = v->normalized,
                          .weight = tensor_operand(c, SPACE_PARAMETERS, layer->scale),
                          .sums = v->sums};
    if (batch) {
        program_op sums = {.kind = &op_batch_backward_sums,
                           .layer = index,
                           .needs = needs,
                           .grid = c->grid,
                           .in = v->delta,
                           .kept = v->normalized,
                           .sums = take_batch_sums(c, layer->out),
                           .shared = 2 * (size_t)layer->out};
        emit(c, sums);
        through.more_sums = sums.sums;
    } else {
        c->grid = grid_of_samples(c, layer->out);
    }
    through.grid = c->grid;
    emit(c, through);
}

static bool inputs_learn(const nnfs_network *network)
{
    return network->embedding_count > 0 || network->member_scale >= 0;
}

/* From a layer's dz to the delta of the layer before, or of the inputs. */
static void emit_backward(compiler *c, int index, unsigned needs)
{
    const network_layer *layer = &c->network->layers[index];
    bool first = index == 0;
    layer_values *before = NULL;
    if (!first) {
        before = &c->values[index - 1];
    }
    operand to = {.space = SPACE_INPUT_GRADIENT,
                  .type = DTYPE_F32,
                  .rows = layer->in,
                  .row_stride = 1,
                  .column_stride = layer->in};
    if (!first || inputs_learn(c->network)) {
        to = work_like(c, c->values[index].in);
    }
    c->input_delta = to;
    operand factors = first ? c->input_factors : before->factors;
    bool heads = layer->heads > 1;
    c->grid = heads ? grid_of_samples(c, layer->in) : grid_of_product(c, layer, layer->in);
    bool bf16 = is_bf16(c, index);
    const op_kind *of_floats = heads ? &op_heads_backward : &op_backward;
    const layer_values *v = &c->values[index];
    program_op product = {.kind = bf16 ? &op_backward_bf16 : of_floats,
                          .members = layer->heads,
                          .layer = index,
                          .needs = needs,
                          .grid = c->grid,
                          .weight = bf16 ? v->packed.backward
                                         : tensor_operand(c, SPACE_PARAMETERS, layer->weight),
                          .in = bf16 ? v->packed.dz_backward : v->dz,
                          .out = to};
    emit(c, product);
    if (op_is_given(&factors)) {
        program_op drop = {.kind = &op_dropout_backward,
                           .layer = index - 1,
                           .needs = needs,
                           .grid = c->grid,
                           .kept = factors,
                           .out = to};
        emit(c, drop);
    }
    if (!first) {
        const activation *f = activation_of(c->network->layers[index - 1].activation);
        program_op through = {.kind = &op_activate_backward,
                              .layer = index - 1,
                              .needs = needs,
                              .grid = c->grid,
                              .activation = f,
                              .kept = f->keeps_z ? before->z : before->a,
                              .out = to};
        emit(c, through);
        before->delta = before->dz = to;
        emit_normalization_backward(c, index - 1, needs);
    }
}

/* The first layer that learns; deltas before it are for the gradient of the inputs alone. */
static int first_trained(const nnfs_network *network)
{
    int index = 0;
    while (index < network->layer_count && network->layers[index].frozen) {
        index++;
    }
    return index;
}

/* ---- Gradients and updates ---- */

/* A tensor's op of one kind on the grid of its layer. */
static program_op tensor_op(const compiler *c, const op_kind *kind, int tensor, unsigned needs)
{
    const network_tensor *t = &c->network->tensors[tensor];
    bool of_inputs = t->layer < 0;
    return (program_op){.kind = kind,
                        .layer = of_inputs ? 0 : t->layer,
                        .needs = needs,
                        .grid = of_inputs ? grid_of_input_tensor(c, tensor)
                                          : grid_of_parameters(c, t->layer),
                        .tensor = tensor,
                        .first_tile = t->rank == 1,
                        .out = tensor_operand(c, SPACE_GRADIENT, tensor)};
}

/* The gradient of a layer's tensors, of a chunk or of a tile of samples. */
static void emit_gradient(compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    const layer_values *v = &c->values[index];
    bool partial = c->tiles.partials > 0;
    bool bf16 = is_bf16(c, index);
    const op_kind *of_floats = layer->heads > 1 ? &op_heads_gradient : &op_gradient;
    const struct {
        int tensor;
        const op_kind *of_chunk, *of_tile;
        operand in, kept;
    } gradients[] = {
        {layer->weight, bf16 ? &op_gradient_bf16 : of_floats, &op_partial_gradient,
         bf16 ? v->packed.dz_gradient : v->dz, bf16 ? v->packed.in_gradient : v->in},
        {layer->bias, &op_bias_gradient, &op_partial_bias_gradient, v->delta, {0}},
        {layer->scale, &op_scale_gradient, &op_partial_scale_gradient, v->delta, v->normalized},
    };
    for (size_t i = 0; i < sizeof gradients / sizeof *gradients; i++) {
        if (gradients[i].tensor < 0) {
            continue;
        }
        const op_kind *kind = partial ? gradients[i].of_tile : gradients[i].of_chunk;
        program_op next = tensor_op(c, kind, gradients[i].tensor, RUN_GRADIENT);
        next.members = layer->heads;
        next.in = gradients[i].in;
        next.kept = gradients[i].kept;
        if (partial) {
            next.grid = grid_of_samples(c, layer->out);
            next.first_tile = false;
            next.out.space = SPACE_PARTIALS;
        }
        emit(c, next);
    }
}

/* `state` is that of a kind that has a train_state. */
static void emit_for_tensor(compiler *c, int tensor, const op_kind *kind, int state)
{
    bool sums = kind == &op_sum_partials || kind == &op_sum_shards;
    program_op next = tensor_op(c, kind, tensor, sums ? RUN_GRADIENT : RUN_UPDATE);
    next.state = state;
    if (kind == &op_gradient_norm) {
        next.value = c->settings->training.clip_norm;
        next.sums = take_sums(c, (size_t)c->network->tensors[tensor].columns);
    }
    emit(c, next);
}

/* One op for each of a layer's trained tensors; of a train_state, if the kind has one. */
static void emit_for_tensors(compiler *c, int index, const op_kind *kind, int state)
{
    for (int t = 0; t < c->network->tensor_count; t++) {
        const network_tensor *tensor = &c->network->tensors[t];
        if (tensor->layer == index && tensor->trained) {
            emit_for_tensor(c, t, kind, state);
        }
    }
}

/* Whether a train_state follows the parameters after an update. */
static bool follows(const compiler *c, int state)
{
    const train_state *row = train_state_at(state);
    return row && row->follow && row->kept(&c->settings->training);
}

/* From the delta of what the first layer takes to that of the embeddings. */
static void emit_expand_backward(compiler *c)
{
    const nnfs_network *network = c->network;
    if (network->embedding_count == 0 || network->members == 1) {
        return;
    }
    program_op next = {.kind = &op_expand_backward,
                       .layer = 0,
                       .needs = RUN_GRADIENT,
                       .grid = grid_of_samples(c, network->layers[0].in),
                       .weight = tensor_operand(c, SPACE_PARAMETERS, network->member_scale),
                       .members = network->members,
                       .in = c->input_delta,
                       .out = work_matrix(c, network->layers[0].in)};
    emit(c, next);
    c->embedding_delta = next.out;
}

static void emit_table_gradient(compiler *c, int index)
{
    const network_embedding *embedding = &c->network->embeddings[index];
    operand delta = c->network->members > 1 ? c->embedding_delta : c->input_delta;
    program_op next =
        tensor_op(c, embedding_ops[embedding->as.kind].gradient, embedding->table, RUN_GRADIENT);
    next.embedding = embedding;
    next.members = c->network->members;
    next.in = rows_of(delta, embedding->row, embedding_rows(embedding));
    next.weight = tensor_operand(c, SPACE_PARAMETERS, embedding->table);
    next.kept = c->embeddings[index].kept;
    next.more = c->embeddings[index].sums;
    emit(c, next);
}

/* The gradient of a matrix of the inputs. */
static void emit_input_gradient(compiler *c, int tensor)
{
    for (int i = 0; i < c->network->embedding_count; i++) {
        if (c->network->embeddings[i].table == tensor) {
            emit_table_gradient(c, i);
            return;
        }
    }
    program_op next = tensor_op(c, &op_member_scale_gradient, tensor, RUN_GRADIENT);
    next.members = c->network->members;
    next.in = c->input_delta;
    next.kept = c->embedded;
    emit(c, next);
}

static void emit_running_statistics(compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    if (layer->normalization == NNFS_NORMALIZATION_BATCH) {
        program_op next = tensor_op(c, &op_running_statistics, layer->running_mean, RUN_UPDATE);
        next.in = tensor_operand(c, SPACE_PARAMETERS, layer->running_mean);
        next.out = tensor_operand(c, SPACE_PARAMETERS, layer->running_variance);
        next.sums = c->values[index].sums;
        emit(c, next);
        for (int state = 0; state < STATES_MOST; state++) {
            if (follows(c, state) && train_state_at(state)->whole) {
                emit_for_tensor(c, layer->running_mean, &op_follow, state);
                emit_for_tensor(c, layer->running_variance, &op_follow, state);
            }
        }
    }
}

static void emit_update(compiler *c, int index)
{
    emit_for_tensors(c, index, &op_update, 0);
    emit_pack_weights(c, index, &op_repack, RUN_UPDATE | RUN_FORWARD);
    for (int state = 0; state < STATES_MOST; state++) {
        if (follows(c, state)) {
            emit_for_tensors(c, index, &op_follow, state);
        }
    }
    emit_running_statistics(c, index);
}

/* What a pass over tensors does to each of them, in this order. */
enum { DO_GRADIENT = 1, DO_SUM_SHARDS = 2, DO_NORM = 4, DO_UPDATE = 8 };

/* The tensors of a pass. */
enum { INPUT_PART = -1 };

static void emit_input_tensor(compiler *c, int tensor, unsigned pass)
{
    if (pass & DO_GRADIENT) {
        emit_input_gradient(c, tensor);
    }
    if (pass & DO_SUM_SHARDS) {
        emit_for_tensor(c, tensor, &op_sum_shards, 0);
    }
    if (pass & DO_NORM) {
        emit_for_tensor(c, tensor, &op_gradient_norm, 0);
    }
    if (pass & DO_UPDATE) {
        emit_for_tensor(c, tensor, &op_update, 0);
    }
    for (int state = 0; (pass & DO_UPDATE) && state < STATES_MOST; state++) {
        if (follows(c, state)) {
            emit_for_tensor(c, tensor, &op_follow, state);
        }
    }
}

static void emit_layer_tensors(compiler *c, int index, unsigned pass)
{
    if (pass & DO_GRADIENT && c->tiles.partials > 0) {
        emit_for_tensors(c, index, &op_sum_partials, 0);
    } else if (pass & DO_GRADIENT) {
        emit_gradient(c, index);
    }
    if (pass & DO_SUM_SHARDS) {
        emit_for_tensors(c, index, &op_sum_shards, 0);
    }
    if (pass & DO_NORM) {
        emit_for_tensors(c, index, &op_gradient_norm, 0);
    }
    if (pass & DO_UPDATE) {
        emit_update(c, index);
    }
}

/* The matrices of the inputs (-1) and layers `first` to `last`, one kind of op behind the other, so that a thread
 * keeps a block of weights from one op to the next. */
static void emit_pass_over(compiler *c, int first, int last, unsigned pass)
{
    const nnfs_network *network = c->network;
    int layer = MAX(first, 0);
    for (int i = layer; i <= last && c->tiles.partials > 0; i++) {
        if (pass & DO_GRADIENT && !network->layers[i].frozen) {
            emit_gradient(c, i);
        }
    }
    for (int t = 0; t < network->tensor_count && first == INPUT_PART; t++) {
        const network_tensor *tensor = &network->tensors[t];
        if (tensor->layer < 0 && tensor->trained && !network->layers[0].frozen) {
            emit_input_tensor(c, t, pass);
        }
    }
    for (int i = layer; i <= last; i++) {
        if (!network->layers[i].frozen) {
            emit_layer_tensors(c, i, pass);
        }
    }
}

static void emit_pass(compiler *c, unsigned pass)
{
    emit_pass_over(c, INPUT_PART, c->network->layer_count - 1, pass);
}

/* ---- Ranks ---- */

/* Layers whose gradients are exchanged together have as many floats, or more: a message has its price. */
#define PART_FLOATS 65536

static bool has_ranks(const compiler *c)
{
    return c->settings->ranks > 1;
}

/* The floats of layers `first` to `last`, or of the matrices of the inputs, which lie together. */
static gradient_part range_of_layers(const nnfs_network *network, int first, int last)
{
    gradient_part range = {.first = network->parameter_floats};
    size_t end = 0;
    for (int t = 0; t < network->tensor_count; t++) {
        const network_tensor *tensor = &network->tensors[t];
        if (tensor->layer >= first && tensor->layer <= last) {
            size_t size = (size_t)tensor->rows * (size_t)tensor->columns;
            range.first = MIN(range.first, tensor->offset);
            end = MAX(end, tensor->offset + size);
        }
    }
    range.count = end > range.first ? end - range.first : 0;
    return range;
}

static void add_part(compiler *c, int first, int last)
{
    program *p = c->program;
    gradient_part range = range_of_layers(c->network, first, last);
    program_part *more = realloc(p->parts, ((size_t)p->part_count + 1) * sizeof *more);
    if (!more) {
        c->no_memory = true;
        return;
    }
    p->parts = more;
    p->parts[p->part_count++] = (program_part){first, last, range};
}

/* From the last layer to the first, then the matrices of the inputs. Gradients of tiles come all at once. */
static void list_parts(compiler *c)
{
    const nnfs_network *network = c->network;
    int last = network->layer_count - 1;
    int learns = first_trained(network);
    for (int i = last; i >= learns; i--) {
        bool enough = range_of_layers(network, i, last).count >= PART_FLOATS;
        if (i == learns || (enough && c->tiles.partials == 0)) {
            add_part(c, i, last);
            last = i - 1;
        }
    }
    if (inputs_learn(network) && learns == 0) {
        add_part(c, INPUT_PART, INPUT_PART);
    }
}

static void emit_exchange(compiler *c, const op_kind *kind, int part)
{
    int layer = c->program->parts[part].first;
    emit(c, (program_op){.kind = kind,
                         .layer = MAX(layer, 0),
                         .needs = RUN_GRADIENT,
                         .grid = {.axis = AXIS_SINGLE},
                         .part = part});
}

/* The gradients that are complete when the delta of layer `index` is, on their way to the other ranks. */
static void emit_sums_of_ranks(compiler *c, int index)
{
    for (int i = 0; i < c->program->part_count && has_ranks(c); i++) {
        const program_part *part = &c->program->parts[i];
        if (part->first == index) {
            emit_pass_over(c, part->first, part->last, DO_GRADIENT);
            emit_pass_over(c, part->first, part->last, DO_SUM_SHARDS);
            emit_exchange(c, &op_begin_sum, i);
        }
    }
}

/* One pass from gradient to update, unless something stands in between. */
static void emit_learning(compiler *c)
{
    const nnfs_train_settings *settings = &c->settings->training;
    bool whole = settings->on_gradient || settings->clip_norm > 0.0f;
    unsigned pass = DO_GRADIENT;
    if (c->program->shards > 1 && !has_ranks(c)) {
        emit_pass(c, pass);
        pass = DO_SUM_SHARDS;
    }
    for (int i = 0; i < c->program->part_count; i++) {
        const program_part *part = &c->program->parts[i];
        emit_exchange(c, &op_end_sum, i);
        if (!whole) {
            emit_pass_over(c, part->first, part->last, DO_UPDATE);
        }
    }
    if (has_ranks(c) && !whole) {
        return;
    }
    if (has_ranks(c)) {
        pass = 0;
    }
    if (c->settings->training.on_gradient) {
        emit_pass(c, pass);
        emit(c, (program_op){.kind = &op_on_gradient,
                             .layer = -1,
                             .needs = RUN_UPDATE,
                             .grid = {.axis = AXIS_SINGLE}});
        pass = 0;
    }
    if (c->settings->training.clip_norm > 0.0f) {
        emit_pass(c, pass | DO_NORM);
        pass = 0;
    }
    emit_pass(c, pass | DO_UPDATE);
}

static void emit_training(compiler *c)
{
    int first = first_trained(c->network);
    int last = c->network->layer_count - 1;
    if (has_ranks(c)) {
        list_parts(c);
    }
    emit_normalization_backward(c, last, RUN_GRADIENT);
    for (int i = last; i >= 0; i--) {
        bool for_inputs = i < first || (i == first && (i > 0 || !inputs_learn(c->network)));
        unsigned needs = RUN_GRADIENT;
        if (for_inputs) {
            needs = RUN_GRADIENT | RUN_INPUT_GRADIENT;
        }
        emit_pack_delta(c, i, RUN_GRADIENT);
        emit_sums_of_ranks(c, i);
        emit_backward(c, i, needs);
    }
    emit_expand_backward(c);
    emit_sums_of_ranks(c, INPUT_PART);
    emit_learning(c);
}

/* ---- Chains and stages ---- */

static bool same_grid(const op_grid *a, const op_grid *b)
{
    return a->axis == b->axis && a->layer == b->layer && a->tile_rows == b->tile_rows &&
           a->tile_columns == b->tile_columns && (a->tile_rows == 0 || a->rows == b->rows);
}

/*
 * An op stays with the tile of the op before if all that it reads was written there: elements of the tile,
 * or whole columns. Along parameters different layers are chains of one stage. Else it waits, as do an op of
 * each shard and one of all shards for each other.
 */
static void fuse(program *p)
{
    for (int i = 0; i < p->op_count; i++) {
        program_op *next = &p->ops[i];
        const program_op *before = i > 0 ? &p->ops[i - 1] : NULL;
        bool again = before && p->shards > 1 && before->kind->once != next->kind->once;
        bool same = before && same_grid(&before->grid, &next->grid);
        bool parameters = next->grid.axis == AXIS_PARAMETERS;
        bool local = parameters || next->kind->elementwise || next->grid.tile_rows == 0;
        bool finished = next->kind->after_finish ||
                        (next->kind == &op_update && before && before->kind == &op_gradient_norm);
        bool beside = parameters && before && before->grid.axis == AXIS_PARAMETERS;
        next->starts_stage = finished || again || !(beside || (same && local));
        next->starts_chain = next->starts_stage || !same;
    }
}

static bool list_stages(program *p)
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

/* ---- All of it ---- */

/* Frames shared by all layers of a forward pass: two take turns, and normalised values have a third. */
static void take_turns(compiler *c)
{
    int widest = 1;
    for (int i = 0; i < c->network->layer_count; i++) {
        int out = c->network->layers[i].out;
        widest = MAX(out, widest);
    }
    for (size_t i = 0; i < sizeof c->turns / sizeof *c->turns; i++) {
        c->turns[i] = work_of_members(c, widest).offset;
    }
}

static void emit_all(compiler *c)
{
    c->program->x = work_matrix(c, c->network->inputs);
    c->program->x.space = SPACE_X;
    if (!trains(c)) {
        take_turns(c);
    }
    emit_forward(c);
    emit_output(c);
    if (trains(c)) {
        emit_training(c);
    }
    c->program->output = c->values[c->network->layer_count - 1].a;
}

static int most_tiles(const program *p)
{
    int most = 1;
    for (int i = 0; i < p->stage_count; i++) {
        int shards = p->stages[i].once ? 1 : p->range.count;
        int tiles = shards * program_stage_tiles(p, &p->stages[i], p->chunk);
        most = tiles > most ? tiles : most;
    }
    return most;
}

static int useful_threads(const program *p, const nnfs_network *network, int64_t batch)
{
    double by_work = tiling_threads(network, batch) * p->range.count / p->shards;
    int threads = by_work < (double)p->tiles ? (int)by_work : p->tiles;
    return MAX(1, threads);
}

/* Inference: the samples of a call are one tile. */
static tiling tiling_for(const nnfs_network *network, const program_settings *settings)
{
    if (settings->purpose == PROGRAM_TRAIN) {
        return tiling_of(network, shard_batch(settings));
    }
    int tile = tiling_inference(settings->batch);
    return (tiling){.chunk = tile, .tile_columns = tile};
}

nnfs_status program_compile(const nnfs_network *network, const program_settings *settings,
                            program *made, nnfs_error *error)
{
    compiler c = {.network = network,
                  .settings = settings,
                  .program = made,
                  .tiles = tiling_for(network, settings)};
    int shards = settings->training.shards > 1 ? settings->training.shards : 1;
    *made = (program){
        .shards = shards,
        .range = shard_range_of(shards, settings->ranks > 1 ? settings->ranks : 1, settings->rank),
        .chunk = c.tiles.chunk,
        .tile_columns = c.tiles.tile_columns,
        .partials = c.tiles.partials,
        .gradient_floats = network->parameter_floats};
    c.values = calloc((size_t)network->layer_count, sizeof *c.values);
    if (c.values) {
        emit_all(&c);
        fuse(made);
    }
    if (!c.values || c.no_memory || !list_stages(made)) {
        free(c.values);
        program_free(made);
        return fail_memory(error, (size_t)network->layer_count * sizeof *c.values, "a program");
    }
    free(c.values);
    made->tiles = most_tiles(made);
    made->threads = useful_threads(made, network, settings->batch);
    return NNFS_OK;
}

void program_free(program *p)
{
    free(p->ops);
    free(p->chains);
    free(p->stages);
    free(p->parts);
    *p = (program){0};
}
