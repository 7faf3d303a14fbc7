/* Checkpoints in their folder, and the one to go on from. */
#include "training/checkpoint_folder.h"

#include "base/file.h"
#include "base/memory.h"
#include "network/network.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "checkpoint-"
#define ENDING ".safetensors"
#define BEST   "best" ENDING

enum { KEPT = 3 };

/* ---- Names ---- */

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* The digits are as many in each name, so that they sort by age. */
char *folder_path(const char *folder, int epochs, int64_t steps)
{
    char *path = NULL;
    int length =
        asprintf(&path, "%s/" PREFIX "%06d-%010lld" ENDING, folder, epochs, (long long)steps);
    if (length < 0) {
        return NULL;
    }
    return path;
}

static char *path_in(const char *folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        return NULL;
    }
    return path;
}

static const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static nnfs_status fail_errno(const char *path, const char *what, nnfs_error *error)
{
    return fail(error, errno == ENOMEM ? NNFS_ERROR_MEMORY : NNFS_ERROR_IO, "%s: %s: %s", path,
                what, strerror(errno));
}

/* ---- Listing ---- */

static int is_checkpoint(const struct dirent *entry)
{
    return begins_with(entry->d_name, PREFIX) && ends_with(entry->d_name, ENDING);
}

/* ".checkpoint-...tmp.PID": a save that was killed. */
static int is_left_over(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return (begins_with(name, "." PREFIX) || begins_with(name, "." BEST)) &&
           strstr(name, ENDING ".tmp.") != NULL;
}

/* The paths of a folder's files that `filter` lets through, by name. */
typedef struct file_list {
    struct dirent **entries;
    int count;
} file_list;

static nnfs_status list(const char *folder, int (*filter)(const struct dirent *), file_list *files,
                        nnfs_error *error)
{
    files->count = scandir(folder, &files->entries, filter, alphasort);
    if (files->count < 0) {
        *files = (file_list){0};
        return fail_errno(folder, "cannot be read", error);
    }
    return NNFS_OK;
}

static void list_free(file_list *files)
{
    for (int i = 0; i < files->count; i++) {
        free(files->entries[i]);
    }
    free(files->entries);
    *files = (file_list){0};
}

/* Removes files first .. end - 1 of the list. */
static nnfs_status remove_some(const char *folder, const file_list *files, int first, int end,
                               nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    for (int i = first; status == NNFS_OK && i < end; i++) {
        char *path = path_in(folder, files->entries[i]->d_name);
        if (!path) {
            status = fail_memory(error, strlen(folder), "a file name");
        } else if (unlink(path) != 0 && errno != ENOENT) {
            status = fail_errno(path, "cannot be removed", error);
        }
        free(path);
    }
    return status;
}

/* ---- Beginning and tidying ---- */

static nnfs_status clear_left_overs(const char *folder, nnfs_error *error)
{
    file_list files;
    TRY(list(folder, is_left_over, &files, error));
    nnfs_status status = remove_some(folder, &files, 0, files.count, error);
    list_free(&files);
    return status;
}

/* Whether another has it, also after a second: one that was killed lets go of it, but
 * not at once. */
static bool is_taken(int lock)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    for (int tries = 0; flock(lock, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK || tries == 20) {
            return errno == EWOULDBLOCK; /* else the file system knows no locks */
        }
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static nnfs_status take_folder(const char *folder, int *lock, nnfs_error *error)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return fail_errno(folder, "cannot be made", error);
    }
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0) {
        return fail_errno(folder, "cannot be read", error);
    }
    if (is_taken(*lock)) {
        return fail(error, NNFS_ERROR_IO, "%s: another run is writing its checkpoints there",
                    folder);
    }
    return NNFS_OK;
}

void folder_end(int lock)
{
    if (lock >= 0) {
        (void)close(lock);
    }
}

nnfs_status folder_begin(const char *folder, bool resumed, int *lock, nnfs_error *error)
{
    file_list files;
    TRY(take_folder(folder, lock, error));
    TRY(list(folder, is_checkpoint, &files, error));
    bool empty = files.count == 0;
    list_free(&files);
    if (!empty && !resumed) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "%s: holds checkpoints of a run already: resume it, or take another folder",
                    folder);
    }
    return clear_left_overs(folder, error);
}

nnfs_status folder_tidy(const char *folder, const char *path, nnfs_error *error)
{
    nnfs_network *network = NULL;
    checkpoint_state state;
    file_list files;
    TRY(checkpoint_read(path, &network, &state, error));
    nnfs_network_free(network);
    checkpoint_free_states(&state);
    TRY(list(folder, is_checkpoint, &files, error));
    /* What sorts behind the newest is of a run that was gone back from, damaged perhaps. */
    int end = 0;
    while (end < files.count && strcmp(files.entries[end]->d_name, name_of(path)) <= 0) {
        end++;
    }
    nnfs_status status = remove_some(folder, &files, end, files.count, error);
    if (status == NNFS_OK) {
        status = remove_some(folder, &files, 0, end - KEPT, error);
    }
    list_free(&files);
    return status;
}

nnfs_status folder_mark_best(const char *folder, int epochs, nnfs_error *error)
{
    char *from = folder_path(folder, epochs, 0);
    char *best = path_in(folder, BEST);
    nnfs_status status = from && best ? file_link(from, best, error)
                                      : fail_memory(error, strlen(folder), "a file name");
    free(from);
    free(best);
    return status;
}

/* ---- Opening ---- */

struct nnfs_checkpoint {
    char *path;
    char skip_reason[sizeof((nnfs_error *)0)->message];
    nnfs_network *network;
    checkpoint_state state;
};

/* Tries one file; a failure is remembered as the reason to pass it over. */
static nnfs_status try_file(nnfs_checkpoint *checkpoint, char *path, nnfs_error *error)
{
    nnfs_error reason = {.status = NNFS_OK};
    if (!path) {
        return fail_memory(error, 1, "a file name");
    }
    nnfs_status status = checkpoint_read(path, &checkpoint->network, &checkpoint->state, &reason);
    if (status == NNFS_OK) {
        checkpoint->path = path;
        return NNFS_OK;
    }
    free(path);
    if (checkpoint->skip_reason[0] == '\0') {
        memcpy(checkpoint->skip_reason, reason.message, sizeof checkpoint->skip_reason);
    }
    return fail(error, status, "%s", reason.message);
}

/* Not for lack of memory: it would go back in the run for nothing. */
static bool is_skipped(nnfs_status status)
{
    return status != NNFS_OK && status != NNFS_ERROR_MEMORY;
}

/* Newest first, then the best one. */
static nnfs_status try_folder(nnfs_checkpoint *checkpoint, const char *folder, nnfs_error *error)
{
    file_list files;
    TRY(list(folder, is_checkpoint, &files, error));
    nnfs_status status =
        fail(error, NNFS_ERROR_IO, "%s: there is no checkpoint in this folder", folder);
    for (int i = files.count - 1; is_skipped(status) && i >= 0; i--) {
        status = try_file(checkpoint, path_in(folder, files.entries[i]->d_name), error);
    }
    char *best = path_in(folder, BEST);
    if (is_skipped(status) && best && access(best, F_OK) == 0) {
        status = try_file(checkpoint, best, error);
        best = NULL;
    }
    free(best);
    list_free(&files);
    return status;
}

nnfs_status nnfs_checkpoint_open(const char *path, nnfs_checkpoint **checkpoint, nnfs_error *error)
{
    if (!path) {
        return fail_null(error, "path");
    }
    if (!checkpoint) {
        return fail_null(error, "checkpoint");
    }
    struct stat about;
    *checkpoint = NULL;
    if (stat(path, &about) != 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", path, strerror(errno));
    }
    nnfs_checkpoint *made = calloc(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "a checkpoint");
    }
    nnfs_error reason; /* set also where a later try succeeds */
    nnfs_status status;
    if (S_ISDIR(about.st_mode)) {
        status = try_folder(made, path, &reason);
    } else {
        status = try_file(made, strdup(path), &reason);
    }
    if (status != NNFS_OK) {
        nnfs_checkpoint_free(made);
        return fail(error, status, "%s", reason.message);
    }
    *checkpoint = made;
    return NNFS_OK;
}

void nnfs_checkpoint_free(nnfs_checkpoint *checkpoint)
{
    if (checkpoint) {
        nnfs_network_free(checkpoint->network);
        checkpoint_free_states(&checkpoint->state);
        free(checkpoint->path);
        free(checkpoint);
    }
}

/* ---- Asking ---- */

const checkpoint_state *checkpoint_state_of(const nnfs_checkpoint *checkpoint)
{
    return &checkpoint->state;
}

const char *nnfs_checkpoint_path(const nnfs_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return NULL;
    }
    return checkpoint->path;
}

const char *nnfs_checkpoint_skip_reason(const nnfs_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return "";
    }
    return checkpoint->skip_reason;
}

const nnfs_network *nnfs_checkpoint_network(const nnfs_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return NULL;
    }
    return checkpoint->network;
}

nnfs_train_settings nnfs_checkpoint_settings(const nnfs_checkpoint *checkpoint)
{
    nnfs_train_settings none;
    nnfs_train_settings_init(&none);
    if (checkpoint) {
        return checkpoint->state.settings;
    }
    return none;
}

int nnfs_checkpoint_epochs(const nnfs_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return 0;
    }
    return checkpoint->state.epochs;
}

int64_t nnfs_checkpoint_steps(const nnfs_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return 0;
    }
    return checkpoint->state.epoch_steps;
}

int nnfs_checkpoint_finished(const nnfs_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return 0;
    }
    return checkpoint->state.finished;
}
