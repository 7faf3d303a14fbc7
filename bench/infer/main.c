/*
 * infer: how fast predictions are, by how many samples a call has, for one thread and for all, and
 * with a predictor that is kept. Each call is timed by itself, the numbers of threads in turn.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "bench.h"
#include "program/inference.h"

#include <argp.h>
#include <stdlib.h>

typedef struct infer_work {
    const char *network;
    int widths[BENCH_WIDTHS];
} infer_work;

static const infer_work works[] = {
    {"784-128-10", {784, 128, 10}},
    {"784-512-512-10", {784, 512, 512, 10}},
    {"784-2048-2048-10", {784, 2048, 2048, 10}},
};
static const int call_samples[] = {1, 32, 128, 1000, 10000};
enum {
    WORKS = sizeof works / sizeof works[0],
    CALLS = sizeof call_samples / sizeof call_samples[0],
    PIXELS = 784,
    MOST_SAMPLES = 10000,
    MOST_OUTPUTS = 10,
    PREDICTOR_SAMPLES = 32, /* calls of up to this number are timed with a predictor, too */
    TIMES = 5000,           /* that are taken of a call, at most */
};

typedef struct infer_options {
    bool quick;
    int threads; /* 0: one, then all */
    const char *works;
    const char *json;
} infer_options;

typedef struct session {
    infer_options options;
    bench_machine machine;
    json_t *rows;
    int threads[BENCH_THREADS];
    int sides;
    float *features; /* [PIXELS x MOST_SAMPLES] */
    float *outputs;
    double *seconds[BENCH_THREADS]; /* [TIMES] of each call */
} session;

/* A network, and how many samples it is called with. A predictor computes on one thread. */
typedef struct infer_call {
    const infer_work *work;
    const nnfs_network *network;
    nnfs_predictor *predictor; /* NULL: nnfs_predict */
    int samples;
} infer_call;

/* ---- Memory ---- */

static bool get_memory(session *s)
{
    s->features = memory_alloc((size_t)PIXELS * MOST_SAMPLES, sizeof(float));
    s->outputs = memory_alloc((size_t)MOST_OUTPUTS * MOST_SAMPLES, sizeof(float));
    bool got = s->features && s->outputs;
    for (int i = 0; i < BENCH_THREADS; i++) {
        s->seconds[i] = memory_alloc(TIMES, sizeof(double));
        got = got && s->seconds[i];
    }
    if (!got) {
        (void)fprintf(stderr, "no memory for the samples\n");
        return false;
    }
    uint32_t state = 1;
    for (size_t i = 0; i < (size_t)PIXELS * MOST_SAMPLES; i++) {
        state = state * 1664525u + 1013904223u;
        s->features[i] = (float)(state >> 8) * 0x1p-24f;
    }
    return true;
}

static void free_memory(session *s)
{
    memory_free(s->features);
    memory_free(s->outputs);
    for (int i = 0; i < BENCH_THREADS; i++) {
        memory_free(s->seconds[i]);
    }
}

/* ---- Timing ---- */

static bool time_call(session *s, const infer_call *call, int threads, double *seconds)
{
    nnfs_error error;
    double start = clock_seconds();
    nnfs_status status;
    if (call->predictor) {
        status =
            nnfs_predictor_run(call->predictor, s->features, call->samples, s->outputs, &error);
    } else {
        status =
            nnfs_predict(call->network, s->features, call->samples, threads, s->outputs, &error);
    }
    *seconds = clock_seconds() - start;
    if (status != NNFS_OK) {
        (void)fprintf(stderr, "%s: %s\n", call->work->network, error.message);
    }
    return status == NNFS_OK;
}

static int sides_of(const session *s, const infer_call *call)
{
    return call->predictor ? 1 : s->sides;
}

/* The number of times taken, after a call each that does not count; 0 if a call failed. */
static int time_calls(session *s, const infer_call *call, double budget)
{
    double ignored;
    int sides = sides_of(s, call);
    for (int i = 0; i < sides; i++) {
        if (!time_call(s, call, s->threads[i], &ignored)) {
            return 0;
        }
    }
    int taken = 0;
    double start = clock_seconds();
    do {
        for (int i = 0; i < sides; i++) {
            if (!time_call(s, call, s->threads[i], &s->seconds[i][taken])) {
                return 0;
            }
        }
        taken++;
    } while (taken < TIMES && clock_seconds() - start < budget);
    return taken;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- Reporting ---- */

static void print_heading(void)
{
    printf("\n%-17s %-9s %7s %7s %10s %10s %10s %8s %6s\n", "", "", "", "", "", "us a call",
           "us a call", "", "% of");
    printf("%-17s %-9s %7s %7s %10s %10s %10s %8s %6s\n", "network", "call", "samples", "threads",
           "samples/s", "median", "p99", "GFLOP/s", "peak");
}

/* The times of one number of threads. A 99th percentile takes 100. */
static void report(session *s, const infer_call *call, int side, int taken)
{
    int threads = call->predictor ? 1 : s->threads[side];
    int used = inference_threads_for(call->samples, threads);
    const char *how = call->predictor ? "predictor" : "predict";
    double *seconds = s->seconds[side];
    qsort(seconds, (size_t)taken, sizeof *seconds, compare_doubles);
    double median = (seconds[(taken - 1) / 2] + seconds[taken / 2]) / 2.0;
    double late = taken >= 100 ? seconds[taken * 99 / 100] : 0.0;
    double rate = call->samples / median;
    double gflops = 1e-9 * rate * nnfs_network_flops_forward(call->network);
    double share = gflops / bench_peak(&s->machine, used);
    char count[32], p99[32] = "-";
    (void)snprintf(count, sizeof count, used < threads ? "%d of %d" : "%d", used, threads);
    if (late > 0.0) {
        (void)snprintf(p99, sizeof p99, "%.1f", 1e6 * late);
    }
    printf("%-17s %-9s %7d %7s %10.0f %10.2f %10s %8.1f %6.1f\n", call->work->network, how,
           call->samples, count, rate, 1e6 * median, p99, gflops, 100.0 * share);
    (void)fflush(stdout);
    if (s->rows) {
        (void)json_array_append_new(
            s->rows,
            json_pack("{s:s, s:s, s:i, s:i, s:i, s:f, s:f, s:o, s:f, s:f}", "network",
                      call->work->network, "call", how, "samples", call->samples, "threads",
                      threads, "threads_used", used, "samples_per_second", rate, "call_us",
                      1e6 * median, "call_us_p99", late > 0.0 ? json_real(1e6 * late) : json_null(),
                      "gflops", gflops, "peak_share", share));
    }
}

/* ---- All of them ---- */

static bool run_call(session *s, const infer_call *call)
{
    int taken = time_calls(s, call, s->options.quick ? 0.3 : 2.0);
    int sides = sides_of(s, call);
    for (int i = 0; taken > 0 && i < sides; i++) {
        report(s, call, i, taken);
    }
    return taken > 0;
}

/* The same with a predictor, for calls that one thread serves anyway. */
static bool run_predictor(session *s, infer_call call)
{
    nnfs_error error;
    if (nnfs_predictor_create(call.network, call.samples, &call.predictor, &error) != NNFS_OK) {
        (void)fprintf(stderr, "%s: %s\n", call.work->network, error.message);
        return false;
    }
    bool done = run_call(s, &call);
    nnfs_predictor_free(call.predictor);
    return done;
}

static bool run_network(session *s, const infer_work *work)
{
    nnfs_error error;
    nnfs_network *network;
    if (bench_network(work->widths, &network, &error) != NNFS_OK) {
        (void)fprintf(stderr, "%s: %s\n", work->network, error.message);
        return false;
    }
    bool done = true;
    for (int i = 0; done && i < CALLS; i++) {
        infer_call call = {work, network, NULL, call_samples[i]};
        if (bench_is_listed(s->options.works, work->network, call.samples)) {
            done =
                run_call(s, &call) && (call.samples > PREDICTOR_SAMPLES || run_predictor(s, call));
        }
    }
    nnfs_network_free(network);
    return done;
}

static bool run_works(session *s)
{
    bool done = get_memory(s);
    if (done) {
        bench_print_machine(&s->machine);
        print_heading();
    }
    for (int i = 0; done && i < WORKS; i++) {
        done = run_network(s, &works[i]);
    }
    if (done) {
        printf("\n%% of peak: of the FMA peak of the threads used.\n");
    }
    free_memory(s);
    return done;
}

static bool run_session(session *s)
{
    FILE *file = s->options.json ? bench_open(s->options.json) : NULL;
    if (s->options.json && !file) {
        return false;
    }
    json_t *document = NULL;
    bool done = bench_start(s->options.threads, &s->machine);
    if (done) {
        s->sides = bench_threads(&s->machine, s->options.threads, s->threads);
        document = file ? bench_works("nnfs-infer/1", &s->machine, s->threads, s->sides) : NULL;
        s->rows = json_object_get(document, "works");
        done = run_works(s);
    }
    return bench_close(file, document, done);
}

/* ---- Options ---- */

enum { JSON = 256, WHICH };

static const struct argp_option option_table[] = {
    {"quick", 'q', NULL, 0, "End within 20 seconds: fewer repeats", 0},
    {"works", WHICH, "NETWORK[:SAMPLES],...", 0, "Only these, 784-128-10:1 say (default: all)", 0},
    {"threads", 't', "N", 0, "Number of threads; default: 1, then all", 0},
    {"json", JSON, "FILE", 0, "Write the figures as JSON, too", 0},
    {0},
};

static bool has_any(const char *list)
{
    for (int i = 0; i < WORKS * CALLS; i++) {
        if (bench_is_listed(list, works[i / CALLS].network, call_samples[i % CALLS])) {
            return true;
        }
    }
    return false;
}

static error_t parse_option(int option, char *value, struct argp_state *state)
{
    infer_options *o = state->input;
    switch (option) {
    case 'q':
        o->quick = true;
        return 0;
    case JSON:
        o->json = value;
        return 0;
    case WHICH:
        o->works = value;
        if (!has_any(value)) {
            argp_error(state, "none of the works is '%s'", value);
        }
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
        .doc = "Times predictions, by how many samples a call has.",
    };
    session s = {0};
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &s.options);
    return run_session(&s) ? EXIT_SUCCESS : EXIT_FAILURE;
}
