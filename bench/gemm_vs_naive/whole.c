/*
 * Whole training steps and whole inference passes, by the same code but for the backend of its
 * products, on all threads.
 */
#include "gemm_vs_naive/gemm_vs_naive.h"

#include "base/clock.h"
#include "base/memory.h"
#include "gemm_vs_naive/agreement.h"
#include "math/gemm.h"
#include "math/peak.h"
#include "training/infer.h"
#include "training/predict.h"

#include <string.h>

struct whole;

/* One of the two that are compared. */
typedef struct side {
    struct whole *whole;
    const gemm_backend *gemm;
    nnfs_network *network; /* being trained */
    nnfs_trainer *trainer;
    double loss; /* of its last step */
    nnfs_status status;
    nnfs_error error; /* of what failed */
} side;

typedef struct whole {
    bench *bench;
    const test_network *shape;
    int batch;             /* of the row */
    int samples;           /* fewer with --check, where the batch is large */
    nnfs_network *network; /* untrained: what inference runs, and steps begin with */
    side sides[2];         /* naive, BLAS; the first alone if there is no BLAS */
    int side_count;
    float *features; /* [784 x MAX_BATCH] */
    int32_t *labels; /* [MAX_BATCH] */
    agreement agreement;
} whole;

/* ---- The two kinds -------------------------------------------------------------------------- */

typedef struct whole_kind {
    const char *name;
    void (*run)(void *side);
    void (*compare)(whole *w); /* after each side's first run */
    double (*flops)(const nnfs_network *network);
    int (*threads)(const whole *w);
} whole_kind;

static void note(side *x, nnfs_status status)
{
    x->status = x->status == NNFS_OK ? status : x->status;
}

static void run_step(void *context)
{
    side *x = context;
    const whole *w = x->whole;
    const nnfs_arrays arrays = {.features = w->features,
                                .feature_count = w->network->inputs,
                                .samples = w->samples,
                                .labels = w->labels,
                                .classes = network_output(w->network)->out};
    note(x, nnfs_trainer_step(x->trainer, &arrays, &x->loss, &x->error));
}

static void compare_steps(whole *w)
{
    const double losses[2] = {w->sides[0].loss, w->sides[1].loss};
    agreement_forward(&w->agreement);
    agreement_step(&w->agreement, losses);
}

static int step_threads(const whole *w)
{
    return w->sides[0].trainer->settings.threads;
}

/* The outputs go where the trainer keeps those of its own passes. */
static void run_inference(void *context)
{
    side *x = context;
    const whole *w = x->whole;
    float *outputs = x->trainer->pass.a[w->network->layer_count - 1];
    note(x, predict_with(x->gemm, w->network, w->features, w->samples, w->bench->options.threads,
                         outputs, &x->error));
}

/* Each hidden layer as a network of its own: what the pass has let go of. */
static void run_hidden_layers(side *x)
{
    const whole *w = x->whole;
    const float *input = w->features;
    for (int index = 0; index + 1 < w->network->layer_count; index++) {
        nnfs_network one = *w->network;
        one.layers = &w->network->layers[index];
        one.layer_count = 1;
        one.inputs = one.layers->in;
        float *outputs = x->trainer->pass.a[index];
        note(x, predict_with(x->gemm, &one, input, w->samples, w->bench->options.threads, outputs,
                             &x->error));
        input = outputs;
    }
}

static void compare_inference(whole *w)
{
    run_hidden_layers(&w->sides[0]);
    run_hidden_layers(&w->sides[1]);
    agreement_forward(&w->agreement);
}

static int inference_threads(const whole *w)
{
    return infer_threads(w->network, w->samples, w->bench->options.threads);
}

static const whole_kind kinds[] = {
    {"step", run_step, compare_steps, nnfs_network_flops_step, step_threads},
    {"inference", run_inference, compare_inference, nnfs_network_flops_forward, inference_threads},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- One row -------------------------------------------------------------------------------- */

/* Whether all went well and, where there are two, agrees. */
static bool accept(const whole *w, const whole_kind *kind)
{
    for (int i = 0; i < w->side_count; i++) {
        if (w->sides[i].status != NNFS_OK) {
            (void)fprintf(stderr, "%s, %s of %s at batch %d: %s\n", w->sides[i].gemm->name,
                          kind->name, w->shape->name, w->batch, w->sides[i].error.message);
            return false;
        }
    }
    const comparison *worst = &w->agreement.worst;
    if (w->side_count == 2 && !comparison_agrees(worst)) {
        (void)fprintf(stderr,
                      "naive and BLAS disagree on the %s of %s at batch %d: a difference of %g "
                      "(%s), where %g is allowed\n",
                      kind->name, w->shape->name, w->batch, worst->difference, worst->what,
                      worst->tolerance);
        return false;
    }
    return true;
}

/* The first runs, whose results are compared. */
static void run_first(whole *w, const whole_kind *kind, double seconds[2])
{
    for (int i = 0; i < w->side_count; i++) {
        double start = clock_seconds();
        kind->run(&w->sides[i]);
        seconds[i] = clock_seconds() - start;
    }
    if (w->side_count == 2) {
        kind->compare(w);
    }
}

/* With --quick a naive run that took long is not repeated. True if so. */
static bool measure(whole *w, const whole_kind *kind, const double first[2], double seconds[2])
{
    bool quick = w->bench->options.quick;
    double budget = quick ? 0.1 : fmax(0.5, 3.5 * (first[0] + first[1])); /* 3 samples at least */
    int begin = quick && first[0] > budget ? 1 : 0;
    bench_task tasks[2];
    for (int i = begin; i < w->side_count; i++) {
        tasks[i] = (bench_task){kind->run, &w->sides[i], 0.0, 0};
    }
    seconds[0] = first[0];
    if (begin < w->side_count) {
        bench_measure(tasks + begin, w->side_count - begin, budget);
    }
    for (int i = begin; i < w->side_count; i++) {
        seconds[i] = tasks[i].seconds;
    }
    return begin == 1;
}

/* The peak of so many threads. */
static double peak_of(const bench_machine *machine, int threads)
{
    return threads == 1                  ? machine->peak_one
           : threads == machine->threads ? machine->peak_all
                                         : peak_gflops(threads, NULL);
}

static void report(const whole *w, const whole_kind *kind, const double seconds[2], bool cut)
{
    double flops = kind->flops(w->network) * w->samples;
    int threads = kind->threads(w);
    table_row row = {
        .gflops = {1e-9 * flops / seconds[0], w->side_count == 2 ? 1e-9 * flops / seconds[1] : 0.0},
        .peak = peak_of(&w->bench->machine, threads),
        .worst = w->agreement.worst,
        .cut = cut};
    (void)snprintf(row.label, sizeof row.label, "%-9s %-17s %5d %8d", kind->name, w->shape->name,
                   w->batch, threads);
    row.json =
        json_pack("{s:s, s:s, s:i, s:i, s:f}", "network", w->shape->name, "whole", kind->name,
                  "batch", w->batch, "threads", threads, "naive_seconds", seconds[0]);
    if (w->side_count == 2) {
        (void)json_object_set_new(row.json, "blas_seconds", json_real(seconds[1]));
    }
    table_add(w->bench, &row);
}

/* *ratio: naive time over BLAS time. */
static bool run_row(whole *w, const whole_kind *kind, double *ratio)
{
    double first[2] = {0.0, 0.0}, seconds[2] = {0.0, 0.0};
    run_first(w, kind, first);
    if (!accept(w, kind)) {
        return false;
    }
    if (!w->bench->options.check) {
        bool cut = measure(w, kind, first, seconds);
        if (!accept(w, kind)) {
            return false;
        }
        report(w, kind, seconds, cut);
        *ratio = seconds[0] / seconds[1];
    }
    return true;
}

/* ---- All of them ---------------------------------------------------------------------------- */

static nnfs_status create_network(const test_network *shape, nnfs_network **network,
                                  nnfs_error *error)
{
    nnfs_layer layers[MAX_WIDTHS];
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = shape->widths[0];
    settings.layers = layers;
    for (int count = 0; shape->widths[count + 1] > 0; settings.layer_count = ++count) {
        layers[count] = (nnfs_layer){shape->widths[count + 1], NNFS_RELU};
    }
    layers[settings.layer_count - 1].activation = NNFS_SOFTMAX;
    return nnfs_network_create(&settings, network, error);
}

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
    if (status == NNFS_OK && x->trainer->plan.chunk < w->samples) {
        return fail(&x->error, NNFS_ERROR_UNSUPPORTED,
                    "a step in several chunks leaves too little behind to be compared");
    }
    if (status == NNFS_OK) {
        x->trainer->pass.gemm = x->gemm;
    }
    return status;
}

/* Under --check a sanitizer slows the naive loops down: no step of more than this. */
static const double check_flops = 4e8;

static bool run_batch(whole *w, int number, int batch_number, ratio_table tables[KINDS])
{
    double most = check_flops / nnfs_network_flops_step(w->network);
    w->batch = batches[batch_number];
    w->samples = w->bench->options.check && most < w->batch ? (int)most : w->batch;
    w->agreement = (agreement){.before = w->network,
                               .features = w->features,
                               .batch = w->samples,
                               .worst = COMPARISON_NONE};
    bool done = true;
    for (int i = 0; i < w->side_count; i++) {
        note(&w->sides[i], create_trainer(&w->sides[i]));
        w->agreement.trainers[i] = w->sides[i].trainer;
    }
    done = accept(w, &kinds[0]);
    for (int k = 0; done && k < KINDS; k++) {
        done = run_row(w, &kinds[k], &tables[k].ratio[number][batch_number]);
    }
    for (int i = 0; i < w->side_count; i++) {
        nnfs_trainer_free(w->sides[i].trainer);
        w->sides[i].trainer = NULL;
    }
    return done;
}

static bool run_network(whole *w, int number, ratio_table tables[KINDS])
{
    w->shape = &networks[number];
    note(&w->sides[0], create_network(w->shape, &w->network, &w->sides[0].error));
    for (int i = 0; i < w->side_count; i++) {
        note(&w->sides[i], create_network(w->shape, &w->sides[i].network, &w->sides[i].error));
    }
    bool done = accept(w, &kinds[0]);
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
    ratio_table tables[KINDS];
    bool done = get_samples(w);
    if (!w->bench->options.check) {
        printf("\nWhole training steps and inference passes\n");
        table_heading(w->bench, "pass      network           batch  threads");
    }
    for (int number = 0; done && number < NETWORKS; number++) {
        done = run_network(w, number, tables);
    }
    if (done && w->side_count == 2 && !w->bench->options.check) {
        table_ratios("Whole training steps: naive time / BLAS time", &tables[0]);
        table_ratios("Whole inference passes: naive time / BLAS time", &tables[1]);
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
