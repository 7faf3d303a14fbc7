/* The columns of a table as people read of them. */
#include "column_text.h"

#include <stdio.h>

name_text column_name(const char *name, int number)
{
    char plain[32];
    (void)snprintf(plain, sizeof plain, "column %d", number);
    return text_name(name ? name : plain);
}

short_text kind_text(const nnfs_column *column)
{
    short_text kind = {"number"};
    if (column->kind == NNFS_COLUMN_CATEGORY) {
        (void)snprintf(kind.text, sizeof kind.text, "%.14s categor%s",
                       text_count(column->categories).text, column->categories == 1 ? "y" : "ies");
    }
    return kind;
}
