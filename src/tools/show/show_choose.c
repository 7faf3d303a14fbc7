/* Which samples are shown: listed ones, or chance's choice, or those a network is wrong about. */
#include "common/bounds.h"
#include "common/class_names.h"
#include "common/exit.h"
#include "common/options.h"
#include "show/show.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists of rows ---- */

/* "17" or "100-110"; false for anything else. */
static bool read_range(const char *item, size_t length, int64_t *first, int64_t *last)
{
    char *end = NULL;
    if (length == 0 || strspn(item, "0123456789-,") < length || *item == '-') {
        return false;
    }
    errno = 0;
    *first = *last = strtoll(item, &end, 10);
    if (*end == '-') {
        const char *second = end + 1;
        *last = strtoll(second, &end, 10);
        if (end == second || *second == '-') {
            return false;
        }
    }
    return end == item + length && errno == 0 && *last >= *first;
}

enum { ROWS_MOST = 1000 };

void rows_check(const char *rows)
{
    int64_t all = 0;
    for (bool more = true; more;) {
        const char *item;
        int64_t first = 0;
        int64_t last = 0;
        size_t length = list_next(&rows, &item);
        more = item[length] == ',';
        if (!read_range(item, length, &first, &last)) {
            usage_error("--rows: '%.*s' is no row such as 17, and no range such as 100-110",
                        (int)length, item);
        }
        /* Capped before the 1 is added: a longer range must not count as exactly ROWS_MOST. */
        all += (last - first < ROWS_MOST ? last - first : ROWS_MOST) + 1;
        if (all > ROWS_MOST) {
            usage_error("--rows: more than %d are too many to look at", ROWS_MOST);
        }
    }
}

static nnfs_status listed(const show *from, int64_t *samples, int *chosen, nnfs_error *error)
{
    int64_t all = nnfs_dataset_samples(from->loaded.chosen);
    const char *rows = from->options->rows;
    while (*rows) {
        const char *item;
        int64_t first = 0;
        int64_t last = 0;
        size_t length = list_next(&rows, &item);
        (void)read_range(item, length, &first, &last);
        if (last >= all) {
            return set_error(error, NNFS_ERROR_ARGUMENT,
                             "--rows: there is no row %lld: the last of the %s is %lld",
                             (long long)last, text_count(all).text, (long long)(all - 1));
        }
        while (first <= last) {
            samples[(*chosen)++] = first++;
        }
    }
    return NNFS_OK;
}

/* ---- Candidates ---- */

/* A sample that may be shown, and how much it should be. */
typedef struct candidate {
    int64_t sample;
    double weight;
} candidate;

typedef struct candidates {
    candidate *items;
    int64_t count;
} candidates;

static nnfs_status find_class(const show *from, int *found, nnfs_error *error)
{
    if (nnfs_dataset_classes(from->loaded.chosen) == 0) {
        return set_error(error, NNFS_ERROR_ARGUMENT, "--class: the samples have no classes");
    }
    return class_find(from->loaded.chosen, "--class", from->options->class_name, found, error);
}

/* All samples, or those of the class that is wanted. */
static nnfs_status list_candidates(const show *from, candidates *list, nnfs_error *error)
{
    const nnfs_dataset *data = from->loaded.chosen;
    int64_t samples = nnfs_dataset_samples(data);
    int wanted = -1;
    if (from->options->class_name) {
        TRY(find_class(from, &wanted, error));
    }
    list->items = calloc((size_t)samples, sizeof *list->items);
    if (!list->items) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int64_t i = 0; i < samples; i++) {
        int32_t label = -1;
        if (wanted >= 0) {
            TRY(nnfs_dataset_copy(data, i, 1, NULL, &label, NULL, error));
        }
        if (label == wanted) {
            list->items[list->count++].sample = i;
        }
    }
    return NNFS_OK;
}

/* ---- By chance ---- */

/* splitmix64 (Steele et al. 2014) */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Brings a random choice of `count` to the front (Fisher and Yates). */
static void shuffle(candidates *list, int64_t count, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t other = i + (int64_t)(next_random(&seed) % (uint64_t)(list->count - i));
        candidate swapped = list->items[i];
        list->items[i] = list->items[other];
        list->items[other] = swapped;
    }
}

/* ---- Mistakes ---- */

enum { BLOCK = 8192 };

/* 0: right. Of a class the more the less probable the right one is; of numbers the error. */
static double mistake(const prediction_layout *what, const float *outputs, int32_t label,
                      const float *targets)
{
    double error = 0.0;
    if (what->classes > 0) {
        bool right = predictions_class(what->outputs, outputs, NAN) == label;
        if (right) {
            return 0.0;
        }
        return 2.0 - (double)predictions_probability(what->outputs, outputs, label);
    }
    for (int i = 0; i < what->outputs; i++) {
        error += fabs(predictions_residual(what->preprocessing, i, targets[i], outputs[i]));
    }
    return error;
}

/* How wrong the network is about each sample of a block, into `wrong` [count]. */
static nnfs_status judge_block(const show *from, int64_t first, int64_t count, float *outputs,
                               float *targets, int32_t *labels, double *wrong, nnfs_error *error)
{
    const model_data *loaded = &from->loaded;
    prediction_layout what = predictions_of(loaded->network, loaded->chosen);
    TRY(nnfs_predict_dataset(loaded->network, loaded->chosen, first, count, loaded->machine.threads,
                             outputs, error));
    TRY(nnfs_dataset_copy(loaded->chosen, first, count, NULL, what.classes > 0 ? labels : NULL,
                          what.classes > 0 ? NULL : targets, error));
    for (int64_t i = 0; i < count; i++) {
        wrong[i] =
            mistake(&what, outputs + i * what.outputs, labels[i], targets + i * what.outputs);
    }
    return NNFS_OK;
}

/* wrong [samples] */
static nnfs_status judge(const show *from, double *wrong, nnfs_error *error)
{
    size_t outputs = (size_t)nnfs_network_outputs(from->loaded.network);
    int64_t samples = nnfs_dataset_samples(from->loaded.chosen);
    float *predicted = calloc(outputs, BLOCK * sizeof *predicted);
    float *targets = calloc(outputs, BLOCK * sizeof *targets);
    int32_t *labels = calloc(BLOCK, sizeof *labels);
    nnfs_status status = NNFS_OK;
    if (!predicted || !targets || !labels || !wrong) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        goto cleanup;
    }
    for (int64_t first = 0; first < samples; first += BLOCK) {
        int64_t count = MIN(samples - first, BLOCK);
        TRY_CLEANUP(
            judge_block(from, first, count, predicted, targets, labels, wrong + first, error));
    }
cleanup:
    free(predicted);
    free(targets);
    free(labels);
    return status;
}

static int worst_first(const void *left, const void *right)
{
    const candidate *a = left;
    const candidate *b = right;
    if (a->weight != b->weight) {
        return (a->weight < b->weight) - (a->weight > b->weight);
    }
    return (a->sample > b->sample) - (a->sample < b->sample);
}

/* Keeps the candidates that the network is wrong about. */
static nnfs_status keep_mistakes(const show *from, candidates *list, nnfs_error *error)
{
    const nnfs_dataset *data = from->loaded.chosen;
    if (!nnfs_dataset_has_targets(data)) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s has no targets: what is a mistake is not known", from->loaded.path);
    }
    double *wrong = calloc((size_t)nnfs_dataset_samples(data), sizeof *wrong);
    int64_t kept = 0;
    nnfs_status status = judge(from, wrong, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    for (int64_t i = 0; i < list->count; i++) {
        candidate one = {list->items[i].sample, wrong[list->items[i].sample]};
        if (one.weight > 0.0) {
            list->items[kept++] = one;
        }
    }
    list->count = kept;
    qsort(list->items, (size_t)kept, sizeof *list->items, worst_first);
cleanup:
    free(wrong);
    return status;
}

/* ---- Either ---- */

static int by_row(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static nnfs_status choose(const show *from, int count, int64_t *samples, int *chosen,
                          nnfs_error *error)
{
    candidates list = {NULL, 0};
    nnfs_status status = list_candidates(from, &list, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    if (from->options->mistakes) {
        TRY_CLEANUP(keep_mistakes(from, &list, error));
    }
    if (list.count < count) {
        *chosen = (int)list.count;
    } else {
        *chosen = count;
    }
    if (!from->options->mistakes) {
        shuffle(&list, *chosen, from->options->seed);
    }
    for (int i = 0; i < *chosen; i++) {
        samples[i] = list.items[i].sample;
    }
    if (!from->options->mistakes) {
        qsort(samples, (size_t)*chosen, sizeof *samples, by_row);
    }
cleanup:
    free(list.items);
    return status;
}

nnfs_status choose_samples(const show *from, int count, int64_t **samples, int *chosen,
                           nnfs_error *error)
{
    int most = count;
    if (from->options->rows) {
        most = ROWS_MOST;
    }
    *chosen = 0;
    *samples = calloc((size_t)most, sizeof **samples);
    if (!*samples) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    if (from->options->rows) {
        return listed(from, *samples, chosen, error);
    }
    return choose(from, count, *samples, chosen, error);
}
