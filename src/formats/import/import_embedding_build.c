/* Embeddings of an ONNX graph, from their constants, as nodes of a graph. */
#include "base/memory.h"
#include "formats/import/import_embedding.h"
#include "formats/onnx/onnx_build.h"

#include <math.h>
#include <string.h>

enum { MOST = 1 << 20 };

static bool fits(const tensor *x, int64_t first, int64_t second, int64_t third)
{
    return x && x->type == ONNX_FLOAT && x->rank == 3 && x->dims[0] == first &&
           x->dims[1] == second && x->dims[2] == third;
}

static bool is_list(const tensor *x)
{
    return x && x->type == ONNX_INT64 && x->rank == 1 && x->count > 0 && x->count <= MOST;
}

/* The second and third dimension of a tensor; false: it has none, or they are too large. */
static bool dims_of(const tensor *x, int *second, int *third)
{
    if (!x || x->rank != 3 || x->dims[1] < 1 || x->dims[1] > MOST || x->dims[2] < 1 ||
        x->dims[2] > MOST) {
        return false;
    }
    *second = (int)x->dims[1];
    *third = (int)x->dims[2];
    return true;
}

/* Places are those of the inputs: a place beyond them is caught where the network is made. */
static int place_of(const tensor *list, size_t at)
{
    int64_t place = list->int64s[at];
    if (place < 0 || place > INT32_MAX) {
        return -1;
    }
    return (int)place;
}

/* NULL: no memory. */
static int *copy_places(const tensor *from)
{
    int *to = memory_alloc(from->count, sizeof *to);
    for (size_t i = 0; to && i < from->count; i++) {
        to[i] = place_of(from, i);
    }
    return to;
}

static nnfs_status no_memory(nnfs_error *error)
{
    return fail_memory(error, 0, "an imported network");
}

static nnfs_status fail_embeddings(nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DATA, "it has embeddings that nnfs does not write");
}

/* A node of `width` values, with room for a table. Errors: MEMORY. */
static nnfs_status add_part(model_graph *graph, const node_embedding *as, node_kind kind,
                            graph_node **node, nnfs_error *error)
{
    size_t width = size_mul((size_t)as->count, (size_t)as->width);
    *node = NULL;
    if (width <= INT32_MAX) {
        *node = graph_add(graph, kind, (int)width, 0, 0);
    }
    if (!*node) {
        return no_memory(error);
    }
    (*node)->embedding = *as;
    node_embedding *to = &(*node)->embedding;
    to->inputs = memory_alloc((size_t)as->count, sizeof *to->inputs);
    to->table = memory_alloc(as->table_floats, sizeof *to->table);
    if (!to->inputs || !to->table) {
        return fail_memory(error, size_mul(as->table_floats, sizeof(float)), "an imported network");
    }
    return NNFS_OK;
}

static void copy_pieces(const import_embedding *from, node_embedding *to)
{
    size_t width = (size_t)to->width;
    size_t bins = (size_t)to->bins;
    for (size_t c = 0; c < (size_t)to->count; c++) {
        float *table = to->table + c * (bins + 2) * width;
        float *edges = to->edges + c * (bins + 1);
        float last = from->end->floats[c * bins + bins - 1];
        memcpy(table, from->slope->floats + c * width, width * sizeof *table);
        memcpy(table + width, from->shift->floats + c * width, width * sizeof *table);
        memcpy(table + 2 * width, from->pieces->floats + c * bins * width,
               bins * width * sizeof *table);
        memcpy(edges, from->start->floats + c * bins, bins * sizeof *edges);
        edges[bins] = isinf(last) ? NO_EDGE : last;
        to->inputs[c] = place_of(from->embedded, c);
    }
}

static nnfs_status build_piecewise(const onnx_graph *onnx, const import_embedding *from,
                                   model_graph *graph, nnfs_error *error)
{
    (void)onnx;
    int bins = 0;
    int width = 0;
    if (!is_list(from->embedded) || !dims_of(from->pieces, &bins, &width)) {
        return fail_embeddings(error);
    }
    int64_t count = (int64_t)from->embedded->count;
    if (!fits(from->pieces, count, bins, width) || !fits(from->start, count, 1, bins) ||
        !fits(from->end, count, 1, bins) || !fits(from->slope, count, 1, width) ||
        !fits(from->shift, count, 1, width)) {
        return fail_embeddings(error);
    }
    graph_node *node = NULL;
    const node_embedding as = {
        .count = (int)count,
        .bins = bins,
        .width = width,
        .edges = memory_alloc(size_mul((size_t)count, (size_t)bins + 1), sizeof(float)),
        .table_floats = size_mul(size_mul((size_t)count, (size_t)bins + 2), (size_t)width)};
    nnfs_status status = add_part(graph, &as, NODE_PIECEWISE, &node, error);
    if (!node) {
        memory_free(as.edges);
    }
    TRY(status);
    if (!as.edges) {
        return no_memory(error);
    }
    copy_pieces(from, &node->embedding);
    return NNFS_OK;
}

/* Without the last column, which is 0. */
static float *copy_rows(const tensor *from, size_t first, size_t rows, size_t columns, float *to)
{
    for (size_t row = 0; row < rows; row++, to += columns) {
        memcpy(to, from->floats + (first + row) * (columns + 1), columns * sizeof *to);
    }
    return to;
}

static nnfs_status build_periodic(const onnx_graph *onnx, const import_embedding *from,
                                  model_graph *graph, nnfs_error *error)
{
    (void)onnx;
    int frequencies = 0;
    int width = 0;
    if (!is_list(from->embedded) || !dims_of(from->w2, &frequencies, &width) || width < 2) {
        return fail_embeddings(error);
    }
    int64_t count = (int64_t)from->embedded->count;
    if (!fits(from->w, count, 1, frequencies) || !fits(from->b, count, 1, frequencies) ||
        !fits(from->w2, count, frequencies, width) || !fits(from->c, count, 1, width)) {
        return fail_embeddings(error);
    }
    size_t k = (size_t)frequencies;
    size_t values = (size_t)width - 1;
    size_t cells = size_add(size_mul(k, values + 2), values);
    graph_node *node = NULL;
    const node_embedding as = {.count = (int)count,
                               .frequencies = frequencies,
                               .width = width,
                               .table_floats = size_mul((size_t)count, cells)};
    TRY(add_part(graph, &as, NODE_PERIODIC, &node, error));
    float *to = node->embedding.table;
    for (size_t c = 0; c < (size_t)count; c++) {
        memcpy(to, from->w->floats + c * k, k * sizeof *to);
        memcpy(to + k, from->b->floats + c * k, k * sizeof *to);
        to = copy_rows(from->w2, c * k, k, values, to + 2 * k);
        to = copy_rows(from->c, c, 1, values, to);
        node->embedding.inputs[c] = place_of(from->embedded, c);
    }
    return NNFS_OK;
}

/* Values of all categories that have vectors of `width`; 0: some has none. */
static size_t count_vectors(const onnx_graph *onnx, const import_embedding *from, int width)
{
    size_t values = 0;
    for (size_t i = 0; i < from->products->n_input; i++) {
        const Onnx__NodeProto *product = import_behind(onnx, from->products, i, "MatMul");
        const tensor *places =
            import_constant_of(onnx, import_behind(onnx, product, 0, "Gather"), 1);
        const tensor *vectors = import_constant_of(onnx, product, 1);
        if (!is_list(places) || !vectors || vectors->type != ONNX_FLOAT || vectors->rank != 2 ||
            vectors->dims[0] != (int64_t)places->count || vectors->dims[1] != width) {
            return 0;
        }
        values += places->count;
    }
    return values;
}

static nnfs_status build_vectors(const onnx_graph *onnx, const import_embedding *from,
                                 model_graph *graph, nnfs_error *error)
{
    const tensor *first =
        import_constant_of(onnx, import_behind(onnx, from->products, 0, "MatMul"), 1);
    size_t count = from->products->n_input;
    if (!first || first->rank != 2 || first->dims[1] < 1 || first->dims[1] > MOST || count > MOST) {
        return fail_embeddings(error);
    }
    int width = (int)first->dims[1];
    size_t values = count_vectors(onnx, from, width);
    if (values == 0) {
        return fail_embeddings(error);
    }
    graph_node *node = NULL;
    const node_embedding as = {.count = (int)count,
                               .width = width,
                               .sizes = memory_alloc(count, sizeof(int)),
                               .table_floats = size_mul(values, (size_t)width)};
    nnfs_status status = add_part(graph, &as, NODE_VECTORS, &node, error);
    if (!node) {
        memory_free(as.sizes);
    }
    TRY(status);
    if (!as.sizes) {
        return no_memory(error);
    }
    float *to = node->embedding.table;
    for (size_t i = 0; i < count; i++) {
        const Onnx__NodeProto *product = import_behind(onnx, from->products, i, "MatMul");
        const tensor *places =
            import_constant_of(onnx, import_behind(onnx, product, 0, "Gather"), 1);
        const tensor *vectors = import_constant_of(onnx, product, 1);
        node->embedding.inputs[i] = place_of(places, 0);
        node->embedding.sizes[i] = (int)places->count;
        memcpy(to, vectors->floats, vectors->count * sizeof *to);
        to += vectors->count;
    }
    return NNFS_OK;
}

/* The features that are not embedded, behind the embeddings. */
static nnfs_status add_others(model_graph *graph, const tensor *others, nnfs_error *error)
{
    if (!is_list(others)) {
        return fail_embeddings(error);
    }
    graph_node *node = graph_add(graph, NODE_SELECT, (int)others->count, 0, 0);
    if (!node) {
        return no_memory(error);
    }
    node->embedding.count = (int)others->count;
    node->embedding.inputs = copy_places(others);
    if (!node->embedding.inputs) {
        return no_memory(error);
    }
    return NNFS_OK;
}

/* Features that the nodes from `first` on read together. */
static size_t count_features(const model_graph *graph, int first)
{
    size_t count = 0;
    for (int i = first; i < graph->node_count; i++) {
        const node_embedding *embedding = &graph->nodes[i].embedding;
        for (int c = 0; c < embedding->count; c++) {
            count += embedding->sizes ? (size_t)embedding->sizes[c] : 1;
        }
    }
    return count;
}

nnfs_status import_build_inputs(const onnx_graph *onnx, const import_inputs *from,
                                model_graph *graph, nnfs_error *error)
{
    typedef nnfs_status builder(const onnx_graph *onnx, const import_embedding *from,
                                model_graph *graph, nnfs_error *error);
    static builder *const builders[NODE_KINDS] = {[NODE_PIECEWISE] = build_piecewise,
                                                  [NODE_PERIODIC] = build_periodic,
                                                  [NODE_VECTORS] = build_vectors};
    bool alone = graph->node_count == 0;
    if (alone && !graph_add(graph, NODE_FEATURES, 1, 0, 0)) {
        return no_memory(error);
    }
    int features = graph->node_count - 1;
    for (int i = 0; i < from->count; i++) {
        TRY(builders[from->parts[i].kind](onnx, &from->parts[i], graph, error));
    }
    if (from->others) {
        TRY(add_others(graph, from->others, error));
    }
    size_t count = count_features(graph, features + 1);
    size_t width = 0;
    for (int i = features + 1; i < graph->node_count; i++) {
        graph->nodes[i].sources[0] = features;
        width += (size_t)graph->nodes[i].width;
    }
    if (alone && count <= INT32_MAX) {
        graph->nodes[0].width = (int)count;
    }
    if (width > INT32_MAX || (size_t)graph->nodes[features].width != count) {
        return fail(error, NNFS_ERROR_DATA, "its embeddings do not fit its inputs");
    }
    if (!graph_add_concat(graph, features + 1, (int)width)) {
        return no_memory(error);
    }
    return NNFS_OK;
}
