/* "did you mean" for the name of a column. */
#ifndef NNFS_CLI_COLUMN_HINT_H
#define NNFS_CLI_COLUMN_HINT_H

#include "table_options.h"

/*
 * After a table could not be loaded: where an option names a column that is not there, and another is
 * called nearly so, says so at the end of the error's message. Reads the file again.
 */
void hint_at_column(const char *path, const table_options *options, nnfs_error *error);

#endif
