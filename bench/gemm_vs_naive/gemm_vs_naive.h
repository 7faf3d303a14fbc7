/*
 * The BLAS against plain loops: what the parts of the benchmark share. Both work on the same data,
 * in turn, with their difference on the same line, and what disagrees is not timed.
 */
#ifndef NNFS_BENCH_GEMM_VS_NAIVE_H
#define NNFS_BENCH_GEMM_VS_NAIVE_H

#include "bench.h"
#include "gemm_vs_naive/comparison.h"

typedef struct bench_options {
    bool quick, check;
    int threads;
    const char *json;
} bench_options;

enum { NETWORKS = 4, BATCHES = 4, MAX_BATCH = 1024 };

typedef struct test_network {
    const char *name;
    int widths[BENCH_WIDTHS]; /* 0 after the last */
} test_network;

extern const test_network networks[NETWORKS];
extern const int batches[BATCHES];

/* Naive time over BLAS time. */
typedef struct ratio_table {
    double ratio[NETWORKS][BATCHES];
} ratio_table;

/* Everything a run of the benchmark carries along. */
typedef struct bench {
    bench_options options;
    bench_machine machine;
    json_t *rows; /* NULL without --json */
    bool has_blas;
    bool cut; /* a line said so with an asterisk */
} bench;

/* The parts. Each compares, then times; false if something disagreed or failed, said on stderr. */
bool run_products(bench *s);
bool run_whole(bench *s);

/* Numbers from `low` to 1, out of a linear congruential generator. */
void fill(float *x, size_t count, uint32_t state, float low);

/* ---- The tables (table.c) ---- */

typedef struct table_row {
    char label[64];   /* what was timed, as wide as the heading's label */
    double gflops[2]; /* naive, BLAS */
    double peak;      /* GFLOP/s that the BLAS is held against */
    comparison worst;
    bool cut;     /* the naive side was cut short */
    json_t *json; /* what was timed; taken over */
} table_row;

void table_heading(const bench *s, const char *label);
void table_add(bench *s, const table_row *row);
void table_ratios(const char *title, const ratio_table *table);

#endif
