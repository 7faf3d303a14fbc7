/* A sheet as PNG, captions in the small bitmap font. */
#include "show/contact_sheet.h"

#include "common/bounds.h"
#include "common/exit.h"
#include "common/text.h"
#include "pictures/png.h"
#include "show/font.h"

#include <stdlib.h>
#include <string.h>

enum {
    PICTURE = 140, /* how wide and high a small picture becomes, at most */
    LEAST_SLOT = 140,
    GAP = 20,
    MARGIN = 28,
    TITLE = 44,
    SCALE = 2, /* of the font */
    TITLE_SCALE = 3,
    LINE = 21,
    ACROSS = 8,
};

static const colour paper = {255, 255, 255};
static const colour dark = {31, 41, 51};
static const colour muted = {91, 103, 115};
static const colour warning = {179, 71, 0};
static const colour frame = {201, 209, 217};
static const colour warning_frame = {217, 95, 2};

typedef struct canvas {
    unsigned char *pixels; /* [high x wide x 3] */
    int wide, high;
} canvas;

/* ---- Drawing ---- */

static void fill(canvas *on, int x, int y, int wide, int high, colour c)
{
    for (int i = MAX(0, y); i < y + high && i < on->high; i++) {
        unsigned char *row = on->pixels + (size_t)i * (size_t)on->wide * 3;
        for (int j = MAX(0, x); j < x + wide && j < on->wide; j++) {
            row[3 * j] = c.red;
            row[3 * j + 1] = c.green;
            row[3 * j + 2] = c.blue;
        }
    }
}

static void draw_letter(canvas *on, int x, int y, unsigned char letter, int scale, colour c)
{
    const unsigned char *rows = font_glyph(letter);
    for (int i = 0; i < FONT_HIGH; i++) {
        for (int j = 0; j < FONT_WIDE; j++) {
            if (rows[i] >> (FONT_WIDE - 1 - j) & 1u) {
                fill(on, x + j * scale, y + i * scale, scale, scale, c);
            }
        }
    }
}

/* As much as there is room for; letters beyond ASCII become '?'. Returns where it ends. */
static int draw_text(canvas *on, int x, int y, const char *text, int end, int scale, colour c)
{
    for (; *text && x + FONT_WIDE * scale <= end; text++) {
        unsigned char letter = (unsigned char)*text;
        if (!text_continues(*text)) {
            draw_letter(on, x, y, letter < FONT_TICK ? letter : '?', scale, c);
            x += FONT_ADVANCE * scale;
        }
    }
    return x;
}

/* ---- Where things are ---- */

typedef struct plan {
    int factor; /* pixels of the sheet a pixel of a picture */
    int wide, high, slot_wide, slot_high, across, lines;
} plan;

static int square_root(int value)
{
    int root = 1;
    while (root * root < value) {
        root++;
    }
    return root;
}

static plan lay_out(const contact_sheet *from)
{
    const pictures *all = &from->pictures;
    int longest = MAX(all->width, all->height);
    bool predicted = false;
    for (int i = 0; i < all->count; i++) {
        predicted = predicted || from->captions[i].prediction[0];
    }
    plan p = {.factor = longest < PICTURE ? PICTURE / longest : 1};
    int most = all->count <= ACROSS * ACROSS ? ACROSS : square_root(all->count);
    p.lines = (all->count + most - 1) / most;
    p.across = (all->count + p.lines - 1) / p.lines;
    p.wide = all->width * p.factor;
    p.high = all->height * p.factor;
    p.slot_wide = MAX(p.wide, LEAST_SLOT) + GAP;
    p.slot_high = p.high + 6 + (predicted ? 2 : 1) * LINE + GAP;
    return p;
}

static void draw_picture(canvas *on, const pictures *all, int index, int x, int y, int factor)
{
    const float *pixel = picture_at(all, index);
    for (int i = 0; i < all->height; i++) {
        for (int j = 0; j < all->width; j++, pixel += all->channels) {
            fill(on, x + j * factor, y + i * factor, factor, factor,
                 picture_colour(all->palette, pixel));
        }
    }
}

static void draw_tile(canvas *on, const contact_sheet *from, const plan *p, int index)
{
    const caption *text = &from->captions[index];
    int x = MARGIN + index % p->across * p->slot_wide;
    int y = MARGIN + TITLE + index / p->across * p->slot_high;
    int end = x + p->slot_wide - GAP / 2;
    bool wrong = text->verdict == VERDICT_WRONG;
    int edge = 1;
    if (wrong) {
        edge = 3;
    }
    fill(on, x - edge, y - edge, p->wide + 2 * edge, p->high + 2 * edge,
         wrong ? warning_frame : frame);
    draw_picture(on, &from->pictures, index, x, y, p->factor);
    y += p->high + 9;
    (void)draw_text(on, x, y, text->name, end, SCALE, dark);
    y += LINE;
    if (text->verdict != VERDICT_NONE) {
        draw_letter(on, x, y, wrong ? FONT_CROSS : FONT_TICK, SCALE, wrong ? warning : muted);
        x += (FONT_ADVANCE + 3) * SCALE;
    }
    (void)draw_text(on, x, y, text->prediction, end, SCALE, wrong ? warning : muted);
}

nnfs_status contact_sheet_write_png(const contact_sheet *from, FILE *stream, nnfs_error *error)
{
    plan p = lay_out(from);
    canvas on = {.wide = 2 * MARGIN + p.across * p.slot_wide - GAP,
                 .high = 2 * MARGIN + TITLE + p.lines * p.slot_high - GAP};
    unsigned char *file = NULL;
    size_t size = 0;
    if (on.wide > PNG_MOST || on.high > PNG_MOST) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "%d pictures of %d x %d are too large for one file; --count takes fewer",
                         from->pictures.count, from->pictures.height, from->pictures.width);
    }
    on.pixels = malloc((size_t)on.wide * (size_t)on.high * 3);
    if (!on.pixels) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    fill(&on, 0, 0, on.wide, on.high, paper);
    (void)draw_text(&on, MARGIN, MARGIN, from->title, on.wide - MARGIN, TITLE_SCALE, dark);
    for (int i = 0; i < from->pictures.count; i++) {
        draw_tile(&on, from, &p, i);
    }
    nnfs_status status =
        png_encode(&(png_image){on.pixels, on.wide, on.high, 3}, &file, &size, error);
    if (status == NNFS_OK) {
        (void)fwrite(file, 1, size, stream);
    }
    free(file);
    free(on.pixels);
    return status;
}
