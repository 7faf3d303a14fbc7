/*
 * train_step: how fast training steps are, for one thread and for all, how much of that the matrix
 * products alone would allow, and where the rest goes.
 */
#include "train_step/train_step.h"

#include <argp.h>
#include <stdlib.h>

static const step_work works[] = {
    {"784-10-10", {784, 10, 10}, 64, NNFS_SGD},
    {"784-10-10", {784, 10, 10}, 512, NNFS_SGD},
    {"784-128-10", {784, 128, 10}, 128, NNFS_SGD},
    {"784-512-512-10", {784, 512, 512, 10}, 128, NNFS_ADAM},
    {"784-2048-2048-10", {784, 2048, 2048, 10}, 256, NNFS_SGD},
    {"784-128-10", {784, 128, 10}, 1, NNFS_SGD},
};
enum { WORKS = sizeof works / sizeof works[0] };

typedef struct session {
    step_options options;
    bench_machine machine;
    step_samples samples;
    json_t *rows;
    int threads[BENCH_THREADS]; /* the numbers of threads to measure */
    int sides;
    bool busy; /* other programs were in the way of some row */
} session;

/* ---- One work ---- */

static bool report(session *s, const step_work *work, int threads, const step_side *side,
                   const bench_task tasks[SIDE_TASKS])
{
    step_result result;
    if (!side_result(side, tasks, &result)) {
        return false;
    }
    s->busy = s->busy || result.busy;
    double peak = bench_peak(&s->machine, result.threads_used);
    table_add(work, threads, peak, &result);
    if (s->rows) {
        (void)json_array_append_new(s->rows, table_json(work, threads, peak, &result));
    }
    return true;
}

/* All numbers of threads in turn, so that they can be compared too. */
static bool run_work(session *s, const step_work *work)
{
    step_side sides[BENCH_THREADS] = {0};
    bench_task tasks[BENCH_THREADS * SIDE_TASKS];
    double slice = s->options.quick ? 0.01 : 0.05;
    bool done = true;
    for (int i = 0; done && i < s->sides; i++) {
        done = side_make(&sides[i], work, &s->samples, s->threads[i], slice);
        if (done) {
            side_tasks(&sides[i], tasks + i * SIDE_TASKS);
        }
    }
    if (done) {
        bench_measure(tasks, s->sides * SIDE_TASKS, s->options.quick ? 2.5 : 15.0);
    }
    for (int i = 0; done && i < s->sides; i++) {
        done = report(s, work, s->threads[i], &sides[i], tasks + i * SIDE_TASKS);
    }
    for (int i = 0; i < s->sides; i++) {
        side_free(&sides[i]);
    }
    return done;
}

/* ---- All of them ---- */

static bool run_works(session *s)
{
    bool done = samples_make(&s->samples);
    if (done) {
        bench_print_machine(&s->machine);
        table_heading();
    }
    for (int i = 0; done && i < WORKS; i++) {
        done = !bench_is_listed(s->options.works, works[i].network, works[i].batch) ||
               run_work(s, &works[i]);
    }
    if (done) {
        table_notes(s->busy);
    }
    samples_free(&s->samples);
    return done;
}

static bool run_session(session *s)
{
    FILE *file = s->options.json ? bench_open(s->options.json) : NULL;
    if (s->options.json && !file) {
        return false;
    }
    json_t *report = NULL;
    bool done = bench_start(s->options.threads, &s->machine);
    if (done) {
        s->sides = bench_threads(&s->machine, s->options.threads, s->threads);
        report = file ? bench_works("nnfs-train-step/1", &s->machine, s->threads, s->sides) : NULL;
        s->rows = json_object_get(report, "works");
        done = run_works(s);
    }
    return bench_close(file, report, done);
}

/* ---- Options ---- */

enum { JSON = 256, WHICH };

static const struct argp_option option_table[] = {
    {"quick", 'q', NULL, 0, "End within 20 seconds: fewer and shorter repeats", 0},
    {"works", WHICH, "NETWORK[:BATCH],...", 0, "Only these, 784-128-10:1 say (default: all)", 0},
    {"threads", 't', "N", 0, "Number of threads; default: 1, then all", 0},
    {"json", JSON, "FILE", 0, "Write the figures as JSON, too", 0},
    {0},
};

static void check_works(const char *list, struct argp_state *state)
{
    for (int i = 0; i < WORKS; i++) {
        if (bench_is_listed(list, works[i].network, works[i].batch)) {
            return;
        }
    }
    argp_error(state, "none of the works is '%s'", list);
}

static error_t parse_option(int option, char *value, struct argp_state *state)
{
    step_options *o = state->input;
    switch (option) {
    case 'q':
        o->quick = true;
        return 0;
    case JSON:
        o->json = value;
        return 0;
    case WHICH:
        check_works(value, state);
        o->works = value;
        return 0;
    case 't':
        o->threads = bench_thread_count(value, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_table,
        .parser = parse_option,
        .doc = "Times training steps and says where their time goes.",
    };
    session s = {0};
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &s.options);
    return run_session(&s) ? EXIT_SUCCESS : EXIT_FAILURE;
}
