/*
 * What nnfs-eval tells of predictions, against what scikit-learn says of the same ones: a network
 * that hands its inputs through is measured on logits.
 */
#include "common/class_names.h"
#include "diagnostics/diagnostics.h"

#include "diagnostics_expected.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hand_through.h"

enum { WORST = 8 };

/* What was measured, with what it was measured on. */
typedef struct measured {
    nnfs_network *network;
    nnfs_dataset *data;
    diagnostics known;
} measured;

static measured measure(nnfs_network *network, const nnfs_arrays *arrays, int mistakes)
{
    measured m = {.network = network};
    assert_int_equal(nnfs_dataset_wrap(arrays, &m.data, NULL), NNFS_OK);
    diagnostics_settings settings = diagnostics_defaults();
    settings.threads = 1;
    settings.mistakes = mistakes;
    assert_int_equal(diagnostics_measure(network, m.data, &settings, &m.known, NULL), NNFS_OK);
    assert_int_equal(m.known.samples, arrays->samples);
    return m;
}

static void release(measured *m)
{
    diagnostics_free(&m->known);
    nnfs_dataset_free(m->data);
    nnfs_network_free(m->network);
}

static void expect(double value, double wanted)
{
    if (!(fabs(value - wanted) < 1e-6)) {
        fail_msg("%.9g, not %.9g", value, wanted);
    }
}

static void expect_mean(const class_scores *scores, const double wanted[3])
{
    expect(scores->precision, wanted[0]);
    expect(scores->recall, wanted[1]);
    expect(scores->f1, wanted[2]);
    assert_int_equal(scores->support, expected_samples);
}

/* scikit-learn leaves empty bins out. */
static void expect_bins(const diagnostics *known, const int32_t *counts, const double *accuracy,
                        const double *confidence)
{
    for (int i = 0; i < DIAGNOSTICS_BINS; i++) {
        const calibration_bin *bin = &known->bins[i];
        assert_int_equal(bin->count, counts[i]);
        if (bin->count == 0) {
            assert_true(isnan(bin->accuracy) && isnan(bin->confidence));
        } else {
            expect(bin->accuracy, *accuracy++);
            expect(bin->confidence, *confidence++);
        }
    }
}

static void expect_rows(const diagnostics *known, const int32_t rows[WORST])
{
    assert_int_equal(known->mistake_count, WORST);
    for (int i = 0; i < WORST; i++) {
        assert_int_equal(known->mistakes[i].sample, rows[i]);
    }
}

/* ---- Classes ---- */

static nnfs_arrays many(void)
{
    nnfs_arrays arrays = {.features = many_logits,
                          .feature_count = expected_classes,
                          .samples = expected_samples,
                          .labels = many_labels,
                          .classes = expected_classes};
    return arrays;
}

static void many_classes_agree(void **state)
{
    (void)state;
    nnfs_arrays arrays = many();
    measured m =
        measure(hand_through(expected_classes, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY), &arrays, WORST);
    const diagnostics *known = &m.known;
    assert_int_equal(known->classes, expected_classes);
    for (int i = 0; i < expected_classes * expected_classes; i++) {
        assert_int_equal(known->confusion[i], many_confusion[i]);
    }
    for (int i = 0; i < expected_classes; i++) {
        expect(known->scores[i].precision, many_precision[i]);
        expect(known->scores[i].recall, many_recall[i]);
        expect(known->scores[i].f1, many_f1[i]);
        assert_int_equal(known->scores[i].support, many_support[i]);
    }
    expect_mean(&known->macro, many_macro);
    expect_mean(&known->weighted, many_weighted);
    expect(known->balanced_accuracy, many_balanced[0]);
    for (int i = 0; i < DIAGNOSTICS_TOP; i++) {
        expect((double)known->top[i] / expected_samples, many_top[i]);
    }
    expect_bins(known, many_bin_count, many_bin_accuracy, many_bin_confidence);
    expect(known->calibration_error, many_bin_error[0]);
    expect_rows(known, many_worst);
    release(&m);
}

/* Outputs that are no probabilities: the same classes, nothing to calibrate,
 * mistakes by distance. */
static void outputs_need_not_be_probabilities(void **state)
{
    (void)state;
    nnfs_arrays arrays = many();
    measured m = measure(hand_through(expected_classes, NNFS_IDENTITY, NNFS_MSE), &arrays, 3);
    expect_mean(&m.known.macro, many_macro);
    assert_true(isnan(m.known.calibration_error));
    assert_int_equal(m.known.mistake_count, 3);
    const mistake *worst = m.known.mistakes;
    assert_true(worst[0].size >= worst[1].size && worst[1].size >= worst[2].size);
    assert_true(isnan(worst[0].probability));
    release(&m);
}

static void expect_two(const diagnostics *known)
{
    assert_int_equal(known->classes, 2);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(known->confusion[i], two_confusion[i]);
    }
    expect_mean(&known->macro, two_macro);
    expect_mean(&known->weighted, two_weighted);
    expect_bins(known, two_bin_count, two_bin_accuracy, two_bin_confidence);
    expect(known->calibration_error, two_bin_error[0]);
    assert_int_equal(known->top[0], known->macro.right);
    assert_int_equal(known->top[1], expected_samples);
}

/* sigmoid(z) = softmax(0, z): one output and two. */
static void two_classes_agree(void **state)
{
    (void)state;
    nnfs_arrays arrays = {.features = two_logits,
                          .feature_count = 1,
                          .samples = expected_samples,
                          .labels = two_labels,
                          .classes = 2};
    measured one =
        measure(hand_through(1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY), &arrays, WORST);
    expect_two(&one.known);
    nnfs_evaluation evaluation;
    assert_int_equal(nnfs_evaluate(one.network, one.data, 1, &evaluation, NULL), NNFS_OK);
    expect(evaluation.roc_auc, two_auc[0]);

    float pairs[2 * expected_samples] = {0};
    for (int i = 0; i < expected_samples; i++) {
        pairs[2 * i + 1] = two_logits[i];
    }
    arrays.features = pairs;
    arrays.feature_count = 2;
    measured two = measure(hand_through(2, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY), &arrays, WORST);
    expect_two(&two.known);
    for (int i = 0; i < WORST; i++) {
        expect((double)one.known.mistakes[i].truth_probability,
               (double)two.known.mistakes[i].truth_probability);
    }
    release(&one);
    release(&two);
}

/* A network may know more classes than the data has: means are over the data's. */
static void classes_may_be_missing(void **state)
{
    (void)state;
    nnfs_arrays arrays = many();
    arrays.classes = expected_classes - 1;
    measured m =
        measure(hand_through(expected_classes, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY), &arrays, 0);
    assert_int_equal(m.known.classes, expected_classes);
    expect(m.known.macro.f1, many_macro[2] * expected_classes / (expected_classes - 1));
    assert_int_equal(m.known.mistake_count, 0);
    short_text number;
    assert_string_equal(class_name(m.known.data, expected_classes - 1, &number), "5");
    release(&m);
}

/* ---- Numbers ---- */

static void numbers_agree(void **state)
{
    (void)state;
    nnfs_arrays arrays = {.features = numbers_outputs,
                          .feature_count = 2,
                          .samples = expected_samples,
                          .targets = numbers_targets,
                          .target_count = 2};
    const double *const quantiles[] = {numbers_quantiles_0, numbers_quantiles_1};
    const int32_t *const counts[] = {numbers_counts_0, numbers_counts_1};
    measured m = measure(hand_through(2, NNFS_IDENTITY, NNFS_MSE), &arrays, WORST);
    for (int t = 0; t < 2; t++) {
        const target_scores *target = &m.known.targets[t];
        expect(target->rmse, numbers_rmse[t]);
        expect(target->mae, numbers_mae[t]);
        expect(target->r2, numbers_r2[t]);
        for (int i = 0; i < DIAGNOSTICS_QUANTILES; i++) {
            expect(target->quantiles[i], quantiles[t][i]);
        }
        for (int i = 0; i < DIAGNOSTICS_COUNTS; i++) {
            assert_int_equal(target->counts[i], counts[t][i]);
        }
    }
    expect_rows(&m.known, numbers_worst);
    for (int i = 0; i < WORST; i++) {
        const float *values = m.known.mistake_values + i * 4;
        assert_memory_equal(values, numbers_targets + numbers_worst[i] * 2, 2 * sizeof *values);
        assert_memory_equal(values + 2, numbers_outputs + numbers_worst[i] * 2, 2 * sizeof *values);
    }
    release(&m);
}

/* Points are taken evenly from all rows, each with its own two values; blocks do not show. */
static void points_are_even(void **state)
{
    (void)state;
    const int sizes[] = {1, 2, 499, 500, 501, 999, 1000, 20011};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        float *values = calloc((size_t)sizes[s], sizeof *values);
        assert_non_null(values);
        for (int i = 0; i < sizes[s]; i++) {
            values[i] = (float)i;
        }
        nnfs_arrays arrays = {.features = values,
                              .feature_count = 1,
                              .samples = sizes[s],
                              .targets = values,
                              .target_count = 1};
        measured m = measure(hand_through(1, NNFS_IDENTITY, NNFS_MSE), &arrays, 2);
        int points = sizes[s] < DIAGNOSTICS_POINTS ? sizes[s] : DIAGNOSTICS_POINTS;
        assert_int_equal(m.known.points, points);
        for (int i = 0; i < points; i++) {
            double row = floor((double)i * sizes[s] / points);
            expect((double)m.known.scatter[2 * i], row);
            expect((double)m.known.scatter[2 * i + 1], row);
        }
        assert_true(m.known.targets[0].rmse == 0.0 && m.known.mistakes[0].sample == 0);
        release(&m);
        free(values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_classes_agree), cmocka_unit_test(outputs_need_not_be_probabilities),
        cmocka_unit_test(two_classes_agree),  cmocka_unit_test(classes_may_be_missing),
        cmocka_unit_test(numbers_agree),      cmocka_unit_test(points_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
