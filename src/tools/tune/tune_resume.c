/* The log of nnfs-tune read back: runs that have ended are not made again. */
#include "common/exit.h"
#include "common/output_file.h"
#include "tune/tune_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Lines ---- */

/* The next line as an object; NULL at the end, which is also where a line was cut short. */
static json_t *next_line(FILE *stream)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length = getline(&line, &size, stream);
    bool whole = length > 0 && line[length - 1] == '\n';
    json_t *object = NULL;
    if (whole) {
        object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    }
    free(line);
    if (object && !json_is_object(object)) {
        json_decref(object);
        object = NULL;
    }
    return object;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (!text) {
        return "";
    }
    return text;
}

static tune_trial *trial_of(const tuning *tune, const json_t *object)
{
    json_int_t number = json_integer_value(json_object_get(object, "run"));
    if (number >= 1 && number <= tune->count) {
        return &tune->trials[number - 1];
    }
    return NULL;
}

/* ---- Whose log it is ---- */

static nnfs_status refuse_other(const tuning *tune, const char *what, nnfs_error *error)
{
    return set_error(error, NNFS_ERROR_ARGUMENT,
                     "'%s' is the log of %.300s; begin it anew with --fresh, or give another --log",
                     tune->options->log, what);
}

static nnfs_status refuse_stranger(const tuning *tune, nnfs_error *error)
{
    return set_error(error, NNFS_ERROR_DATA,
                     "'%s' is there and no log of nnfs-tune; give another --log",
                     tune->options->log);
}

static nnfs_status check_head(const tuning *tune, const json_t *first, nnfs_error *error)
{
    char other[320];
    if (strcmp(text_of(first, "schema"), TUNE_SCHEMA) != 0) {
        return refuse_stranger(tune, error);
    }
    if (tune->options->fresh) {
        return NNFS_OK;
    }
    if (strcmp(text_of(first, "command"), tune->command) != 0) {
        (void)snprintf(other, sizeof other, "another command, nnfs-tune %s",
                       text_of(first, "command"));
        return refuse_other(tune, other, error);
    }
    json_t *head = log_head(tune);
    bool same_data = strcmp(text_of(first, "data_hash"), text_of(head, "data_hash")) == 0;
    json_decref(head);
    if (same_data) {
        return NNFS_OK;
    }
    if (strncmp(text_of(first, "version"), "0.1.", 4) == 0) { /* it hashed data in another way */
        return refuse_other(tune, "nnfs 0.1, whose hash of the data this version cannot compare",
                            error);
    }
    return refuse_other(tune, "the same command with other data", error);
}

/* ---- Reading ---- */

static tune_point point_of(const json_t *object)
{
    tune_point point = {.loss = NAN};
    for (int i = 0; log_field_at(i); i++) {
        const json_t *number = json_object_get(object, log_field_at(i)->key);
        double value = json_is_number(number) ? json_number_value(number) : (double)NAN;
        memcpy((char *)&point + log_field_at(i)->offset, &value, sizeof value);
    }
    return point;
}

/* A line that does not follow the one before it leaves its run without an end. */
static nnfs_status take_line(tuning *tune, const json_t *object, nnfs_error *error)
{
    /* A run of the next rung: the present one was over. */
    json_int_t run = json_integer_value(json_object_get(object, "run"));
    while (run > tune->count && halving_next(tune)) {
    }
    tune_trial *trial = trial_of(tune, object);
    tune_point point = point_of(object);
    json_int_t number = json_integer_value(json_object_get(object, "iteration"));
    if (!trial || trial->ended || number != trial->count + 1) {
        return NNFS_OK;
    }
    trial->ended = log_ending(text_of(object, "ended"));
    return trial_add_point(trial, &point, error);
}

/* *lines that were read, *kept of runs that have ended. */
static nnfs_status read_lines(tuning *tune, int64_t *lines, int64_t *kept, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    json_t *object;
    *lines = 0;
    *kept = 0;
    while (status == NNFS_OK && (object = next_line(tune->log)) != NULL) {
        if (*lines == 0) {
            status = check_head(tune, object, error);
        } else {
            status = NNFS_OK;
        }
        if (status == NNFS_OK && !tune->options->fresh) {
            status = take_line(tune, object, error);
        }
        (*lines)++;
        json_decref(object);
    }
    for (int i = 0; i < tune->count; i++) {
        tune_trial *trial = &tune->trials[i];
        if (!trial->ended) {
            trial->count = 0;
        }
        tune->read_back += trial->ended != NULL;
        *kept += trial->count;
    }
    return status;
}

/* ---- Only what counts stays ---- */

static bool copy_kept(const tuning *tune, FILE *to)
{
    bool headed = false;
    bool written = true;
    json_t *object;
    rewind(tune->log);
    for (int64_t line = 0; written && (object = next_line(tune->log)) != NULL; line++) {
        const tune_trial *trial = trial_of(tune, object);
        if (!trial || !trial->ended) {
            json_decref(object);
            continue;
        }
        bool has_head = headed || line == 0; /* the file's first was checked */
        written = log_write(to, has_head ? object : log_headed(tune, object));
        headed = true;
    }
    return written;
}

static nnfs_status rewrite(const tuning *tune, nnfs_error *error)
{
    output_file file;
    nnfs_status status = output_open(tune->options->log, &file, error);
    if (status == NNFS_OK && !copy_kept(tune, file.stream)) {
        status = set_error(error, NNFS_ERROR_IO, "cannot write '%s'", tune->options->log);
    }
    if (status == NNFS_OK) {
        status = output_commit(&file, error);
    }
    output_discard(&file);
    return status;
}

static bool is_empty(FILE *stream)
{
    return fseek(stream, 0, SEEK_END) == 0 && ftell(stream) == 0;
}

/* Whether all of the file are whole lines. */
static bool ends_whole(FILE *stream)
{
    return is_empty(stream) || (fseek(stream, -1, SEEK_END) == 0 && getc(stream) == '\n');
}

/* A first line that was cut short: of a log that was killed with it. */
static bool begins_like_ours(FILE *stream)
{
    static const char beginning[] = "{\"schema\":\"" TUNE_SCHEMA "\"";
    char text[sizeof beginning] = "";
    rewind(stream);
    return fread(text, 1, sizeof text - 1, stream) == sizeof text - 1 &&
           strcmp(text, beginning) == 0;
}

nnfs_status log_read_back(tuning *tune, bool *rewritten, nnfs_error *error)
{
    int64_t lines, kept;
    rewind(tune->log); /* it was opened to append to */
    json_watch();
    nnfs_status status = read_lines(tune, &lines, &kept, error);
    bool all_read = feof(tune->log) != 0; /* and not to a line that is broken */
    if (status != NNFS_OK) {
        return status;
    }
    if (!json_had_memory()) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    tune->headed = kept > 0;
    if (lines == 0 && !is_empty(tune->log) && !begins_like_ours(tune->log)) {
        return refuse_stranger(tune, error);
    }
    if (lines == kept && all_read && ends_whole(tune->log)) {
        return NNFS_OK;
    }
    *rewritten = true;
    return rewrite(tune, error);
}
