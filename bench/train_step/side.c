/*
 * A work at one number of threads. What is timed are slices of an epoch, through the same function
 * that runs epochs; each goes on where the one before ended.
 */
#include "train_step/train_step.h"

#include "base/clock.h"

/* Small rates: what there is to learn is noise, and the figures should stay ordinary. */
static nnfs_status make_trainer(step_side *side, const step_work *work, int threads,
                                nnfs_error *error)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.optimizer = work->optimizer;
    settings.learning_rate = work->optimizer == NNFS_SGD ? 1e-3f : 1e-5f;
    settings.batch = work->batch;
    settings.threads = threads;
    return nnfs_trainer_create(side->network, &settings, &side->trainer, error);
}

/* A dataset of the samples that come next: `steps` batches of the epoch. */
static step_run next_run(step_side *side, nnfs_dataset *slice, int steps)
{
    const nnfs_dataset *all = side->samples->dataset;
    int64_t samples = steps * side->trainer->settings.batch;
    if (side->at + samples > all->samples) {
        side->at = 0;
    }
    *slice = *all;
    slice->samples = samples;
    step_run run = trainer_run(side->trainer, slice, side->trainer->settings.batch);
    run.order = side->samples->order + side->at;
    run.needs = RUN_FORWARD | RUN_LOSS | RUN_GRADIENT | RUN_UPDATE;
    side->at += samples;
    return run;
}

static void run_steps(step_side *side, int steps)
{
    nnfs_dataset slice;
    step_run run = next_run(side, &slice, steps);
    step_run_all(&run);
    side->trainer->steps = run.updates;
    side->diverged = side->diverged || run.diverged;
}

static bool record(step_side *side)
{
    nnfs_dataset slice;
    step_run run = next_run(side, &slice, RECORDED_STEPS);
    side->products = replay_record(side->trainer, &run);
    return side->products != NULL;
}

/* As many steps as take so long, but no more than an epoch has. */
static int slice_of(step_side *side, double seconds)
{
    int64_t most = side->samples->dataset->samples / side->trainer->settings.batch;
    int64_t steps = RECORDED_STEPS;
    double took = 0.0;
    for (; took < seconds / 4.0 && 2 * steps <= most; steps *= 2) {
        double start = clock_seconds();
        run_steps(side, (int)steps);
        took = clock_seconds() - start;
        if (took >= seconds / 4.0) {
            break;
        }
    }
    steps = took > 0.0 ? (int64_t)((double)steps * seconds / took) : steps;
    steps = steps < most ? steps : most;
    steps -= steps % RECORDED_STEPS;
    return steps > RECORDED_STEPS ? (int)steps : RECORDED_STEPS;
}

bool side_make(step_side *side, const step_work *work, const step_samples *samples, int threads,
               double seconds)
{
    nnfs_error error;
    *side = (step_side){.samples = samples};
    nnfs_status status = bench_network(work->widths, &side->network, &error);
    if (status == NNFS_OK) {
        status = make_trainer(side, work, threads, &error);
    }
    if (status != NNFS_OK) {
        (void)fprintf(stderr, "%s: %s\n", work->network, error.message);
        return false;
    }
    side->spans = profile_create(side->trainer->program.op_count, side->trainer->threads);
    if (!side->spans) {
        (void)fprintf(stderr, "no memory for the profile\n");
        return false;
    }
    side->slice = slice_of(side, seconds);
    return record(side);
}

void side_free(step_side *side)
{
    replay_free(side->products);
    profile_free(side->spans);
    nnfs_trainer_free(side->trainer);
    nnfs_network_free(side->network);
}

/* ---- What is timed ---- */

static void run_plain(void *context)
{
    step_side *side = context;
    run_steps(side, side->slice);
}

static void run_products(void *context)
{
    const step_side *side = context;
    replay_run(side->products, side->slice / RECORDED_STEPS);
}

static void run_profiled(void *context)
{
    step_side *side = context;
    side->trainer->profile = side->spans;
    run_steps(side, side->slice);
    side->trainer->profile = NULL;
}

void side_tasks(step_side *side, bench_task tasks[SIDE_TASKS])
{
    static void (*const runs[SIDE_TASKS])(void *) = {run_plain, run_products, run_profiled};
    for (int i = 0; i < SIDE_TASKS; i++) {
        tasks[i] = (bench_task){.run = runs[i], .context = side};
    }
}

/* ---- What it came to ---- */

static void share_out(const step_side *side, step_result *result)
{
    const program *p = &side->trainer->program;
    double waiting = profile_of_waiting(side->spans).seconds;
    double total = waiting;
    result->parts[STEP_WAITING] = waiting;
    for (int i = 0; i < p->op_count; i++) {
        nnfs_part part = p->ops[i].kind->part;
        double seconds = profile_of_op(side->spans, i).seconds;
        double *to =
            part <= NNFS_PART_GRADIENT ? &result->sgemm : &result->parts[part - NNFS_PART_GATHER];
        *to += seconds;
        total += seconds;
    }
    result->sgemm /= total;
    for (int i = 0; i < STEP_PARTS; i++) {
        result->parts[i] /= total;
    }
}

bool side_result(const step_side *side, const bench_task tasks[SIDE_TASKS], step_result *result)
{
    if (side->diverged) {
        (void)fprintf(stderr, "a step diverged\n");
        return false;
    }
    double samples = (double)side->slice * (double)side->trainer->settings.batch;
    *result = (step_result){
        .threads_used = side->trainer->settings.threads,
        .samples_per_second = samples / tasks[SIDE_STEP].seconds,
        .sgemm_share = bench_quotient(&tasks[SIDE_PRODUCTS], &tasks[SIDE_STEP]),
        .busy = 2 * tasks[SIDE_STEP].interrupted > tasks[SIDE_STEP].samples,
        .slowdown = bench_quotient(&tasks[SIDE_PROFILED], &tasks[SIDE_STEP]),
    };
    result->gflops = 1e-9 * result->samples_per_second * nnfs_network_flops_step(side->network);
    share_out(side, result);
    return true;
}
