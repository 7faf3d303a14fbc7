/* The lines that a person reads at the end. */
#include "common/metrics_text.h"
#include "common/text.h"
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
            (void)fprintf(out, "%s %s %s", i > 0 ? "," : "", what->name,
                          what->text(metric_value(what, evaluation)).text);
        }
    }
    (void)fprintf(out, " (%s sample%s)\n", text_count(evaluation->samples).text,
                  text_plural(evaluation->samples));
}

/* Of the folds, each with the part it did not see: the mean, and the spread from fold to fold. */
static void report_folds(FILE *out, const train_run *run)
{
    const fold_scores *folds = &run->folds;
    if (folds->count == 0) {
        return;
    }
    (void)fprintf(out, "%-9s", "folds");
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        if (metric_applies(what, &folds->scores[0], nnfs_network_loss(run->network))) {
            (void)fprintf(out, "%s %s %s +- %s", i > 0 ? "," : "", what->name,
                          what->text(folds_mean(folds, what)).text,
                          what->text(folds_spread(folds, what)).text);
        }
    }
    (void)fprintf(out, " (mean and deviation of %d)\n", folds->count);
}

static void report_run(FILE *out, const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    int64_t samples = nnfs_dataset_samples(run->train.set);
    (void)fprintf(out, "trained %s (%s parameters) on %s sample%s of %s: %s epoch%s in %s\n",
                  run->shape, text_count(nnfs_network_parameters(run->network)).text,
                  text_count(samples).text, text_plural(samples),
                  text_path(run->options->data).text, text_count(summary->epochs).text,
                  text_plural(summary->epochs), text_seconds(summary->seconds).text);
}

static void write_report(FILE *out, const train_run *run)
{
    const nnfs_summary *summary = &run->summary;
    report_run(out, run);
    if (summary->samples_per_second > 0.0) {
        (void)fprintf(out, "%-9s %s samples/s, %.1f GFLOP/s\n", "speed",
                      text_count(llround(summary->samples_per_second)).text, summary->gflops);
    }
    if (summary->best_epoch > 0) {
        (void)fprintf(out, "%-9s epoch %d, the best on the validation data\n", "kept",
                      summary->best_epoch);
    }
    report_folds(out, run);
    report_evaluation(out, run, "train", &summary->train);
    report_evaluation(out, run, "validate", &summary->validation);
    report_evaluation(out, run, "test", &summary->test);
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
