/*
 * Deterministic policy gradient (Lillicrap et al. 2015): a critic learns what an action is worth,
 * and its gradient with respect to the action teaches the actor. The task: a mass on a line, pushed
 * by a force, is to come to rest at 0.
 */
#include <math.h>
#include <nnfs/nnfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE = 2, ROOM = 20000, BATCH = 64, STEPS = 50, EPISODES = 150, TESTS = 20 };

static const float discount = 0.95f;

/* ---- The task ---- */

static uint32_t random_state = 7;

static float uniform(void) /* -1 to 1 */
{
    random_state = random_state * 1664525u + 1013904223u;
    return (float)(random_state >> 8) / 8388608.0f - 1.0f;
}

/* Moves for 0.1 s; returns the reward. */
static float move(float *s, float force)
{
    s[1] += 0.1f * (2.0f * force - 0.1f * s[1]);
    s[0] += 0.1f * s[1];
    if (fabsf(s[0]) > 2.0f) { /* a wall */
        s[0] = copysignf(2.0f, s[0]);
        s[1] = 0.0f;
    }
    return -(s[0] * s[0] + 0.1f * s[1] * s[1] + 0.01f * force * force);
}

static void begin(float *s)
{
    s[0] = uniform();
    s[1] = 0.5f * uniform();
}

/* ---- Networks ---- */

typedef struct learner {
    nnfs_network *network, *target; /* the target follows slowly */
    nnfs_trainer *trainer;
    nnfs_predictor *predictor, *target_predictor; /* for BATCH samples */
} learner;

static void check(nnfs_status status, const nnfs_error *error)
{
    if (status != NNFS_OK) {
        (void)fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

static learner make_learner(int inputs, nnfs_activation output, float rate)
{
    learner l;
    nnfs_error error;
    const nnfs_layer layers[] = {{32, NNFS_SILU}, {32, NNFS_SILU}, {1, output}};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = inputs;
    shape.layers = layers;
    shape.layer_count = 3;
    shape.loss = NNFS_MSE;
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.learning_rate = rate;
    settings.schedule = NNFS_SCHEDULE_CONSTANT;
    settings.batch = BATCH;
    check(nnfs_network_create(&shape, &l.network, &error), &error);
    check(nnfs_network_copy(l.network, &l.target, &error), &error);
    check(nnfs_trainer_create(l.network, &settings, &l.trainer, &error), &error);
    check(nnfs_predictor_create(l.network, BATCH, &l.predictor, &error), &error);
    check(nnfs_predictor_create(l.target, BATCH, &l.target_predictor, &error), &error);
    return l;
}

static void free_learner(learner *l)
{
    nnfs_predictor_free(l->predictor);
    nnfs_predictor_free(l->target_predictor);
    nnfs_trainer_free(l->trainer);
    nnfs_network_free(l->network);
    nnfs_network_free(l->target);
}

/* ---- Learning ---- */

typedef struct transition {
    float state[STATE], action, reward, next[STATE];
} transition;

/* The critic's inputs: states with an action each. */
static void join(const float *states, const float *actions, float *inputs)
{
    for (int i = 0; i < BATCH; i++) {
        memcpy(&inputs[(STATE + 1) * i], &states[STATE * i], STATE * sizeof *states);
        inputs[(STATE + 1) * i + STATE] = actions[i];
    }
}

/* Towards reward + discount * the target critic's value of what the target actor does next. */
static void teach_critic(learner *critic, learner *actor, const transition *chosen)
{
    nnfs_error error;
    float states[STATE * BATCH], next[STATE * BATCH], actions[BATCH], values[BATCH];
    float inputs[(STATE + 1) * BATCH];
    for (int i = 0; i < BATCH; i++) {
        memcpy(&states[STATE * i], chosen[i].state, sizeof chosen[i].state);
        memcpy(&next[STATE * i], chosen[i].next, sizeof chosen[i].next);
    }
    check(nnfs_predictor_run(actor->target_predictor, next, BATCH, actions, &error), &error);
    join(next, actions, inputs);
    check(nnfs_predictor_run(critic->target_predictor, inputs, BATCH, values, &error), &error);
    for (int i = 0; i < BATCH; i++) {
        values[i] = chosen[i].reward + discount * values[i];
        actions[i] = chosen[i].action;
    }
    join(states, actions, inputs);
    const nnfs_arrays arrays = {.features = inputs,
                                .feature_count = STATE + 1,
                                .samples = BATCH,
                                .targets = values,
                                .target_count = 1};
    check(nnfs_trainer_step(critic->trainer, &arrays, NULL, &error), &error);
}

/* Up the critic's gradient with respect to the actions. */
static void teach_actor(learner *actor, learner *critic, const transition *chosen)
{
    nnfs_error error;
    float states[STATE * BATCH], actions[BATCH], inputs[(STATE + 1) * BATCH];
    float down[BATCH], gradient[(STATE + 1) * BATCH];
    for (int i = 0; i < BATCH; i++) {
        memcpy(&states[STATE * i], chosen[i].state, sizeof chosen[i].state);
        down[i] = -1.0f / BATCH; /* of the loss, minus the mean value */
    }
    check(nnfs_predictor_run(actor->predictor, states, BATCH, actions, &error), &error);
    join(states, actions, inputs);
    const nnfs_arrays pairs = {.features = inputs, .feature_count = STATE + 1, .samples = BATCH};
    nnfs_step step;
    nnfs_step_init(&step);
    step.arrays = &pairs;
    step.output_gradient = down;
    step.input_gradient = gradient;
    step.update = 0; /* of the critic nothing but its input gradient is wanted */
    check(nnfs_trainer_run(critic->trainer, &step, NULL, &error), &error);
    for (int i = 0; i < BATCH; i++) {
        down[i] = gradient[(STATE + 1) * i + STATE];
    }
    const nnfs_arrays alone = {.features = states, .feature_count = STATE, .samples = BATCH};
    nnfs_step_init(&step);
    step.arrays = &alone;
    step.output_gradient = down;
    check(nnfs_trainer_run(actor->trainer, &step, NULL, &error), &error);
}

static float act(learner *actor, const float *state)
{
    nnfs_error error;
    float action;
    check(nnfs_predictor_run(actor->predictor, state, 1, &action, &error), &error);
    return action;
}

/* The mean return of some episodes without exploration. */
static double measure(learner *actor)
{
    double sum = 0.0;
    for (int i = 0; i < TESTS; i++) {
        float s[STATE];
        begin(s);
        for (int t = 0; t < STEPS; t++) {
            sum += (double)move(s, act(actor, s)) / TESTS;
        }
    }
    return sum;
}

int main(void)
{
    static transition memory[ROOM];
    transition chosen[BATCH];
    nnfs_error error;
    learner actor = make_learner(STATE, NNFS_TANH, 0.001f);
    learner critic = make_learner(STATE + 1, NNFS_IDENTITY, 0.003f);
    double before = measure(&actor);
    int count = 0;
    for (int episode = 0; episode < EPISODES; episode++) {
        float s[STATE];
        begin(s);
        for (int t = 0; t < STEPS; t++) {
            transition *now = &memory[count++ % ROOM];
            memcpy(now->state, s, sizeof s);
            now->action = fmaxf(-1.0f, fminf(1.0f, act(&actor, s) + 0.4f * uniform()));
            now->reward = move(s, now->action);
            memcpy(now->next, s, sizeof s);
            if (count < 4 * BATCH) {
                continue;
            }
            int filled = count < ROOM ? count : ROOM;
            for (int i = 0; i < BATCH; i++) {
                chosen[i] = memory[(int)((uniform() + 1.0f) / 2.0f * (float)filled) % filled];
            }
            teach_critic(&critic, &actor, chosen);
            teach_actor(&actor, &critic, chosen);
            check(nnfs_network_blend(actor.target, actor.network, 0.01f, &error), &error);
            check(nnfs_network_blend(critic.target, critic.network, 0.01f, &error), &error);
        }
    }
    double after = measure(&actor);
    printf("mean return %.2f before, %.2f after\n", before, after);
    free_learner(&actor);
    free_learner(&critic);
    return after > -6.0 && after > before ? EXIT_SUCCESS : EXIT_FAILURE;
}
