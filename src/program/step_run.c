/* Runs: chunks through the stages of a program, by all threads of a parallel region. */
#include "program/step_run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/minmax.h"
#include "base/pause.h"
#include "math/blas_runtime.h"

#include <limits.h>
#include <math.h>
#include <omp.h>

/* ---- Workspaces ---- */

nnfs_status workspace_create(workspace *made, const program *p, const nnfs_network *network,
                             int threads, nnfs_error *error)
{
    size_t chunk = (size_t)p->chunk;
    size_t outputs = (size_t)network_output(network)->out;
    size_t partials = size_mul(p->gradient_floats, (size_t)p->partials);
    size_t members = network->members > 1 ? (size_t)network->members : 0;
    *made = (workspace){.scratch_floats = size_matrix_floats((int)outputs, (int)members + 1)};
    size_t floats = size_add(size_add(p->work_floats, partials),
                             size_mul(made->scratch_floats, (size_t)threads));
    made->work = memory_alloc(p->work_floats, sizeof(float));
    made->x = made->work; /* the program's first matrix */
    made->partials = partials > 0 ? memory_alloc(partials, sizeof(float)) : NULL;
    made->scratch = memory_alloc(size_mul(made->scratch_floats, (size_t)threads), sizeof(float));
    made->state = (op_state){
        .labels = memory_alloc(chunk, sizeof(int32_t)),
        .targets = memory_alloc(size_mul(outputs, chunk), sizeof(float)),
        .weights = memory_alloc(chunk, sizeof(float)),
        .member_labels = memory_alloc(size_mul(chunk, members), sizeof(int32_t)),
        .member_targets = memory_alloc(size_mul(size_mul(outputs, chunk), members), sizeof(float)),
        .member_weights = memory_alloc(size_mul(chunk, members), sizeof(float)),
        .records = memory_alloc(chunk / (size_t)p->tile_columns + 1, sizeof(tile_record)),
        .sums = memory_alloc_zeroed(p->sums, sizeof(double)),
        .gradient_scale = 1.0f,
    };
    made->runs = memory_alloc(2 * (size_t)p->stage_count, sizeof(bool));
    bool shared = phases_create(&made->phases, p->tiles);
    governor_create(&made->governor, threads);
    if (!shared || !made->work || (partials > 0 && !made->partials) || !made->scratch ||
        !made->state.labels || !made->state.targets || !made->state.weights ||
        !made->state.member_labels || !made->state.member_targets || !made->state.member_weights ||
        !made->state.records || !made->state.sums || !made->runs) {
        return fail_memory(error, size_mul(floats, sizeof(float)), "the workspace of a step");
    }
    return NNFS_OK;
}

void workspace_free(workspace *w)
{
    phases_free(&w->phases);
    memory_free(w->work);
    memory_free(w->partials);
    memory_free(w->scratch);
    memory_free(w->runs);
    memory_free(w->state.labels);
    memory_free(w->state.targets);
    memory_free(w->state.weights);
    memory_free(w->state.member_labels);
    memory_free(w->state.member_targets);
    memory_free(w->state.member_weights);
    memory_free(w->state.records);
    memory_free(w->state.sums);
    *w = (workspace){0};
}

op_context step_run_context(const step_run *run, int thread)
{
    workspace *w = run->work;
    op_context context = {.gemm = run->gemm,
                          .network = run->network,
                          .dataset = run->dataset,
                          .order = run->order,
                          .state = &w->state,
                          .scratch = w->scratch + w->scratch_floats * (size_t)thread,
                          .settings = run->settings,
                          .gradient_floats = run->program->gradient_floats,
                          .tile_columns = run->program->tile_columns};
    for (int i = 0; i < SPACES; i++) {
        context.base[i] = run->spaces[i];
    }
    context.base[SPACE_X] = w->x;
    context.base[SPACE_WORK] = w->work;
    context.base[SPACE_PARTIALS] = w->partials;
    return context;
}

/* ---- Chunks ---- */

/*
 * A chunk has the parts 0 .. stages - 1, and then a pause in which the caller may watch. Part p of chunk c
 * is phase c * parts + p of what the threads share.
 */
typedef struct region {
    step_run *run;
    int64_t chunks;      /* that are left of the run */
    int64_t first_chunk; /* of them, counted in the whole run */
    uint64_t parts;
    uint64_t first_stage; /* of the chunks after the first one */
    double watched;       /* when the caller was last called */
    int64_t updates;      /* that were done before the first step of the whole run */
    atomic_int bad_op;    /* the first whose tile failed; INT_MAX while none has */
} region;

static int64_t chunks_in(const step_run *run, int64_t samples)
{
    int chunk = run->program->chunk;
    return (samples + chunk - 1) / chunk;
}

float step_run_rate(const step_run *run, int64_t step)
{
    const schedule_time time = {.epoch = run->epoch,
                                .step = step,
                                .steps = (run->dataset->samples + run->batch - 1) / run->batch};
    if (run->rate > 0.0f) {
        return run->rate;
    }
    return schedule_rate(run->settings, &run->schedule, &time);
}

/* Chunk `index` of those left: all steps but the last have equally many. */
static op_chunk chunk_at(const region *r, int64_t index)
{
    const step_run *run = r->run;
    int chunk = run->program->chunk;
    int tile = run->program->tile_columns;
    int64_t per_step = chunks_in(run, run->batch);
    index += r->first_chunk;
    int64_t step = index / per_step;
    int64_t samples = run->dataset->samples - step * run->batch;
    samples = MIN(samples, run->batch);
    int64_t largest = MIN(samples, chunk);
    int64_t done = index % per_step * chunk;
    int64_t left = samples - done;
    return (op_chunk){
        .first = step * run->batch + done,
        .count = left < chunk ? (int)left : chunk,
        .begins = index == r->first_chunk,
        .opens = done == 0,
        .closes = left <= chunk,
        .partials = (int)((largest + tile - 1) / tile),
        .scale = (float)(1.0 / network_loss_terms(run->network, samples)),
        .update = r->updates + step + 1,
        .draw = run->draw,
        .optimizer =
            optimizer_step_at(run->settings, step_run_rate(run, step), r->updates + step + 1),
    };
}

/* ---- Tiles ---- */

static bool op_runs(const region *r, const program_op *op, const op_chunk *chunk)
{
    return (op->needs & ~r->run->needs) == 0 && (chunk->closes || !op->kind->last_chunk) &&
           (chunk->begins || !op->kind->first_chunk);
}

/* Whether a stage has anything to do on a chunk that closes its step, or on one that does not. */
static bool stage_runs(const region *r, int stage, bool closes)
{
    const program *p = r->run->program;
    const program_stage *s = &p->stages[stage];
    for (int i = p->chains[s->first].first; i <= p->chains[s->last].last; i++) {
        if (op_runs(r, &p->ops[i], &(op_chunk){.closes = closes})) {
            return true;
        }
    }
    return false;
}

static void list_running_stages(const region *r)
{
    int stages = r->run->program->stage_count;
    for (int i = 0; i < stages; i++) {
        r->run->work->runs[i] = stage_runs(r, i, false);
        r->run->work->runs[stages + i] = stage_runs(r, i, true);
    }
}

/* The stage that chunks after the first one begin with. */
static uint64_t first_stage(const region *r)
{
    uint64_t stage = 0;
    while (stage + 2 < r->parts && !r->run->work->runs[stage] &&
           !r->run->work->runs[r->parts - 1 + stage]) {
        stage++;
    }
    return stage;
}

static void note_bad_op(region *r, int index)
{
    int first = atomic_load(&r->bad_op);
    while (index < first && !atomic_compare_exchange_weak(&r->bad_op, &first, index)) {
    }
}

/* Tile `index` of a chain: its ops one after the other, while the tile is in the core's cache. */
static void run_chain(region *r, const op_context *context, const program_chain *chain, int index)
{
    const program *p = r->run->program;
    int samples = context->chunk->count;
    for (int i = chain->first; i <= chain->last; i++) {
        const program_op *op = &p->ops[i];
        if (!op_runs(r, op, context->chunk) || (op->first_tile && index > 0)) {
            continue;
        }
        op_tile tile = op_tile_at(&op->grid, index, samples);
        if (!op->kind->run(op, context, tile)) {
            note_bad_op(r, i);
            return;
        }
        if (r->run->profile) {
            op_cost cost = op->kind->cost ? op->kind->cost(op, tile, samples) : (op_cost){0};
            profile_span(r->run->profile, i, cost.multiply_adds, cost.elements);
        }
    }
}

/* Tile `index` of a stage, counted through its chains. */
static void run_tile(region *r, const op_context *context, const program_stage *stage, int index)
{
    const program *p = r->run->program;
    int chain = stage->first;
    int tiles = program_chain_tiles(p, &p->chains[chain], context->chunk->count);
    while (index >= tiles) {
        index -= tiles;
        chain++;
        tiles = program_chain_tiles(p, &p->chains[chain], context->chunk->count);
    }
    run_chain(r, context, &p->chains[chain], index);
}

/* ---- Between the stages, by the thread that finished the last tile ---- */

static void note_divergence(step_run *run, const op_chunk *chunk, int layer)
{
    run->diverged = true;
    run->bad_first = chunk->first;
    run->bad_count = chunk->count;
    run->bad_layer = layer;
}

/* The sums over the tiles of a stage. False: the run has diverged. */
static bool finish_stage(region *r, const op_context *context, int stage)
{
    step_run *run = r->run;
    const program *p = run->program;
    const program_stage *s = &p->stages[stage];
    int bad = atomic_load(&r->bad_op);
    if (bad != INT_MAX) {
        bool update = p->ops[bad].kind->part == NNFS_PART_OPTIMIZER;
        note_divergence(run, context->chunk, update ? p->ops[bad].layer : -1);
        return false;
    }
    for (int i = p->chains[s->first].first; i <= p->chains[s->last].last; i++) {
        const program_op *op = &p->ops[i];
        if (op->kind->finish && op_runs(r, op, context->chunk) && !op->kind->finish(op, context)) {
            note_divergence(run, context->chunk, -1);
            return false;
        }
    }
    return true;
}

static void finish_chunk(region *r, const op_context *context)
{
    step_run *run = r->run;
    op_state *state = context->state;
    if (run->needs & RUN_LOSS) {
        run->sums.loss += state->chunk_loss;
    }
    if (run->needs & RUN_LOSS) {
        run->sums.correct += state->chunk_correct;
    }
    run->sums.samples += context->chunk->count;
    if (context->chunk->closes) {
        state->gradient_square = 0.0;
        state->gradient_scale = 1.0f;
        run->sums.steps++;
        if (run->needs & RUN_UPDATE) {
            run->updates += 1;
        }
        run->finished = run->sums;
    }
}

static bool watch_is_due(const region *r)
{
    const step_run *run = r->run;
    bool asked_for = run->watch_at > 0 && run->sums.steps == run->watch_at;
    return run->watch && (asked_for || clock_seconds() - r->watched >= run->watch_every);
}

/* The phase after `phase`, which is over. */
static uint64_t phase_after(region *r, const op_context *context, uint64_t phase)
{
    uint64_t part = phase % r->parts;
    uint64_t next_chunk = phase - part + r->parts;
    bool last = next_chunk == (uint64_t)r->chunks * r->parts;
    if (part + 1 == r->parts) { /* the pause */
        if (r->run->stopped) {
            return PHASES_OVER;
        }
        return next_chunk + r->first_stage;
    }
    if (!finish_stage(r, context, (int)part)) {
        return PHASES_OVER;
    }
    const bool *runs = r->run->work->runs + (context->chunk->closes ? r->parts - 1 : 0);
    for (part++; part + 1 < r->parts; part++) {
        if (runs[part]) {
            return next_chunk - r->parts + part;
        }
    }
    finish_chunk(r, context);
    if (last) {
        return PHASES_OVER;
    }
    if (watch_is_due(r)) {
        return next_chunk - 1;
    }
    return next_chunk + r->first_stage;
}

static governor_count count_at(int64_t chunk)
{
    return (governor_count){clock_seconds(), clock_busy_seconds(), chunk};
}

/* Pauses after a fixed number of chunks: no thread is at work but the calling one, whose time with the caller is
 * not the governor's. */
static void watch(region *r, int64_t chunks)
{
    step_run *run = r->run;
    governor_end(&run->work->governor, count_at(chunks));
    run->stopped = run->watch(run) != 0;
    governor_begin(&run->work->governor, count_at(chunks));
    r->watched = clock_seconds();
}

/* ---- The threads ---- */

static bool is_callers(const region *r, uint64_t part)
{
    return part + 1 == r->parts || r->run->program->stages[part].single;
}

/* What only the calling thread does: the pause, and stages of a single tile. */
static void run_callers(region *r, const op_context *context, uint64_t phase)
{
    uint64_t part = phase % r->parts;
    if (part + 1 == r->parts) {
        watch(r, (int64_t)(phase / r->parts) + 1);
    } else {
        run_tile(r, context, &r->run->program->stages[part], 0);
    }
    phases_advance(&r->run->work->phases, phase_after(r, context, phase));
}

/* The part of one of `threads` threads in a phase. */
static void share_phase(region *r, const op_context *context, uint64_t phase, int threads)
{
    phases *shared = &r->run->work->phases;
    uint64_t part = phase % r->parts;
    int me = omp_get_thread_num();
    if (is_callers(r, part)) {
        if (me == 0) {
            run_callers(r, context, phase);
        }
        return;
    }
    const program_stage *stage = &r->run->program->stages[part];
    int tiles = program_stage_tiles(r->run->program, stage, context->chunk->count);
    int from = 0;
    int tile = 0;
    while ((tile = phases_claim(shared, phase, tiles, me, threads, &from)) >= 0) {
        run_tile(r, context, stage, tile);
        if (phases_finish(shared, tiles)) {
            phases_advance(shared, phase_after(r, context, phase));
        }
    }
}

/* Thread 0 looks after the governor, chunk by chunk; alone it needs none. */
static void govern(region *r, int64_t chunk)
{
    governor *g = &r->run->work->governor;
    if (g->threads > 1 && omp_get_thread_num() == 0 && governor_is_due(g, clock_seconds(), chunk)) {
        governor_look(g, count_at(chunk));
    }
}

/* A thread that the governor does without rests until it is wanted again, or all is over. */
static void rest(workspace *w, int me)
{
    while (me >= atomic_load(&w->governor.working) && phases_current(&w->phases) != PHASES_OVER) {
        pause_rest();
    }
}

/* The caller's arrays hold all samples of the run: a chunk's begin at its first one. */
static void bind_chunk(const step_run *run, const op_chunk *chunk, op_context *context)
{
    size_t first = (size_t)chunk->first;
    float *output = run->spaces[SPACE_OUTPUT_GRADIENT];
    float *input = run->spaces[SPACE_INPUT_GRADIENT];
    if (output) {
        context->base[SPACE_OUTPUT_GRADIENT] =
            output + first * (size_t)network_output(run->network)->out;
    }
    if (input) {
        context->base[SPACE_INPUT_GRADIENT] = input + first * (size_t)run->network->inputs;
    }
}

static void run_thread(region *r)
{
    workspace *w = r->run->work;
    int me = omp_get_thread_num();
    op_chunk chunk = {0};
    op_context context = step_run_context(r->run, me);
    context.chunk = &chunk;
    uint64_t phase = 0;
    uint64_t at = UINT64_MAX; /* the chunk this thread looks at */
    while (phase != PHASES_OVER) {
        if (phase / r->parts != at) {
            at = phase / r->parts;
            chunk = chunk_at(r, (int64_t)at);
            bind_chunk(r->run, &chunk, &context);
            govern(r, (int64_t)at);
        }
        int working = atomic_load(&w->governor.working);
        if (me < working) {
            share_phase(r, &context, phase, working);
        } else {
            rest(w, me);
        }
        phase = phases_wait(&w->phases, phase);
        profile_wait(r->run->profile);
    }
}

/* The chunks of the steps that this region has finished; no fewer than the governor has seen. */
static int64_t chunks_done(const region *r)
{
    const step_run *run = r->run;
    int64_t done = (run->sums.steps - run->resumed.steps) * chunks_in(run, run->batch);
    int64_t seen = run->work->governor.begun.steps;
    done = MIN(done, r->chunks); /* the last step may have fewer */
    return MAX(done, seen);
}

void step_run_all(step_run *run)
{
    int64_t samples = run->dataset->samples;
    workspace *w = run->work;
    run->sums = run->finished = run->resumed;
    run->stopped = run->diverged = false;
    region r = {.run = run,
                .first_chunk = run->resumed.steps * chunks_in(run, run->batch),
                .parts = (uint64_t)run->program->stage_count + 1,
                .updates = run->updates - run->resumed.steps,
                .watched = clock_seconds()};
    r.chunks = samples / run->batch * chunks_in(run, run->batch) +
               chunks_in(run, samples % run->batch) - r.first_chunk;
    atomic_init(&r.bad_op, INT_MAX);
    if (r.chunks <= 0) {
        return; /* all was done before */
    }
    w->state.gradient_square = 0.0;
    w->state.gradient_scale = 1.0f;
    list_running_stages(&r);
    r.first_stage = first_stage(&r);
    phases_begin(&w->phases);
    governor_begin(&w->governor, count_at(0));
    profile_enter(run->profile);
    blas_enter();
#pragma omp parallel num_threads(run->threads)
    run_thread(&r);
    blas_leave();
    profile_leave(run->profile);
    governor_end(&w->governor, count_at(chunks_done(&r)));
}

/* ---- The update alone ---- */

bool step_run_update(step_run *run)
{
    const nnfs_dataset one = {.samples = 1}; /* its ops do not run */
    run->dataset = &one;
    run->batch = 1;
    run->needs = RUN_UPDATE;
    step_run_all(run);
    run->dataset = NULL;
    return !run->diverged;
}
