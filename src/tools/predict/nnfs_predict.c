/*
 * nnfs-predict: what a saved network says of each sample of a dataset, as CSV: a row a sample, in
 * the order of the file.
 */
#include "common/class_names.h"
#include "common/exit.h"
#include "common/model_data.h"
#include "common/options.h"
#include "common/output_file.h"
#include "common/paths.h"
#include "common/predictions.h"
#include "common/start.h"
#include "common/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The command line ---- */

typedef struct predict_options {
    model_request request;
    const char *output; /* NULL: stdout */
    bool escape_formulas;
    double threshold; /* NaN: the more probable class */
    bool spread;
} predict_options;

static void take_threshold(void *input, const option_row *row, const char *text);

static const option_row rows[] = {
    {"output", 'o', "FILE", "file for the predictions", "stdout", TO(TEXT, predict_options, output),
     .complete = "@*", .new_group = true},
    {"threshold", 0, "X",
     "probability from which on a sample is taken for the second of two classes", "0.5",
     .take = take_threshold},
    {"spread", 0, NULL,
     "add the standard deviation of the members' predictions, of a model with --members", NULL,
     TO(FLAG, predict_options, spread)},
    {"escape-formulas", 0, NULL,
     "put a ' before names that a spreadsheet would take for a formula: those that begin with = + "
     "- "
     "@ or a tab",
     NULL, TO(FLAG, predict_options, escape_formulas)},
    {"keep", 0, "COLUMN[,...]",
     "columns of DATA, by name or number, that are copied before the predictions", NULL,
     TABLE_ROW(offsetof(predict_options, request.table))},
    MODEL_ROW_PRECISION(offsetof(predict_options, request)),
    MODEL_ROWS_RUN(offsetof(predict_options, request), "print nothing unless something is wrong"),

    {.help = "How the file of a table is written:"},
    TABLE_ROWS_FORMAT(offsetof(predict_options, request.table), "as the model was trained"),
    {0},
};

static const char about[] =
    "Writes what MODEL, a file that nnfs-train wrote, says of each sample of DATA."
    "\v"
    "Of several MODELs for the same classes the mean of their probabilities is written.\n"
    "\n"
    "DATA is as for nnfs-train. A table is taken as it is, with or without the columns to predict: "
    "the model prepares it as its own was. Its columns may stand in any order, and those that the "
    "model does not know are left out.\n"
    "\n"
    "The predictions are CSV, a row for each of DATA in its order: of classes the name of the most "
    "probable and the probability of each, of numbers the number itself. --keep puts columns of "
    "DATA "
    "before them, as an id of a submission.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 4 bad data or data that do not fit the model.\n"
    "\n"
    "  nnfs-predict model.safetensors houses.csv\n"
    "  nnfs-predict model.safetensors test.csv --keep PassengerId -o submission.csv\n"
    "  nnfs-predict model.safetensors mnist -o digits.csv";

static const char *const arguments[] = {"@*.safetensors", "@data", NULL};

/* The request is the first member. */
static const option_table command_line = {rows, "MODEL... DATA", about, model_request_argument,
                                          NULL, arguments};

static void take_threshold(void *input, const option_row *row, const char *text)
{
    predict_options *options = input;
    (void)row;
    options->threshold = option_number("--threshold", text, NUMBER_SHARE);
}

static void parse(predict_options *options, int argc, char **argv)
{
    *options = (predict_options){.request = {.split = SPLIT_ANY, .ignore_targets = true},
                                 .threshold = NAN};
    table_options_init(&options->request.table);
    options_parse(&command_line, argc, argv, options);
    model_request_check(&options->request);
    const model_request *request = &options->request;
    bool read = options->output && (is_same_file(options->output, request->model) ||
                                    is_same_file(options->output, request->data));
    for (int i = 0; options->output && i < request->more_count; i++) {
        read = read || is_same_file(options->output, request->more[i]);
    }
    if (read) {
        usage_error("--output would write over '%s', which is read", options->output);
    }
}

/* ---- CSV ---- */

/* RFC 4180: what holds a delimiter, a quote or a line's end is quoted, and quotes are doubled. */
static void write_csv(FILE *stream, const char *text)
{
    if (text[0] != '\0' && !strpbrk(text, ",\"\r\n")) {
        (void)fputs(text, stream);
        return;
    }
    (void)fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"') {
            (void)fputc('"', stream);
        }
        (void)fputc(*text, stream);
    }
    (void)fputc('"', stream);
}

/* Where the predictions go, and how names are written there. */
typedef struct csv_output {
    FILE *stream;
    bool clean; /* for a terminal; a file or a pipe gets the bytes */
    bool escape_formulas;
    double threshold;
    bool spread;
} csv_output;

static bool is_formula(const char *text)
{
    return *text && !looks_like_number(text) && strchr("=+-@\t\r", *text);
}

static void write_text(const csv_output *out, const char *text)
{
    const char *before = "";
    if (out->escape_formulas && is_formula(text)) {
        before = "'";
    }
    char *name = NULL;
    if (asprintf(&name, "%s%s", before, text) >= 0) {
        write_csv(out->stream, out->clean ? text_clean(name) : name);
        free(name);
    }
}

static void write_number(FILE *stream, float number)
{
    (void)fputs_unlocked(text_shortest(number).text, stream);
}

/* ---- What the outputs stand for ---- */

static const char *target_name(const prediction_layout *what, int index, short_text *number)
{
    const char *name = NULL;
    if (what->preprocessing) {
        name = nnfs_preprocessing_target(what->preprocessing, index).name;
    }
    if (what->classes > 0 || what->outputs == 1) {
        (void)snprintf(number->text, sizeof number->text, what->classes > 0 ? "class" : "target");
    } else {
        (void)snprintf(number->text, sizeof number->text, "target_%d", index + 1);
    }
    if (name) {
        return name;
    }
    return number->text;
}

/* The columns of --keep, each followed by a comma. */
static void write_kept_names(const csv_output *out, const nnfs_dataset *data)
{
    int column;
    for (int i = 0; (column = nnfs_dataset_kept_column(data, i)) >= 0; i++) {
        const char *name = nnfs_dataset_column(data, column).name;
        short_text number = {""};
        (void)snprintf(number.text, sizeof number.text, "%d", column + 1);
        write_text(out, name ? name : number.text);
        (void)fputc(',', out->stream);
    }
}

static void write_kept(const csv_output *out, const nnfs_dataset *data, int64_t sample)
{
    const char *text;
    for (int i = 0; (text = nnfs_dataset_kept(data, sample, i)) != NULL; i++) {
        if (*text != '\0') { /* an empty cell needs no quotes */
            write_text(out, text);
        }
        (void)fputc(',', out->stream);
    }
}

static void write_header(const csv_output *out, const prediction_layout *what)
{
    FILE *stream = out->stream;
    short_text number = {""};
    write_kept_names(out, what->data);
    int targets = 1;
    if (what->classes <= 0) {
        targets = what->outputs;
    }
    for (int i = 0; i < targets; i++) {
        (void)fputs(text_between(i, ","), stream);
        write_text(out, target_name(what, i, &number));
    }
    for (int i = 0; i < what->classes; i++) {
        (void)fputc(',', stream);
        write_text(out, class_name(what->data, i, &number));
    }
    for (int i = 0; out->spread && i < targets; i++) {
        short_text name = {"spread"};
        if (targets > 1) {
            (void)snprintf(name.text, sizeof name.text, "spread_%d", i + 1);
        }
        (void)fputc(',', stream);
        write_text(out, name.text);
    }
    (void)fputc('\n', stream);
}

/* spread [outputs]: NULL without --spread; of classes that of the predicted one is written */
static void write_row(const csv_output *out, const prediction_layout *what, int64_t sample,
                      const float *outputs, const float *spread)
{
    FILE *stream = out->stream;
    short_text number = {""};
    write_kept(out, what->data, sample);
    if (what->classes > 0) {
        int chosen = predictions_class(what->outputs, outputs, out->threshold);
        write_text(out, class_name(what->data, chosen, &number));
    }
    if (what->classes == 2 && what->outputs == 1) {
        (void)fputc_unlocked(',', stream);
        write_number(stream, 1.0f - outputs[0]);
    }
    for (int i = 0; i < what->outputs; i++) {
        if (i > 0 || what->classes > 0) {
            (void)fputc_unlocked(',', stream);
        }
        write_number(stream, outputs[i]);
    }
    if (spread && what->classes > 0 && what->outputs > 1) {
        spread += predictions_class(what->outputs, outputs, out->threshold);
    }
    for (int i = 0; spread && i < (what->classes > 0 ? 1 : what->outputs); i++) {
        (void)fputc_unlocked(',', stream);
        write_number(stream, spread[i]);
    }
    (void)fputc_unlocked('\n', stream);
}

/* ---- The work ---- */

enum { BLOCK = 8192 }; /* samples at a time */

static nnfs_status write_all(const model_data *loaded, const csv_output *out, nnfs_error *error)
{
    prediction_layout what = predictions_of(loaded->network, loaded->chosen);
    if (!isnan(out->threshold) && what.classes != 2) {
        return set_error(error, NNFS_ERROR_ARGUMENT, "--threshold needs a model of two classes");
    }
    int64_t samples = nnfs_dataset_samples(loaded->chosen);
    size_t values = (size_t)what.outputs * BLOCK;
    float *outputs = calloc(2 * values, sizeof *outputs);
    float *spread = out->spread && outputs ? outputs + values : NULL;
    nnfs_status status = outputs ? NNFS_OK : set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    if (out->spread && nnfs_network_members(loaded->network) < 2 &&
        nnfs_network_networks(loaded->network) < 2) {
        status = set_error(error, NNFS_ERROR_ARGUMENT,
                           "--spread needs a model with members; train it with --members 8, say");
    }
    for (int64_t first = 0; status == NNFS_OK && first < samples; first += BLOCK) {
        int64_t count = samples - first < BLOCK ? samples - first : BLOCK;
        status = spread
                     ? nnfs_predict_dataset_spread(loaded->network, loaded->chosen, first, count,
                                                   loaded->machine.threads, outputs, spread, error)
                     : ensemble_predict(&loaded->of, first, count, loaded->machine.threads, outputs,
                                        error);
        if (status == NNFS_OK && first == 0) {
            write_header(out, &what);
        }
        for (int64_t i = 0; status == NNFS_OK && i < count; i++) {
            write_row(out, &what, first + i, outputs + i * what.outputs,
                      spread ? spread + i * what.outputs : NULL);
        }
        if (status == NNFS_OK && signal_caught()) {
            status =
                set_error(error, NNFS_ERROR_STOPPED, "stopped by %s", signal_name(signal_caught()));
        }
        if (ferror(out->stream)) {
            break; /* the reason is found where the file is closed */
        }
    }
    free(outputs);
    return status;
}

static nnfs_status predict(const predict_options *options, model_data *loaded, nnfs_error *error)
{
    output_file file;
    TRY(check_model_path(options->output, error));
    TRY(model_data_load(&options->request, loaded, error));
    signals_catch();
    nnfs_status status = output_open(options->output, &file, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    const csv_output out = {.stream = file.stream,
                            .clean = file.stream == stdout && isatty(STDOUT_FILENO),
                            .escape_formulas = options->escape_formulas,
                            .threshold = options->threshold,
                            .spread = options->spread};
    TRY_CLEANUP(write_all(loaded, &out, error));
    status = output_commit(&file, error);
cleanup:
    output_discard(&file);
    return status;
}

int main(int argc, char **argv)
{
    restart_with_better_blas(argv);
    predict_options options;
    parse(&options, argc, argv);
    if (options.output) {
        signals_ignore_of_writes(); /* into a closed pipe the rest need not be written */
    }
    model_data loaded = {.network = NULL};
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = predict(&options, &loaded, &error);
    if (status != NNFS_OK) {
        cli_error(&error);
    }
    int result = cli_finish(exit_status(status));
    if (!loaded.prepared) {
        cli_exit(result);
    }
    model_data_free(&loaded);
    table_options_free(&options.request.table);
    return result;
}
