/*
 * NULL where a function of training or prediction needs an object, settings or an output: an error
 * of status ARGUMENT, and a harmless value where there is no status.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <nnfs/nnfs.h>

static const float features[] = {0.0f, 1.0f, 2.0f, 3.0f};
static const int32_t labels[] = {0, 1, 0, 1};
static const nnfs_arrays arrays = {
    .features = features, .feature_count = 1, .samples = 4, .labels = labels, .classes = 2};

static nnfs_network *network;
static nnfs_dataset *dataset;
static nnfs_trainer *trainer;
static nnfs_predictor *predictor;
static nnfs_train_settings settings;

static int make(void **state)
{
    (void)state;
    static const nnfs_layer layer = {2, NNFS_SOFTMAX};
    nnfs_network_settings of;
    nnfs_network_settings_init(&of);
    of.inputs = 1;
    of.layers = &layer;
    of.layer_count = 1;
    nnfs_train_settings_init(&settings);
    assert_int_equal(nnfs_network_create(&of, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    assert_int_equal(nnfs_predictor_create(network, 4, &predictor, NULL), NNFS_OK);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    nnfs_predictor_free(predictor);
    nnfs_trainer_free(trainer);
    nnfs_dataset_free(dataset);
    nnfs_network_free(network);
    return 0;
}

/* With an error to fill and without one. */
#define REFUSED(FUNCTION, ...)                                                \
    do {                                                                      \
        nnfs_error error = {.status = NNFS_OK};                               \
        assert_int_equal(FUNCTION(__VA_ARGS__, &error), NNFS_ERROR_ARGUMENT); \
        assert_int_equal(error.status, NNFS_ERROR_ARGUMENT);                  \
        assert_true(error.message[0] != '\0');                                \
        assert_int_equal(FUNCTION(__VA_ARGS__, NULL), NNFS_ERROR_ARGUMENT);   \
    } while (0)

static void training_is_refused(void **state)
{
    (void)state;
    nnfs_trainer *made = NULL;
    REFUSED(nnfs_train, NULL, dataset, NULL, NULL, &settings, NULL);
    REFUSED(nnfs_train, network, NULL, NULL, NULL, &settings, NULL);
    REFUSED(nnfs_train, network, dataset, NULL, NULL, NULL, NULL);
    REFUSED(nnfs_trainer_create, NULL, &settings, &made);
    REFUSED(nnfs_trainer_create, network, NULL, &made);
    REFUSED(nnfs_trainer_create, network, &settings, NULL);
    REFUSED(nnfs_trainer_epoch, NULL, dataset, NULL);
    REFUSED(nnfs_trainer_epoch, trainer, NULL, NULL);
    REFUSED(nnfs_trainer_set_learning_rate, NULL, 0.1f);
    REFUSED(nnfs_profile_create, NULL);
    assert_int_equal(nnfs_trainer_update(NULL, NULL), NNFS_ERROR_ARGUMENT);
    assert_null(made);
}

static void steps_are_refused(void **state)
{
    (void)state;
    nnfs_step step;
    float gradient[2];
    uint32_t beyond = 4;
    const nnfs_arrays none = {0};
    nnfs_step_init(NULL);
    nnfs_step_init(&step);
    REFUSED(nnfs_trainer_run, NULL, &step, NULL);
    REFUSED(nnfs_trainer_run, trainer, NULL, NULL);
    REFUSED(nnfs_trainer_run, trainer, &step, NULL);
    step.dataset = dataset;
    step.count = 1;
    REFUSED(nnfs_trainer_run, trainer, &step, NULL);
    step.samples = &beyond;
    REFUSED(nnfs_trainer_run, trainer, &step, NULL);
    step.arrays = &arrays;
    REFUSED(nnfs_trainer_run, trainer, &step, NULL);
    REFUSED(nnfs_trainer_step, NULL, &arrays, NULL);
    REFUSED(nnfs_trainer_step, trainer, NULL, NULL);
    REFUSED(nnfs_trainer_step, trainer, &none, NULL);
    REFUSED(nnfs_trainer_gradient, NULL, &arrays, NULL);
    REFUSED(nnfs_trainer_gradient, trainer, NULL, NULL);
    REFUSED(nnfs_trainer_get_weight_gradient, NULL, 0, gradient);
    REFUSED(nnfs_trainer_get_weight_gradient, trainer, 0, NULL);
    REFUSED(nnfs_trainer_get_weight_gradient, trainer, 1, gradient);
}

static void networks_are_refused(void **state)
{
    (void)state;
    nnfs_network *made = NULL;
    void *bytes = NULL;
    size_t count = 0;
    REFUSED(nnfs_network_copy, NULL, &made);
    REFUSED(nnfs_network_copy, network, NULL);
    REFUSED(nnfs_network_blend, NULL, network, 0.5f);
    REFUSED(nnfs_network_blend, network, NULL, 0.5f);
    REFUSED(nnfs_network_freeze, NULL, 0, 1);
    REFUSED(nnfs_network_set_precision, NULL, NNFS_PRECISION_F32);
    REFUSED(nnfs_network_freeze, network, 1, 1);
    REFUSED(nnfs_network_save_memory, NULL, &bytes, &count);
    REFUSED(nnfs_network_save_memory, network, NULL, &count);
    REFUSED(nnfs_network_save_memory, network, &bytes, NULL);
    REFUSED(nnfs_network_load_memory, NULL, 8, &made);
    REFUSED(nnfs_network_load_memory, "", 0, NULL);
    assert_null(made);
}

static void predictions_are_refused(void **state)
{
    (void)state;
    float outputs[8];
    nnfs_evaluation evaluation;
    nnfs_predictor *made = NULL;
    REFUSED(nnfs_predict, NULL, features, 4, 1, outputs);
    REFUSED(nnfs_predict, network, NULL, 4, 1, outputs);
    REFUSED(nnfs_predict, network, features, 4, 1, NULL);
    REFUSED(nnfs_predict_dataset, NULL, dataset, 0, 4, 1, outputs);
    REFUSED(nnfs_predict_dataset, network, NULL, 0, 4, 1, outputs);
    REFUSED(nnfs_predict_dataset, network, dataset, 0, 4, 1, NULL);
    REFUSED(nnfs_evaluate, NULL, dataset, 1, &evaluation);
    REFUSED(nnfs_evaluate, network, NULL, 1, &evaluation);
    REFUSED(nnfs_evaluate, network, dataset, 1, NULL);
    REFUSED(nnfs_predictor_create, NULL, 4, &made);
    REFUSED(nnfs_predictor_create, network, 0, &made);
    REFUSED(nnfs_predictor_create, network, 4, NULL);
    REFUSED(nnfs_predictor_run, NULL, features, 4, outputs);
    REFUSED(nnfs_predictor_run, predictor, NULL, 4, outputs);
    REFUSED(nnfs_predictor_run, predictor, features, 4, NULL);
}

static void values_are_harmless(void **state)
{
    (void)state;
    size_t count = 1;
    nnfs_network_settings_init(NULL);
    nnfs_train_settings_init(NULL);
    nnfs_train_settings_resolve(NULL);
    nnfs_trainer_free(NULL);
    nnfs_predictor_free(NULL);
    nnfs_network_free(NULL);
    nnfs_profile_free(NULL);
    nnfs_checkpoint_free(NULL);
    nnfs_memory_free(NULL);
    assert_null(nnfs_trainer_gradients(NULL, &count));
    assert_int_equal(count, 0);
    assert_null(nnfs_trainer_bias_gradient(NULL, 0));
    assert_true(nnfs_trainer_learning_rate(NULL) == 0.0f);
    assert_int_equal(nnfs_network_inputs(NULL) + nnfs_network_outputs(NULL), 0);
    assert_int_equal(nnfs_network_layer_count(NULL) + nnfs_network_parameters(NULL), 0);
    assert_int_equal(nnfs_network_layer(NULL, 0).width, 0);
    assert_int_equal(nnfs_network_normalization(NULL, 0), NNFS_NORMALIZATION_NONE);
    assert_true(nnfs_network_dropout(NULL, 0) + nnfs_network_input_dropout(NULL) == 0.0f);
    assert_int_equal(nnfs_network_loss(NULL), NNFS_CROSS_ENTROPY);
    assert_null(nnfs_network_biases(NULL, 0));
    assert_true(nnfs_network_hash(NULL) == 0);
    assert_true(nnfs_network_flops_forward(NULL) + nnfs_network_flops_step(NULL) == 0.0);
    assert_null(nnfs_network_note(NULL, "key"));
    assert_null(nnfs_network_note(network, NULL));
    assert_null(nnfs_network_preprocessing(NULL));
    assert_null(nnfs_checkpoint_path(NULL));
    assert_string_equal(nnfs_checkpoint_skip_reason(NULL), "");
    assert_null(nnfs_checkpoint_network(NULL));
    assert_int_equal(nnfs_checkpoint_settings(NULL).epochs, 10);
    assert_int_equal(nnfs_checkpoint_epochs(NULL) + nnfs_checkpoint_steps(NULL), 0);
    assert_int_equal(nnfs_checkpoint_finished(NULL), 0);
    assert_int_equal(nnfs_profile_rows(NULL), 0);
    assert_int_equal(nnfs_profile_row_at(NULL, 0).layer, -1);
    assert_int_equal(nnfs_profile_sum(NULL).threads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_is_refused),  cmocka_unit_test(steps_are_refused),
        cmocka_unit_test(networks_are_refused), cmocka_unit_test(predictions_are_refused),
        cmocka_unit_test(values_are_harmless),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
