/*
 * Checkpoints: a run that goes on from one ends as the run that never stopped; a damaged one is
 * refused and passed over; what is kept in the folder.
 */
#include "base/random.h"
#include "network/network.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *test_data; /* the folder tests/data */

enum { inputs = 12, classes = 4, samples = 700, epochs = 4 };

static float features[inputs * samples];
static int32_t labels[samples];
static char root[64]; /* in memory where there is room: a save waits for the disk three times */

static nnfs_dataset *make_data(uint64_t seed)
{
    for (int i = 0; i < inputs * samples; i++) {
        random_words words = random_draw((random_key){seed, RANDOM_DIGITS}, 0, (uint64_t)i, 0);
        features[i] = random_unit(words.word[0]) - 0.5f;
    }
    for (int j = 0; j < samples; j++) {
        labels[j] = (features[inputs * j] > 0.0f) + 2 * (features[inputs * j + 1] > 0.1f);
    }
    nnfs_arrays arrays = {.features = features,
                          .feature_count = inputs,
                          .samples = samples,
                          .labels = labels,
                          .classes = classes};
    nnfs_dataset *data = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &data, NULL), NNFS_OK);
    return data;
}

static nnfs_network *make_network_with(int hidden, nnfs_normalization kind, float share)
{
    const nnfs_layer layers[] = {{hidden, NNFS_TANH}, {classes, NNFS_SOFTMAX}};
    const nnfs_normalization normalization[] = {kind, NNFS_NORMALIZATION_NONE};
    const float dropout[] = {share, 0.0f};
    nnfs_network_settings settings;
    nnfs_network *network = NULL;
    nnfs_network_settings_init(&settings);
    settings.inputs = inputs;
    settings.layers = layers;
    settings.layer_count = 2;
    settings.normalization = normalization;
    settings.dropout = dropout;
    settings.input_dropout = share / 2.0f;
    assert_int_equal(nnfs_network_create(&settings, &network, NULL), NNFS_OK);
    return network;
}

static nnfs_network *make_network(int hidden)
{
    return make_network_with(hidden, NNFS_NORMALIZATION_NONE, 0.0f);
}

/* ---- Runs that are stopped ---- */

typedef struct interruption {
    int calls;   /* of on_checkpoint after a write */
    int stop_at; /* at which of them the run is to stop; 0: never */
    bool stop;
    nnfs_epoch history[epochs];
} interruption;

static nnfs_status on_checkpoint(void *user, const char *path, const nnfs_error *failed)
{
    interruption *at = user;
    assert_null(failed);
    if (path) {
        at->calls++;
        at->stop = at->stop || (at->stop_at > 0 && at->calls >= at->stop_at);
    }
    return NNFS_OK;
}

static int on_progress(void *user, const nnfs_progress *now)
{
    (void)now;
    return ((interruption *)user)->stop;
}

static int on_epoch(void *user, const nnfs_epoch *epoch)
{
    interruption *at = user;
    at->history[epoch->epoch - 1] = *epoch;
    return at->stop;
}

typedef struct variant {
    nnfs_optimizer optimizer;
    nnfs_schedule schedule;
    int64_t batch;
    int threads;
    int64_t every;
    /* Batch or layer normalisation, and then dropout, label smoothing, clipping, averages
     * and noise too. */
    nnfs_normalization normalization;
} variant;

static nnfs_network *network_of(const variant *v)
{
    return make_network_with(9, v->normalization, v->normalization ? 0.3f : 0.0f);
}

static nnfs_train_settings settings_of(const variant *v, interruption *at)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    settings.optimizer = v->optimizer;
    settings.schedule = v->schedule;
    settings.schedule_patience = v->schedule == NNFS_SCHEDULE_PLATEAU ? 0 : (int)NNFS_DEFAULT;
    settings.batch = v->batch;
    settings.epochs = epochs;
    settings.threads = v->threads;
    settings.label_smoothing = v->normalization ? 0.1f : 0.0f;
    settings.clip_norm = v->normalization ? 0.2f : 0.0f;
    settings.ema = v->normalization ? 0.9f : 0.0f;
    settings.noise = v->normalization ? 0.1f : 0.0f;
    settings.layer_noise = settings.noise;
    settings.on_checkpoint = on_checkpoint;
    settings.on_epoch = on_epoch;
    settings.on_progress = on_progress;
    settings.user = at;
    return settings;
}

static void folder_of(char *folder, size_t room, int number)
{
    (void)snprintf(folder, room, "%s/%d", root, number);
}

static int folders;

/* The hash that an uninterrupted run ends with. */
static uint64_t whole_run(const variant *v, const nnfs_dataset *data, interruption *at)
{
    nnfs_network *network = network_of(v);
    nnfs_train_settings settings = settings_of(v, at);
    assert_int_equal(nnfs_train(network, data, NULL, data, &settings, NULL, NULL), NNFS_OK);
    uint64_t hash = nnfs_network_hash(network);
    nnfs_network_free(network);
    return hash;
}

/* The same of one that is stopped after each of its first checkpoints; *stops counts them. */
static uint64_t broken_run(const variant *v, const nnfs_dataset *data, interruption *at, int *stops)
{
    char folder[128];
    uint64_t hash = 0;
    nnfs_status status = NNFS_ERROR_STOPPED;
    folder_of(folder, sizeof folder, folders++);
    for (*stops = 0; status == NNFS_ERROR_STOPPED; (*stops)++) {
        nnfs_checkpoint *checkpoint = NULL;
        nnfs_network *network = network_of(v);
        at->calls = 0;
        at->stop_at = *stops < 40 ? 1 : 0;
        at->stop = false;
        nnfs_train_settings settings = settings_of(v, at);
        settings.checkpoint_folder = folder;
        settings.checkpoint_steps = v->every;
        settings.threads = 1 + *stops % 3;
        if (*stops > 0) {
            assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
            assert_string_equal(nnfs_checkpoint_skip_reason(checkpoint), "");
            settings.resume = checkpoint;
        }
        nnfs_error error = {.status = NNFS_OK};
        nnfs_summary summary;
        status = nnfs_train(network, data, NULL, data, &settings, &summary, &error);
        assert_int_equal(summary.checkpoint, NNFS_OK);
        assert_true(status == NNFS_OK || status == NNFS_ERROR_STOPPED);
        hash = nnfs_network_hash(network);
        nnfs_network_free(network);
        nnfs_checkpoint_free(checkpoint);
    }
    return hash;
}

/* The number of times that the run was stopped, and went on to the same ends. */
static int check_goes_on(const variant *v, const nnfs_dataset *data)
{
    interruption whole = {0};
    interruption broken = {0};
    int stops = 0;
    uint64_t expected = whole_run(v, data, &whole);
    assert_true(broken_run(v, data, &broken, &stops) == expected);
    assert_true(stops > 2);
    for (int e = 0; e < epochs; e++) {
        assert_true(whole.history[e].train_loss == broken.history[e].train_loss);
        assert_true(whole.history[e].train_accuracy == broken.history[e].train_accuracy);
        assert_true(whole.history[e].test.loss == broken.history[e].test.loss);
        assert_true(whole.history[e].learning_rate == broken.history[e].learning_rate);
    }
    return stops;
}

static void test_goes_on(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(3);
    int most = 0;
    int runs = 0;
    for (int o = 0; nnfs_optimizer_name((nnfs_optimizer)o); o++) {
        for (int s = 0; nnfs_schedule_name((nnfs_schedule)s); s++) {
            const variant v = {(nnfs_optimizer)o,      (nnfs_schedule)s,
                               s % 2 == 0 ? 64 : 0,    2,
                               s % 2 == 0 ? 5 + o : 1, NNFS_NORMALIZATION_NONE};
            int stops = check_goes_on(&v, data);
            most = stops > most ? stops : most;
            runs++;
        }
    }
    print_message("%d runs, up to %d times stopped\n", runs, most);
    nnfs_dataset_free(data);
}

/* In the middle of epochs, whose masks and running statistics go on too. */
static void test_regularized_goes_on(void **state)
{
    (void)state;
    const variant variants[] = {
        {NNFS_ADAM, NNFS_SCHEDULE_COSINE, 64, 2, 5, NNFS_NORMALIZATION_BATCH},
        {NNFS_SGD, NNFS_SCHEDULE_ONE_CYCLE, 0, 2, 1, NNFS_NORMALIZATION_BATCH},
        {NNFS_ADAMW, NNFS_SCHEDULE_PLATEAU, 100, 2, 3, NNFS_NORMALIZATION_LAYER},
    };
    nnfs_dataset *data = make_data(3);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        (void)check_goes_on(&variants[i], data);
    }
    nnfs_dataset_free(data);
}

/* ---- Averaged weights ---- */

static nnfs_train_settings averaging(interruption *at, int threads)
{
    const variant v = {NNFS_ADAM, NNFS_SCHEDULE_CONSTANT, 64, threads, 0, NNFS_NORMALIZATION_BATCH};
    return settings_of(&v, at);
}

/* By hand the averages can be had as well, and the steps go on from the network's own weights. */
static uint64_t train_by_hand(const nnfs_dataset *data, uint64_t *own)
{
    interruption at = {0};
    nnfs_trainer *trainer = NULL;
    nnfs_network *network = make_network_with(9, NNFS_NORMALIZATION_BATCH, 0.3f);
    nnfs_train_settings settings = averaging(&at, 2);
    assert_int_equal(nnfs_trainer_create(network, &settings, &trainer, NULL), NNFS_OK);
    for (int e = 0; e < epochs; e++) {
        assert_int_equal(nnfs_trainer_epoch(trainer, data, NULL, NULL), NNFS_OK);
        *own = nnfs_network_hash(network);
        nnfs_trainer_use_average(trainer, 1);
        nnfs_trainer_use_average(trainer, 1);
    }
    uint64_t average = nnfs_network_hash(network);
    nnfs_trainer_use_average(trainer, 0);
    assert_true(nnfs_network_hash(network) == *own);
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
    return average;
}

/* The averages are evaluated, kept of the best epoch, and saved; with the same bits
 * on any threads. */
static void test_average(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(8);
    uint64_t own = 0;
    uint64_t average = train_by_hand(data, &own);
    assert_true(average != own);
    for (int threads = 1; threads <= 3; threads++) {
        char folder[128], best[160];
        interruption at = {0};
        nnfs_summary summary;
        nnfs_evaluation evaluation;
        nnfs_network *network = make_network_with(9, NNFS_NORMALIZATION_BATCH, 0.3f);
        nnfs_network *saved = NULL;
        nnfs_train_settings settings = averaging(&at, threads);
        assert_int_equal(nnfs_train(network, data, NULL, data, &settings, &summary, NULL), NNFS_OK);
        assert_true(nnfs_network_hash(network) == average);
        assert_true(summary.test.loss == at.history[epochs - 1].test.loss);
        assert_int_equal(nnfs_evaluate(network, data, 1, &evaluation, NULL), NNFS_OK);
        assert_true(evaluation.loss == summary.test.loss);
        nnfs_network_free(network);

        network = make_network_with(9, NNFS_NORMALIZATION_BATCH, 0.3f);
        folder_of(folder, sizeof folder, folders++);
        (void)snprintf(best, sizeof best, "%s/best.safetensors", folder);
        settings.checkpoint_folder = folder;
        assert_int_equal(nnfs_train(network, data, data, NULL, &settings, &summary, NULL), NNFS_OK);
        double wanted = at.history[summary.best_epoch - 1].validation.loss;
        assert_true(summary.validation.loss == wanted);
        assert_int_equal(nnfs_network_load(best, &saved, NULL), NNFS_OK);
        assert_int_equal(nnfs_evaluate(saved, data, 1, &evaluation, NULL), NNFS_OK);
        assert_true(evaluation.loss == wanted);
        nnfs_network_free(saved);
        nnfs_network_free(network);
    }
    nnfs_dataset_free(data);
}

/* ---- Files ---- */

static const variant plain = {NNFS_ADAM, NNFS_SCHEDULE_COSINE, 64, 2, 4, NNFS_NORMALIZATION_NONE};

/* A folder with the checkpoints of a whole run. */
static void make_folder(char *folder, size_t room, const nnfs_dataset *data)
{
    interruption at = {0};
    nnfs_network *network = make_network(9);
    nnfs_train_settings settings = settings_of(&plain, &at);
    folder_of(folder, room, folders++);
    settings.checkpoint_folder = folder;
    settings.checkpoint_steps = plain.every;
    assert_int_equal(nnfs_train(network, data, NULL, NULL, &settings, NULL, NULL), NNFS_OK);
    nnfs_network_free(network);
}

static int count_files(const char *folder)
{
    DIR *files = opendir(folder);
    int count = 0;
    for (struct dirent *entry = readdir(files); entry; entry = readdir(files)) {
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    }
    (void)closedir(files);
    return count;
}

static void test_kept(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(4);
    char folder[128];
    nnfs_checkpoint *checkpoint = NULL;
    nnfs_error error = {.status = NNFS_OK};
    make_folder(folder, sizeof folder, data);
    assert_int_equal(count_files(folder), 4); /* three and the best, and nothing half written */
    assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, &error), NNFS_OK);
    assert_int_equal(error.status, NNFS_OK);
    assert_string_equal(error.message, "");
    assert_true(nnfs_checkpoint_finished(checkpoint));
    assert_int_equal(nnfs_checkpoint_epochs(checkpoint), epochs);
    assert_int_equal(nnfs_checkpoint_steps(checkpoint), 0);
    nnfs_checkpoint_free(checkpoint);

    /* Another run must not mix its own in. */
    interruption at = {0};
    nnfs_network *network = make_network(9);
    nnfs_train_settings settings = settings_of(&plain, &at);
    settings.checkpoint_folder = folder;
    assert_int_equal(nnfs_train(network, data, NULL, NULL, &settings, NULL, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "holds checkpoints of a run already"));
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

static unsigned char *read_file(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    (void)fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*count);
    assert_int_equal(fread(bytes, 1, *count, file), *count);
    (void)fclose(file);
    return bytes;
}

static void write_file(const char *path, const unsigned char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* Every bit of it flipped, every byte of it cut off: refused, as data that are not what
 * they must be. */
static void test_damage(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(5);
    char folder[128];
    char copy[160];
    nnfs_checkpoint *checkpoint = NULL;
    make_folder(folder, sizeof folder, data);
    assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
    size_t count = 0;
    unsigned char *bytes = read_file(nnfs_checkpoint_path(checkpoint), &count);
    nnfs_checkpoint_free(checkpoint);
    (void)snprintf(copy, sizeof copy, "%s/copy.safetensors", root);
    long flips = 0;
    /* The head whole; of the tensors every 7th byte. */
    for (size_t i = 0; i < count; i += i < 4096 ? 1 : 7) {
        for (int bit = 0; bit < 8; bit++, flips++) {
            bytes[i] ^= (unsigned char)(1 << bit);
            write_file(copy, bytes, count);
            bytes[i] ^= (unsigned char)(1 << bit);
            nnfs_error error = {.status = NNFS_OK};
            if (nnfs_checkpoint_open(copy, &checkpoint, &error) != NNFS_ERROR_DATA) {
                fail_msg("bit %d of byte %zu: %s", bit, i, error.message);
            }
        }
    }
    for (size_t length = 0; length < count; length += length < 4096 ? 1 : 31) {
        write_file(copy, bytes, length);
        assert_int_equal(nnfs_checkpoint_open(copy, &checkpoint, NULL), NNFS_ERROR_DATA);
    }
    print_message("%ld bits flipped, %zu bytes\n", flips, count);
    free(bytes);
    nnfs_dataset_free(data);
}

/* The newest is damaged: the one before it is used, and the reason can be told. */
static void test_passed_over(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(6);
    char folder[128];
    char newest[200];
    nnfs_checkpoint *checkpoint = NULL;
    make_folder(folder, sizeof folder, data);
    assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
    (void)snprintf(newest, sizeof newest, "%s", nnfs_checkpoint_path(checkpoint));
    uint64_t expected = nnfs_network_hash(nnfs_checkpoint_network(checkpoint));
    nnfs_checkpoint_free(checkpoint);
    size_t count = 0;
    unsigned char *bytes = read_file(newest, &count);
    bytes[count - 5] ^= 4;
    write_file(newest, bytes, count);
    free(bytes);
    assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
    assert_true(strcmp(nnfs_checkpoint_path(checkpoint), newest) < 0);
    assert_non_null(strstr(nnfs_checkpoint_skip_reason(checkpoint), "damaged"));
    assert_false(nnfs_checkpoint_finished(checkpoint));

    interruption at = {0};
    nnfs_network *network = make_network(9);
    nnfs_train_settings settings = settings_of(&plain, &at);
    settings.checkpoint_folder = folder;
    settings.resume = checkpoint;
    assert_int_equal(nnfs_train(network, data, NULL, NULL, &settings, NULL, NULL), NNFS_OK);
    assert_true(nnfs_network_hash(network) == expected);
    nnfs_network_free(network);
    nnfs_checkpoint_free(checkpoint);
    nnfs_dataset_free(data);
}

/* ---- What it is not for ---- */

static void expect_refused(const nnfs_checkpoint *checkpoint, nnfs_network *network,
                           const nnfs_dataset *data, nnfs_train_settings settings,
                           nnfs_status status, const char *sentence)
{
    nnfs_error error = {.status = NNFS_OK};
    uint64_t before = nnfs_network_hash(network);
    settings.resume = checkpoint;
    assert_int_equal(nnfs_train(network, data, NULL, NULL, &settings, NULL, &error), status);
    assert_non_null(strstr(error.message, sentence));
    assert_true(nnfs_network_hash(network) == before);
}

static void test_other_run(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(7);
    char folder[128];
    interruption at = {0};
    nnfs_checkpoint *checkpoint = NULL;
    make_folder(folder, sizeof folder, data);
    assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
    nnfs_network *network = make_network(9);
    nnfs_network *other = make_network(8);
    nnfs_train_settings settings = settings_of(&plain, &at);
    expect_refused(checkpoint, other, data, settings, NNFS_ERROR_ARGUMENT, "the network differs");
    settings.batch = 65;
    expect_refused(checkpoint, network, data, settings, NNFS_ERROR_ARGUMENT, "the batch differs");
    settings = settings_of(&plain, &at);
    settings.learning_rate = 0.1f;
    expect_refused(checkpoint, network, data, settings, NNFS_ERROR_ARGUMENT,
                   "the learning rate differs");
    nnfs_dataset_free(data);
    data = make_data(8);
    settings = settings_of(&plain, &at);
    expect_refused(checkpoint, network, data, settings, NNFS_ERROR_DATA, "the data are not those");
    nnfs_network_free(network);
    nnfs_network_free(other);
    nnfs_checkpoint_free(checkpoint);
    nnfs_dataset_free(data);
}

/* Version 0.1 wrote it: 24 samples of 4 features and 3 classes, no hidden layer, one epoch. */
static void test_of_0_1(void **state)
{
    (void)state;
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/checkpoint_0_1", test_data);
    static const float rows[24 * 4] = {1.0f};
    static const int32_t answers[24] = {0, 1, 2};
    nnfs_arrays arrays = {
        .features = rows, .feature_count = 4, .samples = 24, .labels = answers, .classes = 3};
    nnfs_dataset *data = NULL;
    nnfs_network *network = NULL;
    nnfs_checkpoint *checkpoint = NULL;
    nnfs_layer layer = {3, NNFS_SOFTMAX};
    nnfs_network_settings shape;
    nnfs_network_settings_init(&shape);
    shape.inputs = 4;
    shape.layers = &layer;
    shape.layer_count = 1;
    assert_int_equal(nnfs_network_create(&shape, &network, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_wrap(&arrays, &data, NULL), NNFS_OK);
    assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
    nnfs_train_settings settings = nnfs_checkpoint_settings(checkpoint);
    expect_refused(checkpoint, network, data, settings, NNFS_ERROR_DATA, "the data are not those");
    nnfs_network_free(network);
    nnfs_checkpoint_free(checkpoint);
    nnfs_dataset_free(data);
}

/* `plateau` takes a tenth of the rate so often that nothing is left of it. */
static void test_no_rate_left(void **state)
{
    (void)state;
    nnfs_dataset *data = make_data(9);
    nnfs_network *network = make_network(9);
    nnfs_checkpoint *checkpoint = NULL;
    nnfs_train_settings settings;
    nnfs_summary summary;
    char folder[128];
    folder_of(folder, sizeof folder, folders++);
    nnfs_train_settings_init(&settings);
    settings.schedule = NNFS_SCHEDULE_PLATEAU;
    settings.schedule_patience = 0;
    settings.epochs = 1000;
    settings.threads = 1;
    settings.checkpoint_folder = folder;
    assert_int_equal(nnfs_train(network, data, NULL, NULL, &settings, &summary, NULL), NNFS_OK);
    assert_int_equal(summary.checkpoint, NNFS_OK);
    assert_int_equal(nnfs_checkpoint_open(folder, &checkpoint, NULL), NNFS_OK);
    assert_int_equal(nnfs_checkpoint_epochs(checkpoint), settings.epochs);
    assert_string_equal(nnfs_checkpoint_skip_reason(checkpoint), "");
    nnfs_checkpoint_free(checkpoint);
    nnfs_network_free(network);
    nnfs_dataset_free(data);
}

static void test_nothing_there(void **state)
{
    (void)state;
    nnfs_checkpoint *checkpoint = NULL;
    nnfs_error error;
    assert_int_equal(nnfs_checkpoint_open(root, &checkpoint, &error), NNFS_ERROR_IO);
    assert_non_null(strstr(error.message, "there is no checkpoint in this folder"));
    assert_int_equal(nnfs_checkpoint_open("/nowhere/at all", &checkpoint, &error), NNFS_ERROR_IO);
    assert_null(checkpoint);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "%s/nnfs-checkpoint-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command); /* NOLINT(cert-env33-c): the path is ours */
}

int main(int argc, char **argv)
{
    test_data = argc > 1 ? argv[1] : "tests/data";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_average),       cmocka_unit_test(test_kept),
        cmocka_unit_test(test_damage),        cmocka_unit_test(test_passed_over),
        cmocka_unit_test(test_other_run),     cmocka_unit_test(test_of_0_1),
        cmocka_unit_test(test_no_rate_left),  cmocka_unit_test(test_regularized_goes_on),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
