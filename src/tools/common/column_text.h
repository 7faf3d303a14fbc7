/* The columns of a table as people read of them. */
#ifndef NNFS_TOOLS_COMMON_COLUMN_TEXT_H
#define NNFS_TOOLS_COMMON_COLUMN_TEXT_H

#include "common/text.h"

#include <stdbool.h>

/* Its name; "column 3" where it has none, by its number. */
name_text column_name(const char *name, int number);
/* "number", "7 categories" */
short_text kind_text(const nnfs_column *column);
/* One of a list of names, in quotes where it holds what parts them. */
name_text listed_name(const char *name);

/* Whether a feature is left out because it tells nothing of the target. */
bool is_screened_out(const nnfs_encoding *encoding);

/* "number", "category" or "date". */
const char *kind_word(nnfs_column_kind kind);

#endif
