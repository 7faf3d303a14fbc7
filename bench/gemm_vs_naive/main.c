/*
 * gemm_vs_naive: the BLAS against plain loops, on the matrix products that training asks for, on
 * whole training steps and on whole inference passes.
 */
#include "gemm_vs_naive/gemm_vs_naive.h"

#include "math/blas_runtime.h"
#include "math/gemm.h"

#include <argp.h>
#include <stdlib.h>

const test_network networks[NETWORKS] = {
    {"784-10-10", {784, 10, 10}},
    {"784-128-10", {784, 128, 10}},
    {"784-512-512-10", {784, 512, 512, 10}},
    {"784-2048-2048-10", {784, 2048, 2048, 10}},
};
const int batches[BATCHES] = {1, 32, 128, MAX_BATCH};

void fill(float *x, size_t count, uint32_t state, float low)
{
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = low + (1.0f - low) * (float)(state >> 8) * 0x1p-24f;
    }
}

static void print_notes(const bench *s)
{
    if (s->options.check) {
        printf("%s\n", s->has_blas ? "every product, step and pass agrees"
                                   : "this build has no BLAS to compare with");
        return;
    }
    printf("\nMedians, naive and BLAS in turn. Peak: of one thread for products, of the threads\n"
           "used for steps and passes. The difference is the one closest to its tolerance, which\n"
           "follows from the sizes and, in steps and passes, from how far the operands differ:\n"
           "where a sum has a single term the two meet.\n");
    if (s->cut) {
        printf("* --quick: of a product the naive loops computed, and were compared on, the first\n"
               "  columns; a step or pass they computed whole, but once.\n");
    }
    if (!s->has_blas) {
        printf("This build has no BLAS to compare with (-Dgemm_backend=naive).\n");
    }
}

static bool run_parts(bench *s)
{
    blas_enter();
    bool done = run_products(s) && run_whole(s);
    blas_leave();
    if (done) {
        print_notes(s);
    }
    return done;
}

static bool run_bench(bench *s)
{
    json_t *report = NULL;
    FILE *json = NULL;
    if (s->options.json && !s->options.check) {
        json = bench_open(s->options.json);
        if (!json) {
            return false;
        }
    }
    bool done = bench_start(s->options.threads, &s->machine);
    if (done) {
        s->has_blas = gemm_default() != &gemm_naive;
        report = json ? bench_report("gemm_vs_naive", &s->machine) : NULL;
        s->rows = json_object_get(report, "rows");
        bench_print_machine(&s->machine);
        done = run_parts(s);
    }
    return bench_close(json, report, done);
}

/* ---- Options -------------------------------------------------------------------------------- */

enum { CHECK = 256, JSON };

static const struct argp_option option_table[] = {
    {"quick", 'q', NULL, 0, "End within 30 seconds: fewer repeats, long naive runs cut", 0},
    {"check", CHECK, NULL, 0, "Compare everything (long products and steps in part), time none", 0},
    {"threads", 't', "N", 0, "Threads of steps and passes (default: all); products have one", 0},
    {"json", JSON, "FILE", 0, "Write the figures as JSON, too (none with --check)", 0},
    {0},
};

static error_t parse_option(int option, char *value, struct argp_state *state)
{
    bench_options *o = state->input;
    switch (option) {
    case 'q':
        o->quick = true;
        return 0;
    case CHECK:
        o->check = true;
        return 0;
    case JSON:
        o->json = value;
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
        .doc = "Times the matrix products, steps and passes of training and inference, by the BLAS "
               "and by plain loops. Exits with 1 if the two disagree.",
    };
    bench s = {0};
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &s.options);
    return run_bench(&s) ? EXIT_SUCCESS : EXIT_FAILURE;
}
