/* A saved model and data for it. */
#include "common/model_data.h"

#include "common/column_text.h"
#include "common/exit.h"
#include "common/json.h"
#include "common/options.h"
#include "common/paths.h"
#include "common/start.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The command line ---- */

const char *part_names(int value)
{
    static const char *const names[] = {"train", "test", NULL};
    return names[value];
}

void model_request_argument(void *target, const char *text)
{
    model_request *request = target;
    if (request->data) {
        usage_error("MODEL and DATA are all there is to give, '%s' is too much", text);
    }
    *(request->model ? &request->data : &request->model) = text;
}

void model_request_check(const model_request *request)
{
    if (!request->data) {
        usage_error("%s is missing", request->model ? "DATA" : "MODEL");
    }
    table_options_check(&request->table, request->data);
}

/* ---- Whether the data are what the model was trained on ---- */

/* {"scale":S}; false for anything else, which this version could not do. */
static bool parse_preprocessing(const char *note, float *scale)
{
    json_t *json = json_loads(note, JSON_REJECT_DUPLICATES, NULL);
    const json_t *number = json_object_get(json, "scale");
    bool understood = json_object_size(json) == 1 && json_is_number(number);
    *scale = (float)json_number_value(number);
    json_decref(json);
    return understood;
}

/* The values must come to the network as they did when it was trained. */
static nnfs_status check_scale(const model_request *request, const model_data *loaded,
                               nnfs_error *error)
{
    const char *note = nnfs_network_note(loaded->network, "preprocessing");
    float here = nnfs_dataset_scale(loaded->chosen);
    float scale = here;
    json_watch();
    bool understood = !note || parse_preprocessing(note, &scale);
    if (!json_had_memory()) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    if (!understood) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s: its preprocessing, %s, is none of this version", request->model,
                         note);
    }
    if (scale != here) {
        return set_error(
            error, NNFS_ERROR_DATA,
            "%s was trained on values multiplied by %s, but those of %s are multiplied by %s",
            request->model, text_shortest(scale).text, loaded->path, text_shortest(here).text);
    }
    return NNFS_OK;
}

/* Before it is read: a table read as one of its own would end in another complaint. */
static nnfs_status check_kind(const model_request *request, const model_data *loaded,
                              nnfs_error *error)
{
    bool wanted = nnfs_network_preprocessing(loaded->network) != NULL;
    bool table = is_table_data(&request->table, loaded->path);
    if (wanted != table) {
        return set_error(error, NNFS_ERROR_DATA, "%s was %strained on a table, and %s is %s",
                         request->model, wanted ? "" : "not ", loaded->path,
                         table ? "one" : "none");
    }
    return NNFS_OK;
}

static nnfs_status choose_part(const model_request *request, model_data *loaded, nnfs_error *error)
{
    nnfs_dataset *by_part[] = {
        [PART_ANY] = loaded->test ? loaded->test : loaded->train,
        [PART_TRAIN] = loaded->train,
        [PART_TEST] = loaded->test,
    };
    loaded->chosen = by_part[request->part];
    if (!loaded->chosen) {
        return set_error(error, NNFS_ERROR_DATA, "%s has no %s set", loaded->path,
                         part_names((int)request->part - PART_TRAIN));
    }
    return NNFS_OK;
}

/* ---- Loading ---- */

static nnfs_status load_data(const model_request *request, model_data *loaded, nnfs_error *error)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = loaded->machine.threads; /* as many as the BLAS takes */
    settings.targets_path = request->table.targets_path;
    settings.like = nnfs_network_preprocessing(loaded->network);
    settings.ignore_targets = settings.like && request->ignore_targets;
    table_options_apply_format(&request->table, &settings);
    nnfs_status status =
        nnfs_dataset_load(loaded->path, &settings, &loaded->train, &loaded->test, error);
    if (status == NNFS_OK) {
        status = choose_part(request, loaded, error);
    }
    if (status != NNFS_OK) {
        return status;
    }
    return check_scale(request, loaded, error);
}

/* Columns that were not in the file the model was trained on. */
static void say_left_out(const nnfs_dataset *data)
{
    enum { MOST = 5 };
    char names[MOST * (sizeof(name_text) + 2)] = "";
    int count = 0;
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        nnfs_column column = nnfs_dataset_column(data, i);
        if (column.use == NNFS_COLUMN_UNKNOWN && ++count <= MOST) {
            (void)strcat(strcat(names, count > 1 ? ", " : ""), text_name(column.name).text);
        }
    }
    if (count > 0) {
        cli_message("left out %d column%s that the model does not know: %s%s", count,
                    text_plural(count), names, count > MOST ? ", ..." : "");
    }
}

/* Categories that the model was not trained on count as its "others". */
static void say_unseen(const nnfs_dataset *data)
{
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        int example = 0;
        nnfs_column column = nnfs_dataset_column(data, i);
        int64_t count = 0;
        if (column.use == NNFS_COLUMN_FEATURE) {
            count = nnfs_dataset_unseen(data, i, &example);
        }
        if (count > 0) {
            cli_message("column %s: %s row%s with a category that the model does not know, as %s",
                        column_name(column.name, i + 1).text, text_count(count).text,
                        text_plural(count),
                        listed_name(nnfs_dataset_category(data, i, example)).text);
        }
    }
}

/* Rows that --skip-bad-rows left out. */
static void say_bad_rows(const nnfs_dataset *data)
{
    nnfs_reading reading = nnfs_dataset_reading(data);
    if (reading.bad_rows > 0) {
        cli_message("left out %s row%s that cannot be read; the first is line %lld",
                    text_count(reading.bad_rows).text, text_plural(reading.bad_rows),
                    (long long)reading.bad_lines[0]);
    }
}

nnfs_status model_data_load(const model_request *request, model_data *loaded, nnfs_error *error)
{
    nnfs_status status = nnfs_network_load(request->model, &loaded->network, error);
    if (status == NNFS_OK) {
        status = data_path(request->data, &loaded->path, error);
    }
    if (status == NNFS_OK) {
        status = prepare_machine(request->threads, request->quiet, &loaded->machine, error);
        loaded->prepared = status == NNFS_OK;
    }
    if (status == NNFS_OK) {
        status = check_kind(request, loaded, error);
    }
    if (status == NNFS_OK) {
        status = load_data(request, loaded, error);
    }
    if (status == NNFS_OK && !request->quiet) {
        say_left_out(loaded->chosen);
        say_unseen(loaded->chosen);
        say_bad_rows(loaded->chosen);
    }
    return status;
}

void model_data_free(model_data *loaded)
{
    free(loaded->path);
    nnfs_dataset_free(loaded->train);
    nnfs_dataset_free(loaded->test);
    nnfs_network_free(loaded->network);
}
