/* The optimizers' kernels and their table. */
#include "optim/optimizer.h"

#include "base/vector.h"

#include <float.h>
#include <math.h>

/*
 * A kernel is its update of one parameter: BODY computes `next`, the parameter after the step, and
 * the states m and v from the gradient g, to which weight decay is added if COUPLED.
 */
#define UPDATE(NAME, COUPLED, HAS_M, HAS_V, BODY)                                            \
    VECTOR_CLONES                                                                            \
    static bool NAME(const optimizer_step *step, const optimizer_range *range)               \
    {                                                                                        \
        const optimizer_step s = *step;                                                      \
        const float *restrict gradient = range->gradient;                                    \
        int bad = 0;                                                                         \
        for (size_t line = 0; line < range->lines; line++) {                                 \
            size_t at = line * range->stride;                                                \
            float factor = range->factors[line];                                             \
            float *restrict w = range->w + at;                                               \
            float *restrict range_m = (HAS_M) ? range->m + at : NULL;                        \
            float *restrict range_v = (HAS_V) ? range->v + at : NULL;                        \
            _Pragma("omp simd reduction(| : bad)") for (size_t i = 0; i < range->count; i++) \
            {                                                                                \
                float g = factor * gradient[i] + ((COUPLED) ? s.weight_decay * w[i] : 0.0f); \
                float m = (HAS_M) ? range_m[i] : 0.0f;                                       \
                float v = (HAS_V) ? range_v[i] : 0.0f;                                       \
                float next = w[i];                                                           \
                BODY;                                                                        \
                int good = fabsf(next) <= FLT_MAX;                                           \
                bad |= !good;                                                                \
                w[i] = good ? next : w[i];                                                   \
                if (HAS_M) {                                                                 \
                    range_m[i] = m;                                                          \
                }                                                                            \
                if (HAS_V) {                                                                 \
                    range_v[i] = v;                                                          \
                }                                                                            \
            }                                                                                \
        }                                                                                    \
        return !bad;                                                                         \
    }

/* w -= lr g */
UPDATE(sgd_update, true, false, false, { next -= s.learning_rate * g; })

/* m = mu m + g; w -= lr m */
UPDATE(momentum_update, true, true, false, {
    m = s.momentum * m + g;
    next -= s.learning_rate * m;
})

/* m = mu m + g; w -= lr (g + mu m) (Sutskever et al. 2013, as torch.optim.SGD has it) */
UPDATE(nesterov_update, true, true, false, {
    m = s.momentum * m + g;
    next -= s.learning_rate * (g + s.momentum * m);
})

/* v += g^2; w -= lr g / (sqrt v + eps) (Duchi et al. 2011) */
UPDATE(adagrad_update, true, false, true, {
    v += g * g;
    next -= s.learning_rate * g / (sqrtf(v) + s.epsilon);
})

/* v = alpha v + (1 - alpha) g^2; m = mu m + g / (sqrt v + eps); w -= lr m (Hinton 2012) */
UPDATE(rmsprop_with_momentum, true, true, true, {
    v = s.beta2 * v + (1.0f - s.beta2) * g * g;
    m = s.momentum * m + g / (sqrtf(v) + s.epsilon);
    next -= s.learning_rate * m;
})

/* The same with mu = 0, which needs no m. */
UPDATE(rmsprop_plain, true, false, true, {
    v = s.beta2 * v + (1.0f - s.beta2) * g * g;
    next -= s.learning_rate * (g / (sqrtf(v) + s.epsilon));
})

static bool rmsprop_update(const optimizer_step *step, const optimizer_range *range)
{
    if (range->m) {
        return rmsprop_with_momentum(step, range);
    }
    return rmsprop_plain(step, range);
}

/*
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * w -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps) (Kingma and Ba 2015)
 */
#define ADAM_BODY                                 \
    m = s.momentum * m + (1.0f - s.momentum) * g; \
    v = s.beta2 * v + (1.0f - s.beta2) * g * g;   \
    next -= s.corrected_rate * m / (sqrtf(v) * s.inverse_root_bc2 + s.epsilon)

UPDATE(adam_update, true, true, true, { ADAM_BODY; })

/* Adam after w *= 1 - lr * decay, which the gradient does not see (Loshchilov and Hutter 2019) */
UPDATE(adamw_update, false, true, true, {
    next *= 1.0f - s.learning_rate * s.weight_decay;
    ADAM_BODY;
})

/* Their defaults are in the table of training settings, optim/train_settings.c. */
static const optimizer optimizers[] = {
    [NNFS_SGD] = {.name = "sgd", .update = sgd_update},
    [NNFS_MOMENTUM] = {.name = "momentum", .update = momentum_update, .has_first = true},
    [NNFS_NESTEROV] = {.name = "nesterov", .update = nesterov_update, .has_first = true},
    [NNFS_ADAGRAD] = {.name = "adagrad", .update = adagrad_update, .has_second = true},
    [NNFS_RMSPROP] = {.name = "rmsprop",
                      .update = rmsprop_update,
                      .has_first = true,
                      .first_is_momentum = true,
                      .has_second = true},
    [NNFS_ADAM] = {.name = "adam",
                   .update = adam_update,
                   .has_first = true,
                   .has_second = true,
                   .corrects_bias = true},
    [NNFS_ADAMW] = {.name = "adamw",
                    .update = adamw_update,
                    .has_first = true,
                    .has_second = true,
                    .corrects_bias = true},
};

const optimizer *optimizer_of(nnfs_optimizer which)
{
    size_t index = (size_t)which;
    if (index < sizeof optimizers / sizeof *optimizers) {
        return &optimizers[index];
    }
    return NULL;
}

bool optimizer_keeps_m(const nnfs_train_settings *settings)
{
    const optimizer *row = optimizer_of(settings->optimizer);
    return row->has_first && (!row->first_is_momentum || settings->momentum > 0.0f);
}

const char *nnfs_optimizer_name(nnfs_optimizer which)
{
    const optimizer *row = optimizer_of(which);
    if (!row) {
        return NULL;
    }
    return row->name;
}

optimizer_step optimizer_step_at(const nnfs_train_settings *settings, float learning_rate,
                                 int64_t t)
{
    optimizer_step step = {
        .learning_rate = learning_rate,
        .momentum = settings->momentum,
        .beta2 = settings->beta2,
        .epsilon = settings->epsilon,
        .weight_decay = settings->weight_decay,
    };
    if (optimizer_of(settings->optimizer)->corrects_bias) {
        double correction1 = 1.0 - pow((double)settings->momentum, (double)t);
        double correction2 = 1.0 - pow((double)settings->beta2, (double)t);
        step.corrected_rate = (float)((double)learning_rate / correction1);
        step.inverse_root_bc2 = (float)(1.0 / sqrt(correction2));
    }
    return step;
}
