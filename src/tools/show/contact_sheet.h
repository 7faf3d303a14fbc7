/* A sheet of pictures with captions: in the terminal, as PNG and as SVG. */
#ifndef NNFS_TOOLS_SHOW_CONTACT_SHEET_H
#define NNFS_TOOLS_SHOW_CONTACT_SHEET_H

#include "common/terminal.h"
#include "pictures/image.h"

#include <stdio.h>

typedef enum verdict { VERDICT_NONE, VERDICT_RIGHT, VERDICT_WRONG } verdict;

/* Two lines; UTF-8 that is safe for a terminal. */
typedef struct caption {
    char name[192];       /* which it is, and what it is */
    char prediction[192]; /* what the network says of it, or "" */
    verdict verdict;      /* marks the prediction */
} caption;

typedef struct contact_sheet {
    pictures pictures;
    caption *captions; /* [pictures.count] */
    const char *title; /* of a file; UTF-8 */
} contact_sheet;

/* How pictures of a size are drawn in a terminal. */
typedef struct contact_sheet_layout {
    int dots_wide, dots_high; /* that a picture is drawn with */
    int columns, rows;        /* cells of the terminal that it takes */
    int slot;                 /* columns for it and its caption */
    int per_line;             /* pictures side by side */
} contact_sheet_layout;

contact_sheet_layout contact_sheet_lay_out(const terminal *screen, int height, int width);

/* ---- contact_sheet_terminal.c ---- */

void contact_sheet_draw(const contact_sheet *from, const terminal *screen, FILE *stream);

/* ---- contact_sheet_png.c ---- */

/* Errors: MEMORY. Whether the stream took it is its owner's to ask. */
nnfs_status contact_sheet_write_png(const contact_sheet *from, FILE *stream, nnfs_error *error);

/* ---- contact_sheet_svg.c: the same as SVG ---- */

nnfs_status contact_sheet_write_svg(const contact_sheet *from, FILE *stream, nnfs_error *error);

#endif
