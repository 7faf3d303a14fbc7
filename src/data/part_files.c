#include "data/part_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool ends_with(const char *source, const char *ending)
{
    size_t length = strlen(source);
    size_t tail = strlen(ending);
    return length >= tail && strcasecmp(source + length - tail, ending) == 0;
}

bool is_named(const char *name, const char *ending)
{
    char packed[16];
    (void)snprintf(packed, sizeof packed, "%s.gz", ending);
    return ends_with(name, ending) || ends_with(name, packed);
}

static const char *format_of(const char *name)
{
    static const struct {
        const char *ending, *format;
    } endings[] = {{".csv", "csv"}, {".tsv", "csv"}, {".npy", "npy"}};
    for (size_t i = 0; i < sizeof endings / sizeof *endings && !strchr("._", *name); i++) {
        if (is_named(name, endings[i].ending)) {
            return endings[i].format;
        }
    }
    return NULL;
}

/* Adds a path to the list, of which `room` are allocated; takes `path`. */
static bool add_path(part_files *to, size_t *room, char *path)
{
    if (path && (size_t)to->count + 1 >= *room) {
        size_t more = 2 * *room + 16;
        char **paths = realloc(to->paths, more * sizeof *paths);
        if (!paths) {
            free(path);
            return false;
        }
        to->paths = paths;
        *room = more;
    }
    if (path) {
        to->paths[to->count++] = path;
        to->paths[to->count] = NULL;
    }
    return path != NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folder's path without slashes at its end. */
static int folder_length(const char *folder)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') {
        length--;
    }
    return (int)length;
}

/* Spark writes a file without a byte for a part without rows. */
static bool is_without_rows(const char *format, const char *path)
{
    struct stat about;
    return strcmp(format, "csv") == 0 && stat(path, &about) == 0 && about.st_size == 0;
}

static nnfs_status fail_listing(const char *folder, int code, nnfs_error *error)
{
    return fail(error, code == ENOMEM ? NNFS_ERROR_MEMORY : NNFS_ERROR_IO, "%s: %s", folder,
                strerror(code));
}

static nnfs_status read_folder(DIR *listing, const char *folder, part_files *found,
                               nnfs_error *error)
{
    size_t room = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(listing);
        if (!entry) {
            break;
        }
        const char *format = format_of(entry->d_name);
        char *path = NULL;
        if (!format) {
            continue;
        }
        if (found->format && strcmp(found->format, format) != 0) {
            return fail(error, NNFS_ERROR_DATA,
                        "%s: CSV and NPY files in one folder: the parts of a table have one format",
                        folder);
        }
        found->format = format;
        if (asprintf(&path, "%.*s/%s", folder_length(folder), folder, entry->d_name) < 0) {
            path = NULL;
        }
        if (path && is_without_rows(format, path)) {
            free(path);
            continue;
        }
        if (!add_path(found, &room, path)) {
            return fail_memory(error, strlen(folder), "file names");
        }
    }
    if (errno != 0) {
        return fail_listing(folder, errno, error);
    }
    if (found->count > 0) {
        qsort(found->paths, (size_t)found->count, sizeof *found->paths, compare);
    }
    return NNFS_OK;
}

nnfs_status part_files_list(const char *folder, part_files *found, nnfs_error *error)
{
    struct stat about;
    size_t room = 0;
    *found = (part_files){0};
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode)) {
        if (add_path(found, &room, strdup(folder))) {
            return NNFS_OK;
        }
        return fail_memory(error, strlen(folder), "a file name");
    }
    DIR *listing = opendir(folder);
    if (!listing) {
        return fail_listing(folder, errno, error);
    }
    nnfs_status status = read_folder(listing, folder, found, error);
    (void)closedir(listing);
    if (status != NNFS_OK) {
        string_list_free(found->paths);
        *found = (part_files){0};
    }
    return status;
}
