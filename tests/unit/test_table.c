/*
 * Tables as datasets: which column is predicted, which classes there are, what is left out, and how
 * a file is read like the one a model was trained on. Argument: the folder of the test data.
 */
#include <nnfs/nnfs.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *data_folder;
static char path[64];

/* Writes the text where the tests read it. */
static const char *file_of(const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

static nnfs_dataset_settings standard(void)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    return settings;
}

static nnfs_dataset *load(const char *text, const nnfs_dataset_settings *settings)
{
    nnfs_dataset *set = NULL;
    nnfs_error error = {.status = NNFS_OK};
    if (nnfs_dataset_load(file_of(text), settings, &set, NULL, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    return set;
}

static void refuse(const char *text, const nnfs_dataset_settings *settings, nnfs_status status,
                   const char *sentence)
{
    nnfs_dataset *set = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status got = nnfs_dataset_load(file_of(text), settings, &set, NULL, &error);
    if (got != status || !strstr(error.message, sentence)) {
        fail_msg("status %d, '%s' instead of %d, '%s'", (int)got, error.message, (int)status,
                 sentence);
    }
    assert_null(set);
}

static void expect_classes(const nnfs_dataset *set, const char *const *names, int count)
{
    assert_int_equal(nnfs_dataset_classes(set), count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(nnfs_dataset_class_name(set, i), names[i]);
    }
    assert_null(nnfs_dataset_class_name(set, count));
}

/* ---- What is predicted ---- */

static const char flowers[] = "width,height,kind\n"
                              "1,2,rose\n"
                              "3,4,lily\n"
                              "5,6,rose\n"
                              "7,8,\n"
                              "9,10,aster\n";

static void test_text_is_classes(void **state)
{
    (void)state;
    nnfs_dataset *set = load(flowers, NULL);
    static const char *const names[] = {"aster", "lily", "rose"};
    int32_t labels[4];
    float features[2 * 4];
    expect_classes(set, names, 3);
    assert_int_equal(nnfs_dataset_samples(set), 4); /* one has no kind */
    assert_int_equal(nnfs_dataset_features(set), 2);
    assert_int_equal(nnfs_dataset_outputs(set), 3);
    assert_int_equal(nnfs_dataset_copy(set, 0, 4, features, labels, NULL, NULL), NNFS_OK);
    const int32_t expected[] = {2, 1, 2, 0};
    const float rows[] = {1, 2, 3, 4, 5, 6, 9, 10};
    assert_memory_equal(labels, expected, sizeof expected);
    assert_memory_equal(features, rows, sizeof rows);
    assert_int_equal(nnfs_dataset_columns(set), 3);
    nnfs_column column = nnfs_dataset_column(set, 2);
    assert_string_equal(column.name, "kind");
    assert_int_equal(column.use, NNFS_COLUMN_TARGET);
    assert_int_equal(column.kind, NNFS_COLUMN_CATEGORY);
    assert_int_equal(column.missing, 1);
    assert_int_equal(column.categories, 3);
    assert_string_equal(nnfs_dataset_category(set, 2, 1), "lily");
    assert_null(nnfs_dataset_category(set, 2, 3));
    assert_null(nnfs_dataset_category(set, 0, 0));
    assert_null(nnfs_dataset_column(set, 3).name);
    nnfs_dataset_free(set);
}

/* Whole numbers of few values are classes, named as people write them; others are numbers. */
static void test_task(void **state)
{
    (void)state;
    static const char *const names[] = {"-1", "0", "2"};
    static const char *const halves[] = {"0.5", "1.5"};
    nnfs_dataset_settings settings = standard();
    nnfs_dataset *set = load("a,y\n1,2\n2,0\n3,-1\n4,2\n5,0\n6,-1.0\n", NULL);
    expect_classes(set, names, 3);
    nnfs_dataset_free(set);
    set = load("a,y\n1,2\n2,0\n3,-1\n", NULL); /* each stands there once: numbers */
    expect_classes(set, NULL, 0);
    nnfs_dataset_free(set);
    set = load("a,y\n1,0.5\n2,1.5\n3,0.5\n4,1.5\n", NULL);
    expect_classes(set, NULL, 0);
    nnfs_dataset_free(set);
    settings.task = NNFS_TASK_CLASSES;
    set = load("a,y\n1,0.5\n2,1.5\n3,0.5\n4,1.5\n", &settings);
    expect_classes(set, halves, 2);
    nnfs_dataset_free(set);
    settings.task = NNFS_TASK_NUMBERS;
    set = load("a,y\n1,2\n2,0\n3,2\n4,0\n", &settings);
    float y[4];
    const float expected[] = {2, 0, 2, 0};
    assert_int_equal(nnfs_dataset_copy(set, 0, 4, NULL, NULL, y, NULL), NNFS_OK);
    assert_memory_equal(y, expected, sizeof y);
    nnfs_dataset_free(set);
    refuse(flowers, &settings, NNFS_ERROR_DATA, "line 2, column 'kind'");
}

/* Names of numbers are written with a point in any locale; one that is short and exact. */
static void test_class_names(void **state)
{
    (void)state;
    static const char *const names[] = {"-2.5", "0", "0.1", "10000000", "1e+20"};
    nnfs_dataset_settings settings = standard();
    settings.task = NNFS_TASK_CLASSES;
    const char *locale = setlocale(LC_ALL, "de_DE.UTF-8");
    nnfs_dataset *set = load("a,y\n1,-2.5\n2,1e20\n3,0.1\n4,1e7\n5,-0\n", &settings);
    (void)setlocale(LC_ALL, "C");
    expect_classes(set, names, 5);
    if (!locale) {
        print_message("no locale with a comma here\n");
    }
    nnfs_dataset_free(set);
}

static void test_targets(void **state)
{
    (void)state;
    const char *const two[] = {"b", "1", NULL};
    const char *const twice[] = {"b", "2", NULL};
    const char *const text[] = {"b", "d", NULL};
    const char *const nowhere[] = {"e", NULL};
    const char *const drop[] = {"b", NULL};
    const char table[] = "a,b,c,d\n1,2,3,x\n4,,6,y\n7,8,9,x\n10,11,12,y\n";
    nnfs_dataset_settings settings = standard();
    settings.targets = two;
    nnfs_dataset *set = load(table, &settings);
    float y[2 * 3];
    const float expected[] = {2, 1, 8, 7, 11, 10};
    assert_int_equal(nnfs_dataset_samples(set), 3);
    assert_int_equal(nnfs_dataset_outputs(set), 2);
    assert_int_equal(nnfs_dataset_features(set), 2);
    assert_int_equal(nnfs_dataset_copy(set, 0, 3, NULL, NULL, y, NULL), NNFS_OK);
    assert_memory_equal(y, expected, sizeof expected);
    nnfs_dataset_free(set);
    settings.targets = twice;
    refuse(table, &settings, NNFS_ERROR_ARGUMENT, "column 'b' is named twice as a target");
    settings.targets = text;
    refuse(table, &settings, NNFS_ERROR_DATA, "one of these is text");
    settings.targets = two;
    settings.task = NNFS_TASK_CLASSES;
    refuse(table, &settings, NNFS_ERROR_DATA, "classes were asked for");
    settings = standard();
    settings.targets = nowhere;
    refuse(table, &settings, NNFS_ERROR_DATA, "there is no column 'e' among its 4, 'a' .. 'd'");
    settings.targets = drop;
    settings.drop = drop;
    refuse(table, &settings, NNFS_ERROR_ARGUMENT, "column 'b' cannot be both dropped and a target");
    refuse("a,y\n1,\n2,\n", NULL, NNFS_ERROR_DATA, "the target is missing in every row");
    refuse("y\n1\n2\n", NULL, NNFS_ERROR_DATA, "no column is left to predict from");
}

/* Each column is wanted for one thing. */
static void test_contradictions(void **state)
{
    (void)state;
    const char *const a[] = {"a", NULL};
    nnfs_dataset_settings settings = standard();
    settings.categorical = a;
    settings.numeric = a;
    refuse("a,y\n1,2\n", &settings, NNFS_ERROR_ARGUMENT,
           "column 'a' cannot be both categorical and numeric");
    settings.numeric = NULL;
    settings.drop = a;
    refuse("a,y\n1,2\n", &settings, NNFS_ERROR_ARGUMENT,
           "column 'a' cannot be both categorical and dropped");
    settings = standard();
    settings.weight_column = "y";
    refuse("a,y\n1,2\n", &settings, NNFS_ERROR_ARGUMENT, "column 'y' is both target and weight");
    settings = standard();
    settings.targets_path = "y.npy";
    refuse("a,y\n1,2\n", &settings, NNFS_ERROR_ARGUMENT, "a file of their own is for NPY");
}

static void test_weights(void **state)
{
    (void)state;
    nnfs_dataset_settings settings = standard();
    settings.weight_column = "w";
    refuse("w,a,y\n1,2,3\n,5,6\n", &settings, NNFS_ERROR_DATA,
           "line 3, column 'w': a weight is a number of 0 or more, and this is missing");
    refuse("w,a,y\n1,2,3\n-1,5,6\n", &settings, NNFS_ERROR_DATA, "and this is less");
    refuse("w,a,y\n0,2,3\n0,5,6\n", &settings, NNFS_ERROR_DATA, "the weights of all samples are 0");
    nnfs_dataset *set = load("w,a,y\n1,2,3\n0,5,6\n", &settings);
    assert_int_equal(nnfs_dataset_features(set), 1);
    assert_int_equal(nnfs_dataset_column(set, 0).use, NNFS_COLUMN_WEIGHT);
    nnfs_dataset_free(set);
}

static void test_too_many_classes(void **state)
{
    (void)state;
    nnfs_dataset_settings settings = standard();
    settings.task = NNFS_TASK_CLASSES;
    size_t room = 200010 * 20;
    char *text = malloc(room);
    size_t length = (size_t)snprintf(text, room, "a,y\n");
    for (int i = 0; i < 100001; i++) {
        length += (size_t)snprintf(text + length, room - length, "1,%d\n", i);
    }
    refuse(text, &settings, NNFS_ERROR_DATA, "has more than 100000 different values");
    free(text);
}

/* Kept cells are those of the file, also of rows that a split takes. */
static void test_kept(void **state)
{
    (void)state;
    const char *const keep[] = {"id", "a", NULL};
    const char *const twice[] = {"id", "1", NULL};
    const char *const drop[] = {"id", NULL};
    nnfs_dataset_settings settings = standard();
    nnfs_dataset *rest = NULL, *held_out = NULL;
    settings.keep = keep;
    settings.drop = drop;
    nnfs_dataset *set = load("id,a,y\n007,1.50,0.5\n\"x, y\",NA,\n,3e0,1.5\n", &settings);
    assert_int_equal(nnfs_dataset_samples(set), 2); /* one has no target */
    assert_int_equal(nnfs_dataset_kept_column(set, 0), 0);
    assert_int_equal(nnfs_dataset_kept_column(set, 1), 1);
    assert_int_equal(nnfs_dataset_kept_column(set, 2), -1);
    assert_string_equal(nnfs_dataset_kept(set, 0, 0), "007");
    assert_string_equal(nnfs_dataset_kept(set, 0, 1), "1.50");
    assert_string_equal(nnfs_dataset_kept(set, 1, 0), "");
    assert_null(nnfs_dataset_kept(set, 2, 0));
    assert_null(nnfs_dataset_kept(set, 0, 2));
    assert_int_equal(nnfs_dataset_split(set, 0.5, 1, &rest, &held_out, NULL), NNFS_OK);
    bool first = nnfs_dataset_cell(held_out, 0, 1) == 1.5f;
    assert_string_equal(nnfs_dataset_kept(held_out, 0, 1), first ? "1.50" : "3e0");
    nnfs_dataset_free(set);
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    settings.keep = twice;
    refuse("id,y\n1,2\n", &settings, NNFS_ERROR_ARGUMENT, "column 'id' is kept twice");
    settings = standard();
    settings.keep = keep;
    nnfs_error error;
    assert_int_equal(nnfs_dataset_load("digits", &settings, &set, NULL, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "only the columns of a CSV file can be kept"));
}

/* ---- Like a model's ---- */

typedef struct fitted {
    nnfs_dataset *set;
    nnfs_preprocessing *preprocessing;
} fitted;

static fitted fit(const char *text, const nnfs_dataset_settings *settings)
{
    fitted made = {.set = load(text, settings)};
    assert_int_equal(nnfs_preprocessing_fit(made.set, NULL, &made.preprocessing, NULL), NNFS_OK);
    return made;
}

static void fitted_free(fitted *made)
{
    nnfs_preprocessing_free(made->preprocessing);
    nnfs_dataset_free(made->set);
}

static const char garden[] = "width,colour,note,kind\n"
                             "1,red,x,rose\n"
                             "3,white,x,lily\n"
                             "5,red,x,rose\n"
                             "7,white,x,rose\n"
                             "9,red,x,lily\n";

static void test_like(void **state)
{
    (void)state;
    fitted model = fit(garden, NULL);
    nnfs_dataset_settings settings = standard();
    settings.like = model.preprocessing;
    /* Another order, further columns, and no column that never varied. */
    nnfs_dataset *set = load("kind,colour,more,width\nlily,white,?,3\nrose,red,?,1\n", &settings);
    static const char *const names[] = {"lily", "rose"};
    float here[2 * 8];
    float there[2 * 8];
    int32_t labels[2];
    int inputs = nnfs_preprocessing_inputs(model.preprocessing);
    assert_true(inputs <= 8);
    expect_classes(set, names, 2);
    assert_int_equal(nnfs_dataset_features(set), inputs);
    assert_int_equal(nnfs_dataset_copy(set, 0, 2, here, labels, NULL, NULL), NNFS_OK);
    assert_int_equal(labels[0], 0);
    assert_int_equal(labels[1], 1);
    assert_int_equal(nnfs_dataset_prepare(model.set, model.preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_copy(model.set, 1, 1, there, NULL, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_copy(model.set, 0, 1, there + inputs, NULL, NULL, NULL), NNFS_OK);
    assert_memory_equal(here, there, 2 * (size_t)inputs * sizeof *here);
    assert_int_equal(nnfs_dataset_column(set, 2).use, NNFS_COLUMN_UNKNOWN);
    nnfs_dataset_free(set);

    refuse("kind,colour\nlily,white\n", &settings, NNFS_ERROR_DATA,
           "column 'width' is missing, which the model was trained on");
    refuse("kind,colour,width\nlily,white,3\ntulip,red,4\n", &settings, NNFS_ERROR_DATA,
           "line 3, column 'kind': 'tulip' is none of the classes that the model knows");
    settings.ignore_targets = 1;
    set = load("kind,colour,width\nlily,white,3\ntulip,red,4\n,red,5\n", &settings);
    assert_int_equal(nnfs_dataset_samples(set), 3);
    assert_false(nnfs_dataset_has_targets(set));
    assert_int_equal(nnfs_dataset_outputs(set), 2);
    nnfs_dataset_free(set);
    settings.ignore_targets = 0;
    set = load("colour,width\nwhite,3\n", &settings);
    assert_false(nnfs_dataset_has_targets(set));
    nnfs_evaluation evaluation;
    nnfs_error error;
    nnfs_layer layer = {1, NNFS_SIGMOID};
    nnfs_network_settings shape;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&shape);
    shape.inputs = inputs;
    shape.layers = &layer;
    shape.layer_count = 1;
    shape.loss = NNFS_BINARY_CROSS_ENTROPY;
    assert_int_equal(nnfs_network_create(&shape, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_evaluate(network, set, 0, &evaluation, &error), NNFS_ERROR_DATA);
    assert_non_null(strstr(error.message, "no targets"));
    int32_t label;
    assert_int_equal(nnfs_dataset_copy(set, 0, 1, NULL, &label, NULL, &error), NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "the dataset has no targets");
    nnfs_network_free(network);
    nnfs_dataset_free(set);
    settings.task = NNFS_TASK_CLASSES;
    refuse(garden, &settings, NNFS_ERROR_ARGUMENT, "takes its columns from there");
    fitted_free(&model);
}

/* Classes that are numbers are known by their values. */
static void test_like_numbers(void **state)
{
    (void)state;
    fitted model = fit("a,y\n1,2\n2,0\n3,2\n4,0\n", NULL);
    nnfs_dataset_settings settings = standard();
    settings.like = model.preprocessing;
    nnfs_dataset *set = load("y,a\n0.0,2\n2,5\n+2e0,5\n", &settings);
    int32_t labels[3];
    const int32_t expected[] = {0, 1, 1};
    assert_int_equal(nnfs_dataset_copy(set, 0, 3, NULL, labels, NULL, NULL), NNFS_OK);
    assert_memory_equal(labels, expected, sizeof expected);
    nnfs_dataset_free(set);
    refuse("y,a\n0,2\n1,5\n", &settings, NNFS_ERROR_DATA, "line 3, column 'y': '1' is none of");
    fitted_free(&model);
}

/* Unless an option says otherwise the last column is predicted, also where another has its number
 * for a name. */
static void test_last_column(void **state)
{
    (void)state;
    const char *const three[] = {"3", NULL};
    const char *const last[] = {"y", NULL};
    nnfs_dataset_settings settings = standard();
    settings.header = 1;
    settings.drop = three;
    nnfs_dataset *set = load("3,x,y\n1,2,0.5\n3,4,2.5\n", &settings);
    float y[2];
    const float expected[] = {0.5f, 2.5f};
    assert_int_equal(nnfs_dataset_column(set, 0).use, NNFS_COLUMN_DROPPED);
    assert_int_equal(nnfs_dataset_copy(set, 0, 2, NULL, NULL, y, NULL), NNFS_OK);
    assert_memory_equal(y, expected, sizeof y);
    nnfs_dataset_free(set);
    settings.drop = last;
    refuse("3,x,y\n1,2,0.5\n3,4,2.5\n", &settings, NNFS_ERROR_ARGUMENT,
           "column 'y' cannot be both dropped and a target");
}

/* A target more or less cannot be measured; none is fine. */
static void test_like_targets(void **state)
{
    (void)state;
    const char *const two[] = {"y", "z", NULL};
    nnfs_dataset_settings settings = standard();
    settings.targets = two;
    fitted model = fit("a,y,z\n1,2.5,3\n2,0,4\n3,2,5\n4,0,6\n", &settings);
    settings = standard();
    settings.like = model.preprocessing;
    refuse("a,y\n1,2\n", &settings, NNFS_ERROR_DATA, "target 'z' is missing, and others are there");
    nnfs_dataset *set = load("z,a,y\n1,2,3\n", &settings);
    float y[2];
    const float expected[] = {3, 1};
    assert_int_equal(nnfs_dataset_copy(set, 0, 1, NULL, NULL, y, NULL), NNFS_OK);
    assert_memory_equal(y, expected, sizeof y);
    nnfs_dataset_free(set);
    fitted_free(&model);
}

/* Without names columns are known by their places, with the targets among them or without. */
static void test_like_places(void **state)
{
    (void)state;
    const char *const second[] = {"2", NULL};
    nnfs_dataset_settings settings = standard();
    settings.targets = second;
    fitted model = fit("1,2.5,3\n2,0.5,4\n3,2,7\n4,0,6\n", &settings);
    settings = standard();
    settings.like = model.preprocessing;
    nnfs_dataset *with = load("2,9,4\n1,8,3\n", &settings);
    nnfs_dataset *without = load("2,4\n1,3\n", &settings);
    float x[2 * 2];
    float y[2 * 2];
    assert_true(nnfs_dataset_has_targets(with));
    assert_false(nnfs_dataset_has_targets(without));
    assert_int_equal(nnfs_dataset_copy(with, 0, 2, x, NULL, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_copy(without, 0, 2, y, NULL, NULL, NULL), NNFS_OK);
    assert_memory_equal(x, y, sizeof x);
    nnfs_dataset_free(with);
    nnfs_dataset_free(without);
    refuse("2,4,5,6\n", &settings, NNFS_ERROR_DATA,
           "it has 4 columns, without names to find them by, where the model was trained on 3");
    fitted_free(&model);
}

/* ---- NPY ---- */

static void load_npy(const char *features, const char *targets, nnfs_dataset **set,
                     nnfs_status expected, const char *sentence)
{
    char from[512];
    char to[512];
    nnfs_error error = {.status = NNFS_OK};
    nnfs_dataset_settings settings = standard();
    (void)snprintf(from, sizeof from, "%s/npy/%s.npy", data_folder, features);
    (void)snprintf(to, sizeof to, "%s/npy/%s.npy", data_folder, targets ? targets : "");
    settings.targets_path = targets ? to : NULL;
    assert_int_equal(nnfs_dataset_load(from, &settings, set, NULL, &error), expected);
    assert_non_null(strstr(error.message, sentence));
}

static void test_npy(void **state)
{
    (void)state;
    nnfs_dataset *set = NULL;
    nnfs_dataset *apart = NULL;
    load_npy("refuse/rows-differ/features", "refuse/rows-differ/targets", &set, NNFS_ERROR_DATA,
             "rows, but");
    load_npy("accept/f4-little", NULL, &set, NNFS_OK, "");
    load_npy("accept/f4-little", "accept/f4-big", &apart, NNFS_OK, "");
    assert_int_equal(nnfs_dataset_features(apart), nnfs_dataset_features(set) + 1);
    assert_int_equal(nnfs_dataset_outputs(apart), nnfs_dataset_columns(apart));
    assert_null(nnfs_dataset_column(set, 0).name);
    nnfs_dataset_free(set);
    nnfs_dataset_free(apart);
}

/* The rows of formats.md that need more than the reader. */
static void test_refused_files(void **state)
{
    (void)state;
    char file[512];
    nnfs_dataset *train = NULL;
    nnfs_dataset *test = NULL;
    nnfs_preprocessing *preprocessing = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_dataset_settings settings = standard();
    (void)snprintf(file, sizeof file, "%s/csv/accept/labels.csv", data_folder);
    assert_int_equal(nnfs_dataset_load(file, NULL, &train, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_preprocessing_fit(train, NULL, &preprocessing, NULL), NNFS_OK);
    settings.like = preprocessing;
    (void)snprintf(file, sizeof file, "%s/csv/refuse/label-beyond-classes.csv", data_folder);
    assert_int_equal(nnfs_dataset_load(file, &settings, &test, NULL, &error), NNFS_ERROR_DATA);
    assert_non_null(strstr(error.message, "is none of the classes that the model knows"));
    assert_non_null(strstr(error.message, "label-beyond-classes.csv: line "));
    nnfs_preprocessing_free(preprocessing);
    nnfs_dataset_free(train);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/nnfs-table-%ld.csv", (long)getpid());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_classes),
        cmocka_unit_test(test_task),
        cmocka_unit_test(test_class_names),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_too_many_classes),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_like_numbers),
        cmocka_unit_test(test_last_column),
        cmocka_unit_test(test_like_targets),
        cmocka_unit_test(test_like_places),
        cmocka_unit_test(test_npy),
        cmocka_unit_test(test_refused_files),
    };
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    data_folder = argv[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
