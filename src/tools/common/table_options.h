/* The options about tables (CSV and NPY files), for every tool that reads them. */
#ifndef NNFS_TOOLS_COMMON_TABLE_OPTIONS_H
#define NNFS_TOOLS_COMMON_TABLE_OPTIONS_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

enum {
    KEY_TARGET = 0x200, /* beyond OPTION_OWN and what a tool adds to it */
    KEY_TARGETS,
    KEY_TASK,
    KEY_CATEGORICAL,
    KEY_NUMERIC,
    KEY_DROP,
    KEY_WEIGHT_COLUMN,
    KEY_SCALE,
    KEY_MISSING_INDICATOR,
    KEY_MAX_CATEGORIES,
    KEY_DELIMITER,
    KEY_HEADER,
    KEY_MISSING,
};

/* clang-format off */

/* Rows of argp tables: what to make of the columns, for a tool that trains; */
#define TABLE_ROWS_COLUMNS                                                                         \
    {"target", KEY_TARGET, "COLUMN[,...]", 0,                                                      \
     "what to predict, by name or number: numbers, or one column of classes (the last)", 0},       \
    {"targets", KEY_TARGETS, "FILE", 0, "an NPY file with the targets of an NPY file", 0},         \
    {"task", KEY_TASK, "NAME", 0,                                                                  \
     "classes or numbers (by the target: text is classes, and so are at most 20 different whole "  \
     "numbers)", 0},                                                                               \
    {"categorical", KEY_CATEGORICAL, "COLUMN[,...]", 0,                                            \
     "columns of categories, also where they look like numbers", 0},                               \
    {"numeric", KEY_NUMERIC, "COLUMN[,...]", 0,                                                    \
     "columns of numbers, in which any other cell is an error", 0},                                \
    {"drop", KEY_DROP, "COLUMN[,...]", 0, "columns to leave out", 0},                              \
    {"weight-column", KEY_WEIGHT_COLUMN, "COLUMN", 0,                                              \
     "how much each sample counts in training, 0 or more", 0},                                     \
    {"scale", KEY_SCALE, "NAME", 0,                                                                \
     "of numbers: standard, to mean 0 and deviation 1; minmax, to 0 .. 1; pixels, x / 255; none "  \
     "(standard; pixels of an NPY file of uint8)", 0},                                             \
    {"missing-indicator", KEY_MISSING_INDICATOR, NULL, 0,                                          \
     "an input more for a column with missing numbers, 1 where they are", 0},                      \
    {"max-categories", KEY_MAX_CATEGORIES, "N", 0,                                                 \
     "inputs a column of categories may have; the rarer ones share one (100)", 0}

/* and how the file is written, for every tool. */
#define TABLE_ROWS_FORMAT(usual_words)                                                             \
    {"delimiter", KEY_DELIMITER, "C", 0,                                                           \
     "of a CSV file: comma, semicolon, tab, pipe or the character (what fits best)", 0},           \
    {"header", KEY_HEADER, "yes|no", 0,                                                            \
     "whether the first line of a CSV file names the columns (by its cells)", 0},                  \
    {"missing", KEY_MISSING, "WORD[,...]", 0,                                                      \
     "cells that mean \"missing\", besides the empty one (" usual_words ")", 0}

/* clang-format on */

/* The items of an option that is a list and may be given again; they end with NULL. */
typedef struct text_list {
    char **items; /* NULL where it was never given */
    int count;
} text_list;

/* Adds a copy of the first `length` letters; without memory for it the program ends. */
void list_add(text_list *list, const char *item, size_t length);

typedef struct table_options {
    text_list targets, categorical, numeric, drop, missing;
    const char *targets_path;  /* or NULL */
    const char *weight_column; /* or NULL */
    nnfs_task task;
    char delimiter; /* 0: what fits best */
    int header;     /* -1: by its cells */
    nnfs_preprocessing_settings preprocessing;
    const char *given;     /* the first of these options on the command line, "--drop", or NULL */
    const char *given_csv; /* likewise of those about the text of a CSV file */
} table_options;

void table_options_init(table_options *options);
void table_options_free(table_options *options);

/* Takes the value of an option of the rows above; false for any other key. */
bool table_option(table_options *options, int key, const char *text);

/* Whether DATA is a table, and an NPY file, by its name. */
bool is_table(const char *data);
bool is_npy(const char *data);

/* Refuses, as a usage error, options that make no sense for DATA or with each other. */
void table_options_check(const table_options *options, const char *data);

/* What to load a table with; lists stay the options' own. */
void table_options_apply(const table_options *options, nnfs_dataset_settings *settings);
/* Likewise, but how the file is written alone: for a table whose columns a model knows. */
void table_options_apply_format(const table_options *options, nnfs_dataset_settings *settings);

#endif
