/* Sets up the networks, samples and trainers that the rows of whole steps and passes run on. */
#include "gemm_vs_naive/whole.h"

#include "base/memory.h"
#include "math/gemm.h"

#include <string.h>

/* Plain gradient descent, at a rate at which even many steps on one sample stay tame. */
static nnfs_status create_trainer(side *x)
{
    const whole *w = x->whole;
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.optimizer = NNFS_SGD;
    settings.learning_rate = 1e-3f;
    settings.batch = w->samples;
    settings.threads = w->bench->options.threads;
    memcpy(x->network->parameters, w->network->parameters,
           w->network->parameter_floats * sizeof(float));
    nnfs_status status = nnfs_trainer_create(x->network, &settings, &x->trainer, &x->error);
    if (status == NNFS_OK && x->trainer->program.chunk < w->samples) {
        return fail(&x->error, NNFS_ERROR_ARGUMENT,
                    "a step in several chunks leaves too little behind to be compared");
    }
    if (status == NNFS_OK) {
        x->trainer->gemm = x->gemm;
    }
    return status;
}

/* Under --check a sanitizer slows the naive loops down: no step of more than this. */
static const double check_flops = 4e8;

static bool run_batch(whole *w, int number, int batch_number, ratio_table tables[WHOLE_KINDS])
{
    double most = check_flops / nnfs_network_flops_step(w->network);
    w->batch = batches[batch_number];
    w->samples = w->bench->options.check && most < w->batch ? (int)most : w->batch;
    w->agreement = (agreement){.before = w->network, .features = w->features, .batch = w->samples};
    for (int i = 0; i < w->side_count; i++) {
        side_note(&w->sides[i], create_trainer(&w->sides[i]));
        w->agreement.trainers[i] = w->sides[i].trainer;
    }
    bool done = whole_is_well(w);
    for (int k = 0; done && k < WHOLE_KINDS; k++) {
        done = whole_row(w, k, &tables[k].ratio[number][batch_number]);
    }
    for (int i = 0; i < w->side_count; i++) {
        nnfs_trainer_free(w->sides[i].trainer);
        w->sides[i].trainer = NULL;
    }
    return done;
}

static bool run_network(whole *w, int number, ratio_table tables[WHOLE_KINDS])
{
    w->shape = &networks[number];
    side_note(&w->sides[0], bench_network(w->shape->widths, &w->network, &w->sides[0].error));
    for (int i = 0; i < w->side_count; i++) {
        side_note(&w->sides[i],
                  bench_network(w->shape->widths, &w->sides[i].network, &w->sides[i].error));
    }
    bool done = whole_is_well(w);
    for (int i = 0; done && i < BATCHES; i++) {
        done = run_batch(w, number, i, tables);
    }
    for (int i = 0; i < w->side_count; i++) {
        nnfs_network_free(w->sides[i].network);
        w->sides[i].network = NULL;
    }
    nnfs_network_free(w->network);
    w->network = NULL;
    return done;
}

/* Pixels and classes, as far as a product can tell. */
static bool get_samples(whole *w)
{
    size_t count = size_mul((size_t)networks[0].widths[0], MAX_BATCH);
    w->features = memory_alloc(count, sizeof *w->features);
    w->labels = memory_alloc(MAX_BATCH, sizeof *w->labels);
    if (!w->features || !w->labels) {
        (void)fprintf(stderr, "no memory for the samples\n");
        return false;
    }
    fill(w->features, count, 3, 0.0f);
    for (int i = 0; i < MAX_BATCH; i++) {
        w->labels[i] = i * 7 % 10;
    }
    return true;
}

static bool run_networks(whole *w)
{
    ratio_table tables[WHOLE_KINDS];
    bool done = get_samples(w);
    if (!w->bench->options.check) {
        printf("\nWhole training steps and inference passes\n");
        table_heading(w->bench, "pass      network           batch  threads");
    }
    for (int number = 0; done && number < NETWORKS; number++) {
        done = run_network(w, number, tables);
    }
    if (done && w->side_count == 2 && !w->bench->options.check) {
        table_ratios("Whole training steps: naive time / BLAS time", &tables[WHOLE_STEP]);
        table_ratios("Whole inference passes: naive time / BLAS time", &tables[WHOLE_INFERENCE]);
    }
    return done;
}

bool run_whole(bench *b)
{
    whole *w = memory_alloc_zeroed(1, sizeof *w);
    if (!w) {
        (void)fprintf(stderr, "no memory for the comparison\n");
        return false;
    }
    w->bench = b;
    w->side_count = b->has_blas ? 2 : 1;
    w->sides[0] = (side){.whole = w, .gemm = &gemm_naive};
    w->sides[1] = (side){.whole = w, .gemm = gemm_default()};
    bool done = run_networks(w);
    memory_free(w->features);
    memory_free(w->labels);
    memory_free(w);
    return done;
}
