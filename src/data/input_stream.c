/*
 * Plain files are read straight into the caller's memory; gzip files (RFC 1952) are inflated
 * straight into it, member after member. zlib checks a member's header, codes, CRC and length; what
 * comes before, between and after the members is checked here.
 */
#include "data/input_stream.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "base/utf8.h"
#include "base/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    PACKED_BYTES = 256 << 10, /* of a gzip file, read at once */
    FIRST_BYTES = 64 << 10,   /* allocated without a question */
    USUAL_RATIO = 8,          /* unpacked to packed bytes: allocated before they have come */
    /* A deflate code of two bits can stand for 258 bytes, no code for more. */
    LARGEST_RATIO = 258 * 8 / 2,
    GZIP_WINDOW = 15 + 16, /* inflateInit2: a window of 32 KiB, in gzip's wrapping */
    PATH_SHOWN = 240,      /* bytes of a path in a message: the sentence must fit as well */
};

typedef nnfs_status read_function(input_stream *from, unsigned char *bytes, size_t count,
                                  size_t *got, nnfs_error *error);

struct input_stream {
    const char *path;
    read_function *read;
    const unsigned char *memory; /* [size], or NULL: a file */
    size_t unpacked;             /* bytes that the memory unpacks to; 0: it is not packed */
    unsigned long crc, crc_so_far;
    int descriptor;
    size_t size;   /* of the file, when it was opened */
    size_t offset; /* of the next unpacked byte */
    size_t end;    /* of the range that is read; SIZE_MAX: of the file */

    /* gzip only */
    unsigned char *packed; /* [PACKED_BYTES] */
    size_t packed_end;     /* how much of the file has been read */
    size_t member_start;   /* where in the file the current member begins, */
    size_t member_offset;  /* and at which unpacked byte */
    bool in_member;
    z_stream stream;
};

size_t input_stream_offset(const input_stream *from)
{
    return from->offset;
}

bool input_stream_packed(const input_stream *from)
{
    return from->packed != NULL;
}

/* ---- Messages ---- */

/* "PATH: KIND OFFSET: sentence"; of a long path the end, which tells files apart. */
static nnfs_status fail_at(const input_stream *from, const char *kind, size_t offset,
                           nnfs_error *error, const char *format, va_list arguments)
{
    char sentence[200];
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    size_t length = strlen(from->path);
    size_t hidden = 0;
    if (length > PATH_SHOWN) {
        hidden = length - PATH_SHOWN;
    }
    while (utf8_continues(from->path[hidden])) {
        hidden++; /* not from the middle of a character of UTF-8 */
    }
    return fail(error, NNFS_ERROR_DATA, "%s%s: %s %zu: %s", hidden ? "..." : "",
                from->path + hidden, kind, offset, sentence);
}

nnfs_status input_stream_fail(const input_stream *from, size_t offset, nnfs_error *error,
                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *kind = "byte";
    if (from->packed) {
        kind = "unpacked byte";
    }
    nnfs_status status = fail_at(from, kind, offset, error, format, arguments);
    va_end(arguments);
    return status;
}

/* Where in the file the next packed byte lies. */
static size_t packed_offset(const input_stream *from)
{
    return from->packed_end - from->stream.avail_in;
}

/* For faults of the packing itself: the offset counts bytes of the file. */
__attribute__((format(printf, 3, 4))) static nnfs_status
fail_packed(const input_stream *from, nnfs_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    nnfs_status status = fail_at(from, "byte", packed_offset(from), error, format, arguments);
    va_end(arguments);
    return status;
}

/* ---- Plain files ---- */

/* Like read(2) until `count` bytes or the end of the file. */
static nnfs_status read_file(const input_stream *from, unsigned char *bytes, size_t count,
                             size_t *got, nnfs_error *error)
{
    while (*got < count) {
        ssize_t now = read(from->descriptor, bytes + *got, count - *got);
        if (now == 0) {
            break;
        }
        if (now < 0 && errno != EINTR) {
            return fail(error, NNFS_ERROR_IO, "%s: %s", from->path, strerror(errno));
        }
        if (now > 0) {
            *got += (size_t)now;
        }
    }
    return NNFS_OK;
}

static nnfs_status read_plain(input_stream *from, unsigned char *bytes, size_t count, size_t *got,
                              nnfs_error *error)
{
    size_t left = from->end - from->offset;
    nnfs_status status = read_file(from, bytes, MIN(count, left), got, error);
    from->offset += *got;
    return status;
}

static nnfs_status read_memory(input_stream *from, unsigned char *bytes, size_t count, size_t *got,
                               nnfs_error *error)
{
    (void)error;
    size_t left = from->size - from->offset;
    *got = MIN(count, left);
    memcpy(bytes, from->memory + from->offset, *got);
    from->offset += *got;
    return NNFS_OK;
}

/* ---- A part of a zip file ---- */

static nnfs_status fail_damaged(const input_stream *from, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DATA, "%s: an array of the zip file is damaged", from->path);
}

static nnfs_status read_deflate(input_stream *from, unsigned char *bytes, size_t count, size_t *got,
                                nnfs_error *error)
{
    z_stream *stream = &from->stream;
    size_t wanted = MIN(count, from->unpacked - from->offset);
    int result = Z_OK;
    while (*got < wanted && result == Z_OK) {
        size_t fed = stream->total_in;
        size_t in = MIN(from->size - fed, (size_t)1 << 30);
        size_t out = MIN(wanted - *got, (size_t)1 << 30);
        stream->next_in = (unsigned char *)(uintptr_t)from->memory + fed;
        stream->avail_in = (uInt)in;
        stream->next_out = bytes + *got;
        stream->avail_out = (uInt)out;
        result = inflate(stream, Z_NO_FLUSH);
        *got += out - stream->avail_out;
    }
    from->crc_so_far = crc32_z(from->crc_so_far, bytes, *got);
    from->offset += *got;
    bool ends = from->offset == from->unpacked;
    if (*got < wanted || (ends && from->crc_so_far != from->crc)) {
        return fail_damaged(from, error);
    }
    return NNFS_OK;
}

nnfs_status input_stream_of_deflate(const char *path, const void *packed, size_t packed_count,
                                    size_t count, unsigned long crc, input_stream **opened,
                                    nnfs_error *error)
{
    TRY(input_stream_of_memory(path, packed, packed_count, opened, error));
    input_stream *from = *opened;
    from->read = read_deflate;
    from->unpacked = count;
    from->crc = crc;
    if (inflateInit2(&from->stream, -MAX_WBITS) == Z_OK) {
        return NNFS_OK;
    }
    input_stream_close(from);
    *opened = NULL;
    return fail_memory(error, (size_t)1 << MAX_WBITS, "unpacking an array");
}

/* ---- gzip ---- */

static nnfs_status refill(input_stream *from, nnfs_error *error)
{
    size_t got = 0;
    nnfs_status status = read_file(from, from->packed, PACKED_BYTES, &got, error);
    from->packed_end += got;
    from->stream.next_in = from->packed;
    from->stream.avail_in = (uInt)got;
    return status;
}

/* A packed byte waits: another member may begin with it, and nothing else. */
static nnfs_status begin_member(input_stream *from, nnfs_error *error)
{
    if (from->stream.next_in[0] != 0x1f) {
        return fail_packed(from, error, "trailing garbage after the gzip data");
    }
    (void)inflateReset(&from->stream); /* fails for a broken stream only */
    from->in_member = true;
    from->member_start = packed_offset(from);
    from->member_offset = from->offset;
    return NNFS_OK;
}

static nnfs_status end_member(input_stream *from, nnfs_error *error)
{
    from->in_member = false;
    if (from->offset == from->member_offset) {
        return fail_packed(from, error,
                           "the gzip member that ends here, begun at byte %zu, is empty",
                           from->member_start);
    }
    return NNFS_OK;
}

/* Inflates at most `count` bytes of the current member. */
static nnfs_status inflate_some(input_stream *from, unsigned char *bytes, size_t count, size_t *got,
                                nnfs_error *error)
{
    z_stream *stream = &from->stream;
    uInt room = count < (1U << 30) ? (uInt)count : 1U << 30;
    stream->next_out = bytes;
    stream->avail_out = room;
    int result = inflate(stream, Z_NO_FLUSH);
    *got = room - stream->avail_out;
    from->offset += *got;
    switch (result) {
    case Z_OK:
        return NNFS_OK;
    case Z_STREAM_END:
        return end_member(from, error);
    case Z_MEM_ERROR:
        return fail_memory(error, (size_t)1 << MAX_WBITS, "unpacking gzip");
    default:
        return fail_packed(from, error, "damaged gzip data: %s",
                           text_or(stream->msg, "it makes no sense"));
    }
}

static nnfs_status read_gzip(input_stream *from, unsigned char *bytes, size_t count, size_t *got,
                             nnfs_error *error)
{
    while (*got < count) {
        if (from->stream.avail_in == 0) {
            TRY(refill(from, error));
        }
        if (from->stream.avail_in == 0) {
            if (from->in_member) {
                return fail_packed(from, error, "the gzip data is cut off here");
            }
            return NNFS_OK;
        }
        if (!from->in_member) {
            TRY(begin_member(from, error));
        }
        size_t now = 0;
        nnfs_status status = inflate_some(from, bytes + *got, count - *got, &now, error);
        *got += now;
        if (status != NNFS_OK) {
            return status;
        }
    }
    return NNFS_OK;
}

static nnfs_status start_gzip(input_stream *from, nnfs_error *error)
{
    from->packed = memory_alloc(PACKED_BYTES, 1);
    if (!from->packed || inflateInit2(&from->stream, GZIP_WINDOW) != Z_OK) {
        return fail_memory(error, PACKED_BYTES, "unpacking gzip");
    }
    return NNFS_OK;
}

/* ---- Any source ---- */

/* Pipes, devices and folders: not a regular file. */
static nnfs_status refuse_special(const input_stream *from, mode_t mode, nnfs_error *error)
{
    static const struct {
        mode_t type;
        const char *name;
    } kinds[] = {{S_IFDIR, "a folder"},
                 {S_IFIFO, "a pipe"},
                 {S_IFSOCK, "a socket"},
                 {S_IFCHR, "a device"},
                 {S_IFBLK, "a device"}};
    const char *name = "something else";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if ((mode & S_IFMT) == kinds[i].type) {
            name = kinds[i].name;
        }
    }
    return input_stream_fail(from, 0, error, "a file is wanted here, and this is %s", name);
}

/* Opens the file and looks at its first two bytes, which tell gzip from all else. */
static nnfs_status start(input_stream *from, nnfs_error *error)
{
    struct stat about;
    unsigned char magic[2] = {0};
    /* Without O_NONBLOCK the opening of a pipe would wait for somebody to write into it. */
    from->descriptor = open(from->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (from->descriptor < 0 || fstat(from->descriptor, &about) != 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", from->path, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return refuse_special(from, about.st_mode, error);
    }
    from->size = (size_t)about.st_size;
    if (pread(from->descriptor, magic, sizeof magic, 0) < 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", from->path, strerror(errno));
    }
    bool gzip = magic[0] == 0x1f && magic[1] == 0x8b;
    from->read = gzip ? read_gzip : read_plain;
    if (gzip) {
        return start_gzip(from, error);
    }
    return NNFS_OK;
}

nnfs_status input_stream_open(const char *path, input_stream **opened, nnfs_error *error)
{
    *opened = NULL;
    input_stream *from = memory_alloc_zeroed(1, sizeof *from);
    if (!from) {
        return fail_memory(error, sizeof *from, path);
    }
    from->path = path;
    from->end = SIZE_MAX;
    nnfs_status status = start(from, error);
    if (status != NNFS_OK) {
        input_stream_close(from);
        return status;
    }
    *opened = from;
    return NNFS_OK;
}

nnfs_status input_stream_of_memory(const char *path, const void *bytes, size_t count,
                                   input_stream **opened, nnfs_error *error)
{
    input_stream *from = memory_alloc_zeroed(1, sizeof *from);
    *opened = from;
    if (!from) {
        return fail_memory(error, sizeof *from, path);
    }
    from->path = path;
    from->read = read_memory;
    from->memory = bytes;
    from->size = count;
    from->descriptor = -1;
    return NNFS_OK;
}

bool input_stream_is_memory(const input_stream *from)
{
    return from->memory != NULL;
}

nnfs_status input_stream_range(input_stream *from, size_t begin, size_t end, nnfs_error *error)
{
    if (lseek(from->descriptor, (off_t)begin, SEEK_SET) < 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", from->path, strerror(errno));
    }
    from->offset = begin;
    from->end = end;
    return NNFS_OK;
}

size_t input_stream_size(const input_stream *from)
{
    return from->size;
}

void input_stream_close(input_stream *from)
{
    if (!from) {
        return;
    }
    (void)inflateEnd(&from->stream); /* does nothing where it was never begun */
    if (from->descriptor >= 0) {
        (void)close(from->descriptor);
    }
    memory_free(from->packed);
    memory_free(from);
}

nnfs_status input_stream_read(input_stream *from, void *bytes, size_t count, size_t *got,
                              nnfs_error *error)
{
    *got = 0;
    return from->read(from, bytes, count, got, error);
}

/* The most that the file can still hold: a header that promises more is lying. */
static size_t most_left(const input_stream *from)
{
    size_t all = from->packed ? size_mul(from->size, LARGEST_RATIO) : from->size;
    all = from->unpacked > 0 ? from->unpacked : all;
    if (all > from->offset) {
        return all - from->offset;
    }
    return 0;
}

static size_t first_capacity(const input_stream *from, size_t count)
{
    size_t usual = size_mul(from->size, USUAL_RATIO);
    size_t capacity = MAX(usual, FIRST_BYTES);
    return MIN(capacity, count);
}

/* Moves the `used` bytes, which fill *bytes, into memory twice as large, at most `limit`. */
static nnfs_status grow(unsigned char **bytes, size_t used, size_t *capacity, size_t limit,
                        nnfs_error *error)
{
    size_t larger = limit;
    if (*capacity < limit / 2) {
        larger = *capacity * 2;
    }
    unsigned char *moved = memory_alloc(larger, 1);
    if (!moved) {
        return fail_memory(error, larger, "the data");
    }
    memcpy(moved, *bytes, used);
    memory_free(*bytes);
    *bytes = moved;
    *capacity = larger;
    return NNFS_OK;
}

static nnfs_status read_growing(input_stream *from, size_t count, unsigned char **bytes,
                                nnfs_error *error)
{
    size_t capacity = first_capacity(from, count);
    *bytes = memory_alloc(capacity, 1);
    if (!*bytes) {
        return fail_memory(error, capacity, "the data");
    }
    size_t used = 0;
    while (used < count) {
        size_t got = 0;
        if (used == capacity) {
            TRY(grow(bytes, used, &capacity, count, error));
        }
        TRY(input_stream_read(from, *bytes + used, capacity - used, &got, error));
        used += got;
        if (used < capacity) {
            return input_stream_fail(from, from->offset, error,
                                     "the data ends here, but the header promises %zu more",
                                     count - used);
        }
    }
    return NNFS_OK;
}

static nnfs_status fail_longer(const input_stream *from, size_t end, nnfs_error *error)
{
    return input_stream_fail(from, end, error, "the data goes on after what the header promises");
}

/* Also lets a gzip file be checked to its last byte. */
static nnfs_status expect_end(input_stream *from, nnfs_error *error)
{
    unsigned char beyond = 0;
    size_t got = 0;
    size_t end = from->offset;
    TRY(input_stream_read(from, &beyond, 1, &got, error));
    if (got > 0) {
        return fail_longer(from, end, error);
    }
    return NNFS_OK;
}

nnfs_status input_stream_check_rest(const input_stream *from, size_t count, nnfs_error *error)
{
    if (count <= most_left(from)) {
        return NNFS_OK;
    }
    return input_stream_fail(from, from->offset, error,
                             "the header promises %zu more bytes, the file has %s%zu", count,
                             from->packed ? "at most " : "", most_left(from));
}

nnfs_status input_stream_read_rest(input_stream *from, size_t count, unsigned char **bytes,
                                   nnfs_error *error)
{
    *bytes = NULL;
    nnfs_status status = input_stream_check_rest(from, count, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(read_growing(from, count, bytes, error));
    status = expect_end(from, error);
cleanup:
    if (status != NNFS_OK) {
        memory_free(*bytes);
        *bytes = NULL;
    }
    return status;
}

nnfs_status input_stream_fill(input_stream *from, void *bytes, size_t count, nnfs_error *error)
{
    size_t got = 0;
    TRY(input_stream_check_rest(from, count, error));
    TRY(input_stream_read(from, bytes, count, &got, error));
    if (got < count) {
        return input_stream_fail(from, from->offset, error,
                                 "the data ends here, but the header promises %zu more",
                                 count - got);
    }
    return expect_end(from, error);
}

nnfs_status input_stream_map_rest(const input_stream *from, size_t count, void **mapping,
                                  size_t *mapping_bytes, nnfs_error *error)
{
    TRY(input_stream_check_rest(from, count, error));
    if (count < most_left(from)) {
        return fail_longer(from, from->offset + count, error);
    }
    void *mapped = mmap(NULL, from->size, PROT_READ, MAP_PRIVATE, from->descriptor, 0);
    if (mapped == MAP_FAILED) {
        return fail(error, NNFS_ERROR_IO, "%s: it cannot be mapped: %s", from->path,
                    strerror(errno));
    }
    *mapping = mapped;
    *mapping_bytes = from->size;
    return NNFS_OK;
}
