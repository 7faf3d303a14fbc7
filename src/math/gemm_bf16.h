/*
 * Packed bfloat16 operands of the three products of a layer with W [out x in] and A [in x batch]:
 *
 *     forward    Z = W A            k = in       W: panels of out      A: panels of samples
 *     backward   D_prev = W^T D     k = out      W^T: panels of in     D: panels of samples
 *     gradient   dW = D A^T         k = batch    D: panels of out      A^T: panels of in
 *
 * vdpbf16ps sums two neighbours along k in each lane, so an operand's pairs lie along k. Each
 * matrix is used with two different k, so each is packed twice, where it is produced and while it
 * is in the cache:
 *
 *     producer                        packs
 *     forward tile of layer l         forward_activation for l + 1, gradient_activation for l + 1
 *     gather                          the same for layer 1
 *     loss, backward tile             gradient_delta, backward_delta (not of layer 1)
 *     update of a tile of W           forward_weights, backward_weights (not of layer 1)
 *
 * One copy for both uses is possible (2 x 2 blocks hold the pairs of either direction), but each
 * tile that reads it the other way has to shuffle it into panels first. That saves a write of 2
 * bytes a weight out of 16 a step:
 *
 *     bytes a weight and step, SGD    update: W read 4, written 4, packed 2 + 2;          16
 *                                     forward 2; backward 2 (layer 1 without backward:
 *                                     12; momentum 8 more, Adam 16 more)
 *     bytes an activation             float32 written 4, read 4 by backward;              16
 *                                     packed 2 + 2, read 2 + 2
 *     bytes a delta                   float32 only within the tile;                        8
 *                                     packed 2 + 2, read 2 + 2
 *
 * 784-2048-2048-10, batch 256: 5.8 million weights, 87 MB; activations and deltas, 1.0 and 1.0
 * million, 24 MB; and 8.1 GFLOP, which is 10.7 ms at 760 GFLOP/s: 10 GB/s.
 *
 * x is the block [rows x columns] of a column-major float32 matrix that begins at (row, column) of
 * it; k is that of the product; what a block's bounds have to be multiples of says gemm_pack().
 */
#ifndef NNFS_MATH_GEMM_BF16_H
#define NNFS_MATH_GEMM_BF16_H

#include "math/gemm_packed.h"

#define BF16_PACK(NAME, AXIS, WIDTH)                                                            \
    static inline void NAME(const float *x, int ld, int row, int column, int rows, int columns, \
                            int k, gemm_word *panels)                                           \
    {                                                                                           \
        gemm_packing packing = {GEMM_BF16, AXIS, WIDTH, k};                                     \
        gemm_pack(&packing, x, ld, row, column, rows, columns, panels);                         \
    }

BF16_PACK(bf16_pack_forward_weights, GEMM_PANEL_ROWS, GEMM_LANES)
BF16_PACK(bf16_pack_forward_activation, GEMM_PANEL_COLUMNS, GEMM_COLUMNS)
BF16_PACK(bf16_pack_backward_weights, GEMM_PANEL_COLUMNS, GEMM_LANES)
BF16_PACK(bf16_pack_backward_delta, GEMM_PANEL_COLUMNS, GEMM_COLUMNS)
BF16_PACK(bf16_pack_gradient_delta, GEMM_PANEL_ROWS, GEMM_LANES)
BF16_PACK(bf16_pack_gradient_activation, GEMM_PANEL_ROWS, GEMM_COLUMNS)

#undef BF16_PACK

#endif
