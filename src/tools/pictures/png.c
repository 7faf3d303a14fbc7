/*
 * PNG (ISO/IEC 15948): a signature, a header, all rows in one zlib stream, an end. Rows carry no
 * filter: small pictures with few colours gain nothing from one.
 */
#include "pictures/png.h"

#include "common/exit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    CHUNK_FRAME = 12, /* length, name and check sum around a chunk's data */
    HEADER_BYTES = 13,
};

static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

/* ---- Chunks ---- */

static unsigned char *put_be32(unsigned char *to, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        *to++ = (unsigned char)(value >> shift & 0xffu);
    }
    return to;
}

/* The data may lie where it goes already. The sum is over name and data. */
static unsigned char *put_chunk(unsigned char *to, const char *name, const unsigned char *data,
                                size_t size)
{
    to = put_be32(to, (uint32_t)size);
    memcpy(to, name, 4);
    if (size > 0) {
        memmove(to + 4, data, size);
    }
    return put_be32(to + 4 + size, (uint32_t)crc32(0, to, (uInt)(size + 4)));
}

static unsigned char *put_header(unsigned char *to, const png_image *image)
{
    unsigned char header[HEADER_BYTES] = {0}; /* compression, filter, interlace: the only ones */
    unsigned char *end = put_be32(header, (uint32_t)image->width);
    end = put_be32(end, (uint32_t)image->height);
    end[0] = 8; /* bits a channel */
    if (image->channels == 3) {
        end[1] = 2;
    } else {
        end[1] = 0;
    }
    return put_chunk(to, "IHDR", header, sizeof header);
}

/* ---- The picture ---- */

/* Each row behind the number of its filter, 0. */
static unsigned char *make_rows(const png_image *image, size_t row)
{
    unsigned char *rows = malloc((row + 1) * (size_t)image->height);
    for (int i = 0; rows && i < image->height; i++) {
        unsigned char *to = rows + (row + 1) * (size_t)i;
        to[0] = 0;
        memcpy(to + 1, image->pixels + row * (size_t)i, row);
    }
    return rows;
}

static bool is_picture(const png_image *image)
{
    return image->pixels && image->width >= 1 && image->width <= PNG_MOST && image->height >= 1 &&
           image->height <= PNG_MOST && (image->channels == 1 || image->channels == 3);
}

nnfs_status png_encode(const png_image *image, unsigned char **file, size_t *size,
                       nnfs_error *error)
{
    *file = NULL;
    *size = 0;
    if (!is_picture(image)) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "a picture of %d x %d is beyond what is written", image->width,
                         image->height);
    }
    size_t row = (size_t)image->width * (size_t)image->channels;
    uLong raw = (uLong)(row + 1) * (uLong)image->height; /* at most 768 MiB: 32 bits suffice */
    uLongf packed = compressBound(raw);
    unsigned char *rows = make_rows(image, row);
    unsigned char *made = malloc(sizeof signature + 3 * CHUNK_FRAME + HEADER_BYTES + packed);
    if (!rows || !made) {
        goto no_memory;
    }
    memcpy(made, signature, sizeof signature);
    unsigned char *end = put_header(made + sizeof signature, image);
    if (compress2(end + 8, &packed, rows, raw, 9) != Z_OK) {
        goto no_memory;
    }
    end = put_chunk(end, "IDAT", end + 8, packed);
    end = put_chunk(end, "IEND", NULL, 0);
    free(rows);
    *size = (size_t)(end - made);
    *file = made;
    return NNFS_OK;
no_memory:
    free(rows);
    free(made);
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}

/* ---- Base64 ---- */

char *base64(const unsigned char *bytes, size_t count)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = NULL;
    if (count < SIZE_MAX / 2) {
        text = malloc((count + 2) / 3 * 4 + 1);
    }
    if (!text) {
        return NULL;
    }
    char *to = text;
    for (size_t i = 0; i < count; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (i + 1 < count) {
            group |= (uint32_t)bytes[i + 1] << 8;
        }
        if (i + 2 < count) {
            group |= bytes[i + 2];
        }
        *to++ = letters[group >> 18];
        *to++ = letters[group >> 12 & 63];
        *to++ = i + 1 < count ? letters[group >> 6 & 63] : '=';
        *to++ = i + 2 < count ? letters[group & 63] : '=';
    }
    *to = '\0';
    return text;
}

nnfs_status png_base64(const png_image *image, char **text, nnfs_error *error)
{
    unsigned char *file = NULL;
    size_t size = 0;
    *text = NULL;
    TRY(png_encode(image, &file, &size, error));
    *text = base64(file, size);
    free(file);
    if (!*text) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}
