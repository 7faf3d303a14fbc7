/*
 * Training steps of packed products. A thread packs what it computes while it is in its cache; a
 * tile is a block of rows of an activation or delta, or a block of W.
 */
#include "kernels/kernels.h"

#include "base/memory.h"

#include <omp.h>
#include <string.h>

/* Of activations and deltas, tiles of rows; of W, blocks of which the gradient fits the second
 * cache with W. */
enum {
    TILE_ROWS = 128,
    BLOCK_ROWS = 64,
    BLOCK_COLUMNS = 256,
    MOST_LAYERS = BENCH_WIDTHS - 1,
    DTYPES = 2
};

typedef struct step_layer {
    int in, out;
    float *w, *a, *d;                  /* [out x in], [out x batch], [out x batch] */
    gemm_word *w_forward, *w_backward; /* packed for Z = W A, D_prev = W^T D */
    gemm_word *a_forward, *a_gradient; /* the layer's input, for Z = W A, dW = D A^T */
    gemm_word *d_backward, *d_gradient;
} step_layer;

typedef struct step {
    gemm_dtype dtype;
    int batch, layers, threads;
    step_layer layer[MOST_LAYERS];
    float *input;
} step;

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Packs rows of an activation for the products of the layer that it goes into. */
static void pack_input(const step *s, const step_layer *l, const float *a, int row, int rows)
{
    gemm_packing forward = {s->dtype, GEMM_PANEL_COLUMNS, GEMM_COLUMNS, l->in};
    gemm_packing gradient = {s->dtype, GEMM_PANEL_ROWS, GEMM_COLUMNS, s->batch};
    gemm_pack(&forward, a + row, l->in, row, 0, rows, s->batch, l->a_forward);
    gemm_pack(&gradient, a + row, l->in, row, 0, rows, s->batch, l->a_gradient);
}

static void pack_delta(const step *s, const step_layer *l, int row, int rows)
{
    gemm_packing backward = {s->dtype, GEMM_PANEL_COLUMNS, GEMM_COLUMNS, l->out};
    gemm_packing gradient = {s->dtype, GEMM_PANEL_ROWS, GEMM_LANES, s->batch};
    gemm_pack(&backward, l->d + row, l->out, row, 0, rows, s->batch, l->d_backward);
    gemm_pack(&gradient, l->d + row, l->out, row, 0, rows, s->batch, l->d_gradient);
}

static void pack_weights(const step *s, const step_layer *l, int row, int column, int rows,
                         int columns)
{
    gemm_packing forward = {s->dtype, GEMM_PANEL_ROWS, GEMM_LANES, l->in};
    gemm_packing backward = {s->dtype, GEMM_PANEL_COLUMNS, GEMM_LANES, l->out};
    const float *w = l->w + row + (ptrdiff_t)column * l->out;
    gemm_pack(&forward, w, l->out, row, column, rows, columns, l->w_forward);
    if (l != s->layer) {
        gemm_pack(&backward, w, l->out, row, column, rows, columns, l->w_backward);
    }
}

static void forward_tile(const step *s, int index, int row)
{
    const step_layer *l = &s->layer[index];
    int rows = least(TILE_ROWS, l->out - row);
    gemm_packed g = {.dtype = s->dtype, .m = rows, .n = s->batch, .k = l->in, .c_row = 1};
    g.a = l->w_forward + gemm_panel_at(s->dtype, row, l->in);
    g.b = gemm_b_packed(s->dtype, l->a_forward, l->in);
    g.c = l->a + row;
    g.c_column = l->out;
    gemm_packed_run(&g);
    if (index + 1 < s->layers) {
        for (int j = 0; j < s->batch; j++) {
            float *a = l->a + row + (ptrdiff_t)j * l->out;
            for (int i = 0; i < rows; i++) {
                a[i] = a[i] < 0.0f ? 0.0f : a[i];
            }
        }
        pack_input(s, l + 1, l->a, row, rows);
        return;
    }
    memcpy(l->d, l->a, (size_t)l->out * (size_t)s->batch * sizeof *l->d); /* a loss of |z|^2 / 2 */
    pack_delta(s, l, row, rows);
}

static void backward_tile(const step *s, int index, int row)
{
    const step_layer *l = &s->layer[index], *to = l - 1;
    int rows = least(TILE_ROWS, l->in - row);
    gemm_packed g = {.dtype = s->dtype, .m = rows, .n = s->batch, .k = l->out, .c_row = 1};
    g.a = l->w_backward + gemm_panel_at(s->dtype, row, l->out);
    g.b = gemm_b_packed(s->dtype, l->d_backward, l->out);
    g.c = to->d + row;
    g.c_column = l->in;
    gemm_packed_run(&g);
    for (int j = 0; j < s->batch; j++) {
        const float *a = to->a + row + (ptrdiff_t)j * l->in;
        float *d = to->d + row + (ptrdiff_t)j * l->in;
        for (int i = 0; i < rows; i++) {
            d[i] = a[i] > 0.0f ? d[i] : 0.0f;
        }
    }
    pack_delta(s, to, row, rows);
}

static void update_tile(const step *s, const step_layer *l, int row, int column)
{
    _Alignas(64) float gradient[BLOCK_ROWS * BLOCK_COLUMNS];
    int rows = least(BLOCK_ROWS, l->out - row), columns = least(BLOCK_COLUMNS, l->in - column);
    gemm_packed g = {.dtype = s->dtype, .m = rows, .n = columns, .k = s->batch, .c_row = 1};
    g.a = l->d_gradient + gemm_panel_at(s->dtype, row, s->batch);
    g.b = gemm_b_packed(s->dtype, l->a_gradient + gemm_panel_at(s->dtype, column, s->batch),
                        s->batch);
    g.c = gradient;
    g.c_column = BLOCK_ROWS;
    gemm_packed_run(&g);
    for (int j = 0; j < columns; j++) {
        float *w = l->w + row + (ptrdiff_t)(column + j) * l->out;
        for (int i = 0; i < rows; i++) {
            w[i] -= 1e-9f * gradient[i + j * BLOCK_ROWS];
        }
    }
    pack_weights(s, l, row, column, rows, columns);
}

static void run_step(void *context)
{
    const step *s = context;
#pragma omp parallel num_threads(s->threads)
    {
        const step_layer *first = s->layer;
#pragma omp for schedule(static)
        for (int row = 0; row < first->in; row += TILE_ROWS) {
            pack_input(s, first, s->input, row, least(TILE_ROWS, first->in - row));
        }
        for (int index = 0; index < s->layers; index++) {
#pragma omp for schedule(static)
            for (int row = 0; row < s->layer[index].out; row += TILE_ROWS) {
                forward_tile(s, index, row);
            }
        }
        for (int index = s->layers - 1; index > 0; index--) {
#pragma omp for schedule(static)
            for (int row = 0; row < s->layer[index].in; row += TILE_ROWS) {
                backward_tile(s, index, row);
            }
        }
        for (int index = 0; index < s->layers; index++) {
            const step_layer *l = &s->layer[index];
#pragma omp for schedule(static) collapse(2) nowait
            for (int row = 0; row < l->out; row += BLOCK_ROWS) {
                for (int column = 0; column < l->in; column += BLOCK_COLUMNS) {
                    update_tile(s, l, row, column);
                }
            }
        }
    }
}

/* ---- Memory and reports ---- */

static gemm_word *panels(const step *s, int width, int length, int k)
{
    return memory_alloc_zeroed(gemm_panel_words(s->dtype, width, length, k), sizeof(gemm_word));
}

static bool make_layer(step *s, step_layer *l)
{
    size_t weights = (size_t)l->out * (size_t)l->in, units = (size_t)l->out * (size_t)s->batch;
    l->w = kernels_matrix(weights);
    l->a = kernels_matrix(units);
    l->d = kernels_matrix(units);
    l->w_forward = panels(s, GEMM_LANES, l->out, l->in);
    l->w_backward = panels(s, GEMM_LANES, l->in, l->out);
    l->a_forward = panels(s, GEMM_COLUMNS, s->batch, l->in);
    l->a_gradient = panels(s, GEMM_COLUMNS, l->in, s->batch);
    l->d_backward = panels(s, GEMM_COLUMNS, s->batch, l->out);
    l->d_gradient = panels(s, GEMM_LANES, l->out, s->batch);
    if (!l->w || !l->a || !l->d || !l->w_forward || !l->w_backward || !l->a_forward ||
        !l->a_gradient || !l->d_backward || !l->d_gradient) {
        return false;
    }
    for (size_t i = 0; i < weights; i++) {
        l->w[i] *= 0.03f;
    }
    pack_weights(s, l, 0, 0, l->out, l->in);
    return true;
}

static bool make_step(step *s, const kernels_work *work, gemm_dtype dtype, int threads)
{
    *s = (step){.dtype = dtype, .batch = work->batch, .threads = threads};
    s->input = kernels_matrix((size_t)work->widths[0] * (size_t)work->batch);
    bool made = s->input != NULL;
    for (; made && work->widths[s->layers + 1] > 0; s->layers++) {
        step_layer *l = &s->layer[s->layers];
        l->in = work->widths[s->layers];
        l->out = work->widths[s->layers + 1];
        made = make_layer(s, l);
    }
    return made;
}

static void free_step(step *s)
{
    for (int i = 0; i < MOST_LAYERS; i++) {
        step_layer *l = &s->layer[i];
        void *all[] = {l->w,         l->a,          l->d,          l->w_forward, l->w_backward,
                       l->a_forward, l->a_gradient, l->d_backward, l->d_gradient};
        for (size_t j = 0; j < sizeof all / sizeof all[0]; j++) {
            memory_free(all[j]);
        }
    }
    memory_free(s->input);
}

static double flops_of(const step *s)
{
    double flops = 0.0;
    for (int i = 0; i < s->layers; i++) {
        flops += (i > 0 ? 6.0 : 4.0) * s->layer[i].in * s->layer[i].out * s->batch;
    }
    return flops;
}

static void report(kernels_session *s, const kernels_work *work, const step *what,
                   const bench_task *task)
{
    const char *dtype = what->dtype == GEMM_BF16 ? "bf16" : "float32";
    double gflops = 1e-9 * flops_of(what) / task->seconds, rate = work->batch / task->seconds;
    printf("%-9s %7d %10.0f %9.0f%s\n", dtype, what->threads, rate, gflops,
           task->interrupted > task->samples / 2 ? "   (other programs took the CPU)" : "");
    (void)fflush(stdout);
    if (s->rows) {
        (void)json_array_append_new(
            s->rows, json_pack("{s:s, s:i, s:s, s:i, s:f, s:f}", "network", work->network, "batch",
                               work->batch, "dtype", dtype, "threads", what->threads,
                               "samples_per_second", rate, "gflops", gflops));
    }
}

bool run_steps(kernels_session *s, const kernels_work *work)
{
    int threads[BENCH_THREADS];
    int sides = bench_threads(&s->machine, s->options.threads, threads);
    step steps[DTYPES * BENCH_THREADS] = {0};
    bench_task tasks[DTYPES * BENCH_THREADS] = {0};
    int count = 0;
    bool made = true;
    for (; made && count < DTYPES * sides; count++) {
        made = make_step(&steps[count], work, (gemm_dtype)(count / sides), threads[count % sides]);
        tasks[count] = (bench_task){.run = run_step, .context = &steps[count]};
    }
    if (made) {
        printf("\nSteps of %s, batch %d\n%-9s %7s %10s %9s\n", work->network, work->batch, "dtype",
               "threads", "samples/s", "GFLOP/s");
        bench_measure(tasks, count, s->options.quick ? 0.5 : 4.0);
    } else {
        (void)fprintf(stderr, "no memory for the steps\n");
    }
    for (int i = 0; i < count; i++) {
        if (made) {
            report(s, work, &steps[i], &tasks[i]);
        }
        free_step(&steps[i]);
    }
    return made;
}
