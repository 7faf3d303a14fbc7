/* The options about tables (CSV and NPY files), for every tool that reads them. */
#ifndef NNFS_TOOLS_COMMON_TABLE_OPTIONS_H
#define NNFS_TOOLS_COMMON_TABLE_OPTIONS_H

#include "common/options.h"

#include <nnfs/nnfs.h>

#include <stdbool.h>

/* clang-format off */

/* A row of a table option, whose values go to the table_options at `at` of the tool's structure. */
#define TABLE_ROW(at) .take = table_option, .offset = (at), .passed_on = true

/* Rows: what to make of the columns, for a tool that trains; */
#define TABLE_ROWS_COLUMNS(at)                                                                     \
    {"target", 0, "COLUMN[,...]", "column to predict, by name or number: one of classes, "         \
     "numbers, or several of 0 and 1, each a label", "the last", TABLE_ROW(at)},                   \
    {"targets", 0, "FILE", "NPY file with the targets of an NPY file", NULL, TABLE_ROW(at),        \
     .complete = "@*.npy"},                                                                        \
    {"task", 0, "NAME", "kind of target: classes or numbers", "by the target: text is classes, "   \
     "and so are at most 20 different whole numbers", TABLE_ROW(at), .names = task_names},         \
    {"categorical", 0, "COLUMN[,...]", "columns of categories, even if they look like numbers",    \
     NULL, TABLE_ROW(at)},                                                                         \
    {"numeric", 0, "COLUMN[,...]", "columns of numbers; any other cell is an error", NULL,         \
     TABLE_ROW(at)},                                                                               \
    {"drop", 0, "COLUMN[,...]", "columns to leave out", NULL, TABLE_ROW(at)},                      \
    {"weight-column", 0, "COLUMN", "column with the weight of each sample in training, 0 or more", \
     NULL, TABLE_ROW(at)},                                                                         \
    {"scale", 0, "NAME", "scaling of numbers: standard (mean 0, deviation 1), minmax (0 to 1), "   \
     "pixels (x / 255), robust (by quartiles, clipped), quantile (to those of a normal "           \
     "distribution) or none", "standard, pixels of an NPY file of uint8", TABLE_ROW(at),           \
     .complete = "standard minmax pixels none robust quantile"},                                   \
    {"missing-indicator", 0, NULL, "one more input for a column with missing numbers, 1 for a "    \
     "missing one", NULL, TABLE_ROW(at)},                                                          \
    {"two-valued", 0, NULL, "make a column of two categories one input, -1 or 1, and 0 for any "   \
     "other cell", NULL, TABLE_ROW(at)},                                                           \
    {"log-target", 0, "NAME", "learn numbers, none of them negative, on a log scale: yes, no, "    \
     "or auto, if skewed ones are predicted better so by the networks of --refit; predictions "    \
     "keep their units", "no", TABLE_ROW(at), .names = log_target_names},                          \
    {"screen", 0, "Q", "leave out columns that tell nothing of the target by themselves; of "      \
     "those that stay, a share Q is expected to do so by chance (false discovery rate); 0: all "   \
     "stay",                                                                                       \
     "0", TABLE_ROW(at)},                                                                          \
    {"max-categories", 0, "N", "most inputs of a column of categories; the rarest share one",      \
     "100", TABLE_ROW(at)}

/* and how the file is written, for every tool. */
#define TABLE_ROWS_FORMAT(at, usual_words)                                                         \
    {"delimiter", 0, "C", "delimiter of a CSV file: comma, semicolon, tab, pipe, blank (runs of "  \
     "blanks) or the character", "the one that fits best", TABLE_ROW(at),                          \
     .names = delimiter_names},                                                                    \
    {"header", 0, "yes|no", "whether the first line of a CSV file names the columns",              \
     "by its cells", TABLE_ROW(at), .names = answer_names},                                        \
    {"missing", 0, "WORD[,...]", "cells that mean \"missing\", besides the empty one",             \
     usual_words, TABLE_ROW(at)},                                                                  \
    {"decimal", 0, "point|comma", "decimal separator of a CSV file's numbers", "by all its cells", \
     TABLE_ROW(at), .complete = "point comma"},                                                    \
    {"thousands", 0, "C", "thousands separator of a CSV file: comma, point, blank, quote or the "  \
     "character", "by the cells of a column", TABLE_ROW(at),                                       \
     .complete = "comma point blank quote"},                                                       \
    {"date-format", 0, "FORMAT", "format of dates, as %d/%m/%Y; none reads dates as text",         \
     "the one that fits", TABLE_ROW(at), .complete = "none %d/%m/%Y %m/%d/%Y %Y-%m-%d"},           \
    {"encoding", 0, "NAME", "encoding of a CSV file, as latin1",                                   \
     "UTF-8, or UTF-16 with a byte order mark", TABLE_ROW(at),                                     \
     .complete = "latin1 cp1252 UTF-8 UTF-16LE"},                                                  \
    {"skip", 0, "N", "lines of a CSV file to leave out before its header", "0", TABLE_ROW(at)},    \
    {"comment", 0, "C", "character that begins lines to leave out", NULL, TABLE_ROW(at)},          \
    {"skip-bad-rows", 0, NULL, "leave out and count rows that cannot be read", NULL,               \
     TABLE_ROW(at)},                                                                               \
    {"format", 0, "NAME", "format of DATA: digits, idx, csv, npy or npz", "by its first bytes",    \
     TABLE_ROW(at), .names = format_names},                                                        \
    {"arrays", 0, "NAME[,NAME]", "arrays of an NPZ file: the samples, and the targets",            \
     "x,y or data,target", TABLE_ROW(at)}

/* clang-format on */

name_function task_names, delimiter_names, answer_names, format_names, log_target_names;

/* Whether numbers are learned on a log scale; auto is by validation, see run_ensemble.c. */
typedef enum log_target { LOG_TARGET_NO, LOG_TARGET_YES, LOG_TARGET_AUTO } log_target;

/* The items of an option that is a list and may be given again; they end with NULL. */
typedef struct string_list {
    char **items; /* NULL where it was never given */
    int count;
} string_list;

/* Adds a copy of the first `length` letters; without memory for it the program ends. */
void list_add(string_list *list, const char *item, size_t length);

typedef struct table_options {
    string_list targets, categorical, numeric, drop, missing, arrays, keep;
    const char *targets_path;  /* or NULL */
    const char *weight_column; /* or NULL */
    nnfs_task task;
    char delimiter;                              /* 0: what fits best */
    int header;                                  /* -1: by its cells */
    char decimal, thousands, comment;            /* 0: not told */
    const char *date_format, *encoding, *format; /* NULL: not told */
    int64_t skip;
    bool skip_bad_rows;
    nnfs_communicator *communicator; /* whose ranks load the same files, or NULL */
    log_target log_target;
    nnfs_preprocessing_settings preprocessing;
    const char *given;     /* the first of these options on the command line, "--drop", or NULL */
    const char *given_csv; /* the same of those about the text of a CSV file */
} table_options;

void table_options_init(table_options *options);
void table_options_free(table_options *options);

/* Takes the value of an option of the rows above. */
void table_option(void *target, const option_row *row, const char *text);

/* "semicolons", for messages. */
const char *delimiter_text(char delimiter);

/* Whether DATA is a table, and one of arrays, by its content or what the options say. */
bool is_table_data(const table_options *options, const char *data);
bool is_array_data(const table_options *options, const char *data);
/* Whether DATA is a table, by its name. */
bool is_table(const char *data);

/* Refuses, as a usage error, options that make no sense for DATA or with each other. */
void table_options_check(const table_options *options, const char *data);

/* What to load a table with; lists stay the options' own. */
void table_options_apply(const table_options *options, nnfs_dataset_settings *settings);
/* The options about the file's notation alone: for a table whose columns a model knows. */
void table_options_apply_format(const table_options *options, nnfs_dataset_settings *settings);

#endif
