/* nnfs-export: a model as ONNX, as C, as a PyTorch state dict; compared with the model itself. */
#include "common/exit.h"
#include "common/lines.h"
#include "common/options.h"
#include "common/paths.h"
#include "common/start.h"
#include "common/text.h"
#include "export/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The command line ---- */

#define REQUEST offsetof(export_options, request)

static const option_row rows[] = {
    {"onnx", 0, "FILE", "file for an ONNX model", NULL, TO(TEXT, export_options, onnx),
     .complete = "@*", .new_group = true},
    {"c", 0, "FILE", "file for a C program, a name that ends in .c; its header lies beside it",
     NULL, TO(TEXT, export_options, c), .complete = "@*.c"},
    {"safetensors", 0, "FILE", "file for a PyTorch state dict", NULL,
     TO(TEXT, export_options, safetensors), .complete = "@*"},
    {"int8", 0, NULL, "8-bit weights in the C program, integers in its inner loops", NULL,
     TO(FLAG, export_options, int8)},

    {"check", 0, "DATA", "data to compute the exports on and compare", NULL,
     TO(TEXT, export_options, request.data), .complete = "@data", .new_group = true},
    {"calibrate", 0, "DATA", "data to calibrate 8-bit weights on",
     "the training part of the data to check", TO(TEXT, export_options, calibrate),
     .complete = "@data"},
    MODEL_ROWS_RUN(REQUEST, "print nothing unless something is wrong"),

    {.help = "How the file of a table is written:"},
    TABLE_ROWS_FORMAT(offsetof(export_options, request.table), "as the model was trained"),
    {0},
};

static const char about[] =
    "Writes MODEL, a file that nnfs-train wrote, in the formats of other programs."
    "\v"
    "An ONNX model of a table takes the columns as they are in the file, an input each: strings, "
    "missing cells and categories never seen included. A C program has no dependency but <math.h>; "
    "with -DMAIN it reads CSV. A state dict has the layers alone.\n"
    "\n"
    "With --check the exports are computed, ONNX by a reference interpreter, C by the compiler "
    "that "
    "is found ($CC, cc, gcc, clang), and the largest difference from the model is printed: of "
    "probabilities as it is, of numbers relative to the number or the target's deviation, "
    "whichever "
    "is larger. More than 1e-05 is an error, except with --int8.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 4 bad data, or an export that differs.\n"
    "\n"
    "  nnfs-export model.safetensors --onnx model.onnx --check houses.csv\n"
    "  nnfs-export model.safetensors --c model.c --int8 --check mnist";

static const char *const arguments[] = {"@*.safetensors", NULL};

static void take_model(void *input, const char *text)
{
    export_options *options = input;
    if (options->request.model) {
        usage_error("MODEL is all there is to give, '%s' is too much", text);
    }
    options->request.model = text;
}

static const option_table command_line = {rows, "MODEL", about, take_model, NULL, arguments};

static void check_outputs(const export_options *options)
{
    const char *const outputs[] = {options->onnx, options->c, options->safetensors};
    int given = 0;
    for (int i = 0; i < 3; i++) {
        given += outputs[i] != NULL;
        if (outputs[i] && is_same_file(outputs[i], options->request.model)) {
            usage_error("'%s' would be written over the model", outputs[i]);
        }
    }
    if (given == 0) {
        usage_error("give --onnx, --c or --safetensors");
    }
}

static void parse(export_options *options, int argc, char **argv)
{
    *options =
        (export_options){.request = {.split = SPLIT_ANY, .ignore_targets = true, .any_rows = true}};
    table_options_init(&options->request.table);
    options_parse(&command_line, argc, argv, options);
    if (!options->request.model) {
        usage_error("MODEL is missing");
    }
    check_outputs(options);
    size_t length = 0;
    if (options->c) {
        length = strlen(options->c);
    }
    if (options->c && (length < 3 || strcmp(options->c + length - 2, ".c") != 0)) {
        usage_error("--c takes a name that ends in .c, not '%s'", options->c);
    }
    if (options->int8 && (!options->c || (!options->request.data && !options->calibrate))) {
        usage_error("--int8 needs --c, and --check or --calibrate with data to calibrate on");
    }
    if (options->calibrate && !options->int8) {
        usage_error("--calibrate is for --int8");
    }
    if (options->request.data) {
        options->request.ignore_targets = !options->int8;
        table_options_check(&options->request.table, options->request.data);
    }
}

/* ---- The exports ---- */

/* Says how far an export is from the model; more than the tolerance is an error. */
static nnfs_status report(const char *path, const difference *d, bool strict, bool quiet,
                          nnfs_error *error)
{
    const char *what = "of probabilities";
    if (d->units) {
        what = "relative";
    }
    if (!quiet) {
        line_print(stdout, "%-12s %s samples, largest difference %s %s\n", "checked",
                   text_count(d->samples).text, text_number(d->largest).text, what);
    }
    if (strict && !(d->largest <= EXPORT_TOLERANCE)) {
        return set_error(error, NNFS_ERROR_DATA, "%s differs from the model by %s, more than 1e-05",
                         path, text_number(d->largest).text);
    }
    return NNFS_OK;
}

typedef nnfs_status checker(const char *path, const model_data *loaded, difference *d,
                            nnfs_error *error);

static nnfs_status check(const export_options *options, const char *path, const model_data *loaded,
                         checker *compare, bool strict, nnfs_error *error)
{
    difference d;
    nnfs_status status = difference_begin(&d, loaded, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(compare(path, loaded, &d, error));
    status = report(path, &d, strict, options->request.quiet, error);
cleanup:
    difference_end(&d);
    return status;
}

static nnfs_status export_onnx(const export_options *options, const model_data *loaded,
                               nnfs_error *error)
{
    nnfs_status status = nnfs_network_export_onnx(loaded->network, options->onnx, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (!options->request.quiet) {
        line_print(stdout, "%-12s %s\n", "onnx", options->onnx);
    }
    if (options->request.data) {
        return check(options, options->onnx, loaded, check_onnx, true, error);
    }
    return NNFS_OK;
}

static void print_c(const export_options *options, const nnfs_c_report *made, bool classes)
{
    line_print(stdout, "%-12s %s\n", "c", options->c);
    line_print(stdout, "%-12s %s bytes of constants, and the code\n", "flash",
               text_count((int64_t)made->constants).text);
    line_print(stdout, "%-12s %s bytes of stack; input %s, output %s\n", "ram",
               text_count((int64_t)made->work).text, text_count((int64_t)made->input).text,
               text_count((int64_t)made->output).text);
    if (!options->int8 || made->float_score == 0.0) {
        return;
    }
    if (classes) {
        line_print(stdout, "%-12s accuracy %s, %s in float\n", "int8",
                   text_percent(made->int8_score).text, text_percent(made->float_score).text);
        return;
    }
    line_print(stdout, "%-12s RMSE %s, %s in float\n", "int8", text_error(made->int8_score).text,
               text_error(made->float_score).text);
}

/* The data to calibrate on: their own, or the training part of those that are checked. */
static nnfs_status load_calibration(const export_options *options, const model_data *loaded,
                                    model_data *own, nnfs_error *error)
{
    model_request request = options->request;
    request.data = options->calibrate;
    request.split = SPLIT_ANY;
    request.quiet = true;
    request.ignore_targets = loaded->chosen || !nnfs_network_preprocessing(loaded->network);
    TRY(model_data_load(&request, own, error));
    if (own->train) {
        own->chosen = own->train;
    }
    return NNFS_OK;
}

/* By the model's preprocessing; without one, by the data it is measured on. */
static bool predicts_classes(const nnfs_network *network, const nnfs_dataset *measured)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    if (preprocessing) {
        return nnfs_preprocessing_target(preprocessing, 0).classes > 0;
    }
    return measured && nnfs_dataset_classes(measured) > 0;
}

static nnfs_status export_c(const export_options *options, const model_data *loaded,
                            nnfs_error *error)
{
    nnfs_c_settings settings;
    nnfs_c_report made;
    model_data own = {.network = NULL};
    const nnfs_dataset *measured = loaded->chosen;
    nnfs_status status = NNFS_OK;
    nnfs_c_settings_init(&settings);
    settings.int8 = options->int8;
    settings.calibration = loaded->train ? loaded->train : loaded->chosen;
    if (options->calibrate) {
        status = load_calibration(options, loaded, &own, error);
        settings.calibration = own.chosen;
        measured = measured ? measured : own.chosen;
    }
    if (status != NNFS_OK) {
        goto cleanup;
    }
    if (options->int8 && measured && nnfs_dataset_has_targets(measured)) {
        settings.measure = measured;
    }
    status = nnfs_network_export_c(loaded->network, options->c, &settings, &made, error);
    if (status == NNFS_OK && !options->request.quiet) {
        print_c(options, &made, predicts_classes(loaded->network, measured));
    }
cleanup:
    model_data_free(&own);
    if (status == NNFS_OK && options->request.data) {
        return check(options, options->c, loaded, check_c, !options->int8, error);
    }
    return status;
}

static nnfs_status export_safetensors(const export_options *options, const model_data *loaded,
                                      nnfs_error *error)
{
    char python[4096];
    TRY(nnfs_network_export_state_dict(loaded->network, options->safetensors, python, sizeof python,
                                       error));
    if (!options->request.quiet) {
        line_print(stdout, "%-12s %s\n\n", "safetensors", options->safetensors);
        /* Broken inside of parentheses, Python reads it too. */
        line_print(stdout, "import torch, safetensors.torch\nmodel = %s\n", python);
        line_print(stdout,
                   "model.load_state_dict(safetensors.torch.load_file(\"%s\"), strict=True)\n",
                   options->safetensors);
    }
    return NNFS_OK;
}

/* ---- The work ---- */

static nnfs_status load(const export_options *options, model_data *loaded, nnfs_error *error)
{
    const char *const outputs[] = {options->onnx, options->c, options->safetensors};
    for (int i = 0; i < 3; i++) {
        nnfs_status status = check_model_path(outputs[i], error);
        if (status != NNFS_OK) {
            return status;
        }
    }
    if (options->request.data) {
        return model_data_load(&options->request, loaded, error);
    }
    return nnfs_network_load(options->request.model, &loaded->network, error);
}

static nnfs_status export_all(const export_options *options, model_data *loaded, nnfs_error *error)
{
    TRY(load(options, loaded, error));
    if (options->onnx) {
        TRY(export_onnx(options, loaded, error));
    }
    if (options->c) {
        TRY(export_c(options, loaded, error));
    }
    if (options->safetensors) {
        return export_safetensors(options, loaded, error);
    }
    return NNFS_OK;
}

int main(int argc, char **argv)
{
    restart_with_better_blas(argv);
    export_options options;
    parse(&options, argc, argv);
    model_data loaded = {.network = NULL};
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = export_all(&options, &loaded, &error);
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
