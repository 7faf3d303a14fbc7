/*
 * The run log: with any names in a run, each line of its log is one object of strict JSON, without
 * a NaN, that gives the names back. The input begins with 8 bytes of every double in the log; its
 * lines are the names.
 */
#include "fuzz.h"
#include "train/run.h"

#include "common/exit.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_message(const char *format, ...)
{
    (void)format;
}

nnfs_status set_error(nnfs_error *error, nnfs_status status, const char *format, ...)
{
    (void)format;
    error->status = status;
    return status;
}

void record_event(train_run *run, json_t *event)
{
    (void)event;
    fuzz_check(run->options->report); /* never: no report is asked for */
}

static const float features[] = {0.0f, 1.0f, 2.0f};
static const int32_t labels[] = {0, 1, 0};

/* What every run shares: three samples, and a network that fits them. */
static void make(nnfs_dataset **dataset, nnfs_network **network)
{
    static const nnfs_layer layer = {2, NNFS_SOFTMAX};
    const nnfs_arrays arrays = {
        .features = features, .feature_count = 1, .samples = 3, .labels = labels, .classes = 2};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = 1;
    settings.layers = &layer;
    settings.layer_count = 1;
    settings.loss = NNFS_CROSS_ENTROPY;
    fuzz_check(nnfs_dataset_wrap(&arrays, dataset, NULL) == NNFS_OK);
    fuzz_check(nnfs_network_create(&settings, network, NULL) == NNFS_OK);
}

static double take_double(const uint8_t **data, size_t *size)
{
    double value = 0.5;
    if (*size >= sizeof value) {
        memcpy(&value, *data, sizeof value);
        *data += sizeof value;
        *size -= sizeof value;
    }
    return value;
}

/* Strings that are not UTF-8 are null in the log. */
static void check_string(const json_t *object, const char *key, const char *expected)
{
    json_t *text = expected ? json_string(expected) : NULL;
    const json_t *got = json_object_get(object, key);
    fuzz_check(text ? json_equal(text, got) : json_is_null(got));
    json_decref(text);
}

/* What is not finite, or would not be with 15 digits, is null. */
static void check_real(const json_t *object, const char *key, double expected)
{
    const json_t *got = json_object_get(object, key);
    if (json_is_null(got)) {
        fuzz_check(!(fabs(expected) < 1.7976931348623e308));
    } else {
        fuzz_check(fabs(json_real_value(got) - expected) <= 1e-14 * fabs(expected));
    }
}

/* The next line of the log, which must be there. */
static json_t *next_object(char **log)
{
    char *end = strchr(*log, '\n');
    fuzz_check(end != NULL);
    json_t *object = json_loadb(*log, (size_t)(end - *log),
                                JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, NULL);
    fuzz_check(json_is_object(object));
    *log = end + 1;
    return object;
}

static void check_log(const train_run *run, double value, char *log)
{
    json_t *start = next_object(&log);
    json_t *epoch = next_object(&log);
    json_t *end = next_object(&log);
    fuzz_check(*log == '\0');
    check_string(start, "schema", "nnfs-run/1");
    check_string(json_object_get(json_object_get(start, "data"), "train"), "source",
                 run->train.path);
    check_string(json_object_get(json_object_get(start, "data"), "test"), "source",
                 run->test.path ? run->test.path : run->train.path);
    check_string(json_object_get(start, "settings"), "output", run->options->output);
    check_string(json_object_get(start, "machine"), "cpu", run->machine.cpu);
    check_real(epoch, "train_loss", value);
    check_real(end, "seconds", value);
    check_string(end, "output", run->options->output);
    json_decref(start);
    json_decref(epoch);
    json_decref(end);
}

static char *write_log(train_run *run, double value)
{
    static char *text; /* static, as gcc 12 takes text itself for what strchr returns later */
    static size_t length;
    nnfs_epoch epoch = {.epoch = 1, .train_loss = value, .learning_rate = value, .seconds = value};
    run->log = open_memstream(&text, &length);
    fuzz_check(run->log != NULL);
    log_start(run);
    log_epoch(run, &epoch);
    log_end(run);
    nnfs_error error;
    fuzz_check(log_close(run, &error) == NNFS_OK);
    fuzz_check(strlen(text) == length);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static nnfs_dataset *dataset;
    static nnfs_network *network;
    if (!dataset) {
        make(&dataset, &network);
    }
    double value = take_double(&data, &size);
    char *source = fuzz_line(&data, &size);
    char *test = fuzz_line(&data, &size);
    char *output = fuzz_line(&data, &size);
    char *cpu = fuzz_line(&data, &size);
    train_options options = {.output = output, .validation_share = value};
    options.train.learning_rate = (float)value;
    train_run run = {.log_bytes = -1,
                     .options = &options,
                     .train = {.path = source, .set = dataset},
                     .test = {.path = test, .set = dataset},
                     .network = network,
                     .summary = {.reason = "epochs", .seconds = value},
                     .logged = true,
                     .saved = true};
    (void)snprintf(run.machine.cpu, sizeof run.machine.cpu, "%s", cpu ? cpu : "");
    char *log = write_log(&run, value);
    check_log(&run, value, log);
    free(log);
    free(cpu);
    free(output);
    free(test);
    free(source);
    return 0;
}
