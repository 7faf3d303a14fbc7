/* A sheet as SVG: pictures as PNG within it, captions as text. */
#include "show/contact_sheet.h"

#include "common/bounds.h"
#include "common/text.h"

#include <stdlib.h>

enum {
    PICTURE = 104, /* how wide and high a picture is at most */
    LEAST_SLOT = 104,
    GAP = 16,
    MARGIN = 24,
    TITLE = 34, /* how high it is */
    LINE = 17,
    ACROSS = 8, /* pictures side by side at most */
};

typedef struct svg {
    const contact_sheet *sheet;
    FILE *stream;
    int wide, high; /* of a picture */
    int slot_wide, slot_high;
    int across;
} svg;

static void write_escaped(FILE *stream, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", stream);
            break;
        case '<':
            (void)fputs("&lt;", stream);
            break;
        case '>':
            (void)fputs("&gt;", stream);
            break;
        default:
            (void)fputc(*text, stream);
        }
    }
}

static int across_evenly(int count)
{
    int lines = (count + ACROSS - 1) / ACROSS;
    return (count + lines - 1) / lines;
}

static svg lay_out(const contact_sheet *from, FILE *stream)
{
    const pictures *all = &from->pictures;
    int longest = MAX(all->width, all->height);
    bool predicted = false;
    for (int i = 0; i < all->count; i++) {
        predicted = predicted || from->captions[i].prediction[0];
    }
    svg s = {.sheet = from, .stream = stream, .across = across_evenly(all->count)};
    s.wide = all->width * PICTURE / longest;
    s.high = all->height * PICTURE / longest;
    s.slot_wide = MAX(s.wide, LEAST_SLOT) + GAP;
    s.slot_high = s.high + (predicted ? 2 : 1) * LINE + GAP + 4;
    return s;
}

static void write_head(const svg *s)
{
    int lines = (s->sheet->pictures.count + s->across - 1) / s->across;
    int width = 2 * MARGIN + s->across * s->slot_wide - GAP;
    int height = 2 * MARGIN + TITLE + lines * s->slot_high - GAP;
    (void)fprintf(s->stream,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                  "viewBox=\"0 0 %d %d\" role=\"img\" xml:space=\"preserve\">\n<title>",
                  width, height, width, height);
    write_escaped(s->stream, s->sheet->title);
    (void)fprintf(s->stream,
                  "</title>\n<style>\n"
                  "text { font: 13px system-ui, sans-serif; fill: #1f2933; white-space: pre }\n"
                  ".title { font-size: 16px; font-weight: 600 }\n"
                  ".answer { fill: #5b6773 }\n"
                  "text.wrong { fill: #b34700; font-weight: 600 }\n"
                  "image { image-rendering: pixelated }\n"
                  "rect { fill: none; stroke: #c9d1d9 }\n"
                  "rect.wrong { stroke: #d95f02; stroke-width: 3 }\n"
                  "</style>\n"
                  "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>\n"
                  "<text class=\"title\" x=\"%d\" y=\"%d\">",
                  width, height, MARGIN, MARGIN + 14);
    write_escaped(s->stream, s->sheet->title);
    (void)fputs("</text>\n", s->stream);
}

static void write_captions(const svg *s, int index, int x, int y)
{
    static const char *const marks[] = {"", "\xe2\x9c\x93 ", "\xe2\x9c\x97 "};
    const caption *text = &s->sheet->captions[index];
    (void)fprintf(s->stream, "<text x=\"%d\" y=\"%d\">", x, y + LINE);
    write_escaped(s->stream, text->name);
    (void)fputs("</text>\n", s->stream);
    if (text->prediction[0]) {
        (void)fprintf(s->stream, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s",
                      text->verdict == VERDICT_WRONG ? "wrong" : "answer", x, y + 2 * LINE,
                      marks[text->verdict]);
        write_escaped(s->stream, text->prediction);
        (void)fputs("</text>\n", s->stream);
    }
}

static nnfs_status write_tile(const svg *s, int index, nnfs_error *error)
{
    int x = MARGIN + index % s->across * s->slot_wide;
    int y = MARGIN + TITLE + index / s->across * s->slot_high;
    char *png = NULL;
    nnfs_status status = picture_base64(&s->sheet->pictures, index, &png, error);
    if (status != NNFS_OK) {
        return status;
    }
    (void)fprintf(s->stream,
                  "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                  "href=\"data:image/png;base64,%s\"/>\n"
                  "<rect%s x=\"%d.5\" y=\"%d.5\" width=\"%d\" height=\"%d\"/>\n",
                  x, y, s->wide, s->high, png,
                  s->sheet->captions[index].verdict == VERDICT_WRONG ? " class=\"wrong\"" : "",
                  x - 1, y - 1, s->wide + 1, s->high + 1);
    free(png);
    write_captions(s, index, x, y + s->high + 1);
    return NNFS_OK;
}

nnfs_status contact_sheet_write_svg(const contact_sheet *from, FILE *stream, nnfs_error *error)
{
    svg s = lay_out(from, stream);
    nnfs_status status = NNFS_OK;
    write_head(&s);
    for (int i = 0; status == NNFS_OK && i < from->pictures.count; i++) {
        status = write_tile(&s, i, error);
    }
    (void)fputs("</svg>\n", stream);
    return status;
}
