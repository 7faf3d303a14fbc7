/*
 * CSV: the files of tests/data/csv that must load and those that must be refused, numbers against
 * strtod, large files read by any number of threads, damaged files, and memory that runs out (by an
 * allocator put in the place of the real one, the linker's --wrap).
 */
#include "base/hash.h"
#include "data/csv/csv_number.h"
#include "table/table.h"

#include "files.h"

#include <math.h>
#include <time.h>

static uint64_t seed;

/* ---- Memory ---- */

static long memory_grants = -1; /* allocations that still succeed; < 0: all */

static bool grant(void)
{
    if (memory_grants < 0) {
        return true;
    }
    memory_grants -= memory_grants > 0;
    return memory_grants > 0;
}

void *__real_memory_alloc(size_t count, size_t size);
void *__wrap_memory_alloc(size_t count, size_t size);
void *__real_memory_alloc_zeroed(size_t count, size_t size);
void *__wrap_memory_alloc_zeroed(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_memory_alloc(size_t count, size_t size)
{
    return grant() ? __real_memory_alloc(count, size) : NULL;
}

void *__wrap_memory_alloc_zeroed(size_t count, size_t size)
{
    return grant() ? __real_memory_alloc_zeroed(count, size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return grant() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *memory, size_t size)
{
    return grant() ? __real_realloc(memory, size) : NULL;
}

/* ---- Helpers ---- */

static const char *const missing_words[] = {"NA",   "N/A",  "NaN", "nan", "null",
                                            "NULL", "None", "?",   NULL};

static nnfs_dataset_settings usual(int threads)
{
    return (nnfs_dataset_settings){
        .seed = 1, .header = -1, .missing = missing_words, .threads = threads};
}

static data_table read_well(const char *path, const nnfs_dataset_settings *settings)
{
    data_table table;
    nnfs_error error = {.status = NNFS_OK};
    if (csv_read(path, settings, &table, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(table.type, DTYPE_F32);
    assert_false(table.swapped);
    return table;
}

static data_table read_case(const char *name, const nnfs_dataset_settings *settings)
{
    static char path[4096]; /* a table has its path in it */
    (void)snprintf(path, sizeof path, "%s/csv/%s", tests_data, name);
    return read_well(path, settings);
}

static void assert_refused(const char *path, const nnfs_dataset_settings *settings,
                           nnfs_status wanted, const char *part)
{
    data_table table;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = csv_read(path, settings, &table, &error);
    if (status != wanted || error.status != wanted || !strstr(error.message, part) ||
        strchr(error.message, '\n')) {
        fail_msg("%s: expected %d \"...%s...\", got %d \"%s\"", path, (int)wanted, part,
                 (int)status, error.message);
    }
    assert_null(table.columns);
    assert_null(table.values);
    assert_null(table.lines);
}

static void assert_row(const data_table *table, int64_t row, const float *wanted)
{
    const float *values = (float *)table->values + row * table->column_count;
    for (int c = 0; c < table->column_count; c++) {
        if (!(isnan(wanted[c]) ? isnan(values[c]) : values[c] == wanted[c])) {
            fail_msg("%s: row %lld, column %d: %.9g, not %.9g", table->path, (long long)row, c + 1,
                     (double)values[c], (double)wanted[c]);
        }
    }
}

static void assert_categories(const table_column *column, const char *const *wanted, int count)
{
    assert_int_equal(column->kind, NNFS_COLUMN_CATEGORY);
    assert_int_equal(column->category_count, count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(column->categories[i], wanted[i]);
    }
}

/* All that a table says, lines apart. */
static uint64_t hash_table(const data_table *table)
{
    size_t bytes = (size_t)table->rows * (size_t)table->column_count * sizeof(float);
    uint64_t hash = hash_bytes(HASH_START, table->values, bytes);
    for (int c = 0; c < table->column_count; c++) {
        const table_column *column = &table->columns[c];
        hash = hash_bytes(hash, &column->kind, sizeof column->kind);
        hash = hash_bytes(hash, &column->missing, sizeof column->missing);
        hash = column->name ? hash_bytes(hash, column->name, strlen(column->name)) : hash;
        for (int i = 0; i < column->category_count; i++) {
            hash = hash_bytes(hash, column->categories[i], strlen(column->categories[i]) + 1);
        }
    }
    return hash;
}

/* ---- What must load ---- */

/* The table of accept/same. */
static void assert_same_table(const data_table *table, bool named)
{
    static const char *const names[] = {"id", "size, cm", "price", "city"};
    static const char *const cities[] = {"5\" nails", "Köln", "New\nYork; USA", "a \"b\" | c"};
    static const float rows[5][4] = {
        {1, 2.5f, 1000, 1}, {2, NAN, -0.125f, 2}, {3, NAN, 0.5f, 3}, {4, 5, 7, 0}, {5, 0, 0, NAN}};
    static const int64_t missing[] = {0, 2, 0, 1};
    assert_int_equal(table->column_count, 4);
    assert_int_equal(table->rows, 5);
    for (int c = 0; c < 4; c++) {
        assert_int_equal(table->columns[c].missing, missing[c]);
        assert_int_equal(table->columns[c].kind, c == 3);
        if (named) {
            assert_string_equal(table->columns[c].name, names[c]);
        } else {
            assert_null(table->columns[c].name);
        }
    }
    assert_categories(&table->columns[3], cities, 4);
    for (int row = 0; row < 5; row++) {
        assert_row(table, row, rows[row]);
    }
}

static void test_same(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "plain.csv",
        "quoted.csv",
        "crlf.csv",
        "quoted-crlf.csv",
        "bom.csv",
        "bom-quoted.csv",
        "semicolons.csv",
        "tabs.csv",
        "bars.csv",
        "bars-quoted.csv",
        "no-final-newline.csv",
        "no-final-newline-quoted.csv",
        "no-final-newline-crlf.csv",
        "padded.csv",
        "packed.csv.gz",
        "packed-without-saying.csv",
    };
    static const int64_t lines[] = {2, 3, 5, 6, 7};
    uint64_t first = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int threads = 1; threads <= 3; threads += 2) {
            char name[64];
            nnfs_dataset_settings settings = usual(threads);
            (void)snprintf(name, sizeof name, "accept/same/%s", cases[i]);
            data_table table = read_case(name, &settings);
            assert_same_table(&table, true);
            for (int row = 0; row < 5; row++) {
                assert_int_equal(table_line(&table, row), lines[row]);
            }
            uint64_t hash = hash_table(&table);
            first = first ? first : hash;
            assert_int_equal(hash, first);
            table_free(&table);
        }
    }
}

static void test_lines_and_header(void **state)
{
    (void)state;
    static const int64_t lines[] = {4, 5, 9, 10, 11};
    nnfs_dataset_settings settings = usual(2);
    data_table table = read_case("accept/empty-lines.csv", &settings);
    assert_same_table(&table, true);
    for (int row = 0; row < 5; row++) {
        assert_int_equal(table_line(&table, row), lines[row]);
    }
    table_free(&table);
    table = read_case("accept/no-header.csv", &settings);
    assert_same_table(&table, false);
    assert_int_equal(table_line(&table, 0), 1);
    table_free(&table);
    settings.header = 0; /* told, the names are values: texts among numbers */
    char *path = data_path("csv/accept/one-column.csv");
    assert_refused(path, &settings, NNFS_ERROR_DATA, "line 1, column 1: 'x' is no number, and 3");
    free(path);
    settings.header = 1;
    table = read_case("accept/text-only.csv", &settings);
    assert_string_equal(table.columns[1].name, "b");
    assert_int_equal(table.rows, 1);
    table_free(&table);
    settings.header = -1;
    table = read_case("accept/text-only.csv", &settings);
    assert_null(table.columns[0].name);
    assert_int_equal(table.rows, 2);
    table_free(&table);
    table = read_case("accept/text-header.csv", &settings);
    assert_string_equal(table.columns[1].name, "spores");
    assert_int_equal(table.rows, 12);
    table_free(&table);
    table = read_case("accept/text-no-header.csv", &settings);
    assert_null(table.columns[0].name);
    assert_int_equal(table.rows, 12);
    table_free(&table);
    table = read_case("accept/no-names.csv", &settings);
    assert_string_equal(table.columns[1].name, "column 2");
    assert_string_equal(table.columns[2].name, "column 3");
    assert_string_equal(table.columns[3].name, "x y");
    table_free(&table);
}

static void test_delimiters(void **state)
{
    (void)state;
    static const char *const cells[] = {"1,5", "3,5"};
    static const char *const columns[] = {"a", "b", NULL};
    nnfs_dataset_settings settings = usual(1);
    settings.header = 1;
    settings.categorical = columns; /* else they are numbers with a comma in them */
    data_table table = read_case("accept/two-delimiters.csv", &settings);
    assert_int_equal(table.column_count, 2);
    assert_categories(&table.columns[0], cells, 2);
    table_free(&table);
    settings.categorical = NULL;
    settings.delimiter = '|';
    table = read_case("accept/two-delimiters.csv", &settings);
    assert_int_equal(table.column_count, 1);
    assert_string_equal(table.columns[0].name, "a;b");
    table_free(&table);
    settings.delimiter = 'x';
    char *path = data_path("csv/accept/two-delimiters.csv");
    assert_refused(path, &settings, NNFS_ERROR_ARGUMENT, "delimiter");
    free(path);
}

static void test_kinds(void **state)
{
    (void)state;
    static const char *const by_number[] = {"-3", "9", "10", "1e1"}; /* spelled apart */
    static const char *const mixed[] = {"10", "1e1", "1e999", "A1", "B"};
    static const char *const code[] = {"code", NULL};
    nnfs_dataset_settings settings = usual(2);
    data_table table = read_case("accept/number-categories.csv", &settings);
    assert_int_equal(table.columns[0].kind, NNFS_COLUMN_NUMBER);
    assert_row(&table, 2, (float[]){10, 3});
    table_free(&table);
    settings.categorical = code;
    table = read_case("accept/number-categories.csv", &settings);
    assert_categories(&table.columns[0], by_number, 4);
    assert_row(&table, 0, (float[]){2, 1});
    assert_row(&table, 4, (float[]){1, 5});
    table_free(&table);
    settings.categorical = NULL;
    table = read_case("accept/mixed.csv", &settings);
    assert_categories(&table.columns[0], mixed, 5);
    assert_row(&table, 5, (float[]){0, 6});
    table_free(&table);
    settings.drop = code;
    table = read_case("accept/mixed.csv", &settings);
    assert_int_equal(table.columns[0].category_count, 0);
    assert_int_equal(table.columns[0].missing, 6);
    assert_row(&table, 1, (float[]){NAN, 2});
    table_free(&table);
    settings.drop = NULL;
    settings.numeric = code;
    char *path = data_path("csv/accept/mixed.csv");
    assert_refused(path, &settings, NNFS_ERROR_DATA, "line 3, column 'code': 'A1' is no number");
    free(path);
    settings.numeric = NULL;
    table = read_case("accept/all-missing.csv", &settings);
    assert_int_equal(table.columns[0].kind, NNFS_COLUMN_NUMBER);
    assert_int_equal(table.columns[0].missing, 2);
    table_free(&table);
    table = read_case("accept/wide-cell.csv.gz", &settings);
    assert_int_equal(strlen(table.columns[1].categories[0]), (1 << 20) - 10);
    table_free(&table);
}

static void test_missing_words(void **state)
{
    (void)state;
    static const char *const words[] = {"-999", "two words", NULL};
    static const char text[] = "x,y\n-999,1\n2, two words \n-999.0,NA\n,4\n";
    char *path = scratch_path("missing.csv");
    write_bytes(path, text, sizeof text - 1);
    nnfs_dataset_settings settings = usual(1);
    settings.missing = words;
    assert_refused(path, &settings, NNFS_ERROR_DATA, "line 4, column 'y': 'NA' is no number");
    static const char *const more[] = {"-999", "two words", "NA", NULL};
    settings.missing = more;
    data_table table = read_well(path, &settings);
    assert_row(&table, 0, (float[]){NAN, 1});
    assert_row(&table, 1, (float[]){2, NAN});
    assert_row(&table, 2, (float[]){-999, NAN});
    assert_row(&table, 3, (float[]){NAN, 4});
    table_free(&table);
    free(path);
}

static void test_read_by_content(void **state)
{
    (void)state;
    nnfs_dataset_settings settings = usual(2);
    static const char *const encodings[] = {"utf-16.csv", "utf-16-be.csv"};
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "accept/%s", encodings[i]);
        data_table table = read_case(name, &settings);
        assert_string_equal(table.columns[1].name, "y");
        assert_row(&table, 0, (float[]){1, 2});
        assert_memory_equal(table.reading.encoding, "UTF-16", 6);
        table_free(&table);
    }
    data_table table = read_case("accept/decimal-commas.csv", &settings);
    assert_int_equal(table.reading.decimal, ',');
    assert_row(&table, 0, (float[]){1.5f, 10.25f});
    assert_row(&table, 2, (float[]){3.5f, -30.5f});
    table_free(&table);
    table = read_case("accept/decimal-commas-quoted.csv", &settings);
    assert_row(&table, 1, (float[]){1, 2.5f});
    table_free(&table);
    table = read_case("accept/equal-names.csv", &settings);
    assert_string_equal(table.columns[2].name, "x.1");
    assert_true(table.columns[2].repeated);
    table_free(&table);
    table = read_case("accept/equal-names-given.csv", &settings);
    assert_string_equal(table.columns[1].name, "column 2");
    assert_string_equal(table.columns[2].name, "column 2.1");
    table_free(&table);
}

/* ---- Numbers ---- */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void random_digits(uint64_t *state, char **to, int most)
{
    for (int count = (int)(next_random(state) % (uint64_t)(most + 1)); count > 0; count--) {
        *(*to)++ = (char)('0' + next_random(state) % 10);
    }
}

static void random_number(uint64_t *state, char *text)
{
    static const int lengths[] = {3, 9, 19, 25};
    char *to = text;
    int most = lengths[next_random(state) % 4];
    if (next_random(state) % 3 == 0) {
        *to++ = next_random(state) % 2 ? '-' : '+';
    }
    random_digits(state, &to, most);
    if (next_random(state) % 2) {
        *to++ = '.';
        random_digits(state, &to, most);
    }
    if (next_random(state) % 3 == 0) {
        *to++ = next_random(state) % 2 ? 'e' : 'E';
        if (next_random(state) % 2) {
            *to++ = next_random(state) % 4 ? '-' : '+';
        }
        random_digits(state, &to, 3);
    }
    *to++ = ',';
    *to = '\0';
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t random = seed;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    int numbers = 0;
    for (int i = 0; i < 300000; i++) {
        char text[128];
        char *wanted_end = NULL;
        double value = 0;
        random_number(&random, text);
        double wanted = strtod(text, &wanted_end);
        const char *end = csv_number(text, c, &value);
        bool whole = *wanted_end == ',' && wanted_end > text;
        if (whole != (end && *end == ',') ||
            (whole && (value != wanted || signbit(value) != signbit(wanted)))) {
            fail_msg("seed %llu: \"%s\" is %.17g, not %.17g", (unsigned long long)seed, text, value,
                     wanted);
        }
        numbers += whole;
    }
    assert_true(numbers > 200000);
    static const char *const none[] = {"nan,", "inf,", "-inf,", "infinity,", "0x10,",
                                       "1e,",  "1e+,", ".,",    "-,",        "1_000,",
                                       "e5,",  "--1,", "1 2,",  "1f,"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        double value = 0;
        char text[32] = "";
        strcpy(text, none[i]);
        const char *end = csv_number(text, c, &value);
        assert_true(!end || *end != ',');
    }
    freelocale(c);
}

/* ---- Large files ---- */

enum { LARGE_ROWS = 60000, LARGE_COLUMNS = 8 };

/* Cell `column` of row `row`; NAN is missing. */
static double large_number(int row, int column)
{
    return (row + column) % 97 == 0 ? NAN : (row * 7919 % 100003 - 50000) / 64.0 * (column + 1);
}

/* A row for each number, with a text of `row` % 5000, newlines and quotes in it, as
 * the last column. */
static void write_large(const char *path, const char *newline, bool quoted)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    const char *quote = quoted ? "\"" : "";
    (void)fprintf(file, "a,b,c,d,e,f,g,text%s", newline);
    for (int row = 0; row < LARGE_ROWS; row++) {
        for (int c = 0; c + 1 < LARGE_COLUMNS; c++) {
            double value = large_number(row, c);
            char text[32] = "";
            if (!isnan(value)) {
                (void)snprintf(text, sizeof text, "%.10g", value);
            }
            (void)fprintf(file, "%s%s%s,", quote, text, quote);
        }
        (void)fprintf(file, "\"%d \"\"x\"\",%s%s\"%s", row % 5000, row % 7 ? "" : newline,
                      row % 11 ? "y" : "z", newline);
    }
    assert_int_equal(fclose(file), 0);
}

static void assert_large(const data_table *table)
{
    assert_int_equal(table->rows, LARGE_ROWS);
    assert_int_equal(table->column_count, LARGE_COLUMNS);
    int64_t line = 2;
    for (int row = 0; row < LARGE_ROWS; row++) {
        const float *values = (float *)table->values + (size_t)row * LARGE_COLUMNS;
        char text[64];
        for (int c = 0; c + 1 < LARGE_COLUMNS; c++) {
            double wanted = large_number(row, c);
            assert_true(isnan(wanted) ? isnan(values[c]) : values[c] == (float)wanted);
        }
        (void)snprintf(text, sizeof text, "%d \"x\",%s%s", row % 5000, row % 7 ? "" : "\n",
                       row % 11 ? "y" : "z");
        assert_string_equal(table->columns[7].categories[(int)values[7]], text);
        assert_int_equal(table_line(table, row), line);
        line += row % 7 ? 1 : 2;
    }
    for (int i = 1; i < table->columns[7].category_count; i++) {
        assert_true(strcmp(table->columns[7].categories[i - 1], table->columns[7].categories[i]) <
                    0);
    }
}

static void test_large(void **state)
{
    (void)state;
    char *path = scratch_path("large.csv");
    uint64_t first = 0;
    for (int variant = 0; variant < 3; variant++) {
        write_large(path, variant == 1 ? "\r\n" : "\n", variant == 2);
        for (int threads = 1; threads <= 9; threads = threads * 2 + 1) {
            nnfs_dataset_settings settings = usual(threads);
            data_table table = read_well(path, &settings);
            assert_large(&table);
            uint64_t hash = hash_table(&table);
            first = first ? first : hash;
            assert_int_equal(hash, first);
            table_free(&table);
        }
    }
    free(path);
}

/* Without any quote, where pieces are cut at any newline; the fault far behind names its line. */
static void test_large_fault(void **state)
{
    (void)state;
    char *path = scratch_path("fault.csv");
    for (int fault = 0; fault < 3; fault++) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        (void)fprintf(file, "x,y,z\n");
        for (int row = 0; row < 400000; row++) {
            static const char *const faults[] = {"1,2", "1,text,3", "1,2,1e40"};
            if (row == 100000 || (row == 399000 && fault != 1)) {
                (void)fprintf(file, "%s\n", faults[fault]);
            } else {
                (void)fprintf(file, "%d,%d.5,%d\n", row, row * 3, -row);
            }
        }
        assert_int_equal(fclose(file), 0);
        static const char *const parts[] = {
            "line 100002: the row has 2 cells, where there are 3 columns",
            "line 100002, column 'y': 'text' is no number, and 399999 cells are",
            "line 100002, column 'z': the number is too large"};
        for (int threads = 1; threads <= 3; threads++) {
            nnfs_dataset_settings settings = usual(threads);
            assert_refused(path, &settings, NNFS_ERROR_DATA, parts[fault]);
        }
    }
    free(path);
}

/* ---- What must be refused ---- */

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *part;
    } cases[] = {
        {"empty.csv", "empty.csv: line 1: it is empty"},
        {"empty-lines.csv", ": line 1: it is empty"},
        {"byte-order-mark.csv", ": line 1: it is empty"},
        {"header-only.csv", ": line 2: there is no row after the header"},
        {"header-only-open.csv", ": line 2: there is no row after the header"},
        {"short-row.csv", ": line 3: the row has 2 cells, where there are 3 columns"},
        {"long-row.csv", ": line 4: the row has 5 cells, where there are 3 columns"},
        {"nul.csv", ": line 3: a NUL byte"},
        {"unterminated-quote.csv", ": line 3, column 'y': a quote is opened here that is never"},
        {"unterminated-quote-header.csv", ": line 1: a quote is opened here"},
        {"quote-without-end.csv.gz", ": line 3, column 'text': a quote is opened here"},
        {"text-after-quote.csv", ": line 3, column 'y': text after a closing quote"},
        {"utf-16-without-mark.csv", ": line 1: this looks like UTF-16"},
        {"utf-16-be-without-mark.csv", ": line 1: this looks like UTF-16"},
        {"huge.csv", ": line 3, column 'y': the number is too large"},
        {"huge-float.csv", ": line 2, column 'x': the number is too large"},
        {"text-among-numbers.csv", ": line 31, column 'y': 'about 3' is no number, and 57 cells"},
        {"two-texts-among-numbers.csv", ": line 58, column 'x': 'a' is no number, and 84 cells"},
        {"not-utf-8.csv", ": line 3, column 'city': the text is not UTF-8"},
        {"not-utf-8-name.csv", ": line 1, column 2: the text is not UTF-8"},
        {"carriage-return.csv", ": line 3, column 'x': a carriage return without a newline"},
        {"carriage-returns.csv", ": line 1: a carriage return without a newline"},
        {"line-over-1-mib.csv.gz", ": line 3: the row is longer than 1 MiB"},
        {"header-over-1-mib.csv.gz", ": line 1: the row is longer than 1 MiB"},
        {"quoted-line-over-1-mib.csv.gz", ": line 3: the row is longer than 1 MiB"},
        {"line-without-end.csv.gz", ": line 3: the row is longer than 1 MiB"},
        {"columns-over-a-million.csv.gz", ": line 1: more than 1000000 columns"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "csv/refuse/%s", cases[i].name);
        char *path = data_path(name);
        for (int threads = 1; threads <= 3; threads += 2) {
            nnfs_dataset_settings settings = usual(threads);
            assert_refused(path, &settings, NNFS_ERROR_DATA, cases[i].part);
        }
        free(path);
    }
    static const char *const label[] = {"label", NULL};
    nnfs_dataset_settings settings = usual(1);
    settings.targets = label;
    char *path = data_path("csv/refuse/target-not-there.csv");
    assert_refused(path, &settings, NNFS_ERROR_DATA, "there is no column 'label'");
    free(path);
    assert_refused("/nowhere/at-all.csv", &settings, NNFS_ERROR_IO, "No such file");
}

/* A million columns are few enough. */
static void test_most_columns(void **state)
{
    (void)state;
    enum { COLUMNS = 1000000 / 2 };
    char *path = scratch_path("wide.csv");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int row = 0; row < 3; row++) {
        for (int c = 0; c < COLUMNS; c++) {
            (void)fprintf(file, "%d%c", (row + c) % 10, c + 1 < COLUMNS ? ',' : '\n');
        }
    }
    assert_int_equal(fclose(file), 0);
    nnfs_dataset_settings settings = usual(3);
    data_table table = read_well(path, &settings);
    assert_int_equal(table.rows, 3);
    assert_int_equal(table.column_count, COLUMNS);
    for (int i = 0; i < 3 * COLUMNS; i++) {
        assert_true(((float *)table.values)[i] == (float)((i / COLUMNS + i % COLUMNS) % 10));
    }
    table_free(&table);
    free(path);
}

/* Bytes of good files changed, lost and doubled: any table or a clean error, the same
 * for any threads. */
static void test_damaged(void **state)
{
    (void)state;
    static const char *const names[] = {"accept/same/quoted-crlf.csv", "accept/same/plain.csv",
                                        "accept/mixed.csv", "accept/empty-lines.csv"};
    static const char bytes[] = ",;\t|\"\n\r ae.-+\\0x\xef";
    char *path = scratch_path("damaged.csv");
    uint64_t random = seed;
    int loaded = 0;
    for (int i = 0; i < 4000; i++) {
        char name[64];
        size_t count = 0;
        (void)snprintf(name, sizeof name, "csv/%s", names[i % 4]);
        char *from = data_path(name);
        unsigned char *content = read_bytes(from, &count);
        for (int changes = 1 + i % 3; changes > 0; changes--) {
            content[next_random(&random) % count] =
                (unsigned char)bytes[next_random(&random) % (sizeof bytes - 1)];
        }
        count = i % 5 ? count : next_random(&random) % count;
        write_bytes(path, content, count);
        nnfs_error errors[2];
        uint64_t hashes[2] = {0};
        for (int j = 0; j < 2; j++) {
            nnfs_dataset_settings settings = usual(1 + 2 * j);
            data_table table;
            errors[j].message[0] = '\0';
            if (csv_read(path, &settings, &table, &errors[j]) == NNFS_OK) {
                hashes[j] = hash_table(&table);
                loaded += j;
                table_free(&table);
            }
        }
        assert_int_equal(hashes[0], hashes[1]);
        assert_string_equal(errors[0].message, errors[1].message);
        free(content);
        free(from);
    }
    assert_true(loaded > 100);
    free(path);
}

/* The k-th allocation fails, and all after it, for every k: a clean error each time. */
static void test_out_of_memory(void **state)
{
    (void)state;
    static const char *const cases[] = {"csv/accept/same/plain.csv", "csv/accept/mixed.csv",
                                        "csv/accept/same/packed.csv.gz"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = data_path(cases[i]);
        nnfs_dataset_settings settings = usual(1);
        nnfs_status status = NNFS_ERROR_MEMORY;
        long grants = 1;
        for (; status == NNFS_ERROR_MEMORY && grants < 200; grants++) {
            data_table table;
            nnfs_error error = {.status = NNFS_OK};
            memory_grants = grants;
            status = csv_read(path, &settings, &table, &error);
            memory_grants = -1;
            if (status != NNFS_OK) {
                assert_int_equal(status, NNFS_ERROR_MEMORY);
                assert_non_null(strstr(error.message, "no memory for"));
            }
            table_free(&table);
        }
        assert_int_equal(status, NNFS_OK);
        assert_true(grants > 10);
        free(path);
    }
}

int main(int argc, char **argv)
{
    const char *given = getenv("TEST_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    (void)printf("TEST_SEED=%llu\n", (unsigned long long)seed);
    tests_data = argc > 1 ? argv[1] : tests_data;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),          cmocka_unit_test(test_lines_and_header),
        cmocka_unit_test(test_delimiters),    cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_missing_words), cmocka_unit_test(test_read_by_content),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_large),
        cmocka_unit_test(test_large_fault),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_most_columns),  cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
