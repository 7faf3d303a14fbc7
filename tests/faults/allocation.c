/*
 * The library without memory: in each of its functions the k-th allocation fails, for every k, once
 * and for good. Held when that is success or MEMORY with a sentence, and what was allocated
 * meanwhile, be it by jansson, zlib or the C library for us, has all been freed.
 */
#include <nnfs/nnfs.h>

#include "faults.h"
#include "unit/files.h"

#include <zlib.h>

enum { FEATURES = 6, SAMPLES = 40, CLASSES = 3, MOST_CALLS = 5000 };

/* By default each of the first allocations fails, then each STRIDE-th. */
enum { EACH_CALL = 40, STRIDE = 7 };

/* ---- What the functions are given ---- */

static nnfs_dataset *dataset;
static nnfs_network *network;
static char *model_path;
static char *saved_path;

/* count values of an IDX file of bytes, packed if its name says so. */
static void write_idx(const char *name, int rank, const int *sizes, int count)
{
    unsigned char bytes[4 + 8 + SAMPLES * FEATURES] = {0, 0, 8, (unsigned char)rank};
    size_t length = 4;
    for (int i = 0; i < rank; i++, length += 4) {
        bytes[length + 3] = (unsigned char)sizes[i];
    }
    for (int i = 0; i < count; i++) {
        bytes[length++] = (unsigned char)(rank == 1 ? i % CLASSES : 37 * i % 251);
    }
    char *path = scratch_path(name);
    if (strstr(name, ".gz")) {
        gzFile file = gzopen(path, "wb");
        assert_int_equal(gzwrite(file, bytes, (unsigned)length), (int)length);
        assert_int_equal(gzclose(file), Z_OK);
    } else {
        write_bytes(path, bytes, length);
    }
    free(path);
}

static void write_pair(const char *images, const char *labels, int samples)
{
    const int sizes[] = {samples, FEATURES};
    write_idx(images, 2, sizes, samples * FEATURES);
    write_idx(labels, 1, sizes, samples);
}

static const nnfs_layer layers[] = {{5, NNFS_TANH}, {CLASSES, NNFS_SOFTMAX}};

static nnfs_network_settings network_settings(void)
{
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = FEATURES;
    settings.layers = layers;
    settings.layer_count = 2;
    return settings;
}

static nnfs_train_settings train_settings(void)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.batch = 16;
    settings.epochs = 1;
    settings.threads = 1;
    return settings;
}

/* ---- The functions: each frees what it was given ---- */

static nnfs_status load(const char *source, nnfs_error *error)
{
    nnfs_dataset *train = NULL;
    nnfs_dataset *test = NULL;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = 1;
    nnfs_status status = nnfs_dataset_load(source, &settings, &train, &test, error);
    assert_true(status == NNFS_OK ? train && test : !train && !test);
    nnfs_dataset_free(train);
    nnfs_dataset_free(test);
    return status;
}

static nnfs_status load_idx(nnfs_error *error)
{
    return load(scratch_folder(), error);
}

static nnfs_status load_digits(nnfs_error *error)
{
    return load("digits", error);
}

static nnfs_status wrap(nnfs_error *error)
{
    static const float features[4] = {1, 2, 3, 4};
    static const int32_t labels[2] = {0, 1};
    const nnfs_arrays arrays = {
        .features = features, .feature_count = 2, .samples = 2, .labels = labels, .classes = 2};
    nnfs_dataset *wrapped = NULL;
    nnfs_status status = nnfs_dataset_wrap(&arrays, &wrapped, error);
    nnfs_dataset_free(wrapped);
    return status;
}

static nnfs_status split(nnfs_error *error)
{
    nnfs_dataset *rest = NULL;
    nnfs_dataset *held_out = NULL;
    nnfs_status status = nnfs_dataset_split(dataset, 0.3, 1, &rest, &held_out, error);
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    return status;
}

static nnfs_status create_network(nnfs_error *error)
{
    nnfs_network_settings settings = network_settings();
    nnfs_network *made = NULL;
    nnfs_status status = nnfs_network_create(&settings, &made, error);
    nnfs_network_free(made);
    return status;
}

/* It keeps a note that it took, and none that it did not. */
static nnfs_status set_note(nnfs_error *error)
{
    nnfs_network_settings settings = network_settings();
    nnfs_network *made = NULL;
    nnfs_status status = nnfs_network_create(&settings, &made, error);
    if (status == NNFS_OK) {
        status = nnfs_network_set_note(made, "who", "us", error);
        assert_true((status == NNFS_OK) == (nnfs_network_note(made, "who") != NULL));
    }
    if (status == NNFS_OK) {
        status = nnfs_network_set_note(made, "who", "others", error);
        assert_string_equal(nnfs_network_note(made, "who"), status == NNFS_OK ? "others" : "us");
    }
    nnfs_network_free(made);
    return status;
}

/* The right network, or none. */
static nnfs_status load_network(nnfs_error *error)
{
    nnfs_network *loaded = NULL;
    nnfs_status status = nnfs_network_load(model_path, &loaded, error);
    if (status == NNFS_OK) {
        assert_true(nnfs_network_hash(loaded) == nnfs_network_hash(network));
        assert_string_equal(nnfs_network_note(loaded, "data"), "caf\xc3\xa9");
    }
    nnfs_network_free(loaded);
    return status;
}

static nnfs_status save_network(nnfs_error *error)
{
    return nnfs_network_save(network, saved_path, error);
}

static nnfs_status create_trainer(nnfs_error *error)
{
    nnfs_train_settings settings = train_settings();
    nnfs_trainer *trainer = NULL;
    nnfs_status status = nnfs_trainer_create(network, &settings, &trainer, error);
    nnfs_trainer_free(trainer);
    return status;
}

static nnfs_status train_epoch(nnfs_error *error)
{
    nnfs_train_settings settings = train_settings();
    nnfs_trainer *trainer = NULL;
    nnfs_status status = nnfs_trainer_create(network, &settings, &trainer, error);
    if (status == NNFS_OK) {
        status = nnfs_trainer_epoch(trainer, dataset, NULL, error);
    }
    nnfs_trainer_free(trainer);
    return status;
}

static nnfs_status train_profiled(nnfs_error *error)
{
    nnfs_train_settings settings = train_settings();
    nnfs_status status = nnfs_profile_create(&settings.profile, error);
    if (status == NNFS_OK) {
        status = nnfs_train(network, dataset, dataset, dataset, &settings, NULL, error);
    }
    nnfs_profile_free(settings.profile);
    return status;
}

/* ---- The same of tables ---- */

static nnfs_dataset *table;
static nnfs_preprocessing *preprocessing;
static nnfs_network *table_network;
static char *table_path;
static char *table_model_path;

static const nnfs_layer table_layers[] = {{4, NNFS_RELU}, {3, NNFS_SOFTMAX}};

static nnfs_network *create_table_network(nnfs_error *error)
{
    nnfs_network_settings settings = network_settings();
    nnfs_network *made = NULL;
    settings.inputs = nnfs_preprocessing_inputs(preprocessing);
    settings.layers = table_layers;
    (void)nnfs_network_create(&settings, &made, error);
    return made;
}

/* Numbers with gaps, categories, a column of quoted text, and classes by their names. */
static void prepare_table(void)
{
    static const char *const colours[] = {"red", "green", "\"light, blue\""};
    static const char *const kinds[] = {"oak", "elm", "ash"};
    char text[4096] = "height,colour,width,kind\n";
    for (int i = 0; i < 30; i++) {
        char height[16] = "";
        if (i % 7 != 3) {
            (void)snprintf(height, sizeof height, "%d.5", i * 3 % 11);
        }
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "%s,%s,%de-1,%s\n", height,
                       colours[i * 5 % 4 % 3], i * i % 23, kinds[i % 3]);
    }
    table_path = scratch_path("table.csv");
    table_model_path = scratch_path("table-model");
    write_bytes(table_path, text, strlen(text));
    assert_int_equal(nnfs_dataset_load(table_path, NULL, &table, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_preprocessing_fit(table, NULL, &preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_prepare(table, preprocessing, NULL), NNFS_OK);
    table_network = create_table_network(NULL);
    assert_non_null(table_network);
    assert_int_equal(nnfs_network_set_preprocessing(table_network, preprocessing, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_save(table_network, table_model_path, NULL), NNFS_OK);
}

static void free_table(void)
{
    nnfs_dataset_free(table);
    nnfs_preprocessing_free(preprocessing);
    nnfs_network_free(table_network);
    free(table_path);
    free(table_model_path);
}

static nnfs_status load_table(nnfs_error *error)
{
    nnfs_dataset *loaded = NULL;
    nnfs_status status = nnfs_dataset_load(table_path, NULL, &loaded, NULL, error);
    if (status == NNFS_OK) {
        assert_true(nnfs_dataset_hash(loaded) == nnfs_dataset_hash(table));
        assert_string_equal(nnfs_dataset_class_name(loaded, 1), nnfs_dataset_class_name(table, 1));
    }
    nnfs_dataset_free(loaded);
    return status;
}

static nnfs_status load_table_like(nnfs_error *error)
{
    nnfs_dataset *loaded = NULL;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.like = preprocessing;
    nnfs_status status = nnfs_dataset_load(table_path, &settings, &loaded, NULL, error);
    nnfs_dataset_free(loaded);
    return status;
}

static nnfs_status fit(nnfs_error *error)
{
    nnfs_preprocessing *fitted = NULL;
    nnfs_status status = nnfs_preprocessing_fit(table, NULL, &fitted, error);
    nnfs_preprocessing_free(fitted);
    return status;
}

/* Of parts of their own: the table keeps what it has. */
static nnfs_status fold_and_prepare(nnfs_error *error)
{
    nnfs_dataset *rest = NULL;
    nnfs_dataset *held_out = NULL;
    nnfs_status status = nnfs_dataset_fold(table, 3, 1, 1, &rest, &held_out, error);
    if (status == NNFS_OK) {
        status = nnfs_dataset_prepare(rest, preprocessing, error);
    }
    if (status == NNFS_OK) {
        status = nnfs_dataset_set_class_weights(rest, NULL, error);
    }
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    return status;
}

static nnfs_status look_at_table(nnfs_error *error)
{
    int64_t shared = 0;
    int column = 0;
    nnfs_status status = nnfs_dataset_count_overlap(table, table, &shared, error);
    return status == NNFS_OK ? nnfs_dataset_target_leakage(table, &column, error) : status;
}

static nnfs_status save_table_network(nnfs_error *error)
{
    return nnfs_network_save(table_network, saved_path, error);
}

static nnfs_status load_table_network(nnfs_error *error)
{
    nnfs_network *loaded = NULL;
    nnfs_status status = nnfs_network_load(table_model_path, &loaded, error);
    if (status == NNFS_OK) {
        const nnfs_preprocessing *p = nnfs_network_preprocessing(loaded);
        assert_true(nnfs_network_hash(loaded) == nnfs_network_hash(table_network));
        assert_int_equal(nnfs_preprocessing_columns(p), nnfs_preprocessing_columns(preprocessing));
        assert_string_equal(nnfs_preprocessing_class_name(p, 2),
                            nnfs_preprocessing_class_name(preprocessing, 2));
    }
    nnfs_network_free(loaded);
    return status;
}

static nnfs_status train_on_table(nnfs_error *error)
{
    nnfs_train_settings settings = train_settings();
    nnfs_network *made = create_table_network(error);
    nnfs_status status = made ? NNFS_OK : NNFS_ERROR_MEMORY;
    if (status == NNFS_OK) {
        status = nnfs_train(made, table, table, NULL, &settings, NULL, error);
    }
    nnfs_network_free(made);
    return status;
}

/* ---- Checkpoints ---- */

static char *kept_folder;  /* of a run that is over, for those that only read */
static char *fresh_folder; /* of the run under test */

/* What a run was told of its checkpoints. */
typedef struct told {
    int written, failed;
    nnfs_status last;
} told;

static nnfs_status on_checkpoint(void *user, const char *path, const nnfs_error *failed)
{
    told *heard = user;
    heard->written += path && !failed;
    heard->failed += path && failed;
    if (failed && failed->status != NNFS_ERROR_MEMORY) {
        print_error("checkpoint: status %d, '%s'\n", (int)failed->status, failed->message);
    }
    heard->last = !path ? heard->last : failed ? failed->status : NNFS_OK;
    return NNFS_OK;
}

static nnfs_train_settings checkpoint_settings(char *folder, told *heard)
{
    nnfs_train_settings settings = train_settings();
    settings.checkpoint_folder = folder;
    settings.checkpoint_steps = 2;
    settings.on_checkpoint = on_checkpoint;
    settings.user = heard;
    return settings;
}

/* For the test a checkpoint that failed is a failure like others. */
static nnfs_status fail_told(const told *heard, nnfs_error *error)
{
    error->status = heard->last == NNFS_OK ? NNFS_ERROR_MEMORY : heard->last;
    (void)snprintf(error->message, sizeof error->message, "%d checkpoints", heard->failed);
    return error->status;
}

static uint64_t trained_hash; /* of the run that kept_folder is of */

static void prepare_checkpoints(void)
{
    told heard = {0};
    nnfs_network_settings of_network = network_settings();
    nnfs_network *made = NULL;
    kept_folder = scratch_path("kept");
    fresh_folder = scratch_path("fresh");
    nnfs_train_settings settings = checkpoint_settings(kept_folder, &heard);
    assert_int_equal(nnfs_network_create(&of_network, &made, NULL), NNFS_OK);
    assert_int_equal(nnfs_train(made, dataset, NULL, NULL, &settings, NULL, NULL), NNFS_OK);
    assert_int_equal(heard.written, 2);
    trained_hash = nnfs_network_hash(made);
    nnfs_network_free(made);
}

static void remove_folder(const char *folder)
{
    char command[512];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* A checkpoint fails for lack of memory, the run does not; and it says so. */
static nnfs_status train_with_checkpoints(nnfs_error *error)
{
    told heard = {0};
    nnfs_summary summary = {0};
    nnfs_network_settings of_network = network_settings();
    nnfs_train_settings settings = checkpoint_settings(fresh_folder, &heard);
    nnfs_network *made = NULL;
    nnfs_status status = nnfs_network_create(&of_network, &made, error);
    if (status == NNFS_OK) {
        status = nnfs_train(made, dataset, NULL, NULL, &settings, &summary, error);
    }
    assert_true(status != NNFS_OK || heard.written + heard.failed >= 2);
    assert_true(summary.checkpoint == heard.last);
    assert_true(heard.last == NNFS_OK || heard.last == NNFS_ERROR_MEMORY);
    nnfs_network_free(made);
    return status == NNFS_OK && heard.failed > 0 ? fail_told(&heard, error) : status;
}

static nnfs_status open_checkpoint(nnfs_error *error)
{
    nnfs_checkpoint *checkpoint = NULL;
    nnfs_status status = nnfs_checkpoint_open(kept_folder, &checkpoint, error);
    assert_true((status == NNFS_OK) == (checkpoint != NULL));
    if (checkpoint) {
        assert_string_equal(nnfs_checkpoint_skip_reason(checkpoint), "");
    }
    nnfs_checkpoint_free(checkpoint);
    return status;
}

/* From the middle of the epoch; into no folder. */
static nnfs_status resume_run(nnfs_error *error)
{
    char path[512];
    nnfs_train_settings settings = train_settings();
    nnfs_network_settings of_network = network_settings();
    nnfs_checkpoint *checkpoint = NULL;
    nnfs_network *made = NULL;
    (void)snprintf(path, sizeof path, "%s/checkpoint-000000-0000000002.safetensors", kept_folder);
    nnfs_status status = nnfs_checkpoint_open(path, &checkpoint, error);
    settings.resume = checkpoint;
    if (status == NNFS_OK) {
        status = nnfs_network_create(&of_network, &made, error);
    }
    if (status == NNFS_OK) {
        status = nnfs_train(made, dataset, NULL, NULL, &settings, NULL, error);
    }
    if (status == NNFS_OK) {
        assert_true(nnfs_network_hash(made) == trained_hash);
    }
    nnfs_network_free(made);
    nnfs_checkpoint_free(checkpoint);
    return status;
}

/* ---- The rest ---- */

static nnfs_status evaluate(nnfs_error *error)
{
    nnfs_evaluation evaluation;
    return nnfs_evaluate(network, dataset, 1, &evaluation, error);
}

static nnfs_status predict(nnfs_error *error)
{
    static const float features[4 * FEATURES] = {1};
    float outputs[4 * CLASSES];
    return nnfs_predict(network, features, 4, 1, outputs, error);
}

static const struct {
    const char *name;
    nnfs_status (*run)(nnfs_error *error);
    bool slow;
} functions[] = {
    {"nnfs_dataset_load of IDX files, packed and not", load_idx, false},
    {"nnfs_dataset_load of digits", load_digits, true},
    {"nnfs_dataset_wrap", wrap, false},
    {"nnfs_dataset_split", split, false},
    {"nnfs_network_create", create_network, false},
    {"nnfs_network_set_note", set_note, false},
    {"nnfs_network_load", load_network, false},
    {"nnfs_network_save", save_network, false},
    {"nnfs_trainer_create", create_trainer, false},
    {"nnfs_trainer_epoch", train_epoch, false},
    {"nnfs_train, profiled", train_profiled, true},
    {"nnfs_dataset_load of a CSV file", load_table, false},
    {"nnfs_dataset_load like a model's", load_table_like, false},
    {"nnfs_preprocessing_fit", fit, false},
    {"nnfs_dataset_fold, _prepare, _weigh_classes", fold_and_prepare, false},
    {"nnfs_dataset_count_overlap, _giveaway", look_at_table, false},
    {"nnfs_network_save with a preprocessing", save_table_network, false},
    {"nnfs_network_load with a preprocessing", load_table_network, false},
    {"nnfs_train on a table", train_on_table, false},
    {"nnfs_train with checkpoints", train_with_checkpoints, true},
    {"nnfs_checkpoint_open", open_checkpoint, false},
    {"nnfs_train from a checkpoint", resume_run, false},
    {"nnfs_evaluate", evaluate, false},
    {"nnfs_predict", predict, false},
};

/* ---- The test ---- */

/* Whether the k-th allocation of the function was there to fail. */
static bool fail_one(size_t index, long k, bool always)
{
    nnfs_error error = {.status = NNFS_OK};
    long live = 0;
    remove_folder(fresh_folder);
    fault_arm_allocation(k, always);
    nnfs_status status = functions[index].run(&error);
    bool failed = fault_disarm(&live);
    if (live != 0) {
        fail_msg("%s, allocation %ld%s: %ld allocations are lost", functions[index].name, k,
                 always ? " and all later ones" : "", live);
    }
    bool clean = failed && status == NNFS_ERROR_MEMORY && error.message[0] != '\0';
    if (!clean && status != NNFS_OK) {
        fail_msg("%s, allocation %ld%s: status %d, '%s'", functions[index].name, k,
                 always ? " and all later ones" : "", (int)status, error.message);
    }
    return failed;
}

static bool with_slow;

static void test_functions(void **state)
{
    (void)state;
    long all = 0;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (functions[i].slow && !with_slow) {
            continue;
        }
        (void)fail_one(i, 0, false); /* what is made once and kept */
        long counts[2] = {0, 0};
        for (int always = 0; always < 2; always++) {
            long k = 1;
            while (k < MOST_CALLS && fail_one(i, k, always == 1)) {
                k += with_slow || k < EACH_CALL ? 1 : STRIDE;
                counts[always]++;
            }
        }
        assert_in_range(counts[0], 1, MOST_CALLS - 1);
        assert_int_equal(counts[0], counts[1]);
        printf("%5ld allocations failed in %s, once and for good\n", counts[0], functions[i].name);
        all += 2 * counts[0];
    }
    printf("%5ld runs\n", all);
    size_t sizes[2];
    unsigned char *saved =
        read_bytes(saved_path, &sizes[0]); /* by the last run, which had memory */
    unsigned char *model = read_bytes(table_model_path, &sizes[1]);
    assert_true(sizes[0] == sizes[1] && memcmp(saved, model, sizes[0]) == 0);
    free(saved);
    free(model);
}

static int prepare(void **state)
{
    (void)state;
    nnfs_network_settings settings = network_settings();
    write_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", SAMPLES);
    write_pair("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", SAMPLES / 2);
    assert_int_equal(nnfs_dataset_load(scratch_folder(), NULL, &dataset, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_network_set_note(network, "data", "caf\xc3\xa9", NULL), NNFS_OK);
    model_path = scratch_path("model");
    saved_path = scratch_path("saved");
    assert_int_equal(nnfs_network_save(network, model_path, NULL), NNFS_OK);
    prepare_table();
    prepare_checkpoints();
    return 0;
}

static int clean_up(void **state)
{
    nnfs_dataset_free(dataset);
    nnfs_network_free(network);
    free_table();
    remove_folder(fresh_folder);
    remove_folder(kept_folder);
    free(kept_folder);
    free(fresh_folder);
    free(model_path);
    free(saved_path);
    return scratch_remove(state);
}

int main(int argc, char **argv)
{
    (void)argv;
    with_slow = argc > 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_functions)};
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
