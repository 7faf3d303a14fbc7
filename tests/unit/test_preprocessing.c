/* Preprocessing: tables made by hand, fitted, encoded, kept by networks and their files. */
#include "base/memory.h"
#include "data/batch.h"
#include "formats/preprocessing_json.h"
#include "network/network.h"

#include "files.h"

#include <float.h>
#include <jansson.h>
#include <math.h>

/* ---- Tables by hand ---- */

#define MISSING NAN

typedef struct spec {
    const char *name;
    const char *categories; /* "red green"; NULL: numbers */
    nnfs_column_use use;
} spec;

static char **split_words(const char *words, int *count)
{
    char *copy = strdup(words);
    char **list = calloc(strlen(words) + 1, sizeof *list);
    *count = 0;
    for (char *rest = copy, *word = strtok_r(rest, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        list[(*count)++] = strdup(word);
    }
    free(copy);
    return list;
}

static int64_t count_missing(const float *cells, int columns, int64_t rows, int column)
{
    int64_t missing = 0;
    for (int64_t i = 0; i < rows; i++) {
        missing += isnan(cells[i * columns + column]);
    }
    return missing;
}

/* A dataset of a table: cells [columns x rows]; the targets are those columns that
 * the specs say. */
static nnfs_dataset *make_table(const spec *specs, int columns, const float *cells, int64_t rows)
{
    table_schema *schema = memory_alloc_zeroed(1, sizeof *schema);
    dataset_storage storage = {.type = DTYPE_F32,
                               .scale = 1.0f,
                               .feature_count = columns,
                               .samples = rows,
                               .schema = schema};
    schema->columns = memory_alloc_zeroed((size_t)columns, sizeof *schema->columns);
    schema->features = memory_alloc((size_t)columns, sizeof *schema->features);
    schema->targets = memory_alloc((size_t)columns, sizeof *schema->targets);
    schema->column_count = columns;
    float *values = memory_alloc((size_t)columns * (size_t)rows, sizeof *values);
    memcpy(values, cells, (size_t)columns * (size_t)rows * sizeof *values);
    storage.features = values;
    for (int i = 0; i < columns; i++) {
        table_column *column = &schema->columns[i];
        column->name = specs[i].name ? strdup(specs[i].name) : NULL;
        column->use = specs[i].use;
        column->missing = count_missing(cells, columns, rows, i);
        if (specs[i].categories) {
            column->kind = NNFS_COLUMN_CATEGORY;
            column->categories = split_words(specs[i].categories, &column->category_count);
        }
        if (column->use == NNFS_COLUMN_FEATURE) {
            schema->features[schema->feature_count++] = i;
        } else if (column->use == NNFS_COLUMN_TARGET) {
            schema->targets[schema->target_count++] = i;
        }
    }
    const table_column *first = schema->target_count ? &schema->columns[schema->targets[0]] : NULL;
    if (first && first->kind == NNFS_COLUMN_CATEGORY) {
        storage.classes = first->category_count;
        storage.labels = memory_alloc((size_t)rows, sizeof *storage.labels);
        schema->target_kind = NNFS_COLUMN_CATEGORY;
        schema->class_names =
            memory_alloc_zeroed((size_t)storage.classes, sizeof *schema->class_names);
        for (int i = 0; i < storage.classes; i++) {
            schema->class_names[i] = strdup(first->categories[i]);
        }
        for (int64_t i = 0; i < rows; i++) {
            storage.labels[i] = (int32_t)cells[i * columns + schema->targets[0]];
        }
    } else if (first) {
        storage.target_count = schema->target_count;
        storage.targets =
            memory_alloc((size_t)storage.target_count * (size_t)rows, sizeof *storage.targets);
        for (int64_t i = 0; i < rows; i++) {
            for (int t = 0; t < storage.target_count; t++) {
                storage.targets[i * storage.target_count + t] =
                    cells[i * columns + schema->targets[t]];
            }
        }
    }
    nnfs_dataset *dataset = NULL;
    assert_int_equal(dataset_adopt(&storage, &dataset, NULL), NNFS_OK);
    return dataset;
}

static nnfs_preprocessing *fit(const nnfs_dataset *dataset,
                               const nnfs_preprocessing_settings *settings)
{
    nnfs_preprocessing *made = NULL;
    nnfs_error error = {0};
    if (nnfs_preprocessing_fit(dataset, settings, &made, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    return made;
}

static void prepare(nnfs_dataset *dataset, const nnfs_preprocessing *preprocessing)
{
    nnfs_error error = {0};
    if (nnfs_dataset_prepare(dataset, preprocessing, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
}

static float *features_of(const nnfs_dataset *dataset)
{
    int64_t samples = nnfs_dataset_samples(dataset);
    size_t count = (size_t)nnfs_dataset_features(dataset) * (size_t)samples;
    float *x = malloc(count * sizeof *x);
    for (size_t i = 0; i < count; i++) {
        x[i] = 1234.5f;
    }
    assert_int_equal(nnfs_dataset_copy(dataset, 0, samples, x, NULL, NULL, NULL), NNFS_OK);
    return x;
}

/* The last feature of all samples alone. */
static void expect_last_feature(const nnfs_dataset *dataset, const float *x)
{
    int64_t samples = nnfs_dataset_samples(dataset);
    int inputs = nnfs_dataset_features(dataset);
    float *last = calloc((size_t)(inputs * samples), sizeof *last);
    float *scratch = calloc((size_t)inputs, sizeof *scratch);
    assert_non_null(last);
    assert_non_null(scratch);
    dataset_fetch(dataset, NULL, 0,
                  &(sample_batch){.n = samples,
                                  .x = last + inputs - 1,
                                  .feature = inputs - 1,
                                  .features = 1,
                                  .scratch = scratch});
    for (int64_t i = 0; i < inputs * samples; i++) {
        assert_true(last[i] == (i % inputs == inputs - 1 ? x[i] : 0.0f));
    }
    free(scratch);
    free(last);
}

static void expect_features(const nnfs_dataset *dataset, const float *expected, int count)
{
    float *x = features_of(dataset);
    assert_int_equal(count, nnfs_dataset_features(dataset) * nnfs_dataset_samples(dataset));
    for (int i = 0; i < count; i++) {
        if (!(fabsf(x[i] - expected[i]) <= 1e-6f)) {
            fail_msg("feature %d is %.9g, not %.9g", i, (double)x[i], (double)expected[i]);
        }
    }
    expect_last_feature(dataset, x);
    free(x);
}

static void expect_failure(nnfs_status status, nnfs_status expected, const nnfs_error *error,
                           const char *words)
{
    if (status != expected || !strstr(error->message, words)) {
        fail_msg("status %d, '%s', where %d, '%s' was expected", status, error->message, expected,
                 words);
    }
}

/* ---- One small table ---- */

#define FEATURE NNFS_COLUMN_FEATURE
#define TARGET  NNFS_COLUMN_TARGET

static const spec small_specs[] = {
    {"size", NULL, FEATURE},  {"price", NULL, TARGET},
    {"same", NULL, FEATURE},  {"colour", "blue green red teal", FEATURE},
    {"empty", NULL, FEATURE}, {"id", "a b c d e f", FEATURE}};
enum { small_columns = 6, small_rows = 6 };
static const float small_cells[] = {
    /* size, price, same, colour, empty, id */
    1.0f,    10.0f, 5.0f, 2.0f,    MISSING, 0.0f, /* red */
    3.0f,    20.0f, 5.0f, 0.0f,    MISSING, 1.0f, /* blue */
    MISSING, 30.0f, 5.0f, 2.0f,    MISSING, 2.0f, /* red */
    7.0f,    40.0f, 5.0f, MISSING, MISSING, 3.0f, /* missing */
    9.0f,    50.0f, 5.0f, 3.0f,    MISSING, 4.0f, /* teal, the only one */
    10.0f,   60.0f, 5.0f, 0.0f,    MISSING, 5.0f, /* blue */
};

static nnfs_dataset *small_table(void)
{
    return make_table(small_specs, small_columns, small_cells, small_rows);
}

static void check_left_out(const nnfs_preprocessing *p)
{
    static const char *const reasons[] = {NULL, "constant", NULL, "no values", "mostly unique"};
    assert_int_equal(nnfs_preprocessing_columns(p), 5);
    for (int i = 0; i < 5; i++) {
        nnfs_encoding e = nnfs_preprocessing_column(p, i);
        assert_string_equal(e.reason ? e.reason : "", reasons[i] ? reasons[i] : "");
        assert_int_equal(e.inputs == 0, reasons[i] != NULL);
    }
}

static void hand_computed(void **state)
{
    (void)state;
    nnfs_dataset *table = small_table();
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.missing_indicator = 1;
    nnfs_preprocessing *p = fit(table, &settings);
    check_left_out(p);
    /* size: 1 3 7 9 10, mean 6, variance (25 + 9 + 1 + 9 + 16) / 5 = 12, median 7 */
    nnfs_encoding size = nnfs_preprocessing_column(p, 0);
    assert_string_equal(size.name, "size");
    assert_int_equal(size.column, 0);
    assert_true(size.center == 6.0f && size.fill == 7.0f && size.has_indicator);
    assert_true(size.scale == (float)(1.0 / sqrt(12.0)));
    /* colour: blue, red; teal occurs once, green never */
    nnfs_encoding colour = nnfs_preprocessing_column(p, 2);
    assert_int_equal(colour.column, 3);
    assert_int_equal(colour.first_input, 2);
    assert_int_equal(colour.inputs, 4);
    assert_int_equal(colour.categories, 2);
    assert_true(colour.has_missing);
    assert_string_equal(nnfs_preprocessing_category(p, 2, 0), "blue");
    assert_string_equal(nnfs_preprocessing_category(p, 2, 1), "red");
    assert_null(nnfs_preprocessing_category(p, 2, 2));
    assert_true(p->columns[2].others_seen);
    /* price: mean 35, variance (625 + 225 + 25) * 2 / 6 */
    nnfs_target price = nnfs_preprocessing_target(p, 0);
    assert_string_equal(price.name, "price");
    assert_true(price.center == 35.0f && price.scale == (float)(1.0 / sqrt(1750.0 / 6.0)));

    prepare(table, p);
    float s = size.scale;
    const float expected[] = {
        -5 * s, 0, 0, 1, 0, 0, -3 * s, 0, 1, 0, 0, 0, 1 * s, 1, 0, 1, 0, 0,
        1 * s,  0, 0, 0, 1, 0, 3 * s,  0, 0, 0, 0, 1, 4 * s, 0, 1, 0, 0, 0,
    };
    expect_features(table, expected, 36);
    float own[small_rows];
    float learned[small_rows] = {0};
    assert_int_equal(nnfs_dataset_copy(table, 0, small_rows, NULL, NULL, own, NULL), NNFS_OK);
    dataset_fetch(table, NULL, 0, &(sample_batch){.n = small_rows, .targets = learned});
    for (int i = 0; i < small_rows; i++) {
        assert_true(own[i] == 10.0f * (float)(i + 1));
        assert_true(learned[i] == (own[i] - 35.0f) * price.scale);
    }
    nnfs_preprocessing_free(p);
    assert_ptr_equal(nnfs_dataset_preprocessing(table), p); /* the table still owns it */
    nnfs_dataset_free(table);
}

static void scalings(void **state)
{
    (void)state;
    static const spec specs[] = {{"x", NULL, FEATURE}, {"k", NULL, FEATURE}, {"y", NULL, TARGET}};
    static const float cells[] = {10, 7, 1, 20, 7, 1, 30, 7, 1, 50, 7, 1};
    static const struct {
        nnfs_scaling scaling;
        int inputs;
        float expected[8];
    } cases[] = {
        {NNFS_SCALING_MINMAX, 1, {0.0f, 0.25f, 0.5f, 1.0f}},
        {NNFS_SCALING_NONE, 1, {10, 20, 30, 50}},
        {NNFS_SCALING_PIXELS,
         2,
         {10 / 255.0f, 7 / 255.0f, 20 / 255.0f, 7 / 255.0f, 30 / 255.0f, 7 / 255.0f, 50 / 255.0f,
          7 / 255.0f}},
        /* Median 25, quartiles 17.5 and 35: z = -6/7, -2/7, 2/7, 10/7. */
        {NNFS_SCALING_ROBUST, 1, {-0.824163368f, -0.284427887f, 0.284427887f, 1.28980076f}},
        /* Normal quantiles of 1/8, 3/8, 5/8, 7/8. */
        {NNFS_SCALING_QUANTILE, 1, {-1.15034938f, -0.318639364f, 0.318639364f, 1.15034938f}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nnfs_dataset *table = make_table(specs, 3, cells, 4);
        nnfs_preprocessing_settings settings;
        nnfs_preprocessing_settings_init(&settings);
        settings.scaling = cases[i].scaling;
        nnfs_preprocessing *p = fit(table, &settings);
        prepare(table, p);
        expect_features(table, cases[i].expected, 4 * cases[i].inputs);
        /* A constant target is learned as 0. */
        float learned[4] = {0};
        dataset_fetch(table, NULL, 0, &(sample_batch){.n = 4, .targets = learned});
        assert_true(learned[0] == 0.0f && learned[3] == 0.0f);
        nnfs_preprocessing_free(p);
        nnfs_dataset_free(table);
    }
    assert_string_equal(nnfs_scaling_name(NNFS_SCALING_DEFAULT), "default");
    assert_string_equal(nnfs_scaling_name(NNFS_SCALING_NONE), "none");
    assert_null(nnfs_scaling_name((nnfs_scaling)(NNFS_SCALING_QUANTILE + 1)));
}

static void two_values(void **state)
{
    (void)state;
    static const spec specs[] = {{"colour", "blue green red", FEATURE}, {"y", NULL, TARGET}};
    static const float cells[] = {0, 1, 2, 2, 0, 3, 2, 4, MISSING, 5, 1, 6};
    nnfs_dataset *table = make_table(specs, 2, cells, 6);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.two_valued = 1;
    nnfs_preprocessing *p = fit(table, &settings);
    prepare(table, p);
    expect_features(table, (const float[]){-1, 1, -1, 1, 0, 0}, 6);
    char *text = preprocessing_to_json(p);
    nnfs_preprocessing *again = NULL;
    assert_int_equal(preprocessing_from_json(text, &again, NULL), NNFS_OK);
    assert_true(preprocessing_equal(p, again) && again->inputs == 1);
    again->columns[0].encoding.two_valued = 0;
    assert_false(preprocessing_equal(p, again));
    memory_free(text);
    nnfs_preprocessing_free(again);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

/* Whether it is missing may be all that a column says. */
static void only_missing_varies(void **state)
{
    (void)state;
    static const spec specs[] = {{"x", NULL, FEATURE}, {"y", NULL, TARGET}};
    static const float cells[] = {1, 1, MISSING, 2, 1, 3};
    nnfs_dataset *table = make_table(specs, 2, cells, 3);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    nnfs_preprocessing *p = NULL;
    nnfs_error error = {0};
    expect_failure(nnfs_preprocessing_fit(table, &settings, &p, &error), NNFS_ERROR_DATA, &error,
                   "no column tells");
    settings.missing_indicator = 1;
    p = fit(table, &settings);
    prepare(table, p);
    expect_features(table, (const float[]){0, 0, 0, 1, 0, 0}, 6);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

/* ---- Fitted on the training part alone ---- */

static void trained_part_alone(void **state)
{
    (void)state;
    enum { rows = 40 };
    static const spec specs[] = {
        {"x", NULL, FEATURE}, {"c", "p q r", FEATURE}, {"y", NULL, TARGET}};
    float cells[3 * rows];
    nnfs_preprocessing *fitted[2];
    for (int run = 0; run < 2; run++) {
        for (int i = 0; i < rows; i++) {
            cells[3 * i] = (float)(i * i % 17);
            cells[3 * i + 1] = (float)(i % 2);
            cells[3 * i + 2] = (float)i;
        }
        nnfs_dataset *table = make_table(specs, 3, cells, rows);
        nnfs_dataset *rest = NULL;
        nnfs_dataset *held = NULL;
        assert_int_equal(nnfs_dataset_split(table, 0.25, 7, &rest, &held, NULL), NNFS_OK);
        for (int64_t i = 0; run == 1 && i < held->samples; i++) {
            float *row = (float *)table->storage.features + 3 * dataset_row(held, i);
            row[0] = i % 2 ? MISSING : 1e30f;
            row[1] = i % 2 ? MISSING : 2.0f;
            table->storage.targets[dataset_row(held, i)] = 1e30f;
        }
        fitted[run] = fit(rest, NULL);
        prepare(held, fitted[run]);
        prepare(rest, fitted[run]);
        assert_int_equal(nnfs_dataset_features(held), 4);
        nnfs_dataset_free(table);
        nnfs_dataset_free(rest);
        float *x = features_of(held);
        if (run == 1) { /* the others' place takes what the rest never saw */
            assert_true(x[3] == 1.0f && x[4 + 3] == 1.0f && isfinite(x[4]));
        }
        free(x);
        nnfs_dataset_free(held);
    }
    assert_true(preprocessing_equal(fitted[0], fitted[1]));
    assert_false(fitted[0]->columns[1].others_seen);
    nnfs_preprocessing_free(fitted[0]);
    nnfs_preprocessing_free(fitted[1]);
}

static void rarer_categories_share(void **state)
{
    (void)state;
    /* a 2, b 3, c 2, d 4, e 1: at most two places, d and b; a and c tie behind */
    static const spec specs[] = {{"c", "a b c d e", FEATURE}, {"y", NULL, TARGET}};
    static const float cells[] = {0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 2, 1,
                                  2, 1, 3, 1, 3, 1, 3, 1, 3, 1, 4, 2};
    static const struct {
        int most;
        const char *places[5];
    } cases[] = {{2, {"b", "d"}}, {3, {"a", "b", "d"}}, {100, {"a", "b", "c", "d"}}, {1, {"d"}}};
    nnfs_dataset *table = make_table(specs, 2, cells, 12);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nnfs_preprocessing_settings settings;
        nnfs_preprocessing_settings_init(&settings);
        settings.max_categories = cases[i].most;
        nnfs_preprocessing *p = fit(table, &settings);
        int places = 0;
        for (; cases[i].places[places]; places++) {
            assert_string_equal(nnfs_preprocessing_category(p, 0, places), cases[i].places[places]);
        }
        assert_int_equal(nnfs_preprocessing_column(p, 0).categories, places);
        assert_int_equal(nnfs_preprocessing_inputs(p), places + 1);
        assert_true(p->columns[0].others_seen);
        nnfs_preprocessing_free(p);
    }
    nnfs_dataset_free(table);
}

/* ---- Another table ---- */

/* The same columns elsewhere, with others between, and the dictionary in another order. */
static const spec moved_specs[] = {{"colour", "white teal red blue", FEATURE},
                                   {"extra", NULL, NNFS_COLUMN_DROPPED},
                                   {"price", NULL, TARGET},
                                   {"size", NULL, FEATURE}};
static const float moved_cells[] = {
    2.0f,    MISSING, 10.0f, 1.0f,    /* red */
    3.0f,    MISSING, 20.0f, 3.0f,    /* blue */
    2.0f,    MISSING, 30.0f, MISSING, /* red */
    MISSING, MISSING, 40.0f, 7.0f,    /* missing */
    1.0f,    MISSING, 50.0f, 9.0f,    /* teal */
    0.0f,    MISSING, 60.0f, 10.0f,   /* white, never seen */
};

static void other_order(void **state)
{
    (void)state;
    nnfs_dataset *table = small_table();
    nnfs_dataset *moved = make_table(moved_specs, 4, moved_cells, 6);
    nnfs_preprocessing *p = fit(table, NULL);
    prepare(table, p);
    prepare(moved, p);
    float *x = features_of(table);
    float *other = features_of(moved);
    int inputs = nnfs_preprocessing_inputs(p);
    assert_int_equal(inputs, 5);
    assert_memory_equal(x, other, (size_t)inputs * 5 * sizeof *x); /* all but the last row */
    assert_memory_equal(other + 26, ((const float[]){0, 0, 0, 1}), 4 * sizeof *x);
    free(x);
    free(other);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
    nnfs_dataset_free(moved);
}

/* A model that never saw a missing category takes it for one never seen. */
static void missing_without_place(void **state)
{
    (void)state;
    static const spec specs[] = {{"c", "a b", FEATURE}, {"y", NULL, TARGET}};
    nnfs_dataset *table = make_table(specs, 2, (const float[]){0, 1, 0, 2, 1, 3, 1, 4}, 4);
    nnfs_dataset *other = make_table(specs, 2, (const float[]){MISSING, 1, 1, 2}, 2);
    static const spec numbers[] = {{"c", NULL, FEATURE}, {"y", NULL, TARGET}};
    nnfs_dataset *empty = make_table(numbers, 2, (const float[]){MISSING, 1, MISSING, 2}, 2);
    nnfs_preprocessing *p = fit(table, NULL);
    prepare(other, p);
    expect_features(other, (const float[]){0, 0, 1, 0, 1, 0}, 6);
    prepare(empty, p); /* a column that is all missing is of any kind */
    expect_features(empty, (const float[]){0, 0, 1, 0, 0, 1}, 6);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
    nnfs_dataset_free(other);
    nnfs_dataset_free(empty);
}

static void found_by_places(void **state)
{
    (void)state;
    static const spec specs[] = {
        {NULL, NULL, FEATURE}, {NULL, NULL, TARGET}, {NULL, NULL, FEATURE}};
    static const float cells[] = {1, 10, 5, 2, 20, 6, 3, 30, 8};
    static const spec without[] = {{NULL, NULL, FEATURE}, {NULL, NULL, FEATURE}};
    nnfs_dataset *table = make_table(specs, 3, cells, 3);
    nnfs_dataset *bare = make_table(without, 2, (const float[]){1, 5, 2, 6, 3, 8}, 3);
    nnfs_dataset *narrow = make_table(without, 1, (const float[]){1, 5, 2}, 3);
    nnfs_preprocessing *p = fit(table, NULL);
    prepare(table, p);
    prepare(bare, p);
    float *x = features_of(table);
    float *other = features_of(bare);
    assert_memory_equal(x, other, 6 * sizeof *x);
    free(x);
    free(other);
    nnfs_error error = {0};
    expect_failure(nnfs_dataset_prepare(narrow, p, &error), NNFS_ERROR_DATA, &error, "1 columns");
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
    nnfs_dataset_free(bare);
    nnfs_dataset_free(narrow);
}

static void refused_tables(void **state)
{
    (void)state;
    static const struct {
        spec specs[3];
        const char *words;
    } cases[] = {
        {{{"sice", NULL, FEATURE}, {"colour", "red blue", FEATURE}, {"price", NULL, TARGET}},
         "'size' is missing"},
        {{{"size", NULL, FEATURE}, {"colour", NULL, FEATURE}, {"price", NULL, TARGET}},
         "'colour' has numbers"},
        {{{"size", "1 2", FEATURE}, {"colour", "red blue", FEATURE}, {"price", NULL, TARGET}},
         "'size' has categories"},
        {{{"size", NULL, NNFS_COLUMN_DROPPED}, {"colour", "red", FEATURE}, {"price", NULL, TARGET}},
         "'size' is no feature"},
        {{{"size", NULL, FEATURE}, {"colour", "red blue", FEATURE}, {"price", "lo hi", TARGET}},
         "2 classes"},
        {{{"size", NULL, FEATURE}, {"colour", "red blue", FEATURE}, {"value", NULL, TARGET}},
         "targets of the data"},
    };
    static const float cells[] = {0, 1, 1, 1, 0, 0};
    nnfs_dataset *table = small_table();
    nnfs_preprocessing *p = fit(table, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nnfs_dataset *other = make_table(cases[i].specs, 3, cells, 2);
        nnfs_error error = {0};
        expect_failure(nnfs_dataset_prepare(other, p, &error), NNFS_ERROR_DATA, &error,
                       cases[i].words);
        assert_null(nnfs_dataset_preprocessing(other));
        nnfs_dataset_free(other);
    }
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

static void other_classes(void **state)
{
    (void)state;
    static const float cells[] = {1, 0, 2, 1, 3, 0, 4, 1};
    static const spec specs[] = {{"x", NULL, FEATURE}, {"y", "no yes", TARGET}};
    static const spec swapped[] = {{"x", NULL, FEATURE}, {"y", "yes no", TARGET}};
    nnfs_dataset *table = make_table(specs, 2, cells, 4);
    nnfs_dataset *other = make_table(swapped, 2, cells, 4);
    nnfs_preprocessing *p = fit(table, NULL);
    nnfs_error error = {0};
    prepare(table, p);
    assert_int_equal(nnfs_preprocessing_target(p, 0).classes, 2);
    assert_string_equal(nnfs_preprocessing_class_name(p, 1), "yes");
    assert_null(nnfs_preprocessing_class_name(p, 2));
    expect_failure(nnfs_dataset_prepare(other, p, &error), NNFS_ERROR_DATA, &error, "class 1");
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
    nnfs_dataset_free(other);
}

static void refused_fits(void **state)
{
    (void)state;
    nnfs_preprocessing *p = NULL;
    nnfs_error error = {0};
    nnfs_dataset *table = small_table();
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.max_categories = 0;
    expect_failure(nnfs_preprocessing_fit(table, &settings, &p, &error), NNFS_ERROR_ARGUMENT,
                   &error, "max_categories");
    settings.max_categories = 1;
    settings.scaling = (nnfs_scaling)99;
    expect_failure(nnfs_preprocessing_fit(table, &settings, &p, &error), NNFS_ERROR_ARGUMENT,
                   &error, "scaling");
    settings.scaling = NNFS_SCALING_NONE;
    settings.threads = -1;
    assert_int_equal(nnfs_preprocessing_fit(table, &settings, &p, &error), NNFS_ERROR_ARGUMENT);
    ((float *)table->storage.features)[0] = INFINITY;
    expect_failure(nnfs_preprocessing_fit(table, NULL, &p, &error), NNFS_ERROR_DATA, &error,
                   "'size' has a number that is not finite");
    nnfs_dataset_free(table);
    float x[] = {1.0f};
    int32_t y[] = {0};
    nnfs_arrays arrays = {
        .features = x, .feature_count = 1, .samples = 1, .labels = y, .classes = 1};
    assert_int_equal(nnfs_dataset_wrap(&arrays, &table, NULL), NNFS_OK);
    expect_failure(nnfs_preprocessing_fit(table, NULL, &p, &error), NNFS_ERROR_ARGUMENT, &error,
                   "table");
    nnfs_dataset_free(table);
    assert_null(p);
}

/* ---- Many samples ---- */

enum { many_columns = 70, many_rows = 20000 };

static float *many_cells(void)
{
    float *cells = malloc(sizeof *cells * many_columns * many_rows);
    uint32_t word = 12345;
    for (size_t i = 0; i < (size_t)many_columns * many_rows; i++) {
        word = word * 1664525U + 1013904223U;
        size_t column = i % many_columns;
        float u = (float)(word >> 8) / 16777216.0f;
        cells[i] = column > 0 && u < 0.1f ? MISSING : (u - 0.3f) * (float)(column + 1) + 1000.0f;
    }
    return cells;
}

static nnfs_dataset *many_table(const float *cells)
{
    spec specs[many_columns];
    for (int i = 0; i < many_columns; i++) {
        specs[i] = (spec){NULL, NULL, i == 0 ? TARGET : FEATURE};
    }
    return make_table(specs, many_columns, cells, many_rows);
}

static int compare_floats(const void *left, const void *right)
{
    float a = *(const float *)left;
    float b = *(const float *)right;
    return (a > b) - (a < b);
}

/* Against sums and a sort, one column at a time. */
static void check_column_of_many(const float *cells, int column, const nnfs_encoding *e)
{
    float *sorted = malloc(sizeof *sorted * many_rows);
    int count = 0;
    long double sum = 0.0L;
    long double squares = 0.0L;
    for (int i = 0; i < many_rows; i++) {
        float value = cells[(size_t)i * many_columns + (size_t)column];
        if (!isnan(value)) {
            sorted[count++] = value;
            sum += (long double)value;
        }
    }
    double mean = (double)(sum / count);
    for (int i = 0; i < count; i++) {
        squares += ((long double)sorted[i] - sum / count) * ((long double)sorted[i] - sum / count);
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare_floats);
    double median = ((double)sorted[(count - 1) / 2] + (double)sorted[count / 2]) / 2.0;
    assert_true(e->center == (float)mean);
    assert_true(e->fill == (float)median);
    assert_true(fabs((double)e->scale * sqrt((double)(squares / count)) - 1.0) < 1e-6);
    free(sorted);
}

static void same_bits_by_any_threads(void **state)
{
    (void)state;
    float *cells = many_cells();
    nnfs_dataset *table = many_table(cells);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.threads = 1;
    nnfs_preprocessing *one = fit(table, &settings);
    settings.threads = 3;
    nnfs_preprocessing *three = fit(table, &settings);
    assert_true(preprocessing_equal(one, three));
    for (int i = 0; i < many_columns - 1; i++) {
        nnfs_encoding e = nnfs_preprocessing_column(one, i);
        check_column_of_many(cells, i + 1, &e);
    }
    nnfs_preprocessing_free(one);
    nnfs_preprocessing_free(three);
    nnfs_dataset_free(table);
    free(cells);
}

/* ---- Stored types ---- */

static nnfs_dataset *stored_table(dtype type, const void *cells, int columns, int64_t rows)
{
    spec specs[300];
    float zeros[600] = {0};
    for (int i = 0; i < columns; i++) {
        specs[i] = (spec){NULL, NULL, i == columns - 1 ? TARGET : FEATURE};
    }
    nnfs_dataset *table = make_table(specs, columns, zeros, rows);
    size_t bytes = dtype_bytes(type) * (size_t)columns * (size_t)rows;
    assert_true(bytes <= sizeof(float) * (size_t)columns * (size_t)rows);
    memcpy(table->storage.features, cells, bytes);
    table->storage.type = type;
    return table;
}

static void pixels_by_default(void **state)
{
    (void)state;
    enum { columns = 300 };
    uint8_t pixels[2 * columns];
    for (int i = 0; i < 2 * columns; i++) {
        pixels[i] = (uint8_t)(i * 7 % 256);
    }
    pixels[columns] = pixels[0]; /* never varies, and is kept */
    nnfs_dataset *table = stored_table(DTYPE_U8, pixels, columns, 2);
    nnfs_preprocessing *p = fit(table, NULL);
    prepare(table, p);
    assert_int_equal(nnfs_dataset_features(table), columns - 1);
    float *x = features_of(table);
    for (int i = 0; i < 2 * (columns - 1); i++) {
        int at = i / (columns - 1) * columns + i % (columns - 1);
        assert_true(x[i] == (float)pixels[at] * (1.0f / 255.0f));
    }
    free(x);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

static void narrow_integers(void **state)
{
    (void)state;
    static const int16_t cells[] = {-300, 2, 0, 100, 4, 0};
    nnfs_dataset *table = stored_table(DTYPE_I16, cells, 3, 2);
    nnfs_preprocessing *p = fit(table, NULL);
    prepare(table, p);
    assert_true(nnfs_preprocessing_column(p, 0).center == -100.0f);
    expect_features(table, (const float[]){-1, -1, 1, 1}, 4);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

/* ---- Networks ---- */

static nnfs_network *network_for(const nnfs_dataset *dataset, uint64_t seed)
{
    bool classes = nnfs_dataset_classes(dataset) > 0;
    nnfs_layer layers[] = {{7, NNFS_TANH},
                           {nnfs_dataset_outputs(dataset), classes ? NNFS_SOFTMAX : NNFS_IDENTITY}};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = nnfs_dataset_features(dataset);
    settings.layers = layers;
    settings.layer_count = 2;
    settings.loss = classes ? NNFS_CROSS_ENTROPY : NNFS_MSE;
    settings.seed = seed;
    nnfs_network *network = NULL;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static nnfs_status train(nnfs_network *network, const nnfs_dataset *dataset,
                         const nnfs_dataset *test, nnfs_error *error)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.epochs = 3;
    settings.batch = 2;
    settings.threads = 1;
    return nnfs_train(network, dataset, NULL, test, &settings, NULL, error);
}

/* Rows as nnfs_predict takes them, of the small table: colours blue 0, red 1, others 7. */
static const float raw_rows[] = {
    /* size, same, colour, empty, id */
    1.0f,    5.0f, 1.0f, MISSING, 0.0f, 3.0f,  5.0f, 0.0f,    MISSING, 1.0f,
    MISSING, 5.0f, 1.0f, 0.0f,    2.0f, 7.0f,  5.0f, MISSING, 1.0f,    3.0f,
    9.0f,    5.0f, 7.0f, MISSING, 4.0f, 10.0f, 9.9f, 0.0f,    MISSING, 9.0f,
};

/* The same inputs by hand, in double. */
static void inputs_by_hand(float *x)
{
    double deviation = sqrt(12.0);
    for (int i = 0; i < small_rows; i++) {
        const float *row = small_cells + i * small_columns;
        double size = isnan(row[0]) ? 7.0 : (double)row[0];
        const float *raw = raw_rows + i * 5;
        x[i * 5] = (float)((size - 6.0) / deviation);
        x[i * 5 + 1] = raw[2] == 0.0f;
        x[i * 5 + 2] = raw[2] == 1.0f;
        x[i * 5 + 3] = isnan(raw[2]);
        x[i * 5 + 4] = raw[2] == 7.0f;
    }
}

static void predictions_agree(const nnfs_network *network, const nnfs_dataset *table)
{
    float raw[small_rows];
    float own[small_rows];
    assert_int_equal(nnfs_predict(network, raw_rows, small_rows, 1, raw, NULL), NNFS_OK);
    assert_int_equal(nnfs_predict_dataset(network, table, 0, small_rows, 2, own, NULL), NNFS_OK);
    assert_memory_equal(raw, own, sizeof raw);
    assert_int_equal(nnfs_predict_dataset(network, table, 2, 3, 1, own, NULL), NNFS_OK);
    assert_memory_equal(raw + 2, own, 3 * sizeof *raw);
    assert_int_equal(nnfs_predict_dataset(network, table, 4, 3, 1, own, NULL), NNFS_ERROR_ARGUMENT);
}

static void network_keeps_it(void **state)
{
    (void)state;
    nnfs_dataset *table = small_table();
    nnfs_preprocessing *p = fit(table, NULL);
    nnfs_error error = {0};
    prepare(table, p);
    nnfs_network *network = network_for(table, 3);
    if (train(network, table, table, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    assert_ptr_equal(nnfs_network_preprocessing(network), p);
    predictions_agree(network, table);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);

    /* A file keeps it, and gives the same bits. */
    char *path = scratch_path("kept.safetensors");
    nnfs_network *loaded = NULL;
    assert_int_equal(nnfs_network_save(network, path, NULL), NNFS_OK);
    if (nnfs_network_load(path, &loaded, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(preprocessing_equal(nnfs_network_preprocessing(network),
                                    nnfs_network_preprocessing(loaded)));
    assert_true(nnfs_network_hash(network) == nnfs_network_hash(loaded));
    float before[small_rows];
    float after[small_rows];
    assert_int_equal(nnfs_predict(network, raw_rows, small_rows, 1, before, NULL), NNFS_OK);
    assert_int_equal(nnfs_predict(loaded, raw_rows, small_rows, 1, after, NULL), NNFS_OK);
    assert_memory_equal(before, after, sizeof before);
    free(path);

    /* The network alone, on columns preprocessed by hand. */
    float x[5 * small_rows];
    float y[small_rows];
    inputs_by_hand(x);
    assert_int_equal(nnfs_network_set_preprocessing(network, NULL, NULL), NNFS_OK);
    assert_null(nnfs_network_preprocessing(network));
    assert_int_equal(nnfs_predict(network, x, small_rows, 1, y, NULL), NNFS_OK);
    for (int i = 0; i < small_rows; i++) {
        double price = (double)y[i] * sqrt(1750.0 / 6.0) + 35.0;
        assert_true(fabs(price - (double)before[i]) <= 1e-6 * fmax(1.0, fabs(price)));
    }
    nnfs_network_free(network);
    nnfs_network_free(loaded);
}

/* The one input of two categories is no place for others: its first weights stay. */
static void two_values_keep_weights(void **state)
{
    (void)state;
    static const spec specs[] = {{"colour", "blue red", FEATURE}, {"y", NULL, TARGET}};
    static const float cells[] = {0, 1, 1, 2, 0, 3, 1, 4};
    nnfs_dataset *table = make_table(specs, 2, cells, 4);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    for (int two_valued = 0; two_valued < 2; two_valued++) {
        settings.two_valued = two_valued;
        nnfs_preprocessing *p = fit(table, &settings);
        prepare(table, p);
        nnfs_network *network = network_for(table, 3);
        uint64_t before = nnfs_network_hash(network);
        assert_int_equal(nnfs_network_set_preprocessing(network, p, NULL), NNFS_OK);
        assert_int_equal(nnfs_network_hash(network) == before, two_valued);
        nnfs_network_free(network);
        nnfs_preprocessing_free(p);
    }
    nnfs_dataset_free(table);
}

static void what_does_not_fit(void **state)
{
    (void)state;
    nnfs_dataset *table = small_table();
    nnfs_dataset *other = small_table();
    nnfs_dataset *raw = small_table();
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    nnfs_preprocessing *p = fit(table, &settings);
    settings.scaling = NNFS_SCALING_MINMAX;
    nnfs_preprocessing *q = fit(table, &settings);
    assert_false(preprocessing_equal(p, q));
    prepare(table, p);
    prepare(other, q);
    nnfs_network *network = network_for(table, 3);
    nnfs_error error = {0};
    float y[small_rows];
    expect_failure(train(network, raw, NULL, &error), NNFS_ERROR_DATA, &error, "not prepared");
    expect_failure(train(network, table, other, &error), NNFS_ERROR_DATA, &error,
                   "test data was prepared otherwise");
    assert_null(nnfs_network_preprocessing(network));
    assert_int_equal(nnfs_network_set_preprocessing(network, p, NULL), NNFS_OK);
    expect_failure(train(network, other, NULL, &error), NNFS_ERROR_DATA, &error,
                   "prepared otherwise");
    expect_failure(nnfs_predict_dataset(network, raw, 0, 1, 1, y, &error), NNFS_ERROR_DATA, &error,
                   "not prepared");
    /* Without targets it can be predicted, and no more. */
    static const spec bare_specs[] = {{"size", NULL, FEATURE}, {"colour", "red", FEATURE}};
    nnfs_dataset *bare = make_table(bare_specs, 2, (const float[]){1, 0, 2, MISSING}, 2);
    nnfs_evaluation evaluation;
    prepare(bare, p);
    expect_failure(nnfs_evaluate(network, bare, 1, &evaluation, &error), NNFS_ERROR_DATA, &error,
                   "no targets");
    assert_int_equal(nnfs_predict_dataset(network, bare, 0, 2, 1, y, NULL), NNFS_OK);
    nnfs_dataset_free(bare);
    nnfs_dataset_free(table);

    nnfs_layer wide = {2, NNFS_IDENTITY};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = p->inputs;
    shape.layers = &wide;
    shape.layer_count = 1;
    shape.loss = NNFS_MSE;
    nnfs_network *two = NULL;
    assert_int_equal(nnfs_network_create(&shape, &two, NULL), NNFS_OK);
    expect_failure(nnfs_network_set_preprocessing(two, p, &error), NNFS_ERROR_ARGUMENT, &error,
                   "2 outputs");
    assert_int_equal(nnfs_predict_dataset(two, other, 0, 1, 1, y, &error), NNFS_ERROR_DATA);
    nnfs_network_free(two);
    shape.inputs++;
    assert_int_equal(nnfs_network_create(&shape, &two, NULL), NNFS_OK);
    expect_failure(nnfs_network_set_preprocessing(two, p, &error), NNFS_ERROR_ARGUMENT, &error,
                   "inputs");
    nnfs_network_free(two);
    nnfs_network_free(network);
    nnfs_preprocessing_free(p);
    nnfs_preprocessing_free(q);
    nnfs_dataset_free(other);
    nnfs_dataset_free(raw);
}

/* What no training sample had says nothing: the weights it began with do not matter. */
static void unseen_is_silent(void **state)
{
    (void)state;
    static const spec specs[] = {{"c", "a b", FEATURE}, {"x", NULL, FEATURE}, {"y", NULL, TARGET}};
    nnfs_dataset *table =
        make_table(specs, 3, (const float[]){0, 1, 1, 0, 2, 2, 1, 3, 3, 1, 4, 4}, 4);
    nnfs_preprocessing *p = fit(table, NULL);
    prepare(table, p);
    nnfs_network *network = network_for(table, 5);
    float *w = matrix_at(network_weights(network, 0, network->parameters), 0, 0);
    assert_true(w[2 * 7] != 0.0f);
    assert_int_equal(nnfs_network_set_preprocessing(network, p, NULL), NNFS_OK);
    for (int input = 0; input < 4; input++) {
        for (int i = 0; i < 7; i++) {
            assert_true((w[input * 7 + i] == 0.0f) == (input == 2));
        }
    }
    /* But not a second time. */
    w[2 * 7] = 1.0f;
    assert_int_equal(nnfs_network_set_preprocessing(network, p, NULL), NNFS_OK);
    assert_true(w[2 * 7] == 1.0f);
    nnfs_network_free(network);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

/* ---- JSON ---- */

static const char good_json[] =
    "{\"file_columns\":4,\"missing\":[\"?\",\"-9\",\"?\"],\"left_out\":[\"id\"],\"columns\":["
    "{\"name\":\"a\",\"column\":0,\"kind\":\"number\",\"center\":0.1,\"scale\":2.0,\"fill\":1,"
    "\"indicator\":true},"
    "{\"name\":\"b\",\"column\":1,\"kind\":\"category\",\"categories\":[\"p\",\"q\"],"
    "\"missing\":false,\"others_seen\":true},"
    "{\"name\":\"c\",\"column\":2,\"kind\":\"number\",\"left_out\":\"constant\"}],"
    "\"targets\":[{\"name\":\"y\",\"column\":3,\"center\":1.5,\"scale\":0.5}],"
    "\"target_kind\":\"number\",\"classes\":[]}";

static nnfs_status parse(const char *text, nnfs_preprocessing **p, nnfs_error *error)
{
    return preprocessing_from_json(text, p, error);
}

/* The text with one piece of it replaced. */
static char *changed(const char *piece, const char *by)
{
    const char *at = strstr(good_json, piece);
    char *text = NULL;
    assert_non_null(at);
    assert_true(
        asprintf(&text, "%.*s%s%s", (int)(at - good_json), good_json, by, at + strlen(piece)) > 0);
    return text;
}

static void expect_texts(char **list, string_list_view expected)
{
    assert_int_equal(string_list_count(string_list_view_of(list)), string_list_count(expected));
    for (; *expected; expected++, list++) {
        assert_string_equal(*list, *expected);
    }
}

static void json_round_trip(void **state)
{
    (void)state;
    nnfs_preprocessing *p = NULL;
    nnfs_preprocessing *again = NULL;
    assert_int_equal(parse(good_json, &p, NULL), NNFS_OK);
    assert_int_equal(p->inputs, 5);
    assert_true(p->columns[0].encoding.center == 0.1f);
    p->columns[0].encoding.scale = FLT_MIN / 3;
    p->columns[0].encoding.fill = -0x1.fffffep127f;
    p->targets[0].center = 1.0f / 3.0f;
    p->columns[0].encoding.clip = 0.1f;
    p->columns[0].encoding.knots = 2;
    p->columns[0].knots = calloc(4, sizeof(float));
    memcpy(p->columns[0].knots, (const float[]){0.1f, 0.3f, -1.0f / 3.0f, 7}, 4 * sizeof(float));
    char *text = preprocessing_to_json(p);
    assert_int_equal(parse(text, &again, NULL), NNFS_OK);
    assert_true(preprocessing_equal(p, again));
    again->columns[0].knots[3] = 8.0f;
    assert_false(preprocessing_equal(p, again));
    assert_true(again->columns[1].others_seen && again->file_columns == 4);
    expect_texts(again->missing, (const char *const[]){"?", "-9", "?", NULL});
    expect_texts(again->left_out, (const char *const[]){"id", NULL});
    memory_free(text);
    nnfs_preprocessing_free(p);
    nnfs_preprocessing_free(again);
}

static void hostile_json(void **state)
{
    (void)state;
    static const struct {
        const char *piece, *by;
    } cases[] = {
        {"\"file_columns\":4", "\"file_columns\":0"},
        {"\"file_columns\":4", "\"file_columns\":3"},
        {"\"file_columns\":4", "\"file_columns\":4294967300"},
        {"\"file_columns\":4", "\"file_columns\":4.0"},
        {"\"file_columns\":4", "\"file_columns\":4,\"more\":1"},
        {"\"file_columns\":4", "\"file_columns\":4,\"file_columns\":4"},
        {"\"file_columns\":4,", ""},
        {"\"missing\":[\"?\",\"-9\",\"?\"],", ""},
        {"[\"?\",\"-9\",\"?\"]", "[\"?\",-9]"},
        {"[\"?\",\"-9\",\"?\"]", "\"?\""},
        {"[\"?\",\"-9\",\"?\"]", "[\"?\",null]"},
        {",\"left_out\":[\"id\"]", ""},
        {"[\"id\"]", "null"},
        {"[\"id\"]", "[1]"},
        {"\"name\":\"a\"", "\"name\":null"},
        {"\"name\":\"a\"", "\"name\":7"},
        {"\"name\":\"a\"", "\"name\":\"\\u0000\""},
        {"\"column\":0", "\"column\":-1"},
        {"\"column\":0", "\"column\":1"},
        {"\"column\":1", "\"column\":0"},
        {"\"fill\":", "\"clip\":0,\"fill\":"},
        {"\"fill\":", "\"clip\":\"3\",\"fill\":"},
        {"\"fill\":", "\"knots\":[1,2],\"fill\":"},
        {"\"fill\":", "\"knots\":[1],\"knot_values\":[1],\"fill\":"},
        {"\"fill\":", "\"knots\":[1,2],\"knot_values\":[1],\"fill\":"},
        {"\"fill\":", "\"knots\":[2,1],\"knot_values\":[1,2],\"fill\":"},
        {"\"fill\":", "\"knots\":[1,2],\"knot_values\":[1,null],\"fill\":"},
        {"\"fill\":", "\"knots\":[1,1e300],\"knot_values\":[1,2],\"fill\":"},
        {"\"others_seen\":", "\"two_valued\":false,\"others_seen\":"},
        {"\"others_seen\":", "\"two_valued\":1,\"others_seen\":"},
        {"\"column\":1", "\"column\":4294967297"},
        {"\"column\":2", "\"column\":4"},
        {"\"kind\":\"number\"", "\"kind\":\"numbers\""},
        {"\"kind\":\"number\",\"center\"", "\"kind\":\"category\",\"center\""},
        {"\"kind\":\"category\"", "\"kind\":\"number\""},
        {"\"center\":0.1", "\"center\":1e39"},
        {"\"center\":0.1", "\"center\":\"0.1\""},
        {"\"center\":0.1", "\"center\":null"},
        {"\"center\":0.1", "\"center\":NaN"},
        {"\"scale\":2.0", "\"scale\":-2.0"},
        {"\"scale\":2.0", "\"scale\":1e39"},
        {"\"scale\":2.0,\"fill\":1,\"indicator\":true",
         "\"scale\":0,\"fill\":1,\"indicator\":false"},
        {"\"fill\":1", "\"fill\":-1e300"},
        {"\"indicator\":true", "\"indicator\":1"},
        {"\"indicator\":true", "\"indicator\":true,\"more\":1"},
        {"\"indicator\":true", "\"indicator\":true,\"left_out\":\"constant\""},
        {"[\"p\",\"q\"]", "[\"p\",\"p\"]"},
        {"[\"p\",\"q\"]", "[\"p\",1]"},
        {"[\"p\",\"q\"]", "{\"p\":1}"},
        {"[\"p\",\"q\"]", "null"},
        {"\"missing\":false", "\"missing\":2"},
        {",\"others_seen\":true", ""},
        {"\"left_out\":\"constant\"", "\"left_out\":\"boring\""},
        {"\"left_out\":\"constant\"", "\"left_out\":\"constant\",\"more\":1"},
        {"\"left_out\":\"constant\"", "\"left_out\":null"},
        {"[{\"name\":\"y\",\"column\":3,\"center\":1.5,\"scale\":0.5}]", "[]"},
        {"[{\"name\":\"y\",\"column\":3,\"center\":1.5,\"scale\":0.5}]", "{}"},
        {"[{\"name\":\"y\",\"column\":3,\"center\":1.5,\"scale\":0.5}]", "[null]"},
        {"\"column\":3", "\"column\":2"},
        {"\"column\":3", "\"column\":-2"},
        {"\"column\":3", "\"column\":-1"}, /* and yet it has a name */
        {"\"name\":\"y\"", "\"name\":null"},
        {"\"center\":1.5", "\"center\":1e39"},
        {"\"scale\":0.5", "\"scale\":0"},
        {"\"scale\":0.5", "\"scale\":1e-300"},
        {"\"scale\":0.5", "\"scale\":-1"},
        {"\"scale\":0.5}", "\"scale\":0.5,\"log_shift\":\"1\"}"},
        {"\"scale\":0.5}", "\"scale\":0.5,\"log_shift\":-1}"},
        {"\"scale\":0.5}", "\"scale\":0.5,\"log_shift\":2}"},
        {"\"scale\":0.5}", "\"scale\":0.5,\"log_shift\":0,\"more\":1}"},
        {"\"scale\":0.5}", "\"scale\":0.5},{\"name\":\"z\",\"column\":3,\"center\":0,\"scale\":1}"},
        {"\"target_kind\":\"number\"", "\"target_kind\":\"\""},
        {"\"classes\":[]", "\"classes\":[\"a\",\"a\"]"},
        {"\"classes\":[]", "\"classes\":[[]]"},
        {"\"classes\":[]", "\"classes\":0"},
        {"\"classes\":[]}", "\"classes\":[]} x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = changed(cases[i].piece, cases[i].by);
        nnfs_preprocessing *p = NULL;
        nnfs_error error = {0};
        if (parse(text, &p, &error) != NNFS_ERROR_DATA || p || !error.message[0]) {
            fail_msg("case %zu was accepted: %s", i, text);
        }
        free(text);
    }
    for (size_t length = 0; length + 1 < sizeof good_json - 1; length++) {
        char *text = strndup(good_json, length);
        nnfs_preprocessing *p = NULL;
        assert_int_equal(parse(text, &p, NULL), NNFS_ERROR_DATA);
        free(text);
    }
}

/* jansson's allocations: which one fails, counted down; 0 and below: none. */
static int failing;

static void *json_allocation(size_t size)
{
    return --failing == 0 ? NULL : malloc(size);
}

/* Each allocation of jansson's fails once: nothing is leaked, and no text comes out short. */
static void json_without_memory(void **state)
{
    (void)state;
    nnfs_preprocessing *p = NULL;
    assert_int_equal(parse(good_json, &p, NULL), NNFS_OK);
    char *text = preprocessing_to_json(p);
    json_set_alloc_funcs(json_allocation, free);
    int written = 0;
    int read = 0;
    for (bool failed = true; failed; written++) {
        failing = written + 1;
        char *short_of = preprocessing_to_json(p);
        failed = failing <= 0;
        assert_true(failed || short_of);
        if (short_of) {
            assert_string_equal(short_of, text);
        }
        memory_free(short_of);
    }
    for (bool failed = true; failed; read++) {
        nnfs_preprocessing *again = NULL;
        failing = read + 1;
        nnfs_status status = parse(text, &again, NULL);
        failed = failing <= 0;
        assert_true(status == NNFS_OK ? preprocessing_equal(p, again) : failed && !again);
        nnfs_preprocessing_free(again);
    }
    failing = 0;
    json_set_alloc_funcs(malloc, free);
    print_message("%d allocations to write, %d to read\n", written - 1, read - 1);
    assert_true(written > 10 && read > 10);
    memory_free(text);
    nnfs_preprocessing_free(p);
}

/* A column that is mostly zero; zeros have the middle of their ranks, and what is beyond
 * the ends theirs. */
static void quantiles(void **state)
{
    (void)state;
    enum { ROWS = 1000, ZEROS = 900 };
    static const spec specs[] = {{"x", NULL, FEATURE}, {"y", NULL, TARGET}};
    float cells[2 * ROWS];
    for (int i = 0; i < ROWS; i++) {
        cells[2 * i] = i < ZEROS ? 0.0f : expf((float)(i - ZEROS) / 10.0f);
        cells[2 * i + 1] = (float)i;
    }
    nnfs_dataset *table = make_table(specs, 2, cells, ROWS);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.scaling = NNFS_SCALING_QUANTILE;
    nnfs_preprocessing *p = fit(table, &settings);
    prepare(table, p);
    float *x = features_of(table);
    float first = 0.0f;
    float mapped = 0.0f;
    assert_true(nnfs_preprocessing_knot(p, 0, 0, &first, &mapped));
    assert_true(first == 0.0f && fabsf(mapped - -0.125661347f) < 1e-6f);
    int knots = nnfs_preprocessing_column(p, 0).knots;
    assert_in_range(knots, 30, 100); /* most of them are not spent on the zeros */
    assert_false(nnfs_preprocessing_knot(p, 0, knots, &first, &mapped));
    assert_true(x[0] == mapped && x[ZEROS - 1] == mapped);
    assert_true(fabsf(x[ROWS - 1] - 3.29052673f) < 1e-5f); /* of 0.9995 */
    for (int i = ZEROS; i < ROWS; i++) {
        assert_true(x[i] > x[i - 1]);
    }
    nnfs_network *network = network_for(table, 1);
    assert_int_equal(nnfs_network_set_preprocessing(network, p, NULL), NNFS_OK);
    const float beyond[] = {-50.0f, 0.0f, cells[2 * ROWS - 2], 1e30f, MISSING};
    float outputs[5];
    assert_int_equal(nnfs_predict(network, beyond, 5, 1, outputs, NULL), NNFS_OK);
    assert_true(outputs[0] == outputs[1] && outputs[2] == outputs[3] && outputs[4] == outputs[1]);
    nnfs_network_free(network);
    free(x);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

/* One feature and two targets [3 x rows]. */
static nnfs_dataset *table_of_targets(const float *cells, int64_t rows)
{
    const spec specs[] = {{"x", NULL, NNFS_COLUMN_FEATURE},
                          {"y", NULL, NNFS_COLUMN_TARGET},
                          {"z", NULL, NNFS_COLUMN_TARGET}};
    return make_table(specs, 3, cells, rows);
}

/* y, 1 2 4 8, is learned as its logarithm and z, with a 0, as log(z + 1); both come back. */
static void log_targets(void **state)
{
    (void)state;
    const float cells[] = {1, 1, 0, 2, 2, 1, 3, 4, 3, 4, 8, 7};
    nnfs_dataset *table = table_of_targets(cells, 4);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.log_targets = 1;
    nnfs_preprocessing *p = fit(table, &settings);
    prepare(table, p);
    nnfs_target y = nnfs_preprocessing_target(p, 0);
    nnfs_target z = nnfs_preprocessing_target(p, 1);
    assert_true(y.is_log && z.is_log && y.shift == 0.0f && z.shift == 1.0f);
    /* log2 of both is 0 1 2 3: mean 1.5, deviation sqrt(5 / 4) */
    assert_true(fabs((double)y.center - 1.5 * log(2.0)) < 1e-6);
    assert_true(fabs((double)y.scale - 1.0 / (sqrt(1.25) * log(2.0))) < 1e-6);
    float learned[8] = {0};
    dataset_fetch(table, NULL, 0, &(sample_batch){.n = 4, .targets = learned});
    for (int i = 0; i < 8; i++) {
        int sample = i / 2;
        assert_true(fabs((double)learned[i] - (sample - 1.5) / sqrt(1.25)) < 1e-5);
    }
    preprocessing_unscale_targets(p, 4, learned);
    for (int i = 0; i < 8; i++) {
        double own = (double)cells[i / 2 * 3 + 1 + i % 2];
        assert_true(fabs((double)learned[i] - own) < 1e-5 * (1.0 + own));
    }
    /* Below all training data: the least number that has a logarithm. */
    float below[] = {-3.0f, -3.0f};
    preprocessing_scale_targets(p, 1, below);
    preprocessing_unscale_targets(p, 1, below);
    assert_true(fabsf(below[0]) < 1e-30f && fabsf(below[1] + 1.0f) < 1e-6f);

    char *text = preprocessing_to_json(p);
    nnfs_preprocessing *again = NULL;
    assert_int_equal(parse(text, &again, NULL), NNFS_OK);
    assert_true(preprocessing_equal(p, again));
    again->targets[1].shift = 0.0f;
    assert_false(preprocessing_equal(p, again));
    memory_free(text);
    again->targets[1].is_log = false;
    text = preprocessing_to_json(again);
    nnfs_preprocessing *mixed = NULL;
    assert_int_equal(parse(text, &mixed, NULL), NNFS_ERROR_DATA);
    memory_free(text);
    nnfs_preprocessing_free(again);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

static void no_log_of_negatives(void **state)
{
    (void)state;
    const float cells[] = {1, 1, 0, 2, 2, -0.5f, 3, 4, 3};
    nnfs_dataset *table = table_of_targets(cells, 3);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.log_targets = 1;
    nnfs_preprocessing *p = NULL;
    nnfs_error error = {0};
    expect_failure(nnfs_preprocessing_fit(table, &settings, &p, &error), NNFS_ERROR_DATA, &error,
                   "target 2 has a negative number, -0.5");
    assert_null(p);
    settings.scale_targets = 0;
    expect_failure(nnfs_preprocessing_fit(table, &settings, &p, &error), NNFS_ERROR_ARGUMENT,
                   &error, "log_targets is for numbers");
    nnfs_dataset_free(table);
}

/* Errors are measured in the targets' own units: without weights, y is predicted as
 * exp(mean log y). */
static void log_targets_evaluated(void **state)
{
    (void)state;
    const float cells[] = {1, 1, 1, 2, 2, 2, 3, 4, 4, 4, 8, 8};
    nnfs_dataset *table = table_of_targets(cells, 4);
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.log_targets = 1;
    nnfs_preprocessing *p = fit(table, &settings);
    prepare(table, p);
    nnfs_network_settings zeros;
    nnfs_network_settings_init(&zeros);
    const nnfs_layer layer = {2, NNFS_IDENTITY};
    zeros.inputs = 1;
    zeros.layers = &layer;
    zeros.layer_count = 1;
    zeros.loss = NNFS_MSE;
    zeros.init = NNFS_INIT_ZEROS;
    nnfs_network *network = NULL;
    nnfs_evaluation evaluation;
    assert_int_equal(nnfs_network_create(&zeros, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_evaluate(network, table, 1, &evaluation, NULL), NNFS_OK);
    double squares = 0.0;
    double middle = exp(1.5 * log(2.0));
    for (int i = 0; i < 4; i++) {
        squares += pow((double)(1 << i) - middle, 2.0);
    }
    assert_true(fabs(evaluation.rmse - sqrt(squares / 4.0)) < 1e-5);
    assert_true(fabs(evaluation.loss - 1.0) < 1e-5);
    nnfs_network_free(network);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

/* A model whose preprocessing is not for its network. */
static void hostile_model(void **state)
{
    (void)state;
    nnfs_dataset *table = small_table();
    nnfs_preprocessing *p = fit(table, NULL);
    prepare(table, p);
    nnfs_network *network = network_for(table, 3);
    nnfs_network *loaded = NULL;
    nnfs_error error = {0};
    char *path = scratch_path("hostile.safetensors");
    assert_int_equal(nnfs_network_set_preprocessing(network, p, NULL), NNFS_OK);
    p->columns[0].encoding.has_indicator = 1; /* is saved as one more input than the network has */
    assert_int_equal(nnfs_network_save(network, path, NULL), NNFS_OK);
    expect_failure(nnfs_network_load(path, &loaded, &error), NNFS_ERROR_DATA, &error,
                   "metadata 'preprocessing': the network takes 5 inputs");
    assert_null(loaded);
    free(path);
    nnfs_network_free(network);
    nnfs_preprocessing_free(p);
    nnfs_dataset_free(table);
}

/* ---- Screening ---- */

enum { SCREEN_ROWS = 90, SCREEN_CELLS = 16, SCREEN_FEATURES = 13 };

static nnfs_preprocessing_settings screening_settings(float rate)
{
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.screening = rate;
    settings.max_categories = 3;
    return settings;
}

/* Random cells [13 features, target or two], as the script of the expected values makes them. */
static void draw_cells(double *cells)
{
    uint32_t state = 7;
    for (int i = 0; i < SCREEN_ROWS * SCREEN_CELLS; i++) {
        state = (state * 1103515245U + 12345U) & 0x7fffffffU;
        cells[i] = (double)((state >> 8) % 1000);
    }
}

/* 10 columns of numbers, 3 of categories; the features have to do with the target, or not. */
static nnfs_dataset *table_to_screen(bool classes, bool related)
{
    static double drawn[SCREEN_ROWS * SCREEN_CELLS];
    float cells[SCREEN_ROWS * 15];
    int columns = classes ? 14 : 15;
    spec specs[15] = {{NULL, NULL, NNFS_COLUMN_FEATURE}};
    draw_cells(drawn);
    for (int i = 0; i < columns; i++) {
        specs[i].use = i < SCREEN_FEATURES ? NNFS_COLUMN_FEATURE : NNFS_COLUMN_TARGET;
        specs[i].categories = i >= 10 && i < SCREEN_FEATURES ? "a b c" : NULL;
    }
    if (classes) {
        specs[13].categories = "no maybe yes";
    }
    for (int r = 0; r < SCREEN_ROWS; r++) {
        const double *from = drawn + (size_t)r * SCREEN_CELLS;
        int class = (int)from[15] % 3;
        float *row = cells + (size_t)r * (size_t)columns;
        for (int i = 0; i < SCREEN_FEATURES; i++) {
            row[i] = (float)(i < 10 ? from[i] : (int)from[i] % 3);
        }
        for (int i = 0; related && i < 5; i++) {
            row[i] += (float)(classes ? 100 * i * (class == i % 3) : 0.15 * i * from[13]);
        }
        if (related && classes) {
            row[10] = from[10] < 400.0 ? (float)class : row[10];
        } else if (related) {
            row[5] += (float)(0.5 * from[14]);
            row[11] = from[13] > 700.0 ? 1.0f : row[11];
        }
        row[13] = (float)(classes ? class : from[13]);
        if (!classes) {
            row[14] = (float)from[14];
        }
    }
    return make_table(specs, columns, cells, SCREEN_ROWS);
}

/*
 * Which columns stay, from scikit-learn's f_classif and f_regression, the smallest p-value of a
 * category's inputs (four, with that of the others) and of two targets times their number, and
 * the procedure of Benjamini and Hochberg. The pairs of columns before and after a rate differ.
 */
static void screening(void **state)
{
    (void)state;
    static const struct {
        bool classes, related;
        float rate;
        const char *stay;
    } cases[] = {
        {true, true, 0.01f, "0011100000100"}, {true, true, 0.1f, "0111100000100"},
        {true, true, 0.9f, "0111100001100"},  {false, true, 0.001f, "0001110000010"},
        {false, true, 0.1f, "0001110000010"}, {false, true, 0.3f, "0101110000010"},
        {false, true, 0.9f, "0111111111111"}, {true, false, 0.3f, "0000000001000"},
        {true, false, 0.0f, "1111111111111"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        nnfs_dataset *table = table_to_screen(cases[c].classes, cases[c].related);
        nnfs_preprocessing_settings settings = screening_settings(cases[c].rate);
        nnfs_preprocessing *p = fit(table, &settings);
        int inputs = 0;
        for (int i = 0; i < SCREEN_FEATURES; i++) {
            nnfs_encoding e = nnfs_preprocessing_column(p, i);
            bool stays = cases[c].stay[i] == '1';
            assert_int_equal(e.inputs > 0, stays);
            assert_int_equal(e.first_input, inputs);
            if (!stays) {
                assert_string_equal(e.reason, "screened out");
            }
            inputs += e.inputs;
        }
        assert_int_equal(nnfs_preprocessing_inputs(p), inputs);
        nnfs_preprocessing_free(p);
        nnfs_dataset_free(table);
    }
}

/* What is left out is the same after a round trip, and prepares other data. */
static void screened_round_trip(void **state)
{
    (void)state;
    nnfs_dataset *table = table_to_screen(true, true);
    nnfs_preprocessing_settings settings = screening_settings(0.1f);
    settings.scaling = NNFS_SCALING_QUANTILE;
    nnfs_preprocessing *p = fit(table, &settings);
    char *text = preprocessing_to_json(p);
    nnfs_preprocessing *again = NULL;
    assert_int_equal(parse(text, &again, NULL), NNFS_OK);
    assert_true(preprocessing_equal(p, again));
    prepare(table, again);
    assert_int_equal(nnfs_dataset_features(table), nnfs_preprocessing_inputs(p));
    memory_free(text);
    nnfs_preprocessing_free(again);
    nnfs_preprocessing_free(p);

    static const float refused[] = {-0.1f, 1.0f, NAN};
    nnfs_error error = {0};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        settings.screening = refused[i];
        expect_failure(nnfs_preprocessing_fit(table, &settings, &p, &error), NNFS_ERROR_ARGUMENT,
                       &error, "screening must be 0 or more and below 1");
    }
    nnfs_dataset_free(table);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hand_computed),
        cmocka_unit_test(scalings),
        cmocka_unit_test(only_missing_varies),
        cmocka_unit_test(trained_part_alone),
        cmocka_unit_test(rarer_categories_share),
        cmocka_unit_test(other_order),
        cmocka_unit_test(missing_without_place),
        cmocka_unit_test(found_by_places),
        cmocka_unit_test(refused_tables),
        cmocka_unit_test(other_classes),
        cmocka_unit_test(refused_fits),
        cmocka_unit_test(same_bits_by_any_threads),
        cmocka_unit_test(pixels_by_default),
        cmocka_unit_test(narrow_integers),
        cmocka_unit_test(network_keeps_it),
        cmocka_unit_test(two_values_keep_weights),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(unseen_is_silent),
        cmocka_unit_test(json_round_trip),
        cmocka_unit_test(hostile_json),
        cmocka_unit_test(json_without_memory),
        cmocka_unit_test(hostile_model),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(two_values),
        cmocka_unit_test(log_targets),
        cmocka_unit_test(no_log_of_negatives),
        cmocka_unit_test(log_targets_evaluated),
        cmocka_unit_test(screening),
        cmocka_unit_test(screened_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
