/*
 * NPZ: the central directory at the end of the zip file lists the arrays; each is stored or
 * deflated. An array is unpacked as it is read.
 */
#include "base/memory.h"
#include "data/npy/npy.h"
#include "platform/memory_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

enum {
    END_BYTES = 22,       /* of the record that ends a zip file, */
    COMMENT_MOST = 65535, /* and of the comment behind it */
    ENTRY_BYTES = 46,     /* of an entry of the directory, before its name */
    LOCAL_BYTES = 30,     /* of the header before an array's bytes, before its name */
    LARGEST_RATIO = 258 * 8 / 2,
    NAME_MOST = 200,
};

typedef struct zip_file {
    const char *path;
    unsigned char *bytes; /* [size] the whole file, mapped unless it is gzip */
    size_t size;
    bool mapped;
} zip_file;

typedef struct zip_entry {
    char name[NAME_MOST]; /* without ".npy" */
    unsigned method, crc;
    size_t packed, size, local;
} zip_entry;

static unsigned u16(const unsigned char *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static unsigned u32(const unsigned char *at)
{
    return u16(at) | u16(at + 2) << 16;
}

static size_t u64(const unsigned char *at)
{
    return (size_t)u32(at) | (size_t)u32(at + 4) << 32;
}

static nnfs_status fail_zip(const zip_file *zip, const char *why, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DATA, "%s: %s", zip->path, why);
}

static nnfs_status read_to_end(input_stream *from, zip_file *zip, nnfs_error *error)
{
    size_t room = 0;
    while (zip->size == room) {
        size_t more = room > 0 ? room * 2 : 1 << 16;
        size_t got = 0;
        unsigned char *bytes = realloc(zip->bytes, more);
        if (!bytes) {
            return fail_memory(error, more, "an NPZ file");
        }
        zip->bytes = bytes;
        TRY(input_stream_read(from, bytes + zip->size, more - zip->size, &got, error));
        zip->size += got;
        room = more;
    }
    return NNFS_OK;
}

static nnfs_status open_zip(const char *path, zip_file *zip, nnfs_error *error)
{
    input_stream *from = NULL;
    nnfs_status status = input_stream_open(path, &from, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    size_t size = input_stream_size(from);
    if (input_stream_packed(from) || size == 0) {
        status = read_to_end(from, zip, error);
        goto cleanup;
    }
    void *mapping = NULL;
    TRY_CLEANUP(input_stream_map_rest(from, size, &mapping, &zip->size, error));
    zip->bytes = mapping;
    zip->mapped = true;
cleanup:
    input_stream_close(from);
    return status;
}

static void close_zip(zip_file *zip)
{
    if (zip->mapped) {
        (void)munmap(zip->bytes, zip->size);
    } else {
        free(zip->bytes);
    }
}

/* The record at the end; NULL: none. */
static const unsigned char *find_end(const zip_file *zip)
{
    size_t most = zip->size < COMMENT_MOST + END_BYTES ? zip->size : COMMENT_MOST + END_BYTES;
    for (size_t back = END_BYTES; back <= most; back++) {
        const unsigned char *at = zip->bytes + zip->size - back;
        if (memcmp(at, "PK\5\6", 4) == 0) {
            return at;
        }
    }
    return NULL;
}

/* Sizes of 2^32 - 1 stand in an extra field, in this order. */
static bool read_zip64(const unsigned char *extra, size_t length, zip_entry *entry)
{
    size_t *const fields[] = {&entry->size, &entry->packed, &entry->local};
    for (size_t at = 0; at + 4 <= length;) {
        size_t bytes = u16(extra + at + 2);
        if (bytes > length - at - 4) {
            return false;
        }
        size_t from = at + 4;
        for (size_t i = 0; u16(extra + at) == 1 && i < 3; i++) {
            if (*fields[i] != UINT32_MAX) {
                continue;
            }
            if (from + 8 > at + 4 + bytes) {
                return false;
            }
            *fields[i] = u64(extra + from);
            from += 8;
        }
        at += 4 + bytes;
    }
    return true;
}

/* Reads an entry of the directory and moves *at past it. Returns false if it is damaged. */
static bool read_entry(const zip_file *zip, size_t *at, zip_entry *entry)
{
    const unsigned char *from = zip->bytes + *at;
    if (zip->size - *at < ENTRY_BYTES || memcmp(from, "PK\1\2", 4) != 0) {
        return false;
    }
    size_t name = u16(from + 28);
    size_t extra = u16(from + 30);
    size_t all = ENTRY_BYTES + name + extra + u16(from + 32);
    if (all > zip->size - *at) {
        return false;
    }
    *entry = (zip_entry){.method = u16(from + 10),
                         .crc = u32(from + 16),
                         .packed = u32(from + 20),
                         .size = u32(from + 24),
                         .local = u32(from + 42)};
    size_t kept = name < NAME_MOST - 1 ? name : NAME_MOST - 1;
    for (size_t i = 0; i < kept; i++) {
        unsigned char byte = from[ENTRY_BYTES + i];
        entry->name[i] = byte < 0x20 || byte > 0x7e ? '?' : (char)byte;
    }
    if (kept > 4 && strcmp(entry->name + kept - 4, ".npy") == 0) {
        entry->name[kept - 4] = '\0';
    }
    *at += all;
    return read_zip64(from + ENTRY_BYTES + name, extra, entry);
}

/* Finds the array with one of these names, of which the first that is there counts. */
static nnfs_status find_array(const zip_file *zip, const char *const *names, zip_entry *entry,
                              char list[NAME_MOST], bool *found, nnfs_error *error)
{
    const unsigned char *end = find_end(zip);
    size_t best = SIZE_MAX;
    *found = false;
    list[0] = '\0';
    if (!end) {
        return fail_zip(zip, "the zip file has no directory at its end: it is cut or damaged",
                        error);
    }
    size_t at = u32(end + 16);
    for (unsigned i = 0; i < u16(end + 10); i++) {
        zip_entry next;
        if (at > zip->size || !read_entry(zip, &at, &next)) {
            return fail_zip(zip, "the zip file's directory is damaged", error);
        }
        size_t used = strlen(list);
        (void)snprintf(list + used, NAME_MOST - used, "%s%.30s", i > 0 ? ", " : "", next.name);
        for (size_t j = 0; j < best && names[j]; j++) {
            if (strcmp(names[j], next.name) == 0) {
                best = j;
                *entry = next;
                *found = true;
            }
        }
    }
    return NNFS_OK;
}

/* Opens an array; one that is stored is compared with its CRC-32 at once. */
static nnfs_status open_array(const zip_file *zip, const zip_entry *entry, input_stream **from,
                              nnfs_error *error)
{
    const unsigned char *local = zip->bytes + entry->local;
    if (entry->local > zip->size || zip->size - entry->local < LOCAL_BYTES ||
        memcmp(local, "PK\3\4", 4) != 0) {
        return fail_zip(zip, "the zip file's directory is damaged", error);
    }
    size_t start = entry->local + LOCAL_BYTES + u16(local + 26) + u16(local + 28);
    if (start > zip->size || entry->packed > zip->size - start ||
        (entry->method == 0 ? entry->size != entry->packed
                            : entry->size / LARGEST_RATIO > entry->packed)) {
        return fail_zip(zip, "an array is longer than the zip file can hold", error);
    }
    if (entry->method != 0 && entry->method != 8) {
        return fail_zip(zip, "an array is packed in another way than stored or deflated", error);
    }
    const unsigned char *bytes = zip->bytes + start;
    if (entry->method != 0 && entry->size > 0) {
        return input_stream_of_deflate(zip->path, bytes, entry->packed, entry->size, entry->crc,
                                       from, error);
    }
    if (crc32_z(0, bytes, entry->size) != entry->crc) {
        return fail_zip(zip, "an array of the zip file is damaged", error);
    }
    return input_stream_of_memory(zip->path, bytes, entry->size, from, error);
}

static nnfs_status read_array(const zip_file *zip, const zip_entry *entry,
                              const nnfs_dataset_settings *settings, data_table *table,
                              nnfs_error *error)
{
    input_stream *from = NULL;
    TRY(open_array(zip, entry, &from, error));
    nnfs_status status =
        npy_read_stream(from, zip->path, settings, memory_limit("") / 2, table, error);
    input_stream_close(from);
    return status;
}

static nnfs_status read_targets(const zip_file *zip, const zip_entry *entry, int threads,
                                data_table *table, nnfs_error *error)
{
    nnfs_dataset_settings plain;
    nnfs_dataset_settings_init(&plain);
    plain.threads = threads;
    table->targets = calloc(1, sizeof *table->targets);
    if (table->targets) {
        return read_array(zip, entry, &plain, table->targets, error);
    }
    return fail_memory(error, sizeof *table->targets, "the targets");
}

static nnfs_status read_arrays(const zip_file *zip, const nnfs_dataset_settings *settings,
                               data_table *table, nnfs_error *error)
{
    static const char *const usual[][6] = {{"x", "X", "data", "x_train", "X_train", NULL},
                                           {"y", "Y", "target", "y_train", "labels", NULL}};
    const char *const *told = settings->arrays;
    const char *const first[] = {told ? told[0] : NULL, NULL};
    const char *const second[] = {told && told[0] ? told[1] : NULL, NULL};
    zip_entry entry;
    char list[NAME_MOST];
    bool found = false;
    TRY(find_array(zip, told ? first : usual[0], &entry, list, &found, error));
    if (!found) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: there is no array '%.60s'; the file has %s; name two with arrays",
                    zip->path, told ? told[0] : "x", list);
    }
    TRY(read_array(zip, &entry, settings, table, error));
    if (settings->targets_path || (settings->targets && settings->targets[0])) {
        return NNFS_OK;
    }
    TRY(find_array(zip, told ? second : usual[1], &entry, list, &found, error));
    if (!found && second[0]) {
        return fail(error, NNFS_ERROR_DATA, "%s: there is no array '%.60s'; the file has %s",
                    zip->path, second[0], list);
    }
    if (found) {
        return read_targets(zip, &entry, settings->threads, table, error);
    }
    return NNFS_OK;
}

nnfs_status npz_read(const char *path, const nnfs_dataset_settings *settings, data_table *table,
                     nnfs_error *error)
{
    zip_file zip = {.path = path};
    *table = (data_table){.path = path};
    nnfs_status status = open_zip(path, &zip, error);
    if (status == NNFS_OK) {
        status = read_arrays(&zip, settings, table, error);
    }
    close_zip(&zip);
    if (status != NNFS_OK) {
        table_free(table);
        return status;
    }
    table->reading.format = "npz";
    return NNFS_OK;
}
