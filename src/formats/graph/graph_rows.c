/* Datasets as rows of a graph, and how good a graph is on them. */
#include "base/memory.h"
#include "base/string_list.h"
#include "formats/graph/graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void graph_rows_free(graph_rows *rows)
{
    for (int i = 0; rows->codes && i < rows->graph->column_count; i++) {
        memory_free(rows->codes[i]);
    }
    free(rows->codes);
    free(rows->columns);
    *rows = (graph_rows){.graph = NULL};
}

/* By its name, or where columns have none by its number. */
static int find_column(const nnfs_dataset *dataset, const graph_column *wanted)
{
    for (int i = 0; i < nnfs_dataset_columns(dataset); i++) {
        char number[24];
        const char *own = nnfs_dataset_column(dataset, i).name;
        (void)snprintf(number, sizeof number, "column_%d", i + 1);
        if (strcmp(own ? own : number, wanted->name) == 0) {
            return i;
        }
    }
    return -1;
}

/* A category that the graph does not know has the index past its last. */
static int *map_categories(const nnfs_dataset *dataset, int column, const graph_column *wanted)
{
    int count = nnfs_dataset_column(dataset, column).categories;
    const char **names = memory_alloc((size_t)count + 1, sizeof *names);
    for (int i = 0; names && i < count; i++) {
        names[i] = nnfs_dataset_category(dataset, column, i);
    }
    int *codes = NULL;
    if (names) {
        codes = string_list_positions(string_list_view_of(wanted->categories),
                                      wanted->category_count, names, count);
    }
    for (int i = 0; codes && i < count; i++) {
        if (codes[i] < 0) {
            codes[i] = wanted->category_count;
        }
    }
    memory_free(names);
    return codes;
}

nnfs_status graph_rows_create(graph_rows *rows, const model_graph *graph,
                              const nnfs_dataset *dataset, nnfs_error *error)
{
    size_t count = (size_t)graph->column_count;
    *rows = (graph_rows){.graph = graph, .dataset = dataset, .scale = nnfs_dataset_scale(dataset)};
    rows->columns = calloc(count + 1, sizeof *rows->columns);
    rows->codes = calloc(count + 1, sizeof *rows->codes);
    if (!rows->columns || !rows->codes) {
        return fail_memory(error, count * sizeof *rows->codes, "the columns of a table");
    }
    if (count == 0 && nnfs_dataset_features(dataset) != graph_inputs(graph)) {
        return fail(error, NNFS_ERROR_DATA, "the data have %d features, the network takes %d",
                    nnfs_dataset_features(dataset), graph_inputs(graph));
    }
    for (size_t i = 0; i < count; i++) {
        const graph_column *wanted = &graph->columns[i];
        int column = find_column(dataset, wanted);
        if (column < 0) {
            return fail(error, NNFS_ERROR_DATA, "the data have no column '%.100s'", wanted->name);
        }
        rows->columns[i] = column;
        if (wanted->categories) {
            rows->codes[i] = map_categories(dataset, column, wanted);
        } else {
            rows->codes[i] = NULL;
        }
        if (wanted->categories && !rows->codes[i]) {
            return fail_memory(error, 0, "the categories of a column");
        }
    }
    return NNFS_OK;
}

nnfs_status graph_rows_get(const graph_rows *rows, int64_t sample, float *row, nnfs_error *error)
{
    const model_graph *graph = rows->graph;
    if (graph->column_count == 0) {
        nnfs_status status = nnfs_dataset_copy(rows->dataset, sample, 1, row, NULL, NULL, error);
        for (int i = 0; graph->pixels && i < graph_inputs(graph); i++) {
            row[i] = rintf(row[i] / rows->scale);
        }
        return status;
    }
    for (int i = 0; i < graph->column_count; i++) {
        float cell = nnfs_dataset_cell(rows->dataset, sample, rows->columns[i]);
        const graph_column *column = &graph->columns[i];
        if (rows->codes[i] && !isnan(cell)) {
            cell = (float)rows->codes[i][(int)cell];
        } else if (column->format) {
            double origin = nnfs_dataset_column(rows->dataset, rows->columns[i]).origin;
            cell = (float)((double)cell + (origin - column->origin));
        }
        row[i] = cell;
    }
    return NNFS_OK;
}

/* ---- How good it is ---- */

typedef struct tally {
    int64_t right;
    double squares;
} tally;

static void count_class(const float *outputs, int classes, int32_t label, tally *sum)
{
    int chosen = 0;
    for (int i = 1; i < classes; i++) {
        if (outputs[i] > outputs[chosen]) {
            chosen = i;
        }
    }
    sum->right += chosen == label;
}

static nnfs_status score_sample(const model_graph *graph, const nnfs_dataset *dataset,
                                int64_t sample, const float *outputs, float *targets, tally *sum,
                                nnfs_error *error)
{
    int32_t label = 0;
    nnfs_status status = nnfs_dataset_copy(dataset, sample, 1, NULL, graph->classes ? &label : NULL,
                                           graph->classes ? NULL : targets, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (graph->classes > 0) {
        count_class(outputs, graph->classes, label, sum);
    }
    for (int i = 0; graph->classes == 0 && i < graph_outputs(graph); i++) {
        double difference = (double)outputs[i] - (double)targets[i];
        sum->squares += difference * difference;
    }
    return NNFS_OK;
}

nnfs_status graph_score(const model_graph *graph, const nnfs_dataset *dataset, bool quantized,
                        double *score, nnfs_error *error)
{
    graph_rows rows;
    graph_runner runner = {.graph = graph};
    tally sum = {0, 0.0};
    int64_t samples = nnfs_dataset_samples(dataset);
    float *row = memory_alloc((size_t)graph_inputs(graph), sizeof *row);
    float *targets = memory_alloc((size_t)graph_outputs(graph), sizeof *targets);
    nnfs_status status = graph_rows_create(&rows, graph, dataset, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(graph_runner_create(&runner, graph, quantized, error));
    if (!row || !targets) {
        status = fail_memory(error, 0, "a sample");
        goto cleanup;
    }
    for (int64_t i = 0; i < samples; i++) {
        TRY_CLEANUP(graph_rows_get(&rows, i, row, error));
        TRY_CLEANUP(score_sample(graph, dataset, i, graph_run(&runner, row), targets, &sum, error));
    }
    if (graph->classes) {
        *score = (double)sum.right / (double)samples;
    } else {
        *score = sqrt(sum.squares / ((double)samples * (double)graph_outputs(graph)));
    }
cleanup:
    graph_runner_free(&runner);
    graph_rows_free(&rows);
    memory_free(row);
    memory_free(targets);
    return status;
}
