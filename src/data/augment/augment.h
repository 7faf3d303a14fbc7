/*
 * Augmentation: random distortions of pictures, anew for each epoch and sample. Every number is
 * drawn from Philox by (seed, epoch, sample), so the pictures depend neither on threads nor on when
 * a run was resumed.
 *
 * A specification is a list of augmentations, each with settings of its own:
 *
 *   list     = item {"," item}
 *   item     = NAME | NAME ":" setting | setting
 *   setting  = KEY ["@" CLASS] "=" NUMBER
 *
 * A setting without a name belongs to the augmentation before it: "elastic:sigma=6,alpha=36,flip"
 * is elastic with two settings, then flip. KEY@CLASS holds for the samples of one class (its index
 * from 0): "affine:rotate=15,rotate@1=7.5,rotate@7=7.5".
 *
 * elastic, affine, shift and flip move pixels. Together they are one map from the positions of the
 * new picture to those of the old one, x' = A x + offset + field(x), and the picture is
 * interpolated once, bilinearly; outside of the picture all is 0. Then cutout and noise change
 * pixels, in the list's order.
 */
#ifndef NNFS_DATA_AUGMENT_AUGMENT_H
#define NNFS_DATA_AUGMENT_AUGMENT_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

typedef struct augment augment;

/*
 * For pictures of that layout, of `classes` classes (0: numbers). Errors: ARGUMENT (a specification
 * that is wrong, no pictures, or larger than 16,384 pixels a side), MEMORY.
 */
nnfs_status augment_create(const char *specification, nnfs_image_layout layout, int classes,
                           uint64_t seed, augment **made, nnfs_error *error);
void augment_free(augment *what);

/* Floats of scratch that augment_apply needs; the scratch begins on a cache line. */
size_t augment_scratch_floats(const augment *what);

/*
 * Distorts one picture: in and out [height x width x channels] as the layout says, values as a
 * network sees them; they may be the same. `sample` identifies the sample in the whole dataset, of
 * any order of the epoch; label is its class, or -1. Nothing is allocated, and any number of
 * threads may call at once, each with its own scratch.
 */
void augment_apply(const augment *what, uint32_t epoch, uint64_t sample, int label, const float *in,
                   float *out, float *scratch);

/*
 * mixup (Zhang et al. 2018): which of `count` samples this one is mixed with, and the weight of the
 * sample itself, 0.5 to 1; 1 without mixup. Whoever gathers a batch applies both distortions, mixes
 * the pictures with augment_mix, and takes as loss
 *
 *   weight * loss(output, target) + (1 - weight) * loss(output, partner's target),
 *
 * which for cross entropy is the loss for the mixed distribution, and whose gradient with
 * respect to the logits is softmax(z) - weight * onehot(label) - (1 - weight) * onehot(partner's
 * label). The weight is Beta(alpha, alpha), of which the larger of w and 1 - w is taken: both
 * give the same pairs.
 */
uint64_t augment_partner(const augment *what, uint32_t epoch, uint64_t sample, uint64_t count,
                         float *weight);

/* Whether augment_partner ever returns a weight below 1. */
bool augment_mixes(const augment *what);

/* picture = weight * picture + (1 - weight) * partner. */
void augment_mix(const augment *what, float weight, const float *partner, float *picture);

#endif
