/*
 * Proves each kernel (activations, losses, optimizers, matrix products) against double, and times
 * with --bench those that it found right, in the manner of dav1d's checkasm. Outputs lie in
 * poisoned buffers with a rim on all sides; tolerances scale with the sum that a result is.
 *
 * Usage: check_kernels [--bench] [SEED]
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "math/blas_runtime.h"
#include "math/gemm.h"
#include "math/loss.h"
#include "optim/optimizer.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define POISON          (-123456.0f)

static random_key key = {.purpose = RANDOM_WEIGHTS};
static uint64_t drawn;
static bool with_bench;
static int wrong_count;

/* Uniform in [-limit, limit). */
static float draw(float limit)
{
    random_words words = random_draw(key, 0, drawn++, 0);
    return (2.0f * random_unit(words.word[0]) - 1.0f) * limit;
}

/* ---- Tiles with a rim of poison ---- */

enum {
    RIM = 5,
    ROWS = 67,
    COLUMNS = 33,
    LD = ROWS + 2 * RIM,
    TILE_FLOATS = LD * (COLUMNS + 2 * RIM)
};

static float tiles[4][TILE_FLOATS];

/* The element [0, 0] of a tile; its elements are drawn, with `limit` 0 they are poison too. */
static float *fresh_tile(int which, float limit)
{
    for (int i = 0; i < TILE_FLOATS; i++) {
        tiles[which][i] = POISON;
    }
    float *first = tiles[which] + (size_t)RIM * LD + RIM;
    for (int j = 0; j < COLUMNS && limit > 0.0f; j++) {
        for (int i = 0; i < ROWS; i++) {
            first[j * LD + i] = draw(limit);
        }
    }
    return first;
}

static bool rim_is_whole(int which)
{
    for (int at = 0; at < TILE_FLOATS; at++) {
        int i = at % LD - RIM;
        int j = at / LD - RIM;
        bool inside = i >= 0 && i < ROWS && j >= 0 && j < COLUMNS;
        if (!inside && tiles[which][at] != POISON) {
            return false;
        }
    }
    return true;
}

/* ---- Verdicts and times ---- */

/* The largest error so far, as a share of what is tolerated. */
static double worst;

static void compare(double got, double wanted, double scale)
{
    double share = fabs(got - wanted) / (16.0 * (double)FLT_EPSILON * (scale + (double)FLT_MIN));
    worst = share <= worst ? worst : share; /* NaN is worst */
}

static bool verdict(const char *kind, const char *name, bool rim)
{
    bool right = worst <= 1.0 && rim;
    (void)printf("%-5s %-10s %-22s %.3f of the tolerance%s\n", right ? "ok" : "WRONG", kind, name,
                 worst, rim ? "" : ", wrote beside its output");
    wrong_count += !right;
    worst = 0.0;
    return right;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median of 21 samples of at least a millisecond, per unit of work. */
static void bench(const char *name, void (*run)(const void *context), const void *context,
                  double units, const char *unit)
{
    if (!with_bench) {
        return;
    }
    double samples[21];
    int repeats = 1;
    for (size_t i = 0; i < COUNT_OF(samples);) {
        double start = clock_seconds();
        for (int r = 0; r < repeats; r++) {
            run(context);
        }
        double seconds = clock_seconds() - start;
        if (seconds < 1e-3) {
            repeats *= 2;
            continue;
        }
        samples[i++] = seconds / repeats;
    }
    qsort(samples, COUNT_OF(samples), sizeof *samples, compare_doubles);
    (void)printf("time  %-33s %.3g %s\n", name, units / samples[COUNT_OF(samples) / 2] * 1e-9,
                 unit);
}

/* ---- Activations ---- */

static double identity(double z)
{
    return z;
}

static double relu(double z)
{
    return z > 0.0 ? z : 0.0;
}

static double leaky_relu(double z)
{
    return z > 0.0 ? z : (double)0.01f * z;
}

static double elu(double z)
{
    return z > 0.0 ? z : expm1(z);
}

static double selu(double z)
{
    return 1.0507009873554805 * (z > 0.0 ? z : 1.6732632423543772 * expm1(z));
}

static double sigmoid(double z)
{
    return 1.0 / (1.0 + exp(-z));
}

static double softplus(double z)
{
    return fmax(z, 0.0) + log1p(exp(-fabs(z)));
}

static double silu(double z)
{
    return z * sigmoid(z);
}

static double gelu(double z)
{
    return z * 0.5 * erfc(-z / sqrt(2.0));
}

static double mish(double z)
{
    return z * tanh(softplus(z));
}

static const struct {
    const char *name;
    double (*f)(double z);
} functions[] = {
    {"exponential", exp},       {"elu", elu},   {"gelu", gelu},         {"identity", identity},
    {"leaky_relu", leaky_relu}, {"mish", mish}, {"relu", relu},         {"selu", selu},
    {"sigmoid", sigmoid},       {"silu", silu}, {"softplus", softplus}, {"tanh", tanh},
};

static double (*function_of(const char *name))(double)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return functions[i].f;
        }
    }
    return NULL;
}

static double slope(double (*f)(double), double z)
{
    return (f(z + 1e-6) - f(z - 1e-6)) / 2e-6;
}

typedef struct activation_run {
    const activation *kernels;
    float *z, *a, *d;
    const float *bias;
} activation_run;

static void run_forward(const void *context)
{
    const activation_run *r = context;
    r->kernels->forward(r->bias, ROWS, COLUMNS, LD, r->z, r->a);
}

static void run_backward(const void *context)
{
    const activation_run *r = context;
    r->kernels->backward(r->kernels->keeps_z ? r->z : r->a, ROWS, COLUMNS, LD, r->d);
}

/* a = softmax(z), per column; the delta of its Jacobian is a (d - sum a d). */
static void softmax_column(const double *z, const double *d, double *a, double *delta)
{
    double largest = -INFINITY;
    double sum = 0.0;
    double product = 0.0;
    for (int i = 0; i < ROWS; i++) {
        largest = fmax(largest, z[i]);
    }
    for (int i = 0; i < ROWS; i++) {
        a[i] = exp(z[i] - largest);
        sum += a[i];
    }
    for (int i = 0; i < ROWS; i++) {
        a[i] /= sum;
        product += a[i] * d[i];
    }
    for (int i = 0; i < ROWS; i++) {
        delta[i] = a[i] * (d[i] - product);
    }
}

static void check_activation(const activation *kernels)
{
    double (*f)(double) = function_of(kernels->name);
    bool is_softmax = strcmp(kernels->name, "softmax") == 0;
    if (!f && !is_softmax) {
        worst = INFINITY;
        (void)verdict("activation", kernels->name, true); /* no reference: add a row above */
        return;
    }
    static double z[COLUMNS][ROWS], d[COLUMNS][ROWS], a[COLUMNS][ROWS], delta[COLUMNS][ROWS];
    float bias[ROWS];
    activation_run r = {kernels, fresh_tile(0, 8.0f), fresh_tile(1, 0.0f), fresh_tile(2, 1.0f),
                        bias};
    for (int i = 0; i < ROWS; i++) {
        bias[i] = draw(1.0f);
    }
    for (int j = 0; j < COLUMNS; j++) {
        for (int i = 0; i < ROWS; i++) {
            if (fabsf(r.z[j * LD + i] + bias[i]) < 0.01f) {
                r.z[j * LD + i] +=
                    0.1f; /* away from the kink of relu: there is no slope to compare */
            }
            z[j][i] = (double)(r.z[j * LD + i] + bias[i]);
            d[j][i] = (double)r.d[j * LD + i];
            a[j][i] = f ? f(z[j][i]) : 0.0;
            delta[j][i] = f ? d[j][i] * slope(f, z[j][i]) : 0.0;
        }
        if (is_softmax) {
            softmax_column(z[j], d[j], a[j], delta[j]);
        }
    }
    run_forward(&r);
    for (int j = 0; j < COLUMNS; j++) {
        for (int i = 0; i < ROWS; i++) {
            compare((double)r.a[j * LD + i], a[j][i], 1.0 + fabs(z[j][i]) + fabs(a[j][i]));
        }
    }
    char name[64];
    (void)snprintf(name, sizeof name, "%s forward", kernels->name);
    bool right = verdict("activation", name, rim_is_whole(0) && rim_is_whole(1));
    run_backward(&r);
    for (int j = 0; j < COLUMNS; j++) {
        for (int i = 0; i < ROWS; i++) {
            compare((double)r.d[j * LD + i], delta[j][i], 1.0 + fabs(z[j][i]) + fabs(a[j][i]));
        }
    }
    if (right) {
        bench(name, run_forward, &r, ROWS * COLUMNS, "G elements/s");
    }
    (void)snprintf(name, sizeof name, "%s backward", kernels->name);
    if (verdict("activation", name, rim_is_whole(2))) {
        bench(name, run_backward, &r, ROWS * COLUMNS, "G elements/s");
    }
}

/* ---- Losses ---- */

/* One term of a loss between an output (for binary_cross_entropy a logit) and its target. */
static double bce_term(double p, double y)
{
    return softplus(p) - y * p;
}

static double poisson_term(double z, double y)
{
    return exp(z) - y * z;
}

static double mse_term(double p, double y)
{
    return (p - y) * (p - y);
}

static double mae_term(double p, double y)
{
    return fabs(p - y);
}

static double huber_term(double p, double y)
{
    double e = fabs(p - y);
    return e < 1.0 ? 0.5 * e * e : e - 0.5;
}

static double quantile_term(double p, double y)
{
    return y > p ? 0.875 * (y - p) : 0.125 * (p - y);
}

static const struct {
    nnfs_loss loss;
    double (*term)(double p, double y);
} terms[] = {
    {NNFS_BINARY_CROSS_ENTROPY, bce_term},
    {NNFS_HUBER, huber_term},
    {NNFS_MAE, mae_term},
    {NNFS_MSE, mse_term},
    {NNFS_POISSON, poisson_term},
    {NNFS_QUANTILE, quantile_term},
};

/* The tile of a loss has no gaps: the rim is the columns before and behind it. */
typedef struct loss_run {
    const loss_function *loss;
    const activation *output;
    loss_tile tile;
} loss_run;

static void run_loss(const void *context)
{
    const loss_run *r = context;
    (void)r->loss->forward_backward(&r->tile, r->output);
}

static void fill(float *x, int count, float limit)
{
    for (int i = 0; i < count; i++) {
        x[i] = draw(limit);
    }
}

enum { ELEMENTS = ROWS * COLUMNS };

static float *guarded(int which)
{
    (void)fresh_tile(which, 0.0f);
    return tiles[which] + RIM;
}

static bool guards_are_whole(int which)
{
    for (int i = 0; i < TILE_FLOATS; i++) {
        bool inside = i >= RIM && i < RIM + ELEMENTS;
        if (!inside && tiles[which][i] != POISON) {
            return false;
        }
    }
    return true;
}

static loss_run loss_run_of(nnfs_loss which)
{
    static float targets[ELEMENTS], scratch[ROWS];
    static int32_t labels[COLUMNS];
    loss_run r = {.loss = loss_of(which)};
    r.output = activation_of(r.loss->fused ? r.loss->partner : NNFS_IDENTITY);
    bool labelled = which == NNFS_CROSS_ENTROPY;
    r.tile = (loss_tile){.z = guarded(0),
                         .outputs = guarded(1),
                         .delta = guarded(2),
                         .scratch = scratch,
                         .quantile = 0.875f,
                         .scale = 0.25f,
                         .rows = ROWS,
                         .columns = COLUMNS};
    fill(r.tile.z, ELEMENTS, 3.0f);
    fill(targets, ELEMENTS, 3.0f);
    for (int i = 0; i < ELEMENTS && which == NNFS_BINARY_CROSS_ENTROPY; i++) {
        targets[i] = targets[i] > 0.0f ? 1.0f : 0.0f;
    }
    for (int j = 0; j < COLUMNS; j++) {
        labels[j] = (int32_t)((j * 31) % ROWS);
    }
    r.tile.labels = labelled ? labels : NULL;
    r.tile.targets = labelled ? NULL : targets;
    return r;
}

static void finish_loss(const loss_run *r, double got, double wanted, double size)
{
    compare(got, wanted, size);
    bool whole = guards_are_whole(0) && guards_are_whole(1) && guards_are_whole(2);
    if (verdict("loss", r->loss->name, whole)) {
        bench(r->loss->name, run_loss, r, ELEMENTS, "G elements/s");
    }
}

static void check_terms(nnfs_loss which, double (*term)(double, double))
{
    static float z[ELEMENTS];
    loss_run r = loss_run_of(which);
    double wanted = 0.0;
    memcpy(z, r.tile.z, sizeof z);
    double got = r.loss->forward_backward(&r.tile, r.output);
    for (int i = 0; i < ELEMENTS; i++) {
        double p = (double)z[i];
        double y = (double)r.tile.targets[i];
        double slope_of_p = (term(p + 1e-6, y) - term(p - 1e-6, y)) / 2e-6;
        wanted += term(p, y);
        compare((double)r.tile.delta[i], slope_of_p * (double)r.tile.scale,
                1.0 + fabs(p) + fabs(y));
    }
    finish_loss(&r, got, wanted, fabs(wanted));
}

static void check_cross_entropy(void)
{
    loss_run r = loss_run_of(NNFS_CROSS_ENTROPY);
    static double z[COLUMNS][ROWS], zero[ROWS], unused[ROWS];
    double wanted = 0.0;
    for (int i = 0; i < ELEMENTS; i++) {
        z[i / ROWS][i % ROWS] = (double)r.tile.z[i];
    }
    double got = r.loss->forward_backward(&r.tile, r.output);
    for (int j = 0; j < COLUMNS; j++) {
        double p[ROWS];
        softmax_column(z[j], zero, p, unused);
        wanted -= log(p[r.tile.labels[j]]);
        for (int i = 0; i < ROWS; i++) {
            double delta = (p[i] - (i == r.tile.labels[j])) * (double)r.tile.scale;
            compare((double)r.tile.outputs[j * ROWS + i], p[i], 1.0);
            compare((double)r.tile.delta[j * ROWS + i], delta, 1.0);
        }
    }
    finish_loss(&r, got, wanted, fabs(wanted));
}

/* ---- Optimizers ---- */

enum { WEIGHTS = 1003 };

typedef struct optimizer_run {
    const optimizer *kernel;
    optimizer_step step;
    optimizer_range range;
} optimizer_run;

static void run_update(const void *context)
{
    const optimizer_run *r = context;
    (void)r->kernel->update(&r->step, &r->range);
}

/* One weight after a step, by the formulas of PyTorch; m and v are its states. */
static double update_in_double(nnfs_optimizer which, const optimizer_step *s, double w, double g,
                               double *m, double *v)
{
    double rate = (double)s->learning_rate;
    double mu = (double)s->momentum;
    double beta = (double)s->beta2;
    double epsilon = (double)s->epsilon;
    double decay = (double)s->weight_decay;
    bool is_adam = which == NNFS_ADAM || which == NNFS_ADAMW;
    g += which == NNFS_ADAMW ? 0.0 : decay * w;
    if (which == NNFS_ADAMW) {
        w *= 1.0 - rate * decay;
    }
    if (which == NNFS_ADAGRAD) {
        *v += g * g;
        return w - rate * g / (sqrt(*v) + epsilon);
    }
    if (is_adam || which == NNFS_RMSPROP) {
        *v = beta * *v + (1.0 - beta) * g * g;
    }
    if (is_adam) {
        *m = mu * *m + (1.0 - mu) * g;
        return w -
               (double)s->corrected_rate * *m / (sqrt(*v) * (double)s->inverse_root_bc2 + epsilon);
    }
    if (which == NNFS_RMSPROP) {
        *m = mu * *m + g / (sqrt(*v) + epsilon);
        return w - rate * *m;
    }
    *m = mu * *m + g;
    if (which == NNFS_NESTEROV) {
        return w - rate * (g + mu * *m);
    }
    return w - rate * (which == NNFS_MOMENTUM ? *m : g);
}

/* Lines of weights with a gap behind each. */
enum { LINES = 7, LINE_WEIGHTS = 141, LINE_STRIDE = 143 };

/* The weights that an update must leave alone. */
static bool is_gap(const optimizer_range *range, size_t i)
{
    return range->lines > 1 &&
           (i / range->stride >= range->lines || i % range->stride >= range->count);
}

/* Of all weights as one line, or of several lines. */
static void check_optimizer(nnfs_optimizer which, bool lines)
{
    static float gradient[WEIGHTS], before[3][WEIGHTS], factors[LINES];
    optimizer_run r = {.kernel = optimizer_of(which)};
    r.step = (optimizer_step){.learning_rate = 0.5f,
                              .momentum = 0.9f,
                              .beta2 = 0.99f,
                              .epsilon = 1e-3f,
                              .weight_decay = 0.1f,
                              .corrected_rate = 0.7f,
                              .inverse_root_bc2 = 3.0f};
    float *state[3] = {guarded(0), guarded(1), guarded(2)};
    fill(gradient, WEIGHTS, 1.0f);
    fill(factors, LINES, 1.0f);
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < WEIGHTS; i++) {
            float value = draw(1.0f);
            before[k][i] = state[k][i] = k == 2 ? fabsf(value) : value;
        }
    }
    r.range = (optimizer_range){.w = state[0],
                                .gradient = gradient,
                                .factors = factors,
                                .m = r.kernel->has_first ? state[1] : NULL,
                                .v = r.kernel->has_second ? state[2] : NULL,
                                .count = lines ? LINE_WEIGHTS : WEIGHTS,
                                .lines = lines ? LINES : 1,
                                .stride = lines ? LINE_STRIDE : WEIGHTS};
    run_update(&r);
    for (size_t i = 0; i < WEIGHTS; i++) {
        if (is_gap(&r.range, i)) {
            compare((double)state[0][i], (double)before[0][i], 1.0);
            continue;
        }
        double g = (double)factors[i / r.range.stride] * (double)gradient[i % r.range.stride];
        double m = (double)before[1][i];
        double v = (double)before[2][i];
        double w = (double)before[0][i];
        double wanted = update_in_double(which, &r.step, w, g, &m, &v);
        /* The step is a term of the sum: it is large where v is small. */
        compare((double)state[0][i], wanted, 1.0 + fabs(w) + fabs(wanted - w));
        compare((double)state[1][i], r.kernel->has_first ? m : (double)before[1][i], 1.0 + fabs(m));
        compare((double)state[2][i], r.kernel->has_second ? v : (double)before[2][i], 1.0 + v);
    }
    bool whole = true;
    for (int k = 0; k < 3; k++) {
        whole = whole && tiles[k][RIM - 1] == POISON && state[k][WEIGHTS] == POISON;
    }
    if (verdict(lines ? "of lines" : "optimizer", r.kernel->name, whole) && !lines) {
        bench(r.kernel->name, run_update, &r, WEIGHTS, "G weights/s");
    }
}

/* ---- Matrix products ---- */

/* Forward, backward and gradient products of layers: m, n, k and what is transposed. */
static const struct {
    gemm_transpose a, b;
    int m, n, k;
} shapes[] = {
    {GEMM_N, GEMM_N, 128, 128, 784}, {GEMM_T, GEMM_N, 784, 128, 128},
    {GEMM_N, GEMM_T, 128, 784, 128}, {GEMM_T, GEMM_N, 10, 64, 784},
    {GEMM_N, GEMM_T, 10, 128, 128},  {GEMM_N, GEMM_N, 512, 33, 512},
    {GEMM_N, GEMM_N, 1, 1, 1},       {GEMM_T, GEMM_T, 37, 19, 53},
};

typedef struct product_run {
    const gemm_backend *backend;
    gemm_product product;
} product_run;

static void run_product(const void *context)
{
    const product_run *r = context;
    (void)gemm_run(r->backend, &r->product);
}

static double element(const float *x, int ld, gemm_transpose transpose, int i, int j)
{
    return (double)(transpose == GEMM_N ? x[(size_t)j * (size_t)ld + (size_t)i]
                                        : x[(size_t)i * (size_t)ld + (size_t)j]);
}

/* Each element is a sum of k products: its error is at most k roundings of the sum
 * of their sizes. */
static bool compare_product(const gemm_product *g, const float *c, size_t floats)
{
    bool whole = true;
    for (size_t at = 0; at < floats; at++) {
        int i = (int)(at % (size_t)g->ldc) - RIM;
        int j = (int)(at / (size_t)g->ldc) - RIM;
        if (i < 0 || i >= g->m || j < 0 || j >= g->n) {
            whole = whole && c[at] == POISON;
            continue;
        }
        double sum = 0.0;
        double size = 0.0;
        for (int l = 0; l < g->k; l++) {
            double term = element(g->a, g->lda, g->transpose_a, i, l) *
                          element(g->b, g->ldb, g->transpose_b, l, j);
            sum += term;
            size += fabs(term);
        }
        compare((double)c[at], sum, size * sqrt((double)g->k));
    }
    return whole;
}

static void check_product(const gemm_backend *backend, size_t which)
{
    int m = shapes[which].m;
    int n = shapes[which].n;
    int k = shapes[which].k;
    product_run r = {.backend = backend};
    gemm_product *g = &r.product;
    *g = (gemm_product){.transpose_a = shapes[which].a,
                        .transpose_b = shapes[which].b,
                        .m = m,
                        .n = n,
                        .k = k,
                        .alpha = 1.0f,
                        .beta = 0.0f,
                        .ldc = m + 2 * RIM};
    g->lda = (g->transpose_a == GEMM_N ? m : k) + 3;
    g->ldb = (g->transpose_b == GEMM_N ? k : n) + 3;
    size_t a_floats = (size_t)g->lda * (size_t)(g->transpose_a == GEMM_N ? k : m);
    size_t b_floats = (size_t)g->ldb * (size_t)(g->transpose_b == GEMM_N ? n : k);
    size_t c_floats = (size_t)g->ldc * (size_t)(n + 2 * RIM);
    float *a = memory_alloc(a_floats + b_floats + c_floats, sizeof *a);
    if (!a) {
        (void)fprintf(stderr, "no memory for a product\n");
        exit(1);
    }
    fill(a, (int)(a_floats + b_floats), 1.0f);
    float *c = a + a_floats + b_floats;
    for (size_t i = 0; i < c_floats; i++) {
        c[i] = POISON;
    }
    g->a = a;
    g->b = a + a_floats;
    g->c = c + (size_t)RIM * (size_t)g->ldc + RIM;
    run_product(&r);
    bool whole = compare_product(g, c, c_floats);
    char name[64];
    (void)snprintf(name, sizeof name, "%s %c%c %dx%dx%d", backend->name,
                   g->transpose_a == GEMM_N ? 'N' : 'T', g->transpose_b == GEMM_N ? 'N' : 'T', m, n,
                   k);
    if (verdict("product", name, whole)) {
        bench(name, run_product, &r, 2.0 * m * n * k, "GFLOP/s");
    }
    memory_free(a);
}

static void print_machine(void)
{
    blas_info info;
    blas_describe(&info);
    (void)printf("BLAS %s, kernel %s, 1 thread\n", info.name,
                 info.kernel[0] ? info.kernel : "not told");
}

int main(int argc, char **argv)
{
    key.seed = (uint64_t)time(NULL);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--bench") == 0) {
            with_bench = true;
        } else {
            key.seed = strtoull(argv[i], NULL, 10);
        }
    }
    (void)printf("seed %" PRIu64 "\n", key.seed);
    print_machine();
    blas_enter();
    for (int i = 0; activation_of((nnfs_activation)i); i++) {
        check_activation(activation_of((nnfs_activation)i));
    }
    check_cross_entropy();
    for (size_t i = 0; i < COUNT_OF(terms); i++) {
        check_terms(terms[i].loss, terms[i].term);
    }
    for (int i = 0; optimizer_of((nnfs_optimizer)i); i++) {
        check_optimizer((nnfs_optimizer)i, false);
        check_optimizer((nnfs_optimizer)i, true);
    }
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        check_product(gemm_default(), i);
        if (gemm_default() != &gemm_naive) {
            check_product(&gemm_naive, i);
        }
    }
    blas_leave();
    (void)printf("%d wrong\n", wrong_count);
    return wrong_count > 0;
}
