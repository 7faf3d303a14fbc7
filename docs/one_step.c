/*
 * The step that docs/math.md takes by hand, taken by the library: a network 2-3-2, two samples, one
 * step of gradient descent. Prints the outputs and the loss, the gradient and the new weights, and
 * the loss after the step.
 */
#include <nnfs/nnfs.h>

#include <stdio.h>
#include <string.h>

/* All matrices column by column. */
static const float x[] = {1.0f, 2.0f, 2.0f, -1.0f};
static const int32_t labels[] = {0, 1};
static const float w1[] = {1.0f, 0.5f, -1.0f, 0.0f, -1.0f, 1.0f};
static const float b1[] = {0.0f, 1.0f, -0.5f};
static const float w2[] = {1.0f, -0.5f, 0.0f, 0.5f, -1.0f, 1.0f};
static const float b2[] = {0.0f, 0.5f};

/* Entry (i, j) of a matrix [rows x columns] is m[i + j * rows]. */
static void show(const char *name, const float *m, int rows, int columns)
{
    for (int i = 0; i < rows; i++) {
        (void)printf("%-4s", i == 0 ? name : "");
        for (int j = 0; j < columns; j++) {
            (void)printf(" %9.5f", (double)m[i + j * rows]);
        }
        (void)printf("\n");
    }
}

static void show_weights(const char *name, const nnfs_network *network, int index, int rows,
                         int columns)
{
    float w[6];
    (void)nnfs_network_get_weights(network, index, w, NULL);
    show(name, w, rows, columns);
}

static void show_gradient(const char *name, const nnfs_trainer *trainer, int index, int rows,
                          int columns)
{
    float dw[6];
    (void)nnfs_trainer_get_weight_gradient(trainer, index, dw, NULL);
    show(name, dw, rows, columns);
}

static void show_all(nnfs_network *network, nnfs_trainer *trainer)
{
    show_gradient("dW1", trainer, 0, 3, 2);
    show("db1", nnfs_trainer_bias_gradient(trainer, 0), 3, 1);
    show_weights("W1", network, 0, 3, 2);
    show("b1", nnfs_network_biases(network, 0), 3, 1);
    show_gradient("dW2", trainer, 1, 2, 3);
    show("db2", nnfs_trainer_bias_gradient(trainer, 1), 2, 1);
    show_weights("W2", network, 1, 2, 3);
    show("b2", nnfs_network_biases(network, 1), 2, 1);
}

static nnfs_status create(nnfs_network **network, nnfs_trainer **trainer, nnfs_error *error)
{
    nnfs_layer layers[] = {{3, NNFS_RELU}, {2, NNFS_SOFTMAX}};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape); /* cross-entropy */
    shape.inputs = 2;
    shape.layers = layers;
    shape.layer_count = 2;
    nnfs_train_settings sgd;
    nnfs_train_settings_init(&sgd);
    sgd.optimizer = NNFS_SGD;
    sgd.learning_rate = 0.1f;
    sgd.schedule = NNFS_SCHEDULE_CONSTANT;
    nnfs_status status = nnfs_network_create(&shape, network, error);
    if (status == NNFS_OK) {
        (void)nnfs_network_set_weights(*network, 0, w1, NULL);
        memcpy(nnfs_network_biases(*network, 0), b1, sizeof b1);
        (void)nnfs_network_set_weights(*network, 1, w2, NULL);
        memcpy(nnfs_network_biases(*network, 1), b2, sizeof b2);
        status = nnfs_trainer_create(*network, &sgd, trainer, error);
    }
    return status;
}

static nnfs_status take_step(nnfs_network *network, nnfs_trainer *trainer, nnfs_error *error)
{
    const nnfs_arrays batch = {
        .features = x, .feature_count = 2, .samples = 2, .labels = labels, .classes = 2};
    float outputs[4];
    double loss = 0.0;
    nnfs_status status = nnfs_predict(network, x, 2, 1, outputs, error);
    if (status == NNFS_OK) {
        show("P", outputs, 2, 2);
        status = nnfs_trainer_gradient(trainer, &batch, &loss, error);
    }
    if (status == NNFS_OK) {
        (void)printf("loss %9.5f\n", loss);
        status = nnfs_trainer_update(trainer, error);
    }
    if (status == NNFS_OK) {
        show_all(network, trainer);
        status = nnfs_trainer_gradient(trainer, &batch, &loss, error);
    }
    if (status == NNFS_OK) {
        (void)printf("loss %9.5f\n", loss);
    }
    return status;
}

int main(void)
{
    nnfs_network *network = NULL;
    nnfs_trainer *trainer = NULL;
    nnfs_error error;
    nnfs_status status = create(&network, &trainer, &error);
    if (status == NNFS_OK) {
        status = take_step(network, trainer, &error);
    }
    if (status != NNFS_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
    }
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    return status != NNFS_OK;
}
