/* Refuses targets that nothing can be learned from, before a network is made for them. */
#include "data/dataset.h"

#include "base/memory.h"
#include "base/words.h"

#include <string.h>

enum { FEWEST_SAMPLES = 20 }; /* fewer cannot tell names of rows from classes */

static nnfs_status check_classes(const nnfs_dataset *dataset, nnfs_error *error)
{
    const dataset_storage *storage = &dataset->storage;
    int64_t *counts = memory_alloc_zeroed((size_t)storage->classes, sizeof *counts);
    if (!counts) {
        return fail_memory(error, size_mul((size_t)storage->classes, sizeof *counts), "classes");
    }
    nnfs_dataset_class_samples(dataset, counts);
    int present = 0;
    int last = 0;
    int64_t singles = 0;
    for (int i = 0; i < storage->classes; i++) {
        present += counts[i] > 0;
        if (counts[i] > 0) {
            last = i;
        }
        singles += counts[i] == 1;
    }
    memory_free(counts);
    if (present < 2) {
        const char *name = nnfs_dataset_class_name(dataset, last);
        return fail(error, NNFS_ERROR_DATA,
                    "the target has one class only, '%.60s': nothing to learn", text_or(name, ""));
    }
    bool text = storage->schema && storage->schema->target_kind == NNFS_COLUMN_CATEGORY;
    if (text && dataset->samples >= FEWEST_SAMPLES && singles > dataset->samples / 2) {
        return fail(error, NNFS_ERROR_DATA,
                    "the target is text with %d different values in %lld rows, which are no "
                    "classes; choose another column with --target",
                    present, (long long)dataset->samples);
    }
    return NNFS_OK;
}

/* Whether target `index` has the same value in every sample. */
static bool is_constant(const nnfs_dataset *dataset, int index)
{
    size_t outputs = (size_t)dataset->storage.target_count;
    const float *y = dataset->storage.targets + index;
    float first = y[dataset_row(dataset, 0) * outputs];
    for (int64_t i = 1; i < dataset->samples; i++) {
        if (y[dataset_row(dataset, i) * outputs] != first) {
            return false;
        }
    }
    return true;
}

nnfs_status nnfs_dataset_check_targets(const nnfs_dataset *dataset, nnfs_error *error)
{
    if (dataset->storage.labels) {
        return check_classes(dataset, error);
    }
    for (int i = 0; dataset->storage.targets && i < dataset->storage.target_count; i++) {
        if (!is_constant(dataset, i)) {
            return NNFS_OK;
        }
    }
    if (dataset->storage.targets) {
        return fail(error, NNFS_ERROR_DATA,
                    "the target has the same value in every row: nothing to "
                    "learn");
    }
    return NNFS_OK;
}
