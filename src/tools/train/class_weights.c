/* How much the samples of each class count in training. */
#include "train/class_weights.h"

#include "common/class_names.h"
#include "common/exit.h"
#include "common/options.h"
#include "common/suggest.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of the list: its name, which ends at the last '=' of the item, and its number. */
typedef struct weight_item {
    char *text; /* the item's own memory */
    char *name; /* NULL for a number alone */
    double weight;
} weight_item;

static bool is_balanced(const char *text)
{
    return strcmp(text, "balanced") == 0;
}

/* Reads the next item; the caller frees its text. */
static weight_item next_item(const char **text)
{
    const char *at;
    size_t length = list_next(text, &at);
    weight_item item = {.text = strndup(at, length)};
    if (!item.text) {
        cli_message("out of memory");
        cli_exit(EXIT_CANNOT_RUN);
    }
    char *equals = strrchr(item.text, '=');
    const char *number = item.text;
    if (equals) {
        *equals = '\0';
        item.name = item.text;
        number = equals + 1;
    }
    item.weight = option_number("--class-weight", number, NUMBER_NOT_NEGATIVE);
    return item;
}

void class_weights_check(const char *text)
{
    int named = 0;
    int count = list_count(text);
    suggestion nearest = {.text = text};
    suggestion_consider(&nearest, "balanced");
    if (is_balanced(text)) {
        return;
    }
    if (nearest.name) {
        usage_error("--class-weight: '%s' is no number; did you mean 'balanced'?", text);
    }
    for (int i = 0; i < count; i++) {
        weight_item item = next_item(&text);
        named += item.name != NULL;
        free(item.text);
    }
    if (named != 0 && named != count) {
        usage_error(
            "--class-weight: either a number for each class, or NAME=NUMBER for each named");
    }
}

/* Those named get theirs, all others 1; without names each gets its own. */
static nnfs_status read_weights(const char *text, const nnfs_dataset *data, double *weights,
                                nnfs_error *error)
{
    int classes = nnfs_dataset_classes(data);
    int count = list_count(text);
    if (!strchr(text, '=') && count != classes) {
        return set_error(error, NNFS_ERROR_ARGUMENT, "--class-weight: %d number%s for %d classes",
                         count, text_plural(count), classes);
    }
    for (int i = 0; i < classes; i++) {
        weights[i] = 1.0;
    }
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < count; i++) {
        weight_item item = next_item(&text);
        int index = i;
        if (item.name) {
            status = class_find(data, "--class-weight", item.name, &index, error);
        }
        if (status == NNFS_OK) {
            weights[index] = item.weight;
        }
        free(item.text);
    }
    return status;
}

nnfs_status class_weights_apply(const char *text, nnfs_dataset *data, nnfs_error *error)
{
    int classes = nnfs_dataset_classes(data);
    if (classes == 0) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "--class-weight is for classes, and the targets are numbers");
    }
    if (is_balanced(text)) {
        return nnfs_dataset_set_class_weights(data, NULL, error);
    }
    double *weights = calloc((size_t)classes, sizeof *weights);
    if (!weights) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = read_weights(text, data, weights, error);
    if (status == NNFS_OK) {
        status = nnfs_dataset_set_class_weights(data, weights, error);
    }
    free(weights);
    return status;
}
