/* What stdout can show: how wide it is, and with what pictures are drawn on it. */
#ifndef NNFS_TOOLS_COMMON_TERMINAL_H
#define NNFS_TOOLS_COMMON_TERMINAL_H

#include <stdbool.h>

/* How a cell of the terminal shows dots of a picture. */
typedef enum ink {
    INK_ASCII,     /* one above the other, as a letter as dark as they are */
    INK_BRAILLE,   /* 2 x 4, on or off */
    INK_256,       /* one above the other, each in one of 256 colours */
    INK_TRUECOLOR, /* 24-bit colours */
} ink;

/* "ascii", "braille", "256", "truecolor"; NULL past the last. */
const char *ink_names(int value);

typedef struct terminal {
    int columns, rows;
    ink ink;
} terminal;

/*
 * stdout as it is: ASCII 80 columns wide (or COLUMNS) where it is no terminal, or a dumb one, or
 * does not show UTF-8; braille under NO_COLOR.
 */
terminal terminal_of_stdout(void);

static inline bool has_colour(const terminal *screen)
{
    return screen->ink >= INK_256;
}

#endif
