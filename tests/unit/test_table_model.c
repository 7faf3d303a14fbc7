/* Tables from files, like the one a model was trained on; what two of them share; their hashes. */
#include <nnfs/nnfs.h>

#include "files.h"

/* ---- Files ---- */

static nnfs_dataset *load(const char *name, const char *content,
                          const nnfs_dataset_settings *settings)
{
    char *path = scratch_path(name);
    nnfs_dataset *made = NULL;
    nnfs_error error = {0};
    write_bytes(path, content, strlen(content));
    if (nnfs_dataset_load(path, settings, &made, NULL, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    free(path);
    return made;
}

static nnfs_dataset *load_like(const char *content, const nnfs_preprocessing *like)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.like = like;
    return load("like.csv", content, &settings);
}

static nnfs_preprocessing *fit(nnfs_dataset *dataset)
{
    nnfs_preprocessing *made = NULL;
    nnfs_error error = {0};
    if (nnfs_preprocessing_fit(dataset, NULL, &made, &error) != NNFS_OK ||
        nnfs_dataset_prepare(dataset, made, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    return made;
}

/* Fits to the file, and gives what a saved and loaded network then has: freed with the network. */
static nnfs_network *saved(nnfs_preprocessing *fitted)
{
    nnfs_layer layer = {1, NNFS_IDENTITY};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    char *path = scratch_path("model");
    nnfs_network_settings_init(&settings);
    settings.inputs = nnfs_preprocessing_inputs(fitted);
    settings.layers = &layer;
    settings.layer_count = 1;
    settings.loss = NNFS_MSE;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_preprocessing(network, fitted, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_save(network, path, NULL), NNFS_OK);
    nnfs_network_free(network);
    nnfs_preprocessing_free(fitted);
    assert_int_equal(nnfs_network_load(path, &network, NULL), NNFS_OK);
    free(path);
    return network;
}

/* ---- What a model keeps of its file ---- */

/* The column of x in row 1: -9, which is a missing one, or just a number. */
static int64_t missing_of(const nnfs_dataset *dataset)
{
    return nnfs_dataset_column(dataset, 0).missing;
}

static void words_for_missing(void **state)
{
    (void)state;
    static const char content[] = "x,y\n1,2.5\n-9,3.5\n4,4.5\n?,1.5\n";
    static const char *const words[] = {"-9", "?", "-9", NULL};
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.missing = words;
    nnfs_dataset *train = load("train.csv", content, &settings);
    assert_int_equal(missing_of(train), 2);
    nnfs_network *network = saved(fit(train));
    const nnfs_preprocessing *like = nnfs_network_preprocessing(network);
    nnfs_dataset *other = load_like(content, like);
    assert_int_equal(missing_of(other), 2);
    float x[8];
    float again[8];
    assert_int_equal(nnfs_dataset_copy(train, 0, 4, x, NULL, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_copy(other, 0, 4, again, NULL, NULL, NULL), NNFS_OK);
    assert_memory_equal(x, again, 4 * sizeof *x);
    nnfs_dataset_free(other);
    /* Whoever gives words means them, and nothing else. */
    static const char *const others[] = {"?", NULL};
    settings.missing = others;
    settings.like = like;
    other = load("other.csv", content, &settings);
    assert_int_equal(missing_of(other), 1);
    nnfs_dataset_free(other);
    nnfs_dataset_free(train);
    nnfs_network_free(network);
}

/* A model that was told that NA is no missing cell: Namibia. */
static void usual_words_are_not_added(void **state)
{
    (void)state;
    static const char content[] = "land,y\nNA,2.5\nDE,3.5\nNA,4.5\nDE,1.5\n";
    static const char *const none[] = {NULL};
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.missing = none;
    settings.header = 1;
    nnfs_dataset *train = load("train.csv", content, &settings);
    nnfs_network *network = saved(fit(train));
    nnfs_dataset *other = load_like(content, nnfs_network_preprocessing(network));
    assert_int_equal(missing_of(train), 0);
    assert_int_equal(missing_of(other), 0);
    nnfs_dataset_free(other);
    nnfs_dataset_free(train);
    nnfs_network_free(network);
}

static void columns_left_out(void **state)
{
    (void)state;
    static const char *const drop[] = {"id", NULL};
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.drop = drop;
    settings.weight_column = "w";
    nnfs_dataset *train = load("train.csv", "id,x,w,y\n1,1,1,2.5\n2,5,2,3.5\n", &settings);
    nnfs_network *network = saved(fit(train));
    nnfs_dataset *other =
        load_like("new,y,w,x,id\n7,2.5,1,1,1\n", nnfs_network_preprocessing(network));
    static const nnfs_column_use uses[] = {NNFS_COLUMN_UNKNOWN, NNFS_COLUMN_TARGET,
                                           NNFS_COLUMN_DROPPED, NNFS_COLUMN_FEATURE,
                                           NNFS_COLUMN_DROPPED};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(nnfs_dataset_column(other, i).use, uses[i]);
    }
    nnfs_dataset_free(other);
    nnfs_dataset_free(train);
    nnfs_network_free(network);
}

/* ---- Shared samples ---- */

static void expect_shared(const nnfs_dataset *one, const nnfs_dataset *other, int64_t expected)
{
    int64_t count = -1;
    nnfs_error error = {0};
    if (nnfs_dataset_count_overlap(one, other, &count, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(count, expected);
}

/* `same` is constant and `name` is mostly unique: the model does without them, and so
 * may the file. */
static void shared_among_inputs(void **state)
{
    (void)state;
    static const char content[] = "x,same,name,c,y\n1,5,a,red,2.5\n2,5,b,blue,3.5\n"
                                  "3,5,c,red,4.5\n4,5,d,blue,5.5\n";
    nnfs_dataset *train = load("train.csv", content, NULL);
    nnfs_preprocessing *fitted = fit(train);
    nnfs_dataset *less = load_like("c,y,x\nblue,3.5,2\nred,4.5,9\nred,4.5,3\n", fitted);
    nnfs_dataset *all = load_like("name,c,y,same,x\nz,blue,3.5,6,2\nz,red,9,6,3\n", fitted);
    expect_shared(train, less, 2);
    expect_shared(less, train, 2);
    expect_shared(train, all, 1);
    expect_shared(less, all, 1);
    /* Of a table that is not prepared each column counts, unless the other says which do. */
    nnfs_dataset *plain = load("plain.csv", content, NULL);
    expect_shared(train, plain, 4);
    expect_shared(plain, less, 2);
    int64_t count = -1;
    nnfs_dataset *other = load("plain.csv", "x,c,y\n1,red,2.5\n2,blue,3.5\n", NULL);
    assert_int_equal(nnfs_dataset_count_overlap(plain, other, &count, NULL), NNFS_ERROR_ARGUMENT);
    nnfs_dataset_free(other);
    nnfs_dataset_free(plain);
    nnfs_dataset_free(all);
    nnfs_dataset_free(less);
    nnfs_dataset_free(train);
    nnfs_preprocessing_free(fitted);
}

/* Without names the third column is found by its place. */
static void shared_without_names(void **state)
{
    (void)state;
    nnfs_dataset *train = load("train.csv", "1,5,3,2.5\n2,5,4,3.5\n", NULL);
    nnfs_preprocessing *fitted = fit(train);
    nnfs_dataset *other = load_like("1,6,3,2.5\n2,6,3,3.5\n", fitted);
    expect_shared(train, other, 1);
    nnfs_dataset_free(other);
    nnfs_dataset_free(train);
    nnfs_preprocessing_free(fitted);
}

/* ---- Hashes ---- */

/* An NPY file of two columns and four rows. */
static nnfs_dataset *load_npy(const char *descr, const void *values, size_t bytes)
{
    char *path = scratch_path("x.npy");
    unsigned char file[512] = "\x93NUMPY\x01\x00\x76\x00";
    int used = snprintf((char *)file + 10, 118,
                        "{'descr': '%s', 'fortran_order': False, 'shape': (4, 2), }", descr);
    memset(file + 10 + used, ' ', 118 - (size_t)used);
    file[127] = '\n';
    memcpy(file + 128, values, bytes);
    write_bytes(path, file, 128 + bytes);
    nnfs_dataset *made = NULL;
    nnfs_error error = {0};
    if (nnfs_dataset_load(path, NULL, &made, NULL, &error) != NNFS_OK) {
        fail_msg("%s: %s", descr, error.message);
    }
    free(path);
    return made;
}

/* Each byte of each sample counts, and none beyond. */
static void hash_of_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        size_t bytes;
    } types[] = {{"|u1", 1}, {"|i1", 1}, {"<i2", 2}, {"<i4", 4},
                 {"<i8", 8}, {"<f2", 2}, {"<f4", 4}, {"<f8", 8}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        unsigned char values[64] = {0};
        size_t bytes = 8 * types[i].bytes;
        values[7 * types[i].bytes] = 1; /* a second target, so that it is no constant */
        nnfs_dataset *first = load_npy(types[i].descr, values, bytes);
        for (size_t at = 0; at < bytes; at++) {
            values[at] ^= 2;
            nnfs_dataset *changed = load_npy(types[i].descr, values, bytes);
            assert_true(nnfs_dataset_hash(first) != nnfs_dataset_hash(changed));
            nnfs_dataset_free(changed);
            values[at] ^= 2;
        }
        nnfs_dataset *again = load_npy(types[i].descr, values, bytes);
        assert_true(nnfs_dataset_hash(first) == nnfs_dataset_hash(again));
        nnfs_dataset_free(again);
        nnfs_dataset_free(first);
    }
}

static void hash_without_targets(void **state)
{
    (void)state;
    nnfs_dataset *train = load("train.csv", "x,y\n1,2.5\n2,3.5\n", NULL);
    nnfs_preprocessing *fitted = fit(train);
    nnfs_dataset *other = load_like("x\n1\n2\n", fitted);
    assert_false(nnfs_dataset_has_targets(other));
    assert_true(nnfs_dataset_hash(other) != nnfs_dataset_hash(train));
    nnfs_dataset_free(other);
    nnfs_dataset_free(train);
    nnfs_preprocessing_free(fitted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_for_missing),    cmocka_unit_test(usual_words_are_not_added),
        cmocka_unit_test(columns_left_out),     cmocka_unit_test(shared_among_inputs),
        cmocka_unit_test(shared_without_names), cmocka_unit_test(hash_of_every_type),
        cmocka_unit_test(hash_without_targets),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
