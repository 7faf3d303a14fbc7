/*
 * The numbers in a checkpoint, in a model file that is right, checksum and all. The first line of
 * the input names what the file has of the optimizer ("first", "second", both or neither); the rest
 * is the JSON of the metadata "checkpoint".
 */
#include "formats/checkpoint.h"
#include "base/memory.h"
#include "formats/model.h"
#include "fuzz.h"
#include "network/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLOATS_MOST = 4096 };

/* What every file holds: a network of 3 inputs and layers of 2 and 1. */
static nnfs_network *make_network(void)
{
    static const nnfs_layer layers[] = {{2, NNFS_RELU}, {1, NNFS_IDENTITY}};
    nnfs_network *network = NULL;
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = 3;
    settings.layers = layers;
    settings.layer_count = 2;
    settings.loss = NNFS_MSE;
    fuzz_check(nnfs_network_create(&settings, &network, NULL) == NNFS_OK);
    fuzz_check(network->parameter_floats <= FLOATS_MOST);
    return network;
}

/* False where the text is none that a model file can have: it is not UTF-8. */
static bool write_file(const nnfs_network *network, const char *states, const char *text)
{
    static float first[FLOATS_MOST] = {0.5f, -1.0f};
    static float second[FLOATS_MOST] = {0.25f, 2.0f};
    nnfs_error error = {.status = NNFS_OK};
    model_extra extra = {.text = {MODEL_CHECKPOINT, text}};
    if (strstr(states, "first")) {
        extra.buffers[extra.buffer_count++] =
            (model_buffer){train_state_at(STATE_M)->prefix, first, false};
    }
    if (strstr(states, "second")) {
        extra.buffers[extra.buffer_count++] =
            (model_buffer){train_state_at(STATE_V)->prefix, second, false};
    }
    nnfs_status status = model_write(fuzz_output(), network, &extra, &error);
    fuzz_check(status == NNFS_OK || status == NNFS_ERROR_DATA);
    return status == NNFS_OK;
}

/* ---- What is promised of a state ---- */

static bool is_text(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

static void check_settings(const nnfs_train_settings *settings)
{
    const float floats[] = {settings->learning_rate, settings->momentum, settings->beta2,
                            settings->epsilon, settings->weight_decay};
    fuzz_check(nnfs_optimizer_name(settings->optimizer) != NULL);
    fuzz_check(nnfs_schedule_name(settings->schedule) != NULL);
    fuzz_check(settings->batch >= 0 && settings->epochs >= 0);
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        fuzz_check(isfinite(floats[i]));
    }
}

/* A run goes on with these: what it counts on from them must not overflow. */
static void check_state(const checkpoint_state *state)
{
    check_settings(&state->settings);
    fuzz_check(state->epochs >= 0 && state->epochs <= state->settings.epochs);
    fuzz_check(state->steps >= 0 && state->steps < INT64_MAX / 2);
    fuzz_check(state->epoch_steps >= 0 && state->epoch_steps <= state->steps);
    fuzz_check(state->epoch_samples >= state->epoch_steps);
    fuzz_check(state->epoch_correct >= 0 && state->epoch_correct <= state->epoch_samples);
    fuzz_check(state->schedule_share >= 0.0 && state->schedule_share <= 1.0);
    fuzz_check(state->schedule_waited >= 0 && state->schedule_waited <= state->epochs);
    fuzz_check(isfinite(state->epoch_loss) && isfinite(state->seconds));
    fuzz_check(is_text(state->cpu, sizeof state->cpu) && is_text(state->blas, sizeof state->blas) &&
               is_text(state->kernel, sizeof state->kernel));
}

static bool same_floats(const float *left, const float *right, size_t count)
{
    return !left == !right && (!left || memcmp(left, right, count * sizeof *left) == 0);
}

static void let_go(nnfs_network *network, checkpoint_state *state)
{
    nnfs_network_free(network);
    checkpoint_free_states(state);
}

/* Written, it is read as the same. */
static void check_again(const nnfs_network *network, const checkpoint_state *state)
{
    checkpoint_state again;
    nnfs_network *copy = NULL;
    fuzz_check(checkpoint_write(fuzz_output(), network, state, NULL) == NNFS_OK);
    fuzz_check(checkpoint_read(fuzz_output(), &copy, &again, NULL) == NNFS_OK);
    fuzz_check(nnfs_network_hash(network) == nnfs_network_hash(copy));
    for (int i = 0; i < STATES_MOST; i++) {
        fuzz_check(same_floats(state->states[i], again.states[i], network->parameter_floats));
    }
    fuzz_check(again.steps == state->steps && again.epochs == state->epochs);
    fuzz_check(again.best == state->best && again.schedule_best == state->schedule_best);
    fuzz_check(again.epoch_loss == state->epoch_loss && again.seconds == state->seconds);
    fuzz_check(again.settings.learning_rate == state->settings.learning_rate);
    fuzz_check(again.settings.seed == state->settings.seed);
    fuzz_check(again.data_hash == state->data_hash && strcmp(again.cpu, state->cpu) == 0);
    fuzz_check(again.reached == state->reached && again.finished == state->finished);
    let_go(copy, &again);
}

static void check_read(const char *states)
{
    checkpoint_state state;
    nnfs_network *network = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = checkpoint_read(fuzz_output(), &network, &state, &error);
    fuzz_check_error(status, &error);
    fuzz_check((status == NNFS_OK) == (network != NULL));
    fuzz_check((status == NNFS_OK && strstr(states, "first")) == (state.states[STATE_M] != NULL));
    fuzz_check((status == NNFS_OK && strstr(states, "second")) == (state.states[STATE_V] != NULL));
    if (status == NNFS_OK) {
        check_state(&state);
        check_again(network, &state);
    }
    let_go(network, &state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static nnfs_network *network;
    if (!network) {
        network = make_network();
    }
    char *states = fuzz_line(&data, &size);
    char *text = calloc(size + 1, 1);
    fuzz_check(text != NULL);
    memcpy(text, data, size);
    if (write_file(network, states ? states : "", text)) {
        check_read(states ? states : "");
    }
    free(text);
    free(states);
    return 0;
}
