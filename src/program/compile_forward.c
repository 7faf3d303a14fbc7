/* The ops of the forward pass. */
#include "program/compile.h"

#include "base/memory.h"

/* ---- Forward ---- */

static void emit_batch_normalization(compiler *c, int index, operand z)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    v->sums = compile_take_batch_sums(c, layer->out);
    program_op statistics = compile_forward_op(c, &op_batch_statistics, index);
    statistics.in = z;
    statistics.sums = v->sums;
    statistics.shared = 2 * (size_t)layer->out;
    compile_emit(c, &statistics);
    program_op normalize = compile_forward_op(c, &op_batch_normalize, index);
    normalize.in = normalize.out = z;
    normalize.kept = v->normalized;
    normalize.weight = compile_tensor_operand(c, SPACE_PARAMETERS, layer->scale);
    normalize.sums = v->sums;
    compile_emit(c, &normalize);
}

static void emit_layer_normalization(compiler *c, int index, operand z)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    v->sums = compile_take_sums(c, (size_t)c->tiles.chunk);
    c->grid = compile_grid_of_samples(c, layer->out);
    program_op normalize = compile_forward_op(c, &op_layer_normalize, index);
    normalize.in = normalize.out = z;
    normalize.kept = v->normalized;
    normalize.weight = compile_tensor_operand(c, SPACE_PARAMETERS, layer->scale);
    normalize.sums = v->sums;
    compile_emit(c, &normalize);
}

static void emit_normalization(compiler *c, int index, operand z)
{
    const network_layer *layer = &c->network->layers[index];
    if (layer->normalization == NNFS_NORMALIZATION_NONE) {
        return;
    }
    c->values[index].normalized = compile_layer_matrix(c, layer, 2);
    if (layer->normalization == NNFS_NORMALIZATION_BATCH) {
        emit_batch_normalization(c, index, z);
    } else {
        emit_layer_normalization(c, index, z);
    }
}

/* The two halves of the first layer's product, on the grid of the samples that they take. */
static void emit_halves(compiler *c, program_op product)
{
    product.kind = &op_forward_half;
    product.more = compile_work_matrix(c, product.out.rows);
    compile_emit(c, &product);
    c->grid = compile_grid_of_samples(c, product.out.rows);
    program_op sum = compile_forward_op(c, &op_add_half, product.layer);
    sum.out = product.out;
    sum.more = product.more;
    compile_emit(c, &sum);
}

/* The layer on `in`; returns its outputs, which are logits in the last layer. */
static operand emit_layer(compiler *c, int index, operand in)
{
    const network_layer *layer = &c->network->layers[index];
    const activation *f = activation_of(layer->activation);
    bool output = index + 1 == c->network->layer_count;
    layer_values *v = &c->values[index];
    v->in = in;
    v->z = compile_layer_matrix(c, layer, index % 2);
    v->a = compile_trains(c) && f->keeps_z ? compile_work_like(c, v->z) : v->z;
    compile_pack_input(c, index, in);
    bool heads = layer->heads > 1;
    bool halves = index == 0 && compile_half(c) > 0;
    if (heads) {
        c->grid = compile_grid_of_samples(c, v->z.rows);
    } else if (!halves) {
        c->grid = compile_grid_of_product(c, layer, layer->out);
    }
    bool bf16 = compile_is_bf16(c, index);
    const op_kind *of_floats = heads ? &op_heads : &op_forward;
    program_op product = compile_forward_op(c, bf16 ? &op_forward_bf16 : of_floats, index);
    product.members = layer->heads;
    product.weight =
        bf16 ? v->packed.forward : compile_tensor_operand(c, SPACE_PARAMETERS, layer->weight);
    product.in = bf16 ? v->packed.in : in;
    product.out = v->z;
    if (halves) {
        emit_halves(c, product);
    } else {
        compile_emit(c, &product);
    }
    emit_normalization(c, index, v->z);
    if (!output) {
        compile_noise(c, index, c->settings->training.layer_noise, v->z);
    }
    program_op next = compile_forward_op(c, output ? &op_add_bias : &op_activate, index);
    next.weight = compile_tensor_operand(c, SPACE_PARAMETERS, layer->bias);
    next.activation = f;
    next.in = v->z;
    next.out = output ? v->z : v->a;
    compile_emit(c, &next);
    if (output) {
        return v->z;
    }
    return compile_dropout(c, index, layer->dropout, v->a, &v->factors);
}

const embedding_row compile_embeddings[EMBEDDING_KINDS] = {
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
        const op_kind *prepare = compile_embeddings[embedding->as.kind].prepare;
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
        compile_emit(c, &(program_op){
                            .kind = prepare,
                            .layer = 0,
                            .needs = RUN_FORWARD,
                            .grid = compile_grid_of_input_tensor(c, embedding->table),
                            .embedding = embedding,
                            .weight = compile_tensor_operand(c, SPACE_PARAMETERS, embedding->table),
                            .out = sums});
    }
}

operand compile_rows_of(operand whole, int row, int rows)
{
    whole.offset += (size_t)row * (size_t)whole.row_stride;
    whole.rows = rows;
    return whole;
}

/* What the forward pass keeps of an embedding for its gradient: the inputs, or values
 * of its own. */
static operand keep_for_gradient(compiler *c, const network_embedding *embedding, operand in)
{
    if (embedding->as.kind == NNFS_EMBEDDING_PIECEWISE) {
        return compile_work_matrix(c, PIECEWISE_KEPT * embedding->as.count);
    }
    if (embedding->as.kind == NNFS_EMBEDDING_PERIODIC) {
        return compile_work_matrix(c,
                                   PERIODIC_KEPT(embedding->as.frequencies) * embedding->as.count);
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
    operand all = compile_work_matrix(c, network->layers[0].in);
    c->grid = compile_grid_of_samples(c, all.rows);
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *embedding = &network->embeddings[i];
        program_op next = compile_forward_op(c, compile_embeddings[embedding->as.kind].embed, 0);
        next.embedding = embedding;
        next.in = in;
        next.out = compile_rows_of(all, embedding->row, embedding_rows(embedding));
        next.weight = compile_tensor_operand(c, SPACE_PARAMETERS, embedding->table);
        next.more = c->embeddings[i].sums;
        if (compile_trains(c)) {
            c->embeddings[i].kept = next.kept = keep_for_gradient(c, embedding, in);
        }
        compile_emit(c, &next);
    }
    if (network->other_count > 0) {
        program_op pass = compile_forward_op(c, &op_pass_others, 0);
        pass.in = in;
        pass.out = compile_rows_of(all, all.rows - network->other_count, network->other_count);
        compile_emit(c, &pass);
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
    program_op next = compile_forward_op(c, &op_expand, 0);
    next.in = in;
    next.out = compile_work_of_members(c, in.rows);
    next.weight = compile_tensor_operand(c, SPACE_PARAMETERS, c->network->member_scale);
    next.members = c->network->members;
    compile_emit(c, &next);
    return next.out;
}

void compile_forward(compiler *c)
{
    for (int i = 0; i < c->network->layer_count; i++) {
        compile_pack_weights(c, i, &op_pack_first, RUN_FORWARD);
    }
    compile_left_updates(c, INPUT_BUCKET);
    emit_embedding_sums(c);
    c->grid = compile_grid_of_samples(c, c->network->inputs);
    if (compile_half(c) > 0) {
        c->grid.tile_rows = compile_half(c);
        c->grid.tile_columns = tiling_half_samples(&c->network->layers[0], c->tiles.tile_columns);
    }
    operand at = c->program->x;
    if (c->settings->purpose != PROGRAM_PREDICT) {
        program_op fetch = compile_forward_op(c, &op_fetch, -1);
        fetch.out = at;
        compile_emit(c, &fetch);
    }
    if (compile_trains(c) && c->settings->training.augment[0] != '\0') {
        program_op distort = compile_forward_op(c, &op_augment, -1);
        distort.in = distort.out = at;
        compile_emit(c, &distort);
    }
    compile_noise(c, -1, c->settings->training.noise, at);
    at = emit_embed(c, at);
    at = emit_expand(c, at);
    at = compile_dropout(c, -1, c->network->input_dropout, at, &c->input_factors);
    c->input = at;
    for (int i = 0; i < c->network->layer_count; i++) {
        compile_left_updates(c, i);
        at = emit_layer(c, i, at);
    }
}
