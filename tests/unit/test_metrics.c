/*
 * Metrics against what scikit-learn says of the same predictions: a network that hands its inputs
 * through is evaluated on logits.
 */
#include "metrics_expected.h"
#include "training/metrics.h"

#include "base/random.h"
#include "data/encoder.h"

#include <math.h>
#include <nnfs/nnfs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hand_through.h"

static nnfs_evaluation evaluate(nnfs_network *network, const nnfs_arrays *arrays, int threads)
{
    nnfs_dataset *dataset = NULL;
    nnfs_evaluation evaluation;
    assert_int_equal(nnfs_dataset_wrap(arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_evaluate(network, dataset, threads, &evaluation, NULL), NNFS_OK);
    nnfs_dataset_free(dataset);
    return evaluation;
}

static nnfs_evaluation evaluate_once(int width, nnfs_activation activation, nnfs_loss loss,
                                     const nnfs_arrays *arrays)
{
    nnfs_network *network = hand_through(width, activation, loss);
    nnfs_evaluation evaluation = evaluate(network, arrays, 0);
    nnfs_network_free(network);
    return evaluation;
}

static void expect(double value, double wanted)
{
    if (!(fabs(value - wanted) < 1e-6)) {
        fail_msg("%.9g, not %.9g", value, wanted);
    }
}

/* ---- Many classes ---- */

static nnfs_arrays many(void)
{
    nnfs_arrays arrays = {.features = many_logits,
                          .feature_count = expected_classes,
                          .samples = expected_samples,
                          .labels = many_labels,
                          .classes = expected_classes};
    return arrays;
}

static void many_classes_are_judged(void **state)
{
    (void)state;
    const nnfs_loss losses[] = {NNFS_CROSS_ENTROPY, NNFS_MSE, NNFS_MAE};
    for (int i = 0; i < 3; i++) {
        nnfs_arrays arrays = many();
        nnfs_evaluation e = evaluate_once(expected_classes, NNFS_SOFTMAX, losses[i], &arrays);
        assert_int_equal(e.samples, expected_samples);
        expect(e.accuracy, many_accuracy);
        expect(e.macro_f1, many_macro_f1);
        expect(e.log_loss, many_log_loss);
        assert_true(i > 0 || e.log_loss == e.loss);
        assert_true(isnan(e.roc_auc) && isnan(e.rmse) && isnan(e.mae) && isnan(e.r2));
    }
}

/* Outputs that are no probabilities have no log loss; more of them than classes are never right. */
static void what_does_not_apply_is_nan(void **state)
{
    (void)state;
    nnfs_arrays arrays = many();
    nnfs_evaluation e = evaluate_once(expected_classes, NNFS_IDENTITY, NNFS_MSE, &arrays);
    expect(e.macro_f1, many_macro_f1);
    assert_true(isnan(e.log_loss) && isnan(e.roc_auc));
    arrays.classes = 4; /* of 5 outputs */
    e = evaluate_once(expected_classes, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, &arrays);
    expect(e.accuracy, many_accuracy);
    expect(e.macro_f1, many_macro_f1 * 5.0 / 4.0);
}

/* ---- Two classes ---- */

static nnfs_arrays two(void)
{
    nnfs_arrays arrays = {.features = two_logits,
                          .feature_count = 1,
                          .samples = expected_samples,
                          .labels = two_labels,
                          .classes = 2};
    return arrays;
}

static void expect_two(const nnfs_evaluation *e)
{
    expect(e->accuracy, two_accuracy);
    expect(e->macro_f1, two_macro_f1);
    expect(e->log_loss, two_log_loss);
    expect(e->roc_auc, two_roc_auc);
    expect(e->average_precision, two_average_precision);
}

static void two_classes_are_judged(void **state)
{
    (void)state;
    nnfs_arrays arrays = two();
    const nnfs_loss losses[] = {NNFS_BINARY_CROSS_ENTROPY, NNFS_MSE};
    for (int i = 0; i < 2; i++) {
        nnfs_evaluation e = evaluate_once(1, NNFS_SIGMOID, losses[i], &arrays);
        expect_two(&e);
    }
    /* sigmoid(z) = softmax(0, z): the same with two outputs */
    float pairs[2 * expected_samples] = {0};
    for (int i = 0; i < expected_samples; i++) {
        pairs[2 * i + 1] = two_logits[i];
    }
    arrays.features = pairs;
    arrays.feature_count = 2;
    nnfs_evaluation e = evaluate_once(2, NNFS_SOFTMAX, NNFS_CROSS_ENTROPY, &arrays);
    expect_two(&e);
}

static void one_class_alone_has_no_curve(void **state)
{
    (void)state;
    int32_t same[expected_samples] = {0};
    nnfs_arrays arrays = two();
    arrays.labels = same;
    nnfs_evaluation e = evaluate_once(1, NNFS_SIGMOID, NNFS_BINARY_CROSS_ENTROPY, &arrays);
    assert_true(isnan(e.roc_auc));
    assert_true(e.macro_f1 > 0.0 && e.macro_f1 <= 0.5);
    assert_true(isnan(e.average_precision));
    const float scores[] = {0.5f, NAN};
    const int32_t labels[] = {0, 1};
    assert_int_equal(metrics_of_scores(scores, labels, 2, &e, NULL), NNFS_OK);
    assert_true(isnan(e.roc_auc) && isnan(e.average_precision));
}

/* Pair by pair, over scores of either sign, with both zeros, infinities and many ties. */
static void the_curve_is_that_of_all_pairs(void **state)
{
    (void)state;
    enum { count = 700 };
    static float scores[count];
    static int32_t labels[count];
    for (uint32_t i = 0; i < count; i++) {
        random_words words = random_draw((random_key){8, RANDOM_DIGITS}, 0, i, 0);
        labels[i] = (int32_t)(words.word[0] % 3 == 0);
        scores[i] = ldexpf((float)(words.word[1] % 9) - 4.0f, (int)(words.word[2] % 40) - 20);
        scores[i] = words.word[3] % 20 == 0   ? -0.0f
                    : words.word[3] % 20 == 1 ? INFINITY
                    : words.word[3] % 20 == 2 ? -INFINITY
                                              : scores[i];
    }
    double pairs = 0.0;
    double won = 0.0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            if (labels[i] == 1 && labels[j] == 0) {
                pairs += 1.0;
                won += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
            }
        }
    }
    nnfs_evaluation e;
    assert_int_equal(metrics_of_scores(scores, labels, count, &e, NULL), NNFS_OK);
    assert_true(e.roc_auc == won / pairs);
}

/* ---- Thresholds ---- */

static const float threshold_scores[] = {0.9f, 0.1f, 0.4f, 0.4f, 0.7f, 0.2f, 0.4f, 0.0f};
static const int32_t threshold_labels[] = {1, 0, 1, 0, 0, 0, 1, 0};
enum { THRESHOLD_SAMPLES = 8 };

/* Counted sample by sample at each score. */
static void thresholds_count_what_is_above_them(void **state)
{
    (void)state;
    nnfs_threshold made[THRESHOLD_SAMPLES];
    int64_t count = 0;
    assert_int_equal(
        nnfs_thresholds(threshold_scores, threshold_labels, THRESHOLD_SAMPLES, made, &count, NULL),
        NNFS_OK);
    assert_int_equal(count, 6);
    for (int i = 0; i < count; i++) {
        int64_t ones = 0, zeros = 0;
        assert_true(i == 0 || made[i].score < made[i - 1].score);
        for (int j = 0; j < THRESHOLD_SAMPLES; j++) {
            bool above = threshold_scores[j] >= made[i].score;
            ones += above && threshold_labels[j] == 1;
            zeros += above && threshold_labels[j] == 0;
        }
        assert_int_equal(made[i].true_positives, ones);
        assert_int_equal(made[i].false_positives, zeros);
    }
    /* F1: 2/4, 2/5, 6/8, 6/9, 6/10, 6/11 */
    assert_true(nnfs_threshold_for_f1(made, count).score == 0.4f);
    /* the cost of FP and FN: at 0.9 0 + 2 FN, at 0.4 2 FP, above all 3 FN */
    assert_true(nnfs_threshold_for_costs(made, count, 1.0, 2.0).score == 0.4f);
    assert_true(nnfs_threshold_for_costs(made, count, 5.0, 1.0).score == 0.9f);
    const nnfs_threshold none = nnfs_threshold_for_costs(made + 1, 1, 1.0, 0.5);
    assert_true(isinf(none.score) && none.true_positives == 0 && none.false_positives == 0);
}

static void thresholds_refuse_what_is_no_score(void **state)
{
    (void)state;
    nnfs_threshold made[2];
    int64_t count = 0;
    const float scores[] = {0.5f, NAN};
    const int32_t labels[] = {0, 2};
    assert_int_equal(nnfs_thresholds(scores, labels, 2, made, &count, NULL), NNFS_ERROR_DATA);
    assert_int_equal(nnfs_thresholds(threshold_scores, labels, 2, made, &count, NULL),
                     NNFS_ERROR_DATA);
    assert_int_equal(nnfs_thresholds(scores, labels, -1, made, &count, NULL), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_thresholds(NULL, labels, 2, made, &count, NULL), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_thresholds(scores, labels, 0, made, &count, NULL), NNFS_OK);
    assert_int_equal(count, 0);
    assert_true(isinf(nnfs_threshold_for_f1(made, 0).score));
}

/* A probability of 0 costs what 1e-15 does. */
static void certain_errors_cost_what_is_bounded(void **state)
{
    (void)state;
    const float p[] = {1.0f, 0.25f, 0.0f};
    const int32_t labels[] = {0, 1, 1};
    expect(metrics_log_loss(p, labels, 1, 3), -2.0 * log(1e-15) - log(0.25));
}

/* ---- Numbers ---- */

static void numbers_are_judged(void **state)
{
    (void)state;
    nnfs_arrays arrays = {.features = numbers_outputs,
                          .feature_count = 2,
                          .samples = expected_samples,
                          .targets = numbers_targets,
                          .target_count = 2};
    nnfs_evaluation e = evaluate_once(2, NNFS_IDENTITY, NNFS_MSE, &arrays);
    expect(e.rmse, numbers_rmse);
    expect(e.mae, numbers_mae);
    expect(e.r2, numbers_r2);
    expect(e.loss, numbers_rmse * numbers_rmse);
    assert_true(isnan(e.accuracy) && isnan(e.macro_f1) && isnan(e.log_loss) && isnan(e.roc_auc));
}

/* Learned as standardised numbers, judged in their own: as computed from predictions. */
static void numbers_of_tables_are_judged_in_their_units(void **state)
{
    (void)state;
    char name_x[] = "x", name_y[] = "y";
    table_column columns[] = {{.name = name_x, .use = NNFS_COLUMN_FEATURE},
                              {.name = name_y, .use = NNFS_COLUMN_TARGET}};
    int feature = 0, target = 1;
    table_schema schema = {.columns = columns,
                           .column_count = 2,
                           .features = &feature,
                           .feature_count = 1,
                           .targets = &target,
                           .target_count = 1};
    float cells[2 * expected_samples], y[expected_samples], p[expected_samples];
    for (int i = 0; i < expected_samples; i++) {
        cells[2 * i] = numbers_outputs[2 * i];
        cells[2 * i + 1] = y[i] = 200000.0f + 1000.0f * numbers_targets[2 * i];
    }
    nnfs_dataset dataset = {.storage = {.features = cells,
                                        .type = DTYPE_F32,
                                        .scale = 1.0f,
                                        .feature_count = 2,
                                        .samples = expected_samples,
                                        .targets = y,
                                        .target_count = 1,
                                        .schema = &schema},
                            .samples = expected_samples};
    nnfs_preprocessing *preprocessing = NULL;
    nnfs_network *network = hand_through(1, NNFS_IDENTITY, NNFS_MSE);
    nnfs_evaluation e;
    assert_int_equal(nnfs_preprocessing_fit(&dataset, NULL, &preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_prepare(&dataset, preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_preprocessing(network, preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_predict_dataset(network, &dataset, 0, expected_samples, 0, p, NULL),
                     NNFS_OK);
    assert_int_equal(nnfs_evaluate(network, &dataset, 0, &e, NULL), NNFS_OK);
    double absolute = 0.0, squares = 0.0;
    for (int i = 0; i < expected_samples; i++) {
        absolute += fabs((double)p[i] - (double)y[i]);
        squares += ((double)p[i] - (double)y[i]) * ((double)p[i] - (double)y[i]);
    }
    assert_true(e.mae > 100.0);
    expect(e.mae / (absolute / expected_samples), 1.0 /* predictions have 24 bits, of 200,000 */);
    expect(e.rmse / sqrt(squares / expected_samples), 1.0);
    double scale = (double)nnfs_preprocessing_target(preprocessing, 0).scale;
    expect(e.loss, e.rmse * scale * e.rmse * scale);
    expect(e.r2, 1.0 - e.loss); /* of standardised targets */
    encoder_release(dataset.encoder);
    nnfs_preprocessing_free(preprocessing);
    nnfs_network_free(network);
}

/* ---- Both ---- */

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    enum { times = 100 };
    static float logits[times * expected_samples];
    static int32_t labels[times * expected_samples];
    for (int i = 0; i < times * expected_samples; i++) {
        int step = i / 97;
        logits[i] = two_logits[i % expected_samples] * (1.0f + 0.01f * (float)step);
        labels[i] = two_labels[i % expected_samples];
    }
    nnfs_arrays arrays = {.features = logits,
                          .feature_count = 1,
                          .samples = times * expected_samples,
                          .labels = labels,
                          .classes = 2};
    nnfs_network *network = hand_through(1, NNFS_SIGMOID, NNFS_MSE);
    nnfs_evaluation one = evaluate(network, &arrays, 1);
    nnfs_evaluation more = evaluate(network, &arrays, 3);
    assert_true(one.loss == more.loss && one.accuracy == more.accuracy);
    assert_true(one.macro_f1 == more.macro_f1 && one.log_loss == more.log_loss);
    assert_true(one.roc_auc == more.roc_auc);
    nnfs_network_free(network);
}

static void data_without_targets_are_refused(void **state)
{
    (void)state;
    nnfs_dataset dataset = {.storage = {.features = (void *)(uintptr_t)numbers_outputs,
                                        .type = DTYPE_F32,
                                        .scale = 1.0f,
                                        .feature_count = 2,
                                        .samples = expected_samples,
                                        .target_count = 2},
                            .samples = expected_samples,
                            .inputs = 2};
    nnfs_network *network = hand_through(2, NNFS_IDENTITY, NNFS_MSE);
    nnfs_evaluation e = {.samples = 77};
    nnfs_error error = {0};
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    assert_int_equal(nnfs_evaluate(network, &dataset, 0, &e, &error), NNFS_ERROR_DATA);
    assert_string_equal(error.message, "the data has no targets");
    assert_int_equal(e.samples, 77);
    assert_int_equal(nnfs_train(network, &dataset, NULL, NULL, &settings, NULL, &error),
                     NNFS_ERROR_DATA);
    nnfs_network_free(network);
}

/* Two labels by one weight each: p = sigmoid(x). */
static void labels_are_measured_each(void **state)
{
    (void)state;
    const float x[] = {2.0f, 2.0f, -1.0f, 1.0f, 3.0f, -2.0f, -4.0f, -1.0f};
    const float y[] = {1.0f, 0.0f, 0.0f, 1.0f, 1.0f, 0.0f, 1.0f, 0.0f};
    const float weights[] = {1.0f, 0.0f, 0.0f, 1.0f};
    const nnfs_layer layer = {2, NNFS_SIGMOID};
    nnfs_arrays arrays = {
        .features = x, .feature_count = 2, .samples = 4, .targets = y, .target_count = 2};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_dataset *data = NULL;
    nnfs_evaluation each[2];
    nnfs_evaluation all;
    nnfs_network_settings_init(&settings);
    settings.inputs = 2;
    settings.layers = &layer;
    settings.layer_count = 1;
    settings.loss = NNFS_BINARY_CROSS_ENTROPY;
    settings.init = NNFS_INIT_ZEROS;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_weights(network, 0, weights, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_wrap(&arrays, &data, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_labels_each(data), 2);
    assert_int_equal(nnfs_evaluate_labels(network, data, 1, each, NULL), NNFS_OK);
    assert_int_equal(nnfs_evaluate(network, data, 1, &all, NULL), NNFS_OK);
    /* Label 1: scores 2, -1, 3, -4 of 1, 0, 1, 1; label 2: 2, 1, -2, -1 of 0, 1, 0, 0. */
    assert_true(each[0].accuracy == 0.75 && each[1].accuracy == 0.75);
    assert_true(fabs(each[0].macro_f1 - 0.8) < 1e-12);
    assert_true(fabs(each[1].macro_f1 - 2.0 / 3.0) < 1e-12);
    assert_true(fabs(each[0].roc_auc - 2.0 / 3.0) < 1e-12);
    assert_true(fabs(each[1].roc_auc - 2.0 / 3.0) < 1e-12);
    double loss = (log1p(exp(-2)) + log1p(exp(-1)) + log1p(exp(-3)) + log1p(exp(4))) / 4;
    assert_true(fabs(each[0].log_loss - loss) < 1e-6);
    assert_true(all.accuracy == 0.75 && isnan(all.rmse));
    assert_true(fabs(all.macro_f1 - (0.8 + 2.0 / 3.0) / 2) < 1e-12);
    assert_true(fabs(all.loss - (each[0].loss + each[1].loss) / 2) < 1e-6);
    nnfs_dataset_free(data);

    float half[8];
    memcpy(half, y, sizeof half);
    half[3] = 0.5f; /* a probability is no label */
    arrays.targets = half;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &data, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_labels_each(data), 0);
    assert_int_equal(nnfs_evaluate_labels(network, data, 1, each, NULL), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_evaluate(network, data, 1, &all, NULL), NNFS_OK);
    assert_true(isnan(all.accuracy) && all.rmse > 0.0);
    nnfs_dataset_free(data);
    nnfs_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_measured_each),
        cmocka_unit_test(many_classes_are_judged),
        cmocka_unit_test(what_does_not_apply_is_nan),
        cmocka_unit_test(two_classes_are_judged),
        cmocka_unit_test(one_class_alone_has_no_curve),
        cmocka_unit_test(the_curve_is_that_of_all_pairs),
        cmocka_unit_test(thresholds_count_what_is_above_them),
        cmocka_unit_test(thresholds_refuse_what_is_no_score),
        cmocka_unit_test(certain_errors_cost_what_is_bounded),
        cmocka_unit_test(numbers_are_judged),
        cmocka_unit_test(numbers_of_tables_are_judged_in_their_units),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(data_without_targets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
