/*
 * The BLAS against plain loops, on the products that training these networks asks for: both on the
 * same data, in turn, with their difference on the same line. What disagrees is not timed.
 */
#include "bench.h"

#include "base/memory.h"
#include "math/blas_runtime.h"
#include "math/gemm.h"

#include <argp.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench_options {
    bool quick, check;
    int threads;
    const char *json;
} bench_options;

enum { MAX_WIDTHS = 4 };

typedef struct test_network {
    const char *name;
    int widths[MAX_WIDTHS + 1]; /* 0 after the last */
} test_network;

static const test_network networks[] = {
    {"784-10-10", {784, 10, 10}},
    {"784-128-10", {784, 128, 10}},
    {"784-512-512-10", {784, 512, 512, 10}},
    {"784-2048-2048-10", {784, 2048, 2048, 10}},
};
static const int batches[] = {1, 32, 128, 1024};

enum {
    NETWORKS = sizeof networks / sizeof networks[0],
    BATCHES = sizeof batches / sizeof batches[0],
    LARGEST = 2048 * 2048, /* floats of the largest matrix */
};

/* Everything a run of the benchmark carries along. */
typedef struct bench {
    bench_options options;
    bench_machine machine;
    float *a, *b, *c_naive, *c_blas;
    double *norms;    /* of A's rows, then of B's columns */
    json_t *rows;     /* NULL without --json */
    double totals[2]; /* seconds of a network's products at one batch: naive, BLAS */
    double ratios[NETWORKS][BATCHES];
    bool has_blas;
    bool cut; /* a line said so with an asterisk */
} bench;

/* ---- One product ---------------------------------------------------------------------------- */

/* The three kinds, as a layer of `out` units with `in` inputs asks for them. */
typedef struct product_kind {
    const char *name;
    gemm_transpose transpose_a, transpose_b;
} product_kind;

static const product_kind forward = {"forward", GEMM_N, GEMM_N}; /* Z = W A */
static const product_kind weights = {"dW", GEMM_N, GEMM_T};      /* dW = D A^T */
static const product_kind deltas = {"dX", GEMM_T, GEMM_N};       /* D_prev = W^T D */

typedef struct call {
    const gemm_backend *backend;
    gemm_product g;
} call;

static void run_call(void *context)
{
    const call *c = context;
    (void)gemm_run(c->backend, &c->g);
}

static call make_call(const bench *s, const gemm_backend *backend, const product_kind *kind, int m,
                      int n, int k)
{
    return (call){
        backend,
        {.transpose_a = kind->transpose_a,
         .transpose_b = kind->transpose_b,
         .m = m,
         .n = n,
         .k = k,
         .alpha = 1.0f,
         .a = s->a,
         .lda = kind->transpose_a == GEMM_N ? m : k,
         .b = s->b,
         .ldb = kind->transpose_b == GEMM_N ? k : n,
         .c = backend == &gemm_naive ? s->c_naive : s->c_blas,
         .ldc = m},
    };
}

static double flops_of(const gemm_product *g)
{
    return 2.0 * g->m * g->n * g->k;
}

/* The naive loops may stop after the first columns of C; their GFLOP/s are the same. */
static int naive_columns(const bench_options *options, const gemm_product *g)
{
    double limit = options->check ? 1e7 : options->quick ? 1e9 : INFINITY;
    double columns = floor(limit / (2.0 * g->m * g->k));
    return columns < g->n ? (columns > 1.0 ? (int)columns : 1) : g->n;
}

/* ---- Agreement ------------------------------------------------------------------------------ */

/* sqrt(sum_p x_p^2) of `count` vectors of length k, by a BLAS's strides. */
static void norms_of(const float *x, int count, int k, ptrdiff_t next, ptrdiff_t step,
                     double *norms)
{
    for (int i = 0; i < count; i++) {
        double sum = 0.0;
        for (int p = 0; p < k; p++) {
            double value = (double)x[i * next + p * step];
            sum += value * value;
        }
        norms[i] = sqrt(sum);
    }
}

typedef struct comparison {
    double difference, tolerance; /* where they are closest to disagreeing */
} comparison;

/*
 * Each of two sums of k terms, in whatever order, is within k u sum|a||b| of the true one (Higham
 * 2002, section 3.5; u = eps / 2), so they are within k eps sum|a||b|, and sum|a||b| <= |a||b|.
 */
static comparison compare(const bench *s, const gemm_product *g)
{
    comparison worst = {-1.0, 1.0};
    double *norms_a = s->norms, *norms_b = s->norms + g->m;
    bool a_plain = g->transpose_a == GEMM_N, b_plain = g->transpose_b == GEMM_N;
    norms_of(g->a, g->m, g->k, a_plain ? 1 : g->lda, a_plain ? g->lda : 1, norms_a);
    norms_of(g->b, g->n, g->k, b_plain ? g->ldb : 1, b_plain ? 1 : g->ldb, norms_b);
    for (int j = 0; j < g->n; j++) {
        for (int i = 0; i < g->m; i++) {
            size_t at = (size_t)i + (size_t)j * (size_t)g->m;
            double difference = fabs((double)s->c_naive[at] - (double)s->c_blas[at]);
            double tolerance = (double)FLT_EPSILON * g->k * norms_a[i] * norms_b[j];
            comparison here = {difference, tolerance};
            if (!(difference <= tolerance)) { /* NaN, too */
                return here;
            }
            if (difference * worst.tolerance > worst.difference * tolerance) {
                worst = here;
            }
        }
    }
    return worst;
}

/* ---- A line --------------------------------------------------------------------------------- */

static void print_heading(const bench *s)
{
    printf("%-8s %6s   %-18s %7s", "product", "batch", "m x n x k", "naive");
    if (s->has_blas) {
        printf(" %8s %8s %5s   %s", "BLAS", "ratio", "peak", "difference / allowed");
    }
    printf("\n%-8s %6s   %-18s %7s", "", "", "", "GFLOP/s");
    if (s->has_blas) {
        printf(" %8s %8s %5s", "GFLOP/s", "", "%");
    }
    printf("\n");
}

static void report_row(bench *s, const char *network, const char *product, int batch,
                       const gemm_product *g, const double gflops[2], comparison c)
{
    char shape[32];
    (void)snprintf(shape, sizeof shape, "%d x %d x %d", g->m, g->n, g->k);
    int columns = naive_columns(&s->options, g);
    bool cut = columns < g->n;
    s->cut = s->cut || cut;
    printf("%-8s %6d   %-18s %7.2f", product, batch, shape, gflops[0]);
    if (s->has_blas) {
        printf("%c%8.2f %7.1fx %5.1f   %.1e / %.1e", cut ? '*' : ' ', gflops[1],
               gflops[1] / gflops[0], 100.0 * gflops[1] / s->machine.peak_one, c.difference,
               c.tolerance);
    }
    printf("\n");
    if (!s->rows) {
        return;
    }
    json_t *row = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:f}", "network", network,
                            "product", product, "batch", batch, "m", g->m, "n", g->n, "k", g->k,
                            "naive_columns", columns, "naive_gflops", gflops[0]);
    if (s->has_blas) {
        (void)json_object_update_new(
            row, json_pack("{s:f, s:f, s:f, s:f, s:f}", "blas_gflops", gflops[1], "ratio",
                           gflops[1] / gflops[0], "share_of_peak", gflops[1] / s->machine.peak_one,
                           "difference", c.difference, "tolerance", c.tolerance));
    }
    (void)json_array_append_new(s->rows, row);
}

/* Compares, then times one product. False if the two disagree. */
static bool run_product(bench *s, const test_network *network, int batch, const product_kind *kind,
                        int m, int n, int k)
{
    call calls[2] = {make_call(s, &gemm_naive, kind, m, n, k),
                     make_call(s, gemm_default(), kind, m, n, k)};
    bench_task tasks[2] = {{run_call, &calls[0], 0.0, 0}, {run_call, &calls[1], 0.0, 0}};
    const gemm_product whole = calls[0].g;
    comparison worst = {0.0, 1.0};
    calls[0].g.n = naive_columns(&s->options, &whole);
    if (s->has_blas) {
        run_call(&calls[0]);
        run_call(&calls[1]);
        worst = compare(s, &calls[0].g);
        if (!(worst.difference <= worst.tolerance)) {
            (void)fprintf(stderr,
                          "naive and BLAS disagree on the %s product of %s at batch %d "
                          "(%d x %d x %d): %g, where %g is allowed\n",
                          kind->name, network->name, batch, m, n, k, worst.difference,
                          worst.tolerance);
            return false;
        }
    }
    if (s->options.check) {
        return true;
    }
    bench_measure(tasks, s->has_blas ? 2 : 1, s->options.quick ? 0.05 : 0.5);
    double gflops[2] = {1e-9 * flops_of(&calls[0].g) / tasks[0].seconds, 0.0};
    s->totals[0] += 1e-9 * flops_of(&whole) / gflops[0];
    if (s->has_blas) {
        gflops[1] = 1e-9 * flops_of(&whole) / tasks[1].seconds;
        s->totals[1] += tasks[1].seconds;
    }
    report_row(s, network->name, kind->name, batch, &whole, gflops, worst);
    return true;
}

/* ---- All of them ---------------------------------------------------------------------------- */

/* The first layer's deltas have no one to go to: training does not compute that dX. */
static bool run_layer(bench *s, const test_network *network, int batch, int layer)
{
    int in = network->widths[layer], out = network->widths[layer + 1];
    return run_product(s, network, batch, &forward, out, batch, in) &&
           run_product(s, network, batch, &weights, out, in, batch) &&
           (layer == 0 || run_product(s, network, batch, &deltas, in, batch, out));
}

static bool run_network(bench *s, int number)
{
    const test_network *network = &networks[number];
    if (!s->options.check) {
        printf("\n%s\n", network->name);
        print_heading(s);
    }
    for (int i = 0; i < BATCHES; i++) {
        s->totals[0] = s->totals[1] = 0.0;
        for (int layer = 0; network->widths[layer + 1] > 0; layer++) {
            if (!run_layer(s, network, batches[i], layer)) {
                return false;
            }
        }
        s->ratios[number][i] = s->totals[0] / s->totals[1];
        (void)fflush(stdout);
    }
    return true;
}

static void print_ratios(const bench *s)
{
    printf("\nAll products of a network together: naive time / BLAS time\n%-18s", "batch");
    for (int i = 0; i < BATCHES; i++) {
        printf(" %8d", batches[i]);
    }
    for (int number = 0; number < NETWORKS; number++) {
        printf("\n%-18s", networks[number].name);
        for (int i = 0; i < BATCHES; i++) {
            printf(" %7.1fx", s->ratios[number][i]);
        }
    }
    printf("\n");
}

static void print_notes(const bench *s)
{
    printf("\nMedians of one thread's runs, naive and BLAS in turn; peak is one thread's.\n");
    if (s->cut && s->has_blas) {
        printf("* --quick: the naive loops computed, and were compared on, the first columns.\n");
    }
    if (!s->has_blas) {
        printf("This build has no BLAS to compare with (-Dgemm_backend=naive).\n");
    }
}

/* Numbers in [-1, 1) from a linear congruential generator. */
static void fill(float *x, size_t count, uint32_t state)
{
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(int32_t)state * 0x1p-31f;
    }
}

static bool get_memory(bench *s)
{
    s->a = memory_alloc(LARGEST, sizeof(float));
    s->b = memory_alloc(LARGEST, sizeof(float));
    s->c_naive = memory_alloc_zeroed(LARGEST, sizeof(float));
    s->c_blas = memory_alloc_zeroed(LARGEST, sizeof(float));
    s->norms = memory_alloc(2 * 2048, sizeof(double));
    if (!s->a || !s->b || !s->c_naive || !s->c_blas || !s->norms) {
        (void)fprintf(stderr, "no memory for the matrices\n");
        return false;
    }
    fill(s->a, LARGEST, 1);
    fill(s->b, LARGEST, 2);
    return true;
}

static void free_memory(bench *s)
{
    memory_free(s->a);
    memory_free(s->b);
    memory_free(s->c_naive);
    memory_free(s->c_blas);
    memory_free(s->norms);
}

static bool run_all(bench *s)
{
    for (int number = 0; number < NETWORKS; number++) {
        if (!run_network(s, number)) {
            return false;
        }
    }
    return true;
}

static bool run_bench(bench *s)
{
    json_t *report = NULL;
    FILE *json = NULL;
    if (s->options.json && !s->options.check) {
        json = bench_open(s->options.json);
        if (!json) {
            return false;
        }
    }
    if (!get_memory(s) || !bench_start(s->options.threads, &s->machine)) {
        return false;
    }
    s->has_blas = gemm_default() != &gemm_naive;
    if (json) {
        report = bench_report("gemm_vs_naive", &s->machine);
        s->rows = json_object_get(report, "rows");
    }
    bench_print_machine(&s->machine);
    blas_enter();
    bool done = run_all(s);
    blas_leave();
    if (done && s->options.check) {
        printf("%s\n", s->has_blas ? "every product agrees" : "no BLAS to compare with");
    } else if (done) {
        if (s->has_blas) {
            print_ratios(s);
        }
        print_notes(s);
        done = !json || bench_write(report, json);
    }
    json_decref(report);
    return done;
}

/* ---- Options -------------------------------------------------------------------------------- */

enum { CHECK = 256, JSON };

static const struct argp_option option_table[] = {
    {"quick", 'q', NULL, 0, "End within 30 seconds: fewer repeats, long naive products cut", 0},
    {"check", CHECK, NULL, 0, "Compare all products (long ones in part), time none", 0},
    {"threads", 't', "N", 0, "Threads the second FMA peak is measured on (default: all)", 0},
    {"json", JSON, "FILE", 0, "Write the figures as JSON, too (none with --check)", 0},
    {0},
};

static error_t parse_option(int option, char *value, struct argp_state *state)
{
    bench_options *o = state->input;
    char *end = NULL;
    switch (option) {
    case 'q':
        o->quick = true;
        return 0;
    case CHECK:
        o->check = true;
        return 0;
    case JSON:
        o->json = value;
        return 0;
    case 't':
        o->threads = (int)strtol(value, &end, 10);
        if (o->threads < 1 || o->threads > 1024 || *end) {
            argp_error(state, "--threads takes a number from 1 to 1024, not '%s'", value);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_table,
        .parser = parse_option,
        .doc = "Times the matrix products of training, by the BLAS and by plain loops. Exits with "
               "1 if the two disagree.",
    };
    bench s = {0};
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &s.options);
    bool done = run_bench(&s);
    free_memory(&s);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
