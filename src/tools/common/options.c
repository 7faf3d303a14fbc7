/* Values and names of the command line, and a look at its options before argp has its own. */
#include "common/options.h"

#include "common/exit.h"
#include "common/setting_option.h"
#include "common/suggest.h"
#include "common/text.h"

#include <argp.h>

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Numbers ---- */

static bool only(const char *text, const char *letters)
{
    return *text != '\0' && text[strspn(text, letters)] == '\0';
}

int64_t option_integer(const char *option, const char *text, int64_t least, int64_t most)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (!only(text, "-0123456789") || *end != '\0') {
        usage_error("%s: '%s' is not a whole number", option, text);
    }
    if (errno == ERANGE || value > most) {
        usage_error("%s: %s is too large; the most is %" PRId64, option, text, most);
    }
    if (value < least) {
        usage_error("%s: %s is too small; the least is %" PRId64, option, text, least);
    }
    return value;
}

/* Without a locale set, strtod reads a point; the letters keep out hex, "inf" and "nan". */
static bool read_number(const char *text, double *value)
{
    char *end = NULL;
    *value = strtod(text, &end);
    return only(text, "+-.0123456789eE") && *end == '\0';
}

bool looks_like_number(const char *text)
{
    double value;
    return read_number(text, &value);
}

static const struct {
    const char *words;
    double least, most;
    bool with_least, with_most;
} ranges[] = {
    [NUMBER_POSITIVE] = {"greater than 0", 0.0, HUGE_VAL, false, false},
    [NUMBER_NOT_NEGATIVE] = {"0 or more", 0.0, HUGE_VAL, true, false},
    [NUMBER_FRACTION] = {"at least 0 and less than 1", 0.0, 1.0, true, false},
    [NUMBER_SHARE] = {"0 to 1", 0.0, 1.0, true, true},
};

static bool in_range(double value, number_range range)
{
    bool enough =
        ranges[range].with_least ? value >= ranges[range].least : value > ranges[range].least;
    bool not_too_much =
        ranges[range].with_most ? value <= ranges[range].most : value < ranges[range].most;
    return enough && not_too_much;
}

double option_number(const char *option, const char *text, number_range range)
{
    double value;
    if (!read_number(text, &value)) {
        usage_error("%s: '%s' is not a number", option, text);
    }
    if (!in_range(value, range)) {
        usage_error("%s: %s is out of range; it must be %s", option, text, ranges[range].words);
    }
    return value;
}

float option_float(const char *option, const char *text, number_range range)
{
    double value = option_number(option, text, range);
    if (value > (double)FLT_MAX || !in_range((double)(float)value, range)) {
        usage_error("%s: %s does not fit a 32-bit float", option, text);
    }
    return (float)value;
}

/* ---- Names ---- */

const char *activation_names(int value)
{
    return nnfs_activation_name((nnfs_activation)value);
}

const char *loss_names(int value)
{
    return nnfs_loss_name((nnfs_loss)value);
}

const char *normalization_names(int value)
{
    return nnfs_normalization_name((nnfs_normalization)value);
}

/* Softmax is of the output layer alone. */
const char *hidden_activation_names(int value)
{
    return nnfs_activation_name((nnfs_activation)(value + (value >= (int)NNFS_SOFTMAX)));
}

/* Without the first, "default": it stands for not having asked. */
const char *init_names(int value)
{
    return nnfs_init_name((nnfs_init)(value + 1));
}

/* Adds to a list of names in `all`, as far as there is room. */
static void append(char *all, size_t size, size_t *used, const char *separator, const char *name)
{
    int more = snprintf(all + *used, size - *used, "%s%s", separator, name);
    if (*used + (size_t)more < size) {
        *used = *used + (size_t)more;
    } else {
        *used = size - 1;
    }
}

int option_listed(const char *what, const char *const *names, const char *text, size_t length)
{
    char *name = strndup(text, length);
    suggestion nearest = {.text = name ? name : text};
    char all[512] = "";
    size_t used = 0;
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], nearest.text) == 0) {
            free(name);
            return i;
        }
        suggestion_consider(&nearest, names[i]);
        append(all, sizeof all, &used, text_between(i, ", "), names[i]);
    }
    if (nearest.name) {
        usage_error("unknown %s '%s'; did you mean '%s'?", what, nearest.text, nearest.name);
    }
    usage_error("unknown %s '%s'; there are %s", what, nearest.text, all);
}

int option_name(const char *what, name_function *names, const char *text, size_t length)
{
    const char *list[65] = {NULL};
    for (int i = 0; i < 64 && names(i); i++) {
        list[i] = names(i);
    }
    return option_listed(what, list, text, length);
}

/* ---- Lists ---- */

int list_count(const char *text)
{
    int count = 1;
    for (; *text != '\0'; text++) {
        count += *text == ',';
    }
    return count;
}

size_t list_next(const char **text, const char **item)
{
    size_t length = strcspn(*text, ",");
    *item = *text;
    *text += length + ((*text)[length] == ',');
    return length;
}

/* ---- The options themselves ---- */

static bool is_option(const struct argp_option *option)
{
    return option->name || option->key;
}

static bool in_table(const struct argp_option *option)
{
    return is_option(option) || option->doc || option->group;
}

/*
 * The row that the first `length` letters of `name` stand for: all of its name, or a beginning that
 * only it has. *beginnings counts the names that begin so.
 */
static const struct argp_option *find_long(const struct argp *argp, const char *name, size_t length,
                                           int *beginnings)
{
    const struct argp_option *found = NULL;
    *beginnings = 0;
    for (const struct argp_option *row = argp->options; in_table(row); row++) {
        if (!row->name || strncmp(row->name, name, length) != 0) {
            continue;
        }
        if (row->name[length] == '\0') {
            return row;
        }
        found = row;
        (*beginnings)++;
    }
    if (*beginnings != 1) {
        return NULL;
    }
    return found;
}

static _Noreturn void ambiguous_long(const struct argp *argp, const char *name, size_t length)
{
    char all[256] = "";
    size_t used = 0;
    for (const struct argp_option *row = argp->options; in_table(row); row++) {
        if (row->name && strncmp(row->name, name, length) == 0) {
            append(all, sizeof all, &used, used > 0 ? ", --" : "--", row->name);
        }
    }
    usage_error("option --%.*s is ambiguous; there are %s", (int)length, name, all);
}

static _Noreturn void unknown_long(const struct argp *argp, const char *name, size_t length)
{
    char *misspelt = strndup(name, length);
    suggestion nearest = {.text = misspelt ? misspelt : name};
    for (const struct argp_option *row = argp->options; in_table(row); row++) {
        if (row->name) {
            suggestion_consider(&nearest, row->name);
        }
    }
    if (nearest.name) {
        usage_error("unknown option --%s; did you mean --%s?", nearest.text, nearest.name);
    }
    usage_error("unknown option --%s", nearest.text);
}

/* Checks "--name" or "--name=value"; whether the next word is its value. */
static bool check_long(const struct argp *argp, const char *word, bool is_last)
{
    size_t length = strcspn(word + 2, "=");
    int beginnings;
    const struct argp_option *row = find_long(argp, word + 2, length, &beginnings);
    if (!row && beginnings > 1) {
        ambiguous_long(argp, word + 2, length);
    }
    if (!row) {
        unknown_long(argp, word + 2, length);
    }
    bool has_value = word[2 + length] == '=';
    if (has_value && !row->arg) {
        usage_error("option --%s takes no value", row->name);
    }
    if (row->arg && !has_value && is_last) {
        usage_error("option --%s needs a value, %s", row->name, row->arg);
    }
    return row->arg && !has_value;
}

static const struct argp_option *find_short(const struct argp *argp, char letter)
{
    for (const struct argp_option *row = argp->options; in_table(row); row++) {
        if (row->key == letter) {
            return row;
        }
    }
    return NULL;
}

/* Checks "-q", "-e5", "-qe 5"; whether the next word is its value. */
static bool check_short(const struct argp *argp, const char *word, bool is_last)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const struct argp_option *row = find_short(argp, *letter);
        if (!row) {
            usage_error("unknown option -%c", *letter);
        }
        if (row->arg && letter[1] == '\0' && is_last) {
            usage_error("option -%c (--%s) needs a value, %s", *letter, row->name, row->arg);
        }
        if (row->arg) {
            return letter[1] == '\0';
        }
    }
    return false;
}

static void check_options(const struct argp *argp, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool is_last = i + 1 == argc;
        bool value_follows = false;
        if (strncmp(argv[i], "--", 2) == 0) {
            value_follows = check_long(argp, argv[i], is_last);
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            value_follows = check_short(argp, argv[i], is_last);
        }
        i += value_follows;
    }
}

/* ---- Rows ---- */

typedef struct option_parser {
    const option_table *table;
    void *input;
    option_row rows[OPTIONS_MOST];
    /* the rows for argp, --help, --version, the end */
    struct argp_option options[OPTIONS_MOST + 3];
} option_parser;

static bool has_row(const option_table *table, const char *name)
{
    for (const option_row *row = table->rows; row->name || row->help || row->kind; row++) {
        if (row->name && strcmp(row->name, name) == 0) {
            return true;
        }
    }
    return false;
}

int options_expand(const option_table *table, option_row *rows)
{
    int count = 0;
    const nnfs_setting *setting;
    for (const option_row *row = table->rows; row->name || row->help || row->kind; row++) {
        if (row->kind != OPTION_SETTINGS) {
            rows[count] = *row;
            count += 1;
            if (row->kind == OPTION_SETTING) {
                setting_to_row(setting_of_option(row->name), &rows[count - 1]);
            }
            continue;
        }
        for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
            if (!setting->key && !has_row(table, setting->option)) {
                rows[count] = *row;
                setting_to_row(setting, &rows[count++]);
            }
        }
    }
    return count;
}

static int key_of(const option_parser *parser, int index)
{
    if (parser->rows[index].letter) {
        return parser->rows[index].letter;
    }
    return 0x100 + index;
}

static void make_options(option_parser *parser)
{
    int group = 0;
    int count = options_expand(parser->table, parser->rows);
    for (int i = 0; i < count; i++) {
        const option_row *row = &parser->rows[i];
        group += !row->name || row->new_group;
        parser->options[i] = (struct argp_option){.name = row->name,
                                                  .key = row->name ? key_of(parser, i) : 0,
                                                  .arg = row->argument,
                                                  .doc = row->help,
                                                  .group = group};
    }
    parser->options[count++] = (struct argp_option){"help", 'h', NULL, 0, "this text", -1};
    parser->options[count++] = (struct argp_option){"version", 'V', NULL, 0, "the version", -1};
    parser->options[count] = (struct argp_option){0};
}

static void take(const option_parser *parser, const option_row *row, const char *text)
{
    void *target = (char *)parser->input + row->offset;
    char label[64];
    (void)snprintf(label, sizeof label, "--%s", row->name);
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)target = true;
        return;
    case OPTION_TEXT:
        *(const char **)target = text;
        return;
    case OPTION_PATH:
        *(const char **)target = strcmp(text, "none") == 0 ? NULL : text;
        return;
    case OPTION_COUNT:
        *(int *)target = (int)option_integer(label, text, row->lowest, row->highest);
        return;
    case OPTION_NAME:
        *(int *)target = row->first + option_name(row->what, row->names, text, strlen(text));
        return;
    case OPTION_SETTING:
    case OPTION_SETTINGS:
        setting_take(target, row->name, text);
        return;
    default:
        row->take(target, row, text);
    }
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    option_parser *parser = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        parser->table->argument(parser->input, text);
        return 0;
    case 'h':
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK);
        cli_exit(cli_finish(EXIT_DONE));
    case 'V':
        (void)printf("%s %s\n", program_invocation_short_name, nnfs_version());
        cli_exit(cli_finish(EXIT_DONE));
    default:
        break;
    }
    for (int i = 0; in_table(&parser->options[i]); i++) {
        if (parser->options[i].name && parser->options[i].key == key) {
            const option_row *row = &parser->rows[i];
            if (!parser->table->see || !parser->table->see(parser->input, row, text)) {
                take(parser, row, text);
            }
            return 0;
        }
    }
    return ARGP_ERR_UNKNOWN;
}

/* The help of a row is put together when it is asked for; argp frees it. */
static char *filter_help(int key, const char *text, void *input)
{
    const option_parser *parser = input;
    if (key == ARGP_KEY_HELP_DUP_ARGS_NOTE) {
        return NULL;
    }
    for (int i = 0; parser && key != 'h' && key != 'V' && in_table(&parser->options[i]); i++) {
        if (parser->options[i].name && parser->options[i].key == key) {
            return option_help(&parser->rows[i]);
        }
    }
    return (char *)(uintptr_t)text;
}

void options_parse(const option_table *table, int argc, char **argv, void *input)
{
    option_parser parser = {.table = table, .input = input};
    const struct argp argp = {parser.options, parse_key, table->arguments, table->about, NULL,
                              filter_help,    NULL};
    if (argc == 2 && strcmp(argv[1], "--describe-options") == 0) {
        options_describe(table);
        cli_exit(cli_finish(EXIT_DONE));
    }
    make_options(&parser);
    argp_err_exit_status = EXIT_USAGE;
    check_options(&argp, argc, argv);
    error_t result = argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &parser);
    if (result == ENOMEM) {
        cli_message("out of memory");
        cli_exit(EXIT_CANNOT_RUN);
    }
    if (result != 0) {
        usage_error("%s", strerror(result));
    }
}
