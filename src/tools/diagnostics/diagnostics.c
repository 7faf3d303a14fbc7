/* The pass over the data: blocks of predictions, handed to what counts classes or numbers. */
#include "diagnostics/diagnostics.h"

#include "common/bounds.h"
#include "common/exit.h"
#include "diagnostics/diagnostics_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

const char *diagnostics_target_name(const diagnostics *known, int index, short_text *number)
{
    const char *name = NULL;
    if (known->preprocessing) {
        name = nnfs_preprocessing_target(known->preprocessing, index).name;
    }
    (void)snprintf(number->text, sizeof number->text, "target %d", index + 1);
    if (name) {
        return name;
    }
    return number->text;
}

int64_t diagnostics_row(const diagnostics *known, int index)
{
    return nnfs_dataset_row(known->data, known->mistakes[index].sample);
}

int64_t diagnostics_wrong(const diagnostics *known)
{
    return known->samples - known->macro.right;
}

/* ---- Mistakes ---- */

void mistake_add(diagnostics *made, mistake one)
{
    int at = made->mistake_count;
    if (isnan(one.size)) {
        one.size = (double)INFINITY;
    }
    while (at > 0 && made->mistakes[at - 1].size < one.size) {
        at--;
    }
    if (at == made->mistake_most) {
        return;
    }
    int kept =
        made->mistake_count < made->mistake_most ? made->mistake_count++ : made->mistake_most - 1;
    memmove(&made->mistakes[at + 1], &made->mistakes[at],
            (size_t)(kept - at) * sizeof *made->mistakes);
    made->mistakes[at] = one;
}

/* ---- The pass ---- */

enum { BLOCK_VALUES = 1 << 20, BLOCK_MOST = 8192 };

/* Samples at a time: fewer of wide outputs. */
static int64_t block_samples(const diagnostics *made)
{
    int64_t fit = BLOCK_VALUES / made->outputs;
    int64_t most = fit < 1 ? 1 : MIN(fit, BLOCK_MOST);
    return MIN(most, made->samples);
}

static nnfs_status read_block(const ensemble *of, const diagnostics *made, int threads,
                              diagnostics_block *block, float *outputs, int32_t *labels,
                              float *targets, nnfs_error *error)
{
    block->outputs = outputs;
    block->labels = labels;
    block->targets = targets;
    TRY(ensemble_predict(of, block->first, block->count, threads, outputs, error));
    return nnfs_dataset_copy(made->data, block->first, block->count, NULL, labels, targets, error);
}

static nnfs_status pass(const ensemble *of, int threads, diagnostics *made, float *residuals,
                        nnfs_error *error)
{
    bool numbers = made->classes == 0;
    int64_t most = block_samples(made);
    size_t values = (size_t)most * (size_t)made->outputs;
    float *outputs = calloc(values, sizeof *outputs);
    float *targets = NULL;
    if (numbers) {
        targets = calloc(values, sizeof *targets);
    }
    int32_t *labels = NULL;
    if (!numbers) {
        labels = calloc((size_t)most, sizeof *labels);
    }
    nnfs_status status = NNFS_OK;
    diagnostics_block block = {.first = 0};
    if (!outputs || (!targets && !labels)) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        goto cleanup;
    }
    for (; block.first < made->samples; block.first += block.count) {
        block.count = MIN(made->samples - block.first, most);
        TRY_CLEANUP(read_block(of, made, threads, &block, outputs, labels, targets, error));
        if (numbers) {
            numbers_add(made, &block, residuals);
        } else {
            classes_add(made, &block);
        }
    }
cleanup:
    free(outputs);
    free(targets);
    free(labels);
    return status;
}

static nnfs_status measure_classes(const ensemble *of, int threads, diagnostics *made,
                                   nnfs_error *error)
{
    TRY(classes_begin(made, error));
    TRY(positive_begin(made, error));
    TRY(pass(of, threads, made, NULL, error));
    classes_end(made);
    return positive_end(made, error);
}

static nnfs_status measure_numbers(const ensemble *of, int threads, diagnostics *made,
                                   nnfs_error *error)
{
    float *residuals = NULL;
    nnfs_status status = numbers_begin(made, &residuals, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(pass(of, threads, made, residuals, error));
    numbers_end(made, residuals);
    status = numbers_look_up(of, threads, made, error);
cleanup:
    free(residuals);
    return status;
}

static bool is_probability(const nnfs_network *network)
{
    int last = nnfs_network_layer_count(network) - 1;
    nnfs_activation output = nnfs_network_layer(network, last).activation;
    return output == NNFS_SOFTMAX || output == NNFS_SIGMOID;
}

diagnostics_settings diagnostics_defaults(void)
{
    return (diagnostics_settings){.threshold = NAN, .costs = {1.0, 1.0}};
}

nnfs_status diagnostics_measure(const nnfs_network *network, const nnfs_dataset *data,
                                const diagnostics_settings *settings, diagnostics *made,
                                nnfs_error *error)
{
    const ensemble_member one = {network, data};
    return diagnostics_of_ensemble(&(ensemble){&one, 1}, settings, made, error);
}

nnfs_status diagnostics_of_ensemble(const ensemble *of, const diagnostics_settings *settings,
                                    diagnostics *made, nnfs_error *error)
{
    const nnfs_network *network = of->members[0].network;
    const nnfs_dataset *data = of->members[0].data;
    int64_t samples = nnfs_dataset_samples(data);
    int outputs = nnfs_network_outputs(network);
    int classes = nnfs_dataset_classes(data);
    int judged = classes;
    if (classes > 0) {
        judged = MAX(outputs, 2); /* one output tells two classes apart */
    }
    *made = (diagnostics){
        .settings = *settings,
        .data = data,
        .preprocessing = nnfs_network_preprocessing(network),
        .samples = samples,
        .outputs = outputs,
        .judged = classes,
        .classes = judged,
        .probabilities = is_probability(network),
        .mistake_most = (int)MIN(settings->mistakes, samples),
    };
    if (!isnan(settings->threshold) && (made->classes != 2 || !made->probabilities)) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "--threshold needs two classes with probabilities");
    }
    made->mistakes = calloc((size_t)made->mistake_most + 1, sizeof *made->mistakes);
    if (!made->mistakes) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status =
        (classes > 0 ? measure_classes : measure_numbers)(of, settings->threads, made, error);
    if (status != NNFS_OK) {
        diagnostics_free(made);
    }
    return status;
}

void diagnostics_free(diagnostics *known)
{
    free(known->confusion);
    free(known->scores);
    free(known->positive_scores);
    free(known->positive_labels);
    free(known->thresholds);
    free(known->targets);
    free(known->scatter);
    free(known->mistakes);
    free(known->mistake_values);
    *known = (diagnostics){.data = NULL};
}
