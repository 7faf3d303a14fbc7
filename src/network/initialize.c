/* The initialisers and their table. */
#include "network/initialize.h"

#include "base/random.h"
#include "math/normal.h"
#include "platform/cpu.h"

#include <math.h>
#include <stdbool.h>

/* ---- The table: the scale of a layer's weights, and the shape of their distribution ---- */

typedef struct initializer {
    const char *name;
    /* Standard deviation if normal, else bound of the uniform distribution. */
    double (*scale)(double fan_in, double fan_out, double given);
    bool normal;
} initializer;

static double he_std(double fan_in, double fan_out, double given)
{
    (void)fan_out;
    (void)given;
    return sqrt(2.0 / fan_in);
}

static double glorot_std(double fan_in, double fan_out, double given)
{
    (void)given;
    return sqrt(2.0 / (fan_in + fan_out));
}

static double lecun_std(double fan_in, double fan_out, double given)
{
    (void)fan_out;
    (void)given;
    return sqrt(1.0 / fan_in);
}

/* A uniform distribution on (-b, b) has the standard deviation b / sqrt 3. */
static double he_bound(double fan_in, double fan_out, double given)
{
    return sqrt(3.0) * he_std(fan_in, fan_out, given);
}

static double glorot_bound(double fan_in, double fan_out, double given)
{
    return sqrt(3.0) * glorot_std(fan_in, fan_out, given);
}

static double lecun_bound(double fan_in, double fan_out, double given)
{
    return sqrt(3.0) * lecun_std(fan_in, fan_out, given);
}

static double given_scale(double fan_in, double fan_out, double given)
{
    (void)fan_in;
    (void)fan_out;
    return given;
}

static double zero_scale(double fan_in, double fan_out, double given)
{
    (void)fan_in;
    (void)fan_out;
    (void)given;
    return 0.0;
}

static const initializer initializers[] = {
    [NNFS_INIT_DEFAULT] = {"default", NULL, false},
    [NNFS_INIT_HE_NORMAL] = {"he_normal", he_std, true},
    [NNFS_INIT_HE_UNIFORM] = {"he_uniform", he_bound, false},
    [NNFS_INIT_GLOROT_NORMAL] = {"glorot_normal", glorot_std, true},
    [NNFS_INIT_GLOROT_UNIFORM] = {"glorot_uniform", glorot_bound, false},
    [NNFS_INIT_LECUN_NORMAL] = {"lecun_normal", lecun_std, true},
    [NNFS_INIT_LECUN_UNIFORM] = {"lecun_uniform", lecun_bound, false},
    [NNFS_INIT_NORMAL] = {"normal", given_scale, true},
    [NNFS_INIT_UNIFORM] = {"uniform", given_scale, false},
    [NNFS_INIT_ZEROS] = {"zeros", zero_scale, false},
};

static const initializer *initializer_of(nnfs_init which)
{
    size_t index = (size_t)which;
    if (index < sizeof initializers / sizeof *initializers) {
        return &initializers[index];
    }
    return NULL;
}

const char *nnfs_init_name(nnfs_init which)
{
    const initializer *row = initializer_of(which);
    if (!row) {
        return NULL;
    }
    return row->name;
}

/* ---- Drawing ---- */

/* Weights drawn at a time; small enough for the first cache. */
enum { BLOCK = 256 };
/* Layers this large are drawn by all threads. */
static const size_t parallel_from = 1 << 17;

/* The weights of a layer, as they are drawn. */
typedef struct drawing {
    bool normal;
    random_key key;
    uint32_t layer;
    double scale;
    matrix to;
    size_t count;
} drawing;

static void place_block(const drawing *d, const double *numbers, size_t first, size_t count)
{
    int rows = d->to.rows;
    if (d->to.row_stride == 1 && d->to.column_stride == rows) {
        float *w = matrix_at(d->to, 0, 0) + first;
        for (size_t i = 0; i < count; i++) {
            w[i] = (float)(d->scale * numbers[i]);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int at = (int)((first + i) % (size_t)rows);
        *matrix_at(d->to, at, (int)((first + i) / (size_t)rows)) = (float)(d->scale * numbers[i]);
    }
}

/*
 * Element i of W, counted down its columns, is the word i % 4 of draw i / 4, or of its pair of
 * words where it is normal.
 */
static void draw_block(const drawing *d, size_t first)
{
    random_words words[BLOCK / 4];
    double numbers[BLOCK];
    size_t count = d->count - first < BLOCK ? d->count - first : BLOCK;
    random_draw_run(d->key, d->layer, first / 4, BLOCK / 4, words);
    const uint32_t *word = (const uint32_t *)(const void *)words;
    if (d->normal) {
        normal_fill(word, BLOCK, numbers);
    } else {
        for (size_t i = 0; i < BLOCK; i++) {
            numbers[i] = ((double)word[i] + 0.5) * 0x1p-31 - 1.0;
        }
    }
    place_block(d, numbers, first, count);
}

static void draw(const drawing *d)
{
    int threads = d->count < parallel_from ? 1 : cpu_threads(0);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (size_t first = 0; first < d->count; first += BLOCK) {
        draw_block(d, first);
    }
}

static const initializer *default_for(nnfs_activation which)
{
    nnfs_init init = activation_of(which)->init;
    return initializer_of(init != NNFS_INIT_DEFAULT ? init : NNFS_INIT_GLOROT_UNIFORM);
}

/* Fills a vector that the layer may not have. */
static void fill(nnfs_network *network, int tensor, float value)
{
    for (int i = 0; tensor >= 0 && i < network->tensors[tensor].rows; i++) {
        network->parameters[network->tensors[tensor].offset + (size_t)i] = value;
    }
}

static void initialize_layer(nnfs_network *network, int index,
                             const nnfs_network_settings *settings)
{
    const network_layer *layer = &network->layers[index];
    const initializer *row = settings->init == NNFS_INIT_DEFAULT ? default_for(layer->activation)
                                                                 : initializer_of(settings->init);
    drawing d = {
        .normal = row->normal,
        .key = {settings->seed, RANDOM_WEIGHTS},
        .layer = (uint32_t)index,
        .scale = row->scale(layer->in, layer->out, (double)settings->init_scale),
        .to = network_weights(network, index, network->parameters),
        .count = (size_t)layer->in * (size_t)layer->out * (size_t)layer->heads,
    };
    if (d.scale > 0.0) {
        draw(&d);
    }
    fill(network, layer->scale, 1.0f);
    fill(network, layer->running_variance, 1.0f);
}

/* ---- The inputs ---- */

/* Draws into `rows` rows of a tensor of the inputs, from `row` on; rows that are drawn otherwise
 * are another part, from 0. */
static void draw_input_rows(nnfs_network *network, const nnfs_network_settings *settings,
                            int tensor, int part, int row, int rows, bool normal, double scale)
{
    drawing d = {.normal = normal,
                 .key = {settings->seed, RANDOM_INPUTS},
                 .layer = (uint32_t)tensor | (uint32_t)part << 16,
                 .scale = scale,
                 .to = network_matrix(&network->tensors[tensor], network->parameters)};
    d.count = (size_t)rows * (size_t)d.to.columns;
    d.to = matrix_block(d.to, row, rows, 0, d.to.columns);
    for (size_t first = 0; first < d.count; first += BLOCK) {
        draw_block(&d, first);
    }
}

static void draw_input_tensor(nnfs_network *network, const nnfs_network_settings *settings,
                              int tensor, int rows, bool normal, double scale)
{
    draw_input_rows(network, settings, tensor, 0, 0, rows, normal, scale);
}

/* The place of a row of the first layer's input within its vector; 0: the first, or
 * of no vector. */
static int within_vector(const nnfs_network *network, int row)
{
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *embedding = &network->embeddings[i];
        if (row < embedding->row + embedding_rows(embedding)) {
            return (row - embedding->row) % embedding->as.width;
        }
    }
    return 0;
}

/*
 * Factors of the members: with embeddings a normal number for each embedding and each other input,
 * without them 1 or -1. Those of an embedding are alike at first.
 */
static void initialize_members(nnfs_network *network, const nnfs_network_settings *settings)
{
    bool embeds = network->embedding_count > 0;
    const network_tensor *tensor = &network->tensors[network->member_scale];
    draw_input_tensor(network, settings, network->member_scale, tensor->rows, embeds, 1.0);
    matrix factors = network_matrix(tensor, network->parameters);
    for (int member = 0; member < factors.columns; member++) {
        for (int i = 0; i < factors.rows; i++) {
            float *factor = matrix_at(factors, i, member);
            int within = within_vector(network, i);
            if (!embeds) {
                *factor = *factor < 0.0f ? -1.0f : 1.0f;
            } else if (within > 0) {
                *factor = *matrix_at(factors, i - within, member);
            }
        }
    }
}

/* w0 and b0 are uniform on 1 / sqrt(width), P is 0, and until it is fitted ple has one piece,
 * 0 to 1. */
static void initialize_piecewise(nnfs_network *network, const nnfs_network_settings *settings,
                                 const network_embedding *embedding)
{
    int width = embedding->as.width;
    draw_input_tensor(network, settings, embedding->table, 2 * width, false, 1.0 / sqrt(width));
    matrix edges = network_matrix(&network->tensors[embedding->edges], network->parameters);
    for (int column = 0; column < edges.columns; column++) {
        for (int i = 0; i < edges.rows; i++) {
            *matrix_at(edges, i, column) = i < 2 ? (float)i : NO_EDGE;
        }
    }
}

/* Uniform on 1 / sqrt(width). */
static void initialize_category(nnfs_network *network, const nnfs_network_settings *settings,
                                const network_embedding *embedding)
{
    int width = embedding->as.width;
    draw_input_tensor(network, settings, embedding->table, width, false, 1.0 / sqrt(width));
}

/* w is sigma N(0, 1), b uniform on pi, W2 and c on 1/4. */
static void initialize_periodic(nnfs_network *network, const nnfs_network_settings *settings,
                                const network_embedding *embedding)
{
    const double pi = 3.14159265358979323846;
    int table = embedding->table;
    int frequencies = embedding->as.frequencies;
    int rest = (embedding->as.width - 1) * (frequencies + 1);
    draw_input_rows(network, settings, table, 0, 0, frequencies, true, (double)embedding->as.sigma);
    draw_input_rows(network, settings, table, 1, frequencies, frequencies, false, pi);
    draw_input_rows(network, settings, table, 2, 2 * frequencies, rest, false, 0.25);
}

static void initialize_embeddings(nnfs_network *network, const nnfs_network_settings *settings)
{
    static void (*const kinds[EMBEDDING_KINDS])(nnfs_network *, const nnfs_network_settings *,
                                                const network_embedding *) = {
        [NNFS_EMBEDDING_PIECEWISE] = initialize_piecewise,
        [NNFS_EMBEDDING_CATEGORY] = initialize_category,
        [NNFS_EMBEDDING_PERIODIC] = initialize_periodic,
    };
    for (int i = 0; i < network->embedding_count; i++) {
        kinds[network->embeddings[i].as.kind](network, settings, &network->embeddings[i]);
    }
}

void network_initialize(nnfs_network *network, const nnfs_network_settings *settings)
{
    for (int index = 0; index < network->layer_count; index++) {
        initialize_layer(network, index, settings);
    }
    if (settings->init != NNFS_INIT_ZEROS) {
        initialize_embeddings(network, settings);
    }
    if (network->member_scale >= 0 && settings->init != NNFS_INIT_ZEROS) {
        initialize_members(network, settings);
    }
}
