/* train_step: what a training step costs, and where its time goes. */
#ifndef NNFS_BENCH_TRAIN_STEP_H
#define NNFS_BENCH_TRAIN_STEP_H

#include "base/profile.h"
#include "bench.h"
#include "data/dataset.h"
#include "training/trainer.h"

/* A network and how it is trained. */
typedef struct step_work {
    const char *network;
    int widths[BENCH_WIDTHS];
    int batch;
    nnfs_optimizer optimizer;
} step_work;

typedef struct step_options {
    bool quick;
    int threads; /* 0: one, then all */
    const char *works;
    const char *json;
} step_options;

/* ---- samples.c: 60,000 images of 784 pixels, and an order ---- */

typedef struct step_samples {
    nnfs_dataset *dataset;
    uint32_t *order; /* [dataset->samples], shuffled */
} step_samples;

bool samples_make(step_samples *samples);
void samples_free(step_samples *samples);

/* ---- replay.c: the products of a step, run alone ---- */

typedef struct replay replay;

/*
 * Runs the steps of `run` and notes which products each thread asks for. NULL, with a word on
 * stderr, where there is no memory.
 */
replay *replay_record(nnfs_trainer *trainer, step_run *run);
void replay_free(replay *r);

/* Each thread computes its own of the recorded products, back to back, `times` times over. */
void replay_run(const replay *r, int times);

/* ---- side.c: a work at one number of threads ---- */

/* Parts of a step that are no products. */
enum { STEP_GATHER, STEP_ELEMENTWISE, STEP_OPTIMIZER, STEP_WAITING, STEP_PARTS };

/* The median of what was measured, per step. */
typedef struct step_result {
    int threads_used;
    double samples_per_second;
    double gflops;
    double sgemm_share; /* time of the products alone / time of the step */
    bool busy;          /* other programs interrupted most of the runs */
    double slowdown;    /* of the run with a profile: profiled time / time */
    double sgemm;       /* shares of the time of all threads, from the profile; their sum is 1 */
    double parts[STEP_PARTS];
} step_result;

typedef struct step_side {
    nnfs_network *network;
    nnfs_trainer *trainer;
    replay *products;
    profile *spans;
    const step_samples *samples;
    int slice;  /* steps a timed run, a multiple of RECORDED_STEPS */
    int64_t at; /* where in the epoch the next one begins */
    bool diverged;
} step_side;

/* Steps that are recorded: two, in case they take turns with buffers. */
enum { RECORDED_STEPS = 2 };

/* Ready to be measured, in slices of about `seconds`. Says on stderr what is wrong. */
bool side_make(step_side *side, const step_work *work, const step_samples *samples, int threads,
               double seconds);
void side_free(step_side *side);

/* What bench_measure takes in turn: the step, its products alone, the step with a profile. */
enum { SIDE_STEP, SIDE_PRODUCTS, SIDE_PROFILED, SIDE_TASKS };
void side_tasks(step_side *side, bench_task tasks[SIDE_TASKS]);

/* Of measured tasks. False, with a word on stderr, where a step diverged. */
bool side_result(const step_side *side, const bench_task tasks[SIDE_TASKS], step_result *result);

/* ---- table.c ---- */

void table_heading(void);
void table_add(const step_work *work, int threads, double peak, const step_result *result);
void table_notes(bool busy);

json_t *table_json(const step_work *work, int threads, double peak, const step_result *result);

#endif
