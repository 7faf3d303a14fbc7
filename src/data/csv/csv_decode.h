/* The bytes of a text file as UTF-8. */
#ifndef NNFS_DATA_CSV_CSV_DECODE_H
#define NNFS_DATA_CSV_CSV_DECODE_H

#include "data/input_stream.h"

#include <iconv.h>

typedef struct csv_decoder {
    const char *encoding; /* of the file, as iconv names it; NULL: UTF-8, passed on as it is */
    iconv_t convert;
    char *raw; /* [used of its room] not yet converted */
    size_t used;
    bool end; /* of the file */
} csv_decoder;

/*
 * Begins to read `from`, in `encoding` or, where that is NULL, what its byte order mark says, else
 * UTF-8. Errors: those of input_stream_read, ARGUMENT (no such encoding), MEMORY.
 */
nnfs_status csv_decoder_start(csv_decoder *decoder, input_stream *from, const char *encoding,
                              nnfs_error *error);
void csv_decoder_end(csv_decoder *decoder);

/* Reads up to `count` bytes of UTF-8, nearly all of them before the end. Errors:
 * IO, MEMORY, DATA. */
nnfs_status csv_decoder_read(csv_decoder *decoder, input_stream *from, char *text, size_t count,
                             size_t *got, nnfs_error *error);

/* Begins again at another place of a UTF-8 file, to which its stream has gone. */
void csv_decoder_restart(csv_decoder *decoder);

/* Whether all has been read. */
bool csv_decoder_at_end(const csv_decoder *decoder);

#endif
