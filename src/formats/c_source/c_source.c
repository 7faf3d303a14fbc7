/* nnfs_network_export_c: a model as a C99 program. */
#include "formats/c_source/c_source.h"

#include "base/file.h"
#include "base/minmax.h"
#include "base/string_list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void nnfs_c_settings_init(nnfs_c_settings *settings)
{
    if (!settings) {
        return;
    }
    *settings = (nnfs_c_settings){.int8 = 0};
}

/* ---- Names ---- */

/* An identifier: other bytes become '_'. Of a path, its last part without its ending. */
static char *identifier(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *begin = path;
    if (slash) {
        begin = slash + 1;
    }
    size_t length = strcspn(begin, ".");
    char *made = NULL;
    bool digit = isdigit((unsigned char)begin[0]);
    if (asprintf(&made, "%s%.*s", digit || length == 0 ? "model_" : "", (int)length, begin) < 0) {
        return NULL;
    }
    for (char *at = made; *at; at++) {
        if (!isalnum((unsigned char)*at)) {
            *at = '_';
        }
    }
    return made;
}

static char *in_capitals(const char *name)
{
    char *made = NULL;
    if (name) {
        made = strdup(name);
    }
    for (char *at = made; at && *at; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    return made;
}

/* ---- The header ---- */

static void write_input_comment(c_writer *w)
{
    const model_graph *graph = w->graph;
    if (graph->column_count == 0) {
        c_template(w, graph->pixels ? "/* input: pixels, 0 .. 255, row by row. */\n"
                                    : "/* input: the features of a sample. */\n");
        return;
    }
    c_template(
        w, "/*\n * input: the columns of a row, in the order of @_input_name. A number as it is, a "
           "category as\n * @_category gives it, NAN where the cell is missing.\n */\n");
}

static void write_header(c_writer *w)
{
    const model_graph *graph = w->graph;
    (void)fprintf(w->stream, "/* A neural network, written by nnfs %s. */\n", nnfs_version());
    c_template(w, "#ifndef $_H\n#define $_H\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    c_template(w, "#define $_INPUTS ");
    (void)fprintf(w->stream, "%d\n", graph_inputs(graph));
    c_template(w, "#define $_OUTPUTS ");
    (void)fprintf(w->stream, "%d\n\n", graph_outputs(graph));
    c_template(w,
               graph->pixels ? "typedef unsigned char @_value;\n\n" : "typedef float @_value;\n\n");
    write_input_comment(w);
    c_template(w, graph->classes > 0 ? "/* output: the probabilities of the classes. */\n"
                                     : "/* output: the numbers, in their own units. */\n");
    c_template(w, "void @_predict(const @_value input[$_INPUTS], float output[$_OUTPUTS]);\n");
    if (graph->classes > 0) {
        c_template(w, "\n/* The most probable class, and what it is called. */\n"
                      "int @_class(const float output[$_OUTPUTS]);\n"
                      "const char *@_class_name(int index);\n");
    }
    if (graph->column_count > 0) {
        c_template(
            w, "\n/* A column's name; whether it has categories; the input that a category is. */\n"
               "const char *@_input_name(int input);\n"
               "int @_is_category(int input);\n"
               "float @_category(int input, const char *text);\n");
    }
    if (c_has_dates(graph)) {
        c_template(w,
                   "\n/* Whether a column has dates; the input that a date is, in days since the "
                   "column's origin, NAN\n * where the text is none. */\n"
                   "int @_is_date(int input);\n"
                   "float @_date(int input, const char *text);\n");
    }
    c_template(w, "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}

/* ---- The source ---- */

static void write_classes(c_writer *w)
{
    c_strings(w, "class_names", w->graph->class_names, w->graph->classes);
    c_template(w, "const char *@_class_name(int index)\n{\n    return class_names[index];\n}\n\n");
    c_template(w, "int @_class(const float output[$_OUTPUTS])\n"
                  "{\n"
                  "    int chosen = 0;\n"
                  "    for (int i = 1; i < $_OUTPUTS; i++) {\n"
                  "        chosen = output[i] > output[chosen] ? i : chosen;\n"
                  "    }\n"
                  "    return chosen;\n"
                  "}\n\n");
}

static const char category_text[] =
    "static int is_same(const char *left, const char *right)\n"
    "{\n"
    "    while (*left != '\\0' && *left == *right) {\n"
    "        left++;\n"
    "        right++;\n"
    "    }\n"
    "    return *left == *right;\n"
    "}\n\n"
    "int @_is_category(int input)\n"
    "{\n"
    "    return category_counts[input] >= 0;\n"
    "}\n"
    "\n"
    "float @_category(int input, const char *text)\n"
    "{\n"
    "    const char *const *names = categories[input];\n"
    "    for (int i = 0; i < category_counts[input]; i++) {\n"
    "        if (is_same(names[i], text)) {\n"
    "            return (float)i;\n"
    "        }\n"
    "    }\n"
    "    return text[0] == '\\0' ? NAN : (float)category_counts[input];\n"
    "}\n\n";

static bool has_names(const graph_column *column)
{
    return column->categories && column->category_count > 0;
}

static void write_columns(c_writer *w)
{
    const model_graph *graph = w->graph;
    (void)fprintf(w->stream, "static const char *const input_names[%d] = {\n", graph->column_count);
    for (int i = 0; i < graph->column_count; i++) {
        (void)fputs("    ", w->stream);
        c_string(w, graph->columns[i].name);
        (void)fputs(",\n", w->stream);
        w->constants += strlen(graph->columns[i].name) + 1 + 12; /* and three words of tables */
    }
    (void)fputs("};\n\n", w->stream);
    for (int i = 0; i < graph->column_count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "categories_%d", i);
        if (has_names(&graph->columns[i])) {
            c_strings(w, name, graph->columns[i].categories, graph->columns[i].category_count);
        }
    }
    (void)fprintf(w->stream, "static const char *const *const categories[%d] = {\n",
                  graph->column_count);
    for (int i = 0; i < graph->column_count; i++) {
        (void)fprintf(w->stream,
                      has_names(&graph->columns[i]) ? "    categories_%d,\n" : "    0,\n", i);
    }
    (void)fprintf(w->stream, "};\n\nstatic const int category_counts[%d] = {\n",
                  graph->column_count);
    for (int i = 0; i < graph->column_count; i++) {
        const graph_column *column = &graph->columns[i];
        (void)fprintf(w->stream, "    %d,\n", column->categories ? column->category_count : -1);
    }
    (void)fputs("};\n\n", w->stream);
    c_template(w, "const char *@_input_name(int input)\n{\n    return input_names[input];\n}\n\n");
    c_template(w, category_text);
}

static void write_source(c_writer *w, const char *header)
{
    (void)fprintf(w->stream, "/*\n * A neural network, written by nnfs %s.\n *\n", nnfs_version());
    c_template(w, " *   cc -O2 -c @.c                     the functions of @.h\n"
                  " *   cc -O2 -DMAIN @.c -lm -o @        a program: CSV in, predictions out\n");
    c_template(w, w->graph->named ? " *\n * The first line of the CSV names its columns.\n */\n"
                                  : " *\n * The CSV has no line that names its columns.\n */\n");
    (void)fprintf(w->stream, "#include \"%s\"\n\n#include <math.h>\n\n", header);
    if (w->graph->classes > 0) {
        write_classes(w);
    }
    if (w->graph->column_count > 0) {
        write_columns(w);
        c_write_dates(w);
    }
    c_write_nodes(w);
    c_write_main(w);
}

/* ---- Files ---- */

/* Both texts are made before either file is. */
static nnfs_status write_files(c_writer *w, const char *path, const char *header, nnfs_error *error)
{
    char *texts[2] = {NULL, NULL};
    size_t lengths[2] = {0, 0};
    const char *slash = strrchr(header, '/');
    bool made = true;
    for (int i = 0; made && i < 2; i++) {
        w->stream = open_memstream(&texts[i], &lengths[i]);
        if (w->stream && i == 0) {
            write_header(w);
        } else if (w->stream) {
            write_source(w, slash ? slash + 1 : header);
        }
        bool wrote = w->stream && !ferror(w->stream);
        made = w->stream && fclose(w->stream) == 0 && wrote;
    }
    nnfs_status status = made ? file_write_all(header, texts[0], lengths[0], error)
                              : fail_memory(error, lengths[1], "a C program");
    if (status == NNFS_OK) {
        status = file_write_all(path, texts[1], lengths[1], error);
    }
    free(texts[0]);
    free(texts[1]);
    return status;
}

/* "DIR/model.h" of "DIR/model.c". */
static char *header_path(const char *path)
{
    size_t length = strlen(path);
    char *made = strdup(path);
    if (made) {
        made[length - 1] = 'h';
    }
    return made;
}

static int widest_input(const model_graph *graph, bool direct)
{
    int widest = 0;
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        bool reads = node->kind == NODE_DENSE &&
                     !(direct && graph->nodes[node->sources[0]].kind == NODE_SCALE);
        int in = 0;
        if (reads) {
            in = graph_in(graph, node);
        }
        widest = MAX(in, widest);
    }
    return widest;
}

static bool reads_pixels_directly(const model_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->kind == NODE_DENSE) {
            return graph->pixels && graph->nodes[node->sources[0]].kind == NODE_SCALE &&
                   node->quantized.weights && node->quantized.input_most == 255;
        }
    }
    return false;
}

static nnfs_status write_model(const model_graph *graph, const char *path, bool int8,
                               nnfs_c_report *report, nnfs_error *error)
{
    c_writer w = {.graph = graph, .int8 = int8};
    char *name = identifier(path);
    char *header = header_path(path);
    w.name = name;
    w.capitals = in_capitals(name);
    w.direct = int8 && reads_pixels_directly(graph);
    if (int8) {
        w.integers = widest_input(graph, w.direct);
    } else {
        w.integers = 0;
    }
    nnfs_status status = NNFS_OK;
    if (!name || !header || !w.capitals || !c_place_nodes(&w)) {
        status = fail_memory(error, 0, "a C program");
    } else {
        status = write_files(&w, path, header, error);
    }
    report->constants = w.constants;
    report->work = (size_t)w.work * sizeof(float) + (size_t)w.integers * sizeof(int16_t);
    report->input = (size_t)graph_inputs(graph) * (graph->pixels ? 1 : sizeof(float));
    report->output = (size_t)graph_outputs(graph) * sizeof(float);
    free(w.places);
    free(w.capitals);
    free(header);
    free(name);
    return status;
}

nnfs_status nnfs_network_export_c(const nnfs_network *network, const char *path,
                                  const nnfs_c_settings *settings, nnfs_c_report *report,
                                  nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!path) {
        return fail_null(error, "path");
    }
    nnfs_c_settings defaults;
    nnfs_c_report unused = {0};
    nnfs_c_settings_init(&defaults);
    if (!settings) {
        settings = &defaults;
    }
    if (!report) {
        report = &unused;
    }
    *report = (nnfs_c_report){.float_score = 0.0};
    size_t length = strlen(path);
    if (length < 3 || strcmp(path + length - 2, ".c") != 0) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s: expected a name that ends in .c", path);
    }
    if (settings->int8 && !settings->calibration) {
        return fail(error, NNFS_ERROR_ARGUMENT, "int8 needs data to calibrate on");
    }
    model_graph graph;
    nnfs_status status = graph_of_network(network, &graph, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    if (settings->int8) {
        TRY_CLEANUP(graph_calibrate(&graph, settings->calibration, error));
    }
    if (settings->int8 && settings->measure) {
        TRY_CLEANUP(graph_score(&graph, settings->measure, false, &report->float_score, error));
        TRY_CLEANUP(graph_score(&graph, settings->measure, true, &report->int8_score, error));
    }
    status = write_model(&graph, path, settings->int8 != 0, report, error);
cleanup:
    graph_free(&graph);
    return status;
}
