/*
 * Preprocessing as JSON, for a model file's metadata:
 *
 *   {"file_columns":10,"missing":["NA","?"],"left_out":["id"],
 *    "columns":[{"name":"age","column":2,"kind":"number","center":..,"scale":..,"fill":..,
 *                "indicator":false},
 *               {"name":"shore","column":9,"kind":"category","categories":["inland","bay"],
 *                "missing":false,"others_seen":true},
 *               {"name":"id","column":0,"kind":"number","left_out":"constant"}],
 *    "targets":[{"name":"value","column":8,"center":..,"scale":..}],
 *    "target_kind":"number","classes":[]}
 *
 * The file had cells that meant "missing", and columns that were left out or were weights. Names
 * are null where columns have none, the column of a target from a file of its own is -1. A number
 * comes back as the same float. Inputs are in the columns' order: a number and then its indicator;
 * categories, then missing ones, then all others.
 */
#ifndef NNFS_FORMATS_PREPROCESSING_JSON_H
#define NNFS_FORMATS_PREPROCESSING_JSON_H

#include "table/preprocessing.h"

/* The text, freed by memory_free; NULL: no memory. */
char *preprocessing_to_json(const nnfs_preprocessing *preprocessing);

/* Errors: DATA (what is wrong, without the file), MEMORY. */
nnfs_status preprocessing_from_json(const char *text, nnfs_preprocessing **preprocessing,
                                    nnfs_error *error);

#endif
