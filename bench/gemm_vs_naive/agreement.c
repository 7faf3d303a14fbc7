/* The comparison of passes and steps; eps is FLT_EPSILON, d.. a difference between the sides. */
#include "gemm_vs_naive/agreement.h"

#include <stddef.h>

/* The same matrix on both sides, [rows x columns]. */
typedef struct pair {
    const float *naive, *blas;
    int rows, columns;
} pair;

static double difference_at(const pair *p, ptrdiff_t at)
{
    return fabs((double)p->naive[at] - (double)p->blas[at]);
}

static void norms_of_pair_rows(const pair *p, norms *n)
{
    norms_of_rows(p->naive, p->blas, p->rows, p->columns, n);
}

static void norms_of_pair_columns(const pair *p, norms *n)
{
    norms_of_columns(p->naive, p->blas, p->rows, p->columns, n);
}

float *agreement_outputs(const nnfs_trainer *trainer, int index)
{
    const program *p = &trainer->program;
    bool output = index + 1 == trainer->network->layer_count;
    size_t offset = output ? program_find(p, &op_loss, index)->kept.offset
                           : program_find(p, &op_activate, index)->out.offset;
    return trainer->work.shards[0].work + offset;
}

/* What layer `index` takes, and what it gives. */
static pair activations(const agreement *g, int index)
{
    if (index < 0) {
        return (pair){g->features, g->features, g->before->inputs, g->batch};
    }
    return (pair){agreement_outputs(g->trainers[0], index),
                  agreement_outputs(g->trainers[1], index), g->before->layers[index].out, g->batch};
}

/* dL/d of what the activation of layer `index` takes, in the trainer's workspace. */
static const float *deltas_of(const nnfs_trainer *trainer, int index)
{
    bool output = index + 1 == trainer->network->layer_count;
    const op_kind *kind = output ? &op_loss : &op_activate_backward;
    return trainer->work.shards[0].work + program_find(&trainer->program, kind, index)->out.offset;
}

static pair deltas(const agreement *g, int index)
{
    return (pair){deltas_of(g->trainers[0], index), deltas_of(g->trainers[1], index),
                  g->before->layers[index].out, g->batch};
}

/* The rows of W as both sides began with it, a unit each; and its columns, an input each. */
static void norms_of_units(const agreement *g, const network_layer *layer, norms *n)
{
    matrix w = network_matrix(&g->before->tensors[layer->weight], g->before->parameters);
    if (w.row_stride == 1) {
        norms_of_rows(w.data, NULL, layer->out, layer->in, n);
    } else {
        norms_of_columns(w.data, NULL, layer->in, layer->out, n);
    }
}

static void norms_of_inputs(const agreement *g, const network_layer *layer, norms *n)
{
    matrix w = network_matrix(&g->before->tensors[layer->weight], g->before->parameters);
    if (w.row_stride == 1) {
        norms_of_columns(w.data, NULL, layer->out, layer->in, n);
    } else {
        norms_of_rows(w.data, NULL, layer->in, layer->out, n);
    }
}

/* ---- Forward ---- */

/*
 * z = W a + b, a sum of in + 1 terms: |dz| <= |w||da| + (in + 1) eps (|w||a| + |b|). relu brings no
 * two numbers further apart.
 */
static double logit_tolerance(const agreement *g, const network_layer *layer, int i, int j)
{
    double bias =
        fabs((double)g->before->parameters[g->before->tensors[layer->bias].offset + (size_t)i]);
    int terms = layer->in + 1;
    return sum_tolerance(&g->x, i, &g->y, j, terms) + (double)FLT_EPSILON * terms * bias;
}

static void compare_hidden(agreement *g, int index)
{
    const network_layer *layer = &g->before->layers[index];
    pair a = activations(g, index);
    for (int j = 0; j < a.columns; j++) {
        for (int i = 0; i < a.rows; i++) {
            comparison_add(&g->worst, difference_at(&a, i + (ptrdiff_t)j * a.rows),
                           logit_tolerance(g, layer, i, j), "hidden");
        }
    }
}

/*
 * softmax: |dp| <= |dz| / 2 (Gao and Pavel 2017), and a column's loss, log sum exp(z) - z_y, has a
 * gradient p - onehot(y) no longer than sqrt 2. Both round like a sum of their own: exp errs by an
 * ulp or two, its argument by |z - m| u where p <= exp(-|z - m|).
 */
static void compare_outputs(agreement *g, int index)
{
    const network_layer *layer = &g->before->layers[index];
    pair p = activations(g, index);
    double rounding = (double)FLT_EPSILON * (p.rows + 8);
    g->loss_tolerance = rounding;
    for (int j = 0; j < p.columns; j++) {
        double squares = 0.0;
        for (int i = 0; i < p.rows; i++) {
            double dz = logit_tolerance(g, layer, i, j);
            squares += dz * dz;
        }
        for (int i = 0; i < p.rows; i++) {
            comparison_add(&g->worst, difference_at(&p, i + (ptrdiff_t)j * p.rows),
                           sqrt(squares) / 2.0 + rounding, "output");
        }
        g->loss_tolerance += sqrt(2.0 * squares) / p.columns;
    }
}

void agreement_forward(agreement *g)
{
    g->worst = COMPARISON_NONE;
    for (int index = 0; index < g->before->layer_count; index++) {
        const network_layer *layer = &g->before->layers[index];
        pair before = activations(g, index - 1);
        norms_of_units(g, layer, &g->x);
        norms_of_pair_columns(&before, &g->y);
        if (index + 1 < g->before->layer_count) {
            compare_hidden(g, index);
        } else {
            compare_outputs(g, index);
        }
    }
}

/* ---- Backward ---- */

/* d = (p - onehot(y)) / batch */
static void compare_output_deltas(agreement *g, int index)
{
    pair p = activations(g, index), d = deltas(g, index);
    for (ptrdiff_t at = 0; at < (ptrdiff_t)d.rows * d.columns; at++) {
        comparison_add(&g->worst, difference_at(&d, at),
                       (difference_at(&p, at) + 2.0 * (double)FLT_EPSILON) / g->batch, "delta");
    }
}

/*
 * D_prev = W^T D where a > 0, else 0. Where z came out on either side of 0, as rounding may have
 * it, one of the two is 0 and the other within |w||d|.
 */
static void compare_deltas(agreement *g, int index)
{
    const network_layer *layer = &g->before->layers[index + 1];
    pair after = deltas(g, index + 1), a = activations(g, index), d = deltas(g, index);
    norms_of_inputs(g, layer, &g->x);
    norms_of_pair_columns(&after, &g->y);
    for (int j = 0; j < d.columns; j++) {
        for (int i = 0; i < d.rows; i++) {
            ptrdiff_t at = i + (ptrdiff_t)j * d.rows;
            double tolerance = sum_tolerance(&g->x, i, &g->y, j, layer->out);
            if ((a.naive[at] > 0.0f) != (a.blas[at] > 0.0f)) {
                tolerance += g->x.size[i] * g->y.size[j];
            }
            comparison_add(&g->worst, difference_at(&d, at), tolerance, "delta");
        }
    }
}

/* ---- Gradients and weights ---- */

/* One parameter: its gradient, and w - rate * gradient, which rounds twice more. */
static void compare_parameter(agreement *g, size_t at, double tolerance, const char *what)
{
    const nnfs_trainer *naive = g->trainers[0], *blas = g->trainers[1];
    double rate = (double)naive->settings.learning_rate;
    double gradients[2] = {(double)naive->gradient[at], (double)blas->gradient[at]};
    double weights[2] = {(double)naive->network->parameters[at],
                         (double)blas->network->parameters[at]};
    double size = fabs((double)g->before->parameters[at]) + rate * fabs(gradients[0]);
    comparison_add(&g->worst, fabs(gradients[0] - gradients[1]), tolerance, what);
    comparison_add(&g->worst, fabs(weights[0] - weights[1]),
                   rate * tolerance + 2.0 * (double)FLT_EPSILON * size, "weight");
}

/* dW = D A^T, sums over the batch; db = D 1. */
static void compare_parameters(agreement *g, int index)
{
    const network_layer *layer = &g->before->layers[index];
    matrix w = network_weights(g->before, index, g->before->parameters);
    pair d = deltas(g, index), a = activations(g, index - 1);
    norms_of_pair_rows(&d, &g->x);
    norms_of_pair_rows(&a, &g->y);
    for (int j = 0; j < layer->in; j++) {
        for (int i = 0; i < layer->out; i++) {
            const float *element = matrix_at(w, i, j);
            compare_parameter(g, (size_t)(element - g->before->parameters),
                              sum_tolerance(&g->x, i, &g->y, j, g->batch), "dW");
        }
    }
    g->y.size[0] = sqrt((double)g->batch); /* |1| */
    g->y.difference[0] = 0.0;
    for (int i = 0; i < layer->out; i++) {
        compare_parameter(g, g->before->tensors[layer->bias].offset + (size_t)i,
                          sum_tolerance(&g->x, i, &g->y, 0, g->batch), "db");
    }
}

void agreement_step(agreement *g, const double losses[2])
{
    int last = g->before->layer_count - 1;
    comparison_add(&g->worst, fabs(losses[0] - losses[1]), g->loss_tolerance, "loss");
    compare_output_deltas(g, last);
    for (int index = last - 1; index >= 0; index--) {
        compare_deltas(g, index);
    }
    for (int index = 0; index <= last; index++) {
        compare_parameters(g, index);
    }
}
