/* Where datasets are looked for, and whether what a run will write can be written. */
#include "common/paths.h"

#include "common/exit.h"
#include "common/spool.h"
#include "common/suggest.h"
#include "common/table_options.h"
#include "common/text.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Datasets ---- */

/* Where Debian's packages of datasets put them: dataset-fashion-mnist is one. */
static const char system_folder[] = "/usr/share/datasets";

enum { PLACES = 5 };

/* The folders a bare name is looked for in; those that are not set are NULL. */
typedef struct search_path {
    char *folders[PLACES];
} search_path;

static char *joined(const char *folder, const char *name)
{
    char *path = NULL;
    if (strcmp(folder, ".") == 0) {
        return strdup(name);
    }
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        return NULL;
    }
    return path;
}

static char *user_folder(void)
{
    const char *data_home = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (data_home && *data_home == '/') { /* the XDG specification ignores relative paths */
        return joined(data_home, "nnfs");
    }
    if (home && *home != '\0') {
        return joined(home, ".local/share/nnfs");
    }
    return NULL;
}

static search_path places_list(void)
{
    const char *chosen = getenv("NNFS_DATA");
    search_path places = {{
        chosen && *chosen != '\0' ? strdup(chosen) : NULL,
        strdup("data"),
        user_folder(),
        strdup("."),
        strdup(system_folder),
    }};
    return places;
}

static void places_free(search_path *places)
{
    for (int i = 0; i < PLACES; i++) {
        free(places->folders[i]);
    }
}

/* A folder, or a table by its name: what DATA can be. */
static bool is_dataset(const char *folder, const char *name)
{
    struct stat about;
    char *path = joined(folder, name);
    bool is_folder = path && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    free(path);
    return name[0] != '.' && (is_folder || is_table(name));
}

/*
 * Considers every dataset in the folder. *found keeps the nearest name once the folder is closed.
 */
static void consider_folder(const char *folder, suggestion *nearest, char **found)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;
    while (listing && (entry = readdir(listing)) != NULL) {
        const char *before = nearest->name;
        if (is_dataset(folder, entry->d_name)) {
            suggestion_consider(nearest, entry->d_name);
        }
        if (nearest->name != before) {
            free(*found);
            *found = strdup(entry->d_name);
            nearest->name = *found;
        }
    }
    if (listing) {
        (void)closedir(listing);
    }
}

/*
 * What to do about a name that is nowhere: "; did you mean 'mnist'?", or nothing, in fresh memory.
 */
static char *hint(const char *name, const search_path *places)
{
    suggestion nearest = {.text = name};
    char *found = NULL;
    char *text = NULL;
    int length = 0;
    if (strcmp(name, "mnist") == 0) {
        return strdup("; data/fetch downloads it");
    }
    if (strcmp(name, "fashion-mnist") == 0) {
        return strdup("; it is Debian's package dataset-fashion-mnist, or data/fetch downloads it");
    }
    suggestion_consider(&nearest, "digits");
    for (int i = 0; i < PLACES; i++) {
        if (places->folders[i]) {
            consider_folder(places->folders[i], &nearest, &found);
        }
    }
    if (nearest.name) {
        length = asprintf(&text, "; did you mean '%s'?", nearest.name);
    }
    free(found);
    if (length < 0) {
        return NULL;
    }
    return text;
}

static nnfs_status fail_nowhere(const char *name, const search_path *places, nnfs_error *error)
{
    char *advice = hint(name, places);
    char looked[384] = "";
    size_t used = 0;
    for (int i = 0; i < PLACES; i++) {
        if (places->folders[i] && used < sizeof looked) {
            used += (size_t)snprintf(looked + used, sizeof looked - used, "%s%s",
                                     used > 0 ? ", " : "", places->folders[i]);
        }
    }
    (void)set_error(error, NNFS_ERROR_IO, "there is no dataset '%s' in %s%s", name, looked,
                    text_or(advice, ""));
    free(advice);
    return NNFS_ERROR_IO;
}

static nnfs_status find_name(const char *name, char **path, nnfs_error *error)
{
    search_path places = places_list();
    for (int i = 0; i < PLACES && !*path; i++) {
        char *candidate = NULL;
        if (places.folders[i]) {
            candidate = joined(places.folders[i], name);
        }
        if (candidate && access(candidate, F_OK) == 0) {
            *path = candidate;
        } else {
            free(candidate);
        }
    }
    nnfs_status status = *path ? NNFS_OK : fail_nowhere(name, &places, error);
    places_free(&places);
    return status;
}

nnfs_status data_path(const char *data, char **path, nnfs_error *error)
{
    bool bare = !strchr(data, '/') && strcmp(data, ".") != 0 && strcmp(data, "..") != 0;
    *path = NULL;
    if (*data == '\0') {
        return set_error(error, NNFS_ERROR_ARGUMENT, "an empty name is no dataset");
    }
    if (is_stream(data)) {
        return spool(data, path, error);
    }
    if (bare && strcmp(data, "digits") != 0) {
        return find_name(data, path, error);
    }
    *path = strdup(data);
    if (*path) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}

/* ---- Outputs ---- */

static bool is_same_inode(const char *left, const char *right, bool *known)
{
    struct stat a;
    struct stat b;
    *known = stat(left, &a) == 0 && stat(right, &b) == 0;
    return *known && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash) {
        return slash + 1;
    }
    return path;
}

bool is_same_file(const char *left, const char *right)
{
    if (strcmp(left, "-") == 0 || strcmp(right, "-") == 0) {
        return false; /* the standard input and output */
    }
    bool known;
    bool same = is_same_inode(left, right, &known);
    if (known || strcmp(name_of(left), name_of(right)) != 0) {
        return same;
    }
    /* Not there yet: the same name in the same folder. */
    char *left_copy = strdup(left);
    char *right_copy = strdup(right);
    same =
        left_copy && right_copy && is_same_inode(dirname(left_copy), dirname(right_copy), &known);
    free(left_copy);
    free(right_copy);
    return same || strcmp(left, right) == 0;
}

static nnfs_status check_folder(const char *path, nnfs_error *error)
{
    char *copy = strdup(path);
    if (!copy) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    const char *folder = dirname(copy);
    struct stat about;
    nnfs_status status = NNFS_OK;
    if (stat(folder, &about) != 0) {
        status = set_error(error, NNFS_ERROR_IO, "cannot write '%s': folder '%s': %s", path, folder,
                           strerror(errno));
    } else if (!S_ISDIR(about.st_mode)) {
        status =
            set_error(error, NNFS_ERROR_IO, "cannot write '%s': '%s' is no folder", path, folder);
    } else if (access(folder, W_OK | X_OK) != 0) {
        status = set_error(error, NNFS_ERROR_IO, "cannot write '%s': folder '%s': %s", path, folder,
                           strerror(errno));
    }
    free(copy);
    return status;
}

/* What is wrong with the path itself; *exists says whether something is there. */
static nnfs_status check_file(const char *path, bool regular, bool *exists, nnfs_error *error)
{
    struct stat about;
    *exists = stat(path, &about) == 0;
    size_t length = strlen(path);
    if (length == 0 || path[length - 1] == '/' || (*exists && S_ISDIR(about.st_mode))) {
        return set_error(error, NNFS_ERROR_IO, "cannot write '%s': it is no name of a file", path);
    }
    if (*exists && regular && !S_ISREG(about.st_mode)) {
        return set_error(error, NNFS_ERROR_IO, "cannot write '%s': it is not a regular file", path);
    }
    if (*exists && access(path, W_OK) != 0) {
        return set_error(error, NNFS_ERROR_IO, "cannot write '%s': %s", path, strerror(errno));
    }
    return NNFS_OK;
}

nnfs_status check_model_path(const char *path, nnfs_error *error)
{
    bool exists;
    if (!path || strcmp(path, "-") == 0) {
        return NNFS_OK;
    }
    TRY(check_file(path, true, &exists, error));
    TRY(check_folder(path, error));
    return nnfs_network_save_check(path, error);
}

nnfs_status check_log_path(const char *path, nnfs_error *error)
{
    bool exists = true;
    if (path) {
        TRY(check_file(path, false, &exists, error));
    }
    if (!exists) {
        return check_folder(path, error);
    }
    return NNFS_OK;
}
