/* Embeddings: inputs that become vectors before the first layer. */
#include "network/network_settings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- The kinds ---- */

static embedding_table piecewise_table(const network_embedding *embedding)
{
    return (embedding_table){"table", embedding->as.width * (embedding->as.bins + 2),
                             embedding->as.count, 1.0f};
}

static embedding_table category_table(const network_embedding *embedding)
{
    int inputs = 0;
    for (int i = 0; i < embedding->as.count; i++) {
        inputs += embedding->sizes[i];
    }
    return (embedding_table){"vectors", embedding->as.width, inputs, 1.0f};
}

static embedding_table periodic_table(const network_embedding *embedding)
{
    int frequencies = embedding->as.frequencies;
    int rows = 2 * frequencies + (embedding->as.width - 1) * (frequencies + 1);
    return (embedding_table){"waves", rows, embedding->as.count, 0.1f};
}

static const struct {
    const char *name;
    embedding_table (*table)(const network_embedding *embedding);
    bool sizes; /* it has them */
} kinds[EMBEDDING_KINDS] = {
    [NNFS_EMBEDDING_PIECEWISE] = {"piecewise", piecewise_table, false},
    [NNFS_EMBEDDING_CATEGORY] = {"category", category_table, true},
    [NNFS_EMBEDDING_PERIODIC] = {"periodic", periodic_table, false},
};

const char *nnfs_embedding_name(nnfs_embedding_kind kind)
{
    if ((size_t)kind < EMBEDDING_KINDS) {
        return kinds[kind].name;
    }
    return NULL;
}

embedding_table network_embedding_table(const network_embedding *embedding)
{
    return kinds[embedding->as.kind].table(embedding);
}

/* ---- Checking ---- */

static int size_of_vector(const nnfs_embedding *embedding, int index)
{
    if (embedding->sizes) {
        return embedding->sizes[index];
    }
    return 1;
}

static nnfs_status check_embedding(const nnfs_embedding *e, int inputs, nnfs_error *error)
{
    nnfs_error reason;
    if (settings_check(&embedding_settings, e, &reason) != NNFS_OK) {
        return fail(error, NNFS_ERROR_ARGUMENT, "an embedding: %s", reason.message);
    }
    if (e->kind == NNFS_EMBEDDING_PERIODIC && e->width < 2) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the embedding periodic is at least 2 wide");
    }
    if (e->count < 1 || !e->inputs || !e->sizes == kinds[e->kind].sizes) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "an embedding lists its inputs, and sizes if it is of categories");
    }
    int end = 0;
    for (int i = 0; i < e->count; i++) {
        int size = size_of_vector(e, i);
        if (e->inputs[i] < end || e->inputs[i] >= inputs || size < 1 ||
            size > inputs - e->inputs[i]) {
            return fail(error, NNFS_ERROR_ARGUMENT,
                        "embedded inputs are listed once each, in rising order");
        }
        end = e->inputs[i] + size;
    }
    return NNFS_OK;
}

/* Whether a list has an input that is another's too; both rise. */
static bool overlap(const nnfs_embedding *a, const nnfs_embedding *b)
{
    int i = 0;
    int j = 0;
    while (i < a->count && j < b->count) {
        if (a->inputs[i] + size_of_vector(a, i) <= b->inputs[j]) {
            i++;
        } else if (b->inputs[j] + size_of_vector(b, j) <= a->inputs[i]) {
            j++;
        } else {
            return true;
        }
    }
    return false;
}

static nnfs_status check_embeddings(const nnfs_embedding *embeddings, int count, int inputs,
                                    nnfs_error *error)
{
    if (count < 0 || count > EMBEDDING_KINDS || (count > 0 && !embeddings)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a network has 0 to %d embeddings, not %d",
                    EMBEDDING_KINDS, count);
    }
    int64_t values = inputs;
    for (int i = 0; i < count; i++) {
        TRY(check_embedding(&embeddings[i], inputs, error));
        for (int j = 0; j < i; j++) {
            if (embeddings[i].kind == embeddings[j].kind ||
                overlap(&embeddings[i], &embeddings[j])) {
                return fail(error, NNFS_ERROR_ARGUMENT,
                            "each kind of embedding may be there once, and an input be embedded "
                            "once");
            }
        }
        values += (int64_t)embeddings[i].count * embeddings[i].width;
    }
    if (values > INT_MAX) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the first layer would have too many inputs");
    }
    return NNFS_OK;
}

/* ---- Owning ---- */

/* False: no memory. */
static bool take_embedding(network_embedding *to, const nnfs_embedding *from)
{
    size_t count = (size_t)from->count;
    *to = (network_embedding){.as = *from,
                              .inputs = malloc(count * sizeof(int)),
                              .sizes = malloc(count * sizeof(int)),
                              .table = -1,
                              .edges = -1};
    settings_resolve(&embedding_settings, &to->as);
    to->as.inputs = to->inputs;
    to->as.sizes = from->sizes ? to->sizes : NULL;
    if (!to->inputs || !to->sizes) {
        return false;
    }
    for (int i = 0; i < from->count; i++) {
        to->inputs[i] = from->inputs[i];
        to->sizes[i] = size_of_vector(from, i);
    }
    return true;
}

nnfs_status network_take_embeddings(nnfs_network *network, const nnfs_embedding *embeddings,
                                    int count, nnfs_error *error)
{
    TRY(check_embeddings(embeddings, count, network->inputs, error));
    int row = 0;
    for (int i = 0; i < count; i++) {
        network_embedding *to = &network->embeddings[i];
        network->embedding_count = i + 1;
        if (!take_embedding(to, &embeddings[i])) {
            return fail_memory(error, (size_t)embeddings[i].count * sizeof(int), "an embedding");
        }
        to->row = row;
        row += embedding_rows(to);
        for (int v = 0; v < to->as.count; v++) {
            network->other_count -= to->sizes[v];
        }
    }
    return NNFS_OK;
}

bool network_list_others(nnfs_network *network)
{
    size_t inputs = (size_t)network->inputs;
    bool *embedded = calloc(inputs, sizeof *embedded);
    network->others = malloc(inputs * sizeof *network->others);
    if (!embedded || !network->others) {
        free(embedded);
        return false;
    }
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *from = &network->embeddings[i];
        for (int v = 0; v < from->as.count; v++) {
            memset(embedded + from->inputs[v], true, (size_t)from->sizes[v] * sizeof *embedded);
        }
    }
    int count = 0;
    for (int i = 0; i < network->inputs; i++) {
        if (!embedded[i]) {
            network->others[count++] = i;
        }
    }
    free(embedded);
    return true;
}

void network_free_embeddings(nnfs_network *network)
{
    for (int i = 0; i < network->embedding_count; i++) {
        free(network->embeddings[i].inputs);
        free(network->embeddings[i].sizes);
    }
    free(network->others);
}

/* ---- Asking ---- */

static bool same_embedding(const network_embedding *a, const network_embedding *b)
{
    size_t bytes = (size_t)a->as.count * sizeof(int);
    return !settings_difference(&embedding_settings, &a->as, &b->as) &&
           a->as.count == b->as.count && memcmp(a->inputs, b->inputs, bytes) == 0 &&
           memcmp(a->sizes, b->sizes, bytes) == 0;
}

bool network_same_embeddings(const nnfs_network *left, const nnfs_network *right)
{
    bool same = left->embedding_count == right->embedding_count;
    for (int i = 0; same && i < left->embedding_count; i++) {
        same = same_embedding(&left->embeddings[i], &right->embeddings[i]);
    }
    return same;
}

void network_list_embeddings(const nnfs_network *network, nnfs_embedding *list)
{
    for (int i = 0; i < network->embedding_count; i++) {
        list[i] = network->embeddings[i].as;
    }
}

nnfs_embedding nnfs_network_embedding(const nnfs_network *network, int index)
{
    if (!network || index < 0 || index >= network->embedding_count) {
        return (nnfs_embedding){.count = 0};
    }
    return network->embeddings[index].as;
}

int nnfs_network_embedded(const nnfs_network *network)
{
    int count = 0;
    for (int i = 0; network && i < network->embedding_count; i++) {
        count += network->embeddings[i].as.count;
    }
    return count;
}

int network_input_column(const nnfs_network *network, int input)
{
    for (int i = 0; i < network->other_count; i++) {
        if (network->others[i] == input) {
            return network->layers[0].in - network->other_count + i;
        }
    }
    return -1;
}

int network_vector_column(const network_embedding *embedding, int input)
{
    int column = 0;
    for (int i = 0; embedding->as.sizes && i < embedding->as.count; i++) {
        int within = input - embedding->inputs[i];
        if (within >= 0 && within < embedding->sizes[i]) {
            return column + within;
        }
        column += embedding->sizes[i];
    }
    return -1;
}
