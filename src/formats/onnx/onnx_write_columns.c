/* The columns of a table as ONNX nodes: numbers, categories and dates. */
#include "base/minmax.h"
#include "formats/onnx/onnx_writer.h"

#include <math.h>

void onnx_write_features(onnx_writer *w, int at, const graph_node *node, const char *x,
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
    const char *piece = "";
    if (first) {
        piece = integers(w, at, "first", first, (size_t)width);
    }
    for (int step = pieces / 2; step > 0; step /= 2) {
        const char *by = onnx_text(&w->b, "%s%d/%d", w->prefix, at, step);
        (void)onnx_int64s(&w->b, by, &(int64_t){step}, 1);
        const char *next = op2(w, "Add", piece, by, onnx_text(&w->b, "%s/next", by));
        const char *edge = gather(w, start, next, 0, onnx_text(&w->b, "%s/edge", by));
        const char *above = op2(w, "GreaterOrEqual", x, edge, onnx_text(&w->b, "%s/above", by));
        above = cast(w, above, ONNX_INT64, onnx_text(&w->b, "%s/taken", by));
        above = op2(w, "Mul", above, by, onnx_text(&w->b, "%s/move", by));
        piece = op2(w, "Add", piece, above, onnx_text(&w->b, "%s/found", by));
    }
    return piece;
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
    const char *piece = NULL;
    for (int i = 0; i < PIECE_VALUES; i++) {
        const char *values = piece_values(w, at, i, pieces);
        if (i == 0) {
            piece = find_pieces(w, at, pieces, x, values);
        }
        names[i] = gather(w, values, piece, 0, onnx_text(&w->b, "%s/own", values));
    }
    const char *share = op2(w, "Sub", x, names[PIECE_START], local(w, at, "from start"));
    share = op2(w, "Div", share, names[PIECE_LENGTH], local(w, at, "share"));
    share = op2(w, "Mul", share, names[PIECE_RISE], local(w, at, "risen"));
    (void)op2(w, "Add", names[PIECE_HEIGHT], share, y);
}

/* Where(IsNaN(x), fill, x), minus center, times scale, then the curve. */
void onnx_write_numbers(onnx_writer *w, int at, const graph_node *node, const char *x,
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

void onnx_write_indicator(onnx_writer *w, int at, const graph_node *node, const char *x,
                          const char *y)
{
    x = op1(w, "IsNaN", w->cells[node->column], local(w, at, "missing"));
    Onnx__NodeProto *cast = onnx_node(&w->b, "", "Cast", y, 1, &x);
    onnx_attribute_int(&w->b, cast, "to", ONNX_FLOAT);
}

/* LabelEncoder to the place, OneHotEncoder, and its [N, 1, places] flattened. */
void onnx_write_category(onnx_writer *w, int at, const graph_node *node, const char *x,
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
void onnx_write_two_valued(onnx_writer *w, int at, const graph_node *node, const char *x,
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
 * The day of a year that begins in March: of the days within 400 years, those of leap years are
 * taken off first; see date_month.
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
void onnx_write_cycles(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
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
