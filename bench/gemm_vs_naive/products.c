/*
 * The products of each network's layers, one by one, on one thread: forward, dW and
 * dX, at every batch.
 */
#include "gemm_vs_naive/gemm_vs_naive.h"

#include "base/memory.h"
#include "math/gemm.h"

enum { LARGEST = MAX_VECTORS * MAX_VECTORS }; /* floats of the largest matrix */

typedef struct products {
    bench *bench;
    float *a, *b, *c_naive, *c_blas;
    double totals[2]; /* seconds of a network's products at one batch: naive, BLAS */
    ratio_table ratios;
} products;

/* ---- One product ---------------------------------------------------------------------------- */

/* The three kinds, as a layer of `out` units with `in` inputs asks for them. */
typedef struct product_kind {
    const char *name;
    gemm_transpose transpose_a, transpose_b;
} product_kind;

static const product_kind forward = {"forward", GEMM_N, GEMM_N}; /* Z = W A */
static const product_kind weights = {"dW", GEMM_N, GEMM_T};      /* dW = D A^T */
static const product_kind deltas = {"dX", GEMM_T, GEMM_N};       /* D_prev = W^T D */

/* Which one, and its sizes. */
typedef struct product {
    const test_network *network;
    const product_kind *kind;
    int batch;
    int m, n, k;
} product;

typedef struct call {
    const gemm_backend *backend;
    gemm_product g;
} call;

static void run_call(void *context)
{
    const call *c = context;
    (void)gemm_run(c->backend, &c->g);
}

static call make_call(const products *s, const gemm_backend *backend, const product *p)
{
    return (call){
        backend,
        {.transpose_a = p->kind->transpose_a,
         .transpose_b = p->kind->transpose_b,
         .m = p->m,
         .n = p->n,
         .k = p->k,
         .alpha = 1.0f,
         .a = s->a,
         .lda = p->kind->transpose_a == GEMM_N ? p->m : p->k,
         .b = s->b,
         .ldb = p->kind->transpose_b == GEMM_N ? p->k : p->n,
         .c = backend == &gemm_naive ? s->c_naive : s->c_blas,
         .ldc = p->m},
    };
}

static double flops_of(const gemm_product *g)
{
    return 2.0 * g->m * g->n * g->k;
}

/* The naive loops may stop after the first columns of C; their GFLOP/s are the same. */
static int naive_columns(const bench_options *options, const product *p)
{
    double limit = options->check ? 1e7 : options->quick ? 1e9 : INFINITY;
    double columns = floor(limit / (2.0 * p->m * p->k));
    return columns < p->n ? (columns > 1.0 ? (int)columns : 1) : p->n;
}

/* Of the first `columns` columns. */
static comparison compare_products(const products *s, const product *p, int columns)
{
    comparison worst = COMPARISON_NONE;
    norms a, b; /* of op(A)'s rows and op(B)'s columns */
    (p->kind->transpose_a == GEMM_N ? norms_of_rows(s->a, NULL, p->m, p->k, &a)
                                    : norms_of_columns(s->a, NULL, p->k, p->m, &a));
    (p->kind->transpose_b == GEMM_N ? norms_of_columns(s->b, NULL, p->k, p->n, &b)
                                    : norms_of_rows(s->b, NULL, p->n, p->k, &b));
    for (int j = 0; j < columns; j++) {
        for (int i = 0; i < p->m; i++) {
            size_t at = (size_t)i + (size_t)j * (size_t)p->m;
            comparison_add(&worst, fabs((double)s->c_naive[at] - (double)s->c_blas[at]),
                           sum_tolerance(&a, i, &b, j, p->k), "");
        }
    }
    return worst;
}

static void report(const products *s, const product *p, const double gflops[2],
                   const comparison *worst)
{
    int columns = naive_columns(&s->bench->options, p);
    table_row row = {.gflops = {gflops[0], gflops[1]},
                     .peak = s->bench->machine.peak_one,
                     .worst = *worst,
                     .cut = columns < p->n};
    char shape[32];
    (void)snprintf(shape, sizeof shape, "%d x %d x %d", p->m, p->n, p->k);
    (void)snprintf(row.label, sizeof row.label, "%-8s %6d   %-18s", p->kind->name, p->batch, shape);
    row.json = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "network", p->network->name,
                         "product", p->kind->name, "batch", p->batch, "m", p->m, "n", p->n, "k",
                         p->k, "naive_columns", columns);
    table_add(s->bench, &row);
}

/* Compares, then times one product. False if the two disagree. */
static bool run_product(products *s, const product *p)
{
    const bench_options *options = &s->bench->options;
    bool has_blas = s->bench->has_blas;
    call calls[2] = {make_call(s, &gemm_naive, p), make_call(s, gemm_default(), p)};
    bench_task tasks[2] = {{.run = run_call, .context = &calls[0]},
                           {.run = run_call, .context = &calls[1]}};
    double flops = flops_of(&calls[0].g);
    comparison worst = COMPARISON_NONE;
    calls[0].g.n = naive_columns(options, p);
    if (has_blas) {
        run_call(&calls[0]);
        run_call(&calls[1]);
        worst = compare_products(s, p, calls[0].g.n);
    }
    if (!comparison_agrees(&worst)) {
        (void)fprintf(stderr,
                      "naive and BLAS disagree on the %s product of %s at batch %d "
                      "(%d x %d x %d): %g, where %g is allowed\n",
                      p->kind->name, p->network->name, p->batch, p->m, p->n, p->k, worst.difference,
                      worst.tolerance);
        return false;
    }
    if (options->check) {
        return true;
    }
    bench_measure(tasks, has_blas ? 2 : 1, options->quick ? 0.05 : 0.5);
    double gflops[2] = {1e-9 * flops_of(&calls[0].g) / tasks[0].seconds,
                        has_blas ? 1e-9 * flops / tasks[1].seconds : 0.0};
    s->totals[0] += 1e-9 * flops / gflops[0];
    s->totals[1] += tasks[1].seconds;
    report(s, p, gflops, &worst);
    return true;
}

/* ---- All of them ---------------------------------------------------------------------------- */

/* The first layer's deltas have no one to go to: training does not compute that dX. */
static bool run_layer(products *s, const test_network *network, int batch, int layer)
{
    int in = network->widths[layer], out = network->widths[layer + 1];
    const product list[] = {
        {network, &forward, batch, out, batch, in},
        {network, &weights, batch, out, in, batch},
        {network, &deltas, batch, in, batch, out},
    };
    return run_product(s, &list[0]) && run_product(s, &list[1]) &&
           (layer == 0 || run_product(s, &list[2]));
}

static bool run_network(products *s, int number)
{
    const test_network *network = &networks[number];
    if (!s->bench->options.check) {
        printf("\nProducts of %s\n", network->name);
        table_heading(s->bench, "product   batch   m x n x k         ");
    }
    for (int i = 0; i < BATCHES; i++) {
        s->totals[0] = s->totals[1] = 0.0;
        for (int layer = 0; network->widths[layer + 1] > 0; layer++) {
            if (!run_layer(s, network, batches[i], layer)) {
                return false;
            }
        }
        s->ratios.ratio[number][i] = s->totals[0] / s->totals[1];
    }
    return true;
}

static bool get_memory(products *s)
{
    s->a = memory_alloc(LARGEST, sizeof(float));
    s->b = memory_alloc(LARGEST, sizeof(float));
    s->c_naive = memory_alloc_zeroed(LARGEST, sizeof(float));
    s->c_blas = memory_alloc_zeroed(LARGEST, sizeof(float));
    if (!s->a || !s->b || !s->c_naive || !s->c_blas) {
        (void)fprintf(stderr, "no memory for the matrices\n");
        return false;
    }
    fill(s->a, LARGEST, 1, -1.0f);
    fill(s->b, LARGEST, 2, -1.0f);
    return true;
}

static void free_memory(products *s)
{
    memory_free(s->a);
    memory_free(s->b);
    memory_free(s->c_naive);
    memory_free(s->c_blas);
}

bool run_products(bench *b)
{
    products s = {.bench = b};
    bool done = get_memory(&s);
    for (int number = 0; done && number < NETWORKS; number++) {
        done = run_network(&s, number);
    }
    if (done && b->has_blas && !b->options.check) {
        table_ratios("All products of a network together: naive time / BLAS time", &s.ratios);
    }
    free_memory(&s);
    return done;
}
