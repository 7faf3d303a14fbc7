/* nnfs_dataset_load: finds the reader for a source. */
#include "base/file.h"
#include "data/reader.h"
#include "data/table_dataset.h"
#include "platform/cpu.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* ---- The table: the first reader that claims a source loads it ---- */

typedef struct reader {
    bool (*claims)(const char *source);
    reader_load *load;
} reader;

static bool is_digits(const char *source)
{
    return strcmp(source, "digits") == 0;
}

static bool ends_with(const char *source, const char *ending)
{
    size_t length = strlen(source);
    size_t tail = strlen(ending);
    return length >= tail && strcasecmp(source + length - tail, ending) == 0;
}

/* Whether the name ends like one of these, with .gz behind or without. */
static bool ends_like(const char *source, const char *const *endings)
{
    size_t length = strlen(source);
    length -= ends_with(source, ".gz") ? strlen(".gz") : 0;
    for (; *endings; endings++) {
        size_t tail = strlen(*endings);
        if (length >= tail && strncasecmp(source + length - tail, *endings, tail) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_csv(const char *source)
{
    static const char *const endings[] = {".csv", ".tsv", ".txt", ".data", NULL};
    return ends_like(source, endings);
}

static bool is_npy(const char *source)
{
    static const char *const endings[] = {".npy", NULL};
    return ends_like(source, endings);
}

/* With `like` it is known what each column is for. */
static nnfs_status check_like(const nnfs_dataset_settings *settings, nnfs_error *error)
{
    bool chooses = settings->targets || settings->weight_column || settings->drop ||
                   settings->categorical || settings->numeric || settings->task != NNFS_TASK_AUTO;
    if (settings->like && chooses) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "what is read like a model's data takes its columns from there");
    }
    return NNFS_OK;
}

static nnfs_status csv_load(const char *source, const nnfs_dataset_settings *settings,
                            nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    (void)test; /* a table is one set */
    data_table table;
    nnfs_status status = check_like(settings, error);
    if (status == NNFS_OK && settings->targets_path) {
        status = fail(error, NNFS_ERROR_ARGUMENT,
                      "%s: the targets of a CSV file are columns of it, a file of their own is for "
                      "NPY",
                      source);
    }
    if (status == NNFS_OK) {
        status = csv_read(source, settings, &table, error);
    }
    return status == NNFS_OK ? table_dataset(&table, settings, train, error) : status;
}

static nnfs_status npy_load(const char *source, const nnfs_dataset_settings *settings,
                            nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    (void)test;
    data_table table;
    nnfs_status status = check_like(settings, error);
    if (status == NNFS_OK) {
        status = npy_read(source, settings, &table, error);
    }
    return status == NNFS_OK ? table_dataset(&table, settings, train, error) : status;
}

static bool is_anything(const char *source)
{
    (void)source;
    return true;
}

static const reader readers[] = {
    {is_digits, digits_load},
    {is_csv, csv_load},
    {is_npy, npy_load},
    {is_anything, idx_load},
};

/* ---- Loading ---- */

void nnfs_dataset_settings_init(nnfs_dataset_settings *settings)
{
    *settings = (nnfs_dataset_settings){.seed = 1, .header = -1};
}

nnfs_status nnfs_dataset_load(const char *source, const nnfs_dataset_settings *settings,
                              nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    if (!source) {
        return fail_null(error, "source");
    }
    if (!train) {
        return fail_null(error, "train");
    }
    nnfs_dataset_settings standard;
    nnfs_dataset_settings_init(&standard);
    nnfs_dataset *unwanted = NULL;
    nnfs_dataset **second = test ? test : &unwanted;
    *train = *second = NULL;
    settings = settings ? settings : &standard;
    nnfs_status status = cpu_check_threads(settings->threads, error);
    if (status != NNFS_OK) {
        return status;
    }
    status = file_check_pointer(source, error);
    if (status != NNFS_OK) {
        return status;
    }
    const reader *row = readers;
    while (!row->claims(source)) {
        row++;
    }
    status = row->load(source, settings, train, second, error);
    if (status == NNFS_OK && !test && !*train) {
        status = fail(error, NNFS_ERROR_DATA, "%s: holds a test set alone", source);
    }
    nnfs_dataset_free(unwanted);
    return status;
}
