/* The metrics of classes. */
#include "training/metrics.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* ---- Chosen classes ---- */

/* How often a class was right, was there, and was chosen. */
typedef struct class_counts {
    int64_t right, there, chosen;
} class_counts;

nnfs_status metrics_of_classes(const int32_t *chosen, const int32_t *labels, int64_t samples,
                               int classes, nnfs_evaluation *evaluation, nnfs_error *error)
{
    class_counts *counts = memory_alloc_zeroed((size_t)classes, sizeof *counts);
    if (!counts) {
        return fail_memory(error, size_mul((size_t)classes, sizeof *counts), "evaluation");
    }
    for (int64_t i = 0; i < samples; i++) {
        counts[labels[i]].there++;
        counts[labels[i]].right += chosen[i] == labels[i];
        if (chosen[i] < classes) {
            counts[chosen[i]].chosen++;
        }
    }
    int64_t right = 0;
    double f1 = 0.0;
    for (int i = 0; i < classes; i++) {
        /* 2 TP + FP + FN = there + chosen */
        int64_t both = counts[i].there + counts[i].chosen;
        if (both > 0) {
            f1 += 2.0 * (double)counts[i].right / (double)both;
        }
        right += counts[i].right;
    }
    evaluation->accuracy = (double)right / (double)samples;
    evaluation->macro_f1 = f1 / classes;
    memory_free(counts);
    return NNFS_OK;
}

/* ---- Scores ---- */

/* Unsigned numbers in the order of the floats, which are not NaN: the sign turned over, and of negative
 * ones all bits. Both zeros are one. */
static uint32_t key_of(float score)
{
    float zero_once = score + 0.0f;
    uint32_t bits = 0;
    memcpy(&bits, &zero_once, sizeof bits);
    if (bits & 0x80000000u) {
        return ~bits;
    }
    return bits | 0x80000000u;
}

/* Sorts by one digit, keeping the order of equal ones. */
static void sort_digit(const uint32_t *from, int64_t count, int shift, uint32_t *to)
{
    int64_t place[257] = {0};
    for (int64_t i = 0; i < count; i++) {
        place[(from[i] >> shift & 255) + 1]++;
    }
    for (int d = 0; d < 256; d++) {
        place[d + 1] += place[d];
    }
    for (int64_t i = 0; i < count; i++) {
        to[place[from[i] >> shift & 255]++] = from[i];
    }
}

static void sort_keys(uint32_t *keys, int64_t count, uint32_t *room)
{
    for (int shift = 0; shift < 32; shift += 16) {
        sort_digit(keys, count, shift, room);
        sort_digit(room, count, shift + 8, keys);
    }
}

/* Twice U: for each one, the zeros below it count 2, and those level with it 1. Both are sorted. */
static double count_pairs(const uint32_t *zeros, int64_t zero_count, const uint32_t *ones,
                          int64_t one_count)
{
    uint64_t pairs = 0; /* at most 2 * 2^31 * 2^31 */
    int64_t below = 0;
    int64_t level = 0; /* zeros up to the one's level */
    for (int64_t i = 0; i < one_count; i++) {
        while (below < zero_count && zeros[below] < ones[i]) {
            below++;
        }
        level = MAX(below, level);
        while (level < zero_count && zeros[level] == ones[i]) {
            level++;
        }
        pairs += (uint64_t)(below + level);
    }
    return (double)pairs;
}

nnfs_status metrics_roc_auc(const float *scores, const int32_t *labels, int64_t samples,
                            double *roc_auc, nnfs_error *error)
{
    uint32_t *keys = memory_alloc((size_t)samples, sizeof *keys);
    uint32_t *room = memory_alloc((size_t)samples, sizeof *room);
    nnfs_status status = NNFS_OK;
    bool numbers = true;
    int64_t zeros = 0;
    int64_t ones = samples;
    *roc_auc = (double)NAN;
    if (!keys || !room) {
        status = fail_memory(error, size_mul((size_t)samples, 2 * sizeof *keys), "evaluation");
        goto done;
    }
    for (int64_t i = 0; i < samples; i++) {
        numbers = numbers && !isnan(scores[i]);
        keys[labels[i] ? --ones : zeros++] = key_of(scores[i]);
    }
    ones = samples - zeros;
    if (numbers && zeros > 0 && ones > 0) {
        sort_keys(keys, zeros, room);
        sort_keys(keys + zeros, ones, room);
        *roc_auc =
            0.5 * count_pairs(keys, zeros, keys + zeros, ones) / ((double)zeros * (double)ones);
    }
done:
    memory_free(keys);
    memory_free(room);
    return status;
}

double metrics_log_loss(const float *probabilities, const int32_t *labels, int rows, int columns)
{
    double sum = 0.0;
    for (int j = 0; j < columns; j++) {
        const float *column = probabilities + (size_t)j * (size_t)rows;
        double p = rows > 1    ? (double)column[labels[j]]
                   : labels[j] ? (double)column[0]
                               : 1.0 - (double)column[0];
        sum -= log(p < 1e-15 ? 1e-15 : p);
    }
    return sum;
}
