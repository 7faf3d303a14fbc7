/*
 * Ops: the units of work of a step. An op has a kind, the operands that it reads and writes, and
 * a grid of tiles that depends on shapes only, so that the same products are computed, and the
 * same bits result, whichever thread computes a tile. A new ability is a new kind (a row with
 * run, cost and perhaps finish) and a line in the compiler that emits it; the executor knows
 * neither layers nor kinds.
 */
#ifndef NNFS_PROGRAM_OP_H
#define NNFS_PROGRAM_OP_H

#include "data/augment/augment.h"
#include "distributed/exchange.h"
#include "math/activation.h"
#include "math/gemm.h"
#include "math/gemm_packed.h"
#include "math/loss.h"
#include "network/network.h"
#include "optim/optimizer.h"
#include "optim/train_state.h"

#include <stdatomic.h>

/* ---- Operands ---- */

/* The arrays that operands lie in. Those of a run are bound when it begins. */
typedef enum op_space {
    SPACE_PARAMETERS,
    SPACE_GRADIENT, /* laid out like the parameters, and so are the states and partials */
    SPACE_STATES,   /* one of each train_state; NULL if it is not kept */
    /* Gradients of single tiles of samples, one behind the other. */
    SPACE_PARTIALS = SPACE_STATES + STATES_MOST,
    SPACE_X,               /* inputs of a chunk */
    SPACE_WORK,            /* activations and deltas of a chunk */
    SPACE_PACKED,          /* weights in bfloat16, which all shards read */
    SPACE_OUTPUT_GRADIENT, /* the caller's dL/d output [outputs x samples of a chunk] */
    SPACE_INPUT_GRADIENT,  /* the caller's dL/dx [inputs x samples of a chunk] */
    SPACES,
} op_space;

/* A matrix of a program: a place instead of an address. Its columns are samples, or those
 * of a tensor. */
typedef struct operand {
    op_space space;
    dtype type;
    size_t offset; /* in floats */
    int rows;
    int columns; /* of a tensor; 0: a column a sample, or: */
    int members; /* columns a sample, if more than 1 */
    ptrdiff_t row_stride, column_stride;
} operand;

/* ---- Tiles ---- */

/* What an op is cut along. */
typedef enum op_axis {
    AXIS_SAMPLES,    /* columns of a chunk, and perhaps rows of a large matrix */
    AXIS_PARAMETERS, /* columns of a layer's W; the first tile takes the layer's vectors along */
    AXIS_SINGLE,     /* not at all: one tile, run by the calling thread */
} op_axis;

typedef struct op_grid {
    op_axis axis;
    int rows, tile_rows; /* of the op's matrix and of a tile; tile_rows 0: a tile has all rows */
    int columns;         /* along AXIS_PARAMETERS; samples are counted by the chunk */
    int tile_columns;
    int layer;  /* along AXIS_PARAMETERS: tiles of two layers have nothing to do with each other */
    int halves; /* 2: tiles of the two halves of the columns take turns, as threads do */
} op_grid;

/* Rows `row` to `row + rows` and columns (samples) `first` to `first + count`. */
typedef struct op_tile {
    int index;
    int row, rows;
    int first, count;
} op_tile;

/* ---- Kinds ---- */

typedef struct program_op program_op;
typedef struct op_context op_context;

/* Work of a tile, exact: multiply-adds of a product, and the elements of its operands. */
typedef struct op_cost {
    int64_t multiply_adds;
    int64_t elements;
} op_cost;

typedef struct op_kind {
    const char *name; /* "forward" */
    nnfs_part part;   /* where profiles count it */

    /* Runs a tile. False if a product was refused, or if an update was not finite. */
    bool (*run)(const program_op *op, const op_context *context, op_tile tile);

    /*
     * Both run on one thread when all tiles of the op's stage are complete, and may be NULL. `sum`
     * adds up the tiles of a shard in their order, into op->shared doubles at op->sums; the total
     * over the shards then replaces the sums of each. `finish` computes from it what later stages
     * read; false ends the run as diverged.
     */
    void (*sum)(const program_op *op, const op_context *context);
    bool (*finish)(const program_op *op, const op_context *context);

    /* Of products; NULL for all else. The chunk has `samples` samples. */
    op_cost (*cost)(const program_op *op, op_tile tile, int samples);

    bool elementwise;  /* reads only the elements of its own tile */
    bool first_chunk;  /* runs in the first chunk of a run only */
    bool last_chunk;   /* runs in the last chunk of a step only */
    bool after_finish; /* reads what an earlier op's finish wrote: waits for its stage */
    bool once;         /* runs once a step, not for each shard: it has no samples */
} op_kind;

/* What a run asks of a program: see op_is_asked_for. */
typedef enum run_need {
    RUN_FORWARD = 1,
    RUN_LOSS = 2,            /* the delta comes from targets */
    RUN_OUTPUT_GRADIENT = 4, /* the delta comes from the caller */
    RUN_OUTPUT_BACKWARD = 8, /* it is of outputs, not of logits */
    RUN_GRADIENT = 16,
    RUN_INPUT_GRADIENT = 32,
    RUN_UPDATE = 64,
    RUN_SAMPLE_UPDATE = 128, /* gradient and update of steps of one sample: see step_run_all */
} run_need;

/* Whose gradient an update takes, where ranks exchange it: see leaves_updates in compile.c. */
typedef enum op_turn {
    TURN_ANY,
    TURN_THIS_STEP, /* runs unless the step leaves its updates to the next one */
    TURN_LAST_STEP, /* runs if the step before has left them */
} op_turn;

struct program_op {
    const op_kind *kind;
    op_turn turn;
    int layer;       /* from 0; -1: of no layer */
    unsigned needs;  /* all of them are asked for where the op runs */
    unsigned unless; /* none of these is: another op then does its work */
    op_grid grid;
    bool starts_stage; /* waits until all tiles of earlier ops are complete */
    bool starts_chain; /* its tiles are others than those of the op before */

    bool first_tile; /* runs with the first tile of its grid only: a vector along AXIS_PARAMETERS */

    operand in, out;
    operand weight; /* W, or the vector that an op adds or multiplies by */
    operand more;   /* sums over the pieces of embeddings, or the product of the second half */
    operand kept;   /* what the forward pass left for the backward pass */
    int tensor;     /* index in the network's list, of gradient and update ops */
    const network_embedding *embedding;
    int state;  /* of train_state, of those that follow the update */
    int bucket; /* of the gradient that ranks exchange */
    /* Offsets in the program's sums, in doubles: the op's own, and those of another op
     * that it reads. */
    size_t sums, more_sums;
    size_t shared; /* doubles at `sums` that are added up over the shards */
    const activation *activation;
    const loss_function *loss;
    struct {
        gemm_axis axis;
        int width;
    } pack;      /* how a bfloat16 operand becomes panels */
    int members; /* of the loss and of heads, at least 1 */
    float value; /* dropout probability, deviation of noise, label smoothing, clip norm */
};

/* ---- Context ---- */

/* The samples of a shard that go through the program together. */
typedef struct op_chunk {
    int64_t first; /* in the run */
    int count;
    int all;        /* samples of all shards that do */
    bool begins;    /* the first chunk of the run */
    bool opens;     /* the first chunk of its step: gradients begin anew */
    bool closes;    /* the last one: parameters are updated */
    int partials;   /* gradients of single tiles that the shard has in the step */
    float scale;    /* 1 / terms in the mean over the whole step */
    int64_t update; /* its number in the run, from 1 */
    uint32_t draw;  /* counts what random numbers are drawn for: the epoch, or a step by hand */
    int64_t sample; /* of samples that come without an order: the number of the first one */
    optimizer_step optimizer;
    optimizer_step optimizer_before; /* of the step before, for updates that it has left */
} op_chunk;

/* Loss and hits of a tile of samples, on a cache line of their own. */
typedef struct tile_record {
    _Alignas(64) double loss;
    int64_t correct;
} tile_record;

/* What ops share during a run. */
typedef struct op_state {
    int32_t *labels; /* [samples of a chunk] */
    float *targets;  /* [outputs x samples of a chunk] */
    float *weights;  /* [samples of a chunk] */
    /* Of mixed samples, as in loss_tile: [samples of a chunk] */
    float *shares;
    int32_t *partners;
    /* The same, once for each member; NULL where there is one. */
    int32_t *member_labels;
    float *member_targets, *member_weights;
    tile_record *records;
    double *sums;

    /* Written by finish, read by the ops of later stages. */
    double chunk_loss;
    int64_t chunk_correct;
    bool stop_asked;        /* by the caller here; in the first shard */
    bool stop_agreed;       /* a rank asked for it: all know in the same step */
    double gradient_square; /* squared norm of the gradient */
    float gradient_scale;   /* what clipping multiplies the gradient by */
} op_state;

struct op_context {
    float *base[SPACES];
    const gemm_backend *gemm;
    const nnfs_network *network;
    int of_ensemble; /* which of its networks runs, of an ensemble */
    const nnfs_dataset *dataset;
    const uint32_t *order;  /* of the samples; NULL: as they are */
    const augment *augment; /* NULL: samples stay as they are */
    float *augment_scratch; /* [dataset_augment_floats] of this thread */
    const op_chunk *chunk;
    op_state *state;
    /* [shard_range.count] gradients of the shards here; the first one is also where
     * their sum comes. */
    float *const *leaves;
    float *scratch; /* [outputs x (members + 1)], at least [inputs], of this thread */
    const nnfs_train_settings *settings;
    size_t gradient_floats; /* of one gradient */
    int tile_columns;       /* samples a tile of the loss has */
    exchange *exchange;     /* with the other ranks; NULL: there are none */
    int shards;             /* of a batch */
    shard_range range;      /* those of this process */
};

/* Columns of an operand that belong to some samples, or to columns of a tensor. */
static inline int op_columns(const operand *of, int samples)
{
    if (of->columns == 0 && of->members > 1) {
        return samples * of->members;
    }
    return samples;
}

/* The rows and columns of an operand that a tile covers. */
static inline matrix op_view(const op_context *context, const operand *of, int row, int rows,
                             int first, int count)
{
    int columns = op_columns(of, count);
    matrix all = {context->base[of->space] + of->offset,
                  of->type,
                  of->rows,
                  columns,
                  of->row_stride,
                  of->column_stride};
    return matrix_block(all, row, rows, op_columns(of, first), columns);
}

static inline bool op_is_asked_for(const program_op *op, unsigned needs)
{
    return (op->needs & ~needs) == 0 && (op->unless & needs) == 0;
}

static inline bool op_is_given(const operand *of)
{
    return of->rows > 0;
}

/* A tensor, or a vector of one, whole. */
static inline float *op_vector(const op_context *context, const operand *of)
{
    return context->base[of->space] + of->offset;
}

/* The number of a sample in its dataset: what random numbers are keyed by. */
static inline uint64_t op_sample(const op_context *context, int column)
{
    int64_t at = context->chunk->first + column;
    if (context->order) {
        return context->order[at];
    }
    return (uint64_t)at;
}

/* ---- The kinds, by file ---- */

/* ops_batch.c; shared: the loss and the hits of a chunk, and the ranks that ask for a stop */
#define LOSS_SUMS 3
extern const op_kind op_fetch, op_augment, op_loss, op_take_output_gradient;
/* ops_linear.c */
extern const op_kind op_forward, op_forward_half, op_add_half, op_backward;
extern const op_kind op_gradient, op_partial_gradient;
extern const op_kind op_bias_gradient, op_partial_bias_gradient;
/* ops_bf16.c */
extern const op_kind op_pack, op_pack_first, op_repack;
extern const op_kind op_forward_bf16, op_backward_bf16, op_gradient_bf16;
/* ops_elementwise.c */
extern const op_kind op_activate, op_add_bias, op_activate_backward, op_output_activate;
extern const op_kind op_dropout, op_dropout_backward, op_noise;
/* ops_normalization.c; BATCH_SUMS doubles come before the sums of a batch's tiles */
#define BATCH_SUMS(units) (4 * (units) + 1)
extern const op_kind op_batch_statistics, op_batch_normalize, op_batch_backward_sums,
    op_batch_backward, op_running_statistics, op_layer_normalize, op_layer_backward,
    op_scale_gradient, op_partial_scale_gradient;
/* ops_members.c */
extern const op_kind op_expand, op_expand_backward, op_member_scale_gradient;
extern const op_kind op_heads, op_heads_backward, op_heads_gradient, op_merge;
/* ops_piecewise.c; PIECEWISE_KEPT floats of a vector and a sample are kept */
#define PIECEWISE_KEPT 3
extern const op_kind op_piece_sums, op_piecewise, op_piecewise_gradient;
/* ops_periodic.c; the floats that are kept of a vector and a sample */
#define PERIODIC_KEPT(frequencies) (2 * (frequencies) + 1)
extern const op_kind op_periodic, op_periodic_gradient;
/* ops_category.c */
extern const op_kind op_category, op_category_gradient, op_pass_others;
/* ops_update.c */
extern const op_kind op_sum_partials, op_sum_shards, op_begin_sum, op_end_sum, op_gradient_norm,
    op_on_gradient, op_update, op_sample_update, op_follow;

#endif
