/* The numbers of a checkpoint as JSON, and the file around them. */
#include "formats/checkpoint.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "formats/model.h"
#include "network/network.h"

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
    return isfinite(value) ? json_real(value) : json_null();
}

/* 64 bits do not fit JSON's numbers everywhere. */
static json_t *hex(uint64_t value)
{
    return json_sprintf("%016llx", (unsigned long long)value);
}

static json_t *settings_to_json(const nnfs_train_settings *s)
{
    return json_pack(
        "{s:s, s:f, s:f, s:f, s:f, s:f, s:s, s:f, s:f, s:f, s:f, s:i, s:I, s:i, s:f, s:o}",
        "optimizer", nnfs_optimizer_name(s->optimizer), "learning_rate", (double)s->learning_rate,
        "momentum", (double)s->momentum, "beta2", (double)s->beta2, "epsilon", (double)s->epsilon,
        "weight_decay", (double)s->weight_decay, "schedule", nnfs_schedule_name(s->schedule),
        "warmup_epochs", s->warmup_epochs, "schedule_every", s->schedule_every, "schedule_factor",
        s->schedule_factor, "schedule_floor", s->schedule_floor, "schedule_patience",
        s->schedule_patience, "batch", (json_int_t)s->batch, "epochs", s->epochs, "until_accuracy",
        s->until_accuracy, "seed", hex(s->seed));
}

static json_t *state_to_json(const checkpoint_state *s)
{
    return json_pack("{s:o, s:I, s:i, s:I, s:I, s:f, s:I, s:f, s:f, s:o, s:b, s:b, s:o, s:f, s:i, "
                     "s:o, s:s, s:s, s:s}",
                     "settings", settings_to_json(&s->settings), "steps", (json_int_t)s->steps,
                     "epochs", s->epochs, "epoch_steps", (json_int_t)s->epoch_steps,
                     "epoch_samples", (json_int_t)s->epoch_samples, "epoch_loss", s->epoch_loss,
                     "epoch_correct", (json_int_t)s->epoch_correct, "epoch_seconds",
                     s->epoch_seconds, "seconds", s->seconds, "best", finite_or_null(s->best),
                     "reached", s->reached, "finished", s->finished, "schedule_best",
                     finite_or_null(s->schedule_best), "schedule_share", s->schedule_share,
                     "schedule_waited", s->schedule_waited, "data_hash", hex(s->data_hash), "cpu",
                     s->cpu, "blas", s->blas, "kernel", s->kernel);
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
    if (state->first) {
        extra.buffers[extra.buffer_count++] = (model_buffer){MODEL_FIRST_PREFIX, state->first};
    }
    if (state->second) {
        extra.buffers[extra.buffer_count++] = (model_buffer){MODEL_SECOND_PREFIX, state->second};
    }
    nnfs_status status = model_write(path, network, &extra, error);
    memory_free(text);
    return status;
}

/* ---- Reading ---- */

static const char *optimizer_name(int value)
{
    return nnfs_optimizer_name((nnfs_optimizer)value);
}

static const char *schedule_name(int value)
{
    return nnfs_schedule_name((nnfs_schedule)value);
}

static bool parse_hex(const char *text, uint64_t *value)
{
    if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16) {
        return false;
    }
    *value = strtoull(text, NULL, 16);
    return true;
}

static bool parse_infinite(const json_t *json, double *value)
{
    *value = json_is_null(json) ? (double)INFINITY : json_real_value(json);
    return json_is_null(json) || json_is_real(json);
}

/*
 * How many names there are, where no other is to be: json_unpack's '!' finds the wrong number when it has
 * no memory to count.
 */
enum { SETTINGS = 16, STATES = 19 };

static bool parse_settings(json_t *json, nnfs_train_settings *s, json_error_t *reason)
{
    const char *optimizer = NULL;
    const char *schedule = NULL;
    const char *seed = NULL;
    double rate = 0.0;
    double momentum = 0.0;
    double beta2 = 0.0;
    double epsilon = 0.0;
    double decay = 0.0;
    json_int_t batch = 0;
    nnfs_train_settings_init(s);
    if (json_object_size(json) != SETTINGS ||
        json_unpack_ex(
            json, reason, 0,
            "{s:s, s:F, s:F, s:F, s:F, s:F, s:s, s:F, s:F, s:F, s:F, s:i, s:I, s:i, s:F, "
            "s:s}",
            "optimizer", &optimizer, "learning_rate", &rate, "momentum", &momentum, "beta2", &beta2,
            "epsilon", &epsilon, "weight_decay", &decay, "schedule", &schedule, "warmup_epochs",
            &s->warmup_epochs, "schedule_every", &s->schedule_every, "schedule_factor",
            &s->schedule_factor, "schedule_floor", &s->schedule_floor, "schedule_patience",
            &s->schedule_patience, "batch", &batch, "epochs", &s->epochs, "until_accuracy",
            &s->until_accuracy, "seed", &seed) != 0) {
        return false;
    }
    int optimizer_found = model_find_name(optimizer_name, optimizer);
    int schedule_found = model_find_name(schedule_name, schedule);
    s->optimizer = (nnfs_optimizer)optimizer_found;
    s->schedule = (nnfs_schedule)schedule_found;
    s->learning_rate = (float)rate;
    s->momentum = (float)momentum;
    s->beta2 = (float)beta2;
    s->epsilon = (float)epsilon;
    s->weight_decay = (float)decay;
    s->batch = batch;
    return optimizer_found >= 0 && schedule_found >= 0 && s->batch >= 0 && s->epochs >= 0 &&
           parse_hex(seed, &s->seed);
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
    const float settings[] = {s->settings.learning_rate, s->settings.momentum, s->settings.beta2,
                              s->settings.epsilon, s->settings.weight_decay};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (!isfinite(settings[i])) { /* too large for a float */
            return false;
        }
    }
    return s->steps >= 0 && s->steps < INT64_MAX / 2 && s->epochs >= 0 &&
           s->epochs <= s->settings.epochs && s->epoch_steps >= 0 && s->epoch_steps <= s->steps &&
           s->epoch_samples >= s->epoch_steps && s->epoch_correct >= 0 &&
           s->epoch_correct <= s->epoch_samples && s->epoch_seconds >= 0.0 && s->seconds >= 0.0 &&
           s->schedule_share >= 0.0 && s->schedule_share <= 1.0 && s->schedule_waited >= 0 &&
           s->schedule_waited <= s->epochs;
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
    if (json_object_size(json) != STATES ||
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
    return parse_settings(settings, &s->settings, reason) && parse_infinite(best, &s->best) &&
           parse_infinite(schedule_best, &s->schedule_best) && parse_hex(hash, &s->data_hash) &&
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
    bool good = json && parse_state(json, state, &reason);
    json_decref(json);
    if (!good && reason.text[0] && json_error_code(&reason) == json_error_out_of_memory) {
        return fail_memory(error, strlen(text), "a checkpoint");
    }
    return good ? NNFS_OK
                : fail(error, NNFS_ERROR_DATA, "%s: metadata 'checkpoint' makes no sense",
                       model->path);
}

/* A state that is there, in fresh memory. */
static nnfs_status read_buffer(const model_file *model, const nnfs_network *network,
                               const char *prefix, float **values, nnfs_error *error)
{
    *values = memory_alloc_zeroed(network->parameter_floats, sizeof **values);
    if (!*values) {
        return fail_memory(error, network->parameter_floats * sizeof **values,
                           "the optimizer's state");
    }
    return model_read_buffer(model, network, &(model_buffer){prefix, *values}, error);
}

nnfs_status checkpoint_read(const char *path, nnfs_network **network, checkpoint_state *state,
                            nnfs_error *error)
{
    model_file model;
    *network = NULL;
    *state = (checkpoint_state){0};
    nnfs_status status = model_open(path, &model, error);
    if (status == NNFS_OK) {
        status = read_state(&model, state, error);
    }
    if (status == NNFS_OK) {
        status = model_network(&model, network, error);
    }
    if (status == NNFS_OK && model.has_first) {
        status = read_buffer(&model, *network, MODEL_FIRST_PREFIX, &state->first, error);
    }
    if (status == NNFS_OK && model.has_second) {
        status = read_buffer(&model, *network, MODEL_SECOND_PREFIX, &state->second, error);
    }
    if (status != NNFS_OK) {
        nnfs_network_free(*network);
        memory_free(state->first);
        memory_free(state->second);
        *network = NULL;
        state->first = state->second = NULL;
    }
    model_close(&model);
    return status;
}
