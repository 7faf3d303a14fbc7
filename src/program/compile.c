/* The compiler: from a network to the ops of its step, in order, and from ops to
 * chains and stages. */
#include "program/compile.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <stdlib.h>

/* ---- Ranks ---- */

/* Layers whose gradients are exchanged together have as many floats, or more: a message
 * has its price. */
#define BUCKET_FLOATS 65536

static bool has_ranks(const compiler *c)
{
    return c->settings->ranks > 1;
}

/* The floats of layers `first` to `last`, or of the matrices of the inputs, which lie together. */
static gradient_range range_of_layers(const nnfs_network *network, int first, int last)
{
    gradient_range range = {.first = network->parameter_floats};
    size_t end = 0;
    for (int t = 0; t < network->tensor_count; t++) {
        const network_tensor *tensor = &network->tensors[t];
        if (tensor->layer >= first && tensor->layer <= last) {
            size_t size = (size_t)tensor->rows * (size_t)tensor->columns;
            range.first = MIN(range.first, tensor->offset);
            end = MAX(end, tensor->offset + size);
        }
    }
    range.count = end > range.first ? end - range.first : 0;
    return range;
}

static void add_bucket(compiler *c, int first, int last)
{
    program *p = c->program;
    gradient_range range = range_of_layers(c->network, first, last);
    program_bucket *more = realloc(p->buckets, ((size_t)p->bucket_count + 1) * sizeof *more);
    if (!more) {
        c->no_memory = true;
        return;
    }
    p->buckets = more;
    p->buckets[p->bucket_count++] = (program_bucket){first, last, range};
}

/* From the last layer to the first, then the matrices of the inputs. Gradients of tiles come
 * all at once. */
static void list_buckets(compiler *c)
{
    const nnfs_network *network = c->network;
    int last = network->layer_count - 1;
    int learns = compile_first_trained(network);
    for (int i = last; i >= learns; i--) {
        bool enough = range_of_layers(network, i, last).count >= BUCKET_FLOATS;
        if (i == learns || (enough && c->tiles.partials == 0)) {
            add_bucket(c, i, last);
            last = i - 1;
        }
    }
    if (compile_inputs_learn(network) && learns == 0) {
        add_bucket(c, INPUT_BUCKET, INPUT_BUCKET);
    }
}

static void emit_exchange(compiler *c, const op_kind *kind, int bucket)
{
    int layer = c->program->buckets[bucket].first;
    compile_emit(c, &(program_op){.kind = kind,
                                  .layer = MAX(layer, 0),
                                  .needs = RUN_GRADIENT,
                                  .grid = {.axis = AXIS_SINGLE},
                                  .bucket = bucket});
}

/* The gradients that are complete when the delta of layer `index` is, on their way to
 * the other ranks. */
static void emit_sums_of_ranks(compiler *c, int index)
{
    for (int i = 0; i < c->program->bucket_count && has_ranks(c); i++) {
        const program_bucket *bucket = &c->program->buckets[i];
        if (bucket->first == index) {
            compile_pass_over(c, bucket->first, bucket->last, DO_GRADIENT);
            compile_pass_over(c, bucket->first, bucket->last, DO_SUM_SHARDS);
            emit_exchange(c, &op_begin_sum, i);
        }
    }
}

/* Whether an update needs all gradients. */
static bool is_whole(const nnfs_train_settings *settings)
{
    return settings->on_gradient || settings->clip_norm > 0.0f;
}

/*
 * Whether a step may leave its updates to the next one, in which the first layers compute while the
 * gradients of later ones are on their way. Ranks leave them on their own: no sums of all ranks
 * come before the last of them.
 */
static bool leaves_updates(const compiler *c)
{
    bool leaves = c->program->bucket_count > 1 && !is_whole(&c->settings->training);
    for (int i = 0; i < c->network->layer_count && leaves; i++) {
        leaves = c->network->layers[i].normalization != NNFS_NORMALIZATION_BATCH;
    }
    return leaves;
}

/* The end of an exchange, and the updates that follow from it. */
static void emit_bucket_update(compiler *c, int bucket, op_turn turn)
{
    const program_bucket *of = &c->program->buckets[bucket];
    int first = c->program->op_count;
    emit_exchange(c, &op_end_sum, bucket);
    compile_pass_over(c, of->first, of->last, DO_UPDATE);
    for (int i = first; i < c->program->op_count; i++) {
        c->program->ops[i].turn = turn;
        c->program->ops[i].needs |= turn == TURN_LAST_STEP ? RUN_UPDATE : 0U;
    }
}

void compile_left_updates(compiler *c, int layer)
{
    for (int i = 0; i < c->program->bucket_count && leaves_updates(c); i++) {
        if (c->program->buckets[i].first == layer) {
            emit_bucket_update(c, i, TURN_LAST_STEP);
        }
    }
}

/* One pass from gradient to update, unless something stands in between. */
static void emit_learning(compiler *c)
{
    bool whole = is_whole(&c->settings->training);
    op_turn turn = leaves_updates(c) ? TURN_THIS_STEP : TURN_ANY;
    unsigned pass = DO_GRADIENT;
    if (c->program->shards > 1 && !has_ranks(c)) {
        compile_pass(c, pass);
        pass = DO_SUM_SHARDS;
    }
    for (int i = 0; i < c->program->bucket_count; i++) {
        if (whole) {
            emit_exchange(c, &op_end_sum, i);
        } else {
            emit_bucket_update(c, i, turn);
        }
    }
    if (has_ranks(c) && !whole) {
        return;
    }
    if (has_ranks(c)) {
        pass = 0;
    }
    if (c->settings->training.on_gradient) {
        compile_pass(c, pass);
        compile_emit(c, &(program_op){.kind = &op_on_gradient,
                                      .layer = -1,
                                      .needs = RUN_UPDATE,
                                      .grid = {.axis = AXIS_SINGLE}});
        pass = 0;
    }
    if (c->settings->training.clip_norm > 0.0f) {
        compile_pass(c, pass | DO_NORM);
        pass = 0;
    }
    compile_pass(c, pass | DO_UPDATE);
}

static void emit_training(compiler *c)
{
    int first = compile_first_trained(c->network);
    int last = c->network->layer_count - 1;
    compile_normalization_backward(c, last, RUN_GRADIENT);
    for (int i = last; i >= 0; i--) {
        bool for_inputs = i < first || (i == first && (i > 0 || !compile_inputs_learn(c->network)));
        unsigned needs = RUN_GRADIENT;
        if (for_inputs) {
            needs = RUN_GRADIENT | RUN_INPUT_GRADIENT;
        }
        compile_pack_delta(c, i, RUN_GRADIENT);
        emit_sums_of_ranks(c, i);
        compile_backward(c, i, needs);
    }
    compile_expand_backward(c);
    emit_sums_of_ranks(c, INPUT_BUCKET);
    emit_learning(c);
}

/* ---- All of it ---- */

/* Frames shared by all layers of a forward pass: two take turns, and normalised values
 * have a third. */
static void take_turns(compiler *c)
{
    int widest = 1;
    size_t turns = 2;
    for (int i = 0; i < c->network->layer_count; i++) {
        const network_layer *layer = &c->network->layers[i];
        widest = MAX(layer->out, widest);
        if (layer->normalization != NNFS_NORMALIZATION_NONE) {
            turns = 3;
        }
    }
    for (size_t i = 0; i < turns; i++) {
        c->turns[i] = compile_work_of_members(c, widest).offset;
    }
}

static void emit_all(compiler *c)
{
    c->program->x = compile_work_matrix(c, c->network->inputs);
    c->program->x.space = SPACE_X;
    if (!compile_trains(c)) {
        take_turns(c);
    }
    if (compile_trains(c) && has_ranks(c)) {
        list_buckets(c);
    }
    compile_forward(c);
    compile_output(c);
    if (compile_trains(c)) {
        emit_training(c);
    }
    c->program->output = c->values[c->network->layer_count - 1].a;
}

static int most_tiles(const program *p)
{
    int most = 1;
    for (int i = 0; i < p->stage_count; i++) {
        int shards = 1;
        if (!p->stages[i].once) {
            shards = p->range.count;
        }
        int tiles = shards * program_stage_tiles(p, &p->stages[i], p->chunk);
        most = MAX(tiles, most);
    }
    return most;
}

static int useful_threads(const program *p, const nnfs_network *network, int64_t batch)
{
    double by_work = tiling_threads(network, batch) * p->range.count / p->shards;
    int threads = by_work < (double)p->tiles ? (int)by_work : p->tiles;
    return MAX(1, threads);
}

/* Inference: the samples of a call are one tile. */
static tiling tiling_for(const nnfs_network *network, const program_settings *settings)
{
    if (settings->purpose == PROGRAM_TRAIN) {
        return tiling_of(network, compile_shard_batch(settings));
    }
    int tile = tiling_inference(settings->batch);
    return (tiling){.chunk = tile, .tile_columns = tile};
}

nnfs_status program_compile(const nnfs_network *network, const program_settings *settings,
                            program *made, nnfs_error *error)
{
    compiler c = {.network = network,
                  .settings = settings,
                  .program = made,
                  .tiles = tiling_for(network, settings)};
    int shards = MAX(settings->training.shards, 1);
    *made = (program){.shards = shards,
                      .range = shard_range_of(shards, MAX(settings->ranks, 1), settings->rank),
                      .chunk = c.tiles.chunk,
                      .tile_columns = c.tiles.tile_columns,
                      .partials = c.tiles.partials,
                      .gradient_floats = network->parameter_floats};
    c.values = calloc((size_t)network->layer_count, sizeof *c.values);
    bool has_memory = c.values != NULL;
    if (has_memory) {
        emit_all(&c);
        has_memory = !c.no_memory;
    }
    if (has_memory && compile_trains(&c)) { /* inference runs the ops as they come */
        compile_fuse_updates(&c);
        compile_fuse(made);
        has_memory = !c.no_memory && compile_list_stages(made);
    }
    if (!has_memory) {
        free(c.values);
        program_free(made);
        return fail_memory(error, (size_t)network->layer_count * sizeof *c.values, "a program");
    }
    free(c.values);
    made->tiles = most_tiles(made);
    made->threads = useful_threads(made, network, settings->batch);
    return NNFS_OK;
}

void program_free(program *p)
{
    free(p->ops);
    free(p->chains);
    free(p->stages);
    free(p->buckets);
    *p = (program){0};
}
