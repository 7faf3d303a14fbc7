/*
 * What nnfs-tune tries: options with several values each, and the combinations of them that become
 * runs.
 */
#ifndef NNFS_TOOLS_TUNE_TUNE_SPACE_H
#define NNFS_TOOLS_TUNE_TUNE_SPACE_H

#include "common/options.h"

#include <stdbool.h>
#include <stdint.h>

/* An option and the values it is to have, one in each run. */
typedef struct tune_axis {
    const char *option;     /* "lr" */
    option_vary vary;       /* whether it takes ranges */
    const char *separators; /* between values: any of these letters */
    char **values;          /* [count] as they were given */
    int count;
} tune_axis;

typedef struct tune_space {
    tune_axis *axes; /* [axis_count] in the order in which they were first given */
    int axis_count;
    char **fixed; /* [fixed_count] the words of all other options: "--target", "price" */
    int fixed_count;
    int random;            /* runs to draw; 0: all combinations */
    uint64_t seed;         /* of the drawing */
    bool first_is_default; /* the first run has the first value of each axis */
} tune_space;

/*
 * Adds the values in `text` to an axis (of which all but the values count). Usage errors: a value
 * that is empty or there already, and a range that makes no sense.
 */
void space_add(tune_space *space, const tune_axis *kind, const char *text);
/* Adds an option that has one value, or with text NULL none, in all runs. */
void space_fix(tune_space *space, const char *option, const char *text);
void space_free(tune_space *space);

/*
 * The runs' values, [*runs][axis_count], in fresh memory: combinations, the last axis changing
 * fastest, or as many different ones as were asked for and there are, drawn. Usage errors: a range
 * where nothing is drawn, too many runs. free_rows frees them.
 */
char ***space_rows(const tune_space *space, int *runs);
void free_rows(char ***rows, int runs, int axes);

/* Allocates memory; the tool ends with a message if there is too little. */
void *must_have(void *memory);

#endif
