/*
 * A few lines on the terminal that stderr is, drawn again and again in the same place. The cursor,
 * never hidden, rests below them: the screen is clean however the process ends, and other text that
 * is printed finds a line of its own.
 */
#ifndef NNFS_TOOLS_COMMON_SCREEN_H
#define NNFS_TOOLS_COMMON_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum { SCREEN_LINES = 12, SCREEN_BYTES = 1024 };

typedef struct screen_line {
    char text[SCREEN_BYTES];
    size_t length;
    int width; /* columns */
} screen_line;

typedef struct screen {
    bool live;         /* stderr is a terminal that can do it */
    bool colour;       /* and NO_COLOR is not set */
    bool unicode;      /* it shows UTF-8 */
    int columns, rows; /* that may be used: the last column and the cursor's line stay free */
    int count;         /* of the lines of the picture that is being made */
    screen_line lines[SCREEN_LINES];
    int drawn;                /* lines that stand on the terminal */
    int widths[SCREEN_LINES]; /* theirs */
} screen;

#define SCREEN_GREEN "\033[32m"
#define SCREEN_CYAN  "\033[36m"

void screen_open(screen *s, bool wanted);

/*
 * Begins a picture, for the size that the terminal has now. False if none can be drawn: no
 * terminal, one that is another job's now, or a signal that is about to end the run.
 */
bool screen_begin(screen *s);
void screen_new_line(screen *s);
/* Adds to the last line, if all of it fits; whether it did. */
bool screen_add(screen *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Spaces up to a column. */
void screen_to(screen *s, int column);
/* What follows in this line is of this colour, NULL for none. */
void screen_colour(screen *s, const char *colour);
/* A bar, `share` of it full. */
void screen_bar(screen *s, int width, double share);
/* Draws the picture in place of the one that stands there, in a single write. */
void screen_show(screen *s);

/* Takes the picture away, so that messages can follow; or leaves it for good. */
void screen_clear(screen *s);
void screen_leave(screen *s);

#endif
