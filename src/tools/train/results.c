/* The lines that a person reads at the end. */
#include "common/class_names.h"
#include "common/metrics_text.h"
#include "common/text.h"
#include "diagnostics/diagnostics.h"
#include "train/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void report_evaluation(FILE *out, const train_run *run, const char *part,
                              const nnfs_evaluation *evaluation)
{
    if (evaluation->samples == 0) {
        return; /* there was no such set */
    }
    (void)fprintf(out, "%-9s", part);
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        if (metric_applies(what, evaluation, nnfs_network_loss(run->network))) {
            (void)fprintf(out, "%s %s %s", text_between(i, ","), what->name,
                          what->text(metric_value(what, evaluation)).text);
        }
    }
    (void)fprintf(out, " (%s sample%s)\n", text_count(evaluation->samples).text,
                  text_plural(evaluation->samples));
}

/* Of the folds, each with the part it did not see: the mean, and the spread from fold to fold. */
static void report_folds(FILE *out, const train_run *run, const char *name,
                         const fold_scores *folds)
{
    if (folds->count == 0) {
        return;
    }
    (void)fprintf(out, "%-9s", name);
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        if (metric_applies(what, &folds->scores[0], nnfs_network_loss(run->network))) {
            (void)fprintf(out, "%s %s %s", text_between(i, ","), what->name,
                          what->text(folds_mean(folds, what)).text);
            if (folds->count > 1) {
                (void)fprintf(out, " +- %s", what->text(folds_spread(folds, what)).text);
            }
        }
    }
    if (folds->count > 1) {
        (void)fprintf(out, " (mean and deviation of %d)", folds->count);
    }
    (void)fprintf(out, "\n");
}

static void report_run(FILE *out, const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    int64_t samples = nnfs_dataset_samples(run->train.set);
    int networks = nnfs_network_networks(run->network);
    (void)fprintf(out, "trained ");
    if (networks > 1) {
        (void)fprintf(out, "%d networks ", networks);
    }
    (void)fprintf(out, "%s (%s parameters) on %s sample%s of %s: %s epoch%s in %s\n", run->shape,
                  text_count(nnfs_network_parameters(run->network)).text, text_count(samples).text,
                  text_plural(samples), text_path(run->options->data).text,
                  text_count(summary->epochs).text, text_plural(summary->epochs),
                  text_seconds(summary->seconds).text);
}

/* Positives are rare if they are fewer than this share of the training samples. */
static const double rare = 0.1;

static bool has_rare_positives(const nnfs_dataset *data)
{
    int64_t counts[2] = {0};
    if (nnfs_dataset_classes(data) != 2) {
        return false;
    }
    nnfs_dataset_class_samples(data, counts);
    return (double)counts[1] < rare * (double)(counts[0] + counts[1]);
}

/* Of rare positives few have a probability of 1/2: what another threshold gives. */
static void report_threshold(FILE *out, const train_run *run)
{
    bool validates = run->validation.set != NULL;
    const nnfs_dataset *data = validates ? run->validation.set : run->test.set;
    diagnostics_settings settings = diagnostics_defaults();
    diagnostics known;
    settings.threads = run->machine.threads;
    if (!data || !has_rare_positives(run->train.set) ||
        diagnostics_measure(run->network, data, &settings, &known, NULL) != NNFS_OK) {
        return;
    }
    if (known.threshold_count > 0 && known.best_f1.true_positives > 0) {
        class_scores scores = threshold_scores(&known, &known.best_f1);
        short_text number;
        (void)fprintf(out, "%-9s %s for the best F1 of %s, %.4f on the %s data\n", "threshold",
                      text_shortest(known.best_f1.score).text,
                      text_name(class_name(data, 1, &number)).text, scores.f1,
                      validates ? "validation" : "test");
    }
    diagnostics_free(&known);
}

/* The share of the time is rank 0's. */
static void report_ranks(FILE *out, const train_run *run)
{
    const nnfs_communicator *communicator = run->communicator;
    int hosts = nnfs_communicator_hosts(communicator);
    double seconds = nnfs_communicator_seconds(communicator) - run->communication;
    if (communicator && run->summary.seconds > 0.0) {
        (void)fprintf(out, "%-9s %d on %d host%s, %d shards, %s of the time in communication\n",
                      "ranks", nnfs_communicator_size(communicator), hosts, text_plural(hosts),
                      run->options->train.shards,
                      text_percent(seconds / run->summary.seconds).text);
    }
}

static void write_report(FILE *out, const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    report_run(out, run);
    if (summary->samples_per_second > 0.0) {
        (void)fprintf(out, "%-9s %s samples/s, %.1f GFLOP/s\n", "speed",
                      text_count(llround(summary->samples_per_second)).text, summary->gflops);
    }
    report_ranks(out, run);
    if (summary->best_epoch > 0) {
        bool usual = summary->monitor == NNFS_MONITOR_LOSS || summary->monitor == NNFS_MONITOR_RMSE;
        (void)fprintf(out, "%-9s epoch %d, the best %s%son the validation data\n", "kept",
                      summary->best_epoch, usual ? "" : nnfs_monitor_name(summary->monitor),
                      usual ? "" : " ");
    }
    if (summary->temperature != 1.0) {
        (void)fprintf(out, "%-9s temperature %.3f, fitted to the validation data\n", "calibrate",
                      summary->temperature);
    }
    report_folds(out, run, "folds", &run->folds);
    report_folds(out, run, "held out", &run->networks);
    report_evaluation(out, run, "train", &summary->train);
    report_evaluation(out, run, "validate", &summary->validation);
    report_evaluation(out, run, "test", &summary->test);
    report_threshold(out, run);
    (void)fprintf(out, "%-9s %s\n", "weights", text_hash(nnfs_network_hash(run->network)).text);
    (void)fprintf(out, "%-9s %s%s\n", "model",
                  run->saved ? text_path(run->options->output).text : "not saved",
                  run->saved && run->replaced ? ", replaced" : "");
}

/* No line is longer than the terminal. */
void report(const train_run *run)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) {
        write_report(stdout, run);
        return;
    }
    write_report(out, run);
    if (fclose(out) == 0) {
        char *rest = text;
        for (char *line = strsep(&rest, "\n"); line && rest; line = strsep(&rest, "\n")) {
            text_wrap(stdout, line, stream_columns(stdout), 10);
        }
    }
    free(text);
}
