/* nnfs-import: PyTorch state dicts and ONNX graphs of multilayer perceptrons become models. */
#include "common/exit.h"
#include "common/lines.h"
#include "common/options.h"
#include "common/paths.h"
#include "common/spool.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct import_options {
    const char *file;
    const char *output;
    int activation, output_activation;
    bool quiet;
} import_options;

static const option_row rows[] = {
    {"output", 'o', "PATH", "file for the model", "model.safetensors",
     TO(TEXT, import_options, output), .complete = "@*", .new_group = true},
    {"activation", 0, "NAME",
     "activation of the hidden layers of a state dict, which does not say it", "relu",
     TO(NAME, import_options, activation), .what = "activation", .names = hidden_activation_names},
    {"output-activation", 0, "NAME",
     "activation of the last layer where the file has none, softmax for logits", "identity",
     TO(NAME, import_options, output_activation), .what = "activation", .names = activation_names},
    {"quiet", 'q', NULL, "print nothing unless something is wrong", NULL,
     TO(FLAG, import_options, quiet)},
    {0},
};

static const char about[] =
    "Makes a model of FILE, a multilayer perceptron of another program."
    "\v"
    "FILE is a PyTorch state dict in a safetensors file (Linear, BatchNorm1d and LayerNorm, as "
    "nn.Sequential names them, with any prefix) or an ONNX graph (Gemm, MatMul, Add, activations, "
    "BatchNormalization, LayerNormalization, Softmax), as torch.onnx, skl2onnx and tf2onnx write "
    "it; or '-', the standard input. An operator or tensor that does not fit is named.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 4 a file that is damaged or does not fit.\n"
    "\n"
    "  nnfs-import network.onnx -o model.safetensors\n"
    "  nnfs-import state.safetensors --activation tanh --output-activation softmax";

static const char *const arguments[] = {"@*", NULL};

static void take_file(void *input, const char *text)
{
    import_options *options = input;
    if (options->file) {
        usage_error("FILE is all there is to give, '%s' is too much", text);
    }
    options->file = text;
}

static const option_table command_line = {rows, "FILE", about, take_file, NULL, arguments};

static void parse(import_options *options, int argc, char **argv)
{
    *options = (import_options){
        .output = "model.safetensors", .activation = NNFS_RELU, .output_activation = NNFS_IDENTITY};
    options_parse(&command_line, argc, argv, options);
    if (!options->file) {
        usage_error("FILE is missing");
    }
    if (is_same_file(options->file, options->output)) {
        usage_error("--output would write over '%s', which is read", options->file);
    }
}

static nnfs_status import(const import_options *options, nnfs_network **network, nnfs_error *error)
{
    nnfs_import_settings settings;
    nnfs_import_settings_init(&settings);
    settings.activation = (nnfs_activation)options->activation;
    settings.output_activation = (nnfs_activation)options->output_activation;
    TRY(check_model_path(options->output, error));
    char *spooled = NULL;
    if (is_stream(options->file)) {
        TRY(spool(options->file, &spooled, error));
    }
    nnfs_status status =
        nnfs_network_import(spooled ? spooled : options->file, &settings, network, error);
    free(spooled);
    TRY(status);
    return nnfs_network_save(*network, options->output, error);
}

static void print(const import_options *options, const nnfs_network *network)
{
    char *shape = text_shape(network);
    int last = nnfs_network_layer_count(network) - 1;
    line_print(stdout, "%-12s %s, %s, output %s, %s parameters\n", "network", text_or(shape, ""),
               nnfs_activation_name(nnfs_network_layer(network, 0).activation),
               nnfs_activation_name(nnfs_network_layer(network, last).activation),
               text_count(nnfs_network_parameters(network)).text);
    line_print(stdout, "%-12s %s\n", "model", options->output);
    free(shape);
}

int main(int argc, char **argv)
{
    import_options options;
    parse(&options, argc, argv);
    nnfs_network *network = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = import(&options, &network, &error);
    if (status != NNFS_OK) {
        cli_error(&error);
    } else if (!options.quiet) {
        print(&options, network);
    }
    nnfs_network_free(network);
    return cli_finish(exit_status(status));
}
