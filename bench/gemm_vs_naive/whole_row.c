/* One row: a step or a pass, run on both sides, compared and timed. */
#include "gemm_vs_naive/whole.h"

#include "base/clock.h"
#include "math/gemm.h"
#include "program/inference.h"
#include "training/predict.h"

/* ---- The two kinds -------------------------------------------------------------------------- */

typedef struct whole_kind {
    const char *name;
    void (*run)(void *side);
    void (*prepare)(void *side); /* before each side's first run; NULL: nothing */
    void (*compare)(whole *w);   /* after each side's first run */
    double (*flops)(const nnfs_network *network);
    int (*threads)(const whole *w);
} whole_kind;

static nnfs_arrays arrays_of(const whole *w)
{
    return (nnfs_arrays){.features = w->features,
                         .feature_count = w->network->inputs,
                         .samples = w->samples,
                         .labels = w->labels,
                         .classes = network_output(w->network)->out};
}

static void run_step(void *context)
{
    side *x = context;
    const nnfs_arrays arrays = arrays_of(x->whole);
    side_note(x, nnfs_trainer_step(x->trainer, &arrays, &x->loss, &x->error));
}

/* The gradient to be compared, which not every step stores. */
static void run_gradient(void *context)
{
    side *x = context;
    const nnfs_arrays arrays = arrays_of(x->whole);
    side_note(x, nnfs_trainer_gradient(x->trainer, &arrays, NULL, &x->error));
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
    float *outputs = agreement_outputs(x->trainer, w->network->layer_count - 1);
    side_note(x, predict_with(x->gemm, w->network, w->features, w->samples,
                              w->bench->options.threads, outputs, &x->error));
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
        float *outputs = agreement_outputs(x->trainer, index);
        side_note(x, predict_with(x->gemm, &one, input, w->samples, w->bench->options.threads,
                                  outputs, &x->error));
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
    return inference_threads_for(w->samples, w->bench->options.threads);
}

static const whole_kind kinds[WHOLE_KINDS] = {
    [WHOLE_STEP] = {"step", run_step, run_gradient, compare_steps, nnfs_network_flops_step,
                    step_threads},
    [WHOLE_INFERENCE] = {"inference", run_inference, NULL, compare_inference,
                         nnfs_network_flops_forward, inference_threads},
};

/* ---- One row -------------------------------------------------------------------------------- */

bool whole_is_well(const whole *w)
{
    for (int i = 0; i < w->side_count; i++) {
        if (w->sides[i].status != NNFS_OK) {
            (void)fprintf(stderr, "%s at batch %d, %s: %s\n", w->shape->name, w->batch,
                          w->sides[i].gemm->name, w->sides[i].error.message);
            return false;
        }
    }
    return true;
}

static bool agrees(const whole *w, const whole_kind *kind)
{
    const comparison *worst = &w->agreement.worst;
    if (comparison_agrees(worst)) {
        return true;
    }
    (void)fprintf(stderr,
                  "naive and BLAS disagree on the %s of %s at batch %d: a difference of %g (%s), "
                  "where %g is allowed\n",
                  kind->name, w->shape->name, w->batch, worst->difference, worst->what,
                  worst->tolerance);
    return false;
}

/* The first runs, whose results are compared. */
static void run_first(whole *w, const whole_kind *kind, double seconds[2])
{
    for (int i = 0; i < w->side_count; i++) {
        if (kind->prepare) {
            kind->prepare(&w->sides[i]);
        }
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
        tasks[i] = (bench_task){.run = kind->run, .context = &w->sides[i]};
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

static void report(const whole *w, const whole_kind *kind, const double seconds[2], bool cut)
{
    double flops = kind->flops(w->network) * w->samples;
    int threads = kind->threads(w);
    table_row row = {
        .gflops = {1e-9 * flops / seconds[0], w->side_count == 2 ? 1e-9 * flops / seconds[1] : 0.0},
        .peak = bench_peak(&w->bench->machine, threads),
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

bool whole_row(whole *w, int which, double *ratio)
{
    const whole_kind *kind = &kinds[which];
    double first[2] = {0.0, 0.0}, seconds[2] = {0.0, 0.0};
    w->agreement.worst = COMPARISON_NONE;
    run_first(w, kind, first);
    if (!whole_is_well(w) || !agrees(w, kind)) {
        return false;
    }
    if (w->bench->options.check) {
        return true;
    }
    bool cut = measure(w, kind, first, seconds);
    if (!whole_is_well(w)) {
        return false;
    }
    report(w, kind, seconds, cut);
    *ratio = seconds[0] / seconds[1];
    return true;
}
