/* The columns of a table as people read of them. */
#include "common/column_text.h"

#include <stdio.h>
#include <string.h>

name_text column_name(const char *name, int number)
{
    char plain[32];
    (void)snprintf(plain, sizeof plain, "column %d", number);
    return text_name(name ? name : plain);
}

const char *kind_word(nnfs_column_kind kind)
{
    static const char *const words[] = {
        [NNFS_COLUMN_NUMBER] = "number",
        [NNFS_COLUMN_CATEGORY] = "category",
        [NNFS_COLUMN_DATE] = "date",
    };
    return words[kind];
}

short_text kind_text(const nnfs_column *column)
{
    short_text kind = {"number"};
    if (column->kind == NNFS_COLUMN_CATEGORY) {
        (void)snprintf(kind.text, sizeof kind.text, "%.14s categor%s",
                       text_count(column->categories).text, column->categories == 1 ? "y" : "ies");
    }
    if (column->kind == NNFS_COLUMN_DATE) {
        (void)snprintf(kind.text, sizeof kind.text, "date");
    }
    return kind;
}

bool is_screened_out(const nnfs_encoding *encoding)
{
    return encoding->reason && strcmp(encoding->reason, "screened out") == 0;
}

name_text listed_name(const char *name)
{
    name_text safe = text_name(name);
    size_t length = strlen(safe.text);
    if (strpbrk(safe.text, ", ") && length + 3 <= sizeof safe.text) {
        memmove(safe.text + 1, safe.text, length);
        safe.text[0] = safe.text[length + 1] = '\'';
        safe.text[length + 2] = '\0';
        safe.width += 2;
    }
    return safe;
}
