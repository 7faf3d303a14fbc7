/* The command line of nnfs-show. */
#include "common/exit.h"
#include "common/options.h"
#include "show/show.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char about[] =
    "Shows what DATA or MODEL, a file that nnfs-train wrote, holds; samples of DATA, and with a "
    "MODEL what it makes of them; or the weights of MODEL."
    "\v"
    "DATA is as for nnfs-train: a table (CSV, NPY), a folder of IDX files, the word digits, or a "
    "bare name such as mnist. Samples that are pictures are drawn, others are rows of a table.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 4 bad data or data that do not fit the model.\n"
    "\n"
    "  nnfs-show digits\n"
    "  nnfs-show mnist model.safetensors --mistakes -o mistakes.svg\n"
    "  nnfs-show model.safetensors --weights\n"
    "  nnfs-show houses.csv --rows 0-20";

/*
 * Whether the file is a model, by what it begins with: the length of safetensors' header, then a
 * JSON object. A name that ends like one is taken for one, also if the file is damaged.
 */
static bool is_model(const char *path)
{
    static const char ending[] = ".safetensors";
    unsigned char head[9] = {0};
    size_t length = strlen(path);
    if (length >= sizeof ending && strcasecmp(path + length - (sizeof ending - 1), ending) == 0) {
        return true;
    }
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return false;
    }
    bool read = fread(head, 1, sizeof head, file) == sizeof head;
    (void)fclose(file);
    return read && head[8] == '{' && (head[4] | head[5] | head[6] | head[7]) == 0;
}

static void set_model(show_options *options, const char *path)
{
    if (options->request.model) {
        usage_error("one MODEL is all there is to give, '%s' is too much", path);
    }
    options->request.model = path;
}

static void take_argument(void *input, const char *text)
{
    show_options *options = input;
    if (is_model(text)) {
        set_model(options, text);
    } else if (options->request.data) {
        usage_error("'%s' is no model, and DATA is given: '%s'", text, options->request.data);
    } else {
        options->request.data = text;
    }
}

static void take_model(void *input, const option_row *row, const char *text)
{
    (void)row;
    set_model(input, text);
}

static void take_rows(void *input, const option_row *row, const char *text)
{
    show_options *options = input;
    (void)row;
    rows_check(text);
    options->rows = text;
}

static void take_seed(void *input, const option_row *row, const char *text)
{
    show_options *options = input;
    (void)row;
    options->seed = (uint64_t)option_integer("--seed", text, 0, INT64_MAX);
}

static void take_picture(void *input, const option_row *row, const char *text)
{
    show_options *options = input;
    (void)row;
    options->no_picture = strcmp(text, "none") == 0;
    if (!options->no_picture && !picture_parse(text, &options->picture)) {
        usage_error("--picture: '%s' is no size such as 28x28, 32x32x3 or 3x32x32", text);
    }
}

#define TABLE offsetof(show_options, request.table)

static const option_row rows[] = {
    {.help = "Which samples:"},
    {"model", 0, "FILE", "model whose predictions are shown", NULL, .take = take_model,
     .complete = "@*.safetensors"},
    {"rows", 0, "N[,...]", "samples, counted from 0: 3,17,100-110", "a few at random",
     .take = take_rows},
    {"class", 0, "NAME", "class of the samples", NULL, TO(TEXT, show_options, class_name)},
    {"mistakes", 0, NULL, "show the samples that the model predicts wrongly, the worst first", NULL,
     TO(FLAG, show_options, mistakes)},
    {"count", 0, "N", "most samples to show", "two lines of pictures, 10 rows of a table",
     TO(COUNT, show_options, count), .lowest = 1, .highest = 1000},
    {"seed", 0, "N", "seed of the random choice", "1", .take = take_seed},
    MODEL_ROW_SPLIT(offsetof(show_options, request), .complete = NULL),

    {.help = "How they are drawn:"},
    {"weights", 0, NULL,
     "draw the weights of the model's first layer as pictures, the strongest units first", NULL,
     TO(FLAG, show_options, weights)},
    {"output", 'o', "FILE", "file for the pictures, .png or .svg", "the terminal",
     TO(TEXT, show_options, output), .complete = "@*"},
    {"picture", 0, "HxW[xC]", "layout of a sample's values, or none", "that of DATA or the model",
     .take = take_picture, .complete = "none"},
    {"augment", 0, "NAME[,...]",
     "distortions as for nnfs-train: each sample is drawn as it is, then as the first three epochs "
     "of a training with the seed see it",
     "none", TO(PATH, show_options, augment), .complete = "none"},
    {"draw", 0, "NAME", "way to draw", "the best that the terminal can",
     TO(NAME, show_options, ink), .what = "way to draw", .names = ink_names},

    {"json", 0, NULL, "print what the file holds as one JSON object", NULL,
     TO(FLAG, show_options, json), .new_group = true},
    MODEL_ROWS_RUN(offsetof(show_options, request),
                   "draw, and print nothing unless something is wrong"),

    {.help = "How the file of a table is written:"},
    {"target", 0, "COLUMN[,...]", "column to predict, by name or number", "the last",
     TABLE_ROW(TABLE)},
    {"targets", 0, "FILE", "NPY file with the targets of an NPY file", NULL, TABLE_ROW(TABLE),
     .complete = "@*.npy"},
    {"categorical", 0, "COLUMN[,...]", "columns of categories, even if they look like numbers",
     NULL, TABLE_ROW(TABLE)},
    {"drop", 0, "COLUMN[,...]", "columns to leave out", NULL, TABLE_ROW(TABLE)},
    TABLE_ROWS_FORMAT(TABLE, "NA N/A NaN nan null NULL None ?, or as the model was trained"),
    {0},
};

static const char *const arguments[] = {"@data", "@*.safetensors", NULL};

static const option_table command_line = {
    rows, "DATA|MODEL [MODEL]", about, take_argument, NULL, arguments};

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);
    return length > strlen(ending) && strcasecmp(text + length - strlen(ending), ending) == 0;
}

/* Options about samples that a model alone does not have. */
static void check_model_alone(const show_options *options)
{
    const struct {
        bool given;
        const char *option;
    } asked[] = {
        {options->mistakes, "--mistakes"},
        {options->rows != NULL, "--rows"},
        {options->class_name != NULL, "--class"},
        {options->request.split != SPLIT_ANY, "--split"},
        {options->request.table.given != NULL, options->request.table.given},
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (asked[i].given) {
            usage_error("%s is about samples: DATA is missing", asked[i].option);
        }
    }
}

static void check(const show_options *options)
{
    const model_request *request = &options->request;
    if (!request->data && !request->model) {
        usage_error("DATA or MODEL is missing");
    }
    if (!request->data) {
        check_model_alone(options);
    } else {
        table_options_check(&request->table, request->data);
    }
    if (options->mistakes && !request->model) {
        usage_error("--mistakes needs a MODEL that makes them");
    }
    if (options->augment && (!request->data || options->json)) {
        usage_error("--augment draws samples: %s",
                    options->json ? "--json does not" : "DATA is missing");
    }
    if (options->weights && request->data) {
        usage_error("--weights is about a MODEL alone, without DATA");
    }
    const struct {
        bool given;
        const char *option;
    } choices[] = {{options->class_name != NULL, "class"},
                   {options->mistakes, "mistakes"},
                   {options->count > 0, "count"}};
    for (size_t i = 0; options->rows && i < sizeof choices / sizeof *choices; i++) {
        if (choices[i].given) {
            usage_error("--rows says which samples: --%s cannot too", choices[i].option);
        }
    }
    if (options->output && !ends_with(options->output, ".png") &&
        !ends_with(options->output, ".svg")) {
        usage_error("--output: '%s' ends neither in .png nor in .svg", options->output);
    }
}

void show_options_parse(show_options *options, int argc, char **argv)
{
    *options = (show_options){.request.split = SPLIT_ANY, .seed = 1, .ink = -1};
    table_options_init(&options->request.table);
    options_parse(&command_line, argc, argv, options);
    check(options);
}
