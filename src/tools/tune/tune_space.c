/* Combinations of values, all of them or drawn ones. */
#include "tune/tune_space.h"

#include "common/bounds.h"
#include "common/exit.h"
#include "common/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 10000, MOST_TRIES = 1000 /* to draw another combination, a run */ };

void *must_have(void *memory)
{
    if (!memory) {
        cli_message("out of memory");
        cli_exit(EXIT_CANNOT_RUN);
    }
    return memory;
}

/* ---- Axes ---- */

static void append(char ***list, int *count, char *text)
{
    *list = must_have(realloc(*list, ((size_t)*count + 1) * sizeof **list));
    (*list)[(*count)++] = must_have(text);
}

static tune_axis *find_axis(tune_space *space, const tune_axis *kind)
{
    for (int i = 0; i < space->axis_count; i++) {
        if (strcmp(space->axes[i].option, kind->option) == 0) {
            return &space->axes[i];
        }
    }
    size_t count = (size_t)space->axis_count + 1;
    space->axes = must_have(realloc(space->axes, count * sizeof *space->axes));
    space->axes[space->axis_count] = *kind;
    return &space->axes[space->axis_count++];
}

/* "A..B" with two numbers; false for anything else. */
static bool read_range(const char *text, double *from, double *to)
{
    const char *dots = strstr(text, "..");
    char *left = NULL;
    if (dots) {
        left = must_have(strndup(text, (size_t)(dots - text)));
    }
    bool numbers = left && looks_like_number(left) && looks_like_number(dots + 2);
    if (numbers) {
        *from = strtod(left, NULL);
        *to = strtod(dots + 2, NULL);
    }
    free(left);
    return numbers;
}

static bool is_range(const tune_axis *axis, const char *text)
{
    double from, to;
    return axis->vary != VARY_VALUES && read_range(text, &from, &to);
}

static void check_value(const tune_axis *axis, const char *text)
{
    double from, to;
    if (*text == '\0') {
        usage_error("--%s: a value is empty", axis->option);
    }
    if (read_range(text, &from, &to) && axis->vary == VARY_VALUES) {
        usage_error("--%s takes no range, '%s'", axis->option, text);
    }
    if (read_range(text, &from, &to) && !(from > 0.0 && to > from)) {
        usage_error("--%s: the range '%s' must rise, from a number greater than 0", axis->option,
                    text);
    }
    for (int i = 0; i < axis->count; i++) {
        if (strcmp(axis->values[i], text) == 0) {
            usage_error("--%s: %s is there twice", axis->option, text);
        }
    }
}

void space_add(tune_space *space, const tune_axis *kind, const char *text)
{
    tune_axis *axis = find_axis(space, kind);
    for (bool more = true; more;) {
        size_t length = strcspn(text, axis->separators);
        char *value = must_have(strndup(text, length));
        check_value(axis, value);
        append(&axis->values, &axis->count, value);
        more = text[length] != '\0';
        text += length + 1;
    }
}

void space_fix(tune_space *space, const char *option, const char *text)
{
    char *word = NULL;
    append(&space->fixed, &space->fixed_count, asprintf(&word, "--%s", option) < 0 ? NULL : word);
    if (text) {
        append(&space->fixed, &space->fixed_count, strdup(text));
    }
}

static void free_list(char **list, int count)
{
    for (int i = 0; i < count; i++) {
        free(list[i]);
    }
    free(list);
}

void space_free(tune_space *space)
{
    for (int i = 0; i < space->axis_count; i++) {
        free_list(space->axes[i].values, space->axes[i].count);
    }
    free(space->axes);
    free_list(space->fixed, space->fixed_count);
}

/* ---- All combinations ---- */

static bool has_ranges(const tune_space *space, const tune_axis **which)
{
    for (int i = 0; i < space->axis_count; i++) {
        for (int j = 0; j < space->axes[i].count; j++) {
            if (is_range(&space->axes[i], space->axes[i].values[j])) {
                *which = &space->axes[i];
                return true;
            }
        }
    }
    return false;
}

/* How many there are, and MOST_RUNS + 1 where there are more. */
static int count_combinations(const tune_space *space)
{
    int64_t count = 1;
    for (int i = 0; i < space->axis_count && count <= MOST_RUNS; i++) {
        count *= space->axes[i].count;
    }
    if (count <= MOST_RUNS) {
        return (int)count;
    }
    return MOST_RUNS + 1;
}

static char **new_row(const tune_space *space)
{
    return must_have(calloc((size_t)space->axis_count + 1, sizeof(char *)));
}

static char ***all_rows(const tune_space *space, int runs)
{
    char ***rows = must_have(calloc((size_t)runs, sizeof *rows));
    for (int run = 0; run < runs; run++) {
        int left = run;
        rows[run] = new_row(space);
        for (int i = space->axis_count - 1; i >= 0; i--) {
            const tune_axis *axis = &space->axes[i];
            rows[run][i] = must_have(strdup(axis->values[left % axis->count]));
            left /= axis->count;
        }
    }
    return rows;
}

/* ---- Drawn ones ---- */

/* splitmix64 (Steele, Lea and Flood 2014): 0 <= u < 1. */
static double draw(uint64_t *state)
{
    uint64_t bits = *state += UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    bits ^= bits >> 31;
    return (double)(bits >> 11) * 0x1p-53;
}

static char *draw_value(const tune_axis *axis, uint64_t *state)
{
    char text[64];
    double from, to;
    const char *value = axis->values[(int)(draw(state) * axis->count)];
    if (!is_range(axis, value)) {
        return must_have(strdup(value));
    }
    (void)read_range(value, &from, &to);
    bool whole = axis->vary == VARY_WHOLE;
    double end = to;
    if (whole) {
        end = floor(to) + 1.0;
    } /* each whole number has the room up to the next */
    double drawn = from * exp(draw(state) * log(end / from));
    drawn = MIN(drawn, to);
    (void)snprintf(text, sizeof text, whole ? "%.0f" : "%.4g", whole ? floor(drawn) : drawn);
    return must_have(strdup(text));
}

static bool is_new(const tune_space *space, char ***rows, int run)
{
    for (int before = 0; before < run; before++) {
        int i = 0;
        while (i < space->axis_count && strcmp(rows[before][i], rows[run][i]) == 0) {
            i++;
        }
        if (i == space->axis_count) {
            return false;
        }
    }
    return true;
}

static void free_row(char **row, int axes)
{
    for (int i = 0; row && i < axes; i++) {
        free(row[i]);
    }
    free(row);
}

/* One that was not drawn before; false if none is found. */
static bool draw_row(const tune_space *space, char ***rows, int run, uint64_t *state)
{
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        rows[run] = new_row(space);
        for (int i = 0; i < space->axis_count; i++) {
            bool first = run == 0 && space->first_is_default;
            if (first) {
                rows[run][i] = must_have(strdup(space->axes[i].values[0]));
            } else {
                rows[run][i] = draw_value(&space->axes[i], state);
            }
        }
        if (is_new(space, rows, run)) {
            return true;
        }
        free_row(rows[run], space->axis_count);
        rows[run] = NULL;
    }
    return false;
}

static char ***drawn_rows(const tune_space *space, int *runs)
{
    char ***rows = must_have(calloc((size_t)space->random, sizeof *rows));
    uint64_t state = space->seed;
    *runs = 0;
    while (*runs < space->random && draw_row(space, rows, *runs, &state)) {
        (*runs)++;
    }
    return rows;
}

char ***space_rows(const tune_space *space, int *runs)
{
    const tune_axis *axis;
    bool ranges = has_ranges(space, &axis);
    int combinations = count_combinations(space);
    if (ranges && space->random == 0) {
        usage_error("--%s has a range: say with --random N how many runs to draw from it",
                    axis->option);
    }
    if (space->random > 0 && (ranges || combinations > space->random)) {
        return drawn_rows(space, runs);
    }
    if (combinations > MOST_RUNS) {
        usage_error("more than %d combinations; draw some of them with --random N", MOST_RUNS);
    }
    *runs = combinations;
    return all_rows(space, combinations);
}

void free_rows(char ***rows, int runs, int axes)
{
    for (int i = 0; i < runs; i++) {
        free_row(rows[i], axes);
    }
    free(rows);
}
