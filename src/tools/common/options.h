/*
 * What the tools' command lines share: values strictly checked, names with a "did you mean".
 *
 * Whatever is wrong ends the tool with a sentence and exit status 2; `option` is the name to put in
 * it, "--lr".
 */
#ifndef NNFS_TOOLS_COMMON_OPTIONS_H
#define NNFS_TOOLS_COMMON_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* Keys of options without a letter; each tool's own begin at OPTION_OWN. */
enum { OPTION_OWN = 0x100 };

/* The rows that end each tool's table: --help and --version. */
#define OPTIONS_COMMON                                                                     \
    {"help", 'h', NULL, 0, "this text", -1}, {"version", 'V', NULL, 0, "the version", -1}, \
    {                                                                                      \
        0                                                                                  \
    }

/*
 * Parses the command line with argp, after a look at every option for one that does not exist or
 * lacks its value. --help and --version print to stdout and exit 0.
 */
void options_parse(const struct argp *argp, int argc, char **argv, void *input);

/* What a tool's parser does with the keys it does not know itself. */
error_t options_common(int key, struct argp_state *state);

/* The `help_filter` of every tool's argp. */
char *options_help_filter(int key, const char *text, void *input);

/* An integer in least .. most. */
int64_t option_integer(const char *option, const char *text, int64_t least, int64_t most);
int option_threads(const char *option, const char *text);

/* Which numbers an option takes. */
typedef enum number_range {
    NUMBER_POSITIVE,     /* > 0 */
    NUMBER_NOT_NEGATIVE, /* >= 0 */
    NUMBER_FRACTION,     /* 0 <= x < 1 */
    NUMBER_SHARE,        /* 0 <= x <= 1 */
    NUMBER_BETWEEN,      /* 0 < x < 1 */
} number_range;

bool looks_like_number(const char *text);
double option_number(const char *option, const char *text, number_range range);
/* Likewise, and in the range still as a float. */
float option_float(const char *option, const char *text, number_range range);

/* The names of an enumeration by value, NULL past the last. */
typedef const char *name_function(int value);
name_function activation_names, loss_names, optimizer_names;
name_function init_names; /* value 0 is the enumeration's 1 */

/* The value whose name is the first `length` letters of `text`; `what` is "loss", "optimizer". */
int option_name(const char *what, name_function *names, const char *text, size_t length);

/* The items of "a,b,c": how many, and each in turn (0 <= length) as *text moves on. */
int list_count(const char *text);
size_t list_next(const char **text, const char **item);

#endif
