/* The step: chunks through both phases, by as many threads as there are. */
#include "training/step.h"

#include "base/clock.h"
#include "base/pause.h"
#include "math/blas_runtime.h"
#include "training/step_tiles.h"

#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdatomic.h>

/* ---- Both phases, by all threads of the region ---- */

/*
 * A chunk has the parts 0 .. stages - 1, which are the stages of phase 1, then phase 2, then a pause in
 * which the caller may watch. Part p of chunk c is phase c * parts + p of what the threads share.
 */
typedef struct step_region {
    step_run *run;
    int64_t chunks;       /* that are left of the run */
    int64_t first_chunk;  /* of them, counted in the whole run */
    int64_t steps_before; /* that the trainer had done before the run's first */
    uint64_t parts;
    double watched;       /* when the caller was last called */
    atomic_bool refused;  /* by the seam: a product */
    atomic_int bad_layer; /* the first whose update was not finite; INT_MAX as long as all are */
} step_region;

static int64_t chunks_in(const step_run *run, int64_t samples)
{
    int chunk = run->trainer->plan.chunk;
    return (samples + chunk - 1) / chunk;
}

float step_rate(const step_run *run, int64_t step)
{
    const nnfs_trainer *trainer = run->trainer;
    const schedule_time time = {
        .epoch = trainer->epochs,
        .step = step,
        .steps = (run->dataset->samples + run->batch - 1) / run->batch,
    };
    return schedule_rate(&trainer->settings, &trainer->schedule, &time);
}

/* Where chunk `index` of those left lies: all steps but the last have equally many chunks. */
static step_chunk chunk_at(const step_region *region, int64_t index)
{
    const step_run *run = region->run;
    const nnfs_trainer *trainer = run->trainer;
    int64_t per_step = chunks_in(run, run->batch);
    index += region->first_chunk;
    int64_t step = index / per_step;
    int64_t samples = run->dataset->samples - step * run->batch;
    samples = samples < run->batch ? samples : run->batch;
    int64_t largest = samples < trainer->plan.chunk ? samples : trainer->plan.chunk;
    int64_t done = index % per_step * trainer->plan.chunk;
    int64_t left = samples - done;
    return (step_chunk){
        .first = step * run->batch + done,
        .count = left < trainer->plan.chunk ? (int)left : trainer->plan.chunk,
        .opens = done == 0,
        .partials = (int)((largest + trainer->plan.tile - 1) / trainer->plan.tile),
        .closes = left <= trainer->plan.chunk,
        .scale = (float)(1.0 / network_loss_terms(trainer->network, samples)),
        .optimizer = optimizer_step_at(&trainer->settings, step_rate(run, step),
                                       region->steps_before + step + 1),
    };
}

static int part_tiles(const step_region *region, const step_chunk *chunk, uint64_t part)
{
    const nnfs_trainer *trainer = region->run->trainer;
    const step_plan *plan = &trainer->plan;
    if (part < (uint64_t)plan->stages) {
        return plan_stage_tiles(&plan->stage[part], trainer->network, chunk->count);
    }
    return part == (uint64_t)plan->stages ? plan->blocks : 1;
}

static void note_bad_layer(step_region *region, int layer)
{
    int first = atomic_load(&region->bad_layer);
    while (layer < first && !atomic_compare_exchange_weak(&region->bad_layer, &first, layer)) {
    }
}

static void run_tile(step_region *region, const step_chunk *chunk, uint64_t part, int index)
{
    const step_run *run = region->run;
    const step_plan *plan = &run->trainer->plan;
    if (part == (uint64_t)plan->stages) {
        if (!tile_of_weights(run, chunk, &plan->block[index])) {
            note_bad_layer(region, plan->block[index].layer);
        }
        return;
    }
    if (!tile_of_stage(run, chunk, &plan->stage[part], index)) {
        atomic_store(&region->refused, true);
    }
}

/* ---- Between the parts, by the thread that finished the last tile ---- */

static void note_divergence(step_run *run, const step_chunk *chunk, int layer)
{
    run->diverged = true;
    run->bad_first = chunk->first;
    run->bad_count = chunk->count;
    run->bad_layer = layer;
}

/* The chunk's loss is known, and no weight touched yet. Adds it up in tile order, whoever did the tiles. */
static bool close_phase_1(step_region *region, const step_chunk *chunk)
{
    step_run *run = region->run;
    double sum = 0.0;
    int64_t correct = 0;
    for (int i = 0; i * run->trainer->plan.tile < chunk->count; i++) {
        sum += run->trainer->records[i].loss;
        correct += run->trainer->records[i].correct;
    }
    if (!isfinite(sum) || atomic_load(&region->refused)) {
        note_divergence(run, chunk, -1);
        return false;
    }
    run->loss += sum;
    run->correct += correct;
    run->samples += chunk->count;
    return true;
}

static bool close_phase_2(step_region *region, const step_chunk *chunk)
{
    step_run *run = region->run;
    int bad = atomic_load(&region->bad_layer);
    if (bad != INT_MAX) {
        note_divergence(run, chunk, bad);
        return false;
    }
    if (chunk->closes) {
        run->steps++;
        run->trainer->steps += run->update ? 1 : 0;
        run->whole = (step_sums){run->steps, run->samples, run->loss, run->correct};
    }
    return true;
}

static bool watch_is_due(step_region *region)
{
    const step_run *run = region->run;
    bool asked_for = run->watch_at > 0 && run->steps == run->watch_at;
    return run->watch && (asked_for || clock_seconds() - region->watched >= run->watch_every);
}

/* The phase after `phase`, which is over. */
static uint64_t phase_after(step_region *region, const step_chunk *chunk, uint64_t phase)
{
    uint64_t part = phase % region->parts;
    uint64_t next_chunk = phase - part + region->parts;
    bool ok = true;
    if (part + 3 == region->parts) {
        ok = close_phase_1(region, chunk);
    } else if (part + 2 == region->parts) {
        ok = close_phase_2(region, chunk);
    } else if (part + 1 == region->parts) {
        ok = !region->run->stopped;
    }
    bool last = next_chunk == (uint64_t)region->chunks * region->parts;
    if (!ok || (last && part + 2 >= region->parts)) {
        return PHASES_OVER;
    }
    /* The pause is left out as long as nothing is to be watched. */
    return part + 2 == region->parts && !watch_is_due(region) ? next_chunk : phase + 1;
}

static governor_count crew_count_at(int64_t chunk)
{
    return (governor_count){clock_seconds(), clock_busy_seconds(), chunk};
}

/*
 * The pause after so many chunks: no thread is at work but the calling one, whose time with the caller is
 * not the governor's.
 */
static void watch(step_region *region, int64_t chunks)
{
    step_run *run = region->run;
    governor_end(&run->trainer->governor, crew_count_at(chunks));
    run->stopped = run->watch(run) != 0;
    governor_begin(&run->trainer->governor, crew_count_at(chunks));
    region->watched = clock_seconds();
}

/* ---- The threads ---- */

/* The part of one of `threads` threads in a phase. */
static void share_phase(step_region *region, const step_chunk *chunk, uint64_t phase, int threads)
{
    phases *shared = &region->run->trainer->phases;
    uint64_t part = phase % region->parts;
    int tiles = part_tiles(region, chunk, part);
    int from = 0;
    int tile = 0;
    if (part + 1 == region->parts) {
        if (omp_get_thread_num() == 0) {
            watch(region, (int64_t)(phase / region->parts) + 1);
            phases_advance(shared, phase_after(region, chunk, phase));
        }
        return;
    }
    while ((tile = phases_claim(shared, phase, tiles, omp_get_thread_num(), threads, &from)) >= 0) {
        run_tile(region, chunk, part, tile);
        if (phases_finish(shared, tiles)) {
            phases_advance(shared, phase_after(region, chunk, phase));
        }
    }
}

/* Thread 0 looks after the governor, chunk by chunk; alone it has none. */
static void look_after_crew(step_region *region, int64_t chunk)
{
    governor *c = &region->run->trainer->governor;
    if (c->threads > 1 && omp_get_thread_num() == 0) {
        double now = clock_seconds();
        if (governor_is_due(c, now, chunk)) {
            governor_look(c, crew_count_at(chunk));
        }
    }
}

/* A thread that the governor does without rests until it is wanted again, or all is over. */
static void rest(nnfs_trainer *trainer, int me)
{
    while (me >= atomic_load(&trainer->governor.working) &&
           phases_current(&trainer->phases) != PHASES_OVER) {
        pause_rest();
    }
}

static void run_thread(step_region *region)
{
    nnfs_trainer *trainer = region->run->trainer;
    int me = omp_get_thread_num();
    uint64_t phase = 0;
    uint64_t at = UINT64_MAX; /* the chunk this thread looks at */
    step_chunk chunk = {0};
    while (phase != PHASES_OVER) {
        if (phase / region->parts != at) {
            at = phase / region->parts;
            chunk = chunk_at(region, (int64_t)at);
            look_after_crew(region, (int64_t)at);
        }
        int working = atomic_load(&trainer->governor.working);
        if (me < working) {
            share_phase(region, &chunk, phase, working);
        } else {
            rest(trainer, me);
        }
        phase = phases_wait(&trainer->phases, phase);
        profile_lap(trainer->pass.profile, PROFILE_WAITING);
    }
}

/* The chunks of the steps that this region has finished; no fewer than the governor has seen. */
static int64_t chunks_done(const step_region *region)
{
    const step_run *run = region->run;
    int64_t done = (run->steps - run->begun.steps) * chunks_in(run, run->batch);
    int64_t seen = run->trainer->governor.begun.steps;
    done = done < region->chunks ? done : region->chunks; /* the last step has fewer, perhaps */
    return done > seen ? done : seen;
}

void step_run_all(step_run *run)
{
    nnfs_trainer *trainer = run->trainer;
    int64_t samples = run->dataset->samples;
    run->whole = run->begun;
    run->steps = run->begun.steps;
    run->samples = run->begun.samples;
    run->loss = run->begun.loss;
    run->correct = run->begun.correct;
    run->stopped = false;
    run->diverged = false;
    step_region region = {.run = run,
                          .first_chunk = run->begun.steps * chunks_in(run, run->batch),
                          .steps_before = trainer->steps - run->begun.steps,
                          .watched = clock_seconds()};
    region.chunks = samples / run->batch * chunks_in(run, run->batch) +
                    chunks_in(run, samples % run->batch) - region.first_chunk;
    region.parts = (uint64_t)trainer->plan.stages + 2;
    atomic_init(&region.refused, false);
    atomic_init(&region.bad_layer, INT_MAX);
    if (region.chunks <= 0) {
        return; /* all was done before */
    }
    phases_begin(&trainer->phases);
    governor_begin(&trainer->governor, crew_count_at(0));
    profile_enter(trainer->pass.profile);
    blas_enter();
#pragma omp parallel num_threads(trainer->settings.threads)
    run_thread(&region);
    blas_leave();
    profile_leave(trainer->pass.profile);
    governor_end(&trainer->governor, crew_count_at(chunks_done(&region)));
}

/* ---- The update alone ---- */

bool step_update_all(nnfs_trainer *trainer)
{
    const schedule_time time = {.epoch = trainer->epochs, .steps = 1};
    float rate = schedule_rate(&trainer->settings, &trainer->schedule, &time);
    optimizer_step step = optimizer_step_at(&trainer->settings, rate, ++trainer->steps);
    bool ok = true;
    for (int i = 0; i < trainer->plan.blocks; i++) {
        ok = tile_update(trainer, &step, &trainer->plan.block[i]) && ok;
    }
    return ok;
}
