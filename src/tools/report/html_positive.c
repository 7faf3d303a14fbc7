/* The positive class of two: its ROC curve, precision against recall, and its calibration. */
#include "common/exit.h"
#include "report/html.h"
#include "report/html_page.h"
#include "report/html_plot.h"

#include <math.h>

/* What the plots are made of. */
typedef struct positive_series {
    plot_series roc, precision, calibration;
} positive_series;

static plot_axis share_axis(const char *label, double high)
{
    return (plot_axis){.label = label,
                       .scale = high >= 0.5 ? scale_exact(0.0, 1.0, 5, false)
                                            : scale_round(0.0, fmax(high, 0.01), 5),
                       .percent = true,
                       .text = html_percent};
}

/* From the counts at each threshold; the ROC curve begins where no sample is taken for positive. */
static bool fill_curves(positive_series *made, const json_t *positive)
{
    const json_t *curve = json_object_get(positive, "curve");
    const json_t *right = json_object_get(curve, "tp");
    const json_t *wrong = json_object_get(curve, "fp");
    size_t count = json_array_size(right);
    double positives = number_at(positive, "positives");
    double negatives = number_at(positive, "negatives");
    if (!(positives > 0.0) || !(negatives > 0.0) || json_array_size(wrong) != count) {
        return true;
    }
    if (!series_reserve(&made->roc, count + 1) || !series_reserve(&made->precision, count)) {
        return false;
    }
    series_add(&made->roc, 0.0, 0.0);
    for (size_t i = 0; i < count; i++) {
        double tp = number_in(right, i);
        double fp = number_in(wrong, i);
        if (tp >= 0.0 && tp <= positives && fp >= 0.0 && fp <= negatives && tp + fp > 0.0) {
            series_add(&made->roc, fp / negatives, tp / positives);
            series_add(&made->precision, tp / positives, tp / (tp + fp));
        }
    }
    return true;
}

/* *high: the largest probability or share. */
static bool fill_calibration(positive_series *made, const json_t *bins, double *high)
{
    size_t index;
    json_t *bin;
    if (!series_reserve(&made->calibration, json_array_size(bins))) {
        return false;
    }
    json_array_foreach((json_t *)bins, index, bin)
    {
        double probability = number_at(bin, "probability");
        double share = number_at(bin, "share");
        if (probability >= 0.0 && probability <= 1.0 && share >= 0.0 && share <= 1.0) {
            series_add(&made->calibration, probability, share);
            *high = fmax(*high, fmax(probability, share));
        }
    }
    return true;
}

static void write_plots(FILE *out, const positive_series *made, double high)
{
    const plot plots[] = {
        {.title = "ROC curve",
         .description =
             "The true-positive rate against the false-positive rate, for each threshold "
             "on the probability of the positive class. Guessing gives the dashed line.",
         .x = share_axis("false-positive rate, in %", 1.0),
         .y = share_axis("true-positive rate, in %", 1.0),
         .series = &made->roc,
         .count = 1,
         .diagonal = true},
        {.title = "Precision and recall",
         .description = "Precision against recall, for each threshold on the probability of the "
                        "positive class.",
         .x = share_axis("recall, in %", 1.0),
         .y = share_axis("precision, in %", 1.0),
         .series = &made->precision,
         .count = 1},
        {.title = "Calibration of positives",
         .description =
             "The share of samples that are positive, by their mean probability, in bins "
             "of as many samples. On the dashed line both are alike.",
         .x = share_axis("mean probability, in %", high),
         .y = share_axis("share of positives, in %", high),
         .series = &made->calibration,
         .count = 1,
         .diagonal = true},
    };
    for (size_t i = 0; i < sizeof plots / sizeof *plots; i++) {
        if (plots[i].series->count > 1) {
            plot_write(out, &plots[i]);
        }
    }
}

nnfs_status html_positive(FILE *out, const json_t *evaluation, nnfs_error *error)
{
    const json_t *positive = json_object_get(evaluation, "positive");
    positive_series made = {.roc = {.name = "true-positive rate", .mark = MARK_LINE},
                            .precision = {.name = "precision", .mark = MARK_LINE},
                            .calibration = {.name = "share of positives", .mark = MARK_LINE}};
    double high = 0.0;
    if (!json_is_object(positive)) {
        return NNFS_OK;
    }
    bool filled = fill_curves(&made, positive) &&
                  fill_calibration(&made, json_object_get(positive, "calibration"), &high);
    if (filled) {
        write_plots(out, &made, high);
    }
    plot_series *all[] = {&made.roc, &made.precision, &made.calibration};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        series_free(all[i], 1);
    }
    if (!filled) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}
