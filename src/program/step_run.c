/* Runs: chunks through the stages of a program, by all threads of a parallel region. */
#include "program/step_run.h"

#include "base/clock.h"
#include "base/denormals.h"
#include "base/memory.h"
#include "base/minmax.h"
#include "base/pause.h"
#include "math/blas_runtime.h"

#include <limits.h>
#include <math.h>
#include <omp.h>
#include <string.h>

/* From here on the context is of this shard, counted from the first one here. */
static void bind_shard(const step_run *run, op_context *context, int shard)
{
    shard_work *s = &run->work->shards[shard];
    context->state = &s->state;
    context->base[SPACE_X] = s->x;
    context->base[SPACE_WORK] = s->work;
    context->base[SPACE_PARTIALS] = s->partials;
    context->base[SPACE_GRADIENT] = run->work->leaves[shard];
}

op_context step_run_context(const step_run *run, int thread)
{
    workspace *w = run->work;
    op_context context = {.gemm = run->gemm,
                          .network = run->network,
                          .dataset = run->dataset,
                          .order = run->order,
                          .augment = run->augment,
                          .leaves = w->leaves,
                          .scratch = w->scratch + w->scratch_floats * (size_t)thread,
                          .settings = run->settings,
                          .gradient_floats = run->program->gradient_floats,
                          .tile_columns = run->program->tile_columns,
                          .exchange = run->exchange,
                          .shards = run->program->shards,
                          .range = run->program->range};
    if (run->augment) {
        context.augment_scratch = run->augment_scratch + run->augment_floats * (size_t)thread;
    }
    for (int i = 0; i < SPACES; i++) {
        context.base[i] = run->spaces[i];
    }
    context.base[SPACE_PACKED] = w->packed;
    bind_shard(run, &context, 0);
    return context;
}

/* ---- Chunks ---- */

/*
 * A chunk has the phases 0 .. stages - 1, and then a pause in which the caller may watch. Phase p
 * of chunk c is phase c * phases + p of what the threads share.
 */
typedef struct region {
    step_run *run;
    int64_t chunks;       /* that are left of the run */
    int64_t first_chunk;  /* of them, counted in the whole run */
    uint64_t phases;      /* of a chunk */
    uint64_t first_stage; /* of the chunks after the first one */
    double watched;       /* when the caller was last called */
    int64_t updates;      /* that were done before the first step of the whole run */
    bool decided, leaves; /* whether the step under way leaves its updates to the next one */
    bool left;            /* and whether the one before did */
    atomic_int bad_op;    /* the first whose tile failed; INT_MAX while none has */
} region;

/* Chunks of the largest shard of a batch of `samples`. */
static int64_t chunks_in(const step_run *run, int64_t samples)
{
    int shards = run->program->shards;
    int chunk = run->program->chunk;
    int64_t most = (samples + shards - 1) / shards;
    return (most + chunk - 1) / chunk;
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

/* Where a chunk lies in its step. */
typedef struct step_part {
    int64_t first, samples; /* of the step */
    int64_t done;           /* samples of each shard that earlier chunks had */
} step_part;

/* A thread in a phase of a chunk, and the shard that its context is of. */
typedef struct worker {
    region *region;
    int thread;
    uint64_t phase;
    const program_stage *stage;
    int tiles, threads, searched; /* of the phase, to claim from: see phases_claim */
    step_part part;
    op_chunk chunk;
    op_context context;
    int shard;           /* counted from the first one here */
    uint64_t float_mode; /* the thread's own, which is the caller's in thread 0 */
} worker;

/* What a chunk has of `samples` samples of a shard. */
static int left_of(const step_run *run, int64_t samples, int64_t done)
{
    int64_t left = samples > done ? samples - done : 0;
    return left < run->program->chunk ? (int)left : run->program->chunk;
}

/* Of all shards: some have one sample more than the others. */
static int left_of_all(const step_run *run, const step_part *part)
{
    int shards = run->program->shards;
    int64_t least = part->samples / shards;
    int larger = (int)(part->samples % shards);
    return larger * left_of(run, least + 1, part->done) +
           (shards - larger) * left_of(run, least, part->done);
}

static optimizer_step optimizer_at(const region *r, int64_t step)
{
    const step_run *run = r->run;
    return optimizer_step_at(run->settings, step_run_rate(run, step), r->updates + step + 1);
}

/* Chunk `index` of those left: all steps but the last have equally many. */
static op_chunk chunk_at(const region *r, int64_t index, step_part *part)
{
    const step_run *run = r->run;
    int64_t per_step = chunks_in(run, run->batch);
    index += r->first_chunk;
    int64_t step = index / per_step;
    int64_t samples = run->dataset->samples - step * run->batch;
    samples = samples < run->batch ? samples : run->batch;
    *part = (step_part){.first = step * run->batch,
                        .samples = samples,
                        .done = index % per_step * run->program->chunk};
    op_chunk made = {
        .all = left_of_all(run, part),
        .begins = index == r->first_chunk,
        .opens = part->done == 0,
        .closes = index % per_step + 1 == chunks_in(run, samples),
        .scale = (float)(1.0 / network_loss_terms(run->network, samples)),
        .update = r->updates + step + 1,
        .draw = run->draw,
        .optimizer = optimizer_at(r, step),
    };
    if (run->exchange && step > 0) {
        made.optimizer_before = optimizer_at(r, step - 1);
    }
    return made;
}

/* The samples of a shard here in the worker's step. */
static int64_t shard_samples(const worker *w, int shard, int64_t *first)
{
    const program *p = w->region->run->program;
    shard += p->range.first;
    *first = shard_begin(w->part.samples, p->shards, shard);
    return shard_begin(w->part.samples, p->shards, shard + 1) - *first;
}

/* The samples of a shard here in the worker's chunk. */
static int shard_count(const worker *w, int shard)
{
    int64_t first = 0;
    int64_t samples = shard_samples(w, shard, &first);
    return left_of(w->region->run, samples, w->part.done);
}

/* The caller's arrays hold all samples of the run: a chunk's begin at its first one. */
static void bind_callers(const step_run *run, const op_chunk *chunk, op_context *context)
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

/* From here on the worker is at the samples of this shard. */
static void turn_to(worker *w, int shard)
{
    const step_run *run = w->region->run;
    int tile = run->program->tile_columns;
    int64_t first = 0;
    int64_t samples = shard_samples(w, shard, &first);
    w->shard = shard;
    w->chunk.first = w->part.first + first + w->part.done;
    w->chunk.count = left_of(run, samples, w->part.done);
    w->chunk.partials = (left_of(run, samples, 0) + tile - 1) / tile;
    bind_shard(run, &w->context, shard);
    bind_callers(run, &w->chunk, &w->context);
}

/* ---- Tiles ---- */

static bool op_runs(const region *r, const program_op *op, const op_chunk *chunk)
{
    if ((op->turn == TURN_LAST_STEP && !(r->left && chunk->opens)) ||
        (op->turn == TURN_THIS_STEP && r->leaves)) {
        return false;
    }
    if (op->turn == TURN_LAST_STEP) {
        return op_is_asked_for(op, r->run->needs);
    }
    return op_is_asked_for(op, r->run->needs) && (chunk->closes || !op->kind->last_chunk) &&
           (chunk->begins || !op->kind->first_chunk);
}

/* Whether a stage has anything to do on a chunk that closes its step, or on one that does not. */
static bool stage_runs(const region *r, int stage, bool closes)
{
    const program *p = r->run->program;
    const program_stage *s = &p->stages[stage];
    for (int i = p->chains[s->first].first; i <= p->chains[s->last].last; i++) {
        const program_op *op = &p->ops[i];
        bool left = op->turn == TURN_LAST_STEP && op_is_asked_for(op, r->run->needs);
        if (left || op_runs(r, op, &(op_chunk){.closes = closes})) {
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
    while (stage + 2 < r->phases && !r->run->work->runs[stage] &&
           !r->run->work->runs[r->phases - 1 + stage]) {
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
static void run_chain(worker *w, const program_chain *chain, int index)
{
    region *r = w->region;
    const program *p = r->run->program;
    int samples = w->chunk.count;
    if (samples == 0 && p->ops[chain->first].grid.axis == AXIS_SAMPLES) {
        return;
    }
    for (int i = chain->first; i <= chain->last; i++) {
        const program_op *op = &p->ops[i];
        if (!op_runs(r, op, &w->chunk) || (op->first_tile && index > 0)) {
            continue;
        }
        op_tile tile = op_tile_at(&op->grid, index, samples);
        if (!op->kind->run(op, &w->context, tile)) {
            note_bad_op(r, i);
            return;
        }
        if (r->run->profile) {
            op_cost cost = op->kind->cost ? op->kind->cost(op, tile, samples) : (op_cost){0};
            profile_span(r->run->profile, i, cost.multiply_adds, cost.elements);
        }
    }
}

/* Shards here that a stage has tiles of. */
static int stage_shards(const program *p, const program_stage *stage)
{
    return stage->once ? 1 : p->range.count;
}

/* Tiles of a stage in the worker's chunk, of all shards here. */
static int stage_tiles(const worker *w, const program_stage *stage)
{
    const program *p = w->region->run->program;
    int shards = stage_shards(p, stage);
    if (shards == 1) {
        return program_stage_tiles(p, stage, w->chunk.count);
    }
    int tiles = 0;
    for (int i = 0; i < shards; i++) {
        tiles += program_stage_tiles(p, stage, shard_count(w, i));
    }
    return tiles;
}

/* The shard of tile *index of a stage; from then on *index counts its tiles. */
static int shard_of_tile(const worker *w, const program_stage *stage, int *index)
{
    const program *p = w->region->run->program;
    int shard = 0;
    int tiles = program_stage_tiles(p, stage, shard_count(w, 0));
    while (*index >= tiles) {
        *index -= tiles;
        tiles = program_stage_tiles(p, stage, shard_count(w, ++shard));
    }
    return shard;
}

/* The chain of tile *index of the worker's stage, and in *index which tile of the chain it is. */
static const program_chain *find_chain(worker *w, int *index)
{
    const program *p = w->region->run->program;
    int shard = stage_shards(p, w->stage) > 1 ? shard_of_tile(w, w->stage, index) : 0;
    if (shard != w->shard) {
        turn_to(w, shard);
    }
    int chain = w->stage->first;
    int tiles = program_chain_tiles(p, &p->chains[chain], w->chunk.count);
    while (*index >= tiles) {
        *index -= tiles;
        chain++;
        tiles = program_chain_tiles(p, &p->chains[chain], w->chunk.count);
    }
    return &p->chains[chain];
}

/* ---- Between the stages, by the thread that finished the last tile ---- */

static bool note_divergence(const worker *w, int layer)
{
    step_run *run = w->region->run;
    run->diverged = true;
    run->bad_shard = w->shard;
    run->bad_first = w->chunk.first;
    run->bad_count = w->chunk.count;
    run->bad_layer = layer;
    return false;
}

/* Adds node `from` of an op's sums to node `to`. */
typedef struct sums_of_op {
    const program_op *op;
    const step_run *run;
} sums_of_op;

static double *sums_at(void *user, int shard)
{
    const sums_of_op *of = user;
    const workspace *work = of->run->work;
    return work->shards[shard - of->run->program->range.first].state.sums + of->op->sums;
}

static void add_sums(void *user, int to, int from)
{
    const sums_of_op *of = user;
    double *sums = sums_at(user, to);
    const double *others = sums_at(user, from);
    for (size_t i = 0; i < of->op->shared; i++) {
        sums[i] += others[i];
    }
}

/* The sums over the tiles of an op, then over the shards, whose sum each shard then has. False: a
 * rank is lost. */
static bool sum_op(worker *w, const program_op *op)
{
    step_run *run = w->region->run;
    const program *p = run->program;
    int shards = op->kind->once ? 1 : p->range.count;
    for (int i = 0; op->kind->sum && i < shards; i++) {
        turn_to(w, i);
        op->kind->sum(op, &w->context);
    }
    if (op->shared == 0 || p->shards == 1) {
        return true;
    }
    sums_of_op of = {op, run};
    shard_tree_within(p->shards, p->range, add_sums, &of);
    if (run->exchange && !exchange_sums(run->exchange, sums_at, &of, op->shared)) {
        return false;
    }
    if (run->exchange && run->profile) {
        profile_span(run->profile, p->op_count, 0, 0);
    }
    for (int i = 1; i < shards; i++) {
        memcpy(sums_at(&of, p->range.first + i), sums_at(&of, p->range.first),
               op->shared * sizeof(double));
    }
    return true;
}

/* What follows from the sums; in each shard, as that is where later tiles look for it. */
static bool finish_op(worker *w, const program_op *op)
{
    int shards = op->kind->once ? 1 : w->region->run->program->range.count;
    bool ok = true;
    for (int i = shards - 1; i >= 0; i--) {
        turn_to(w, i);
        ok = op->kind->finish(op, &w->context) && ok;
    }
    return ok;
}

/* The shard here with the first loss that is not finite, or the first one: the one to look at. */
static void turn_to_bad_loss(worker *w)
{
    const workspace *work = w->region->run->work;
    int tile = w->region->run->program->tile_columns;
    for (int i = 0; i < work->shard_count; i++) {
        for (int at = 0; at * tile < shard_count(w, i); at++) {
            if (!isfinite(work->shards[i].state.records[at].loss)) {
                turn_to(w, i);
                w->region->run->bad_here = true;
                return;
            }
        }
    }
    turn_to(w, 0);
}

/* Returns false. */
static bool lose_ranks(step_run *run)
{
    run->lost = true;
    return communicator_lose(run->exchange->communicator, "a matrix product was refused");
}

/* The sums over the tiles of a stage. False: the run has diverged, or a rank is lost. */
static bool finish_stage(worker *w, int stage)
{
    region *r = w->region;
    const program *p = r->run->program;
    const program_stage *s = &p->stages[stage];
    int bad = atomic_load(&r->bad_op);
    if (bad != INT_MAX) {
        bool exchanges = p->ops[bad].kind == &op_end_sum;
        bool update = (p->ops[bad].needs & RUN_UPDATE) && !exchanges;
        if (r->run->exchange && !update) { /* here alone */
            return lose_ranks(r->run);
        }
        if (p->ops[bad].turn == TURN_LAST_STEP) {
            r->run->sums.steps--;
            r->run->updates--;
        }
        return note_divergence(w, update ? p->ops[bad].layer : -1);
    }
    for (int i = p->chains[s->first].first; i <= p->chains[s->last].last; i++) {
        const program_op *op = &p->ops[i];
        if (!op->kind->finish && !op->kind->sum) {
            continue;
        }
        if (!op_runs(r, op, &w->chunk)) {
            continue;
        }
        if (!sum_op(w, op)) {
            return lose_ranks(r->run);
        }
        if (op->kind->finish && !finish_op(w, op)) {
            turn_to_bad_loss(w);
            return note_divergence(w, -1);
        }
    }
    return true;
}

static void finish_chunk(worker *w)
{
    step_run *run = w->region->run;
    op_state *state = &run->work->shards[0].state;
    run->sums.loss += run->needs & RUN_LOSS ? state->chunk_loss : 0.0;
    run->sums.correct += run->needs & RUN_LOSS ? state->chunk_correct : 0;
    run->sums.samples += w->chunk.all;
    if (w->chunk.closes) {
        run->stopping = run->exchange && state->stop_agreed;
        state->gradient_square = 0.0;
        state->gradient_scale = 1.0f;
        run->sums.steps++;
        if (run->needs & RUN_UPDATE) {
            run->updates += 1;
        }
        run->finished = run->sums;
        w->region->left = w->region->decided && w->region->leaves;
        w->region->decided = w->region->leaves = false;
    }
}

/* After `steps` steps. */
static bool watch_is_due(const region *r, int64_t steps)
{
    const step_run *run = r->run;
    bool asked_for = run->watch_at > 0 && steps == run->watch_at;
    return run->stopping ||
           (run->watch && (asked_for || clock_seconds() - r->watched >= run->watch_every));
}

/* Whether the caller, or the end of the run, wants the updates of the step under way. */
static bool updates_are_wanted(const region *r, bool last)
{
    bool stops = r->run->exchange && r->run->work->shards[0].state.stop_agreed;
    return last || stops || watch_is_due(r, r->run->sums.steps + 1);
}

/* Whether a stage that runs in such chunks does in this one. */
static bool stage_is_wanted(const worker *w, uint64_t stage, bool last)
{
    region *r = w->region;
    const program *p = r->run->program;
    op_turn turn = p->ops[p->chains[p->stages[stage].first].first].turn;
    if (turn == TURN_LAST_STEP) {
        return w->chunk.opens && r->left;
    }
    if (turn == TURN_THIS_STEP && !r->decided) {
        r->leaves = !updates_are_wanted(r, last);
        r->decided = true;
    }
    return turn == TURN_ANY || !r->leaves;
}

/* The phase after `phase`, which is over. */
static uint64_t phase_after(worker *w, uint64_t phase)
{
    region *r = w->region;
    uint64_t within = phase % r->phases;
    uint64_t next_chunk = phase - within + r->phases;
    bool last = next_chunk == (uint64_t)r->chunks * r->phases;
    if (within + 1 == r->phases) { /* the pause */
        if (r->run->stopped) {
            return PHASES_OVER;
        }
        return next_chunk + r->first_stage;
    }
    if (!finish_stage(w, (int)within)) {
        return PHASES_OVER;
    }
    const bool *runs = r->run->work->runs + (w->chunk.closes ? r->phases - 1 : 0);
    for (within++; within + 1 < r->phases; within++) {
        if (runs[within] && stage_is_wanted(w, within, last)) {
            return next_chunk - r->phases + within;
        }
    }
    finish_chunk(w);
    if (last) {
        return PHASES_OVER;
    }
    if (!r->left && watch_is_due(r, r->run->sums.steps)) {
        return next_chunk - 1;
    }
    return next_chunk + r->first_stage;
}

static governor_count count_at(int64_t chunk)
{
    return (governor_count){clock_seconds(), clock_busy_seconds(), chunk};
}

/* Pauses after a fixed number of chunks: no thread is at work but the calling one, whose time with
 * the caller is not the governor's. */
static void watch(const worker *w)
{
    region *r = w->region;
    step_run *run = r->run;
    int64_t chunks = (int64_t)(w->phase / r->phases) + 1;
    governor_end(&run->work->governor, count_at(chunks));
    denormals_restore(w->float_mode);
    bool stop = run->watch && run->watch(run) != 0;
    (void)denormals_flush();
    run->work->shards[0].state.stop_asked = stop;
    run->stopped = run->exchange ? run->stopping : stop;
    governor_begin(&run->work->governor, count_at(chunks));
    r->watched = clock_seconds();
}

/* ---- The threads ---- */

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

/* Turns to the chunk of the worker's phase if it is another one. */
static void enter_chunk(worker *w, uint64_t before)
{
    region *r = w->region;
    uint64_t chunk = w->phase / r->phases;
    if (before == PHASES_OVER || chunk != before / r->phases) {
        w->chunk = chunk_at(r, (int64_t)chunk, &w->part);
        turn_to(w, 0);
        govern(r, (int64_t)chunk);
    }
}

/* What the worker has of its phase. The pause, and stages of a single tile, are the calling
 * thread's. */
static void enter_phase(worker *w)
{
    region *r = w->region;
    workspace *work = r->run->work;
    uint64_t within = w->phase % r->phases;
    w->tiles = w->searched = 0;
    w->threads = atomic_load(&work->governor.working);
    if (w->thread >= w->threads) {
        rest(work, w->thread);
        return;
    }
    if (within + 1 == r->phases) {
        if (w->thread == 0) {
            watch(w);
            phases_advance(&work->phases, phase_after(w, w->phase));
        }
        return;
    }
    w->stage = &r->run->program->stages[within];
    if (!w->stage->single) {
        w->tiles = stage_tiles(w, w->stage);
    } else if (w->thread == 0) {
        w->tiles = w->threads = 1;
    }
}

/* Claims a tile of the worker's phase, or of a later one. -1: all are over. */
static int next_tile(worker *w)
{
    region *r = w->region;
    phases *shared = &r->run->work->phases;
    int tile = -1;
    while ((tile = phases_claim(shared, w->phase, w->tiles, w->thread, w->threads, &w->searched)) <
           0) {
        uint64_t before = w->phase;
        w->phase = phases_wait(shared, before);
        profile_wait(r->run->profile);
        if (w->phase == PHASES_OVER) {
            return -1;
        }
        enter_chunk(w, before);
        enter_phase(w);
    }
    return tile;
}

static void run_thread(region *r)
{
    phases *shared = &r->run->work->phases;
    worker w = {.region = r, .thread = omp_get_thread_num(), .float_mode = denormals_flush()};
    w.context = step_run_context(r->run, w.thread);
    w.context.chunk = &w.chunk;
    enter_chunk(&w, PHASES_OVER);
    enter_phase(&w);
    int tile = 0;
    while ((tile = next_tile(&w)) >= 0) {
        const program_chain *chain = find_chain(&w, &tile);
        run_chain(&w, chain, tile);
        if (phases_finish(shared, w.tiles)) {
            phases_advance(shared, phase_after(&w, w.phase));
        }
    }
    denormals_restore(w.float_mode);
}

/* The chunks of the steps that this region has finished; no fewer than the governor has seen. */
static int64_t chunks_done(const region *r)
{
    const step_run *run = r->run;
    int64_t done = (run->sums.steps - run->resumed.steps) * chunks_in(run, run->batch);
    int64_t seen = run->work->governor.at_start.steps;
    done = MIN(done, r->chunks); /* the last step may have fewer */
    return MAX(done, seen);
}

void step_run_all(step_run *run)
{
    int64_t samples = run->dataset->samples;
    workspace *w = run->work;
    const unsigned learns = RUN_GRADIENT | RUN_UPDATE;
    if (run->batch == 1 && (run->needs & learns) == learns) {
        run->needs |= RUN_SAMPLE_UPDATE;
    }
    run->sums = run->finished = run->resumed;
    run->bad_here = run->stopping = run->stopped = run->diverged = run->lost = false;
    region r = {.run = run,
                .first_chunk = run->resumed.steps * chunks_in(run, run->batch),
                .phases = (uint64_t)run->program->stage_count + 1,
                .updates = run->updates - run->resumed.steps,
                .watched = clock_seconds()};
    r.chunks = samples / run->batch * chunks_in(run, run->batch) +
               chunks_in(run, samples % run->batch) - r.first_chunk;
    atomic_init(&r.bad_op, INT_MAX);
    if (r.chunks <= 0) {
        return; /* all was done before */
    }
    for (int i = 0; i < w->shard_count; i++) {
        w->leaves[i] = w->shards[i].leaf ? w->shards[i].leaf : run->spaces[SPACE_GRADIENT];
    }
    w->shards[0].state.stop_asked = w->shards[0].state.stop_agreed = false;
    w->shards[0].state.gradient_square = 0.0;
    w->shards[0].state.gradient_scale = 1.0f;
    list_running_stages(&r);
    r.first_stage = first_stage(&r);
    phases_begin(&w->phases);
    double opened = clock_seconds();
    int team = governor_open(&w->governor);
    governor_begin(&w->governor, count_at(0));
    profile_enter(run->profile);
    blas_enter();
#pragma omp parallel num_threads(team)
    run_thread(&r);
    blas_leave();
    if (run->exchange && !run->lost) {
        exchange_end_all(run->exchange); /* a run that diverges has some under way */
    }
    profile_leave(run->profile);
    governor_end(&w->governor, count_at(chunks_done(&r)));
    governor_close(&w->governor, clock_seconds() - opened);
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
