/* The source behind all readers, gzip or not: read in pieces of any size it is the same stream. */
#include "data/input_stream.h"

#include "base/memory.h"
#include "fuzz.h"

#include <string.h>

enum { MOST_BYTES = 1 << 16 }; /* that are unpacked of a bomb */

typedef struct stream {
    unsigned char bytes[MOST_BYTES];
    size_t count;
    nnfs_status status;
} stream;

/* Reads to the end, to an error, or until `into` is full, `piece` bytes at a time. */
static void read_stream(const char *path, size_t piece, stream *into)
{
    nnfs_error error = {.status = NNFS_OK};
    input_stream *from = NULL;
    into->count = 0;
    into->status = input_stream_open(path, &from, &error);
    fuzz_check((into->status == NNFS_OK) == (from != NULL));
    size_t got = 1;
    while (into->status == NNFS_OK && got > 0 && into->count < MOST_BYTES) {
        size_t room = MOST_BYTES - into->count;
        size_t wanted = piece < room ? piece : room;
        into->status = input_stream_read(from, into->bytes + into->count, wanted, &got, &error);
        fuzz_check(got <= wanted);
        into->count += got;
        fuzz_check(input_stream_offset(from) == into->count);
    }
    fuzz_check_error(into->status, &error);
    input_stream_close(from);
}

/* All that is left, where a header promised `count` bytes. */
static nnfs_status read_promised(const char *path, size_t count, const stream *expected)
{
    nnfs_error error = {.status = NNFS_OK};
    input_stream *from = NULL;
    unsigned char *bytes = NULL;
    nnfs_status status = input_stream_open(path, &from, &error);
    if (status == NNFS_OK) {
        status = input_stream_read_rest(from, count, &bytes, &error);
        fuzz_check((status == NNFS_OK) == (bytes != NULL));
        fuzz_check(status != NNFS_OK || memcmp(bytes, expected->bytes, count) == 0);
    }
    fuzz_check_error(status, &error);
    memory_free(bytes);
    input_stream_close(from);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static stream whole;
    static stream pieces;
    const char *path = fuzz_file(0, data, size);
    read_stream(path, MOST_BYTES, &whole);
    read_stream(path, 1 + (size ? data[size - 1] : 0), &pieces);
    /* Of what is damaged, how much comes before the error is seen depends on the pieces. */
    bool ended = whole.count < MOST_BYTES;
    fuzz_check(whole.status == pieces.status || !ended);
    fuzz_check(whole.count == pieces.count || pieces.status != NNFS_OK);
    size_t both = whole.count < pieces.count ? whole.count : pieces.count;
    fuzz_check(memcmp(whole.bytes, pieces.bytes, both) == 0);
    if (ended) {
        nnfs_status promised = read_promised(path, whole.count, &whole);
        fuzz_check((promised == NNFS_OK) == (whole.status == NNFS_OK));
        fuzz_check(read_promised(path, whole.count + 1, &whole) != NNFS_OK);
    }
    fuzz_check(read_promised(path, SIZE_MAX / 2, &whole) != NNFS_OK);
    return 0;
}
