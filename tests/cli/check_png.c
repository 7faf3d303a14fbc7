/*
 * Reads PNG files as the tools write them, 8 bits a channel, no filter: every check sum, all rows.
 * Says the size, the channels and how many different pixels there are.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static _Noreturn void fail(const char *path, const char *reason)
{
    (void)fprintf(stderr, "%s: %s\n", path, reason);
    exit(1);
}

static uint32_t be32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static unsigned char *read_all(const char *path, size_t *size)
{
    enum { MOST = 1 << 24 };
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = malloc(MOST);
    if (!file || !bytes) {
        fail(path, "cannot be read");
    }
    *size = fread(bytes, 1, MOST, file);
    (void)fclose(file);
    return bytes;
}

/* The next chunk, which must be this one; its data, and *size. */
static const unsigned char *next_chunk(const char *path, const unsigned char **at,
                                       const unsigned char *end, const char *name, size_t *size)
{
    if (end - *at < 12 || be32(*at) > (size_t)(end - *at) - 12) {
        fail(path, "a chunk is cut off");
    }
    const unsigned char *data = *at + 8;
    *size = be32(*at);
    if (memcmp(*at + 4, name, 4) != 0) {
        fail(path, "another chunk was expected");
    }
    if (crc32(0, *at + 4, (uInt)(*size + 4)) != be32(data + *size)) {
        fail(path, "a check sum is wrong");
    }
    *at = data + *size + 4;
    return data;
}

static int by_value(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* How many different pixels the rows have, each row behind the number of its filter. */
static size_t count_colours(const char *path, const unsigned char *rows, size_t width,
                            size_t height, size_t channels)
{
    uint32_t *pixels = calloc(width * height, sizeof *pixels);
    size_t colours = 1;
    for (size_t i = 0; pixels && i < height; i++) {
        const unsigned char *row = rows + i * (1 + width * channels);
        if (row[0] != 0) {
            fail(path, "a row is filtered");
        }
        for (size_t j = 0; j < width * channels; j++) {
            uint32_t *pixel = &pixels[i * width + j / channels];
            *pixel = *pixel << 8 | row[1 + j];
        }
    }
    if (!pixels) {
        fail(path, "out of memory");
    }
    qsort(pixels, width * height, sizeof *pixels, by_value);
    for (size_t i = 1; i < width * height; i++) {
        colours += pixels[i] != pixels[i - 1];
    }
    free(pixels);
    return colours;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return 2;
    }
    const char *path = argv[1];
    size_t size;
    size_t packed_size;
    unsigned char *file = read_all(path, &size);
    const unsigned char *at = file + 8;
    const unsigned char *end = file + size;
    if (size < 8 || memcmp(file, "\x89PNG\r\n\x1a\n", 8) != 0) {
        fail(path, "is no PNG file");
    }
    const unsigned char *header = next_chunk(path, &at, end, "IHDR", &packed_size);
    size_t width = be32(header);
    size_t height = be32(header + 4);
    size_t channels = header[9] == 2 ? 3 : 1;
    if (packed_size != 13 || header[8] != 8) {
        fail(path, "the header is another one");
    }
    const unsigned char *packed = next_chunk(path, &at, end, "IDAT", &packed_size);
    uLongf unpacked = (uLongf)(height * (1 + width * channels));
    uLongf wanted = unpacked;
    unsigned char *rows = malloc(unpacked);
    if (!rows || uncompress(rows, &unpacked, packed, (uLong)packed_size) != Z_OK ||
        unpacked != wanted) {
        fail(path, "the rows do not unpack");
    }
    (void)next_chunk(path, &at, end, "IEND", &packed_size);
    if (at != end) {
        fail(path, "something follows the end");
    }
    (void)printf("%zu x %zu, %zu channels, %zu colours\n", width, height, channels,
                 count_colours(path, rows, width, height, channels));
    free(rows);
    free(file);
    return 0;
}
