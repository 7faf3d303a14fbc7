/*
 * The optimizers, a row each, in PyTorch's definitions (torch.optim of 2.0). An update works on any
 * range of the flat parameter buffer, so that a block of weights is updated while it is in cache.
 */
#ifndef NNFS_OPTIM_OPTIMIZER_H
#define NNFS_OPTIM_OPTIMIZER_H

#include <nnfs/nnfs.h>
#include <stdbool.h>

/* The numbers of one step, the same for all parameters. */
typedef struct optimizer_step {
    float learning_rate;
    float momentum; /* beta1 of adam and adamw */
    float beta2;    /* alpha of rmsprop */
    float epsilon;
    float weight_decay;
    float corrected_rate;   /* adam: learning_rate / (1 - beta1^t) */
    float inverse_root_bc2; /* adam: 1 / sqrt(1 - beta2^t) */
} optimizer_step;

/*
 * The same range of the parameters, their gradient and the optimizer's state: lines of parameters,
 * at equal distances. The gradient of line i is factors[i] * gradient, so that the outer product
 * that a single sample has for a gradient is never stored; a gradient that is stored is one line
 * with the factor that clipping gives.
 */
typedef struct optimizer_range {
    float *w;
    const float *gradient; /* [count] */
    const float *factors;  /* [lines] */
    float *m;              /* momentum buffer or first moment; NULL if the optimizer keeps none */
    float *v;              /* second moment; NULL too */
    size_t count;
    size_t lines, stride;
} optimizer_range;

typedef struct optimizer {
    const char *name;

    /*
     * Updates the range. A weight whose update is not finite stays as it is, so that the last good
     * weights survive, and the result is false.
     */
    bool (*update)(const optimizer_step *step, const optimizer_range *range);

    bool has_first, has_second;
    bool first_is_momentum; /* and is kept only where the momentum is not 0 */
    bool corrects_bias;     /* of both averages, which begin at 0 */
} optimizer;

/* The row of an optimizer, NULL for a value that is none. */
const optimizer *optimizer_of(nnfs_optimizer which);

/* Whether an optimizer under resolved settings keeps m. */
bool optimizer_keeps_m(const nnfs_train_settings *settings);

/*
 * The numbers of step t (from 1) under resolved settings, with the learning rate that the schedule
 * has for it.
 */
optimizer_step optimizer_step_at(const nnfs_train_settings *settings, float learning_rate,
                                 int64_t t);

#endif
