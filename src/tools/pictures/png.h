/* Pictures as PNG files in memory, and as text that HTML and SVG take. */
#ifndef NNFS_TOOLS_PICTURES_PNG_H
#define NNFS_TOOLS_PICTURES_PNG_H

#include <nnfs/nnfs.h>

enum { PNG_MOST = 16384 }; /* pixels a side */

/* Rows from the top, pixels from the left, one byte a channel. */
typedef struct png_image {
    const unsigned char *pixels; /* [height x width x channels], the last fastest */
    int width, height;           /* 1 .. PNG_MOST */
    int channels;                /* 1: gray, 0 is black; 3: red, green, blue */
} png_image;

/*
 * Writes the picture into *file [*size], which belongs to the caller (free); NULL on failure.
 * Errors: ARGUMENT (no picture, or one beyond PNG_MOST), MEMORY.
 */
nnfs_status png_encode(const png_image *image, unsigned char **file, size_t *size,
                       nnfs_error *error);

/* Encodes a PNG file in base64: what follows "data:image/png;base64,". */
nnfs_status png_base64(const png_image *image, char **text, nnfs_error *error);

/* The bytes in base64 (RFC 4648), in fresh memory; NULL: there is none. */
char *base64(const unsigned char *bytes, size_t count);

#endif
