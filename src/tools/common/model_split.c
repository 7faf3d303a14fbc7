/* A model's training data and what was held out of them. */
#include "common/model_split.h"

#include "common/exit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- A hash of samples ---- */

enum { BLOCK = 4096 }; /* samples at a time */

/* FNV-1a (Fowler, Noll, Vo) over 32-bit words. */
static uint64_t hash_words(uint64_t hash, const void *words, size_t count)
{
    const unsigned char *at = words;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, at + i * sizeof word, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static bool is_called(const nnfs_dataset *data, int column, const char *name)
{
    const char *own = nnfs_dataset_column(data, column).name;
    return own && strcmp(own, name) == 0;
}

/* The column of that name, which usually is `at`. */
static int find_column(const nnfs_dataset *data, int at, const char *name)
{
    if (!name || is_called(data, at, name)) {
        return at;
    }
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        if (is_called(data, i, name)) {
            return i;
        }
    }
    return at;
}

/* The columns of `data` that become inputs, in the order of the preprocessing; returns how many. */
static int list_columns(const nnfs_dataset *data, const nnfs_preprocessing *preprocessing,
                        int *columns)
{
    int count = 0;
    for (int i = 0; i < nnfs_preprocessing_columns(preprocessing); i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        if (encoding.inputs > 0) {
            columns[count++] = find_column(data, encoding.column, encoding.name);
        }
    }
    return count;
}

static uint64_t hash_cells(const nnfs_dataset *data, const int *columns, int count, uint64_t hash)
{
    for (int64_t i = 0; i < nnfs_dataset_samples(data); i++) {
        for (int j = 0; j < count; j++) {
            float cell = nnfs_dataset_cell(data, i, columns[j]);
            if (isnan(cell)) {
                cell = 1e38f; /* one pattern for every NaN */
            }
            hash = hash_words(hash, &cell, 1);
        }
    }
    return hash;
}

static nnfs_status hash_targets(const nnfs_dataset *data, uint64_t *hash, nnfs_error *error)
{
    bool classes = nnfs_dataset_classes(data) > 0;
    size_t words = 1;
    if (!classes) {
        words = (size_t)nnfs_dataset_outputs(data);
    }
    void *targets = calloc(words, BLOCK * sizeof(float));
    if (!targets) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    int64_t samples = nnfs_dataset_samples(data);
    nnfs_status status = NNFS_OK;
    for (int64_t first = 0; status == NNFS_OK && first < samples; first += BLOCK) {
        int64_t count = BLOCK;
        if (samples - first < BLOCK) {
            count = samples - first;
        }
        status = nnfs_dataset_copy(data, first, count, NULL, classes ? targets : NULL,
                                   classes ? NULL : targets, error);
        *hash = hash_words(*hash, targets, words * (size_t)count);
    }
    free(targets);
    return status;
}

nnfs_status samples_hash(const nnfs_dataset *data, const nnfs_preprocessing *preprocessing,
                         uint64_t *hash, nnfs_error *error)
{
    if (!preprocessing || nnfs_dataset_columns(data) == 0) {
        *hash = nnfs_dataset_hash(data);
        return NNFS_OK;
    }
    int *columns = calloc((size_t)nnfs_preprocessing_columns(preprocessing) + 1, sizeof *columns);
    if (!columns) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    int count = list_columns(data, preprocessing, columns);
    *hash = hash_cells(data, columns, count, UINT64_C(0xcbf29ce484222325));
    free(columns);
    return hash_targets(data, hash, error);
}

/* ---- The splits ---- */

void model_splits_free(model_splits *splits)
{
    nnfs_dataset_free(splits->train);
    nnfs_dataset_free(splits->test);
    nnfs_dataset_free(splits->validation);
    *splits = (model_splits){.train = NULL};
}

static double share_of(const nnfs_network *network, const char *key)
{
    const char *text = nnfs_network_note(network, key);
    double share = 0.0;
    if (text) {
        share = strtod(text, NULL);
    }
    if (share > 0.0 && share < 1.0) {
        return share;
    }
    return 0.0;
}

static nnfs_status compare(const nnfs_network *network, const nnfs_dataset *data, bool *same,
                           nnfs_error *error)
{
    char text[17];
    uint64_t hash = 0;
    const char *noted = nnfs_network_note(network, NOTE_SAMPLES_HASH);
    nnfs_status status = samples_hash(data, nnfs_network_preprocessing(network), &hash, error);
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    *same = status == NNFS_OK && noted && strcmp(noted, text) == 0;
    return status;
}

/* Test data are held out first, validation data of the rest, as in nnfs-train. */
static nnfs_status split(const nnfs_network *network, const nnfs_dataset *all, model_splits *splits,
                         nnfs_error *error)
{
    const char *seed = nnfs_network_note(network, "seed");
    const struct {
        double share;
        nnfs_dataset **part;
    } held[] = {{share_of(network, NOTE_TEST_SHARE), &splits->test},
                {share_of(network, NOTE_VALIDATION_SHARE), &splits->validation}};
    nnfs_status status = NNFS_OK;
    for (size_t i = 0; status == NNFS_OK && i < sizeof held / sizeof *held; i++) {
        if (held[i].share == 0.0) {
            continue;
        }
        nnfs_dataset *rest = NULL;
        status =
            nnfs_dataset_split(splits->train ? splits->train : all, held[i].share,
                               seed ? strtoull(seed, NULL, 10) : 1, &rest, held[i].part, error);
        nnfs_dataset_free(splits->train);
        splits->train = rest;
    }
    return status;
}

nnfs_status model_split(const nnfs_network *network, const nnfs_dataset *all, model_splits *splits,
                        bool *same, nnfs_error *error)
{
    nnfs_error found = {.status = NNFS_OK};
    *splits = (model_splits){.train = NULL};
    *same = false;
    if (!nnfs_network_note(network, NOTE_SAMPLES_HASH)) {
        return NNFS_OK;
    }
    nnfs_status status = split(network, all, splits, &found);
    if (status == NNFS_OK) {
        status = compare(network, splits->train ? splits->train : all, same, &found);
    }
    if (!*same) {
        model_splits_free(splits);
    }
    if (status == NNFS_ERROR_MEMORY) {
        return set_error(error, status, "%s", found.message);
    }
    return NNFS_OK; /* too few samples to be split are other data */
}
