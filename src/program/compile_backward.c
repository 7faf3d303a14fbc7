/* The ops of the loss, and of the backward pass. */
#include "program/compile.h"

#include "base/memory.h"

/* ---- The output layer's delta ---- */

static void emit_output_activation(compiler *c, unsigned needs)
{
    int last = c->network->layer_count - 1;
    const layer_values *v = &c->values[last];
    program_op outputs = compile_forward_op(c, &op_output_activate, last);
    outputs.needs |= needs;
    outputs.activation = activation_of(network_output(c->network)->activation);
    outputs.in = v->z;
    outputs.out = v->a;
    compile_emit(c, &outputs);
}

static void emit_loss(compiler *c)
{
    int last = c->network->layer_count - 1;
    const layer_values *v = &c->values[last];
    program_op loss = compile_forward_op(c, &op_loss, last);
    loss.needs |= RUN_LOSS;
    loss.loss = loss_of(c->network->loss);
    loss.activation = activation_of(network_output(c->network)->activation);
    loss.in = v->z;
    loss.kept = v->a;
    loss.out = v->delta;
    loss.members = compile_trains(c) ? c->network->members : 1;
    loss.value = compile_trains(c) ? c->settings->training.label_smoothing : 0.0f;
    loss.shared = LOSS_SUMS;
    loss.sums = compile_take_sums(c, LOSS_SUMS);
    compile_emit(c, &loss);
}

/* dL/d output that the caller has, and from it dL/d logits. */
static void emit_given_gradient(compiler *c)
{
    int last = c->network->layer_count - 1;
    const layer_values *v = &c->values[last];
    const activation *f = activation_of(network_output(c->network)->activation);
    program_op take = compile_forward_op(c, &op_take_output_gradient, last);
    take.needs |= RUN_OUTPUT_GRADIENT;
    take.out = v->delta;
    compile_emit(c, &take);
    emit_output_activation(c, RUN_OUTPUT_BACKWARD);
    program_op through = compile_forward_op(c, &op_activate_backward, last);
    through.needs |= RUN_OUTPUT_BACKWARD;
    through.activation = f;
    through.kept = f->keeps_z ? v->z : v->a;
    through.out = v->delta;
    compile_emit(c, &through);
}

void compile_output(compiler *c)
{
    int last = c->network->layer_count - 1;
    int outputs = network_output(c->network)->out;
    layer_values *v = &c->values[last];
    c->grid = compile_grid_of_samples(c, outputs);
    if (compile_trains(c)) {
        v->delta = v->dz = compile_work_matrix(c, v->z.rows);
    } else if (c->network->members > 1 || c->network->further_count > 0) {
        program_op merge = compile_forward_op(c, &op_merge, last);
        merge.activation = activation_of(network_output(c->network)->activation);
        merge.members = c->network->members;
        merge.in = v->z;
        merge.out = v->z = v->a = compile_work_matrix(c, outputs);
        compile_emit(c, &merge);
    }
    if (c->settings->purpose == PROGRAM_PREDICT) {
        emit_output_activation(c, 0);
    } else {
        emit_loss(c);
    }
    if (compile_trains(c) && c->network->members == 1) {
        emit_given_gradient(c);
    }
}

/* ---- Backward ---- */

void compile_normalization_backward(compiler *c, int index, unsigned needs)
{
    const network_layer *layer = &c->network->layers[index];
    layer_values *v = &c->values[index];
    bool batch = layer->normalization == NNFS_NORMALIZATION_BATCH;
    if (layer->normalization == NNFS_NORMALIZATION_NONE) {
        return;
    }
    v->dz = compile_work_matrix(c, layer->out);
    program_op through = {.kind = batch ? &op_batch_backward : &op_layer_backward,
                          .layer = index,
                          .needs = needs,
                          .in = v->delta,
                          .out = v->dz,
                          .kept = v->normalized,
                          .weight = compile_tensor_operand(c, SPACE_PARAMETERS, layer->scale),
                          .sums = v->sums};
    if (batch) {
        program_op sums = {.kind = &op_batch_backward_sums,
                           .layer = index,
                           .needs = needs,
                           .grid = c->grid,
                           .in = v->delta,
                           .kept = v->normalized,
                           .sums = compile_take_batch_sums(c, layer->out),
                           .shared = 2 * (size_t)layer->out};
        compile_emit(c, &sums);
        through.more_sums = sums.sums;
    } else {
        c->grid = compile_grid_of_samples(c, layer->out);
    }
    through.grid = c->grid;
    compile_emit(c, &through);
}

bool compile_inputs_learn(const nnfs_network *network)
{
    return network->embedding_count > 0 || network->member_scale >= 0;
}

void compile_backward(compiler *c, int index, unsigned needs)
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
    if (!first || compile_inputs_learn(c->network)) {
        to = compile_work_like(c, c->values[index].in);
    }
    c->input_delta = to;
    operand factors = first ? c->input_factors : before->factors;
    bool heads = layer->heads > 1;
    c->grid = heads ? compile_grid_of_samples(c, layer->in)
                    : compile_grid_of_product(c, layer, layer->in);
    bool bf16 = compile_is_bf16(c, index);
    const op_kind *of_floats = heads ? &op_heads_backward : &op_backward;
    const layer_values *v = &c->values[index];
    program_op product = {.kind = bf16 ? &op_backward_bf16 : of_floats,
                          .members = layer->heads,
                          .layer = index,
                          .needs = needs,
                          .grid = c->grid,
                          .weight =
                              bf16 ? v->packed.backward
                                   : compile_tensor_operand(c, SPACE_PARAMETERS, layer->weight),
                          .in = bf16 ? v->packed.dz_backward : v->dz,
                          .out = to};
    compile_emit(c, &product);
    if (op_is_given(&factors)) {
        program_op drop = {.kind = &op_dropout_backward,
                           .layer = index - 1,
                           .needs = needs,
                           .grid = c->grid,
                           .kept = factors,
                           .out = to};
        compile_emit(c, &drop);
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
        compile_emit(c, &through);
        before->delta = before->dz = to;
        compile_normalization_backward(c, index - 1, needs);
    }
}

int compile_first_trained(const nnfs_network *network)
{
    int index = 0;
    while (index < network->layer_count && network->layers[index].frozen) {
        index++;
    }
    return index;
}
