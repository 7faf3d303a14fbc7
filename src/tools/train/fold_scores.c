/* What all folds together come to. */
#include "train/run.h"

#include <math.h>

double folds_mean(const fold_scores *folds, const metric *what)
{
    double sum = 0.0;
    for (int i = 0; i < folds->count; i++) {
        sum += metric_value(what, &folds->scores[i]);
    }
    return sum / folds->count;
}

/* The standard deviation of a sample, sqrt(sum (x - mean)^2 / (n - 1)). */
double folds_spread(const fold_scores *folds, const metric *what)
{
    double mean = folds_mean(folds, what);
    double sum = 0.0;
    for (int i = 0; i < folds->count; i++) {
        double off = metric_value(what, &folds->scores[i]) - mean;
        sum += off * off;
    }
    return sqrt(sum / (folds->count - 1));
}
