/* The safetensors container: what is refused and why, what comes back, and that it stays whole. */
#include "formats/safetensors.h"

#include "files.h"

/* The refusal files of make_safetensors.py, and words of the reason that each must give. */
static const struct {
    const char *name;
    const char *words;
} refused[] = {
    {"empty", "not a safetensors file: 0 bytes, too few"},
    {"seven_bytes", "not a safetensors file: 7 bytes, too few"},
    {"header_empty", "offset 8: the header does not begin with '{'"},
    {"header_over_limit", "offset 0: a header of 100000001 bytes, where at most 100000000 are"},
    {"header_over_our_limit", "offset 0: a header of 8000001 bytes in a file that has 106"},
    {"header_length_huge", "offset 0: a header of 18446744073709551615 bytes"},
    {"header_past_end", "offset 0: a header of 83 bytes in a file that has 82"},
    {"not_utf8", "unable to decode byte 0xff"},
    {"not_utf8_overlong", "unable to decode byte 0xc0"},
    {"not_utf8_surrogate", "invalid Unicode"},
    {"nul_in_name", "\\u0000"},
    {"byte_order_mark", "does not begin with '{'"},
    {"not_json", "offset 10: string or '}' expected"},
    {"json_cut", "'}' expected"},
    {"not_an_object_array", "does not begin with '{'"},
    {"not_an_object_number", "does not begin with '{'"},
    {"first_byte_space", "does not begin with '{'"},
    {"trailing_junk", "does not end with '}' and spaces"},
    {"trailing_object", "end of file expected"},
    {"trailing_newline", "does not end with '}' and spaces"},
    {"trailing_nul", "does not end with '}' and spaces"},
    {"deeply_nested", "maximum parsing depth"},
    {"deeply_nested_objects", "maximum parsing depth"},
    {"repeated_tensor", "duplicate object key"},
    {"repeated_tensor_escaped", "duplicate object key"},
    {"repeated_field", "duplicate object key"},
    {"repeated_metadata", "duplicate object key"},
    {"repeated_metadata_object", "duplicate object key"},
    {"metadata_value_number", "metadata 'k' is not a string"},
    {"metadata_value_null", "metadata 'k' is not a string"},
    {"metadata_value_array", "metadata 'k' is not a string"},
    {"metadata_value_object", "metadata 'k' is not a string"},
    {"metadata_not_an_object", "__metadata__ is not an object"},
    {"tensor_not_an_object", "tensor 'x': not an object"},
    {"field_unknown", "tensor 'x': has other fields than"},
    {"field_missing_dtype", "tensor 'x': has other fields than"},
    {"field_missing_shape", "tensor 'x': has other fields than"},
    {"field_missing_data_offsets", "tensor 'x': has other fields than"},
    {"field_misspelt_dtype", "tensor 'x': dtype missing"},
    {"field_misspelt_shape", "tensor 'x': shape is not a list"},
    {"field_misspelt_data_offsets", "tensor 'x': data_offsets is not a list"},
    {"dtype_unknown", "tensor 'x': dtype missing or unknown"},
    {"dtype_lower_case", "tensor 'x': dtype missing or unknown"},
    {"dtype_number", "tensor 'x': dtype missing or unknown"},
    {"shape_not_a_list", "tensor 'x': shape is not a list of at most 8 sizes"},
    {"shape_of_texts", "tensor 'x': shape is not a list of at most 8 sizes"},
    {"shape_boolean", "tensor 'x': shape is not a list of at most 8 sizes"},
    {"shape_rank_9", "tensor 'x': shape is not a list of at most 8 sizes"},
    {"shape_negative", "tensor 'x': shape is not a list of at most 8 sizes"},
    {"shape_fractional", "tensor 'x': shape is not a list of at most 8 sizes"},
    {"shape_over_64_bits", "too big integer"},
    {"shape_product_overflow", "tensor 'x': the product of its shape overflows"},
    {"shape_product_overflow_zero", "tensor 'x': the product of its shape overflows"},
    {"shape_bytes_overflow", "tensor 'x': the product of its shape overflows"},
    {"offsets_one", "tensor 'x': data_offsets is not a list of two offsets"},
    {"offsets_three", "tensor 'x': data_offsets is not a list of two offsets"},
    {"offset_negative", "tensor 'x': data_offsets is not a list of two offsets"},
    {"offset_fractional", "tensor 'x': data_offsets is not a list of two offsets"},
    {"offset_exponent", "tensor 'x': data_offsets is not a list of two offsets"},
    {"offset_over_64_bits", "too big integer"},
    {"offset_over_63_bits", "too big integer"},
    {"end_before_begin", "tensor 'x': ends before it begins"},
    {"end_after_file", "tensor 'x': ends after the file"},
    {"size_not_shape", "tensor 'x': its size does not match its shape"},
    {"size_not_dtype", "tensor 'x': its size does not match its shape"},
    {"hole_first", "tensor 'x': a hole before its data"},
    {"hole_between", "tensor 'y': a hole before its data"},
    {"overlap", "tensor 'y': its data overlaps another's"},
    {"overlap_same", "its data overlaps another's"},
    {"bytes_after_last", "1 bytes after the last tensor"},
    {"bytes_without_tensor", "1 bytes after the last tensor"},
};
#define REFUSED_COUNT (sizeof refused / sizeof *refused)

/* Opens a file that must be refused with these words in one line that names it. */
static void expect_refusal(const char *path, const char *words)
{
    safetensors_file file;
    nnfs_error error = {0};
    assert_int_equal(safetensors_open(path, &file, &error), NNFS_ERROR_DATA);
    assert_int_equal(error.status, NNFS_ERROR_DATA);
    if (!strstr(error.message, words)) {
        fail_msg("%s: '%s' lacks '%s'", path, error.message, words);
    }
    assert_ptr_equal(strstr(error.message, path), error.message);
    assert_null(strchr(error.message, '\n'));
    assert_null(file.tensors);
    assert_null(file.data);
    assert_int_equal(safetensors_open(path, &file, NULL), NNFS_ERROR_DATA);
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < REFUSED_COUNT; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "safetensors/%s.safetensors", refused[i].name);
        char *path = data_path(name);
        expect_refusal(path, refused[i].words);
        free(path);
    }
}

/* No file of the folder is forgotten above. */
static void test_refusals_are_complete(void **state)
{
    (void)state;
    char *folder = data_path("safetensors");
    size_t containers = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        bool other = entry->d_name[0] == '.' || strncmp(entry->d_name, "model_", 6) == 0 ||
                     strcmp(entry->d_name, "good.safetensors") == 0;
        containers += other ? 0 : 1;
    }
    closedir(entries);
    free(folder);
    assert_int_equal(containers, REFUSED_COUNT);
}

static void test_not_a_file(void **state)
{
    (void)state;
    safetensors_file file;
    nnfs_error error = {0};
    expect_refusal(scratch_folder(), "not a regular file");
    expect_refusal("/dev/zero", "not a regular file");
    char *pipe = scratch_path("pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    expect_refusal(pipe, "not a regular file");
    assert_int_equal(unlink(pipe), 0);
    assert_int_equal(safetensors_open(pipe, &file, &error), NNFS_ERROR_IO);
    assert_non_null(strstr(error.message, "No such file"));
    free(pipe);
}

/* A terabyte of zeros that no disk holds is refused by its head, not after it has been read. */
static void test_sparse_file(void **state)
{
    (void)state;
    char *path = scratch_path("sparse");
    const char header[] = "\x02\0\0\0\0\0\0\0{}";
    write_bytes(path, header, sizeof header - 1);
    if (truncate(path, (off_t)1 << 40) == 0) {
        expect_refusal(path, "1099511627766 bytes after the last tensor");
    }
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void test_good_file(void **state)
{
    (void)state;
    char *path = data_path("safetensors/good.safetensors");
    safetensors_file file;
    assert_int_equal(safetensors_open(path, &file, NULL), NNFS_OK);
    assert_int_equal(file.tensor_count, 1);
    assert_int_equal(file.metadata_count, 1);
    assert_string_equal(file.metadata[0].key, "k");
    assert_string_equal(safetensors_metadata(&file, "k"), "v");
    assert_null(safetensors_metadata(&file, "x"));
    assert_null(safetensors_find(&file, "y"));
    const safetensors_tensor *x = safetensors_find(&file, "x");
    assert_non_null(x);
    assert_int_equal(x->type, SAFETENSORS_F32);
    assert_int_equal(x->rank, 2);
    assert_int_equal(x->shape[0], 2);
    assert_int_equal(x->shape[1], 3);
    assert_int_equal(x->elements, 6);
    float values[6];
    memcpy(values, x->data, x->bytes);
    for (int i = 0; i < 6; i++) {
        assert_true(values[i] == (float)i);
    }
    safetensors_close(&file);
    safetensors_close(&file); /* an empty one is fine */
    free(path);
}

/* ---- Writing ---- */

enum { TENSORS = 13 };

/* One tensor of each type, ranks 0 to 8, one of them empty; their bytes count up from 1. */
static void describe(safetensors_tensor *tensors, char names[][8], size_t *bytes)
{
    *bytes = 0;
    for (int i = 0; i < TENSORS; i++) {
        (void)snprintf(names[i], 8, "t\"%c\n", 'z' - i);
        tensors[i] =
            (safetensors_tensor){.name = names[i], .type = (safetensors_type)i, .rank = i % 9};
        size_t elements = 1;
        for (int d = 0; d < tensors[i].rank; d++) {
            tensors[i].shape[d] = i == 5 ? (size_t)d : (size_t)(d % 3) + 1;
            elements *= tensors[i].shape[d];
        }
        tensors[i].elements = elements;
        *bytes += elements * safetensors_type_size((safetensors_type)i);
    }
}

static const safetensors_entry metadata[] = {
    {"zeta", "last, \"quoted\"\n\xc3\xa9"},
    {"alpha", ""},
    {"bytes", "caf\xe9"},
};

static nnfs_status write_all(const char *path, nnfs_error *error)
{
    safetensors_tensor tensors[TENSORS];
    char names[TENSORS][8];
    size_t count = 0;
    describe(tensors, names, &count);
    unsigned char *bytes = malloc(count);
    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (unsigned char)(i + 1);
    }
    safetensors_writer writer;
    nnfs_status status =
        safetensors_write_begin(&writer, path, tensors, TENSORS, metadata, 3, error);
    for (size_t at = 0; status == NNFS_OK && at < count; at += 7) {
        status = safetensors_write(&writer, bytes + at, count - at < 7 ? count - at : 7, error);
    }
    free(bytes);
    return status == NNFS_OK ? safetensors_write_commit(&writer, error) : status;
}

static void check_all(const char *path)
{
    safetensors_tensor tensors[TENSORS];
    char names[TENSORS][8];
    size_t count = 0;
    describe(tensors, names, &count);
    safetensors_file file;
    nnfs_error error = {0};
    if (safetensors_open(path, &file, &error) != NNFS_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(file.tensor_count, TENSORS);
    size_t offset = 0;
    for (int i = 0; i < TENSORS; i++) {
        const safetensors_tensor *got = safetensors_find(&file, names[i]);
        assert_non_null(got);
        assert_int_equal(got->type, tensors[i].type);
        assert_int_equal(got->rank, tensors[i].rank);
        assert_memory_equal(got->shape, tensors[i].shape, sizeof got->shape);
        assert_int_equal(got->elements, tensors[i].elements);
        const unsigned char *bytes = got->data;
        for (size_t b = 0; b < got->bytes; b++, offset++) {
            assert_int_equal(bytes[b], (unsigned char)(offset + 1));
        }
    }
    assert_int_equal(offset, count);
    assert_string_equal(file.tensors[0].name, names[TENSORS - 1]); /* sorted */
    assert_int_equal(file.metadata_count, 3);
    assert_string_equal(file.metadata[0].key, "zeta");
    assert_string_equal(safetensors_metadata(&file, "zeta"), metadata[0].value);
    assert_string_equal(safetensors_metadata(&file, "alpha"), "");
    assert_string_equal(safetensors_metadata(&file, "bytes"), "caf?");
    safetensors_close(&file);
}

static void test_round_trip(void **state)
{
    (void)state;
    char *path = scratch_path("round");
    char *again = scratch_path("again");
    assert_int_equal(write_all(path, NULL), NNFS_OK);
    check_all(path);
    assert_int_equal(write_all(again, NULL), NNFS_OK);
    assert_int_equal(write_all(again, NULL), NNFS_OK); /* over itself */
    size_t sizes[2];
    unsigned char *first = read_bytes(path, &sizes[0]);
    unsigned char *second = read_bytes(again, &sizes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(first, second, sizes[0]);
    assert_int_equal(first[0] % 8, 0); /* the length of the header */
    free(first);
    free(second);
    assert_int_equal(folder_entries(scratch_folder(), true), 2); /* and no temporary one */
    free(path);
    free(again);
}

static void test_empty_file(void **state)
{
    (void)state;
    char *path = scratch_path("nothing");
    safetensors_writer writer;
    safetensors_file file;
    assert_int_equal(safetensors_write_begin(&writer, path, NULL, 0, NULL, 0, NULL), NNFS_OK);
    assert_int_equal(safetensors_write_commit(&writer, NULL), NNFS_OK);
    assert_int_equal(safetensors_open(path, &file, NULL), NNFS_OK);
    assert_int_equal(file.tensor_count, 0);
    assert_null(safetensors_find(&file, "x"));
    assert_null(safetensors_metadata(&file, "x"));
    safetensors_close(&file);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static nnfs_status begin_with(const safetensors_tensor *tensors, size_t count, const char *key)
{
    char *path = scratch_path("wrong");
    safetensors_entry text[2] = {{key, "1"}, {"k", "2"}};
    safetensors_writer writer;
    nnfs_status status = safetensors_write_begin(&writer, path, tensors, count, text, 2, NULL);
    safetensors_write_abandon(&writer);
    safetensors_write_abandon(&writer);
    free(path);
    return status;
}

/* Texts that are not UTF-8 keep their ASCII; those that are come back as they were. */
static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *read;
    } cases[] = {
        {"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", NULL},
        {"\xed\x9f\xbf\xee\x80\x80", NULL},
        {"a\x80", "a?"},
        {"a\xc1\xbf", "a??"},
        {"a\xe0\x9f\xbf", "a???"},
        {"a\xed\xa0\x80", "a???"},
        {"a\xf0\x8f\xbf\xbf", "a????"},
        {"a\xf4\x90\x80\x80", "a????"},
        {"a\xf8\x88\x80\x80\x80", "a?????"},
        {"a\xc3", "a?"},
        {"a\xe2\x82", "a??"},
        {"a\xe2(\xac", "a?(?"},
        {"\xff", "?"},
    };
    char *path = scratch_path("texts");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const safetensors_entry text = {"k", cases[i].text};
        safetensors_writer writer;
        safetensors_file file;
        assert_int_equal(safetensors_write_begin(&writer, path, NULL, 0, &text, 1, NULL), NNFS_OK);
        assert_int_equal(safetensors_write_commit(&writer, NULL), NNFS_OK);
        assert_int_equal(safetensors_open(path, &file, NULL), NNFS_OK);
        assert_string_equal(safetensors_metadata(&file, "k"),
                            cases[i].read ? cases[i].read : cases[i].text);
        safetensors_close(&file);
    }
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void test_wrong_use(void **state)
{
    (void)state;
    const safetensors_tensor twice[2] = {{.name = "x"}, {.name = "x"}};
    const safetensors_tensor huge = {.name = "x", .rank = 2, .shape = {SIZE_MAX / 2, SIZE_MAX / 2}};
    const safetensors_tensor half = {.name = "x", .rank = 1, .shape = {SIZE_MAX / 16}};
    const safetensors_tensor halves[2] = {half, {.name = "y", .rank = 1, .shape = {SIZE_MAX / 16}}};
    assert_int_equal(begin_with(twice, 1, "other"), NNFS_OK);
    assert_int_equal(begin_with(twice, 2, "other"), NNFS_ERROR_ARGUMENT);
    assert_int_equal(begin_with(twice, 1, "k"), NNFS_ERROR_ARGUMENT);
    assert_int_equal(begin_with(twice, 1, "caf\xe9"), NNFS_ERROR_DATA);
    assert_int_equal(begin_with(&huge, 1, "other"), NNFS_ERROR_ARGUMENT);
    assert_int_equal(begin_with(halves, 2, "other"), NNFS_ERROR_ARGUMENT);

    char *path = scratch_path("wrong");
    safetensors_writer writer;
    const double value = 1;
    assert_int_equal(safetensors_write_begin(&writer, path, twice, 1, NULL, 0, NULL), NNFS_OK);
    assert_int_equal(safetensors_write_commit(&writer, NULL), NNFS_ERROR_ARGUMENT);
    assert_int_equal(safetensors_write_begin(&writer, path, twice, 1, NULL, 0, NULL), NNFS_OK);
    assert_int_equal(safetensors_write(&writer, &value, 8, NULL), NNFS_OK);
    assert_int_equal(safetensors_write(&writer, &value, 1, NULL), NNFS_ERROR_ARGUMENT);
    assert_int_equal(folder_entries(scratch_folder(), false), 0);
    free(path);
}

/* ---- Damage ---- */

/* A file that is cut off anywhere lacks something. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    char *path = scratch_path("whole");
    char *cut = scratch_path("cut");
    assert_int_equal(write_all(path, NULL), NNFS_OK);
    size_t count = 0;
    unsigned char *bytes = read_bytes(path, &count);
    for (size_t kept = 0; kept < count; kept++) {
        write_bytes(cut, bytes, kept);
        expect_refusal(cut, "cut");
    }
    free(bytes);
    (void)folder_entries(scratch_folder(), true);
    free(path);
    free(cut);
}

/* Any flipped bit of length and header is refused, or what is read still fits the file. */
static void test_flip_anywhere(void **state)
{
    (void)state;
    char *path = scratch_path("whole");
    char *flipped = scratch_path("flipped");
    assert_int_equal(write_all(path, NULL), NNFS_OK);
    size_t count = 0;
    unsigned char *bytes = read_bytes(path, &count);
    uint64_t header = 0;
    memcpy(&header, bytes, sizeof header);
    int accepted = 0;
    for (size_t bit = 0; bit < (8 + header) * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_bytes(flipped, bytes, count);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        safetensors_file file;
        nnfs_error error = {0};
        nnfs_status status = safetensors_open(flipped, &file, &error);
        if (status != NNFS_OK) {
            assert_int_equal(status, NNFS_ERROR_DATA);
            continue;
        }
        accepted++; /* in a name or a text, a type of the same size, a shape's order */
        size_t total = 0;
        for (size_t i = 0; i < file.tensor_count; i++) {
            size_t elements = 1;
            for (int d = 0; d < file.tensors[i].rank; d++) {
                elements *= file.tensors[i].shape[d];
            }
            assert_int_equal(elements, file.tensors[i].elements);
            total += elements * safetensors_type_size(file.tensors[i].type);
        }
        assert_int_equal(total, count - 8 - header);
        safetensors_close(&file);
    }
    printf("%d of %zu flipped bits still make a valid file\n", accepted, (size_t)(8 + header) * 8);
    free(bytes);
    (void)folder_entries(scratch_folder(), true);
    free(path);
    free(flipped);
}

int main(int argc, char **argv)
{
    tests_data = argc > 1 ? argv[1] : tests_data;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_refusals_are_complete),
        cmocka_unit_test(test_not_a_file),    cmocka_unit_test(test_sparse_file),
        cmocka_unit_test(test_good_file),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_empty_file),    cmocka_unit_test(test_texts),
        cmocka_unit_test(test_wrong_use),     cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_flip_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
