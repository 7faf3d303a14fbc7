/*
 * Prints a table as the library reads it, a row a line, its cells apart by tabs: numbers, the names
 * of categories, dates as days since 1970-01-01, nothing where they are missing.
 *
 * Usage: print_table FILE ENCODING|- SKIP COMMENT|- HEADER SKIP_BAD_ROWS
 */
#include <nnfs/nnfs.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_cell(const nnfs_dataset *data, int64_t row, int index)
{
    nnfs_column column = nnfs_dataset_column(data, index);
    float cell = nnfs_dataset_cell(data, row, index);
    if (isnan(cell)) {
        return;
    }
    if (column.kind == NNFS_COLUMN_CATEGORY) {
        (void)fputs(nnfs_dataset_category(data, index, (int)cell), stdout);
    } else if (column.kind == NNFS_COLUMN_DATE) {
        (void)printf("%.4f days", (double)cell + column.origin);
    } else {
        (void)printf("%.9g", (double)cell);
    }
}

int main(int argc, char **argv)
{
    nnfs_dataset *data = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    if (argc != 7) {
        return 2;
    }
    settings.encoding = strcmp(argv[2], "-") == 0 ? NULL : argv[2];
    settings.skip = atoi(argv[3]);
    settings.comment = *argv[4] == '-' ? '\0' : *argv[4];
    settings.header = atoi(argv[5]);
    settings.skip_bad_rows = atoi(argv[6]);
    if (nnfs_dataset_load(argv[1], &settings, &data, NULL, &error) != NNFS_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        return 4;
    }
    for (int64_t row = 0; row < nnfs_dataset_samples(data); row++) {
        for (int i = 0; i < nnfs_dataset_columns(data); i++) {
            (void)fputs(i > 0 ? "\t" : "", stdout);
            print_cell(data, row, i);
        }
        (void)putchar('\n');
    }
    nnfs_dataset_free(data);
    return 0;
}
