/* A sheet of pictures with captions: in the terminal, as PNG and as SVG. */
#ifndef NNFS_CLI_SHEET_H
#define NNFS_CLI_SHEET_H

#include "common/terminal.h"
#include "pictures/picture.h"

#include <stdio.h>

typedef enum verdict { VERDICT_NONE, VERDICT_RIGHT, VERDICT_WRONG } verdict;

/* Two lines; UTF-8 that is safe for a terminal. */
typedef struct caption {
    char name[192];   /* which it is, and what it is */
    char answer[192]; /* what the network says of it, or "" */
    verdict verdict;  /* marks the answer */
} caption;

typedef struct sheet {
    pictures pictures;
    caption *captions; /* [pictures.count] */
    const char *title; /* of a file; UTF-8 */
} sheet;

/* How pictures of a size are drawn in a terminal. */
typedef struct sheet_layout {
    int dots_wide, dots_high; /* that a picture is drawn with */
    int columns, rows;        /* cells of the terminal that it takes */
    int slot;                 /* columns for it and its caption */
    int per_line;             /* pictures side by side */
} sheet_layout;

sheet_layout sheet_lay_out(const terminal *screen, int height, int width);

/* ---- sheet_terminal.c ---- */

void sheet_draw(const sheet *from, const terminal *screen, FILE *stream);

/* ---- sheet_png.c ---- */

/* Errors: MEMORY. Whether the stream took it is its owner's to ask. */
nnfs_status sheet_write_png(const sheet *from, FILE *stream, nnfs_error *error);

/* ---- sheet_svg.c: likewise ---- */

nnfs_status sheet_write_svg(const sheet *from, FILE *stream, nnfs_error *error);

#endif
