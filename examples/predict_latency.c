/* The latency of single predictions: a predictor allocates nothing while it runs. */
#define _POSIX_C_SOURCE 199309L
#include <nnfs/nnfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { INPUTS = 784, OUTPUTS = 10, CALLS = 10000 };

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
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
    static float features[INPUTS];
    static double seconds[CALLS];
    float probabilities[OUTPUTS];
    nnfs_error error;
    const nnfs_layer layers[] = {{128, NNFS_RELU}, {OUTPUTS, NNFS_SOFTMAX}};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = INPUTS;
    shape.layers = layers;
    shape.layer_count = 2;
    nnfs_network *network;
    nnfs_predictor *predictor;
    check(nnfs_network_create(&shape, &network, &error), &error);
    check(nnfs_predictor_create(network, 1, &predictor, &error), &error);
    for (int i = 0; i < CALLS; i++) {
        double began = now();
        check(nnfs_predictor_run(predictor, features, 1, probabilities, &error), &error);
        seconds[i] = now() - began;
    }
    qsort(seconds, CALLS, sizeof *seconds, compare);
    printf("one sample of 784-128-10: median %.2f us, 99th percentile %.2f us\n",
           1e6 * seconds[CALLS / 2], 1e6 * seconds[CALLS * 99 / 100]);
    nnfs_predictor_free(predictor);
    nnfs_network_free(network);
    return EXIT_SUCCESS;
}
