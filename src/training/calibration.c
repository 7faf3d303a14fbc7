/*
 * Temperature scaling. What the output activation takes is linear in the parameters of the
 * output layer, so the temperature goes into them: all readers of the network, exports too,
 * have calibrated probabilities.
 */
#include "base/memory.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

enum { LEAST_SAMPLES = 100 };

/* Of the logarithm of the temperature. */
static const double lowest = -1.3862943611198906, highest = 2.0794415416798357; /* 1/4, 8 */
static const double tolerance = 0.01;

/* A search for the temperature, by the log loss that each gives. */
typedef struct calibration {
    nnfs_network *network;
    const nnfs_dataset *held_out;
    int threads;
    int layer;      /* of the output */
    float *weights; /* [weight_count] at temperature 1 */
    float *biases;  /* [bias_count] at temperature 1 */
    float *scaled;  /* [weight_count] */
    size_t weight_count, bias_count;
} calibration;

static bool applies(const nnfs_network *network, const nnfs_dataset *held_out)
{
    nnfs_activation output = network_output(network)->activation;
    return held_out && network->further_count == 0 && nnfs_dataset_classes(held_out) > 0 &&
           nnfs_dataset_samples(held_out) >= LEAST_SAMPLES &&
           (output == NNFS_SOFTMAX || output == NNFS_SIGMOID);
}

static nnfs_status calibration_begin(calibration *c, nnfs_error *error)
{
    size_t out = (size_t)network_output(c->network)->out;
    c->layer = c->network->layer_count - 1;
    c->weight_count = out * (size_t)nnfs_network_layer_columns(c->network, c->layer);
    c->bias_count = out * (size_t)nnfs_network_members(c->network);
    c->weights = memory_alloc(c->weight_count, sizeof *c->weights);
    c->scaled = memory_alloc(c->weight_count, sizeof *c->scaled);
    c->biases = memory_alloc(c->bias_count, sizeof *c->biases);
    if (!c->weights || !c->scaled || !c->biases) {
        return fail_memory(error, size_mul(c->weight_count, 2 * sizeof *c->weights), "calibration");
    }
    memcpy(c->biases, nnfs_network_biases(c->network, c->layer), c->bias_count * sizeof(float));
    return nnfs_network_get_weights(c->network, c->layer, c->weights, error);
}

static void calibration_free(calibration *c)
{
    memory_free(c->weights);
    memory_free(c->scaled);
    memory_free(c->biases);
}

/* Divides what the output activation takes by the temperature; 1 gives the same bits as before. */
static nnfs_status set_temperature(const calibration *c, double temperature, nnfs_error *error)
{
    float *biases = nnfs_network_biases(c->network, c->layer);
    float factor = (float)(1.0 / temperature);
    for (size_t i = 0; i < c->weight_count; i++) {
        c->scaled[i] = c->weights[i] * factor;
    }
    for (size_t i = 0; i < c->bias_count; i++) {
        biases[i] = c->biases[i] * factor;
    }
    return nnfs_network_set_weights(c->network, c->layer, c->scaled, error);
}

static nnfs_status measure(const calibration *c, double log_temperature, double *loss,
                           nnfs_error *error)
{
    nnfs_evaluation evaluation = {.log_loss = NAN};
    nnfs_status status = set_temperature(c, exp(log_temperature), error);
    if (status == NNFS_OK) {
        status = nnfs_evaluate(c->network, c->held_out, c->threads, &evaluation, error);
    }
    *loss = status == NNFS_OK && !isnan(evaluation.log_loss) ? evaluation.log_loss : INFINITY;
    return status;
}

/* Golden-section search: the log loss is convex in 1 / temperature, so it has one minimum. */
static nnfs_status search(const calibration *c, double *best, double *loss, nnfs_error *error)
{
    const double golden = 0.6180339887498949;
    double low = lowest;
    double high = highest;
    double left = high - golden * (high - low);
    double right = low + golden * (high - low);
    double left_loss;
    double right_loss = INFINITY;
    TRY(measure(c, left, &left_loss, error));
    TRY(measure(c, right, &right_loss, error));
    while (high - low > tolerance) {
        if (left_loss <= right_loss) {
            high = right;
            right = left;
            right_loss = left_loss;
            left = high - golden * (high - low);
            TRY(measure(c, left, &left_loss, error));
        } else {
            low = left;
            left = right;
            left_loss = right_loss;
            right = low + golden * (high - low);
            TRY(measure(c, right, &right_loss, error));
        }
    }
    *best = right;
    if (left_loss <= right_loss) {
        *best = left;
    }
    *loss = fmin(left_loss, right_loss);
    return NNFS_OK;
}

nnfs_status nnfs_network_calibrate(nnfs_network *network, const nnfs_dataset *held_out, int threads,
                                   double *temperature, nnfs_error *error)
{
    if (!network || !held_out || !temperature) {
        return fail_null(error, "network, held_out or temperature");
    }
    *temperature = 1.0;
    if (!applies(network, held_out)) {
        return NNFS_OK;
    }
    calibration c = {.network = network, .held_out = held_out, .threads = threads};
    double before;
    double after;
    double best = 0.0;
    nnfs_status status = calibration_begin(&c, error);
    if (status != NNFS_OK) {
        calibration_free(&c);
        return status;
    }
    TRY_CLEANUP(measure(&c, 0.0, &before, error));
    TRY_CLEANUP(search(&c, &best, &after, error));
    if (after < before) {
        *temperature = exp(best);
    }
cleanup:
    (void)set_temperature(&c, *temperature, NULL); /* 1 after a failure: as it was */
    calibration_free(&c);
    return status;
}

nnfs_status nnfs_network_set_temperature(nnfs_network *network, double temperature,
                                         nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!(temperature > 0.0) || !isfinite(temperature)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a temperature is a number greater than 0");
    }
    if (network->further_count > 0) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the networks of an ensemble have a temperature each");
    }
    calibration c = {.network = network};
    nnfs_status status = calibration_begin(&c, error);
    if (status == NNFS_OK) {
        status = set_temperature(&c, temperature, error);
    }
    calibration_free(&c);
    return status;
}
