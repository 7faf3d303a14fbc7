/*
 * Splits and folds: which samples are held out. A random permutation puts the samples in an order;
 * how many each class gives is decided before anybody looks at it. Numbers are one class.
 */
#include "data/dataset.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct partition {
    const nnfs_dataset *dataset;
    int classes;
    uint32_t *order;     /* [samples] a random permutation; then the held out, and the rest */
    unsigned char *held; /* [samples] 1: held out */
    int64_t *counts;     /* [classes] samples */
    int64_t *places;     /* [classes] how many the class still gives, or its next place */
} partition;

static void partition_free(partition *p)
{
    memory_free(p->order);
    memory_free(p->held);
    memory_free(p->counts);
    memory_free(p->places);
}

static int class_of(const partition *p, int64_t sample)
{
    const int32_t *labels = p->dataset->storage.labels;
    if (!labels) {
        return 0;
    }
    return labels[dataset_row(p->dataset, sample)];
}

static nnfs_status partition_create(const nnfs_dataset *dataset, uint64_t seed, partition *p,
                                    nnfs_error *error)
{
    size_t samples = (size_t)dataset->samples;
    int classes = 1;
    if (dataset->storage.labels) {
        classes = dataset->storage.classes;
    }
    *p = (partition){.dataset = dataset,
                     .classes = classes,
                     .order = memory_alloc(samples, sizeof *p->order),
                     .held = memory_alloc_zeroed(samples, 1),
                     .counts = memory_alloc_zeroed((size_t)classes, sizeof *p->counts),
                     .places = memory_alloc_zeroed((size_t)classes, sizeof *p->places)};
    if (!p->order || !p->held || !p->counts || !p->places) {
        partition_free(p);
        return fail_memory(error, size_mul(samples, sizeof *p->order + 1), "a split");
    }
    random_permutation((random_key){seed, RANDOM_SPLIT}, 0, p->order, (uint32_t)samples);
    for (int64_t i = 0; i < dataset->samples; i++) {
        p->counts[class_of(p, i)]++;
    }
    return NNFS_OK;
}

/* Both parts keep the samples in their stored order, which walks memory forward. */
static nnfs_status make_parts(partition *p, nnfs_dataset **rest, nnfs_dataset **held_out,
                              nnfs_error *error)
{
    int64_t samples = p->dataset->samples;
    int64_t held = 0;
    for (int64_t i = 0; i < samples; i++) {
        held += p->held[i];
    }
    int64_t next_held = 0;
    int64_t next_rest = held;
    for (int64_t i = 0; i < samples; i++) {
        p->order[p->held[i] ? next_held++ : next_rest++] = (uint32_t)i;
    }
    *held_out = dataset_subset(p->dataset, p->order, held);
    *rest = dataset_subset(p->dataset, p->order + held, samples - held);
    if (!*rest || !*held_out) {
        nnfs_dataset_free(*rest);
        nnfs_dataset_free(*held_out);
        *rest = *held_out = NULL;
        return fail_memory(error, size_mul((size_t)samples, sizeof *p->order), "a split");
    }
    return NNFS_OK;
}

/* ---- A share ---- */

/* What is left of a class's share when whole samples are taken. */
typedef struct class_share {
    double remainder;
    int class;
} class_share;

/* The largest first; of equal ones the first class. */
static int compare_remainders(const void *left, const void *right)
{
    const class_share *a = left;
    const class_share *b = right;
    if (a->remainder != b->remainder) {
        return (a->remainder < b->remainder) - (a->remainder > b->remainder);
    }
    return (a->class > b->class) - (a->class < b->class);
}

/*
 * One more sample of each class in turn that then still keeps `keep` of them, until there are
 * `left`. Returns how many could not be had.
 */
static int64_t take_one_each(partition *p, const class_share *order, int64_t left, int64_t keep)
{
    for (int i = 0; i < p->classes && left > 0; i++) {
        int class = order[i].class;
        if (p->places[class] < p->counts[class] - keep) {
            p->places[class]++;
            left--;
        }
    }
    return left;
}

/*
 * How many each class gives of `count` in all, by the largest remainders: its share rounded down,
 * and one more where most is left. Each keeps one as long as the others can give instead.
 */
static void fill_places(partition *p, double share, int64_t count, class_share *order)
{
    int64_t left = count;
    for (int i = 0; i < p->classes; i++) {
        double wanted = share * (double)p->counts[i];
        int64_t most = 0;
        if (p->counts[i] > 0) {
            most = p->counts[i] - 1;
        }
        p->places[i] = (int64_t)wanted < most ? (int64_t)wanted : most;
        order[i] = (class_share){wanted - (double)p->places[i], i};
        left -= p->places[i];
    }
    qsort(order, (size_t)p->classes, sizeof *order, compare_remainders);
    int64_t keep = 1;
    while (left > 0) {
        int64_t before = left;
        left = take_one_each(p, order, left, keep);
        if (left == before) {
            keep = 0;
        }
    }
}

nnfs_status nnfs_dataset_split(const nnfs_dataset *dataset, double share, uint64_t seed,
                               nnfs_dataset **rest, nnfs_dataset **held_out, nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (!rest) {
        return fail_null(error, "rest");
    }
    if (!held_out) {
        return fail_null(error, "held_out");
    }
    *rest = *held_out = NULL;
    int64_t samples = dataset->samples;
    if (!(share > 0.0 && share < 1.0) || samples < 2) {
        return fail(
            error, NNFS_ERROR_ARGUMENT,
            "a share between 0 and 1 of at least 2 samples can be split off, not %g of %lld", share,
            (long long)samples);
    }
    int64_t count = llround(share * (double)samples);
    if (count < 1) {
        count = 1;
    } else if (count >= samples) {
        count = samples - 1;
    }
    partition p;
    nnfs_status status = partition_create(dataset, seed, &p, error);
    if (status != NNFS_OK) {
        return status;
    }
    class_share *order = memory_alloc((size_t)p.classes, sizeof *order);
    if (order) {
        fill_places(&p, share, count, order);
        for (int64_t i = 0; i < samples; i++) {
            int class = class_of(&p, p.order[i]);
            p.held[p.order[i]] = p.places[class] > 0;
            p.places[class] -= p.places[class] > 0;
        }
        status = make_parts(&p, rest, held_out, error);
    } else {
        status = fail_memory(error, size_mul((size_t)p.classes, sizeof *order), "a split");
    }
    memory_free(order);
    partition_free(&p);
    return status;
}

/* ---- Folds ---- */

nnfs_status nnfs_dataset_fold(const nnfs_dataset *dataset, int folds, int fold, uint64_t seed,
                              nnfs_dataset **rest, nnfs_dataset **held_out, nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (!rest) {
        return fail_null(error, "rest");
    }
    if (!held_out) {
        return fail_null(error, "held_out");
    }
    *rest = *held_out = NULL;
    if (folds < 2 || folds > dataset->samples || fold < 0 || fold >= folds) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "there is no fold %d of %d of %lld samples: 2 to as many as there are samples, "
                    "counted from 0",
                    fold, folds, (long long)dataset->samples);
    }
    partition p;
    nnfs_status status = partition_create(dataset, seed, &p, error);
    if (status != NNFS_OK) {
        return status;
    }
    /* Class after class, each in random order, the samples are dealt to the folds in turn. */
    for (int i = 1; i < p.classes; i++) {
        p.places[i] = p.places[i - 1] + p.counts[i - 1];
    }
    for (int64_t i = 0; i < dataset->samples; i++) {
        p.held[p.order[i]] = p.places[class_of(&p, p.order[i])]++ % folds == fold;
    }
    status = make_parts(&p, rest, held_out, error);
    partition_free(&p);
    return status;
}
