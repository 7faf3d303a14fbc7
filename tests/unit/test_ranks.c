/*
 * Files read by several ranks, which are threads here, with messages through memory, on one host or
 * on several: all have the dataset, or the error, of one process.
 */
#include "data/batch.h"
#include "data/dataset.h"
#include "distributed/communicator.h"
#include "distributed/host_memory.h"

#include <nnfs/nnfs.h>
#include <pthread.h>
#include <sys/mman.h>

#include "files.h"

/* ---- Ranks ---- */

enum { RANKS_MOST = 5 };

typedef struct meeting {
    int ranks, host_ranks;
    pthread_barrier_t barrier;
    const void *given[RANKS_MOST];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    const message *mail[RANKS_MOST][RANKS_MOST]; /* [from][to]; NULL: taken */
} meeting;

struct nnfs_communicator {
    meeting *at;
    int rank;
    bool failed;
};

int nnfs_communicator_rank(const nnfs_communicator *c)
{
    return c ? c->rank : 0;
}

int nnfs_communicator_size(const nnfs_communicator *c)
{
    return c ? c->at->ranks : 1;
}

int communicator_host_leader(const nnfs_communicator *c)
{
    return c->rank / c->at->host_ranks * c->at->host_ranks;
}

bool communicator_failed(const nnfs_communicator *c)
{
    return c->failed;
}

void communicator_begin(nnfs_communicator *c)
{
    c->failed = false;
}

bool communicator_gather(nnfs_communicator *c, const void *own, void *all, size_t bytes)
{
    c->at->given[c->rank] = own;
    (void)pthread_barrier_wait(&c->at->barrier);
    for (int rank = 0; rank < c->at->ranks; rank++) {
        memcpy((char *)all + (size_t)rank * bytes, c->at->given[rank], bytes);
    }
    (void)pthread_barrier_wait(&c->at->barrier);
    return true;
}

bool communicator_broadcast(nnfs_communicator *c, void *data, size_t bytes, int root)
{
    c->at->given[c->rank] = data;
    (void)pthread_barrier_wait(&c->at->barrier);
    if (c->rank != root && bytes > 0) {
        memcpy(data, c->at->given[root], bytes);
    }
    (void)pthread_barrier_wait(&c->at->barrier);
    return true;
}

bool communicator_exchange(nnfs_communicator *c, const message *sent, int sent_count,
                           const message *received, int received_count)
{
    meeting *at = c->at;
    (void)pthread_mutex_lock(&at->mutex);
    for (int i = 0; i < sent_count; i++) {
        at->mail[c->rank][sent[i].rank] = &sent[i];
    }
    (void)pthread_cond_broadcast(&at->changed);
    for (int i = 0; i < received_count; i++) {
        const message **one = &at->mail[received[i].rank][c->rank];
        while (!*one) {
            (void)pthread_cond_wait(&at->changed, &at->mutex);
        }
        assert_int_equal((*one)->bytes, received[i].bytes);
        memcpy(received[i].data, (*one)->data, received[i].bytes);
        *one = NULL;
    }
    (void)pthread_cond_broadcast(&at->changed);
    for (int i = 0; i < sent_count; i++) {
        while (at->mail[c->rank][sent[i].rank]) {
            (void)pthread_cond_wait(&at->changed, &at->mutex);
        }
    }
    (void)pthread_mutex_unlock(&at->mutex);
    return true;
}

nnfs_status nnfs_communicator_agree(nnfs_communicator *c, nnfs_status status, nnfs_error *error)
{
    nnfs_error own = {.status = status};
    nnfs_error all[RANKS_MOST];
    if (!c) {
        return status;
    }
    if (status != NNFS_OK) {
        own = *error;
    }
    (void)communicator_gather(c, &own, all, sizeof own);
    c->failed = false;
    for (int rank = 0; rank < c->at->ranks && !c->failed; rank++) {
        c->failed = all[rank].status != NNFS_OK;
        own = all[rank];
    }
    if (c->failed && error) {
        *error = own;
    }
    return c->failed ? own.status : NNFS_OK;
}

nnfs_status communicator_error(const nnfs_communicator *c, nnfs_error *error)
{
    (void)c;
    (void)error;
    return NNFS_ERROR_IO;
}

/* What the library wants besides, and no test here calls. */
#define UNUSED(type, name, parameters, result) \
    type name parameters                       \
    {                                          \
        return result;                         \
    }
UNUSED(int, nnfs_communicator_hosts, (const nnfs_communicator *c), c != NULL)
UNUSED(int, nnfs_communicator_host_ranks, (const nnfs_communicator *c), c ? 2 : 1)
UNUSED(int, nnfs_communicator_lost, (const nnfs_communicator *c), c == NULL)
UNUSED(double, nnfs_communicator_seconds, (const nnfs_communicator *c), c ? 1.0 : 0.0)

/* ---- Memory, which can fail for one rank ---- */

static _Thread_local long grants = -1; /* that many more allocations succeed; < 0: all */

static bool is_granted(void)
{
    if (grants == 0) {
        return false;
    }
    grants -= grants > 0;
    return true;
}

void *__real_memory_alloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t bytes);
void *__wrap_memory_alloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t bytes);

void *__wrap_memory_alloc(size_t count, size_t size)
{
    return is_granted() ? __real_memory_alloc(count, size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_granted() ? __real_calloc(count, size) : NULL;
}

void *__wrap_malloc(size_t bytes)
{
    return is_granted() ? __real_malloc(bytes) : NULL;
}

/* All memory that a process may use; 0: as it is. */
static size_t memory_of_all;

size_t __real_memory_limit(const char *root);
size_t __wrap_memory_limit(const char *root);

size_t __wrap_memory_limit(const char *root)
{
    return memory_of_all > 0 ? memory_of_all : __real_memory_limit(root);
}

/* ---- Loading ---- */

typedef struct loading {
    pthread_t thread;
    nnfs_communicator communicator;
    const char *path;
    long grants;
    nnfs_dataset_settings settings;
    nnfs_dataset *train, *test;
    nnfs_error error;
} loading;

static void *load(void *user)
{
    loading *l = user;
    grants = l->grants;
    l->error.status = nnfs_dataset_load(l->path, &l->settings, &l->train, &l->test, &l->error);
    grants = -1;
    return NULL;
}

static void assert_same_set(const nnfs_dataset *one, const nnfs_dataset *other)
{
    assert_int_equal(one != NULL, other != NULL);
    if (one) {
        assert_int_equal(nnfs_dataset_samples(one), nnfs_dataset_samples(other));
        assert_int_equal(nnfs_dataset_hash(one), nnfs_dataset_hash(other));
    }
}

/* Loads with ranks that are set up but for their places. */
static void load_by_ranks(loading *some, int ranks, int host_ranks)
{
    meeting at = {.ranks = ranks,
                  .host_ranks = host_ranks,
                  .mutex = PTHREAD_MUTEX_INITIALIZER,
                  .changed = PTHREAD_COND_INITIALIZER};
    (void)pthread_barrier_init(&at.barrier, NULL, (unsigned)ranks);
    for (int i = 0; i < ranks; i++) {
        some[i].communicator = (nnfs_communicator){.at = &at, .rank = i};
        some[i].settings.communicator = &some[i].communicator;
        assert_int_equal(pthread_create(&some[i].thread, NULL, load, &some[i]), 0);
    }
    for (int i = 0; i < ranks; i++) {
        (void)pthread_join(some[i].thread, NULL);
    }
    (void)pthread_barrier_destroy(&at.barrier);
}

static void free_sets(const loading *one)
{
    nnfs_dataset_free(one->train);
    nnfs_dataset_free(one->test);
}

static void cut_out(char *text, const char *part)
{
    char *at = strstr(text, part);
    if (at) {
        (void)memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
    }
}

/* Whether ranks have what one process has, messages included; every `missing`th rank does not see
 * the file (0: all do). */
static void check_files(const char *path, const nnfs_dataset_settings *settings, int ranks,
                        int host_ranks, int missing)
{
    loading one = {.path = path, .grants = -1, .settings = *settings};
    loading some[RANKS_MOST];
    char nowhere[512];
    size_t folder = strlen(path);
    while (folder > 0 && path[folder - 1] != '/') {
        folder--;
    }
    (void)snprintf(nowhere, sizeof nowhere, "%.*snowhere/%s", (int)folder, path, path + folder);
    (void)load(&one);
    for (int i = 0; i < ranks; i++) {
        bool sees = missing == 0 || i % missing == 0;
        some[i] = (loading){.path = sees ? path : nowhere, .grants = -1, .settings = *settings};
    }
    load_by_ranks(some, ranks, host_ranks);
    for (int i = 0; i < ranks; i++) {
        assert_int_equal(some[i].error.status, one.error.status);
        if (one.error.status != NNFS_OK) {
            cut_out(some[i].error.message, "nowhere/");
            assert_string_equal(some[i].error.message, one.error.message);
        }
        assert_same_set(one.train, some[i].train);
        assert_same_set(one.test, some[i].test);
        free_sets(&some[i]);
    }
    free_sets(&one);
}

static void check_ranks(const char *path, const nnfs_dataset_settings *settings, int ranks,
                        int host_ranks)
{
    check_files(path, settings, ranks, host_ranks, 0);
}

static nnfs_dataset_settings usual_settings(void)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = 1;
    return settings;
}

/* Whether a process and ranks have the same with so little memory that all samples are in files. */
static void check_without_memory(const char *path, const nnfs_dataset_settings *settings)
{
    loading one = {.path = path, .grants = -1, .settings = *settings};
    loading little = one;
    (void)load(&one);
    memory_of_all = 64;
    (void)load(&little);
    assert_int_equal(little.error.status, one.error.status);
    assert_same_set(one.train, little.train);
    assert_same_set(one.test, little.test);
    check_files(path, settings, 3, 2, 2);
    memory_of_all = 0;
    free_sets(&one);
    free_sets(&little);
}

static void check_path(const char *path, const nnfs_dataset_settings *settings)
{
    check_ranks(path, settings, 3, 3); /* on one host */
    check_ranks(path, settings, 2, 1);
    check_ranks(path, settings, 5, 2);
    check_files(path, settings, 5, 2, 5); /* rank 0 alone sees the file */
    check_files(path, settings, 4, 2, 2); /* and one rank of each host */
    check_without_memory(path, settings);
}

static void write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* ---- Tests ---- */

static void committed_files(void **unused)
{
    static const char *const names[] = {
        "table/flats.csv",
        "csv/accept",
        "npy/accept/f4-big.npy",
        "npy/accept/packed.npy",
        "npy/accept/u1.npy",
        "npy/accept/fortran.npy",
        "npy/accept/version-3.npy",
        "idx/accept/dots",
        "idx/accept/f32",
        "idx/accept/i16",
        "idx/accept/f64",
        "idx/accept/split",
        "idx/accept/test-only",
        "npy/accept/fortran-packed.npy",
        "../fuzz/corpus/npz/deflated",
        "../fuzz/corpus/npz/stored",
        "nowhere.csv",
    };
    (void)unused;
    nnfs_dataset_settings settings = usual_settings();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = data_path(names[i]);
        check_path(path, &settings);
        free(path);
    }
}

/* Texts of pieces drawn by a small generator, of which many are wrong. */
static void random_tables(void **unused)
{
    static const char *const pieces[] = {"a",         "17",   "3.5",  ",",     ",",      ",",
                                         "\n",        "\n",   "\r\n", "\"x\"", "\"\n\"", "\"\"\"\"",
                                         "\"p,q\n\"", "7\"8", "",     "1e99",  "0012",   "\"b"};
    (void)unused;
    char *path = scratch_path("random.csv");
    nnfs_dataset_settings settings = usual_settings();
    uint64_t state = 88172645463325252ULL;
    for (int round = 0; round < 120; round++) {
        char text[4096] = "n,m,y\n";
        settings.header = round % 3 - 1;
        size_t kinds = round % 2 == 0 ? sizeof pieces / sizeof *pieces : 12;
        for (int row = 0; row < 3 + round % 40; row++) {
            for (int cell = 0; cell < 6; cell++) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                bool comma = cell % 2 == 1;
                const char *piece = cell == 5 ? "\n" : ",";
                (void)strcat(text, comma && state % 50 ? piece : pieces[state / 64 % kinds]);
            }
        }
        write_file(path, text, strlen(text));
        check_files(path, &settings, 2 + round % 4, 1 + round % 5, round % 8);
        if (round % 8 == 0) {
            check_without_memory(path, &settings);
        }
    }
    free(path);
}

/* One text among numbers is a mistake, on the line that it has in the file. */
static void one_wrong_cell(void **unused)
{
    (void)unused;
    char *path = scratch_path("wrong.csv");
    nnfs_dataset_settings settings = usual_settings();
    for (int wrong = 5; wrong < 60; wrong += 9) {
        char text[2048] = "a,b,y\n";
        for (int row = 0; row < 60; row++) {
            (void)strcat(text, row == wrong ? "1,oops,3\n" : "1,\"2\",3\n");
        }
        write_file(path, text, strlen(text));
        check_path(path, &settings);
    }
    free(path);
}

/* Rank 0 reads these alone: other encodings, gzip, comments, bad rows left out. */
static void files_that_cannot_be_cut(void **unused)
{
    static const char rows[] = "a,b,y\n1,x,3\n# no row,1\n2,\xe9,4\n5,x,6\n7,z,8\n9\n";
    (void)unused;
    char *path = scratch_path("rows.csv");
    nnfs_dataset_settings settings = usual_settings();
    settings.encoding = "latin1";
    settings.comment = '#';
    write_file(path, rows, sizeof rows - 3);
    check_path(path, &settings);
    settings.skip_bad_rows = 1;
    write_file(path, rows, sizeof rows - 1);
    check_path(path, &settings);
    settings.encoding = NULL;
    check_path(path, &settings);
    settings.comment = 0;
    check_path(path, &settings);
    const char *const kept[] = {"a", NULL};
    settings.keep = kept;
    check_path(path, &settings);
    free(path);
}

static void folders_of_files(void **unused)
{
    static const char *const texts[] = {"a,b,y\n1,x,3\n2,\"t\nu\",5\n", "a,b,y\n6,v,7\n",
                                        "8,w,9\n\n4,x,1\n"};
    (void)unused;
    char *folder = scratch_path("parts");
    assert_int_equal(mkdir(folder, 0700), 0);
    nnfs_dataset_settings settings = usual_settings();
    for (int i = 0; i < 3; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "parts/%d.csv", i);
        char *path = scratch_path(name);
        write_file(path, texts[i], strlen(texts[i]));
        free(path);
        check_path(folder, &settings);
    }
    (void)folder_entries(folder, true);
    free(folder);
}

/* Writes a copy of a committed file. */
static void copy_file(const char *name, const char *path)
{
    char bytes[4096] = "";
    char *from = data_path(name);
    FILE *file = fopen(from, "rb");
    assert_non_null(file);
    size_t count = fread(bytes, 1, sizeof bytes, file);
    write_file(path, bytes, count);
    assert_int_equal(fclose(file), 0);
    free(from);
}

/* Arrays packed by gzip, in Fortran order, with missing values. */
static void folders_of_arrays(void **unused)
{
    static const char *const names[] = {"packed", "fortran-packed", "fortran", "missing-f4"};
    (void)unused;
    char *folder = scratch_path("arrays");
    nnfs_dataset_settings settings = usual_settings();
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "npy/accept/%s.npy", names[i]);
        for (int part = 0; part < 4; part++) {
            char copy[32];
            (void)snprintf(copy, sizeof copy, "arrays/%d.npy", part);
            char *path = scratch_path(copy);
            copy_file(name, path);
            free(path);
        }
        check_path(folder, &settings);
    }
    (void)folder_entries(folder, true);
    free(folder);
}

/* Files without a byte have no rows, also the first one. */
static void parts_without_rows(void **unused)
{
    (void)unused;
    char *folder = scratch_path("empty");
    char *first = scratch_path("empty/0.csv");
    char *second = scratch_path("empty/1.csv");
    nnfs_dataset_settings settings = usual_settings();
    loading one = {.path = folder, .grants = -1, .settings = settings};
    assert_int_equal(mkdir(folder, 0700), 0);
    write_file(first, "", 0);
    (void)load(&one);
    assert_int_equal(one.error.status, NNFS_ERROR_DATA);
    assert_non_null(strstr(one.error.message, "all CSV files in this folder are empty"));
    check_path(folder, &settings);
    write_file(second, "a,b,y\n1,2,3\n4,5,6\n", 18);
    (void)load(&one);
    assert_int_equal(one.error.status, NNFS_OK);
    free_sets(&one);
    check_path(folder, &settings);
    (void)folder_entries(folder, true);
    free(folder);
    free(first);
    free(second);
}

/* A rank sees a folder as it was before. */
static void other_files(void **unused)
{
    static const char *const names[] = {"new", "new/0.csv", "new/1.csv", "old", "old/0.csv"};
    (void)unused;
    char *paths[5];
    loading some[3];
    for (int i = 0; i < 5; i++) {
        paths[i] = scratch_path(names[i]);
        if (strchr(names[i], '/')) {
            write_file(paths[i], "a,b,y\n1,2,3\n4,5,6\n", 18);
        } else {
            assert_int_equal(mkdir(paths[i], 0700), 0);
        }
    }
    for (int i = 0; i < 3; i++) {
        some[i] =
            (loading){.path = paths[i == 1 ? 3 : 0], .grants = -1, .settings = usual_settings()};
    }
    load_by_ranks(some, 3, 2);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(some[i].error.status, NNFS_ERROR_DATA);
        assert_non_null(strstr(some[i].error.message, "rank 1 has other files than rank 0"));
    }
    (void)folder_entries(paths[0], true);
    (void)folder_entries(paths[3], true);
    for (int i = 0; i < 5; i++) {
        free(paths[i]);
    }
}

/* Files of one name with other bytes: at the head, at the end, or gzip. */
static void other_bytes(void **unused)
{
    static const char rows[] = "a,b,y\n1,2,3\n4,5,6\n";
    static const char *const others[] = {"a,c,y\n1,2,3\n4,5,6\n", "a,b,y\n1,2,3\n4,5,7\n",
                                         "a,b,y\n1,2,3\n4,5,61\n", "\x1f\x8b,y\n1,2,3\n4,5,6\n"};
    (void)unused;
    char *path = scratch_path("rows.csv");
    char *other = scratch_path("other");
    char *named = scratch_path("other/rows.csv");
    assert_int_equal(mkdir(other, 0700), 0);
    write_file(path, rows, strlen(rows));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        loading some[2] = {{.path = path, .grants = -1, .settings = usual_settings()},
                           {.path = named, .grants = -1, .settings = usual_settings()}};
        write_file(named, others[i], strlen(others[i]));
        some[0].settings.format = some[1].settings.format = "csv";
        load_by_ranks(some, 2, 1);
        for (int rank = 0; rank < 2; rank++) {
            assert_int_equal(some[rank].error.status, NNFS_ERROR_DATA);
            assert_non_null(strstr(some[rank].error.message, "rank 1 has other files"));
        }
    }
    (void)folder_entries(other, true);
    free(path);
    free(other);
    free(named);
}

/* Each allocation of one rank fails: all ranks end with its error, also where it does not see
 * the file. */
static void one_rank_without_memory(void **unused)
{
    (void)unused;
    char *path = scratch_path("memory.csv");
    char *nowhere = scratch_path("nowhere/memory.csv");
    char text[4096] = "a,b,y\n";
    for (int row = 0; row < 60; row++) {
        (void)sprintf(text + strlen(text), "%d,\"t\n%d\",3\n", row, row % 7);
    }
    write_file(path, text, strlen(text));
    int complete = 0; /* with the file, and without */
    for (long granted = 0; complete < 2; granted++) {
        loading some[3];
        for (int i = 0; i < 3; i++) {
            some[i] = (loading){.path = path, .grants = -1, .settings = usual_settings()};
        }
        some[1].grants = granted;
        some[1].path = complete == 1 ? nowhere : path;
        load_by_ranks(some, 3, 2);
        bool failed = some[1].error.status != NNFS_OK;
        for (int i = 0; i < 3; i++) {
            assert_int_equal(some[i].error.status, failed ? NNFS_ERROR_MEMORY : NNFS_OK);
            free_sets(&some[i]);
        }
        complete += !failed;
        granted = failed ? granted : -1;
    }
    free(path);
    free(nowhere);
}

/* Memory for this process alone, and too much of it. */
static void memory_of_a_process(void **unused)
{
    (void)unused;
    host_memory memory;
    nnfs_error error;
    assert_int_equal(host_memory_create(NULL, 4096, &memory, &error), NNFS_OK);
    memset(memory.mapping, 1, 4096);
    assert_int_equal(host_memory_share(NULL, &memory, NULL, 0, &error), NNFS_OK);
    host_memory_free(&memory);
    assert_true(host_memory_is_large(SIZE_MAX / 4));
    assert_int_equal(host_memory_create(NULL, (size_t)1 << 60, &memory, &error), NNFS_ERROR_IO);
    assert_null(memory.mapping);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        tests_data = argv[1];
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_files),     cmocka_unit_test(random_tables),
        cmocka_unit_test(one_wrong_cell),      cmocka_unit_test(files_that_cannot_be_cut),
        cmocka_unit_test(folders_of_files),    cmocka_unit_test(folders_of_arrays),
        cmocka_unit_test(memory_of_a_process), cmocka_unit_test(one_rank_without_memory),
        cmocka_unit_test(parts_without_rows),  cmocka_unit_test(other_files),
        cmocka_unit_test(other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
