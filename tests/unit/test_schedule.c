/*
 * The learning-rate schedules: against PyTorch's numbers, against what the steps really did to a
 * weight, and the same bits at any number of threads. A weight whose gradient is always 1 (a bias,
 * under the mean absolute error of targets far below) is the sum of the rates so far.
 */
#include "optim/schedule.h"
#include "optim/train_settings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static nnfs_train_settings settings_with(nnfs_schedule which, int epochs)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.optimizer = NNFS_SGD;
    settings.learning_rate = 1.0f;
    settings.epochs = epochs;
    settings.schedule = which;
    return settings;
}

static double rate_at(nnfs_train_settings settings, int64_t step, int64_t steps)
{
    nnfs_train_settings_resolve(&settings);
    assert_int_equal(settings_check(&train_settings, &settings, NULL), NNFS_OK);
    schedule_state state = schedule_begin();
    const schedule_time time = {(int)(step / steps), step % steps, steps};
    return (double)schedule_rate(&settings, &state, &time);
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-7 * fabs(expected))) {
        fail_msg("%.9g, expected %.9g", value, expected);
    }
}

/* ---- Against PyTorch ---- */

enum { reference_steps = 10, reference_epochs = 6, steps_an_epoch = 5 };

static const int64_t reference_step[reference_steps] = {0, 1, 4, 5, 8, 9, 10, 17, 24, 29};

/* What torch 2.15's lr_scheduler has for a rate of 1, 6 epochs of 5 steps. */
static const struct {
    nnfs_schedule schedule;
    double every, factor, floor;
    double rate[reference_steps];
} references[] = {
    /* StepLR(step_size=2, gamma=0.3), each epoch */
    {NNFS_SCHEDULE_STEP, 2, 0.3, -1, {1, 1, 1, 1, 1, 1, 0.3, 0.3, 0.09, 0.09}},
    /* ExponentialLR(gamma=0.8 ** (1 / 5)), each step */
    {NNFS_SCHEDULE_EXPONENTIAL,
     -1,
     0.8,
     -1,
     {1, 0.95635249979, 0.836511642073, 0.8, 0.699751727324, 0.669209313658, 0.64, 0.468280373174,
      0.342635168593, 0.274108134874}},
    /* CosineAnnealingLR(T_max=30, eta_min=0.05), each step */
    {NNFS_SCHEDULE_COSINE,
     -1,
     -1,
     0.05,
     {1, 0.9973979003, 0.95893409238, 0.936362066798, 0.84283703802, 0.804197994839, 0.7625,
      0.426241946862, 0.140716927672, 0.0526020997001}},
    /* OneCycleLR(max_lr=1, total_steps=30, cycle_momentum=False), each step */
    {NNFS_SCHEDULE_ONE_CYCLE,
     -1,
     -1,
     -1,
     {0.04, 0.0765378243946, 0.52, 0.703688047535, 1, 0.994415435451, 0.977786491747,
      0.611262021936, 0.133477530189, 4e-06}},
    /* LambdaLR of pytabkit's coslog4, (1 - cos(2 pi log2(1 + 15 t))) / 2, each step of 30 */
    {NNFS_SCHEDULE_COSLOG,
     -1,
     -1,
     -1,
     {0, 0.930430970431, 0.930430970431, 0.323689004229, 0.718354688462, 0.983844426923,
      0.930430970431, 0.493489275465, 0.653194105154, 0.0205636909606}},
};

static void rates_are_torchs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        nnfs_train_settings settings = settings_with(references[i].schedule, reference_epochs);
        settings.schedule_every = references[i].every;
        settings.schedule_factor = references[i].factor;
        settings.schedule_floor = references[i].floor;
        for (int k = 0; k < reference_steps; k++) {
            assert_near(rate_at(settings, reference_step[k], steps_an_epoch),
                        references[i].rate[k]);
        }
    }
}

/* A run of three steps, too short for a rise: OneCycleLR(max_lr=1, total_steps=3). */
static void a_short_cycle_is_torchs(void **state)
{
    (void)state;
    const double expected[] = {0.9944154354509117, 0.46263710266697505, 4e-6};
    for (int64_t step = 0; step < 3; step++) {
        assert_near(rate_at(settings_with(NNFS_SCHEDULE_ONE_CYCLE, 3), step, 1), expected[step]);
    }
}

/* ReduceLROnPlateau(factor=0.3, patience=2, min_lr=0.02), after each of these losses. */
static void plateau_is_torchs(void **state)
{
    (void)state;
    const double losses[] = {1.0, 0.9, 0.95, 0.91, 0.9, 0.89, 0.889999, 0.88995, 0.8899, 0.5,
                             0.6, 0.6, 0.6,  0.6,  0.6, 0.6,  0.6,      0.6,     0.6};
    const double expected[] = {1,   1,   1,    1,    0.3,  0.3,   0.3,   0.3,   0.3, 0.3,
                               0.3, 0.3, 0.09, 0.09, 0.09, 0.027, 0.027, 0.027, 0.02};
    nnfs_train_settings settings = settings_with(NNFS_SCHEDULE_PLATEAU, 100);
    settings.schedule_factor = 0.3;
    settings.schedule_floor = 0.02;
    nnfs_train_settings_resolve(&settings);
    assert_int_equal(settings.schedule_patience, 2);
    schedule_state history = schedule_begin();
    for (int i = 0; i < (int)(sizeof losses / sizeof *losses); i++) {
        schedule_note(&history, &settings, losses[i]);
        const schedule_time time = {i, 0, 1};
        assert_near((double)schedule_rate(&settings, &history, &time), expected[i]);
    }
}

static void a_loss_that_is_no_number_is_no_better(void **state)
{
    (void)state;
    nnfs_train_settings settings = settings_with(NNFS_SCHEDULE_PLATEAU, 100);
    settings.schedule_patience = 0;
    nnfs_train_settings_resolve(&settings);
    schedule_state history = schedule_begin();
    schedule_note(&history, &settings, (double)NAN);
    assert_near(history.share, 0.1);
    schedule_note(&history, &settings, 1.0);
    assert_near(history.share, 0.1);
}

/* ---- Warm-up, and the ends ---- */

static void warmup_is_a_line_from_0(void **state)
{
    (void)state;
    const double epochs[] = {0.0, 0.1, 0.5, 1.0, 2.3};
    for (int which = 0; nnfs_schedule_name((nnfs_schedule)which); which++) {
        for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++) {
            nnfs_train_settings settings = settings_with((nnfs_schedule)which, 4);
            for (int64_t step = 0; step < 40; step++) {
                settings.warmup_epochs = 0.0;
                double without = rate_at(settings, step, 10);
                settings.warmup_epochs = epochs[i];
                double share = (double)(step + 1) / (10.0 * epochs[i]);
                assert_near(rate_at(settings, step, 10), without * fmin(share, 1.0));
            }
        }
    }
}

static void constant_is_the_rate_itself(void **state)
{
    (void)state;
    nnfs_train_settings settings = settings_with(NNFS_SCHEDULE_CONSTANT, 3);
    settings.learning_rate = 0.1f;
    for (int64_t step = 0; step < 50; step++) {
        assert_true((float)rate_at(settings, step, 7) == 0.1f);
    }
}

static void step_counts_parts_of_epochs(void **state)
{
    (void)state;
    nnfs_train_settings settings = settings_with(NNFS_SCHEDULE_STEP, 9);
    assert_near(rate_at(settings, 29, 10), 1.0); /* a third of the epochs is the default */
    assert_near(rate_at(settings, 30, 10), 0.1);
    assert_near(rate_at(settings, 60, 10), 0.01);
    settings.schedule_every = 0.3;
    assert_near(rate_at(settings, 2, 10), 1.0);
    assert_near(rate_at(settings, 3, 10), 0.1);
}

static void past_the_end_the_rate_stays(void **state)
{
    (void)state;
    nnfs_train_settings cosine = settings_with(NNFS_SCHEDULE_COSINE, 3);
    cosine.schedule_floor = 0.25;
    assert_near(rate_at(cosine, 12, 4), 0.25);
    assert_near(rate_at(cosine, 19, 4), 0.25);
    assert_near(rate_at(settings_with(NNFS_SCHEDULE_ONE_CYCLE, 3), 19, 4), 4e-6);
    assert_near(rate_at(settings_with(NNFS_SCHEDULE_COSLOG, 3), 19, 4), 0.0);
}

static void without_epochs_there_is_no_end(void **state)
{
    (void)state;
    assert_near(rate_at(settings_with(NNFS_SCHEDULE_COSINE, 0), 5, 4), 1.0);
    assert_near(rate_at(settings_with(NNFS_SCHEDULE_ONE_CYCLE, 0), 5, 4), 0.04);
    assert_near(rate_at(settings_with(NNFS_SCHEDULE_COSLOG, 0), 5, 4), 0.0);
    assert_near(rate_at(settings_with(NNFS_SCHEDULE_STEP, 0), 5, 4), 0.1);
}

/* ---- What the steps really do ---- */

enum { samples = 22, batch = 5, batches = 5 };

static float zeros[samples];
static float below[samples], above[samples];

static int make_data(void **state)
{
    (void)state;
    for (int i = 0; i < samples; i++) {
        below[i] = -1e5f;
        above[i] = 1e5f;
    }
    return 0;
}

static nnfs_arrays arrays_with(const float *targets)
{
    nnfs_arrays arrays = {.features = zeros,
                          .feature_count = 1,
                          .samples = samples,
                          .targets = targets,
                          .target_count = 1};
    return arrays;
}

static nnfs_dataset *dataset_with(const float *targets)
{
    nnfs_arrays arrays = arrays_with(targets);
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    return dataset;
}

static nnfs_network *one_bias(void)
{
    nnfs_layer layer = {1, NNFS_IDENTITY};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = 1;
    settings.layers = &layer;
    settings.layer_count = 1;
    settings.loss = NNFS_MAE;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static void each_step_has_its_rate(void **state)
{
    (void)state;
    nnfs_dataset *dataset = dataset_with(below);
    for (int which = 0; nnfs_schedule_name((nnfs_schedule)which); which++) {
        nnfs_train_settings settings = settings_with((nnfs_schedule)which, 4);
        settings.batch = batch;
        settings.warmup_epochs = 0.5;
        nnfs_network *network = one_bias();
        nnfs_trainer *trainer = NULL;
        assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
        double sum = 0.0;
        for (int epoch = 0; epoch < 4; epoch++) {
            nnfs_epoch done;
            assert_int_equal(nnfs_trainer_epoch(trainer, dataset, &done, NULL), NNFS_OK);
            for (int64_t step = 0; step < batches; step++) {
                sum += rate_at(settings, epoch * batches + step, batches);
            }
            assert_true(fabs((double)*nnfs_network_biases(network, 0) + sum) < 1e-4);
            assert_near(done.learning_rate,
                        rate_at(settings, epoch * batches + batches - 1, batches));
        }
        nnfs_trainer_free(trainer);
        nnfs_network_free(network);
    }
    nnfs_dataset_free(dataset);
}

/* By hand an epoch counts as one step, so the rate is that of the current epoch. */
static void by_hand_the_rate_is_the_epochs(void **state)
{
    (void)state;
    nnfs_arrays arrays = arrays_with(below);
    nnfs_dataset *dataset = dataset_with(below);
    nnfs_network *network = one_bias();
    nnfs_train_settings settings = settings_with(NNFS_SCHEDULE_EXPONENTIAL, 4);
    settings.batch = batch;
    settings.schedule_factor = 0.5;
    nnfs_trainer *trainer = NULL;
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    float *bias = nnfs_network_biases(network, 0);
    for (int epoch = 0; epoch < 3; epoch++) {
        for (int i = 0; i < 2; i++) {
            *bias = 0.0f;
            assert_int_equal(nnfs_trainer_step(trainer, &arrays, NULL, NULL), NNFS_OK);
            assert_true(fabs((double)*bias + pow(0.5, epoch)) < 1e-6);
            *bias = 0.0f;
            assert_int_equal(nnfs_trainer_gradient(trainer, &arrays, NULL, NULL), NNFS_OK);
            assert_int_equal(nnfs_trainer_update(trainer, NULL), NNFS_OK);
            assert_true(fabs((double)*bias + pow(0.5, epoch)) < 1e-6);
        }
        nnfs_epoch done;
        assert_int_equal(nnfs_trainer_epoch(trainer, dataset, &done, NULL), NNFS_OK);
    }
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    nnfs_dataset_free(dataset);
}

/* ---- Which loss plateau goes by ---- */

enum { plateau_epochs = 7 };

static int note_rate(void *user, const nnfs_epoch *epoch)
{
    double *rates = user;
    rates[epoch->epoch - 1] = epoch->learning_rate;
    return 0;
}

static void train_on_plateau(const nnfs_dataset *train, const nnfs_dataset *validation,
                             double rates[plateau_epochs])
{
    nnfs_train_settings settings = settings_with(NNFS_SCHEDULE_PLATEAU, plateau_epochs);
    settings.learning_rate = 100.0f; /* 1 part in 1,000 of the loss: clearly better or worse */
    settings.schedule_patience = 1;
    settings.schedule_factor = 0.5;
    settings.on_epoch = note_rate;
    settings.user = rates;
    nnfs_network *network = one_bias();
    assert_int_equal(nnfs_train(network, train, validation, validation, &settings, NULL, NULL),
                     NNFS_OK);
    nnfs_network_free(network);
}

static void plateau_goes_by_the_validation_loss(void **state)
{
    (void)state;
    nnfs_dataset *train = dataset_with(below);
    nnfs_dataset *contrary = dataset_with(above);
    const double reduced[plateau_epochs] = {100, 100, 100, 50, 50, 25, 25};
    double rates[plateau_epochs];
    train_on_plateau(train, contrary, rates);
    for (int i = 0; i < plateau_epochs; i++) {
        assert_near(rates[i], reduced[i]);
    }
    train_on_plateau(train, NULL, rates);
    for (int i = 0; i < plateau_epochs; i++) {
        assert_near(rates[i], 100.0);
    }
    nnfs_dataset_free(train);
    nnfs_dataset_free(contrary);
}

/* ---- Same bits ---- */

enum { many = 600, inputs = 20, classes = 4 };

static uint64_t hash_after(nnfs_schedule which, const nnfs_dataset *dataset, int threads)
{
    nnfs_layer layers[] = {{300, NNFS_RELU}, {classes, NNFS_SOFTMAX}};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = inputs;
    shape.layers = layers;
    shape.layer_count = 2;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&shape, &network, NULL), NNFS_OK);
    nnfs_train_settings settings = settings_with(which, 4);
    settings.optimizer = NNFS_ADAM;
    settings.learning_rate = 0.01f;
    settings.warmup_epochs = 0.7;
    settings.schedule_patience = 0;
    settings.threads = threads;
    assert_int_equal(nnfs_train(network, dataset, NULL, NULL, &settings, NULL, NULL), NNFS_OK);
    uint64_t hash = nnfs_network_hash(network);
    nnfs_network_free(network);
    return hash;
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    static float features[inputs * many];
    static int32_t labels[many];
    uint32_t noise = 1;
    for (int i = 0; i < inputs * many; i++) {
        noise = noise * 1664525u + 1013904223u;
        features[i] = (float)(noise >> 8) / 16777216.0f - 0.5f;
        labels[i / inputs] = i / inputs % classes;
    }
    nnfs_arrays arrays = {.features = features,
                          .feature_count = inputs,
                          .samples = many,
                          .labels = labels,
                          .classes = classes};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    uint64_t others[8] = {0};
    for (int which = 0; nnfs_schedule_name((nnfs_schedule)which); which++) {
        uint64_t hash = hash_after((nnfs_schedule)which, dataset, 1);
        assert_int_equal(hash_after((nnfs_schedule)which, dataset, 2), hash);
        assert_int_equal(hash_after((nnfs_schedule)which, dataset, 3), hash);
        bool plateau = which == (int)NNFS_SCHEDULE_PLATEAU; /* may have had nothing to reduce */
        for (int before = 0; before < which && !plateau; before++) {
            assert_int_not_equal(others[before], hash);
        }
        others[which] = hash;
    }
    nnfs_dataset_free(dataset);
}

/* ---- Settings ---- */

static void unused_settings_become_0(void **state)
{
    (void)state;
    nnfs_train_settings settings = settings_with(NNFS_SCHEDULE_COSINE, 3);
    settings.schedule_factor = 7.0;
    nnfs_train_settings_resolve(&settings);
    assert_true(settings.schedule_factor == 0.0 && settings.schedule_every == 0.0);
    assert_true(settings.schedule_floor == 0.0 && settings.warmup_epochs == 0.0);
    assert_int_equal(settings.schedule_patience, 0);
    settings = settings_with(NNFS_SCHEDULE_EXPONENTIAL, 3);
    nnfs_train_settings_resolve(&settings);
    assert_true(settings.schedule_factor == 0.9);
}

static void assert_refused(const nnfs_train_settings *settings, const char *name)
{
    nnfs_network *network = one_bias();
    nnfs_trainer *trainer = NULL;
    nnfs_error error = {0};
    char expected[100];
    (void)snprintf(expected, sizeof expected, "setting %s is out of its range", name);
    assert_int_equal(nnfs_trainer_create(network, settings, &trainer, &error), NNFS_ERROR_ARGUMENT);
    assert_null(trainer);
    assert_non_null(strstr(error.message, expected));
    nnfs_network_free(network);
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    nnfs_train_settings bad = settings_with((nnfs_schedule)77, 3);
    assert_refused(&bad, "schedule");
    const double not_warmups[] = {-0.5, (double)INFINITY, (double)NAN};
    const double not_everies[] = {0.0, -2.0, (double)INFINITY, (double)NAN};
    const double not_factors[] = {0.0, 1.0, -0.5, 2.0, (double)NAN};
    const double not_floors[] = {-0.5, 1.1, (double)NAN};
    for (size_t i = 0; i < sizeof not_warmups / sizeof *not_warmups; i++) {
        bad = settings_with(NNFS_SCHEDULE_CONSTANT, 3);
        bad.warmup_epochs = not_warmups[i];
        assert_refused(&bad, "warmup_epochs");
    }
    for (size_t i = 0; i < sizeof not_everies / sizeof *not_everies; i++) {
        bad = settings_with(NNFS_SCHEDULE_STEP, 3);
        bad.schedule_every = not_everies[i];
        assert_refused(&bad, "schedule_every");
    }
    for (size_t i = 0; i < sizeof not_factors / sizeof *not_factors; i++) {
        bad = settings_with(NNFS_SCHEDULE_PLATEAU, 3);
        bad.schedule_factor = not_factors[i];
        assert_refused(&bad, "schedule_factor");
    }
    for (size_t i = 0; i < sizeof not_floors / sizeof *not_floors; i++) {
        bad = settings_with(NNFS_SCHEDULE_COSINE, 3);
        bad.schedule_floor = not_floors[i];
        assert_refused(&bad, "schedule_floor");
    }
    bad = settings_with(NNFS_SCHEDULE_PLATEAU, 3);
    bad.schedule_patience = -2;
    assert_refused(&bad, "schedule_patience");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_torchs),
        cmocka_unit_test(a_short_cycle_is_torchs),
        cmocka_unit_test(plateau_is_torchs),
        cmocka_unit_test(a_loss_that_is_no_number_is_no_better),
        cmocka_unit_test(warmup_is_a_line_from_0),
        cmocka_unit_test(constant_is_the_rate_itself),
        cmocka_unit_test(step_counts_parts_of_epochs),
        cmocka_unit_test(past_the_end_the_rate_stays),
        cmocka_unit_test(without_epochs_there_is_no_end),
        cmocka_unit_test(each_step_has_its_rate),
        cmocka_unit_test(by_hand_the_rate_is_the_epochs),
        cmocka_unit_test(plateau_goes_by_the_validation_loss),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(unused_settings_become_0),
        cmocka_unit_test(settings_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
