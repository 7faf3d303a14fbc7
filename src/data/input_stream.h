/*
 * A source: the bytes of a regular file in order, gunzipped on the way where the file begins like
 * gzip. It serves every reader of the data floor, and allocates no more than the bytes that are in
 * the file justify, not what a header promises. Pipes, devices and folders are refused, so that no
 * read waits for ever.
 */
#ifndef NNFS_DATA_INPUT_STREAM_H
#define NNFS_DATA_INPUT_STREAM_H

#include "base/status.h"

#include <stdbool.h>

typedef struct input_stream input_stream;

/*
 * Opens `path`, which must outlive the source. Errors: IO, MEMORY, DATA (not a regular file). On
 * failure *opened is NULL.
 */
nnfs_status input_stream_open(const char *path, input_stream **opened, nnfs_error *error);
/*
 * Reads `count` bytes of memory as if they were a file called `path`; both must outlive the
 * stream. Errors: MEMORY.
 */
nnfs_status input_stream_of_memory(const char *path, const void *bytes, size_t count,
                                   input_stream **opened, nnfs_error *error);
/*
 * Reads `count` bytes that are packed by deflate, without a wrapping, in `packed_count` bytes of
 * memory, as in a zip file; at their end they are compared with the CRC-32. Errors: MEMORY; of
 * reading: DATA.
 */
nnfs_status input_stream_of_deflate(const char *path, const void *packed, size_t packed_count,
                                    size_t count, unsigned long crc, input_stream **opened,
                                    nnfs_error *error);
/* Whether the stream is memory, which cannot be mapped. */
bool input_stream_is_memory(const input_stream *from);
void input_stream_close(input_stream *from);

/*
 * Reads up to `count` bytes; *got is less only at the end of the stream, where a gzip file
 * has been checked to its last byte. Errors: IO, MEMORY, DATA (gzip that is cut, damaged or
 * not gzip all through).
 */
nnfs_status input_stream_read(input_stream *from, void *bytes, size_t count, size_t *got,
                              nnfs_error *error);

/*
 * Reads the `count` bytes that must be all that is left into *bytes (from memory_alloc; NULL on
 * failure). Errors: those of input_stream_read, and DATA where more or fewer are left; reading
 * stops one byte after the last that is wanted.
 */
nnfs_status input_stream_read_rest(input_stream *from, size_t count, unsigned char **bytes,
                                   nnfs_error *error);

/* The same into memory of `count` bytes. */
nnfs_status input_stream_fill(input_stream *from, void *bytes, size_t count, nnfs_error *error);

/*
 * Whether `count` more bytes can be there at all, by the size of the file: before anything is
 * allocated for them. Errors: DATA.
 */
nnfs_status input_stream_check_rest(const input_stream *from, size_t count, nnfs_error *error);

/*
 * Maps the whole of a plain file, whose `count` bytes still to be read must be all that is left.
 * They begin at input_stream_offset in *mapping, which is *mapping_bytes long, can only be read,
 * and outlives the input_stream; whoever gets it unmaps it. Errors: IO, DATA.
 */
nnfs_status input_stream_map_rest(const input_stream *from, size_t count, void **mapping,
                                  size_t *mapping_bytes, nnfs_error *error);

/* Goes to byte `begin` of a plain file and ends before byte `end`. Errors: IO. */
nnfs_status input_stream_range(input_stream *from, size_t begin, size_t end, nnfs_error *error);

/* Bytes of the file, as they are stored. */
size_t input_stream_size(const input_stream *from);

/* Whether the file is gzip: its bytes can be read, and not mapped. */
bool input_stream_packed(const input_stream *from);

/* How many bytes were read: where the next one lies, in the unpacked stream. */
size_t input_stream_offset(const input_stream *from);

/* Fills *error with "PATH: byte OFFSET: ..." and returns DATA. Offsets count unpacked bytes. */
nnfs_status input_stream_fail(const input_stream *from, size_t offset, nnfs_error *error,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
