/* The forward and backward pass over a tile. */
#include "network/pass.h"

#include <stddef.h>

static ptrdiff_t at(int row, int column, int ld)
{
    return row + (ptrdiff_t)column * ld;
}

/* Z = W A */
static bool product_forward(const pass_buffers *pass, int index, pass_tile tile)
{
    const network_layer *layer = &pass->network->layers[index];
    const float *a = index == 0 ? pass->input : pass->a[index - 1];
    const gemm_product product = {
        .transpose_a = layer->transposed ? GEMM_T : GEMM_N, /* W [rows of out x in] */
        .transpose_b = GEMM_N,                              /* A [in x columns] */
        .m = tile.rows,
        .n = tile.columns,
        .k = layer->in,
        .alpha = 1.0f,
        .a = pass->network->parameters + network_weight(layer, (size_t)tile.row, 0),
        .lda = layer->transposed ? layer->in : layer->out,
        .b = a + at(0, tile.column, layer->in),
        .ldb = layer->in,
        .beta = 0.0f,
        .c = pass->z[index] + at(tile.row, tile.column, layer->out),
        .ldc = layer->out,
    };
    return gemm_run(pass->gemm, &product);
}

bool pass_forward_layer(const pass_buffers *pass, int index, pass_tile tile)
{
    const network_layer *layer = &pass->network->layers[index];
    const float *bias = pass->network->parameters + layer->biases + tile.row;
    float *z = pass->z[index] + at(tile.row, tile.column, layer->out);
    float *a = pass->a[index] + at(tile.row, tile.column, layer->out);
    bool ok = product_forward(pass, index, tile);
    profile_lap_product(pass->profile, index, PROFILE_FORWARD, tile.rows, tile.columns, layer->in);
    if (index + 1 < pass->network->layer_count) {
        activation_of(layer->activation)->forward(bias, tile.rows, tile.columns, layer->out, z, a);
    } else {
        bias_forward(bias, tile.rows, tile.columns, layer->out, z);
    }
    profile_lap(pass->profile, PROFILE_ELEMENTWISE);
    return ok;
}

bool pass_forward(const pass_buffers *pass, int columns)
{
    bool ok = true;
    for (int index = 0; index < pass->network->layer_count; index++) {
        pass_tile tile = {0, pass->network->layers[index].out, 0, columns};
        ok = pass_forward_layer(pass, index, tile) && ok;
    }
    return ok;
}

void pass_outputs(const pass_buffers *pass, int columns, const float *zeros)
{
    const network_layer *layer = network_output(pass->network);
    float *z = pass->z[pass->network->layer_count - 1];
    activation_of(layer->activation)->forward(zeros, layer->out, columns, layer->out, z, z);
}

/* D_prev = W^T D, not yet times f'. */
static bool product_backward(const pass_buffers *pass, int index, pass_tile tile)
{
    const network_layer *layer = &pass->network->layers[index];
    const gemm_product product = {
        .transpose_a = layer->transposed ? GEMM_N : GEMM_T, /* W^T [rows of D_prev x out] */
        .transpose_b = GEMM_N,                              /* D [out x columns] */
        .m = tile.rows,
        .n = tile.columns,
        .k = layer->out,
        .alpha = 1.0f,
        .a = pass->network->parameters + network_weight(layer, 0, (size_t)tile.row),
        .lda = layer->transposed ? layer->in : layer->out,
        .b = pass->d[index] + at(0, tile.column, layer->out),
        .ldb = layer->out,
        .beta = 0.0f,
        .c = pass->d[index - 1] + at(tile.row, tile.column, layer->in),
        .ldc = layer->in,
    };
    return gemm_run(pass->gemm, &product);
}

bool pass_backward_layer(const pass_buffers *pass, int index, pass_tile tile)
{
    const network_layer *before = &pass->network->layers[index - 1];
    const activation *row = activation_of(before->activation);
    const float *kept = row->keeps_z ? pass->z[index - 1] : pass->a[index - 1];
    ptrdiff_t offset = at(tile.row, tile.column, before->out);
    bool ok = product_backward(pass, index, tile);
    profile_lap_product(pass->profile, index, PROFILE_BACKWARD, tile.rows, tile.columns,
                        pass->network->layers[index].out);
    row->backward(kept + offset, tile.rows, tile.columns, before->out, pass->d[index - 1] + offset);
    profile_lap(pass->profile, PROFILE_ELEMENTWISE);
    return ok;
}
