/*
 * A file of a hundred thousand rows and a hundred columns, with quotes, newlines in quotes, missing
 * cells and categories by the thousand, is read within three times the memory of its floats: all
 * that the process ever had.
 */
#include "table/table.h"

#include "files.h"

#include <sys/resource.h>

enum { ROWS = 100000, NUMBERS = 80, COLUMNS = 100, CATEGORIES = 5000 };

static void write_row(FILE *file, int row)
{
    static const char *const missing[] = {"", "NA", "\"\"", "?"};
    for (int c = 0; c < NUMBERS; c++) {
        if (c == row % NUMBERS) {
            (void)fprintf(file, "%s,", missing[row % 4]);
        } else {
            (void)fprintf(file, row % 3 ? "%d.%03d," : "\"%d.%03d\",", (row * 31 + c) % 2000 - 1000,
                          (row + c * 7) % 1000);
        }
    }
    for (int c = NUMBERS; c < COLUMNS; c++) {
        int category = (int)((unsigned)row * 2654435761U >> 8) % CATEGORIES;
        (void)fprintf(file, (row + c) % 2 ? "category %d%s" : "\"the \"\"%d\"\",\n a name\"%s",
                      category, c + 1 < COLUMNS ? "," : "\r\n");
    }
}

static void test_memory(void **state)
{
    (void)state;
    static const char *const words[] = {"NA", "?", NULL};
    char *path = scratch_path("awkward.csv");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int c = 0; c < COLUMNS; c++) {
        (void)fprintf(file, "\"column, %d\"%s", c, c + 1 < COLUMNS ? "," : "\r\n");
    }
    for (int row = 0; row < ROWS; row++) {
        write_row(file, row);
    }
    assert_int_equal(fclose(file), 0);
    nnfs_dataset_settings settings = {.header = -1, .missing = words};
    data_table table;
    nnfs_error error;
    if (csv_read(path, &settings, &table, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(table.rows, ROWS);
    assert_int_equal(table.column_count, COLUMNS);
    assert_int_equal(table.columns[0].missing, ROWS / NUMBERS);
    assert_true(table.columns[COLUMNS - 1].category_count > CATEGORIES);
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
#ifdef __SANITIZE_ADDRESS__
    usage.ru_maxrss = 0; /* its shadow would be measured */
#endif
    double floats = (double)sizeof(float) * ROWS * COLUMNS;
    double most = (double)usage.ru_maxrss * 1024;
    (void)printf("%.1f times its floats of %.0f MB\n", most / floats, floats / 1e6);
    assert_true(most <= 3 * floats);
    table_free(&table);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
