/* Embeddings as ONNX nodes: piecewise linear, periodic, and vectors of categories. */
#include "formats/onnx/onnx_writer.h"

#include <math.h>
#include <string.h>

static const char *transpose(onnx_writer *w, const char *x, const int64_t *order, size_t rank,
                             const char *output)
{
    onnx_attribute_ints(&w->b, onnx_node(&w->b, "", "Transpose", output, 1, &x), "perm", order,
                        rank);
    return output;
}

/* What each piece has at the lower and the upper end of its share: 0 and 1, but for the
 * first and last. */
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

void onnx_write_piecewise(onnx_writer *w, int at, const graph_node *node, const char *x,
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

/* [count, rows, columns] from each input's table, from `first` on; behind a row comes 0 if
 * it is `padded`. */
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

void onnx_write_periodic(onnx_writer *w, int at, const graph_node *node, const char *x,
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
void onnx_write_vectors(onnx_writer *w, int at, const graph_node *node, const char *x,
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

void onnx_write_select(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)select_columns(w, at, "others", node->embedding.inputs, (size_t)node->width, x, y);
}
