/*
 * What the benchmarks share: the machine they run on, calibrated repeats and their medians, JSON.
 */
#ifndef NNFS_BENCH_BENCH_H
#define NNFS_BENCH_BENCH_H

#include <nnfs/nnfs.h>

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The machine, and what it can do at most. */
typedef struct bench_machine {
    nnfs_machine machine;
    int threads;              /* asked for, or all */
    const char *instructions; /* the peaks were measured with */
    double peak_one;          /* GFLOP/s of one thread */
    double peak_all;          /* GFLOP/s of all threads together */
} bench_machine;

/* Gets the BLAS ready and measures the peaks; says on stderr what is wrong and returns false. */
bool bench_start(int threads, bench_machine *machine);
void bench_print_machine(const bench_machine *machine);

/* Samples that are taken of a task, at most. */
enum { BENCH_SAMPLES = 31 };

/* Returns the peak of `threads` threads, measured on the first call. */
double bench_peak(const bench_machine *machine, int threads);

/* Widths of a network's input and of its layers, the list ending with 0. */
enum { BENCH_WIDTHS = 6 };

/* ReLU in the hidden layers, softmax at the end. */
nnfs_status bench_network(const int widths[BENCH_WIDTHS], nnfs_network **network,
                          nnfs_error *error);

/* Whether a list such as "784-10-10,784-128-10:1" has NETWORK or NETWORK:NUMBER; NULL has all. */
bool bench_is_listed(const char *list, const char *network, int number);

/* The numbers of threads to measure at: the one asked for, or 1 and all. How many they are. */
enum { BENCH_THREADS = 2 };
int bench_threads(const bench_machine *machine, int asked, int threads[BENCH_THREADS]);

/* One thing to time. */
typedef struct bench_task {
    void (*run)(void *context);
    void *context;
    double seconds;             /* set by bench_measure: the median of one run */
    int samples;                /* it is the median of */
    int interrupted;            /* samples in which other programs got the CPU of a thread */
    double each[BENCH_SAMPLES]; /* in the order they were taken */
} bench_task;

/* Tasks that can be timed in turn. */
enum { BENCH_TASKS = 8 };

/*
 * Times up to BENCH_TASKS tasks in turn, sample by sample, so that a disturbance of the machine
 * disturbs all of them: at least one sample each, and up to 31 while `budget` seconds last. Short
 * tasks are repeated within a sample until it lasts long enough for the clock.
 */
void bench_measure(bench_task *tasks, int count, double budget);

/*
 * How many times as long as b a run of a takes: the median of the quotients of neighbours, where
 * both were measured together.
 */
double bench_quotient(const bench_task *a, const bench_task *b);

/* {"schema":"nnfs-bench/1","benchmark":name,"machine":{...},"rows":[]}; add to its "rows". */
json_t *bench_report(const char *name, const bench_machine *machine);

/* {"schema":schema,"machine":{...},"peak_gflops":{"1":...},"works":[]}: add to its "works". */
json_t *bench_works(const char *schema, const bench_machine *machine, const int *threads,
                    int count);

/* Opens the file for it, before there is work to lose; says on stderr what is wrong. */
FILE *bench_open(const char *path);

/*
 * Ends a run: the report, which is freed, goes into the file if the run is `done`, and the file is
 * closed; both may be NULL. Whether all of it succeeded; says on stderr what is wrong.
 */
bool bench_close(FILE *file, json_t *report, bool done);

/* The value of --threads; argp ends the program with a usage error if it is none. */
int bench_thread_count(const char *value, struct argp_state *state);

#endif
