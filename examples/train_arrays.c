/* Trains a classifier on arrays in memory: two spirals, one class each. */
#include <math.h>
#include <nnfs/nnfs.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 1000 };

static float features[2 * SAMPLES]; /* [2 x samples]: a sample's values lie side by side */
static int32_t labels[SAMPLES];

static void draw_spirals(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        int step = i / 2; /* the two spirals take turns */
        float t = 2.0f * (float)step / SAMPLES;
        float angle = 9.0f * t + (i % 2 ? 3.14159265f : 0.0f);
        features[2 * i] = t * cosf(angle);
        features[2 * i + 1] = t * sinf(angle);
        labels[i] = i % 2;
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
    draw_spirals();
    const nnfs_arrays arrays = {.features = features,
                                .feature_count = 2,
                                .samples = SAMPLES,
                                .labels = labels,
                                .classes = 2};
    nnfs_dataset *all;
    nnfs_dataset *train;
    nnfs_dataset *test;
    check(nnfs_dataset_wrap(&arrays, &all, &error), &error);
    check(nnfs_dataset_split(all, 0.2, 1, &train, &test, &error), &error);

    const nnfs_layer layers[] = {{64, NNFS_SILU}, {64, NNFS_SILU}, {2, NNFS_SOFTMAX}};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = 2;
    shape.layers = layers;
    shape.layer_count = 3;
    nnfs_network *network;
    check(nnfs_network_create(&shape, &network, &error), &error);

    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.batch = 32;
    settings.epochs = 300;
    nnfs_summary summary;
    check(nnfs_train(network, train, NULL, test, &settings, &summary, &error), &error);
    printf("test accuracy %.1f %%\n", 100.0 * summary.test.accuracy);

    nnfs_network_free(network);
    nnfs_dataset_free(train);
    nnfs_dataset_free(test);
    nnfs_dataset_free(all);
    return summary.test.accuracy > 0.95 ? EXIT_SUCCESS : EXIT_FAILURE;
}
