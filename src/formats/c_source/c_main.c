/* A main for the generated program: rows of CSV in, predictions out. */
#include "formats/c_source/c_source.h"

#include <stdlib.h>

/* What is the same for all models. RFC 4180; blanks around a cell do not count. */
static const char reading_text[] =
    "\n#ifdef MAIN\n"
    "#include <stdio.h>\n"
    "#include <stdlib.h>\n"
    "#include <string.h>\n"
    "\n"
    "#ifndef DELIMITER\n"
    "#define DELIMITER ','\n"
    "#endif\n"
    "\n"
    "enum { CELL_BYTES = 4096 };\n"
    "\n"
    "static int fail_at(long line, const char *what, const char *cell)\n"
    "{\n"
    "    fprintf(stderr, \"line %ld: %s: '%s'\\n\", line, what, cell);\n"
    "    return 1;\n"
    "}\n"
    "\n"
    "static int is_blank(int c)\n"
    "{\n"
    "    return (c == ' ' || c == '\\t') && c != DELIMITER;\n"
    "}\n"
    "\n"
    "/* A cell without its quotes and blanks; returns what ended it: DELIMITER, '\\n' or EOF. */\n"
    "static int read_cell(FILE *file, char *cell)\n"
    "{\n"
    "    int length = 0;\n"
    "    int kept = 0;\n"
    "    int c = getc(file);\n"
    "    while (is_blank(c)) {\n"
    "        c = getc(file);\n"
    "    }\n"
    "    if (c == '\"') {\n"
    "        for (c = getc(file); c != EOF; c = getc(file)) {\n"
    "            if (c == '\"' && (c = getc(file)) != '\"') {\n"
    "                break;\n"
    "            }\n"
    "            if (length + 1 < CELL_BYTES) {\n"
    "                cell[length++] = (char)c;\n"
    "            }\n"
    "        }\n"
    "        kept = length;\n"
    "        while (is_blank(c)) {\n"
    "            c = getc(file);\n"
    "        }\n"
    "    }\n"
    "    for (; c != DELIMITER && c != '\\n' && c != EOF; c = getc(file)) {\n"
    "        if (c != '\\r' && length + 1 < CELL_BYTES) {\n"
    "            cell[length++] = (char)c;\n"
    "            kept = is_blank(c) ? kept : length;\n"
    "        }\n"
    "    }\n"
    "    cell[kept] = '\\0';\n"
    "    return c;\n"
    "}\n"
    "\n"
    "/* With quotes where CSV asks for them. */\n"
    "static void print_text(const char *text)\n"
    "{\n"
    "    int quoted = text[0] == '\\0' || strpbrk(text, \",\\\"\\r\\n\") != NULL;\n"
    "    if (quoted) {\n"
    "        putchar('\"');\n"
    "    }\n"
    "    for (; *text; text++) {\n"
    "        if (*text == '\"') {\n"
    "            putchar('\"');\n"
    "        }\n"
    "        putchar(*text);\n"
    "    }\n"
    "    if (quoted) {\n"
    "        putchar('\"');\n"
    "    }\n"
    "}\n\n";

static const char names_text[] =
    "enum { FIRST_LINE = 2 };\n"
    "\n"
    "/* Which input each column of the file is, by its header. */\n"
    "static int read_header(int *inputs)\n"
    "{\n"
    "    char cell[CELL_BYTES];\n"
    "    int found = 0;\n"
    "    int end = DELIMITER;\n"
    "    for (int i = 0; end == DELIMITER; i++) {\n"
    "        const char *name = cell;\n"
    "        end = read_cell(stdin, cell);\n"
    "        if (i == 0 && strncmp(cell, \"\\357\\273\\277\", 3) == 0) {\n"
    "            name += 3;\n"
    "        }\n"
    "        for (int j = 0; i < FILE_COLUMNS && j < $_INPUTS; j++) {\n"
    "            if (strcmp(name, @_input_name(j)) == 0) {\n"
    "                inputs[i] = j;\n"
    "                found++;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    return found == $_INPUTS;\n"
    "}\n\n";

static const char places_text[] = "enum { FIRST_LINE = 1 };\n"
                                  "\n"
                                  "static int read_header(int *inputs)\n"
                                  "{\n"
                                  "    for (int i = 0; i < $_INPUTS; i++) {\n"
                                  "        inputs[file_columns[i]] = i;\n"
                                  "    }\n"
                                  "    return 1;\n"
                                  "}\n\n";

static const char features_text[] = "enum { FIRST_LINE = 1 };\n"
                                    "\n"
                                    "static int read_header(int *inputs)\n"
                                    "{\n"
                                    "    for (int i = 0; i < $_INPUTS; i++) {\n"
                                    "        inputs[i] = i;\n"
                                    "    }\n"
                                    "    return 1;\n"
                                    "}\n\n";

static const char number_text[] = "static int parse_number(const char *cell, @_value *value)\n"
                                  "{\n"
                                  "    char *end = NULL;\n"
                                  "    *value = (@_value)strtod(cell, &end);\n"
                                  "    return end != cell && *end == '\\0';\n"
                                  "}\n\n";

static const char pixel_text[] =
    "static int parse_number(const char *cell, @_value *value)\n"
    "{\n"
    "    char *end = NULL;\n"
    "    double number = strtod(cell, &end);\n"
    "    if (end == cell || *end != '\\0' || !(number >= 0 && number <= 255)) {\n"
    "        return 0;\n"
    "    }\n"
    "    *value = (@_value)number;\n"
    "    return 1;\n"
    "}\n\n";

static const char table_value_text[] =
    "static int is_missing(const char *cell)\n"
    "{\n"
    "    for (size_t i = 0; i < sizeof missing_words / sizeof *missing_words; i++) {\n"
    "        if (strcmp(missing_words[i], cell) == 0) {\n"
    "            return 1;\n"
    "        }\n"
    "    }\n"
    "    return 0;\n"
    "}\n"
    "\n"
    "static int set_value(int input, const char *cell, @_value *values)\n"
    "{\n"
    "    values[input] = NAN;\n"
    "    if (is_missing(cell)) {\n"
    "        return 1;\n"
    "    }\n"
    "    if (@_is_category(input)) {\n"
    "        values[input] = @_category(input, cell);\n"
    "        return 1;\n"
    "    }\n";

static const char date_value_text[] = "    if (@_is_date(input)) {\n"
                                      "        values[input] = @_date(input, cell);\n"
                                      "        return !isnan(values[input]);\n"
                                      "    }\n";

static const char number_value_text[] = "    return parse_number(cell, &values[input]);\n"
                                        "}\n\n";

static const char feature_value_text[] =
    "static int set_value(int input, const char *cell, @_value *values)\n"
    "{\n"
    "    return parse_number(cell, &values[input]);\n"
    "}\n\n";

static const char print_classes_text[] = "static void print_header(void)\n"
                                         "{\n"
                                         "    print_text(target_names[0]);\n"
                                         "    for (int i = 0; i < $_OUTPUTS; i++) {\n"
                                         "        putchar(',');\n"
                                         "        print_text(@_class_name(i));\n"
                                         "    }\n"
                                         "    putchar('\\n');\n"
                                         "}\n"
                                         "\n"
                                         "static void print_row(const float *output)\n"
                                         "{\n"
                                         "    print_text(@_class_name(@_class(output)));\n"
                                         "    for (int i = 0; i < $_OUTPUTS; i++) {\n"
                                         "        printf(\",%.9g\", (double)output[i]);\n"
                                         "    }\n"
                                         "    putchar('\\n');\n"
                                         "}\n\n";

static const char print_numbers_text[] =
    "static void print_header(void)\n"
    "{\n"
    "    for (int i = 0; i < $_OUTPUTS; i++) {\n"
    "        if (i > 0) {\n"
    "            putchar(',');\n"
    "        }\n"
    "        print_text(target_names[i]);\n"
    "    }\n"
    "    putchar('\\n');\n"
    "}\n"
    "\n"
    "static void print_row(const float *output)\n"
    "{\n"
    "    for (int i = 0; i < $_OUTPUTS; i++) {\n"
    "        printf(\"%s%.9g\", i > 0 ? \",\" : \"\", (double)output[i]);\n"
    "    }\n"
    "    putchar('\\n');\n"
    "}\n\n";

static const char main_text[] =
    "/* Reads a row: 1 it is whole, 0 there is none, -1 it is wrong. */\n"
    "static int read_row(const int *inputs, long line, @_value *values)\n"
    "{\n"
    "    char cell[CELL_BYTES];\n"
    "    int read = 0;\n"
    "    int end = DELIMITER;\n"
    "    for (int i = 0; end == DELIMITER; i++) {\n"
    "        end = read_cell(stdin, cell);\n"
    "        if (i == 0 && end != DELIMITER && cell[0] == '\\0' && $_INPUTS > 1) {\n"
    "            return 0;\n"
    "        }\n"
    "        if (i < FILE_COLUMNS && inputs[i] >= 0) {\n"
    "            read++;\n"
    "            if (!set_value(inputs[i], cell, values)) {\n"
    "                fail_at(line, \"not a number\", cell);\n"
    "                return -1;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    if (read < $_INPUTS) {\n"
    "        fail_at(line, \"the row is too short; its last cell is\", cell);\n"
    "        return -1;\n"
    "    }\n"
    "    return 1;\n"
    "}\n"
    "\n"
    "int main(void)\n"
    "{\n"
    "    int inputs[FILE_COLUMNS];\n"
    "    for (int i = 0; i < FILE_COLUMNS; i++) {\n"
    "        inputs[i] = -1;\n"
    "    }\n"
    "    if (!read_header(inputs)) {\n"
    "        return fail_at(1, \"the header lacks a column that the model reads\", \"\");\n"
    "    }\n"
    "    print_header();\n"
    "    for (long line = FIRST_LINE; ; line++) {\n"
    "        @_value values[$_INPUTS];\n"
    "        float output[$_OUTPUTS];\n"
    "        int c = getc(stdin);\n"
    "        if (c == EOF) {\n"
    "            break;\n"
    "        }\n"
    "        ungetc(c, stdin);\n"
    "        int result = read_row(inputs, line, values);\n"
    "        if (result < 0) {\n"
    "            return 1;\n"
    "        }\n"
    "        if (result > 0) {\n"
    "            @_predict(values, output);\n"
    "            print_row(output);\n"
    "        }\n"
    "    }\n"
    "    return fflush(stdout) == 0 ? 0 : 1;\n"
    "}\n"
    "#endif\n";

/* The number of the file's column that a column without a name is. */
static int file_column(const graph_column *column)
{
    return atoi(column->name + sizeof "column_" - 1) - 1;
}

/* Of columns without names: "column_3" is the third of the file. */
static void write_places(c_writer *w)
{
    (void)fprintf(w->stream, "static const int file_columns[%d] = {", w->graph->column_count);
    for (int i = 0; i < w->graph->column_count; i++) {
        (void)fprintf(w->stream, "%s%d,", i % 20 == 0 ? "\n    " : " ",
                      file_column(&w->graph->columns[i]));
    }
    (void)fputs("\n};\n\n", w->stream);
    c_template(w, places_text);
}

static void write_missing(c_writer *w)
{
    int count = 0;
    while (w->graph->missing[count]) {
        count++;
    }
    (void)fputs("static const char *const missing_words[] = {\"\"", w->stream);
    for (int i = 0; i < count; i++) {
        (void)fputs(", ", w->stream);
        c_string(w, w->graph->missing[i]);
    }
    (void)fputs("};\n\n", w->stream);
}

/* Columns of a file that main looks at: those that the model reads may be anywhere among them, and
 * named ones elsewhere than in the file that it was trained on. */
static void write_file_columns(c_writer *w)
{
    const model_graph *graph = w->graph;
    int count = 4096;
    if (graph_inputs(graph) > count / 4) {
        count = 4 * graph_inputs(graph);
    }
    for (int i = 0; i < graph->column_count; i++) {
        const graph_column *read = &graph->columns[i];
        int column = graph->named ? 2 * read->place : file_column(read);
        if (column >= count) {
            count = column + 1;
        }
    }
    (void)fprintf(w->stream, "enum { FILE_COLUMNS = %d };\n\n", count);
}

void c_write_main(c_writer *w)
{
    const model_graph *graph = w->graph;
    size_t constants = w->constants; /* those of main do not count */
    bool table = graph->column_count > 0;
    c_template(w, reading_text);
    write_file_columns(w);
    c_strings(w, "target_names", graph->targets, graph->classes > 0 ? 1 : graph_outputs(graph));
    if (table && graph->named) {
        c_template(w, names_text);
    } else if (table) {
        write_places(w);
    } else {
        c_template(w, features_text);
    }
    c_template(w, graph->pixels ? pixel_text : number_text);
    if (table) {
        write_missing(w);
    }
    if (table) {
        c_template(w, table_value_text);
        c_template(w, c_has_dates(graph) ? date_value_text : "");
        c_template(w, number_value_text);
    } else {
        c_template(w, feature_value_text);
    }
    c_template(w, graph->classes > 0 ? print_classes_text : print_numbers_text);
    c_template(w, main_text);
    w->constants = constants;
}
