/* The lines and the JSON of train_step. */
#include "train_step/train_step.h"

void table_heading(void)
{
    printf("\n%-17s %5s %-5s %7s %10s %8s %6s %6s  %s\n", "", "", "", "", "", "", "% of", "% of",
           "where the threads' time goes, %");
    printf("%-17s %5s %-5s %7s %10s %8s %6s %6s  %6s %6s %6s %6s %6s\n", "network", "batch", "with",
           "threads", "samples/s", "GFLOP/s", "peak", "sgemm", "sgemm", "gather", "elem.", "optim.",
           "wait");
}

void table_add(const step_work *work, int threads, double peak, const step_result *r)
{
    char count[32];
    (void)snprintf(count, sizeof count, r->threads_used < threads ? "%d of %d" : "%d",
                   r->threads_used, threads);
    printf("%-17s %5d %-5s %7s %10.0f %8.1f %6.1f %6.1f  %6.1f", work->network, work->batch,
           nnfs_optimizer_name(work->optimizer), count, r->samples_per_second, r->gflops,
           100.0 * r->gflops / peak, 100.0 * r->sgemm_share, 100.0 * r->sgemm);
    for (int part = 0; part < STEP_PARTS; part++) {
        printf(" %6.1f", 100.0 * r->parts[part]);
    }
    printf("%s\n", r->busy ? " *" : "");
    (void)fflush(stdout);
}

void table_notes(bool busy)
{
    printf(
        "\nMedians, taken in turn. %% of peak: of the FMA peak of the threads used. %% of sgemm:\n"
        "the time that the step's products take alone, back to back, in the same buffers and by\n"
        "the same threads, of the time of the step. Where the time goes is from runs of their\n"
        "own, in which threads note what they do: products in the step, the gathering of\n"
        "samples, elementwise work (biases, activations, loss), the optimizer, and waiting for\n"
        "other threads.\n");
    if (busy) {
        printf("* Other programs had the CPU in most runs: measure again on a quiet machine.\n");
    }
}

json_t *table_json(const step_work *work, int threads, double peak, const step_result *r)
{
    return json_pack(
        "{s:s, s:i, s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:b, s:{s:f, s:f, s:f, s:f, s:f}}", /**/
        "network", work->network, "batch", work->batch, "optimizer",
        nnfs_optimizer_name(work->optimizer), "threads", threads, "threads_used", r->threads_used,
        "samples_per_second", r->samples_per_second, "gflops", r->gflops, "peak_share",
        r->gflops / peak, "sgemm_share", r->sgemm_share, "profiled_slowdown", r->slowdown, "busy",
        r->busy, "parts", "gather", r->parts[STEP_GATHER], "elementwise",
        r->parts[STEP_ELEMENTWISE], "optimizer", r->parts[STEP_OPTIMIZER], "waiting",
        r->parts[STEP_WAITING], "sgemm", r->sgemm);
}
