/*
 * The settings of networks, a row each. A new setting is its field in the public header and in
 * network.h, its row here, and the code that acts on it: docs/adding.md. Model files, comparison,
 * copies and checks walk the rows.
 */
#include "network/network_settings.h"

#include <string.h>

static const char *loss_name(int value)
{
    return nnfs_loss_name((nnfs_loss)value);
}

static const char *init_name(int value)
{
    return nnfs_init_name((nnfs_init)value);
}

static const char *activation_name(int value)
{
    return nnfs_activation_name((nnfs_activation)value);
}

static const char *normalization_name(int value)
{
    return nnfs_normalization_name((nnfs_normalization)value);
}

static const char *embedding_name(int value)
{
    return nnfs_embedding_name((nnfs_embedding_kind)value);
}

const char *nnfs_normalization_name(nnfs_normalization which)
{
    static const char *const names[] = {
        [NNFS_NORMALIZATION_NONE] = "none",
        [NNFS_NORMALIZATION_BATCH] = "batch",
        [NNFS_NORMALIZATION_LAYER] = "layer",
    };
    if ((size_t)which < sizeof names / sizeof *names) {
        return names[which];
    }
    return NULL;
}

static const setting_range range_members = {"1 to 256", 1.0, 256.0, false, false};
static const setting_range range_embedding = {"1 to 1024", 1.0, 1024.0, false, false};

#define FIELD(structure, ctype, kind, of)                                         \
    .about.name = #of, .about.type = NNFS_SETTING_##kind, .field = FIELD_##ctype, \
    .offset = offsetof(structure, of)

/* ---- Networks ---- */

#define NETWORK(ctype, kind, of) \
    FIELD(nnfs_network, ctype, kind, of), .given = offsetof(nnfs_network_settings, of)

static const setting network_rows[] = {
    /* A model file has these two in one text: loss_text.h. */
    {
        NETWORK(ENUM, NAME, loss),
        .about.option = "loss",
        .names = loss_name,
        .initial = NNFS_CROSS_ENTROPY,
    },
    {
        NETWORK(FLOAT, NUMBER, quantile),
        .about.option = "loss",
        .initial = 0.5,
        .range = &range_between,
        .users = "loss",
        .uses = {[NNFS_QUANTILE] = USED(0.5)},
    },
    {
        NETWORK(FLOAT, NUMBER, input_dropout),
        .about.option = "input-dropout",
        .range = &range_fraction,
        .later = true,
    },
    {
        NETWORK(INT, WHOLE, members),
        .about.option = "members",
        .initial = 1,
        .range = &range_members,
        .later = true,
    },
};

/* ---- Layers ---- */

#define LAYER(ctype, kind, of) FIELD(network_layer, ctype, kind, of)
/* The public structure has a list of these. */
#define LAYER_LIST(ctype, kind, of) \
    LAYER(ctype, kind, of), .given = offsetof(nnfs_network_settings, of)

static const setting layer_rows[] = {
    {
        .about.name = "width",
        .about.type = NNFS_SETTING_WHOLE,
        .about.option = "hidden",
        .field = FIELD_INT,
        .offset = offsetof(network_layer, out),
        .range = &range_from_1,
    },
    {
        LAYER(ENUM, NAME, activation),
        .about.option = "activation",
        .names = activation_name,
        .initial = NNFS_IDENTITY,
    },
    {
        LAYER_LIST(ENUM, NAME, normalization),
        .about.option = "normalization",
        .names = normalization_name,
        .initial = NNFS_NORMALIZATION_NONE,
        .later = true,
    },
    {
        LAYER_LIST(FLOAT, NUMBER, dropout),
        .about.option = "dropout",
        .range = &range_fraction,
        .later = true,
    },
};

/* ---- Embeddings ---- */

#define EMBEDDING(ctype, kind, of) FIELD(nnfs_embedding, ctype, kind, of)

static const setting vector_rows[] = {
    {
        EMBEDDING(ENUM, NAME, kind),
        .about.option = "embedding",
        .names = embedding_name,
    },
    {
        EMBEDDING(INT, WHOLE, width),
        .about.option = "embedding",
        .range = &range_embedding,
    },
    {
        EMBEDDING(INT, WHOLE, bins),
        .about.option = "embedding",
        .range = &range_embedding,
        .users = "kind",
        .uses = {[NNFS_EMBEDDING_PIECEWISE] = USED(0.0)},
        .later = true,
    },
    {
        EMBEDDING(INT, WHOLE, frequencies),
        .about.option = "embedding",
        .range = &range_embedding,
        .users = "kind",
        .uses = {[NNFS_EMBEDDING_PERIODIC] = USED(0.0)},
        .later = true,
    },
    /* Of the first weights, as init_settings are. */
    {
        EMBEDDING(FLOAT, NUMBER, sigma),
        .initial = 1,
        .range = &range_positive,
        .users = "kind",
        .uses = {[NNFS_EMBEDDING_PERIODIC] = USED(1.0)},
    },
};

/* ---- The first weights ---- */

#define INIT(ctype, kind, of) FIELD(nnfs_network_settings, ctype, kind, of)

static const setting init_rows[] = {
    {INIT(ENUM, NAME, init), .names = init_name, .initial = NNFS_INIT_DEFAULT},
    {
        INIT(FLOAT, NUMBER, init_scale),
        .range = &range_positive,
        .users = "init",
        .uses = {[NNFS_INIT_NORMAL] = USED(0.0), [NNFS_INIT_UNIFORM] = USED(0.0)},
    },
    {INIT(UINT64, WHOLE, seed), .initial = 1, .range = &range_any},
};

#define TABLE(what, rows)                             \
    {                                                 \
        (what), (rows), sizeof(rows) / sizeof *(rows) \
    }

const setting_table network_settings = TABLE("setting", network_rows);
const setting_table layer_settings = TABLE("setting", layer_rows);
const setting_table embedding_settings = TABLE("setting", vector_rows);
const setting_table init_settings = TABLE("setting", init_rows);

/* ---- The public structure ---- */

void nnfs_network_settings_init(nnfs_network_settings *settings)
{
    if (!settings) {
        return;
    }
    *settings = (nnfs_network_settings){.inputs = 0};
    settings_init(&init_settings, settings);
    for (size_t i = 0; i < network_settings.count; i++) {
        setting given = network_rows[i];
        given.offset = given.given;
        setting_store_number(&given, settings, given.initial);
    }
}

/* Takes the value of a layer from each list that the public structure has. */
static void take_lists(network_layer *layer, int index, const nnfs_network_settings *settings)
{
    for (size_t i = 0; i < layer_settings.count; i++) {
        const setting *row = &layer_rows[i];
        size_t size = setting_size(row);
        const char *list = NULL;
        if (row->given > 0) {
            memcpy(&list, (const char *)settings + row->given, sizeof list);
        }
        if (list) {
            memcpy((char *)layer + row->offset, list + (size_t)index * size, size);
        }
    }
}

void network_take_settings(nnfs_network *network, const nnfs_network_settings *settings)
{
    network->inputs = settings->inputs;
    for (size_t i = 0; i < network_settings.count; i++) {
        const setting *row = &network_rows[i];
        memcpy((char *)network + row->offset, (const char *)settings + row->given,
               setting_size(row));
    }
    for (int i = 0; i < network->layer_count; i++) {
        network->layers[i].out = settings->layers[i].width;
        network->layers[i].activation = settings->layers[i].activation;
        take_lists(&network->layers[i], i, settings);
    }
}
