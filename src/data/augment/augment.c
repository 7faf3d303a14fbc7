/* A list of augmentations, applied: first one map for all that move pixels, then
 * what changes them. */
#include "data/augment/augment.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "base/status.h"
#include "base/vector.h"
#include "data/augment/augment_parse.h"

#include <stdlib.h>
#include <string.h>

enum { UNIT_BITS = 20, SIDE_MOST = 16384 };

struct augment {
    augment_list list;
    nnfs_image_layout layout;
    random_key key;
    elastic_filter *filter;  /* of elastic, or NULL */
    const augment_op *mixup; /* or NULL */
    bool moves;              /* pixels */
    size_t scratch;          /* floats of the longest of the augmentations */
};

static augment_call call_of(const augment *what, const augment_op *op, uint32_t epoch,
                            uint64_t sample, float *scratch)
{
    return (augment_call){.layout = what->layout,
                          .key = what->key,
                          .epoch = epoch,
                          .sample = sample,
                          .first_unit = (uint32_t)(op->kind - augment_kinds) << UNIT_BITS,
                          .filter = what->filter,
                          .scratch = scratch};
}

static size_t values_of(nnfs_image_layout layout)
{
    return (size_t)layout.height * (size_t)layout.width * (size_t)layout.channels;
}

/* ---- Making ---- */

static nnfs_status check_layout(nnfs_image_layout layout, nnfs_error *error)
{
    if (layout.height < 1 || layout.width < 1 || layout.channels < 1) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "augmentation is for pictures, and these samples have no height and width");
    }
    if (layout.height > SIDE_MOST || layout.width > SIDE_MOST ||
        values_of(layout) >= 1U << UNIT_BITS) {
        return fail(error, NNFS_ERROR_ARGUMENT, "pictures of %d x %d are too large to augment",
                    layout.height, layout.width);
    }
    return NNFS_OK;
}

static nnfs_status prepare(augment *made, nnfs_error *error)
{
    for (int i = 0; i < made->list.count; i++) {
        const augment_op *op = &made->list.ops[i];
        augment_call call;
        if (op->kind == &augment_kinds[AUGMENT_ELASTIC]) {
            made->filter =
                elastic_filter_create(made->layout.height, made->layout.width, op->values[0]);
            if (!made->filter) {
                return fail_memory(error, values_of(made->layout) * sizeof(float), "a filter");
            }
        }
        if (op->kind == &augment_kinds[AUGMENT_MIXUP]) {
            made->mixup = op;
        }
        call = call_of(made, op, 0, 0, NULL);
        size_t scratch = op->kind->scratch ? op->kind->scratch(&call) : 0;
        made->scratch = MAX(scratch, made->scratch);
        made->moves = made->moves || op->kind->move;
    }
    size_t planes = size_round_up(warp_scratch_floats(made->layout), MEMORY_LINE_FLOATS);
    made->scratch = MAX(planes, made->scratch);
    return NNFS_OK;
}

nnfs_status augment_create(const char *specification, nnfs_image_layout layout, int classes,
                           uint64_t seed, augment **made, nnfs_error *error)
{
    *made = NULL;
    TRY(check_layout(layout, error));
    augment *what = calloc(1, sizeof *what);
    if (!what) {
        return fail_memory(error, sizeof *what, "augmentations");
    }
    what->layout = layout;
    what->key = (random_key){seed, RANDOM_AUGMENT};
    nnfs_status status = augment_parse(specification, classes, &what->list, error);
    if (status == NNFS_OK) {
        status = prepare(what, error);
    }
    if (status != NNFS_OK) {
        augment_free(what);
        return status;
    }
    *made = what;
    return NNFS_OK;
}

void augment_free(augment *what)
{
    if (what) {
        augment_list_free(&what->list);
        elastic_filter_free(what->filter);
        free(what);
    }
}

size_t augment_scratch_floats(const augment *what)
{
    return 2 * warp_field_floats(what->layout) + what->scratch;
}

/* ---- Applying ---- */

static void move_pixels(const augment *what, uint32_t epoch, uint64_t sample, int label,
                        const float *in, float *out, float *scratch)
{
    size_t field = warp_field_floats(what->layout);
    float *rest = scratch + 2 * field;
    warp map = {.matrix = {1.0f, 0.0f, 0.0f, 1.0f}, .dx = scratch, .dy = scratch + field};
    if (!what->filter) {
        memset(scratch, 0, 2 * field * sizeof *scratch);
    }
    for (int i = 0; i < what->list.count; i++) {
        const augment_op *op = &what->list.ops[i];
        double values[AUGMENT_PARAMETERS];
        if (op->kind->move) {
            augment_call call = call_of(what, op, epoch, sample, rest);
            augment_values(op, label, values);
            op->kind->move(&call, values, &map);
        }
    }
    warp_apply(what->layout, &map, in, out, rest);
}

void augment_apply(const augment *what, uint32_t epoch, uint64_t sample, int label, const float *in,
                   float *out, float *scratch)
{
    if (what->moves) {
        move_pixels(what, epoch, sample, label, in, out, scratch);
    } else if (in != out) {
        memcpy(out, in, values_of(what->layout) * sizeof *out);
    }
    for (int i = 0; i < what->list.count; i++) {
        const augment_op *op = &what->list.ops[i];
        double values[AUGMENT_PARAMETERS];
        if (op->kind->change) {
            augment_call call = call_of(what, op, epoch, sample, scratch);
            augment_values(op, label, values);
            op->kind->change(&call, values, out);
        }
    }
}

/* ---- Mixing ---- */

bool augment_mixes(const augment *what)
{
    return what->mixup && what->mixup->values[0] > 0.0;
}

uint64_t augment_partner(const augment *what, uint32_t epoch, uint64_t sample, uint64_t count,
                         float *weight)
{
    *weight = 1.0f;
    if (!augment_mixes(what) || count == 0) {
        return sample;
    }
    augment_call call = call_of(what, what->mixup, epoch, sample, NULL);
    random_words words = random_draw(call.key, epoch, sample, call.first_unit);
    *weight = augment_mixup_weight(&call, what->mixup->values[0]);
    if (count <= UINT32_MAX) {
        return random_below(words.word[0], (uint32_t)count);
    }
    return (words.word[0] | (uint64_t)words.word[1] << 32) % count;
}

VECTOR_CLONES
static void mix_pictures(float weight, size_t count, const float *restrict partner,
                         float *restrict picture)
{
    float rest = 1.0f - weight;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        picture[i] = weight * picture[i] + rest * partner[i];
    }
}

void augment_mix(const augment *what, float weight, const float *partner, float *picture)
{
    mix_pictures(weight, values_of(what->layout), partner, picture);
}
