/*
 * The confusion matrix as a heat map: the diagonal in one colour, what is beside it in another and
 * against the largest of its own, so that few mistakes among many right answers are seen.
 */
#include "common/bounds.h"
#include "common/text.h"
#include "report/html.h"
#include "report/html_page.h"

#include <math.h>
#include <string.h>

/* More classes than these get no counts in their cells, and no matrix at all. */
enum { COUNTED_MOST = 24, DRAWN_MOST = 120 };

enum { LETTER = 7, NAME_LETTERS = 12 };

typedef struct matrix {
    const json_t *classes, *rows;
    size_t count;
    double worst; /* the largest share of a row beside the diagonal */
    double cell, left, top;
} matrix;

static double count_at(const matrix *of, size_t row, size_t column)
{
    return number_in(json_array_get(of->rows, row), column);
}

static double row_sum(const matrix *of, size_t row)
{
    double sum = 0.0;
    for (size_t j = 0; j < of->count; j++) {
        sum += count_at(of, row, j);
    }
    return sum;
}

static const char *class_name(const matrix *of, size_t index)
{
    const char *name = json_string_value(json_array_get(of->classes, index));
    if (name) {
        return name;
    }
    return "?";
}

/* A label that leaves room for the matrix; the whole name is in its title. */
static name_text short_name(const matrix *of, size_t index)
{
    name_text name = text_name(class_name(of, index));
    if (name.width > NAME_LETTERS) {
        int letters = 0;
        char *at = name.text;
        while (letters < NAME_LETTERS - 1 || text_continues(*at)) {
            letters += !text_continues(*at);
            at++;
        }
        memcpy(at, "\xe2\x80\xa6", 4);
        name.width = NAME_LETTERS;
    }
    return name;
}

static double find_worst(const matrix *of)
{
    double worst = 0.0;
    for (size_t i = 0; i < of->count; i++) {
        double sum = row_sum(of, i);
        for (size_t j = 0; sum > 0.0 && j < of->count; j++) {
            if (i != j) {
                worst = fmax(worst, count_at(of, i, j) / sum);
            }
        }
    }
    return worst;
}

static matrix layout(const json_t *evaluation)
{
    matrix of = {.classes = json_object_get(evaluation, "classes"),
                 .rows = json_object_get(evaluation, "confusion")};
    of.count = json_array_size(of.rows);
    int widest = 1;
    for (size_t i = 0; i < of.count; i++) {
        int width = short_name(&of, i).width;
        widest = MAX(width, widest);
    }
    of.worst = find_worst(&of);
    if (of.count <= 4) {
        of.cell = 64.0;
    } else if (of.count <= 12) {
        of.cell = 42.0;
    } else if (of.count <= COUNTED_MOST) {
        of.cell = 34.0;
    } else {
        of.cell = 10.0;
    }
    of.left = 30.0 + LETTER * widest;
    if (widest * LETTER > of.cell) {
        of.top = 30.0 + LETTER * widest;
    } else {
        of.top = 44.0;
    }
    return of;
}

/* Between pale and full; square roots, because most mistakes are rare. */
static double shade(const matrix *of, double share, bool right)
{
    if (right) {
        return 0.12 + 0.78 * share * share;
    }
    if (share > 0.0) {
        return 0.1 + 0.7 * sqrt(share / of->worst);
    }
    return 0.0;
}

static void write_cell(FILE *out, const matrix *of, size_t row, size_t column, double sum)
{
    double count = count_at(of, row, column);
    double share = 0.0;
    if (sum > 0.0) {
        share = count / sum;
    }
    double x = of->left + of->cell * (double)column;
    double y = of->top + of->cell * (double)row;
    double dark = shade(of, share, row == column);
    if (count <= 0.0 && row != column) {
        return; /* white, as the page */
    }
    html(out, "<g class=\"%s\"><title>%s predicted as %s: %s, %s of its row</title>",
         row == column ? "right" : "wrong", class_name(of, row), class_name(of, column),
         html_count(count).text, html_percent(share).text);
    html(out, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill-opacity=\"%g\"/>", x + 0.75,
         y + 0.75, of->cell - 1.5, of->cell - 1.5, dark);
    if (of->count <= COUNTED_MOST) {
        html(out, "<text text-anchor=\"middle\" x=\"%g\" y=\"%g\" class=\"%s\">%s</text>",
             x + of->cell / 2.0, y + of->cell / 2.0 + 4.0, dark > 0.7 ? "on" : "off",
             html_count(count).text);
    }
    html(out, "</g>");
}

static void write_labels(FILE *out, const matrix *of, size_t index)
{
    double middle = of->cell * ((double)index + 0.5);
    bool steep = of->top > 44.0;
    html(out, "<text class=\"tick\" text-anchor=\"end\" x=\"%g\" y=\"%g\">%s</text>",
         of->left - 8.0, of->top + middle + 4.0, short_name(of, index).text);
    if (steep) {
        html(out, "<text class=\"tick\" transform=\"translate(%g %g) rotate(-90)\">%s</text>\n",
             of->left + middle + 4.0, of->top - 8.0, short_name(of, index).text);
    } else {
        html(out, "<text class=\"tick\" text-anchor=\"middle\" x=\"%g\" y=\"%g\">%s</text>\n",
             of->left + middle, of->top - 8.0, short_name(of, index).text);
    }
}

static void write_grid(FILE *out, const matrix *of)
{
    double size = of->cell * (double)of->count;
    html(out, "<rect class=\"frame\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>\n", of->left,
         of->top, size, size);
    for (size_t i = 0; i < of->count; i++) {
        double sum = row_sum(of, i);
        if (of->count <= COUNTED_MOST) {
            write_labels(out, of, i);
        }
        for (size_t j = 0; j < of->count; j++) {
            write_cell(out, of, i, j, sum);
        }
    }
}

static void write_drawing(FILE *out, const matrix *of)
{
    double size = of->cell * (double)of->count;
    double least = 0.0;
    if (of->count <= COUNTED_MOST) {
        least = 28.0 * (double)of->count;
    }
    html(out,
         "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion "
         "matrix\"><svg class=\"confusion\" role=\"img\" viewBox=\"0 0 %g %g\" "
         "style=\"max-width:%gpx;min-width:%gpx\">",
         of->left + size + 2.0, of->top + size + 2.0, of->left + size + 2.0, least);
    html(out, "<title>Confusion matrix</title><desc>A row for each true class, a column for each "
              "predicted one. The table that follows has the numbers.</desc>\n");
    html(out, "<text class=\"unit\" text-anchor=\"middle\" x=\"%g\" y=\"13\">predicted</text>",
         of->left + size / 2.0);
    html(out,
         "<text class=\"unit\" transform=\"translate(13 %g) rotate(-90)\" "
         "text-anchor=\"middle\">true</text>\n",
         of->top + size / 2.0);
    write_grid(out, of);
    html(out, "</svg></div>\n");
}

static void write_table(FILE *out, const matrix *of)
{
    html(out, "<details><summary>Numbers</summary><div class=\"scroll\" tabindex=\"0\" "
              "role=\"region\" aria-label=\"Confusion matrix in numbers\"><table><thead><tr>");
    html_heading(out, "true \xe2\x86\x93 predicted \xe2\x86\x92", true);
    for (size_t i = 0; i < of->count; i++) {
        html_heading(out, class_name(of, i), true);
    }
    html(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < of->count; i++) {
        html(out, "<tr><th scope=\"row\" class=\"n\">%s</th>", class_name(of, i));
        for (size_t j = 0; j < of->count; j++) {
            html_cell(out, html_count, count_at(of, i, j));
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody></table></div></details>\n");
}

void html_confusion(FILE *out, const json_t *evaluation)
{
    matrix of = layout(evaluation);
    if (of.count == 0) {
        return;
    }
    html(out, "<figure class=\"wide\"><figcaption>Confusion matrix</figcaption>\n");
    if (of.count > DRAWN_MOST) {
        html(out, "<p class=\"note\">%d classes are too many to draw.</p></figure>\n",
             (int)of.count);
        return;
    }
    html(out,
         "<ul class=\"legend\"><li><span class=\"key right\"></span>right, deeper with its share "
         "of the row</li><li><span class=\"key wrong\"></span>wrong, deepest at %s of a row</li>"
         "</ul>\n",
         html_percent(of.worst).text);
    write_drawing(out, &of);
    write_table(out, &of);
    html(out, "</figure>\n");
}
