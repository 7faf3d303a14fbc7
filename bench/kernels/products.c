/* The products of the layers. */
#include "kernels/kernels.h"

#include "base/memory.h"
#include "math/gemm.h"

#include <string.h>

/* X Y, with X and Y as they are stored: what of each runs along the panels. */
typedef struct product_kind {
    const char *name;
    gemm_axis x, y;
} product_kind;

static const product_kind kinds[] = {
    {"forward", GEMM_PANEL_ROWS, GEMM_PANEL_COLUMNS},     /* Z = W A */
    {"gradient", GEMM_PANEL_ROWS, GEMM_PANEL_ROWS},       /* dW = D A^T */
    {"backward", GEMM_PANEL_COLUMNS, GEMM_PANEL_COLUMNS}, /* D_prev = W^T D */
};

/* One operand: a stored matrix, packed for one role. */
typedef struct operand {
    gemm_packing packing;
    int length;
    const float *x;
    gemm_word *panels;
} operand;

enum { BLAS, PACKED, BF16, PACK_A, PACK_B, TASKS };

typedef struct product {
    gemm_product blas;
    gemm_packed packed[2]; /* [dtype] */
    operand a[2], b[2];
    float *x, *y, *c;
} product;

static void run_pack(void *context)
{
    const operand *o = context;
    bool by_rows = o->packing.axis == GEMM_PANEL_ROWS;
    int rows = by_rows ? o->length : o->packing.k;
    int columns = by_rows ? o->packing.k : o->length;
    gemm_pack(&o->packing, o->x, rows, 0, 0, rows, columns, o->panels);
}

static void run_blas(void *context)
{
    (void)gemm_run(gemm_default(), context);
}

static void run_packed(void *context)
{
    gemm_packed_run(context);
}

static bool make_operand(operand *o, const gemm_packing *packing, int length, const float *x)
{
    size_t words = gemm_panel_words(packing->dtype, packing->width, length, packing->k);
    *o = (operand){*packing, length, x, memory_alloc_zeroed(words, sizeof(gemm_word))};
    if (!o->panels) {
        return false;
    }
    run_pack(o);
    return true;
}

/* A thin C is computed as its transpose, so that its few rows are not most of the lanes. */
enum { THIN = 16 };

static bool make_packed(product *p, gemm_dtype type, const product_kind *kind, int m, int n, int k)
{
    bool exchanged = m <= THIN && n > m;
    gemm_packing x = {type, kind->x, exchanged ? GEMM_COLUMNS : GEMM_LANES, k};
    gemm_packing y = {type, kind->y, exchanged ? GEMM_LANES : GEMM_COLUMNS, k};
    operand *a = &p->a[type], *b = &p->b[type];
    if (!make_operand(exchanged ? b : a, &x, m, p->x) ||
        !make_operand(exchanged ? a : b, &y, n, p->y)) {
        return false;
    }
    p->packed[type] = (gemm_packed){.dtype = type,
                                    .m = exchanged ? n : m,
                                    .n = exchanged ? m : n,
                                    .k = k,
                                    .a = a->panels,
                                    .b = gemm_b_packed(type, b->panels, k),
                                    .c = p->c,
                                    .c_row = exchanged ? m : 1,
                                    .c_column = exchanged ? 1 : m};
    return true;
}

static void free_product(product *p)
{
    for (int type = 0; type < 2; type++) {
        memory_free(p->a[type].panels);
        memory_free(p->b[type].panels);
    }
    memory_free(p->x);
    memory_free(p->y);
    memory_free(p->c);
}

static bool make_product(product *p, const product_kind *kind, int m, int n, int k)
{
    bool x_rows = kind->x == GEMM_PANEL_ROWS, y_rows = kind->y == GEMM_PANEL_ROWS;
    memset(p, 0, sizeof *p);
    p->x = kernels_matrix((size_t)m * (size_t)k);
    p->y = kernels_matrix((size_t)n * (size_t)k);
    p->c = kernels_matrix((size_t)m * (size_t)n);
    p->blas = (gemm_product){x_rows ? GEMM_N : GEMM_T,
                             y_rows ? GEMM_T : GEMM_N,
                             m,
                             n,
                             k,
                             1.0f,
                             p->x,
                             x_rows ? m : k,
                             p->y,
                             y_rows ? n : k,
                             0.0f,
                             p->c,
                             m};
    return p->x && p->y && p->c && make_packed(p, GEMM_F32, kind, m, n, k) &&
           make_packed(p, GEMM_BF16, kind, m, n, k);
}

static void report(kernels_session *s, const kernels_work *work, const product_kind *kind,
                   const product *p, const bench_task tasks[TASKS])
{
    const gemm_product *g = &p->blas;
    double flops = 2e-9 * g->m * g->n * g->k, peak = s->machine.peak_one;
    char shape[32];
    (void)snprintf(shape, sizeof shape, "%d x %d x %d", g->m, g->n, g->k);
    printf("%-9s %-18s %7.0f %7.0f %6.0f%% %7.2f %7.0f %7.2f %7.0f%% %7.1f%%\n", kind->name, shape,
           flops / tasks[BLAS].seconds, flops / tasks[PACKED].seconds,
           100.0 * flops / tasks[PACKED].seconds / peak,
           bench_quotient(&tasks[BLAS], &tasks[PACKED]), flops / tasks[BF16].seconds,
           bench_quotient(&tasks[PACKED], &tasks[BF16]),
           100.0 * tasks[PACK_A].seconds / tasks[BF16].seconds,
           100.0 * tasks[PACK_B].seconds / tasks[BF16].seconds);
    (void)fflush(stdout);
    if (s->rows) {
        (void)json_array_append_new(
            s->rows,
            json_pack("{s:s, s:i, s:s, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f}", "network",
                      work->network, "batch", work->batch, "product", kind->name, "m", g->m, "n",
                      g->n, "k", g->k, "blas_gflops", flops / tasks[BLAS].seconds, "packed_gflops",
                      flops / tasks[PACKED].seconds, "bf16_gflops", flops / tasks[BF16].seconds,
                      "pack_a_us", 1e6 * tasks[PACK_A].seconds, "pack_b_us",
                      1e6 * tasks[PACK_B].seconds));
    }
}

static bool run_product(kernels_session *s, const kernels_work *work, const product_kind *kind,
                        int m, int n, int k)
{
    product p;
    bool made = make_product(&p, kind, m, n, k);
    if (made) {
        bench_task tasks[TASKS] = {
            [BLAS] = {.run = run_blas, .context = &p.blas},
            [PACKED] = {.run = run_packed, .context = &p.packed[GEMM_F32]},
            [BF16] = {.run = run_packed, .context = &p.packed[GEMM_BF16]},
            [PACK_A] = {.run = run_pack, .context = &p.a[GEMM_BF16]},
            [PACK_B] = {.run = run_pack, .context = &p.b[GEMM_BF16]},
        };
        bench_measure(tasks, TASKS, s->options.quick ? 0.1 : 1.0);
        report(s, work, kind, &p, tasks);
    } else {
        (void)fprintf(stderr, "no memory for the matrices\n");
    }
    free_product(&p);
    return made;
}

bool run_products(kernels_session *s, const kernels_work *work)
{
    printf("\nProducts of %s, batch %d, one thread; GFLOP/s\n"
           "%-9s %-18s %7s %7s %7s %7s %7s %7s %8s %8s\n%-28s %7s %7s %7s %7s %7s %7s %8s %8s\n",
           work->network, work->batch, "product", "m x n x k", "BLAS", "packed", "peak", "packed",
           "bf16", "bf16", "pack A", "pack B", "", "", "", "", "/ BLAS", "", "/ packed", "/ bf16",
           "/ bf16");
    for (int layer = 0; work->widths[layer + 1] > 0; layer++) {
        int in = work->widths[layer], out = work->widths[layer + 1], batch = work->batch;
        if (!run_product(s, work, &kinds[0], out, batch, in) ||
            !run_product(s, work, &kinds[1], out, in, batch) ||
            (layer > 0 && !run_product(s, work, &kinds[2], in, batch, out))) {
            return false;
        }
    }
    return true;
}
