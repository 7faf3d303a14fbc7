/* Text in other encodings, through iconv; UTF-8 is read straight into the caller's memory. */
#include "data/csv/csv_decode.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { RAW_BYTES = 64 << 10, LONGEST_CHARACTER = 8 };

static const struct {
    const char *encoding;
    size_t length;
    const char *mark;
} marks[] = {
    {"UTF-32LE", 4, "\xff\xfe\0\0"}, /* before UTF-16LE, which begins the same */
    {"UTF-32BE", 4, "\0\0\xfe\xff"},
    {"UTF-16LE", 2, "\xff\xfe"},
    {"UTF-16BE", 2, "\xfe\xff"},
};

static nnfs_status fill_raw(csv_decoder *decoder, input_stream *from, nnfs_error *error)
{
    size_t got = 0;
    size_t room = RAW_BYTES - decoder->used;
    nnfs_status status = NNFS_OK;
    if (!decoder->end) {
        status = input_stream_read(from, decoder->raw + decoder->used, room, &got, error);
    }
    decoder->end = decoder->end || got < room;
    decoder->used += got;
    return status;
}

static void drop_raw(csv_decoder *decoder, size_t count)
{
    decoder->used -= count;
    memmove(decoder->raw, decoder->raw + count, decoder->used);
}

/* Whether the name is one of UTF-8, which needs no conversion. */
static bool is_utf8(const char *encoding)
{
    return strcasecmp(encoding, "UTF-8") == 0 || strcasecmp(encoding, "UTF8") == 0;
}

nnfs_status csv_decoder_start(csv_decoder *decoder, input_stream *from, const char *encoding,
                              nnfs_error *error)
{
    *decoder = (csv_decoder){.convert = (iconv_t)-1, .raw = memory_alloc(RAW_BYTES, 1)};
    if (!decoder->raw) {
        return fail_memory(error, RAW_BYTES, "reading CSV");
    }
    nnfs_status status = fill_raw(decoder, from, error);
    if (status != NNFS_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        bool marked = decoder->used >= marks[i].length &&
                      memcmp(decoder->raw, marks[i].mark, marks[i].length) == 0;
        if (marked && (!encoding || strncasecmp(encoding, marks[i].encoding, 6) == 0)) {
            encoding = marks[i].encoding;
            drop_raw(decoder, marks[i].length);
            break;
        }
    }
    if (!encoding || is_utf8(encoding)) {
        return NNFS_OK;
    }
    decoder->encoding = encoding;
    decoder->convert = iconv_open("UTF-8", encoding);
    if (decoder->convert != (iconv_t)-1) {
        return NNFS_OK;
    }
    return fail(error, NNFS_ERROR_ARGUMENT, "unknown encoding '%.60s'", encoding);
}

void csv_decoder_end(csv_decoder *decoder)
{
    if (decoder->raw && decoder->convert != (iconv_t)-1) {
        (void)iconv_close(decoder->convert);
    }
    memory_free(decoder->raw);
    *decoder = (csv_decoder){.convert = (iconv_t)-1};
}

/* What was read to look for a mark comes first. */
static nnfs_status read_plain(csv_decoder *decoder, input_stream *from, char *text, size_t count,
                              size_t *got, nnfs_error *error)
{
    size_t held = MIN(decoder->used, count);
    size_t more = 0;
    memcpy(text, decoder->raw, held);
    drop_raw(decoder, held);
    nnfs_status status = decoder->end || held == count
                             ? NNFS_OK
                             : input_stream_read(from, text + held, count - held, &more, error);
    *got = held + more;
    decoder->end = decoder->end || *got < count;
    return status;
}

nnfs_status csv_decoder_read(csv_decoder *decoder, input_stream *from, char *text, size_t count,
                             size_t *got, nnfs_error *error)
{
    char *to = text;
    size_t room = count;
    *got = 0;
    if (!decoder->encoding) {
        return read_plain(decoder, from, text, count, got, error);
    }
    while (room >= LONGEST_CHARACTER && (decoder->used > 0 || !decoder->end)) {
        nnfs_status status = fill_raw(decoder, from, error);
        if (status != NNFS_OK) {
            return status;
        }
        char *at = decoder->raw;
        size_t left = decoder->used;
        size_t result = iconv(decoder->convert, &at, &left, &to, &room);
        int why = 0;
        if (result == (size_t)-1) {
            why = errno;
        }
        drop_raw(decoder, decoder->used - left);
        if (why == E2BIG) {
            break;
        }
        if (why == EILSEQ || (why == EINVAL && decoder->end)) {
            return input_stream_fail(from, input_stream_offset(from) - left, error,
                                     "the text is not %.60s", decoder->encoding);
        }
    }
    *got = count - room;
    return NNFS_OK;
}

void csv_decoder_restart(csv_decoder *decoder)
{
    decoder->used = 0;
    decoder->end = false;
}

bool csv_decoder_at_end(const csv_decoder *decoder)
{
    return decoder->end && decoder->used == 0;
}
