/*
 * A graph as an ONNX model, opset 17 and ai.onnx.ml 3: one function a kind of node. The value of node i
 * is called nnfs/i, intermediate ones nnfs/i/NAME; inputs have the names of their columns.
 */
#include "base/memory.h"
#include "base/minmax.h"
#include "formats/onnx/onnx_build.h"
#include "formats/onnx/onnx_model.h"
#include "math/activation.h"
#include "math/loss_text.h"
#include "network/normalization.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPSET = 17, OPSET_ML = 3, IR_VERSION = 8 };

typedef struct onnx_writer {
    onnx_builder b;
    const model_graph *graph;
    const char **values; /* [node_count] the names of the nodes' values */
    const char **cells;  /* [column_count] those of the columns' cells */
    const char *prefix;  /* of all names but those of inputs and outputs */
    bool ml;             /* an operator of ai.onnx.ml is used */
} onnx_writer;

static const char *local(onnx_writer *w, int node, const char *name)
{
    return onnx_text(&w->b, "%s%d/%s", w->prefix, node, name);
}

static const char *op1(onnx_writer *w, const char *op, const char *x, const char *output)
{
    (void)onnx_node(&w->b, "", op, output, 1, &x);
    return output;
}

static const char *op2(onnx_writer *w, const char *op, const char *x, const char *y,
                       const char *output)
{
    const char *const inputs[] = {x, y};
    (void)onnx_node(&w->b, "", op, output, 2, inputs);
    return output;
}

static const char *concat(onnx_writer *w, const char *const *inputs, size_t count,
                          const char *output)
{
    Onnx__NodeProto *node = onnx_node(&w->b, "", "Concat", output, count, inputs);
    onnx_attribute_int(&w->b, node, "axis", 1);
    return output;
}

/* A row [1, width], or one number for all where they are equal. */
static const char *row(onnx_writer *w, int node, const char *name, const float *values, int width)
{
    bool equal = true;
    for (int i = 1; i < width; i++) {
        equal = equal && values[i] == values[0];
    }
    const int64_t dims[] = {1, width};
    return onnx_floats(&w->b, local(w, node, name), values, equal ? 0 : 2, dims);
}

static const char *number(onnx_writer *w, int node, const char *name, float value)
{
    return row(w, node, name, &value, 1);
}

/* Whole numbers, as scalars or lists. */
static const char *integers(onnx_writer *w, int at, const char *name, const int64_t *values,
                            size_t count)
{
    return onnx_int64s(&w->b, local(w, at, name), values, count);
}

static const char *integer(onnx_writer *w, int at, const char *name, int64_t value)
{
    return integers(w, at, name, &value, 1);
}

static const char *gather(onnx_writer *w, const char *from, const char *indices, int axis,
                          const char *output)
{
    const char *const inputs[] = {from, indices};
    Onnx__NodeProto *node = onnx_node(&w->b, "", "Gather", output, 2, inputs);
    onnx_attribute_int(&w->b, node, "axis", axis);
    return output;
}

static const char *flatten(onnx_writer *w, const char *x, const char *output)
{
    onnx_attribute_int(&w->b, onnx_node(&w->b, "", "Flatten", output, 1, &x), "axis", 1);
    return output;
}

static const char *cast(onnx_writer *w, const char *x, int32_t type, const char *output)
{
    onnx_attribute_int(&w->b, onnx_node(&w->b, "", "Cast", output, 1, &x), "to", type);
    return output;
}

/* ---- A function a kind of node ---- */

typedef void node_writer(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y);

static void write_features(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    (void)x;
    (void)y;
    w->values[at] = "input";
    onnx_input(&w->b, "input", ONNX_FLOAT, node->width);
}

/* x / Sqrt(1 + (x / clip)^2) */
static void write_clip(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    const char *part =
        op2(w, "Div", x, row(w, at, "clip", node->curve.clip, node->width), local(w, at, "part"));
    const char *square = op2(w, "Mul", part, part, local(w, at, "square"));
    const char *sum = op2(w, "Add", square, number(w, at, "one", 1.0f), local(w, at, "sum"));
    (void)op2(w, "Div", x, op1(w, "Sqrt", sum, local(w, at, "root")), y);
}

/* A value of each knot but the last of each number, [width x pieces], padded. */
enum { PIECE_START, PIECE_LENGTH, PIECE_HEIGHT, PIECE_RISE, PIECE_VALUES };

static const char *piece_values(onnx_writer *w, int at, int value, int pieces)
{
    static const char *const names[] = {"start", "length", "height", "rise"};
    const graph_node *node = &w->graph->nodes[at];
    const node_curve *curve = &node->curve;
    size_t total = (size_t)node->width * (size_t)pieces;
    float *values = onnx_arena(&w->b, total, sizeof *values);
    for (int i = 0; values && i < node->width; i++) {
        const float *from =
            (value < PIECE_HEIGHT ? curve->knots : curve->heights) + curve->first[i];
        int count = curve->first[i + 1] - curve->first[i] - 1;
        bool difference = value == PIECE_LENGTH || value == PIECE_RISE;
        for (int j = 0; j < pieces; j++) {
            float own = INFINITY; /* which no number reaches */
            if (j < count) {
                own = difference ? from[j + 1] - from[j] : from[j];
            }
            *values++ = own;
        }
    }
    const int64_t dims[] = {(int64_t)total};
    if (!values) {
        return "";
    }
    return onnx_floats(&w->b, local(w, at, names[value]), values - total, 1, dims);
}

/* Indices of the pieces that x is in, by halving steps: at + step where x >= start[at + step]. */
static const char *find_pieces(onnx_writer *w, int at, int pieces, const char *x, const char *start)
{
    int width = w->graph->nodes[at].width;
    int64_t *first = onnx_arena(&w->b, (size_t)width, sizeof *first);
    for (int i = 0; first && i < width; i++) {
        first[i] = (int64_t)i * pieces;
    }
    const char *found = "";
    if (first) {
        found = integers(w, at, "first", first, (size_t)width);
    }
    for (int step = pieces / 2; step > 0; step /= 2) {
        const char *by = onnx_text(&w->b, "%s%d/%d", w->prefix, at, step);
        (void)onnx_int64s(&w->b, by, &(int64_t){step}, 1);
        const char *next = op2(w, "Add", found, by, onnx_text(&w->b, "%s/next", by));
        const char *edge = gather(w, start, next, 0, onnx_text(&w->b, "%s/edge", by));
        const char *above = op2(w, "GreaterOrEqual", x, edge, onnx_text(&w->b, "%s/above", by));
        above = cast(w, above, ONNX_INT64, onnx_text(&w->b, "%s/taken", by));
        above = op2(w, "Mul", above, by, onnx_text(&w->b, "%s/move", by));
        found = op2(w, "Add", found, above, onnx_text(&w->b, "%s/found", by));
    }
    return found;
}

/* x within the first and the last knot, then height + (x - start) / length * rise of its piece. */
static void write_knots(onnx_writer *w, int at, const graph_node *node, const char *x,
                        const char *y)
{
    const node_curve *curve = &node->curve;
    size_t width = (size_t)node->width;
    int pieces = 1; /* of the number with most, rounded up to a power of two */
    float *ends = onnx_arena(&w->b, 2 * width, sizeof *ends);
    for (size_t i = 0; ends && i < width; i++) {
        while (pieces < curve->first[i + 1] - curve->first[i] - 1) {
            pieces *= 2;
        }
        ends[i] = curve->knots[curve->first[i]];
        ends[width + i] = curve->knots[curve->first[i + 1] - 1];
    }
    if (!ends) {
        return;
    }
    x = op2(w, "Max", x, row(w, at, "lowest", ends, node->width), local(w, at, "from lowest"));
    x = op2(w, "Min", x, row(w, at, "highest", ends + width, node->width), local(w, at, "within"));
    const char *names[PIECE_VALUES];
    const char *found = NULL;
    for (int i = 0; i < PIECE_VALUES; i++) {
        const char *values = piece_values(w, at, i, pieces);
        if (i == 0) {
            found = find_pieces(w, at, pieces, x, values);
        }
        names[i] = gather(w, values, found, 0, onnx_text(&w->b, "%s/own", values));
    }
    const char *share = op2(w, "Sub", x, names[PIECE_START], local(w, at, "from start"));
    share = op2(w, "Div", share, names[PIECE_LENGTH], local(w, at, "share"));
    share = op2(w, "Mul", share, names[PIECE_RISE], local(w, at, "risen"));
    (void)op2(w, "Add", names[PIECE_HEIGHT], share, y);
}

/* Where(IsNaN(x), fill, x), minus center, times scale, then the curve. */
static void write_numbers(onnx_writer *w, int at, const graph_node *node, const char *x,
                          const char *y)
{
    const char **names = onnx_arena(&w->b, (size_t)node->width, sizeof *names);
    for (int i = 0; names && i < node->width; i++) {
        names[i] = w->cells[node->column + i];
    }
    if (!names) {
        return;
    }
    if (node->width == 1) {
        x = names[0];
    } else {
        x = concat(w, names, (size_t)node->width, local(w, at, "columns"));
    }
    const char *const inputs[] = {op1(w, "IsNaN", x, local(w, at, "missing")),
                                  row(w, at, "fill", node->fill, node->width), x};
    const char *filled = local(w, at, "filled");
    (void)onnx_node(&w->b, "", "Where", filled, 3, inputs);
    const char *centered = op2(w, "Sub", filled, row(w, at, "center", node->center, node->width),
                               local(w, at, "centered"));
    bool plain = !node->curve.clip && !node->curve.first;
    const char *scaled = y;
    if (!plain) {
        scaled = local(w, at, "scaled");
    }
    (void)op2(w, "Mul", centered, row(w, at, "scale", node->scale, node->width), scaled);
    if (node->curve.clip) {
        write_clip(w, at, node, scaled, y);
    }
    if (node->curve.first) {
        write_knots(w, at, node, scaled, y);
    }
}

static void write_indicator(onnx_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    x = op1(w, "IsNaN", w->cells[node->column], local(w, at, "missing"));
    Onnx__NodeProto *cast = onnx_node(&w->b, "", "Cast", y, 1, &x);
    onnx_attribute_int(&w->b, cast, "to", ONNX_FLOAT);
}

/* LabelEncoder to the place, OneHotEncoder, and its [N, 1, places] flattened. */
static void write_category(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    const graph_column *column = &w->graph->columns[node->column];
    size_t known = (size_t)column->category_count;
    size_t words = 1; /* the empty cell */
    while (node->has_missing && w->graph->missing[words - 1]) {
        words++;
    }
    size_t count = known + (node->has_missing ? words : 0);
    const char **keys = onnx_arena(&w->b, count + 1, sizeof *keys);
    int64_t *places = onnx_arena(&w->b, count + 1, sizeof *places);
    int64_t *all = onnx_arena(&w->b, (size_t)node->width, sizeof *all);
    if (!keys || !places || !all) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *word = "";
        if (i > known) {
            word = w->graph->missing[i - known - 1];
        }
        if (i < known) {
            keys[i] = column->categories[i];
        } else {
            keys[i] = word;
        }
        places[i] = (int64_t)(MIN(i, known));
    }
    if (count == 0) { /* every text is one of the others: a key of its own, with their place */
        keys[count] = "";
        places[count++] = node->width - 1;
    }
    for (int i = 0; i < node->width; i++) {
        all[i] = i;
    }
    w->ml = true;
    x = column->name;
    const char *place = local(w, at, "place");
    Onnx__NodeProto *encoder = onnx_node(&w->b, ONNX_ML, "LabelEncoder", place, 1, &x);
    onnx_attribute_strings(&w->b, encoder, "keys_strings", keys, count);
    onnx_attribute_ints(&w->b, encoder, "values_int64s", places, count);
    onnx_attribute_int(&w->b, encoder, "default_int64", node->width - 1);
    const char *hot = local(w, at, "hot");
    Onnx__NodeProto *one_hot = onnx_node(&w->b, ONNX_ML, "OneHotEncoder", hot, 1, &place);
    onnx_attribute_ints(&w->b, one_hot, "cats_int64s", all, (size_t)node->width);
    onnx_attribute_int(&w->b, one_hot, "zeros", 1);
    Onnx__NodeProto *flat = onnx_node(&w->b, "", "Flatten", y, 1, &hot);
    onnx_attribute_int(&w->b, flat, "axis", 1);
}

/* LabelEncoder of the two categories to -1 and 1, of others to 0. */
static void write_two_valued(onnx_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    static const int64_t signs[] = {-1, 1};
    const graph_column *column = &w->graph->columns[node->column];
    const char *const keys[] = {column->categories[0], column->categories[1]};
    w->ml = true;
    x = column->name;
    const char *sign = local(w, at, "sign");
    Onnx__NodeProto *encoder = onnx_node(&w->b, ONNX_ML, "LabelEncoder", sign, 1, &x);
    onnx_attribute_strings(&w->b, encoder, "keys_strings", keys, 2);
    onnx_attribute_ints(&w->b, encoder, "values_int64s", signs, 2);
    onnx_attribute_int(&w->b, encoder, "default_int64", 0);
    (void)cast(w, sign, ONNX_FLOAT, y);
}

/* Sine and cosine by a table of `count` rows, of which row i is `turn(i)` of a circle. */
static const char *look_up(onnx_writer *w, int at, const char *name, const char *index,
                           double (*turn)(int), int count)
{
    float *table = onnx_arena(&w->b, 2 * (size_t)count, sizeof *table);
    for (int i = 0; table && i < count; i++) {
        table[2 * i] = (float)sin(2.0 * M_PI * turn(i));
        table[2 * i + 1] = (float)cos(2.0 * M_PI * turn(i));
    }
    if (!table) {
        return "";
    }
    const int64_t dims[] = {count, 2};
    const char *rows =
        onnx_floats(&w->b, onnx_text(&w->b, "%s%d/%s/table", w->prefix, at, name), table, 2, dims);
    const char *row =
        gather(w, rows, index, 0, onnx_text(&w->b, "%s%d/%s/row", w->prefix, at, name));
    return flatten(w, row, onnx_text(&w->b, "%s%d/%s", w->prefix, at, name));
}

/* Of the day of a year that begins on March 1. */
static double turn_of_month(int day)
{
    return ((5 * day + 2) / 153 + 2) % 12 / 12.0;
}

/* Of days that are 719,468 more than those from 1970-01-01, 1 more than a multiple of 7. */
static double turn_of_weekday(int day)
{
    return (day + 6) % 7 / 7.0;
}

/*
 * The day of a year that begins in March: of the days within 400 years, those of leap years are taken off
 * first; see date_month.
 */
static const char *write_day_of_year(onnx_writer *w, int at, const char *day)
{
    const char *era = op2(w, "Mod", day, integer(w, at, "era days", 146097), local(w, at, "era"));
    const char *four = op2(w, "Div", era, integer(w, at, "1460", 1460), local(w, at, "era/1460"));
    const char *century =
        op2(w, "Div", era, integer(w, at, "36524", 36524), local(w, at, "era/36524"));
    const char *last =
        op2(w, "Div", era, integer(w, at, "146096", 146096), local(w, at, "era/146096"));
    const char *plain = op2(w, "Sub", era, four, local(w, at, "era-1"));
    plain = op2(w, "Add", plain, century, local(w, at, "era-2"));
    plain = op2(w, "Sub", plain, last, local(w, at, "era-3"));
    const char *year = op2(w, "Div", plain, integer(w, at, "365", 365), local(w, at, "year"));
    const char *days = op2(w, "Mul", year, local(w, at, "365"), local(w, at, "year*365"));
    const char *leaps = op2(w, "Div", year, integer(w, at, "4", 4), local(w, at, "year/4"));
    const char *skipped = op2(w, "Div", year, integer(w, at, "100", 100), local(w, at, "year/100"));
    const char *before = op2(w, "Add", days, leaps, local(w, at, "before+"));
    before = op2(w, "Sub", before, skipped, local(w, at, "before"));
    return op2(w, "Sub", era, before, local(w, at, "day of year"));
}

/* Sine and cosine of each cycle, side by side, times 0 where the date is missing. */
static void write_cycles(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y)
{
    const graph_column *column = &w->graph->columns[node->column];
    const char *parts[4];
    size_t count = 0;
    x = w->cells[node->column];
    const char *missing = op1(w, "IsNaN", x, local(w, at, "missing"));
    const char *const choice[] = {missing, number(w, at, "zero", 0.0f), x};
    const char *date = local(w, at, "date");
    (void)onnx_node(&w->b, "", "Where", date, 3, choice);
    const char *whole = op1(w, "Floor", date, local(w, at, "whole"));
    const char *day =
        op2(w, "Add", cast(w, whole, ONNX_INT64, local(w, at, "integer")),
            integer(w, at, "origin", (int64_t)column->origin + 719468), local(w, at, "day"));
    if (node->cycles & CYCLE_MONTH) {
        parts[count++] = look_up(w, at, "month", write_day_of_year(w, at, day), turn_of_month, 366);
    }
    if (node->cycles & CYCLE_WEEKDAY) {
        const char *of_week = op2(w, "Mod", day, integer(w, at, "7", 7), local(w, at, "of week"));
        parts[count++] = look_up(w, at, "weekday", of_week, turn_of_weekday, 7);
    }
    if (node->cycles & CYCLE_HOUR) {
        const char *time = op2(w, "Sub", date, whole, local(w, at, "time"));
        time = op2(w, "Mul", time, number(w, at, "circle", (float)(2.0 * M_PI)),
                   local(w, at, "angle"));
        parts[count++] = op1(w, "Sin", time, local(w, at, "sine"));
        parts[count++] = op1(w, "Cos", time, local(w, at, "cosine"));
    }
    const char *all = count == 1 ? parts[0] : concat(w, parts, count, local(w, at, "all"));
    const char *there =
        op2(w, "Sub", number(w, at, "one", 1.0f),
            cast(w, missing, ONNX_FLOAT, local(w, at, "missing number")), local(w, at, "there"));
    (void)op2(w, "Mul", all, there, y);
}

static const char *transpose(onnx_writer *w, const char *x, const int64_t *order, size_t rank,
                             const char *output)
{
    onnx_attribute_ints(&w->b, onnx_node(&w->b, "", "Transpose", output, 1, &x), "perm", order,
                        rank);
    return output;
}

/* What each piece has at the lower and the upper end of its share: 0 and 1, but for the first and last. */
static void limit_pieces(const node_embedding *e, int input, float *end, float *lower, float *upper)
{
    const float *edges = e->edges + (size_t)input * (size_t)(e->bins + 1);
    for (int t = 0; t < e->bins; t++) {
        bool ended = graph_ends_at(e, edges, t);
        end[t] = ended ? INFINITY : edges[t + 1]; /* so that the share is 0 */
        lower[t] = t == 0 && !ended ? -INFINITY : 0.0f;
        upper[t] = !ended && graph_ends_at(e, edges, t + 1) ? INFINITY : 1.0f;
    }
}

/* Columns `first` .. of each input's table, [count, columns, width]. */
static const char *table_part(onnx_writer *w, int at, const char *name, int first, int columns)
{
    const node_embedding *e = &w->graph->nodes[at].embedding;
    size_t part = (size_t)columns * (size_t)e->width;
    float *values = onnx_arena(&w->b, (size_t)e->count * part, sizeof *values);
    for (int c = 0; values && c < e->count; c++) {
        size_t from = ((size_t)c * (size_t)(e->bins + 2) + (size_t)first) * (size_t)e->width;
        memcpy(values + (size_t)c * part, e->table + from, part * sizeof *values);
    }
    const int64_t dims[] = {e->count, columns, e->width};
    if (!values) {
        return "";
    }
    return onnx_floats(&w->b, local(w, at, name), values, 3, dims);
}

/* The share of each piece, [count, N, bins], of values [count, N, 1]. */
static const char *write_shares(onnx_writer *w, int at, const node_embedding *e, const char *x)
{
    size_t bins = (size_t)e->bins;
    size_t all = (size_t)e->count * bins;
    const int64_t dims[] = {e->count, 1, e->bins};
    float *parts = onnx_arena(&w->b, 4 * all, sizeof *parts);
    for (int c = 0; parts && c < e->count; c++) {
        size_t to = (size_t)c * bins;
        memcpy(parts + to, e->edges + (size_t)c * (bins + 1), bins * sizeof *parts);
        limit_pieces(e, c, parts + all + to, parts + 2 * all + to, parts + 3 * all + to);
    }
    if (!parts) {
        return "";
    }
    const char *start = onnx_floats(&w->b, local(w, at, "start"), parts, 3, dims);
    const char *end = onnx_floats(&w->b, local(w, at, "end"), parts + all, 3, dims);
    const char *lower = onnx_floats(&w->b, local(w, at, "lower"), parts + 2 * all, 3, dims);
    const char *upper = onnx_floats(&w->b, local(w, at, "upper"), parts + 3 * all, 3, dims);
    const char *length = op2(w, "Sub", end, start, local(w, at, "length"));
    const char *share = op2(w, "Div", op2(w, "Sub", x, start, local(w, at, "from start")), length,
                            local(w, at, "share"));
    share = op2(w, "Max", share, lower, local(w, at, "share from below"));
    return op2(w, "Min", share, upper, local(w, at, "shares"));
}

/* Columns of x [N, inputs]. */
static const char *select_columns(onnx_writer *w, int at, const char *name, const int *places,
                                  size_t count, const char *x, const char *y)
{
    int64_t *list = onnx_arena(&w->b, count, sizeof *list);
    for (size_t i = 0; list && i < count; i++) {
        list[i] = places[i];
    }
    return list ? gather(w, x, integers(w, at, name, list, count), 1, y) : "";
}

static void write_piecewise(onnx_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    static const int64_t swapped[] = {1, 0};
    static const int64_t samples_first[] = {1, 0, 2};
    const node_embedding *e = &node->embedding;
    const char *chosen =
        select_columns(w, at, "embedded", e->inputs, (size_t)e->count, x, local(w, at, "chosen"));
    const char *turned = transpose(w, chosen, swapped, 2, local(w, at, "turned"));
    const char *values = op2(w, "Unsqueeze", turned, integer(w, at, "last", 2), local(w, at, "x"));
    const char *shares = write_shares(w, at, e, values);
    const char *pieces =
        op2(w, "MatMul", shares, table_part(w, at, "pieces", 2, e->bins), local(w, at, "sums"));
    const char *line =
        op2(w, "Mul", values, table_part(w, at, "slope", 0, 1), local(w, at, "sloped"));
    line = op2(w, "Add", line, table_part(w, at, "shift", 1, 1), local(w, at, "line"));
    const char *sums = op2(w, "Add", line, pieces, local(w, at, "embeddings"));
    sums = transpose(w, sums, samples_first, 3, local(w, at, "of samples"));
    (void)flatten(w, sums, y);
}

/* [count, rows, columns] from each input's table, from `first` on; behind a row comes 0 if it is `padded`. */
static const char *wave_part(onnx_writer *w, int at, const char *name, size_t first, int rows,
                             int columns, bool padded)
{
    const node_embedding *e = &w->graph->nodes[at].embedding;
    size_t stride = e->table_floats / (size_t)e->count;
    const int64_t dims[] = {e->count, rows, columns + padded};
    float *values = onnx_arena(&w->b, (size_t)(dims[0] * dims[1] * dims[2]), sizeof *values);
    float *to = values;
    for (int c = 0; values && c < e->count; c++) {
        const float *from = e->table + (size_t)c * stride + first;
        for (int row = 0; row < rows; row++, from += columns, to += dims[2]) {
            to[dims[2] - 1] = 0.0f;
            memcpy(to, from, (size_t)columns * sizeof *to);
        }
    }
    return values ? onnx_floats(&w->b, local(w, at, name), values, 3, dims) : "";
}

/* 1 in the last place of a vector: where x goes. */
static const char *last_place(onnx_writer *w, int at, int width)
{
    const int64_t dims[] = {1, 1, width};
    float *values = onnx_arena(&w->b, (size_t)width, sizeof *values);
    for (int i = 0; values && i < width; i++) {
        values[i] = (float)(i + 1 == width);
    }
    return values ? onnx_floats(&w->b, local(w, at, "last place"), values, 3, dims) : "";
}

static void write_periodic(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    static const int64_t swapped[] = {1, 0};
    static const int64_t samples_first[] = {1, 0, 2};
    const node_embedding *e = &node->embedding;
    size_t k = (size_t)e->frequencies;
    int values = e->width - 1;
    const char *chosen =
        select_columns(w, at, "embedded", e->inputs, (size_t)e->count, x, local(w, at, "chosen"));
    const char *turned = transpose(w, chosen, swapped, 2, local(w, at, "turned"));
    const char *inputs = op2(w, "Unsqueeze", turned, integer(w, at, "last", 2), local(w, at, "x"));
    const char *turns = op2(w, "Mul", inputs, wave_part(w, at, "w", 0, 1, e->frequencies, false),
                            local(w, at, "turns"));
    const char *circle = number(w, at, "circle", (float)(2.0 * M_PI));
    const char *angle =
        op2(w, "Add", op2(w, "Mul", turns, circle, local(w, at, "circles")),
            wave_part(w, at, "b", k, 1, e->frequencies, false), local(w, at, "angle"));
    const char *waves =
        op2(w, "MatMul", op1(w, "Cos", angle, local(w, at, "cosine")),
            wave_part(w, at, "w2", 2 * k, e->frequencies, values, true), local(w, at, "waves"));
    waves = op2(w, "Add", waves, wave_part(w, at, "c", k * (size_t)(values + 2), 1, values, true),
                local(w, at, "shifted"));
    const char *line =
        op2(w, "Mul", inputs, last_place(w, at, e->width), local(w, at, "inputs in place"));
    const char *all = op2(w, "Add", waves, line, local(w, at, "embeddings"));
    (void)flatten(w, transpose(w, all, samples_first, 3, local(w, at, "of samples")), y);
}

static const char *numbered(onnx_writer *w, int at, const char *name, int number)
{
    return local(w, at, onnx_text(&w->b, "%s %d", name, number));
}

/* The one-hot columns of a category times its vectors. */
static void write_vectors(onnx_writer *w, int at, const graph_node *node, const char *x,
                          const char *y)
{
    const node_embedding *e = &node->embedding;
    const char **parts = onnx_arena(&w->b, (size_t)e->count, sizeof *parts);
    const float *table = e->table;
    for (int c = 0; parts && c < e->count; c++) {
        int64_t dims[] = {e->sizes[c], e->width};
        int64_t *places = onnx_arena(&w->b, (size_t)e->sizes[c], sizeof *places);
        for (int i = 0; places && i < e->sizes[c]; i++) {
            places[i] = e->inputs[c] + i;
        }
        if (!places) {
            return;
        }
        const char *list =
            onnx_int64s(&w->b, numbered(w, at, "places", c), places, (size_t)e->sizes[c]);
        const char *one_hot = gather(w, x, list, 1, numbered(w, at, "category", c));
        const char *vectors = onnx_floats(&w->b, numbered(w, at, "vectors", c), table, 2, dims);
        parts[c] = op2(w, "MatMul", one_hot, vectors, numbered(w, at, "vector", c));
        table += (size_t)e->sizes[c] * (size_t)e->width;
    }
    if (parts) {
        (void)concat(w, parts, (size_t)e->count, y);
    }
}

static void write_select(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y)
{
    (void)select_columns(w, at, "others", node->embedding.inputs, (size_t)node->width, x, y);
}

/* From here to the mean a value is [members, N, width]. */
static void write_expand(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y)
{
    const int64_t dims[] = {node->members, 1, node->width};
    x = op2(w, "Unsqueeze", x, integer(w, at, "first", 0), local(w, at, "one"));
    (void)op2(w, "Mul", x, onnx_floats(&w->b, local(w, at, "scale"), node->scale, 3, dims), y);
}

static void write_mean(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    static const int64_t first[] = {0};
    (void)at;
    (void)node;
    Onnx__NodeProto *mean = onnx_node(&w->b, "", "ReduceMean", y, 1, &x);
    onnx_attribute_ints(&w->b, mean, "axes", first, 1);
    onnx_attribute_int(&w->b, mean, "keepdims", 0);
}

static void write_layer_norm(onnx_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    const int64_t dims[] = {node->width};
    const char *const inputs[] = {x,
                                  onnx_floats(&w->b, local(w, at, "scale"), node->scale, 1, dims),
                                  onnx_floats(&w->b, local(w, at, "bias"), node->center, 1, dims)};
    Onnx__NodeProto *norm = onnx_node(&w->b, "", "LayerNormalization", y, 3, inputs);
    onnx_attribute_int(&w->b, norm, "axis", -1);
    onnx_attribute_float(&w->b, norm, "epsilon", (float)NORMALIZATION_EPSILON);
}

static void write_concat(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y)
{
    (void)at;
    (void)x;
    const char **names = onnx_arena(&w->b, (size_t)node->source_count, sizeof *names);
    for (int i = 0; names && i < node->source_count; i++) {
        names[i] = w->values[node->sources[i]];
    }
    if (names) {
        (void)concat(w, names, (size_t)node->source_count, y);
    }
}

static void write_scale(onnx_writer *w, int at, const graph_node *node, const char *x,
                        const char *y)
{
    (void)op2(w, "Mul", x, row(w, at, "scale", node->scale, node->width), y);
}

static void write_unscale(onnx_writer *w, int at, const graph_node *node, const char *x,
                          const char *y)
{
    x = op2(w, "Div", x, row(w, at, "scale", node->scale, node->width), local(w, at, "scaled"));
    (void)op2(w, "Add", x, row(w, at, "center", node->center, node->width), y);
}

static void write_normalize(onnx_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    x = op2(w, "Mul", x, row(w, at, "scale", node->scale, node->width), local(w, at, "scaled"));
    (void)op2(w, "Add", x, row(w, at, "center", node->center, node->width), y);
}

/* Of members: MatMul by [in, width], or by a matrix of its own for each, then Add. */
static void write_members_dense(onnx_writer *w, int at, const graph_node *node, const char *x,
                                const char *y)
{
    int in = graph_in(w->graph, node);
    size_t part = (size_t)node->width * (size_t)in;
    float *turned = onnx_arena(&w->b, (size_t)node->heads * part, sizeof *turned);
    if (!turned) {
        return;
    }
    for (size_t i = 0; i < (size_t)node->heads * part; i++) {
        size_t within = i % part; /* unit, input of [width, in] */
        size_t to = within % (size_t)in * (size_t)node->width + within / (size_t)in;
        turned[i / part * part + to] = node->weights[i];
    }
    const int64_t matrices[] = {node->heads, in, node->width};
    const int64_t vectors[] = {node->heads, 1, node->width};
    const char *weight = onnx_floats(&w->b, local(w, at, "weight"), turned, 3, matrices);
    const char *bias = onnx_floats(&w->b, local(w, at, "bias"), node->bias, 3, vectors);
    (void)op2(w, "Add", op2(w, "MatMul", x, weight, local(w, at, "product")), bias, y);
}

static void write_dense(onnx_writer *w, int at, const graph_node *node, const char *x,
                        const char *y)
{
    if (node->members > 1) {
        write_members_dense(w, at, node, x, y);
        return;
    }
    const int64_t dims[] = {node->width, graph_in(w->graph, node)};
    const char *const inputs[] = {
        x, onnx_floats(&w->b, local(w, at, "weight"), node->weights, 2, dims),
        onnx_floats(&w->b, local(w, at, "bias"), node->bias, 1, dims)};
    Onnx__NodeProto *gemm = onnx_node(&w->b, "", "Gemm", y, 3, inputs);
    onnx_attribute_int(&w->b, gemm, "transB", 1);
}

static void write_complement(onnx_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    (void)node;
    const char *both[] = {op2(w, "Sub", number(w, at, "one", 1.0f), x, local(w, at, "first")), x};
    (void)concat(w, both, 2, y);
}

static void write_softmax(onnx_writer *w, int at, const char *x, const char *y)
{
    int axis = 1;
    if (w->graph->nodes[at].members > 1) {
        axis = 2;
    }
    onnx_attribute_int(&w->b, onnx_node(&w->b, "", "Softmax", y, 1, &x), "axis", axis);
}

/* x / 2 (1 + erf(x / sqrt 2)) */
static void write_gelu(onnx_writer *w, int at, const char *x, const char *y)
{
    const char *scaled =
        op2(w, "Mul", x, number(w, at, "root", (float)M_SQRT1_2), local(w, at, "scaled"));
    const char *erf = op1(w, "Erf", scaled, local(w, at, "erf"));
    const char *plus = op2(w, "Add", erf, number(w, at, "one", 1.0f), local(w, at, "plus"));
    const char *half = op2(w, "Mul", x, number(w, at, "half", 0.5f), local(w, at, "halved"));
    (void)op2(w, "Mul", half, plus, y);
}

/* x times operators of x. */
static void write_product(onnx_writer *w, int at, const activation *row, const char *x,
                          const char *y)
{
    const char *factor = x;
    for (int i = 0; i < 2 && row->exported.times[i]; i++) {
        char name[32] = "";
        (void)snprintf(name, sizeof name, "%s", row->exported.times[i]);
        name[0] = (char)(name[0] - 'A' + 'a');
        factor = op1(w, row->exported.times[i], factor, local(w, at, name));
    }
    (void)op2(w, "Mul", x, factor, y);
}

static void write_activation(onnx_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    const activation *row = activation_of(node->activation);
    if (node->activation == NNFS_SOFTMAX) {
        write_softmax(w, at, x, y);
    } else if (node->activation == NNFS_GELU) {
        write_gelu(w, at, x, y);
    } else if (row->exported.times[0]) {
        write_product(w, at, row, x, y);
    } else {
        (void)op1(w, row->exported.onnx, x, y); /* the default of alpha is right */
    }
}

static node_writer *const writers[NODE_KINDS] = {
    [NODE_FEATURES] = write_features,     [NODE_NUMBERS] = write_numbers,
    [NODE_INDICATOR] = write_indicator,   [NODE_CATEGORY] = write_category,
    [NODE_TWO_VALUED] = write_two_valued, [NODE_CONCAT] = write_concat,
    [NODE_SCALE] = write_scale,           [NODE_UNSCALE] = write_unscale,
    [NODE_NORMALIZE] = write_normalize,   [NODE_DENSE] = write_dense,
    [NODE_ACTIVATION] = write_activation, [NODE_COMPLEMENT] = write_complement,
    [NODE_CYCLES] = write_cycles,         [NODE_PIECEWISE] = write_piecewise,
    [NODE_EXPAND] = write_expand,         [NODE_MEAN] = write_mean,
    [NODE_LAYER_NORM] = write_layer_norm, [NODE_VECTORS] = write_vectors,
    [NODE_SELECT] = write_select,         [NODE_PERIODIC] = write_periodic,
};

/* ---- Inputs and outputs ---- */

static bool is_column(const model_graph *graph, const char *name)
{
    for (int i = 0; i < graph->column_count; i++) {
        if (strcmp(graph->columns[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name that no column has: underscores are added until that is so. */
static const char *output_name(onnx_writer *w, const char *name)
{
    while (name && is_column(w->graph, name)) {
        name = onnx_text(&w->b, "%s_", name);
    }
    return name;
}

static const char *free_prefix(onnx_writer *w)
{
    const char *prefix = "nnfs/";
    for (int i = 0; prefix && i < w->graph->column_count; i++) {
        if (strncmp(w->graph->columns[i].name, prefix, strlen(prefix)) == 0) {
            prefix = onnx_text(&w->b, "_%s", prefix);
            i = -1;
        }
    }
    return prefix;
}

/* Days from 1970-01-01 as days since the column's origin, which floats hold to some seconds. */
static const char *write_date(onnx_writer *w, int column)
{
    const graph_column *from = &w->graph->columns[column];
    const char *origin =
        onnx_double(&w->b, onnx_text(&w->b, "%sdate/%d/origin", w->prefix, column), from->origin);
    const char *since =
        op2(w, "Sub", from->name, origin, onnx_text(&w->b, "%sdate/%d/since", w->prefix, column));
    return cast(w, since, ONNX_FLOAT, onnx_text(&w->b, "%sdate/%d", w->prefix, column));
}

static void write_inputs(onnx_writer *w)
{
    for (int i = 0; i < w->graph->column_count; i++) {
        const graph_column *column = &w->graph->columns[i];
        int32_t type = ONNX_FLOAT;
        if (column->categories) {
            type = ONNX_STRING;
        }
        onnx_input(&w->b, column->name, column->format ? ONNX_DOUBLE : type, 1);
        w->cells[i] = column->format ? write_date(w, i) : column->name;
    }
}

/* The class of the largest probability, of equal ones the first. */
static void write_label(onnx_writer *w, const char *probabilities)
{
    const model_graph *graph = w->graph;
    size_t count = (size_t)graph->classes;
    const char *label = output_name(w, "label");
    const char *chosen = onnx_text(&w->b, "%slabel/index", w->prefix);
    const char *names = onnx_text(&w->b, "%slabel/names", w->prefix);
    Onnx__NodeProto *argmax = onnx_node(&w->b, "", "ArgMax", chosen, 1, &probabilities);
    onnx_attribute_int(&w->b, argmax, "axis", 1);
    onnx_attribute_int(&w->b, argmax, "keepdims", 0);
    int64_t *numbers = onnx_arena(&w->b, count, sizeof *numbers);
    for (size_t i = 0; numbers && graph->class_numbers && i < count; i++) {
        numbers[i] = strtoll(graph->class_names[i], NULL, 10);
    }
    if (!numbers) {
        return;
    }
    if (graph->class_numbers) {
        (void)onnx_int64s(&w->b, names, numbers, count);
    } else {
        (void)onnx_strings(&w->b, names, (const char *const *)graph->class_names, count);
    }
    (void)op2(w, "Gather", names, chosen, label);
    onnx_output(&w->b, label, graph->class_numbers ? ONNX_INT64 : ONNX_STRING, 0);
}

static void write_model(onnx_writer *w)
{
    const model_graph *graph = w->graph;
    int last = graph->node_count - 1;
    const char *output = output_name(w, graph->classes > 0 ? "probabilities" : "variable");
    w->prefix = free_prefix(w);
    write_inputs(w);
    for (int i = 0; i <= last && !w->b.failed; i++) {
        const graph_node *node = &graph->nodes[i];
        const char *x = NULL;
        if (node->source_count > 0) {
            x = w->values[node->sources[0]];
        }
        if (i < last) {
            w->values[i] = onnx_text(&w->b, "%s%d", w->prefix, i);
        } else {
            w->values[i] = output;
        }
        writers[node->kind](w, i, node, x, w->values[i]);
    }
    if (w->b.failed) {
        return;
    }
    if (graph->classes > 0) {
        write_label(w, output);
    }
    onnx_output(&w->b, output, ONNX_FLOAT, graph_outputs(graph));
}

static void write_head(onnx_writer *w)
{
    Onnx__ModelProto *model = w->b.model;
    model->has_ir_version = true;
    model->ir_version = IR_VERSION;
    model->producer_name = onnx_text(&w->b, "nnfs");
    model->producer_version = onnx_text(&w->b, "%s", nnfs_version());
    onnx_opset(&w->b, "", OPSET);
    if (w->ml) {
        onnx_opset(&w->b, ONNX_ML, OPSET_ML);
    }
    onnx_metadata(&w->b, ONNX_METADATA_LOSS,
                  loss_write((nnfs_loss)w->graph->loss, w->graph->quantile).text);
    if (w->graph->not_imported) {
        onnx_metadata(&w->b, ONNX_METADATA_NOT_IMPORTED, w->graph->not_imported);
    }
    if (w->graph->preprocessing) {
        onnx_metadata(&w->b, ONNX_METADATA_PREPROCESSING, w->graph->preprocessing);
    }
}

nnfs_status onnx_of_graph(const model_graph *graph, unsigned char **bytes, size_t *count,
                          nnfs_error *error)
{
    *bytes = NULL;
    onnx_writer w = {.graph = graph};
    onnx_build_begin(&w.b, "nnfs");
    w.values = onnx_arena(&w.b, (size_t)graph->node_count, sizeof *w.values);
    w.cells = onnx_arena(&w.b, (size_t)graph->column_count + 1, sizeof *w.cells);
    if (!w.b.failed) {
        write_model(&w);
    }
    if (!w.b.failed) {
        write_head(&w);
    }
    if (!w.b.failed) {
        *count = onnx__model_proto__get_packed_size(w.b.model);
        *bytes = memory_alloc(*count, 1);
    }
    if (*bytes) {
        (void)onnx__model_proto__pack(w.b.model, *bytes);
    }
    onnx_build_end(&w.b);
    if (*bytes) {
        return NNFS_OK;
    }
    return fail_memory(error, 0, "an ONNX model");
}
