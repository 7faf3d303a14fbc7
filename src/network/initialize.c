/* The initialisers and their table. */
#include "network/initialize.h"

#include "base/random.h"

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

/* Box and Muller 1958: two uniform words become two independent standard normal numbers. */
static void normal_pair(const uint32_t *words, double *pair)
{
    double u = ((double)words[0] + 1.0) * 0x1p-32; /* in (0, 1] */
    double angle = 2.0 * acos(-1.0) * (double)words[1] * 0x1p-32;
    double radius = sqrt(-2.0 * log(u));
    pair[0] = radius * cos(angle);
    pair[1] = radius * sin(angle);
}

/* Four numbers in the row's distribution, of scale 1. */
static void draw_four(const initializer *row, random_key key, int layer, size_t group, double *four)
{
    random_words words = random_draw(key, (uint32_t)layer, group, 0);
    if (row->normal) {
        normal_pair(words.word, four);
        normal_pair(words.word + 2, four + 2);
        return;
    }
    for (int i = 0; i < 4; i++) {
        four[i] = ((double)words.word[i] + 0.5) * 0x1p-31 - 1.0;
    }
}

static const initializer *default_for(nnfs_activation which)
{
    return initializer_of(activation_of(which)->relu_like ? NNFS_INIT_HE_NORMAL
                                                          : NNFS_INIT_GLOROT_UNIFORM);
}

static void initialize_layer(nnfs_network *network, int index,
                             const nnfs_network_settings *settings)
{
    const network_layer *layer = &network->layers[index];
    const initializer *row = settings->init == NNFS_INIT_DEFAULT ? default_for(layer->activation)
                                                                 : initializer_of(settings->init);
    double scale = row->scale(layer->in, layer->out, (double)settings->init_scale);
    random_key key = {settings->seed, RANDOM_WEIGHTS};
    float *w = network->parameters + layer->weights;
    size_t count = (size_t)layer->in * (size_t)layer->out;
    double four[4];
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0) {
            draw_four(row, key, index, i / 4, four);
        }
        w[i] = (float)(scale * four[i % 4]);
    }
}

void network_initialize(nnfs_network *network, const nnfs_network_settings *settings)
{
    for (int index = 0; index < network->layer_count; index++) {
        initialize_layer(network, index, settings);
    }
}
