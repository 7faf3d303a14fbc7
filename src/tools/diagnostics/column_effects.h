/* What each column of a table does to a network's predictions: its importance,
 * and partial dependence. */
#ifndef NNFS_TOOLS_DIAGNOSTICS_COLUMN_EFFECTS_H
#define NNFS_TOOLS_DIAGNOSTICS_COLUMN_EFFECTS_H

#include "common/json.h"
#include "common/text.h"

#include <nnfs/nnfs.h>

/* A column of the preprocessing. */
typedef struct column_effect {
    int column;
    double importance, deviation; /* rise of the error when it is shuffled, mean over the repeats */
} column_effect;

typedef struct column_effects {
    const nnfs_network *network;
    const nnfs_dataset *data;
    column_effect *columns; /* [count], the most important first */
    int count;
    double error_before;
    nnfs_importance_settings settings;
} column_effects;

/*
 * `data` are of the network's table. Freed by column_effects_free, also after a failure. Errors:
 * those of nnfs_importance, ARGUMENT (not a table).
 */
nnfs_status column_effects_measure(const nnfs_network *network, const nnfs_dataset *data,
                                   const nnfs_importance_settings *settings, column_effects *made,
                                   nnfs_error *error);
void column_effects_free(column_effects *made);

/* What the column is called; one without a name by its number, from 1. */
const char *column_effect_name(const column_effects *made, int index, short_text *number);
/* "log loss", "share of wrong classes", "RMSE" */
const char *column_effects_error_name(const column_effects *made);

/* {"error":..., "columns":[...]} */
json_t *column_effects_json(const column_effects *made);
/* A list of the partial dependence on the `most` most important columns; NULL on failure. */
json_t *column_dependence_json(const column_effects *made, int most, nnfs_error *error);

#endif
