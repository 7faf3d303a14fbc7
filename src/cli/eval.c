/* nnfs-eval: how good a saved network is on a dataset. */
#include "exit.h"
#include "json.h"
#include "options.h"
#include "paths.h"
#include "start.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The command line ---- */

typedef enum part {
    PART_ANY, /* the test set where there is one, else all there is */
    PART_TRAIN,
    PART_TEST,
} part;

typedef struct eval_options {
    const char *model;
    const char *data;
    part part;
    int threads;
    bool json;
    bool quiet;
} eval_options;

enum { KEY_SPLIT = OPTION_OWN, KEY_JSON };

static const struct argp_option rows[] = {
    {"split", KEY_SPLIT, "NAME", 0, "train or test (test where DATA has one, else all of it)", 0},
    {"json", KEY_JSON, NULL, 0, "print one JSON object", 0},
    {"threads", 't', "N", 0, "the result is the same for any number (all)", 0},
    {"quiet", 'q', NULL, 0, "print the result alone, without advice", 0},
    OPTIONS_COMMON,
};

static const char about[] =
    "Says how good MODEL, a file that nnfs-train wrote, is on DATA."
    "\v"
    "DATA is found as nnfs-train finds it: a folder of IDX files, the word digits, or a bare name "
    "such as mnist.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 4 bad data or data that do not fit the model.\n"
    "\n"
    "  nnfs-eval model.safetensors mnist\n"
    "  nnfs-eval model.safetensors digits --split train --json";

static const char *part_names(int value)
{
    static const char *const names[] = {"train", "test", NULL};
    return names[value];
}

static void take_argument(eval_options *options, const char *text)
{
    if (options->data) {
        usage_error("MODEL and DATA are all there is to give, '%s' is too much", text);
    }
    *(options->model ? &options->data : &options->model) = text;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    eval_options *options = state->input;
    switch (key) {
    case KEY_SPLIT:
        options->part = PART_TRAIN + (unsigned)option_name("split", part_names, text, strlen(text));
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case 't':
        options->threads = option_threads("--threads", text);
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(options, text);
        return 0;
    default:
        return options_common(key, state);
    }
}

static void parse(eval_options *options, int argc, char **argv)
{
    const struct argp argp = {rows, parse_option,        "MODEL DATA", about,
                              NULL, options_help_filter, NULL};
    *options = (eval_options){.part = PART_ANY};
    options_parse(&argp, argc, argv, options);
    if (!options->data) {
        usage_error("%s is missing", options->model ? "DATA" : "MODEL");
    }
}

/* ---- The work ---- */

typedef struct eval_run {
    const eval_options *options;
    bool prepared; /* the machine is */
    nnfs_network *network;
    char *shape;
    char *path; /* of the data */
    nnfs_dataset *train, *test;
    nnfs_dataset *chosen; /* one of them */
    nnfs_evaluation result;
} eval_run;

static nnfs_status choose_part(eval_run *run, nnfs_error *error)
{
    nnfs_dataset *by_part[] = {
        [PART_ANY] = run->test ? run->test : run->train,
        [PART_TRAIN] = run->train,
        [PART_TEST] = run->test,
    };
    run->chosen = by_part[run->options->part];
    if (!run->chosen) {
        return refuse(error, NNFS_ERROR_DATA, "%s has no %s set", run->path,
                      part_names((int)run->options->part - PART_TRAIN));
    }
    return NNFS_OK;
}

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
static nnfs_status check_preprocessing(const eval_run *run, nnfs_error *error)
{
    const char *note = nnfs_network_note(run->network, "preprocessing");
    float here = nnfs_dataset_scale(run->chosen);
    float scale = here;
    json_watch();
    bool understood = !note || parse_preprocessing(note, &scale);
    if (!json_had_memory()) {
        return refuse(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    if (!understood) {
        return refuse(error, NNFS_ERROR_DATA, "%s: its preprocessing, %s, is none of this version",
                      run->options->model, note);
    }
    if (scale != here) {
        return refuse(
            error, NNFS_ERROR_DATA,
            "%s was trained on values multiplied by %s, but those of %s are multiplied by %s",
            run->options->model, text_shortest(scale).text, run->path, text_shortest(here).text);
    }
    return NNFS_OK;
}

static nnfs_status evaluate(eval_run *run, nnfs_error *error)
{
    const eval_options *options = run->options;
    nnfs_machine machine;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    nnfs_status status = nnfs_network_load(options->model, &run->network, error);
    if (status == NNFS_OK) {
        status = data_path(options->data, &run->path, error);
    }
    if (status == NNFS_OK) {
        status = prepare_machine(options->threads, options->quiet, &machine, error);
        run->prepared = status == NNFS_OK;
    }
    if (status == NNFS_OK) {
        settings.threads = machine.threads; /* as many as the BLAS takes */
        status = nnfs_dataset_load(run->path, &settings, &run->train, &run->test, error);
    }
    if (status == NNFS_OK) {
        status = choose_part(run, error);
    }
    if (status == NNFS_OK) {
        status = check_preprocessing(run, error);
    }
    if (status == NNFS_OK) {
        status = nnfs_evaluate(run->network, run->chosen, machine.threads, &run->result, error);
    }
    return status;
}

/* ---- The result ---- */

static const char *chosen_name(const eval_run *run)
{
    return run->chosen == run->test ? "test" : "train";
}

static bool print_lines(const eval_run *run)
{
    const nnfs_evaluation *result = &run->result;
    (void)printf("%s (%s, %s parameters) on %s sample%s, the %s set of %s\n", run->options->model,
                 run->shape, text_count(nnfs_network_parameters(run->network)).text,
                 text_count(result->samples).text, text_plural(result->samples), chosen_name(run),
                 run->options->data);
    (void)printf("%-9s %s\n", "loss", text_number(result->loss).text);
    if (!isnan(result->accuracy)) {
        int64_t right = llround(result->accuracy * (double)result->samples);
        (void)printf("%-9s %s (%s right, %s wrong)\n", "accuracy",
                     text_percent(result->accuracy).text, text_count(right).text,
                     text_count(result->samples - right).text);
    } else {
        (void)printf("%-9s %s\n", "RMSE", text_number(result->rmse).text);
        (void)printf("%-9s %s\n", "MAE", text_number(result->mae).text);
        (void)printf("%-9s %s\n", "R2", text_number(result->r2).text);
    }
    return true;
}

static bool print_json(const eval_run *run)
{
    const nnfs_evaluation *result = &run->result;
    json_watch();
    json_t *object = json_object();
    json_set_string(object, "schema", "nnfs-eval/1");
    json_set_string(object, "version", nnfs_version());
    json_set_string(object, "model", run->options->model);
    json_set_hash(object, "weights_hash", nnfs_network_hash(run->network));
    json_set_string(object, "data", run->path);
    json_set_hash(object, "data_hash", nnfs_dataset_hash(run->chosen));
    json_set_string(object, "split", chosen_name(run));
    json_set_integer(object, "samples", result->samples);
    json_set_string(object, "loss_name", nnfs_loss_name(nnfs_network_loss(run->network)));
    json_set_real(object, "loss", result->loss);
    json_set_real(object, "accuracy", result->accuracy);
    json_set_real(object, "rmse", result->rmse);
    json_set_real(object, "mae", result->mae);
    json_set_real(object, "r2", result->r2);
    json_set_real(object, "seconds", result->seconds);
    if (json_had_memory()) {
        (void)json_dumpf(object, stdout, JSON_LINE); /* finish() looks for a failed write */
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
        say_error(&error);
        return exit_status(status);
    }
    run->shape = text_shape(run->network);
    if (!run->shape) {
        say("out of memory");
        return EXIT_CANNOT_RUN;
    }
    if (!(run->options->json ? print_json : print_lines)(run)) {
        say("out of memory");
        return EXIT_CANNOT_RUN;
    }
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    restart_on_better_kernel(argv);
    eval_options options;
    parse(&options, argc, argv);
    eval_run run = {.options = &options};
    int result = finish(evaluate_and_print(&run));
    if (!run.prepared) {
        leave(result);
    }
    free(run.shape);
    free(run.path);
    nnfs_dataset_free(run.train);
    nnfs_dataset_free(run.test);
    nnfs_network_free(run.network);
    return result;
}
