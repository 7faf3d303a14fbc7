/* The command line of nnfs-show. */
#include "common/exit.h"
#include "common/options.h"
#include "show/show.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    KEY_MODEL = OPTION_OWN,
    KEY_ROWS,
    KEY_CLASS,
    KEY_COUNT,
    KEY_SEED,
    KEY_MISTAKES,
    KEY_WEIGHTS,
    KEY_PICTURE,
    KEY_DRAW,
    KEY_JSON,
};

enum { GROUP_SAMPLES = 1, GROUP_DRAW, GROUP_RUN, GROUP_FILE };

static const struct argp_option rows[] = {
    {NULL, 0, NULL, 0, "Which samples:", GROUP_SAMPLES},
    {"model", KEY_MODEL, "FILE", 0, "say what this model makes of them", 0},
    {"rows", KEY_ROWS, "N[,...]", 0, "these, counted from 0: 3,17,100-110 (a few at random)", 0},
    {"class", KEY_CLASS, "NAME", 0, "of this class", 0},
    {"mistakes", KEY_MISTAKES, NULL, 0, "that the model is wrong about, the worst first", 0},
    {"count", KEY_COUNT, "N", 0, "at most so many (two lines of pictures, 10 rows of a table)", 0},
    {"seed", KEY_SEED, "N", 0, "which ones chance chooses (1)", 0},
    MODEL_ROW_SPLIT(0),

    {NULL, 0, NULL, 0, "How they are drawn:", GROUP_DRAW},
    {"weights", KEY_WEIGHTS, NULL, 0,
     "of a model: the weights of the first layer as pictures, the strongest units first", 0},
    {"output", 'o', "FILE", 0, "into this file, .png or .svg (the terminal)", 0},
    {"picture", KEY_PICTURE, "HxW[xC]", 0,
     "how the values of a sample lie, or none (as DATA or the model say)", 0},
    {"draw", KEY_DRAW, "NAME", 0, "ascii, braille, 256 or truecolor (what the terminal can)", 0},

    {"json", KEY_JSON, NULL, 0, "print what the file holds as one JSON object", GROUP_RUN},
    {"threads", 't', "N", 0, "the result is the same for any number (all)", 0},
    {"quiet", 'q', NULL, 0, "draw, and say nothing unless something is wrong", 0},

    {NULL, 0, NULL, 0, "How the file of a table is written:", GROUP_FILE},
    {"target", KEY_TARGET, "COLUMN[,...]", 0,
     "what there is to predict, by name or number (the last)", 0},
    {"targets", KEY_TARGETS, "FILE", 0, "an NPY file with the targets of an NPY file", 0},
    {"categorical", KEY_CATEGORICAL, "COLUMN[,...]", 0,
     "columns of categories, also where they look like numbers", 0},
    {"drop", KEY_DROP, "COLUMN[,...]", 0, "columns to leave out", 0},
    TABLE_ROWS_FORMAT("NA N/A NaN nan null NULL None ?, or as the model was trained"),
    OPTIONS_COMMON,
};

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
 * Whether the file is a model, by what it begins with: the length of safetensors' header, then a JSON
 * object. A name that ends like one is believed, whatever is wrong with it.
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

static void take_argument(show_options *options, const char *text)
{
    if (is_model(text)) {
        set_model(options, text);
    } else if (options->request.data) {
        usage_error("'%s' is no model, and DATA is given: '%s'", text, options->request.data);
    } else {
        options->request.data = text;
    }
}

static void take_picture(show_options *options, const char *text)
{
    options->no_picture = strcmp(text, "none") == 0;
    if (!options->no_picture && !picture_parse(text, &options->picture)) {
        usage_error("--picture: '%s' is no size such as 28x28, 32x32x3 or 3x32x32", text);
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    enum { COUNT_MOST = 1000 };
    show_options *options = state->input;
    if (model_request_option(&options->request, key, text)) {
        return 0;
    }
    switch (key) {
    case KEY_MODEL:
        set_model(options, text);
        return 0;
    case KEY_ROWS:
        rows_check(text);
        options->rows = text;
        return 0;
    case KEY_CLASS:
        options->class_name = text;
        return 0;
    case KEY_COUNT:
        options->count = (int)option_integer("--count", text, 1, COUNT_MOST);
        return 0;
    case KEY_SEED:
        options->seed = (uint64_t)option_integer("--seed", text, 0, INT64_MAX);
        return 0;
    case KEY_MISTAKES:
        options->mistakes = true;
        return 0;
    case KEY_WEIGHTS:
        options->weights = true;
        return 0;
    case KEY_PICTURE:
        take_picture(options, text);
        return 0;
    case KEY_DRAW:
        options->ink = option_name("way to draw", ink_names, text, strlen(text));
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    case 'o':
        options->output = text;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(options, text);
        return 0;
    default:
        return options_common(key, state);
    }
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);
    return length > strlen(ending) && strcasecmp(text + length - strlen(ending), ending) == 0;
}

/* What is asked of samples, where there are none. */
static void check_model_alone(const show_options *options)
{
    const char *asked = options->mistakes                   ? "--mistakes"
                        : options->rows                     ? "--rows"
                        : options->class_name               ? "--class"
                        : options->request.part != PART_ANY ? "--split"
                                                            : options->request.table.given;
    if (asked) {
        usage_error("%s is about samples: DATA is missing", asked);
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
    if (options->weights && request->data) {
        usage_error("--weights is about a MODEL alone, without DATA");
    }
    if (options->rows && (options->class_name || options->mistakes || options->count)) {
        usage_error("--rows says which samples: --%s cannot too", options->class_name ? "class"
                                                                  : options->mistakes ? "mistakes"
                                                                                      : "count");
    }
    if (options->output && !ends_with(options->output, ".png") &&
        !ends_with(options->output, ".svg")) {
        usage_error("--output: '%s' ends neither in .png nor in .svg", options->output);
    }
}

void show_options_parse(show_options *options, int argc, char **argv)
{
    const struct argp argp = {
        rows, parse_option, "DATA|MODEL [MODEL]", about, NULL, options_help_filter, NULL};
    *options = (show_options){.request.part = PART_ANY, .seed = 1, .ink = -1};
    table_options_init(&options->request.table);
    options_parse(&argp, argc, argv, options);
    check(options);
}
