/* The roofline table: what the steps of a run spent their time on, and what bounds each product. */
#include "common/lines.h"
#include "common/text.h"
#include "train/run.h"

static void report_row(const nnfs_profile_row *row, double peak)
{
    char layer[16] = "";
    if (row->layer >= 0) {
        (void)snprintf(layer, sizeof layer, "%d", row->layer + 1);
    }
    (void)printf("%5s  %-11s %6.1f %%", layer, nnfs_part_name(row->part), 100.0 * row->share);
    if (row->part <= NNFS_PART_GRADIENT) {
        (void)printf(" %9.1f %7.1f %%  %s", row->gflops, 100.0 * row->gflops / peak,
                     nnfs_bottleneck_name(row->bound));
    }
    (void)printf("\n");
}

void report_profile(const train_run *run)
{
    nnfs_profile_summary sum = nnfs_profile_sum(run->profile);
    (void)printf("\n");
    line_print(stdout,
               "profile   %d thread%s, FMA peak %.0f GFLOP/s, %.0f GB/s from the %.1f MB of a "
               "step\n\n",
               sum.threads, text_plural(sum.threads), sum.peak_gflops, sum.bandwidth,
               1e-6 * sum.working_set);
    (void)printf("%5s  %-11s %8s %9s %9s  %s\n", "layer", "part", "of time", "GFLOP/s", "of peak",
                 "bound by");
    for (int i = 0; i < nnfs_profile_rows(run->profile); i++) {
        nnfs_profile_row row = nnfs_profile_row_at(run->profile, i);
        report_row(&row, sum.peak_gflops);
    }
    if (sum.advice[0]) {
        line_print(stdout, "advice    %s\n", sum.advice);
    }
}
