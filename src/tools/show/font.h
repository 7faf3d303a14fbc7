/* A small bitmap font. */
#ifndef NNFS_TOOLS_SHOW_FONT_H
#define NNFS_TOOLS_SHOW_FONT_H

enum {
    FONT_WIDE = 5,
    FONT_HIGH = 8,
    FONT_ADVANCE = 6,
    FONT_FIRST = 32, /* as in ASCII */
    FONT_TICK = 127,
    FONT_CROSS = 128,
};

/* [FONT_HIGH] rows from the top, the left dot bit FONT_WIDE - 1; '?' for letters that it lacks. */
const unsigned char *font_glyph(unsigned char letter);

#endif
