/* Colours of pictures, and pictures as PNG. */
#include "pictures/image.h"

#include "common/bounds.h"
#include "common/exit.h"
#include "pictures/png.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Colours ---- */

static float clamp(float value, float least)
{
    if (value < least) {
        return least;
    }
    return MIN(1.0f, value);
}

static unsigned char byte_of(float share)
{
    return (unsigned char)lrintf(255.0f * clamp(share, 0.0f));
}

static unsigned char between(int from, int to, float share)
{
    return (unsigned char)lrintf((float)from + share * (float)(to - from));
}

static colour diverging(float value)
{
    static const colour stops[] = {
        {10, 66, 140}, {104, 164, 216}, {248, 248, 248}, {247, 167, 86}, {183, 72, 0}};
    float at = 2.0f * (clamp(value, -1.0f) + 1.0f);
    int below = 3;
    if (at < 3.0f) {
        below = (int)at;
    }
    const colour *from = &stops[below];
    const colour *to = from + 1;
    float share = at - (float)below;
    return (colour){between(from->red, to->red, share), between(from->green, to->green, share),
                    between(from->blue, to->blue, share)};
}

colour picture_colour(palette colours, const float *pixel)
{
    switch (colours) {
    case PALETTE_DIVERGING:
        return diverging(pixel[0]);
    case PALETTE_COLOUR:
        return (colour){byte_of(pixel[0]), byte_of(pixel[1]), byte_of(pixel[2])};
    case PALETTE_GRAY:
    default:
        return (colour){byte_of(pixel[0]), byte_of(pixel[0]), byte_of(pixel[0])};
    }
}

float picture_brightness(palette colours, const float *pixel)
{
    colour c = picture_colour(colours, pixel);
    /* ITU-R BT.709 */
    return (0.2126f * (float)c.red + 0.7152f * (float)c.green + 0.0722f * (float)c.blue) / 255.0f;
}

/* ---- Pictures ---- */

const float *picture_at(const pictures *from, int index)
{
    return from->values +
           (size_t)index * (size_t)from->height * (size_t)from->width * (size_t)from->channels;
}

void pictures_free(pictures *from)
{
    free(from->values);
    *from = (pictures){0};
}

nnfs_status picture_base64(const pictures *from, int index, char **text, nnfs_error *error)
{
    size_t pixels = (size_t)from->height * (size_t)from->width;
    int channels = 3;
    if (from->palette == PALETTE_GRAY) {
        channels = 1;
    }
    unsigned char *bytes = malloc(pixels * 3);
    const float *at = picture_at(from, index);
    for (size_t i = 0; bytes && i < pixels; i++, at += from->channels) {
        colour c = picture_colour(from->palette, at);
        unsigned char *to = bytes + i * (size_t)channels;
        to[0] = c.red;
        if (channels == 3) {
            to[1] = c.green;
            to[2] = c.blue;
        }
    }
    *text = NULL;
    if (!bytes) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status =
        png_base64(&(png_image){bytes, from->width, from->height, channels}, text, error);
    free(bytes);
    return status;
}

/* ---- Shapes ---- */

int64_t picture_values(nnfs_image_layout shape)
{
    return (int64_t)shape.height * shape.width * shape.channels;
}

bool picture_parse(const char *text, nnfs_image_layout *shape)
{
    int sides[3] = {0, 0, 1};
    int end = 0;
    int found = sscanf(text, "%5dx%5d%nx%5d%n", &sides[0], &sides[1], &end, &sides[2], &end);
    bool planar = found == 3 && sides[0] <= 4 && sides[2] > 4;
    if (found < 2 || text[end] != '\0') {
        return false;
    }
    if (planar) {
        *shape = (nnfs_image_layout){sides[1], sides[2], sides[0], 1};
    } else {
        *shape = (nnfs_image_layout){sides[0], sides[1], sides[2], 0};
    }
    bool channels = shape->channels == 1 || shape->channels == 3 || shape->channels == 4;
    return channels && shape->height >= 1 && shape->width >= 1 && shape->height <= PNG_MOST &&
           shape->width <= PNG_MOST;
}
