/*
 * kernels: our packed products, float32 and bfloat16, against the BLAS on the products of training,
 * and on whole steps.
 */
#include "kernels/kernels.h"

#include "base/memory.h"
#include "math/blas_runtime.h"

#include <stdlib.h>

static const kernels_work works[] = {
    {"784-10-10", {784, 10, 10}, 64},
    {"784-10-10", {784, 10, 10}, 512},
    {"784-128-10", {784, 128, 10}, 128},
    {"784-512-512-10", {784, 512, 512, 10}, 128},
    {"784-2048-2048-10", {784, 2048, 2048, 10}, 256},
};

float *kernels_matrix(size_t floats)
{
    float *x = memory_alloc(floats, sizeof *x);
    uint32_t state = 1;
    for (size_t i = 0; x && i < floats; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) * 0x1p-23f - 1.0f;
    }
    return x;
}

static bool run_works(kernels_session *s)
{
    bool done = true;
    for (size_t i = 0; done && i < sizeof works / sizeof works[0]; i++) {
        if (bench_is_listed(s->options.works, works[i].network, works[i].batch)) {
            done = run_products(s, &works[i]) && run_steps(s, &works[i]);
        }
    }
    return done;
}

static bool run_bench(kernels_session *s)
{
    FILE *json = s->options.json ? bench_open(s->options.json) : NULL;
    if (s->options.json && !json) {
        return false;
    }
    json_t *report = NULL;
    bool done = bench_start(s->options.threads, &s->machine);
    if (done) {
        report = json ? bench_report("kernels", &s->machine) : NULL;
        s->rows = json_object_get(report, "rows");
        bench_print_machine(&s->machine);
        printf("packed    float32 by %s, bf16 by %s\n", gemm_packed_instructions(GEMM_F32),
               gemm_packed_instructions(GEMM_BF16));
        blas_enter();
        done = run_works(s);
        blas_leave();
    }
    return bench_close(json, report, done);
}

enum { JSON = 256 };

static const struct argp_option option_table[] = {
    {"quick", 'q', NULL, 0, "Fewer repeats", 0},
    {"threads", 't', "N", 0, "Threads of the steps (default: one, then all)", 0},
    {"works", 'w', "LIST", 0, "Only these: NETWORK or NETWORK:BATCH, separated by commas", 0},
    {"json", JSON, "FILE", 0, "Write the figures as JSON, too", 0},
    {0},
};

static error_t parse_option(int option, char *value, struct argp_state *state)
{
    kernels_options *o = state->input;
    switch (option) {
    case 'q':
        o->quick = true;
        return 0;
    case 't':
        o->threads = bench_thread_count(value, state);
        return 0;
    case 'w':
        o->works = value;
        return 0;
    case JSON:
        o->json = value;
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
        .doc = "Times packed matrix products against the BLAS, in turn.",
    };
    kernels_session s = {0};
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &s.options);
    return run_bench(&s) ? EXIT_SUCCESS : EXIT_FAILURE;
}
