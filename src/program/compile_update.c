/* The ops of gradients and updates, a pass over the tensors each. */
#include "program/compile.h"

#include "base/memory.h"
#include "base/minmax.h"

/* ---- Gradients and updates ---- */

/* A tensor's op of one kind on the grid of its layer. */
static program_op tensor_op(const compiler *c, const op_kind *kind, int tensor, unsigned needs)
{
    const network_tensor *t = &c->network->tensors[tensor];
    bool of_inputs = t->layer < 0;
    return (program_op){.kind = kind,
                        .layer = of_inputs ? 0 : t->layer,
                        .needs = needs,
                        .grid = of_inputs ? compile_grid_of_input_tensor(c, tensor)
                                          : compile_grid_of_parameters(c, t->layer),
                        .tensor = tensor,
                        .first_tile = t->rank == 1,
                        .out = compile_tensor_operand(c, SPACE_GRADIENT, tensor)};
}

/* The gradient of a layer's tensors, of a chunk or of a tile of samples. */
static void emit_gradient(compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    const layer_values *v = &c->values[index];
    bool partial = c->tiles.partials > 0;
    bool bf16 = compile_is_bf16(c, index);
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
            next.grid = compile_grid_of_samples(c, layer->out);
            next.first_tile = false;
            next.out.space = SPACE_PARTIALS;
        }
        compile_emit(c, &next);
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
        next.sums = compile_take_sums(c, (size_t)c->network->tensors[tensor].columns);
    }
    compile_emit(c, &next);
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

void compile_expand_backward(compiler *c)
{
    const nnfs_network *network = c->network;
    if (network->embedding_count == 0 || network->members == 1) {
        return;
    }
    program_op next = {.kind = &op_expand_backward,
                       .layer = 0,
                       .needs = RUN_GRADIENT,
                       .grid = compile_grid_of_samples(c, network->layers[0].in),
                       .weight = compile_tensor_operand(c, SPACE_PARAMETERS, network->member_scale),
                       .members = network->members,
                       .in = c->input_delta,
                       .out = compile_work_matrix(c, network->layers[0].in)};
    compile_emit(c, &next);
    c->embedding_delta = next.out;
}

static void emit_table_gradient(compiler *c, int index)
{
    const network_embedding *embedding = &c->network->embeddings[index];
    operand delta = c->network->members > 1 ? c->embedding_delta : c->input_delta;
    program_op next = tensor_op(c, compile_embeddings[embedding->as.kind].gradient,
                                embedding->table, RUN_GRADIENT);
    next.embedding = embedding;
    next.members = c->network->members;
    next.in = compile_rows_of(delta, embedding->row, embedding_rows(embedding));
    next.weight = compile_tensor_operand(c, SPACE_PARAMETERS, embedding->table);
    next.kept = c->embeddings[index].kept;
    next.more = c->embeddings[index].sums;
    compile_emit(c, &next);
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
    compile_emit(c, &next);
}

static void emit_running_statistics(compiler *c, int index)
{
    const network_layer *layer = &c->network->layers[index];
    if (layer->normalization == NNFS_NORMALIZATION_BATCH) {
        program_op next = tensor_op(c, &op_running_statistics, layer->running_mean, RUN_UPDATE);
        next.in = compile_tensor_operand(c, SPACE_PARAMETERS, layer->running_mean);
        next.out = compile_tensor_operand(c, SPACE_PARAMETERS, layer->running_variance);
        next.sums = c->values[index].sums;
        compile_emit(c, &next);
        for (int state = 0; state < STATES_MOST; state++) {
            if (follows(c, state) && train_state_at(state)->all_tensors) {
                emit_for_tensor(c, layer->running_mean, &op_follow, state);
                emit_for_tensor(c, layer->running_variance, &op_follow, state);
            }
        }
    }
}

static void emit_update(compiler *c, int index)
{
    emit_for_tensors(c, index, &op_update, 0);
    compile_pack_weights(c, index, &op_repack, RUN_UPDATE | RUN_FORWARD);
    for (int state = 0; state < STATES_MOST; state++) {
        if (follows(c, state)) {
            emit_for_tensors(c, index, &op_follow, state);
        }
    }
    emit_running_statistics(c, index);
}

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

void compile_pass_over(compiler *c, int first, int last, unsigned pass)
{
    const nnfs_network *network = c->network;
    int layer = MAX(first, 0);
    for (int i = layer; i <= last && c->tiles.partials > 0; i++) {
        if (pass & DO_GRADIENT && !network->layers[i].frozen) {
            emit_gradient(c, i);
        }
    }
    for (int t = 0; t < network->tensor_count && first == INPUT_BUCKET; t++) {
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

void compile_pass(compiler *c, unsigned pass)
{
    compile_pass_over(c, INPUT_BUCKET, c->network->layer_count - 1, pass);
}
