/* The inputs of a graph: the columns of a table, as its preprocessing encodes them, or features. */
#include "base/memory.h"
#include "base/string_list.h"
#include "base/utf8.h"
#include "formats/graph/graph_make.h"
#include "formats/preprocessing_json.h"
#include "network/network.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nnfs_status add_column(model_graph *graph, const preprocessing_column *from, int place,
                              nnfs_error *error)
{
    graph_column *column = &graph->columns[graph->column_count++];
    const nnfs_encoding *encoding = &from->encoding;
    *column = (graph_column){
        .place = place, .category_count = encoding->categories, .origin = encoding->origin};
    bool date = encoding->kind == NNFS_COLUMN_DATE;
    column->format = date ? strdup(from->format) : NULL;
    if (encoding->name) {
        column->name = strdup(encoding->name);
    } else if (asprintf(&column->name, "column_%d", encoding->column + 1) < 0) {
        column->name = NULL;
    }
    if (encoding->kind == NNFS_COLUMN_CATEGORY) {
        column->categories = string_list_create((size_t)encoding->categories + 1);
    }
    for (int i = 0; column->categories && i < encoding->categories; i++) {
        column->categories[i] = strdup(from->categories[i]);
        if (!column->categories[i]) {
            return graph_no_memory(error);
        }
    }
    if (!column->name || (date && !column->format) ||
        (encoding->kind == NNFS_COLUMN_CATEGORY && !column->categories)) {
        return graph_no_memory(error);
    }
    if (!utf8_is_valid(column->name)) {
        return fail(error, NNFS_ERROR_DATA, "a column's name is not UTF-8; rename the column");
    }
    return NNFS_OK;
}

/* A copy of an array [count] with `more` [extra] behind it, in place of the array;
 * NULL: no memory. */
static void *append(void *array, size_t count, const void *more, size_t extra, size_t size)
{
    char *grown = memory_alloc(size_add(count, extra), size);
    if (grown && count > 0) {
        memcpy(grown, array, count * size);
    }
    if (grown) {
        memcpy(grown + count * size, more, extra * size);
    }
    memory_free(array);
    return grown;
}

static bool append_knots(node_curve *curve, int width, const float *knots, int count)
{
    size_t before = 0;
    if (width > 0) {
        before = (size_t)curve->first[width];
    }
    size_t more = (size_t)count;
    int end = (int)(before + more);
    int zero = 0;
    if (width <= 0) {
        curve->first = append(NULL, 0, &zero, 1, sizeof zero);
    }
    if (!curve->first) {
        return false;
    }
    curve->first = append(curve->first, (size_t)width + 1, &end, 1, sizeof end);
    curve->knots = append(curve->knots, before, knots, more, sizeof *knots);
    curve->heights = append(curve->heights, before, knots + more, more, sizeof *knots);
    return curve->first && curve->knots && curve->heights;
}

static bool append_number(graph_node *node, const nnfs_encoding *encoding, const float *knots)
{
    size_t width = (size_t)node->width;
    node_curve *curve = &node->curve;
    node->center = append(node->center, width, &encoding->center, 1, sizeof(float));
    node->scale = append(node->scale, width, &encoding->scale, 1, sizeof(float));
    node->fill = append(node->fill, width, &encoding->fill, 1, sizeof(float));
    bool done = node->center && node->scale && node->fill;
    if (done && encoding->knots > 0) {
        done = append_knots(curve, node->width, knots, encoding->knots);
    } else if (done && encoding->clip > 0.0f) {
        curve->clip = append(curve->clip, width, &encoding->clip, 1, sizeof(float));
        done = curve->clip != NULL;
    }
    node->width++;
    return done;
}

/* Whether a column can be the next one of a node: numbers with the same kind of curve
 * are one node. */
static bool goes_on(const graph_node *last, int column, const nnfs_encoding *encoding)
{
    if (!last || last->kind != NODE_NUMBERS || last->column + last->width != column) {
        return false;
    }
    const int *first = last->curve.first;
    bool clips = encoding->knots == 0 && encoding->clip > 0.0f;
    return (first != NULL) == (encoding->knots > 0) && (last->curve.clip != NULL) == clips &&
           (!first || first[last->width] <= INT_MAX - encoding->knots);
}

/* Numbers that follow each other among the columns and the inputs are one node. */
static bool add_number(model_graph *graph, const nnfs_encoding *encoding, const float *knots)
{
    int column = graph->column_count - 1;
    graph_node *last = NULL;
    if (graph->node_count > 0) {
        last = &graph->nodes[graph->node_count - 1];
    }
    if (!goes_on(last, column, encoding)) {
        last = graph_add(graph, NODE_NUMBERS, 0, 0, 0);
        if (!last) {
            return false;
        }
        last->column = column;
        last->source_count = 0;
    }
    return append_number(last, encoding, knots);
}

/* A node that reads the last column; NULL: no memory. */
static graph_node *add_reader(model_graph *graph, node_kind kind, int width)
{
    graph_node *node = graph_add(graph, kind, width, 0, 0);
    if (node) {
        node->source_count = 0;
        node->column = graph->column_count - 1;
    }
    return node;
}

static bool add_cycles(model_graph *graph, const nnfs_encoding *encoding)
{
    unsigned cycles = (encoding->has_month ? CYCLE_MONTH : 0U) |
                      (encoding->has_weekday ? CYCLE_WEEKDAY : 0U) |
                      (encoding->has_hour ? CYCLE_HOUR : 0U);
    int width = 2 * (!!encoding->has_month + !!encoding->has_weekday + !!encoding->has_hour);
    if (width == 0) {
        return true;
    }
    graph_node *node = add_reader(graph, NODE_CYCLES, width);
    if (node) {
        node->cycles = cycles;
    }
    return node != NULL;
}

static bool add_encoding(model_graph *graph, const nnfs_encoding *encoding, const float *knots)
{
    if (encoding->kind == NNFS_COLUMN_CATEGORY) {
        node_kind kind = NODE_CATEGORY;
        if (encoding->two_valued) {
            kind = NODE_TWO_VALUED;
        }
        graph_node *node = add_reader(graph, kind, encoding->inputs);
        if (node) {
            node->has_missing = encoding->has_missing;
        }
        return node != NULL;
    }
    return add_number(graph, encoding, knots) &&
           (!encoding->has_indicator || add_reader(graph, NODE_INDICATOR, 1)) &&
           add_cycles(graph, encoding);
}

nnfs_status graph_add_columns(model_graph *graph, const nnfs_preprocessing *from, nnfs_error *error)
{
    graph->columns = calloc((size_t)from->column_count, sizeof *graph->columns);
    if (from->missing) {
        graph->missing = string_list_copy(string_list_view_of(from->missing));
    } else {
        graph->missing = string_list_create(1);
    }
    graph->preprocessing = preprocessing_to_json(from);
    if (!graph->columns || !graph->missing || !graph->preprocessing) {
        return graph_no_memory(error);
    }
    for (int i = 0; i < from->column_count; i++) {
        const nnfs_encoding *encoding = &from->columns[i].encoding;
        if (encoding->inputs == 0) {
            continue;
        }
        graph->named = encoding->name != NULL;
        nnfs_status status = add_column(graph, &from->columns[i], i, error);
        if (status != NNFS_OK) {
            return status;
        }
        if (!add_encoding(graph, encoding, from->columns[i].knots)) {
            return graph_no_memory(error);
        }
    }
    if (!graph_add_concat(graph, 0, from->inputs)) {
        return graph_no_memory(error);
    }
    return NNFS_OK;
}

/* What stored values were multiplied by: {"scale":S} in the notes of a model of pictures. */
static float noted_scale(const nnfs_network *network)
{
    const char *note = nnfs_network_note(network, "preprocessing");
    json_t *json = NULL;
    if (note) {
        json = json_loads(note, 0, NULL);
    }
    const json_t *scale = json_object_get(json, "scale");
    float value = 1.0f;
    if (json_is_number(scale)) {
        value = (float)json_number_value(scale);
    }
    json_decref(json);
    return value;
}

bool graph_add_features(model_graph *graph, const nnfs_network *network)
{
    float scale = noted_scale(network);
    if (!graph_add(graph, NODE_FEATURES, network->inputs, 0, 0)) {
        return false;
    }
    if (scale == 1.0f) {
        return true;
    }
    graph->pixels = true;
    graph_node *node = graph_add(graph, NODE_SCALE, network->inputs, 0, GRAPH_SCALE);
    for (int i = 0; node && i < network->inputs; i++) {
        node->scale[i] = scale;
    }
    return node != NULL;
}
