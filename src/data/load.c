/* nnfs_dataset_load: finds the reader for a source. */
#include "base/cpu.h"
#include "data/reader.h"

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

static bool is_table(const char *source)
{
    return ends_with(source, ".csv") || ends_with(source, ".csv.gz") || ends_with(source, ".npy");
}

static nnfs_status table_load(const char *source, const nnfs_dataset_settings *settings,
                              nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    (void)settings;
    (void)train;
    (void)test;
    return fail(error, NNFS_ERROR_UNSUPPORTED, "%s: CSV and NPY files can't be read yet", source);
}

static bool is_anything(const char *source)
{
    (void)source;
    return true;
}

static const reader readers[] = {
    {is_digits, digits_load},
    {is_table, table_load},
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
