/* Run logs read back: a line an event, a function for each kind that says whether it is whole. */
#include "report/run_record.h"

#include "common/exit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

double number_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    double number = json_is_number(value) ? json_number_value(value) : (double)NAN;
    if (fabs(number) < 1e300) {
        return number;
    }
    return (double)NAN; /* differences stay finite */
}

const char *string_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

double number_in(const json_t *array, size_t index)
{
    const json_t *value = json_array_get(array, index);
    if (json_is_number(value)) {
        return json_number_value(value);
    }
    return (double)NAN;
}

/* ---- Events ---- */

static bool is_start(const json_t *event)
{
    const char *schema = string_at(event, "schema");
    return schema && strcmp(schema, "nnfs-run/1") == 0;
}

static bool is_epoch(const json_t *event)
{
    return json_is_integer(json_object_get(event, "epoch"));
}

static bool is_fold(const json_t *event)
{
    return json_is_integer(json_object_get(event, "fold"));
}

static bool is_end(const json_t *event)
{
    return string_at(event, "reason") != NULL;
}

/* A row a class, as long as there are classes, of counts that are not negative. */
static bool is_confusion(const json_t *matrix, size_t classes)
{
    if (json_array_size(matrix) != classes) {
        return false;
    }
    for (size_t i = 0; i < classes; i++) {
        const json_t *row = json_array_get(matrix, i);
        if (json_array_size(row) != classes) {
            return false;
        }
        for (size_t j = 0; j < classes; j++) {
            if (!(number_in(row, j) >= 0.0)) {
                return false;
            }
        }
    }
    return true;
}

static bool is_evaluation(const json_t *event)
{
    const json_t *matrix = json_object_get(event, "confusion");
    size_t classes = json_array_size(json_object_get(event, "classes"));
    return string_at(event, "set") && (!json_is_array(matrix) || is_confusion(matrix, classes));
}

static bool is_importance(const json_t *event)
{
    return json_is_array(json_object_get(event, "columns"));
}

static bool is_weights(const json_t *event)
{
    return json_is_array(json_object_get(event, "png"));
}

static bool is_profile(const json_t *event)
{
    return json_is_array(json_object_get(event, "rows"));
}

static json_t **place_start(run_record *run)
{
    return &run->start;
}

static json_t **place_epoch(run_record *run)
{
    return &run->epochs;
}

static json_t **place_fold(run_record *run)
{
    return &run->folds;
}

static json_t **place_evaluation(run_record *run)
{
    return &run->evaluations;
}

static json_t **place_importance(run_record *run)
{
    return &run->importance;
}

static json_t **place_weights(run_record *run)
{
    return &run->weights;
}

static json_t **place_profile(run_record *run)
{
    return &run->profile;
}

static json_t **place_end(run_record *run)
{
    return &run->end;
}

/* Where an event goes: an array takes many, anything else the last. */
static const struct kind {
    const char *name;
    bool (*is_whole)(const json_t *event);
    json_t **(*place)(run_record *run);
} kinds[] = {
    {"start", is_start, place_start},       {"epoch", is_epoch, place_epoch},
    {"fold", is_fold, place_fold},          {"evaluation", is_evaluation, place_evaluation},
    {"weights", is_weights, place_weights}, {"importance", is_importance, place_importance},
    {"profile", is_profile, place_profile}, {"end", is_end, place_end},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

static nnfs_status keep(json_t **place, json_t *event, nnfs_error *error)
{
    if (!json_is_array(*place)) {
        json_decref(*place);
        *place = json_incref(event);
    } else if (json_array_append(*place, event) != 0) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}

nnfs_status run_record_take(run_record *run, json_t *event, const char *where, nnfs_error *error)
{
    const char *name = string_at(event, "event");
    if (!name) {
        return set_error(error, NNFS_ERROR_DATA, "%s: no event of a run log", where);
    }
    bool is_first = strcmp(name, "start") == 0;
    if (is_first != !run->start) {
        return set_error(error, NNFS_ERROR_DATA,
                         is_first ? "%s: a second run starts here; give each its own log"
                                  : "%s: a run log begins with the event 'start'",
                         where);
    }
    const struct kind *kind = find_kind(name);
    if (!kind) {
        return NNFS_OK;
    }
    if (!kind->is_whole(event)) {
        return set_error(error, NNFS_ERROR_DATA, "%s: the event '%s' is not as nnfs-run/1 has it",
                         where, name);
    }
    return keep(kind->place(run), event, error);
}

nnfs_status run_record_create(run_record *run, const char *name, nnfs_error *error)
{
    *run = (run_record){
        .name = strdup(name),
        .epochs = json_array(),
        .folds = json_array(),
        .evaluations = json_array(),
    };
    bool made = run->name && run->epochs && run->folds && run->evaluations;
    if (!made) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}

void run_record_free(run_record *run)
{
    free(run->name);
    json_decref(run->start);
    json_decref(run->end);
    json_decref(run->weights);
    json_decref(run->importance);
    json_decref(run->profile);
    json_decref(run->epochs);
    json_decref(run->folds);
    json_decref(run->evaluations);
    *run = (run_record){.name = NULL};
}

/* ---- Files ---- */

/* An object, or NULL: no JSON, or not the JSON of an event. */
static json_t *parse(const char *line, size_t length)
{
    json_error_t trouble;
    json_t *event = json_loadb(line, length, JSON_REJECT_DUPLICATES, &trouble);
    if (!json_is_object(event)) {
        json_decref(event);
        return NULL;
    }
    return event;
}

/* A line without its end is the last, and may have been cut. */
static nnfs_status take_line(run_record *run, const char *line, size_t length, const char *where,
                             nnfs_error *error)
{
    json_t *event = parse(line, length);
    if (!event && run->start && line[length - 1] != '\n') {
        run->cut = true;
        return NNFS_OK;
    }
    if (!event) {
        return set_error(error, NNFS_ERROR_DATA, "%s: not a line of JSON, as a run log has them",
                         where);
    }
    nnfs_status status = run_record_take(run, event, where, error);
    json_decref(event);
    return status;
}

static nnfs_status read_lines(run_record *run, FILE *file, const char *path, nnfs_error *error)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    nnfs_status status = NNFS_OK;
    for (int number = 1; status == NNFS_OK && (length = getline(&line, &size, file)) > 0;
         number++) {
        char where[384];
        (void)snprintf(where, sizeof where, "%.300s: line %d", path, number);
        status = take_line(run, line, (size_t)length, where, error);
    }
    free(line);
    if (status == NNFS_OK && ferror(file)) {
        return set_error(error, NNFS_ERROR_IO, "cannot read '%s': %s", path, strerror(errno));
    }
    if (status == NNFS_OK && !run->start) {
        return set_error(error, NNFS_ERROR_DATA, "%s: line 1: the file is empty, and no run log",
                         path);
    }
    return status;
}

nnfs_status run_record_read(run_record *run, const char *path, nnfs_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = fopen(standard ? "/dev/stdin" : path, "re");
    if (!file) {
        return set_error(error, NNFS_ERROR_IO, "cannot read '%s': %s", path, strerror(errno));
    }
    nnfs_status status = read_lines(run, file, standard ? "standard input" : path, error);
    (void)fclose(file);
    return status;
}

/* ---- What it came to ---- */

const json_t *run_record_last(const run_record *run)
{
    size_t epochs = json_array_size(run->epochs);
    if (run->end) {
        return run->end;
    }
    if (epochs > 0) {
        return json_array_get(run->epochs, epochs - 1);
    }
    return NULL;
}

headline run_record_headline(const run_record *run)
{
    static const char *const parts[] = {"test", "validation", "train"};
    static const char *const measures[] = {"accuracy", "rmse", "loss"};
    const json_t *last = run_record_last(run);
    for (int m = 0; m < 3; m++) {
        for (int p = 0; p < 3; p++) {
            char key[32];
            (void)snprintf(key, sizeof key, "%s_%s", parts[p], measures[m]);
            double value = number_at(last, key);
            if (!isnan(value)) {
                return (headline){parts[p], measures[m], value};
            }
        }
    }
    return (headline){.value = NAN};
}
