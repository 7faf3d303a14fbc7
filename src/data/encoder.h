/*
 * The encoder: how the stored rows of one table become the features that a network sees, and its
 * numeric targets the ones it learns. It is what a preprocessing comes to for this table, whose
 * columns may be in another order and whose categories have other indices. A table that is not
 * prepared has one that copies the feature columns as they are.
 */
#ifndef NNFS_DATA_ENCODER_H
#define NNFS_DATA_ENCODER_H

#include "data/dataset.h"
#include "table/preprocessing.h"

/* The encoder of a table that is not prepared. NULL: no memory. */
encoder *encoder_plain(const table_schema *schema);

/* Errors: those of nnfs_dataset_prepare. */
nnfs_status encoder_create(const nnfs_dataset *dataset, const nnfs_preprocessing *preprocessing,
                           encoder **made, nnfs_error *error);

/* The encoder of rows as nnfs_predict takes them: a column's place is its index in the
 * preprocessing, and a category's is its value. NULL: no memory. */
encoder *encoder_of_rows(const nnfs_preprocessing *preprocessing);

/* Reference-counted: another owner; one owner less. Both accept NULL. */
const encoder *encoder_retain(const encoder *from);
void encoder_release(const encoder *from);

/* NULL: plain. Accepts NULL. */
const nnfs_preprocessing *encoder_preprocessing(const encoder *from);

/* Features [inputs] of one stored row, at any address. */
void encoder_features(const encoder *from, dtype type, bool swapped, const void *row, float *x);

#endif
