/*
 * The activations, a row each. The forward function adds the bias and applies f while the product's
 * tile is in cache; the backward function multiplies the delta by f'. All tiles are [rows x
 * columns], column-major with the leading dimension ld, rows being units and columns samples.
 */
#ifndef NNFS_MATH_ACTIVATION_H
#define NNFS_MATH_ACTIVATION_H

#include <nnfs/nnfs.h>
#include <stdbool.h>

/* An activation in other formats. */
typedef struct activation_export {
    const char *c;        /* expression of x; NULL: it takes a whole sample, as softmax does */
    const char *torch;    /* module of torch.nn */
    const char *onnx;     /* operator; NULL: none */
    float alpha;          /* the operator's attribute; 0: it has none */
    const char *times[2]; /* written as x times these operators of x, the inner one first: few
                             runtimes know `onnx` */
} activation_export;

typedef struct activation {
    const char *name;

    /*
     * a = f(z + bias). z and a may be the same tile; if keeps_z and they differ, z
     * becomes z + bias.
     */
    void (*forward)(const float *bias, /* [rows] */
                    int rows, int columns, int ld, float *z, float *a);

    /*
     * d = J^T d with J the Jacobian of f: for all but softmax, d *= f'(z). Whether f' is computed
     * from what f took (z with the bias) or what it gave (a) is keeps_z; `kept` is that tile.
     */
    void (*backward)(const float *kept, int rows, int columns, int ld, float *d);

    bool keeps_z;     /* f' needs z: training keeps it besides a */
    bool output_only; /* not for hidden layers */
    nnfs_init init;   /* what suits it; 0: glorot_uniform */
    activation_export exported;
} activation;

/* The row of an activation, NULL for a value that is none. */
const activation *activation_of(nnfs_activation which);

/* z += bias. */
void bias_forward(const float *bias, int rows, int columns, int ld, float *z);

#endif
