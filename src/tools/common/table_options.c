/* The options about tables: their values, and what cannot be asked for together. */
#include "common/table_options.h"

#include "common/exit.h"
#include "common/options.h"
#include "common/spool.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- Lists ---- */

static _Noreturn void out_of_memory(void)
{
    cli_message("out of memory");
    cli_exit(EXIT_CANNOT_RUN);
}

void list_add(string_list *list, const char *item, size_t length)
{
    char **items = realloc(list->items, ((size_t)list->count + 2) * sizeof *items);
    char *copy = NULL;
    if (items) {
        copy = strndup(item, length);
    }
    if (!copy) {
        out_of_memory();
    }
    items[list->count++] = copy;
    items[list->count] = NULL;
    list->items = items;
}

static void take_columns(string_list *list, const char *option, const char *text)
{
    for (int left = list_count(text); left > 0; left--) {
        const char *item;
        size_t length = list_next(&text, &item);
        if (length == 0) {
            usage_error("%s: the name of a column is empty", option);
        }
        list_add(list, item, length);
    }
}

static void list_free(string_list *list)
{
    for (int i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
}

/* ---- Values ---- */

static void take_target(table_options *options, const char *text)
{
    take_columns(&options->targets, "--target", text);
}

static void take_targets(table_options *options, const char *text)
{
    options->targets_path = text;
}

/* The names in the order of nnfs_task, without its first, "by the target". */
const char *task_names(int value)
{
    static const char *const names[] = {"classes", "numbers", NULL};
    return names[value];
}

static void take_task(table_options *options, const char *text)
{
    options->task =
        NNFS_TASK_CLASSES + (unsigned)option_name("task", task_names, text, strlen(text));
}

static void take_categorical(table_options *options, const char *text)
{
    take_columns(&options->categorical, "--categorical", text);
}

static void take_numeric(table_options *options, const char *text)
{
    take_columns(&options->numeric, "--numeric", text);
}

static void take_drop(table_options *options, const char *text)
{
    take_columns(&options->drop, "--drop", text);
}

static void take_weight_column(table_options *options, const char *text)
{
    options->weight_column = text;
}

static const char *scaling_names(int value)
{
    return nnfs_scaling_name((nnfs_scaling)value);
}

static void take_scale(table_options *options, const char *text)
{
    options->preprocessing.scaling =
        (nnfs_scaling)option_name("scaling", scaling_names, text, strlen(text));
}

static void take_missing_indicator(table_options *options, const char *text)
{
    (void)text;
    options->preprocessing.missing_indicator = 1;
}

static void take_two_valued(table_options *options, const char *text)
{
    (void)text;
    options->preprocessing.two_valued = 1;
}

const char *log_target_names(int value)
{
    static const char *const names[] = {"no", "yes", "auto", NULL};
    return names[value];
}

static void take_log_target(table_options *options, const char *text)
{
    options->log_target = (log_target)option_name("answer", log_target_names, text, strlen(text));
    options->preprocessing.log_targets = options->log_target == LOG_TARGET_YES;
}

static void take_screen(table_options *options, const char *text)
{
    options->preprocessing.screening = option_float("--screen", text, NUMBER_FRACTION);
}

static void take_max_categories(table_options *options, const char *text)
{
    options->preprocessing.max_categories =
        (int)option_integer("--max-categories", text, 1, INT_MAX);
}

static const struct {
    const char *name;
    char delimiter;
} delimiters[] = {
    {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"pipe", '|'}, {"blank", ' '},
};

enum { DELIMITERS = sizeof delimiters / sizeof *delimiters };

const char *delimiter_names(int value)
{
    if (value < DELIMITERS) {
        return delimiters[value].name;
    }
    return NULL;
}

static void take_delimiter(table_options *options, const char *text)
{
    for (int i = 0; i < DELIMITERS; i++) {
        if (text[0] == delimiters[i].delimiter && text[1] == '\0') {
            options->delimiter = text[0];
            return;
        }
    }
    int named = option_name("delimiter", delimiter_names, text, strlen(text));
    options->delimiter = delimiters[named].delimiter;
}

const char *delimiter_text(char delimiter)
{
    static const struct {
        char delimiter;
        const char *text;
    } texts[] = {{',', "commas"}, {';', "semicolons"}, {'\t', "tabs"}, {'|', "pipes"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].delimiter == delimiter) {
            return texts[i].text;
        }
    }
    return "blanks";
}

const char *answer_names(int value)
{
    static const char *const names[] = {"no", "yes", NULL};
    return names[value];
}

static void take_header(table_options *options, const char *text)
{
    options->header = option_name("answer to --header", answer_names, text, strlen(text));
}

/* An empty list leaves the empty cell alone to mean "missing". */
static void take_missing(table_options *options, const char *text)
{
    for (int left = list_count(text); left > 0; left--) {
        const char *item;
        size_t length = list_next(&text, &item);
        list_add(&options->missing, item, length);
    }
}

static void take_decimal(table_options *options, const char *text)
{
    static const char *const names[] = {"point", "comma"};
    bool comma = strcmp(text, names[1]) == 0 || strcmp(text, ",") == 0;
    if (!comma && strcmp(text, names[0]) != 0 && strcmp(text, ".") != 0) {
        usage_error("--decimal is point or comma, not '%s'", text);
    }
    if (comma) {
        options->decimal = ',';
    } else {
        options->decimal = '.';
    }
}

static void take_thousands(table_options *options, const char *text)
{
    static const struct {
        const char *name;
        char separator;
    } names[] = {{"comma", ','}, {"point", '.'}, {"blank", ' '}, {"quote", '\''}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i].name) == 0) {
            options->thousands = names[i].separator;
            return;
        }
    }
    if (!*text || text[1] || !strchr(",. '_", *text)) {
        usage_error("--thousands is comma, point, blank, quote or one of , . ' _, not '%s'", text);
    }
    options->thousands = *text;
}

static void take_date_format(table_options *options, const char *text)
{
    options->date_format = text;
    if (strcmp(text, "none") != 0 && (*text != '%' || strlen(text) >= 24)) {
        usage_error("--date-format begins with %%, as %%d/%%m/%%Y, or is none; '%s' is not", text);
    }
}

static void take_encoding(table_options *options, const char *text)
{
    options->encoding = text;
}

static void take_skip(table_options *options, const char *text)
{
    options->skip = option_integer("--skip", text, 0, INT_MAX);
}

static void take_comment(table_options *options, const char *text)
{
    if (!*text || text[1] || *text == '"') {
        usage_error("--comment is one character, not '%s'", text);
    }
    options->comment = *text;
}

static void take_skip_bad_rows(table_options *options, const char *text)
{
    (void)text;
    options->skip_bad_rows = true;
}

const char *format_names(int value)
{
    static const char *const names[] = {"digits", "idx", "csv", "npy", "npz", NULL};
    return names[value];
}

static void take_format(table_options *options, const char *text)
{
    options->format = format_names(option_name("format", format_names, text, strlen(text)));
}

static void take_arrays(table_options *options, const char *text)
{
    take_columns(&options->arrays, "--arrays", text);
    if (options->arrays.count > 2) {
        usage_error("--arrays names the samples and the targets, not %d arrays",
                    options->arrays.count);
    }
}

static void take_keep(table_options *options, const char *text)
{
    take_columns(&options->keep, "--keep", text);
}

static const struct {
    const char *option;
    void (*take)(table_options *options, const char *text);
    bool only_csv;
} takers[] = {
    {"--target", take_target, false},
    {"--targets", take_targets, false},
    {"--task", take_task, false},
    {"--categorical", take_categorical, false},
    {"--numeric", take_numeric, false},
    {"--drop", take_drop, false},
    {"--weight-column", take_weight_column, false},
    {"--scale", take_scale, false},
    {"--missing-indicator", take_missing_indicator, false},
    {"--two-valued", take_two_valued, false},
    {"--log-target", take_log_target, false},
    {"--screen", take_screen, false},
    {"--max-categories", take_max_categories, false},
    {"--delimiter", take_delimiter, true},
    {"--header", take_header, true},
    {"--missing", take_missing, true},
    {"--decimal", take_decimal, true},
    {"--thousands", take_thousands, true},
    {"--date-format", take_date_format, true},
    {"--encoding", take_encoding, true},
    {"--skip", take_skip, true},
    {"--comment", take_comment, true},
    {"--skip-bad-rows", take_skip_bad_rows, true},
    {"--arrays", take_arrays, false},
    {"--keep", take_keep, true},
};

void table_option(void *target, const option_row *row, const char *text)
{
    table_options *options = target;
    if (strcmp(row->name, "format") == 0) { /* the one that makes sense for data of any kind */
        take_format(options, text);
        return;
    }
    size_t i = 0;
    while (strcmp(takers[i].option + 2, row->name) != 0) {
        i++;
    }
    takers[i].take(options, text);
    if (!options->given) {
        options->given = takers[i].option;
    }
    if (takers[i].only_csv && !options->given_csv) {
        options->given_csv = takers[i].option;
    }
}

/* ---- All of them ---- */

void table_options_init(table_options *options)
{
    *options = (table_options){.header = -1};
    nnfs_preprocessing_settings_init(&options->preprocessing);
}

void table_options_free(table_options *options)
{
    list_free(&options->targets);
    list_free(&options->categorical);
    list_free(&options->numeric);
    list_free(&options->drop);
    list_free(&options->missing);
    list_free(&options->arrays);
    list_free(&options->keep);
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t end_length = strlen(end);
    return length >= end_length && strncasecmp(text + length - end_length, end, end_length) == 0;
}

/* The format that is told, or that a file of this name has; NULL: neither. A stream
 * is read once. */
static const char *format_of(const table_options *options, const char *data)
{
    if (options->format) {
        return options->format;
    }
    if (!is_stream(data) && access(data, R_OK) == 0) {
        return nnfs_dataset_format(data);
    }
    return NULL;
}

static bool is_npy(const char *data)
{
    return ends_with(data, strlen(data), ".npy");
}

bool is_array_data(const table_options *options, const char *data)
{
    const char *format = format_of(options, data);
    if (format) {
        return strcmp(format, "npy") == 0 || strcmp(format, "npz") == 0;
    }
    return is_npy(data);
}

bool is_table_data(const table_options *options, const char *data)
{
    const char *format = format_of(options, data);
    if (format) {
        return is_array_data(options, data) || strcmp(format, "csv") == 0;
    }
    return is_table(data);
}

bool is_table(const char *data)
{
    static const char *const ends[] = {".csv", ".tsv", ".txt", ".data", ".npz"};
    size_t length = strlen(data);
    if (ends_with(data, length, ".gz")) {
        length -= 3;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_with(data, length, ends[i])) {
            return true;
        }
    }
    return is_npy(data) || is_stream(data);
}

void table_options_check(const table_options *options, const char *data)
{
    if (options->given && !is_table_data(options, data)) {
        usage_error("%s is for tables (CSV, NPY); '%s' is none", options->given, data);
    }
    if (options->given_csv && is_array_data(options, data)) {
        usage_error("%s is for CSV files; '%s' is an NPY file", options->given_csv, data);
    }
    if (options->targets_path && options->targets.count > 0) {
        usage_error("--target names columns of DATA, --targets another file: give one of them");
    }
    if (options->targets_path && !is_array_data(options, data)) {
        usage_error("--targets is for NPY files; '%s' is none", data);
    }
}

/* To a read-only array of strings. */
static const char *const *list_items(const string_list *list)
{
    return (const char *const *)list->items;
}

void table_options_apply_format(const table_options *options, nnfs_dataset_settings *settings)
{
    settings->missing = list_items(&options->missing);
    settings->delimiter = options->delimiter;
    settings->header = options->header;
    settings->decimal = options->decimal;
    settings->thousands = options->thousands;
    settings->date_format = options->date_format;
    settings->encoding = options->encoding;
    settings->skip = options->skip;
    settings->comment = options->comment;
    settings->skip_bad_rows = options->skip_bad_rows;
    settings->format = options->format;
    settings->shared = nnfs_communicator_host_ranks(options->communicator) > 1;
    settings->communicator = options->communicator;
    settings->arrays = list_items(&options->arrays);
    settings->keep = list_items(&options->keep);
}

void table_options_apply(const table_options *options, nnfs_dataset_settings *settings)
{
    settings->targets = list_items(&options->targets);
    settings->targets_path = options->targets_path;
    settings->task = options->task;
    settings->weight_column = options->weight_column;
    settings->drop = list_items(&options->drop);
    settings->categorical = list_items(&options->categorical);
    settings->numeric = list_items(&options->numeric);
    table_options_apply_format(options, settings);
}
