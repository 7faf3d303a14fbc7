/*
 * The log of nnfs-tune: JSON, an object an iteration, each flushed. The first one has the
 * schema, the command and the machine besides, so that every line is an iteration and a table
 * can be made of them.
 */
#include "tune/tune_log.h"
#include "common/exit.h"
#include "common/lock.h"
#include "common/options.h"
#include "tune/tune.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Objects ---- */

json_t *log_head(const tuning *tune)
{
    const train_run *data = &tune->data[0];
    json_t *machine = json_object();
    json_set_string(machine, "cpu", tune->machine.cpu);
    json_set_string(machine, "blas", tune->machine.blas);
    json_set_string(machine, "kernel", tune->machine.kernel);
    json_set_integer(machine, "threads", tune->machine.threads);
    json_t *object = json_object();
    json_set_string(object, "schema", TUNE_SCHEMA);
    json_set_string(object, "version", nnfs_version());
    json_set_string(object, "command", tune->command);
    json_set_integer(object, "runs", tune->count);
    json_set_string(object, "judged_by", tune->judge.name);
    json_set_hash(object, "data_hash", nnfs_dataset_hash(data->train.set));
    (void)json_object_set_new(object, "machine", machine);
    return object;
}

/* The values of the options that vary: numbers as such, but not where others of the
 * option are lists. */
static void set_value(json_t *object, const tune_axis *axis, const char *value)
{
    bool whole = value[strspn(value, "0123456789")] == '\0';
    bool listed = strchr(axis->separators, ',') == NULL;
    if (listed || !looks_like_number(value)) {
        json_set_string(object, axis->option, value);
    } else if (whole) {
        json_set_integer(object, axis->option, strtoll(value, NULL, 10));
    } else {
        json_set_real(object, axis->option, strtod(value, NULL));
    }
}

static json_t *settings(const tuning *tune, const tune_trial *trial)
{
    json_t *object = json_object();
    for (int i = 0; i < tune->options->space.axis_count; i++) {
        if (axis_varies(tune, i)) {
            set_value(object, &tune->options->space.axes[i], trial->values[i]);
        }
    }
    return object;
}

static json_t *iteration(const tuning *tune, const tune_trial *trial)
{
    const tune_point *point = &trial->points[trial->count - 1];
    json_t *object = json_object();
    json_set_integer(object, "run", trial->number);
    json_set_float(object, "learning_rate", trial->options.train.learning_rate);
    json_set_integer(object, "iteration", trial->count);
    for (int i = 0; log_field_at(i); i++) {
        json_set_real(object, log_field_at(i)->key, log_field_value(log_field_at(i), point));
    }
    (void)json_object_set_new(object, "settings", settings(tune, trial));
    return object;
}

/* ---- Fields ---- */

#define FIELD(name)                       \
    {                                     \
#name, offsetof(tune_point, name) \
    }

static const log_field fields[] = {
    FIELD(accuracy),
    FIELD(loss),
    FIELD(validation_accuracy),
    FIELD(validation_loss),
    FIELD(validation_rmse),
    FIELD(validation_pinball),
    FIELD(test_accuracy),
    FIELD(test_loss),
    FIELD(test_rmse),
    FIELD(test_pinball),
    FIELD(rate),
    FIELD(seconds),
};

const log_field *log_field_at(int index)
{
    if (index < (int)(sizeof fields / sizeof *fields)) {
        return &fields[index];
    }
    return NULL;
}

double log_field_value(const log_field *field, const tune_point *point)
{
    double value;
    memcpy(&value, (const char *)point + field->offset, sizeof value);
    return value;
}

const char *log_ending(const char *text)
{
    static const char *const endings[] = {"epochs", "accuracy", "patience", "diverged"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(text, endings[i]) == 0) {
            return endings[i];
        }
    }
    return NULL;
}

/* ---- Writing ---- */

bool log_write(FILE *stream, json_t *object)
{
    bool written = json_had_memory() && json_dumpf(object, stream, JSON_LINE) == 0 &&
                   fputc('\n', stream) != EOF && fflush(stream) == 0;
    json_decref(object);
    return written;
}

json_t *log_headed(const tuning *tune, json_t *object)
{
    json_t *head = log_head(tune);
    (void)json_object_update_missing(head, object);
    json_decref(object);
    return head;
}

void tune_log_point(tuning *tune, const tune_trial *trial, uint64_t hash)
{
    if (!tune->log || !tune->logged) {
        return;
    }
    json_watch();
    json_t *object = iteration(tune, trial);
    if (trial->ended) {
        json_set_string(object, "ended", trial->ended);
        json_set_hash(object, "weights_hash", hash);
    }
    tune->logged = log_write(tune->log, tune->headed ? object : log_headed(tune, object));
    tune->headed = true;
}

/* ---- Opening and closing ---- */

static nnfs_status fail_writing(const char *path, nnfs_error *error)
{
    return set_error(error, NNFS_ERROR_IO, "cannot write '%s': %s", path, strerror(errno));
}

/* Two at the same log would write into each other's lines. */
static nnfs_status open_alone(const char *path, FILE **stream, nnfs_error *error)
{
    *stream = fopen(path, "a+e");
    if (!*stream) {
        return fail_writing(path, error);
    }
    if (!lock_file(fileno(*stream))) {
        return set_error(error, NNFS_ERROR_IO,
                         "another nnfs-tune is writing '%s'; give another --log", path);
    }
    return NNFS_OK;
}

nnfs_status tune_log_open(tuning *tune, nnfs_error *error)
{
    const char *path = tune->options->log;
    struct stat about;
    tune->logged = true;
    if (!path) {
        return NNFS_OK;
    }
    /* a pipe or a device cannot be read back */
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        tune->log = fopen(path, "we");
        if (!tune->log) {
            return fail_writing(path, error);
        }
        return NNFS_OK;
    }
    TRY(open_alone(path, &tune->log, error));
    bool rewritten = false;
    TRY(log_read_back(tune, &rewritten, error));
    if (rewritten) {
        (void)fclose(tune->log);
        return open_alone(path, &tune->log, error);
    }
    return NNFS_OK;
}

nnfs_status tune_log_close(tuning *tune, nnfs_error *error)
{
    bool closed = !tune->log || fclose(tune->log) == 0;
    tune->log = NULL;
    if (!closed || !tune->logged) {
        return set_error(error, NNFS_ERROR_IO, "the log '%s' could not be written whole",
                         tune->options->log);
    }
    return NNFS_OK;
}
