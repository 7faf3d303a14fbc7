/*
 * field.md S14: NULL where a public function needs an object, settings or an output is an error of
 * status ARGUMENT. Those of training are tested with the trainer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nnfs/nnfs.h>
#include <string.h>

static void refused(nnfs_status status, const nnfs_error *error)
{
    assert_int_equal(status, NNFS_ERROR_ARGUMENT);
    assert_int_equal(error->status, NNFS_ERROR_ARGUMENT);
    assert_non_null(strstr(error->message, "is NULL"));
}

#define REFUSED(FUNCTION, ...)                          \
    do {                                                \
        nnfs_error error = {.status = NNFS_OK};         \
        refused(FUNCTION(__VA_ARGS__, &error), &error); \
        (void)FUNCTION(__VA_ARGS__, NULL);              \
    } while (0)

static const float features[] = {0.0f, 1.0f, 2.0f, 3.0f};
static const int32_t labels[] = {0, 1, 0, 1};

static void test_datasets(void **state)
{
    const nnfs_arrays arrays = {
        .features = features, .feature_count = 1, .samples = 4, .labels = labels, .classes = 2};
    const double weights[] = {1.0, 1.0};
    nnfs_dataset *set = NULL;
    nnfs_dataset *other = NULL;
    nnfs_preprocessing *made = NULL;
    int64_t count;
    int column;
    (void)state;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &set, NULL), NNFS_OK);
    REFUSED(nnfs_dataset_load, NULL, NULL, &other, NULL);
    REFUSED(nnfs_dataset_load, "digits", NULL, NULL, NULL);
    REFUSED(nnfs_dataset_wrap, NULL, &other);
    REFUSED(nnfs_dataset_wrap, &arrays, NULL);
    REFUSED(nnfs_dataset_split, NULL, 0.5, 1, &other, &other);
    REFUSED(nnfs_dataset_split, set, 0.5, 1, NULL, &other);
    REFUSED(nnfs_dataset_split, set, 0.5, 1, &other, NULL);
    REFUSED(nnfs_dataset_fold, NULL, 2, 0, 1, &other, &other);
    REFUSED(nnfs_dataset_fold, set, 2, 0, 1, NULL, &other);
    REFUSED(nnfs_dataset_fold, set, 2, 0, 1, &other, NULL);
    REFUSED(nnfs_dataset_set_class_weights, NULL, weights);
    REFUSED(nnfs_dataset_count_overlap, NULL, set, &count);
    REFUSED(nnfs_dataset_count_overlap, set, NULL, &count);
    REFUSED(nnfs_dataset_count_overlap, set, set, NULL);
    REFUSED(nnfs_dataset_copy, NULL, 0, 1, NULL, NULL, NULL);
    REFUSED(nnfs_dataset_target_leakage, NULL, &column);
    REFUSED(nnfs_dataset_target_leakage, set, NULL);
    REFUSED(nnfs_preprocessing_fit, NULL, NULL, &made);
    REFUSED(nnfs_preprocessing_fit, set, NULL, NULL);
    REFUSED(nnfs_dataset_prepare, NULL, made);
    REFUSED(nnfs_dataset_prepare, set, NULL);
    nnfs_dataset_free(set);
}

static void test_networks(void **state)
{
    static const nnfs_layer layer = {2, NNFS_SOFTMAX};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network *other = NULL;
    nnfs_checkpoint *checkpoint = NULL;
    float weights[2];
    (void)state;
    nnfs_network_settings_init(&settings);
    settings.inputs = 1;
    settings.layers = &layer;
    settings.layer_count = 1;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    REFUSED(nnfs_network_create, NULL, &other);
    REFUSED(nnfs_network_create, &settings, NULL);
    REFUSED(nnfs_network_load, NULL, &other);
    REFUSED(nnfs_network_load, "model.safetensors", NULL);
    REFUSED(nnfs_network_save, NULL, "model.safetensors");
    REFUSED(nnfs_network_save, network, NULL);
    REFUSED(nnfs_network_save_check, NULL);
    REFUSED(nnfs_network_header_check, NULL);
    REFUSED(nnfs_network_get_weights, NULL, 0, weights);
    REFUSED(nnfs_network_get_weights, network, 0, NULL);
    REFUSED(nnfs_network_set_weights, NULL, 0, weights);
    REFUSED(nnfs_network_set_weights, network, 0, NULL);
    REFUSED(nnfs_network_set_note, NULL, "key", "value");
    REFUSED(nnfs_network_set_note, network, NULL, "value");
    REFUSED(nnfs_network_set_preprocessing, NULL, NULL);
    REFUSED(nnfs_checkpoint_open, NULL, &checkpoint);
    REFUSED(nnfs_checkpoint_open, ".", NULL);
    nnfs_network_free(network);
}

/* A function that returns a property returns 0, NULL or a struct of zeros for no object. */
static void test_properties(void **state)
{
    int column = -1;
    (void)state;
    assert_true(nnfs_dataset_samples(NULL) == 0);
    assert_int_equal(nnfs_dataset_features(NULL), 0);
    assert_int_equal(nnfs_dataset_classes(NULL), 0);
    assert_int_equal(nnfs_dataset_outputs(NULL), 0);
    assert_int_equal(nnfs_dataset_has_targets(NULL), 0);
    assert_true(nnfs_dataset_scale(NULL) == 0.0f);
    assert_int_equal(nnfs_dataset_columns(NULL), 0);
    assert_null(nnfs_dataset_class_name(NULL, 0));
    assert_null(nnfs_dataset_column(NULL, 0).name);
    assert_null(nnfs_dataset_category(NULL, 0, 0));
    assert_null(nnfs_dataset_reading(NULL).format);
    assert_int_equal(nnfs_dataset_image_layout(NULL).height, 0);
    assert_true(nnfs_dataset_cell(NULL, 0, 0) != nnfs_dataset_cell(NULL, 0, 0)); /* NaN */
    assert_null(nnfs_dataset_preprocessing(NULL));
    assert_true(nnfs_dataset_unseen(NULL, 0, &column) == 0);
    assert_null(nnfs_dataset_format(NULL));
    assert_int_equal(nnfs_preprocessing_columns(NULL), 0);
    assert_int_equal(nnfs_preprocessing_inputs(NULL), 0);
    assert_int_equal(nnfs_preprocessing_targets(NULL), 0);
    assert_null(nnfs_preprocessing_column(NULL, 0).name);
    assert_null(nnfs_preprocessing_category(NULL, 0, 0));
    assert_null(nnfs_preprocessing_class_name(NULL, 0));
    assert_null(nnfs_preprocessing_target(NULL, 0).name);
    assert_int_equal(nnfs_network_inputs(NULL), 0);
    assert_int_equal(nnfs_network_outputs(NULL), 0);
    assert_int_equal(nnfs_network_layer_count(NULL), 0);
    assert_int_equal(nnfs_network_layer(NULL, 0).width, 0);
    assert_int_equal(nnfs_network_members(NULL), 0);
    assert_int_equal(nnfs_network_embedded(NULL), 0);
    assert_int_equal(nnfs_network_embedding(NULL, 0).count, 0);
    assert_true(nnfs_network_quantile(NULL) == 0.0f);
    assert_int_equal(nnfs_dataset_labels_each(NULL), 0);
    assert_int_equal(nnfs_evaluate_labels(NULL, NULL, 1, NULL, NULL), NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_network_layer_columns(NULL, 0), 0);
    assert_true(nnfs_network_parameters(NULL) == 0);
    assert_null(nnfs_network_biases(NULL, 0));
    assert_null(nnfs_network_note(NULL, "epochs"));
    assert_null(nnfs_network_preprocessing(NULL));
    assert_int_equal(nnfs_onnx_outputs(NULL), 0);
    assert_int_equal(nnfs_trainer_ops(NULL), 0);
    assert_null(nnfs_trainer_op(NULL, 0).name);
    assert_int_equal(nnfs_profile_rows(NULL), 0);
    assert_null(nnfs_train_setting_choice(NULL, 0));
}

/* Settings that are not there have nothing to fill in. */
static void test_settings(void **state)
{
    (void)state;
    nnfs_dataset_settings_init(NULL);
    nnfs_preprocessing_settings_init(NULL);
    nnfs_network_settings_init(NULL);
    nnfs_train_settings_init(NULL);
    nnfs_c_settings_init(NULL);
    nnfs_import_settings_init(NULL);
    nnfs_step_init(NULL);
    nnfs_machine_describe(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datasets), cmocka_unit_test(test_networks),
        cmocka_unit_test(test_properties), cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
