/*
 * Usage: make_digits FOLDER TRAIN TEST: the first images of "digits", TRAIN and TEST of them,
 * as a folder of IDX files, which are read faster than 70,000 images are drawn.
 */
#include "data/synthetic/digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void write_be32(FILE *file, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        (void)fputc((int)(value >> shift & 255), file);
    }
}

static FILE *open_part(const char *folder, const char *prefix, const char *kind)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s-%s-ubyte", folder, prefix, kind);
    return fopen(path, "wb");
}

static int write_set(const char *folder, const char *prefix, uint64_t first, uint32_t count)
{
    FILE *images = open_part(folder, prefix, "images-idx3");
    FILE *labels = open_part(folder, prefix, "labels-idx1");
    if (!images || !labels) {
        return 1;
    }
    write_be32(images, 0x803);
    write_be32(labels, 0x801);
    write_be32(images, count);
    write_be32(labels, count);
    write_be32(images, DIGITS_SIDE);
    write_be32(images, DIGITS_SIDE);
    for (uint64_t i = first; i < first + count; i++) {
        uint8_t pixels[DIGITS_PIXELS];
        digits_draw(1, i, pixels);
        (void)fwrite(pixels, 1, sizeof pixels, images);
        (void)fputc(digits_label(i), labels);
    }
    return fclose(images) != 0 || fclose(labels) != 0;
}

int main(int argc, char **argv)
{
    if (argc != 4 || mkdir(argv[1], 0777) != 0) {
        return 2;
    }
    return write_set(argv[1], "train", 0, (uint32_t)strtoul(argv[2], NULL, 10)) ||
           write_set(argv[1], "t10k", DIGITS_TRAIN, (uint32_t)strtoul(argv[3], NULL, 10));
}
