/* The forward and backward pass over a tile. */
#include "network/pass.h"

#include <stddef.h>

static float *column_of(float *matrix, int rows, int column)
{
    return matrix + (ptrdiff_t)column * rows;
}

/* Z = W A; the activation adds the bias. */
static bool product_forward(const pass_buffers *pass, int index, int first, int count)
{
    const network_layer *layer = &pass->network->layers[index];
    const float *a = index == 0 ? pass->input : pass->a[index - 1];
    const gemm_product product = {
        .transpose_a = GEMM_N, /* W [out x in] */
        .transpose_b = GEMM_N, /* A [in x count] */
        .m = layer->out,
        .n = count,
        .k = layer->in,
        .alpha = 1.0f,
        .a = pass->network->parameters + layer->weights,
        .lda = layer->out,
        .b = a + (ptrdiff_t)first * layer->in,
        .ldb = layer->in,
        .beta = 0.0f,
        .c = column_of(pass->z[index], layer->out, first),
        .ldc = layer->out,
    };
    return gemm_run(pass->gemm, &product);
}

bool pass_forward(const pass_buffers *pass, int first, int count)
{
    const nnfs_network *network = pass->network;
    bool ok = true;
    for (int index = 0; index < network->layer_count; index++) {
        const network_layer *layer = &network->layers[index];
        const float *bias = network->parameters + layer->biases;
        ok = ok && product_forward(pass, index, first, count);
        profile_lap_product(pass->profile, index, PROFILE_FORWARD, layer->out, count, layer->in);
        float *z = column_of(pass->z[index], layer->out, first);
        if (index + 1 < network->layer_count) {
            activation_of(layer->activation)
                ->forward(bias, layer->out, count, z, column_of(pass->a[index], layer->out, first));
        } else {
            bias_forward(bias, layer->out, count, z, z);
        }
        profile_lap(pass->profile, PROFILE_ELEMENTWISE);
    }
    return ok;
}

void pass_outputs(const pass_buffers *pass, int first, int count, const float *zeros)
{
    const network_layer *layer = network_output(pass->network);
    float *z = column_of(pass->z[pass->network->layer_count - 1], layer->out, first);
    activation_of(layer->activation)->forward(zeros, layer->out, count, z, z);
}

/* D_prev = W^T D, not yet times f'. */
static bool product_backward(const pass_buffers *pass, int index, int first, int count)
{
    const network_layer *layer = &pass->network->layers[index];
    const gemm_product product = {
        .transpose_a = GEMM_T, /* W [out x in] */
        .transpose_b = GEMM_N, /* D [out x count] */
        .m = layer->in,
        .n = count,
        .k = layer->out,
        .alpha = 1.0f,
        .a = pass->network->parameters + layer->weights,
        .lda = layer->out,
        .b = column_of(pass->d[index], layer->out, first),
        .ldb = layer->out,
        .beta = 0.0f,
        .c = column_of(pass->d[index - 1], layer->in, first),
        .ldc = layer->in,
    };
    return gemm_run(pass->gemm, &product);
}

bool pass_backward(const pass_buffers *pass, int first, int count)
{
    bool ok = true;
    for (int index = pass->network->layer_count - 1; index > 0; index--) {
        const network_layer *before = &pass->network->layers[index - 1];
        const activation *row = activation_of(before->activation);
        const float *kept = row->keeps_z ? pass->z[index - 1] : pass->a[index - 1];
        ok = ok && product_backward(pass, index, first, count);
        profile_lap_product(pass->profile, index, PROFILE_BACKWARD, before->out, count,
                            pass->network->layers[index].out);
        row->backward(kept + (ptrdiff_t)first * before->out, before->out, count,
                      column_of(pass->d[index - 1], before->out, first));
        profile_lap(pass->profile, PROFILE_ELEMENTWISE);
    }
    return ok;
}
