/*
 * Datasets that cannot be made: memory that runs out at each allocation in turn (the linker's
 * --wrap), and the refusals of loading, preparing, weighting and input streams.
 */
#include "data/dataset.h"
#include "data/input_stream.h"

#include "files.h"

#include <math.h>
#include <sys/mman.h>
#include <zlib.h>

/* ---- Memory ---- */

static long memory_grants = -1; /* allocations that still succeed; < 0: all */

static bool grant(void)
{
    if (memory_grants <= 0) {
        return memory_grants < 0;
    }
    memory_grants--;
    return true;
}

void *__real_memory_alloc(size_t count, size_t size);
void *__real_memory_alloc_zeroed(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_memory_alloc(size_t count, size_t size);
void *__wrap_memory_alloc_zeroed(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_memory_alloc(size_t count, size_t size)
{
    return grant() ? __real_memory_alloc(count, size) : NULL;
}

void *__wrap_memory_alloc_zeroed(size_t count, size_t size)
{
    return grant() ? __real_memory_alloc_zeroed(count, size) : NULL;
}

void *__wrap_malloc(size_t size)
{
    return grant() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return grant() ? __real_calloc(count, size) : NULL;
}

/* Runs an operation with memory for 0, 1, 2, ... allocations until it succeeds. */
static void exhaust(nnfs_status (*operation)(void *data, nnfs_error *error), void *data, long least)
{
    nnfs_status status = NNFS_ERROR_MEMORY;
    long grants = 0;
    for (; status == NNFS_ERROR_MEMORY && grants < 500; grants++) {
        nnfs_error error = {.status = NNFS_OK};
        memory_grants = grants;
        status = operation(data, &error);
        memory_grants = -1;
        if (status != NNFS_OK) {
            assert_int_equal(status, NNFS_ERROR_MEMORY);
            assert_non_null(strstr(error.message, "no memory for"));
        }
    }
    assert_int_equal(status, NNFS_OK);
    assert_true(grants > least);
}

/* ---- Arrays ---- */

enum { sample_count = 12 };

static const float numbers[sample_count] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const int32_t labels[sample_count] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
static const float weights[sample_count] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2};

static nnfs_arrays weighted_classes(void)
{
    return (nnfs_arrays){.features = numbers,
                         .feature_count = 1,
                         .samples = sample_count,
                         .labels = (int32_t *)(uintptr_t)labels,
                         .classes = 4,
                         .weights = (float *)(uintptr_t)weights};
}

static nnfs_dataset *wrap_weighted(void)
{
    nnfs_arrays arrays = weighted_classes();
    nnfs_dataset *set = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &set, NULL), NNFS_OK);
    return set;
}

static nnfs_status wrap_arrays(void *data, nnfs_error *error)
{
    nnfs_dataset *set = NULL;
    nnfs_status status = nnfs_dataset_wrap(data, &set, error);
    nnfs_dataset_free(set);
    return status;
}

static nnfs_status split(void *data, nnfs_error *error)
{
    nnfs_dataset *rest = NULL, *held_out = NULL;
    nnfs_status status = nnfs_dataset_split(data, 0.25, 1, &rest, &held_out, error);
    assert_true((status == NNFS_OK) == (rest && held_out));
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    return status;
}

static nnfs_status fold(void *data, nnfs_error *error)
{
    nnfs_dataset *rest = NULL, *held_out = NULL;
    nnfs_status status = nnfs_dataset_fold(data, 3, 1, 1, &rest, &held_out, error);
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    return status;
}

static nnfs_status balance(void *data, nnfs_error *error)
{
    return nnfs_dataset_set_class_weights(data, NULL, error);
}

static void arrays_run_out_of_memory(void **state)
{
    (void)state;
    nnfs_arrays arrays = weighted_classes();
    nnfs_dataset *set = wrap_weighted();
    exhaust(wrap_arrays, &arrays, 3);
    exhaust(split, set, 10);
    exhaust(fold, set, 9);
    exhaust(balance, set, 3);
    nnfs_dataset_free(set);
}

/* A dataset over a mapped file unmaps it, also when it cannot be made. */
static nnfs_status adopt_mapping(void *data, nnfs_error *error)
{
    (void)data;
    const size_t bytes = 4096;
    void *mapping = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(mapping, MAP_FAILED);
    dataset_storage storage = {.features = mapping,
                               .mapping = mapping,
                               .mapping_bytes = bytes,
                               .scale = 1.0f,
                               .feature_count = 1,
                               .samples = 4};
    nnfs_dataset *set = NULL;
    nnfs_status status = dataset_adopt(&storage, &set, error);
    nnfs_dataset_free(set);
    assert_int_equal(msync(mapping, bytes, MS_ASYNC), -1); /* ENOMEM: nothing is mapped there */
    return status;
}

static void mapped_files_are_unmapped(void **state)
{
    (void)state;
    exhaust(adopt_mapping, NULL, 2);
}

static void weights_that_leave_nothing_are_refused(void **state)
{
    (void)state;
    const double unused_class_alone[] = {0, 0, 0, 1};
    const float nothing[sample_count] = {0};
    float less[sample_count] = {1, 1, -1};
    nnfs_error error = {.status = NNFS_OK};
    nnfs_dataset *set = wrap_weighted();
    assert_int_equal(nnfs_dataset_set_class_weights(set, unused_class_alone, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "all samples would count nothing"));
    nnfs_dataset_free(set);
    nnfs_arrays arrays = weighted_classes();
    arrays.weights = nothing;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &set, &error), NNFS_ERROR_DATA);
    assert_string_equal(error.message, "the weights of all samples are 0");
    arrays.weights = less;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &set, &error), NNFS_ERROR_DATA);
    assert_string_equal(error.message, "the weight of sample 2 is -1, not 0 or more");
}

/* ---- Tables ---- */

static char *table_file(const char *name, const char *text)
{
    char *path = scratch_path(name);
    write_bytes(path, text, strlen(text));
    return path;
}

static nnfs_dataset_settings usual(void)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = 1;
    return settings;
}

typedef struct loading {
    const char *path;
    nnfs_dataset_settings settings;
} loading;

static nnfs_status load(void *data, nnfs_error *error)
{
    loading *l = data;
    nnfs_dataset *set = NULL;
    nnfs_status status = nnfs_dataset_load(l->path, &l->settings, &set, NULL, error);
    nnfs_dataset_free(set);
    return status;
}

static void adopt_table(const char *path, nnfs_dataset **set, nnfs_preprocessing **fitted)
{
    nnfs_dataset_settings settings = usual();
    assert_int_equal(nnfs_dataset_load(path, &settings, set, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_preprocessing_fit(*set, NULL, fitted, NULL), NNFS_OK);
}

static nnfs_status fit_screened(void *data, nnfs_error *error)
{
    nnfs_preprocessing_settings settings;
    nnfs_preprocessing_settings_init(&settings);
    settings.screening = 0.1f;
    nnfs_preprocessing *fitted = NULL;
    nnfs_status status = nnfs_preprocessing_fit(data, &settings, &fitted, error);
    nnfs_preprocessing_free(fitted);
    return status;
}

static void tables_run_out_of_memory(void **state)
{
    (void)state;
    char *path = table_file("weighted.csv", "w,size,colour,kind\n1,2,red,a\n2,7,blue,b\n1,3,red,\n"
                                            "1,4,red,b\n2,5,blue,a\n");
    loading with_weights = {path, usual()};
    with_weights.settings.weight_column = "w";
    exhaust(load, &with_weights, 30);
    const char *const keep[] = {"colour", "w", NULL};
    loading with_texts = {path, usual()};
    with_texts.settings.keep = keep;
    exhaust(load, &with_texts, 30);

    nnfs_dataset *set = NULL;
    nnfs_preprocessing *fitted = NULL;
    adopt_table(path, &set, &fitted);
    loading like = {path, usual()};
    like.settings.like = fitted;
    exhaust(load, &like, 30);
    exhaust(fit_screened, set, 20);
    nnfs_preprocessing_free(fitted);
    nnfs_dataset_free(set);
    free(path);
}

static void refuse_load(const char *path, const nnfs_dataset_settings *settings, nnfs_status status,
                        const char *sentence)
{
    nnfs_dataset *set = NULL;
    nnfs_error error = {.status = NNFS_OK};
    assert_int_equal(nnfs_dataset_load(path, settings, &set, NULL, &error), status);
    assert_null(set);
    if (!strstr(error.message, sentence)) {
        fail_msg("'%s' without '%s'", error.message, sentence);
    }
}

static void sources_that_are_none_are_refused(void **state)
{
    (void)state;
    nnfs_dataset_settings settings = usual();
    char *dates = table_file("dates.csv", "a,day\n1,2019-03-23\n2,2019-04-24\n3,2020-05-25\n");
    char *empty = table_file("empty", "");
    char *test_only = data_path("idx/accept/test-only");
    refuse_load(dates, &settings, NNFS_ERROR_DATA, "is dates, which cannot be predicted");
    refuse_load(empty, &settings, NNFS_ERROR_DATA, "it is empty");
    refuse_load(test_only, &settings, NNFS_ERROR_DATA, "holds a test set alone");
    settings.format = "digits";
    refuse_load(dates, &settings, NNFS_ERROR_DATA, "the format digits is that of the word alone");
    settings.format = "xlsx";
    refuse_load(dates, &settings, NNFS_ERROR_ARGUMENT, "unknown format 'xlsx'");
    free(dates);
    free(empty);
    free(test_only);
}

static void only_tables_are_prepared(void **state)
{
    (void)state;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_dataset *table = NULL;
    nnfs_preprocessing *fitted = NULL;
    char *path = table_file("prepared.csv", "a,kind\n1,x\n2,y\n3,x\n7,y\n");
    adopt_table(path, &table, &fitted);
    nnfs_dataset *arrays = wrap_weighted();
    assert_int_equal(nnfs_dataset_prepare(arrays, fitted, &error), NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, "only a table can be prepared");
    nnfs_dataset_free(arrays);
    nnfs_preprocessing_free(fitted);
    nnfs_dataset_free(table);
    free(path);
}

/* A missing cell of a file of float64 is filled, and its indicator is 1. */
static void doubles_have_indicators(void **state)
{
    (void)state;
    nnfs_dataset *set = NULL;
    nnfs_preprocessing *fitted = NULL;
    float x[8];
    char *path = scratch_path("doubles.npy");
    char file[128 + 4 * 2 * 8] = "\x93NUMPY\1\0\x76\0{'descr': '<f8', 'fortran_order': False, "
                                 "'shape': (4, 2), }";
    const double cells[] = {1.0, 0.5, (double)NAN, 1.5, 3.0, 2.5, 8.0, 4.5};
    char *header_end = strchr(file + 10, '}') + 1;
    memset(header_end, ' ', (size_t)(file + 127 - header_end));
    file[127] = '\n';
    memcpy(file + 128, cells, sizeof cells);
    write_bytes(path, file, sizeof file);
    nnfs_preprocessing_settings with_indicators;
    nnfs_preprocessing_settings_init(&with_indicators);
    with_indicators.missing_indicator = 1;
    assert_int_equal(nnfs_dataset_load(path, NULL, &set, NULL, NULL), NNFS_OK);
    assert_int_equal(nnfs_preprocessing_fit(set, &with_indicators, &fitted, NULL), NNFS_OK);
    assert_int_equal(nnfs_preprocessing_inputs(fitted), 2);
    assert_int_equal(nnfs_dataset_prepare(set, fitted, NULL), NNFS_OK);
    assert_int_equal(nnfs_dataset_copy(set, 0, 4, x, NULL, NULL, NULL), NNFS_OK);
    for (int i = 0; i < 4; i++) {
        assert_true(x[2 * i + 1] == (i == 1 ? 1.0f : 0.0f));
    }
    nnfs_preprocessing_free(fitted);
    nnfs_dataset_free(set);
    free(path);
}

/* ---- Input streams ---- */

/* The message of an error shows the end of a long path, from the start of a character. */
static void long_paths_are_cut_between_characters(void **state)
{
    (void)state;
    char path[402] = "";
    nnfs_error error = {.status = NNFS_OK};
    input_stream *from = NULL;
    for (int i = 0; i < 200; i++) {
        memcpy(path + 2 * i, "\xc3\xa9", 3); /* an e with an acute accent */
    }
    for (int odd = 0; odd < 2; odd++) {
        path[400] = odd ? 'x' : '\0';
        assert_int_equal(input_stream_of_memory(path, "", 0, &from, &error), NNFS_OK);
        assert_int_equal(input_stream_fail(from, 7, &error, "it is odd"), NNFS_ERROR_DATA);
        assert_memory_equal(error.message, "...\xc3\xa9", 5);
        assert_non_null(strstr(error.message, ": byte 7: it is odd"));
        input_stream_close(from);
    }
}

static nnfs_status read_packed(void *data, nnfs_error *error)
{
    input_stream *from = NULL;
    unsigned char *bytes = NULL;
    nnfs_status status = input_stream_open(data, &from, error);
    if (status == NNFS_OK) {
        status = input_stream_read_rest(from, 300000, &bytes, error);
    }
    free(bytes);
    input_stream_close(from);
    return status;
}

static nnfs_status view_memory(void *data, nnfs_error *error)
{
    input_stream *from = NULL;
    nnfs_status status = input_stream_of_memory("memory", data, 1, &from, error);
    input_stream_close(from);
    return status;
}

/* A gzip file that unpacks to more than its size suggests: the buffer grows. */
static void streams_run_out_of_memory(void **state)
{
    (void)state;
    static const char zeros[300000];
    char *path = scratch_path("zeros.gz");
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, zeros, sizeof zeros), sizeof zeros);
    assert_int_equal(gzclose(file), Z_OK);
    exhaust(read_packed, path, 4);
    exhaust(view_memory, path, 0);
    free(path);
}

static void unreadable_files_are_io_errors(void **state)
{
    (void)state;
    nnfs_error error = {.status = NNFS_OK};
    input_stream *from = NULL;
    void *mapping = NULL;
    size_t mapping_bytes = 0;
    /* A regular file by its mode, whose first byte cannot be read. */
    assert_int_equal(input_stream_open("/proc/self/mem", &from, &error), NNFS_ERROR_IO);
    assert_non_null(strstr(error.message, "/proc/self/mem: "));
    char *path = table_file("nothing", "");
    assert_int_equal(input_stream_open(path, &from, &error), NNFS_OK);
    assert_int_equal(input_stream_map_rest(from, 0, &mapping, &mapping_bytes, &error),
                     NNFS_ERROR_IO);
    assert_non_null(strstr(error.message, "it cannot be mapped"));
    input_stream_close(from);
    free(path);
}

int main(int argc, char **argv)
{
    tests_data = argc > 1 ? argv[1] : tests_data;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_run_out_of_memory),
        cmocka_unit_test(mapped_files_are_unmapped),
        cmocka_unit_test(weights_that_leave_nothing_are_refused),
        cmocka_unit_test(tables_run_out_of_memory),
        cmocka_unit_test(sources_that_are_none_are_refused),
        cmocka_unit_test(only_tables_are_prepared),
        cmocka_unit_test(doubles_have_indicators),
        cmocka_unit_test(long_paths_are_cut_between_characters),
        cmocka_unit_test(streams_run_out_of_memory),
        cmocka_unit_test(unreadable_files_are_io_errors),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
