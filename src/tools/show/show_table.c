/* Samples as rows of an aligned table, with what a network says of each. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/text.h"
#include "show/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The grid: row 0 is the head ---- */

typedef struct grid {
    name_text *cells; /* [columns x rows] */
    int *widths;      /* [columns] */
    bool *right;      /* [columns] numbers stand to the right */
    int columns, rows;
} grid;

static nnfs_status grid_make(grid *g, int columns, int rows, nnfs_error *error)
{
    *g = (grid){.cells = calloc((size_t)columns * (size_t)rows, sizeof *g->cells),
                .widths = calloc((size_t)columns, sizeof *g->widths),
                .right = calloc((size_t)columns, sizeof *g->right),
                .columns = columns,
                .rows = rows};
    if (g->cells && g->widths && g->right) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}

static void grid_free(grid *g)
{
    free(g->cells);
    free(g->widths);
    free(g->right);
}

static void put(grid *g, int row, int column, const char *text)
{
    name_text *cell = &g->cells[(size_t)row * (size_t)g->columns + (size_t)column];
    *cell = text_name(text);
    g->widths[column] = MAX(cell->width, g->widths[column]);
}

static void print_row(const grid *g, int row, int shown)
{
    for (int i = 0; i < shown; i++) {
        const name_text *cell = &g->cells[(size_t)row * (size_t)g->columns + (size_t)i];
        int space = g->widths[i] - cell->width;
        bool last = i + 1 == shown;
        (void)printf("%s%*s%s%*s", text_between(i, "  "), g->right[i] ? space : 0, "", cell->text,
                     g->right[i] || last ? 0 : space, "");
    }
    (void)putchar('\n');
}

/* ---- Rows ---- */

/* What the network does not use of a file is not read, and so cannot be shown. */
static bool is_unused(const nnfs_dataset *data, int column)
{
    const nnfs_preprocessing *preprocessing = nnfs_dataset_preprocessing(data);
    const char *name = nnfs_dataset_column(data, column).name;
    for (int i = 0; preprocessing && i < nnfs_preprocessing_columns(preprocessing); i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        if (name && encoding.name && strcmp(name, encoding.name) == 0) {
            return encoding.inputs == 0;
        }
    }
    return false;
}

static bool is_shown(const nnfs_dataset *data, int column)
{
    return nnfs_dataset_columns(data) == 0 ||
           (nnfs_dataset_column(data, column).use == NNFS_COLUMN_FEATURE &&
            !is_unused(data, column));
}

/* The columns to show, as many as can have a place on the screen; *all counts the others too. */
static int list_features(const nnfs_dataset *data, int *features, int most, int *all)
{
    int columns = nnfs_dataset_columns(data);
    int count = 0;
    *all = 0;
    if (columns <= 0) {
        columns = nnfs_dataset_features(data);
    }
    for (int i = 0; i < columns; i++) {
        if (is_shown(data, i)) {
            (*all)++;
            if (count < most) {
                features[count++] = i;
            }
        }
    }
    return count;
}

/* A value as the file has it; of what is no table, as a network sees it, in `values`. */
static void put_value(grid *g, int row, int at, const nnfs_dataset *data, int64_t sample,
                      int column, const float *values)
{
    if (nnfs_dataset_columns(data) == 0) {
        put(g, row, at, text_measure((double)values[column]).text);
        return;
    }
    float value = nnfs_dataset_cell(data, sample, column);
    bool category = nnfs_dataset_column(data, column).kind == NNFS_COLUMN_CATEGORY;
    const char *name = NULL;
    if (category && isfinite(value)) {
        name = nnfs_dataset_category(data, column, (int)value);
    }
    if (name) {
        put(g, row, at, name);
    } else {
        put(g, row, at, isnan(value) ? "-" : text_shortest(value).text);
    }
}

/* "price", or where it has none its number from 1. */
static void put_head(grid *g, int at, const nnfs_dataset *data, int column)
{
    char number[16];
    nnfs_column about = nnfs_dataset_column(data, column);
    (void)snprintf(number, sizeof number, "%d", column + 1);
    put(g, 0, at, about.name ? about.name : number);
    g->right[at] = about.kind == NNFS_COLUMN_NUMBER;
}

static const char *target_name(const nnfs_dataset *data)
{
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        nnfs_column column = nnfs_dataset_column(data, i);
        if (column.use == NNFS_COLUMN_TARGET && column.name) {
            if (nnfs_dataset_outputs(data) > 1 && nnfs_dataset_classes(data) == 0) {
                return "targets";
            }
            return column.name;
        }
    }
    return "target";
}

/* The columns to the left of the features: row, truth, prediction, its probability. */
enum { ROW, TRUTH, ANSWER, PROBABILITY, FIRST_FEATURE };

static nnfs_status put_row(const show *from, grid *g, int row, int64_t sample, nnfs_error *error)
{
    char number[24];
    shown_prediction prediction = {.verdict = VERDICT_NONE};
    (void)snprintf(number, sizeof number, "%lld", (long long)sample);
    put(g, row, ROW, number);
    put(g, row, TRUTH, truth_text(from->loaded.chosen, sample).text);
    if (!from->loaded.network) {
        return NNFS_OK;
    }
    nnfs_status status = predict_sample(from, sample, &prediction, error);
    char marked[sizeof prediction.text.text + 4];
    (void)snprintf(marked, sizeof marked, "%s%s", prediction.verdict == VERDICT_WRONG ? "x " : "",
                   prediction.text.text);
    put(g, row, ANSWER, marked);
    put(g, row, PROBABILITY, prediction.probability.text);
    return status;
}

static nnfs_status fill(const show *from, grid *g, const int64_t *samples, const int *features,
                        nnfs_error *error)
{
    const nnfs_dataset *data = from->loaded.chosen;
    float *values = calloc((size_t)nnfs_dataset_features(data), sizeof *values);
    if (!values) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    put(g, 0, ROW, "row");
    put(g, 0, TRUTH, nnfs_dataset_has_targets(data) ? target_name(data) : "");
    put(g, 0, ANSWER, from->loaded.network ? "predicted" : "");
    g->right[ROW] = g->right[PROBABILITY] = true;
    g->right[TRUTH] = g->right[ANSWER] = nnfs_dataset_classes(data) == 0;
    for (int i = FIRST_FEATURE; i < g->columns; i++) {
        put_head(g, i, data, features[i - FIRST_FEATURE]);
    }
    nnfs_status status = NNFS_OK;
    for (int row = 1; row < g->rows; row++) {
        int64_t sample = samples[row - 1];
        TRY_CLEANUP(put_row(from, g, row, sample, error));
        if (nnfs_dataset_columns(data) == 0) {
            TRY_CLEANUP(nnfs_dataset_copy(data, sample, 1, values, NULL, NULL, error));
        }
        for (int i = FIRST_FEATURE; i < g->columns; i++) {
            put_value(g, row, i, data, sample, features[i - FIRST_FEATURE], values);
        }
    }
cleanup:
    free(values);
    return status;
}

/* Columns that are empty take no place. */
static void drop_empty(grid *g)
{
    int kept = 0;
    for (int i = 0; i < g->columns; i++) {
        if (g->widths[i] == 0) {
            continue;
        }
        g->widths[kept] = g->widths[i];
        g->right[kept] = g->right[i];
        for (int row = 0; row < g->rows; row++) {
            name_text *line = g->cells + (size_t)row * (size_t)g->columns;
            line[kept] = line[i];
        }
        kept++;
    }
    for (int i = kept; i < g->columns; i++) {
        g->widths[i] = 0;
    }
}

/* How many columns the screen is wide enough for. */
static int count_fitting(const grid *g, int screen)
{
    int used = 0;
    for (int i = 0; i < g->columns; i++) {
        used += (i > 0 ? 2 : 0) + g->widths[i];
        if (g->widths[i] == 0 || (used > screen && i > 1)) {
            return i;
        }
    }
    return g->columns;
}

static void print_grid(grid *g, const terminal *screen, int all)
{
    int before = 0;
    for (int i = 0; i < FIRST_FEATURE; i++) {
        before += g->widths[i] > 0;
    }
    drop_empty(g);
    int shown = count_fitting(g, screen->columns);
    for (int row = 0; row < g->rows; row++) {
        print_row(g, row, shown);
    }
    int hidden = all - (shown - before);
    if (hidden > 0) {
        (void)printf("and %s more column%s\n", text_count(hidden).text, text_plural(hidden));
    }
}

nnfs_status show_table(const show *from, const int64_t *samples, int count, nnfs_error *error)
{
    int most = from->screen.columns / 3 + 1; /* a column and its gap are 3 wide at least */
    int all = 0;
    grid g = {.columns = 0};
    int *features = calloc((size_t)most, sizeof *features);
    if (!features) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    int wanted = list_features(from->loaded.chosen, features, most, &all);
    nnfs_status status = grid_make(&g, FIRST_FEATURE + wanted, count + 1, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(fill(from, &g, samples, features, error));
    print_grid(&g, &from->screen, all);
cleanup:
    grid_free(&g);
    free(features);
    return status;
}
