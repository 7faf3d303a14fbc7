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
    return index < sizeof initializers / sizeof *initializers ? &initializers[index] : NULL;
}

const char *nnfs_init_name(nnfs_init which)
{
    const initializer *row = initializer_of(which);
    return row ? row->name : NULL;
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
    if (d->to.row_stride == 1) {
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
 * Element i of W, counted down its columns, is the word i % 4 of draw i / 4, or of its pair of words where
 * it is normal.
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
        .count = (size_t)layer->in * (size_t)layer->out,
    };
    if (d.scale > 0.0) {
        draw(&d);
    }
    fill(network, layer->scale, 1.0f);
    fill(network, layer->running_variance, 1.0f);
}

void network_initialize(nnfs_network *network, const nnfs_network_settings *settings)
{
    for (int index = 0; index < network->layer_count; index++) {
        initialize_layer(network, index, settings);
    }
}
