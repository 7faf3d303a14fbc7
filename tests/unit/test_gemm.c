/*
 * Both backends against sums in double, over random shapes, transposes, factors and paddings, in
 * the manner of dav1d's checkasm: outputs lie in poisoned, padded buffers whose rims are checked.
 * NNFS_TEST_SEED=N repeats a run, NNFS_TEST_COUNT=N makes it longer.
 */
#include "base/memory.h"
#include "base/random.h"
#include "math/blas_runtime.h"
#include "math/gemm.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- Random cases --------------------------------------------------------------------------- */

static random_key key = {.purpose = RANDOM_WEIGHTS};

typedef struct draws {
    uint32_t number, used;
} draws;

static uint32_t draw(draws *d, uint32_t bound)
{
    random_words words = random_draw(key, 0, d->number, d->used++);
    return random_below(words.word[0], bound);
}

/* Mostly small, often 0 or 1, sometimes past a kernel's blocking; in every fiftieth case all are
 * large, so that the product is past what some kernels compute in place. */
static int draw_size(draws *d)
{
    if (d->number % 50 == 49) {
        return 90 + (int)draw(d, 120);
    }
    static const uint32_t limits[] = {2, 2, 9, 20, 40, 70, 140, 420};
    return (int)draw(d, limits[draw(d, 8)]);
}

enum { RIM = 5 };
#define POISON (-123456.0f)

/* A product on memory of its own. C's array has a rim of poison on all four sides. */
typedef struct product {
    gemm_product g;
    float *a, *b, *before, *after; /* C's array before and after */
    size_t c_floats;
} product;

static float *draw_matrix(draws *d, size_t floats)
{
    float *x = memory_alloc(floats, sizeof *x);
    assert_non_null(x);
    uint32_t unit = d->used++ << 20;
    for (size_t i = 0; i < floats; i++) {
        random_words words = random_draw(key, 1, d->number, unit + (uint32_t)i);
        x[i] = 2.0f * random_unit(words.word[0]) - 1.0f;
    }
    return x;
}

static float *draw_c(draws *d, const gemm_product *g, size_t floats)
{
    float *x = draw_matrix(d, floats);
    for (size_t at = 0; at < floats; at++) {
        ptrdiff_t i = (ptrdiff_t)at % g->ldc - RIM, j = (ptrdiff_t)at / g->ldc - RIM;
        if (i < 0 || i >= g->m || j < 0 || j >= g->n) {
            x[at] = POISON;
        } else if (g->beta == 0.0f && draw(d, 4) == 0) {
            x[at] = draw(d, 2) ? NAN : INFINITY; /* must not be read */
        }
    }
    return x;
}

static int at_least_one(int rows)
{
    return rows > 1 ? rows : 1;
}

static product draw_product(uint32_t number)
{
    static const float alphas[] = {1.0f, 1.0f, 0.0f, -0.75f}, betas[] = {0.0f, 1.0f, 0.0f, 0.5f};
    draws d = {.number = number};
    product p = {0};
    gemm_product *g = &p.g;
    g->transpose_a = draw(&d, 2) ? GEMM_T : GEMM_N;
    g->transpose_b = draw(&d, 2) ? GEMM_T : GEMM_N;
    g->m = draw_size(&d);
    g->n = draw_size(&d);
    g->k = draw_size(&d);
    g->alpha = alphas[draw(&d, 4)];
    g->beta = betas[draw(&d, 4)];
    g->lda = at_least_one(g->transpose_a == GEMM_N ? g->m : g->k) + (int)draw(&d, 2) * 3;
    g->ldb = at_least_one(g->transpose_b == GEMM_N ? g->k : g->n) + (int)draw(&d, 2) * 3;
    g->ldc = at_least_one(g->m) + 2 * RIM + (int)draw(&d, 3);
    p.a = draw_matrix(&d, (size_t)g->lda * (size_t)(g->transpose_a == GEMM_N ? g->k : g->m));
    p.b = draw_matrix(&d, (size_t)g->ldb * (size_t)(g->transpose_b == GEMM_N ? g->n : g->k));
    p.c_floats = (size_t)g->ldc * (size_t)(g->n + 2 * RIM);
    p.before = draw_c(&d, g, p.c_floats);
    p.after = memory_alloc(p.c_floats, sizeof *p.after);
    assert_non_null(p.after);
    g->a = p.a;
    g->b = p.b;
    g->c = p.after + RIM + (ptrdiff_t)RIM * g->ldc;
    return p;
}

static void free_product(product *p)
{
    memory_free(p->a);
    memory_free(p->b);
    memory_free(p->before);
    memory_free(p->after);
}

static bool run(const gemm_backend *backend, product *p)
{
    memcpy(p->after, p->before, p->c_floats * sizeof *p->after);
    return gemm_run(backend, &p->g);
}

/* ---- The reference -------------------------------------------------------------------------- */

static bool expect(bool right, const char *what, uint32_t number, const gemm_backend *backend,
                   const gemm_product *g)
{
    if (!right) {
        print_error("%s: case %u, %s %c%c %dx%dx%d, alpha %g, beta %g, ld %d %d %d\n", what, number,
                    backend->name, g->transpose_a == GEMM_N ? 'N' : 'T',
                    g->transpose_b == GEMM_N ? 'N' : 'T', g->m, g->n, g->k, (double)g->alpha,
                    (double)g->beta, g->lda, g->ldb, g->ldc);
    }
    return right;
}

/*
 * Element (i, j) in double against the computed one: |error| <= 2 (k + 2) eps (|alpha| |A||B| +
 * |beta C|), twice the bound for any order of summation (Higham 2002, section 3.5).
 */
static bool is_near(const gemm_product *g, int i, int j, float before)
{
    double sum = 0.0, magnitude = 0.0;
    for (ptrdiff_t p = 0; p < g->k; p++) {
        double term =
            (double)g->a[g->transpose_a == GEMM_N ? i + p * g->lda : p + i * g->lda] *
            (double)g->b[g->transpose_b == GEMM_N ? p + j * (ptrdiff_t)g->ldb : j + p * g->ldb];
        sum += term;
        magnitude += fabs(term);
    }
    double old = g->beta == 0.0f ? 0.0 : (double)g->beta * (double)before;
    double tolerance = 2.0 * (g->k + 2) * (double)FLT_EPSILON / 2.0 *
                       (fabs((double)g->alpha) * magnitude + fabs(old));
    double computed = (double)g->c[i + (ptrdiff_t)j * g->ldc];
    return fabs(computed - ((double)g->alpha * sum + old)) <= tolerance;
}

static bool check(const product *p, uint32_t number, const gemm_backend *backend)
{
    const gemm_product *g = &p->g;
    for (size_t at = 0; at < p->c_floats; at++) {
        int i = (int)((ptrdiff_t)at % g->ldc) - RIM, j = (int)((ptrdiff_t)at / g->ldc) - RIM;
        bool inside = i >= 0 && i < g->m && j >= 0 && j < g->n;
        if (!inside && !expect(p->after[at] == POISON, "wrote beside C", number, backend, g)) {
            return false;
        }
        if (inside &&
            !expect(is_near(g, i, j, p->before[at]), "wrong element", number, backend, g)) {
            return false;
        }
    }
    return true;
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static const gemm_backend *backends[2] = {&gemm_naive};
static uint32_t case_count = 1500;

static void agrees_with_sums_in_double(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < case_count; number++) {
        product p = draw_product(number);
        bool right = true;
        for (int b = 0; b < 2 && right; b++) {
            right = run(backends[b], &p) && check(&p, number, backends[b]);
        }
        free_product(&p);
        assert_true(right);
    }
}

static void refuses_bad_sizes(void **state)
{
    (void)state;
    static const struct {
        int m, n, k, lda, ldb, ldc;
        gemm_transpose a, b;
    } bad[] = {
        {-1, 2, 2, 2, 2, 2, GEMM_N, GEMM_N}, {2, -1, 2, 2, 2, 2, GEMM_N, GEMM_N},
        {2, 2, -1, 2, 2, 2, GEMM_N, GEMM_N}, {3, 2, 2, 2, 2, 3, GEMM_N, GEMM_N},
        {2, 2, 3, 2, 2, 2, GEMM_N, GEMM_N},  {3, 2, 2, 3, 2, 2, GEMM_N, GEMM_N},
        {2, 2, 3, 2, 3, 2, GEMM_T, GEMM_N},  {2, 3, 2, 2, 2, 2, GEMM_N, GEMM_T},
        {0, 0, 0, 0, 1, 1, GEMM_N, GEMM_N},  {0, 0, 0, 1, 0, 1, GEMM_N, GEMM_N},
        {0, 0, 0, 1, 1, 0, GEMM_N, GEMM_N},  {1, 1, 1, 1, 1, 1, (gemm_transpose)2, GEMM_N},
    };
    float a[9] = {1.0f}, b[9] = {1.0f}, c[9] = {42.0f}, before[9];
    memcpy(before, c, sizeof c);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gemm_product g = {bad[i].a,   bad[i].b, bad[i].m,   bad[i].n, bad[i].k, 1.0f,      a,
                          bad[i].lda, b,        bad[i].ldb, 0.0f,     c,        bad[i].ldc};
        for (int backend = 0; backend < 2; backend++) {
            assert_false(gemm_run(backends[backend], &g));
            assert_memory_equal(c, before, sizeof c);
        }
    }
}

/* Several threads compute the same products at once, each for itself, as a training step does. */
static void gives_the_same_bits_on_several_threads(void **state)
{
    (void)state;
    enum { CASES = 40 };
    bool same[CASES];
    assert_int_equal(blas_prepare(8, NULL), NNFS_OK);
    int threads = blas_threads(8);
    blas_enter();
    for (uint32_t number = 0; number < CASES; number++) {
        product alone = draw_product(number);
        (void)run(gemm_default(), &alone);
        bool equal = true;
#pragma omp parallel num_threads(threads) reduction(&& : equal)
        for (int repeat = 0; repeat < 3; repeat++) {
            product p = draw_product(number);
#pragma omp barrier
            (void)run(gemm_default(), &p);
            equal = equal && memcmp(p.after, alone.after, p.c_floats * sizeof *p.after) == 0;
            free_product(&p);
        }
        same[number] = equal;
        free_product(&alone);
    }
    blas_leave();
    for (uint32_t number = 0; number < CASES; number++) {
        assert_true(same[number]);
    }
}

/* OpenBLAS and BLIS say how many threads they would use; other libraries are not pinned. */
static bool is_pinnable(void)
{
    return gemm_default() != &gemm_naive && blas_own_threads() != 0 && blas_threads(2) == 2;
}

static void pins_the_blas_and_gives_its_threads_back(void **state)
{
    (void)state;
    if (!is_pinnable()) {
        skip();
    }
    blas_set_own_threads(2);
    omp_set_num_threads(3);
    blas_enter();
    assert_int_equal(blas_own_threads(), 1);
    assert_int_equal(blas_threads(0), 3);
    blas_enter();
    blas_leave();
    assert_int_equal(blas_own_threads(), 1); /* counted */
#pragma omp parallel num_threads(4)
    for (int i = 0; i < 100; i++) {
        blas_enter();
        blas_leave();
    }
    assert_int_equal(blas_own_threads(), 1);
    blas_leave();
    assert_int_equal(blas_own_threads(), 2);
    assert_int_equal(omp_get_max_threads(), 3);
}

static void describes_the_machine(void **state)
{
    (void)state;
    nnfs_machine machine;
    nnfs_error error = {0};
    assert_int_equal(nnfs_machine_prepare(2, &machine, &error), NNFS_OK);
    print_message("%s, %s %s, %d cores, %d threads\n", machine.cpu, machine.blas, machine.kernel,
                  machine.cores, machine.threads);
    assert_true(machine.cpu[0] && machine.blas[0]);
    assert_true(machine.cores >= 1 && machine.threads >= 1 && machine.threads <= 2);
    nnfs_machine described;
    nnfs_machine_describe(&described);
    assert_string_equal(described.cpu, machine.cpu);
    assert_string_equal(described.kernel, machine.kernel);
    assert_string_equal(described.better_kernel, machine.better_kernel);
    assert_string_equal(described.advice, machine.advice);
    assert_int_equal(described.threads, blas_threads(0));
    assert_true(blas_threads(1 << 20) >= machine.threads);
    assert_int_equal(nnfs_machine_prepare(0, NULL, NULL), NNFS_OK);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

int main(void)
{
    key.seed = from_environment("NNFS_TEST_SEED", (uint64_t)time(NULL));
    case_count = (uint32_t)from_environment("NNFS_TEST_COUNT", case_count);
    backends[1] = gemm_default();
    print_message("NNFS_TEST_SEED=%llu\n", (unsigned long long)key.seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_the_machine),
        cmocka_unit_test(agrees_with_sums_in_double),
        cmocka_unit_test(refuses_bad_sizes),
        cmocka_unit_test(gives_the_same_bits_on_several_threads),
        cmocka_unit_test(pins_the_blas_and_gives_its_threads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
