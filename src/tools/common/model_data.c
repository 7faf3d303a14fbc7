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

const char *split_names(int value)
{
    static const char *const names[] = {"train", "test", "validation", NULL};
    return names[value];
}

const char *precision_names(int value)
{
    return nnfs_precision_name((nnfs_precision)value);
}

void model_request_argument(void *target, const char *text)
{
    model_request *request = target;
    if (request->more_count == MODELS_MOST - 1) {
        usage_error("%d models are the most; '%s' is too much", MODELS_MOST, text);
    }
    if (request->data) {
        request->more[request->more_count++] = request->data;
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
nnfs_status model_check_scale(const nnfs_network *network, const char *model,
                              const nnfs_dataset *data, const char *path, nnfs_error *error)
{
    const char *note = nnfs_network_note(network, "preprocessing");
    float here = nnfs_dataset_scale(data);
    float scale = here;
    json_watch();
    bool understood = !note || parse_preprocessing(note, &scale);
    if (!json_had_memory()) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    if (!understood) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s: its preprocessing, %s, is none of this version", model, note);
    }
    if (scale != here) {
        return set_error(
            error, NNFS_ERROR_DATA,
            "%s was trained on values multiplied by %s, but those of %s are multiplied by %s",
            model, text_shortest(scale).text, path, text_shortest(here).text);
    }
    return NNFS_OK;
}

/*
 * Before it is read: a table read as one of its own would end in another complaint. A network
 * without preprocessing takes tables of numbers, unless it takes pixels.
 */
static nnfs_status check_kind(const model_request *request, const model_data *loaded,
                              nnfs_error *error)
{
    bool wanted = nnfs_network_preprocessing(loaded->network) != NULL;
    bool table = is_table_data(&request->table, loaded->path);
    bool pixels = nnfs_network_note(loaded->network, "preprocessing") != NULL;
    if (wanted ? !table : table && pixels) {
        return set_error(error, NNFS_ERROR_DATA, "%s was %strained on a table, and %s is %s",
                         request->model, wanted ? "" : "not ", loaded->path,
                         table ? "one" : "none");
    }
    return NNFS_OK;
}

static nnfs_status choose_part(const model_request *request, model_data *loaded, nnfs_error *error)
{
    const model_splits *own = &loaded->splits;
    nnfs_dataset *by_part[] = {
        [SPLIT_ANY] = loaded->test ? loaded->test : loaded->train,
        [SPLIT_TRAIN] = own->train ? own->train : loaded->train,
        [SPLIT_TEST] = own->test ? own->test : loaded->test,
        [SPLIT_VALIDATION] = own->validation,
    };
    loaded->chosen = by_part[request->split];
    if (!loaded->chosen) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s has no %s set, and %s is not known to have held one out of it",
                         loaded->path, split_names((int)request->split - SPLIT_TRAIN),
                         request->model);
    }
    return NNFS_OK;
}

/* Finds out whether the model was trained on these data, and on which of them. */
static nnfs_status split_again(const model_request *request, model_data *loaded, nnfs_error *error)
{
    if (request->ignore_targets || !loaded->train || !nnfs_dataset_has_targets(loaded->train)) {
        return NNFS_OK;
    }
    return model_split(loaded->network, loaded->train, &loaded->splits, &loaded->trained_on, error);
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
    if (!settings.like && is_table_data(&request->table, loaded->path)) {
        TRY(plain_table_load(loaded->path, &settings, loaded->network, &loaded->plain, error));
        loaded->train = loaded->plain.dataset;
        loaded->plain.dataset = NULL;
        if (!request->ignore_targets && !loaded->plain.has_targets) {
            return set_error(error, NNFS_ERROR_DATA, "%s has no targets: nothing to measure with",
                             loaded->path);
        }
    } else {
        TRY(nnfs_dataset_load(loaded->path, &settings, &loaded->train, &loaded->test, error));
    }
    TRY(split_again(request, loaded, error));
    TRY(choose_part(request, loaded, error));
    loaded->trained_on =
        loaded->trained_on && request->split == SPLIT_ANY && loaded->chosen == loaded->train;
    return model_check_scale(loaded->network, request->model, loaded->chosen, loaded->path, error);
}

static bool is_kept(const nnfs_dataset *data, int column)
{
    int kept;
    for (int i = 0; (kept = nnfs_dataset_kept_column(data, i)) >= 0; i++) {
        if (kept == column) {
            return true;
        }
    }
    return false;
}

/* Columns that were not in the file the model was trained on, and that go nowhere. */
static void say_left_out(const nnfs_dataset *data)
{
    enum { MOST = 5 };
    char names[MOST * (sizeof(name_text) + 2)] = "";
    int count = 0;
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        nnfs_column column = nnfs_dataset_column(data, i);
        if (column.use == NNFS_COLUMN_UNKNOWN && !is_kept(data, i) && ++count <= MOST) {
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
            cli_message("%s%s: %s row%s with a category that the model does not know, as %s",
                        column.name ? "column " : "", column_name(column.name, i + 1).text,
                        text_count(count).text, text_plural(count),
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

int64_t model_data_trained_on(const model_data *loaded)
{
    const nnfs_dataset *trained = loaded->splits.train ? loaded->splits.train : loaded->chosen;
    if (!loaded->trained_on) {
        return 0;
    }
    return nnfs_dataset_samples(trained);
}

/* What was learned by heart does not say how good a model is. */
static void say_trained_on(const model_request *request, const model_data *loaded)
{
    const model_splits *splits = &loaded->splits;
    if (!loaded->trained_on || request->any_rows) {
        return;
    }
    const char *held = "";
    if (splits->test) {
        held = "; --split test takes those that were held out";
    } else if (splits->validation) {
        held = "; --split validation takes those that were held out";
    }
    cli_message("%s was trained on %s of these %s samples%s", request->model,
                splits->train ? text_count(model_data_trained_on(loaded)).text : "all",
                text_count(nnfs_dataset_samples(loaded->chosen)).text, held);
}

void model_data_describe(const nnfs_dataset *data)
{
    say_left_out(data);
    say_unseen(data);
    say_bad_rows(data);
}

static nnfs_status load_one(const model_request *request, model_data *loaded, nnfs_error *error)
{
    TRY(nnfs_network_load(request->model, &loaded->network, error));
    TRY(nnfs_network_set_precision(loaded->network, request->precision, error));
    TRY(data_path(request->data, &loaded->path, error));
    TRY(prepare_machine(request->threads, request->quiet, &loaded->machine, error));
    loaded->prepared = true;
    TRY(check_kind(request, loaded, error));
    TRY(load_data(request, loaded, error));
    if (!request->quiet) {
        model_data_describe(loaded->chosen);
        say_trained_on(request, loaded);
    }
    return NNFS_OK;
}

/* ---- Ensembles ---- */

static const char *class_of(const model_data *loaded, int index)
{
    return nnfs_dataset_class_name(loaded->chosen, index);
}

/* Whether the mean of their outputs means anything: probabilities of the same classes in
 * the same order. */
static nnfs_status check_classes(const model_request *request, const model_data *first,
                                 const char *model, const model_data *other, nnfs_error *error)
{
    int outputs = nnfs_network_outputs(first->network);
    int classes = nnfs_dataset_classes(first->chosen);
    if (classes == 0) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s predicts numbers: only models of classes are averaged; give one",
                         request->model);
    }
    bool same = nnfs_network_outputs(other->network) == outputs &&
                nnfs_dataset_classes(other->chosen) == classes;
    for (int i = 0; same && i < classes; i++) {
        same = strcmp(class_of(first, i), class_of(other, i)) == 0;
    }
    if (!same) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s and %s do not predict the same classes: no mean of them",
                         request->model, model);
    }
    return NNFS_OK;
}

static nnfs_status load_more(const model_request *request, model_data *loaded, nnfs_error *error)
{
    size_t count = (size_t)request->more_count;
    loaded->more = calloc(count + 1, sizeof *loaded->more);
    loaded->members = calloc(count + 1, sizeof *loaded->members);
    if (!loaded->more || !loaded->members) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    loaded->of.members = loaded->members;
    loaded->members[loaded->of.count++] = (ensemble_member){loaded->network, loaded->chosen};
    for (int i = 0; i < request->more_count; i++) {
        model_request one = *request;
        model_data *made = &loaded->more[i];
        one.model = request->more[i];
        one.quiet = true;
        loaded->of.count++;
        TRY(load_one(&one, made, error));
        loaded->members[i + 1] = (ensemble_member){made->network, made->chosen};
        TRY(check_classes(request, loaded, one.model, made, error));
    }
    return NNFS_OK;
}

nnfs_status model_data_load(const model_request *request, model_data *loaded, nnfs_error *error)
{
    TRY(load_one(request, loaded, error));
    return load_more(request, loaded, error);
}

void model_data_free(model_data *loaded)
{
    for (int i = 0; i + 1 < loaded->of.count; i++) {
        model_data_free(&loaded->more[i]);
    }
    free(loaded->more);
    free(loaded->members);
    free(loaded->path);
    model_splits_free(&loaded->splits);
    nnfs_dataset_free(loaded->train);
    nnfs_dataset_free(loaded->test);
    plain_table_free(&loaded->plain);
    nnfs_network_free(loaded->network);
}
