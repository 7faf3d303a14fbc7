/*
 * REINFORCE (Williams 1992) on cart-pole (Barto, Sutton and Anderson 1983): keep a pole upright on
 * a cart by pushing it left or right. The gradient of the policy is given to the network in place
 * of a loss.
 */
#include <math.h>
#include <nnfs/nnfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE = 4, ACTIONS = 2, MOST_STEPS = 200, EPISODES = 8, UPDATES = 200 };

/* ---- The task ---- */

static uint32_t random_state = 1;

static float uniform(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / 16777216.0f;
}

/* Position, velocity, angle and angular velocity after 0.02 s. */
static void push(float *s, int action)
{
    float force = action == 1 ? 10.0f : -10.0f;
    float sine = sinf(s[2]);
    float cosine = cosf(s[2]);
    float inner = (force + 0.05f * s[3] * s[3] * sine) / 1.1f;
    float angular =
        (9.8f * sine - cosine * inner) / (0.5f * (4.0f / 3.0f - 0.1f * cosine * cosine / 1.1f));
    float linear = inner - 0.05f * angular * cosine / 1.1f;
    s[0] += 0.02f * s[1];
    s[1] += 0.02f * linear;
    s[2] += 0.02f * s[3];
    s[3] += 0.02f * angular;
}

static int has_fallen(const float *s)
{
    return fabsf(s[0]) > 2.4f || fabsf(s[2]) > 0.2095f;
}

/* ---- Episodes ---- */

typedef struct batch {
    int count;
    float states[STATE * MOST_STEPS * EPISODES];
    float gradient[ACTIONS * MOST_STEPS * EPISODES]; /* dL/d logits: probability - action */
    float returns[MOST_STEPS * EPISODES];
} batch;

static void check(nnfs_status status, const nnfs_error *error)
{
    if (status != NNFS_OK) {
        (void)fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

/* Runs an episode and adds its steps to the batch. */
static int run_episode(nnfs_predictor *policy, batch *b)
{
    nnfs_error error;
    float s[STATE];
    int first = b->count;
    for (int i = 0; i < STATE; i++) {
        s[i] = 0.1f * uniform() - 0.05f;
    }
    while (b->count - first < MOST_STEPS && !has_fallen(s)) {
        float p[ACTIONS];
        check(nnfs_predictor_run(policy, s, 1, p, &error), &error);
        int action = uniform() < p[1];
        memcpy(&b->states[STATE * b->count], s, sizeof s);
        for (int i = 0; i < ACTIONS; i++) {
            b->gradient[ACTIONS * b->count + i] = p[i] - (float)(i == action);
        }
        b->count++;
        push(s, action);
    }
    float sum = 0.0f; /* of rewards to come, each of 1 */
    for (int i = b->count - 1; i >= first; i--) {
        sum = 1.0f + 0.99f * sum;
        b->returns[i] = sum;
    }
    return b->count - first;
}

/* Multiplies each gradient by its standardised return, and divides by the number of steps. */
static void weigh(batch *b)
{
    double mean = 0.0;
    double square = 0.0;
    for (int i = 0; i < b->count; i++) {
        mean += (double)b->returns[i] / b->count;
        square += (double)b->returns[i] * (double)b->returns[i] / b->count;
    }
    double deviation = sqrt(square - mean * mean) + 1e-6;
    for (int i = 0; i < b->count; i++) {
        float advantage = (float)(((double)b->returns[i] - mean) / deviation / b->count);
        for (int k = 0; k < ACTIONS; k++) {
            b->gradient[ACTIONS * i + k] *= advantage;
        }
    }
}

int main(void)
{
    static batch b;
    nnfs_error error;
    const nnfs_layer layers[] = {{32, NNFS_TANH}, {ACTIONS, NNFS_SOFTMAX}};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = STATE;
    shape.layers = layers;
    shape.layer_count = 2;
    nnfs_network *network;
    nnfs_predictor *policy;
    nnfs_trainer *trainer;
    check(nnfs_network_create(&shape, &network, &error), &error);
    check(nnfs_predictor_create(network, 1, &policy, &error), &error);
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.learning_rate = 0.02f;
    settings.schedule = NNFS_SCHEDULE_CONSTANT;
    settings.batch = MOST_STEPS * EPISODES;
    check(nnfs_trainer_create(network, &settings, &trainer, &error), &error);

    double recent = 0.0; /* mean return of the last updates' episodes */
    double best = 0.0;   /* a policy may forget again what it had learned */
    for (int update = 1; update <= UPDATES; update++) {
        int steps = 0;
        b.count = 0;
        for (int i = 0; i < EPISODES; i++) {
            steps += run_episode(policy, &b);
        }
        weigh(&b);
        const nnfs_arrays arrays = {
            .features = b.states, .feature_count = STATE, .samples = b.count};
        nnfs_step step;
        nnfs_step_init(&step);
        step.arrays = &arrays;
        step.output_gradient = b.gradient;
        step.of_logits = 1;
        check(nnfs_trainer_run(trainer, &step, NULL, &error), &error);
        double mean = (double)steps / EPISODES;
        recent = update == 1 ? mean : 0.9 * recent + 0.1 * mean;
        best = recent > best ? recent : best;
        if (update % 20 == 0) {
            printf("update %3d: mean return %.1f\n", update, recent);
        }
    }
    nnfs_trainer_free(trainer);
    nnfs_predictor_free(policy);
    nnfs_network_free(network);
    printf("best mean return %.1f of %d\n", best, MOST_STEPS);
    return best > 150.0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
