/* The compiler of programs, in its parts: what each emits for the network, settings and program
 * of a compiler. */
#ifndef NNFS_PROGRAM_COMPILE_H
#define NNFS_PROGRAM_COMPILE_H

#include "program/program.h"
#include "program/tiling.h"

/* What the forward pass of a layer leaves for the backward pass. */
typedef struct layer_values {
    operand in;      /* what W is multiplied by */
    operand z, a;    /* before and after the activation; the same unless its derivative needs z */
    operand factors; /* of dropout */
    operand normalized;
    struct {
        operand forward, backward; /* weights */
        operand in, in_gradient;   /* what W is multiplied by */
        operand dz_backward, dz_gradient;
    } packed;      /* operands of products in bfloat16 */
    operand delta; /* dL/d of what the activation takes */
    operand dz;    /* dL/d of what the product gives: delta, or through the normalisation */
    size_t sums;   /* of the normalisation */
} layer_values;

typedef struct compiler {
    const nnfs_network *network;
    const program_settings *settings;
    tiling tiles;
    program *program;
    layer_values *values; /* [layers] */
    operand input;        /* what the first layer takes */
    operand input_factors;
    struct {
        operand sums; /* over pieces */
        operand kept; /* of the forward pass */
    } embeddings[EMBEDDING_KINDS];
    operand embedded;    /* what the members' factors multiply */
    operand input_delta; /* dL/d of what the first layer takes */
    operand embedding_delta;
    op_grid grid;    /* of the elementwise ops to come: that of the product before them */
    size_t turns[3]; /* inference: layers take turns in two buffers, normalised values in a third */
    int capacity;
    bool no_memory;
} compiler;

/* What a pass over tensors does to each of them, in this order. */
enum { DO_GRADIENT = 1, DO_SUM_SHARDS = 2, DO_NORM = 4, DO_UPDATE = 8 };

/* The tensors of a pass. */
enum { INPUT_BUCKET = -1 };

static inline bool compile_trains(const compiler *c)
{
    return c->settings->purpose == PROGRAM_TRAIN;
}

/* ---- compile_operands.c ---- */

/* A matrix of the workspace with a column for each sample of a chunk. */
operand compile_work_matrix(compiler *c, int rows);

/* The same with a column for each member of a sample. */
operand compile_work_of_members(compiler *c, int rows);

/* A layer's matrix: its own in training, else one of the three that all layers share. */
operand compile_layer_matrix(compiler *c, const network_layer *layer, int turn);

operand compile_tensor_operand(const compiler *c, op_space space, int tensor);
size_t compile_take_sums(compiler *c, size_t count);

/* Room for batch sums: see ops_normalization.c. */
size_t compile_take_batch_sums(compiler *c, int units);

/*
 * Layers whose products are computed in bfloat16: wide enough for the panels of both operands.
 * Narrow ones, as most output layers, stay float32.
 */
bool compile_is_bf16(const compiler *c, int index);

/* What layer `index` takes, for its forward product and its gradient. */
void compile_pack_input(compiler *c, int index, operand in);

/* The delta of a layer, for its gradient and its backward product. */
void compile_pack_delta(compiler *c, int index, unsigned needs);

/* Samples of a batch that the largest shard has. */
int64_t compile_shard_batch(const program_settings *settings);

op_grid compile_grid_of_samples(const compiler *c, int rows);

/* Of a product with a layer's W that has `rows` rows. */
op_grid compile_grid_of_product(const compiler *c, const network_layer *layer, int rows);

/* Inputs that a half of the first layer's product takes; 0: all go through one. */
int compile_half(const compiler *c);

/* Of a matrix of the inputs: tiles of columns, which training's threads share. */
op_grid compile_grid_of_input_tensor(const compiler *c, int tensor);

op_grid compile_grid_of_parameters(const compiler *c, int index);

/* Appends an op. */
void compile_emit(compiler *c, const program_op *next);

/* The updates that the step before has left, of the gradients that begin with this layer, or
 * with the matrices of the inputs (INPUT_BUCKET). */
void compile_left_updates(compiler *c, int layer);

/* An op of the forward pass on the current grid. */
program_op compile_forward_op(const compiler *c, const op_kind *kind, int layer);

operand compile_work_like(compiler *c, operand in);

/* Drops some of `in`; returns what is left, and in *factors what it was multiplied by. */
operand compile_dropout(compiler *c, int layer, float share, operand in, operand *factors);

/* Noise on `on`, in place; layer -1 is the inputs. */
void compile_noise(compiler *c, int layer, float deviation, operand on);

/* The packs of a layer's weights, by ops of one kind: for its forward product, and in training
 * its backward one. */
void compile_pack_weights(compiler *c, int index, const op_kind *kind, unsigned needs);

/* ---- compile_forward.c ---- */

/* The ops of a kind of embedding. `prepare` runs once a step, over the table; NULL:
 * nothing to do. */
typedef struct embedding_row {
    const op_kind *prepare, *embed, *gradient;
} embedding_row;

extern const embedding_row compile_embeddings[EMBEDDING_KINDS];

/* Rows of what the first layer takes. */
operand compile_rows_of(operand whole, int row, int rows);

void compile_forward(compiler *c);

/* ---- compile_backward.c ---- */

void compile_output(compiler *c);

/* From delta, dL/d(normalised z + bias), to dz = dL/dz. */
void compile_normalization_backward(compiler *c, int index, unsigned needs);

bool compile_inputs_learn(const nnfs_network *network);

/* From a layer's dz to the delta of the layer before, or of the inputs. */
void compile_backward(compiler *c, int index, unsigned needs);

/* The first layer that learns; deltas before it are for the gradient of the inputs alone. */
int compile_first_trained(const nnfs_network *network);

/* ---- compile_update.c ---- */

/* From the delta of what the first layer takes to that of the embeddings. */
void compile_expand_backward(compiler *c);

/* The matrices of the inputs (-1) and layers `first` to `last`, one kind of op behind the other, so
 * that a thread keeps a block of weights from one op to the next. */
void compile_pass_over(compiler *c, int first, int last, unsigned pass);

void compile_pass(compiler *c, unsigned pass);

/* ---- compile_stages.c ---- */

/* Makes one op of the gradient and the update of weights where that is faster. */
void compile_fuse_updates(compiler *c);

/*
 * An op stays with the tile of the op before if all that it reads was written there: elements of
 * the tile, or whole columns. Along parameters different layers are chains of one stage. Else it
 * waits, as do an op of each shard and one of all shards for each other.
 */
void compile_fuse(program *p);

bool compile_list_stages(program *p);

#endif
