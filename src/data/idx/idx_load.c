/* Which IDX files make a dataset: MNIST's folder, or a file of images with its labels beside it. */
#include "base/memory.h"
#include "data/idx/idx.h"
#include "data/reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * How the names of a folder's files go on after train-images and the like; both dots
 * and dashes are around.
 */
static const char *const image_endings[] = {"-idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte",
                                            ".idx3-ubyte.gz", NULL};
static const char *const label_endings[] = {"-idx1-ubyte", "-idx1-ubyte.gz", ".idx1-ubyte",
                                            ".idx1-ubyte.gz", NULL};

static bool exists(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static nnfs_status fail_name(const char *path, nnfs_error *error)
{
    return fail_memory(error, strlen(path), "a file name");
}

/* ---- A folder ---- */

/* FOLDER/STEM with the first ending that exists, in fresh memory; *found is NULL if none does. */
static nnfs_status find_file(const char *folder, const char *stem, const char *const *endings,
                             char **found, nnfs_error *error)
{
    *found = NULL;
    for (; *endings; endings++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s%s", folder, stem, *endings) < 0) {
            return fail_name(folder, error);
        }
        if (exists(path)) {
            *found = path;
            return NNFS_OK;
        }
        free(path);
    }
    return NNFS_OK;
}

bool idx_is_folder(const char *folder)
{
    static const char *const stems[] = {"train-images", "train-labels", "t10k-images",
                                        "t10k-labels"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        char *path = NULL;
        (void)find_file(folder, stems[i], i % 2 == 0 ? image_endings : label_endings, &path, NULL);
        if (path) {
            free(path);
            return true;
        }
    }
    return false;
}

/* Reads the pair called STEM-images and STEM-labels, if it is there. */
static nnfs_status read_part(const char *folder, const char *stem, const dataset_storage *like,
                             nnfs_communicator *c, dataset_storage *storage, nnfs_error *error)
{
    char image_stem[32];
    char label_stem[32];
    (void)snprintf(image_stem, sizeof image_stem, "%s-images", stem);
    (void)snprintf(label_stem, sizeof label_stem, "%s-labels", stem);
    char *images = NULL;
    char *labels = NULL;
    nnfs_status status;
    TRY_CLEANUP(find_file(folder, image_stem, image_endings, &images, error));
    TRY_CLEANUP(find_file(folder, label_stem, label_endings, &labels, error));
    if (images && labels) {
        status = idx_read_pair(images, labels, like, c, storage, error);
    } else if (images || labels) {
        status =
            fail(error, NNFS_ERROR_IO, "%s/%s%s[.gz] is missing, and only %s there", folder,
                 images ? label_stem : image_stem, images ? label_endings[0] : image_endings[0],
                 images ? "its images are" : "its labels are");
    }
cleanup:
    free(images);
    free(labels);
    return status;
}

static nnfs_status read_folder(const char *folder, nnfs_communicator *c, dataset_storage *train,
                               dataset_storage *test, nnfs_error *error)
{
    TRY(read_part(folder, "train", NULL, c, train, error));
    TRY(read_part(folder, "t10k", train->samples > 0 ? train : NULL, c, test, error));
    if (train->samples == 0 && test->samples == 0) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: no IDX data in this folder, neither train-images%s[.gz] nor "
                    "t10k-images%s[.gz]",
                    folder, image_endings[0], image_endings[0]);
    }
    return NNFS_OK;
}

/* ---- One file ---- */

/* Replaces the last `from` in `text` by the equally long `to`. */
static bool replace_last(char *text, const char *from, const char *to)
{
    size_t length = strlen(from);
    char *last = NULL;
    for (char *at = strstr(text, from); at; at = strstr(at + 1, from)) {
        last = at;
    }
    if (last) {
        memcpy(last, to, length);
    }
    return last != NULL;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t ending_length = strlen(ending);
    return length >= ending_length && strcmp(text + length - ending_length, ending) == 0;
}

/* Takes .gz from the name or adds it, if only that file exists. `path` has room for it. */
static void correct_packing(char *path)
{
    bool packed = ends_with(path, ".gz");
    size_t length = strlen(path) - (packed ? 3 : 0);
    if (!exists(path)) {
        strcpy(path + length, packed ? "" : ".gz");
        if (!exists(path)) {
            strcpy(path + length, packed ? ".gz" : "");
        }
    }
}

/* The file of labels that goes with the images: images -> labels, idx3 -> idx1. */
static nnfs_status labels_beside(const char *images, char **labels, nnfs_error *error)
{
    *labels = malloc(size_add(strlen(images), sizeof ".gz"));
    if (!*labels) {
        return fail_name(images, error);
    }
    strcpy(*labels, images);
    char *slash = strrchr(*labels, '/');
    char *name = slash ? slash + 1 : *labels;
    if (!replace_last(name, "images", "labels")) {
        return fail(error, NNFS_ERROR_IO,
                    "%s: where its labels are cannot be told without 'images' in the name", images);
    }
    (void)replace_last(name, "idx3", "idx1");
    correct_packing(*labels);
    return NNFS_OK;
}

static nnfs_status read_file(const char *images, nnfs_communicator *c, dataset_storage *storage,
                             nnfs_error *error)
{
    char *labels = NULL;
    /* What is no IDX file at all is told so, and not that its labels are missing. */
    nnfs_status status = idx_check(images, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(labels_beside(images, &labels, error));
    status = idx_read_pair(images, labels, NULL, c, storage, error);
cleanup:
    free(labels);
    return status;
}

/* ---- Either ---- */

/* The files of a folder that are there. */
static nnfs_status list_folder(const char *folder, char **paths, int *count, nnfs_error *error)
{
    static const struct {
        const char *stem;
        const char *const *endings;
    } files[] = {{"train-images", image_endings},
                 {"train-labels", label_endings},
                 {"t10k-images", image_endings},
                 {"t10k-labels", label_endings}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        TRY(find_file(folder, files[i].stem, files[i].endings, &paths[*count], error));
        *count += paths[*count] != NULL;
    }
    return NNFS_OK;
}

static nnfs_status list_pair(const char *images, char **paths, int *count, nnfs_error *error)
{
    paths[(*count)++] = strdup(images);
    if (!paths[0]) {
        return fail_name(images, error);
    }
    nnfs_status status = labels_beside(images, &paths[1], error);
    *count += status == NNFS_OK && exists(paths[1]);
    return status == NNFS_ERROR_MEMORY ? status : NNFS_OK; /* else the reader tells */
}

nnfs_status idx_list(const char *source, part_files *files, nnfs_error *error)
{
    enum { FILES = 4 };
    struct stat about;
    bool folder = stat(source, &about) == 0 && S_ISDIR(about.st_mode);
    *files = (part_files){.paths = string_list_create(FILES)};
    if (!files->paths) {
        return fail_name(source, error);
    }
    nnfs_status status =
        (folder ? list_folder : list_pair)(source, files->paths, &files->count, error);
    if (status != NNFS_OK) {
        string_list_free(files->paths);
        *files = (part_files){0};
    }
    return status;
}

nnfs_status idx_read(const char *path, nnfs_communicator *c, dataset_storage *train,
                     dataset_storage *test, nnfs_error *error)
{
    *train = (dataset_storage){0};
    *test = (dataset_storage){0};
    struct stat about;
    if (stat(path, &about) != 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", path, strerror(errno));
    }
    nnfs_status status;
    if (S_ISDIR(about.st_mode)) {
        status = read_folder(path, c, train, test, error);
    } else {
        status = read_file(path, c, train, error);
    }
    if (status != NNFS_OK) {
        dataset_storage_free(train);
        dataset_storage_free(test);
    }
    return status;
}

nnfs_status idx_load(const char *source, const nnfs_dataset_settings *settings,
                     nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    dataset_storage train_storage;
    dataset_storage test_storage;
    nnfs_status status =
        idx_read(source, settings->communicator, &train_storage, &test_storage, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    if (train_storage.samples > 0) {
        TRY_CLEANUP(dataset_adopt(&train_storage, train, error));
    }
    if (test_storage.samples > 0) {
        TRY_CLEANUP(dataset_adopt(&test_storage, test, error));
    }
cleanup:
    if (status != NNFS_OK) {
        dataset_storage_free(&test_storage);
        nnfs_dataset_free(*train);
        *train = NULL;
    }
    return status;
}
