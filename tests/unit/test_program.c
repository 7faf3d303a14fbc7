/*
 * Programs: for odd and even shapes, every op of the step is there once and in order, the tiles of
 * each chain cover its matrix once, and the blocks cover every W once.
 */
#include "program/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const int widths[] = {1, 2, 10, 17, 128, 255, 256, 300, 511, 512, 784, 2048, 20000};
static const int64_t batches[] = {0, 1, 2, 3, 17, 64, 100, 128, 2047, 2048, 2049, 100000};

enum { WIDTHS = sizeof widths / sizeof widths[0], BATCHES = sizeof batches / sizeof batches[0] };

/* The tiles of a chain cover rows and columns once: their areas add up, and none
 * leaves the matrix. */
static void check_chain(const program *p, const program_chain *chain)
{
    const op_grid *grid = &p->ops[chain->first].grid;
    if (grid->axis == AXIS_SINGLE) {
        assert_int_equal(program_chain_tiles(p, chain, p->chunk), 1);
        return;
    }
    int64_t columns = grid->axis == AXIS_PARAMETERS ? grid->columns : p->chunk;
    int64_t area = 0;
    int64_t begins = 0;
    int tiles = program_chain_tiles(p, chain, p->chunk);
    for (int i = 0; i < tiles; i++) {
        op_tile tile = op_tile_at(grid, i, p->chunk);
        assert_true(tile.rows > 0 && tile.count > 0);
        assert_true(tile.row >= 0 && tile.row + tile.rows <= grid->rows);
        assert_true(tile.first >= 0 && tile.first + tile.count <= columns);
        area += (int64_t)tile.rows * tile.count;
        begins += tile.first / grid->tile_columns;
    }
    int down = 1;
    if (grid->tile_rows > 0) {
        down = (grid->rows + grid->tile_rows - 1) / grid->tile_rows;
    }
    int across = tiles / down;
    assert_true(begins == (int64_t)down * across * (across - 1) / 2);
    assert_true(area == (int64_t)grid->rows * columns);
    if (grid->tile_rows > 0) { /* which two threads share evenly */
        assert_int_equal((grid->rows + grid->tile_rows - 1) / grid->tile_rows % 2, 0);
    }
}

static void check_stages(const program *p)
{
    int chain = 0;
    int next = 0;
    for (int s = 0; s < p->stage_count; s++) {
        const program_stage *stage = &p->stages[s];
        assert_int_equal(stage->first, chain);
        assert_true(program_stage_tiles(p, stage, p->chunk) <= p->tiles);
        for (; chain <= stage->last; chain++) {
            assert_int_equal(p->chains[chain].first, next);
            next = p->chains[chain].last + 1;
            check_chain(p, &p->chains[chain]);
        }
    }
    assert_int_equal(chain, p->chain_count);
    assert_int_equal(next, p->op_count);
}

static int count_of(const program *p, const op_kind *kind)
{
    int count = 0;
    for (int i = 0; i < p->op_count; i++) {
        count += p->ops[i].kind == kind;
    }
    return count;
}

/* Two layers: each has its products, and each tensor its update. */
static void check_ops(const program *p)
{
    bool partial = p->partials > 0;
    assert_int_equal(count_of(p, &op_fetch), 1);
    int halves = count_of(p, &op_forward_half);
    assert_int_equal(count_of(p, &op_forward) + halves, 2);
    assert_int_equal(count_of(p, &op_add_half), halves);
    assert_int_equal(count_of(p, &op_loss), 1);
    assert_int_equal(count_of(p, &op_backward),
                     2); /* the first layer's for the gradient of inputs */
    assert_int_equal(count_of(p, partial ? &op_partial_gradient : &op_gradient), 2);
    assert_int_equal(count_of(p, &op_update), 4);
    for (int i = 1; i < p->op_count; i++) {
        bool parameters = p->ops[i].grid.axis == AXIS_PARAMETERS;
        assert_true(parameters || p->ops[i - 1].grid.axis == AXIS_SAMPLES);
        /* A product reads whole columns: where rows are cut, it waits for them. */
        bool product = p->ops[i].kind->cost && !parameters && !p->ops[i].kind->elementwise;
        bool cut = p->ops[i].grid.tile_rows > 0 || p->ops[i - 1].grid.tile_rows > 0;
        assert_true(!product || !cut || p->ops[i].starts_stage);
    }
    if (partial) {
        assert_int_equal(p->stage_count, 2);
        assert_int_equal(p->partials * p->tile_columns, p->chunk);
    }
}

static void check(int inputs, int hidden, int outputs, int64_t batch)
{
    nnfs_layer layers[] = {{hidden, NNFS_RELU}, {outputs, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = layers;
    settings.layer_count = 2;
    nnfs_network *network = NULL;
    assert_int_equal(network_describe(&settings, &network, NULL), NNFS_OK);
    const program_settings wanted = {.purpose = PROGRAM_TRAIN, .batch = batch};
    program p;
    assert_int_equal(program_compile(network, &wanted, &p, NULL), NNFS_OK);
    assert_true(p.chunk >= 1 && p.tile_columns >= 1 && p.tile_columns <= p.chunk && p.threads >= 1);
    assert_true(batch == 0 || p.chunk <= batch);
    check_stages(&p);
    check_ops(&p);
    program_free(&p);
    nnfs_network_free(network);
}

static void everything_is_done_once(void **state)
{
    (void)state;
    for (int i = 0; i < WIDTHS; i++) {
        for (int h = 0; h < WIDTHS; h++) {
            for (int o = 0; o < WIDTHS; o++) {
                for (int b = 0; b < BATCHES; b++) {
                    check(widths[i], widths[h], widths[o], batches[b]);
                }
            }
        }
    }
}

/* Whether an op of that kind starts a stage, and where it is. */
static int position_of(const program *p, const op_kind *kind)
{
    for (int i = 0; i < p->op_count; i++) {
        if (p->ops[i].kind == kind) {
            return i;
        }
    }
    return -1;
}

/* Clipping and the hook stand between all gradients and all updates. */
static void on_gradient(void *user, float *gradient, size_t count)
{
    (void)user;
    (void)gradient;
    (void)count;
}

static void what_stands_between_gradient_and_update(void **state)
{
    (void)state;
    nnfs_layer layers[] = {{300, NNFS_RELU}, {10, NNFS_SOFTMAX}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = 50;
    settings.layers = layers;
    settings.layer_count = 2;
    nnfs_network *network = NULL;
    assert_int_equal(network_describe(&settings, &network, NULL), NNFS_OK);
    for (int i = 1; i < 4; i++) {
        const program_settings wanted = {.purpose = PROGRAM_TRAIN,
                                         .batch = 128,
                                         .training = {.clip_norm = i & 1 ? 1.0f : 0.0f,
                                                      .on_gradient = i & 2 ? on_gradient : NULL}};
        program p;
        assert_int_equal(program_compile(network, &wanted, &p, NULL), NNFS_OK);
        check_stages(&p);
        int update = position_of(&p, &op_update);
        assert_true(p.ops[update].starts_stage);
        for (int k = 0; k < p.op_count; k++) {
            assert_true(p.ops[k].kind != &op_gradient || k < update);
            assert_true(p.ops[k].kind != &op_gradient_norm || k < update);
        }
        assert_int_equal(count_of(&p, &op_gradient_norm), i & 1 ? 4 : 0);
        assert_int_equal(count_of(&p, &op_on_gradient), i & 2 ? 1 : 0);
        program_free(&p);
    }
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_done_once),
        cmocka_unit_test(what_stands_between_gradient_and_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
