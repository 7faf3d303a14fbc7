/*
 * A training loop of one's own: ends when the validation loss has not improved for some epochs, and
 * keeps the best network.
 */
#include <math.h>
#include <nnfs/nnfs.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 300, MOST_EPOCHS = 500, PATIENCE = 50 };

static float x[SAMPLES];
static float y[SAMPLES];

/* sin(3 x) and some noise. */
static void draw_samples(void)
{
    uint32_t state = 1;
    for (int i = 0; i < SAMPLES; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
        state = state * 1664525u + 1013904223u;
        y[i] = sinf(3.0f * x[i]) + 0.2f * ((float)(state >> 8) / 8388608.0f - 1.0f);
    }
}

static void check(nnfs_status status, const nnfs_error *error)
{
    if (status != NNFS_OK) {
        (void)fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    nnfs_error error;
    draw_samples();
    const nnfs_arrays arrays = {
        .features = x, .feature_count = 1, .samples = SAMPLES, .targets = y, .target_count = 1};
    nnfs_dataset *all;
    nnfs_dataset *train;
    nnfs_dataset *validation;
    check(nnfs_dataset_wrap(&arrays, &all, &error), &error);
    check(nnfs_dataset_split(all, 0.3, 1, &train, &validation, &error), &error);

    const nnfs_layer layers[] = {{64, NNFS_TANH}, {1, NNFS_IDENTITY}};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = 1;
    shape.layers = layers;
    shape.layer_count = 2;
    shape.loss = NNFS_MSE;
    nnfs_network *network;
    nnfs_network *best;
    check(nnfs_network_create(&shape, &network, &error), &error);
    check(nnfs_network_copy(network, &best, &error), &error);

    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.batch = 32;
    settings.schedule = NNFS_SCHEDULE_CONSTANT;
    settings.learning_rate = 0.01f;
    nnfs_trainer *trainer;
    check(nnfs_trainer_create(network, &settings, &trainer, &error), &error);

    double best_loss = INFINITY;
    int best_epoch = 0;
    for (int epoch = 1; epoch <= MOST_EPOCHS && epoch - best_epoch <= PATIENCE; epoch++) {
        nnfs_evaluation now;
        check(nnfs_trainer_epoch(trainer, train, NULL, &error), &error);
        check(nnfs_evaluate(network, validation, 0, &now, &error), &error);
        if (now.loss < best_loss) {
            best_loss = now.loss;
            best_epoch = epoch;
            check(nnfs_network_blend(best, network, 1.0f, &error), &error); /* a copy in place */
        }
    }
    printf("best epoch %d, validation loss %.4f\n", best_epoch, best_loss);

    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    nnfs_network_free(best);
    nnfs_dataset_free(train);
    nnfs_dataset_free(validation);
    nnfs_dataset_free(all);
    return best_loss < 0.05 ? EXIT_SUCCESS : EXIT_FAILURE;
}
