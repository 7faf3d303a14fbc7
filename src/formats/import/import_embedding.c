/*
 * Embeddings in ONNX graphs that nnfs wrote. Only the constants are looked for, at the places
 * where onnx_write_embeddings.c puts them: import.c compares the whole with what the imported
 * network is written as.
 */
#include "formats/import/import_embedding.h"

#include "formats/onnx/onnx_build.h"

/* The node that gives a value, if it is of this operator; else NULL. */
static const Onnx__NodeProto *maker(const onnx_graph *graph, const char *name, const char *op)
{
    const onnx_value *value = onnx_find(graph, name);
    if (!value || value->producer < 0) {
        return NULL;
    }
    const Onnx__NodeProto *node = graph->model->graph->node[value->producer];
    if (onnx_is(node, op)) {
        return node;
    }
    return NULL;
}

const Onnx__NodeProto *import_behind(const onnx_graph *graph, const Onnx__NodeProto *node,
                                     size_t input, const char *op)
{
    if (!node || input >= node->n_input) {
        return NULL;
    }
    return maker(graph, node->input[input], op);
}

const tensor *import_constant_of(const onnx_graph *graph, const Onnx__NodeProto *node, size_t input)
{
    const onnx_value *value = NULL;
    if (node && input < node->n_input) {
        value = onnx_find(graph, node->input[input]);
    }
    if (value && value->constant) {
        return &value->value;
    }
    return NULL;
}

/* The node that chooses what is embedded: x is Unsqueeze(Transpose(Gather(features, places))). */
static const Onnx__NodeProto *find_chosen(const onnx_graph *graph, const Onnx__NodeProto *product)
{
    const Onnx__NodeProto *unsqueezed = import_behind(graph, product, 0, "Unsqueeze");
    return import_behind(graph, import_behind(graph, unsqueezed, 0, "Transpose"), 0, "Gather");
}

/* slope x + shift + Min(Max((x - start) / length, lower), upper) pieces */
static const Onnx__NodeProto *find_piecewise(const onnx_graph *graph, const Onnx__NodeProto *sum,
                                             import_embedding *found)
{
    const Onnx__NodeProto *line = import_behind(graph, sum, 0, "Add");
    const Onnx__NodeProto *sloped = import_behind(graph, line, 0, "Mul");
    const Onnx__NodeProto *product = import_behind(graph, sum, 1, "MatMul");
    const Onnx__NodeProto *most = import_behind(graph, product, 0, "Min");
    const Onnx__NodeProto *least = import_behind(graph, most, 0, "Max");
    const Onnx__NodeProto *share = import_behind(graph, least, 0, "Div");
    *found = (import_embedding){
        .kind = NODE_PIECEWISE,
        .slope = import_constant_of(graph, sloped, 1),
        .shift = import_constant_of(graph, line, 1),
        .start = import_constant_of(graph, import_behind(graph, share, 0, "Sub"), 1),
        .end = import_constant_of(graph, import_behind(graph, share, 1, "Sub"), 0),
        .pieces = import_constant_of(graph, product, 1)};
    return find_chosen(graph, sloped);
}

/* cos(w x circle + b) w2 + c, and x in the last place */
static const Onnx__NodeProto *find_periodic(const onnx_graph *graph, const Onnx__NodeProto *sum,
                                            import_embedding *found)
{
    const Onnx__NodeProto *shifted = import_behind(graph, sum, 0, "Add");
    const Onnx__NodeProto *product = import_behind(graph, shifted, 0, "MatMul");
    const Onnx__NodeProto *cosine = import_behind(graph, product, 0, "Cos");
    const Onnx__NodeProto *angle = import_behind(graph, cosine, 0, "Add");
    const Onnx__NodeProto *turns =
        import_behind(graph, import_behind(graph, angle, 0, "Mul"), 0, "Mul");
    *found = (import_embedding){.kind = NODE_PERIODIC,
                                .w = import_constant_of(graph, turns, 1),
                                .b = import_constant_of(graph, angle, 1),
                                .w2 = import_constant_of(graph, product, 1),
                                .c = import_constant_of(graph, shifted, 1)};
    return find_chosen(graph, turns);
}

/* Products of some features and a matrix, joined. */
static const Onnx__NodeProto *find_vectors(const onnx_graph *graph, const Onnx__NodeProto *joined,
                                           import_embedding *found)
{
    *found = (import_embedding){.kind = NODE_VECTORS, .products = joined};
    for (size_t i = 0; i < joined->n_input; i++) {
        if (!import_behind(graph, import_behind(graph, joined, i, "MatMul"), 0, "Gather")) {
            return NULL;
        }
    }
    return import_behind(graph, import_behind(graph, joined, 0, "MatMul"), 0, "Gather");
}

/* Whether `value` is an embedding of features. */
static bool find_part(const onnx_graph *graph, const char *value, import_inputs *found)
{
    typedef const Onnx__NodeProto *finder(const onnx_graph *graph, const Onnx__NodeProto *node,
                                          import_embedding *found);
    const Onnx__NodeProto *turned =
        import_behind(graph, maker(graph, value, "Flatten"), 0, "Transpose");
    const Onnx__NodeProto *sum = import_behind(graph, turned, 0, "Add");
    const Onnx__NodeProto *joined = maker(graph, value, "Concat");
    finder *const finders[] = {find_piecewise, find_periodic, find_vectors};
    const Onnx__NodeProto *const nodes[] = {sum, sum, joined};
    for (int i = 0; i < EMBEDDING_KINDS; i++) {
        import_embedding *part = &found->parts[found->count];
        const Onnx__NodeProto *chosen = NULL;
        if (nodes[i]) {
            chosen = finders[i](graph, nodes[i], part);
        }
        if (chosen) {
            part->embedded = import_constant_of(graph, chosen, 1);
            found->features = chosen->input[0];
            found->count++;
            return true;
        }
    }
    return false;
}

bool import_find_inputs(const onnx_graph *graph, const char *value, import_inputs *found)
{
    *found = (import_inputs){.count = 0};
    if (find_part(graph, value, found)) {
        return true;
    }
    const Onnx__NodeProto *joined = maker(graph, value, "Concat");
    size_t count = 0;
    if (joined) {
        count = joined->n_input;
    }
    for (size_t i = 0; i < count; i++) {
        found->others = import_constant_of(graph, import_behind(graph, joined, i, "Gather"), 1);
        if (found->others && i > 0 && i + 1 == count) {
            return true;
        }
        if (i >= EMBEDDING_KINDS || !find_part(graph, joined->input[i], found)) {
            break;
        }
    }
    if (count > 1 && (size_t)found->count == count) {
        return true;
    }
    found->count = 0;
    return false;
}
