/*
 * For tests of what is read and written: committed files, and a scratch folder that is removed.
 * Include it after the library's headers: cmocka has a macro named fail().
 */
#ifndef NNFS_TESTS_FILES_H
#define NNFS_TESTS_FILES_H

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The cmocka of Debian 12 wants these four before it. */
#include <setjmp.h>

#include <cmocka.h>

/* The folder tests/data: main's first argument, from Meson. */
static const char *tests_data = "tests/data";

static inline char *data_path(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", tests_data, name) > 0);
    return path;
}

/* The scratch folder: made by the first call, removed with all that is in it by scratch_remove. */
static inline char *scratch_folder(void)
{
    static char folder[4096];
    if (!folder[0]) {
        const char *place = getenv("TMPDIR");
        (void)snprintf(folder, sizeof folder, "%s/nnfs-test-XXXXXX", place ? place : "/tmp");
        assert_non_null(mkdtemp(folder));
    }
    return folder;
}

static inline char *scratch_path(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", scratch_folder(), name) > 0);
    return path;
}

/* Number of entries in a folder; each is removed if wanted. */
static inline int folder_entries(const char *folder, bool remove_them)
{
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        count++;
        if (remove_them) {
            char *path = NULL;
            assert_true(asprintf(&path, "%s/%s", folder, entry->d_name) > 0);
            assert_int_equal(remove(path), 0);
            free(path);
        }
    }
    closedir(entries);
    return count;
}

/* A group teardown. */
static inline int scratch_remove(void **state)
{
    (void)state;
    (void)folder_entries(scratch_folder(), true);
    return rmdir(scratch_folder());
}

static inline void write_bytes(const char *path, const void *bytes, size_t count)
{
    (void)unlink(
        path); /* some file systems write a file that is truncated and closed to the disk */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* All of a file in fresh memory. */
static inline unsigned char *read_bytes(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*count + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *count, file), *count);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

#endif
