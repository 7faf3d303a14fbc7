/*
 * What the tools' command lines share: tables of options, values strictly checked, names with a
 * "did you mean".
 *
 * Errors end the tool with a message and exit status 2; `option` is the name to put in
 * it, "--lr".
 */
#ifndef NNFS_TOOLS_COMMON_OPTIONS_H
#define NNFS_TOOLS_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names of an enumeration by value, NULL past the last. */
typedef const char *name_function(int value);

/* What becomes of an option's value. `offset` says where, in the tool's own structure. */
typedef enum option_kind {
    OPTION_TAKE,     /* take(structure + offset, row, text) */
    OPTION_FLAG,     /* bool: true */
    OPTION_TEXT,     /* const char *: as it is */
    OPTION_PATH,     /* const char *: as it is, NULL for 'none' */
    OPTION_COUNT,    /* int: lowest .. highest */
    OPTION_NAME,     /* int: `first` and the position in `names`; `what` is for messages */
    OPTION_SETTING,  /* nnfs_train_settings: the setting of that option */
    OPTION_SETTINGS, /* stands for a row a setting, except those that have rows of their own */
} option_kind;

/* Which ranges, A..B, nnfs-tune takes beside values. */
typedef enum option_vary {
    VARY_NEVER,
    VARY_VALUES,
    VARY_REAL,  /* and ranges of numbers */
    VARY_WHOLE, /* and ranges of whole numbers */
} option_vary;

/*
 * An option, defined once: parsing, --help, the man page and the completions come from its row. A
 * row without a name is a heading.
 */
typedef struct option_row {
    const char *name;
    char letter;
    const char *argument; /* NULL: takes no value */
    const char *help;     /* begins with what it sets */
    const char *standard; /* the default, in words; NULL: none worth telling */
    option_kind kind;
    size_t offset;
    void (*take)(void *target, const struct option_row *row, const char *text);
    int lowest, highest, first;
    const char *what;
    name_function *names; /* values, for completion too */
    /* Completion: words, or "@data", "@folder", "@*.npy": datasets, folders,
     * files. NULL: `names`. */
    const char *complete;
    bool list; /* several values, with commas between */
    option_vary vary;
    bool passed_on; /* by nnfs-tune to nnfs-train */
    bool new_group; /* set apart from the rows before, without a heading */
} option_row;

/* In a row: the kind, and where the value goes in the tool's structure. */
#define TO(KIND, type, member) .kind = OPTION_##KIND, .offset = offsetof(type, member)

typedef struct option_table {
    const option_row *rows; /* the last one is {0}; --help and --version are added */
    const char *arguments;  /* "MODEL DATA" */
    const char *about;      /* a sentence, "\v", and what follows the options in --help */
    void (*argument)(void *input, const char *text);
    /* Sees each option first; true: it is dealt with. NULL: none. */
    bool (*see)(void *input, const option_row *row, const char *text);
    const char *const
        *complete; /* of the arguments, as in a row; the last is for all further ones */
} option_table;

/*
 * Parses the command line into `input`, after a look at every option for one that does not exist or
 * lacks its value. --help and --version print to stdout and exit 0.
 */
void options_parse(const option_table *table, int argc, char **argv, void *input);

/* All rows of a table, with those that OPTION_SETTINGS stands for. */
enum { OPTIONS_MOST = 128 };
int options_expand(const option_table *table, option_row *rows);
/* The help of a row with its values, keys and default, in fresh memory; NULL: no memory. */
char *option_help(const option_row *row);

/* Prints a table as JSON, from which man pages and completions are generated. */
void options_describe(const option_table *table);

/* An integer in least .. most. */
int64_t option_integer(const char *option, const char *text, int64_t least, int64_t most);
enum { THREADS_MOST = 1024 };

/* Which numbers an option takes. */
typedef enum number_range {
    NUMBER_POSITIVE,     /* > 0 */
    NUMBER_NOT_NEGATIVE, /* >= 0 */
    NUMBER_FRACTION,     /* 0 <= x < 1 */
    NUMBER_SHARE,        /* 0 <= x <= 1 */
} number_range;

bool looks_like_number(const char *text);
double option_number(const char *option, const char *text, number_range range);
/* The same, and in the range after rounding to float. */
float option_float(const char *option, const char *text, number_range range);

name_function activation_names, loss_names, normalization_names;
name_function hidden_activation_names; /* without softmax */
name_function init_names;              /* value 0 is the enumeration's 1 */

/* The value whose name is the first `length` letters of `text`; `what` is "loss", "optimizer". */
int option_name(const char *what, name_function *names, const char *text, size_t length);
/* The same for a list that ends with NULL. */
int option_listed(const char *what, const char *const *names, const char *text, size_t length);

/* The items of "a,b,c": how many, and each in turn (0 <= length) as *text moves on. */
int list_count(const char *text);
size_t list_next(const char **text, const char **item);

#endif
