/* nnfs-eval: how good a saved network is on a dataset. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/json.h"
#include "common/lines.h"
#include "common/metrics_text.h"
#include "common/model_data.h"
#include "common/options.h"
#include "common/start.h"
#include "common/text.h"
#include "diagnostics/column_effects.h"
#include "diagnostics/diagnostics_json.h"
#include "eval/eval_print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The command line ---- */

typedef struct eval_options {
    model_request request;
    bool json;
    bool importance;
    diagnostics_settings details;
    eval_print print;
} eval_options;

enum { MISTAKES_MOST = 100000 };

static void take_threshold(void *input, const option_row *row, const char *text);
static void take_costs(void *input, const option_row *row, const char *text);

static const option_row rows[] = {
    MODEL_ROW_SPLIT(offsetof(eval_options, request), .new_group = true),
    {"mistakes", 0, "N", "number of the worst mistakes to list", "10",
     TO(COUNT, eval_options, details.mistakes), .highest = MISTAKES_MOST},
    {"confusion", 0, NULL, "print the whole confusion matrix",
     "the most confused pairs, if it is wider than the terminal",
     TO(FLAG, eval_options, print.confusion)},
    {"binary", 0, NULL,
     "print true and false positives and negatives of each class against the rest", NULL,
     TO(FLAG, eval_options, print.binary)},
    {"calibration", 0, NULL, "print the accuracy by predicted probability", NULL,
     TO(FLAG, eval_options, print.calibration)},
    {"threshold", 0, "X",
     "probability from which on a sample is taken for the second of two classes", "0.5",
     .take = take_threshold},
    {"costs", 0, "FP,FN",
     "costs of a false positive and a false negative, for which the best threshold is found", NULL,
     .take = take_costs},
    {"importance", 0, NULL,
     "rank the columns of a table by how much the error rises when a column is shuffled", NULL,
     TO(FLAG, eval_options, importance)},
    {"json", 0, NULL, "print everything as one JSON object", NULL, TO(FLAG, eval_options, json)},
    MODEL_ROW_PRECISION(offsetof(eval_options, request)),
    MODEL_ROWS_RUN(offsetof(eval_options, request), "print the result alone, without advice"),

    {.help = "How the file of a table is written:"},
    {"targets", 0, "FILE", "NPY file with the targets of an NPY file", NULL,
     TABLE_ROW(offsetof(eval_options, request.table)), .complete = "@*.npy"},
    TABLE_ROWS_FORMAT(offsetof(eval_options, request.table), "as the model was trained"),
    {0},
};

static const char about[] =
    "Says how good MODEL, a file that nnfs-train wrote, is on DATA."
    "\v"
    "Of several MODELs for the same classes it says how good the mean of their probabilities is.\n"
    "\n"
    "DATA is found as nnfs-train finds it: a table (CSV, NPY), a folder of IDX files, the word "
    "digits, or a bare name such as mnist. A table is prepared as the model's own was; its columns "
    "may stand in any order.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 4 bad data or data that do not fit the model.\n"
    "\n"
    "  nnfs-eval model.safetensors mnist\n"
    "  nnfs-eval model.safetensors digits --split train --json\n"
    "  nnfs-eval model.safetensors houses.csv";

static const char *const arguments[] = {"@*.safetensors", "@data", NULL};

/* The request is the first member. */
static const option_table command_line = {rows, "MODEL... DATA", about, model_request_argument,
                                          NULL, arguments};

static void take_threshold(void *input, const option_row *row, const char *text)
{
    eval_options *options = input;
    (void)row;
    options->details.threshold = option_number("--threshold", text, NUMBER_SHARE);
}

static void take_costs(void *input, const option_row *row, const char *text)
{
    eval_options *options = input;
    double *costs = options->details.costs;
    (void)row;
    if (list_count(text) != 2) {
        usage_error("--costs takes two numbers, of a false positive and a false negative: 1,20");
    }
    for (int i = 0; i < 2; i++) {
        const char *item;
        char number[32];
        size_t length = list_next(&text, &item);
        (void)snprintf(number, sizeof number, "%.*s", (int)MIN(length, 31), item);
        costs[i] = option_number("--costs", number, NUMBER_NOT_NEGATIVE);
    }
    options->print.costs = true;
}

static void parse(eval_options *options, int argc, char **argv)
{
    *options = (eval_options){.request.split = SPLIT_ANY,
                              .details = diagnostics_defaults(),
                              .print.screen = terminal_of_stdout()};
    options->details.mistakes = 10;
    table_options_init(&options->request.table);
    options_parse(&command_line, argc, argv, options);
    model_request_check(&options->request);
}

/* ---- The work ---- */

typedef struct eval_run {
    const eval_options *options;
    model_data loaded;
    nnfs_evaluation result;
    diagnostics known;
    column_effects effects;
} eval_run;

static nnfs_status evaluate_ensemble(eval_run *run, nnfs_error *error)
{
    const model_data *loaded = &run->loaded;
    int64_t samples = nnfs_dataset_samples(loaded->chosen);
    int outputs = nnfs_network_outputs(loaded->network);
    float *mean = calloc((size_t)samples, (size_t)outputs * sizeof *mean);
    if (!mean) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status =
        ensemble_predict(&loaded->of, 0, samples, loaded->machine.threads, mean, error);
    if (status == NNFS_OK) {
        status = nnfs_evaluate_probabilities(loaded->chosen, mean, outputs, &run->result, error);
    }
    free(mean);
    return status;
}

static nnfs_status evaluate(eval_run *run, nnfs_error *error)
{
    model_data *loaded = &run->loaded;
    TRY(model_data_load(&run->options->request, loaded, error));
    if (!nnfs_dataset_has_targets(loaded->chosen)) {
        return set_error(error, NNFS_ERROR_DATA, "%s has no targets: nothing to measure with",
                         loaded->path);
    }
    diagnostics_settings details = run->options->details;
    details.threads = loaded->machine.threads;
    if (loaded->of.count > 1) {
        TRY(evaluate_ensemble(run, error));
    } else {
        TRY(nnfs_evaluate(loaded->network, loaded->chosen, loaded->machine.threads, &run->result,
                          error));
    }
    TRY(diagnostics_of_ensemble(&loaded->of, &details, &run->known, error));
    if (run->options->importance) {
        nnfs_importance_settings settings;
        nnfs_importance_settings_init(&settings);
        settings.threads = loaded->machine.threads;
        TRY(column_effects_measure(loaded->network, loaded->chosen, &settings, &run->effects,
                                   error));
    }
    if (!isnan(details.threshold)) {
        run->result.accuracy = (double)run->known.macro.right / (double)run->known.samples;
        run->result.macro_f1 = run->known.macro.f1;
    }
    return NNFS_OK;
}

/* ---- The result ---- */

static const char *chosen_name(const eval_run *run)
{
    const model_data *loaded = &run->loaded;
    if (loaded->chosen == loaded->splits.validation) {
        return "validation";
    }
    bool test = loaded->chosen == loaded->test || loaded->chosen == loaded->splits.test;
    return test ? "test" : "train";
}

/* "model (784-10, 7,850 parameters)"; returns the letters written. */
static int print_model(const char *path, const nnfs_network *network)
{
    char *shape = text_shape(network);
    char *line = NULL;
    int width = asprintf(&line, "%s (%s, %s parameters)", text_path(path).text, shape ? shape : "",
                         text_count(nnfs_network_parameters(network)).text);
    free(shape);
    if (width < 0) {
        return 0;
    }
    line_print(stdout, "%s", line);
    free(line);
    return width;
}

/* "the test set of digits"; all of a table is no such part. In two lines where one is too short. */
static void print_head(const eval_run *run)
{
    const model_request *request = &run->options->request;
    const model_data *loaded = &run->loaded;
    bool table = loaded->chosen == loaded->train && nnfs_dataset_columns(loaded->chosen) > 0;
    const char *the = "";
    const char *part = "";
    if (!table) {
        the = ", the ";
        part = chosen_name(run);
    }
    short_text samples = text_count(run->result.samples);
    path_text data = text_path(request->data);
    int more = request->more_count;
    int width = print_model(request->model, loaded->network);
    for (int i = 0; i < more; i++) {
        line_print(stdout, "\n");
        (void)print_model(request->more[i], loaded->of.members[i + 1].network);
    }
    width += snprintf(NULL, 0, " on %s samples%s%s set of %s", samples.text, the, part, data.text);
    bool breaks = more > 0 || width > run->options->print.screen.columns;
    line_print(stdout, breaks ? "\n" : " ");
    if (more > 0) {
        line_print(stdout, "their mean ");
    }
    line_print(stdout, "on %s sample%s%s%s%s of %s\n", samples.text,
               text_plural(run->result.samples), the, part, table ? "" : " set", data.text);
}

static bool print_lines(const eval_run *run)
{
    const nnfs_evaluation *result = &run->result;
    const metric *what;
    print_head(run);
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        bool detail = what->detail && !isnan(metric_value(what, result));
        if (!detail && !metric_applies(what, result, nnfs_network_loss(run->loaded.network))) {
            continue;
        }
        line_print(stdout, "%-9s %s", what->name, what->text(metric_value(what, result)).text);
        if (strcmp(what->key, "accuracy") == 0 && run->known.classes > 0) {
            int64_t right = llround(result->accuracy * (double)result->samples);
            line_print(stdout, " (%s right, %s wrong)", text_count(right).text,
                       text_count(result->samples - right).text);
        }
        line_print(stdout, "\n");
    }
    (run->known.classes > 0 ? print_classes : print_numbers)(&run->known, &run->options->print);
    if (run->options->importance) {
        print_importance(&run->effects, &run->options->print);
    }
    return true;
}

/* Models that are averaged with "model". */
static void add_more(json_t *object, const char *model)
{
    if (!json_object_get(object, "more_models")) {
        (void)json_object_set_new(object, "more_models", json_array());
    }
    (void)json_array_append_new(json_object_get(object, "more_models"), json_string(model));
}

static bool print_json(const eval_run *run)
{
    const model_data *loaded = &run->loaded;
    const nnfs_evaluation *result = &run->result;
    json_watch();
    json_t *object = json_object();
    json_set_string(object, "schema", "nnfs-eval/1");
    json_set_string(object, "version", nnfs_version());
    json_set_string(object, "model", run->options->request.model);
    for (int i = 0; i < run->options->request.more_count; i++) {
        add_more(object, run->options->request.more[i]);
    }
    json_set_hash(object, "weights_hash", nnfs_network_hash(loaded->network));
    json_set_string(object, "data", loaded->path);
    json_set_hash(object, "data_hash", nnfs_dataset_hash(loaded->chosen));
    json_set_string(object, "split", chosen_name(run));
    json_set_integer(object, "samples", result->samples);
    json_set_integer(object, "trained_on", model_data_trained_on(loaded));
    json_set_string(object, "loss_name", text_loss(loaded->network).text);
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        metric_log(object, what->key, what, metric_value(what, result));
    }
    json_set_real(object, "seconds", result->seconds);
    diagnostics_to_json(object, &run->known);
    if (run->options->importance) {
        (void)json_object_set_new(object, "importance", column_effects_json(&run->effects));
    }
    if (json_had_memory()) {
        (void)json_dumpf(object, stdout, JSON_LINE); /* cli_finish() looks for a failed write */
        (void)putchar('\n');
    }
    json_decref(object);
    return json_had_memory();
}

static int evaluate_and_print(eval_run *run)
{
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = evaluate(run, &error);
    if (status != NNFS_OK) {
        cli_error(&error);
        return exit_status(status);
    }
    if (!(run->options->json ? print_json : print_lines)(run)) {
        cli_message("out of memory");
        return EXIT_CANNOT_RUN;
    }
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    restart_with_better_blas(argv);
    eval_options options;
    parse(&options, argc, argv);
    eval_run run = {.options = &options};
    int result = cli_finish(evaluate_and_print(&run));
    if (!run.loaded.prepared) {
        cli_exit(result);
    }
    diagnostics_free(&run.known);
    column_effects_free(&run.effects);
    model_data_free(&run.loaded);
    table_options_free(&options.request.table);
    return result;
}
