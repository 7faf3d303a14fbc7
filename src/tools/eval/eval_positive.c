/* Two classes, as nnfs-eval prints them: the best thresholds, and what a probability of the
 * second is worth. */
#include "common/lines.h"
#include "eval/eval_print.h"

#include "common/class_names.h"

#include <math.h>
#include <stdio.h>

/* "0.3714", a threshold that --threshold takes back to the same samples. */
static void print_threshold(const diagnostics *known, const nnfs_threshold *at)
{
    class_scores scores = threshold_scores(known, at);
    if (isinf(at->score)) {
        line_print(stdout, " above all samples\n");
        return;
    }
    line_print(stdout, " at --threshold %s (precision %.4f, recall %.4f)\n",
               text_shortest(at->score).text, scores.precision, scores.recall);
}

void print_thresholds(const diagnostics *known, const eval_print *how)
{
    if (known->threshold_count == 0) {
        return;
    }
    line_print(stdout, "%-9s %.4f", "best F1", threshold_scores(known, &known->best_f1).f1);
    print_threshold(known, &known->best_f1);
    if (how->costs) {
        const double *costs = known->settings.costs;
        class_scores scores = threshold_scores(known, &known->least_cost);
        double cost = costs[0] * (double)(scores.chosen - scores.right) +
                      costs[1] * (double)(scores.support - scores.right);
        line_print(stdout, "%-9s %s", "cost", text_measure(cost).text);
        print_threshold(known, &known->least_cost);
    }
}

void print_positive_calibration(const diagnostics *known)
{
    short_text number;
    if (known->threshold_count == 0) {
        return;
    }
    line_print(stdout, "\nprobability of %s, in bins of as many samples\n",
               text_name(class_name(known->data, 1, &number)).text);
    line_print(stdout, "      samples  mean probability      share of it\n");
    for (int i = 0; i < DIAGNOSTICS_BINS; i++) {
        const positive_bin *bin = &known->positive_bins[i];
        if (bin->count > 0) {
            line_print(stdout, "  %11s %17s %16s\n", text_count(bin->count).text,
                       text_percent(bin->probability).text, text_percent(bin->share).text);
        }
    }
}
