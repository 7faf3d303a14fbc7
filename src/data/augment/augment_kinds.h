/* The table of augmentations: a new one is one row. */
#ifndef NNFS_DATA_AUGMENT_AUGMENT_KINDS_H
#define NNFS_DATA_AUGMENT_AUGMENT_KINDS_H

#include "base/random.h"
#include "data/augment/elastic_field.h"
#include "data/augment/warp.h"

#include <stdbool.h>

enum { AUGMENT_PARAMETERS = 4 };

typedef struct augment_parameter {
    const char *name; /* NULL past a kind's last */
    double initial;   /* where it is not given */
    double least, most;
    bool whole;  /* takes whole numbers alone */
    bool shared; /* one value for all classes */
} augment_parameter;

/* One picture on its way: what an augmentation needs to know of it. */
typedef struct augment_call {
    nnfs_image_layout layout;
    random_key key;
    uint32_t epoch;
    uint64_t sample;
    uint32_t first_unit;          /* of this augmentation's draws */
    const elastic_filter *filter; /* of elastic */
    float *scratch;
} augment_call;

typedef struct augment_kind {
    const char *name;
    augment_parameter parameters[AUGMENT_PARAMETERS];
    /* One of them, or neither (mixup takes two samples). Values are in the parameters' order. */
    void (*move)(const augment_call *call, const double *values, warp *map);
    void (*change)(const augment_call *call, const double *values, float *picture);
    /* Floats of scratch; NULL: none. */
    size_t (*scratch)(const augment_call *call);
} augment_kind;

/* Their order is fixed, because draws depend on it: new ones go to the end. */
enum {
    AUGMENT_ELASTIC,
    AUGMENT_AFFINE,
    AUGMENT_SHIFT,
    AUGMENT_FLIP,
    AUGMENT_NOISE,
    AUGMENT_CUTOUT,
    AUGMENT_MIXUP,
    AUGMENT_KINDS,
};
extern const augment_kind augment_kinds[AUGMENT_KINDS];

/* The weight of mixup: the larger of w and 1 - w, where w is Beta(alpha, alpha). */
float augment_mixup_weight(const augment_call *call, double alpha);

#endif
