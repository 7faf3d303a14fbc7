/* augment: how many pictures a second are distorted, by specification, for one thread
 * and for all. */
#include "base/memory.h"
#include "bench.h"
#include "data/augment/augment.h"

#include <omp.h>
#include <stdlib.h>

typedef struct augment_work {
    const char *name; /* of --works */
    const char *specification;
    nnfs_image_layout layout;
} augment_work;

static const augment_work works[] = {
    {"elastic+affine", "elastic:sigma=6,alpha=36,affine:rotate=15,scale=0.15", {28, 28, 1, 0}},
    {"elastic", "elastic", {28, 28, 1, 0}},
    {"elastic-sigma-4", "elastic:sigma=4,alpha=34", {28, 28, 1, 0}},
    {"affine", "affine:rotate=15,scale=0.15,shear=0.1", {28, 28, 1, 0}},
    {"shift+flip", "shift,flip", {28, 28, 1, 0}},
    {"noise", "noise", {28, 28, 1, 0}},
    {"cutout", "cutout", {28, 28, 1, 0}},
    {"colour", "affine:rotate=15,scale=0.15,flip", {32, 32, 3, 0}},
};
enum {
    WORKS = sizeof works / sizeof works[0],
    PICTURES = 1000, /* a run */
    VALUES_MOST = 32 * 32 * 3,
};

typedef struct augment_options {
    bool quick;
    int threads; /* this number alone; 0: one, then all */
    const char *works;
    const char *json;
} augment_options;

typedef struct session {
    augment_options options;
    bench_machine machine;
    json_t *rows;
    int threads[BENCH_THREADS];
    int sides;
} session;

/* What one run needs: the pictures are distorted in place of a batch. */
typedef struct run {
    const augment *what;
    int threads;
    float *in;      /* [VALUES_MOST x PICTURES] */
    float *out;     /* the same */
    float *scratch; /* [each thread] */
    size_t scratch_floats;
    uint32_t epoch;
} run;

/* ---- One run ---- */

static void distort_all(void *context)
{
    run *r = context;
#pragma omp parallel for schedule(static) num_threads(r->threads)
    for (int i = 0; i < PICTURES; i++) {
        size_t at = (size_t)i * VALUES_MOST;
        augment_apply(r->what, r->epoch, (uint64_t)i, i % 10, r->in + at, r->out + at,
                      r->scratch + (size_t)omp_get_thread_num() * r->scratch_floats);
    }
    r->epoch++;
}

static bool get_memory(run *r)
{
    size_t values = (size_t)VALUES_MOST * PICTURES;
    r->scratch_floats = size_round_up(augment_scratch_floats(r->what), MEMORY_LINE_FLOATS);
    r->in = memory_alloc(values, sizeof(float));
    r->out = memory_alloc(values, sizeof(float));
    r->scratch = memory_alloc(size_mul(r->scratch_floats, (size_t)r->threads), sizeof(float));
    if (!r->in || !r->out || !r->scratch) {
        (void)fprintf(stderr, "no memory for the pictures\n");
        return false;
    }
    for (size_t i = 0; i < values; i++) {
        r->in[i] = (float)(i % 251) / 250.0f;
        r->out[i] = 0.0f;
    }
    return true;
}

static void free_memory(run *r)
{
    memory_free(r->in);
    memory_free(r->out);
    memory_free(r->scratch);
}

/* ---- A row ---- */

static void report(session *s, const augment_work *work, const bench_task *task, int threads)
{
    double rate = PICTURES / task->seconds;
    printf("%-17s %2d x %2d x %d %7d %12.0f %9.2f\n", work->name, work->layout.height,
           work->layout.width, work->layout.channels, threads, rate, 1e6 * threads / rate);
    (void)fflush(stdout);
    if (s->rows) {
        (void)json_array_append_new(
            s->rows, json_pack("{s:s, s:s, s:i, s:f, s:i}", "augment", work->name, "specification",
                               work->specification, "threads", threads, "pictures_per_second", rate,
                               "samples", task->samples));
    }
}

static bool run_work(session *s, const augment_work *work)
{
    nnfs_error error;
    augment *what = NULL;
    run runs[BENCH_THREADS] = {{0}};
    bench_task tasks[BENCH_TASKS] = {{0}};
    bool done = augment_create(work->specification, work->layout, 10, 1, &what, &error) == NNFS_OK;
    if (!done) {
        (void)fprintf(stderr, "%s: %s\n", work->name, error.message);
    }
    for (int i = 0; done && i < s->sides; i++) {
        runs[i] = (run){.what = what, .threads = s->threads[i]};
        tasks[i] = (bench_task){.run = distort_all, .context = &runs[i]};
        done = get_memory(&runs[i]);
    }
    if (done) {
        bench_measure(tasks, s->sides, s->options.quick ? 0.5 : 3.0);
    }
    for (int i = 0; i < s->sides; i++) {
        if (done) {
            report(s, work, &tasks[i], s->threads[i]);
        }
        free_memory(&runs[i]);
    }
    augment_free(what);
    return done;
}

/* ---- All of them ---- */

static bool run_works(session *s)
{
    bool done = true;
    bench_print_machine(&s->machine);
    printf("\n%-17s %11s %7s %12s %9s\n", "augmentation", "picture", "threads", "pictures/s",
           "us each");
    for (int i = 0; done && i < WORKS; i++) {
        done = !bench_is_listed(s->options.works, works[i].name, 0) || run_work(s, &works[i]);
    }
    if (done) {
        printf("\nus each: of one thread's time.\n");
    }
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
        document = file ? bench_works("nnfs-augment/1", &s->machine, s->threads, s->sides) : NULL;
        s->rows = json_object_get(document, "works");
        done = run_works(s);
    }
    return bench_close(file, document, done);
}

/* ---- Options ---- */

enum { JSON = 256, WHICH };

static const struct argp_option option_table[] = {
    {"quick", 'q', NULL, 0, "End within 20 seconds: fewer repeats", 0},
    {"works", WHICH, "NAME,...", 0, "Only these, elastic+affine say (default: all)", 0},
    {"threads", 't', "N", 0, "This number of threads alone (default: 1, and all)", 0},
    {"json", JSON, "FILE", 0, "Write the figures as JSON, too", 0},
    {0},
};

static bool has_any(const char *list)
{
    for (int i = 0; i < WORKS; i++) {
        if (bench_is_listed(list, works[i].name, 0)) {
            return true;
        }
    }
    return false;
}

static error_t parse_option(int option, char *value, struct argp_state *state)
{
    augment_options *o = state->input;
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
            argp_error(state, "no augmentation to time is '%s'", value);
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
        .doc = "Times the distortion of pictures.",
    };
    session s = {0};
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &s.options);
    return run_session(&s) ? EXIT_SUCCESS : EXIT_FAILURE;
}
