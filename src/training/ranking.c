/* Samples ranked by their scores, and the thresholds between them. */
#include "training/ranking.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <math.h>
#include <string.h>

/* ---- Keys ---- */

/* Unsigned numbers in the order of the floats, which are not NaN: the sign turned over, and of
 * negative ones all bits. Both zeros are one. */
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

static float score_of(uint32_t key)
{
    uint32_t bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;
    float score;
    memcpy(&score, &bits, sizeof score);
    return score;
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

nnfs_status ranking_create(const float *scores, const int32_t *labels, int64_t samples,
                           ranking *made, nnfs_error *error)
{
    uint32_t *room = memory_alloc((size_t)samples, sizeof *room);
    *made = (ranking){.keys = memory_alloc((size_t)samples, sizeof *made->keys), .ordered = true};
    if (!made->keys || !room) {
        memory_free(room);
        return fail_memory(error, size_mul((size_t)samples, 2 * sizeof *room), "scores");
    }
    int64_t ones = samples;
    for (int64_t i = 0; i < samples; i++) {
        made->ordered = made->ordered && !isnan(scores[i]);
        made->keys[labels[i] ? --ones : made->zeros++] = key_of(scores[i]);
    }
    made->ones = made->ones_left = samples - made->zeros;
    made->zeros_left = made->zeros;
    sort_keys(made->keys, made->zeros, room);
    sort_keys(made->keys + made->zeros, made->ones, room);
    memory_free(room);
    return NNFS_OK;
}

void ranking_free(ranking *ranked)
{
    memory_free(ranked->keys);
    ranked->keys = NULL;
}

bool ranking_next(ranking *ranked, nnfs_threshold *level)
{
    const uint32_t *zeros = ranked->keys;
    const uint32_t *ones = ranked->keys + ranked->zeros;
    uint32_t zero = 0;
    if (ranked->zeros_left > 0) {
        zero = zeros[ranked->zeros_left - 1];
    }
    uint32_t one = 0;
    if (ranked->ones_left > 0) {
        one = ones[ranked->ones_left - 1];
    }
    uint32_t key = MAX(zero, one);
    if (ranked->zeros_left + ranked->ones_left == 0) {
        return false;
    }
    while (ranked->zeros_left > 0 && zeros[ranked->zeros_left - 1] == key) {
        ranked->zeros_left--;
    }
    while (ranked->ones_left > 0 && ones[ranked->ones_left - 1] == key) {
        ranked->ones_left--;
    }
    *level = (nnfs_threshold){.score = score_of(key),
                              .true_positives = ranked->ones - ranked->ones_left,
                              .false_positives = ranked->zeros - ranked->zeros_left};
    return true;
}

/* ---- Thresholds ---- */

double threshold_precision(const nnfs_threshold *at)
{
    int64_t chosen = at->true_positives + at->false_positives;
    if (chosen > 0) {
        return (double)at->true_positives / (double)chosen;
    }
    return 0.0;
}

nnfs_status nnfs_thresholds(const float *scores, const int32_t *labels, int64_t samples,
                            nnfs_threshold *thresholds, int64_t *count, nnfs_error *error)
{
    if (!scores || !labels || !thresholds || !count) {
        return fail_null(error, "scores, labels, thresholds or count");
    }
    if (samples < 0) {
        return fail(error, NNFS_ERROR_ARGUMENT, "thresholds need 0 or more samples");
    }
    for (int64_t i = 0; i < samples; i++) {
        if (isnan(scores[i]) || labels[i] < 0 || labels[i] > 1) {
            return fail(error, NNFS_ERROR_DATA, "%s of sample %lld is not %s",
                        isnan(scores[i]) ? "the score" : "the label", (long long)i,
                        isnan(scores[i]) ? "a number" : "0 or 1");
        }
    }
    ranking ranked;
    int64_t made = 0;
    nnfs_status status = ranking_create(scores, labels, samples, &ranked, error);
    if (status == NNFS_OK) {
        while (ranking_next(&ranked, &thresholds[made])) {
            made++;
        }
        *count = made;
    }
    ranking_free(&ranked);
    return status;
}

nnfs_threshold nnfs_threshold_for_f1(const nnfs_threshold *thresholds, int64_t count)
{
    nnfs_threshold best = {.score = INFINITY};
    double best_f1 = 0.0;
    int64_t positives = 0;
    if (count > 0) {
        positives = thresholds[count - 1].true_positives;
    }
    for (int64_t i = 0; i < count; i++) {
        const nnfs_threshold *at = &thresholds[i];
        double f1 = 2.0 * (double)at->true_positives /
                    (double)(positives + at->true_positives + at->false_positives);
        if (f1 > best_f1) {
            best = *at;
            best_f1 = f1;
        }
    }
    return best;
}

nnfs_threshold nnfs_threshold_for_costs(const nnfs_threshold *thresholds, int64_t count,
                                        double false_positive, double false_negative)
{
    nnfs_threshold best = {.score = INFINITY};
    int64_t positives = 0;
    if (count > 0) {
        positives = thresholds[count - 1].true_positives;
    }
    double least = false_negative * (double)positives;
    for (int64_t i = 0; i < count; i++) {
        const nnfs_threshold *at = &thresholds[i];
        double cost = false_positive * (double)at->false_positives +
                      false_negative * (double)(positives - at->true_positives);
        if (cost < least) {
            best = *at;
            least = cost;
        }
    }
    return best;
}
