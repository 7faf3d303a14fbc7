/* The cells of a table as arrays. */
#include "common/plain_table.h"

#include "common/bounds.h"
#include "common/exit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* A table as it was read: its targets are its last columns, or come from a file of their own. */
typedef struct table_cells {
    const nnfs_dataset *read;
    float *targets; /* [outputs x samples] of another file, or NULL */
    int columns;    /* with those of the other file */
} table_cells;

/* The columns of targets behind the inputs: 0, or as many as `network` needs; -1: neither. */
static int target_columns(const nnfs_network *network, int columns)
{
    nnfs_loss loss = nnfs_network_loss(network);
    bool classes = loss == NNFS_CROSS_ENTROPY || loss == NNFS_BINARY_CROSS_ENTROPY;
    int wanted = 1;
    if (!classes) {
        wanted = nnfs_network_outputs(network);
    }
    int behind = columns - nnfs_network_inputs(network);
    if (behind == 0 || behind == wanted) {
        return behind;
    }
    return -1;
}

static nnfs_status check_columns(const char *path, const table_cells *cells,
                                 const nnfs_network *network, nnfs_error *error)
{
    int features = nnfs_dataset_columns(cells->read);
    if (cells->targets && features != nnfs_network_inputs(network)) {
        return set_error(error, NNFS_ERROR_DATA, "%s has %d columns, and the network takes %d",
                         path, features, nnfs_network_inputs(network));
    }
    if (cells->targets && target_columns(network, cells->columns) < 0) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s: the targets have %d columns, and the network has %d outputs", path,
                         cells->columns - features, nnfs_network_outputs(network));
    }
    if (target_columns(network, cells->columns) < 0) {
        return set_error(error, NNFS_ERROR_DATA, "%s has %d columns, and the network takes %d",
                         path, cells->columns, nnfs_network_inputs(network));
    }
    for (int i = 0; i < nnfs_dataset_columns(cells->read); i++) {
        nnfs_column column = nnfs_dataset_column(cells->read, i);
        if (column.kind != NNFS_COLUMN_NUMBER || column.missing > 0) {
            return set_error(error, NNFS_ERROR_DATA,
                             "%s: column %d has %s, and the network has no preprocessing for them",
                             path, i + 1, column.missing > 0 ? "missing cells" : "texts");
        }
    }
    return NNFS_OK;
}

/* Class numbers are whole; a class beyond the outputs is refused by the dataset. */
static nnfs_status set_label(plain_table *table, int64_t row, float cell, nnfs_error *error)
{
    if (!(cell >= 0.0f && cell < 1e9f) || cell != floorf(cell)) {
        return set_error(error, NNFS_ERROR_DATA, "row %lld: the class is %g, not a number from 0",
                         (long long)row + 1, (double)cell);
    }
    table->labels[row] = (int32_t)cell;
    return NNFS_OK;
}

static nnfs_status copy_cells(const table_cells *cells, int inputs, int behind, plain_table *table,
                              nnfs_error *error)
{
    for (int64_t row = 0; row < nnfs_dataset_samples(cells->read); row++) {
        for (int i = 0; i < inputs; i++) {
            table->features[row * inputs + i] = nnfs_dataset_cell(cells->read, row, i);
        }
        for (int i = 0; i < behind; i++) {
            float cell = cells->targets ? cells->targets[row * behind + i]
                                        : nnfs_dataset_cell(cells->read, row, inputs + i);
            nnfs_status status = NNFS_OK;
            if (table->labels) {
                status = set_label(table, row, cell, error);
            } else {
                table->targets[row * behind + i] = cell;
            }
            if (status != NNFS_OK) {
                return status;
            }
        }
    }
    return NNFS_OK;
}

static nnfs_status make_dataset(const table_cells *cells, const nnfs_network *network,
                                plain_table *table, nnfs_error *error)
{
    int inputs = nnfs_network_inputs(network);
    int outputs = nnfs_network_outputs(network);
    int behind = target_columns(network, cells->columns);
    size_t samples = (size_t)nnfs_dataset_samples(cells->read);
    nnfs_loss loss = nnfs_network_loss(network);
    bool classes = loss == NNFS_CROSS_ENTROPY || loss == NNFS_BINARY_CROSS_ENTROPY;
    table->features = calloc(samples, (size_t)inputs * sizeof *table->features);
    table->has_targets = behind > 0;
    if (classes) {
        table->labels = calloc(samples, sizeof *table->labels);
    } else {
        table->targets = calloc(samples, (size_t)outputs * sizeof *table->targets);
    }
    if (!table->features || (!table->labels && !table->targets)) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = copy_cells(cells, inputs, behind, table, error);
    nnfs_arrays arrays = {.features = table->features,
                          .feature_count = inputs,
                          .samples = (int64_t)samples,
                          .labels = table->labels,
                          .targets = table->targets,
                          .target_count = table->targets ? outputs : 0};
    if (table->labels) {
        arrays.classes = MAX(outputs, 2); /* one output tells two classes apart */
    }
    if (status != NNFS_OK) {
        return status;
    }
    return nnfs_dataset_wrap(&arrays, &table->dataset, error);
}

/* The targets of the other file. */
static nnfs_status copy_targets(table_cells *cells, nnfs_error *error)
{
    int64_t samples = nnfs_dataset_samples(cells->read);
    int outputs = nnfs_dataset_outputs(cells->read);
    cells->targets = calloc((size_t)samples, (size_t)outputs * sizeof *cells->targets);
    if (!cells->targets) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    cells->columns += outputs;
    return nnfs_dataset_copy(cells->read, 0, samples, NULL, NULL, cells->targets, error);
}

nnfs_status plain_table_load(const char *path, const nnfs_dataset_settings *settings,
                             const nnfs_network *network, plain_table *table, nnfs_error *error)
{
    *table = (plain_table){.features = NULL};
    nnfs_dataset_settings plain = *settings;
    plain.task = NNFS_TASK_NUMBERS; /* the last column is a target to the reader, in any case */
    nnfs_dataset *read = NULL;
    nnfs_error inner = {.status = NNFS_OK};
    TRY(nnfs_dataset_load(path, &plain, &read, NULL, error));
    table_cells cells = {.read = read, .columns = nnfs_dataset_columns(read)};
    nnfs_status status = NNFS_OK;
    if (settings->targets_path) {
        TRY_CLEANUP(copy_targets(&cells, error));
    }
    TRY_CLEANUP(check_columns(path, &cells, network, error));
    status = make_dataset(&cells, network, table, &inner);
    if (status != NNFS_OK) {
        (void)set_error(error, status, "%s: %s", path, inner.message);
    }
cleanup:
    free(cells.targets);
    nnfs_dataset_free(read);
    return status;
}

void plain_table_free(plain_table *table)
{
    nnfs_dataset_free(table->dataset);
    free(table->features);
    free(table->targets);
    free(table->labels);
}
