/*
 * What is known of a network's predictions of a dataset, beyond nnfs_evaluation: which
 * classes it takes for which, how far its probabilities can be trusted, how its errors lie,
 * its worst mistakes.
 */
#ifndef NNFS_TOOLS_DIAGNOSTICS_DIAGNOSTICS_H
#define NNFS_TOOLS_DIAGNOSTICS_DIAGNOSTICS_H

#include "common/ensemble.h"
#include "common/text.h"

#include <nnfs/nnfs.h>

#include <stdbool.h>

enum {
    DIAGNOSTICS_TOP = 5,       /* ranks */
    DIAGNOSTICS_BINS = 10,     /* of the probability of the predicted class */
    DIAGNOSTICS_COUNTS = 30,   /* of the histogram of residuals */
    DIAGNOSTICS_POINTS = 500,  /* of truth and prediction, at most */
    DIAGNOSTICS_QUANTILES = 7, /* of the residuals: diagnostics_quantiles */
};

extern const double diagnostics_quantiles[DIAGNOSTICS_QUANTILES]; /* 0, 0.05, 0.25, 0.5, ... 1 */

/* How well a class is told from all others; what is 0 / 0 is 0. */
typedef struct class_scores {
    int64_t support;              /* samples of it, TP + FN */
    int64_t right;                /* TP */
    int64_t chosen;               /* predictions of it, TP + FP */
    double precision, recall, f1; /* TP / (TP + FP), TP / (TP + FN), 2 TP / (2 TP + FP + FN) */
} class_scores;

/* Predictions whose probability p is in from < p <= to; 0 is in the first. */
typedef struct calibration_bin {
    int64_t count;
    double confidence; /* mean probability; NaN without predictions, as is */
    double accuracy;   /* the share that is right */
} calibration_bin;

/* Samples by the probability of the positive class, each bin with nearly as many. */
typedef struct positive_bin {
    int64_t count;
    double probability; /* mean; NaN without samples, as is */
    double share;       /* the share that is positive */
} positive_bin;

/* Residuals are truth - prediction, in the target's units. */
typedef struct target_scores {
    double rmse, mae, r2;
    double quantiles[DIAGNOSTICS_QUANTILES]; /* as numpy's, between two samples linear */
    /* From the 0.005 to the 0.995 quantile, in equal steps; those beyond are in the outermost. */
    double from, to;
    int64_t counts[DIAGNOSTICS_COUNTS];
    nnfs_evaluation label; /* of one of several labels; else its samples are 0 */
} target_scores;

typedef struct mistake {
    int64_t sample;
    double size;             /* by which they are sorted: the loss */
    int truth, predicted;    /* classes, and */
    float probability;       /* of the predicted one, NaN where outputs are none; and */
    float truth_probability; /* of the right one */
} mistake;

typedef struct diagnostics_settings {
    int threads;
    int mistakes; /* at most; */
    /* of two classes: the probability from which on it is the second one; NaN: .5 */
    double threshold;
    double costs[2]; /* of a false positive and a false negative; default 1 and 1 */
} diagnostics_settings;

/* No mistakes, all threads. */
diagnostics_settings diagnostics_defaults(void);

typedef struct diagnostics {
    diagnostics_settings settings;
    const nnfs_dataset *data;
    const nnfs_preprocessing *preprocessing; /* NULL: not a table */
    int64_t samples;
    int outputs; /* of the network */

    /* Of classes; 0 of them are numbers. */
    int classes;        /* that the network knows */
    int judged;         /* that the data know, the first ones: means are over these */
    bool probabilities; /* the outputs are */
    int64_t *confusion; /* [classes x classes]: true class t and predicted p at [t * classes + p] */
    class_scores *scores;         /* [classes] */
    class_scores macro;           /* means; their counts are those of all */
    class_scores weighted;        /* by support */
    double balanced_accuracy;     /* mean recall of the classes that occur */
    int64_t top[DIAGNOSTICS_TOP]; /* samples whose class is among the k + 1 most probable */
    calibration_bin bins[DIAGNOSTICS_BINS];
    double calibration_error; /* expected: mean of |accuracy - confidence| over the predictions */

    /* Of two classes with probabilities, of which the second is the positive one; else
     * NULL and 0. */
    float *positive_scores;   /* [samples] */
    int32_t *positive_labels; /* [samples] */
    nnfs_threshold *thresholds;
    int64_t threshold_count;
    nnfs_threshold best_f1, least_cost;
    positive_bin positive_bins[DIAGNOSTICS_BINS];

    /* Of numbers. */
    target_scores *targets; /* [outputs] */
    int points;
    float *scatter; /* [2 x outputs x points]: truths, predictions; evenly taken from all rows */

    /* The worst first; of numbers every row is one. */
    mistake *mistakes;
    int mistake_count, mistake_most;
    float *mistake_values; /* of numbers, [2 x outputs x mistake_count]: truths, predictions */
} diagnostics;

/*
 * Predicts all samples, which have targets. Memory is a few bytes a sample of two classes and a
 * target of numbers, and does not grow with the samples of more classes. Errors: those of
 * nnfs_predict_dataset, ARGUMENT (a threshold, but not two classes with probabilities).
 */
nnfs_status diagnostics_measure(const nnfs_network *network, const nnfs_dataset *data,
                                const diagnostics_settings *settings, diagnostics *made,
                                nnfs_error *error);
/* The same of the mean of several networks, whose data are those of the first. */
nnfs_status diagnostics_of_ensemble(const ensemble *of, const diagnostics_settings *settings,
                                    diagnostics *made, nnfs_error *error);
void diagnostics_free(diagnostics *known);

/* What a target is called; one without a name by its number, from 1. */
const char *diagnostics_target_name(const diagnostics *known, int index, short_text *number);

/* The row of the file that mistake `index` is in, from 0. */
int64_t diagnostics_row(const diagnostics *known, int index);

/* How well a threshold tells the positive class. */
class_scores threshold_scores(const diagnostics *known, const nnfs_threshold *at);
/*
 * Moves *index, at first -1, to the next threshold that a curve needs: a few hundred of all. False
 * behind the last.
 */
bool curve_next(const diagnostics *known, int64_t *index);

/* Wrongly predicted. */
int64_t diagnostics_wrong(const diagnostics *known);

#endif
