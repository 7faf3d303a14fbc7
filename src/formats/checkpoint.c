/* The numbers of a checkpoint as JSON, and the file around them. */
#include "formats/checkpoint.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "formats/model.h"
#include "formats/settings_json.h"
#include "network/network.h"
#include "optim/train_settings.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Writing ---- */

/* JSON knows no infinity: null is the one that stands before any loss. */
static json_t *finite_or_null(double value)
{
    if (isfinite(value)) {
        return json_real(value);
    }
    return json_null();
}

/* Version 0.1 wrote 16 hex digits of another hash, without a prefix. */
#define DATA_HASH_PREFIX "xxh3:"

static json_t *data_hash_to_json(uint64_t hash)
{
    return json_sprintf(DATA_HASH_PREFIX "%016llx", (unsigned long long)hash);
}

/* Version 0.1 keeps no best weights: without them there is nothing more than it reads. */
static json_t *add_stopping(json_t *json, const checkpoint_state *s)
{
    if (json && s->states[STATE_BEST] &&
        json_object_set_new(json, "stopping",
                            json_pack("{s:o, s:i, s:i}", "score", finite_or_null(s->stop_score),
                                      "epoch", s->stop_epoch, "waited", s->stop_waited)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *state_to_json(const checkpoint_state *s)
{
    json_t *json = json_pack(
        "{s:o, s:I, s:i, s:I, s:I, s:f, s:I, s:f, s:f, s:o, s:b, s:b, s:o, s:f, s:i, "
        "s:o, s:s, s:s, s:s}",
        "settings", settings_to_json(&train_settings, &s->settings), "steps", (json_int_t)s->steps,
        "epochs", s->epochs, "epoch_steps", (json_int_t)s->epoch_steps, "epoch_samples",
        (json_int_t)s->epoch_samples, "epoch_loss", s->epoch_loss, "epoch_correct",
        (json_int_t)s->epoch_correct, "epoch_seconds", s->epoch_seconds, "seconds", s->seconds,
        "best", finite_or_null(s->best), "reached", s->reached, "finished", s->finished,
        "schedule_best", finite_or_null(s->schedule_best), "schedule_share", s->schedule_share,
        "schedule_waited", s->schedule_waited, "data_hash", data_hash_to_json(s->data_hash), "cpu",
        s->cpu, "blas", s->blas, "kernel", s->kernel);
    return add_stopping(json, s);
}

nnfs_status checkpoint_write(const char *path, const nnfs_network *network,
                             const checkpoint_state *state, nnfs_error *error)
{
    json_t *json = state_to_json(state);
    char *text = json_text(json, NULL);
    json_decref(json);
    if (!text) {
        return fail_memory(error, sizeof *state, "a checkpoint");
    }
    model_extra extra = {.text = {MODEL_CHECKPOINT, text}};
    const train_state *row;
    for (int i = 0; (row = train_state_at(i)) != NULL; i++) {
        if (state->states[i]) {
            extra.buffers[extra.buffer_count++] =
                (model_buffer){row->prefix, state->states[i], row->all_tensors};
        }
    }
    nnfs_status status = model_write(path, network, &extra, error);
    memory_free(text);
    return status;
}

/* ---- Reading ---- */

static bool parse_data_hash(const char *text, checkpoint_state *state)
{
    size_t prefix = strlen(DATA_HASH_PREFIX);
    state->data_hash_of_0_1 = strncmp(text, DATA_HASH_PREFIX, prefix) != 0;
    return hex_from_text(text + (state->data_hash_of_0_1 ? 0 : prefix), &state->data_hash);
}

static bool parse_infinite(const json_t *json, double *value)
{
    if (json_is_null(json)) {
        *value = (double)INFINITY;
    } else {
        *value = json_real_value(json);
    }
    return json_is_null(json) || json_is_real(json);
}

/* Copies a text that fits. */
static bool parse_text(const char *text, char *into, size_t room)
{
    bool fits = strlen(text) < room;
    (void)snprintf(into, room, "%s", text);
    return fits;
}

/* Whether the numbers can have come about: what a run does with them rests on it. */
static bool is_sound(const checkpoint_state *s)
{
    return s->steps >= 0 && s->steps < INT64_MAX / 2 && s->epochs >= 0 &&
           s->epochs <= s->settings.epochs && s->epoch_steps >= 0 && s->epoch_steps <= s->steps &&
           s->epoch_samples >= s->epoch_steps && s->epoch_correct >= 0 &&
           s->epoch_correct <= s->epoch_samples && s->epoch_seconds >= 0.0 && s->seconds >= 0.0 &&
           s->schedule_share >= 0.0 && s->schedule_share <= 1.0 && s->schedule_waited >= 0 &&
           s->schedule_waited <= s->epochs && s->stop_epoch >= 0 && s->stop_waited >= 0 &&
           s->stop_epoch <= s->epochs && s->stop_waited <= s->epochs;
}

/* How many members a state has: json_unpack's '!' miscounts where it has no memory to count. */
enum { STATES = 19 };

/* True without one: a run without validation data has none. */
static bool parse_stopping(const json_t *json, checkpoint_state *s)
{
    const json_t *epoch = json_object_get(json, "epoch");
    const json_t *waited = json_object_get(json, "waited");
    s->stop_score = (double)INFINITY;
    if (!json) {
        return true;
    }
    s->stop_epoch = (int)json_integer_value(epoch);
    s->stop_waited = (int)json_integer_value(waited);
    return json_object_size(json) == 3 && json_is_integer(epoch) && json_is_integer(waited) &&
           json_integer_value(epoch) == s->stop_epoch &&
           json_integer_value(waited) == s->stop_waited &&
           parse_infinite(json_object_get(json, "score"), &s->stop_score);
}

/* False with a reason where there was no memory for it. */
static bool parse_state(json_t *json, checkpoint_state *s, json_error_t *reason)
{
    json_t *settings = NULL;
    json_t *best = NULL;
    json_t *schedule_best = NULL;
    const char *hash = NULL;
    const char *cpu = NULL;
    const char *blas = NULL;
    const char *kernel = NULL;
    json_int_t steps = 0;
    json_int_t epoch_steps = 0;
    json_int_t samples = 0;
    json_int_t correct = 0;
    int reached = 0;
    int finished = 0;
    const json_t *stopping = json_object_get(json, "stopping");
    if (json_object_size(json) != STATES + (stopping ? 1 : 0) ||
        json_unpack_ex(
            json, reason, 0,
            "{s:o, s:I, s:i, s:I, s:I, s:F, s:I, s:F, s:F, s:o, s:b, s:b, s:o, s:F, s:i, "
            "s:s, s:s, s:s, s:s}",
            "settings", &settings, "steps", &steps, "epochs", &s->epochs, "epoch_steps",
            &epoch_steps, "epoch_samples", &samples, "epoch_loss", &s->epoch_loss, "epoch_correct",
            &correct, "epoch_seconds", &s->epoch_seconds, "seconds", &s->seconds, "best", &best,
            "reached", &reached, "finished", &finished, "schedule_best", &schedule_best,
            "schedule_share", &s->schedule_share, "schedule_waited", &s->schedule_waited,
            "data_hash", &hash, "cpu", &cpu, "blas", &blas, "kernel", &kernel) != 0) {
        return false;
    }
    s->steps = steps;
    s->epoch_steps = epoch_steps;
    s->epoch_samples = samples;
    s->epoch_correct = correct;
    s->reached = reached;
    s->finished = finished;
    return settings_from_json(&train_settings, settings, &s->settings, NULL) == NNFS_OK &&
           parse_infinite(best, &s->best) && parse_infinite(schedule_best, &s->schedule_best) &&
           parse_stopping(stopping, s) && parse_data_hash(hash, s) &&
           parse_text(cpu, s->cpu, sizeof s->cpu) && parse_text(blas, s->blas, sizeof s->blas) &&
           parse_text(kernel, s->kernel, sizeof s->kernel) && is_sound(s);
}

static nnfs_status read_state(const model_file *model, checkpoint_state *state, nnfs_error *error)
{
    const char *text = safetensors_metadata(&model->file, MODEL_CHECKPOINT);
    if (!text || !safetensors_metadata(&model->file, MODEL_CHECKSUM)) {
        return fail(error, NNFS_ERROR_DATA, "%s: a model, not a checkpoint of its training",
                    model->path);
    }
    json_t *json = NULL;
    if (json_parse(text, strlen(text), &json, NULL) == NNFS_ERROR_MEMORY) {
        return fail_memory(error, strlen(text), "a checkpoint");
    }
    json_error_t reason = {.text = ""};
    bool parsed = json && parse_state(json, state, &reason);
    json_decref(json);
    if (parsed) {
        return NNFS_OK;
    }
    if (reason.text[0] && json_error_code(&reason) == json_error_out_of_memory) {
        return fail_memory(error, strlen(text), "a checkpoint");
    }
    return fail(error, NNFS_ERROR_DATA, "%s: metadata 'checkpoint' makes no sense", model->path);
}

/* A state that is there, in fresh memory. */
static nnfs_status read_buffer(const model_file *model, const nnfs_network *network,
                               const train_state *row, float **values, nnfs_error *error)
{
    *values = memory_alloc_zeroed(network->parameter_floats, sizeof **values);
    if (!*values) {
        return fail_memory(error, network->parameter_floats * sizeof **values,
                           "the state of the training");
    }
    return model_read_buffer(model, network,
                             &(model_buffer){row->prefix, *values, row->all_tensors}, error);
}

void checkpoint_free_states(checkpoint_state *state)
{
    for (int i = 0; i < STATES_MOST; i++) {
        memory_free(state->states[i]);
        state->states[i] = NULL;
    }
}

nnfs_status checkpoint_read(const char *path, nnfs_network **network, checkpoint_state *state,
                            nnfs_error *error)
{
    model_file model;
    *network = NULL;
    *state = (checkpoint_state){0};
    nnfs_status status = model_open(path, &model, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(read_state(&model, state, error));
    TRY_CLEANUP(model_network(&model, network, error));
    const train_state *row;
    for (int i = 0; (row = train_state_at(i)) != NULL; i++) {
        if (model.has_state[i]) {
            TRY_CLEANUP(read_buffer(&model, *network, row, &state->states[i], error));
        }
    }
cleanup:
    if (status != NNFS_OK) {
        nnfs_network_free(*network);
        checkpoint_free_states(state);
        *network = NULL;
    }
    model_close(&model);
    return status;
}
