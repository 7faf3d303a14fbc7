/*
 * Packed products by every kind of instructions this CPU has, against sums in double and against
 * each other, over random shapes; C lies in poisoned, padded buffers. NNFS_TEST_SEED=N repeats a
 * run, NNFS_TEST_COUNT=N makes it longer.
 */
#include "base/memory.h"
#include "base/random.h"
#include "math/gemm_bf16.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static random_key key = {.purpose = RANDOM_WEIGHTS};
static uint32_t case_count = 400;

typedef struct draws {
    uint32_t number, used;
} draws;

static uint32_t draw(draws *d, uint32_t bound)
{
    random_words words = random_draw(key, 0, d->number, d->used++);
    return random_below(words.word[0], bound);
}

/* Often 1, sometimes past a panel, a block of columns or a block of depth. */
static int draw_size(draws *d)
{
    static const uint32_t limits[] = {1, 2, 9, 20, 40, 70, 140, 620};
    return 1 + (int)draw(d, limits[draw(d, 8)]);
}

static void *allocate(size_t count)
{
    float *x = memory_alloc(count, sizeof *x);
    assert_non_null(x);
    return x;
}

static float *draw_matrix(draws *d, size_t floats)
{
    float *x = allocate(floats);
    uint32_t unit = d->used++ << 20;
    for (size_t i = 0; i < floats; i++) {
        random_words words = random_draw(key, 1, d->number, unit + (uint32_t)i);
        x[i] = 2.0f * random_unit(words.word[0]) - 1.0f;
    }
    return x;
}

/* ---- Oracles -------------------------------------------------------------------------------- */

static uint32_t bits_of(float x)
{
    uint32_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x = 0.0f;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The nearest of the two neighbours in bfloat16, by their distances; of a tie the one whose last
 * bit is 0. */
static float to_bf16(float x)
{
    uint32_t low = bits_of(x) & 0xffff0000U, high = low + 0x10000U;
    double below = fabs((double)x - (double)float_of(low));
    double above = fabs((double)float_of(high) - (double)x);
    if (below == above) {
        return float_of(low & 0x10000U ? high : low);
    }
    return float_of(below < above ? low : high);
}

static float operand(gemm_dtype dtype, float x)
{
    return dtype == GEMM_BF16 ? to_bf16(x) : x;
}

/* ---- Cases ---------------------------------------------------------------------------------- */

enum { RIM = 5 };
#define POISON (-123456.0f)

/* A matrix as stored, [rows x columns] with its leading dimension; axis says what runs
 * along the panels. */
typedef struct stored {
    gemm_axis axis;
    int length, k, ld;
    float *x;
} stored;

typedef struct example {
    uint32_t number;
    gemm_packed g;
    stored a, b;
    gemm_word *a_panels, *b_panels;
    float *before, *after;
    size_t c_floats;
} example;

static float at(const stored *s, int i, int p)
{
    ptrdiff_t row = s->axis == GEMM_PANEL_ROWS ? i : p, column = s->axis == GEMM_PANEL_ROWS ? p : i;
    return s->x[row + column * s->ld];
}

static stored draw_stored(draws *d, int length, int k)
{
    stored s = {
        .axis = draw(d, 2) ? GEMM_PANEL_ROWS : GEMM_PANEL_COLUMNS, .length = length, .k = k};
    s.ld = (s.axis == GEMM_PANEL_ROWS ? length : k) + (int)draw(d, 2) * 3;
    s.x = draw_matrix(d, (size_t)s.ld * (size_t)(s.axis == GEMM_PANEL_ROWS ? k : length));
    return s;
}

/* A block's size, a multiple of `grain`, or all that is left. */
static int draw_part(draws *d, int left, int grain)
{
    int part = (1 + (int)draw(d, 8)) * grain;
    return part < left ? part : left;
}

typedef void pack_function(const gemm_packing *packing, const float *x, int ld, int row, int column,
                           int rows, int columns, gemm_word *panels);
static pack_function *const packs[2] = {gemm_pack, gemm_pack_plain};

/* Packs in blocks of random sizes, as the tiles of a step do. */
static gemm_word *pack(draws *d, gemm_dtype dtype, int width, const stored *s)
{
    size_t words = gemm_panel_words(dtype, width, s->length, s->k);
    gemm_word *panels = allocate(words + 16);
    memset(panels, 0xff, (words + 16) * sizeof *panels); /* NaN: what is not packed shows */
    gemm_packing packing = {dtype, s->axis, width, s->k};
    int length = 0;
    for (int i = 0; i < s->length; i += length) {
        length = draw_part(d, s->length - i, width < 16 ? width : 16);
        int depth = 0;
        for (int p = 0; p < s->k; p += depth) {
            depth = draw_part(d, s->k - p, 10);
            bool rows = s->axis == GEMM_PANEL_ROWS;
            int row = rows ? i : p, column = rows ? p : i;
            packs[draw(d, 2)](&packing, s->x + row + (ptrdiff_t)column * s->ld, s->ld, row, column,
                              rows ? length : depth, rows ? depth : length, panels);
        }
    }
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(panels[words + i], 0xffffffffU);
    }
    return panels;
}

static gemm_b draw_b(draws *d, example *e)
{
    gemm_dtype dtype = e->g.dtype;
    e->b_panels = pack(d, dtype, GEMM_COLUMNS, &e->b);
    if (dtype == GEMM_BF16 || draw(d, 2)) {
        return gemm_b_packed(dtype, e->b_panels, e->g.k);
    }
    bool rows = e->b.axis == GEMM_PANEL_ROWS;
    return gemm_b_in_place(e->b.x, rows ? e->b.ld : 1, rows ? 1 : e->b.ld);
}

static void draw_c(draws *d, example *e)
{
    gemm_packed *g = &e->g;
    bool transposed = draw(d, 3) == 0;
    int inner = transposed ? g->n : g->m, outer = transposed ? g->m : g->n;
    int ld = inner + 2 * RIM + (int)draw(d, 3);
    g->c_row = transposed ? ld : 1;
    g->c_column = transposed ? 1 : ld;
    e->c_floats = (size_t)ld * (size_t)(outer + 2 * RIM);
    e->before = draw_matrix(d, e->c_floats);
    e->after = allocate(e->c_floats);
    for (size_t i = 0; i < e->c_floats; i++) {
        int x = (int)(i % (size_t)ld) - RIM, y = (int)(i / (size_t)ld) - RIM;
        bool inside = x >= 0 && x < inner && y >= 0 && y < outer;
        if (!inside) {
            e->before[i] = POISON;
        } else if (!g->add) {
            e->before[i] = NAN; /* must not be read */
        }
    }
    g->c = e->after + RIM + (ptrdiff_t)RIM * ld;
}

static example draw_example(uint32_t number)
{
    draws d = {.number = number};
    example e = {.number = number};
    gemm_packed *g = &e.g;
    *g = (gemm_packed){.dtype = draw(&d, 2) ? GEMM_BF16 : GEMM_F32,
                       .m = draw_size(&d),
                       .n = draw_size(&d),
                       .k = draw_size(&d),
                       .add = draw(&d, 2) == 0};
    e.a = draw_stored(&d, g->m, g->k);
    e.b = draw_stored(&d, g->n, g->k);
    e.a_panels = pack(&d, g->dtype, GEMM_LANES, &e.a);
    g->a = e.a_panels;
    g->b = draw_b(&d, &e);
    draw_c(&d, &e);
    return e;
}

static void free_example(example *e)
{
    memory_free(e->a.x);
    memory_free(e->b.x);
    memory_free(e->a_panels);
    memory_free(e->b_panels);
    memory_free(e->before);
    memory_free(e->after);
}

static void run(example *e, int kernel)
{
    memcpy(e->after, e->before, e->c_floats * sizeof *e->after);
    gemm_packed_run_by(kernel, &e->g);
}

/* |error| <= (k + 1) eps (|C| + |A||B|), for any order of summation (Higham 2002, section 3.5). */
static bool is_near(const example *e, int i, int j)
{
    const gemm_packed *g = &e->g;
    ptrdiff_t place = i * g->c_row + j * g->c_column;
    double sum = g->add ? (double)e->before[g->c - e->after + place] : 0.0;
    double magnitude = fabs(sum);
    for (int p = 0; p < g->k; p++) {
        double term =
            (double)operand(g->dtype, at(&e->a, i, p)) * (double)operand(g->dtype, at(&e->b, j, p));
        sum += term;
        magnitude += fabs(term);
    }
    return fabs((double)g->c[place] - sum) <= (g->k + 1) * (double)FLT_EPSILON * magnitude;
}

static bool is_rim_whole(const example *e)
{
    for (size_t i = 0; i < e->c_floats; i++) {
        if (e->before[i] == POISON && e->after[i] != POISON) {
            return false;
        }
    }
    return true;
}

static bool check(const example *e, int kernel)
{
    bool right = is_rim_whole(e);
    for (int i = 0; right && i < e->g.m; i++) {
        for (int j = 0; right && j < e->g.n; j++) {
            right = is_near(e, i, j);
        }
    }
    if (!right) {
        print_error("case %u, kernel %d, %s %dx%dx%d, add %d, C %td %td, B %td %td\n", e->number,
                    kernel, e->g.dtype == GEMM_BF16 ? "bf16" : "f32", e->g.m, e->g.n, e->g.k,
                    e->g.add, e->g.c_row, e->g.c_column, e->g.b.depth, e->g.b.column);
    }
    return right;
}

/* ---- Tests ---------------------------------------------------------------------------------- */

/* Rounds a product of floats, as kernels without FMA do. */
static bool is_unfused(const example *e, int kernel)
{
    return e->g.dtype == GEMM_F32 && kernel == gemm_packed_kernels(GEMM_F32) - 1;
}

static void agrees_with_sums_in_double_and_between_kernels(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < case_count; number++) {
        example e = draw_example(number);
        float *first = allocate(e.c_floats);
        int kernels = gemm_packed_kernels(e.g.dtype);
        assert_true(kernels >= 1);
        for (int kernel = 0; kernel < kernels; kernel++) {
            run(&e, kernel);
            assert_true(check(&e, kernel));
            if (kernel == 0) {
                memcpy(first, e.after, e.c_floats * sizeof *first);
            } else if (!is_unfused(&e, kernel)) {
                assert_memory_equal(first, e.after, e.c_floats * sizeof *first);
            }
        }
        memory_free(first);
        free_example(&e);
    }
}

static void follows_the_stated_order(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 60; number++) {
        example e = draw_example(number);
        const gemm_packed *g = &e.g;
        int step = g->dtype == GEMM_BF16 ? 2 : 1;
        run(&e, 0);
        for (int i = 0; i < g->m && !is_unfused(&e, 0); i += 7) {
            int j = i % g->n;
            ptrdiff_t place = i * g->c_row + j * g->c_column;
            float sum = g->add ? e.before[g->c - e.after + place] : 0.0f;
            for (int p = 0; p < g->k; p += step) {
                for (int q = p + step - 1; q >= p; q--) {
                    float x = q < g->k ? operand(g->dtype, at(&e.a, i, q)) : 0.0f;
                    float y = q < g->k ? operand(g->dtype, at(&e.b, j, q)) : 0.0f;
                    sum = fmaf(x, y, sum);
                }
            }
            assert_int_equal(bits_of(sum), bits_of(g->c[place]));
        }
        free_example(&e);
    }
}

/* C in tiles of any multiple of the panels, computed in any order. */
static void gives_the_same_bits_in_tiles(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 100; number++) {
        draws d = {.number = number, .used = 1000};
        example e = draw_example(number);
        gemm_packed whole = e.g;
        float *once = allocate(e.c_floats);
        run(&e, 0);
        memcpy(once, e.after, e.c_floats * sizeof *once);
        memcpy(e.after, e.before, e.c_floats * sizeof *once);
        int rows = GEMM_LANES * (1 + (int)draw(&d, 3)),
            columns = GEMM_COLUMNS * (1 + (int)draw(&d, 9));
        for (int j = (whole.n - 1) / columns * columns; j >= 0; j -= columns) {
            for (int i = 0; i < whole.m; i += rows) {
                gemm_packed tile = whole;
                tile.m = whole.m - i < rows ? whole.m - i : rows;
                tile.n = whole.n - j < columns ? whole.n - j : columns;
                tile.a += gemm_panel_at(whole.dtype, i, whole.k);
                tile.b.words += j / GEMM_COLUMNS * whole.b.panel;
                tile.c += i * whole.c_row + j * whole.c_column;
                gemm_packed_run(&tile);
            }
        }
        assert_memory_equal(once, e.after, e.c_floats * sizeof *once);
        memory_free(once);
        free_example(&e);
    }
}

/* What a bfloat16 pack makes of single floats, at every place that code treats differently. */
static void rounds_to_nearest_even(void **state)
{
    (void)state;
    static const struct {
        uint32_t x, rounded;
    } cases[] = {
        {0x3f800000, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f818000, 0x3f82}, {0x3f808001, 0x3f81},
        {0x3f807fff, 0x3f80}, {0xbf818000, 0xbf82}, {0x7f7fffff, 0x7f80}, {0x7f800000, 0x7f80},
        {0xff800000, 0xff80}, {0x7f800001, 0x7fc0}, {0x7fffffff, 0x7fff}, {0x00000001, 0x0000},
        {0x807fffff, 0x8000}, {0x00800000, 0x0080}, {0x80000000, 0x8000}, {0x7f7f7fff, 0x7f7f},
    };
    enum { SIZE = 48 };
    for (int number = 0; number < 4; number++) {
        int axis = number / 2;
        for (int width = GEMM_COLUMNS; width <= GEMM_LANES; width += GEMM_LANES - GEMM_COLUMNS) {
            float x[SIZE * SIZE];
            for (size_t i = 0; i < SIZE * SIZE; i++) {
                x[i] = float_of(cases[i % 16].x);
            }
            gemm_packing packing = {GEMM_BF16, (gemm_axis)axis, width, SIZE};
            gemm_word *panels = allocate(gemm_panel_words(GEMM_BF16, width, SIZE, SIZE));
            packs[number % 2](&packing, x, SIZE, 0, 0, SIZE, SIZE, panels);
            for (int i = 0; i < SIZE; i++) {
                for (int p = 0; p < SIZE; p++) {
                    gemm_word word =
                        panels[i / width * width * (SIZE / 2) + p / 2 * width + i % width];
                    uint32_t half = p % 2 ? word >> 16 : word & 0xffffU;
                    int place = axis == GEMM_PANEL_ROWS ? i + p * SIZE : p + i * SIZE;
                    assert_int_equal(half, cases[place % 16].rounded);
                }
            }
            memory_free(panels);
        }
    }
}

/* vdpbf16ps counts what is below 2^-126 as 0; the emulations are within k 2^-126. */
static void agrees_near_underflow(void **state)
{
    (void)state;
    enum { SIZE = 40 };
    float x[SIZE * SIZE], c[2][SIZE * SIZE];
    gemm_word *a = allocate(gemm_panel_words(GEMM_BF16, GEMM_LANES, SIZE, SIZE));
    gemm_word *b = allocate(gemm_panel_words(GEMM_BF16, GEMM_COLUMNS, SIZE, SIZE));
    for (int i = 0; i < SIZE * SIZE; i++) {
        x[i] = ldexpf(1.0f + 0.01f * (float)i, -60 - i % 7) * (i % 3 ? 1.0f : -1.0f);
    }
    bf16_pack_forward_weights(x, SIZE, 0, 0, SIZE, SIZE, SIZE, a);
    bf16_pack_forward_activation(x, SIZE, 0, 0, SIZE, SIZE, SIZE, b);
    for (int kernel = 0; kernel < gemm_packed_kernels(GEMM_BF16); kernel++) {
        gemm_packed g = {.dtype = GEMM_BF16,
                         .m = SIZE,
                         .n = SIZE,
                         .k = SIZE,
                         .a = a,
                         .b = gemm_b_packed(GEMM_BF16, b, SIZE),
                         .c = c[kernel > 0],
                         .c_row = 1,
                         .c_column = SIZE};
        gemm_packed_run_by(kernel, &g);
        for (int i = 0; kernel > 0 && i < SIZE * SIZE; i++) {
            assert_true(fabs((double)c[0][i] - (double)c[1][i]) <= SIZE * 0x1p-126);
        }
    }
    memory_free(a);
    memory_free(b);
}

/* The six packs of a layer together: Z = W A, D_prev = W^T D, dW = D A^T. */
static void packs_serve_the_three_products(void **state)
{
    (void)state;
    enum { OUT = 50, IN = 37, BATCH = 21 };
    draws d = {.number = 1};
    float *w = draw_matrix(&d, OUT * IN), *a = draw_matrix(&d, IN * BATCH);
    float *delta = draw_matrix(&d, OUT * BATCH), c[OUT * IN + OUT * BATCH];
    gemm_word *left = allocate(gemm_panel_words(GEMM_BF16, GEMM_LANES, 64, 64));
    gemm_word *right = allocate(gemm_panel_words(GEMM_BF16, GEMM_COLUMNS, 64, 64));
    const stored operands[3][2] = {
        {{GEMM_PANEL_ROWS, OUT, IN, OUT, w}, {GEMM_PANEL_COLUMNS, BATCH, IN, IN, a}},
        {{GEMM_PANEL_COLUMNS, IN, OUT, OUT, w}, {GEMM_PANEL_COLUMNS, BATCH, OUT, OUT, delta}},
        {{GEMM_PANEL_ROWS, OUT, BATCH, OUT, delta}, {GEMM_PANEL_ROWS, IN, BATCH, IN, a}},
    };
    for (int product = 0; product < 3; product++) {
        const stored *x = &operands[product][0], *y = &operands[product][1];
        if (product == 0) {
            bf16_pack_forward_weights(w, OUT, 0, 0, OUT, IN, IN, left);
            bf16_pack_forward_activation(a, IN, 0, 0, IN, BATCH, IN, right);
        } else if (product == 1) {
            bf16_pack_backward_weights(w, OUT, 0, 0, OUT, IN, OUT, left);
            bf16_pack_backward_delta(delta, OUT, 0, 0, OUT, BATCH, OUT, right);
        } else {
            bf16_pack_gradient_delta(delta, OUT, 0, 0, OUT, BATCH, BATCH, left);
            bf16_pack_gradient_activation(a, IN, 0, 0, IN, BATCH, BATCH, right);
        }
        example e = {.g = {.dtype = GEMM_BF16,
                           .m = x->length,
                           .n = y->length,
                           .k = x->k,
                           .a = left,
                           .b = gemm_b_packed(GEMM_BF16, right, x->k),
                           .c = c,
                           .c_row = 1,
                           .c_column = x->length},
                     .a = *x,
                     .b = *y,
                     .before = c,
                     .after = c};
        gemm_packed_run(&e.g);
        assert_true(check(&e, 0));
    }
    memory_free(w);
    memory_free(a);
    memory_free(delta);
    memory_free(left);
    memory_free(right);
}

static void clears_an_empty_sum(void **state)
{
    (void)state;
    float c[2] = {NAN, 3.0f};
    gemm_packed g = {.m = 1, .n = 1, .c = c, .c_row = 1, .c_column = 1};
    gemm_packed_run(&g);
    assert_true(c[0] == 0.0f);
    g.c = c + 1;
    g.add = true;
    gemm_packed_run(&g);
    assert_true(c[1] == 3.0f);
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
    print_message("NNFS_TEST_SEED=%llu, float32 by %s, bfloat16 by %s\n",
                  (unsigned long long)key.seed, gemm_packed_instructions(GEMM_F32),
                  gemm_packed_instructions(GEMM_BF16));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_sums_in_double_and_between_kernels),
        cmocka_unit_test(follows_the_stated_order),
        cmocka_unit_test(gives_the_same_bits_in_tiles),
        cmocka_unit_test(rounds_to_nearest_even),
        cmocka_unit_test(agrees_near_underflow),
        cmocka_unit_test(packs_serve_the_three_products),
        cmocka_unit_test(clears_an_empty_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
