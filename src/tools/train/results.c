/* The lines that a person reads at the end. */
#include "common/metrics_text.h"
#include "common/text.h"
#include "train/run.h"

#include <math.h>

static void report_evaluation(const train_run *run, const char *part,
                              const nnfs_evaluation *evaluation)
{
    if (evaluation->samples == 0) {
        return; /* there was no such set */
    }
    (void)printf("%-9s", part);
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        if (metric_applies(what, evaluation, nnfs_network_loss(run->network))) {
            (void)printf("%s %s %s", i > 0 ? "," : "", what->name,
                         what->text(metric_value(what, evaluation)).text);
        }
    }
    (void)printf(" (%s sample%s)\n", text_count(evaluation->samples).text,
                 text_plural(evaluation->samples));
}

/* Of the folds, each with the part it did not see: the mean, and the spread from fold to fold. */
static void report_folds(const train_run *run)
{
    const fold_scores *folds = &run->folds;
    if (folds->count == 0) {
        return;
    }
    (void)printf("%-9s", "folds");
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        if (metric_applies(what, &folds->scores[0], nnfs_network_loss(run->network))) {
            (void)printf("%s %s %s +- %s", i > 0 ? "," : "", what->name,
                         what->text(folds_mean(folds, what)).text,
                         what->text(folds_spread(folds, what)).text);
        }
    }
    (void)printf(" (mean and deviation of %d)\n", folds->count);
}

static void report_run(const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    int64_t samples = nnfs_dataset_samples(run->train.set);
    (void)printf("trained %s (%s parameters) on %s sample%s of %s: %s epoch%s in %s\n", run->shape,
                 text_count(nnfs_network_parameters(run->network)).text, text_count(samples).text,
                 text_plural(samples), text_path(run->options->data).text,
                 text_count(summary->epochs).text, text_plural(summary->epochs),
                 text_seconds(summary->seconds).text);
}

/* The share of the time is rank 0's. */
static void report_ranks(const train_run *run)
{
    const nnfs_communicator *communicator = run->communicator;
    int hosts = nnfs_communicator_hosts(communicator);
    double seconds = nnfs_communicator_seconds(communicator) - run->communication;
    if (communicator && run->summary.seconds > 0.0) {
        (void)printf("%-9s %d on %d host%s, %d shards, %s of the time in communication\n", "ranks",
                     nnfs_communicator_size(communicator), hosts, text_plural(hosts),
                     run->options->train.shards, text_percent(seconds / run->summary.seconds).text);
    }
}

void report(const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    report_run(run);
    if (summary->samples_per_second > 0.0) {
        (void)printf("%-9s %s samples/s, %.1f GFLOP/s\n", "speed",
                     text_count(llround(summary->samples_per_second)).text, summary->gflops);
    }
    report_ranks(run);
    if (summary->best_epoch > 0) {
        (void)printf("%-9s epoch %d, the best on the validation data\n", "kept",
                     summary->best_epoch);
    }
    report_folds(run);
    report_evaluation(run, "train", &summary->train);
    report_evaluation(run, "validate", &summary->validation);
    report_evaluation(run, "test", &summary->test);
    (void)printf("%-9s %s\n", "weights", text_hash(nnfs_network_hash(run->network)).text);
    (void)printf("%-9s %s%s\n", "model",
                 run->saved ? text_path(run->options->output).text : "not saved",
                 run->saved && run->replaced ? ", replaced" : "");
}
