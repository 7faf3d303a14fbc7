/* nnfs_dataset_load: finds the reader for a source. */
#include "base/file.h"
#include "data/idx/idx.h"
#include "data/input_stream.h"
#include "data/npy/npy.h"
#include "data/part_files.h"
#include "data/rank_files.h"
#include "data/reader.h"
#include "data/table_dataset.h"
#include "distributed/communicator.h"
#include "platform/cpu.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- What a source is ---- */

static bool begins(const source_head *source, const char *magic, size_t length)
{
    return source->count >= length && memcmp(source->bytes, magic, length) == 0;
}

static bool is_digits(const source_head *source)
{
    return strcmp(source->name, "digits") == 0;
}

/* Whether it is a folder of files of this format. */
static bool has_parts(const source_head *source, const char *format)
{
    return source->parts && strcmp(source->parts, format) == 0;
}

/* A name is only asked where the bytes say nothing: a damaged file is still told as what it was. */
static bool is_npy(const source_head *source)
{
    return begins(source, "\x93NUMPY", 6) || has_parts(source, "npy") ||
           (source->count < 6 && is_named(source->name, ".npy"));
}

static bool is_npz(const source_head *source)
{
    return begins(source, "PK\3\4", 4) || (source->count < 4 && is_named(source->name, ".npz"));
}

static bool is_idx(const source_head *source)
{
    const char *slash = strrchr(source->name, '/');
    const char *name = slash ? slash + 1 : source->name;
    return (source->folder && !source->parts) || strstr(name, "-ubyte") ||
           (begins(source, "\0\0", 2) && source->count > 2);
}

/* Whether the bytes are text, or nothing is left that they could be. */
static bool is_csv(const source_head *source)
{
    static const char *const endings[] = {".csv", ".tsv", ".txt", ".data", ".test"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings && !source->folder; i++) {
        if (is_named(source->name, endings[i])) {
            return true;
        }
    }
    if (source->folder) {
        return has_parts(source, "csv");
    }
    bool wide = begins(source, "\xff\xfe", 2) || begins(source, "\xfe\xff", 2);
    for (size_t i = 0; i < source->count && !wide; i++) {
        unsigned char byte = source->bytes[i];
        if (byte == '\0' || (byte < ' ' && !strchr("\t\n\r\f", byte))) {
            return false;
        }
    }
    return source->count > 0;
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
    TRY(check_like(settings, error));
    if (settings->targets_path) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "%s: the targets of a CSV file are columns of it, a file of their own is for "
                    "NPY",
                    source);
    }
    TRY(csv_read(source, settings, &table, error));
    return table_dataset(&table, settings, train, error);
}

static nnfs_status npy_load(const char *source, const nnfs_dataset_settings *settings,
                            nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    (void)test;
    data_table table;
    TRY(check_like(settings, error));
    TRY(npy_read(source, settings, &table, error));
    return table_dataset(&table, settings, train, error);
}

static nnfs_status npz_load(const char *source, const nnfs_dataset_settings *settings,
                            nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    (void)test;
    data_table table;
    nnfs_status status = check_like(settings, error);
    if (status != NNFS_OK || (status = npz_read(source, settings, &table, error)) != NNFS_OK) {
        return status;
    }
    return table_dataset(&table, settings, train, error);
}

/* ---- The table: the first reader that claims a source loads it ---- */

static const data_reader readers[] = {
    {"digits", is_digits, digits_load, NULL},   {"npy", is_npy, npy_load, part_files_list},
    {"npz", is_npz, npz_load, part_files_list}, {"idx", is_idx, idx_load, idx_list},
    {"csv", is_csv, csv_load, part_files_list},
};

enum { READERS = sizeof readers / sizeof *readers };

static nnfs_status read_head(source_head *source, nnfs_error *error)
{
    struct stat about;
    input_stream *from = NULL;
    if (is_digits(source)) {
        return NNFS_OK;
    }
    if (stat(source->name, &about) != 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", source->name, strerror(errno));
    }
    source->folder = S_ISDIR(about.st_mode);
    if (source->folder && !idx_is_folder(source->name)) {
        part_files files;
        nnfs_status status = part_files_list(source->name, &files, error);
        if (status != NNFS_OK && status != NNFS_ERROR_DATA) {
            return status;
        }
        source->parts = status == NNFS_OK ? files.format : "csv"; /* whose reader tells of both */
        string_list_free(files.paths);
    }
    if (source->folder) {
        return NNFS_OK;
    }
    nnfs_status status = input_stream_open(source->name, &from, error);
    if (status == NNFS_OK) {
        status = input_stream_read(from, source->bytes, SOURCE_HEAD_BYTES, &source->count, error);
    }
    input_stream_close(from);
    return status;
}

static const data_reader *reader_called(const char *name)
{
    for (size_t i = 0; i < READERS; i++) {
        if (strcmp(readers[i].name, name) == 0) {
            return &readers[i];
        }
    }
    return NULL;
}

/* The reader of a source: the one that the settings name, else by its first bytes. */
static nnfs_status find_reader(const char *source, const char *format, const data_reader **found,
                               nnfs_error *error)
{
    source_head head = {.name = source};
    *found = format ? reader_called(format) : NULL;
    if (*found && (*found)->load == digits_load && strcmp(source, "digits") != 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: the format digits is that of the word alone",
                    source);
    }
    if (*found || format) {
        if (*found) {
            return NNFS_OK;
        }
        return fail(error, NNFS_ERROR_ARGUMENT, "unknown format '%.40s'", format);
    }
    nnfs_status status = read_head(&head, error);
    bool named = status == NNFS_ERROR_DATA; /* a gzip file that is damaged, say: its reader tells */
    if (status != NNFS_OK && !named) {
        return status;
    }
    for (size_t i = 0; i < READERS && !*found; i++) {
        *found = readers[i].claims(&head) ? &readers[i] : NULL;
    }
    if (*found || named) {
        if (*found) {
            return NNFS_OK;
        }
        return status;
    }
    if (head.count == 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: it is empty", source);
    }
    return fail(error, NNFS_ERROR_DATA,
                "%s: it begins with %02x %02x: neither text (CSV), IDX, NPY nor NPZ", source,
                head.bytes[0], head.bytes[1]);
}

const char *nnfs_dataset_format(const char *source)
{
    if (!source) {
        return NULL;
    }
    const data_reader *found = NULL;
    nnfs_status status = find_reader(source, NULL, &found, NULL);
    if (status == NNFS_OK && found) {
        return found->name;
    }
    return NULL;
}

/* ---- Loading ---- */

void nnfs_dataset_settings_init(nnfs_dataset_settings *settings)
{
    if (!settings) {
        return;
    }
    *settings = (nnfs_dataset_settings){.seed = 1, .header = -1};
}

/* Loads alone, or as a rank: one that fails says so where the others agree next. */
static nnfs_status load(const char *source, const nnfs_dataset_settings *settings,
                        nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    const data_reader *row = NULL;
    TRY(cpu_check_threads(settings->threads, error));
    TRY(file_check_pointer(source, error));
    TRY(find_reader(source, settings->format, &row, error));
    if (settings->keep && settings->keep[0] && row->load != csv_load) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s: only the columns of a CSV file can be kept",
                    source);
    }
    return row->load(source, settings, train, test, error);
}

/* The files of a source, as this rank and the others see them; `row` may be known. */
static nnfs_status open_for_ranks(const char *source, const data_reader *row, const char *format,
                                  nnfs_communicator *c, rank_files *opened, nnfs_error *error)
{
    part_files files = {0};
    bool missing = rank_files_are_missing(source) && strcmp(source, "digits") != 0 &&
                   nnfs_communicator_rank(c) > 0;
    nnfs_status status = missing || row ? NNFS_OK : find_reader(source, format, &row, error);
    if (status == NNFS_OK && !missing && row->list) {
        status = row->list(source, &files, error);
    }
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    status = rank_files_open(source, &files, missing ? NULL : row->name, c, opened, error);
cleanup:
    string_list_free(files.paths);
    return status;
}

/* Loads what this rank sees, or what rank 0 has sent. */
static nnfs_status load_files(const char *source, const nnfs_dataset_settings *settings,
                              nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    nnfs_dataset_settings own = *settings;
    rank_files data = {.source = source};
    rank_files targets = {.source = settings->targets_path};
    nnfs_communicator *c = settings->communicator;
    nnfs_status status = open_for_ranks(source, NULL, settings->format, c, &data, error);
    if (status == NNFS_OK && settings->targets_path) {
        status =
            open_for_ranks(settings->targets_path, reader_called("npy"), NULL, c, &targets, error);
    }
    if (status == NNFS_OK) {
        own.targets_path = targets.source;
        status = load(data.source, &own, train, test, error);
    }
    if (status != NNFS_OK) {
        rank_files_rename(&data, error);
        rank_files_rename(&targets, error);
    }
    if (status == NNFS_OK || !communicator_failed(c)) {
        status = nnfs_communicator_agree(c, status, error);
    }
    rank_files_close(&data);
    rank_files_close(&targets);
    return status;
}

static nnfs_status load_by_ranks(const char *source, const nnfs_dataset_settings *settings,
                                 nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    nnfs_error unwanted = {.status = NNFS_OK};
    error = error ? error : &unwanted; /* is sent to the others */
    communicator_begin(settings->communicator);
    nnfs_status status = load_files(source, settings, train, test, error);
    if (status != NNFS_OK) {
        nnfs_dataset_free(*train);
        nnfs_dataset_free(*test);
        *train = *test = NULL;
    }
    return status;
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
    nnfs_dataset **second = test;
    if (!test) {
        second = &unwanted;
    }
    *train = *second = NULL;
    if (!settings) {
        settings = &standard;
    }
    nnfs_status status =
        (settings->communicator ? load_by_ranks : load)(source, settings, train, second, error);
    if (status == NNFS_OK && !test && !*train) {
        status = fail(error, NNFS_ERROR_DATA, "%s: holds a test set alone", source);
    }
    nnfs_dataset_free(unwanted);
    return status;
}
