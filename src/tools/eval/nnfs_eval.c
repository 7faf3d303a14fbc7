/* nnfs-eval: how good a saved network is on a dataset. */
#include "common/exit.h"
#include "common/json.h"
#include "common/metrics_text.h"
#include "common/model_data.h"
#include "common/options.h"
#include "common/start.h"
#include "common/text.h"
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
    int mistakes;
    eval_print print;
} eval_options;

enum { MISTAKES_MOST = 100000 };

static const option_row rows[] = {
    MODEL_ROW_SPLIT(offsetof(eval_options, request), .new_group = true),
    {"mistakes", 0, "N", "number of the worst mistakes to list", "10",
     TO(COUNT, eval_options, mistakes), .highest = MISTAKES_MOST},
    {"confusion", 0, NULL, "print the whole confusion matrix",
     "the most confused pairs, if it is wider than the terminal",
     TO(FLAG, eval_options, print.confusion)},
    {"binary", 0, NULL,
     "print true and false positives and negatives of each class against the rest", NULL,
     TO(FLAG, eval_options, print.binary)},
    {"calibration", 0, NULL, "print the accuracy by predicted probability", NULL,
     TO(FLAG, eval_options, print.calibration)},
    {"json", 0, NULL, "print everything as one JSON object", NULL, TO(FLAG, eval_options, json)},
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
static const option_table command_line = {rows, "MODEL DATA", about, model_request_argument,
                                          NULL, arguments};

static void parse(eval_options *options, int argc, char **argv)
{
    *options = (eval_options){
        .request.part = PART_ANY, .mistakes = 10, .print.screen = terminal_of_stdout()};
    table_options_init(&options->request.table);
    options_parse(&command_line, argc, argv, options);
    model_request_check(&options->request);
}

/* ---- The work ---- */

typedef struct eval_run {
    const eval_options *options;
    model_data loaded;
    char *shape;
    nnfs_evaluation result;
    diagnostics known;
} eval_run;

static nnfs_status evaluate(eval_run *run, nnfs_error *error)
{
    model_data *loaded = &run->loaded;
    nnfs_status status = model_data_load(&run->options->request, loaded, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (!nnfs_dataset_has_targets(loaded->chosen)) {
        return set_error(error, NNFS_ERROR_DATA, "%s has no targets: nothing to measure with",
                         loaded->path);
    }
    status = nnfs_evaluate(loaded->network, loaded->chosen, loaded->machine.threads, &run->result,
                           error);
    if (status != NNFS_OK) {
        return status;
    }
    return diagnostics_measure(loaded->network, loaded->chosen, loaded->machine.threads,
                               run->options->mistakes, &run->known, error);
}

/* ---- The result ---- */

static const char *chosen_name(const eval_run *run)
{
    if (run->loaded.chosen == run->loaded.test) {
        return "test";
    }
    return "train";
}

/* "the test set of digits"; a table has no such parts. In two lines where one is too short. */
static void print_head(const eval_run *run)
{
    const model_request *request = &run->options->request;
    bool table = nnfs_dataset_columns(run->loaded.chosen) > 0;
    const char *the = ", the ";
    if (table) {
        the = "";
    }
    const char *part = "";
    if (!table) {
        part = chosen_name(run);
    }
    short_text samples = text_count(run->result.samples);
    path_text data = text_path(request->data);
    int width = printf("%s (%s, %s parameters)", text_path(request->model).text, run->shape,
                       text_count(nnfs_network_parameters(run->loaded.network)).text);
    width += snprintf(NULL, 0, " on %s samples%s%s set of %s", samples.text, the, part, data.text);
    (void)printf("%con %s sample%s%s%s%s of %s\n",
                 width > run->options->print.screen.columns ? '\n' : ' ', samples.text,
                 text_plural(run->result.samples), the, part, table ? "" : " set", data.text);
}

static bool print_lines(const eval_run *run)
{
    const nnfs_evaluation *result = &run->result;
    const metric *what;
    print_head(run);
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        if (!metric_applies(what, result, nnfs_network_loss(run->loaded.network))) {
            continue;
        }
        (void)printf("%-9s %s", what->name, what->text(metric_value(what, result)).text);
        if (strcmp(what->key, "accuracy") == 0) {
            int64_t right = llround(result->accuracy * (double)result->samples);
            (void)printf(" (%s right, %s wrong)", text_count(right).text,
                         text_count(result->samples - right).text);
        }
        (void)putchar('\n');
    }
    (run->known.classes > 0 ? print_classes : print_numbers)(&run->known, &run->options->print);
    return true;
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
    json_set_hash(object, "weights_hash", nnfs_network_hash(loaded->network));
    json_set_string(object, "data", loaded->path);
    json_set_hash(object, "data_hash", nnfs_dataset_hash(loaded->chosen));
    json_set_string(object, "split", chosen_name(run));
    json_set_integer(object, "samples", result->samples);
    json_set_string(object, "loss_name", nnfs_loss_name(nnfs_network_loss(loaded->network)));
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        json_set_real(object, what->key, metric_value(what, result));
    }
    json_set_real(object, "seconds", result->seconds);
    diagnostics_to_json(object, &run->known);
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
    run->shape = text_shape(run->loaded.network);
    if (!run->shape) {
        cli_message("out of memory");
        return EXIT_CANNOT_RUN;
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
    free(run.shape);
    diagnostics_free(&run.known);
    model_data_free(&run.loaded);
    table_options_free(&options.request.table);
    return result;
}
