/* What a dataset's classes are called and how many samples they have. */
#include "data/dataset.h"

#include "base/memory.h"

#include <stdio.h>

int nnfs_dataset_has_targets(const nnfs_dataset *dataset)
{
    return dataset->parts.labels || dataset->parts.targets;
}

void nnfs_dataset_class_samples(const nnfs_dataset *dataset, int64_t *counts)
{
    for (int i = 0; i < dataset->parts.classes; i++) {
        counts[i] = 0;
    }
    for (int64_t i = 0; dataset->parts.labels && i < dataset->samples; i++) {
        counts[dataset->parts.labels[dataset_row(dataset, i)]]++;
    }
}

/* ---- Names ---- */

enum { numeral_bytes = 12 };

/* "0", "1", ... [classes x numeral_bytes]; NULL: no memory. */
static char *make_numerals(int classes)
{
    char *numerals = memory_alloc((size_t)classes, numeral_bytes);
    for (int i = 0; numerals && i < classes; i++) {
        (void)snprintf(numerals + (size_t)i * numeral_bytes, numeral_bytes, "%d", i);
    }
    return numerals;
}

const char *nnfs_dataset_class_name(const nnfs_dataset *dataset, int index)
{
    const dataset_parts *parts = &dataset->parts;
    if (index < 0 || index >= parts->classes) {
        return NULL;
    }
    if (parts->schema && parts->schema->class_names) {
        return parts->schema->class_names[index];
    }
    if (!dataset->numerals) {
        /* Made when first wanted, because few ask and there may be many. Datasets are never constant
         * themselves. */
        ((nnfs_dataset *)(uintptr_t)dataset)->numerals = make_numerals(parts->classes);
    }
    return dataset->numerals ? dataset->numerals + (size_t)index * numeral_bytes : "";
}
