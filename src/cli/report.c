/* The lines that a person reads at the end. */
#include "run.h"
#include "text.h"

#include <math.h>

static void report_evaluation(const char *part, const nnfs_evaluation *evaluation)
{
    if (evaluation->samples == 0) {
        return; /* there was no such set */
    }
    (void)printf("%-9s loss %s", part, text_number(evaluation->loss).text);
    if (!isnan(evaluation->accuracy)) {
        (void)printf(", accuracy %s", text_percent(evaluation->accuracy).text);
    } else {
        (void)printf(", RMSE %s, MAE %s, R2 %s", text_number(evaluation->rmse).text,
                     text_number(evaluation->mae).text, text_number(evaluation->r2).text);
    }
    (void)printf(" (%s sample%s)\n", text_count(evaluation->samples).text,
                 text_plural(evaluation->samples));
}

static void report_run(const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    int64_t samples = nnfs_dataset_samples(run->train.set);
    (void)printf("trained %s (%s parameters) on %s sample%s of %s: %s epoch%s in %s\n", run->shape,
                 text_count(nnfs_network_parameters(run->network)).text, text_count(samples).text,
                 text_plural(samples), run->options->data, text_count(summary->epochs).text,
                 text_plural(summary->epochs), text_seconds(summary->seconds).text);
}

void report(const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    report_run(run);
    if (summary->samples_per_second > 0.0) {
        (void)printf("%-9s %s samples/s, %.1f GFLOP/s\n", "speed",
                     text_count(llround(summary->samples_per_second)).text, summary->gflops);
    }
    report_evaluation("train", &summary->train);
    report_evaluation("validate", &summary->validation);
    report_evaluation("test", &summary->test);
    (void)printf("%-9s %s\n", "weights", text_hash(nnfs_network_hash(run->network)).text);
    (void)printf("%-9s %s\n", "model", run->saved ? run->options->output : "not saved");
}
