/*
 * The plan: for odd and even shapes, its stages do every operation once and in order, the tiles of each
 * stage cover its matrix once, and the blocks cover every W once.
 */
#include "training/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const int widths[] = {1, 2, 10, 17, 128, 255, 256, 300, 511, 512, 784, 2048, 20000};
static const int64_t batches[] = {0, 1, 2, 3, 17, 64, 100, 128, 2047, 2048, 2049, 100000};

enum { WIDTHS = sizeof widths / sizeof widths[0], BATCHES = sizeof batches / sizeof batches[0] };

static void check_stages(const step_plan *plan, const nnfs_network *network)
{
    int next = 0;
    for (int i = 0; i < plan->stages; i++) {
        const plan_stage *stage = &plan->stage[i];
        assert_int_equal(stage->first, next);
        assert_true(stage->last >= stage->first &&
                    (stage->rows == 0 || stage->last == stage->first));
        next = stage->last + 1;
        plan_operation what = plan_operation_of(network, stage->first);
        int rows = plan_operation_rows(network, what);
        int high = stage->rows > 0 ? stage->rows : rows;
        int tiles = plan_stage_tiles(stage, network, plan->chunk);
        int down = (rows + high - 1) / high;
        int across = (plan->chunk + stage->columns - 1) / stage->columns;
        assert_true(tiles == down * across && tiles <= plan->most_tiles);
        /* The last tile in each direction is not empty, and an even number shares the rows. */
        assert_true((down - 1) * high < rows && (across - 1) * stage->columns < plan->chunk);
        assert_true(stage->rows == 0 || down % 2 == 0);
    }
    assert_int_equal(next, 2 * network->layer_count + (plan->partials > 0 ? 2 : 1));
    /* Partial gradients: a tile of columns each, and nothing in between. */
    if (plan->partials > 0) {
        assert_int_equal(plan->stages, 1);
        assert_int_equal(plan->partials * plan->tile, plan->chunk);
    }
}

static void check_blocks(const step_plan *plan, const nnfs_network *network)
{
    int layer = 0;
    int column = 0;
    for (int i = 0; i < plan->blocks; i++) {
        if (column == network->layers[layer].in) {
            layer++;
            column = 0;
        }
        assert_int_equal(plan->block[i].layer, layer);
        assert_int_equal(plan->block[i].first, column);
        assert_true(plan->block[i].count > 0);
        column += plan->block[i].count;
    }
    assert_int_equal(layer, network->layer_count - 1);
    assert_int_equal(column, network_output(network)->in);
}

/* The plan looks at shapes alone: a network without parameters will do. */
static void check(int inputs, int hidden, int outputs, int64_t batch)
{
    network_layer layers[] = {{.in = inputs, .out = hidden}, {.in = hidden, .out = outputs}};
    nnfs_network network = {.inputs = inputs, .layer_count = 2, .layers = layers};
    step_plan plan;
    assert_int_equal(plan_create(&plan, &network, batch, NULL), NNFS_OK);
    assert_true(plan.chunk >= 1 && plan.tile >= 1 && plan.tile <= plan.chunk && plan.threads >= 1);
    assert_true(batch == 0 || plan.chunk <= batch);
    check_stages(&plan, &network);
    check_blocks(&plan, &network);
    plan_free(&plan);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_done_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
